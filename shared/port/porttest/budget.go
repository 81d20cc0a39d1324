package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// BudgetBench is an empty ground for budgets under test.
type BudgetBench struct {
	// Open gives another process's view of the same budgets.
	Open  func() port.Budgets
	Clock *Clock
}

// RunBudgets is the suite for port.Budgets. Each test opens its own bench.
func RunBudgets(t *testing.T, open func(t *testing.T) BudgetBench) {
	for name, test := range map[string]func(*testing.T, BudgetBench){
		"unknown buckets are open":          budgetUnknown,
		"a window's limit holds":            budgetLimit,
		"a limit holds over processes":      budgetShared,
		"30 % of a day are kept":            budgetKept,
		"what was used elsewhere counts":    budgetElsewhere,
		"what was not used comes back":      budgetBack,
		"a shut bucket opens again":         budgetShut,
		"a day rolls by the hour":           budgetRolls,
		"buckets do not touch each other":   budgetApart,
		"a second is a window without rest": budgetSecond,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

const day = 24 * time.Hour

// block is how many calls a process may hold that it has not made yet.
const block = 64

// spend takes calls until the budget is spent and answers how many there were,
// at most 10,000.
func spend(t *testing.T, b port.Budgets, bucket string, lane port.Lane) (int, error) {
	t.Helper()
	for n := range 10_000 {
		if err := b.Take(t.Context(), bucket, lane); err != nil {
			refused(t, err, fault.RateLimited, "")
			same(t, fault.Of(err).Scope, bucket)
			if fault.Of(err).RetryAfter <= 0 {
				t.Fatalf("spent without a time to wait: %v", err)
			}
			return n, err
		}
	}
	return 10_000, nil
}

func budgetUnknown(t *testing.T, b BudgetBench) {
	n, _ := spend(t, b.Open(), "x", port.LaneText)
	same(t, n, 10_000)
}

func budgetLimit(t *testing.T, b BudgetBench) {
	one := b.Open()
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Window: time.Hour, Limit: 100, Left: 100}))
	n, err := spend(t, one, "x", port.LaneText)
	same(t, n, 100) // an hour keeps nothing
	b.Clock.Advance(fault.Of(err).RetryAfter)
	if err := one.Take(t.Context(), "x", port.LaneText); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
}

func budgetShared(t *testing.T, b BudgetBench) {
	first := b.Open()
	ok(t, first.Learn(t.Context(), port.Quota{Bucket: "x", Window: time.Hour, Limit: 200, Left: -1}))
	got := make([]int, 4)
	inParallel(len(got), func(i int) {
		mine := b.Open()
		for mine.Take(t.Context(), "x", port.LaneOrders) == nil {
			got[i]++
		}
	})
	sum := 0
	for _, n := range got {
		sum += n
	}
	if sum > 200 || sum < 200-4*block {
		t.Fatalf("%d calls of 200 were handed out: %v", sum, got)
	}
}

func budgetKept(t *testing.T, b BudgetBench) {
	one := b.Open()
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Window: day, Limit: 1000, Left: 1000}))
	n, _ := spend(t, one, "x", port.LaneImages)
	same(t, n, 700)
	n, _ = spend(t, one, "x", port.LaneStock)
	same(t, n, 300)
	other := b.Open()
	ok(t, other.Learn(t.Context(), port.Quota{Bucket: "y", Window: day, Limit: 1000, Left: 1000}))
	for range 300 {
		ok(t, other.Take(t.Context(), "y", port.LaneReply))
	}
	n, _ = spend(t, other, "y", port.LanePrice)
	if n < 700-block || n > 700 {
		t.Fatalf("%d calls for prices after the kept part was used, want up to 700", n)
	}
}

func budgetElsewhere(t *testing.T, b BudgetBench) {
	one := b.Open()
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Window: day, Limit: 1000, Left: 40}))
	n, _ := spend(t, one, "x", port.LaneText)
	same(t, n, 0)
	n, _ = spend(t, one, "x", port.LaneShipment)
	same(t, n, 40)
}

func budgetBack(t *testing.T, b BudgetBench) {
	one := b.Open()
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Window: time.Hour, Limit: 1000, Left: 0}))
	n, _ := spend(t, one, "x", port.LaneStock)
	same(t, n, 0)
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Window: time.Hour, Limit: 1000, Left: 900}))
	n, _ = spend(t, one, "x", port.LaneStock)
	if n < 800 || n > 900 {
		t.Fatalf("%d calls after the marketplace said 900", n)
	}
}

func budgetShut(t *testing.T, b BudgetBench) {
	one, two := b.Open(), b.Open()
	ok(t, two.Take(t.Context(), "x", port.LaneText))
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Left: -1, Until: b.Clock.Now().Add(30 * time.Second)}))
	err := one.Take(t.Context(), "x", port.LaneStock)
	refused(t, err, fault.RateLimited, "")
	same(t, fault.Of(err).RetryAfter, 30*time.Second)
	b.Clock.Advance(2 * time.Second) // the other's block is over
	refused(t, two.Take(t.Context(), "x", port.LaneStock), fault.RateLimited, "")
	b.Clock.Advance(30 * time.Second)
	ok(t, one.Take(t.Context(), "x", port.LaneStock))
	ok(t, two.Take(t.Context(), "x", port.LaneStock))
}

func budgetRolls(t *testing.T, b BudgetBench) {
	one := b.Open()
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Window: day, Limit: 240, Left: 240}))
	taken := 0
	for range 72 {
		b.Clock.Advance(time.Hour)
		for range 10 {
			if one.Take(t.Context(), "x", port.LaneStock) == nil {
				taken++
			}
		}
	}
	if taken < 72*10*9/10 || taken > 72*10 {
		t.Fatalf("%d calls in three days of 240", taken)
	}
	n, err := spend(t, one, "x", port.LaneStock)
	if n > 10 || fault.Of(err).RetryAfter > time.Hour {
		t.Fatalf("%d more, then a wait of %s; want the oldest hour's and at most an hour", n, fault.Of(err).RetryAfter)
	}
}

func budgetApart(t *testing.T, b BudgetBench) {
	one := b.Open()
	for i := range 3 {
		ok(t, one.Learn(t.Context(), port.Quota{Bucket: fmt.Sprintf("x#%d", i), Window: time.Hour, Limit: int64(i + 1), Left: -1}))
	}
	for i := range 3 {
		n, _ := spend(t, one, fmt.Sprintf("x#%d", i), port.LaneStock)
		same(t, n, i+1)
	}
}

func budgetSecond(t *testing.T, b BudgetBench) {
	one := b.Open()
	ok(t, one.Learn(t.Context(), port.Quota{Bucket: "x", Window: time.Second, Limit: 10, Left: -1}))
	for range 5 {
		n, err := spend(t, one, "x", port.LaneText)
		same(t, n, 10)
		if d := fault.Of(err).RetryAfter; d > time.Second {
			t.Fatalf("wait of %s in a window of a second", d)
		}
		b.Clock.Advance(time.Second)
	}
}
