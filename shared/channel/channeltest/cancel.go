package channeltest

import (
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func cancelTests() []test {
	const cancel = channel.CanCancel
	return []test{
		{"cancel/a whole order", cancel, cancelled},
		{"cancel/one line of two", cancel, cancelledLine},
		{"cancel/the answer is lost", cancel, cancelledLost},
		{"cancel/an order that was shipped", cancel, cancelledTooLate},
	}
}

func cancelled(s *seller) {
	o := s.paid("cancel")
	canceller := s.conn.(channel.Canceller)
	c := channel.Cancellation{Order: o, Reason: "out_of_stock", Key: "out_1"}
	if _, found, err := canceller.FindCancellation(s.ctx, c); err != nil || found {
		s.Errorf("a cancellation that was not sent is found: %v, %v", found, err)
	}
	_, err := canceller.Cancel(s.ctx, c)
	s.must("cancel", err)
	s.w.Advance(time.Minute)
	s.wantCancelled(o)
	if _, found, err := canceller.FindCancellation(s.ctx, c); err != nil || !found {
		s.Errorf("a cancellation that was sent is not found: %v", err)
	}
}

// wantCancelled wants an order that takes no stock any more.
func (s *seller) wantCancelled(o commerce.Order) {
	s.Helper()
	after := s.order(o.Remote)
	var demand int64
	for _, l := range after.Lines {
		demand += l.Demand(after.State)
	}
	if demand != 0 {
		s.Errorf("a cancelled order is %q (%s) and still demands %d pieces", after.State, after.RawState, demand)
	}
	s.wantSame(commerce.Order{Remote: o.Remote, State: after.State, Total: after.Total, Number: o.Number, RemoteVersion: after.RemoteVersion, PlacedAt: o.PlacedAt, Lines: o.Lines}, after)
}

func cancelledLost(s *seller) {
	o := s.paid("nocancel")
	c := channel.Cancellation{Order: o, Reason: "out_of_stock", Key: "out_2"}
	s.w.Fault(Fault{Kind: TimeoutAfterApply, Count: 1, Writes: true})
	_, err := s.conn.(channel.Canceller).Cancel(s.ctx, c)
	s.w.Calm()
	if err != nil {
		s.kind("a cancellation whose answer was lost", err, fault.Unknown)
	}
	s.w.Advance(20 * time.Second)
	if _, found, err := s.open().(channel.Canceller).FindCancellation(s.ctx, c); err != nil || !found {
		s.Errorf("a cancellation whose answer was lost is found: %v, %v", found, err)
	}
	s.wantCancelled(o)
}

func cancelledTooLate(s *seller) {
	o := s.paid("late")
	if shipper, ok := s.conn.(channel.Shipper); ok {
		_, err := shipper.Ship(s.ctx, s.parcel(o))
		s.must("ship", err)
	}
	s.w.Advance(time.Second)
	_, err := s.conn.(channel.Canceller).Cancel(s.ctx, channel.Cancellation{Order: s.order(o.Remote), Reason: "out_of_stock", Key: "out_3"})
	if s.h.RecallsShipped {
		s.must("recall a shipped order", err)
		s.w.Advance(time.Minute)
		if after := s.order(o.Remote); after.State != commerce.OrderCancelled {
			s.Errorf("a recalled order is %q (%s)", after.State, after.RawState)
		}
		return
	}
	s.kind("a cancellation of a shipped order", err, fault.Rejected, fault.Invalid, fault.Conflict)
}

// cancelledLine cancels one of two lines; the other is still to be sent.
func cancelledLine(s *seller) {
	o := s.paid("share")
	if len(o.Lines) < 2 {
		// One variant is one line, so there is nothing to share out; what is
		// asked for names it and must do the same as the whole.
		_, err := s.conn.(channel.Canceller).Cancel(s.ctx, channel.Cancellation{Order: o, Lines: []string{o.Lines[0].ID}, Reason: "out_of_stock", Key: "out_4"})
		s.must("cancel one line", err)
		s.w.Advance(time.Minute)
		s.wantCancelled(o)
		return
	}
	_, err := s.conn.(channel.Canceller).Cancel(s.ctx, channel.Cancellation{Order: o, Lines: []string{o.Lines[0].ID}, Reason: "out_of_stock", Key: "out_4"})
	s.must("cancel one line", err)
	s.w.Advance(time.Minute)
	after := s.order(o.Remote)
	if after.Lines[0].Demand(after.State) != 0 || after.Lines[1].Demand(after.State) != o.Lines[1].Quantity {
		s.Errorf("after one line was cancelled the lines are %+v", after.Lines)
	}
}
