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

// Fold implements port.Orders. A contribution that has another version than
// old is a fault of kind Conflict and code contribution_moved. An empty Date
// contributes nothing.
func (s *Store) Fold(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, old, next port.Contribution) error {
	for _, c := range []port.Contribution{old, next} {
		if c.Date != "" && !isDate(c.Date) {
			return invalidField("date", "date_invalid", "The date %q is not of the form 2006-01-02.", c.Date)
		}
	}
	next.Version = old.Version + 1
	r := row{key: contributionKey(w, id), entity: "contribution", version: next.Version, record: next}
	ops := []op{put(r).ifVersion(old.Version, moved("contribution", string(id)))}
	shard := shardOf(string(id))
	for _, d := range differences(old, next) {
		ops = append(ops, totalAdd(w, shard, d))
	}
	return s.write(ctx, ops...)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// differences are what has to be added to which totals: nothing where nothing
// changes.
func differences(old, next port.Contribution) []port.Contribution {
	away := port.Contribution{Date: old.Date, Channel: old.Channel, Currency: old.Currency, Amount: -old.Amount, Orders: -old.Orders, Items: -old.Items}
	if old.Date == next.Date && old.Channel == next.Channel && old.Currency == next.Currency {
		next.Amount, next.Orders, next.Items = next.Amount-old.Amount, next.Orders-old.Orders, next.Items-old.Items
		away = port.Contribution{}
	}
	return slices.DeleteFunc([]port.Contribution{away, next}, func(c port.Contribution) bool {
		return c.Date == "" || (c.Amount == 0 && c.Orders == 0 && c.Items == 0)
	})
}

// totalView names a total: its key parts may be escaped.
func totalView(c port.Contribution) (types.AttributeValue, error) {
	data, err := pack(port.Total{Date: c.Date, Channel: c.Channel, Currency: c.Currency})
	return &types.AttributeValueMemberB{Value: data}, err
}

func totalAdd(w commerce.WorkspaceID, shard int, c port.Contribution) op {
	name, err := totalView(c)
	if err != nil {
		return op{err: err}
	}
	return change(totalKey(w, shard, c), "SET #t = :t, #sv = :sv, #v = :v ADD #a :a, #o :o, #i :i").
		name("#t", attrEntity).value(":t", text("total")).
		name("#sv", attrSchema).value(":sv", number(schema)).
		name("#v", attrView).value(":v", name).
		name("#a", attrAmount).value(":a", number(c.Amount)).
		name("#o", attrOrders).value(":o", number(c.Orders)).
		name("#i", attrItems).value(":i", number(c.Items))
}

// ListTotals implements port.Orders: by date, channel and currency.
func (s *Store) ListTotals(ctx context.Context, w commerce.WorkspaceID, from, to string) ([]port.Total, error) {
	if !isDate(from) || !isDate(to) {
		return nil, invalidField("date", "date_invalid", "The dates %q and %q must be of the form 2006-01-02.", from, to)
	}
	parts := make([][]item, shards)
	err := each(ctx, numbers(shards), func(ctx context.Context, shard int) (err error) {
		parts[shard], err = s.query(ctx, span{pk: totalPartition(w, shard), from: from + "#", to: to + "#" + last, forward: true})
		return err
	})
	if err != nil {
		return nil, err
	}
	return sumTotals(slices.Concat(parts...))
}

// sumTotals adds the shards of each total up and leaves out what came to
// nothing.
func sumTotals(items []item) ([]port.Total, error) {
	sums := map[port.Total]port.Total{}
	for _, it := range items {
		name, err := decode[port.Total](it)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "record_broken", "A total can't be read.")
		}
		t := sums[name]
		t.Date, t.Channel, t.Currency = name.Date, name.Channel, name.Currency
		t.Amount += numberOf(it, attrAmount)
		t.Orders += numberOf(it, attrOrders)
		t.Items += numberOf(it, attrItems)
		sums[name] = t
	}
	totals := []port.Total{}
	for _, t := range sums {
		if t.Amount != 0 || t.Orders != 0 || t.Items != 0 {
			totals = append(totals, t)
		}
	}
	slices.SortFunc(totals, func(a, b port.Total) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Currency, b.Currency))
	})
	return totals, nil
}
