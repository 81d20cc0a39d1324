package ingest_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

func order(remote commerce.RemoteID, version int64) commerce.Order {
	return commerce.Order{
		Remote: remote, Number: "#" + string(remote), Source: commerce.FromMarketplace, State: commerce.OrderPaid, RawState: "AWAITING_SHIPMENT", RemoteVersion: version,
		Lines: []commerce.OrderLine{{ID: "1", SKU: "MUG", Title: "Mug", Quantity: 2, Price: usd(500)}}, Total: usd(1000), PlacedAt: at(0), UpdatedAt: at(int(version)),
		Buyer: commerce.Buyer{Name: "Ada", Email: "Ada@example.com", Phone: "+1 555", Address: &commerce.Address{Name: "Ada", Lines: []string{"1 Street"}, City: "Tartu", Postal: "50090"}},
	}
}

func usd(n int64) commerce.Money { return commerce.Money{Amount: n, Currency: "USD"} }

func (b *bench) order(t tester, remote commerce.RemoteID) commerce.Order {
	t.Helper()
	o, err := b.Order(bg(), b.account.Space, ingest.OrderIDOf(b.account.ID, remote))
	must(t, err)
	return o
}

func update(o commerce.Order) channel.Update {
	return channel.Update{Kind: channel.UpdateOrder, Order: &o}
}

func TestOrderOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := order("1", 5)
	if n := b.writesOf(func() { b.handle(t, update(o), at(1)) }); n != 1 {
		t.Errorf("a new order is %d writes", n)
	}
	stored := b.order(t, "1")
	if n := b.writesOf(func() {
		b.handle(t, update(o), at(1))             // the same message again
		b.handle(t, update(o), at(2))             // read again
		b.handle(t, update(o), at(0))             // an older read
		b.handle(t, update(order("1", 4)), at(3)) // an older version, read later
	}); n != 0 {
		t.Errorf("the same again is %d writes", n)
	}
	if diff := cmp.Diff(stored, b.order(t, "1")); diff != "" {
		t.Error(diff)
	}
	if !stored.FirstSeen.Equal(start()) || stored.Account != b.account.ID || stored.Target != "tgt" || stored.Channel != commerce.TikTok {
		t.Errorf("stored as %+v", stored)
	}
	events, err := b.OrderEvents(bg(), "w1", stored.ID)
	must(t, err)
	if len(events) != 1 || events[0].Kind != "placed" {
		t.Errorf("timeline %+v", events)
	}
	for _, l := range []port.Lookup{{Kind: "number", Value: "#1"}, {Kind: "number", Value: "1"}, {Kind: "sku", Value: "mug"}, {Kind: "email", Value: commerce.Derive("dig", "w1", "ada@example.com")}} {
		if found, err := b.FindOrders(bg(), "w1", []port.Lookup{l}); err != nil || len(found) != 1 {
			t.Errorf("looked up by %+v: %+v, %v", l, found, err)
		}
	}
}

func TestOrderVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	with := func(version int64, state commerce.OrderState) channel.Update {
		o := order("1", version)
		o.State = state
		return update(o)
	}
	for i, c := range []struct {
		u       channel.Update
		fetched time.Time
		want    commerce.OrderState
		writes  int64
	}{
		{with(5, commerce.OrderPaid), at(5), commerce.OrderPaid, 1},
		{with(5, commerce.OrderHeld), at(4), commerce.OrderPaid, 0},       // equal version, read before
		{with(5, commerce.OrderHeld), at(6), commerce.OrderHeld, 1},       // equal version, read later: wins
		{with(7, commerce.OrderHeld), at(7), commerce.OrderHeld, 1},       // the same under a newer version
		{with(6, commerce.OrderPaid), at(8), commerce.OrderHeld, 0},       // so one between the two comes too late
		{with(8, commerce.OrderShipped), at(1), commerce.OrderShipped, 1}, // a newer version wins whenever it was read
	} {
		n := b.writesOf(func() { b.handle(t, c.u, c.fetched) })
		if got := b.order(t, "1").State; got != c.want || n != c.writes {
			t.Errorf("step %d: %s by %d writes, want %s by %d", i, got, n, c.want, c.writes)
		}
	}
}

// Deliveries repeated, reordered and by several at once: the order is what the
// newest version says.
func TestOrdersInAnyOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var run atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		remote := commerce.RemoteID(fmt.Sprintf("r%d", run.Add(1)))
		var all []commerce.Order
		for v := range rapid.Int64Range(1, 5).Draw(rt, "versions") {
			o := order(remote, v+1)
			o.State = rapid.SampledFrom([]commerce.OrderState{commerce.OrderUnpaid, commerce.OrderPaid, commerce.OrderHeld, commerce.OrderCancelled}).Draw(rt, "state")
			o.Lines[0].Quantity = rapid.Int64Range(1, 3).Draw(rt, "quantity")
			all = append(all, o)
		}
		told := slices.Concat(rapid.Permutation(all).Draw(rt, "first"), rapid.Permutation(all).Draw(rt, "again"))
		var wait sync.WaitGroup
		errs := make([]error, len(told))
		for i, o := range told {
			wait.Go(func() { errs[i] = b.try(update(o), at(i)) })
			if rapid.Bool().Draw(rt, "wait") {
				wait.Wait()
			}
		}
		wait.Wait()
		for _, err := range errs {
			must(rt, err)
		}
		got, want := b.order(rt, remote), all[len(all)-1]
		if got.RemoteVersion != want.RemoteVersion || got.State != want.State || got.Lines[0].Quantity != want.Lines[0].Quantity {
			rt.Fatalf("stored %s ×%d of version %d, the newest is %s ×%d", got.State, got.Lines[0].Quantity, got.RemoteVersion, want.State, want.Lines[0].Quantity)
		}
	})
}

func TestMerge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.handle(t, update(order("1", 1)), at(1))
	o := order("1", 2)
	o.Number, o.PlacedAt, o.Total, o.Lines = "", time.Time{}, commerce.Money{}, nil
	o.Buyer = commerce.Buyer{Name: "A**", Phone: "", Masked: true, Address: &commerce.Address{Lines: []string{"***"}}}
	b.handle(t, update(o), at(2))
	got := b.order(t, "1")
	if diff := cmp.Diff(order("1", 1).Buyer, got.Buyer, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("masked values replaced known ones:\n%s", diff)
	}
	if got.Number != "#1" || got.Total != usd(1000) || len(got.Lines) != 1 || !got.PlacedAt.Equal(at(0)) {
		t.Errorf("absent values replaced known ones: %+v", got)
	}
	o = order("1", 3)
	o.Buyer.Address = &commerce.Address{Name: "Ada", Lines: []string{"2 Avenue"}, City: "Tartu", Postal: "50091"}
	b.handle(t, update(o), at(3))
	if got := b.order(t, "1"); got.Buyer.Address.Postal != "50091" {
		t.Errorf("a new address was not taken: %+v", got.Buyer.Address)
	}
	masked := order("2", 1)
	masked.Buyer = commerce.Buyer{Name: "A**", Masked: true}
	b.handle(t, update(masked), at(1))
	b.handle(t, update(order("2", 2)), at(2))
	if got := b.order(t, "2"); got.Buyer.Name != "Ada" || got.Buyer.Masked {
		t.Errorf("known values did not replace masked ones: %+v", got.Buyer)
	}
}

// The surface an order came from is only ever known better, with its evidence.
func TestChannelsAreRefined(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, c := range []struct{ told, want commerce.Channel }{
		{commerce.Own, commerce.Own}, {commerce.Meta, commerce.Meta}, {commerce.Instagram, commerce.Instagram}, {commerce.Own, commerce.Instagram}, {commerce.Meta, commerce.Instagram},
	} {
		o := order("1", int64(i+1))
		o.Channel, o.Attribution = c.told, &commerce.Attribution{Evidence: string(c.told)}
		b.handle(t, update(o), at(i))
		if got := b.order(t, "1"); got.Channel != c.want || got.Attribution.Evidence != string(c.want) {
			t.Errorf("step %d: %s by %q, want %s", i, got.Channel, got.Attribution.Evidence, c.want)
		}
	}
}

// Parcels of ours and of the marketplace are one where they are one.
func TestParcels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.handle(t, update(order("1", 1)), at(1))
	o := b.order(t, "1")
	o.Shipments = []commerce.Shipment{{ID: "shp_1", Carrier: "UPS", Tracking: "abc1", State: commerce.SendPending}, {ID: "shp_2", Carrier: "UPS", Tracking: "abc2", State: commerce.SendPending}}
	_, err := b.PutOrder(bg(), "w1", port.OrderWrite{Order: o})
	must(t, err)
	next := order("1", 2)
	next.Shipments = []commerce.Shipment{{ID: "x", Remote: "p1", Tracking: "ABC1", State: commerce.SendDone}, {ID: "y", Remote: "p9", Tracking: "other", State: commerce.SendDone}}
	b.handle(t, update(next), at(2))
	next.RemoteVersion, next.Shipments = 3, []commerce.Shipment{{Remote: "p9", Tracking: "corrected"}}
	b.handle(t, update(next), at(3))
	want := []commerce.Shipment{
		{ID: "shp_1", Carrier: "UPS", Tracking: "abc1", Remote: "p1", State: commerce.SendDone}, {ID: "shp_2", Carrier: "UPS", Tracking: "abc2", State: commerce.SendPending},
		{ID: "y", Tracking: "corrected", Remote: "p9", State: commerce.SendDone},
	}
	if diff := cmp.Diff(want, b.order(t, "1").Shipments); diff != "" {
		t.Error(diff)
	}
}

// What was cancelled or shipped in our own pages stays so when the seller's
// shop, which was not told, says the order again; a marketplace is believed.
func TestWhatWasDoneHereStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, source := range []commerce.OrderSource{commerce.FromCheckout, commerce.FromMarketplace} {
		own := source == commerce.FromCheckout
		cancelled, shipped := order(commerce.RemoteID("c"+source), 1), order(commerce.RemoteID("s"+source), 1)
		for _, o := range []*commerce.Order{&cancelled, &shipped} {
			o.Source = source
			b.handle(t, update(*o), at(1))
		}
		c := b.order(t, cancelled.Remote)
		c.State, c.Lines[0].Cancelled = commerce.OrderCancelled, 2
		if own {
			c.Lines[0].CancelledHere = 2
		}
		s := b.order(t, shipped.Remote)
		s.State, s.Shipments = commerce.OrderShipped, []commerce.Shipment{{ID: "1", Tracking: "abc", State: commerce.SendDone}}
		for _, o := range []commerce.Order{c, s} {
			_, err := b.PutOrder(bg(), "w1", port.OrderWrite{Order: o})
			must(t, err)
		}
		b.handle(t, update(cancelled), at(5)) // delivered again
		b.handle(t, update(shipped), at(5))
		c, s = b.order(t, cancelled.Remote), b.order(t, shipped.Remote)
		if got := c.State == commerce.OrderCancelled && c.Lines[0].Demand(c.State) == 0 && s.State == commerce.OrderShipped; got != own {
			t.Errorf("%s: cancelled here is %s with a demand of %d, shipped here is %s", source, c.State, c.Lines[0].Demand(c.State), s.State)
		}
	}
}

func TestLinesFindTheirVariants(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := commerce.Product{ID: "prd", Handle: "mug", Variants: []commerce.Variant{{ID: "v1", SKU: "MUG"}, {ID: "v2", SKU: "CUP"}}}
	_, err := b.PutProduct(bg(), "w1", port.ProductWrite{Product: p, Claims: []commerce.SKU{"MUG", "CUP"}, Listings: []commerce.Listing{{ID: "lst", Target: "tgt", Product: "prd"}}})
	must(t, err)
	l, err := b.Listing(bg(), "w1", "lst")
	must(t, err)
	l.Remote, l.Items = "900", map[commerce.VariantID]commerce.RemoteID{"v1": "901", "v2": "902"}
	_, err = b.PutListing(bg(), "w1", port.ListingWrite{Listing: l})
	must(t, err)
	o := order("1", 1)
	o.Lines = []commerce.OrderLine{
		{ID: "a", RemoteItem: "902", SKU: "MUG", Title: "by item", Quantity: 1}, {ID: "b", SKU: "MUG", Title: "by SKU", Quantity: 1},
		{ID: "c", SKU: "NONE", Title: "unknown", Quantity: 1}, {ID: "d", RemoteItem: "999", Title: "foreign", Quantity: 1},
	}
	b.handle(t, update(o), at(1))
	for i, want := range []commerce.VariantID{"v2", "v1", "", ""} {
		if got := b.order(t, "1").Lines[i]; got.Variant != want {
			t.Errorf("line %s is %q, want %q", got.Title, got.Variant, want)
		}
	}
	// A line keeps its variant, whatever becomes of the SKU.
	o.RemoteVersion, o.Lines[1].SKU = 2, "CUP"
	b.handle(t, update(o), at(2))
	if got := b.order(t, "1").Lines[1].Variant; got != "v1" {
		t.Errorf("the line moved to %q", got)
	}
}

func TestBadMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, m := range map[string]port.Inbound{
		"no JSON update":       {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{`)},
		"no JSON event":        {Kind: "event", Body: []byte(`[]`)},
		"unknown kind":         {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"song"}`)},
		"order without one":    {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"order"}`)},
		"order without id":     {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"order","order":{}}`)},
		"message without one":  {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"message"}`)},
		"message of no thread": {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"delete","message":{"message":{"remote_id":"1"}}}`)},
		"review without one":   {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"review"}`)},
		"account without one":  {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"account"}`)},
		"fetch without one":    {Kind: "update", Space: "w1", Account: b.account.ID, Body: []byte(`{"kind":"fetch"}`)},
	} {
		m.FetchedAt = at(1)
		if err := b.in.Handle(bg(), m); !fault.Is(err, fault.Permanent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzHandle(f *testing.F) {
	for _, s := range []string{`{"kind":"order","order":{"remote_id":"1"}}`, `{"kind":"message","message":{"thread":"1","message":{"remote_id":"m"}}}`, `{"kind":"read","message":{}}`, `{"kind":"account","account":{}}`, `{"kind":"review","review":{"remote_id":"1"}}`} {
		f.Add([]byte(s))
	}
	b := newBench(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		// Whatever a body is, it is applied or refused, and says which.
		_ = b.in.Handle(t.Context(), port.Inbound{Kind: "update", Space: "w1", Account: b.account.ID, Body: body})
		_ = b.in.Handle(t.Context(), port.Inbound{Kind: "event", Body: body})
	})
}
