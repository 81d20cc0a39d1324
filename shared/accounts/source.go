package accounts

import (
	"context"
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
	refreshLock   = 40 * time.Second
	refreshWithin = 25 * time.Second
	// storeTries lets storage be away for some eight seconds.
	storeTries = 10
)

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
		return old, errors.Join(ended, s.desk.ended(ctx, g, ended.Message))
	}
	cut := g.Renewing
	if g, err = s.intend(ctx, g); err != nil {
		return old, err
	}
	fresh, err := s.ask(ctx, g.Login, old)
	if fault.Is(err, fault.AuthExpired) {
		return s.refused(ctx, old, cut, err)
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
	return fresh, s.desk.consentEnds(context.WithoutCancel(ctx), s.space, s.grant, fresh.EndsAt)
}

// intend notes that a renewal goes out: when the process dies before the new
// tokens are stored, whoever is refused next knows why. No tokens are asked for
// that could not be noted.
func (s *source) intend(ctx context.Context, g port.Grant) (port.Grant, error) {
	for range attempts {
		g.Renewing = s.desk.Now()
		put, err := s.desk.Store.PutGrant(ctx, g)
		if !fault.Is(err, fault.Conflict) {
			return put, err
		}
		if g, err = s.desk.Store.Grant(ctx, s.space, s.grant); err != nil {
			return g, err
		}
	}
	return g, contended()
}

// ask renews tokens at the marketplace. It ends well before the grant's lock
// does, so that no other renewal is under way with the same refresh token.
func (s *source) ask(ctx context.Context, login string, old channel.Tokens) (channel.Tokens, error) {
	auth, err := s.desk.auth(s.driver.Name, login)
	if err != nil {
		return old, err
	}
	ctx, cancel := context.WithTimeout(ctx, refreshWithin)
	defer cancel()
	return auth.Refresh(ctx, old)
}

// refused ends a consent whose renewal the marketplace refuses, unless another
// renewal was faster. cut is when the renewal before it broke off, if it did.
func (s *source) refused(ctx context.Context, old channel.Tokens, cut time.Time, cause error) (channel.Tokens, error) {
	ctx = context.WithoutCancel(ctx)
	g, err := s.desk.Store.Grant(ctx, s.space, s.grant)
	if err == nil {
		if now, err := s.desk.unseal(ctx, g); err == nil && now.Access != old.Access {
			s.have = &now
			return now, nil
		}
	}
	reason := "The consent has ended. Connect the shop again."
	if !cut.IsZero() {
		reason = fmt.Sprintf("The consent is not accepted any more; a renewal that broke off at %s may have used it up. Connect the shop again: nothing else is lost.", cut.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return old, fmt.Errorf("refresh %s consent: %w", s.driver.Name, errors.Join(cause, s.desk.ended(ctx, port.Grant{ID: s.grant, Space: s.space}, reason)))
}

// store keeps new tokens, also when something else about the grant moved
// meanwhile, and for as long as storage is only away for a moment: they exist
// nowhere else. Tokens are written under the lock only.
func (s *source) store(ctx context.Context, g port.Grant, t channel.Tokens) error {
	var err error
	for try := range storeTries {
		g.Renewing = time.Time{}
		if err = s.desk.seal(ctx, &g, t); err == nil {
			_, err = s.desk.Store.PutGrant(ctx, g)
		}
		switch {
		case err == nil:
			return nil
		case fault.Is(err, fault.Conflict):
			now, readErr := s.desk.Store.Grant(ctx, s.space, s.grant)
			if fault.Is(readErr, fault.NotFound) {
				return readErr // disconnected meanwhile
			}
			if readErr == nil {
				g = now
			}
		case fault.Is(err, fault.NotFound):
			return err
		}
		if err := s.desk.Sleep(ctx, 50*time.Millisecond<<min(try, 5)); err != nil {
			return err
		}
	}
	return err
}

// contended is a consent that others write all the time.
func contended() error {
	return fault.New(fault.Temporary, "grant_contended", "A consent changes too fast to be stored now.")
}
