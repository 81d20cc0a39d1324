package dynamo

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// The sums of a totals row: numbers, so that they can be added to.
const attrAmount, attrOrders, attrItems = "amount", "orders", "items"

// Contribution implements port.Orders.
func (s *Store) Contribution(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (port.Contribution, error) {
	it, err := s.get(ctx, contributionKey(w, id))
	if err != nil || it == nil {
		return port.Contribution{}, err
	}
	return decode[port.Contribution](it)
}

// Generations implements port.Orders.
func (s *Store) Generations(ctx context.Context, w commerce.WorkspaceID) (port.Generations, error) {
	it, err := s.get(ctx, generationsKey(w))
	if err != nil || it == nil {
		return port.Generations{}, err
	}
	return decode[port.Generations](it)
}

// PutGenerations implements port.Orders.
func (s *Store) PutGenerations(ctx context.Context, w commerce.WorkspaceID, g port.Generations) (port.Generations, error) {
	read := g.Version
	g.Version++
	r := row{key: generationsKey(w), entity: "generations", version: g.Version, record: g}
	return g, s.write(ctx, put(r).ifVersion(read, moved("generations", string(w))))
}

// Fold implements port.Orders.
func (s *Store) Fold(ctx context.Context, w commerce.WorkspaceID, f port.FoldWrite) error {
	for _, c := range []port.Contribution{f.Old, f.Next} {
		if c.Date != "" && (!isDate(c.Date) || c.Quarter < 0 || c.Quarter > 95) {
			return invalidField("date", "date_invalid", "The date %q is not of the form 2006-01-02, or %d is no quarter of a day.", c.Date, c.Quarter)
		}
	}
	f.Next.Version, f.Next.Gen = f.Old.Version+1, f.Into.Newest()
	r := row{key: contributionKey(w, f.Order), entity: "contribution", version: f.Next.Version, record: f.Next}
	ops := []op{put(r).ifVersion(f.Old.Version, moved("contribution", string(f.Order)))}
	alive := []int{f.Into.Shown}
	if f.Into.Building > f.Into.Shown {
		alive = append(alive, f.Into.Building)
	}
	for _, gen := range alive {
		t, old := totals{w, gen, shardOf(string(f.Order))}, f.Old
		if old.Gen < gen {
			old = port.Contribution{}
		}
		ops = append(ops, t.adds(old, f.Next)...)
	}
	return s.write(ctx, ops...)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// adds corrects the sums of days and of quarters by what is different.
func (t totals) adds(old, next port.Contribution) []op {
	var ops []op
	for _, d := range differences(old, next) {
		ops = append(ops, totalAdd(t.quarterKey(d), port.QuarterTotal{Total: nameOf(d), Quarter: d.Quarter}, d))
	}
	old.Quarter, next.Quarter = 0, 0
	for _, d := range differences(old, next) {
		ops = append(ops, totalAdd(t.dayKey(d), nameOf(d), d))
	}
	return ops
}

// nameOf is what a total is of: its key parts may be escaped.
func nameOf(c port.Contribution) port.Total {
	return port.Total{Date: c.Date, Channel: c.Channel, Currency: c.Currency}
}

// differences are what has to be added to which totals: nothing where nothing
// changes.
func differences(old, next port.Contribution) []port.Contribution {
	away := old
	away.Amount, away.Orders, away.Items = -old.Amount, -old.Orders, -old.Items
	if nameOf(old) == nameOf(next) && old.Quarter == next.Quarter {
		next.Amount, next.Orders, next.Items = next.Amount-old.Amount, next.Orders-old.Orders, next.Items-old.Items
		away = port.Contribution{}
	}
	return slices.DeleteFunc([]port.Contribution{away, next}, func(c port.Contribution) bool {
		return c.Date == "" || (c.Amount == 0 && c.Orders == 0 && c.Items == 0)
	})
}

func totalAdd(k key, name any, c port.Contribution) op {
	data, err := pack(name)
	if err != nil {
		return op{err: err}
	}
	return change(k, "SET #t = :t, #sv = :sv, #v = :v ADD #a :a, #o :o, #i :i").
		name("#t", attrEntity).value(":t", text("total")).
		name("#sv", attrSchema).value(":sv", number(schema)).
		name("#v", attrView).value(":v", &types.AttributeValueMemberB{Value: data}).
		name("#a", attrAmount).value(":a", number(c.Amount)).
		name("#o", attrOrders).value(":o", number(c.Orders)).
		name("#i", attrItems).value(":i", number(c.Items))
}

// ListTotals implements port.Orders: by date, channel and currency.
func (s *Store) ListTotals(ctx context.Context, w commerce.WorkspaceID, from, to string) ([]port.Total, error) {
	return listSums(ctx, s, w, sumsOf[port.Total]{from, to, totals.days, func(t *port.Total) *port.Total { return t }})
}

// ListQuarters implements port.Orders: by date, quarter, channel and currency.
func (s *Store) ListQuarters(ctx context.Context, w commerce.WorkspaceID, from, to string) ([]port.QuarterTotal, error) {
	return listSums(ctx, s, w, sumsOf[port.QuarterTotal]{from, to, totals.quarters, func(t *port.QuarterTotal) *port.Total { return &t.Total }})
}

// The dates of all totals there can be.
const firstDate, lastDate = "0001-01-01", "9999-12-31"

// TotalsOf implements port.Orders.
func (s *Store) TotalsOf(ctx context.Context, w commerce.WorkspaceID, gen int) ([]port.QuarterTotal, []port.Total, error) {
	t := totals{space: w, gen: gen}
	items, err := s.sums(ctx, t, totals.quarters, firstDate, lastDate)
	if err != nil {
		return nil, nil, err
	}
	quarters, err := addUp(items, func(t *port.QuarterTotal) *port.Total { return &t.Total })
	if err != nil {
		return nil, nil, err
	}
	if items, err = s.sums(ctx, t, totals.days, firstDate, lastDate); err != nil {
		return nil, nil, err
	}
	days, err := addUp(items, func(t *port.Total) *port.Total { return t })
	return quarters, days, err
}

// DropTotals implements port.Orders.
func (s *Store) DropTotals(ctx context.Context, w commerce.WorkspaceID, gen int) error {
	for _, partition := range []func(totals) string{totals.quarters, totals.days} {
		items, err := s.sums(ctx, totals{space: w, gen: gen}, partition, firstDate, lastDate)
		if err != nil {
			return err
		}
		ops := make([]op, len(items))
		for i, it := range items {
			ops[i] = remove(keyOf(it))
		}
		if err := s.batchWrite(ctx, ops); err != nil {
			return err
		}
	}
	return nil
}

// sumsOf is which sums are read: their dates, their partition, and where the
// total is in what they are named by.
type sumsOf[T comparable] struct {
	from, to  string
	partition func(totals) string
	total     func(*T) *port.Total
}

// listSums reads sums of the shown generation.
func listSums[T comparable](ctx context.Context, s *Store, w commerce.WorkspaceID, l sumsOf[T]) ([]T, error) {
	if !isDate(l.from) || !isDate(l.to) {
		return nil, invalidField("date", "date_invalid", "The dates %q and %q must be of the form 2006-01-02.", l.from, l.to)
	}
	gens, err := s.Generations(ctx, w)
	if err != nil {
		return nil, err
	}
	items, err := s.sums(ctx, totals{space: w, gen: gens.Shown}, l.partition, l.from, l.to)
	if err != nil {
		return nil, err
	}
	return addUp(items, l.total)
}

// addUp adds the shards of each sum up, in the order of their keys, and leaves
// out what came to nothing.
func addUp[T comparable](items []item, total func(*T) *port.Total) ([]T, error) {
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(textOf(a, attrSK), textOf(b, attrSK)) })
	found := []T{}
	for at := 0; at < len(items); {
		end := at + 1
		for end < len(items) && textOf(items[end], attrSK) == textOf(items[at], attrSK) {
			end++
		}
		name, err := decode[T](items[at])
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "record_broken", "A total can't be read.")
		}
		if addAll(total(&name), items[at:end]) {
			found = append(found, name)
		}
		at = end
	}
	return found, nil
}

// sums reads the rows of all shards.
func (s *Store) sums(ctx context.Context, t totals, partition func(totals) string, from, to string) ([]item, error) {
	parts := make([][]item, shards)
	err := each(ctx, numbers(shards), func(ctx context.Context, shard int) (err error) {
		of := t
		of.shard = shard
		parts[shard], err = s.query(ctx, span{pk: partition(of), from: from + "#", to: to + "#" + last, forward: true})
		return err
	})
	return slices.Concat(parts...), err
}

// addAll adds up what the shards have and says whether it came to anything.
func addAll(t *port.Total, items []item) bool {
	for _, it := range items {
		t.Amount += numberOf(it, attrAmount)
		t.Orders += numberOf(it, attrOrders)
		t.Items += numberOf(it, attrItems)
	}
	return t.Amount != 0 || t.Orders != 0 || t.Items != 0
}
