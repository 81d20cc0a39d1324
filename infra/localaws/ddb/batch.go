package ddb

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// Limits of the batch operations (API reference of BatchGetItem and
// BatchWriteItem, 2026).
const (
	maxBatchGet   = 100
	maxBatchWrite = 25
	maxBatchBytes = 16 << 20
)

// requestItems reads the map of tables of a batch.
func requestItems(p params, operation string) (names []string, fields map[string]any, err error) {
	raw := p.required("RequestItems")
	fields, ok := raw.(map[string]any)
	if raw != nil && !ok {
		p.malformed(attr.NotMap(raw, attr.JavaValue))
	}
	if ok && len(fields) == 0 {
		return nil, nil, invalid("The requestItems parameter is required for " + operation)
	}
	names = slices.Sorted(maps.Keys(fields))
	for _, name := range names {
		if len(name) < 3 || len(name) > 255 || !allNameCharacters(name) {
			p.unmet("RequestItems", "{"+name+"=[...]}", "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "+
				"Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]")
			break
		}
	}
	return names, fields, nil
}

func (s *Service) batchWriteItem(ctx context.Context, p params) (object, error) {
	capacity := capacityMode(p)
	p.choice("ReturnItemCollectionMetrics", "NONE", "SIZE", "NONE")
	names, _, err := requestItems(p, "BatchWriteItem")
	if err != nil {
		return nil, err
	}
	writes, err := batchWrites(p, names)
	if err != nil {
		return nil, err
	}
	var (
		meters map[string]*meter
		left   []*write
	)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		meters, left = map[string]*meter{}, nil
		plans, err := prepareAll(tx, writes)
		if err != nil {
			return err
		}
		left, err = s.makeAll(tx, plans, meters)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out object
	out.add("UnprocessedItems", unprocessed(names, left))
	addCapacities(&out, capacity, meters)
	return out, nil
}

// makeAll makes the writes of a batch and returns those that are to be sent
// again. A batch of which nothing was made is an error.
func (s *Service) makeAll(tx *store.Tx, plans []*plan, meters map[string]*meter) (left []*write, err error) {
	for i, pl := range plans {
		refusal := s.admit(tx, pl, 1)
		if refusal != nil || i > 0 && s.adverse.once(10) {
			left = append(left, pl.write)
			if len(left) == len(plans) && isThrottled(refusal) {
				return nil, refusal
			}
			continue
		}
		if err := pl.make(tx, meterFor(meters, pl.write.table)); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// unprocessed is the part of a batch that is to be sent again.
func unprocessed(names []string, left []*write) object {
	var out object
	for _, name := range names {
		var requests []object
		for _, w := range left {
			request := object{{"DeleteRequest", object{{"Key", w.item}}}}
			if w.kind == writePut {
				request = object{{"PutRequest", object{{"Item", w.item}}}}
			}
			if w.table == name {
				requests = append(requests, request)
			}
		}
		if requests != nil {
			out.add(name, requests)
		}
	}
	return out
}

// batchWrites reads the puts and deletes of all tables.
func batchWrites(all params, names []string) ([]*write, error) {
	tables := all.object("RequestItems")
	if err := all.verdict(); err != nil {
		return nil, err
	}
	var writes []*write
	size := 0
	for _, name := range names {
		requests := tables.objects(name)
		if len(requests) == 0 || len(requests) > maxBatchWrite {
			all.unmet("RequestItems", "{"+name+"=[...]}", fmt.Sprintf("Map value must satisfy constraint: "+
				"[Member must have length less than or equal to %d, Member must have length greater than or equal to 1]", maxBatchWrite))
		}
		if err := all.verdict(); err != nil {
			return nil, err
		}
		for _, r := range requests {
			w, err := batchWrite(r, name)
			if err != nil {
				return nil, err
			}
			size += w.item.Size()
			writes = append(writes, w)
		}
	}
	if err := tables.verdict(); err != nil {
		return nil, err
	}
	if len(writes) > maxBatchWrite {
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	if size > maxBatchBytes {
		return nil, invalid("Size of all items in the BatchWriteItem call exceeds 16 MB")
	}
	return writes, nil
}

func batchWrite(r params, table string) (*write, error) {
	put, del := r.has("PutRequest"), r.has("DeleteRequest")
	switch {
	case put && del: // a union, as an attribute value is
		return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	case put:
		inner := r.object("PutRequest")
		w, err := parseWrite(inner.with("TableName", table), writePut)
		if err == nil {
			w.batch = true
		}
		return w, err
	case del:
		inner := r.object("DeleteRequest")
		return parseWrite(inner.with("TableName", table), writeDelete)
	}
	return nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

// with is the object with one more field.
func (p params) with(name string, value any) params {
	fields := map[string]any{}
	maps.Copy(fields, p.fields)
	fields[name] = value
	p.fields = fields
	return p
}

// prepareAll checks the writes of a batch before any is made.
func prepareAll(tx *store.Tx, writes []*write) ([]*plan, error) {
	var plans []*plan
	seen := map[string]bool{}
	for _, w := range writes {
		pl, err := w.prepare(tx)
		if err != nil {
			return nil, err
		}
		id := identity(pl.table, w.item)
		if seen[id] {
			return nil, invalid("Provided list of item keys contains duplicates")
		}
		seen[id] = true
		plans = append(plans, pl)
	}
	return plans, nil
}

// identity tells items apart within one request.
func identity(t *store.Table, it attr.Item) string {
	return t.Name + "\x00" + string(t.Row(nil, it))
}

func meterFor(meters map[string]*meter, table string) *meter {
	m := meters[table]
	if m == nil {
		m = newMeter(table)
		meters[table] = m
	}
	return m
}
