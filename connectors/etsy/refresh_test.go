package etsy_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// house is a connected shop whose consent lies in the table, as many processes
// share it.
type house struct {
	*testing.T
	w       *world.World
	sim     *etsysim.Sim
	store   *dynamo.Store
	vault   *vault.Vault
	account port.Account
}

const seller commerce.WorkspaceID = "ws_seller"

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, w: world.New(t, world.Config{Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: 21})}
	h.sim = h.w.Simulator().(*etsysim.Sim)
	h.store = localtest.Open(t, h.w.Env().Now).Store
	keeper, err := vault.OpenKeyFile(filepath.Join(t.TempDir(), "master.key"))
	h.must(err)
	h.vault = vault.New(keeper, h.store)
	_, err = h.store.PutWorkspace(t.Context(), port.Workspace{ID: seller, Currency: "USD"})
	h.must(err)
	desk := h.desk(h.store)
	address, _, err := desk.Start(t.Context(), seller, commerce.Etsy, "", accounts.Beginner{})
	h.must(err)
	back, err := h.w.Consent(t.Context(), address, true)
	h.must(err)
	_, connected, err := desk.Callback(t.Context(), accounts.Return{Channel: commerce.Etsy, Query: back, Space: seller})
	h.must(err)
	h.account = connected[0]
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// desk is another process over the same table.
func (h *house) desk(store accounts.Store) *accounts.Desk {
	return &accounts.Desk{
		Store: store, Vault: h.vault, Drivers: map[commerce.Channel]channel.Driver{commerce.Etsy: etsy.Driver()},
		Apps: map[commerce.Channel]any{commerce.Etsy: h.w.App()}, Env: h.w.Env(), PublicURL: h.w.PublicURL(),
		Spread: func(context.Context, commerce.WorkspaceID, commerce.TargetID) error { return nil },
		Now:    h.w.Env().Now, Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() },
		Log: slog.New(slog.DiscardHandler),
	}
}

// call opens a connector in a process of its own and lets it ask Etsy something.
func (h *house) call(store accounts.Store) error {
	conn, err := h.desk(store).Open(h.Context(), seller, h.account.ID)
	if err != nil {
		return err
	}
	_, err = conn.(channel.ReviewReader).ListReviews(h.Context(), channel.Poll{Since: h.w.Env().Now().Add(-time.Hour)})
	return err
}

// TestProcessesRefreshOnce: whoever loses the race reads what the winner
// stored, and never uses the refresh token again.
func TestProcessesRefreshOnce(t *testing.T) {
	t.Parallel()
	for name, expire := range map[string]func(h *house){
		"before its end":  func(h *house) { h.w.Advance(time.Hour - time.Minute) },
		"after its end":   func(h *house) { h.w.Advance(2 * time.Hour) },
		"refused by Etsy": func(h *house) { h.must(h.sim.ExpireTokens()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			before := h.w.Calls()["oauthToken"]
			expire(h)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					err := h.call(h.store)
					for fault.Is(err, fault.Temporary) { // a queue would come again
						err = h.call(h.store)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := h.w.Calls()["oauthToken"] - before; n != 1 {
				t.Errorf("%d refreshes, want 1", n)
			}
		})
	}
}

// dying is a table that can't be written once new tokens are there: the process
// dies between the refresh and its write.
type dying struct {
	*dynamo.Store
	refreshed func() bool
}

// PutGrant stores until there are new tokens.
func (d dying) PutGrant(ctx context.Context, g port.Grant) (port.Grant, error) {
	if d.refreshed() {
		return port.Grant{}, errors.New("the process is dead")
	}
	return d.Store.PutGrant(ctx, g)
}

// TestDeathBetweenRefreshAndWrite: Etsy has given out new tokens that nobody
// has. Where it takes the old refresh token once more, all goes on; where not,
// the seller is told to connect again.
func TestDeathBetweenRefreshAndWrite(t *testing.T) {
	t.Parallel()
	for _, keeps := range []bool{true, false} {
		h := newHouse(t)
		h.sim.Doubts.KeepsRefresh = keeps
		h.w.Advance(2 * time.Hour)
		before := h.w.Calls()["oauthToken"]
		if err := h.call(dying{h.store, func() bool { return h.w.Calls()["oauthToken"] > before }}); err == nil {
			t.Error("a call of a dead process succeeds")
		}
		h.w.Advance(time.Minute) // the lock of the dead one ends
		err := h.call(h.store)
		if keeps && err != nil {
			t.Errorf("the old refresh token works, and yet %v", err)
		}
		if keeps {
			continue
		}
		a, readErr := h.store.Account(t.Context(), seller, h.account.ID)
		h.must(readErr)
		if !fault.Is(err, fault.AuthExpired) || a.State != port.AccountNeedsConsent {
			t.Errorf("%v, account %q; want a wish for consent", err, a.State)
		}
	}
}
