package channeltest

import (
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const tracking = "9400111899223197428490"

func shipTests() []test {
	const ship = channel.CanShip
	return []test{
		{"ship/a parcel is told once", ship, shipped},
		{"ship/the answer is lost", ship, shippedLost},
		{"ship/an order nobody placed", ship, shippedUnknown},
		{"ship/a carrier nobody knows", ship, oddCarrier},
	}
}

// paid is an order of two pieces as the product stores it.
func (s *seller) paid(name string) commerce.Order {
	s.Helper()
	s.live(name, 1)
	s.w.Advance(time.Minute)
	id := s.buy(Purchase{SKU: commerce.SKU("MUG-" + name + "-0"), Quantity: 2, Buyer: "Ada Example"})
	s.w.Advance(time.Second)
	o := s.order(id)
	o.ID, o.Account = "ord_test", "acc_test"
	return o
}

func (s *seller) parcel(o commerce.Order) channel.Shipping {
	carrier := s.h.Carrier
	if carrier == "" {
		carrier = "USPS"
	}
	return channel.Shipping{Order: o, Shipment: commerce.Shipment{ID: "shp_1", Carrier: carrier, Tracking: tracking, State: commerce.SendPending, At: s.now()}}
}

// told counts how often the marketplace knows the tracking number of an order.
func (s *seller) told(o commerce.Order) (n int) {
	for _, line := range s.w.Tracking(o.Remote) {
		n += strings.Count(line, tracking)
	}
	return n
}

func shipped(s *seller) {
	o := s.paid("ship")
	shipper, p := s.conn.(channel.Shipper), s.parcel(o)
	if _, found, err := shipper.FindShipment(s.ctx, p); err != nil || found {
		s.Errorf("a parcel that was not told is found: %v, %v", found, err)
	}
	sent, err := shipper.Ship(s.ctx, p)
	s.must("ship", err)
	if sent.At.IsZero() {
		s.Error("the answer has no time")
	}
	if n := s.told(o); n != 1 {
		s.Errorf("the parcel was told %d times", n)
	}
	if _, found, err := shipper.FindShipment(s.ctx, p); err != nil || !found {
		s.Errorf("a parcel that was told is not found: %v", err)
	}
	s.w.Advance(time.Second)
	after := s.order(o.Remote)
	if !slices.Contains([]commerce.OrderState{commerce.OrderShipped, commerce.OrderPartly}, after.State) {
		s.Errorf("a shipped order is %q (%s)", after.State, after.RawState)
	}
	if !slices.ContainsFunc(after.Shipments, func(sh commerce.Shipment) bool { return sh.Tracking == tracking }) {
		s.Errorf("the shipments of the order are %+v", after.Shipments)
	}
	found, _ := s.pollOrders("", 100)
	if found[o.Remote].State != after.State || found[o.Remote].RemoteVersion < o.RemoteVersion {
		s.Errorf("a poll finds it as %q, version %d after %d", found[o.Remote].State, found[o.Remote].RemoteVersion, o.RemoteVersion)
	}
}

func shippedLost(s *seller) {
	o := s.paid("lost")
	shipper, p := s.conn.(channel.Shipper), s.parcel(o)
	s.w.Fault(Fault{Kind: TimeoutAfterApply, Count: 1, Writes: true})
	_, err := shipper.Ship(s.ctx, p)
	s.w.Calm()
	if s.told(o) == 0 {
		s.Fatalf("the call whose answer was lost was not the one that ships: %v", err)
	}
	s.kind("a shipment whose answer was lost", err, fault.Unknown)
	s.w.Advance(20 * time.Second)
	if _, found, err := s.open().(channel.Shipper).FindShipment(s.ctx, p); err != nil || !found {
		s.Errorf("a shipment whose answer was lost is found: %v, %v", found, err)
	}
	if n := s.told(o); n != 1 {
		s.Errorf("the parcel was told %d times", n)
	}
}

func shippedUnknown(s *seller) {
	o := s.paid("gone")
	p := s.parcel(o)
	p.Order.Remote = "1"
	_, err := s.conn.(channel.Shipper).Ship(s.ctx, p)
	s.kind("a parcel of an order nobody placed", err, fault.NotFound, fault.Rejected, fault.Invalid)
}

func oddCarrier(s *seller) {
	o := s.paid("odd")
	p := s.parcel(o)
	p.Shipment.Carrier = "My brother's van"
	_, err := s.conn.(channel.Shipper).Ship(s.ctx, p)
	if err != nil {
		s.kind("a carrier nobody knows", err, fault.Rejected, fault.Invalid)
		if f := fault.Of(err); f.Message == "" {
			s.Error("nobody is told what to do about the carrier")
		}
		return
	}
	if n := s.told(o); n != 1 {
		s.Errorf("the parcel was told %d times", n)
	}
}
