package outbound_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/outbound"
	"github.com/manystall/manystall/shared/port"
)

func kind(k fault.Kind) *fault.Error { return fault.New(k, "code", "Words.") }

func TestRepliesGoInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.reply(t, "one", "two", "three")
	b.run(t)
	b.run(t)
	if !slices.Equal(b.shop.arrived, []string{"one", "two", "three"}) || len(b.left(t, string(conv))) != 0 {
		t.Errorf("arrived %q, left %+v", b.shop.arrived, b.left(t, string(conv)))
	}
	m, err := b.MessageByRemote(t.Context(), w, conv, "r-two")
	if err != nil || m.Text != "two" || m.State != commerce.SendDone {
		t.Errorf("%+v, %v", m, err)
	}
}

// crash is a store whose process dies as soon as an attempt is stored.
type crash struct {
	outbound.Store
	after bool
}

func (c crash) PutOutbound(ctx context.Context, o port.Outbound) (port.Outbound, error) {
	if put, err := c.Store.PutOutbound(ctx, o); err != nil || !c.after {
		return put, err
	}
	return o, kind(fault.Internal)
}

func (c crash) PutMessage(context.Context, commerce.WorkspaceID, port.MessageWrite) (commerce.Conversation, error) {
	return commerce.Conversation{}, kind(fault.Internal)
}

// Killed with an attempt stored, before or after it went out: it is looked up,
// not made again, and what comes behind waits.
func TestACrashIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, sent := range []bool{false, true} {
		b := newBench(t)
		b.reply(t, "one", "two")
		if err := b.on(crash{b.Store, !sent}).Run(t.Context(), port.Nudge{Space: w, Key: string(conv)}); err == nil {
			t.Fatal("the process did not die")
		}
		b.run(t) // too early to look
		if n := len(b.shop.arrived); (n == 1) != sent || n > 1 || b.shop.looked != 0 {
			t.Fatalf("sent %t: arrived %q, looked %d times", sent, b.shop.arrived, b.shop.looked)
		}
		b.shop.finds = []any{sent, sent}
		b.clock.Advance(16 * time.Second)
		b.run(t)
		b.clock.Advance(31 * time.Second)
		b.run(t)
		want, state := []string{"two"}, commerce.SendFailed
		if sent {
			want, state = []string{"one", "two"}, commerce.SendDone
		}
		if !slices.Equal(b.shop.arrived, want) || b.message(t, 1).State != state || b.message(t, 2).State != commerce.SendDone {
			t.Errorf("sent %t: arrived %q, the first is %+v", sent, b.shop.arrived, b.message(t, 1))
		}
	}
}

// What becomes of an attempt by what the marketplace answers.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer            error
		finds             []any
		wait              time.Duration
		first             commerce.SendState // after the first run
		last              commerce.SendState // after the wait and another run
		looked, failures  int
		expired, overtake bool
	}{
		"taken":                      {nil, nil, 0, commerce.SendDone, commerce.SendDone, 0, 0, false, true},
		"unknown, found":             {kind(fault.Unknown), []any{true}, 15 * time.Second, commerce.SendPending, commerce.SendDone, 1, 0, false, false},
		"unknown, not found once":    {kind(fault.Unknown), []any{false}, 15 * time.Second, commerce.SendPending, commerce.SendPending, 1, 0, false, false},
		"unknown, can't look":        {kind(fault.Unknown), []any{kind(fault.Internal)}, 15 * time.Second, commerce.SendPending, commerce.SendPending, 1, 0, false, false},
		"unknown, look forbidden":    {kind(fault.Unknown), []any{kind(fault.AuthExpired)}, 15 * time.Second, commerce.SendPending, commerce.SendPending, 1, 0, true, false},
		"rate limited":               {&fault.Error{Kind: fault.RateLimited, RetryAfter: time.Minute}, nil, time.Minute, commerce.SendPending, commerce.SendDone, 0, 0, false, false},
		"temporary":                  {kind(fault.Temporary), nil, 2 * time.Second, commerce.SendPending, commerce.SendDone, 0, 0, false, false},
		"consent has ended":          {kind(fault.AuthExpired), nil, 15 * time.Minute, commerce.SendPending, commerce.SendDone, 0, 0, true, false},
		"refused":                    {kind(fault.Rejected), nil, 0, commerce.SendFailed, commerce.SendFailed, 0, 1, false, true},
		"we refuse it":               {kind(fault.Invalid), nil, 0, commerce.SendFailed, commerce.SendFailed, 0, 1, false, true},
		"unknown, can never be seen": {kind(fault.Unknown), []any{kind(fault.Unsupported)}, 15 * time.Second, commerce.SendPending, commerce.SendFailed, 1, 1, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.reply(t, "one", "two")
			b.shop.answers, b.shop.finds = []error{c.answer}, c.finds
			b.run(t)
			if got := b.message(t, 1).State; got != c.first {
				t.Errorf("first it is %s, want %s", got, c.first)
			}
			if overtaken := b.message(t, 2).State == commerce.SendDone; overtaken != c.overtake {
				t.Errorf("the second went out: %t", overtaken)
			}
			if c.wait > 0 {
				b.clock.Advance(c.wait - time.Millisecond)
				b.run(t)
				if b.shop.looked > 0 || len(b.shop.arrived) > 0 {
					t.Errorf("it did not wait: arrived %q, looked %d times", b.shop.arrived, b.shop.looked)
				}
				b.clock.Advance(time.Millisecond)
				b.run(t)
			}
			failures, err := b.ListFailures(t.Context(), w, port.Page{Limit: 10})
			must(t, err)
			if got := b.message(t, 1).State; got != c.last || b.shop.looked != c.looked || len(failures.Items) != c.failures || (b.expired > 0) != c.expired {
				t.Errorf("last it is %s, looked %d times, %d failures, expired %d", got, b.shop.looked, len(failures.Items), b.expired)
			}
			if n := len(slices.DeleteFunc(slices.Clone(b.shop.arrived), func(s string) bool { return s != "one" })); n > 1 {
				t.Errorf("it went out %d times", n)
			}
		})
	}
}

func TestNotFoundTwiceIsForAPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.reply(t, "one", "two")
	b.shop.answers = []error{kind(fault.Unknown)}
	for range 4 {
		b.run(t)
		b.clock.Advance(31 * time.Second)
	}
	if m := b.message(t, 1); m.State != commerce.SendFailed || m.Problem == "" || b.shop.looked != 2 {
		t.Errorf("%+v after %d looks", m, b.shop.looked)
	}
	if !slices.Equal(b.shop.arrived, []string{"two"}) {
		t.Errorf("arrived %q", b.shop.arrived)
	}
}

func TestTemporaryFaultsEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.reply(t, "one")
	b.shop.answers = slices.Repeat([]error{kind(fault.Temporary)}, 20)
	for range 12 {
		b.run(t)
		b.clock.Advance(time.Hour)
	}
	if m := b.message(t, 1); m.State != commerce.SendFailed || len(b.shop.answers) != 12 {
		t.Errorf("%+v after %d attempts", m, 20-len(b.shop.answers))
	}
}

// Consent that ends while an attempt is open does not let it be made again.
func TestAnOpenAttemptOutlivesItsConsent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.reply(t, "one")
	if err := b.on(crash{b.Store, false}).Run(t.Context(), port.Nudge{Space: w, Key: string(conv)}); err == nil {
		t.Fatal("the process did not die")
	}
	b.opening = kind(fault.AuthExpired)
	b.clock.Advance(20 * time.Second)
	b.run(t)
	b.opening, b.shop.finds = nil, []any{true}
	b.clock.Advance(15 * time.Minute)
	b.run(t)
	if !slices.Equal(b.shop.arrived, []string{"one"}) || b.message(t, 1).State != commerce.SendDone {
		t.Errorf("arrived %q, %+v", b.shop.arrived, b.message(t, 1))
	}
}

// A marketplace that can't be told, and an account that is gone, end in a
// failure a person sees.
func TestWhatCanNeverGo(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*bench){
		"no ability": func(b *bench) { b.conn = mute{} }, "no account": func(b *bench) { b.opening = kind(fault.NotFound) }, "no connector": func(b *bench) { b.opening = kind(fault.Unsupported) },
	} {
		b := newBench(t)
		b.reply(t, "one")
		set(b)
		b.run(t)
		if m := b.message(t, 1); m.State != commerce.SendFailed || m.Problem == "" || len(b.left(t, string(conv))) != 0 {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// The echo that is faster than the answer settles the message; the answer only
// takes the record away.
func TestTheEchoIsFaster(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.reply(t, "one")
	b.shop.before = func() {
		c, err := b.Conversation(t.Context(), w, conv)
		must(t, err)
		m := b.message(t, 1)
		m.State, m.Remote = commerce.SendDone, "echo-1"
		_, err = b.PutMessage(t.Context(), w, port.MessageWrite{Conversation: c, Message: &m, Replace: true, Aliases: []commerce.RemoteID{"echo-1"}})
		must(t, err)
	}
	b.run(t)
	for _, id := range []commerce.RemoteID{"echo-1", "r-one"} {
		if m, err := b.MessageByRemote(t.Context(), w, conv, id); err != nil || m.ID != "msg_01" || m.Remote != "echo-1" || m.State != commerce.SendDone {
			t.Errorf("by %s: %+v, %v", id, m, err)
		}
	}
	if len(b.left(t, string(conv))) != 0 {
		t.Error("the record is still there")
	}
}

// A key that is worked on elsewhere is looked at again shortly; what waits
// longer than a queue can is left to the due list, and so is a loop.
func TestNudges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.reply(t, "one")
	token, err := b.Lock(t.Context(), "out#w1#cnv_1", time.Minute)
	must(t, err)
	b.run(t)
	if len(b.queued) != 1 || b.queued[0].Delay != 2*time.Second || b.queued[0].Body.(port.Nudge).Hops != 1 || len(b.shop.arrived) != 0 {
		t.Errorf("queued %+v, arrived %q", b.queued, b.shop.arrived)
	}
	must(t, b.worker.Run(t.Context(), port.Nudge{Space: w, Key: string(conv), Hops: 100}))
	if len(b.queued) != 1 {
		t.Error("a loop has no end")
	}
	must(t, b.Unlock(t.Context(), "out#w1#cnv_1", token))
	b.shop.answers = []error{&fault.Error{Kind: fault.RateLimited, RetryAfter: time.Hour}}
	b.run(t)
	if len(b.queued) != 1 {
		t.Errorf("queued %+v", b.queued)
	}
	due, err := b.ListDue(t.Context(), port.DueOutbound, b.clock.Now().Add(time.Hour), 10)
	if err != nil || len(due) != 1 || due[0].ID != string(conv) {
		t.Errorf("due %+v, %v", due, err)
	}
}

// parcel stores an order with parcels on their way.
func (b *bench) parcel(t *testing.T, lines ...[]string) {
	t.Helper()
	o := commerce.Order{ID: ord, Account: "acc", Channel: commerce.TikTok, Source: commerce.FromMarketplace, State: commerce.OrderPaid, PlacedAt: b.clock.Now(), Lines: []commerce.OrderLine{{ID: "1", Quantity: 1}, {ID: "2", Quantity: 1}}}
	var out []port.Outbound
	for i, l := range lines {
		id := fmt.Sprintf("shp_%d", i)
		o.Shipments = append(o.Shipments, commerce.Shipment{ID: id, Carrier: "UPS", Tracking: "T" + id, Lines: l, State: commerce.SendPending})
		out = append(out, port.Outbound{ID: commerce.OutboundID("out" + id), Space: w, Key: string(ord), Kind: "shipment", Account: "acc", Ref: id, State: commerce.SendPending})
	}
	_, err := b.PutOrder(t.Context(), w, port.OrderWrite{Order: o, Out: out})
	must(t, err)
}

func TestParcelsOneByOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.parcel(t, []string{"1"}, []string{"2"})
	b.shop.answers = []error{nil, kind(fault.Temporary)}
	for _, want := range []commerce.OrderState{commerce.OrderPartly, commerce.OrderShipped} {
		must(t, b.worker.Run(t.Context(), port.Nudge{Space: w, Key: string(ord)}))
		o, err := b.Order(t.Context(), w, ord)
		must(t, err)
		if o.State != want || !o.FetchedAt.Equal(b.clock.Now()) {
			t.Errorf("the order is %s, want %s", o.State, want)
		}
		b.clock.Advance(time.Minute)
	}
	o, err := b.Order(t.Context(), w, ord)
	must(t, err)
	events, err := b.OrderEvents(t.Context(), w, ord)
	must(t, err)
	if o.Shipments[1].Remote != "r-Tshp_1" || o.Shipments[1].State != commerce.SendDone || len(events) != 2 || len(b.left(t, string(ord))) != 0 {
		t.Errorf("%+v, timeline %+v", o.Shipments, events)
	}
}

func TestARefusedParcelAndCancellation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.parcel(t, nil)
	b.shop.answers = []error{kind(fault.Rejected)}
	must(t, b.worker.Run(t.Context(), port.Nudge{Space: w, Key: string(ord)}))
	o, err := b.Order(t.Context(), w, ord)
	must(t, err)
	if o.State != commerce.OrderPaid || o.Shipments[0].State != commerce.SendFailed || o.Shipments[0].Problem != "Words." {
		t.Errorf("%+v", o)
	}
	// The shop of this test can't cancel.
	o.Requests = []commerce.Request{{ID: "c", By: commerce.BySeller, State: commerce.RequestWaiting, Answer: &commerce.Answer{ID: "outc", Verdict: commerce.VerdictCancel}}}
	_, err = b.PutOrder(t.Context(), w, port.OrderWrite{Order: o, Out: []port.Outbound{{ID: "outc", Space: w, Key: string(ord), Kind: "cancellation", Ref: "c", State: commerce.SendPending}, {ID: "outx", Space: w, Key: string(ord), Kind: "song", State: commerce.SendPending}}})
	must(t, err)
	must(t, b.worker.Run(t.Context(), port.Nudge{Space: w, Key: string(ord)}))
	failures, err := b.ListFailures(t.Context(), w, port.Page{Limit: 10})
	must(t, err)
	if len(b.left(t, string(ord))) != 0 || len(failures.Items) != 3 {
		t.Errorf("left %+v, failures %+v", b.left(t, string(ord)), failures.Items)
	}
}
