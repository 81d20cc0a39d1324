package etsy_test

import (
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func TestRestrictedApplication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.push(mug("cap"), commerce.ListingLive)
	b.sim.Restricted = true
	id, err := b.w.Place(channeltest.Purchase{SKU: "cap-0", Quantity: 1, Buyer: "Ada Example"})
	b.must(err)
	orders, err := b.conn.Orders(t.Context(), []commerce.RemoteID{id})
	b.must(err)
	if o := orders[0]; !o.Buyer.Masked || o.Buyer.Address != nil || o.Buyer.Name != "Ada Example" {
		t.Errorf("buyer %+v, want a name and nothing else", o.Buyer)
	}
	_, err = b.conn.Ship(t.Context(), channel.Shipping{Order: orders[0], Shipment: commerce.Shipment{Carrier: "USPS", Tracking: "1"}})
	if !fault.Is(err, fault.Unsupported) {
		t.Errorf("tracking is %v, want unsupported: it is no matter of trying again", err)
	}
}

func TestNotesAndCancelledOrders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.push(mug("gift", "S", "M"), commerce.ListingLive)
	id, err := b.w.Place(channeltest.Purchase{SKU: "gift-1", Quantity: 2, Buyer: "Ada Example", Note: "Please hurry"})
	b.must(err)
	read := func(cursor string) (channel.Page, []*channel.MessageUpdate, *commerce.Order) {
		page, err := b.conn.ListOrders(t.Context(), channel.Poll{Cursor: cursor, Since: b.w.Env().Now().Add(-time.Hour)})
		b.must(err)
		var notes []*channel.MessageUpdate
		var order *commerce.Order
		for _, u := range page.Updates {
			if u.Kind == channel.UpdateMessage {
				notes = append(notes, u.Message)
			} else {
				order = u.Order
			}
		}
		return page, notes, order
	}
	page, notes, order := read("")
	if len(notes) != 1 || notes[0].Message.Text != "Please hurry" || notes[0].Thread != id || notes[0].Kind != commerce.OrderNote || notes[0].NoReply == "" || notes[0].ReplyAt == "" || notes[0].Order != id {
		t.Fatalf("notes %+v", notes)
	}
	if order.Lines[0].RemoteItem != b.listings["lst_gift"].Items["gift_1"] || order.ShipBy.IsZero() || page.More {
		t.Errorf("line %+v, ship by %s, more %v", order.Lines[0], order.ShipBy, page.More)
	}
	b.w.Advance(10 * time.Minute)
	page, _, _ = read(page.Cursor) // the overlap tells it once more
	b.w.Advance(10 * time.Minute)
	if page, _, order = read(page.Cursor); order != nil {
		t.Errorf("nothing changed, but order %s is told again", order.Remote)
	}
	b.must(b.sim.CancelOrder(t.Context(), string(id)))
	b.w.Advance(time.Second)
	if _, again, order := read(page.Cursor); order == nil || order.State != commerce.OrderCancelled || again[0].Message.Remote != notes[0].Message.Remote {
		t.Errorf("a cancelled order is read as %+v", order)
	}
}

func TestRefundsGiftsAndAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("gift")
	g.p.Attributes = map[string]string{"personalization": "required", "personalization_question": "Name"}
	b.push(g.fill(9), commerce.ListingLive)
	id, err := b.w.Place(channeltest.Purchase{SKU: "gift-0", Quantity: 2, Buyer: "Ada Example", Note: "Please hurry"})
	b.must(err)
	b.must(b.sim.Wish(t.Context(), string(id), "Happy birthday", "Grace"))
	o := b.order(id)
	if want := "Please hurry\n\nGift message: Happy birthday\n\nName (Mug gift): Grace"; o.Note != want || o.Lines[0].Title != "Mug gift" {
		t.Errorf("note %q, want %q; title %q", o.Note, want, o.Lines[0].Title)
	}
	for _, c := range []struct {
		cents int64
		state commerce.OrderState
		raw   string
	}{{500, commerce.OrderPaid, "partially refunded"}, {0, commerce.OrderRefunded, "fully refunded"}} {
		b.w.Advance(time.Minute)
		b.must(b.sim.RefundOrder(t.Context(), string(id), c.cents))
		if o = b.order(id); o.State != c.state || o.RawState != c.raw || o.Total.Amount != 2*1990+499 {
			t.Errorf("after a refund of %d: state %q (%s), total %s", c.cents, o.State, o.RawState, o.Total)
		}
		if got := b.states()[id]; got != c.state {
			t.Errorf("a poll tells %q", got)
		}
	}
}

func TestShipWithoutTracking(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("cheap")
	g.p.Variants[0].Price.Amount = 300
	b.push(g, commerce.ListingLive)
	id, err := b.w.Place(channeltest.Purchase{SKU: "cheap-0", Quantity: 1})
	b.must(err)
	orders, err := b.conn.Orders(t.Context(), []commerce.RemoteID{id})
	b.must(err)
	s := channel.Shipping{Order: orders[0], Shipment: commerce.Shipment{Carrier: "USPS", Note: "On its way"}}
	_, err = b.conn.Ship(t.Context(), s)
	b.must(err)
	if _, found, err := b.conn.FindShipment(t.Context(), s); err != nil || !found {
		t.Errorf("found %v, %v", found, err)
	}
	mails, err := b.sim.Mails(t.Context())
	b.must(err)
	if want := (etsysim.Mail{Receipt: mails[0].Receipt, Buyer: mails[0].Buyer, Note: "On its way"}); len(mails) != 1 || mails[0] != want {
		t.Errorf("mails %+v", mails)
	}
}

func TestShippingRemembersCarriers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.push(mug("box"), commerce.ListingLive)
	for i, carrier := range []string{"royal-mail", "Somebody's van", "DHL"} {
		id, err := b.w.Place(channeltest.Purchase{SKU: "box-0", Quantity: 1})
		b.must(err)
		orders, err := b.conn.Orders(t.Context(), []commerce.RemoteID{id})
		b.must(err)
		_, err = b.conn.Ship(t.Context(), channel.Shipping{Order: orders[0], Shipment: commerce.Shipment{Carrier: carrier, Tracking: "T 1"}})
		b.must(err)
		want := []string{"Royal Mail T 1", "other T 1", "DHL T 1"}[i]
		if got := b.w.Tracking(id); len(got) != 1 || got[0] != want {
			t.Errorf("%s is told as %q, want %q", carrier, got, want)
		}
	}
	if n := b.w.Calls()["getShippingCarriers"]; n != 1 {
		t.Errorf("carriers were read %d times", n)
	}
}
