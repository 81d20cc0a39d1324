package ddb

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

func (s *Service) transactGetItems(_ context.Context, p params) (object, error) {
	capacity := capacityMode(p)
	items := transactItems(p)
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var reads []*read
	for _, item := range items {
		item.required("Get")
		r, err := parseRead(item.object("Get"))
		if err != nil {
			return nil, err
		}
		reads = append(reads, r)
	}
	var out object
	err := s.db.View(func(tx *store.Tx) error {
		meters := map[string]*meter{}
		responses, err := s.transactReads(tx, reads, meters)
		if err != nil {
			return err
		}
		out.add("Responses", responses)
		addCapacities(&out, capacity, meters)
		return nil
	})
	return out, err
}

func (s *Service) transactReads(tx *store.Tx, reads []*read, meters map[string]*meter) ([]object, error) {
	responses := make([]object, len(reads))
	reasons := make([]reason, len(reads))
	seen := map[string]bool{}
	size, cancelled := 0, false
	for i, r := range reads {
		m := meterFor(meters, r.table)
		m.transaction = "read"
		reasons[i] = reason{code: "None"}
		it, err := r.item(tx, m)
		if err == nil && s.adverse.once(40) {
			err = ongoing()
		}
		if code := reasonCode(err); err != nil && code != "" {
			f, _ := asFault(err)
			reasons[i] = reason{code: code, message: f.message}
			cancelled = true
			continue
		}
		if err != nil {
			return nil, err
		}
		t, _ := tx.Table(r.table)
		id := identity(t, r.key)
		if seen[id] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[id] = true
		size += it.Size()
		if it != nil {
			responses[i].add("Item", it)
		}
	}
	if cancelled {
		return nil, cancellation(reasons)
	}
	if size > maxTransactionBytes {
		return nil, invalid(fmt.Sprintf("Transaction request size exceeds the limit of %d bytes", maxTransactionBytes))
	}
	return responses, nil
}
