package publish_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// InFeed says that everything waits for the next fetch.
func (m *bulk) InFeed(changes []channel.Change) []channel.Result {
	results := make([]channel.Result, 0, len(changes))
	for _, c := range changes {
		results = append(results, channel.Result{
			Listing: c.Listing.ID, Outcome: channel.Done, Remote: commerce.RemoteID("r_" + c.Product.Handle), Items: m.itemsOf(c),
			Views: map[commerce.Channel]channel.View{commerce.Facebook: {State: commerce.ListingQueued, Waiting: "in the feed"}},
		})
	}
	return results
}

// byFeed switches the target over, as connections do.
func (b *bench) byFeed(on bool, goods ...commerce.Product) {
	b.t.Helper()
	tgt := b.target()
	tgt.Feed, tgt.FeedDue, tgt.WakeAt = on, on, b.clock.Now()
	_, err := b.store.Store.PutTarget(b.t.Context(), tgt)
	b.ok(err)
	b.spread(goods)
}

// rest lets time go by until the target rests; maintain wakes it.
func (b *bench) rest() {
	b.t.Helper()
	b.drain(time.Hour)
	for n := 0; !b.target().WakeAt.IsZero(); n++ {
		if n > 20 {
			b.t.Fatal("the target never rests")
		}
		if wait := b.target().WakeAt.Sub(b.clock.Now()); wait > 0 {
			b.clock.Advance(wait)
		}
		b.run()
		b.drain(time.Minute)
	}
}

// TestAFeedOrCallsNeverBoth: with a feed nothing is written by calls, the views
// say so, files are begun at once and then gathered; back with calls everything
// is written anew.
func TestAFeedOrCallsNeverBoth(t *testing.T) {
	t.Parallel()
	b, m, goods := newBulk(t, 3)
	b.store.slow = 0
	b.run()
	b.rest()
	calls := len(m.sent)
	b.byFeed(true, goods...)
	b.clock.Advance(time.Minute)
	began := b.clock.Now()
	b.run()
	for i := range 5 {
		next := goods[0]
		next.Title = fmt.Sprint("edit ", i)
		goods[0] = b.put(goods[0], next)
		b.clock.Advance(time.Minute)
		b.run()
	}
	b.rest()
	if len(m.sent) != calls || len(b.marks(0)) != 0 {
		t.Fatalf("%d calls beside the feed, marks %v", len(m.sent)-calls, b.marks(0))
	}
	if len(b.feeds) != 2 || !b.feeds[0].Equal(began) || b.feeds[1].Before(began.Add(30*time.Minute)) {
		t.Errorf("files were begun at %v, the first change was at %v", b.feeds, began)
	}
	if v := b.listing(goods[0]).Views[commerce.Facebook]; v.Waiting != "in the feed" {
		t.Errorf("view %+v", v)
	}
	b.byFeed(false, goods...)
	b.run()
	b.rest()
	if len(m.sent) != calls+1 || len(m.sent[calls]) != 3 || m.shown[b.listing(goods[0]).ID] != "edit 4" || len(b.feeds) != 2 {
		t.Errorf("%d calls after the feed, %d files", len(m.sent)-calls, len(b.feeds))
	}
}

// TestSwitchingWhileACallIsOpen: the call is settled and nothing is sent again.
func TestSwitchingWhileACallIsOpen(t *testing.T) {
	t.Parallel()
	for kill := range 7 {
		b, m, goods := newBulk(t, 1)
		b.store.slow = 0
		b.run()
		b.byFeed(true, goods...)
		b.clock.Advance(time.Minute)
		b.store.killAt, b.store.steps = kill, 0
		b.runKilled()
		b.store.killAt = 0
		b.restart()
		b.run()
		b.rest()
		calls, err := b.store.ListCalls(t.Context(), space, target)
		b.ok(err)
		if len(m.sent) != 1 || len(calls) != 0 || len(b.marks(0)) != 0 || len(b.feeds) == 0 || b.target().FeedDue {
			t.Errorf("killed at %d: %d calls, open %v, %d marks, %d files, due %v", kill, len(m.sent), calls, len(b.marks(0)), len(b.feeds), b.target().FeedDue)
		}
	}
}
