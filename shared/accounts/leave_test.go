package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// errKilled is what a process that is killed panics with in these tests.
var errKilled = errors.New("killed")

// mortal is storage whose process is killed at a chosen write, before or after
// it took effect.
type mortal struct {
	*dynamo.Store
	steps, killAt int
	after         bool
}

func (m *mortal) step(do func() error) error {
	m.steps++
	if m.steps == m.killAt && !m.after {
		panic(errKilled)
	}
	err := do()
	if m.steps == m.killAt {
		panic(errKilled)
	}
	return err
}

func (m *mortal) Connect(ctx context.Context, a port.Account, t *port.Target) (put port.Account, err error) {
	err = m.step(func() error { put, err = m.Store.Connect(ctx, a, t); return err })
	return put, err
}

func (m *mortal) Disconnect(ctx context.Context, a port.Account, t *port.Target) error {
	return m.step(func() error { return m.Store.Disconnect(ctx, a, t) })
}

func (m *mortal) PutAccount(ctx context.Context, a port.Account) (put port.Account, err error) {
	err = m.step(func() error { put, err = m.Store.PutAccount(ctx, a); return err })
	return put, err
}

func (m *mortal) DeletePublicKey(ctx context.Context, k string) error {
	return m.step(func() error { return m.Store.DeletePublicKey(ctx, k) })
}

func (m *mortal) DeleteGrant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) error {
	return m.step(func() error { return m.Store.DeleteGrant(ctx, w, id) })
}

func (m *mortal) PutGrant(ctx context.Context, g port.Grant) (put port.Grant, err error) {
	err = m.step(func() error { put, err = m.Store.PutGrant(ctx, g); return err })
	return put, err
}

// killed runs something in a process that is killed at a write; whether it was.
func (b *bench) killed(at int, after bool, run func() error) (killed bool) {
	b.t.Helper()
	desk := b.desk
	store := &mortal{Store: b.store, killAt: at, after: after}
	b.desk = b.newDesk()
	b.desk.Store = store
	spread := b.desk.Spread
	b.desk.Spread = func(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) error {
		return store.step(func() error { return spread(ctx, w, t) })
	}
	defer func() {
		b.desk = desk
		switch r := recover(); r {
		case nil:
		case errKilled:
			killed = true
		default:
			panic(r)
		}
	}()
	b.ok(run())
	return false
}

// maintained does what the schedules do for accounts that are due.
func (b *bench) maintained() {
	b.t.Helper()
	due, err := b.store.ListDue(b.t.Context(), port.DuePoll, b.clock.Now(), 100)
	b.ok(err)
	for _, d := range due {
		b.ok(b.desk.Settle(b.t.Context(), d.Space, commerce.AccountID(d.ID)))
	}
}

func TestADisconnectionKilledAnywhereIsFinished(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			b := newBench(t)
			b.connect(mine, commerce.Facebook, "page", "catalog")
			ig := b.account(b.connect(mine, commerce.Instagram, "profile", "catalog"))
			b.spread = nil
			killed := b.killed(n, after, func() error { return b.desk.Disconnect(t.Context(), mine, ig.ID) })
			what := fmt.Sprintf("killed at %d, after %v", n, after)
			if now := b.account(ig); now.State == port.AccountActive {
				// Nothing was begun: the seller sees it connected and asks again.
				if n != 1 || after || !b.hasGrant(mine, ig.Grant) {
					t.Errorf("%s: still connected", what)
				}
				b.ok(b.desk.Disconnect(t.Context(), mine, ig.ID))
			}
			b.maintained()
			now := b.account(ig)
			if now.State != port.AccountGone || now.Unsettled != nil || now.Grant != "" || now.Key != "" || now.Target != "" || !now.NextPoll.IsZero() || now.Health != nil {
				t.Errorf("%s: left over %+v", what, now)
			}
			if b.hasGrant(mine, ig.Grant) {
				t.Errorf("%s: the tokens are kept", what)
			}
			if _, err := b.store.PublicKey(t.Context(), ig.Key); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: its address is open: %v", what, err)
			}
			if len(b.spread) == 0 || b.spread[0] != ig.Target {
				t.Errorf("%s: its listings don't end: %v", what, b.spread)
			}
			if due, err := b.store.ListDue(t.Context(), port.DuePoll, b.clock.Now(), 9); err != nil || len(due) != 1 {
				t.Errorf("%s: due are %v, %v; want the one that stays", what, due, err)
			}
			if !killed {
				if n < 5 {
					t.Errorf("only %d steps were killed", n-1)
				}
				break
			}
		}
	}
}

// Connecting again is the same account under a new consent; a kill in between
// leaves neither the old tokens nor a shop whose listings nobody writes.
func TestAConnectionKilledAnywhereIsFinished(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			b := newBench(t)
			old := b.connect(mine, commerce.Facebook, "page", "catalog")
			b.ok(b.desk.Expired(t.Context(), mine, old.ID, "over"))
			b.spread = nil
			killed := b.killed(n, after, func() error {
				_, _, err := b.consent(mine, commerce.Facebook, shop("page", "catalog"))
				return err
			})
			what := fmt.Sprintf("killed at %d, after %v", n, after)
			if b.account(old).State != port.AccountActive || !b.hasGrant(mine, b.account(old).Grant) {
				b.connect(mine, commerce.Facebook, "page", "catalog") // the seller tries again
			}
			b.maintained()
			now := b.account(old)
			if now.State != port.AccountActive || now.Unsettled != nil || now.Grant == old.Grant || !b.hasGrant(mine, now.Grant) || now.Key != old.Key {
				t.Errorf("%s: %+v", what, now)
			}
			if b.hasGrant(mine, old.Grant) {
				t.Errorf("%s: the old tokens are kept", what)
			}
			if len(b.spread) == 0 {
				t.Errorf("%s: its listings are not looked at", what)
			}
			if !killed {
				if n < 4 {
					t.Errorf("only %d steps were killed", n-1)
				}
				break
			}
		}
	}
}

// Somebody connects again while a disconnection is still being cleared.
func TestConnectingAgainInTheMiddleOfADisconnection(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.account(b.connect(mine, commerce.Facebook, "page", "catalog"))
	b.killed(1, true, func() error { return b.desk.Disconnect(t.Context(), mine, a.ID) })
	again := b.connect(mine, commerce.Facebook, "page", "catalog")
	b.maintained()
	now := b.account(a)
	if now.ID != again.ID || now.State != port.AccountActive || now.Unsettled != nil || now.Key == a.Key || now.Target != a.Target || !now.ClaimedAt.Equal(b.clock.Now()) {
		t.Errorf("%+v", now)
	}
	if _, err := b.store.PublicKey(t.Context(), now.Key); err != nil {
		t.Errorf("its new address is closed: %v", err)
	}
	if b.hasGrant(mine, a.Grant) || !b.hasGrant(mine, now.Grant) {
		t.Error("the wrong consent is kept")
	}
	if tgt := b.target(now); tgt.Writer != now.ID || tgt.Accounts[commerce.Facebook] != now.ID {
		t.Errorf("target %+v", tgt)
	}
}

// What still waits to be sent to a disconnected shop ends at once, where a
// consent that has ended lets it wait.
func TestNothingWaitsForADisconnectedShop(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	b.ok(b.desk.Expired(t.Context(), mine, a.ID, "over"))
	if _, err := b.desk.Open(t.Context(), mine, a.ID); !fault.Is(err, fault.AuthExpired) {
		t.Errorf("a consent that has ended: %v", err)
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, a.ID))
	if _, err := b.desk.Open(t.Context(), mine, a.ID); !fault.Is(err, fault.Unsupported) || code(err) != "disconnected" {
		t.Errorf("disconnected: %v", err)
	}
}
