package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Disconnect ends a connection: its claim is free at once, its tokens, its
// public address and what was to be written are forgotten; its orders and
// conversations stay. Doing it again finishes what was begun.
func (d *Desk) Disconnect(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
	for range attempts {
		err := d.disconnect(ctx, w, id)
		if !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Conflict, "account_contended", "The connection changes too fast just now. Try again.")
}

func (d *Desk) disconnect(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
	a, err := d.Store.Account(ctx, w, id)
	if err != nil {
		return err
	}
	if a.State != port.AccountGone {
		target, err := d.without(ctx, a)
		if err != nil {
			return err
		}
		// What is left to do stands on the row, and the row on a due list.
		a.Unsettled = &port.Unsettled{Grant: a.Grant, Key: a.Key, Target: a.Target}
		a.State, a.Reason, a.Health, a.NextPoll = port.AccountGone, "", nil, d.Now()
		a.Grant, a.Key, a.Target, a.NoTarget = "", "", "", ""
		if err := d.Store.Disconnect(ctx, a, target); err != nil {
			return fmt.Errorf("disconnect %s: %w", a.Name, err)
		}
	}
	return d.Settle(ctx, w, id)
}

// Settle does what connecting or disconnecting an account has left to do. Each
// step may be done again; after the last one the row says that nothing is left.
func (d *Desk) Settle(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
	a, err := d.Store.Account(ctx, w, id)
	if err != nil || a.Unsettled == nil {
		return err
	}
	left := *a.Unsettled
	if left.Key != "" {
		if err := d.Store.DeletePublicKey(ctx, left.Key); err != nil {
			return fmt.Errorf("close the address of %s: %w", a.Name, err)
		}
	}
	if err := d.dropGrant(ctx, w, left.Grant); err != nil {
		return fmt.Errorf("forget the old consent of %s: %w", a.Name, err)
	}
	if left.Target != "" {
		// Also when the target is known: edits may have passed it by. What is
		// already shown costs no call; views that have to go end.
		if err := d.Spread(ctx, w, left.Target); err != nil {
			return err
		}
	}
	for range attempts {
		if a.Unsettled == nil || *a.Unsettled != left {
			return nil // settled by another, or something else was begun
		}
		if a.Unsettled = nil; a.State == port.AccountGone {
			a.NextPoll = time.Time{}
		}
		if _, err = d.Store.PutAccount(ctx, a); !fault.Is(err, fault.Conflict) {
			return err
		}
		if a, err = d.Store.Account(ctx, w, id); err != nil {
			return err
		}
	}
	return nil // it is done, and will be done once more
}

// without is the target of an account once it has left; nil when it has none.
func (d *Desk) without(ctx context.Context, a port.Account) (*port.Target, error) {
	if a.Target == "" {
		return nil, nil
	}
	t, err := d.Store.Target(ctx, a.Space, a.Target)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if t.Accounts[a.Channel] == a.ID {
		delete(t.Accounts, a.Channel)
	}
	if t.Writer == a.ID {
		if t.Writer, _, err = d.successor(ctx, t, a.ID); err != nil {
			return nil, err
		}
	}
	t.WakeAt = d.Now() // its marks go on with another account, or are cleared
	if len(t.Accounts) == 0 {
		t.Lanes = nil
	}
	return &t, nil
}

// dropGrant forgets a grant no account uses any more.
func (d *Desk) dropGrant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) error {
	if id == "" {
		return nil
	}
	accounts, err := d.Store.ListAccounts(ctx, w)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.Grant == id {
			return nil
		}
	}
	return d.Store.DeleteGrant(ctx, w, id)
}
