package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// chooseWithin is how long a consent is kept of which nothing was chosen.
const chooseWithin = 24 * time.Hour

func (d *Desk) seal(ctx context.Context, g *port.Grant, t channel.Tokens) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode tokens: %w", err)
	}
	g.Sealed, err = d.Vault.Seal(ctx, g.Space, "grant#"+string(g.ID), raw)
	g.ExpiresAt, g.EndsAt = t.ExpiresAt, t.EndsAt
	if err != nil {
		return fmt.Errorf("seal tokens: %w", err)
	}
	return nil
}

func (d *Desk) unseal(ctx context.Context, g port.Grant) (channel.Tokens, error) {
	var t channel.Tokens
	raw, err := d.Vault.Open(ctx, g.Space, "grant#"+string(g.ID), g.Sealed)
	if err != nil {
		return t, fmt.Errorf("open tokens of grant %s: %w", g.ID, err)
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, fault.New(fault.Internal, "bad_tokens", "The stored tokens of a connection can't be read.")
	}
	return t, nil
}

// Open makes the connector of an account.
func (d *Desk) Open(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (channel.Connector, error) {
	a, err := d.Store.Account(ctx, w, id)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", id, err)
	}
	switch {
	case a.Kind != "marketplace":
		return nil, fault.New(fault.Unsupported, "no_connector", "%s is not a marketplace: nothing can be sent there.", a.Name)
	case a.State == port.AccountGone:
		// Nothing waits for it: who disconnects a shop wants nothing more sent.
		return nil, fault.New(fault.Unsupported, "disconnected", "%s is disconnected. Connect it again first.", a.Name)
	case a.State == port.AccountNeedsConsent:
		return nil, fault.New(fault.AuthExpired, "not_connected", "The connection to %s has ended. Connect it again.", a.Name)
	}
	driver, err := d.driver(a.Channel)
	if err != nil {
		return nil, err
	}
	settings, err := Settings(driver, a.Settings)
	if err != nil {
		return nil, err
	}
	tokens := &source{desk: d, driver: driver, space: w, grant: a.Grant}
	return driver.Open(channel.OpenParams{Env: d.Env, App: d.Apps[a.Channel], Settings: settings, Account: id, Tokens: tokens})
}

// Map turns an event into updates with the driver of its channel.
func (d *Desk) Map(e channel.Event) ([]channel.Update, error) {
	driver, err := d.driver(e.Channel)
	if err != nil {
		return nil, fault.Wrap(err, fault.Permanent, "unknown_channel", "An event names the unknown channel %q.", e.Channel)
	}
	return driver.Map(d.Apps[e.Channel], e)
}

// Renew refreshes the tokens of a grant before they end.
func (d *Desk) Renew(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) error {
	g, err := d.Store.Grant(ctx, w, id)
	if fault.Is(err, fault.NotFound) {
		return nil // disconnected meanwhile
	}
	if err != nil {
		return err
	}
	if left, err := d.abandoned(ctx, g); left || err != nil {
		return err
	}
	driver, err := d.driver(g.Channel)
	if err != nil {
		return err
	}
	s := &source{desk: d, driver: driver, space: w, grant: id}
	t, err := s.read(ctx)
	if err != nil {
		return err
	}
	if t.Refresh == "" {
		return d.ended(ctx, g, "The consent has ended and can't be renewed. Connect the shop again.")
	}
	if _, err = s.renew(ctx, t.Access); fault.Is(err, fault.AuthExpired) {
		return nil // its accounts are flagged, and say so
	}
	return err
}

// abandoned forgets a consent of which nobody chose anything within a day: its
// tokens would be renewed for ever, for nothing.
func (d *Desk) abandoned(ctx context.Context, g port.Grant) (bool, error) {
	if d.Now().Sub(g.CreatedAt) < chooseWithin {
		return false, nil
	}
	if err := d.dropGrant(ctx, g.Space, g.ID); err != nil {
		return false, err
	}
	_, err := d.Store.Grant(ctx, g.Space, g.ID)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	return false, err
}

// consentEnds notes on the accounts of a consent when it ends. What moves by
// less than a day is not worth a write.
func (d *Desk) consentEnds(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	accounts, err := d.Store.ListAccounts(ctx, w)
	if err != nil {
		return fmt.Errorf("accounts of %s: %w", w, err)
	}
	for _, a := range accounts {
		if a.Grant != id || a.EndsAt.Sub(at).Abs() <= 24*time.Hour {
			continue
		}
		if _, err := d.change(ctx, w, a.ID, func(a *port.Account) {
			if a.Grant == id {
				a.EndsAt = at
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// ended flags the accounts of a consent that can't be renewed, and takes the
// consent off the list of those that are due.
func (d *Desk) ended(ctx context.Context, g port.Grant, reason string) error {
	ctx = context.WithoutCancel(ctx)
	if err := d.flagAll(ctx, g.Space, g.ID, reason); err != nil {
		return err
	}
	for range attempts {
		now, err := d.Store.Grant(ctx, g.Space, g.ID)
		if fault.Is(err, fault.NotFound) || (err == nil && now.ExpiresAt.IsZero()) {
			return nil
		}
		if err != nil {
			return err
		}
		now.ExpiresAt = time.Time{}
		if _, err = d.Store.PutGrant(ctx, now); !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return contended()
}
