package etsy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
)

// refreshLife is how long a refresh token is good (developer pages, read
// 2026-11-22). Each refresh gives a new one.
const refreshLife = 90 * 24 * time.Hour

// scopes are all that the connector needs: listings_d is not among them, since
// nothing is ever deleted.
func scopes() []string {
	return []string{"listings_r", "listings_w", "transactions_r", "transactions_w", "shops_r"}
}

// auth is Etsy's consent: OAuth 2.0 authorization code with PKCE.
type auth struct {
	app *App
	env channel.Env
}

func newAuth(app any, env channel.Env) channel.Auth {
	a, ok := app.(*App)
	if !ok {
		a = new(App) // refused by Consent
	}
	return &auth{app: a, env: env}
}

// Consent implements channel.Auth.
func (a *auth) Consent(state, redirect, verifier string) (string, error) {
	if a.app.Keystring == "" {
		return "", fault.New(fault.Invalid, "no_app", "No Etsy application is set up. Set ETSY_KEYSTRING and ETSY_SHARED_SECRET.")
	}
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {a.app.Keystring}, "redirect_uri": {redirect},
		"scope": {strings.Join(scopes(), " ")}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return host(a.env.Hosts, hostConsent, defaultConsent) + "/oauth/connect?" + q.Encode(), nil
}

// Exchange implements channel.Auth. An Etsy user has one shop at most.
func (a *auth) Exchange(ctx context.Context, callback url.Values, redirect, verifier string) (channel.Grant, error) {
	if callback.Get("error") != "" || callback.Get("code") == "" {
		return channel.Grant{}, fault.New(fault.Invalid, "consent_denied", "Etsy was not connected: the consent was not given.")
	}
	tokens, err := a.token(ctx, url.Values{
		"grant_type": {"authorization_code"}, "redirect_uri": {redirect}, "code": {callback.Get("code")}, "code_verifier": {verifier},
	})
	if err != nil {
		return channel.Grant{}, fmt.Errorf("exchange code: %w", err)
	}
	client := newClient(a.app, a.env, fixed(tokens), "")
	self, err := client.Me(ctx)
	if err != nil {
		return channel.Grant{}, fmt.Errorf("read who consented: %w", err)
	}
	if self.ShopID == 0 {
		return channel.Grant{}, fault.New(fault.Invalid, "no_shop", "This Etsy account has no shop. Open one on Etsy, then connect again.")
	}
	shop, err := client.ShopOf(ctx, self.ShopID)
	if err != nil {
		return channel.Grant{}, fmt.Errorf("read shop %d: %w", self.ShopID, err)
	}
	candidate, err := candidateOf(self, shop)
	if err != nil {
		return channel.Grant{}, err
	}
	return channel.Grant{Principal: remote(self.UserID), Tokens: tokens, Scopes: scopes(), Candidates: []channel.Candidate{candidate}}, nil
}

func candidateOf(self api.Self, shop api.Shop) (channel.Candidate, error) {
	s := Settings{Shop: remote(self.ShopID), Name: shop.Name, Currency: shop.Currency, Country: shop.Country}
	raw, err := json.Marshal(s)
	if err != nil {
		return channel.Candidate{}, fmt.Errorf("encode settings of shop %s: %w", s.Shop, err)
	}
	return channel.Candidate{Remote: s.Shop, Name: cmp.Or(shop.Name, "Etsy shop "+string(s.Shop)), Settings: raw}, nil
}

// Refresh implements channel.Auth. The old refresh token must be taken for
// used, whatever comes back.
func (a *auth) Refresh(ctx context.Context, tokens channel.Tokens) (channel.Tokens, error) {
	if tokens.Refresh == "" {
		return channel.Tokens{}, fault.New(fault.AuthExpired, "no_refresh", "The consent for the Etsy shop can't be renewed. Connect the shop again.")
	}
	return a.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh}})
}

func (a *auth) token(ctx context.Context, form url.Values) (channel.Tokens, error) {
	began := a.env.Now()
	t, err := newClient(a.app, a.env, nil, "").Token(ctx, form)
	if err != nil {
		return channel.Tokens{}, err
	}
	if t.Access == "" || t.Refresh == "" {
		return channel.Tokens{}, fault.New(fault.Temporary, "bad_answer", "Etsy's consent service answered without tokens.")
	}
	life := time.Duration(min(max(t.Expires, 0), 24*3600)) * time.Second
	return channel.Tokens{Access: t.Access, Refresh: t.Refresh, ExpiresAt: began.Add(life), EndsAt: began.Add(refreshLife)}, nil
}

// fixed are tokens that were just handed out: a refusal is final.
type fixed channel.Tokens

// Tokens implements channel.TokenSource.
func (f fixed) Tokens(context.Context) (channel.Tokens, error) { return channel.Tokens(f), nil }

// Refreshed implements channel.TokenSource.
func (f fixed) Refreshed(context.Context, string) (channel.Tokens, error) {
	return channel.Tokens{}, fault.New(fault.AuthExpired, "token_refused", "Etsy does not accept the consent it just gave. Connect the shop again.")
}

// missingScopes are those of want that the token lacks.
func missingScopes(have []string, want ...string) []string {
	return slices.DeleteFunc(slices.Clone(want), func(s string) bool { return slices.Contains(have, s) })
}
