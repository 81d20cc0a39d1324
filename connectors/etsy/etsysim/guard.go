package etsysim

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// How long tokens live (developer pages, read 2026-11-22). The life of a code
// is not documented; it is short.
const (
	accessLife  = time.Hour
	refreshLife = 90 * 24 * time.Hour
	codeLife    = 10 * time.Minute
)

// scopes are all that Etsy knows (developer pages, read 2026-11-22).
var scopes = strings.Fields(`address_r address_w billing_r cart_r cart_w email_r favorites_r favorites_w
	feedback_r listings_d listings_r listings_w profile_r profile_w recommend_r recommend_w shops_r shops_w
	transactions_r transactions_w`)

// grant is what a token is good for.
type grant struct {
	UserID  int64     `json:"user_id"`
	Scopes  []string  `json:"scopes"`
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used"` // of refresh tokens: exchanged or revoked
}

// checkKey wants keystring and shared secret on every call, enforced by Etsy
// since 2026-02-09.
func (s *Sim) checkKey(r *http.Request) error {
	header := r.Header.Get("X-Api-Key")
	keystring, secret, both := strings.Cut(header, ":")
	switch {
	case header == "":
		return refuse(http.StatusForbidden, "Missing x-api-key header")
	case !same(keystring, s.env.App["ETSY_KEYSTRING"]):
		return refuse(http.StatusForbidden, "Invalid API key: should be in the format 'keystring:shared_secret'.")
	case !both || secret == "":
		return refuse(http.StatusForbidden, "Shared secret is required in x-api-key header.")
	case !same(secret, s.env.App["ETSY_SHARED_SECRET"]):
		return refuse(http.StatusForbidden, "Invalid shared secret in x-api-key header.")
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// authorize reads the bearer token. An operation without a scope needs none,
// but a token that is sent must be good.
func (s *Sim) authorize(r *http.Request, scope string) (*grant, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		if scope == "" {
			return nil, nil
		}
		return nil, unauthorized("access token is missing")
	}
	token, bearer := strings.CutPrefix(header, "Bearer ")
	if !bearer {
		return nil, unauthorized("authorization must be a bearer token")
	}
	g, err := s.lookup(token)
	if err != nil {
		return nil, err
	}
	if scope != "" && !slices.Contains(g.Scopes, scope) {
		return nil, &refusal{status: http.StatusForbidden, Text: "insufficient_scope",
			Description: fmt.Sprintf("the access token lacks the scope %s", scope)}
	}
	return &g, nil
}

func (s *Sim) lookup(token string) (g grant, err error) {
	known := false
	if token != "" {
		err = s.env.Store.View(func(tx *simkit.Tx) (err error) {
			known, err = tx.Find(tableToken, token, &g)
			return err
		})
	}
	switch {
	case err != nil:
		return g, err
	case !known:
		return g, unauthorized("access token is invalid")
	case !s.env.Now().Before(g.Expires):
		return g, unauthorized("access token is expired")
	}
	return g, nil
}

// ExpireTokens ends every access token now, as an hour would. Refresh tokens
// stay good.
func (s *Sim) ExpireTokens() error {
	return s.changeGrants(tableToken, func(g *grant) { g.Expires = s.env.Now() })
}

// RevokeTokens ends every access and refresh token, as a changed password does.
func (s *Sim) RevokeTokens() error {
	if err := s.ExpireTokens(); err != nil {
		return err
	}
	return s.changeGrants(tableRefresh, func(g *grant) { g.Used = true })
}

func (s *Sim) changeGrants(table string, change func(*grant)) error {
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		all := map[string]grant{}
		err := simkit.Each(tx, table, "", func(token string, g grant) bool {
			change(&g)
			all[token] = g
			return true
		})
		for token, g := range all {
			if err == nil {
				err = tx.Put(table, token, g)
			}
		}
		return err
	})
}
