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

func ordersCursor(s *seller) {
	s.live("next", 1)
	s.w.Advance(time.Minute)
	first := s.buy(Purchase{SKU: "MUG-next-0", Quantity: 1, Buyer: "Ada Example"})
	found, cursor := s.pollOrders("", 100)
	if _, ok := found[first]; !ok {
		s.Fatal("the first order is not found")
	}
	// In the same second as the poll: an overlap has to find it.
	second := s.buy(Purchase{SKU: "MUG-next-0", Quantity: 1, Buyer: "Ben Example"})
	s.w.Advance(time.Second)
	found, cursor = s.pollOrders(cursor, 100)
	if _, ok := found[second]; !ok {
		s.Error("an order of the second in which the last poll ran is not found")
	}
	s.w.Advance(time.Hour)
	found, cursor = s.pollOrders(cursor, 100)
	for id := range found {
		if id != first && id != second {
			s.Errorf("an order nobody placed: %s", id)
		}
	}
	s.w.Advance(time.Hour)
	third := s.buy(Purchase{SKU: "MUG-next-0", Quantity: 1, Buyer: "Cleo Example"})
	s.w.Advance(time.Second)
	found, _ = s.pollOrders(cursor, 100)
	if _, ok := found[third]; !ok || len(found) > 1 {
		s.Errorf("an hour later %d orders are found, want the third alone", len(found))
	}
}

func ordersPaged(s *seller) {
	w := s.ware("page", 1)
	w.stock["var_page_0"] = 50
	s.publish(w)
	s.wantLive(w)
	want := map[commerce.RemoteID]bool{}
	for i := range 7 {
		want[s.buy(Purchase{SKU: "MUG-page-0", Quantity: 1, Buyer: fmt.Sprintf("Buyer %d", i)})] = true
		if i%3 == 0 {
			s.w.Advance(20 * time.Second)
		}
	}
	s.w.Advance(time.Second)
	for _, limit := range []int{1, 2, 100} {
		found, _ := s.pollOrders("", limit)
		if len(found) != len(want) {
			s.Errorf("with pages of %d there are %d orders, want %d", limit, len(found), len(want))
		}
		for id := range want {
			if _, ok := found[id]; !ok {
				s.Errorf("with pages of %d order %s is missing", limit, id)
			}
		}
	}
}

func ordersUnknown(s *seller) {
	s.live("known", 1)
	id := s.buy(Purchase{SKU: "MUG-known-0", Quantity: 1})
	// Ids of the right form, off by one, that no order has.
	last := id[len(id)-1]
	stranger := id[:len(id)-1] + commerce.RemoteID('0'+(last-'0'+5)%10)
	orders, err := s.conn.(channel.OrderReader).Orders(s.ctx, []commerce.RemoteID{stranger, id})
	s.must("read a known and an unknown order", err)
	if len(orders) != 1 || orders[0].Remote != id {
		s.Errorf("answered %d orders, want order %s alone", len(orders), id)
	}
	orders, err = s.conn.(channel.OrderReader).Orders(s.ctx, nil)
	if err != nil || len(orders) > 0 {
		s.Errorf("reading no orders answers %v, %v", orders, err)
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
	if o := s.order(id); o.Note != text {
		s.Errorf("the note is %q, want %q", o.Note, text)
	}
}

// ordersMoving reads pages while orders are placed and shipped in between: a
// list that is sorted by what changes must not lose one.
func ordersMoving(s *seller) {
	w := s.ware("move", 1)
	w.stock["var_move_0"] = 60
	s.publish(w)
	s.wantLive(w)
	want := map[commerce.RemoteID]bool{}
	var ids []commerce.RemoteID
	for range 6 {
		id := s.buy(Purchase{SKU: "MUG-move-0", Quantity: 2, Buyer: "Ada Example"})
		want[id], ids = true, append(ids, id)
		s.w.Advance(7 * time.Second)
	}
	reader := s.conn.(channel.OrderReader)
	found := map[commerce.RemoteID]bool{}
	p := channel.Poll{Since: s.now().Add(-24 * time.Hour), Limit: 2}
	for round := range 100 {
		page, err := reader.ListOrders(s.ctx, p)
		s.must("poll", err)
		for _, u := range page.Updates {
			if u.Kind == channel.UpdateOrder {
				found[u.Order.Remote] = true
			}
		}
		p.Cursor = page.Cursor
		if !page.More && round > 2 {
			break
		}
		if round < 3 {
			s.w.Advance(2 * time.Second)
			id := s.buy(Purchase{SKU: "MUG-move-0", Quantity: 1, Buyer: "Ben Example"})
			want[id] = true
			if shipper, ok := s.conn.(channel.Shipper); ok {
				p := s.parcel(s.order(ids[round]))
				p.Shipment.Tracking = fmt.Sprintf("%s%d", tracking[:len(tracking)-1], round)
				_, err := shipper.Ship(s.ctx, p)
				s.must("ship", err)
			}
			s.w.Advance(2 * time.Second)
		}
	}
	rest, _ := s.pollOrders(p.Cursor, 2)
	for id := range rest {
		found[id] = true
	}
	for id := range want {
		if !found[id] {
			s.Errorf("order %s was never read", id)
		}
	}
}

func ordersHundreds(s *seller) {
	s.live("among", 1)
	id := s.buy(Purchase{SKU: "MUG-among-0", Quantity: 1})
	s.w.Advance(time.Second)
	var asked []commerce.RemoteID
	for i := range 120 {
		tail := fmt.Sprintf("%03d", i)
		if stranger := id[:len(id)-3] + commerce.RemoteID(tail); stranger != id {
			asked = append(asked, stranger)
		}
		if i == 60 {
			asked = append(asked, id, id)
		}
	}
	orders, err := s.conn.(channel.OrderReader).Orders(s.ctx, asked)
	s.must("read hundreds of orders", err)
	if len(orders) < 1 || len(orders) > 2 || orders[0].Remote != id {
		s.Errorf("answered %d orders, want order %s alone", len(orders), id)
	}
}
