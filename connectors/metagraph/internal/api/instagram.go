package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/manystall/manystall/shared/port"
)

// ExchangeInstagram turns a code of Instagram's login dialog into a token of an
// hour. auth is the host that does so; a code works once.
func (c *Client) ExchangeInstagram(ctx context.Context, auth, code, redirect string) (InstagramToken, error) {
	form := url.Values{"client_id": {c.AppID}, "client_secret": {c.Secret}, "grant_type": {"authorization_code"}, "redirect_uri": {redirect}, "code": {code}}
	var t InstagramToken
	err := c.do(ctx, call{op: "exchange_instagram_code", method: http.MethodPost, root: auth, path: "oauth/access_token", body: form, plain: true}, &t)
	return t, err
}

// ProlongInstagram turns a token of an hour into one of 60 days.
func (c *Client) ProlongInstagram(ctx context.Context, token string) (Token, error) {
	return c.instagramToken(ctx, "prolong_instagram_token", "access_token", url.Values{"grant_type": {"ig_exchange_token"}, "client_secret": {c.Secret}, "access_token": {token}})
}

// RenewInstagram gives a token another 60 days. It has to be good still, and a
// day old at least.
func (c *Client) RenewInstagram(ctx context.Context, token string) (Token, error) {
	return c.instagramToken(ctx, "renew_instagram_token", "refresh_access_token", url.Values{"grant_type": {"ig_refresh_token"}, "access_token": {token}})
}

// instagramToken makes the two calls whose token is a parameter: these
// addresses are documented in no other form, and never logged.
func (c *Client) instagramToken(ctx context.Context, op, path string, q url.Values) (Token, error) {
	var t Token
	err := c.do(ctx, call{op: op, method: http.MethodGet, root: c.Base, path: path, query: q, plain: true, safe: true}, &t)
	return t, err
}

// InstagramSelf reads the account a token of Instagram Login belongs to.
func (c *Client) InstagramSelf(ctx context.Context, token string) (InstagramSelf, error) {
	var me InstagramSelf
	in := call{op: "read_instagram_self", method: http.MethodGet, path: "me", query: url.Values{"fields": {"id,user_id,username,name,account_type"}}, token: token, lane: port.LaneCheck, safe: true}
	return me, c.do(ctx, in, &me)
}

// InstagramToken is the answer of ExchangeInstagram. It is documented as a list
// of one, and seen in production without the list (2026-11).
type InstagramToken struct {
	Access string
	Scopes []string
}

// UnmarshalJSON takes both forms, and permissions as a list or with commas.
func (t *InstagramToken) UnmarshalJSON(raw []byte) error {
	type flat struct {
		Access      string          `json:"access_token"`
		Permissions json.RawMessage `json:"permissions"`
	}
	var answer struct {
		flat
		Data []flat `json:"data"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return err
	}
	found := answer.flat
	if len(answer.Data) > 0 {
		found = answer.Data[0]
	}
	t.Access = found.Access
	var text string
	if json.Unmarshal(found.Permissions, &text) == nil {
		t.Scopes = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
		return nil
	}
	_ = json.Unmarshal(found.Permissions, &t.Scopes) // absent: nothing is known of them
	return nil
}

// InstagramSelf is an account as Instagram Login shows it: User is the
// professional account, the id of webhooks; ID is scoped to the app.
type InstagramSelf struct {
	ID       ID     `json:"id"`
	User     ID     `json:"user_id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Type     string `json:"account_type"`
}
