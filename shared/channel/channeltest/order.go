package channeltest

import (
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func orderTests() []test {
	const read = channel.CanReadOrders
	return []test{
		{"order/read by poll and by id", read, ordersRead},
		{"order/a cursor goes on where it was", read, ordersCursor},
		{"order/small pages find the same", read, ordersPaged},
		{"order/orders that move while pages are read", read, ordersMoving},
		{"order/hundreds by id", read, ordersHundreds},
		{"order/ids that are nobody's are missing", read, ordersUnknown},
		{"order/an empty shop", read, ordersNone},
		{"order/the marketplace is down", read, ordersDown},
		{"order/a note comes along", read, ordersNote},
	}
}

// buy lets a buyer buy, and wants that to work.
func (s *seller) buy(p Purchase) commerce.RemoteID {
	s.Helper()
	id, err := s.w.Place(p)
	s.must("place an order", err)
	return id
}

// poll reads all pages from a cursor. Limits and cursors are kept to.
func (s *seller) poll(list func(channel.Poll) (channel.Page, error), p channel.Poll) ([]channel.Update, string) {
	s.Helper()
	var all []channel.Update
	for range 200 {
		page, err := list(p)
		s.must("poll", err)
		all = append(all, page.Updates...)
		if page.More && page.Cursor == p.Cursor {
			s.Fatal("a page promises more, but its cursor stands still")
		}
		p.Cursor = page.Cursor
		if !page.More {
			return all, p.Cursor
		}
	}
	s.Fatal("the poll never ends")
	return nil, ""
}

func (s *seller) pollOrders(cursor string, limit int) (map[commerce.RemoteID]commerce.Order, string) {
	s.Helper()
	reader := s.conn.(channel.OrderReader)
	updates, next := s.poll(func(p channel.Poll) (channel.Page, error) { return reader.ListOrders(s.ctx, p) },
		channel.Poll{Cursor: cursor, Since: s.now().Add(-24 * time.Hour), Limit: limit})
	found := map[commerce.RemoteID]commerce.Order{}
	for _, u := range updates {
		switch u.Kind {
		case channel.UpdateOrder:
			if have, again := found[u.Order.Remote]; !again || u.Order.RemoteVersion >= have.RemoteVersion {
				found[u.Order.Remote] = *u.Order
			}
		case channel.UpdateFetch:
			orders, err := reader.Orders(s.ctx, u.Fetch.Orders)
			s.must("fetch what a poll points at", err)
			for _, o := range orders {
				found[o.Remote] = o
			}
		}
	}
	return found, next
}

// order reads one order by its id.
func (s *seller) order(id commerce.RemoteID) commerce.Order {
	s.Helper()
	orders, err := s.conn.(channel.OrderReader).Orders(s.ctx, []commerce.RemoteID{id})
	s.must("read order "+string(id), err)
	if len(orders) != 1 || orders[0].Remote != id {
		s.Fatalf("order %s is read as %v", id, orders)
	}
	return orders[0]
}

func ordersRead(s *seller) {
	w := s.live("buy", 3)
	s.w.Advance(time.Minute)
	began := s.now()
	id := s.buy(Purchase{SKU: "MUG-buy-1", Quantity: 2, Buyer: "Ada Example"})
	s.w.Advance(10 * time.Second)
	found, _ := s.pollOrders("", 100)
	polled, ok := found[id]
	if !ok || len(found) != 1 {
		s.Fatalf("polled %d orders, want order %s alone", len(found), id)
	}
	s.wantOrder(w, polled, began)
	s.wantSame(polled, s.order(id))
}

// wantOrder compares an order of two pieces of the second variant with what
// was bought.
func (s *seller) wantOrder(w *ware, o commerce.Order, began time.Time) {
	s.Helper()
	if o.Channel != s.h.Driver.Name || o.Source != commerce.FromMarketplace || o.Number == "" || o.RawState == "" {
		s.Errorf("order is of channel %q, source %q, number %q, raw state %q", o.Channel, o.Source, o.Number, o.RawState)
	}
	if !slices.Contains([]commerce.OrderState{commerce.OrderPaid, commerce.OrderHeld, commerce.OrderUnpaid}, o.State) {
		s.Errorf("a new order is %q (%s)", o.State, o.RawState)
	}
	if o.PlacedAt.Before(began.Add(-time.Second)) || o.PlacedAt.After(s.now()) || o.RemoteVersion == 0 || o.UpdatedAt.IsZero() {
		s.Errorf("placed %s (began %s), remote version %d, updated %s", o.PlacedAt, began, o.RemoteVersion, o.UpdatedAt)
	}
	var units int64
	price := w.product.Variants[1].Price
	for _, line := range o.Lines {
		units += line.Quantity
		if line.ID == "" || line.Title == "" || line.Price != price {
			s.Errorf("line %+v: an id, a title and the price %s are wanted", line, price)
		}
		if got := resolve(s.books.listing(w.listing), w.product, line); got != w.product.Variants[1].ID {
			s.Errorf("line %+v is of variant %q, want %q", line, got, w.product.Variants[1].ID)
		}
		if len(line.Units) > 0 && int64(len(line.Units)) != line.Quantity {
			s.Errorf("line has %d units and quantity %d", len(line.Units), line.Quantity)
		}
	}
	if units != 2 {
		s.Errorf("the order has %d pieces, want 2", units)
	}
	s.wantTotals(o, price)
	if o.Buyer.Name == "" && !o.Buyer.Masked {
		s.Errorf("buyer %+v has no name and is not masked", o.Buyer)
	}
}

func (s *seller) wantTotals(o commerce.Order, price commerce.Money) {
	s.Helper()
	if o.Total.Currency != price.Currency || o.Total.Amount < 2*price.Amount-o.Discount.Amount {
		s.Errorf("total %s of two pieces at %s", o.Total, price)
	}
	if o.Subtotal.Amount == 0 {
		return
	}
	sum := o.Subtotal.Amount + o.Shipping.Amount + o.Tax.Amount
	if sum != o.Total.Amount && sum-o.Discount.Amount != o.Total.Amount {
		s.Errorf("subtotal %s, shipping %s, tax %s, discount %s do not make the total %s", o.Subtotal, o.Shipping, o.Tax, o.Discount, o.Total)
	}
}

// wantSame wants two readings of an order to be equal in what identifies it.
func (s *seller) wantSame(a, b commerce.Order) {
	s.Helper()
	if a.State != b.State || a.Total != b.Total || a.Number != b.Number || a.RemoteVersion != b.RemoteVersion || !a.PlacedAt.Equal(b.PlacedAt) {
		s.Errorf("read twice, order %s differs: %+v and %+v", a.Remote, a, b)
	}
	ids := func(o commerce.Order) (list []string) {
		for _, l := range o.Lines {
			list = append(list, fmt.Sprintf("%s × %d", l.ID, l.Quantity))
		}
		return list
	}
	if !slices.Equal(ids(a), ids(b)) {
		s.Errorf("read twice, the lines of order %s are %v and %v", a.Remote, ids(a), ids(b))
	}
}

func ordersNone(s *seller) {
	found, cursor := s.pollOrders("", 100)
	if len(found) > 0 {
		s.Errorf("an empty shop has orders: %v", found)
	}
	found, _ = s.pollOrders(cursor, 100)
	if len(found) > 0 {
		s.Errorf("an empty shop has orders: %v", found)
	}
}

func ordersDown(s *seller) {
	reader := s.conn.(channel.OrderReader)
	s.w.Fault(Fault{Kind: ServerError, Count: 1000})
	_, err := reader.ListOrders(s.ctx, channel.Poll{Since: s.now().Add(-time.Hour), Limit: 10})
	s.kind("a poll while the marketplace is down", err, fault.Temporary)
	s.w.Calm()
	s.w.Fault(Fault{Kind: RateLimited, Count: 1000})
	_, err = reader.ListOrders(s.ctx, channel.Poll{Since: s.now().Add(-time.Hour), Limit: 10})
	s.kind("a poll over the limit", err, fault.RateLimited)
}

func ordersNote(s *seller) {
	s.live("note", 1)
	const text = "Please wrap it as a gift, it is for my mother."
	id := s.buy(Purchase{SKU: "MUG-note-0", Quantity: 1, Buyer: "Ada Example", Note: text})
	s.w.Advance(time.Second)
	o := s.order(id)
	if o.Note != text {
		s.Errorf("the note is %q, want %q", o.Note, text)
	}
	annotator, ok := s.conn.(channel.Annotator)
	if !ok {
		return
	}
	notes := s.messages(annotator.Notes(o))
	if len(notes) != 1 {
		s.Fatalf("the order says %v beside being an order, want its note", notes)
	}
	reader := s.conn.(channel.OrderReader)
	updates, _ := s.poll(func(p channel.Poll) (channel.Page, error) { return reader.ListOrders(s.ctx, p) }, channel.Poll{Since: s.now().Add(-time.Hour), Limit: 100})
	polled := s.messages(updates)
	for remote, m := range notes {
		if m.Kind != commerce.OrderNote || m.NoReply == "" || m.Thread == "" || m.Order != id || m.Message.Text != text || m.Message.By != commerce.ByBuyer {
			s.Errorf("the note is told as %+v", m)
		}
		if polled[remote].Message.Text != text {
			s.Errorf("a poll tells %v, want the note under the id %s", polled, remote)
		}
	}
	o.Note = ""
	if left := annotator.Notes(o); len(left) > 0 {
		s.Errorf("an order without a note says %v", left)
	}
}
