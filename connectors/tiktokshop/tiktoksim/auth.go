package tiktoksim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// Refusals of the auth host (Partner Center authorization guide; 36004001 and
// 36004005 from public reports, 2026).
const (
	codeRefreshExpired = 36004001
	codeBadCode        = 36004004
	codeNoGrant        = 36004005
)

const codeLife = 30 * time.Minute

// AllScopes are what the seller grants on the consent page.
func AllScopes() []string {
	return []string{
		"seller.authorization.info", "seller.shop.info", "seller.product.basic", "seller.product.write", "seller.product.delete",
		"seller.order.info", "seller.fulfillment.basic", "seller.logistics", "seller.return_refund.basic", "seller.customer_service",
	}
}

type authCode struct {
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used"`
}

type accessToken struct {
	Grant   string    `json:"grant"`
	Expires time.Time `json:"expires"`
	Scopes  []string  `json:"scopes"`
}

// grant is one consent. Whether a refresh token changes with each use is not
// documented: here it does, and the one before stays good until its successor
// has been used, so that a lost answer does not lose the seller.
type grant struct {
	ID       string    `json:"id"`
	Expires  time.Time `json:"expires"`
	Current  string    `json:"current"`
	Previous string    `json:"previous"`
}

func (s *Sim) serveToken(run func(*simkit.Tx, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var data any
		err := s.checkApp(r)
		if err == nil {
			err = s.env.Store.Update(func(tx *simkit.Tx) (err error) {
				data, err = run(tx, r)
				return err
			})
		}
		s.answer(w, data, err)
	}
}

func (s *Sim) checkApp(r *http.Request) error {
	q := r.URL.Query()
	if q.Get("app_key") != s.env.App["TIKTOK_APP_KEY"] || q.Get("app_secret") != s.env.App["TIKTOK_APP_SECRET"] {
		return reject(codeInvalid, "Invalid app_key or app_secret")
	}
	return nil
}

// NewCode is the code that the seller's consent brings to the redirect
// address: good for 30 minutes and once.
func (s *Sim) NewCode() (string, error) {
	var code string
	err := s.env.Store.Update(func(tx *simkit.Tx) (err error) {
		if code, err = s.secret(tx, "ROW_code"); err != nil {
			return err
		}
		return tx.Put("code", code, authCode{Expires: s.now().Add(codeLife)})
	})
	return code, err
}

func (s *Sim) exchange(tx *simkit.Tx, r *http.Request) (any, error) {
	q := r.URL.Query()
	if q.Get("grant_type") != "authorized_code" {
		return nil, invalid("grant_type must be authorized_code")
	}
	var c authCode
	known, err := tx.Find("code", q.Get("auth_code"), &c)
	if err != nil {
		return nil, err
	}
	if !known || c.Used || !s.now().Before(c.Expires) {
		return nil, reject(codeBadCode, "The auth_code is invalid, expired or already used")
	}
	c.Used = true
	if err := tx.Put("code", q.Get("auth_code"), c); err != nil {
		return nil, err
	}
	id, err := s.newID(tx, "grant")
	if err != nil {
		return nil, err
	}
	return s.issue(tx, grant{ID: id, Expires: s.now().Add(s.GrantLife)})
}

func (s *Sim) refresh(tx *simkit.Tx, r *http.Request) (any, error) {
	q := r.URL.Query()
	if q.Get("grant_type") != "refresh_token" {
		return nil, invalid("grant_type must be refresh_token")
	}
	var id string
	if known, err := tx.Find("refresh", q.Get("refresh_token"), &id); err != nil || !known {
		return nil, orRefusal(err, reject(codeNoGrant, "No authorization belongs to this refresh_token"))
	}
	var g grant
	if known, err := tx.Find("grant", id, &g); err != nil || !known {
		return nil, orRefusal(err, reject(codeNoGrant, "The authorization was withdrawn"))
	}
	if !s.now().Before(g.Expires) {
		return nil, reject(codeRefreshExpired, "The refresh_token has expired, the seller must consent again")
	}
	if token := q.Get("refresh_token"); token == g.Current {
		if err := tx.Delete("refresh", g.Previous); err != nil {
			return nil, err
		}
		g.Previous = token
	}
	return s.issue(tx, g)
}

// orRefusal prefers a broken store over what would be said otherwise.
func orRefusal(err error, r *refusal) error {
	if err != nil {
		return err
	}
	return r
}

// issue makes a pair of tokens. Both expiries are absolute Unix seconds.
func (s *Sim) issue(tx *simkit.Tx, g grant) (any, error) {
	access, err := s.secret(tx, "ROW_access")
	if err != nil {
		return nil, err
	}
	if g.Current != "" && g.Current != g.Previous {
		if err := tx.Delete("refresh", g.Current); err != nil {
			return nil, err
		}
	}
	if g.Current, err = s.secret(tx, "ROW_refresh"); err != nil {
		return nil, err
	}
	scopes, err := s.grantedScopes(tx)
	if err != nil {
		return nil, err
	}
	expires := s.now().Add(s.TokenLife)
	if err := putAll(tx, row{"access", access, accessToken{Grant: g.ID, Expires: expires, Scopes: scopes}},
		row{"refresh", g.Current, g.ID}, row{"grant", g.ID, g}); err != nil {
		return nil, err
	}
	sh, err := loadShop(tx)
	return object{
		"access_token": access, "access_token_expire_in": expires.Unix(),
		"refresh_token": g.Current, "refresh_token_expire_in": g.Expires.Unix(),
		"open_id": sh.OpenID, "seller_name": sh.Seller, "seller_base_region": sh.Region, "user_type": 0, "granted_scopes": scopes,
	}, err
}

type row struct {
	table, key string
	value      any
}

func putAll(tx *simkit.Tx, rows ...row) error {
	for _, r := range rows {
		if err := tx.Put(r.table, r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}

// secret is unguessable enough for a machine of one's own, and repeatable.
func (s *Sim) secret(tx *simkit.Tx, prefix string) (string, error) {
	n, err := tx.Next("secret")
	if err != nil {
		return "", err
	}
	r := rand.New(rand.NewPCG(s.env.Seed, n))
	return fmt.Sprintf("%s_%016x%016x", prefix, r.Uint64(), r.Uint64()), nil
}

// SetScope grants or withdraws a scope for the app, whatever the tokens say:
// seller.customer_service is granted here although it is gated on the real
// side.
func (s *Sim) SetScope(scope string, granted bool) error {
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		if granted {
			return tx.Delete("denied", scope)
		}
		return tx.Put("denied", scope, true)
	})
}

func deniedScopes(tx *simkit.Tx) (map[string]bool, error) {
	denied := map[string]bool{}
	err := simkit.Each(tx, "denied", "", func(scope string, is bool) bool {
		denied[scope] = is
		return true
	})
	return denied, err
}

func (s *Sim) grantedScopes(tx *simkit.Tx) ([]string, error) {
	denied, err := deniedScopes(tx)
	return slices.DeleteFunc(AllScopes(), func(scope string) bool { return denied[scope] }), err
}

// Deauthorize is the seller taking the consent back: every token dies and the
// webhook SELLER_DEAUTHORIZATION goes out.
func (s *Sim) Deauthorize() error {
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		for _, table := range []string{"access", "refresh", "grant", "code"} {
			if err := empty(tx, table); err != nil {
				return err
			}
		}
		return s.emit(tx, "SELLER_DEAUTHORIZATION", object{"message": "The seller withdrew the authorization."})
	})
}

func empty(tx *simkit.Tx, table string) error {
	var keys []string
	err := simkit.Each(tx, table, "", func(key string, _ any) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		if err == nil {
			err = tx.Delete(table, key)
		}
	}
	return err
}
