package ddb

import (
	"context"
	"maps"
	"slices"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/expr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

func (s *Service) batchGetItem(ctx context.Context, p params) (object, error) {
	capacity := capacityMode(p)
	names, fields, err := requestItems(p, "BatchGetItem")
	if err != nil {
		return nil, err
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var reads []*read
	for _, name := range names {
		more, err := batchReads(p.object("RequestItems").entry(name), name)
		if err != nil {
			return nil, err
		}
		reads = append(reads, more...)
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	if len(reads) > maxBatchGet {
		return nil, invalid("Too many items requested for the BatchGetItem call")
	}
	var out object
	err = s.db.View(func(tx *store.Tx) error {
		b := &batch{names: names, fields: fields, items: map[string][]attr.Item{}, meters: map[string]*meter{}, left: map[string][]attr.Item{}, adverse: s.adverse}
		if err := b.read(tx, reads); err != nil {
			return err
		}
		out = b.answer(capacity)
		return nil
	})
	return out, err
}

// batchReads reads the keys of one table, which share their projection.
func batchReads(p params, name string) ([]*read, error) {
	keys := p.list("Keys")
	if !p.has("Keys") {
		p.unmet("Keys", nil, "Member must not be null")
	} else if len(keys) == 0 {
		p.unmet("Keys", "[]", "Member must have length greater than or equal to 1")
	} else if len(keys) > maxBatchGet {
		p.unmetAt("RequestItems."+name+".member.Keys", "Member must have length less than or equal to 100")
	}
	consistent := p.flag("ConsistentRead")
	if err := p.verdict(); err != nil {
		return nil, err
	}
	p, err := p.modern()
	if err != nil {
		return nil, err
	}
	projection, err := batchProjection(p)
	if err != nil {
		return nil, err
	}
	var reads []*read
	for _, raw := range keys {
		key, err := attr.DecodeItem(raw)
		if err != nil {
			return nil, err
		}
		reads = append(reads, &read{table: name, key: key, consistent: consistent, projection: projection})
	}
	return reads, nil
}

func batchProjection(p params) (*expr.Projection, error) {
	env, err := p.env("ProjectionExpression")
	if err != nil {
		return nil, err
	}
	projection, err := p.projection(env)
	if err != nil {
		return nil, err
	}
	return projection, env.Unused()
}

// batch is the answer of BatchGetItem under construction.
type batch struct {
	names  []string
	fields map[string]any
	items  map[string][]attr.Item
	left   map[string][]attr.Item // keys that did not fit
	meters map[string]*meter
	size   int

	adverse *adversity
}

func (b *batch) read(tx *store.Tx, reads []*read) error {
	seen := map[string]bool{}
	for _, r := range reads {
		t, err := table(tx, r.table)
		if err != nil {
			return err
		}
		if err := checkKey(t, r.key); err != nil {
			return err
		}
		id := identity(t, r.key)
		if seen[id] {
			return invalid("Provided list of item keys contains duplicates")
		}
		seen[id] = true
		if b.size > maxBatchBytes || len(b.items) > 0 && b.adverse.once(10) {
			b.left[r.table] = append(b.left[r.table], r.key)
			continue
		}
		r.lag = b.adverse.lag()
		it, err := r.item(tx, meterFor(b.meters, r.table))
		if err != nil {
			return err
		}
		if size := it.Size(); it != nil && b.size+size > maxBatchBytes {
			b.size = maxBatchBytes + 1
			b.left[r.table] = append(b.left[r.table], r.key)
		} else if it != nil {
			b.size += size
			b.items[r.table] = append(b.items[r.table], it)
		}
	}
	return nil
}

func (b *batch) answer(capacity string) object {
	var responses, unprocessed, out object
	for _, name := range b.names {
		responses.add(name, append([]attr.Item{}, b.items[name]...))
		if keys := b.left[name]; len(keys) > 0 {
			unprocessed.add(name, b.again(name, keys))
		}
	}
	out.add("Responses", responses)
	out.add("UnprocessedKeys", unprocessed)
	addCapacities(&out, capacity, b.meters)
	return out
}

// again is the part of the request that is to be sent once more.
func (b *batch) again(name string, keys []attr.Item) object {
	var out object
	out.add("Keys", keys)
	given, _ := b.fields[name].(map[string]any)
	if consistent, ok := given["ConsistentRead"].(bool); ok {
		out.add("ConsistentRead", consistent)
	}
	if names := (params{fields: given, shared: new(checks)}).texts("AttributesToGet"); len(names) > 0 {
		out.add("AttributesToGet", names)
	}
	if projection, ok := given["ProjectionExpression"].(string); ok {
		out.add("ProjectionExpression", projection)
	}
	if names, ok := given["ExpressionAttributeNames"].(map[string]any); ok {
		var o object
		for _, key := range slices.Sorted(maps.Keys(names)) {
			o.add(key, names[key])
		}
		out.add("ExpressionAttributeNames", o)
	}
	return out
}
