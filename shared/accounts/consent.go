package accounts

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/url"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// consentLife is how long a seller may take on the marketplace's consent page.
const consentLife = 30 * time.Minute

// Unbound is the code of a consent that has to be finished by somebody who is
// signed in: the address a browser came back to proves nothing about who began.
const Unbound = "finish_signed_in"

// What the record of a begun consent says of who began it.
const (
	begunBy      = "by"      // hash of the credential
	begunSession = "session" // the credential was a browser's cookie
	begunLogin   = "login"   // of the channel, where it is not the usual one
)

// Beginner is who begins a consent.
type Beginner struct {
	// Credential is the hash of the credential. The consent ends with it.
	Credential string
	// Browser says that it came as a browser's cookie: only the same session
	// may finish.
	Browser bool
}

// Return is a seller coming back from a marketplace's consent page.
type Return struct {
	Channel commerce.Channel
	Query   url.Values // what the marketplace sent, as a whole
	// Space and Credential are of who brings it; both empty when nobody is
	// signed in and the address alone speaks.
	Space      commerce.WorkspaceID
	Credential string
	// Browser says that a browser was sent here, and not a program that follows
	// redirects.
	Browser bool
}

// Start begins a consent, by the channel's usual login or another one of its:
// the seller has to be sent to the address it answers, and comes back with the
// state within 30 minutes.
func (d *Desk) Start(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel, login string, by Beginner) (consent, state string, err error) {
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
	data := map[string]string{begunBy: by.Credential}
	if login != "" {
		data[begunLogin] = login
	}
	if by.Browser {
		data[begunSession] = "yes"
	}
	key := port.PublicKey{Key: state, Kind: "oauth", Space: w, Channel: c, Data: data, Sealed: sealed, CreatedAt: d.Now(), ExpiresAt: d.Now().Add(consentLife)}
	if err := d.Store.PutPublicKey(ctx, key); err != nil {
		return "", "", fmt.Errorf("remember consent: %w", err)
	}
	consent, err = auth.Consent(state, d.redirect(c), verifier)
	return consent, state, err
}

// Callback ends a consent with what the marketplace sent the seller back with.
// The state names the workspace and works once. Who may bring it is said at
// bound; who may not gets a fault, and the consent stays open. A single
// candidate is connected at once; of several the seller chooses.
func (d *Desk) Callback(ctx context.Context, r Return) (port.Grant, []port.Account, error) {
	key, err := d.consent(ctx, r)
	if err != nil {
		return port.Grant{}, nil, err
	}
	driver, err := d.driver(r.Channel)
	if err != nil {
		return port.Grant{}, nil, err
	}
	if r.Query.Get("error") != "" || r.Query.Get("code") == "" {
		return port.Grant{}, nil, fault.New(fault.Invalid, "consent_denied", "%s was not connected: the consent was not given.", driver.Title)
	}
	verifier, err := d.Vault.Open(ctx, key.Space, "oauth", key.Sealed)
	if err != nil {
		return port.Grant{}, nil, fmt.Errorf("open verifier: %w", err)
	}
	login := key.Data[begunLogin]
	auth, err := d.auth(r.Channel, login)
	if err != nil {
		return port.Grant{}, nil, err
	}
	granted, err := auth.Exchange(ctx, r.Query, d.redirect(r.Channel), string(verifier))
	if err != nil {
		return port.Grant{}, nil, fmt.Errorf("exchange %s consent: %w", r.Channel, err)
	}
	grant, err := d.keep(ctx, port.Grant{Space: key.Space, Channel: r.Channel, Login: login}, granted)
	if err != nil || len(granted.Candidates) != 1 {
		return grant, nil, err
	}
	connected, err := d.Choose(ctx, key.Space, grant.ID, []commerce.RemoteID{granted.Candidates[0].Remote})
	return grant, connected, err
}

// consent takes the record of a begun consent. It works once.
func (d *Desk) consent(ctx context.Context, r Return) (port.PublicKey, error) {
	stale := fault.New(fault.Invalid, "consent_expired", "This consent is not known or has been used. Connect the shop again.")
	if r.Query.Get("state") == "" {
		return port.PublicKey{}, stale
	}
	key, err := d.Store.PublicKey(ctx, r.Query.Get("state"))
	if fault.Is(err, fault.NotFound) || (err == nil && (key.Kind != "oauth" || key.Channel != r.Channel || (r.Space != "" && r.Space != key.Space) || d.Now().After(key.ExpiresAt))) {
		return key, stale
	}
	if err != nil {
		return key, fmt.Errorf("look up consent: %w", err)
	}
	if err := bound(key, r); err != nil {
		return key, err
	}
	alive, err := d.alive(ctx, key.Data[begunBy])
	if err != nil {
		return key, err
	}
	if !alive {
		return key, stale
	}
	key, err = d.Store.TakePublicKey(ctx, key.Key)
	if fault.Is(err, fault.NotFound) {
		return key, stale
	}
	return key, err
}

// bound says whether somebody may finish a consent of a workspace that is his,
// or whose state he brings. What a browser's session began, the same session
// finishes. What an API client began, is finished by any credential of the
// workspace, or by a program that followed the redirects: it has the code
// because it walked through the consent itself. A browser without credential is
// somebody who was sent a link, perhaps by a stranger.
func bound(key port.PublicKey, r Return) error {
	signedIn := r.Space != ""
	switch {
	case key.Data[begunSession] == "" && (signedIn || !r.Browser):
		return nil
	case !signedIn:
		return fault.New(fault.Denied, Unbound, "Sign in to the workspace that began this connection, and finish it there.")
	case subtle.ConstantTimeCompare([]byte(key.Data[begunBy]), []byte(r.Credential)) == 1:
		return nil
	default:
		return fault.New(fault.Denied, "another_browser", "This connection was begun in another browser. Finish it there, or begin again here.")
	}
}

// alive says whether the credential that began a consent is still good: who
// signs out or revokes a key takes its open consents along.
func (d *Desk) alive(ctx context.Context, hash string) (bool, error) {
	for range 2 { // a session, and the key it was made from
		if hash == "" {
			return true, nil
		}
		c, err := d.Store.Credential(ctx, hash)
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("look up who began a consent: %w", err)
		}
		if !c.ExpiresAt.IsZero() && !d.Now().Before(c.ExpiresAt) {
			return false, nil
		}
		hash = c.Parent
	}
	return true, nil
}
