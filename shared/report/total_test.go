package report_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/report"
)

func now() time.Time { return time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC) }

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func space(t tester, s *dynamo.Store, id commerce.WorkspaceID, zone string) {
	t.Helper()
	_, err := s.PutWorkspace(context.Background(), port.Workspace{ID: id, TimeZone: zone, Currency: "EUR"})
	must(t, err)
}

func put(t tester, s *dynamo.Store, w commerce.WorkspaceID, o commerce.Order) commerce.Order {
	t.Helper()
	old, err := s.Order(context.Background(), w, o.ID)
	if !fault.Is(err, fault.NotFound) {
		must(t, err)
	}
	o.Version = old.Version
	stored, err := s.PutOrder(context.Background(), w, port.OrderWrite{Order: o})
	must(t, err)
	return stored
}

func order(id int, state commerce.OrderState, amount, quantity, cancelled int64, at time.Time) commerce.Order {
	return commerce.Order{ID: commerce.OrderID(fmt.Sprintf("o%d", id)), Channel: commerce.Etsy, State: state, Total: commerce.Money{Amount: amount, Currency: "EUR"}, PlacedAt: at,
		Lines: []commerce.OrderLine{{ID: "1", Quantity: quantity, Cancelled: cancelled}}}
}

// Times of day, zones and the hours a summer begins and ends with.
func TestQuarterOfTheDay(t *testing.T) {
	t.Parallel()
	for at, want := range map[[2]string]port.Contribution{
		{"2026-11-01T00:00:00Z", "UTC"}:                 {Date: "2026-11-01", Quarter: 0},
		{"2026-11-01T23:59:59Z", "UTC"}:                 {Date: "2026-11-01", Quarter: 95},
		{"2026-11-01T22:00:00Z", "Europe/Tallinn"}:      {Date: "2026-11-02", Quarter: 0},
		{"2026-11-01T00:10:00Z", "America/Los_Angeles"}: {Date: "2026-10-31", Quarter: 68},
		{"2026-11-01T00:14:59Z", "Asia/Kathmandu"}:      {Date: "2026-11-01", Quarter: 23}, // +05:45
		{"2026-03-29T00:59:00Z", "Europe/Berlin"}:       {Date: "2026-03-29", Quarter: 7},  // 01:59, then 03:00
		{"2026-03-29T01:00:00Z", "Europe/Berlin"}:       {Date: "2026-03-29", Quarter: 12},
		{"2026-10-25T00:30:00Z", "Europe/Berlin"}:       {Date: "2026-10-25", Quarter: 10}, // 02:30 comes twice
		{"2026-10-25T01:30:00Z", "Europe/Berlin"}:       {Date: "2026-10-25", Quarter: 10},
		{"2026-10-25T22:59:00Z", "Europe/Berlin"}:       {Date: "2026-10-25", Quarter: 95},
	} {
		placed, err := time.Parse(time.RFC3339, at[0])
		must(t, err)
		zone, err := time.LoadLocation(at[1])
		must(t, err)
		got := report.Contribution(order(1, commerce.OrderPaid, 5, 1, 0, placed), zone)
		if got.Date != want.Date || got.Quarter != want.Quarter {
			t.Errorf("%s in %s is %s quarter %d, want %s quarter %d", at[0], at[1], got.Date, got.Quarter, want.Date, want.Quarter)
		}
	}
}

func TestWhatCounts(t *testing.T) {
	t.Parallel()
	for state, want := range map[commerce.OrderState][3]int64{
		commerce.OrderDraft: {0, 0, 0}, commerce.OrderCancelled: {0, 0, 0}, commerce.OrderUnpaid: {1, 900, 2}, commerce.OrderPaid: {1, 900, 2}, commerce.OrderRefunded: {1, 900, 2}, commerce.OrderOther: {1, 900, 2},
	} {
		c := report.Contribution(order(1, state, 900, 3, 1, now()), time.UTC)
		if got := [3]int64{c.Orders, c.Amount, c.Items}; got != want {
			t.Errorf("a %s order adds %v, want %v", state, got, want)
		}
	}
}

// slow is a store whose reader of an order is overtaken.
type slow struct {
	report.Store
	once      sync.Once
	overtaken func()
}

func (s *slow) Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error) {
	o, err := s.Store.Order(ctx, w, id)
	s.once.Do(s.overtaken)
	return o, err
}

// A worker that holds an old sight of an order does not fold it over the new
// one's share.
func TestAnOldSightDoesNotWin(t *testing.T) {
	t.Parallel()
	s := localtest.Open(t, now).Store
	space(t, s, "w", "UTC")
	put(t, s, "w", order(1, commerce.OrderPaid, 900, 3, 0, now()))
	late := report.Folder{Store: &slow{Store: s, overtaken: func() {
		put(t, s, "w", order(1, commerce.OrderCancelled, 900, 3, 0, now()))
		put(t, s, "w", order(1, commerce.OrderPaid, 500, 1, 0, now()))
		must(t, (&report.Folder{Store: s}).Fold(t.Context(), "w", "o1"))
	}}}
	must(t, late.Fold(t.Context(), "w", "o1"))
	totals, err := s.ListTotals(t.Context(), "w", "2026-11-01", "2026-11-01")
	must(t, err)
	if diff := gocmp.Diff([]port.Total{{Date: "2026-11-01", Channel: commerce.Etsy, Currency: "EUR", Amount: 500, Orders: 1, Items: 1}}, totals); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// An order keeps the day it was first counted on, whatever the zone becomes.
func TestAZoneThatChanges(t *testing.T) {
	t.Parallel()
	s := localtest.Open(t, now).Store
	space(t, s, "w", "UTC")
	at := time.Date(2026, 11, 1, 23, 30, 0, 0, time.UTC)
	f := report.Folder{Store: s}
	put(t, s, "w", order(1, commerce.OrderPaid, 900, 3, 0, at))
	must(t, f.Fold(t.Context(), "w", "o1"))
	w, err := s.Workspace(t.Context(), "w")
	must(t, err)
	w.TimeZone = "Asia/Tokyo"
	_, err = s.PutWorkspace(t.Context(), w)
	must(t, err)
	put(t, s, "w", order(1, commerce.OrderPaid, 800, 3, 0, at))
	put(t, s, "w", order(2, commerce.OrderPaid, 100, 1, 0, at))
	must(t, f.Fold(t.Context(), "w", "o1"))
	must(t, f.Fold(t.Context(), "w", "o2"))
	totals, err := s.ListTotals(t.Context(), "w", "2026-11-01", "2026-11-02")
	must(t, err)
	if len(totals) != 2 || totals[0].Amount != 800 || totals[1].Amount != 100 || totals[1].Date != "2026-11-02" {
		t.Errorf("%+v", totals)
	}
	w, err = s.Workspace(t.Context(), "w")
	must(t, err)
	w.TimeZone = "Middle/Earth"
	_, err = s.PutWorkspace(t.Context(), w)
	must(t, err)
	if err := f.Fold(t.Context(), "w", "o1"); !fault.Is(err, fault.Permanent) {
		t.Errorf("an unknown zone: %v", err)
	}
}

// Whatever orders go through and however often and by how many they are
// folded, the totals are the sum of what the orders say.
func TestTotalsAreTheOrders(t *testing.T) {
	t.Parallel()
	s := localtest.Open(t, now).Store
	var run atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		w := commerce.WorkspaceID(fmt.Sprintf("ws_%d", run.Add(1)))
		space(rt, s, w, "Europe/Tallinn")
		zone, err := time.LoadLocation("Europe/Tallinn")
		must(rt, err)
		last, first := map[commerce.OrderID]commerce.Order{}, map[commerce.OrderID]port.Contribution{}
		f := report.Folder{Store: s}
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			n := rapid.IntRange(0, 3).Draw(rt, "order")
			quantity := rapid.Int64Range(0, 4).Draw(rt, "quantity")
			o := order(n, rapid.SampledFrom([]commerce.OrderState{commerce.OrderDraft, commerce.OrderPaid, commerce.OrderShipped, commerce.OrderCancelled}).Draw(rt, "state"),
				rapid.Int64Range(0, 9000).Draw(rt, "amount"), quantity, rapid.Int64Range(0, quantity).Draw(rt, "cancelled"), now().Add(time.Duration(n)*7*time.Hour))
			o.Channel = rapid.SampledFrom([]commerce.Channel{commerce.Own, commerce.Meta, commerce.Instagram}).Draw(rt, "channel")
			o.Total.Currency = rapid.SampledFrom([]string{"EUR", "USD"}).Draw(rt, "currency")
			last[o.ID] = put(rt, s, w, o)
			first[o.ID] = report.Contribution(o, zone)
			fold(rt, &f, w, o.ID, rapid.IntRange(0, 3).Draw(rt, "workers"))
		}
		var shares []port.Contribution
		for id, o := range last {
			fold(rt, &f, w, id, 1)
			c := report.Contribution(o, zone)
			c.Date, c.Quarter = first[id].Date, first[id].Quarter
			shares = append(shares, c)
		}
		days, err := s.ListTotals(context.Background(), w, "2026-10-01", "2026-12-01")
		must(rt, err)
		quarters, err := s.ListQuarters(context.Background(), w, "2026-10-01", "2026-12-01")
		must(rt, err)
		if diff := gocmp.Diff(sums(shares), quarters, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("quarters -want +got:\n%s", diff)
		}
		for i := range shares {
			shares[i].Quarter = 0
		}
		var want []port.Total
		for _, q := range sums(shares) {
			want = append(want, q.Total)
		}
		if diff := gocmp.Diff(want, days, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("days -want +got:\n%s", diff)
		}
	})
}

// sums adds up what orders contribute.
func sums(shares []port.Contribution) []port.QuarterTotal {
	by := map[port.QuarterTotal]port.QuarterTotal{}
	for _, c := range shares {
		key := port.QuarterTotal{Quarter: c.Quarter, Total: port.Total{Date: c.Date, Channel: c.Channel, Currency: c.Currency}}
		t, known := by[key]
		if !known {
			t = key
		}
		t.Amount, t.Orders, t.Items = t.Amount+c.Amount, t.Orders+c.Orders, t.Items+c.Items
		by[key] = t
	}
	var all []port.QuarterTotal
	for _, t := range by {
		if t.Amount != 0 || t.Orders != 0 || t.Items != 0 {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b port.QuarterTotal) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Quarter, b.Quarter), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Currency, b.Currency))
	})
	return all
}

// One order in each quarter of an hour of the days on which the clocks change:
// every one is counted, at what the seller's clock shows.
func TestClocksThatChange(t *testing.T) {
	t.Parallel()
	s := localtest.Open(t, now).Store
	f := report.Folder{Store: s}
	for zone, days := range map[string]map[string][3]int{ // orders, quarters, quarters with two
		"Europe/Berlin":       {"2026-03-29": {92, 92, 0}, "2026-10-25": {100, 96, 4}, "2026-06-01": {96, 96, 0}},
		"Australia/Lord_Howe": {"2026-10-04": {94, 94, 0}, "2026-04-05": {98, 96, 2}},  // by half an hour
		"America/Havana":      {"2026-03-08": {92, 92, 0}, "2026-11-01": {100, 96, 4}}, // at midnight
	} {
		place, err := time.LoadLocation(zone)
		must(t, err)
		for day, want := range days {
			w := commerce.WorkspaceID(zone + day)
			space(t, s, w, zone)
			noon, err := time.ParseInLocation(time.DateOnly+" 15", day+" 12", place)
			must(t, err)
			n := 0
			for at := noon.Add(-15 * time.Hour); at.Before(noon.Add(15 * time.Hour)); at = at.Add(15 * time.Minute) {
				if at.In(place).Format(time.DateOnly) != day {
					continue
				}
				n++
				put(t, s, w, order(n, commerce.OrderPaid, 100, 1, 0, at))
				must(t, f.Fold(t.Context(), w, commerce.OrderID(fmt.Sprintf("o%d", n))))
			}
			quarters, err := s.ListQuarters(t.Context(), w, day, day)
			must(t, err)
			got := [3]int{0, len(quarters), 0}
			for _, q := range quarters {
				got[0] += int(q.Orders)
				if q.Orders == 2 {
					got[2]++
				}
			}
			if got != want {
				t.Errorf("%s in %s: %v orders, quarters, doubled quarters; want %v", day, zone, got, want)
			}
		}
	}
}

func fold(t tester, f *report.Folder, w commerce.WorkspaceID, id commerce.OrderID, workers int) {
	var wait sync.WaitGroup
	failed := make([]error, workers)
	for i := range workers {
		wait.Go(func() {
			for range 20 {
				if failed[i] = f.Fold(context.Background(), w, id); !fault.Is(failed[i], fault.Temporary) {
					return
				}
			}
		})
	}
	wait.Wait()
	for _, err := range failed {
		must(t, err)
	}
}
