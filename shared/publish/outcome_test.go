package publish_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// edited is a bench with a listing on sale and an edit of its text waiting.
func edited(t *testing.T) (*bench, commerce.Product) {
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	b.clock.Advance(time.Minute)
	next := p
	next.Title = "better mug"
	return b, b.put(p, next)
}

func answer(res channel.Result) func(channel.Change) *channel.Result {
	return func(channel.Change) *channel.Result { copied := res; return &copied }
}

func TestWhatEachFaultDoes(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]struct {
		state    commerce.ListingState
		marks    int
		waiting  string
		failures int
		account  port.AccountState
	}{
		fault.Temporary:   {commerce.ListingLive, 1, "", 0, port.AccountActive},
		fault.Internal:    {commerce.ListingLive, 1, "", 0, port.AccountActive},
		fault.Unknown:     {commerce.ListingLive, 1, "", 0, port.AccountActive},
		fault.RateLimited: {commerce.ListingLive, 1, "Say when.", 0, port.AccountActive},
		fault.AuthExpired: {commerce.ListingLive, 1, "The connection has to be renewed.", 0, port.AccountNeedsConsent},
		fault.Rejected:    {commerce.ListingRejected, 0, "", 0, port.AccountActive},
		fault.Invalid:     {commerce.ListingRejected, 0, "", 0, port.AccountActive},
		fault.Unsupported: {commerce.ListingRejected, 0, "", 0, port.AccountActive},
		fault.Permanent:   {commerce.ListingRejected, 0, "", 1, port.AccountActive},
	} {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, whole), func(t *testing.T) {
				t.Parallel()
				b, p := edited(t)
				err := &fault.Error{Kind: kind, Code: "why", Message: "Say when.", RetryAfter: time.Hour}
				if whole {
					b.market.refuse = err
				} else {
					b.market.script = answer(channel.Result{Outcome: channel.Failed, Err: err})
				}
				b.run()
				v := b.listing(p).Views[commerce.Etsy]
				a, accErr := b.store.Account(t.Context(), space, writer)
				b.ok(accErr)
				failures, failErr := b.store.ListFailures(t.Context(), space, port.Page{Limit: 10})
				b.ok(failErr)
				if v.State != want.state || len(b.marks(0)) != want.marks || v.Waiting != want.waiting || len(failures.Items) != want.failures || a.State != want.account {
					t.Errorf("view %+v, %d marks, %d failures, account %s", v, len(b.marks(0)), len(failures.Items), a.State)
				}
				if want.state == commerce.ListingRejected && (len(v.Problems) != 1 || v.Problems[0].Rule != "why" || v.Problems[0].Fix != "Say when.") {
					t.Errorf("problems %+v", v.Problems)
				}
				wakes := want.account == port.AccountActive && want.marks > 0
				if at := b.target().WakeAt; wakes != !at.IsZero() {
					t.Errorf("the target wakes at %v", at)
				}
			})
		}
	}
}

func TestARateLimitParksItsLaneAndTheWorkGoesOnAfterIt(t *testing.T) {
	t.Parallel()
	b, p := edited(t)
	b.market.refuse = &fault.Error{Kind: fault.RateLimited, Code: "day", Message: "The day is used up.", RetryAfter: 3 * time.Hour}
	b.run()
	tgt := b.target()
	if len(tgt.Lanes) != 1 || tgt.Lanes[port.LaneText].Reason != "The day is used up." {
		t.Fatalf("lanes %v", tgt.Lanes)
	}
	b.market.refuse = nil
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, 1, "")))
	b.run()
	if it := b.market.items["remote_mug"]; it.stock != 6 || it.title != "mug" {
		t.Errorf("meanwhile the market shows %+v", it)
	}
	b.clock.Advance(3 * time.Hour)
	b.run()
	v := b.listing(p).Views[commerce.Etsy]
	if it := b.market.items["remote_mug"]; it.title != "better mug" || v.Waiting != "" || len(b.marks(0)) != 0 {
		t.Errorf("at last the market shows %+v, the view %+v", it, v)
	}
}

func TestAFaultThatStaysBecomesAnErrorAndARetryWritesAnew(t *testing.T) {
	t.Parallel()
	b, p := edited(t)
	b.market.refuse = fault.New(fault.Temporary, "down", "Etsy is down.")
	b.run()
	b.drain(time.Hour)
	v := b.listing(p).Views[commerce.Etsy]
	if v.State != commerce.ListingError || v.Problems[0].Rule != "down" || len(b.marks(0)) != 0 || len(b.queue.sent) != 0 {
		t.Fatalf("view %+v, marks %v", v, b.marks(0))
	}
	b.market.refuse = nil
	b.ok(b.marker.Retry(t.Context(), space, b.listing(p).ID, commerce.Etsy))
	b.run()
	v = b.listing(p).Views[commerce.Etsy]
	if v.State != commerce.ListingLive || len(v.Problems) != 0 || b.market.items["remote_mug"].title != "better mug" {
		t.Errorf("view %+v, market %+v", v, b.market.items["remote_mug"])
	}
	if err := b.marker.Retry(t.Context(), space, b.listing(p).ID, commerce.TikTok); !fault.Is(err, fault.NotFound) {
		t.Errorf("retry on a channel it is not on: %v", err)
	}
}

func TestARetryWhileAWorkerWritesIsNotLost(t *testing.T) {
	t.Parallel()
	b, p := edited(t)
	b.store.during = func() { b.ok(b.marker.Retry(t.Context(), space, b.listing(p).ID, commerce.Etsy)) }
	before := b.market.calls
	b.run()
	b.drain(time.Minute)
	if b.market.calls != before+2 {
		t.Errorf("%d calls: the edit and the retry are two", b.market.calls-before)
	}
}

func TestRefusedContentIsSentAgainWithTheNextEditOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	b.clock.Advance(time.Minute)
	next := p
	next.Title, next.Variants = "forbidden mug", []commerce.Variant{p.Variants[0]}
	next.Variants[0].Price.Amount = 1500
	problem := commerce.Problem{Rule: "title", Field: "title", Fix: "Say it differently."}
	b.market.script = answer(channel.Result{Outcome: channel.Refused, Views: map[commerce.Channel]channel.View{commerce.Etsy: {State: commerce.ListingRejected, Problems: []commerce.Problem{problem}}}})
	next = b.put(p, next)
	b.run()
	if v := b.listing(p).Views[commerce.Etsy]; v.State != commerce.ListingRejected || len(v.Problems) != 1 || len(b.marks(0)) != 0 {
		t.Fatalf("view %+v, marks %v", v, b.marks(0))
	}
	var sent []string
	b.market.script = func(c channel.Change) *channel.Result { sent = append(sent, fmt.Sprint(c.Groups)); return nil }
	b.clock.Advance(time.Minute)
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, 1, "")))
	b.run()
	b.clock.Advance(time.Minute)
	last := next
	last.Title = "friendly mug"
	b.put(next, last)
	b.run()
	if got := fmt.Sprint(sent); got != "[[stock] [price text]]" {
		t.Errorf("sent %s", got)
	}
	if it := b.market.items["remote_mug"]; it.title != "friendly mug" || it.price != 1500 {
		t.Errorf("the market shows %+v", it)
	}
}

func TestContentAgainstTheRulesCostsNoCallAndStaysOnSale(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	fresh := b.product(strings.Repeat("x", 60), 1)
	b.run()
	v := b.listing(fresh).Views[commerce.Etsy]
	want := channel.Validate(b.rules[commerce.Etsy], fresh, commerce.Defaults{}, b.clock.Now())
	if b.market.calls != 0 || v.State != commerce.ListingRejected || !v.Wanted || len(v.Problems) != len(want) || v.Problems[0].Rule != "title_too_long" || len(b.marks(0)) != 0 {
		t.Errorf("%d calls, view %+v", b.market.calls, v)
	}
	p := b.product("mug", 5)
	b.run()
	b.clock.Advance(time.Minute)
	calls := b.market.calls
	bad := p
	bad.Title, bad.Variants = strings.Repeat("y", 60), []commerce.Variant{p.Variants[0]}
	bad.Variants[0].Price.Amount = 1700
	bad = b.put(p, bad)
	b.run()
	if v := b.listing(p).Views[commerce.Etsy]; b.market.calls != calls || v.State != commerce.ListingRejected || v.Problems[0].Rule != "title_too_long" {
		t.Errorf("%d calls, view %+v", b.market.calls-calls, v)
	}
	b.clock.Advance(time.Minute)
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, -4, "")))
	b.run()
	v = b.listing(p).Views[commerce.Etsy]
	if it := b.market.items["remote_mug"]; it.stock != 1 || it.title != "mug" || it.price != 1000 || it.gone || v.State != commerce.ListingRejected || len(v.Problems) != 1 {
		t.Errorf("the market shows %+v, the view %+v", it, v)
	}
	b.clock.Advance(time.Minute)
	good := bad
	good.Title = "a short one"
	b.put(bad, good)
	b.run()
	v = b.listing(p).Views[commerce.Etsy]
	if it := b.market.items["remote_mug"]; it.title != "a short one" || it.price != 1700 || v.State != commerce.ListingLive || len(v.Problems) != 0 {
		t.Errorf("the market shows %+v, the view %+v", it, v)
	}
}

func TestMoreGoesOnWithWhatIsLeft(t *testing.T) {
	t.Parallel()
	b, p := edited(t)
	next := p
	next.Images = []commerce.Image{{URL: "https://x.example/1.png"}}
	b.put(p, next)
	first := true
	var groups []string
	b.market.script = func(c channel.Change) *channel.Result {
		groups = append(groups, fmt.Sprint(c.Groups))
		if first {
			first = false
			return &channel.Result{Outcome: channel.More, Done: []commerce.Group{commerce.GroupText}}
		}
		return nil
	}
	b.run()
	b.drain(time.Minute)
	if got := fmt.Sprint(groups); got != "[[text images] [images]]" || len(b.marks(0)) != 0 {
		t.Errorf("sent %s, marks %v", got, b.marks(0))
	}
}

func TestASliceThatIsOverGoesOnInTheNext(t *testing.T) {
	t.Parallel()
	b, p := edited(t)
	calls, pushed := b.market.calls, b.listing(p).PushedAt
	b.market.script = answer(channel.Result{Outcome: channel.More})
	b.run()
	if b.market.calls != calls+1 || !b.listing(p).PushedAt.Equal(pushed) || len(b.queue.sent) != 1 || !b.queue.sent[0].at.Equal(b.clock.Now().Add(time.Second)) {
		t.Errorf("asked %d times, sent %v", b.market.calls-calls, b.queue.sent)
	}
	b.market.script = nil
	b.drain(time.Minute)
	if b.market.items["remote_mug"].title != "better mug" || len(b.queue.sent) != 0 {
		t.Errorf("the market shows %+v", b.market.items["remote_mug"])
	}
}

func TestLaterWaitsUncounted(t *testing.T) {
	t.Parallel()
	b, p := edited(t)
	at := b.clock.Now().Add(2 * time.Hour)
	b.market.script = answer(channel.Result{Outcome: channel.Later, CheckAt: at, Views: map[commerce.Channel]channel.View{commerce.Etsy: {State: commerce.ListingLive, Waiting: "daily limit"}}})
	b.run()
	marks := b.marks(0)
	if len(marks) != 1 || marks[0].Attempts != 0 || !marks[0].NotBefore.Equal(at) || b.listing(p).Views[commerce.Etsy].Waiting != "daily limit" || !b.target().WakeAt.Equal(at) {
		t.Fatalf("marks %v, view %+v", marks, b.listing(p).Views)
	}
	b.market.script = nil
	b.clock.Advance(2 * time.Hour)
	b.run()
	if v := b.listing(p).Views[commerce.Etsy]; v.Waiting != "" || b.market.items["remote_mug"].title != "better mug" {
		t.Errorf("view %+v", v)
	}
}

func TestAConnectorThatAnswersTooLittleIsAFaultOfOurs(t *testing.T) {
	t.Parallel()
	b, _ := edited(t)
	b.market.script = answer(channel.Result{Outcome: "perhaps"})
	err := b.worker.Run(t.Context(), port.Nudge{Space: space, Key: string(target)})
	if !fault.Is(err, fault.Internal) || len(b.marks(0)) != 1 {
		t.Errorf("%v, marks %v", err, b.marks(0))
	}
	if errors.Is(err, errKilled) {
		t.Error("killed")
	}
}

func TestReviewsAreReadBackMoreAndMoreSlowly(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.TikTok)
	b.market.state = commerce.ListingInReview
	began := b.clock.Now()
	seen := 0
	b.market.looked = func(l commerce.Listing) channel.Result {
		seen++
		state := commerce.ListingInReview
		if b.clock.Now().Sub(began) > 3*time.Hour {
			state = commerce.ListingLive
		}
		return channel.Result{Listing: l.ID, Views: map[commerce.Channel]channel.View{commerce.TikTok: {State: state, Review: string(state)}}}
	}
	p := b.product("mug", 5)
	b.market.script = func(c channel.Change) *channel.Result {
		if c.Listing.Remote == "" {
			return &channel.Result{Outcome: channel.Done, Remote: "r1", CheckAt: b.clock.Now().Add(time.Second), Views: b.market.views(c)}
		}
		return nil
	}
	b.run()
	version := b.listing(p).Version
	b.drain(2 * time.Hour)
	if v := b.listing(p).Version; v > version+1 {
		t.Errorf("looking alone wrote the listing %d times", v-version)
	}
	b.drain(6 * time.Hour)
	if v := b.listing(p).Views[commerce.TikTok]; v.State != commerce.ListingLive || v.Review != "live" || len(b.marks(0)) != 0 {
		t.Errorf("view %+v, marks %v", v, b.marks(0))
	}
	if seen < 10 || seen > 25 {
		t.Errorf("looked %d times in three hours", seen)
	}
}

func TestAChangeAtTheMarketplaceIsReadBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	b.ok(b.marker.Changed(t.Context(), space, target, "remote_mug"))
	b.ok(b.marker.Changed(t.Context(), space, target, "unknown"))
	b.ok(b.marker.Changed(t.Context(), space, "", "remote_mug"))
	if n := len(b.marks(port.LaneCheck)); n != 1 {
		t.Fatalf("%d marks", n)
	}
	b.run() // the market answers nothing: it is gone there
	if v := b.listing(p).Views[commerce.Etsy]; v.State != commerce.ListingEnded || len(b.marks(0)) != 0 {
		t.Errorf("view %+v", v)
	}
}

func TestReadBacksWaitWhenTheyCannotBeRead(t *testing.T) {
	t.Parallel()
	for kind, lane := range map[fault.Kind]bool{fault.RateLimited: true, fault.Temporary: false} {
		b := newBench(t, commerce.Etsy)
		b.product("mug", 5)
		b.run()
		b.ok(b.marker.Changed(t.Context(), space, target, "remote_mug"))
		b.worker.Open = brokenReader(b, &fault.Error{Kind: kind, Code: "x", Message: "Later.", RetryAfter: time.Hour})
		b.run()
		tgt := b.target()
		if _, parked := tgt.Lanes[port.LaneCheck]; parked != lane || tgt.WakeAt.Before(b.clock.Now().Add(time.Hour)) || len(b.marks(port.LaneCheck)) != 1 {
			t.Errorf("%s: lanes %v, wakes %v", kind, tgt.Lanes, tgt.WakeAt)
		}
	}
}
