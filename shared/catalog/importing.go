package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"slices"
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
	// Others take the steps of jobs of other kinds.
	Others map[string]func(ctx context.Context, j port.Job, hops int) error
}

// Upload is a file to import: its bytes, or the key of a blob that holds them.
type Upload struct {
	Format string // auto, shopify, manystall
	Name   string // of the file, for people
	Data   []byte
	Blob   string
	// Key makes the import happen once: the same key with the same file is the
	// same import. Empty is a new one each time.
	Key string
}

// job is the id of an upload's import.
func (u Upload) job(w commerce.WorkspaceID, data []byte, newID func() string) commerce.JobID {
	if u.Key == "" {
		return commerce.JobID("imp_" + newID())
	}
	digest := sha256.Sum256(data)
	return commerce.JobID(commerce.Derive("imp", string(w), u.Key, string(digest[:])))
}

// Start checks a file and begins to import it. A file that can't be read as a
// whole is Invalid and nothing is begun. An import that was begun with the same
// key goes on and is answered as it stands.
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
		ID: u.job(w, data, im.NewID), Space: w, Kind: "import", State: port.JobRunning, Blob: u.Blob, Rows: table.Rows,
		Params: map[string]string{"format": table.Format, "name": u.Name}, Problems: []port.RowProblem{}, CreatedAt: im.Now(),
	}
	if job.Blob == "" {
		job.Blob = "tmp/imports/" + string(job.ID) + ".csv"
		if err := im.Blobs.PutBlob(ctx, job.Blob, "text/csv", data); err != nil {
			return port.Job{}, fmt.Errorf("keep the file: %w", err)
		}
	}
	put, err := im.Store.PutJob(ctx, job)
	if fault.Is(err, fault.Conflict) {
		put, err = im.Store.Job(ctx, w, job.ID)
	}
	if err != nil || put.State != port.JobRunning {
		return put, err
	}
	return put, im.next(ctx, put, 0)
}

func (im *Importer) next(ctx context.Context, j port.Job, hops int) error {
	return im.send(ctx, j, hops, 0)
}

func (im *Importer) send(ctx context.Context, j port.Job, hops int, after time.Duration) error {
	task := port.JobTask{V: port.MessageVersion, Space: j.Space, Job: j.ID, Hops: hops}
	return im.Queue.Send(ctx, port.ImportQueue, port.Outgoing{Body: task, Delay: after})
}

// Step works a job for a while and asks for the next step. What was done
// before a crash is not done again: each product stores its result with it.
func (im *Importer) Step(ctx context.Context, t port.JobTask) error {
	job, err := im.Store.Job(ctx, t.Space, t.Job)
	if fault.Is(err, fault.NotFound) || (err == nil && job.State != port.JobRunning) {
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
		if step, known := im.Others[job.Kind]; known {
			return step(ctx, job, t.Hops)
		}
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
			if err := im.count(ctx, job); err != nil {
				return err
			}
			return im.next(ctx, job, hops+1)
		}
		r := &reader{table: table, space: job.Space, currency: cmp.Or(space.Defaults.Currency, space.Currency)}
		if err := im.group(ctx, job, r, g, key); err != nil {
			return fmt.Errorf("import %q: %w", g.Handle, err)
		}
	}
	job.State, job.EndedAt = port.JobDone, im.Now()
	return im.count(ctx, job)
}

// group imports one product and stores its result with it, all or nothing. A
// result that is there already is another run's, which was faster.
func (im *Importer) group(ctx context.Context, job port.Job, r *reader, g RowGroup, key string) error {
	step := port.JobStep{Job: job.ID, Key: key, Rows: len(g.Rows) + len(g.Broken)}
	for range 5 {
		old, err := im.Store.Product(ctx, job.Space, ProductIDOf(job.Space, g.Handle))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		r.problems = nil
		in := r.product(g, old)
		step.Outcome, step.Problems = outcome(old, in), nil
		if len(r.problems) == 0 && step.Outcome != "unchanged" {
			_, err = im.put(ctx, job.Space, old, in.product, in.stated, &step)
			switch f := fault.Of(err); {
			case f == nil, f.Code == "step_exists":
				return nil
			case f.Kind == fault.Invalid, f.Kind == fault.TooLarge, f.Code == "sku_taken":
				r.problems = []port.RowProblem{rowProblem(g, in, f)}
			case f.Kind == fault.Conflict:
				continue // somebody edits the product: look again
			default:
				return err
			}
		}
		if len(r.problems) > 0 {
			step.Outcome, step.Problems = "failed", r.problems[:min(len(r.problems), stepProblems)]
		}
		return ignoreMoved(im.Store.PutStep(ctx, job.Space, step))
	}
	return fault.New(fault.Temporary, "product_contended", "Product %q changes too fast to be imported now.", g.Handle)
}

// rowProblem finds the row of a problem with a variant.
func rowProblem(g RowGroup, in imported, f *fault.Error) port.RowProblem {
	row := g.Rows[0].Number
	var i int
	if n, err := fmt.Sscanf(f.Field, "variants[%d]", &i); n == 1 && err == nil && i >= 0 && i < len(in.product.Variants) {
		row = in.rows[in.product.Variants[i].ID]
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
	job.State, job.Reason, job.EndedAt = port.JobFailed, reason, im.Now()
	_, err := im.Store.PutJob(ctx, job)
	return ignoreMoved(err)
}

// count stores how far a job is. The steps are what has been done, whoever did
// it.
func (im *Importer) count(ctx context.Context, job port.Job) error {
	steps, err := im.Store.ListSteps(ctx, job.Space, job.ID)
	if err != nil {
		return fmt.Errorf("steps of %s: %w", job.ID, err)
	}
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
	if _, err := im.Store.PutJob(ctx, job); ignoreMoved(err) != nil {
		return fmt.Errorf("count %s: %w", job.ID, err)
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
