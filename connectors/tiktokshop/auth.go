package tiktokshop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// consent is the seller's authorization of the app.
type consent struct {
	app *App
	env channel.Env
}

// scopesKey is where the granted scopes lie in Tokens.Extra, joined by commas.
const scopesKey = "scopes"

func (c consent) host() api.AuthHost {
	return api.AuthHost{HTTP: c.env.HTTP, Base: host(c.env, "TIKTOK_AUTH_URL"), AppKey: c.app.Key, Secret: c.app.Secret.Reveal(), Now: c.env.Now}
}

// Consent is the page where the seller grants access. TikTok sends the seller
// back to the address that is set in Partner Center; redirect and verifier are
// not used.
func (c consent) Consent(state, _, _ string) (string, error) {
	if c.app == nil || c.app.Service == "" || c.app.Key == "" || c.app.Secret == "" {
		return "", fault.New(fault.Invalid, "app_not_set", "TikTok Shop is not set up: TIKTOK_APP_KEY, TIKTOK_APP_SECRET and TIKTOK_SERVICE_ID are needed.")
	}
	q := url.Values{"service_id": {c.app.Service}, "state": {state}}
	return host(c.env, "TIKTOK_CONSENT_URL") + "/open/authorize?" + q.Encode(), nil
}

// Exchange turns the code into tokens and reads which shops they open.
func (c consent) Exchange(ctx context.Context, callback url.Values, _, _ string) (channel.Grant, error) {
	code := strings.TrimSpace(callback.Get("code"))
	if code == "" {
		return channel.Grant{}, fault.New(fault.Invalid, "no_code", "TikTok sent no code back: the consent was not given.")
	}
	t, err := c.host().Exchange(ctx, code)
	if err != nil {
		return channel.Grant{}, err
	}
	if t.UserType != 0 {
		return channel.Grant{}, fault.New(fault.Invalid, "not_a_seller", "This TikTok account is not a seller. Sign in as the owner of the shop.")
	}
	grant := channel.Grant{Principal: commerce.RemoteID(t.OpenID), Tokens: tokens(t), Scopes: t.Scopes}
	shops, err := api.New(api.Config{
		HTTP: c.env.HTTP, Base: host(c.env, "TIKTOK_URL"), AppKey: c.app.Key, Secret: c.app.Secret.Reveal(), Shop: t.OpenID,
		Tokens: fixed(grant.Tokens), Now: c.env.Now,
	}).ListShops(ctx)
	if err != nil {
		return channel.Grant{}, fmt.Errorf("read the shops of a consent: %w", err)
	}
	if len(shops) == 0 {
		return channel.Grant{}, fault.New(fault.Invalid, "no_shop", "This TikTok account has no shop.")
	}
	for _, s := range shops {
		candidate, err := candidateOf(s, t.Scopes)
		if err != nil {
			return channel.Grant{}, err
		}
		grant.Candidates = append(grant.Candidates, candidate)
	}
	return grant, nil
}

func candidateOf(s api.Shop, scopes []string) (channel.Candidate, error) {
	settings, err := json.Marshal(Settings{Shop: string(s.ID), Cipher: s.Cipher, Region: s.Region, Currency: currency(s.Region)})
	if err != nil {
		return channel.Candidate{}, fmt.Errorf("encode settings of a shop: %w", err)
	}
	candidate := channel.Candidate{Remote: commerce.RemoteID(s.ID), Name: s.Name, Settings: settings}
	if len(scopes) > 0 && !slices.Contains(scopes, "seller.product.write") {
		candidate.CannotList = "The seller did not grant seller.product.write, so nothing can be listed."
	}
	return candidate, nil
}

// Refresh renews the tokens. A refresh token may or may not change with each
// use, so both are taken from the answer. (Partner Center, 2026-11.)
func (c consent) Refresh(ctx context.Context, old channel.Tokens) (channel.Tokens, error) {
	t, err := c.host().Refresh(ctx, old.Refresh)
	if err != nil {
		return old, err
	}
	fresh := tokens(t)
	if fresh.Refresh == "" {
		fresh.Refresh, fresh.EndsAt = old.Refresh, old.EndsAt
	}
	if len(t.Scopes) == 0 {
		fresh.Extra = old.Extra
	}
	return fresh, nil
}

// tokens: both expiries are absolute Unix seconds, not durations.
func tokens(t api.Token) channel.Tokens {
	return channel.Tokens{
		Access: t.Access, Refresh: t.Refresh, ExpiresAt: at(t.AccessExpires), EndsAt: at(t.RefreshExpires),
		Extra: map[string]string{scopesKey: strings.Join(t.Scopes, ",")},
	}
}

// at is a time of Unix seconds; zero is none.
func at(seconds api.Int) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// currency is fixed by the region (price.currency of Create Product, 2025-12).
func currency(region string) string {
	switch region {
	case "BR":
		return "BRL"
	case "DE", "ES", "FR", "IE", "IT":
		return "EUR"
	case "GB", "UK":
		return "GBP"
	case "ID":
		return "IDR"
	case "JP":
		return "JPY"
	case "MX":
		return "MXN"
	case "MY":
		return "MYR"
	case "PH":
		return "PHP"
	case "SG":
		return "SGD"
	case "TH":
		return "THB"
	case "VN":
		return "VND"
	}
	return "USD"
}

// fixed are tokens before there is an account.
type fixed channel.Tokens

func (f fixed) Tokens(context.Context) (channel.Tokens, error) { return channel.Tokens(f), nil }

func (f fixed) Refreshed(context.Context, string) (channel.Tokens, error) {
	return channel.Tokens{}, fault.New(fault.AuthExpired, "fresh_token_refused", "TikTok refused the token it has just given. Connect the shop again.")
}
