package ddb

import (
	"slices"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/expr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

type writeKind uint8

const (
	writePut writeKind = iota
	writeUpdate
	writeDelete
	writeCheck
)

// write is one change that a request asks for, or in a transaction only a
// condition.
type write struct {
	kind  writeKind
	table string
	// item is the whole item for a put, the key for the others.
	item      attr.Item
	condition *expr.Condition
	update    *expr.Update
	// reveal returns the item that failed the condition.
	reveal bool
	// batch says that the write is part of BatchWriteItem, which refuses a
	// wrong key in other words.
	batch bool
}

// parseWrite reads a write out of a request or a part of a transaction. The
// caller has read everything else before, so that mistakes are found in order.
func parseWrite(p params, kind writeKind) (*write, error) {
	name := "Key"
	if kind == writePut {
		name = "Item"
	}
	w := &write{kind: kind, table: p.tableName()}
	item, itemErr := p.item(name)
	w.reveal = p.choice("ReturnValuesOnConditionCheckFailure", "NONE", "ALL_OLD", "NONE") == "ALL_OLD"
	if kind == writeCheck {
		p.required("ConditionExpression")
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	p, err := p.modern()
	if err != nil {
		return nil, err
	}
	if itemErr != nil {
		return nil, itemErr
	}
	w.item = item
	if kind == writePut && item.Size() > attr.MaxItemSize {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	return w, w.parseExpressions(p)
}

func (w *write) parseExpressions(p params) error {
	using := []string{"ConditionExpression"}
	if w.kind == writeUpdate {
		using = []string{"UpdateExpression", "ConditionExpression"}
	}
	env, err := p.env(using...)
	if err != nil {
		return err
	}
	if w.kind == writeUpdate && p.has("UpdateExpression") {
		if w.update, err = expr.ParseUpdate(p.text("UpdateExpression"), env); err != nil {
			return err
		}
	}
	if w.condition, err = p.condition("ConditionExpression", env); err != nil {
		return err
	}
	if err := env.Unused(); err != nil {
		return err
	}
	return p.verdict()
}

// plan is a write whose condition holds, ready to be made.
type plan struct {
	table         *store.Table
	write         *write
	before, after attr.Item
}

// prepare checks a write against the table and the item it meets. It writes
// nothing.
func (w *write) prepare(tx *store.Tx) (*plan, error) {
	t, err := table(tx, w.table)
	if err != nil {
		return nil, err
	}
	if err := w.check(t); err != nil {
		return nil, err
	}
	before, exists, err := tx.Item(t, w.item)
	if err != nil {
		return nil, err
	}
	if w.condition != nil && !w.condition.Match(before) {
		if w.reveal && exists {
			return nil, conditionFailed(before)
		}
		return nil, conditionFailed(nil)
	}
	p := &plan{table: t, write: w, before: before}
	switch w.kind {
	case writePut:
		p.after = w.item
	case writeUpdate:
		p.after, err = w.updated(t, before)
	case writeCheck:
		p.after = before
	}
	return p, err
}

// check checks the write against the table's schema.
func (w *write) check(t *store.Table) error {
	if w.kind == writePut {
		if w.batch && !hasKey(t, w.item) {
			return invalid(noMatch)
		}
		if err := checkItemKey(t, w.item); err != nil {
			return err
		}
		return checkIndexKeys(t, w.item)
	}
	if err := checkKey(t, w.item); err != nil {
		return err
	}
	if w.update == nil {
		return nil
	}
	return checkPaths(t, w.update)
}

// checkPaths refuses to change the key, and to reach into an index key.
func checkPaths(t *store.Table, u *expr.Update) error {
	for _, path := range u.Paths() {
		name := path[0].Name
		if slices.Contains(t.Key.Names(), name) {
			return invalid(oneOrMore + "Cannot update attribute " + name + ". This attribute is part of the key")
		}
	}
	for _, path := range u.Paths() {
		name := path[0].Name
		if len(path) == 1 {
			continue
		}
		for _, x := range t.Indexes {
			if slices.Contains(x.Key.Names(), name) {
				return invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: " + name)
			}
		}
	}
	return nil
}

// updated is the item after an update; nil if an update that only removes
// found none.
func (w *write) updated(t *store.Table, before attr.Item) (attr.Item, error) {
	from := before
	if before == nil {
		from = w.item
	}
	if w.update == nil {
		return from, nil
	}
	after, err := w.update.Apply(from)
	if err != nil {
		return nil, err
	}
	if before == nil && w.update.OnlyRemoves() {
		return nil, nil
	}
	if after.Size() > attr.MaxItemSize {
		return nil, invalid("Item size to update has exceeded the maximum allowed size")
	}
	for _, path := range w.update.Paths() {
		if v := after[path[0].Name]; v.Depth() >= attr.MaxDepth {
			return nil, invalid("Nesting Levels have exceeded supported limits")
		}
	}
	if err := checkIndexKeys(t, after); err != nil {
		if w.update.Copies() {
			return nil, invalid("The update expression attempted to update the secondary index key to unsupported type")
		}
		return nil, err
	}
	return after, nil
}

// make writes the plan and counts what it costs.
func (p *plan) make(tx *store.Tx, m *meter) error {
	if p.write.kind == writeCheck {
		m.base += 2 * units(p.before.Size(), writeUnit)
		return nil
	}
	writes, err := tx.Write(p.table, p.before, p.after, false)
	if err != nil {
		return err
	}
	m.write(p.before.Size(), p.after.Size(), writes)
	return nil
}
