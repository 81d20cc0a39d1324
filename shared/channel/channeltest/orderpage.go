package channeltest

import (
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

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
			want[s.stir(ids[round], round)] = true
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

// stir ships one order and places another, in the middle of a poll.
func (s *seller) stir(ship commerce.RemoteID, round int) commerce.RemoteID {
	s.Helper()
	s.w.Advance(2 * time.Second)
	id := s.buy(Purchase{SKU: "MUG-move-0", Quantity: 1, Buyer: "Ben Example"})
	if shipper, ok := s.conn.(channel.Shipper); ok {
		p := s.parcel(s.order(ship))
		p.Shipment.Tracking = fmt.Sprintf("%s%d", tracking[:len(tracking)-1], round)
		_, err := shipper.Ship(s.ctx, p)
		s.must("ship", err)
	}
	s.w.Advance(2 * time.Second)
	return id
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
