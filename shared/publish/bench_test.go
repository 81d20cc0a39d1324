package publish_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/publish"
)

const (
	space  commerce.WorkspaceID = "ws_test"
	target commerce.TargetID    = "tgt_test"
	writer commerce.AccountID   = "acc_writer"
)

// bench is one workspace with one target, on virtual time.
type bench struct {
	t      *testing.T
	clock  *porttest.Clock
	store  *stepper
	market *market
	queue  *queue
	blobs  blobs
	feeds  []time.Time // when a file was begun
	worker *publish.Worker
	marker *publish.Marker
	rules  map[commerce.Channel]channel.Rules
	ids    localtest.IDs
}

// newBench makes a target over the given channels; the first one's account
// writes.
func newBench(t *testing.T, channels ...commerce.Channel) *bench {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	b := &bench{t: t, clock: clock, queue: &queue{now: clock.Now}, rules: map[commerce.Channel]channel.Rules{}}
	b.store = &stepper{Store: localtest.Open(t, clock.Now).Store, clock: clock}
	b.blobs = blobs{stepper: b.store, kept: map[string][]byte{}}
	b.queue.dead = func() bool { return b.store.dead }
	b.market = &market{bench: b, items: map[commerce.RemoteID]*item{}, made: map[string]commerce.RemoteID{}}
	b.worker = &publish.Worker{
		Store: b.store,
		Open: func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
			return b.market, nil
		},
		Rules: func(c commerce.Channel) channel.Rules { return b.rules[c] },
		Queue: b.queue, Blobs: &b.blobs, Feed: b.startFeed, Expired: b.expired, Now: clock.Now, NewID: b.ids.Next, Log: localtest.Quiet(),
	}
	b.marker = &publish.Marker{Store: b.store, Now: clock.Now, NewID: b.ids.Next}
	b.setUp(channels)
	return b
}

func (b *bench) setUp(channels []commerce.Channel) {
	ctx := b.t.Context()
	_, err := b.store.PutWorkspace(ctx, port.Workspace{ID: space, Currency: "USD", Defaults: commerce.Defaults{Currency: "USD"}})
	b.ok(err)
	tgt := port.Target{ID: target, Space: space, Kind: "test", Remote: "shop", Writer: writer, Accounts: map[commerce.Channel]commerce.AccountID{}}
	for i, c := range channels {
		id := writer
		if i > 0 {
			id = commerce.AccountID("acc_" + string(c))
		}
		_, err := b.store.PutAccount(ctx, port.Account{ID: id, Space: space, Channel: c, Kind: "marketplace", State: port.AccountActive, Target: target})
		b.ok(err)
		tgt.Accounts[c] = id
		b.rules[c] = channel.Rules{TitleMax: 40, Batch: 10, Gather: time.Second}
	}
	_, err = b.store.PutTarget(ctx, tgt)
	b.ok(err)
}

func (b *bench) startFeed(context.Context, commerce.WorkspaceID, commerce.TargetID) error {
	return b.store.step(func() error { b.feeds = append(b.feeds, b.clock.Now()); return nil })
}

func (b *bench) expired(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, reason string) error {
	a, err := b.store.Account(ctx, w, id)
	if err != nil {
		return err
	}
	a.State, a.Reason = port.AccountNeedsConsent, reason
	_, err = b.store.PutAccount(ctx, a)
	return err
}

func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// product makes a product of one variant with its stock, and marks it.
func (b *bench) product(name string, quantity int64) commerce.Product {
	b.t.Helper()
	p := commerce.Product{
		ID: commerce.ProductID("prd_" + name), Handle: name, Title: name, CreatedAt: b.clock.Now(),
		Variants: []commerce.Variant{{ID: commerce.VariantID("var_" + name), SKU: commerce.SKU(name), Price: commerce.Money{Amount: 1000, Currency: "USD"}}},
	}
	b.move(p, quantity, "")
	return b.put(commerce.Product{}, p)
}

// put stores an edit of a product with its marks, as the catalog does.
func (b *bench) put(old, next commerce.Product) commerce.Product {
	b.t.Helper()
	targets, err := b.store.ListTargets(b.t.Context(), space)
	b.ok(err)
	w := port.ProductWrite{Product: next, Marks: b.marker.Edited(space, targets, old, next)}
	if old.Version == 0 {
		w.Claims = []commerce.SKU{next.Variants[0].SKU}
	}
	put, err := b.store.Store.PutProduct(b.t.Context(), space, w)
	b.ok(err)
	return put
}

// move changes the level of a product's variant; from is the target whose own
// sale it was.
func (b *bench) move(p commerce.Product, by int64, from commerce.TargetID) commerce.StockLevel {
	b.t.Helper()
	ctx, v := b.t.Context(), p.Variants[0]
	level, err := b.store.Level(ctx, space, v.ID, commerce.LocationDefault)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.t.Fatal(err)
	}
	level.Variant, level.Product, level.SKU, level.Location = v.ID, p.ID, v.SKU, commerce.LocationDefault
	level.OnHand += by
	level.LastTarget = from
	if from != "" {
		level.LastSale = b.clock.Now()
	}
	m := commerce.StockMove{ID: b.ids.Next(), Variant: v.ID, Location: level.Location, Quantity: by, Reason: commerce.MoveManual, Source: "test", At: b.clock.Now(), Anchor: b.clock.Now(), OnHand: level.OnHand}
	b.ok(b.store.Move(ctx, space, port.LevelMove{Level: level, Move: m}))
	level.Version++
	return level
}

func (b *bench) run() {
	b.t.Helper()
	b.ok(b.worker.Run(b.t.Context(), port.Nudge{V: 1, Space: space, Key: string(target)}))
}

// drain delivers what is on the queue, moving the clock to each delivery, until
// nothing is left or the time is over.
func (b *bench) drain(most time.Duration) {
	b.t.Helper()
	end := b.clock.Now().Add(most)
	for {
		m, ok := b.queue.take(end)
		if !ok {
			return
		}
		if wait := m.at.Sub(b.clock.Now()); wait > 0 {
			b.clock.Advance(wait)
		}
		b.ok(b.worker.Run(b.t.Context(), m.nudge))
	}
}

func (b *bench) listing(p commerce.Product) commerce.Listing {
	b.t.Helper()
	l, err := b.store.Listing(b.t.Context(), space, port.ListingIDOf(target, p.ID))
	b.ok(err)
	return l
}

func (b *bench) marks(lane port.Lane) []port.Mark {
	b.t.Helper()
	marks, err := b.store.Store.ListMarks(b.t.Context(), space, target, lane, 10_000)
	b.ok(err)
	return marks
}

func (b *bench) target() port.Target {
	b.t.Helper()
	t, err := b.store.Target(b.t.Context(), space, target)
	b.ok(err)
	return t
}

// queue keeps nudges with the time they are due.
type queue struct {
	now  func() time.Time
	dead func() bool
	mu   sync.Mutex
	sent []delayed
}

type delayed struct {
	nudge port.Nudge
	at    time.Time
}

func (q *queue) Send(_ context.Context, _ string, messages ...port.Outgoing) error {
	if q.dead() {
		return errKilled
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		n, ok := m.Body.(port.Nudge)
		if !ok {
			return fmt.Errorf("sent %T", m.Body)
		}
		q.sent = append(q.sent, delayed{n, q.now().Add(m.Delay)})
	}
	return nil
}

func (q *queue) take(end time.Time) (delayed, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.sent) == 0 {
		return delayed{}, false
	}
	slices.SortStableFunc(q.sent, func(a, b delayed) int { return a.at.Compare(b.at) })
	m := q.sent[0]
	if m.at.After(end) {
		return delayed{}, false
	}
	q.sent = q.sent[1:]
	return m, true
}

// errKilled is what everything outside answers to a process that was killed.
var errKilled = errors.New("killed")

// stepper counts what changes storage or the marketplace, and kills the process
// at a chosen step, before or after it took effect.
type stepper struct {
	*dynamo.Store
	mu     sync.Mutex
	steps  int
	killAt int // 0: never
	after  bool
	killed bool
	dead   bool
	slow   time.Duration // what putting a listing takes
	clock  *porttest.Clock
	cancel func() // ends the context instead of the process, when it is set
	read   int    // marks read
	// before runs when a call is on its way, during between a marketplace's
	// write and its answer; each once.
	before, during func()
	listed         func() // after marks were read; once
}

// step does one thing. Steps that are made side by side come one by one.
func (s *stepper) step(do func() error) error {
	s.mu.Lock()
	s.steps++
	now := s.killAt == s.steps
	if now && !s.after {
		s.kill()
	}
	dead := s.dead
	s.mu.Unlock()
	if dead {
		return errKilled
	}
	err := do()
	if now && s.after {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.kill(); s.dead {
			return errKilled
		}
	}
	return err
}

// kill lets nothing more happen, or ends the context.
func (s *stepper) kill() {
	s.killed = true
	if s.cancel != nil {
		s.cancel()
		return
	}
	s.dead = true
}

// Unlock does nothing for a process that is dead: its lock has to end.
func (s *stepper) Unlock(ctx context.Context, key, token string) error {
	if s.dead {
		return errKilled
	}
	return s.Store.Unlock(ctx, key, token)
}

func (s *stepper) PutListing(ctx context.Context, w commerce.WorkspaceID, l port.ListingWrite) (put commerce.Listing, err error) {
	s.clock.Advance(s.slow)
	err = s.step(func() error { put, err = s.Store.PutListing(ctx, w, l); return err })
	return put, err
}

func (s *stepper) PutMarks(ctx context.Context, m []port.Mark) error {
	return s.step(func() error { return s.Store.PutMarks(ctx, m) })
}

func (s *stepper) DropMarks(ctx context.Context, m []port.Mark) error {
	return s.step(func() error { return s.Store.DropMarks(ctx, m) })
}

func (s *stepper) ParkMarks(ctx context.Context, m []port.Mark) error {
	return s.step(func() error { return s.Store.ParkMarks(ctx, m) })
}

func (s *stepper) PutCall(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, c port.Call) error {
	return s.step(func() error { return s.Store.PutCall(ctx, w, t, c) })
}

func (s *stepper) DeleteCall(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, id string) error {
	return s.step(func() error { return s.Store.DeleteCall(ctx, w, t, id) })
}

func (s *stepper) PutTarget(ctx context.Context, t port.Target) (put port.Target, err error) {
	err = s.step(func() error { put, err = s.Store.PutTarget(ctx, t); return err })
	return put, err
}

func (s *stepper) ListMarks(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, lane port.Lane, limit int) ([]port.Mark, error) {
	marks, err := s.Store.ListMarks(ctx, w, t, lane, limit)
	s.read += len(marks)
	once(&s.listed)
	return marks, err
}

// blobs are kept in memory.
type blobs struct {
	port.Blobs
	stepper *stepper
	kept    map[string][]byte
}

func (b *blobs) PutBlob(_ context.Context, key, _ string, data []byte) error {
	return b.stepper.step(func() error { b.kept[key] = data; return nil })
}

func (b *blobs) Blob(_ context.Context, key string, _ int64) ([]byte, error) {
	data, ok := b.kept[key]
	if !ok {
		return nil, fault.New(fault.NotFound, "blob_not_found", "There is no blob %s.", key)
	}
	return data, nil
}

func (b *blobs) DeleteBlob(_ context.Context, key string) error {
	return b.stepper.step(func() error { delete(b.kept, key); return nil })
}
