package report_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/report"
	"github.com/manystall/manystall/shared/stock"
)

// works is a shop that sells, and what rebuilds it.
type works struct {
	*dynamo.Store
	clock  *porttest.Clock
	r      *rand.Rand
	keeper *stock.Keeper
	re     *report.Rebuilder
	orders int
	tasks  []port.Outgoing
	woken  []string
	dies   int // the write of the rebuild's store that fails; 0 is none
	trap   func() error
	mu     sync.Mutex
}

func newWorks(t *testing.T, seed uint64) *works {
	t.Helper()
	clock := porttest.NewClock(now())
	b := &works{clock: clock, r: rand.New(rand.NewPCG(seed, 9)), Store: localtest.Open(t, clock.Now).Store}
	ids := &localtest.IDs{}
	b.keeper = &stock.Keeper{Store: b.Store, Now: clock.Now, NewID: ids.Next, SellsDown: func(commerce.Channel) bool { return true }}
	b.re = &report.Rebuilder{Store: b, Project: b.project, Compare: b.keeper.Compare, Recount: b.keeper.Recount, Queue: b, Now: clock.Now, NewID: ids.Next,
		Wake: func(_ context.Context, _ commerce.WorkspaceID, e port.Entity, key string) error {
			b.woken = append(b.woken, string(e)+" "+key)
			return nil
		}}
	space(t, b.Store, "w", "Europe/Tallinn")
	for i := range 2 {
		must(t, b.keeper.State(t.Context(), "w", stock.Stated{Product: "p", Variant: commerce.Variant{ID: commerce.VariantID(fmt.Sprint("v", i)), SKU: commerce.SKU(fmt.Sprint("V", i))}, Quantity: 30, Import: "job"}))
	}
	return b
}

func (b *works) Send(_ context.Context, _ string, messages ...port.Outgoing) error {
	b.tasks = append(b.tasks, messages...)
	return nil
}

// The rebuild's own writes may die; what sells does not.
func (b *works) dying() error {
	if b.dies--; b.dies == 0 {
		return errors.New("dead")
	}
	return nil
}

func (b *works) PutJob(ctx context.Context, j port.Job) (port.Job, error) {
	if err := b.dying(); err != nil {
		return j, err
	}
	j, err := b.Store.PutJob(ctx, j)
	return j, errors.Join(err, b.dying())
}

func (b *works) PutGenerations(ctx context.Context, w commerce.WorkspaceID, g port.Generations) (port.Generations, error) {
	g, err := b.Store.PutGenerations(ctx, w, g)
	return g, errors.Join(err, b.dying())
}

func (b *works) DropTotals(ctx context.Context, w commerce.WorkspaceID, gen int) error {
	return errors.Join(b.Store.DropTotals(ctx, w, gen), b.dying())
}

func (b *works) project(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
	if b.trap != nil {
		if err := b.trap(); err != nil {
			return err
		}
	}
	if err := b.keeper.Settle(ctx, w, id); err != nil {
		return err
	}
	return (&report.Folder{Store: b.Store}).Fold(ctx, w, id)
}

// sell lets an order come in or change, and what follows from it happen, twice
// at times.
func (b *works) sell(t *testing.T) {
	t.Helper()
	must(t, b.sold(t.Context()))
}

func (b *works) sold(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.r.IntN(b.orders + 2)
	b.orders = max(b.orders, n+1)
	quantity := 1 + b.r.Int64N(3)
	o := order(n, []commerce.OrderState{commerce.OrderPaid, commerce.OrderPaid, commerce.OrderShipped, commerce.OrderCancelled}[b.r.IntN(4)], 100+b.r.Int64N(900), quantity, b.r.Int64N(quantity+1), b.clock.Now().Add(time.Duration(n)*37*time.Minute))
	o.Channel = []commerce.Channel{commerce.Meta, commerce.Instagram, commerce.Etsy}[b.r.IntN(3)]
	o.Total.Currency = []string{"EUR", "USD"}[b.r.IntN(2)]
	for {
		if old, err := b.Store.Order(ctx, "w", o.ID); err == nil {
			o.PlacedAt, o.FirstSeen, o.Attention, o.Version = old.PlacedAt, old.FirstSeen, old.Attention, old.Version
			o.Lines[0].Short, o.Lines[0].Variant = old.Lines[0].Short, old.Lines[0].Variant
		} else {
			o.FirstSeen, o.Lines[0].Variant = b.clock.Now(), commerce.VariantID(fmt.Sprint("v", n%2))
		}
		_, err := b.Store.PutOrder(ctx, "w", port.OrderWrite{Order: o})
		if err == nil {
			break
		}
		if !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	for range 1 + b.r.IntN(2) {
		if err := errors.Join(b.keeper.Settle(ctx, "w", o.ID), (&report.Folder{Store: b.Store}).Fold(ctx, "w", o.ID)); err != nil {
			return err
		}
	}
	return nil
}

// run takes the steps of a rebuild until there is none, each again when it
// dies.
func (b *works) run(t *testing.T, between func()) port.Job {
	t.Helper()
	var last port.Job
	for len(b.tasks) > 0 {
		m := b.tasks[0]
		b.tasks = b.tasks[1:]
		b.clock.Advance(m.Delay)
		between()
		task := m.Body.(port.JobTask)
		job, err := b.Job(t.Context(), task.Space, task.Job)
		must(t, err)
		if last = job; job.State != "running" {
			continue
		}
		if err := b.re.Step(t.Context(), job, task.Hops); err != nil {
			if !strings.Contains(err.Error(), "dead") {
				t.Fatal(err)
			}
			b.tasks = append(b.tasks, m)
		}
		last, err = b.Job(t.Context(), task.Space, task.Job)
		must(t, err)
	}
	return last
}

// agree compares levels and totals with the orders.
func (b *works) agree(t *testing.T, when string) {
	t.Helper()
	want := map[commerce.VariantID]int64{"v0": 30, "v1": 30}
	var shares []port.Contribution
	for n := range b.orders {
		o, err := b.Store.Order(t.Context(), "w", commerce.OrderID(fmt.Sprintf("o%d", n)))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		must(t, err)
		want[o.Lines[0].Variant] -= o.Lines[0].Demand(o.State) - o.Lines[0].Short
		zone, err := time.LoadLocation("Europe/Tallinn")
		must(t, err)
		shares = append(shares, report.Contribution(o, zone))
	}
	for v, onHand := range want {
		if l, err := b.Level(t.Context(), "w", v, commerce.LocationDefault); err != nil || l.OnHand != onHand {
			t.Errorf("%s: %d of %s on hand, want %d; %v", when, l.OnHand, v, onHand, err)
		}
	}
	quarters, err := b.ListQuarters(t.Context(), "w", "2026-01-01", "2027-12-31")
	must(t, err)
	if diff := gocmp.Diff(sums(shares), quarters, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: quarters -want +got:\n%s", when, diff)
	}
	for i := range shares {
		shares[i].Quarter = 0
	}
	days, err := b.ListTotals(t.Context(), "w", "2026-01-01", "2027-12-31")
	must(t, err)
	var sumsOfDays []port.Total
	for _, q := range sums(shares) {
		sumsOfDays = append(sumsOfDays, q.Total)
	}
	if diff := gocmp.Diff(sumsOfDays, days, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: days -want +got:\n%s", when, diff)
	}
}

// After any journey a rebuild gives the same, also while orders come in and
// whenever it dies; what was wrong is put right and told.
func TestRebuild(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		b := newWorks(t, seed)
		for range 25 {
			b.sell(t)
		}
		b.agree(t, "before")
		corrupt := seed%2 == 1
		if corrupt {
			b.corrupt(t)
		}
		_, err := b.re.Start(t.Context(), "w")
		must(t, err)
		calls := atomic.Int64{}
		b.trap = func() error {
			if calls.Add(1)%3 == 0 {
				return b.sold(context.WithoutCancel(t.Context()))
			}
			return nil
		}
		if seed > 1 {
			b.dies = 1 + b.r.IntN(12)
		}
		job := b.run(t, func() { b.sell(t) })
		b.agree(t, fmt.Sprintf("seed %d, after", seed))
		if job.State != "done" || job.Failed != 0 || (job.Updated > 0) != corrupt {
			t.Errorf("seed %d: %s, %d corrected, %d failed, %+v", seed, job.State, job.Updated, job.Failed, job.Problems)
		}
		told := func(field, value string) bool {
			return slices.ContainsFunc(job.Problems, func(p port.RowProblem) bool {
				return p.Field == field && p.Value == value && p.Code == "corrected"
			})
		}
		if corrupt && (!told("stock", "v0") || !told("totals", "2026-11-30 etsy EUR") || !told("totals", "2026-11-30 23:45 etsy EUR")) {
			t.Errorf("seed %d: told %+v", seed, job.Problems)
		}
		if quarters, days, err := b.TotalsOf(t.Context(), "w", 0); err != nil || len(quarters)+len(days) != 0 {
			t.Errorf("the old totals are still there: %v %v %v", quarters, days, err)
		}
		// Once more: nothing to correct.
		b.trap, b.dies = nil, 0
		_, err = b.re.Start(t.Context(), "w")
		must(t, err)
		if job := b.run(t, func() {}); job.State != "done" || job.Updated != 0 {
			t.Errorf("again: %+v", job)
		}
		b.agree(t, "again")
	}
}

// corrupt gives a level three too many, and the totals the share of an order
// that is not there.
func (b *works) corrupt(t *testing.T) {
	t.Helper()
	l, err := b.Level(t.Context(), "w", "v0", commerce.LocationDefault)
	must(t, err)
	l.OnHand += 3
	must(t, b.PutLevel(t.Context(), "w", l))
	ghost := port.Contribution{Date: "2026-11-30", Quarter: 95, Channel: commerce.Etsy, Currency: "EUR", Amount: 5000, Orders: 1, Items: 2}
	must(t, b.Fold(t.Context(), "w", port.FoldWrite{Order: "ghost", Next: ghost}))
}

// A second rebuild does not begin while one is under way; one that was given up
// does not stand in the way.
func TestOneRebuildAtATime(t *testing.T) {
	t.Parallel()
	b := newWorks(t, 1)
	for range 5 {
		b.sell(t)
	}
	first, err := b.re.Start(t.Context(), "w")
	must(t, err)
	must(t, b.re.Step(t.Context(), first, 0)) // it has begun, and waits
	b.tasks = nil
	second, err := b.re.Start(t.Context(), "w")
	must(t, err)
	if second = b.run(t, func() {}); second.State != "failed" || second.Reason == "" {
		t.Errorf("the second is %+v", second)
	}
	if first, err = b.Job(t.Context(), "w", first.ID); err != nil || first.State != "running" {
		t.Fatalf("the first is %+v, %v", first, err)
	}
	first.State = "failed"
	_, err = b.Store.PutJob(t.Context(), first)
	must(t, err)
	_, err = b.re.Start(t.Context(), "w")
	must(t, err)
	if third := b.run(t, func() { b.sell(t) }); third.State != "done" || third.Updated != 0 {
		t.Errorf("the third is %+v", third)
	}
	b.agree(t, "after a rebuild that was given up")
}

// A level is what its ledger says; a ledger of less than nothing is a person's
// affair, and what can't be projected is noted and left on the list.
func TestRepairs(t *testing.T) {
	t.Parallel()
	b := newWorks(t, 1)
	for range 5 {
		b.sell(t)
	}
	b.corrupt(t)
	failure := func(id string, e port.Entity, ref string) {
		must(t, b.PutFailure(t.Context(), port.Failure{ID: id, Space: "w", Queue: port.ProjectQueue, Entity: e, Ref: ref, At: b.clock.Now()}))
	}
	failure("1", port.EntityOrder, "o0")
	failure("2", port.EntityLevel, "v0")
	failure("3", port.EntityMark, "tgt")
	failure("4", port.EntityOrder, "gone")
	failure("5", "", "")
	must(t, b.PutFailure(t.Context(), port.Failure{ID: "6", Space: "w", Queue: port.InboundQueue, At: b.clock.Now()}))
	_, err := b.re.Repair(t.Context(), "w")
	must(t, err)
	job := b.run(t, func() {})
	left, err := b.ListFailures(t.Context(), "w", port.Page{Limit: 10})
	must(t, err)
	var ids []string
	for _, f := range left.Items {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	if job.State != "done" || job.Updated != 3 || job.Failed != 1 || !slices.Equal(ids, []string{"4", "5", "6"}) || !slices.Equal(b.woken, []string{"mark tgt"}) {
		t.Errorf("%+v; left %q, woken %q", job, ids, b.woken)
	}
	if l, err := b.Level(t.Context(), "w", "v0", commerce.LocationDefault); err != nil || l.OnHand > 30 {
		t.Errorf("the level is %+v, %v", l, err)
	}
}

// lagging is a folder's store whose look at the generations is overtaken by the
// beginning of a rebuild.
type lagging struct {
	report.Store
	begins func()
}

func (s *lagging) Generations(ctx context.Context, w commerce.WorkspaceID) (port.Generations, error) {
	g, err := s.Store.Generations(ctx, w)
	s.begins()
	return g, err
}

// A fold that began before the rebuild and ends after its beginning is met by
// the walk, which waits for it.
func TestAFoldOvertakenByARebuild(t *testing.T) {
	t.Parallel()
	b := newWorks(t, 1)
	o := order(0, commerce.OrderPaid, 500, 1, 0, now())
	o.FirstSeen, o.Lines[0].Variant = now(), "v0"
	put(t, b.Store, "w", o)
	b.orders = 1
	must(t, b.keeper.Settle(t.Context(), "w", o.ID))
	late := report.Folder{Store: &lagging{Store: b.Store, begins: sync.OnceFunc(func() {
		job, err := b.re.Start(t.Context(), "w")
		must(t, err)
		must(t, b.re.Step(t.Context(), job, 0))
	})}}
	must(t, late.Fold(t.Context(), "w", o.ID))
	if job := b.run(t, func() {}); job.State != "done" || job.Updated != 0 {
		t.Errorf("%+v", job)
	}
	b.agree(t, "after an overtaken fold")
}
