package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

// Token is the answer of the token endpoint. Access and refresh token are both
// new each time.
type Token struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int64  `json:"expires_in"` // seconds
	Refresh string `json:"refresh_token"`
}

// Token exchanges a code or a refresh token. The endpoint sometimes answers 500
// and takes the same request a moment later (etsy/open-api#549), so
// the call may be repeated: if the first one was carried out after all, its
// tokens are lost either way. It is paid from no budget, since without tokens
// nothing else works.
func (c *Client) Token(ctx context.Context, form url.Values) (Token, error) {
	form.Set("client_id", c.cfg.Keystring)
	t, err := c.token(ctx, form)
	if f := fault.Of(err); err != nil && f.Code == unknownClient && c.cfg.Secret != "" {
		// Public clients send no secret here, says the documentation. Should
		// Etsy want it after all, it gets it.
		form.Set("client_secret", c.cfg.Secret.Reveal())
		return c.token(ctx, form)
	}
	return t, err
}

func (c *Client) token(ctx context.Context, form url.Values) (Token, error) {
	r := call{op: "oauthToken", method: http.MethodPost, path: "/v3/public/oauth/token"}
	resp, err := c.cfg.HTTP.Do(ctx, httpclient.Request{
		Op: r.op, Method: r.method, URL: c.cfg.AuthBase + r.path, Safe: true, Secret: true,
		Header: http.Header{"Content-Type": {formType}, "Accept": {jsonType}}, Body: []byte(form.Encode()),
		Sign: func(req *http.Request) error {
			req.Header.Set("X-Api-Key", c.cfg.Keystring+":"+c.cfg.Secret.Reveal())
			return nil
		},
	})
	if err != nil {
		return Token{}, err
	}
	var t Token
	err = c.decode(r, resp, &t)
	return t, err
}

// Scopes lists what the current token may do.
func (c *Client) Scopes(ctx context.Context) ([]string, error) {
	tokens, err := c.cfg.Tokens.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	body := url.Values{"token": {tokens.Access}}
	a, err := answer[struct {
		Scopes []string `json:"scopes"`
	}](ctx, c, call{op: "tokenScopes", method: http.MethodPost, path: "/scopes", kind: formType, body: []byte(body.Encode())})
	return a.Scopes, err
}
