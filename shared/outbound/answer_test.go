package outbound_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// settler is a shop that settles requests.
type settler struct{ *shop }

func (s settler) Cancel(_ context.Context, c channel.Cancellation) (channel.Sent, error) {
	return s.take("cancel " + strings.Join(c.Lines, ","))
}

func (s settler) FindCancellation(_ context.Context, c channel.Cancellation) (channel.Sent, bool, error) {
	return s.find("cancel " + strings.Join(c.Lines, ","))
}

func (s settler) Answer(_ context.Context, d channel.Decision) (channel.Sent, error) {
	return s.take(fmt.Sprintf("%s %s %s", d.Request.Answer.Verdict, d.Request.Remote, d.Key))
}

func (s settler) FindAnswer(_ context.Context, d channel.Decision) (channel.Sent, bool, error) {
	return s.find(string(d.Request.Answer.Verdict))
}

func (s settler) ListRequests(context.Context, []commerce.Order) error { return nil }

// asked stores an order with an answer to a buyer's request and a wish of the
// seller, both on their way.
func (b *bench) asked(t *testing.T) {
	t.Helper()
	b.conn = settler{b.shop}
	o := commerce.Order{ID: ord, Account: "acc", Channel: commerce.TikTok, Source: commerce.FromMarketplace, State: commerce.OrderPaid, PlacedAt: b.clock.Now(), Requests: []commerce.Request{
		{ID: "a", Remote: "4035", By: commerce.ByBuyer, State: commerce.RequestOpen, RawState: "PENDING", Answer: &commerce.Answer{ID: "out_a", Verdict: commerce.VerdictReject, To: "PENDING", State: commerce.SendPending}},
		{ID: "b", By: commerce.BySeller, State: commerce.RequestWaiting, Lines: []commerce.RequestLine{{Line: "1", Quantity: 1}}, Answer: &commerce.Answer{ID: "out_b", Verdict: commerce.VerdictCancel, State: commerce.SendPending}},
	}}
	_, err := b.PutOrder(t.Context(), w, port.OrderWrite{Order: o, Out: []port.Outbound{
		{ID: "out_a", Space: w, Key: string(ord), Kind: "answer", Account: "acc", Ref: "a", State: commerce.SendPending},
		{ID: "out_b", Space: w, Key: string(ord), Kind: "cancellation", Account: "acc", Ref: "b", State: commerce.SendPending},
	}})
	must(t, err)
}

func (b *bench) work(t *testing.T) commerce.Order {
	t.Helper()
	must(t, b.worker.Run(t.Context(), port.Nudge{Space: w, Key: string(ord)}))
	o, err := b.Order(t.Context(), w, ord)
	must(t, err)
	return o
}

func TestAnswersGoOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.asked(t)
	o := b.work(t)
	if !slices.Equal(b.shop.arrived, []string{"reject 4035 out_a", "cancel 1"}) || len(b.left(t, string(ord))) != 0 {
		t.Errorf("arrived %q, left %+v", b.shop.arrived, b.left(t, string(ord)))
	}
	if r := o.Requests[0]; r.Answer.State != commerce.SendDone || r.State != commerce.RequestOpen || r.Asks() || r.Remote != "4035" {
		t.Errorf("the buyer's is %+v", r)
	}
	if r := o.Requests[1]; r.Answer.State != commerce.SendDone || r.State != commerce.RequestApproved || r.Remote != "r-cancel 1" {
		t.Errorf("the seller's is %+v", r)
	}
	if events, err := b.OrderEvents(t.Context(), w, ord); err != nil || len(events) != 2 {
		t.Errorf("the timeline is %+v, %v", events, err)
	}
}

// A lost answer is looked up, and what comes behind waits for it.
func TestALostAnswerIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, found := range []bool{true, false} {
		b := newBench(t)
		b.asked(t)
		b.shop.answers, b.shop.finds = []error{kind(fault.Unknown)}, []any{found, false}
		b.work(t)
		if len(b.shop.arrived) != 0 || b.shop.looked != 0 {
			t.Fatalf("overtaken: %q", b.shop.arrived)
		}
		for range 2 {
			b.clock.Advance(31 * time.Second)
			b.work(t)
		}
		want := map[bool]commerce.SendState{true: commerce.SendDone, false: commerce.SendFailed}[found]
		if o := b.work(t); o.Requests[0].Answer.State != want || o.Requests[0].Asks() == found || !slices.Equal(b.shop.arrived, []string{"cancel 1"}) {
			t.Errorf("found %t: %+v, arrived %q", found, o.Requests[0].Answer, b.shop.arrived)
		}
	}
}

func TestARefusedAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.asked(t)
	b.shop.answers = []error{kind(fault.Rejected), kind(fault.Rejected)}
	o := b.work(t)
	if r := o.Requests[0]; r.Answer.State != commerce.SendFailed || r.Answer.Problem != "Words." || !r.Asks() {
		t.Errorf("the buyer's is %+v", r.Answer)
	}
	if r := o.Requests[1]; r.Answer.State != commerce.SendFailed || r.State != commerce.RequestClosed {
		t.Errorf("the seller's is %+v", r)
	}
}

// The marketplace may tell of the seller's own wish before its answer comes.
func TestToldBeforeItIsSettled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.asked(t)
	b.shop.before = func() {
		o, err := b.Order(t.Context(), w, ord)
		must(t, err)
		if r := &o.Requests[1]; r.Remote == "" {
			r.Remote, r.State, r.RawState = "r-cancel 1", commerce.RequestDone, "COMPLETE"
			_, err = b.PutOrder(t.Context(), w, port.OrderWrite{Order: o})
			must(t, err)
		}
	}
	if o := b.work(t); o.Requests[1].State != commerce.RequestDone || o.Requests[1].Answer.State != commerce.SendDone || len(o.Requests) != 2 {
		t.Errorf("%+v", o.Requests)
	}
}

// An answer that a later one has replaced is not sent.
func TestAnAnswerThatWasReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.asked(t)
	o, err := b.Order(t.Context(), w, ord)
	must(t, err)
	o.Requests[0].Answer.ID = "out_z"
	_, err = b.PutOrder(t.Context(), w, port.OrderWrite{Order: o})
	must(t, err)
	if b.work(t); !slices.Equal(b.shop.arrived, []string{"cancel 1"}) || len(b.left(t, string(ord))) != 0 {
		t.Errorf("arrived %q", b.shop.arrived)
	}
}
