package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// early is how long before its end an access token is renewed.
	early = 2 * time.Minute
	// refreshLock is longer than a refresh may take.
	refreshLock = 40 * time.Second
)

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

// source hands out the tokens of one grant. It keeps what it read for as long
// as its connector lives.
type source struct {
	desk   *Desk
	driver channel.Driver
	space  commerce.WorkspaceID
	grant  commerce.GrantID

	mu   sync.Mutex
	have *channel.Tokens
}

// Tokens answers tokens that are good for a while.
func (s *source) Tokens(ctx context.Context) (channel.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have == nil {
		t, err := s.read(ctx)
		if err != nil {
			return t, err
		}
		s.have = &t
	}
	ends := s.have.ExpiresAt
	if ends.IsZero() || s.have.Refresh == "" || s.desk.Now().Before(ends.Add(-early)) {
		return *s.have, nil
	}
	have := *s.have
	fresh, err := s.renew(ctx, have.Access)
	if err != nil && !fault.Is(err, fault.AuthExpired) {
		// The marketplace can't be asked now. The old tokens may be good still,
		// and if not, it says so.
		s.desk.Log.WarnContext(ctx, "consent not renewed", "channel", s.driver.Name, "kind", fault.KindOf(err), "err", err.Error())
		return have, nil
	}
	return fresh, err
}

// Refreshed answers newer tokens than the refused one.
func (s *source) Refreshed(ctx context.Context, refused string) (channel.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have != nil && s.have.Access != refused {
		return *s.have, nil
	}
	return s.renew(ctx, refused)
}

func (s *source) read(ctx context.Context) (channel.Tokens, error) {
	g, err := s.desk.Store.Grant(ctx, s.space, s.grant)
	if fault.Is(err, fault.NotFound) {
		return channel.Tokens{}, fault.New(fault.AuthExpired, "no_grant", "The connection has no consent any more. Connect the shop again.")
	}
	if err != nil {
		return channel.Tokens{}, fmt.Errorf("grant %s: %w", s.grant, err)
	}
	return s.desk.unseal(ctx, g)
}

// renew refreshes under the grant's lock, so that a refresh token that works
// once is used once. Who comes second reads what the first one stored.
func (s *source) renew(ctx context.Context, refused string) (channel.Tokens, error) {
	name := "grant#" + string(s.space) + "#" + string(s.grant)
	for try := range 5 {
		stored, err := s.read(ctx)
		if err != nil {
			return stored, err
		}
		if stored.Access != refused {
			s.have = &stored
			return stored, nil
		}
		lock, err := s.desk.Store.Lock(ctx, name, refreshLock)
		if fault.Is(err, fault.Conflict) {
			if err := s.desk.Sleep(ctx, 200*time.Millisecond<<try); err != nil {
				return stored, fault.Wrap(err, fault.Temporary, "refresh_busy", "The consent is being renewed elsewhere.")
			}
			continue
		}
		if err != nil {
			return stored, fmt.Errorf("lock grant %s: %w", s.grant, err)
		}
		fresh, err := s.refresh(ctx, refused)
		return fresh, errors.Join(err, s.desk.Store.Unlock(context.WithoutCancel(ctx), name, lock))
	}
	return channel.Tokens{}, fault.New(fault.Temporary, "refresh_busy", "The consent is being renewed elsewhere.")
}

func (s *source) refresh(ctx context.Context, refused string) (channel.Tokens, error) {
	g, err := s.desk.Store.Grant(ctx, s.space, s.grant)
	if err != nil {
		return channel.Tokens{}, err
	}
	old, err := s.desk.unseal(ctx, g)
	if err != nil {
		return old, err
	}
	if old.Access != refused {
		s.have = &old
		return old, nil
	}
	if old.Refresh == "" {
		ended := fault.New(fault.AuthExpired, "no_refresh", "The consent has ended and can't be renewed. Connect the shop again.")
		return old, errors.Join(ended, s.desk.ended(ctx, g))
	}
	auth, err := s.desk.auth(s.driver.Name, g.Login)
	if err != nil {
		return old, err
	}
	fresh, err := auth.Refresh(ctx, old)
	if fault.Is(err, fault.AuthExpired) {
		err = errors.Join(err, s.desk.ended(ctx, g))
	}
	if err != nil {
		return old, fmt.Errorf("refresh %s consent: %w", s.driver.Name, err)
	}
	// The old refresh token may be used up: the new one is stored whatever
	// happens to the call that needed it.
	if err := s.store(context.WithoutCancel(ctx), g, fresh); err != nil {
		return old, fmt.Errorf("store renewed consent: %w", err)
	}
	s.have = &fresh
	return fresh, nil
}

// store keeps new tokens, also when something else about the grant moved
// meanwhile: tokens are written under the lock only.
func (s *source) store(ctx context.Context, g port.Grant, t channel.Tokens) error {
	for range attempts {
		if err := s.desk.seal(ctx, &g, t); err != nil {
			return err
		}
		_, err := s.desk.Store.PutGrant(ctx, g)
		if !fault.Is(err, fault.Conflict) {
			return err
		}
		if g, err = s.desk.Store.Grant(ctx, s.space, s.grant); err != nil {
			return err
		}
	}
	return fault.New(fault.Temporary, "grant_contended", "A consent changes too fast to be stored now.")
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
	if err != nil {
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
		return d.ended(ctx, g)
	}
	if _, err = s.renew(ctx, t.Access); fault.Is(err, fault.AuthExpired) {
		return nil // its accounts are flagged, and say so
	}
	return err
}

// ended flags the accounts of a consent that can't be renewed, and takes the
// consent off the list of those that are due.
func (d *Desk) ended(ctx context.Context, g port.Grant) error {
	ctx = context.WithoutCancel(ctx)
	if err := d.flagAll(ctx, g.Space, g.ID, "The consent has ended. Connect the shop again."); err != nil {
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
	return fault.New(fault.Temporary, "grant_contended", "A consent changes too fast to be stored now.")
}
