package porttest

import (
	"fmt"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func totalTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"totals are the sum of orders":  totalSum,
		"a fold happens once":           foldOnce,
		"a fold moves what has changed": foldMoves,
		"64 folds at once":              foldRace,
		"totals of dates":               totalDates,
	}
}

func share(date string, c commerce.Channel, amount int64) port.Contribution {
	return port.Contribution{Date: date, Quarter: 40, Channel: c, Currency: "USD", Amount: amount, Orders: 1, Items: 2}
}

func totals(t *testing.T, b StoreBench) []port.Total {
	t.Helper()
	return need(b.Store.ListTotals(t.Context(), mine, "2026-01-01", "2026-12-31"))(t)
}

func totalSum(t *testing.T, b StoreBench) {
	for i := range 10 {
		ok(t, b.Store.Fold(t.Context(), mine, commerce.OrderID(fmt.Sprint(i)), port.Contribution{}, share("2026-03-01", commerce.Etsy, 100)))
	}
	same(t, totals(t, b), []port.Total{{Date: "2026-03-01", Channel: commerce.Etsy, Currency: "USD", Amount: 1000, Orders: 10, Items: 20}})
	same(t, len(need(b.Store.ListTotals(t.Context(), theirs, "2026-01-01", "2026-12-31"))(t)), 0)
}

func foldOnce(t *testing.T, b StoreBench) {
	ctx := t.Context()
	same(t, need(b.Store.Contribution(ctx, mine, "1"))(t), port.Contribution{})
	ok(t, b.Store.Fold(ctx, mine, "1", port.Contribution{}, share("2026-03-01", commerce.Etsy, 100)))
	refused(t, b.Store.Fold(ctx, mine, "1", port.Contribution{}, share("2026-03-01", commerce.Etsy, 100)), fault.Conflict, "")
	stored := need(b.Store.Contribution(ctx, mine, "1"))(t)
	same(t, []int64{stored.Version, stored.Amount, int64(stored.Quarter)}, []int64{1, 100, 40})
	same(t, totals(t, b)[0].Amount, int64(100))
}

func foldMoves(t *testing.T, b StoreBench) {
	ctx := t.Context()
	ok(t, b.Store.Fold(ctx, mine, "1", port.Contribution{}, share("2026-03-01", commerce.Meta, 100)))
	old := need(b.Store.Contribution(ctx, mine, "1"))(t)
	ok(t, b.Store.Fold(ctx, mine, "1", old, share("2026-03-02", commerce.Instagram, 80)))
	want := port.Total{Date: "2026-03-02", Channel: commerce.Instagram, Currency: "USD", Amount: 80, Orders: 1, Items: 2}
	same(t, totals(t, b), []port.Total{want})
	old = need(b.Store.Contribution(ctx, mine, "1"))(t)
	next := old
	next.Amount = 95
	ok(t, b.Store.Fold(ctx, mine, "1", old, next))
	want.Amount = 95
	same(t, totals(t, b), []port.Total{want})
	old = need(b.Store.Contribution(ctx, mine, "1"))(t)
	ok(t, b.Store.Fold(ctx, mine, "1", old, port.Contribution{}))
	same(t, len(totals(t, b)), 0)
}

func foldRace(t *testing.T, b StoreBench) {
	inParallel(64, func(i int) {
		for range 50 {
			err := b.Store.Fold(t.Context(), mine, commerce.OrderID(fmt.Sprint(i)), port.Contribution{}, share("2026-03-01", commerce.Etsy, int64(i)))
			if err == nil || fault.Is(err, fault.Conflict) {
				return
			}
			if !fault.Is(err, fault.Temporary) {
				t.Errorf("fold %d: %v", i, err)
				return
			}
		}
		t.Errorf("fold %d never got through", i)
	})
	same(t, totals(t, b), []port.Total{{Date: "2026-03-01", Channel: commerce.Etsy, Currency: "USD", Amount: 64 * 63 / 2, Orders: 64, Items: 128}})
}

func totalDates(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i, c := range []commerce.Channel{commerce.TikTok, commerce.Etsy, commerce.Own} {
		for day := range 5 {
			id := commerce.OrderID(fmt.Sprintf("%d-%d", i, day))
			ok(t, b.Store.Fold(ctx, mine, id, port.Contribution{}, share(fmt.Sprintf("2026-03-0%d", day+1), c, 10)))
		}
	}
	got := need(b.Store.ListTotals(ctx, mine, "2026-03-02", "2026-03-04"))(t)
	same(t, len(got), 9)
	same(t, []any{got[0].Date, got[0].Channel, got[8].Date, got[8].Channel}, []any{"2026-03-02", commerce.Etsy, "2026-03-04", commerce.TikTok})
	_, err := b.Store.ListTotals(ctx, mine, "yesterday", "2026-03-04")
	refused(t, err, fault.Invalid, "")
	same(t, len(need(b.Store.ListTotals(ctx, mine, "2026-03-04", "2026-03-02"))(t)), 0)
}
