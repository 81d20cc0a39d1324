package publish_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// bulk is a marketplace that takes everything in one call and tells later what
// became of it.
type bulk struct {
	*market
	sent    [][]commerce.ListingID
	shown   map[commerce.ListingID]string // title
	watched int
	settled int
	denied  bool
}

func (m *bulk) Apply(ctx context.Context, changes []channel.Change, save channel.Saver) ([]channel.Result, error) {
	call := channel.Call{ID: m.ids.Next(), Kind: "bulk", Intent: map[string]string{}}
	for _, c := range changes {
		call.Listings = append(call.Listings, c.Listing.ID)
		call.Intent[string(c.Listing.ID)] = fmt.Sprintf("what has to be found again of %s, and more of it: %02000d", c.Listing.ID, 0)
	}
	if err := save.Begin(ctx, call); err != nil {
		return nil, err
	}
	if m.denied {
		if err := save.End(ctx, call.ID); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.Denied, "needs_permission", "The marketplace does not let us.")
	}
	if err := m.store.step(func() error {
		m.sent = append(m.sent, call.Listings)
		for _, c := range changes {
			m.shown[c.Listing.ID] = c.Product.Title
		}
		return nil
	}); err != nil {
		return nil, err
	}
	at := m.clock.Now().Add(2 * time.Second)
	if err := save.Sent(ctx, call.ID, "handle", at); err != nil {
		return nil, err
	}
	results := make([]channel.Result, 0, len(changes))
	for _, c := range changes {
		results = append(results, channel.Result{Listing: c.Listing.ID, Outcome: channel.Pending, Call: call.ID, CheckAt: at})
	}
	return results, nil
}

// Watch says once that the call runs.
func (m *bulk) Watch(context.Context, channel.Call) (time.Time, error) {
	if m.watched++; m.watched == 1 {
		return m.clock.Now().Add(5 * time.Second), nil
	}
	return time.Time{}, nil
}

func (m *bulk) Settle(_ context.Context, calls []channel.OpenCall, _ channel.Saver) ([]channel.Result, error) {
	m.settled++
	var results []channel.Result
	for _, c := range calls {
		for _, change := range c.Changes {
			res := channel.Result{Listing: change.Listing.ID, Outcome: channel.More}
			if _, there := m.shown[change.Listing.ID]; there && c.Intent[string(change.Listing.ID)] != "" {
				res = channel.Result{Listing: change.Listing.ID, Outcome: channel.Done, Remote: commerce.RemoteID("r_" + change.Product.Handle), Items: m.itemsOf(change), Views: m.views(change)}
			}
			results = append(results, res)
		}
	}
	return results, nil
}

const manyGoods = 105

// newBulk is a bench with more listings in a call than a row holds, and more
// outcomes than a slice stores.
func newBulk(t *testing.T, products int) (*bench, *bulk, []commerce.Product) {
	b := newBench(t, commerce.Facebook)
	b.rules[commerce.Facebook] = channel.Rules{Batch: 1000, Gather: 15 * time.Second, GatherTarget: true}
	m := &bulk{market: b.market, shown: map[commerce.ListingID]string{}}
	b.worker.Open = func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
		return m, nil
	}
	var goods []commerce.Product
	for i := range products {
		goods = append(goods, b.product(fmt.Sprintf("p%03d", i), 3))
	}
	b.store.slow = 220 * time.Millisecond
	return b, m, goods
}

func (b *bench) wantAll(m *bulk, goods []commerce.Product) {
	b.t.Helper()
	for _, p := range goods {
		l := b.listing(p)
		if l.Views[commerce.Facebook].State != commerce.ListingLive || l.Remote == "" || len(l.Items) != 1 || m.shown[l.ID] != p.Title {
			b.t.Fatalf("%s is %+v, the market shows %q", p.ID, l, m.shown[l.ID])
		}
	}
	calls, err := b.store.ListCalls(b.t.Context(), space, target)
	b.ok(err)
	if marks := b.marks(0); len(marks) != 0 || len(calls) != 0 {
		b.t.Fatalf("left over are %d marks and calls %v", len(marks), calls)
	}
}

// TestOutcomesOfALargeCallAreStoredInSlices: one call, its items in a blob, its
// outcomes over several runs of the worker.
func TestOutcomesOfALargeCallAreStoredInSlices(t *testing.T) {
	t.Parallel()
	b, m, goods := newBulk(t, manyGoods)
	b.run()
	calls, err := b.store.ListCalls(t.Context(), space, target)
	b.ok(err)
	if len(calls) != 1 || calls[0].Blob == "" || calls[0].Items != nil || len(b.blobs.kept) != 1 || len(b.marks(0)) != manyGoods {
		t.Fatalf("open calls %+v, %d blobs, %d marks", calls, len(b.blobs.kept), len(b.marks(0)))
	}
	// An edit while the call is open waits for its end.
	next := goods[7]
	next.Title = "another"
	goods[7] = b.put(goods[7], next)
	b.clock.Advance(20 * time.Second)
	b.run()
	if len(m.sent) != 1 {
		t.Fatalf("%d calls while one is open", len(m.sent))
	}
	b.drain(time.Hour)
	b.wantAll(m, goods)
	if len(m.sent) != 2 || len(m.sent[0]) != manyGoods || len(m.sent[1]) != 1 || len(b.blobs.kept) != 0 {
		t.Errorf("%d calls, %d blobs left", len(m.sent), len(b.blobs.kept))
	}
	if m.settled < 3 { // 100, the rest, and the edit
		t.Errorf("all was settled in %d steps: the slice did not end it", m.settled)
	}
}

func TestAKillDuringALargeCallLosesNothing(t *testing.T) {
	t.Parallel()
	for i, at := range []int{1, 2, 3, 3, 4, 4, 5, 50, 105, 106, 107, 108, 113, 114, 115} {
		after := i%2 > 0
		t.Run(fmt.Sprint(at, after), func(t *testing.T) {
			t.Parallel()
			b, m, goods := newBulk(t, manyGoods)
			b.store.killAt, b.store.steps, b.store.after = at, 0, after
			killed := false
			for n := 0; n < 6 && !killed; n++ {
				killed = b.runKilled()
				b.clock.Advance(10 * time.Second)
			}
			b.store.killAt = 0
			b.restart()
			b.run()
			b.drain(time.Hour)
			b.wantAll(m, goods)
			if len(m.sent) > 1 || !killed {
				t.Errorf("killed %v, the market was called %d times", killed, len(m.sent))
			}
		})
	}
}

// TestACallLeftAloneForTooLong: after a week the blob of a call has gone. Its
// marks are worked anew.
func TestACallLeftAloneForTooLong(t *testing.T) {
	t.Parallel()
	b, m, goods := newBulk(t, manyGoods)
	b.run()
	clear(b.blobs.kept)
	b.clock.Advance(8 * 24 * time.Hour)
	m.watched = 1
	b.run()
	b.drain(time.Hour)
	b.wantAll(m, goods)
}

// TestWhatIsDeniedWaitsForTheSeller: no attempt counts, and a new consent goes
// on with it.
func TestWhatIsDeniedWaitsForTheSeller(t *testing.T) {
	t.Parallel()
	b, m, goods := newBulk(t, manyGoods)
	b.store.slow, m.denied = 0, true
	for range 12 {
		b.run()
		b.drain(90 * time.Minute)
	}
	marks := b.marks(0)
	if len(marks) != manyGoods || marks[0].Attempts != 0 || len(m.sent) != 0 {
		t.Fatalf("%d marks, the first %+v", len(marks), marks[0])
	}
	if v := b.listing(goods[0]).Views[commerce.Facebook]; v.Waiting != "The marketplace does not let us." || v.State != commerce.ListingQueued {
		t.Errorf("view %+v", v)
	}
	m.denied = false
	tgt := b.target()
	tgt.Lanes, tgt.WakeAt = nil, b.clock.Now() // what connecting again does
	_, err := b.store.PutTarget(t.Context(), tgt)
	b.ok(err)
	b.run()
	b.drain(time.Hour)
	b.wantAll(m, goods)
	var failures port.List[port.Failure]
	failures, err = b.store.ListFailures(t.Context(), space, port.Page{Limit: 10})
	b.ok(err)
	if len(failures.Items) != 0 {
		t.Errorf("failures %v", failures.Items)
	}
}
