package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func orderTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"order round trip":              orderRoundTrip,
		"order write is all or nothing": orderAllOrNothing,
		"orders by channel and state":   orderFilters,
		"order changes its channel":     orderChannel,
		"orders are found":              orderFind,
		"orders are counted":            orderCount,
		"order with many lookups":       orderManyLookups,
		"orders to look at":             orderAttention,
		"orders that wait":              orderWants,
		"cart expires":                  cartExpires,
	}
}

func order(id string, c commerce.Channel, state commerce.OrderState, minute int) commerce.Order {
	return commerce.Order{
		ID: commerce.OrderID(id), Account: "a1", Channel: c, Source: commerce.FromMarketplace, Remote: commerce.RemoteID("r" + id), Number: "N" + id, State: state,
		Lines: []commerce.OrderLine{{ID: "1", Variant: "v", SKU: "s", Title: "Tee", Quantity: 2, Price: usd(5), Short: 1}, {ID: "2", Title: "Mug", Quantity: 3, Price: usd(5)}},
		Total: usd(25), Buyer: commerce.Buyer{Name: "Ada <b>", Address: &commerce.Address{City: "Tartu"}},
		PlacedAt: at(minute), UpdatedAt: at(minute), FirstSeen: at(minute), FetchedAt: at(minute),
	}
}

func orderRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	o := order("1", commerce.Etsy, commerce.OrderPaid, 1)
	put := need(b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: o}))(t)
	same(t, put.Version, int64(1))
	same(t, need(b.Store.Order(ctx, mine, "1"))(t), put)
	_, err := b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: o})
	refused(t, err, fault.Conflict, "order_moved")
	put.State = commerce.OrderShipped
	same(t, need(b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: put, Events: []commerce.OrderEvent{{ID: "e2", At: at(2), Kind: "state"}}}))(t).Version, int64(2))
	_, err = b.Store.Order(ctx, theirs, "1")
	refused(t, err, fault.NotFound, "")
	b.Settle(t)
	items := need(b.Store.ListOrders(ctx, mine, port.OrderFilter{}, page(5, "")))(t).Items
	same(t, items, []port.OrderItem{{ID: "1", Channel: commerce.Etsy, Source: commerce.FromMarketplace, Number: "N1", Remote: "r1", State: commerce.OrderShipped,
		Total: usd(25), Items: 5, Title: "Tee", BuyerName: "Ada <b>", Short: 1, PlacedAt: at(1)}})
}

func outboundOf(id, key string) port.Outbound {
	return port.Outbound{ID: commerce.OutboundID(id), Space: mine, Key: key, Kind: "shipment", Account: "a1", Ref: "x", State: commerce.SendPending}
}

func orderAllOrNothing(t *testing.T, b StoreBench) {
	ctx := t.Context()
	write := port.OrderWrite{
		Order:   order("1", commerce.Etsy, commerce.OrderPaid, 1),
		Events:  []commerce.OrderEvent{{ID: "b", At: at(2), Kind: "placed", Text: "two"}, {ID: "a", At: at(1), Kind: "placed", Text: "one"}},
		Lookups: []port.Lookup{{Kind: "number", Value: "n1"}},
		Out:     []port.Outbound{outboundOf("1", "o1")},
	}
	first := need(b.Store.PutOrder(ctx, mine, write))(t)
	again := write
	again.Events, again.Lookups, again.Out = []commerce.OrderEvent{{ID: "c", At: at(3)}}, []port.Lookup{{Kind: "number", Value: "n2"}}, []port.Outbound{outboundOf("2", "o1")}
	_, err := b.Store.PutOrder(ctx, mine, again)
	refused(t, err, fault.Conflict, "order_moved")
	events := need(b.Store.OrderEvents(ctx, mine, "1"))(t)
	same(t, []any{len(events), events[0].Text, events[1].Text}, []any{2, "one", "two"})
	same(t, len(need(b.Store.FindOrders(ctx, mine, again.Lookups))(t)), 0)
	out := need(b.Store.ListOutbound(ctx, mine, "o1"))(t)
	same(t, len(out), 1)
	// Settling removes it; a record that has moved keeps everything as it was.
	stale := out[0]
	tried := need(b.Store.PutOutbound(ctx, out[0]))(t)
	_, err = b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: first, Settle: &stale})
	refused(t, err, fault.Conflict, "outbound_moved")
	same(t, need(b.Store.Order(ctx, mine, "1"))(t).Version, int64(1))
	need(b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: first, Settle: &tried}))(t)
	same(t, len(need(b.Store.ListOutbound(ctx, mine, "o1"))(t)), 0)
}

func orderFilters(t *testing.T, b StoreBench) {
	ctx := t.Context()
	channels := []commerce.Channel{commerce.Etsy, commerce.TikTok, commerce.Own}
	states := []commerce.OrderState{commerce.OrderUnpaid, commerce.OrderHeld, commerce.OrderPaid, commerce.OrderPartly, commerce.OrderShipped}
	n := 0
	for _, c := range channels {
		for _, s := range states {
			need(b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: order(fmt.Sprintf("%02d", n), c, s, (n*7)%15)}))(t)
			n++
		}
	}
	b.Settle(t)
	find := func(want int, f port.OrderFilter, fits func(port.OrderItem) bool) {
		t.Helper()
		items := need(b.Store.ListOrders(ctx, mine, f, page(100, "")))(t).Items
		same(t, len(items), want)
		for i, o := range items {
			if !fits(o) || (i > 0 && o.PlacedAt.After(items[i-1].PlacedAt)) {
				t.Fatalf("order %+v does not fit here", o)
			}
		}
	}
	find(15, port.OrderFilter{}, func(port.OrderItem) bool { return true })
	find(5, port.OrderFilter{Channels: []commerce.Channel{commerce.TikTok, commerce.TikTok}}, func(o port.OrderItem) bool { return o.Channel == commerce.TikTok })
	find(10, port.OrderFilter{Channels: []commerce.Channel{commerce.TikTok, commerce.Own}}, func(o port.OrderItem) bool { return o.Channel != commerce.Etsy })
	find(3, port.OrderFilter{State: commerce.OrderPaid}, func(o port.OrderItem) bool { return o.State == commerce.OrderPaid })
	find(1, port.OrderFilter{State: commerce.OrderPaid, Channels: []commerce.Channel{commerce.Etsy}}, func(o port.OrderItem) bool { return o.Channel == commerce.Etsy })
	find(9, port.OrderFilter{State: "open"}, func(o port.OrderItem) bool {
		return o.State != commerce.OrderUnpaid && o.State != commerce.OrderShipped
	})
	find(0, port.OrderFilter{State: commerce.OrderRefunded}, nil)
	same(t, len(need(b.Store.ListOrders(ctx, theirs, port.OrderFilter{}, page(100, "")))(t).Items), 0)
}

func orderChannel(t *testing.T, b StoreBench) {
	ctx := t.Context()
	o := need(b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: order("1", commerce.Meta, commerce.OrderPaid, 1)}))(t)
	o.Channel = commerce.Instagram
	need(b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: o}))(t)
	b.Settle(t)
	items := need(b.Store.ListOrders(ctx, mine, port.OrderFilter{}, page(5, "")))(t).Items
	same(t, []any{len(items), items[0].Channel}, []any{1, commerce.Instagram})
	o.Channel, o.ID, o.Version = "nowhere", "2", 0
	_, err := b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: o})
	refused(t, err, fault.Invalid, "")
}

func orderFind(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i := range 5 {
		write := port.OrderWrite{Order: order(fmt.Sprint(i), commerce.Etsy, commerce.OrderPaid, i),
			Lookups: []port.Lookup{{Kind: "sku", Value: "tee"}, {Kind: "number", Value: fmt.Sprint(i)}, {Kind: "sku", Value: "tee"}}}
		need(b.Store.PutOrder(ctx, mine, write))(t)
	}
	found := need(b.Store.FindOrders(ctx, mine, []port.Lookup{{Kind: "number", Value: "3"}, {Kind: "sku", Value: "tee"}}))(t)
	var ids []string
	for _, o := range found {
		ids = append(ids, string(o.ID))
	}
	same(t, ids, []string{"4", "3", "2", "1", "0"})
	same(t, len(need(b.Store.FindOrders(ctx, mine, []port.Lookup{{Kind: "number", Value: "3"}}))(t)), 1)
	same(t, len(need(b.Store.FindOrders(ctx, mine, []port.Lookup{{Kind: "tracking", Value: "3"}}))(t)), 0)
	same(t, len(need(b.Store.FindOrders(ctx, theirs, []port.Lookup{{Kind: "number", Value: "3"}}))(t)), 0)
	same(t, len(need(b.Store.FindOrders(ctx, mine, nil))(t)), 0)
}

func orderCount(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i := range 7 {
		state := []commerce.OrderState{commerce.OrderPaid, commerce.OrderHeld, commerce.OrderShipped}[i%3]
		need(b.Store.PutOrder(ctx, mine, port.OrderWrite{Order: order(fmt.Sprint(i), commerce.Etsy, state, i)}))(t)
	}
	b.Settle(t)
	for state, want := range map[commerce.OrderState]int{commerce.OrderPaid: 3, commerce.OrderHeld: 2, "open": 5, commerce.OrderRefunded: 0} {
		same(t, need(b.Store.CountOrders(ctx, mine, state, 100))(t), want)
	}
	same(t, need(b.Store.CountOrders(ctx, mine, "open", 4))(t), 4)
	same(t, need(b.Store.CountOrders(ctx, theirs, "open", 4))(t), 0)
}

func orderManyLookups(t *testing.T, b StoreBench) {
	ctx := t.Context()
	write := port.OrderWrite{Order: order("1", commerce.TikTok, commerce.OrderPaid, 1), Events: []commerce.OrderEvent{{ID: "e", At: at(1)}}}
	for i := range 180 {
		write.Lookups = append(write.Lookups, port.Lookup{Kind: "sku", Value: fmt.Sprint(i)})
	}
	need(b.Store.PutOrder(ctx, mine, write))(t)
	for _, i := range []int{0, 97, 98, 179} {
		same(t, len(need(b.Store.FindOrders(ctx, mine, write.Lookups[i:i+1]))(t)), 1)
	}
}

func cartExpires(t *testing.T, b StoreBench) {
	ctx := t.Context()
	c := port.CartSession{ID: "c", Account: "a1", Channel: commerce.Instagram, Lines: []commerce.OrderLine{{ID: "1", Quantity: 2}}, CreatedAt: epoch(), ExpiresAt: b.Clock.Now().UTC().Add(time.Hour)}
	ok(t, b.Store.PutCart(ctx, mine, c))
	same(t, need(b.Store.Cart(ctx, mine, "c"))(t), c)
	_, err := b.Store.Cart(ctx, theirs, "c")
	refused(t, err, fault.NotFound, "")
	b.Clock.Advance(2 * time.Hour)
	_, err = b.Store.Cart(ctx, mine, "c")
	refused(t, err, fault.NotFound, "")
}
