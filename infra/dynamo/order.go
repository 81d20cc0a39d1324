package dynamo

import (
	"cmp"
	"context"
	"slices"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// Order implements port.Orders.
func (s *Store) Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error) {
	return load[commerce.Order](ctx, s, orderKey(w, id), "order", string(id))
}

// PutOrder implements port.Orders. An order that comes alone is one
// conditional Put at half the price of a transaction.
func (s *Store) PutOrder(ctx context.Context, w commerce.WorkspaceID, o port.OrderWrite) (commerce.Order, error) {
	if err := s.known(o.Order.Channel); err != nil {
		return o.Order, err
	}
	next := o.Order
	next.Version++
	r := row{key: orderKey(w, next.ID), entity: string(port.EntityOrder), version: next.Version, record: next, view: orderItem(next),
		g1: orderEntry(w, next), g2: orderStateEntry(w, next)}
	ops := []op{put(r).ifVersion(o.Order.Version, moved("order", string(next.ID)))}
	more, err := outboundOps(w, o.Out, o.Settle)
	if err != nil {
		return o.Order, err
	}
	ops = append(ops, more...)
	for _, e := range o.Events {
		ops = append(ops, put(row{key: orderEventKey(w, next.ID, e), entity: "event", record: e}))
	}
	for _, a := range o.Raised {
		ops = append(ops, put(row{key: attentionKey(w, a, next), entity: "look", view: next.ID}))
	}
	for _, a := range o.Cleared {
		ops = append(ops, remove(attentionKey(w, a, next)))
	}
	lookups := lookupOps(w, next, o.Lookups)
	if room := max(0, transactionMax-len(ops)); len(lookups) > room {
		// More than a transaction holds: what goes ahead of the order points to
		// nothing until the order is there.
		if err := s.batchWrite(ctx, lookups[room:]); err != nil {
			return o.Order, err
		}
		lookups = lookups[:room]
	}
	if err := s.write(ctx, unique(append(ops, lookups...))...); err != nil {
		return o.Order, err
	}
	return next, nil
}

// unique keeps the last op of each key: a transaction touches each row once.
func unique(ops []op) []op {
	at := make(map[key]int, len(ops))
	var kept []op
	for _, o := range ops {
		if i, again := at[o.key]; again {
			kept[i] = o
			continue
		}
		at[o.key] = len(kept)
		kept = append(kept, o)
	}
	return kept
}

func lookupOps(w commerce.WorkspaceID, o commerce.Order, lookups []port.Lookup) []op {
	ops := make([]op, len(lookups))
	for i, l := range lookups {
		ops[i] = put(row{key: lookupKey(w, l, o), entity: "lookup", view: o.ID})
	}
	return ops
}

func orderItem(o commerce.Order) port.OrderItem {
	it := port.OrderItem{
		ID: o.ID, Channel: o.Channel, Source: o.Source, Number: o.Number, Remote: o.Remote, State: o.State, Total: o.Total,
		BuyerName: o.Buyer.Name, ShipBy: o.ShipBy, PlacedAt: o.PlacedAt,
	}
	it.Asked, it.AnswerBy = o.Asked()
	for i, l := range o.Lines {
		if i == 0 {
			it.Title = l.Title
		}
		it.Items += l.Quantity
		it.Short += l.Short
	}
	return it
}

// openState is what port.OrderFilter calls everything that has to be shipped.
const openState commerce.OrderState = "open"

// states is what a state of a filter stands for.
func states(s commerce.OrderState) []commerce.OrderState {
	if s == openState {
		return []commerce.OrderState{commerce.OrderHeld, commerce.OrderPaid, commerce.OrderPartly}
	}
	return []commerce.OrderState{s}
}

// ListOrders implements port.Orders.
func (s *Store) ListOrders(ctx context.Context, w commerce.WorkspaceID, f port.OrderFilter, p port.Page) (port.List[port.OrderItem], error) {
	if f.Attention != "" {
		return s.listAttention(ctx, w, f, p)
	}
	channels := s.over(f.Channels)
	l := list{name: join("orders", channelNames(channels), part(string(f.State))), space: w, index: indexG1}
	for _, c := range channels {
		if f.State == "" {
			l.sources = append(l.sources, source{pk: in(w, "ord", part(string(c)))})
			continue
		}
		l.index = indexG2
		for _, state := range states(f.State) {
			l.sources = append(l.sources, source{in(w, "ord", "s", part(string(state))), part(string(c)) + "#"})
		}
	}
	return viewPage[port.OrderItem](ctx, s, l, p)
}

// listAttention lists orders somebody should look at. They are read as they
// are now; the other filters are applied to what a page holds.
func (s *Store) listAttention(ctx context.Context, w commerce.WorkspaceID, f port.OrderFilter, p port.Page) (port.List[port.OrderItem], error) {
	l := list{name: join("look", part(string(f.Attention))), space: w, sources: []source{{pk: attentionPartition(w, f.Attention)}}}
	items, next, err := s.page(ctx, l, p)
	if err != nil {
		return port.List[port.OrderItem]{}, err
	}
	orders, err := s.ordersOf(ctx, w, items)
	found := port.List[port.OrderItem]{Next: next}
	for _, o := range orders {
		if (len(f.Channels) == 0 || slices.Contains(f.Channels, o.Channel)) && (f.State == "" || slices.Contains(states(f.State), o.State)) {
			found.Items = append(found.Items, orderItem(o))
		}
	}
	return found, err
}

// ordersOf reads the orders that rows name.
func (s *Store) ordersOf(ctx context.Context, w commerce.WorkspaceID, items []item) ([]commerce.Order, error) {
	ids, err := decodeAll[commerce.OrderID](items)
	if err != nil {
		return nil, err
	}
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = orderKey(w, id)
	}
	return loadAll[commerce.Order](ctx, s, keys, true)
}

// CountAttention implements port.Orders.
func (s *Store) CountAttention(ctx context.Context, w commerce.WorkspaceID, a commerce.Attention, limit int) (int, error) {
	return s.count(ctx, span{pk: attentionPartition(w, a), limit: limit})
}

// PutWants implements port.Orders.
func (s *Store) PutWants(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, wants []port.Want) error {
	if len(wants) == 0 {
		return nil
	}
	ops := []op{put(row{key: wantsKey(w), entity: "wants"})}
	for _, want := range wants {
		ops = append(ops, put(row{key: wantKey(w, want, id), entity: "want", view: id}))
	}
	return s.batchWrite(ctx, ops)
}

// AnyWants implements port.Orders.
func (s *Store) AnyWants(ctx context.Context, w commerce.WorkspaceID) (bool, error) {
	it, err := s.get(ctx, wantsKey(w))
	return it != nil, err
}

// DropWants implements port.Orders.
func (s *Store) DropWants(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, wants []port.Want) error {
	ops := make([]op, len(wants))
	for i, want := range wants {
		ops[i] = remove(wantKey(w, want, id))
	}
	return s.batchWrite(ctx, ops)
}

// Waiting implements port.Orders.
func (s *Store) Waiting(ctx context.Context, w commerce.WorkspaceID, want port.Want, limit int) ([]commerce.OrderID, error) {
	items, err := s.query(ctx, span{pk: wantPartition(w, want), forward: true, limit: limit})
	if err != nil {
		return nil, err
	}
	return decodeAll[commerce.OrderID](items)
}

// findMax is how many orders a lookup answers at most.
const findMax = 100

// FindOrders implements port.Orders.
func (s *Store) FindOrders(ctx context.Context, w commerce.WorkspaceID, lookups []port.Lookup) ([]port.OrderItem, error) {
	parts := make([][]item, len(lookups))
	err := each(ctx, numbers(len(lookups)), func(ctx context.Context, i int) (err error) {
		parts[i], err = s.query(ctx, span{pk: lookupPartition(w, lookups[i]), limit: findMax})
		return err
	})
	if err != nil {
		return nil, err
	}
	orders, err := s.ordersOf(ctx, w, slices.Concat(parts...))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(orders, func(a, b commerce.Order) int {
		return cmp.Or(b.PlacedAt.Compare(a.PlacedAt), cmp.Compare(b.ID, a.ID))
	})
	found := make([]port.OrderItem, 0, len(orders))
	for _, o := range orders[:min(findMax, len(orders))] {
		found = append(found, orderItem(o))
	}
	return found, nil
}

// OrderEvents implements port.Orders.
func (s *Store) OrderEvents(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) ([]commerce.OrderEvent, error) {
	items, err := s.query(ctx, prefixed(orderPartition(w, id), "ev#"))
	if err != nil {
		return nil, err
	}
	return decodeAll[commerce.OrderEvent](items)
}

// CountOrders implements port.Orders.
func (s *Store) CountOrders(ctx context.Context, w commerce.WorkspaceID, state commerce.OrderState, limit int) (int, error) {
	n := 0
	for _, one := range states(state) {
		if n >= limit {
			break
		}
		found, err := s.count(ctx, span{index: indexG2, pk: in(w, "ord", "s", part(string(one))), limit: limit - n})
		if err != nil {
			return 0, err
		}
		n += found
	}
	return n, nil
}
