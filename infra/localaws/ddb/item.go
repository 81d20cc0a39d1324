package ddb

import (
	"context"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// returning reads ReturnValues.
func returning(p params) string {
	return p.choice("ReturnValues", "NONE", "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
}

func (s *Service) putItem(ctx context.Context, p params) (object, error) {
	return s.one(ctx, p, writePut)
}

func (s *Service) deleteItem(ctx context.Context, p params) (object, error) {
	return s.one(ctx, p, writeDelete)
}

func (s *Service) updateItem(ctx context.Context, p params) (object, error) {
	return s.one(ctx, p, writeUpdate)
}

// one makes a single write.
func (s *Service) one(ctx context.Context, p params, kind writeKind) (object, error) {
	capacity, values := capacityMode(p), returning(p)
	metrics := p.choice("ReturnItemCollectionMetrics", "NONE", "SIZE", "NONE")
	w, err := parseWrite(p, kind)
	if err != nil {
		return nil, err
	}
	if kind != writeUpdate && values != "NONE" && values != "ALL_OLD" {
		return nil, invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	var (
		done *plan
		m    *meter
	)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		m = newMeter(w.table)
		if done, err = w.prepare(tx); err != nil {
			return err
		}
		if err := s.admit(tx, done, 1); err != nil {
			return err
		}
		return done.make(tx, m)
	})
	if err != nil {
		return nil, err
	}
	var out object
	if it := done.values(values); len(it) > 0 {
		out.add("Attributes", it)
	}
	addCapacity(&out, capacity, m)
	if metrics == "SIZE" && done.table.HasLocal() {
		out.add("ItemCollectionMetrics", collection(done.table, w.item))
	}
	return out, nil
}

// values are the attributes that ReturnValues asks for.
func (p *plan) values(mode string) attr.Item {
	switch mode {
	case "ALL_OLD":
		return p.before
	case "ALL_NEW":
		return p.after
	}
	if p.write.update == nil {
		return nil
	}
	switch mode {
	case "UPDATED_OLD":
		return p.write.update.Touched(p.before)
	case "UPDATED_NEW":
		return p.write.update.Touched(p.after)
	}
	return nil
}

// collection is an item collection's metrics. The estimate is the narrowest
// that AWS gives.
func collection(t *store.Table, it attr.Item) object {
	var out object
	out.add("ItemCollectionKey", attr.Item{t.Key.Hash: it[t.Key.Hash]})
	out.add("SizeEstimateRangeGB", []float64{0, 1})
	return out
}

func (s *Service) getItem(ctx context.Context, p params) (object, error) {
	capacity := capacityMode(p)
	r, err := parseRead(p)
	if err != nil {
		return nil, err
	}
	var out object
	err = s.db.View(func(tx *store.Tx) error {
		m := newMeter(r.table)
		r.lag = s.adverse.lag()
		it, err := r.item(tx, m)
		if err != nil {
			return err
		}
		if it != nil {
			out.add("Item", it)
		}
		addCapacity(&out, capacity, m)
		return nil
	})
	return out, err
}
