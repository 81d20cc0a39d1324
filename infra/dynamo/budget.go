package dynamo

import (
	"context"
	"sync"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// leaseLife is how long a block of calls may be used by this process.
	leaseLife = time.Second
	// leaseMax is how many calls one block has at most.
	leaseMax = 64
	// contended is how often a bucket others change too is tried.
	contended = 12
	// purseMax is how many buckets are remembered before all are read again.
	purseMax = 4096
)

// Budgets is port.Budgets on the table of a store. Each process takes blocks of
// about a second's calls from a bucket's row, one write a block, and hands them
// out from memory; what a block has left over goes back with the next one. A
// bucket of which nothing is known hands out all that is asked for.
type Budgets struct {
	store *Store
	mu    sync.Mutex
	purse map[string]*purse
}

// purse is what this process holds of one bucket.
type purse struct {
	mu      sync.Mutex
	open    lease // of lanes that may be shut out
	kept    lease // of reserved lanes
	bucket  bucket
	version int64
	known   bool // bucket and version were read or written
	usedAt  time.Time
}

// lease is a block of calls.
type lease struct {
	left, size int64
	at         time.Time
}

func (l lease) live(now time.Time) bool { return now.Before(l.at.Add(leaseLife)) && !now.Before(l.at) }

// NewBudgets makes budgets on the store's table. It does no I/O.
func NewBudgets(s *Store) *Budgets { return &Budgets{store: s, purse: map[string]*purse{}} }

func (b *Budgets) of(name string) *purse {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p, ok := b.purse[name]; ok {
		return p
	}
	if len(b.purse) >= purseMax {
		clear(b.purse) // what their blocks had left counts as used
	}
	p := &purse{}
	b.purse[name] = p
	return p
}

// Take implements port.Budgets.
func (b *Budgets) Take(ctx context.Context, name string, lane port.Lane) error {
	p := b.of(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &p.open
	if lane.Reserved() {
		l = &p.kept
	}
	if l.left == 0 || !l.live(b.store.now()) {
		if err := b.lease(ctx, name, p, l, lane.Reserved()); err != nil {
			return err
		}
	}
	l.left--
	return nil
}

// want is the size of the next block: twice the last one when that was used
// up, what was used of it otherwise.
func (l lease) want(now time.Time) int64 {
	switch {
	case l.size == 0:
		return 1
	case l.left == 0 && l.live(now):
		return min(leaseMax, l.size*2)
	default:
		return max(1, l.size-l.left)
	}
}

// lease takes the next block.
func (b *Budgets) lease(ctx context.Context, name string, p *purse, l *lease, reserved bool) error {
	var got int64
	var retry time.Duration
	err := b.change(ctx, name, p, func(now time.Time, k *bucket) bool {
		if len(k.Windows) == 0 && !now.Before(k.Until) {
			got = 1 // nothing is limited: nothing is counted, until the first answer says more
			return false
		}
		if l.left > 0 {
			k.giveBack(l.at, l.left, reserved)
		}
		got, retry = k.take(now, l.want(now), reserved)
		return got > 0 || l.left > 0
	})
	if err != nil {
		return err
	}
	*l = lease{left: got, size: got, at: b.store.now()}
	if got > 0 {
		return nil
	}
	l.size = 1
	return &fault.Error{Kind: fault.RateLimited, Code: "budget_spent", RetryAfter: retry, Scope: name,
		Message: "The marketplace's allowance of calls is used up for now; the work goes on by itself when it is back."}
}

// Learn implements port.Budgets.
func (b *Budgets) Learn(ctx context.Context, q port.Quota) error {
	p := b.of(q.Bucket)
	p.mu.Lock()
	defer p.mu.Unlock()
	return b.change(ctx, q.Bucket, p, func(now time.Time, k *bucket) bool {
		// What any process has taken within the last second may be under way.
		changed := k.learn(now, q, p.open.size+p.kept.size)
		if changed && now.Before(k.Until) {
			p.open, p.kept = lease{}, lease{}
		}
		return changed
	})
}

// Forecasts implements port.Forecaster. It costs one unit.
func (b *Budgets) Forecasts(ctx context.Context, name string) ([]port.Forecast, error) {
	it, err := b.store.get(ctx, budgetKey(name))
	if err != nil || it == nil {
		return nil, err
	}
	k, err := decode[bucket](it)
	if err != nil {
		return nil, err
	}
	var all []port.Forecast
	for _, w := range k.Windows {
		if w.Length >= daily {
			all = append(all, w.forecast(b.store.now()))
		}
	}
	return all, nil
}

// change applies edit to the stored bucket; edit says whether that is to be
// stored. What this process remembers is tried first: a block costs one write
// unless someone else has written.
func (b *Budgets) change(ctx context.Context, name string, p *purse, edit func(time.Time, *bucket) bool) error {
	for n := range contended {
		now := b.store.now()
		if !p.known || now.Sub(p.usedAt) > leaseLife {
			if err := b.read(ctx, name, p); err != nil {
				return err
			}
		}
		p.usedAt = now
		next := p.bucket.clone()
		if !edit(now, &next) {
			return nil
		}
		err := b.write(ctx, name, p, next)
		if !fault.Is(err, fault.Conflict) {
			return err
		}
		p.known = false
		if err := b.store.sleep(ctx, b.store.backoff(min(n, 3))); err != nil {
			return fault.Wrap(err, fault.Temporary, "storage_late", "The budget %s was not answered in time.", name)
		}
	}
	return fault.New(fault.Temporary, "storage_busy", "The budget %s is changed by too many at once.", name)
}

func (b *Budgets) read(ctx context.Context, name string, p *purse) error {
	it, err := b.store.get(ctx, budgetKey(name))
	if err != nil {
		return err
	}
	p.bucket, p.version, p.known = bucket{}, 0, true
	if it != nil {
		p.version = numberOf(it, attrVersion)
		p.bucket, err = decode[bucket](it)
	}
	return err
}

func (b *Budgets) write(ctx context.Context, name string, p *purse, next bucket) error {
	r := row{key: budgetKey(name), entity: "budget", version: p.version + 1, record: next, ttl: b.store.now().Add(next.life())}
	err := b.store.write(ctx, put(r).ifVersion(p.version, moved("budget", name)))
	if err == nil {
		p.bucket, p.version = next, p.version+1
	}
	return err
}

// life is how long a bucket that nobody uses is worth keeping.
func (b bucket) life() time.Duration {
	keep := 7 * daily
	for _, w := range b.Windows {
		keep = max(keep, 2*w.Length)
	}
	return keep
}

func (b bucket) clone() bucket {
	copied := bucket{Until: b.Until, Windows: make([]window, len(b.Windows))}
	for i, w := range b.Windows {
		copied.Windows[i] = window{Length: w.Length, Limit: w.Limit, Slots: append([]slot(nil), w.Slots...)}
	}
	return copied
}
