package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Cookie is the name of the page's session cookie where it is not bound to TLS
// (CookieName says it for a request), CSRFHeader what it must be accompanied by
// in every request that changes something.
const (
	Cookie     = "ms_session"
	CSRFHeader = "X-CSRF-Token"
)

// CookieName is the name of the session cookie. Over TLS it has the prefix that
// lets a browser take it from this very host only, for all of its paths: no
// neighbour under the same domain can plant one (RFC 6265bis §4.1.3.2).
func CookieName(secure bool) string {
	if secure {
		return "__Host-" + Cookie
	}
	return Cookie
}

// The kinds of credentials.
const (
	KindOwner   = "owner"   // an API key
	KindSession = "session" // made from a key
	KindSignin  = "signin"  // a link that makes one session
)

const (
	codeUnauthenticated = "unauthenticated"
	tokenMax            = 512
)

// HashKey is what is stored of a key or token. They are random with 128 bits at
// least, so a plain hash can't be turned back.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func denied() error {
	return fault.New(fault.Denied, codeUnauthenticated, "Send an API key or a session token: Authorization: Bearer …")
}

func (a *API) authenticate(r *http.Request) (port.Credential, bool, error) {
	if r.Header.Get("Authorization") != "" {
		c, err := Known(r.Context(), a.config.Accounts, bearer(r), a.config.Now())
		return c, false, err
	}
	cookies := r.CookiesNamed(CookieName(Secure(r)))
	if len(cookies) != 1 {
		return port.Credential{}, false, denied()
	}
	c, err := Known(r.Context(), a.config.Accounts, cookies[0].Value, a.config.Now())
	if err != nil {
		return c, true, err
	}
	if c.Kind != KindSession {
		return port.Credential{}, true, denied()
	}
	if safe := r.Method == http.MethodGet || r.Method == http.MethodHead; !safe && !same(c.CSRF, r.Header.Get(CSRFHeader)) {
		return port.Credential{}, true, fault.New(fault.Denied, "csrf", "The header %s is missing or of another session. Load the page again.", CSRFHeader)
	}
	return c, true, nil
}

// bearer is the token of the Authorization header, "" when there is none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Known finds the key or session a secret stands for. A session ends with the
// key it was made from. Whatever is wrong, the answer is the same fault of kind
// Denied.
func Known(ctx context.Context, all Credentials, secret string, now time.Time) (port.Credential, error) {
	if secret == "" || len(secret) > tokenMax {
		return port.Credential{}, denied()
	}
	c, err := lookup(ctx, all, HashKey(secret), now)
	if err != nil {
		return port.Credential{}, err
	}
	switch {
	case c.Kind == KindOwner:
		return c, nil
	case c.Kind == KindSession && c.Parent == "":
		return c, nil
	case c.Kind == KindSession:
		_, err := lookup(ctx, all, c.Parent, now)
		return c, err
	default:
		return port.Credential{}, denied()
	}
}

func lookup(ctx context.Context, all Credentials, hash string, now time.Time) (port.Credential, error) {
	c, err := all.Credential(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return port.Credential{}, denied()
	}
	if err != nil {
		return port.Credential{}, err
	}
	if !same(c.Hash, hash) || c.Space == "" || (!c.ExpiresAt.IsZero() && !now.Before(c.ExpiresAt)) {
		return port.Credential{}, denied()
	}
	return c, nil
}

// same compares in constant time; nothing is the same as nothing.
func same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
