package accounts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// A renewal that is killed leaves a connection that works, or one that says
// that it has to be made anew and why; never one that fails in silence.
func TestARenewalKilledAnywhere(t *testing.T) {
	t.Parallel()
	lost := 0
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			b := newBench(t)
			a := b.connect(mine, commerce.Etsy, "1", "c1")
			b.clock.Advance(2 * time.Hour)
			killed := b.killed(n, after, func() error { return b.desk.Renew(t.Context(), mine, a.Grant) })
			b.clock.Advance(time.Minute) // the lock of the dead ends
			tokens, err := b.source(b.newDesk(), a).Tokens(t.Context())
			now := b.account(a)
			what := fmt.Sprintf("killed at %d, after %v", n, after)
			switch {
			case err == nil:
				if now.State != port.AccountActive || (tokens.Access != "secret-access-2" && tokens.Access != "secret-access-3") {
					t.Errorf("%s: %s with %s", what, now.State, tokens.Access)
				}
				if g, err := b.store.Grant(t.Context(), mine, a.Grant); err != nil || !g.Renewing.IsZero() {
					t.Errorf("%s: the renewal stays noted: %v, %v", what, g.Renewing, err)
				}
			case b.market.refreshes != 1:
				t.Errorf("%s: lost without a renewal: %v", what, err)
			default:
				lost++
				if now.State != port.AccountNeedsConsent || !strings.Contains(now.Reason, "broke off at 2026-11-01 10:00 UTC") || !fault.Is(err, fault.AuthExpired) {
					t.Errorf("%s: %s, %q, %v", what, now.State, now.Reason, err)
				}
				if again := b.connect(mine, commerce.Etsy, "1", "c1"); again.State != port.AccountActive || again.Reason != "" {
					t.Errorf("%s: connected again it is %+v", what, again)
				}
			}
			if !killed {
				break
			}
		}
	}
	if lost != 1 { // after the marketplace's answer, before our write
		t.Errorf("%d kills lose the tokens, want the one that must", lost)
	}
}

// away is storage that can't be written for a while.
type away struct {
	*mortal
	refuse int
}

func (s *away) PutGrant(ctx context.Context, g port.Grant) (port.Grant, error) {
	if g.Renewing.IsZero() && s.refuse > 0 {
		s.refuse--
		return g, fault.New(fault.Temporary, "away", "Storage is away.")
	}
	return s.mortal.PutGrant(ctx, g)
}

func TestNewTokensOutliveAShortOutage(t *testing.T) {
	t.Parallel()
	for refuse, kept := range map[int]bool{5: true, 1000: false} {
		b := newBench(t)
		a := b.connect(mine, commerce.Etsy, "1", "c1")
		b.clock.Advance(2 * time.Hour)
		desk := b.newDesk()
		desk.Store = &away{mortal: &mortal{Store: b.store}, refuse: refuse}
		ctx, cancel := context.WithCancel(t.Context())
		desk.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() } // the caller has gone
		err := desk.Renew(ctx, mine, a.Grant)
		if (err == nil) != kept {
			t.Errorf("%d refusals: %v", refuse, err)
		}
		if tokens, err := b.source(b.desk, a).Tokens(t.Context()); kept && (err != nil || tokens.Access != "secret-access-2") {
			t.Errorf("%d refusals: %s, %v", refuse, tokens.Access, err)
		}
	}
}

// A renewal that outlived its lock was overtaken: what the other one stored is
// good, and nobody is sent to consent again.
func TestARefusalAfterALostRaceIsNoEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	b.clock.Advance(2 * time.Hour)
	b.market.before = func() {
		b.clock.Advance(time.Minute)
		if _, err := b.source(b.newDesk(), a).Tokens(t.Context()); err != nil {
			t.Errorf("the faster one: %v", err)
		}
	}
	tokens, err := b.source(b.desk, a).Tokens(t.Context())
	if err != nil || tokens.Access != "secret-access-2" || b.account(a).State != port.AccountActive || b.market.refreshes != 1 {
		t.Errorf("%s, %v; account %s after %d renewals", tokens.Access, err, b.account(a).State, b.market.refreshes)
	}
}

// A consent of which nobody chose anything is not renewed for ever.
func TestAConsentNobodyChoseFromIsForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unused, _, err := b.consent(mine, commerce.Etsy, shop("1", "c1"), shop("2", "c2"))
	b.ok(err)
	used, _, err := b.consent(mine, commerce.Etsy, shop("1", "c1"), shop("2", "c2"))
	b.ok(err)
	_, err = b.desk.Choose(t.Context(), mine, used.ID, []commerce.RemoteID{"1"})
	b.ok(err)
	for _, wait := range []time.Duration{time.Hour, 24 * time.Hour} {
		b.clock.Advance(wait)
		b.ok(b.desk.Renew(t.Context(), mine, unused.ID))
		b.ok(b.desk.Renew(t.Context(), mine, used.ID))
		if kept := b.hasGrant(mine, unused.ID); kept != (wait == time.Hour) || !b.hasGrant(mine, used.ID) {
			t.Errorf("after %v the unused one is kept: %v", wait, kept)
		}
	}
	b.ok(b.desk.Renew(t.Context(), mine, unused.ID)) // its message came again
}

// Accounts say when their consent ends, from the first day on and as it moves.
func TestAccountsSayWhenTheirConsentEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.market.ends = 90 * 24 * time.Hour
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	first := b.clock.Now().Add(b.market.ends)
	if !a.EndsAt.Equal(first) {
		t.Errorf("at first %v", a.EndsAt)
	}
	for _, step := range []struct {
		wait time.Duration
		want time.Time
	}{{2 * time.Hour, first}, {47 * time.Hour, first.Add(49 * time.Hour)}} {
		b.clock.Advance(step.wait)
		b.ok(b.desk.Renew(t.Context(), mine, a.Grant))
		if now := b.account(a); !now.EndsAt.Equal(step.want) {
			t.Errorf("after %v it ends at %v, want %v", step.wait, now.EndsAt, step.want)
		}
	}
	soon := b.clock.Now().Add(72 * time.Hour)
	b.ok(b.desk.EndsAt(t.Context(), mine, a.ID, soon)) // the marketplace said so
	if now := b.account(a); !now.EndsAt.Equal(soon) {
		t.Errorf("told otherwise it ends at %v", now.EndsAt)
	}
}
