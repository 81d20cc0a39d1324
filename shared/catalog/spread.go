package catalog

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// second is the parameter of a spread that goes over the list once more.
	second = "second"
	// listLag is how long a product may be missing in the list of products:
	// the list is an index, and an edit that did not see the target yet may
	// still be on its way.
	listLag = 5 * time.Second
)

// Spread begins to give all products to a target: one that is new, or whose
// listings may all look different now. What does not differ costs no call.
func (im *Importer) Spread(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) error {
	job := port.Job{ID: commerce.JobID("spr_" + im.NewID()), Space: w, Kind: "spread", State: port.JobRunning, Params: map[string]string{"target": string(t)}, Problems: []port.RowProblem{}, CreatedAt: im.Now()}
	job, err := im.Store.PutJob(ctx, job)
	if err != nil {
		return fmt.Errorf("begin to fill target %s: %w", t, err)
	}
	return im.next(ctx, job, 0)
}

func (im *Importer) spreadStep(ctx context.Context, job port.Job, hops int) error {
	until := im.Now().Add(stepTime)
	for im.Now().Before(until) {
		put, err := im.spreadPage(ctx, job)
		if fault.Is(err, fault.Conflict) {
			return nil // another run of this step was faster
		}
		if err != nil || put.State != port.JobRunning {
			return err
		}
		if put.Cursor == "" {
			return im.send(ctx, put, hops+1, listLag)
		}
		job = put
	}
	return im.next(ctx, job, hops+1)
}

// spreadPage marks a page of products. The second time it marks those that may
// have been missing the first time.
func (im *Importer) spreadPage(ctx context.Context, job port.Job) (port.Job, error) {
	page, err := im.Store.ListProducts(ctx, job.Space, port.Page{Limit: 100, Cursor: job.Cursor})
	if err != nil {
		return job, fmt.Errorf("list products: %w", err)
	}
	target, again := commerce.TargetID(job.Params["target"]), job.Params[second] != ""
	var marks []port.Mark
	for _, p := range page.Items {
		if !again || p.UpdatedAt.After(job.CreatedAt.Add(-time.Minute)) {
			marks = append(marks, im.Marks.All(job.Space, target, p.ID)...)
		}
	}
	if err := im.Store.PutMarks(ctx, marks); err != nil {
		return job, fmt.Errorf("mark products for %s: %w", target, err)
	}
	if job.Cursor = page.Next; !again {
		job.Rows += len(page.Items)
		job.Params["products"] = strconv.Itoa(job.Rows)
	}
	if page.Next == "" {
		if again {
			job.State, job.EndedAt = port.JobDone, im.Now()
		}
		job.Params[second] = "yes"
	}
	return im.Store.PutJob(ctx, job)
}
