package ddb

import (
	"errors"
	"slices"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/expr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// pageBytes is how much a Query or Scan reads at most (API reference of Query,
// 2026).
const pageBytes = 1 << 20

// search is what Query and Scan have in common.
type search struct {
	table, index string
	consistent   bool
	sel          string // Select, empty when absent
	limit        int    // 0 is none
	start        attr.Item
	filter       *expr.Condition
	projection   *expr.Projection
	capacity     string
}

// parseSearch reads the common parameters except expressions.
func parseSearch(p params) (s *search, rawStart any) {
	s = &search{table: p.tableName(), index: p.indexName(), consistent: p.flag("ConsistentRead"), capacity: capacityMode(p)}
	s.sel = p.choice("Select", "", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	return s, p.fields["ExclusiveStartKey"]
}

func (s *search) parseStart(raw any) error {
	if raw == nil {
		return nil
	}
	start, err := attr.DecodeItem(raw)
	var bad attr.Invalid
	if errors.As(err, &bad) && aboutStart(string(bad)) {
		return invalid("The provided starting key is invalid: " + string(bad))
	}
	s.start = start
	return err
}

// aboutStart says whether DynamoDB explains that a value belongs to the
// starting key: it does for some refusals of values, and not for others.
func aboutStart(message string) bool {
	for _, silent := range []string{"contains duplicates", "number set", "numeric value", "significant digits", "number with magnitude"} {
		if strings.Contains(message, silent) {
			return false
		}
	}
	return true
}

// parseOutput reads filter and projection and checks them against Select.
func (s *search) parseOutput(p params, env *expr.Env) error {
	var err error
	if s.filter, err = p.condition("FilterExpression", env); err != nil {
		return err
	}
	if s.projection, err = p.projection(env); err != nil {
		return err
	}
	switch {
	case s.sel == "ALL_PROJECTED_ATTRIBUTES" && s.index == "":
		return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case s.projection != nil && s.sel != "" && s.sel != "SPECIFIC_ATTRIBUTES":
		return invalid("Cannot specify the ProjectionExpression when choosing to get " + s.sel)
	case s.projection == nil && s.sel == "SPECIFIC_ATTRIBUTES":
		return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	}
	return nil
}

// target is the table, and the index, that a search works on.
type target struct {
	table *store.Table
	index *store.Index // nil for the table itself
	// fetch reads whole items from the table, for a local index that does not
	// hold all that is asked for.
	fetch bool
}

func (s *search) target(tx *store.Tx) (*target, error) {
	t, err := table(tx, s.table)
	if err != nil {
		return nil, err
	}
	g := &target{table: t}
	if s.index == "" {
		return g, nil
	}
	x, ok := t.Index(s.index)
	if !ok {
		return nil, invalid("The table does not have the specified index: " + s.index)
	}
	g.index = &x
	if s.consistent && !x.Local {
		return nil, invalid("Consistent reads are not supported on global secondary indexes")
	}
	return g, s.checkProjected(g)
}

// checkProjected refuses to ask a global index for what it does not hold, and
// lets a local one fetch it.
func (s *search) checkProjected(g *target) error {
	if g.index.Projection == "ALL" {
		return nil
	}
	if s.sel == "ALL_ATTRIBUTES" {
		if !g.index.Local {
			return invalid(oneOrMore + "Select type ALL_ATTRIBUTES is not supported for global secondary index " +
				g.index.Name + " because its projection type is not ALL")
		}
		g.fetch = true
	}
	if s.projection == nil {
		return nil
	}
	held := slices.Concat(g.table.Key.Names(), g.index.Key.Names(), g.index.Include)
	for _, name := range s.projection.Names() {
		if slices.Contains(held, name) {
			continue
		}
		if !g.index.Local {
			return invalid(oneOrMore + "Global secondary index " + g.index.Name + " does not project [" + name + "]")
		}
		g.fetch = true
	}
	return nil
}

// key is the key that the search goes by.
func (g *target) key() store.Key {
	if g.index != nil {
		return g.index.Key
	}
	return g.table.Key
}

// position is the part of an item that says where a page ended.
func (g *target) position(it attr.Item) attr.Item {
	out := g.table.Key.Of(it)
	for _, name := range g.key().Names() {
		out[name] = it[name]
	}
	return out
}

// row finds where to go on; it refuses a key of the wrong shape.
func (g *target) row(start attr.Item) (store.Row, error) {
	if start == nil {
		return nil, nil
	}
	names := map[string]bool{}
	for _, name := range slices.Concat(g.table.Key.Names(), g.key().Names()) {
		names[name] = true
		if v, ok := start[name]; !ok || v.Kind != g.table.Kind(name) {
			return nil, invalid("The provided starting key is invalid: " + noMatch)
		}
	}
	if len(start) != len(names) {
		return nil, invalid("The provided starting key is invalid: " + noMatch)
	}
	return g.table.Row(g.index, start), nil
}

// page is a page of results under construction.
type page struct {
	search  *search
	target  *target
	tx      *store.Tx
	items   list // as they are answered
	count   int
	scanned int
	size    int
	fetched float64
	last    attr.Item // set when there may be more
	seen    attr.Stored
}

// line is what a row adds to a page.
type line struct {
	items   list // those before it, and it; as before if it does not match
	size    int
	fetched float64
	matches bool
}

// take adds a row; false ends the page.
func (pg *page) take(row attr.Stored) (more bool, err error) {
	l, err := pg.line(row)
	if err != nil {
		return false, err
	}
	if pg.scanned > 0 && pg.size+l.size > pageBytes {
		return false, pg.end()
	}
	pg.size += l.size
	pg.scanned++
	pg.seen = row
	if l.matches {
		pg.count++
		pg.fetched += l.fetched
		pg.items = l.items
	}
	if pg.scanned == pg.search.limit {
		return false, pg.end()
	}
	return true, nil
}

// end notes behind which row there may be more.
func (pg *page) end() error {
	it, err := pg.seen.Item()
	if err == nil {
		pg.last = pg.target.position(it)
	}
	return err
}

// line reads a row. One that is answered as it stands is not taken apart.
func (pg *page) line(row attr.Stored) (line, error) {
	q := pg.search
	if q.sel == "COUNT" || q.filter != nil || q.projection != nil || pg.target.fetch {
		it, err := row.Item()
		if err != nil {
			return line{}, err
		}
		return pg.choose(it)
	}
	items, size, err := row.AppendJSON(pg.room())
	return line{items: items, size: size, matches: true}, err
}

// choose applies filter and projection to an item.
func (pg *page) choose(it attr.Item) (line, error) {
	q := pg.search
	l := line{items: pg.items, size: it.Size(), matches: q.filter == nil || q.filter.Match(it)}
	if !l.matches || q.sel == "COUNT" {
		return l, nil
	}
	if pg.target.fetch {
		full, _, err := pg.tx.Item(pg.target.table, it)
		if err != nil {
			return l, err
		}
		it, l.fetched = full, readUnits(full.Size(), q.consistent)
	}
	if q.projection != nil {
		it = q.projection.Apply(it)
	}
	l.items = it.AppendJSON(pg.room())
	return l, nil
}

// room is the items with a comma for the next one. Behind the first one it makes
// room for a page of such, so that the page need not be copied while it grows.
func (pg *page) room() list {
	if len(pg.items) == 0 {
		return nil
	}
	if pg.count == 1 {
		pg.items = slices.Grow(pg.items, min(pg.search.limit*(len(pg.items)+1), pageBytes))
	}
	return append(pg.items, ',')
}

// run walks the rows of the span.
func (s *search) run(tx *store.Tx, g *target, w store.Walk) (object, error) {
	pg := &page{search: s, target: g, tx: tx}
	if err := tx.Rows(g.table, g.index, w, pg.take); err != nil {
		return nil, err
	}
	var out object
	if s.sel != "COUNT" {
		out.add("Items", pg.items)
	}
	out.add("Count", pg.count)
	out.add("ScannedCount", pg.scanned)
	if pg.last != nil {
		out.add("LastEvaluatedKey", pg.last)
	}
	m := newMeter(s.table)
	cost := readUnits(pg.size, s.consistent)
	if g.index != nil {
		m.index(*g.index, cost)
		m.base += pg.fetched
	} else {
		m.base += cost
	}
	addCapacity(&out, s.capacity, m)
	return out, nil
}
