package porttest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// StoreBench is an empty store under test.
type StoreBench struct {
	Store port.Store
	// Clock is the time the store lives by.
	Clock *Clock
	// Settle returns when lists show all that was written before; nil where
	// they do at once.
	Settle func(t *testing.T)
}

// Clock is a clock that moves when it is told to. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that shows a time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// RunStore is the suite for port.Store. Each test opens its own bench.
func RunStore(t *testing.T, open func(t *testing.T) StoreBench) {
	for _, group := range []map[string]func(*testing.T, StoreBench){
		accountTests(), claimTests(), productTests(), skuTests(), markTests(), listingTests(), jobTests(),
		stockTests(), orderTests(), totalTests(), inboxTests(), outboundTests(), deskTests(), keyTests(), pageTests(),
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := open(t)
				if b.Settle == nil {
					b.Settle = func(*testing.T) {}
				}
				test(t, b)
			})
		}
	}
}

// The workspaces of the tests. The same ids are used in both.
const (
	mine   commerce.WorkspaceID = "ws_mine"
	theirs commerce.WorkspaceID = "ws_theirs"
)

// epoch is when the tests' records were made.
func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC) }

func at(n int) time.Time { return epoch().Add(time.Duration(n) * time.Minute) }

func page(limit int, cursor string) port.Page { return port.Page{Limit: limit, Cursor: cursor} }

// need is a value that must have come without an error: need(f())(t).
func need[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// refused checks the kind and, unless empty, the code of an error.
func refused(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if !fault.Is(err, kind) || (code != "" && fault.Of(err).Code != code) {
		t.Fatalf("error is %v, want kind %s code %q", err, kind, code)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("not as expected (-want +got):\n%s", diff)
	}
}

// inParallel runs n workers and waits for all.
func inParallel(n int, work func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { work(i) })
	}
	wg.Wait()
}
