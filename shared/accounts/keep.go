package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const attempts = 5

// change edits an account, again when it moved meanwhile.
func (d *Desk) change(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, f func(*port.Account)) (port.Account, error) {
	for range attempts {
		a, err := d.Store.Account(ctx, w, id)
		if err != nil {
			return a, err
		}
		f(&a)
		put, err := d.Store.PutAccount(ctx, a)
		if err == nil || !fault.Is(err, fault.Conflict) {
			return put, err
		}
	}
	return port.Account{}, fault.New(fault.Conflict, "account_contended", "The connection changes too fast just now. Try again.")
}

// Check asks the marketplace how the connection is doing and keeps the answer.
func (d *Desk) Check(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error) {
	conn, err := d.Open(ctx, w, id)
	var h channel.Health
	if err == nil {
		h, err = conn.Check(ctx)
	}
	if fault.Is(err, fault.AuthExpired) {
		h = channel.Health{Checks: []channel.HealthCheck{{Name: "consent", Message: fault.Of(err).Message, Fix: "Connect the shop again."}}}
		if err := d.Expired(ctx, w, id, fault.Of(err).Message); err != nil {
			return port.Account{}, err
		}
	} else if err != nil {
		return port.Account{}, err
	}
	h.Checked = d.Now()
	raw, err := json.Marshal(h)
	if err != nil {
		return port.Account{}, fmt.Errorf("encode health: %w", err)
	}
	return d.change(ctx, w, id, func(a *port.Account) { a.Health = raw })
}

// Update stores what a seller changed about a connection (its name, whether it
// is paused, its defaults) over the version that was read.
func (d *Desk) Update(ctx context.Context, next port.Account) (port.Account, error) {
	a, err := d.Store.Account(ctx, next.Space, next.ID)
	if err != nil {
		return a, err
	}
	if a.Version != next.Version {
		return a, fault.New(fault.Conflict, "account_moved", "Somebody changed this connection meanwhile. Look at it again.")
	}
	same := reflect.DeepEqual(a.Defaults, next.Defaults) && a.State == next.State
	a.Name, a.Defaults = next.Name, next.Defaults
	switch {
	case next.State == a.State:
	case next.State == port.AccountPaused && a.State == port.AccountActive:
		a.State, a.NextPoll = next.State, time.Time{}
	case next.State == port.AccountActive && a.State == port.AccountPaused:
		a.State, a.NextPoll = next.State, d.Now()
	default:
		return a, &fault.Error{Kind: fault.Invalid, Code: "state", Field: "state", Message: "A connection that has ended is connected again, not switched on."}
	}
	put, err := d.Store.PutAccount(ctx, a)
	if err != nil || put.Target == "" || same || put.State != port.AccountActive {
		return put, err
	}
	return put, d.Spread(ctx, put.Space, put.Target) // defaults decide what listings look like
}

// Expired flags an account whose consent has ended; its work is parked. Where
// another account can write to its target, that one does from now on.
func (d *Desk) Expired(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, reason string) error {
	a, err := d.change(ctx, w, id, func(a *port.Account) {
		if a.State == port.AccountActive || a.State == port.AccountPaused {
			a.State, a.Reason, a.NextPoll = port.AccountNeedsConsent, reason, time.Time{}
		}
	})
	if err != nil || a.Target == "" {
		return err
	}
	return d.moveWriter(ctx, a)
}

func (d *Desk) moveWriter(ctx context.Context, a port.Account) error {
	for range attempts {
		t, err := d.Store.Target(ctx, a.Space, a.Target)
		if fault.Is(err, fault.NotFound) || (err == nil && t.Writer != a.ID) {
			return nil
		}
		if err != nil {
			return err
		}
		next, active, err := d.successor(ctx, t, a.ID)
		if err != nil || !active {
			return err
		}
		t.Writer, t.WakeAt = next, d.Now()
		if _, err = d.Store.PutTarget(ctx, t); !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "target_contended", "What listings are written to changes too fast just now.")
}

// Revoked flags an account whose seller withdrew the consent, with all others
// that live by the same consent, and forgets its tokens.
func (d *Desk) Revoked(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, reason string) error {
	a, err := d.Store.Account(ctx, w, id)
	if err != nil || a.State == port.AccountGone {
		return err
	}
	if a.Grant == "" {
		return d.Expired(ctx, w, id, reason)
	}
	return d.endGrant(ctx, w, a.Grant, reason)
}

// OfPrincipal are the accounts that live by the consents of a principal, in
// whatever workspace.
func (d *Desk) OfPrincipal(ctx context.Context, c commerce.Channel, principal commerce.RemoteID) ([]port.Account, error) {
	grants, err := d.Store.GrantsOf(ctx, c, principal)
	if err != nil {
		return nil, fmt.Errorf("grants of a principal: %w", err)
	}
	var found []port.Account
	for _, g := range grants {
		accounts, err := d.Store.ListAccounts(ctx, g.Space)
		if err != nil {
			return nil, fmt.Errorf("accounts of %s: %w", g.Space, err)
		}
		for _, a := range accounts {
			if a.Grant == g.ID {
				found = append(found, a)
			}
		}
	}
	return found, nil
}

// Forget disconnects an account and drops what its marketplace told about it.
func (d *Desk) Forget(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
	if err := d.Disconnect(ctx, w, id); err != nil {
		return err
	}
	_, err := d.change(ctx, w, id, func(a *port.Account) { a.Settings, a.Health, a.Cursors = nil, nil, nil })
	return err
}

// RevokedBy flags all accounts of a principal who withdrew the consent at the
// marketplace, in whatever workspace.
func (d *Desk) RevokedBy(ctx context.Context, c commerce.Channel, principal commerce.RemoteID) error {
	grants, err := d.Store.GrantsOf(ctx, c, principal)
	if err != nil {
		return fmt.Errorf("grants of a principal: %w", err)
	}
	for _, g := range grants {
		if err := d.endGrant(ctx, g.Space, g.ID, "The consent was withdrawn at the marketplace."); err != nil {
			return err
		}
	}
	return nil
}

// endGrant flags the accounts of a consent and forgets it.
func (d *Desk) endGrant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID, reason string) error {
	if err := d.flagAll(ctx, w, id, reason); err != nil {
		return err
	}
	return d.Store.DeleteGrant(ctx, w, id)
}

func (d *Desk) flagAll(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID, reason string) error {
	accounts, err := d.Store.ListAccounts(ctx, w)
	if err != nil {
		return fmt.Errorf("accounts of %s: %w", w, err)
	}
	for _, a := range accounts {
		if a.Grant != id {
			continue
		}
		if err := d.Expired(ctx, w, a.ID, reason); err != nil {
			return err
		}
	}
	return nil
}

// EndsAt notes when the seller's consent will end.
func (d *Desk) EndsAt(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, at time.Time) error {
	a, err := d.Store.Account(ctx, w, id)
	if err != nil || a.Grant == "" {
		return err
	}
	for range attempts {
		g, err := d.Store.Grant(ctx, w, a.Grant)
		if err != nil {
			return err
		}
		g.EndsAt = at
		if _, err = d.Store.PutGrant(ctx, g); err == nil {
			return d.consentEnds(ctx, w, g.ID, at)
		}
		if !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return contended()
}
