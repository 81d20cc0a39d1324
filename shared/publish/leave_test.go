package publish_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/publish"
)

// disconnect takes all accounts off the target and marks everything, as
// disconnecting does.
func (b *bench) disconnect(products ...commerce.Product) {
	b.t.Helper()
	tgt := b.target()
	tgt.Accounts, tgt.Writer, tgt.WakeAt = nil, "", b.clock.Now()
	_, err := b.store.Store.PutTarget(b.t.Context(), tgt)
	b.ok(err)
	b.spread(products)
}

func (b *bench) reconnect(products ...commerce.Product) {
	b.t.Helper()
	tgt := b.target()
	tgt.Accounts, tgt.Writer, tgt.WakeAt = map[commerce.Channel]commerce.AccountID{commerce.Etsy: writer}, writer, b.clock.Now()
	_, err := b.store.Store.PutTarget(b.t.Context(), tgt)
	b.ok(err)
	b.spread(products)
}

func (b *bench) spread(products []commerce.Product) {
	b.t.Helper()
	for _, p := range products {
		b.ok(b.store.Store.PutMarks(b.t.Context(), b.marker.All(space, target, p.ID)))
	}
}

// Killed anywhere, leaving a target ends with its views ended and nothing left
// to do, without a call; connecting again shows all of it, made once.
func TestLeavingATargetKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			b := newBench(t, commerce.Etsy)
			products := []commerce.Product{b.product("mug", 5), b.product("bowl", 2)}
			b.run()
			b.clock.Advance(time.Minute)
			b.ok(b.store.PutCall(t.Context(), space, target, port.Call{ID: "c1", Kind: "write", Token: "t", Listings: []commerce.ListingID{b.listing(products[0]).ID}, BeganAt: b.clock.Now()}))
			calls := b.market.calls
			b.disconnect(products...)
			b.store.steps, b.store.killAt, b.store.after = 0, n, after
			killed := b.runKilled()
			b.store.killAt = 0
			b.restart()
			b.run()
			b.drain(time.Minute)
			what := fmt.Sprintf("killed at %d, after %v", n, after)
			for _, p := range products {
				v := b.listing(p).Views[commerce.Etsy]
				if v.State != commerce.ListingEnded || v.Wanted || v.Waiting != publish.Disconnected || len(v.Problems) != 0 {
					t.Errorf("%s: view %+v", what, v)
				}
			}
			open, err := b.store.ListCalls(t.Context(), space, target)
			b.ok(err)
			if len(b.marks(0)) != 0 || len(open) != 0 || !b.target().WakeAt.IsZero() || b.market.calls != calls {
				t.Errorf("%s: left over are %v and %v, wake at %v, %d calls", what, b.marks(0), open, b.target().WakeAt, b.market.calls-calls)
			}
			b.reconnect(products...)
			b.run()
			b.drain(time.Minute)
			for _, p := range products {
				if v := b.listing(p).Views[commerce.Etsy]; v.State != commerce.ListingLive || !v.Wanted || v.Waiting != "" || b.market.created[p.Handle] != 1 {
					t.Errorf("%s: connected again the view is %+v, made %d times", what, v, b.market.created[p.Handle])
				}
			}
			if !killed {
				if n < 5 {
					t.Errorf("only %d steps were killed", n-1)
				}
				break
			}
		}
	}
}

// A listing that was being made when its worker died, and whose shop was
// disconnected before anybody looked, is found when the shop is connected again.
func TestWhatWasBeingMadeIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	mug := b.product("mug", 5)
	b.store.steps, b.store.killAt, b.store.after = 0, 2, true // the marketplace has it, nobody wrote it down
	if !b.runKilled() || b.market.created["mug"] != 1 || b.hasRemote(mug) {
		t.Fatalf("the story begins otherwise: %v", b.market.created)
	}
	b.restart()
	b.disconnect(mug)
	b.run()
	b.drain(time.Minute)
	b.reconnect(mug)
	b.run()
	b.drain(time.Minute)
	if v := b.listing(mug).Views[commerce.Etsy]; b.market.created["mug"] != 1 || v.State != commerce.ListingLive || len(b.marks(0)) != 0 {
		t.Errorf("made %v, view %+v, marks %v", b.market.created, v, b.marks(0))
	}
}

func (b *bench) hasRemote(p commerce.Product) bool {
	l, err := b.store.Listing(b.t.Context(), space, port.ListingIDOf(target, p.ID))
	return err == nil && l.Remote != ""
}

// A worker that is under way when the shop is disconnected, and one that clears
// when it is connected again, leave what the later of the two wants.
func TestConnectingAndLeavingMeetAWorker(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	mug := b.product("mug", 5)
	b.store.during = func() { b.disconnect(mug) }
	b.run()
	b.drain(time.Minute)
	b.clock.Advance(time.Minute)
	b.run()
	if v := b.listing(mug).Views[commerce.Etsy]; v.State != commerce.ListingEnded || len(b.marks(0)) != 0 {
		t.Errorf("left while it was written: %+v, marks %v", v, b.marks(0))
	}
	b.disconnect(mug)
	b.store.listed = func() { b.reconnect(mug) }
	b.run()
	b.drain(time.Minute)
	if v := b.listing(mug).Views[commerce.Etsy]; v.State != commerce.ListingLive || len(b.marks(0)) != 0 || b.market.created["mug"] != 1 {
		t.Errorf("connected while it was cleared: %+v, marks %v", v, b.marks(0))
	}
}

// A disconnected target keeps the channels that stay, and a retry of what was
// left ends where it was.
func TestARetryOfWhatWasLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	mug := b.product("mug", 5)
	b.run()
	b.disconnect(mug)
	b.run()
	b.ok(b.marker.Retry(t.Context(), space, b.listing(mug).ID, commerce.Etsy))
	b.market.script = func(channel.Change) *channel.Result {
		t.Error("the marketplace was asked")
		return nil
	}
	b.run()
	if v := b.listing(mug).Views[commerce.Etsy]; v.State != commerce.ListingEnded || v.Waiting != publish.Disconnected {
		t.Errorf("view %+v", v)
	}
}
