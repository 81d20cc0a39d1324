package trade_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/trade"
)

const w commerce.WorkspaceID = "w1"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func eur(n int64) commerce.Money { return commerce.Money{Amount: n, Currency: "EUR"} }

type bench struct {
	*dynamo.Store
	desk  *trade.Desk
	sends int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	b := &bench{Store: localtest.Open(t, clock.Now).Store}
	ids := &localtest.IDs{}
	in := &ingest.Ingester{Store: b.Store, Now: clock.Now, NewID: ids.Next, Log: localtest.Quiet(), Digest: func(_ context.Context, _ commerce.WorkspaceID, v string) (string, error) { return v, nil }}
	is := func(want commerce.Channel) func(commerce.Channel) bool {
		return func(c commerce.Channel) bool { return c == want }
	}
	b.desk = &trade.Desk{Store: b.Store, Take: in, CanShip: is(commerce.TikTok), CanCancel: is(commerce.TikTok), Now: clock.Now, NewID: ids.Next,
		Send: func(context.Context, commerce.WorkspaceID, string) error {
			b.sends++
			return errors.New("the queue is away") // what is stored goes out all the same
		}}
	p := commerce.Product{ID: "prd", Handle: "mug", Title: "Mug <b>", Variants: []commerce.Variant{{ID: "v1", SKU: "MUG", Price: eur(500)}, {ID: "v2", SKU: "CUP", Price: eur(300)}, {ID: "v3", SKU: "JAR", Price: commerce.Money{Amount: 9, Currency: "USD"}}}}
	_, err := b.PutProduct(t.Context(), w, port.ProductWrite{Product: p, Claims: []commerce.SKU{"MUG", "CUP", "JAR"}})
	must(t, err)
	for v, n := range map[commerce.VariantID]int64{"v1": 3, "v2": 0, "v3": 1000} {
		l := commerce.StockLevel{Variant: v, Location: commerce.LocationDefault, OnHand: n}
		must(t, b.Move(t.Context(), w, port.LevelMove{Level: l, Move: commerce.StockMove{ID: "m", Variant: v, Location: l.Location, Anchor: clock.Now()}}))
	}
	_, err = b.Connect(t.Context(), b.account(), nil)
	must(t, err)
	return b
}

func (*bench) account() port.Account {
	return port.Account{ID: "acc", Space: w, Channel: commerce.Own, Kind: "checkout", Remote: "mk_1", State: port.AccountActive}
}

func (b *bench) put(t *testing.T, id commerce.OrderID, c commerce.Channel, source commerce.OrderSource, state commerce.OrderState) {
	t.Helper()
	_, err := b.PutOrder(t.Context(), w, port.OrderWrite{Order: commerce.Order{ID: id, Account: "acc", Channel: c, Source: source, State: state, Number: string(id), Remote: commerce.RemoteID(id),
		Lines: []commerce.OrderLine{{ID: "1", Variant: "v1", Quantity: 2}, {ID: "2", Variant: "v2", Quantity: 1}}}})
	must(t, err)
}

func TestShipOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, "o1", commerce.TikTok, commerce.FromMarketplace, commerce.OrderPaid)
	for _, tracking := range []string{"1Z999", "1z999", " 1Z999 ", "1Z998"} {
		_, err := b.desk.Ship(t.Context(), w, "o1", trade.Parcel{Carrier: " UPS ", Tracking: tracking, By: "me"})
		must(t, err)
	}
	o, err := b.Order(t.Context(), w, "o1")
	must(t, err)
	out, err := b.ListOutbound(t.Context(), w, "o1")
	must(t, err)
	if len(o.Shipments) != 2 || len(out) != 2 || o.State != commerce.OrderPaid || o.Shipments[0].Carrier != "UPS" || out[0].Ref != o.Shipments[0].ID || b.sends != 2 {
		t.Errorf("%+v by %+v, %d sends", o.Shipments, out, b.sends)
	}
	if found, err := b.FindOrders(t.Context(), w, []port.Lookup{{Kind: "tracking", Value: "1z998"}}); err != nil || len(found) != 1 {
		t.Errorf("by tracking number: %+v, %v", found, err)
	}
	// One that was refused may be told again.
	o.Shipments[0].State = commerce.SendFailed
	_, err = b.PutOrder(t.Context(), w, port.OrderWrite{Order: o})
	must(t, err)
	again, err := b.desk.Ship(t.Context(), w, "o1", trade.Parcel{Carrier: "UPS", Tracking: "1Z999"})
	if err != nil || len(again.Shipments) != 2 || again.Shipments[1].State != commerce.SendPending {
		t.Errorf("%+v, %v", again.Shipments, err)
	}
}

// Where nobody can be told the order is shipped by our own word, by what is in
// the parcels.
func TestShipHere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, "o1", commerce.Own, commerce.FromCheckout, commerce.OrderPaid)
	for i, want := range []commerce.OrderState{commerce.OrderPartly, commerce.OrderShipped} {
		o, err := b.desk.Ship(t.Context(), w, "o1", trade.Parcel{Carrier: "UPS", Tracking: []string{"AAA1", "AAA2"}[i], Lines: []string{[]string{"2", "1"}[i]}})
		if err != nil || o.State != want || b.sends != 0 {
			t.Errorf("%s, %v, want %s", o.State, err, want)
		}
	}
}

func TestShipRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := trade.Parcel{Carrier: "UPS", Tracking: "1Z999"}
	for state, ok := range map[commerce.OrderState]bool{
		commerce.OrderPaid: true, commerce.OrderPartly: true, commerce.OrderShipped: true, commerce.OrderOther: true, commerce.OrderDraft: false,
		commerce.OrderUnpaid: false, commerce.OrderHeld: false, commerce.OrderCancelled: false, commerce.OrderRefunded: false,
	} {
		b.put(t, commerce.OrderID(state), commerce.TikTok, commerce.FromMarketplace, state)
		if _, err := b.desk.Ship(t.Context(), w, commerce.OrderID(state), good); (err == nil) != ok || (!ok && !fault.Is(err, fault.Invalid)) {
			t.Errorf("a %s order: %v", state, err)
		}
	}
	b.put(t, "o1", commerce.TikTok, commerce.FromMarketplace, commerce.OrderPaid)
	for name, p := range map[string]trade.Parcel{
		"carrier": {Tracking: "1Z999"}, "tracking": {Carrier: "UPS", Tracking: "1Z"}, "lines": {Carrier: "UPS", Tracking: "1Z999", Lines: []string{"1", "9"}},
	} {
		_, err := b.desk.Ship(t.Context(), w, "o1", p)
		if !fault.Is(err, fault.Invalid) || fault.Of(err).Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, tracking := range []string{"<script>", "a\nb\nc", strings.Repeat("1", 65), " - "} {
		if _, err := b.desk.Ship(t.Context(), w, "o1", trade.Parcel{Carrier: "UPS", Tracking: tracking}); !fault.Is(err, fault.Invalid) {
			t.Errorf("tracking number %q: %v", tracking, err)
		}
	}
	if _, err := b.desk.Ship(t.Context(), "w2", "o1", good); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's order: %v", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for state, ok := range map[commerce.OrderState]bool{
		commerce.OrderDraft: true, commerce.OrderUnpaid: true, commerce.OrderHeld: true, commerce.OrderPaid: true, commerce.OrderPartly: true, commerce.OrderOther: true, commerce.OrderCancelled: true,
		commerce.OrderShipped: false, commerce.OrderDelivered: false, commerce.OrderCompleted: false, commerce.OrderRefunded: false,
	} {
		b.put(t, commerce.OrderID(state), commerce.Own, commerce.FromPerson, state)
		o, err := b.desk.Cancel(t.Context(), w, commerce.OrderID(state), trade.Cancellation{Reason: "no more mugs"})
		if (err == nil) != ok || (ok && o.State != commerce.OrderCancelled) || (!ok && !fault.Is(err, fault.Invalid)) {
			t.Errorf("a %s order: %s, %v", state, o.State, err)
		}
	}
	b.put(t, "part", commerce.Own, commerce.FromPerson, commerce.OrderPaid)
	o, err := b.desk.Cancel(t.Context(), w, "part", trade.Cancellation{Lines: []string{"1"}})
	if err != nil || o.State != commerce.OrderPaid || o.Lines[0].Demand(o.State) != 0 || o.Lines[0].CancelledHere != 2 || o.Lines[1].Demand(o.State) != 1 {
		t.Errorf("a part: %+v, %v", o, err)
	}
	if o, err = b.desk.Cancel(t.Context(), w, "part", trade.Cancellation{Lines: []string{"2"}}); err != nil || o.State != commerce.OrderCancelled {
		t.Errorf("the rest: %+v, %v", o, err)
	}
	b.put(t, "mine", commerce.Own, commerce.FromPerson, commerce.OrderPaid)
	if _, err := b.desk.Cancel(t.Context(), w, "mine", trade.Cancellation{Lines: []string{"7"}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown line: %v", err)
	}
	b.put(t, "etsy", commerce.Etsy, commerce.FromMarketplace, commerce.OrderPaid)
	if _, err := b.desk.Cancel(t.Context(), w, "etsy", trade.Cancellation{}); !fault.Is(err, fault.Unsupported) {
		t.Errorf("a marketplace that can't: %v", err)
	}
	b.put(t, "tiktok", commerce.TikTok, commerce.FromMarketplace, commerce.OrderPaid)
	o, err = b.desk.Cancel(t.Context(), w, "tiktok", trade.Cancellation{Reason: "r", Lines: []string{"1"}})
	out, _ := b.ListOutbound(t.Context(), w, "tiktok")
	if err != nil || o.State != commerce.OrderPaid || o.Lines[0].Cancelled != 0 || len(out) != 1 || out[0].Kind != "cancellation" || out[0].Ref != o.Requests[0].ID {
		t.Errorf("a marketplace that can: %+v, %+v, %v", o, out, err)
	}
}
