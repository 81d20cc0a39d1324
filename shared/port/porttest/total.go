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
		"calls that are booked":         bookings,
		"totals by quarters of an hour": totalQuarters,
		"totals that are built anew":    totalGenerations,
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
		ok(t, b.Store.Fold(t.Context(), mine, port.FoldWrite{Order: commerce.OrderID(fmt.Sprint(i)), Next: share("2026-03-01", commerce.Etsy, 100)}))
	}
	same(t, totals(t, b), []port.Total{{Date: "2026-03-01", Channel: commerce.Etsy, Currency: "USD", Amount: 1000, Orders: 10, Items: 20}})
	same(t, len(need(b.Store.ListTotals(t.Context(), theirs, "2026-01-01", "2026-12-31"))(t)), 0)
}

func foldOnce(t *testing.T, b StoreBench) {
	ctx := t.Context()
	same(t, need(b.Store.Contribution(ctx, mine, "1"))(t), port.Contribution{})
	ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "1", Next: share("2026-03-01", commerce.Etsy, 100)}))
	refused(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "1", Next: share("2026-03-01", commerce.Etsy, 100)}), fault.Conflict, "")
	stored := need(b.Store.Contribution(ctx, mine, "1"))(t)
	same(t, []int64{stored.Version, stored.Amount, int64(stored.Quarter)}, []int64{1, 100, 40})
	same(t, totals(t, b)[0].Amount, int64(100))
}

func foldMoves(t *testing.T, b StoreBench) {
	ctx := t.Context()
	ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "1", Next: share("2026-03-01", commerce.Meta, 100)}))
	old := need(b.Store.Contribution(ctx, mine, "1"))(t)
	ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "1", Old: old, Next: share("2026-03-02", commerce.Instagram, 80)}))
	want := port.Total{Date: "2026-03-02", Channel: commerce.Instagram, Currency: "USD", Amount: 80, Orders: 1, Items: 2}
	same(t, totals(t, b), []port.Total{want})
	old = need(b.Store.Contribution(ctx, mine, "1"))(t)
	next := old
	next.Amount = 95
	ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "1", Old: old, Next: next}))
	want.Amount = 95
	same(t, totals(t, b), []port.Total{want})
	old = need(b.Store.Contribution(ctx, mine, "1"))(t)
	ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "1", Old: old, Next: port.Contribution{}}))
	same(t, len(totals(t, b)), 0)
}

func foldRace(t *testing.T, b StoreBench) {
	inParallel(64, func(i int) {
		for range 50 {
			err := b.Store.Fold(t.Context(), mine, port.FoldWrite{Order: commerce.OrderID(fmt.Sprint(i)), Next: share("2026-03-01", commerce.Etsy, int64(i))})
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
			ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: id, Next: share(fmt.Sprintf("2026-03-0%d", day+1), c, 10)}))
		}
	}
	got := need(b.Store.ListTotals(ctx, mine, "2026-03-02", "2026-03-04"))(t)
	same(t, len(got), 9)
	same(t, []any{got[0].Date, got[0].Channel, got[8].Date, got[8].Channel}, []any{"2026-03-02", commerce.Etsy, "2026-03-04", commerce.TikTok})
	_, err := b.Store.ListTotals(ctx, mine, "yesterday", "2026-03-04")
	refused(t, err, fault.Invalid, "")
	same(t, len(need(b.Store.ListTotals(ctx, mine, "2026-03-04", "2026-03-02"))(t)), 0)
}

func quarters(t *testing.T, b StoreBench) []port.QuarterTotal {
	t.Helper()
	return need(b.Store.ListQuarters(t.Context(), mine, "2026-01-01", "2026-12-31"))(t)
}

func totalQuarters(t *testing.T, b StoreBench) {
	ctx := t.Context()
	at := func(quarter int, currency string, amount int64) port.Contribution {
		c := share("2026-03-01", commerce.Meta, amount)
		c.Quarter, c.Currency = quarter, currency
		return c
	}
	row := func(quarter int, c commerce.Channel, currency string, amount, n int64) port.QuarterTotal {
		return port.QuarterTotal{Quarter: quarter, Total: port.Total{Date: "2026-03-01", Channel: c, Currency: currency, Amount: amount, Orders: n, Items: 2 * n}}
	}
	for i, c := range []port.Contribution{at(95, "USD", 1), at(9, "USD", 2), at(9, "USD", 3), at(9, "EUR", 4)} {
		ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: commerce.OrderID(fmt.Sprint(i)), Next: c}))
	}
	same(t, quarters(t, b), []port.QuarterTotal{row(9, commerce.Meta, "EUR", 4, 1), row(9, commerce.Meta, "USD", 5, 2), row(95, commerce.Meta, "USD", 1, 1)})
	old := need(b.Store.Contribution(ctx, mine, "1"))(t)
	moved := at(9, "USD", 2)
	moved.Channel = commerce.Instagram
	ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "1", Old: old, Next: moved}))
	same(t, quarters(t, b), []port.QuarterTotal{
		row(9, commerce.Instagram, "USD", 2, 1), row(9, commerce.Meta, "EUR", 4, 1), row(9, commerce.Meta, "USD", 3, 1), row(95, commerce.Meta, "USD", 1, 1),
	})
	refused(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: "5", Next: at(96, "USD", 1)}), fault.Invalid, "")
	_, err := b.Store.ListQuarters(ctx, mine, "2026-03-01", "")
	refused(t, err, fault.Invalid, "")
}

// While the next totals are built, a fold corrects both: those that are shown
// by the difference, the next ones by the whole the first time.
func totalGenerations(t *testing.T, b StoreBench) {
	ctx := t.Context()
	fold := func(id commerce.OrderID, g port.Generations, amount int64) {
		t.Helper()
		old := need(b.Store.Contribution(ctx, mine, id))(t)
		ok(t, b.Store.Fold(ctx, mine, port.FoldWrite{Order: id, Old: old, Next: share("2026-03-01", commerce.Etsy, amount), Into: g}))
	}
	same(t, need(b.Store.Generations(ctx, mine))(t), port.Generations{})
	for _, id := range []commerce.OrderID{"1", "2"} {
		fold(id, port.Generations{}, 100)
	}
	both := need(b.Store.PutGenerations(ctx, mine, port.Generations{Building: 3}))(t)
	_, err := b.Store.PutGenerations(ctx, mine, port.Generations{Building: 4})
	refused(t, err, fault.Conflict, "generations_moved")
	for _, amount := range []int64{80, 70} {
		fold("1", both, amount)
	}
	fold("3", both, 10)
	same(t, []any{totals(t, b)[0].Amount, quarters(t, b)[0].Amount, need(b.Store.Contribution(ctx, mine, "3"))(t).Gen}, []any{int64(180), int64(180), 3})
	next := need(b.Store.PutGenerations(ctx, mine, port.Generations{Shown: 3, Version: both.Version}))(t)
	same(t, []any{totals(t, b)[0].Amount, quarters(t, b)[0].Amount}, []any{int64(80), int64(80)})
	old, days, err := b.Store.TotalsOf(ctx, mine, 0)
	ok(t, err)
	same(t, []any{len(old), days[0].Amount, days[0].Orders}, []any{1, int64(180), int64(3)})
	for range 2 {
		ok(t, b.Store.DropTotals(ctx, mine, 0))
	}
	old, days, err = b.Store.TotalsOf(ctx, mine, 0)
	ok(t, err)
	same(t, len(old)+len(days), 0)
	fold("2", next, 100)
	same(t, []any{totals(t, b)[0].Amount, quarters(t, b)[0].Amount}, []any{int64(180), int64(180)})
}

func bookings(t *testing.T, b StoreBench) {
	ctx := t.Context()
	same(t, need(b.Store.Booked(ctx, "b"))(t), port.Booked{})
	first := need(b.Store.PutBooked(ctx, "b", port.Booked{Until: at(1)}))(t)
	same(t, need(b.Store.Booked(ctx, "b"))(t), port.Booked{Until: at(1), Version: 1})
	_, err := b.Store.PutBooked(ctx, "b", port.Booked{Until: at(2)})
	refused(t, err, fault.Conflict, "")
	first.Until = at(3)
	same(t, need(b.Store.PutBooked(ctx, "b", first))(t).Version, int64(2))
	same(t, need(b.Store.Booked(ctx, "other"))(t), port.Booked{})
}
