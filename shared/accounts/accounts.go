// Package accounts connects shops and keeps their consents alive. Tokens are
// sealed at rest, refreshed by one worker at a time, and never leave this room
// but to a connector.
package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
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

func (d *Desk) redirect(c commerce.Channel) string {
	return d.PublicURL + "/v1/oauth/" + string(c) + "/callback"
}

// Start begins a consent: the seller has to be sent to the address it answers,
// and comes back with the state.
func (d *Desk) Start(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel) (consent, state string, err error) {
	driver, err := d.driver(c)
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
	if err := d.Store.PutPublicKey(ctx, key); err != nil {
		return "", "", fmt.Errorf("remember consent: %w", err)
	}
	consent, err = driver.Auth(d.Apps[c], d.Env).Consent(state, d.redirect(c), verifier)
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
	granted, err := driver.Auth(d.Apps[c], d.Env).Exchange(ctx, q, d.redirect(c), string(verifier))
	if err != nil {
		return port.Grant{}, nil, fmt.Errorf("exchange %s consent: %w", c, err)
	}
	grant, err := d.keep(ctx, key.Space, c, granted)
	if err != nil || len(granted.Candidates) != 1 {
		return grant, nil, err
	}
	connected, err := d.Choose(ctx, key.Space, grant.ID, []commerce.RemoteID{granted.Candidates[0].Remote})
	return grant, connected, err
}

// consent takes the record of a begun consent. It works once.
func (d *Desk) consent(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel, q url.Values) (port.PublicKey, error) {
	stale := fault.New(fault.Invalid, "consent_expired", "This consent is not known or has been used. Connect the shop again.")
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

func (d *Desk) keep(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel, g channel.Grant) (port.Grant, error) {
	id, err := d.random(12)
	if err != nil {
		return port.Grant{}, err
	}
	stored := port.Grant{ID: commerce.GrantID("grt_" + id), Space: w, Channel: c, Principal: g.Principal, Scopes: g.Scopes, CreatedAt: d.Now()}
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
		account, err := d.connect(ctx, w, driver, id, candidates[i])
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

func (d *Desk) connect(ctx context.Context, w commerce.WorkspaceID, driver channel.Driver, grant commerce.GrantID, c channel.Candidate) (port.Account, error) {
	a, err := d.account(ctx, w, driver, grant, c)
	if err != nil {
		return a, err
	}
	t, fresh, err := d.target(ctx, driver, &a, c)
	if err != nil {
		return a, err
	}
	put, err := d.Store.Connect(ctx, a, t)
	if f := fault.Of(err); f != nil && f.Code == "connected_elsewhere" && f.Field == "target" {
		// The catalog behind the shop belongs to another workspace. Without it
		// the messages can still come in.
		a.Target, a.NoTarget = "", "Its catalog is written by another Manystall workspace, so nothing is listed from here."
		if put, err = d.Store.Connect(ctx, a, nil); err == nil {
			fresh = false
		}
	}
	if err != nil {
		return a, err
	}
	if fresh {
		return put, d.Spread(ctx, w, put.Target)
	}
	return put, nil
}

func (d *Desk) account(ctx context.Context, w commerce.WorkspaceID, driver channel.Driver, grant commerce.GrantID, c channel.Candidate) (port.Account, error) {
	id := AccountIDOf(w, driver.Name, c.Remote)
	a, err := d.Store.Account(ctx, w, id)
	if fault.Is(err, fault.NotFound) {
		a, err = port.Account{ID: id, Space: w, Channel: driver.Name, Kind: "marketplace", Remote: c.Remote, CreatedAt: d.Now()}, nil
	}
	if err != nil {
		return a, err
	}
	if a.State != port.AccountActive && a.State != port.AccountNeedsConsent {
		a.ClaimedAt, a.Cursors = d.Now(), nil
	}
	a.Name, a.Grant, a.Settings, a.State, a.Reason, a.NextPoll, a.NoTarget = c.Name, grant, c.Settings, port.AccountActive, "", d.Now(), c.CannotList
	if driver.Orders == channel.OrdersInbound && a.Key == "" {
		if a.Key, err = d.random(24); err != nil {
			return a, err
		}
		key := port.PublicKey{Key: a.Key, Kind: "checkout", Space: w, Account: id, Channel: driver.Name, CreatedAt: d.Now()}
		if err := d.Store.PutPublicKey(ctx, key); err != nil {
			return a, fmt.Errorf("make checkout address: %w", err)
		}
	}
	return a, nil
}

// target is what an account's listings are written to, with the account over
// it; fresh says that its products have to be brought there.
func (d *Desk) target(ctx context.Context, driver channel.Driver, a *port.Account, c channel.Candidate) (t *port.Target, fresh bool, err error) {
	settings, err := Settings(driver, c.Settings)
	if err != nil {
		return nil, false, err
	}
	ref := driver.Target(settings)
	if ref.Remote == "" || c.CannotList != "" {
		return nil, false, nil
	}
	a.Target = commerce.TargetID(commerce.Derive("tgt", string(a.Space), ref.Kind, string(ref.Remote)))
	stored, err := d.Store.Target(ctx, a.Space, a.Target)
	if fault.Is(err, fault.NotFound) {
		stored, err = port.Target{ID: a.Target, Space: a.Space, Kind: ref.Kind, Remote: ref.Remote}, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("target of %s: %w", a.Name, err)
	}
	if stored.Accounts == nil {
		stored.Accounts = map[commerce.Channel]commerce.AccountID{}
	}
	fresh = stored.Accounts[a.Channel] == ""
	stored.Accounts[a.Channel] = a.ID
	if stored.Writer == "" {
		stored.Writer = a.ID
	}
	stored.Lanes = nil // what waited for a consent may go on
	return &stored, fresh, nil
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
