package tiktoksim

import (
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/manystall/manystall/connectors/simkit"
)

// maxBody is a little above the largest upload (an image of 10 MB).
const maxBody = 11 << 20

// cipherRule says what an endpoint does with shop_cipher.
type cipherRule int

const (
	cipherRequired cipherRule = iota
	cipherOptional
	cipherForbidden
)

// call is one API call inside its transaction.
type call struct {
	sim   *Sim
	tx    *simkit.Tx
	req   *http.Request
	query url.Values
	body  []byte
	now   time.Time
	shop  shop
}

func (c *call) unix() int64 { return c.now.Unix() }

// serve runs the checks in the order of the gateway, then the operation.
func (s *Sim) serve(op operation, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		s.answer(w, nil, gate(http.StatusBadRequest, codeTooLarge, "The request body is over %d bytes.", maxBody))
		return
	}
	if err != nil {
		return // the caller hung up
	}
	c := &call{sim: s, req: r, query: r.URL.Query(), body: body, now: s.now()}
	data, err := s.run(op, c)
	s.answer(w, data, err)
}

// run does all of a call in one transaction; a refused call leaves nothing
// behind but its count.
func (s *Sim) run(op operation, c *call) (data any, err error) {
	if err := s.checkRequest(op, c); err != nil {
		return nil, err
	}
	err = s.env.Store.Update(func(tx *simkit.Tx) error {
		c.tx = tx
		if err := count(tx, op); err != nil {
			return err
		}
		if err := s.checkGrant(op, c); err != nil {
			return err
		}
		var err error
		data, err = op.run(c)
		return err
	})
	if err == nil {
		return data, nil
	}
	return nil, errors.Join(err, s.env.Store.Update(func(tx *simkit.Tx) error { return count(tx, op) }))
}

// checkRequest is what the gateway can see without knowing the seller. An
// unknown app key is refused before the signature (probe of 2026-09-17).
func (s *Sim) checkRequest(op operation, c *call) error {
	if c.query.Get("app_key") != s.env.App["TIKTOK_APP_KEY"] {
		return invalid("Invalid app_key")
	}
	if err := checkTimestamp(c.query.Get("timestamp"), c.now); err != nil {
		return err
	}
	sign := c.query.Get("sign")
	if sign == "" {
		return invalid("The signature is missing: parameter sign")
	}
	for key, values := range c.query {
		if len(values) > 1 {
			return gate(http.StatusUnauthorized, codeBadSign, "Invalid signature: parameter %s is repeated", key)
		}
	}
	want := Sign(s.env.App["TIKTOK_APP_SECRET"], c.req.URL.Path, c.query, c.req.Header.Get("Content-Type"), c.body)
	if subtle.ConstantTimeCompare([]byte(want), []byte(sign)) != 1 {
		return gate(http.StatusUnauthorized, codeBadSign, "Invalid signature")
	}
	return checkMedia(op, c)
}

func checkTimestamp(text string, now time.Time) error {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || len(text) != 10 {
		return invalid("Invalid timestamp: 10 digits of Unix seconds are expected")
	}
	at := time.Unix(seconds, 0)
	if at.Before(now.Add(-5*time.Minute)) || at.After(now.Add(30*time.Second)) {
		return invalid("Invalid timestamp: outside of the accepted window of -5 min to +30 s")
	}
	return nil
}

func checkMedia(op operation, c *call) error {
	kind := c.req.Header.Get("Content-Type")
	if op.upload {
		if !isMultipart(kind) {
			return gate(http.StatusBadRequest, codeNotMultipart, "The content-type must be multipart/form-data")
		}
		return nil
	}
	if len(c.body) == 0 {
		return nil
	}
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
		return gate(http.StatusBadRequest, codeContentType, "The content-type must be application/json")
	}
	return nil
}

// checkGrant is what depends on the seller: token, cipher, scope, rate.
func (s *Sim) checkGrant(op operation, c *call) error {
	if c.query.Has("access_token") {
		return invalid("access_token is not accepted in the query, use header x-tts-access-token")
	}
	var t accessToken
	token := c.req.Header.Get("x-tts-access-token")
	if token == "" {
		return invalid("x-tts-access-token is missing or invalid")
	}
	known, err := c.tx.Find("access", token, &t)
	if err != nil {
		return err
	}
	if !known {
		return gate(http.StatusUnauthorized, codeTokenInvalid, "The access token is invalid or the seller withdrew it")
	}
	if !c.now.Before(t.Expires) {
		return gate(http.StatusUnauthorized, codeTokenExpired, "The access token has expired")
	}
	if c.shop, err = loadShop(c.tx); err != nil {
		return err
	}
	if err := checkCipher(op, c); err != nil {
		return err
	}
	if err := s.checkScope(op, c.tx, t); err != nil {
		return err
	}
	return s.checkRate(op)
}

func checkCipher(op operation, c *call) error {
	cipher := c.query.Get("shop_cipher")
	switch {
	case op.cipher == cipherForbidden && c.query.Has("shop_cipher"):
		return invalid("shop_cipher is not required")
	case op.cipher == cipherRequired && cipher == "":
		return gate(http.StatusBadRequest, codeNoCipher, "shop_cipher is missing")
	case cipher != "" && cipher != c.shop.Cipher:
		return gate(http.StatusBadRequest, codeOtherCipher, "shop_cipher does not belong to the seller of the access token")
	}
	return nil
}

func (s *Sim) checkScope(op operation, tx *simkit.Tx, t accessToken) error {
	denied, err := deniedScopes(tx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(op.scopes, func(scope string) bool { return slices.Contains(t.Scopes, scope) && !denied[scope] }) {
		return gate(http.StatusUnauthorized, codeNoScope, "Access denied: the app or the seller has not granted %s", op.scopes[0])
	}
	return nil
}

func (s *Sim) checkRate(op operation) error {
	if s.QPS <= 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	limiter := s.limiters[op.id]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(s.QPS), s.QPS)
		s.limiters[op.id] = limiter
	}
	if !limiter.AllowN(s.now(), 1) {
		return gate(http.StatusTooManyRequests, codeThrottled, "Request rate is over the limit of %d per second", s.QPS)
	}
	return nil
}
