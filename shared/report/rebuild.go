package report

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// KindRebuild is the kind of jobs that derive the read models anew.
	KindRebuild = "rebuild"
	// stepTime bounds one step: the handler has 30 s.
	stepTime = 15 * time.Second
	// settled is how long a fold that has read which totals are alive may still
	// be on its way: longer than any function that folds runs (30 s).
	settled = time.Minute
	// together is how many orders of a page are worked side by side.
	together     = 8
	keepProblems = 100
)

// The phases of a rebuild, in order; each may be begun again after a crash.
const (
	phaseBegin   = "begin"   // totals of the next generation are opened
	phaseOrders  = "orders"  // every order is settled and folded into them
	phaseLevels  = "levels"  // every level is compared with its ledger
	phaseTotals  = "totals"  // old and new totals are compared and exchanged
	phaseClean   = "clean"   // the old ones go
	phaseRepairs = "repairs" // what could not be projected is tried again
)

// RebuildStore is what a rebuild needs of storage.
type RebuildStore interface {
	Generations(ctx context.Context, w commerce.WorkspaceID) (port.Generations, error)
	PutGenerations(ctx context.Context, w commerce.WorkspaceID, g port.Generations) (port.Generations, error)
	TotalsOf(ctx context.Context, w commerce.WorkspaceID, gen int) ([]port.QuarterTotal, []port.Total, error)
	DropTotals(ctx context.Context, w commerce.WorkspaceID, gen int) error
	ListOrders(ctx context.Context, w commerce.WorkspaceID, f port.OrderFilter, p port.Page) (port.List[port.OrderItem], error)
	ListLevels(ctx context.Context, w commerce.WorkspaceID, prefix string, p port.Page) (port.List[commerce.StockLevel], error)
	Job(ctx context.Context, w commerce.WorkspaceID, id commerce.JobID) (port.Job, error)
	PutJob(ctx context.Context, j port.Job) (port.Job, error)
	ListFailures(ctx context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.Failure], error)
	DeleteFailure(ctx context.Context, f port.Failure) error
}

// Rebuilder derives stock levels and totals anew from what they are made of,
// in resumable steps, while orders come in. Safe for concurrent use.
type Rebuilder struct {
	Store RebuildStore
	// Project does for an order what follows from its change: its lines are
	// found, its stock is settled, its share is folded.
	Project func(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error
	// Compare answers what a level says and what its ledger comes to; Recount
	// makes it that.
	Compare func(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID) (says, is int64, err error)
	Recount func(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID) error
	// Wake sends the nudge that a mark or an outbound record should have had.
	Wake  func(ctx context.Context, w commerce.WorkspaceID, e port.Entity, key string) error
	Queue port.Sender
	Now   func() time.Time
	NewID func() string
}

// Start begins to rebuild everything of a workspace.
func (r *Rebuilder) Start(ctx context.Context, w commerce.WorkspaceID) (port.Job, error) {
	return r.start(ctx, w, phaseBegin)
}

// Repair begins to try again what could not be projected.
func (r *Rebuilder) Repair(ctx context.Context, w commerce.WorkspaceID) (port.Job, error) {
	return r.start(ctx, w, phaseRepairs)
}

func (r *Rebuilder) start(ctx context.Context, w commerce.WorkspaceID, phase string) (port.Job, error) {
	job := port.Job{ID: commerce.JobID("rbd_" + r.NewID()), Space: w, Kind: KindRebuild, State: port.JobRunning, Params: map[string]string{"phase": phase}, Problems: []port.RowProblem{}, CreatedAt: r.Now()}
	job, err := r.Store.PutJob(ctx, job)
	if err != nil {
		return job, fmt.Errorf("begin to rebuild: %w", err)
	}
	return job, r.send(ctx, job, 0, 0)
}

func (r *Rebuilder) send(ctx context.Context, j port.Job, hops int, after time.Duration) error {
	task := port.JobTask{V: port.MessageVersion, Space: j.Space, Job: j.ID, Hops: hops}
	return r.Queue.Send(ctx, port.ImportQueue, port.Outgoing{Body: task, Delay: after})
}

// Step works a rebuild for a while and asks for the next step. How far it is
// lies in the job; a step that another run was faster with changes nothing.
func (r *Rebuilder) Step(ctx context.Context, job port.Job, hops int) error {
	for until := r.Now().Add(stepTime); r.Now().Before(until); {
		if wait := r.waits(job); wait > 0 {
			return r.send(ctx, job, hops+1, wait)
		}
		if err := r.phase(ctx, &job); err != nil {
			return fmt.Errorf("rebuild %s, %s: %w", job.ID, job.Params["phase"], err)
		}
		put, err := r.Store.PutJob(ctx, job)
		if fault.Is(err, fault.Conflict) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("store how far rebuild %s is: %w", job.ID, err)
		}
		if job = put; job.State != port.JobRunning {
			return nil
		}
	}
	return r.send(ctx, job, hops+1, 0)
}

// waits is how long the next phase has to wait for others to be through.
func (r *Rebuilder) waits(job port.Job) time.Duration {
	from, err := time.Parse(time.RFC3339Nano, job.Params["from"])
	if err != nil {
		return 0 // there is nothing to wait for
	}
	return min(max(0, from.Sub(r.Now())), 15*time.Minute)
}

func (r *Rebuilder) next(job *port.Job, phase string, wait time.Duration) {
	job.Cursor = ""
	job.Params["phase"], job.Params["from"] = phase, r.Now().Add(wait).Format(time.RFC3339Nano)
}

func (r *Rebuilder) phase(ctx context.Context, job *port.Job) error {
	switch job.Params["phase"] {
	case phaseBegin:
		return r.begin(ctx, job)
	case phaseOrders:
		return r.orders(ctx, job)
	case phaseLevels:
		return r.levels(ctx, job)
	case phaseTotals:
		return r.exchange(ctx, job)
	case phaseClean:
		return r.clean(ctx, job)
	default:
		return r.repairs(ctx, job)
	}
}

func (r *Rebuilder) end(job *port.Job) { job.State, job.EndedAt = port.JobDone, r.Now() }

// begin opens the next generation. Numbers are never used again: what a rebuild
// that was given up has left can't be met.
func (r *Rebuilder) begin(ctx context.Context, job *port.Job) error {
	g, err := r.Store.Generations(ctx, job.Space)
	if err != nil {
		return err
	}
	if g.Job != job.ID {
		if other, err := r.Store.Job(ctx, job.Space, g.Job); g.Building > 0 && err == nil && other.State == port.JobRunning {
			job.State, job.Reason, job.EndedAt = port.JobFailed, "Another rebuild is under way.", r.Now()
			return nil
		}
		g.Building, g.Job = g.Newest()+1, job.ID
		if g, err = r.Store.PutGenerations(ctx, job.Space, g); err != nil {
			return err
		}
	}
	job.Params["old"], job.Params["new"] = strconv.Itoa(g.Shown), strconv.Itoa(g.Building)
	r.next(job, phaseOrders, settled)
	return nil
}

// orders works one page of orders. Those that come in or change meanwhile are
// folded into the new totals by whoever folds them.
func (r *Rebuilder) orders(ctx context.Context, job *port.Job) error {
	page, err := r.Store.ListOrders(ctx, job.Space, port.OrderFilter{}, port.Page{Limit: 100, Cursor: job.Cursor})
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(together)
	refused := make([]*fault.Error, len(page.Items))
	for i, o := range page.Items {
		work.Go(func() error {
			err := r.Project(ctx, job.Space, o.ID)
			if again(err) {
				return err
			}
			refused[i] = fault.Of(err)
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	job.Rows += len(page.Items)
	for i, f := range refused {
		if f != nil {
			job.Failed++
			note(job, "order", string(page.Items[i].ID), f.Code, f.Message)
		}
	}
	if job.Cursor = page.Next; page.Next == "" {
		r.next(job, phaseLevels, 0)
	}
	return nil
}

// again says whether another try may end otherwise.
func again(err error) bool {
	f := fault.Of(err)
	return f != nil && (f.Kind == fault.Temporary || f.Kind == fault.Internal || f.Kind == fault.Conflict)
}

func (r *Rebuilder) levels(ctx context.Context, job *port.Job) error {
	page, err := r.Store.ListLevels(ctx, job.Space, "", port.Page{Limit: 100, Cursor: job.Cursor})
	if err != nil {
		return err
	}
	var wrong []commerce.VariantID
	for _, l := range page.Items {
		says, is, err := r.Compare(ctx, job.Space, l.Variant)
		if err != nil {
			return err
		}
		if says != is {
			wrong = append(wrong, l.Variant)
			note(job, "stock", string(l.Variant), "corrected", fmt.Sprintf("%s: %d on hand, but its ledger comes to %d.", l.SKU, says, is))
		}
	}
	if err := r.told(ctx, job, len(wrong)); err != nil {
		return err
	}
	for _, v := range wrong {
		err := r.Recount(ctx, job.Space, v)
		if again(err) {
			return err
		}
		if f := fault.Of(err); f != nil {
			job.Failed++
			note(job, "stock", string(v), f.Code, f.Message)
		}
	}
	job.Rows += len(page.Items)
	if job.Cursor = page.Next; page.Next == "" {
		r.next(job, phaseTotals, 0)
	}
	return nil
}

// told stores what is about to be corrected before it is: after a crash in
// between it is not there to be seen any more.
func (r *Rebuilder) told(ctx context.Context, job *port.Job, n int) error {
	if n == 0 {
		return nil
	}
	put, err := r.Store.PutJob(ctx, *job)
	if err == nil {
		*job = put
	}
	return err
}

// note adds what a crash has not left there already.
func note(job *port.Job, field, value, code, message string) {
	p := port.RowProblem{Field: field, Code: code, Value: value, Message: message}
	if slices.Contains(job.Problems, p) {
		return
	}
	if code == "corrected" {
		job.Updated++
	}
	if len(job.Problems) < keepProblems {
		job.Problems = append(job.Problems, p)
	}
}

// exchange says what the new totals correct, and shows them.
func (r *Rebuilder) exchange(ctx context.Context, job *port.Job) error {
	g, err := r.Store.Generations(ctx, job.Space)
	if err != nil {
		return err
	}
	if built := number(job, "new"); g.Shown != built {
		if err := r.compare(ctx, job); err != nil {
			return err
		}
		g.Shown, g.Building = built, 0
		if _, err := r.Store.PutGenerations(ctx, job.Space, g); err != nil {
			return err
		}
	}
	r.next(job, phaseClean, settled)
	return nil
}

func number(job *port.Job, name string) int {
	n, err := strconv.Atoi(job.Params[name])
	if err != nil {
		return 0 // a job begins with both
	}
	return n
}

// compare reports what differs. The totals are read twice: a fold in between
// two reads looks like a difference, but not like the same one again.
func (r *Rebuilder) compare(ctx context.Context, job *port.Job) error {
	first, err := r.differences(ctx, job)
	if err != nil || len(first) == 0 {
		return err
	}
	second, err := r.differences(ctx, job)
	if err != nil {
		return err
	}
	before := len(job.Problems)
	for _, d := range second {
		if !known(first, d) {
			continue
		}
		note(job, "totals", d.Date+d.at()+" "+string(d.Channel)+" "+d.Currency, "corrected",
			fmt.Sprintf("The total was off by %d of %d orders, %d pieces and an amount of %d.", d.Orders, d.of, d.Items, d.Amount))
	}
	return r.told(ctx, job, len(job.Problems)-before)
}

// difference is what a total was off by.
type difference struct {
	port.QuarterTotal
	whole bool  // of a day
	of    int64 // orders as they are
}

func (d difference) at() string {
	if d.whole {
		return ""
	}
	return fmt.Sprintf(" %02d:%02d", d.Quarter/4, d.Quarter%4*15)
}

func known(all []difference, d difference) bool {
	for _, one := range all {
		if one.whole == d.whole && one.QuarterTotal == d.QuarterTotal {
			return true
		}
	}
	return false
}

func (r *Rebuilder) differences(ctx context.Context, job *port.Job) ([]difference, error) {
	var sides [2][]difference
	for i, gen := range []string{"old", "new"} {
		quarters, days, err := r.Store.TotalsOf(ctx, job.Space, number(job, gen))
		if err != nil {
			return nil, err
		}
		for _, q := range quarters {
			sides[i] = append(sides[i], difference{QuarterTotal: q})
		}
		for _, d := range days {
			sides[i] = append(sides[i], difference{QuarterTotal: port.QuarterTotal{Total: d}, whole: true})
		}
	}
	return subtract(sides[0], sides[1]), nil
}

// subtract takes what is right from what was shown, in the order of both.
func subtract(was, is []difference) []difference {
	key := func(d difference) difference {
		d.Amount, d.Orders, d.Items, d.of = 0, 0, 0, 0
		return d
	}
	right := make(map[difference]port.Total, len(is))
	for _, d := range is {
		right[key(d)] = d.Total
	}
	var off []difference
	add := func(d difference, t port.Total) {
		d.of, d.Amount, d.Orders, d.Items = t.Orders, d.Amount-t.Amount, d.Orders-t.Orders, d.Items-t.Items
		if d.Amount != 0 || d.Orders != 0 || d.Items != 0 {
			off = append(off, d)
		}
	}
	for _, d := range was {
		add(d, right[key(d)])
		delete(right, key(d))
	}
	for _, d := range is {
		if t, missing := right[key(d)]; missing {
			add(key(d), t)
		}
	}
	return off
}

func (r *Rebuilder) clean(ctx context.Context, job *port.Job) error {
	for gen := number(job, "old"); gen < number(job, "new"); gen++ {
		if err := r.Store.DropTotals(ctx, job.Space, gen); err != nil {
			return err
		}
	}
	r.next(job, phaseRepairs, 0)
	return nil
}

// repairs tries again what the stream could not be worked for, page by page;
// what works now is off the list.
func (r *Rebuilder) repairs(ctx context.Context, job *port.Job) error {
	page, err := r.Store.ListFailures(ctx, job.Space, port.Page{Limit: 100, Cursor: job.Cursor})
	if err != nil {
		return err
	}
	for _, f := range page.Items {
		if f.Queue != port.ProjectQueue || f.Ref == "" {
			continue
		}
		job.Rows++
		err := r.repair(ctx, f)
		if again(err) {
			return err
		}
		if err != nil {
			job.Failed++
			note(job, string(f.Entity), f.Ref, fault.Of(err).Code, fault.Of(err).Message)
			continue
		}
		job.Updated++
		if err := r.Store.DeleteFailure(ctx, f); err != nil {
			return err
		}
	}
	if job.Cursor = page.Next; page.Next == "" {
		r.end(job)
	}
	return nil
}

func (r *Rebuilder) repair(ctx context.Context, f port.Failure) error {
	switch f.Entity {
	case port.EntityOrder:
		return r.Project(ctx, f.Space, commerce.OrderID(f.Ref))
	case port.EntityLevel:
		return r.Recount(ctx, f.Space, commerce.VariantID(f.Ref))
	default:
		return r.Wake(ctx, f.Space, f.Entity, f.Ref)
	}
}
