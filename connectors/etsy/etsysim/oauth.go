package etsysim

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// permit is an authorization code that waits to be exchanged.
type permit struct {
	RedirectURI string    `json:"redirect_uri"`
	Challenge   string    `json:"challenge"` // PKCE, S256
	Scopes      []string  `json:"scopes"`
	Expires     time.Time `json:"expires"`
	Used        bool      `json:"used"`
}

// tokens is the answer of the token endpoint.
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int64  `json:"expires_in"` // seconds
	Refresh string `json:"refresh_token"`
}

// serveToken exchanges a code or a refresh token. An Etsy application is a
// public client: the body carries the keystring alone, the header the secret.
func (s *Sim) serveToken(w http.ResponseWriter, r *http.Request) {
	rep, err := s.token(w, r)
	w.Header().Set("Cache-Control", "no-store")
	s.write(w, rep, err)
}

func (s *Sim) token(w http.ResponseWriter, r *http.Request) (rep reply, err error) {
	// Counted apart, so that a refused exchange counts as well.
	err = s.env.Store.Update(func(tx *simkit.Tx) error {
		_, err := bump(tx, tableMeter, "call/oauthToken")
		return err
	})
	if err != nil {
		return rep, err
	}
	if err := s.checkKey(r); err != nil {
		return rep, err
	}
	f, err := tokenForm(w, r)
	if err != nil {
		return rep, err
	}
	err = s.env.Store.Update(func(tx *simkit.Tx) error {
		rep, err = s.exchange(tx, f)
		return err
	})
	return rep, err
}

func tokenForm(w http.ResponseWriter, r *http.Request) (*form, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if kind != string(formBody) || err != nil {
		return nil, oauthError("invalid_request", "the body must be "+string(formBody))
	}
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, oauthError("invalid_request", "the form could not be parsed")
	}
	return &form{values: values}, nil
}

func oauthError(code, description string) error {
	return &refusal{status: http.StatusBadRequest, Text: code, Description: description}
}

func (s *Sim) exchange(tx *simkit.Tx, f *form) (reply, error) {
	if !same(f.text("client_id"), s.env.App["ETSY_KEYSTRING"]) {
		return reply{}, oauthError("invalid_client", "client_id is not a known keystring")
	}
	if s.Doubts.WantsSecret && !same(f.text("client_secret"), s.env.App["ETSY_SHARED_SECRET"]) {
		return reply{}, oauthError("invalid_client", "client_secret is not that of the keystring")
	}
	switch f.text("grant_type") {
	case "authorization_code":
		return s.exchangeCode(tx, f)
	case "refresh_token":
		return s.exchangeRefresh(tx, f)
	default:
		return reply{}, oauthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
	}
}

func (s *Sim) exchangeCode(tx *simkit.Tx, f *form) (reply, error) {
	for _, name := range []string{"code", "redirect_uri", "code_verifier"} {
		if f.text(name) == "" {
			return reply{}, oauthError("invalid_request", name+" is missing")
		}
	}
	var p permit
	known, err := tx.Find(tableCode, f.text("code"), &p)
	if err != nil {
		return reply{}, err
	}
	switch {
	case !known || p.Used:
		return reply{}, oauthError("invalid_grant", "code is unknown or was used before")
	case !s.env.Now().Before(p.Expires):
		return reply{}, oauthError("invalid_grant", "code is expired")
	case f.text("redirect_uri") != p.RedirectURI:
		return reply{}, oauthError("invalid_grant", "redirect_uri is not the one the code was issued for")
	case !verifies(f.text("code_verifier"), p.Challenge):
		return reply{}, oauthError("invalid_grant", "code_verifier does not match code_challenge")
	}
	p.Used = true
	if err := tx.Put(tableCode, f.text("code"), p); err != nil {
		return reply{}, err
	}
	return s.issue(tx, p.Scopes)
}

// verifies checks a PKCE verifier (RFC 7636) against its S256 challenge.
func verifies(verifier, challenge string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	if len(verifier) < 43 || len(verifier) > 128 || strings.Trim(verifier, alphabet) != "" {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return same(base64.RawURLEncoding.EncodeToString(sum[:]), challenge)
}

// exchangeRefresh rotates: the old refresh token is refused from now on. Etsy
// leaves open whether it grants a time of grace; a client must not need one.
func (s *Sim) exchangeRefresh(tx *simkit.Tx, f *form) (reply, error) {
	token := f.text("refresh_token")
	if token == "" {
		return reply{}, oauthError("invalid_request", "refresh_token is missing")
	}
	var g grant
	known, err := tx.Find(tableRefresh, token, &g)
	switch {
	case err != nil:
		return reply{}, err
	case !known:
		return reply{}, oauthError("invalid_grant", "refresh_token is invalid")
	case g.Used:
		return reply{}, oauthError("invalid_grant", "refresh_token is revoked")
	case !s.env.Now().Before(g.Expires):
		return reply{}, oauthError("invalid_grant", "refresh_token is expired")
	}
	g.Used = !s.Doubts.KeepsRefresh
	if err := tx.Put(tableRefresh, token, g); err != nil {
		return reply{}, err
	}
	return s.issue(tx, g.Scopes)
}

func (s *Sim) issue(tx *simkit.Tx, scopes []string) (reply, error) {
	out := tokens{Type: "Bearer", Expires: int64(accessLife / time.Second)}
	now := s.env.Now()
	for _, t := range []struct {
		table string
		life  time.Duration
		into  *string
	}{{tableToken, accessLife, &out.Access}, {tableRefresh, refreshLife, &out.Refresh}} {
		random, err := s.secret(tx)
		if err != nil {
			return reply{}, err
		}
		*t.into = fmt.Sprintf("%d.%s", s.shop.UserID, random)
		g := grant{UserID: s.shop.UserID, Scopes: scopes, Expires: now.Add(t.life)}
		if err := tx.Put(t.table, *t.into, g); err != nil {
			return reply{}, err
		}
	}
	return ok(out)
}

// tokenScopes lists what a token may do.
func tokenScopes(c *call) (reply, error) {
	if c.form.need("token"); c.form.err != nil {
		return reply{}, c.form.err
	}
	var g grant
	known, err := c.tx.Find(tableToken, c.form.text("token"), &g)
	if err != nil {
		return reply{}, err
	}
	if !known || !c.now.Before(g.Expires) {
		return reply{}, unauthorized("access token is invalid or expired")
	}
	return ok(struct {
		Scopes []string `json:"scopes"`
	}{g.Scopes})
}
