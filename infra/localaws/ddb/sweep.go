package ddb

import (
	"context"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// sweepBatch bounds how much one commit of a sweep removes, so that requests
// do not wait for it.
const sweepBatch = 100

// SweepTTL removes all items that have expired, and returns how many. Their
// removal is on the stream, made by DynamoDB itself. Where there is nothing to
// remove, nothing is written.
func (s *Service) SweepTTL(ctx context.Context) (int, error) {
	var names []string
	err := s.db.View(func(tx *store.Tx) error {
		for _, name := range tx.ListTables("", 1<<20) {
			t, ok := tx.Table(name)
			if !ok {
				continue
			}
			expired, err := tx.Expired(t, 1)
			if err != nil {
				return err
			}
			if len(expired) > 0 {
				names = append(names, name)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	removed := 0
	for _, name := range names {
		n, err := s.inBatches(ctx, func(tx *store.Tx) (int, error) {
			t, ok := tx.Table(name)
			if !ok {
				return 0, nil
			}
			return tx.Expire(t, sweepBatch)
		})
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// inBatches repeats fn, each time in a commit of its own, until it does less
// than a whole batch. It returns how much it did.
func (s *Service) inBatches(ctx context.Context, fn func(*store.Tx) (int, error)) (total int, err error) {
	for {
		n := 0
		err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = fn(tx)
			return err
		})
		if err != nil {
			return total, err
		}
		total += n
		if n < sweepBatch {
			return total, nil
		}
	}
}

// Trim forgets what AWS would have forgotten: stream records after 24 hours,
// and client tokens of transactions after 10 minutes. Where there is nothing
// to forget, nothing is written.
func (s *Service) Trim(ctx context.Context) error {
	var (
		streams []*store.Stream
		tokens  bool
	)
	err := s.db.View(func(tx *store.Tx) error {
		tokens = len(tx.OldTokens(1)) > 0
		for _, st := range tx.ListStreams() {
			if tx.Untrimmed(st) {
				streams = append(streams, st)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if tokens {
		if _, err := s.inBatches(ctx, func(tx *store.Tx) (int, error) { return tx.ForgetTokens(sweepBatch) }); err != nil {
			return err
		}
	}
	for _, st := range streams {
		_, err := s.inBatches(ctx, func(tx *store.Tx) (int, error) {
			current, ok := tx.Stream(st.Table, st.Label)
			if !ok {
				return 0, nil
			}
			return tx.Trim(current, sweepBatch)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
