package stock_test

import (
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// A level is what its ledger comes to, and nothing is written where it is.
func TestRecount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 5)
	b.put(t, mine, "o1", commerce.OrderPaid, line("1", "v", 2, 0))
	must(t, b.settles(mine, 1, "o1"))
	read := func() commerce.StockLevel {
		t.Helper()
		l, err := b.Store.Level(bg(), mine, "v", commerce.LocationDefault)
		must(t, err)
		return l
	}
	right := read()
	must(t, b.Keeper.Recount(bg(), mine, "v"))
	if read().Version != right.Version {
		t.Error("a level that was right was written")
	}
	wrong := right
	wrong.OnHand = 9
	must(t, b.Store.PutLevel(bg(), mine, wrong))
	says, is, err := b.Keeper.Compare(bg(), mine, "v")
	if says != 9 || is != 3 || err != nil {
		t.Errorf("it says %d and is %d, %v", says, is, err)
	}
	must(t, b.Keeper.Recount(bg(), mine, "v"))
	if got := read().OnHand; got != 3 {
		t.Errorf("%d on hand", got)
	}
	if err := b.Keeper.Recount(bg(), mine, "none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("no level: %v", err)
	}
}

// A ledger that comes to less than nothing is left to a person.
func TestLedgerOfLessThanNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 5)
	l, err := b.Store.Level(bg(), mine, "v", commerce.LocationDefault)
	must(t, err)
	must(t, b.Store.Move(bg(), mine, port.LevelMove{Level: l, Move: commerce.StockMove{ID: "m", Variant: "v", Location: commerce.LocationDefault, Quantity: -9, Anchor: l.UpdatedAt}}))
	if err := b.Keeper.Recount(bg(), mine, "v"); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}
