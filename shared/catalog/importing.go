package catalog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// MaxFile is the largest file an import reads.
	MaxFile = 64 << 20
	// stepTime bounds one step: the handler has 30 s.
	stepTime     = 15 * time.Second
	keepProblems = 100
	stepProblems = 20
)

// Importer brings whole files into the catalog, in resumable steps. Safe for
// concurrent use.
type Importer struct {
	*Editor
	Blobs port.Blobs
	Queue port.Sender
}

// Upload is a file to import: its bytes, or the key of a blob that holds them.
type Upload struct {
	Format string // auto, shopify, manystall
	Data   []byte
	Blob   string
}

// Start checks a file and begins to import it. A file that can't be read as a
// whole is Invalid and nothing is begun.
func (im *Importer) Start(ctx context.Context, w commerce.WorkspaceID, u Upload) (port.Job, error) {
	data := u.Data
	if u.Blob != "" {
		var err error
		if data, err = im.Blobs.Blob(ctx, u.Blob, MaxFile); err != nil {
			return port.Job{}, err
		}
	}
	table, err := ReadTable(data, u.Format)
	if err != nil {
		return port.Job{}, err
	}
	job := port.Job{
		ID: commerce.JobID("imp_" + im.NewID()), Space: w, Kind: "import", State: "running", Blob: u.Blob, Rows: table.Rows,
		Params: map[string]string{"format": table.Format}, Problems: []port.RowProblem{}, CreatedAt: im.Now(),
	}
	if job.Blob == "" {
		job.Blob = "tmp/imports/" + string(job.ID) + ".csv"
		if err := im.Blobs.PutBlob(ctx, job.Blob, "text/csv", data); err != nil {
			return port.Job{}, fmt.Errorf("keep the file: %w", err)
		}
	}
	if job, err = im.Store.PutJob(ctx, job); err != nil {
		return job, fmt.Errorf("begin import: %w", err)
	}
	return job, im.next(ctx, job, 0)
}

func (im *Importer) next(ctx context.Context, j port.Job, hops int) error {
	return im.Queue.Send(ctx, port.ImportQueue, port.Outgoing{Body: port.JobTask{V: port.MessageVersion, Space: j.Space, Job: j.ID, Hops: hops}})
}

// Step works a job for a while and asks for the next step. What was done
// before a crash is not done again: each product stores its result with it.
func (im *Importer) Step(ctx context.Context, t port.JobTask) error {
	job, err := im.Store.Job(ctx, t.Space, t.Job)
	if fault.Is(err, fault.NotFound) || (err == nil && job.State != "running") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read job %s: %w", t.Job, err)
	}
	switch job.Kind {
	case "import":
		return im.importStep(ctx, job, t.Hops)
	case "spread":
		return im.spreadStep(ctx, job, t.Hops)
	default:
		return fault.New(fault.Permanent, "unknown_job", "There is no work of kind %q.", job.Kind)
	}
}

func (im *Importer) importStep(ctx context.Context, job port.Job, hops int) error {
	data, err := im.Blobs.Blob(ctx, job.Blob, MaxFile)
	if fault.Is(err, fault.NotFound) {
		return im.fail(ctx, job, "The file is gone. Import it again.")
	}
	if err != nil {
		return fmt.Errorf("read the file of %s: %w", job.ID, err)
	}
	table, err := ReadTable(data, job.Params["format"])
	if err != nil {
		return im.fail(ctx, job, fault.Of(err).Message)
	}
	space, err := im.Store.Workspace(ctx, job.Space)
	if err != nil {
		return fmt.Errorf("workspace %s: %w", job.Space, err)
	}
	steps, err := im.Store.ListSteps(ctx, job.Space, job.ID)
	if err != nil {
		return fmt.Errorf("steps of %s: %w", job.ID, err)
	}
	done := make(map[string]bool, len(steps))
	for _, s := range steps {
		done[s.Key] = true
	}
	until := im.Now().Add(stepTime)
	for i, g := range table.Groups {
		key := fmt.Sprintf("%08d", i)
		if done[key] {
			continue
		}
		if !im.Now().Before(until) {
			return im.next(ctx, job, hops+1)
		}
		r := &reader{table: table, space: job.Space, currency: space.Defaults.Currency}
		step, err := im.group(ctx, job, r, g, key)
		if err != nil {
			return fmt.Errorf("import %q: %w", g.Handle, err)
		}
		steps = append(steps, step)
	}
	return im.finish(ctx, job, steps)
}

// group imports one product and stores its result with it, all or nothing.
func (im *Importer) group(ctx context.Context, job port.Job, r *reader, g RowGroup, key string) (port.JobStep, error) {
	step := port.JobStep{Job: job.ID, Key: key, Rows: len(g.Rows) + len(g.Broken)}
	for range 5 {
		old, err := im.Store.Product(ctx, job.Space, ProductIDOf(job.Space, g.Handle))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return step, err
		}
		r.problems = nil
		in := r.product(g, old)
		step.Outcome, step.Problems = outcome(old, in), nil
		if len(r.problems) == 0 && step.Outcome != "unchanged" {
			_, err = im.put(ctx, job.Space, old, in.product, in.stated, &step)
			f := fault.Of(err)
			switch {
			case err == nil:
				return step, nil
			case f.Code == "step_exists":
				return step, nil // another run of this step was faster
			case f.Kind == fault.Invalid, f.Code == "sku_taken":
				r.problems = []port.RowProblem{rowProblem(g, f)}
			case f.Kind == fault.Conflict:
				continue // somebody edits the product: look again
			default:
				return step, err
			}
		}
		if len(r.problems) > 0 {
			step.Outcome, step.Problems = "failed", r.problems[:min(len(r.problems), stepProblems)]
		}
		err = im.Store.PutStep(ctx, job.Space, step)
		if fault.Is(err, fault.Conflict) {
			return step, nil
		}
		return step, err
	}
	return step, fault.New(fault.Temporary, "product_contended", "Product %q changes too fast to be imported now.", g.Handle)
}

func rowProblem(g RowGroup, f *fault.Error) port.RowProblem {
	row := g.Rows[0].Number
	var i int
	if n, err := fmt.Sscanf(f.Field, "variants[%d]", &i); n == 1 && err == nil && i < len(g.Rows) {
		row = g.Rows[i].Number
	}
	return port.RowProblem{Row: row, Field: f.Field, Code: f.Code, Message: f.Message}
}

// outcome compares what a file says with what is stored.
func outcome(old commerce.Product, in imported) string {
	if old.Version == 0 {
		return "created"
	}
	for id, quantity := range in.stated {
		v, ok := old.Variant(id)
		if !ok || v.Stated == nil || *v.Stated != quantity {
			return "updated"
		}
	}
	if !reflect.DeepEqual(comparable(old), comparable(in.product)) {
		return "updated"
	}
	return "unchanged"
}

// comparable is a product without what a file can't say.
func comparable(p commerce.Product) commerce.Product {
	p.UpdatedAt, p.Version = time.Time{}, 0
	p.CreatedAt = time.Time{}
	p.Tags, p.Materials, p.Options = some(p.Tags), some(p.Materials), some(p.Options)
	p.Variants = slices.Clone(p.Variants)
	for i := range p.Variants {
		p.Variants[i].Stated = nil
		if len(p.Variants[i].Options) == 0 {
			p.Variants[i].Options = nil
		}
	}
	if len(p.Images) == 0 {
		p.Images = nil
	}
	if len(p.Attributes) == 0 {
		p.Attributes = nil
	}
	return p
}

func some(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func (im *Importer) fail(ctx context.Context, job port.Job, reason string) error {
	job.State, job.Reason, job.EndedAt = "failed", reason, im.Now()
	_, err := im.Store.PutJob(ctx, job)
	return ignoreMoved(err)
}

// finish counts the steps: they are what has been done, whoever did it.
func (im *Importer) finish(ctx context.Context, job port.Job, steps []port.JobStep) error {
	job.Created, job.Updated, job.Unchanged, job.Failed, job.Problems = 0, 0, 0, 0, []port.RowProblem{}
	for _, s := range steps {
		switch s.Outcome {
		case "created":
			job.Created += s.Rows
		case "updated":
			job.Updated += s.Rows
		case "unchanged":
			job.Unchanged += s.Rows
		default:
			job.Failed += s.Rows
		}
		job.Problems = append(job.Problems, s.Problems...)
	}
	job.Problems = job.Problems[:min(len(job.Problems), keepProblems)]
	job.State, job.EndedAt = "done", im.Now()
	if _, err := im.Store.PutJob(ctx, job); ignoreMoved(err) != nil {
		return fmt.Errorf("finish %s: %w", job.ID, err)
	}
	return nil
}

// ignoreMoved drops a Conflict: another run of the same step was faster.
func ignoreMoved(err error) error {
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// Spread begins to give all products to a target that is new.
func (im *Importer) Spread(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) error {
	job := port.Job{ID: commerce.JobID("spr_" + im.NewID()), Space: w, Kind: "spread", State: "running", Params: map[string]string{"target": string(t)}, Problems: []port.RowProblem{}, CreatedAt: im.Now()}
	job, err := im.Store.PutJob(ctx, job)
	if err != nil {
		return fmt.Errorf("begin to fill target %s: %w", t, err)
	}
	return im.next(ctx, job, 0)
}

func (im *Importer) spreadStep(ctx context.Context, job port.Job, hops int) error {
	until := im.Now().Add(stepTime)
	target := commerce.TargetID(job.Params["target"])
	for im.Now().Before(until) {
		page, err := im.Store.ListProducts(ctx, job.Space, port.Page{Limit: 100, Cursor: job.Cursor})
		if err != nil {
			return fmt.Errorf("list products: %w", err)
		}
		var marks []port.Mark
		for _, p := range page.Items {
			if !p.Archived {
				marks = append(marks, im.Marks.All(job.Space, target, p.ID)...)
			}
		}
		if err := im.Store.PutMarks(ctx, marks); err != nil {
			return fmt.Errorf("mark products for %s: %w", target, err)
		}
		job.Cursor, job.Rows = page.Next, job.Rows+len(page.Items)
		if page.Next == "" {
			job.State, job.EndedAt = "done", im.Now()
			job.Params["products"] = strconv.Itoa(job.Rows)
		}
		put, err := im.Store.PutJob(ctx, job)
		if err != nil || put.State == "done" {
			return ignoreMoved(err)
		}
		job = put
	}
	return errors.Join(im.next(ctx, job, hops+1))
}
