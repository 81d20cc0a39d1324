package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func stockTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"a level is put right":            levelPutRight,
		"a move changes level and ledger": moveBoth,
		"a move happens once":             moveOnce,
		"a level is never negative":       moveNegative,
		"moves of an order line":          moveOrder,
		"levels are listed by SKU":        levelList,
		"levels are read together":        levelsTogether,
		"64 movers on one level":          moveRace,
	}
}

// move is a change of a level by n.
func move(l commerce.StockLevel, id string, n int64) port.LevelMove {
	l.OnHand += n
	return port.LevelMove{Level: l, Move: commerce.StockMove{ID: id, Variant: l.Variant, Location: l.Location, Quantity: n,
		Reason: commerce.MoveManual, Source: "me", At: epoch(), Anchor: epoch(), OnHand: l.OnHand}}
}

func level(v string) commerce.StockLevel {
	return commerce.StockLevel{Variant: commerce.VariantID(v), Product: "p", SKU: commerce.SKU("sku-" + v), Location: commerce.LocationDefault, UpdatedAt: epoch()}
}

func moveBoth(t *testing.T, b StoreBench) {
	ctx := t.Context()
	_, err := b.Store.Level(ctx, mine, "v", commerce.LocationDefault)
	refused(t, err, fault.NotFound, "")
	ok(t, b.Store.Move(ctx, mine, move(level("v"), "m1", 5)))
	got := need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t)
	same(t, []int64{got.OnHand, got.Version}, []int64{5, 1})
	later := move(got, "m2", -2)
	later.Move.Anchor = at(1)
	ok(t, b.Store.Move(ctx, mine, later))
	ledger := need(b.Store.ListMoves(ctx, mine, "v", page(10, "")))(t)
	same(t, []string{ledger.Items[0].ID, ledger.Items[1].ID}, []string{"m2", "m1"})
	same(t, ledger.Items[0], later.Move)
	_, err = b.Store.Level(ctx, theirs, "v", commerce.LocationDefault)
	refused(t, err, fault.NotFound, "")
	same(t, len(need(b.Store.ListMoves(ctx, theirs, "v", page(10, "")))(t).Items), 0)
}

func moveOnce(t *testing.T, b StoreBench) {
	ctx := t.Context()
	ok(t, b.Store.Move(ctx, mine, move(level("v"), "m1", 5)))
	refused(t, b.Store.Move(ctx, mine, move(level("v"), "m2", 5)), fault.Conflict, "level_moved")
	l := need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t)
	refused(t, b.Store.Move(ctx, mine, move(l, "m1", 5)), fault.Conflict, "move_exists")
	// Both at once: that the move is there is what matters.
	refused(t, b.Store.Move(ctx, mine, move(level("v"), "m1", 5)), fault.Conflict, "move_exists")
	same(t, need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t), l)
	same(t, len(need(b.Store.ListMoves(ctx, mine, "v", page(10, "")))(t).Items), 1)
}

func moveNegative(t *testing.T, b StoreBench) {
	ctx := t.Context()
	ok(t, b.Store.Move(ctx, mine, move(level("v"), "m1", 1)))
	l := need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t)
	refused(t, b.Store.Move(ctx, mine, move(l, "m2", -2)), fault.Invalid, "level_negative")
	mixed := move(l, "m3", 1)
	mixed.Move.Variant = "other"
	refused(t, b.Store.Move(ctx, mine, mixed), fault.Invalid, "")
}

func moveOrder(t *testing.T, b StoreBench) {
	ctx := t.Context()
	ok(t, b.Store.Move(ctx, mine, move(level("v"), "m0", 50)))
	want := []string{}
	for i, line := range []string{"1", "1", "1#2", "12", "1"} {
		l := need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t)
		m := move(l, fmt.Sprintf("o1/%d", i), -1)
		m.Move.Source, m.Move.OrderLine, m.Move.Anchor, m.Move.At = "o1", line, at(3), at(30+i)
		ok(t, b.Store.Move(ctx, mine, m))
		if line == "1" {
			want = append(want, m.Move.ID)
		}
		if i == 0 {
			m.Level.Version++
			refused(t, b.Store.Move(ctx, mine, m), fault.Conflict, "move_exists")
		}
	}
	ids := []string{}
	for _, m := range need(b.Store.OrderMoves(ctx, mine, "v", at(3), "o1", "1"))(t) {
		ids = append(ids, m.ID)
	}
	same(t, ids, want)
	same(t, len(need(b.Store.OrderMoves(ctx, mine, "v", at(3), "o", "1"))(t)), 0)
	same(t, len(need(b.Store.OrderMoves(ctx, mine, "v", at(4), "o1", "1"))(t)), 0)
	same(t, len(need(b.Store.OrderMoves(ctx, mine, "w", at(3), "o1", "1"))(t)), 0)
	same(t, len(need(b.Store.OrderMoves(ctx, theirs, "v", at(3), "o1", "1"))(t)), 0)
}

func levelList(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for _, sku := range []string{"TEE-2", "TEE-1", "MUG-1", "TEE", "tee-1", "TEE#1", "TEE%1"} {
		l := level("v" + sku)
		l.SKU = commerce.SKU(sku)
		ok(t, b.Store.Move(ctx, mine, move(l, "m", 3)))
	}
	b.Settle(t)
	find := func(prefix string) []string {
		var found []string
		for _, l := range need(b.Store.ListLevels(ctx, mine, prefix, page(50, "")))(t).Items {
			found = append(found, string(l.SKU))
			same(t, l.OnHand, int64(3))
		}
		return found
	}
	same(t, find("TEE-"), []string{"TEE-1", "TEE-2"})
	same(t, len(find("TEE")), 5)
	same(t, len(find("")), 7)
	same(t, find("TEE#"), []string{"TEE#1"})
	same(t, find("TEE%"), []string{"TEE%1"})
	same(t, len(find("none")), 0)
	// Lists show the level of now, though a move does not touch the index.
	l := need(b.Store.Level(ctx, mine, "vMUG-1", commerce.LocationDefault))(t)
	ok(t, b.Store.Move(ctx, mine, move(l, "m2", 4)))
	b.Settle(t)
	same(t, need(b.Store.ListLevels(ctx, mine, "MUG", page(5, "")))(t).Items[0].OnHand, int64(7))
}

func levelsTogether(t *testing.T, b StoreBench) {
	ctx := t.Context()
	var ids []commerce.VariantID
	for i := range 130 {
		l := level(fmt.Sprintf("v%d", i))
		ids = append(ids, l.Variant)
		ok(t, b.Store.Move(ctx, mine, move(l, "m", int64(i))))
	}
	got := need(b.Store.Levels(ctx, mine, append(ids, "none", ids[0])))(t)
	same(t, len(got), 130)
	same(t, got["v129"].OnHand, int64(129))
}

func moveRace(t *testing.T, b StoreBench) {
	ctx := t.Context()
	ok(t, b.Store.Move(ctx, mine, move(level("v"), "opening", 40)))
	inParallel(64, func(i int) {
		if err := sell(t, b, fmt.Sprintf("m%02d", i)); err != nil {
			t.Errorf("mover %d: %v", i, err)
		}
	})
	l := need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t)
	var sum, n int64
	for cursor := "-"; cursor != ""; {
		list := need(b.Store.ListMoves(ctx, mine, "v", page(30, trimDash(cursor))))(t)
		for _, m := range list.Items {
			sum, n = sum+m.Quantity, n+1
			if m.OnHand < 0 {
				t.Errorf("the level was %d", m.OnHand)
			}
		}
		cursor = list.Next
	}
	same(t, []int64{l.OnHand, sum, n, l.Version}, []int64{0, 0, 41, 41})
}

func trimDash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

// sell takes one piece while there is one, however often others are faster.
func sell(t *testing.T, b StoreBench, id string) error {
	deadline := time.Now().Add(time.Minute)
	for {
		l, err := b.Store.Level(t.Context(), mine, "v", commerce.LocationDefault)
		if err != nil || l.OnHand == 0 {
			return err
		}
		err = b.Store.Move(t.Context(), mine, move(l, id, -1))
		if err == nil || fault.Of(err).Code == "move_exists" {
			return nil
		}
		if (!fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Temporary)) || time.Now().After(deadline) {
			return err
		}
	}
}

func levelPutRight(t *testing.T, b StoreBench) {
	ctx := t.Context()
	level := commerce.StockLevel{Variant: "v", SKU: "s", Location: commerce.LocationDefault, OnHand: 3}
	ok(t, b.Store.Move(ctx, mine, port.LevelMove{Level: level, Move: commerce.StockMove{ID: "m", Variant: "v", Location: commerce.LocationDefault, Quantity: 3, Anchor: at(1)}}))
	level = need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t)
	wrong := level
	wrong.OnHand = -1
	refused(t, b.Store.PutLevel(ctx, mine, wrong), fault.Invalid, "level_negative")
	wrong.OnHand = 7
	ok(t, b.Store.PutLevel(ctx, mine, wrong))
	refused(t, b.Store.PutLevel(ctx, mine, wrong), fault.Conflict, "level_moved")
	same(t, need(b.Store.Level(ctx, mine, "v", commerce.LocationDefault))(t).OnHand, int64(7))
	same(t, len(need(b.Store.ListMoves(ctx, mine, "v", page(5, "")))(t).Items), 1)
}
