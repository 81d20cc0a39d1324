package publish_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

func TestFirstWriteShowsAndASecondNudgeDoesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	l := b.listing(p)
	if l.Remote != "remote_mug" || l.Views[commerce.Etsy].State != commerce.ListingLive || l.Views[commerce.Etsy].URL == "" {
		t.Fatalf("listing is %+v", l)
	}
	if it := b.market.items[l.Remote]; it.stock != 5 || it.title != "mug" || it.price != 1000 {
		t.Errorf("the market shows %+v", it)
	}
	if len(b.marks(0)) != 0 {
		t.Errorf("left over: %v", b.marks(0))
	}
	b.clock.Advance(time.Minute)
	calls, version := b.market.calls, l.Version
	b.run()
	// All of it is asked for again, and nothing differs.
	b.ok(b.store.PutMarks(t.Context(), b.marker.All(space, target, p.ID)))
	b.run()
	if b.market.calls != calls || b.listing(p).Version != version || len(b.marks(0)) != 0 {
		t.Errorf("%d calls, listing version %d -> %d, marks %v", b.market.calls-calls, version, b.listing(p).Version, b.marks(0))
	}
	if len(b.queue.sent) != 0 || !b.target().WakeAt.IsZero() {
		t.Errorf("nothing waits, but %v is sent and the target wakes at %v", b.queue.sent, b.target().WakeAt)
	}
}

func TestUrgentLanesGoFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	b.rules[commerce.Etsy] = channel.Rules{Batch: 1}
	var products []commerce.Product
	for i := range 4 {
		products = append(products, b.product(fmt.Sprint("p", i), 1))
	}
	b.run()
	var order []string
	b.market.script = func(c channel.Change) *channel.Result {
		order = append(order, fmt.Sprint(c.Product.Handle, c.Groups))
		return nil
	}
	b.ok(b.store.PutMarks(t.Context(), []port.Mark{mark(b, port.LaneImages, products[0]), mark(b, port.LaneText, products[1]), mark(b, port.LanePrice, products[2])}))
	for i, p := range products {
		next := p
		next.Version = p.Version
		switch i {
		case 0:
			next.Images = []commerce.Image{{URL: "https://x.example/1.png"}}
		case 1:
			next.Title = "new"
		case 2:
			next.Variants[0].Price.Amount = 7
		}
		if i < 3 {
			_, err := b.store.PutProduct(t.Context(), space, port.ProductWrite{Product: next})
			b.ok(err)
		}
	}
	level := b.move(products[3], 2, "")
	b.ok(b.marker.LevelChanged(t.Context(), space, level))
	b.run()
	if got := fmt.Sprint(order); got != "[p3[stock] p2[price] p1[text] p0[images]]" {
		t.Errorf("written in the order %s", got)
	}
}

func mark(b *bench, lane port.Lane, p commerce.Product) port.Mark {
	return port.Mark{Space: space, Target: target, Lane: lane, Product: p.ID, Version: b.ids.Next()}
}

func TestAMarkThatMovesWhileItIsWrittenIsNotLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	b.clock.Advance(time.Minute)
	first := p
	first.Title = "first"
	first = b.put(p, first)
	b.store.during = func() {
		second := first
		second.Title = "second"
		b.put(first, second)
	}
	b.run()
	b.drain(time.Minute)
	if it := b.market.items["remote_mug"]; it.title != "second" || len(b.marks(0)) != 0 {
		t.Errorf("the market shows %+v, marks %v", it, b.marks(0))
	}
}

func TestTextThatWaitsIsNotForgottenByAStockWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	tgt := b.target()
	tgt.Lanes = map[port.Lane]port.Parked{port.LaneText: {Until: b.clock.Now().Add(time.Hour), Reason: "the day's budget"}}
	_, err := b.store.PutTarget(t.Context(), tgt)
	b.ok(err)
	next := p
	next.Title = "later"
	b.put(p, next)
	b.clock.Advance(time.Minute)
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, -2, "")))
	b.run()
	if it := b.market.items["remote_mug"]; it.stock != 3 || it.title != "mug" {
		t.Fatalf("the market shows %+v", it)
	}
	if want := tgt.Lanes[port.LaneText].Until; !b.target().WakeAt.Equal(want) {
		t.Errorf("wakes at %v, not %v", b.target().WakeAt, want)
	}
	b.clock.Advance(2 * time.Hour)
	b.run()
	if it := b.market.items["remote_mug"]; it.title != "later" {
		t.Errorf("the market shows %+v", it)
	}
}

func TestParkedMarksDoNotSlowAStockMark(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	b.clock.Advance(time.Minute)
	var parked []port.Mark
	for i := range 5000 {
		parked = append(parked, mark(b, port.LaneText, commerce.Product{ID: commerce.ProductID(fmt.Sprintf("prd_%05d", i))}))
	}
	b.ok(b.store.PutMarks(t.Context(), parked))
	tgt := b.target()
	tgt.Lanes = map[port.Lane]port.Parked{port.LaneText: {Until: b.clock.Now().Add(time.Hour), Reason: "budget"}}
	_, err := b.store.PutTarget(t.Context(), tgt)
	b.ok(err)
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, -1, "")))
	b.store.read = 0
	b.run()
	if b.market.items["remote_mug"].stock != 4 || b.store.read > 3 {
		t.Errorf("the market shows %+v; %d marks were read for one", b.market.items["remote_mug"], b.store.read)
	}
}

func TestTenEditsInASecondAreTwoCalls(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		b := newBench(t, commerce.Facebook)
		gather := time.Second
		if whole {
			gather = 15 * time.Second
		}
		b.rules[commerce.Facebook] = channel.Rules{Batch: 10, Gather: gather, GatherTarget: whole}
		p := b.product("mug", 5)
		b.run()
		b.drain(time.Minute)
		b.clock.Advance(time.Minute)
		before := b.market.calls
		began := b.clock.Now()
		for i := range 10 {
			next := p
			next.Title = fmt.Sprint("edit ", i)
			p = b.put(p, next)
			b.run()
			if i == 0 && b.market.items["remote_mug"].title != "edit 0" {
				t.Errorf("the first edit waited")
			}
			b.clock.Advance(90 * time.Millisecond)
		}
		b.drain(time.Minute)
		if n := b.market.calls - before; n > 2 || b.market.items["remote_mug"].title != "edit 9" {
			t.Errorf("whole target %v: %d calls for ten edits, title %q", whole, n, b.market.items["remote_mug"].title)
		}
		if took := b.listing(p).PushedAt.Sub(began); took < gather || took > gather+2*time.Second {
			t.Errorf("the last edit was written after %v", took)
		}
	}
}

func TestOnlyOneNudgeWaitsForATarget(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	m := mark(b, port.LaneText, p)
	m.NotBefore = b.clock.Now().Add(10 * time.Minute)
	b.ok(b.store.PutMarks(t.Context(), []port.Mark{m}))
	for range 20 {
		b.run()
	}
	if len(b.queue.sent) != 1 || !b.target().WakeAt.Equal(m.NotBefore) {
		t.Errorf("%d nudges wait, the target wakes at %v", len(b.queue.sent), b.target().WakeAt)
	}
	due, err := b.store.ListDue(t.Context(), port.DueTarget, m.NotBefore, 10)
	b.ok(err)
	if len(due) != 1 || due[0].ID != string(target) {
		t.Errorf("due: %v", due)
	}
}

func TestAHeldLockSendsTheNudgeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	_, err := b.store.Lock(t.Context(), "tgt#"+string(space)+"#"+string(target), time.Minute)
	b.ok(err)
	b.run()
	if len(b.queue.sent) != 1 || b.queue.sent[0].nudge.Hops != 1 {
		t.Fatalf("sent %v", b.queue.sent)
	}
	b.product("mug", 5)
	b.drain(2 * time.Minute)
	if b.market.calls != 1 {
		t.Errorf("%d calls after the lock was free", b.market.calls)
	}
	_, err = b.store.Lock(t.Context(), "tgt#"+string(space)+"#"+string(target), time.Hour)
	b.ok(err)
	if err := b.worker.Run(t.Context(), port.Nudge{Space: space, Key: string(target), Hops: 60}); err == nil {
		t.Error("a nudge goes round for ever")
	}
}

// An import makes a nudge for every few products: while one worker is at the
// target, and while it waits, one nudge is enough.
func TestNudgesDoNotPileUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	token, err := b.store.Lock(t.Context(), "tgt#"+string(space)+"#"+string(target), time.Minute)
	b.ok(err)
	for range 50 {
		b.run()
	}
	if len(b.queue.sent) != 1 {
		t.Errorf("%d nudges sent while the target was worked on, want 1", len(b.queue.sent))
	}
	b.ok(b.store.Unlock(t.Context(), "tgt#"+string(space)+"#"+string(target), token))
	b.product("mug", 5)
	b.drain(time.Minute)

	m := mark(b, port.LaneText, commerce.Product{ID: "prd_mug"})
	m.NotBefore = b.clock.Now().Add(10 * time.Minute)
	b.ok(b.store.PutMarks(t.Context(), []port.Mark{m}))
	for range 50 {
		b.run()
	}
	if len(b.queue.sent) != 1 {
		t.Errorf("%d nudges sent for one wait, want 1", len(b.queue.sent))
	}
}

func TestATargetWithoutAWorkingWriterRests(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(b *bench){
		"no writer": func(b *bench) {
			tgt := b.target()
			tgt.Writer = ""
			_, err := b.store.PutTarget(b.t.Context(), tgt)
			b.ok(err)
		},
		"writer gone": func(b *bench) {
			tgt := b.target()
			tgt.Writer = "acc_nobody"
			_, err := b.store.PutTarget(b.t.Context(), tgt)
			b.ok(err)
		},
		"consent ended": func(b *bench) { b.ok(b.expired(b.t.Context(), space, writer, "ended")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, commerce.Etsy)
			b.product("mug", 5)
			tgt := b.target()
			tgt.WakeAt = b.clock.Now()
			_, err := b.store.PutTarget(t.Context(), tgt)
			b.ok(err)
			spoil(b)
			b.run()
			if b.market.calls != 0 || len(b.queue.sent) != 0 || len(b.marks(0)) != 1 || !b.target().WakeAt.IsZero() {
				t.Errorf("%d calls, sent %v, marks %v, wakes %v", b.market.calls, b.queue.sent, b.marks(0), b.target().WakeAt)
			}
		})
	}
}

func TestMarksBehindAThousandWaitingOnesAreFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	var waiting []port.Mark
	for i := range 2500 {
		m := mark(b, port.LaneText, commerce.Product{ID: commerce.ProductID(fmt.Sprintf("prd_%05d", i))})
		m.NotBefore = b.clock.Now().Add(time.Hour)
		waiting = append(waiting, m)
	}
	b.ok(b.store.PutMarks(t.Context(), waiting))
	b.product("zebra", 5)
	b.run()
	if b.market.calls != 1 {
		t.Errorf("%d calls", b.market.calls)
	}
}
