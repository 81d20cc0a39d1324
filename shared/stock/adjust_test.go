package stock_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/stock"
)

// state is what an import says about v, after another that said was.
func (b bench) state(t tester, job commerce.JobID, was *int64, quantity int64) {
	t.Helper()
	must(t, b.Keeper.State(bg(), mine, stock.Stated{Product: "prd", Variant: commerce.Variant{ID: "v", SKU: "v", Stated: was}, Quantity: quantity, Import: job}))
}

func of(n int64) *int64 { return &n }

func TestImportSellImportKeepsTheSale(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, c := range []struct {
		do   func()
		want int64
	}{
		{func() { b.state(t, "job_1", nil, 10) }, 10},
		{func() { b.state(t, "job_1", nil, 10) }, 10}, // the step came again
		{func() {
			b.put(t, mine, "o1", commerce.OrderPaid, line("1", "v", 3, 0))
			must(t, b.Keeper.Settle(bg(), mine, "o1"))
		}, 7},
		{func() { b.state(t, "job_2", of(10), 10) }, 7},
		{func() { b.state(t, "job_3", of(10), 12) }, 9},
		{func() { b.state(t, "job_3", of(10), 12) }, 9},
		{func() { b.state(t, "job_4", of(12), 0) }, 0}, // not below zero
	} {
		c.do()
		if l := b.ledger(t, mine, "v"); l.onHand != c.want || l.sum != c.want {
			t.Errorf("step %d: %d on hand by moves of %d, want %d", i, l.onHand, l.sum, c.want)
		}
	}
}

// The first statement about a level that was there already is a count; saying
// nothing is not.
func TestTheFirstStatement(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.state(t, "edit_1", nil, 0) // made by hand without a quantity
	if _, err := b.Keeper.Adjust(bg(), mine, "v", stock.Adjustment{To: of(7), Reason: commerce.MoveCount, Who: "me"}); err != nil {
		t.Fatal(err)
	}
	b.state(t, "edit_2", nil, 0)
	if l := b.ledger(t, mine, "v"); l.onHand != 7 {
		t.Errorf("%d on hand after an edit that says nothing", l.onHand)
	}
	b.state(t, "job_1", nil, 5)
	if l := b.ledger(t, mine, "v"); l.onHand != 5 || l.sum != 5 {
		t.Errorf("%d on hand after the first import", l.onHand)
	}
}

func TestAdjust(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.open(t, mine, "v", 5)
	for name, c := range map[string]struct {
		a stock.Adjustment
	}{
		"neither":      {stock.Adjustment{}},
		"both":         {stock.Adjustment{By: of(1), To: of(1)}},
		"below zero":   {stock.Adjustment{By: of(-6)}},
		"to below":     {stock.Adjustment{To: of(-1)}},
		"too many":     {stock.Adjustment{To: of(stock.Most + 1)}},
		"lowest":       {stock.Adjustment{By: of(math.MinInt64)}},
		"highest":      {stock.Adjustment{By: of(math.MaxInt64)}},
		"to lowest":    {stock.Adjustment{To: of(math.MinInt64)}},
		"to highest":   {stock.Adjustment{To: of(math.MaxInt64)}},
		"all and more": {stock.Adjustment{By: of(stock.Most)}},
	} {
		if _, err := b.Keeper.Adjust(bg(), mine, "v", c.a); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if l := b.ledger(t, mine, "v"); l.onHand != 5 || len(l.moves) != 1 {
		t.Errorf("a refusal moved something: %+v", l)
	}
	if _, err := b.Keeper.Adjust(bg(), mine, "none", stock.Adjustment{By: of(1)}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a variant without a level: %v", err)
	}
	m, err := b.Keeper.Adjust(bg(), mine, "v", stock.Adjustment{By: of(-5), Reason: commerce.MoveManual, Note: "broken", Who: "me"})
	if err != nil || m.OnHand != 0 || m.Quantity != -5 || m.At.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
	if l := b.ledger(t, mine, "v"); l.onHand != 0 || l.moves[0].Note+l.moves[1].Note != "broken" {
		t.Errorf("%+v", l)
	}
}

func TestOthersStockIsNotTouched(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 2 {
		b.open(t, commerce.WorkspaceID(fmt.Sprintf("ws_%d", i)), "v", 5)
	}
	b.put(t, "ws_0", "o1", commerce.OrderPaid, line("1", "v", 3, 0))
	must(t, b.Keeper.Settle(bg(), "ws_0", "o1"))
	if err := b.Keeper.Settle(bg(), "ws_1", "o1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an order of another workspace: %v", err)
	}
	if l := b.ledger(t, "ws_1", "v"); l.onHand != 5 {
		t.Errorf("another workspace has %d", l.onHand)
	}
}

// A change that is asked for again with its key, since its answer was lost, is
// made once.
func TestAdjustAgainWithItsKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.state(t, "job_1", nil, 10)
	for range 2 {
		m, err := b.Keeper.Adjust(bg(), mine, "v", stock.Adjustment{By: of(-2), Reason: commerce.MoveManual, Who: "me", Key: "k1"})
		if err != nil || m.Quantity != -2 || m.OnHand != 8 {
			t.Fatalf("moved %+v, %v", m, err)
		}
	}
	if _, err := b.Keeper.Adjust(bg(), mine, "v", stock.Adjustment{By: of(-2), Reason: commerce.MoveManual, Who: "me", Key: "k2"}); err != nil {
		t.Fatal(err)
	}
	if l := b.ledger(t, mine, "v"); l.onHand != 6 || l.sum != 6 {
		t.Errorf("%d on hand by moves of %d, want 6", l.onHand, l.sum)
	}
}
