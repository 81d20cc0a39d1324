package tiktokshop_test

import (
	"slices"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/tiktokshop/tiktoksim"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// buy lets a buyer order pieces of the mug's first variant.
func (m *mug) buy(quantity int, status string) commerce.RemoteID {
	m.Helper()
	id, err := m.sim.PlaceOrderIn(m.Context(), simkit.Order{SKU: string(m.product.Variants[0].SKU), Quantity: quantity, Buyer: "Jo Roe", Note: "Wrap it"}, status)
	m.must(err)
	return commerce.RemoteID(id)
}

func (s *shop) order(id commerce.RemoteID) commerce.Order {
	s.Helper()
	orders, err := s.conn.Orders(s.Context(), []commerce.RemoteID{id})
	s.must(err)
	if len(orders) != 1 {
		s.Fatalf("order %s: %d are found", id, len(orders))
	}
	return orders[0]
}

func (s *shop) wantKind(what string, err error, want fault.Kind, code string) {
	s.Helper()
	f := fault.Of(err)
	if f == nil || f.Kind != want || f.Code != code {
		s.Errorf("%s: %v, want %s %s", what, err, want, code)
	}
}

func TestOrderThroughItsLife(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("life").live()
	id := m.buy(3, "UNPAID")
	o := m.order(id)
	if o.State != commerce.OrderUnpaid || len(o.Lines) != 1 || o.Lines[0].Quantity != 3 || o.Lines[0].Demand(o.State) != 3 || o.Buyer.Address != nil {
		t.Errorf("unpaid: %+v", o)
	}
	if o.Lines[0].RemoteItem != m.listing.Items[m.variant(0)] || o.Lines[0].RemoteListing != m.listing.Remote || o.Note != "Wrap it" || o.Total != usd(5997) {
		t.Errorf("unpaid: %+v", o)
	}
	m.must(m.sim.Advance(t.Context(), string(id), "ON_HOLD"))
	_, err := m.conn.Ship(t.Context(), m.parcel(m.order(id), "USPS", "9400100000000000000001"))
	m.wantKind("ship an order on hold", err, fault.Rejected, "order_on_hold")
	m.must(m.sim.Advance(t.Context(), string(id), "AWAITING_SHIPMENT"))
	units := o.Lines[0].Units
	m.must(m.sim.CancelOrder(t.Context(), string(id), string(units[0].Remote)))
	o = m.order(id)
	if o.State != commerce.OrderPaid || o.Lines[0].Cancelled != 1 || o.Lines[0].Demand(o.State) != 2 || o.Buyer.Name != "Jo Roe" || o.Buyer.Masked || o.ShipBy.IsZero() {
		t.Errorf("one of three cancelled: %+v", o)
	}
	sent, err := m.conn.Ship(t.Context(), m.parcel(o, "usps", "9400100000000000000002"))
	m.must(err)
	o = m.order(id)
	if sent.Remote == "" || o.State != commerce.OrderShipped || len(o.Shipments) != 1 || o.Shipments[0].Remote != sent.Remote || o.Shipments[0].Carrier != "USPS" {
		t.Errorf("shipped: %+v, %+v", sent, o.Shipments)
	}
	again, err := m.conn.Ship(t.Context(), m.parcel(o, "USPS", "9400100000000000000002"))
	if err != nil || again.Remote != sent.Remote {
		t.Errorf("the same parcel again: %+v, %v", again, err)
	}
	_, err = m.conn.Ship(t.Context(), m.parcel(o, "USPS", "9400100000000000000003"))
	m.wantKind("another parcel for what is shipped", err, fault.Rejected, "already_shipped")
	for _, state := range []string{"IN_TRANSIT", "DELIVERED", "COMPLETED"} {
		m.must(m.sim.Advance(t.Context(), string(id), state))
	}
	_, err = m.conn.Cancel(t.Context(), channel.Cancellation{Order: m.order(id), Reason: "out of stock", Key: "k"})
	m.wantKind("cancel a completed order", err, fault.Rejected, "already_cancelled")
}

func usd(cents int64) commerce.Money { return commerce.Money{Amount: cents, Currency: "USD"} }

func (s *shop) parcel(o commerce.Order, carrier, tracking string, lines ...string) channel.Shipping {
	return channel.Shipping{Order: o, Shipment: commerce.Shipment{ID: "shp", Carrier: carrier, Tracking: tracking, Lines: lines}}
}

func TestUnknownCarrierNamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("carrier").live()
	o := m.order(m.buy(1, "AWAITING_SHIPMENT"))
	_, err := m.conn.Ship(t.Context(), m.parcel(o, "Pigeon", "1234"))
	m.wantKind("ship with a pigeon", err, fault.Rejected, "carrier_unknown")
	if p := fault.Of(err).Problems; p[0].Value != "Pigeon" || p[0].Allowed != "USPS, UPS, FedEx, DHL eCommerce, OnTrac" {
		t.Errorf("problem %+v", p)
	}
}

func TestOrdersTikTokShips(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.ShippedByTikTok = true }).mug("platform").live()
	o := m.order(m.buy(1, "AWAITING_SHIPMENT"))
	if !o.Buyer.Masked || len(o.Shipments) != 0 {
		t.Errorf("buyer %+v, shipments %+v", o.Buyer, o.Shipments)
	}
	_, err := m.conn.Ship(t.Context(), m.parcel(o, "USPS", "9400100000000000000001"))
	m.wantKind("ship what TikTok ships", err, fault.Rejected, "shipped_by_tiktok")
}

func buyerAsksToCancel(t *testing.T, s *shop) {
	t.Helper()
	m := s.mug("asked").live()
	id := m.buy(2, "AWAITING_SHIPMENT")
	_, err := m.sim.RequestCancel(t.Context(), string(id))
	m.must(err)
	x := channel.Cancellation{Order: m.order(id), Reason: "buyer asked", Key: "out_1"}
	if _, found, err := m.conn.FindCancellation(t.Context(), x); err != nil || found {
		t.Errorf("found before it is granted: %v, %v", found, err)
	}
	sent, err := m.conn.Cancel(t.Context(), x)
	m.must(err)
	if o := m.order(id); sent.Remote == "" || o.State != commerce.OrderCancelled || o.Lines[0].Cancelled != 2 {
		t.Errorf("%+v, %+v", sent, o)
	}
	if _, err = m.conn.Cancel(t.Context(), x); err != nil {
		t.Errorf("cancel what is cancelled: %v", err)
	}
}

func TestPollGoesOnInTheMiddle(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("pages")
	m.stock[m.variant(0)] = 100
	m.live()
	start := m.w.Env().Now().Add(-time.Minute)
	var placed []commerce.RemoteID
	for range 7 {
		placed = append(placed, m.buy(1, "AWAITING_SHIPMENT"))
		m.w.Advance(time.Second)
	}
	var got []commerce.RemoteID
	poll := channel.Poll{Since: start, Limit: 3}
	for pages := 0; pages < 6; pages++ { // three of orders, one of cancellations and one of returns
		page, err := m.conn.ListOrders(t.Context(), poll)
		m.must(err)
		for _, u := range page.Updates {
			got = append(got, u.Order.Remote)
		}
		poll.Cursor = page.Cursor
		if !page.More {
			break
		}
		m.reopen()
		m.w.Advance(time.Minute) // the window of the run stays
	}
	if !slices.Equal(got, placed) {
		t.Errorf("read %v, want %v", got, placed)
	}
	m.w.Advance(time.Hour)
	for _, want := range []int{7, 0} { // the overlap once, then nothing
		again := 0
		for more := true; more; {
			page, err := m.conn.ListOrders(t.Context(), channel.Poll{Cursor: poll.Cursor})
			m.must(err)
			again += len(page.Updates)
			poll.Cursor, more = page.Cursor, page.More
		}
		if again != want {
			t.Errorf("%d orders come again, want %d", again, want)
		}
	}
}

func TestMessagesOfAnOrder(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("talk").live()
	id := m.buy(1, "AWAITING_SHIPMENT")
	_, err := m.sim.SendMessage(t.Context(), simkit.Message{Text: "When will it come?", Order: string(id)})
	m.must(err)
	page, err := m.conn.ListMessages(t.Context(), channel.Poll{Since: m.w.Env().Now().Add(-time.Hour)})
	m.must(err)
	if len(page.Updates) != 1 {
		t.Fatalf("%d updates", len(page.Updates))
	}
	if u := page.Updates[0].Message; u.Order != id || u.Name != "Jo Roe" || u.Message.Text != "When will it come?" || u.Message.By != commerce.ByBuyer {
		t.Errorf("%+v", u)
	}
}

func TestAppWithoutChat(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(s *tiktoksim.Sim) {
		if err := s.SetScope("seller.customer_service", false); err != nil {
			t.Fatal(err)
		}
	})
	h, err := s.conn.Check(t.Context())
	s.must(err)
	if !h.OK || h.Missing[channel.CanReply] == "" || h.Missing[channel.CanReadConversations] == "" || len(h.Missing) != 2 || h.ShopName == "" || h.Currency != "USD" || h.EndsAt.IsZero() {
		t.Errorf("health %+v", h)
	}
	page, err := s.conn.ListMessages(t.Context(), channel.Poll{Cursor: "c", Since: s.w.Env().Now()})
	if err != nil || len(page.Updates) > 0 || page.Cursor != "c" || page.More {
		t.Errorf("poll: %+v, %v", page, err)
	}
	if updates, err := s.conn.Messages(t.Context(), "123"); err != nil || len(updates) > 0 {
		t.Errorf("thread: %v, %v", updates, err)
	}
	_, err = s.conn.Reply(t.Context(), channel.Reply{Conversation: commerce.Conversation{Remote: "123"}, Message: commerce.Message{Text: "Hello"}})
	s.wantKind("reply", err, fault.Denied, "scope_missing")
}

func TestMissingScopes(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(s *tiktoksim.Sim) {
		for _, scope := range []string{"seller.return_refund.basic", "seller.product.basic"} {
			if err := s.SetScope(scope, false); err != nil {
				t.Fatal(err)
			}
		}
	})
	h, err := s.conn.Check(t.Context())
	s.must(err)
	for _, a := range []channel.Ability{channel.CanCancel, channel.CanReadListings, channel.CanWriteListings} {
		if h.Missing[a] == "" {
			t.Errorf("%s is not missing: %v", a, h.Missing)
		}
	}
}

func TestConsentTakenBack(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.must(s.sim.Deauthorize())
	_, err := s.conn.ListOrders(t.Context(), channel.Poll{Since: s.w.Env().Now()})
	s.wantKind("poll", err, fault.AuthExpired, "consent_ended")
	_, err = s.src.auth.Refresh(t.Context(), s.src.now)
	s.wantKind("refresh", err, fault.AuthExpired, "consent_ended")
}
