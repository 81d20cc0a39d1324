package publish_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// runKilled runs the worker and says whether it was killed on the way.
func (b *bench) runKilled() bool {
	ctx := b.t.Context()
	if b.store.cancel != nil {
		ctx, b.store.cancel = context.WithCancel(ctx)
	}
	err := b.worker.Run(ctx, port.Nudge{V: 1, Space: space, Key: string(target)})
	if err != nil && !b.store.killed {
		b.t.Fatal(err)
	}
	killed := b.store.killed
	if b.store.killed, b.store.dead = false, false; killed {
		b.store.killAt, b.store.cancel = 0, nil
	}
	return killed
}

// story creates two products and edits one, with a kill at a step.
func story(t *testing.T, async, cancel bool, killAt int, after bool) (b *bench, killed bool) {
	b = newBench(t, commerce.Etsy)
	b.market.async = async
	b.store.killAt, b.store.after, b.store.steps = 0, after, 0
	p := b.product("mug", 5)
	b.product("bowl", 2)
	b.store.killAt, b.store.steps = killAt, 0
	if cancel {
		b.store.cancel = func() {}
	}
	killed = b.runKilled()
	b.restart()
	next := p
	next.Title = "new mug"
	next.Variants = []commerce.Variant{p.Variants[0]}
	next.Variants[0].Price.Amount = 1234
	at := b.store.killAt
	b.store.killAt = 0 // what the test itself does is not killed
	b.put(p, next)
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, -3, "")))
	b.store.killAt = at
	killed = b.runKilled() || killed
	b.restart()
	b.store.killAt, b.store.cancel = 0, nil
	b.run()
	b.drain(time.Hour)
	return b, killed
}

// restart is the time in which the lock of a killed worker ends and its nudge
// comes back.
func (b *bench) restart() { b.clock.Advance(3 * time.Minute) }

func TestAKillAtEveryStepEndsTheSame(t *testing.T) {
	t.Parallel()
	for i := range 6 { // a cancelled context with tokens adds nothing
		async, after, cancel := i&4 > 0, i&1 > 0, i&2 > 0
		t.Run(fmt.Sprintf("async %v after %v cancelled %v", async, after, cancel), func(t *testing.T) {
			t.Parallel()
			steps := 0
			for n := 1; ; n++ {
				b, killed := story(t, async, cancel, n, after)
				mug, bowl := b.market.items["remote_mug"], b.market.items["remote_bowl"]
				if mug == nil || bowl == nil || *mug != (item{title: "new mug", price: 1234, stock: 2}) || *bowl != (item{title: "bowl", price: 1000, stock: 2}) {
					t.Errorf("killed at %d: the market shows %+v and %+v", n, mug, bowl)
				}
				if b.market.created["mug"] != 1 || b.market.created["bowl"] != 1 {
					t.Errorf("killed at %d: created %v", n, b.market.created)
				}
				calls, err := b.store.ListCalls(t.Context(), space, target)
				b.ok(err)
				if len(b.marks(0)) != 0 || len(calls) != 0 {
					t.Errorf("killed at %d: left over are marks %v and calls %v", n, b.marks(0), calls)
				}
				if !killed {
					break
				}
				steps++
			}
			if steps < 8 {
				t.Errorf("only %d steps were killed", steps)
			}
		})
	}
}

// TestNoSaleIsHidden runs random schedules of sales, orders arriving late,
// counts and writes, with kills, on a market that lowers itself; in the end it
// must show what is on hand.
func TestNoSaleIsHidden(t *testing.T) {
	t.Parallel()
	for seed := range uint64(80) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			b := newBench(t, commerce.Etsy)
			p := b.product("mug", 50)
			b.run()
			b.clock.Advance(time.Minute)
			it := b.market.items["remote_mug"]
			type order struct{ at time.Time }
			var orders []order
			var told []commerce.StockLevel
			sell := func() {
				if it.stock > 0 {
					it.stock--
					orders = append(orders, order{b.clock.Now()})
				}
			}
			settle := func() {
				if len(orders) == 0 {
					return
				}
				o := orders[0]
				orders = orders[1:]
				told = append(told, b.sold(p, o.at))
			}
			tell := func() {
				if len(told) == 0 {
					return
				}
				l := told[0]
				told = told[1:]
				b.ok(b.marker.LevelChanged(t.Context(), space, l))
			}
			for range 4 + r.IntN(9) { // short: a later write would repair what an earlier one hid
				b.clock.Advance(time.Duration(r.IntN(4000)) * time.Millisecond)
				switch r.IntN(7) {
				case 0, 1:
					sell()
				case 2:
					settle()
				case 3:
					tell()
				case 4:
					told = append(told, b.move(p, int64(r.IntN(3)), ""))
				default:
					meanwhile := func(n int) func() {
						return func() {
							for range n % 3 {
								sell()
							}
							if n > 3 {
								settle()
							}
							if n > 4 {
								tell()
							}
						}
					}
					b.store.before, b.store.during = meanwhile(r.IntN(6)), meanwhile(r.IntN(6))
					if r.IntN(3) == 0 {
						b.store.killAt, b.store.steps, b.store.after = 1+r.IntN(5), 0, r.IntN(2) == 0
					}
					if b.runKilled() {
						b.clock.Advance(3 * time.Minute)
					}
					b.store.killAt = 0
				}
			}
			for len(orders) > 0 {
				settle()
			}
			for len(told) > 0 {
				tell()
			}
			b.store.before, b.store.during = nil, nil
			b.restart()
			b.run()
			b.drain(time.Hour)
			level, err := b.store.Level(t.Context(), space, p.Variants[0].ID, commerce.LocationDefault)
			b.ok(err)
			if it.stock != level.OnHand {
				t.Errorf("the market shows %d, on hand are %d", it.stock, level.OnHand)
			}
		})
	}
}

// sold is an order of the target settling: the level falls and says whose sale
// it was.
func (b *bench) sold(p commerce.Product, at time.Time) commerce.StockLevel {
	b.t.Helper()
	l := b.move(p, -1, target)
	if l.LastSale.Equal(at) {
		return l
	}
	again, err := b.store.Level(b.t.Context(), space, l.Variant, l.Location)
	b.ok(err)
	again.LastSale = at
	b.ok(b.store.Move(b.t.Context(), space, port.LevelMove{Level: again, Move: commerce.StockMove{
		ID: b.ids.Next(), Variant: l.Variant, Location: l.Location, Reason: commerce.MoveManual, Source: "test", At: b.clock.Now(), Anchor: b.clock.Now(), OnHand: again.OnHand,
	}}))
	again.Version++
	return again
}

func TestASaleOfTheTargetItselfLeavesNoMark(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	b.run()
	b.clock.Advance(time.Minute)
	level := b.move(p, -1, target)
	b.ok(b.marker.LevelChanged(t.Context(), space, level))
	if marks := b.marks(0); len(marks) != 0 {
		t.Errorf("marks %v", marks)
	}
	level.LastTarget = "tgt_other"
	b.ok(b.marker.LevelChanged(t.Context(), space, level))
	if marks := b.marks(port.LaneStock); len(marks) != 1 {
		t.Errorf("another target's sale left %v", marks)
	}
}

func TestAnIntentTheMarketNeverSawIsWrittenAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	p := b.product("mug", 5)
	id := port.ListingIDOf(target, p.ID)
	call := channel.Call{
		ID: b.ids.Next(), Kind: "write", Listings: []commerce.ListingID{id}, Intent: map[string]string{"name": "mug"},
		Items: map[commerce.ListingID]port.CallItem{id: {Product: p.ID, Groups: commerce.Groups(), Marks: b.marks(0)}}, BeganAt: b.clock.Now(),
	}
	b.ok(b.store.PutCall(t.Context(), space, target, call))
	b.run()
	b.drain(time.Hour)
	if b.market.settles != 1 || b.market.created["mug"] != 1 || len(b.marks(0)) != 0 {
		t.Errorf("settled %d times, created %v, marks %v", b.market.settles, b.market.created, b.marks(0))
	}
}

func TestASaleSettledWhileStockIsWrittenIsWrittenAgain(t *testing.T) {
	t.Parallel()
	for _, kill := range []int{0, 1, 2, 3, 4} {
		b := newBench(t, commerce.Etsy)
		p := b.product("mug", 5)
		b.run()
		b.clock.Advance(time.Minute)
		b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, 1, "")))
		it := b.market.items["remote_mug"]
		b.store.before = func() {
			it.stock-- // our write of 6 is about to hide it
			b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, -1, target)))
		}
		b.store.killAt, b.store.steps, b.store.after = kill, 0, true
		b.runKilled()
		b.store.killAt = 0
		b.restart()
		b.run()
		b.drain(time.Hour)
		if it.stock != 5 {
			t.Errorf("killed after step %d the market shows %d of 5", kill, it.stock)
		}
	}
}
