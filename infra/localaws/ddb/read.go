package ddb

import (
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/expr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// read is one item that a request asks for.
type read struct {
	table      string
	key        attr.Item
	consistent bool
	projection *expr.Projection
	// lag is how old the state is that an eventually consistent read sees.
	lag time.Duration
}

func parseRead(p params) (*read, error) {
	r := &read{table: p.tableName(), consistent: p.flag("ConsistentRead")}
	key, keyErr := p.item("Key")
	if err := p.verdict(); err != nil {
		return nil, err
	}
	p, err := p.modern()
	if err != nil {
		return nil, err
	}
	if keyErr != nil {
		return nil, keyErr
	}
	r.key = key
	env, err := p.env("ProjectionExpression")
	if err != nil {
		return nil, err
	}
	if r.projection, err = p.projection(env); err != nil {
		return nil, err
	}
	if err := env.Unused(); err != nil {
		return nil, err
	}
	return r, p.verdict()
}

// item reads the item, nil if there is none, and counts what that costs.
func (r *read) item(tx *store.Tx, m *meter) (attr.Item, error) {
	t, err := table(tx, r.table)
	if err != nil {
		return nil, err
	}
	if err := checkKey(t, r.key); err != nil {
		return nil, err
	}
	if r.consistent || m.transaction != "" {
		r.lag = 0
	}
	it, ok, err := tx.LaggingItem(t, r.key, r.lag)
	if err != nil {
		return nil, err
	}
	cost := readUnits(it.Size(), r.consistent)
	if m.transaction != "" {
		cost = 2 * units(it.Size(), readUnit)
	}
	m.base += cost
	if !ok {
		return nil, nil
	}
	if r.projection != nil {
		return r.projection.Apply(it), nil
	}
	return it, nil
}
