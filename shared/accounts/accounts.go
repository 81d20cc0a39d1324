// Package accounts connects shops and keeps their consents alive. Tokens are
// sealed at rest, refreshed by one worker at a time, and never leave this room
// but to a connector.
package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Store is what this room needs of storage.
type Store interface {
	port.Accounts
	port.Locks
}

// Desk connects accounts. Safe for concurrent use.
type Desk struct {
	Store   Store
	Vault   port.Vault
	Drivers map[commerce.Channel]channel.Driver
	Apps    map[commerce.Channel]any
	Env     channel.Env
	// PublicURL is our own address without a trailing slash.
	PublicURL string
	// Spread gives all products to a target that is new.
	Spread func(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) error
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Random io.Reader // crypto/rand.Reader when nil
	Log    *slog.Logger
}

// random is n unguessable bytes, URL-safe.
func (d *Desk) random(n int) (string, error) {
	source := d.Random
	if source == nil {
		source = rand.Reader
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(source, raw); err != nil {
		return "", fmt.Errorf("draw random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func (d *Desk) driver(c commerce.Channel) (channel.Driver, error) {
	driver, ok := d.Drivers[c]
	if !ok {
		return driver, &fault.Error{Kind: fault.Invalid, Code: "unknown_channel", Field: "channel", Message: fmt.Sprintf("There is no channel %q.", c)}
	}
	return driver, nil
}

// auth is a way to consent of a channel.
func (d *Desk) auth(c commerce.Channel, login string) (channel.Auth, error) {
	driver, err := d.driver(c)
	if err != nil {
		return nil, err
	}
	way, ok := driver.LoginAs(login)
	if !ok {
		return nil, &fault.Error{Kind: fault.Invalid, Code: "unknown_login", Field: "login", Message: fmt.Sprintf("%s has no login %q.", driver.Title, login)}
	}
	return way.Auth(d.Apps[c], d.Env), nil
}

func (d *Desk) redirect(c commerce.Channel) string {
	return d.PublicURL + "/v1/oauth/" + string(c) + "/callback"
}

// keep stores what a consent gave as a new grant.
func (d *Desk) keep(ctx context.Context, stored port.Grant, g channel.Grant) (port.Grant, error) {
	id, err := d.random(12)
	if err != nil {
		return port.Grant{}, err
	}
	stored.ID, stored.Principal, stored.Scopes, stored.CreatedAt = commerce.GrantID("grt_"+id), g.Principal, g.Scopes, d.Now()
	if stored.Candidates, err = json.Marshal(g.Candidates); err != nil {
		return stored, fmt.Errorf("encode candidates: %w", err)
	}
	if err := d.seal(ctx, &stored, g.Tokens); err != nil {
		return stored, err
	}
	if stored, err = d.Store.PutGrant(ctx, stored); err != nil {
		return stored, fmt.Errorf("keep grant: %w", err)
	}
	return stored, nil
}

// Choose connects the chosen accounts of a consent. A shop another workspace
// has connected is a Conflict with code connected_elsewhere.
func (d *Desk) Choose(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID, remotes []commerce.RemoteID) ([]port.Account, error) {
	grant, err := d.Store.Grant(ctx, w, id)
	if err != nil {
		return nil, err
	}
	driver, err := d.driver(grant.Channel)
	if err != nil {
		return nil, err
	}
	var candidates []channel.Candidate
	if err := json.Unmarshal(grant.Candidates, &candidates); err != nil {
		return nil, fault.New(fault.NotFound, "nothing_to_choose", "This consent has been used. Connect the shop again.")
	}
	var connected []port.Account
	for _, remote := range remotes {
		i := slices.IndexFunc(candidates, func(c channel.Candidate) bool { return c.Remote == remote })
		if i < 0 {
			return connected, &fault.Error{Kind: fault.Invalid, Code: "unknown_candidate", Field: "remotes", Message: "This consent does not open that shop."}
		}
		account, err := d.connect(ctx, driver, grant, candidates[i])
		if f := fault.Of(err); f != nil && (f.Code == elsewhere || f.Code == otherwise) {
			// Somebody else's shop, or a consent of no use: nothing of it is kept.
			return connected, errors.Join(err, d.dropGrant(ctx, w, id))
		}
		if err != nil {
			return connected, err
		}
		connected = append(connected, account)
	}
	return connected, nil
}

// AccountIDOf is the id of an account: connecting the same shop again is the
// same account.
func AccountIDOf(w commerce.WorkspaceID, c commerce.Channel, remote commerce.RemoteID) commerce.AccountID {
	return commerce.AccountID(commerce.Derive("acc", string(w), string(c), string(remote)))
}
