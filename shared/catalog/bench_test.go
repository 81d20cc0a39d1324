package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/publish"
	"github.com/manystall/manystall/shared/stock"
)

const (
	space  commerce.WorkspaceID = "ws_test"
	target commerce.TargetID    = "tgt_test"
)

// bench is a workspace with one connected target, on virtual time.
type bench struct {
	t     *testing.T
	clock *porttest.Clock
	store *stepper
	queue *queue
	im    *catalog.Importer
	ids   localtest.IDs
	blobs *blobs
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	b := &bench{t: t, clock: clock, queue: &queue{}, blobs: &blobs{held: map[string][]byte{}}}
	b.store = &stepper{Store: localtest.Open(t, clock.Now).Store}
	marker := &publish.Marker{Store: b.store, Now: clock.Now, NewID: b.ids.Next}
	keeper := &stock.Keeper{Store: b.store, Now: clock.Now, NewID: b.ids.Next, SellsDown: func(commerce.Channel) bool { return false }}
	b.im = &catalog.Importer{
		Editor: &catalog.Editor{Store: b.store, Stock: stated{keeper}, Marks: marker, NewListing: publish.NewListing, Now: clock.Now, NewID: b.ids.Next},
		Blobs:  b.blobs, Queue: b.queue,
	}
	_, err := b.store.PutWorkspace(t.Context(), port.Workspace{ID: space, Currency: "USD"})
	b.ok(err)
	_, err = b.store.PutTarget(t.Context(), port.Target{ID: target, Space: space, Kind: "etsy", Remote: "1", Accounts: map[commerce.Channel]commerce.AccountID{commerce.Etsy: "acc"}})
	b.ok(err)
	return b
}

// stated is how infra/wire joins catalog and stock.
type stated struct{ *stock.Keeper }

func (s stated) State(ctx context.Context, w commerce.WorkspaceID, c catalog.Stated) error {
	return s.Keeper.State(ctx, w, stock.Stated(c))
}

func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) start(file string) port.Job {
	b.t.Helper()
	job, err := b.im.Start(b.t.Context(), space, catalog.Upload{Format: "auto", Data: []byte(file)})
	b.ok(err)
	return job
}

// work takes steps until the queue is empty.
func (b *bench) work() {
	b.t.Helper()
	for {
		task, ok := b.queue.take()
		if !ok {
			return
		}
		b.ok(b.im.Step(b.t.Context(), task))
	}
}

func (b *bench) job(id commerce.JobID) port.Job {
	b.t.Helper()
	job, err := b.store.Job(b.t.Context(), space, id)
	b.ok(err)
	if job.State == "done" && job.Kind == "import" && job.Created+job.Updated+job.Unchanged+job.Failed != job.Rows {
		b.t.Errorf("%d rows, of which %d created, %d updated, %d unchanged, %d failed", job.Rows, job.Created, job.Updated, job.Unchanged, job.Failed)
	}
	return job
}

func (b *bench) load(file string) port.Job {
	b.t.Helper()
	job := b.start(file)
	b.work()
	return b.job(job.ID)
}

func (b *bench) product(handle string) commerce.Product {
	b.t.Helper()
	p, err := b.store.Product(b.t.Context(), space, catalog.ProductIDOf(space, handle))
	b.ok(err)
	return p
}

func (b *bench) onHand(v commerce.Variant) int64 {
	b.t.Helper()
	l, err := b.store.Level(b.t.Context(), space, v.ID, commerce.LocationDefault)
	b.ok(err)
	moves, err := b.store.ListMoves(b.t.Context(), space, v.ID, port.Page{Limit: 100})
	b.ok(err)
	var sum int64
	for _, m := range moves.Items {
		sum += m.Quantity
	}
	if sum != l.OnHand {
		b.t.Errorf("%s: on hand %d, the moves sum up to %d", v.SKU, l.OnHand, sum)
	}
	return l.OnHand
}

func (b *bench) sell(v commerce.Variant, n int64) {
	b.t.Helper()
	l, err := b.store.Level(b.t.Context(), space, v.ID, commerce.LocationDefault)
	b.ok(err)
	l.OnHand -= n
	b.ok(b.store.Move(b.t.Context(), space, port.LevelMove{Level: l, Move: commerce.StockMove{
		ID: b.ids.Next(), Variant: v.ID, Location: l.Location, Quantity: -n, Reason: commerce.MoveManual, Source: "test", At: b.clock.Now(), Anchor: b.clock.Now(), OnHand: l.OnHand,
	}}))
}

func (b *bench) marks() []port.Mark {
	b.t.Helper()
	marks, err := b.store.ListMarks(b.t.Context(), space, target, 0, 10_000)
	b.ok(err)
	return marks
}

func (b *bench) dropMarks() { b.t.Helper(); b.ok(b.store.DropMarks(b.t.Context(), b.marks())) }

// table is a file of our columns.
func table(rows ...string) string {
	return "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n" + strings.Join(rows, "\n") + "\n"
}

type queue struct {
	mu   sync.Mutex
	sent []port.JobTask
}

func (q *queue) Send(_ context.Context, _ string, messages ...port.Outgoing) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		task, ok := m.Body.(port.JobTask)
		if !ok {
			return fmt.Errorf("sent %T", m.Body)
		}
		q.sent = append(q.sent, task)
	}
	return nil
}

func (q *queue) take() (port.JobTask, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.sent) == 0 {
		return port.JobTask{}, false
	}
	task := q.sent[0]
	q.sent = q.sent[1:]
	return task, true
}

type blobs struct {
	port.Blobs
	mu   sync.Mutex
	held map[string][]byte
}

func (s *blobs) PutBlob(_ context.Context, key, _ string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[key] = data
	return nil
}

func (s *blobs) Blob(_ context.Context, key string, limit int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.held[key]
	switch {
	case !ok:
		return nil, fault.New(fault.NotFound, "no_blob", "There is no blob %s.", key)
	case int64(len(data)) > limit:
		return nil, fault.New(fault.TooLarge, "blob_too_large", "The blob %s is too large.", key)
	}
	return data, nil
}

func (s *blobs) DeleteBlob(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, key)
	return nil
}

func (s *blobs) UploadURL(context.Context, string, string, int64, time.Duration) (string, error) {
	return "", errors.New("no uploads here")
}

// errKilled is what a process that is killed panics with.
var errKilled = errors.New("killed")

// stepper counts what changes storage and kills the process at a chosen step,
// before or after it took effect.
type stepper struct {
	*dynamo.Store
	mu            sync.Mutex
	steps, killAt int
	after         bool
	products      int
}

func (s *stepper) step(do func() error) error {
	s.mu.Lock()
	s.steps++
	now := s.killAt == s.steps
	s.mu.Unlock()
	if now && !s.after {
		panic(errKilled)
	}
	err := do()
	if now && s.after {
		panic(errKilled)
	}
	return err
}

func (s *stepper) count() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.products++
}

func (s *stepper) PutProduct(ctx context.Context, w commerce.WorkspaceID, p port.ProductWrite) (put commerce.Product, err error) {
	err = s.step(func() error { s.count(); put, err = s.Store.PutProduct(ctx, w, p); return err })
	return put, err
}

func (s *stepper) PutStep(ctx context.Context, w commerce.WorkspaceID, st port.JobStep) error {
	return s.step(func() error { return s.Store.PutStep(ctx, w, st) })
}

func (s *stepper) PutJob(ctx context.Context, j port.Job) (put port.Job, err error) {
	err = s.step(func() error { put, err = s.Store.PutJob(ctx, j); return err })
	return put, err
}

func (s *stepper) Move(ctx context.Context, w commerce.WorkspaceID, m port.LevelMove) error {
	return s.step(func() error { return s.Store.Move(ctx, w, m) })
}
