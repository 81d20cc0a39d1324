package etsy_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
)

// doubtful is a shop on an Etsy with unlikely answers.
func doubtful(t *testing.T, doubts etsysim.Doubts) *stall {
	t.Helper()
	return settle(t, world.New(t, world.Config{Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: 9, Tune: func(s simkit.Simulator) {
		s.(*etsysim.Sim).Doubts = doubts
	}}))
}

// TestEitherAnswer lives through a listing's and an order's life with each
// question that Etsy leaves open answered the unlikely way.
func TestEitherAnswer(t *testing.T) {
	t.Parallel()
	for name, doubts := range map[string]etsysim.Doubts{
		"as is likely":              {},
		"cancelled ones are listed": {ListsCanceled: true},
		"prices per line":           {PricesPerLine: true},
		"capitals":                  {Capitals: true},
		"bare signatures":           {BareSignatures: true},
		"shop_id as text":           {ShopIDAsText: true},
		"another host":              {OtherHost: true},
		"a secret for tokens":       {WantsSecret: true},
		"refresh tokens stay":       {KeepsRefresh: true},
		"batches hide drafts":       {BatchHidesDrafts: true},
		"entities":                  {Entities: true},
		"silent limits":             {SilentLimits: true},
		"no processing profiles":    {HidesReadiness: true},
		"all at once": {ListsCanceled: true, PricesPerLine: true, Capitals: true, BareSignatures: true, ShopIDAsText: true, OtherHost: true, WantsSecret: true, KeepsRefresh: true,
			BatchHidesDrafts: true, Entities: true, SilentLimits: true, HidesReadiness: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := doubtful(t, doubts)
			b.liveThrough()
		})
	}
}

func (b *stall) liveThrough() {
	b.Helper()
	g := mug("doubt", "S", "M")
	g.p.Title, g.p.Description, g.p.Tags = "Mother's mug & \"more\"", "Salt & pepper's", []string{"mother's day"}
	g.defaults.Publish = "draft"
	b.push(g, commerce.ListingDraft)
	nothing := func(what string, state commerce.ListingState) {
		b.Helper()
		before := b.w.Writes()
		b.push(g, state)
		if n := b.w.Writes() - before; n > 0 {
			b.Errorf("%s: nothing changed, but %d writes", what, n)
		}
	}
	nothing("a draft", commerce.ListingDraft)
	g.defaults.Publish = "live"
	b.w.Fault(channeltest.Fault{Kind: channeltest.RateLimited, Count: 1})
	b.push(g, commerce.ListingLive)
	nothing("a live listing", commerce.ListingLive)
	b.push(g.fill(0), commerce.ListingSoldOut, commerce.GroupStock)
	b.push(g.fill(4), commerce.ListingLive, commerce.GroupStock)
	id, err := b.w.Place(channeltest.Purchase{SKU: "doubt-1", Quantity: 3, Buyer: "Ada Example", Note: "Hurry"})
	b.must(err)
	o := b.order(id)
	if l := o.Lines[0]; o.State != commerce.OrderPaid || l.Quantity != 3 || l.Price.Amount != 1990 || l.RemoteItem != b.listings["lst_doubt"].Items["doubt_1"] {
		b.Errorf("order %+v", o)
	}
	_, err = b.conn.Ship(b.Context(), channel.Shipping{Order: o, Shipment: commerce.Shipment{Carrier: "USPS", Tracking: "9400"}})
	b.must(err)
	if o = b.order(id); o.State != commerce.OrderShipped {
		b.Errorf("after shipping %q", o.State)
	}
	b.hook()
	b.refresh()
	second, err := b.w.Place(channeltest.Purchase{SKU: "doubt-0", Quantity: 1})
	b.must(err)
	b.must(b.sim.CancelOrder(b.Context(), string(second)))
	if got := b.states()[second]; got != commerce.OrderCancelled {
		b.Errorf("a cancelled order is read as %q", got)
	}
}

func (b *stall) order(id commerce.RemoteID) commerce.Order {
	b.Helper()
	orders, err := b.conn.Orders(b.Context(), []commerce.RemoteID{id})
	b.must(err)
	if len(orders) != 1 {
		b.Fatalf("%d orders with id %s", len(orders), id)
	}
	return orders[0]
}

// states are the states of all orders, as polls tell them in the end.
func (b *stall) states() map[commerce.RemoteID]commerce.OrderState {
	b.Helper()
	all := map[commerce.RemoteID]commerce.OrderState{}
	p := channel.Poll{Since: b.w.Env().Now().Add(-24 * time.Hour)}
	for range 50 {
		page, err := b.conn.ListOrders(b.Context(), p)
		b.must(err)
		for _, u := range page.Updates {
			if u.Order != nil {
				all[u.Order.Remote] = u.Order.State
			}
		}
		if p.Cursor = page.Cursor; !page.More {
			return all
		}
	}
	b.Fatal("polls do not end")
	return nil
}

// hook wants the newest delivery to be taken and understood.
func (b *stall) hook() {
	b.Helper()
	b.w.Advance(time.Second)
	all := b.w.Delivered()
	if len(all) == 0 {
		b.Fatal("no webhook was delivered")
	}
	last := all[len(all)-1]
	apps := map[commerce.Channel]any{commerce.Etsy: b.w.App()}
	resp, events, err := etsy.Hooks()[0].Handle(apps, channel.HookRequest{Header: last.Header, Body: last.Body, Now: b.w.Env().Now()})
	if err != nil || resp.Status != http.StatusOK || len(events) != 1 || events[0].Account != b.settings.Shop {
		b.Fatalf("status %d, events %+v, %v", resp.Status, events, err)
	}
	updates, err := etsy.Driver().Map(b.w.App(), events[0])
	b.must(err)
	if len(updates) != 1 || len(updates[0].Fetch.Orders) != 1 {
		b.Errorf("updates %+v", updates)
	}
}

// refresh lets the access token expire and wants the next call to go on.
func (b *stall) refresh() {
	b.Helper()
	old := b.tokens
	b.must(b.sim.ExpireTokens())
	_, err := b.conn.ListReviews(b.Context(), channel.Poll{Since: b.w.Env().Now().Add(-time.Hour)})
	b.must(err)
	if b.tokens.Access == old.Access || b.tokens.Refresh == old.Refresh {
		b.Error("the tokens are the old ones")
	}
}

// TestHollowActivation: Etsy says active and shows nothing. The listing is read
// back, what is shown then is the truth, and the next change tries again.
func TestHollowActivation(t *testing.T) {
	t.Parallel()
	b := doubtful(t, etsysim.Doubts{HollowActive: true})
	g := mug("hollow")
	r := b.push(g, commerce.ListingLive)
	if wait := r.CheckAt.Sub(b.w.Env().Now()); wait <= 0 || wait > 5*time.Minute {
		t.Errorf("it is read back in %s", wait)
	}
	read, err := b.conn.Listings(t.Context(), []commerce.Listing{b.listings["lst_hollow"]})
	b.must(err)
	if s := read[0].Views[commerce.Etsy].State; s != commerce.ListingDraft {
		t.Errorf("read back as %q", s)
	}
	b.merge(read[0])
	b.sim.Doubts = etsysim.Doubts{}
	b.push(g.fill(2), commerce.ListingLive, commerce.GroupStock)
	if s := b.shown(g).State; s != "active" {
		t.Errorf("state %q", s)
	}
}

// TestOneCustomProperty: if the second one does not exist, the seller is told.
func TestOneCustomProperty(t *testing.T) {
	t.Parallel()
	b := doubtful(t, etsysim.Doubts{OneCustomProperty: true})
	g := mug("two", "S", "M")
	g.p.Options = append(g.p.Options, "Glaze")
	for i := range g.p.Variants {
		g.p.Variants[i].Options["Glaze"] = []string{"matt", "gloss"}[i]
	}
	r := b.apply(t.Context(), b.change(g))[0]
	p := r.Views[commerce.Etsy].Problems
	if r.Outcome != channel.Refused || len(p) != 1 || p[0].Rule != "options_refused" || !strings.Contains(p[0].Raw, "514") {
		t.Errorf("outcome %q, problems %+v", r.Outcome, p)
	}
	if slices.ContainsFunc(b.w.Shown(), func(i channeltest.Item) bool { return len(i.Visible) > 0 }) {
		t.Error("it is on sale without its options")
	}
	g.p.Options = g.p.Options[:1]
	b.push(g, commerce.ListingLive)
}
