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
	"net/url"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// consentLife is how long a seller may take on the marketplace's consent page.
const consentLife = 30 * time.Minute

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

// Start begins a consent, by the channel's usual login or another one of its:
// the seller has to be sent to the address it answers, and comes back with the
// state.
func (d *Desk) Start(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel, login string) (consent, state string, err error) {
	auth, err := d.auth(c, login)
	if err != nil {
		return "", "", err
	}
	if state, err = d.random(24); err != nil {
		return "", "", err
	}
	verifier, err := d.random(48) // 64 characters
	if err != nil {
		return "", "", err
	}
	sealed, err := d.Vault.Seal(ctx, w, "oauth", []byte(verifier))
	if err != nil {
		return "", "", fmt.Errorf("seal verifier: %w", err)
	}
	key := port.PublicKey{Key: state, Kind: "oauth", Space: w, Channel: c, Sealed: sealed, CreatedAt: d.Now(), ExpiresAt: d.Now().Add(consentLife)}
	if login != "" {
		key.Data = map[string]string{"login": login}
	}
	if err := d.Store.PutPublicKey(ctx, key); err != nil {
		return "", "", fmt.Errorf("remember consent: %w", err)
	}
	consent, err = auth.Consent(state, d.redirect(c), verifier)
	return consent, state, err
}

// Callback ends a consent with the query the marketplace sent the seller back
// with. The state names the workspace and works once; w, when it is known, must
// be that one. A single candidate is connected at once; of several the seller
// chooses.
func (d *Desk) Callback(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel, q url.Values) (port.Grant, []port.Account, error) {
	key, err := d.consent(ctx, w, c, q)
	if err != nil {
		return port.Grant{}, nil, err
	}
	driver, err := d.driver(c)
	if err != nil {
		return port.Grant{}, nil, err
	}
	if q.Get("error") != "" || q.Get("code") == "" {
		return port.Grant{}, nil, fault.New(fault.Invalid, "consent_denied", "%s was not connected: the consent was not given.", driver.Title)
	}
	verifier, err := d.Vault.Open(ctx, key.Space, "oauth", key.Sealed)
	if err != nil {
		return port.Grant{}, nil, fmt.Errorf("open verifier: %w", err)
	}
	login := key.Data["login"]
	auth, err := d.auth(c, login)
	if err != nil {
		return port.Grant{}, nil, err
	}
	granted, err := auth.Exchange(ctx, q, d.redirect(c), string(verifier))
	if err != nil {
		return port.Grant{}, nil, fmt.Errorf("exchange %s consent: %w", c, err)
	}
	grant, err := d.keep(ctx, port.Grant{Space: key.Space, Channel: c, Login: login}, granted)
	if err != nil || len(granted.Candidates) != 1 {
		return grant, nil, err
	}
	connected, err := d.Choose(ctx, key.Space, grant.ID, []commerce.RemoteID{granted.Candidates[0].Remote})
	return grant, connected, err
}

// consent takes the record of a begun consent. It works once.
func (d *Desk) consent(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel, q url.Values) (port.PublicKey, error) {
	stale := fault.New(fault.Invalid, "consent_expired", "This consent is not known or has been used. Connect the shop again.")
	if q.Get("state") == "" {
		return port.PublicKey{}, stale
	}
	key, err := d.Store.PublicKey(ctx, q.Get("state"))
	if fault.Is(err, fault.NotFound) || (err == nil && (key.Kind != "oauth" || key.Channel != c || (w != "" && w != key.Space) || d.Now().After(key.ExpiresAt))) {
		return key, stale
	}
	if err != nil {
		return key, fmt.Errorf("look up consent: %w", err)
	}
	key, err = d.Store.TakePublicKey(ctx, key.Key)
	if fault.Is(err, fault.NotFound) {
		return key, stale
	}
	return key, err
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
