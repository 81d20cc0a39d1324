package metasim

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// The kinds of tokens and how long they live (Meta's access token guides,
// 2026-11).
const (
	tokenUser     = "USER"
	tokenPage     = "PAGE"
	tokenSystem   = "SYSTEM_USER"
	tokenIGShort  = "IG_SHORT"
	tokenIG       = "IG"
	shortLife     = 90 * time.Minute
	longLife      = 5_183_944 * time.Second
	igShortLife   = time.Hour
	igLongLife    = 60 * 24 * time.Hour
	dataLife      = 90 * 24 * time.Hour
	codeLife      = 10 * time.Minute
	refreshMinAge = 24 * time.Hour
	proofLife     = 5 * time.Minute
)

// token is an access token. A zero Expires means that it has no fixed end.
type token struct {
	Value   string    `json:"value"`
	Kind    string    `json:"kind"`
	Owner   string    `json:"owner"` // node that /me stands for
	User    string    `json:"user"`  // who consented
	Scopes  []string  `json:"scopes"`
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires,omitzero"`
	Data    time.Time `json:"data"` // end of data access
	Long    bool      `json:"long,omitempty"`
	// Subcode says why the token is dead: 458 app removed, 460 password
	// changed, 463 expired.
	Subcode int `json:"subcode,omitempty"`
}

func (t token) instagram() bool { return t.Kind == tokenIG || t.Kind == tokenIGShort }

// dead says why a token is refused, 0 when it is good.
func (t token) dead(now time.Time) int {
	if t.Subcode != 0 {
		return t.Subcode
	}
	if !t.Expires.IsZero() && !now.Before(t.Expires) {
		return 463
	}
	return 0
}

func (t token) holds(scope string) bool { return scope == "" || slices.Contains(t.Scopes, scope) }

func (t token) expiresIn(now time.Time) int64 { return int64(t.Expires.Sub(now) / time.Second) }

// mint stores a new token; value and issue time are filled in here.
func (s *Sim) mint(tx *simkit.Tx, t token) (token, error) {
	n, err := tx.Next(tableToken)
	if err != nil {
		return token{}, err
	}
	prefix := "EAA"
	if t.instagram() {
		prefix = "IGAA"
	}
	t.Value, t.Issued = s.secret(prefix, "token", n), s.env.Now()
	return t, tx.Put(tableToken, t.Value, t)
}

// bearer finds a token that is good now.
func (s *Sim) bearer(tx *simkit.Tx, value string) (token, error) {
	if value == "" {
		return token{}, refusal(104, 0, "An access token is required to request this resource.")
	}
	var t token
	found, err := tx.Find(tableToken, value, &t)
	if err != nil {
		return token{}, err
	}
	if !found {
		return token{}, refusal(190, 0, "Invalid OAuth access token - Cannot parse access token")
	}
	switch sub := t.dead(s.env.Now()); sub {
	case 0:
		return t, nil
	case 458:
		return t, refusal(190, sub, "Error validating access token: The user has not authorized application "+s.app("META_APP_ID")+".")
	case 460:
		return t, refusal(190, sub, "Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.")
	default:
		return t, refusal(190, sub, "Error validating access token: Session has expired.")
	}
}

// proof checks appsecret_proof in both forms: over the token, and over
// token|unix seconds with appsecret_time, which is good for five minutes
// (Meta's guide to securing Graph API requests, 2026-11).
func (s *Sim) proof(secret, value string, p params) *graphError {
	given, at := p["appsecret_proof"], p["appsecret_time"]
	if given == "" {
		return nil
	}
	message := value
	if at != "" {
		seconds, err := strconv.ParseInt(at, 10, 64)
		age := s.env.Now().Sub(time.Unix(seconds, 0))
		if err != nil || age > proofLife || age < -proofLife {
			return badParameter("Invalid appsecret_time provided in the API argument")
		}
		message += "|" + at
	}
	want := hex.EncodeToString(sign(secret, []byte(message)))
	if subtle.ConstantTimeCompare([]byte(want), []byte(given)) != 1 {
		return badParameter("Invalid appsecret_proof provided in the API argument")
	}
	return nil
}

// sign is HMAC-SHA256, the only signature Meta uses.
func sign(secret string, message []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write(message)
	return h.Sum(nil)
}

// isAppToken recognises APPID|APPSECRET.
func (s *Sim) isAppToken(value string) bool {
	id, secret, ok := strings.Cut(value, "|")
	return ok && same(id, s.app("META_APP_ID")) && same(secret, s.app("META_APP_SECRET"))
}

func same(a, b string) bool {
	return b != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// SystemUserToken makes a token of the business's system user, as somebody
// would in Business settings. It never expires and holds the given scopes, all
// of them when none is named.
func (s *Sim) SystemUserToken(_ context.Context, scopes ...string) (string, error) {
	if len(scopes) == 0 {
		scopes = facebookScopes()
	}
	var t token
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		w, err := s.world(tx)
		if err != nil {
			return err
		}
		t, err = s.mint(tx, token{Kind: tokenSystem, Owner: w.SystemUser, User: w.SystemUser, Scopes: scopes, Long: true})
		return err
	})
	return t.Value, err
}

// ExpireTokens ends every token that is out: calls answer 190/463.
func (s *Sim) ExpireTokens(_ context.Context) error {
	return s.changeTokens(func(t *token) { t.Subcode = 463 })
}

// InvalidateTokens ends every token with another subcode of error 190, as when
// the seller changed the password (460).
func (s *Sim) InvalidateTokens(_ context.Context, subcode int) error {
	if !slices.Contains([]int{452, 458, 459, 460, 463, 464, 465, 467}, subcode) {
		return fmt.Errorf("invalidate tokens: Meta has no subcode %d of error 190", subcode)
	}
	return s.changeTokens(func(t *token) { t.Subcode = subcode })
}

// ExpireDataAccess lets the 90 days of data access pass: tokens stay valid and
// lists come back empty.
func (s *Sim) ExpireDataAccess(_ context.Context) error {
	return s.changeTokens(func(t *token) { t.Data = s.env.Now() })
}

func (s *Sim) changeTokens(change func(*token)) error {
	return s.env.Store.Update(func(tx *simkit.Tx) error { return eachToken(tx, change) })
}

func eachToken(tx *simkit.Tx, change func(*token)) error {
	var all []token
	err := simkit.Each(tx, tableToken, "", func(_ string, t token) bool {
		all = append(all, t)
		return true
	})
	if err != nil {
		return err
	}
	for _, t := range all {
		change(&t)
		if err := tx.Put(tableToken, t.Value, t); err != nil {
			return err
		}
	}
	return nil
}
