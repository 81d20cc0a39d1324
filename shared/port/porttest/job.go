package porttest

import (
	"testing"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func jobTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"job round trip":    jobRoundTrip,
		"steps happen once": stepOnce,
	}
}

func jobRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	j := port.Job{ID: "j1", Space: mine, Kind: "import", State: "running", Params: map[string]string{"format": "auto"},
		Problems: []port.RowProblem{{Row: 2, Field: "price", Code: "price_invalid", Message: "No."}}, CreatedAt: epoch()}
	j = need(b.Store.PutJob(ctx, j))(t)
	same(t, need(b.Store.Job(ctx, mine, "j1"))(t), j)
	stale := j
	j.Rows, j.Cursor = 10, "c"
	j = need(b.Store.PutJob(ctx, j))(t)
	_, err := b.Store.PutJob(ctx, stale)
	refused(t, err, fault.Conflict, "job_moved")
	b.Settle(t)
	same(t, need(b.Store.ListJobs(ctx, mine, page(5, "")))(t).Items, []port.Job{j})
	_, err = b.Store.Job(ctx, theirs, "j1")
	refused(t, err, fault.NotFound, "")
}

func stepOnce(t *testing.T, b StoreBench) {
	ctx := t.Context()
	ok(t, b.Store.PutStep(ctx, mine, port.JobStep{Job: "j1", Key: "b", Rows: 2, Outcome: "failed", Problems: []port.RowProblem{{Row: 3}}}))
	ok(t, b.Store.PutStep(ctx, mine, port.JobStep{Job: "j1", Key: "a", Rows: 1, Outcome: "created"}))
	refused(t, b.Store.PutStep(ctx, mine, port.JobStep{Job: "j1", Key: "a", Rows: 9}), fault.Conflict, "step_exists")
	steps := need(b.Store.ListSteps(ctx, mine, "j1"))(t)
	same(t, len(steps), 2)
	same(t, []any{steps[0].Key, steps[0].Rows, steps[1].Key}, []any{"a", 1, "b"})
	same(t, len(need(b.Store.ListSteps(ctx, mine, "j"))(t)), 0)
	same(t, len(need(b.Store.ListSteps(ctx, theirs, "j1"))(t)), 0)
}
