package accounts

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// elsewhere is the code of a claim another workspace holds.
const elsewhere = "connected_elsewhere"

// otherwise is the code of a login that would take away what another one can.
const otherwise = "connected_otherwise"

// connect connects a candidate, again when its account or target moved
// meanwhile: a worker writes to the target's row too.
func (d *Desk) connect(ctx context.Context, driver channel.Driver, grant port.Grant, c channel.Candidate) (port.Account, error) {
	for range attempts {
		a, err := d.connectOnce(ctx, driver, grant, c)
		if f := fault.Of(err); f == nil || f.Kind != fault.Conflict || f.Code == elsewhere || f.Code == otherwise {
			return a, err
		}
	}
	return port.Account{}, fault.New(fault.Conflict, "account_contended", "The connection changes too fast just now. Try again.")
}

func (d *Desk) connectOnce(ctx context.Context, driver channel.Driver, grant port.Grant, c channel.Candidate) (port.Account, error) {
	ref, err := targetOf(driver, c)
	if err != nil {
		return port.Account{}, err
	}
	a, err := d.account(ctx, grant.Space, driver, c)
	if err != nil {
		return a, err
	}
	if a.State == port.AccountActive && a.Login != grant.Login && a.Target != "" && ref.Remote == "" {
		return a, fault.New(fault.Conflict, otherwise, "%s is connected already, by a login that can list products, too. Disconnect it first to connect it by this one.", a.Name)
	}
	t, err := d.target(ctx, ref, &a)
	if err != nil {
		return a, err
	}
	if a, err = d.renewed(ctx, driver, a, grant, c); err != nil {
		return a, err
	}
	put, err := d.Store.Connect(ctx, a, t)
	if f := fault.Of(err); f != nil && f.Code == elsewhere && f.Field == "target" {
		// The catalog behind the shop belongs to another workspace. Without it
		// the messages can still come in.
		a.Target, a.NoTarget, a.Unsettled.Target = "", "Its catalog is written by another Manystall workspace, so nothing is listed from here.", ""
		put, err = d.Store.Connect(ctx, a, nil)
	}
	if err != nil {
		return a, err
	}
	if err := d.Settle(ctx, grant.Space, put.ID); err != nil {
		return put, err
	}
	return d.Store.Account(ctx, grant.Space, put.ID)
}

// targetOf is what a candidate's listings are written to.
func targetOf(driver channel.Driver, c channel.Candidate) (channel.TargetRef, error) {
	settings, err := Settings(driver, c.Settings)
	if err != nil || c.CannotList != "" {
		return channel.TargetRef{}, err
	}
	return driver.Target(settings), nil
}

// account is the account of a candidate, new or as it was.
func (d *Desk) account(ctx context.Context, w commerce.WorkspaceID, driver channel.Driver, c channel.Candidate) (port.Account, error) {
	id := AccountIDOf(w, driver.Name, c.Remote)
	a, err := d.Store.Account(ctx, w, id)
	if err == nil && a.Unsettled != nil {
		if err := d.Settle(ctx, w, id); err != nil {
			return a, err
		}
		a, err = d.Store.Account(ctx, w, id)
	}
	if fault.Is(err, fault.NotFound) {
		return port.Account{ID: id, Space: w, Channel: driver.Name, Kind: "marketplace", Remote: c.Remote, CreatedAt: d.Now()}, nil
	}
	return a, err
}

// renewed is an account with a new consent.
func (d *Desk) renewed(ctx context.Context, driver channel.Driver, a port.Account, grant port.Grant, c channel.Candidate) (port.Account, error) {
	if a.State == "" || a.State == port.AccountGone {
		a.ClaimedAt, a.LoginAt, a.Cursors, a.Polled = d.Now(), time.Time{}, nil, port.Polled{}
	} else if a.Login != grant.Login {
		// What came by the old login up to now counts, what comes by the new
		// one from now on: nothing twice, although it tells all of it again.
		a.LoginAt, a.Cursors = d.Now(), nil
	}
	a.Unsettled = &port.Unsettled{Target: a.Target}
	if a.Grant != grant.ID {
		a.Unsettled.Grant = a.Grant
	}
	a.Health, a.EndsAt = nil, grant.EndsAt // the old ones were of another consent
	a.Login = grant.Login
	a.Name, a.Grant, a.Settings, a.State, a.Reason, a.NextPoll, a.NoTarget = c.Name, grant.ID, c.Settings, port.AccountActive, "", d.Now(), c.CannotList
	if driver.Orders != channel.OrdersInbound || a.Key != "" {
		return a, nil
	}
	var err error
	if a.Key, err = d.random(24); err != nil {
		return a, err
	}
	key := port.PublicKey{Key: a.Key, Kind: "checkout", Space: a.Space, Account: a.ID, Channel: driver.Name, CreatedAt: d.Now()}
	if err := d.Store.PutPublicKey(ctx, key); err != nil {
		return a, fmt.Errorf("make checkout address: %w", err)
	}
	return a, nil
}

// target is what an account's listings are written to, with the account over
// it. An account that wrote somewhere else before leaves that first.
func (d *Desk) target(ctx context.Context, ref channel.TargetRef, a *port.Account) (*port.Target, error) {
	var id commerce.TargetID
	if ref.Remote != "" {
		id = commerce.TargetID(commerce.Derive("tgt", string(a.Space), ref.Kind, string(ref.Remote)))
	}
	if a.Target != "" && a.Target != id {
		if err := d.Disconnect(ctx, a.Space, a.ID); err != nil {
			return nil, err
		}
		var err error
		if *a, err = d.Store.Account(ctx, a.Space, a.ID); err != nil {
			return nil, err
		}
	}
	if a.Target = id; id == "" {
		return nil, nil
	}
	t, err := d.Store.Target(ctx, a.Space, id)
	if fault.Is(err, fault.NotFound) {
		t, err = port.Target{ID: id, Space: a.Space, Kind: ref.Kind, Remote: ref.Remote}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("target of %s: %w", a.Name, err)
	}
	t.Accounts = maps.Clone(t.Accounts)
	if t.Accounts == nil {
		t.Accounts = map[commerce.Channel]commerce.AccountID{}
	}
	t.Accounts[a.Channel] = a.ID
	if t.Writer == "" || !d.writes(ctx, t) {
		t.Writer = a.ID
	}
	t.Lanes, t.WakeAt = nil, d.Now() // what waited for a consent may go on
	return &t, nil
}

// writes says whether the writer of a target can do so now.
func (d *Desk) writes(ctx context.Context, t port.Target) bool {
	a, err := d.Store.Account(ctx, t.Space, t.Writer)
	return err == nil && a.State == port.AccountActive && a.Target == t.ID
}

// successor is who may write to a target instead of one account: an active one
// first, else any.
func (d *Desk) successor(ctx context.Context, t port.Target, not commerce.AccountID) (commerce.AccountID, bool, error) {
	var any commerce.AccountID
	for _, c := range slices.Sorted(maps.Keys(t.Accounts)) {
		id := t.Accounts[c]
		if id == not {
			continue
		}
		a, err := d.Store.Account(ctx, t.Space, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return "", false, err
		}
		if err == nil && a.State == port.AccountActive {
			return id, true, nil
		}
		any = cmp.Or(any, id)
	}
	return any, false, nil
}

// Settings decodes the settings of an account of a driver.
func Settings(driver channel.Driver, raw json.RawMessage) (any, error) {
	settings := driver.NewSettings()
	if len(raw) == 0 {
		return settings, nil
	}
	if err := json.Unmarshal(raw, settings); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "bad_settings", "The settings of a %s connection can't be read.", driver.Title)
	}
	return settings, nil
}
