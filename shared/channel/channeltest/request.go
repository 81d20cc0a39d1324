package channeltest

import (
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func requestTests() []test {
	const cancel = channel.CanCancel
	return []test{
		{"request/a cancellation is granted", cancel, requestGranted},
		{"request/a cancellation is rejected", cancel, requestRejected},
		{"request/polls and notifications point at it", cancel, requestTold},
		{"request/a refund", cancel, func(s *seller) { requestPaid(s, commerce.RequestRefund) }},
		{"request/a return that comes back", cancel, requestReturned},
		{"request/a return that is kept", cancel, requestKept},
		{"request/an offer", cancel, requestOffer},
		{"request/a replacement", cancel, func(s *seller) { requestPaid(s, commerce.RequestReplace) }},
		{"request/the answer is lost", cancel, requestLost},
		{"request/it is taken back", cancel, requestWithdrawn},
		{"request/nobody answers in time", cancel, requestLate},
		{"request/an order nothing is asked of", cancel, requestNone},
	}
}

// ask lets a buyer ask and answers how it is read, and its order.
func (s *seller) ask(kind commerce.RequestKind) (commerce.Order, commerce.Request) {
	s.Helper()
	o := s.paid("ask")
	if kind != commerce.RequestCancel {
		_, err := s.conn.(channel.Shipper).Ship(s.ctx, s.parcel(o))
		s.must("ship", err)
		s.w.Advance(time.Second)
		s.must("deliver", s.w.Deliver(o.Remote))
	}
	id, err := s.w.Ask(o.Remote, kind)
	s.must("ask", err)
	s.w.Advance(time.Second)
	r := s.request(o.Remote, id)
	var pieces, meant int64
	for _, l := range o.Lines {
		pieces += l.Quantity
	}
	for _, l := range r.Lines {
		meant += l.Quantity
		if !slices.ContainsFunc(o.Lines, func(have commerce.OrderLine) bool { return have.ID == l.Line }) {
			s.Errorf("the request is about line %q, which the order does not have", l.Line)
		}
	}
	if r.Kind != kind || r.By != commerce.ByBuyer || r.State != commerce.RequestOpen || r.RawState == "" || r.Reason == "" || meant != pieces || r.Amount.Amount <= 0 || r.Amount.Currency != o.Total.Currency {
		s.Errorf("the request is read as %+v", r)
	}
	s.wantOpen(r)
	return o, r
}

// wantOpen wants all that an answer needs.
func (s *seller) wantOpen(r commerce.Request) {
	s.Helper()
	if !r.AnswerBy.After(s.now()) || r.AskedAt.IsZero() || r.UpdatedAt.IsZero() || !slices.Contains(r.Answers, commerce.VerdictApprove) || !slices.Contains(r.Answers, commerce.VerdictReject) {
		s.Errorf("an open request has to be answered by %s, with one of %v", r.AnswerBy, r.Answers)
	}
	for _, reason := range r.Reasons {
		if reason.Code == "" || reason.Text == "" {
			s.Errorf("a reason is %+v", reason)
		}
	}
}

// request reads one request of an order.
func (s *seller) request(order, id commerce.RemoteID) commerce.Request {
	s.Helper()
	orders := []commerce.Order{s.order(order)}
	s.must("read requests", s.conn.(channel.Canceller).ListRequests(s.ctx, orders))
	i := slices.IndexFunc(orders[0].Requests, func(r commerce.Request) bool { return r.Remote == id })
	if i < 0 {
		s.Fatalf("request %s is not found among %+v", id, orders[0].Requests)
	}
	return orders[0].Requests[i]
}

// decision is the seller's answer, with the first reason there is.
func decision(o commerce.Order, r commerce.Request, v commerce.Verdict) channel.Decision {
	a := commerce.Answer{Verdict: v, To: r.RawState}
	if v == commerce.VerdictReject {
		if a.Reason = "It does not fit."; len(r.Reasons) > 0 {
			a.Reason = r.Reasons[0].Code
		}
	}
	r.Answer = &a
	return channel.Decision{Order: o, Request: r, Key: "out_" + string(r.Remote) + string(v) + r.RawState}
}

// answer decides a request, and wants that to be seen.
func (s *seller) answer(d channel.Decision, states ...commerce.RequestState) commerce.Request {
	s.Helper()
	c := s.conn.(channel.Canceller)
	if _, found, err := c.FindAnswer(s.ctx, d); err != nil || found {
		s.Errorf("an answer that was not sent is found: %v", err)
	}
	_, err := c.Answer(s.ctx, d)
	s.must("answer", err)
	s.w.Advance(time.Second)
	if _, found, err := c.FindAnswer(s.ctx, d); err != nil || !found {
		s.Errorf("an answer that was sent is not found: %v", err)
	}
	r := s.request(d.Order.Remote, d.Request.Remote)
	if !slices.Contains(states, r.State) {
		s.Errorf("a request that was answered with %s is %s (%s), want one of %v", d.Request.Answer.Verdict, r.State, r.RawState, states)
	}
	return r
}

func requestGranted(s *seller) {
	o, r := s.ask(commerce.RequestCancel)
	s.answer(decision(o, r, commerce.VerdictApprove), commerce.RequestApproved, commerce.RequestDone)
	s.wantCancelled(o)
	s.w.Advance(time.Hour)
	if r := s.request(o.Remote, r.Remote); r.State != commerce.RequestDone {
		s.Errorf("an hour later it is %s (%s)", r.State, r.RawState)
	}
}

func requestRejected(s *seller) {
	o, r := s.ask(commerce.RequestCancel)
	d := decision(o, r, commerce.VerdictReject)
	s.answer(d, commerce.RequestRejected, commerce.RequestClosed)
	if after := s.order(o.Remote); after.State != o.State || after.Lines[0].Demand(after.State) != o.Lines[0].Quantity {
		s.Errorf("a rejected request leaves the order %s with %+v", after.State, after.Lines)
	}
	d.Request.Answer.Verdict, d.Key = commerce.VerdictApprove, "out_other"
	_, err := s.conn.(channel.Canceller).Answer(s.ctx, d)
	s.kind("another answer afterwards", err, fault.Rejected, fault.Conflict)
}

// requestTold: a request is found by a poll, also when no notification came,
// and a notification points at it.
func requestTold(s *seller) {
	o, _ := s.ask(commerce.RequestCancel)
	points := func(updates []channel.Update) bool {
		return slices.ContainsFunc(updates, func(u channel.Update) bool {
			return u.Kind == channel.UpdateFetch && slices.Contains(u.Fetch.Requests, o.Remote)
		})
	}
	reader := s.conn.(channel.OrderReader)
	list := func(p channel.Poll) (channel.Page, error) { return reader.ListOrders(s.ctx, p) }
	updates, cursor := s.poll(list, channel.Poll{Since: s.now().Add(-24 * time.Hour), Limit: 100})
	if !points(updates) {
		s.Error("a poll does not point at the request")
	}
	if len(s.h.Hooks) > 0 && !points(s.updates(s.deliveries())) {
		s.Error("no notification points at the request")
	}
	s.w.Advance(time.Hour)
	_, cursor = s.poll(list, channel.Poll{Cursor: cursor}) // with its overlap
	s.w.Advance(time.Hour)
	if updates, _ = s.poll(list, channel.Poll{Cursor: cursor}); points(updates) {
		s.Error("an hour later a poll points at it again")
	}
}

func requestPaid(s *seller, kind commerce.RequestKind) {
	o, r := s.ask(kind)
	s.answer(decision(o, r, commerce.VerdictApprove), commerce.RequestApproved, commerce.RequestDone)
}

func requestReturned(s *seller) {
	o, r := s.ask(commerce.RequestReturn)
	before := s.order(o.Remote)
	r = s.answer(decision(o, r, commerce.VerdictApprove), commerce.RequestWaiting)
	s.must("send back", s.w.SendBack(r.Remote, "9405500000000000000001"))
	s.w.Advance(time.Second)
	r = s.request(o.Remote, r.Remote)
	if r.State != commerce.RequestOpen || r.Tracking != "9405500000000000000001" {
		s.Errorf("what comes back is %+v", r)
	}
	s.wantOpen(r)
	s.answer(decision(o, r, commerce.VerdictApprove), commerce.RequestApproved, commerce.RequestDone)
	if after := s.order(o.Remote); after.Lines[0].Demand(after.State) != before.Lines[0].Demand(before.State) {
		s.Errorf("a return gives pieces back by itself: %+v", after.Lines)
	}
}

func requestKept(s *seller) {
	o, r := s.ask(commerce.RequestReturn)
	if !slices.Contains(r.Answers, commerce.VerdictKeep) {
		s.Skipf("%s lets no buyer keep what is refunded", s.h.Driver.Name)
	}
	s.answer(decision(o, r, commerce.VerdictKeep), commerce.RequestApproved, commerce.RequestDone)
}

func requestOffer(s *seller) {
	o, r := s.ask(commerce.RequestRefund)
	if !slices.Contains(r.Answers, commerce.VerdictOffer) {
		s.Skipf("%s has no offers", s.h.Driver.Name)
	}
	d := decision(o, r, commerce.VerdictOffer)
	d.Request.Answer.Amount = commerce.Money{Amount: r.Amount.Amount / 2, Currency: r.Amount.Currency}
	s.answer(d, commerce.RequestWaiting)
}

func requestLost(s *seller) {
	o, r := s.ask(commerce.RequestCancel)
	d := decision(o, r, commerce.VerdictApprove)
	s.w.Fault(Fault{Kind: TimeoutAfterApply, Count: 1, Writes: true})
	_, err := s.conn.(channel.Canceller).Answer(s.ctx, d)
	s.w.Calm()
	if err != nil {
		s.kind("an answer that was lost", err, fault.Unknown, fault.Temporary)
	}
	s.w.Advance(20 * time.Second)
	c := s.open().(channel.Canceller)
	if _, found, err := c.FindAnswer(s.ctx, d); err != nil || !found {
		s.Errorf("an answer that was lost is found: %v, %v", found, err)
	}
	_, err = c.Answer(s.ctx, d)
	s.must("the same answer under its key", err)
	s.wantCancelled(o)
}

func requestWithdrawn(s *seller) {
	o, r := s.ask(commerce.RequestReturn)
	s.must("take back", s.w.Withdraw(r.Remote))
	s.w.Advance(time.Second)
	if now := s.request(o.Remote, r.Remote); now.State != commerce.RequestWithdrawn || len(now.Answers) != 0 {
		s.Errorf("what was taken back is %+v", now)
	}
	_, err := s.conn.(channel.Canceller).Answer(s.ctx, decision(o, r, commerce.VerdictApprove))
	s.kind("an answer to what was taken back", err, fault.Rejected)
}

// requestLate: the marketplace decides when the seller does not.
func requestLate(s *seller) {
	o, r := s.ask(commerce.RequestCancel)
	s.w.Advance(r.AnswerBy.Sub(s.now()) + time.Second)
	s.w.Advance(time.Hour)
	if now := s.request(o.Remote, r.Remote); now.State == commerce.RequestOpen || !now.AnswerBy.IsZero() {
		s.Errorf("nobody answered, and it is %+v", now)
	}
	_, err := s.conn.(channel.Canceller).Answer(s.ctx, decision(o, r, commerce.VerdictReject))
	s.kind("an answer that comes too late", err, fault.Rejected, fault.Conflict)
}

func requestNone(s *seller) {
	orders := []commerce.Order{s.paid("quiet")}
	s.must("read requests", s.conn.(channel.Canceller).ListRequests(s.ctx, orders))
	if len(orders[0].Requests) != 0 {
		s.Errorf("nobody asked for %+v", orders[0].Requests)
	}
}
