package ddb

import (
	"context"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// sweepBatch bounds how many items one commit of a sweep removes, so that
// requests do not wait for it.
const sweepBatch = 100

func (s *Service) updateTimeToLive(ctx context.Context, p params) (object, error) {
	name := p.tableName()
	p.required("TimeToLiveSpecification")
	spec := p.object("TimeToLiveSpecification")
	enabled := spec.flag("Enabled")
	if p.has("TimeToLiveSpecification") {
		spec.required("Enabled")
	}
	attribute := spec.attributeName()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		t, ok := tx.Table(name)
		switch {
		case !ok:
			return notFound("Table: " + name)
		case enabled && t.TTL != "":
			return invalid("TimeToLive is already enabled")
		case !enabled && t.TTL == "":
			return invalid("TimeToLive is already disabled")
		case !enabled && t.TTL != attribute:
			return invalid("TimeToLive is active on a different AttributeName: current AttributeName is " + t.TTL)
		case !enabled:
			return tx.SetTTL(t, "")
		}
		return tx.SetTTL(t, attribute)
	})
	if err != nil {
		return nil, err
	}
	return object{{"TimeToLiveSpecification", object{{"AttributeName", attribute}, {"Enabled", enabled}}}}, nil
}

func (s *Service) describeTimeToLive(_ context.Context, p params) (object, error) {
	name := p.tableName()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var out object
	err := s.db.View(func(tx *store.Tx) error {
		t, ok := tx.Table(name)
		if !ok {
			return notFound("Table: " + name)
		}
		description := object{{"TimeToLiveStatus", "DISABLED"}}
		if t.TTL != "" {
			description = object{{"TimeToLiveStatus", "ENABLED"}, {"AttributeName", t.TTL}}
		}
		out.add("TimeToLiveDescription", description)
		return nil
	})
	return out, err
}

// SweepTTL removes all items that have expired, and returns how many. Their
// removal is on the stream, made by DynamoDB itself.
func (s *Service) SweepTTL(ctx context.Context) (int, error) {
	removed := 0
	for _, name := range s.tableNames() {
		for more := true; more; {
			var n int
			err := s.db.Update(ctx, func(tx *store.Tx) error {
				n = 0
				t, ok := tx.Table(name)
				if !ok {
					return nil
				}
				var err error
				n, err = tx.Expire(t, sweepBatch)
				return err
			})
			if err != nil {
				return removed, err
			}
			removed += n
			more = n == sweepBatch
		}
	}
	return removed, nil
}

func (s *Service) tableNames() []string {
	var names []string
	// A failing snapshot shows up in the write that follows.
	_ = s.db.View(func(tx *store.Tx) error {
		names = tx.ListTables("", 1<<20)
		return nil
	})
	return names
}

// Trim forgets what AWS would have forgotten: stream records after 24 hours,
// and client tokens of transactions after 10 minutes.
func (s *Service) Trim(ctx context.Context) error {
	if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.ForgetTokens() }); err != nil {
		return err
	}
	var streams []*store.Stream
	if err := s.db.View(func(tx *store.Tx) error { streams = tx.ListStreams(); return nil }); err != nil {
		return err
	}
	for _, st := range streams {
		for more := true; more; {
			err := s.db.Update(ctx, func(tx *store.Tx) error {
				more = false
				current, ok := tx.Stream(st.Table, st.Label)
				if !ok {
					return nil
				}
				n, err := tx.Trim(current, sweepBatch)
				more = n == sweepBatch
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
