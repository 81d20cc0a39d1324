package stock_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/stock"
)

func bg() context.Context { return context.Background() }

const mine commerce.WorkspaceID = "ws_1"

// Every step of an order's life, each told twice.
func TestSettleFollowsTheOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 5)
	for i, c := range []struct {
		state                         commerce.OrderState
		quantity, cancelled           int64
		wantTaken, wantShort, wantOne int64
	}{
		{commerce.OrderDraft, 2, 0, 0, 0, 5},
		{commerce.OrderUnpaid, 2, 0, 2, 0, 3},
		{commerce.OrderPaid, 2, 0, 2, 0, 3},
		{commerce.OrderPaid, 7, 0, 5, 2, 0},
		{commerce.OrderPaid, 7, 1, 5, 1, 0}, // what is short is given back first
		{commerce.OrderPaid, 7, 3, 4, 0, 1},
		{commerce.OrderShipped, 7, 3, 4, 0, 1},
		{commerce.OrderCancelled, 7, 3, 0, 0, 5},
		{commerce.OrderPaid, 7, 3, 4, 0, 1},
		{commerce.OrderRefunded, 7, 7, 0, 0, 5},
	} {
		b.put(t, mine, "o1", c.state, line("1", "v", c.quantity, c.cancelled))
		must(t, b.Keeper.Settle(bg(), mine, "o1"))
		before := b.ledger(t, mine, "v")
		must(t, b.Keeper.Settle(bg(), mine, "o1"))
		l := b.ledger(t, mine, "v")
		if l.taken["o1/1"] != c.wantTaken || l.short["o1/1"] != c.wantShort || l.onHand != c.wantOne || l.sum != l.onHand {
			t.Fatalf("step %d: %+v", i, l)
		}
		if len(l.moves) != len(before.moves) {
			t.Fatalf("step %d: told again, it moved again", i)
		}
		o, err := b.Store.Order(bg(), mine, "o1")
		must(t, err)
		if o.Lines[0].Short != c.wantShort {
			t.Fatalf("step %d: the order says %d short, want %d", i, o.Lines[0].Short, c.wantShort)
		}
	}
}

func TestFirstSeenCancelledTakesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 5)
	b.put(t, mine, "o1", commerce.OrderCancelled, line("1", "v", 2, 0))
	b.put(t, mine, "o2", commerce.OrderPaid, line("1", "v", 2, 2))
	must(t, b.settles(mine, 2, "o1", "o2"))
	if l := b.ledger(t, mine, "v"); l.onHand != 5 || len(l.moves) != 1 {
		t.Errorf("%+v", l)
	}
}

// A sale tells which shop has lowered itself; anything else tells everybody.
func TestWhoHasLoweredItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 3)
	target := func() commerce.TargetID {
		l, err := b.Store.Level(bg(), mine, "v", commerce.LocationDefault)
		must(t, err)
		return l.LastTarget
	}
	sell := func(id commerce.OrderID, n, cancelled int64) {
		b.put(t, mine, id, commerce.OrderPaid, line("1", "v", n, cancelled))
		must(t, b.Keeper.Settle(bg(), mine, id))
	}
	if sell("o1", 1, 0); target() != "tgt" {
		t.Error("a sale on a channel that sells down leaves its target out")
	}
	if sell("o1", 1, 1); target() != "" {
		t.Error("a cancellation is told to every target")
	}
	if sell("o2", 9, 0); target() != "" {
		t.Error("an oversell is told to every target")
	}
}

// An order of a variant that has no level yet is short, and the level knows
// its product as soon as anything is there to be shown.
func TestAnOrderBeforeTheStock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := commerce.Product{ID: "prd", Handle: "mug", Variants: []commerce.Variant{{ID: "v", SKU: "v"}}}
	_, err := b.Store.PutProduct(bg(), mine, port.ProductWrite{Product: p, Claims: []commerce.SKU{"v"}})
	must(t, err)
	b.put(t, mine, "o1", commerce.OrderPaid, line("1", "v", 2, 0))
	must(t, b.Keeper.Settle(bg(), mine, "o1"))
	level, err := b.Store.Level(bg(), mine, "v", commerce.LocationDefault)
	must(t, err)
	if level.Product != "prd" || level.OnHand != 0 {
		t.Errorf("the level is %+v", level)
	}
	b.open(t, mine, "v", 10)
	if l := b.ledger(t, mine, "v"); l.onHand != 10 || l.sum != 10 || l.short["o1/1"] != 2 {
		t.Errorf("after the import %+v", l)
	}
}

// slow is a store whose reader of an order is overtaken.
type slow struct {
	stock.Store
	once      sync.Once
	overtaken func()
}

func (s *slow) Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error) {
	o, err := s.Store.Order(ctx, w, id)
	s.once.Do(s.overtaken)
	return o, err
}

// A worker that holds an old sight of an order while another settles the new
// one does not leave the old demand behind.
func TestAnOldSightDoesNotWin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 5)
	b.put(t, mine, "o1", commerce.OrderPaid, line("1", "v", 3, 0))
	late := b.keeper(&slow{Store: b.Store, overtaken: func() {
		b.put(t, mine, "o1", commerce.OrderCancelled, line("1", "v", 3, 0))
		must(t, b.Keeper.Settle(bg(), mine, "o1"))
	}})
	must(t, late.Settle(bg(), mine, "o1"))
	if l := b.ledger(t, mine, "v"); l.onHand != 5 || l.taken["o1/1"] != 0 {
		t.Errorf("a cancelled order keeps %d pieces: %+v", l.taken["o1/1"], l)
	}
}

// sight is one version of an order, as a marketplace would tell it.
type sight struct {
	order               int
	state               commerce.OrderState
	quantity, cancelled [2]int64
}

func sights() *rapid.Generator[sight] {
	return rapid.Custom(func(t *rapid.T) sight {
		s := sight{order: rapid.IntRange(0, 2).Draw(t, "order")}
		s.state = rapid.SampledFrom([]commerce.OrderState{commerce.OrderDraft, commerce.OrderUnpaid, commerce.OrderPaid, commerce.OrderShipped, commerce.OrderCancelled, commerce.OrderRefunded}).Draw(t, "state")
		for i := range s.quantity {
			s.quantity[i] = rapid.Int64Range(0, 5).Draw(t, "quantity")
			s.cancelled[i] = rapid.Int64Range(0, s.quantity[i]).Draw(t, "cancelled")
		}
		return s
	})
}

// Whatever orders go through, in whatever order it is settled, by how many at
// once and however often: on hand is the opening and all moves and never below
// zero, and what each line took and is short of is what it demands.
func TestSettleUnderRandomHistories(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var run atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		w := commerce.WorkspaceID(fmt.Sprintf("ws_%d", run.Add(1)))
		variants := [2]commerce.VariantID{"v0", "v1"}
		counted := [2]int64{}
		for i, v := range variants {
			counted[i] = rapid.Int64Range(0, 6).Draw(rt, "opening")
			b.open(rt, w, v, counted[i])
		}
		last := map[int]sight{}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			s := sights().Draw(rt, "sight")
			last[s.order] = s
			id := commerce.OrderID(fmt.Sprintf("o%d", s.order))
			b.put(rt, w, id, s.state, line("0", variants[0], s.quantity[0], s.cancelled[0]), line("1", variants[1], s.quantity[1], s.cancelled[1]))
			if rapid.Bool().Draw(rt, "restock") {
				n := rapid.Int64Range(1, 3).Draw(rt, "more")
				_, err := b.Keeper.Adjust(bg(), w, variants[0], stock.Adjustment{By: &n, Reason: commerce.MoveManual, Who: "me"})
				must(rt, err)
				counted[0] += n
			}
			must(rt, b.settles(w, rapid.IntRange(0, 2).Draw(rt, "workers"), id))
		}
		for n := range last {
			must(rt, b.settles(w, 2, commerce.OrderID(fmt.Sprintf("o%d", n))))
		}
		for i, v := range variants {
			l, taken := b.ledger(rt, w, v), int64(0)
			for n, s := range last {
				at := fmt.Sprintf("o%d/%d", n, i)
				want := commerce.OrderLine{Quantity: s.quantity[i], Cancelled: s.cancelled[i]}.Demand(s.state)
				if l.taken[at]+l.short[at] != want || l.taken[at] < 0 || l.short[at] < 0 {
					rt.Fatalf("line %s took %d and is short of %d, it demands %d", at, l.taken[at], l.short[at], want)
				}
				taken += l.taken[at]
			}
			if l.onHand != l.sum || l.onHand != counted[i]-taken || l.onHand < 0 {
				rt.Fatalf("%s has %d on hand: moves %d, counted %d, taken %d", v, l.onHand, l.sum, counted[i], taken)
			}
		}
	})
}

// Many buyers at once: as many pieces go as there were, the rest is short.
func TestManyBuyersOfFewPieces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 7)
	var ids []commerce.OrderID
	for i := range 10 {
		id := commerce.OrderID(fmt.Sprintf("o%d", i))
		b.put(t, mine, id, commerce.OrderPaid, line("1", "v", 1, 0))
		ids = append(ids, id)
	}
	must(t, b.settles(mine, 2, ids...))
	l := b.ledger(t, mine, "v")
	taken, short := int64(0), int64(0)
	for _, id := range ids {
		taken, short = taken+l.taken[string(id)+"/1"], short+l.short[string(id)+"/1"]
	}
	if l.onHand != 0 || taken != 7 || short != 3 {
		t.Errorf("%d on hand, %d taken, %d short", l.onHand, taken, short)
	}
}

// dying is a store whose process dies at the nth write.
type dying struct {
	stock.Store
	left int
}

func (d *dying) dead() error {
	if d.left--; d.left < 0 {
		return fault.New(fault.Internal, "dead", "The process is dead.")
	}
	return nil
}

func (d *dying) Move(ctx context.Context, w commerce.WorkspaceID, m port.LevelMove) error {
	if err := d.dead(); err != nil {
		return err
	}
	if err := d.Store.Move(ctx, w, m); err != nil {
		return err
	}
	return d.dead()
}

func (d *dying) PutOrder(ctx context.Context, w commerce.WorkspaceID, o port.OrderWrite) (commerce.Order, error) {
	if err := d.dead(); err != nil {
		return o.Order, err
	}
	put, err := d.Store.PutOrder(ctx, w, o)
	if err == nil {
		err = d.dead()
	}
	return put, err
}

// Killed after any write, and told again: nothing is taken twice.
func TestSettleSurvivesAKill(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for n := range 7 {
		w := commerce.WorkspaceID(fmt.Sprintf("ws_%d", n))
		b.open(t, w, "v", 3)
		b.open(t, w, "u", 3)
		b.put(t, w, "o1", commerce.OrderPaid, line("1", "v", 2, 0), line("2", "u", 5, 0))
		_ = b.keeper(&dying{Store: b.Store, left: n}).Settle(bg(), w, "o1")
		must(t, b.Keeper.Settle(bg(), w, "o1"))
		v, u := b.ledger(t, w, "v"), b.ledger(t, w, "u")
		if v.onHand != 1 || u.onHand != 0 || u.short["o1/2"] != 2 {
			t.Errorf("killed at write %d: %+v and %+v", n, v, u)
		}
		if o, err := b.Store.Order(bg(), w, "o1"); err != nil || o.Lines[1].Short != 2 {
			t.Errorf("killed at write %d: the order says %+v, %v", n, o.Lines, err)
		}
	}
}
