package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	keyHeader   = "Idempotency-Key"
	keyMax      = 255
	keepAnswer  = 24 * time.Hour
	keepClaim   = time.Minute // above the 30 s a function has
	answerLimit = 200 << 10   // a row holds 400 KB
)

// kept is an answer at rest. Done without a body means that the answer is not
// kept: it held a secret, or was too large.
type kept struct {
	Header http.Header     `json:"header,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
	Done   bool            `json:"done,omitempty"`
}

func idempotencyKey(r *http.Request) (string, error) {
	values := r.Header.Values(keyHeader)
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	if len(values) > 1 || key == "" || len(key) > keyMax || strings.Trim(key, visible) != "" {
		return "", &fault.Error{Kind: fault.Invalid, Code: "invalid_idempotency_key", Field: keyHeader,
			Message: fmt.Sprintf("%s is one value of 1 to %d visible ASCII characters.", keyHeader, keyMax)}
	}
	return key, nil
}

const visible = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// once runs a request once per key. Only what succeeded is kept: after a
// refusal nothing has happened, and the same key may try again.
func (a *API) once(route Route, c Call, r *http.Request, body []byte) (*answer, error) {
	ctx := r.Context()
	claim := port.Remembered{Key: c.Key, Hash: requestHash(r, body), ExpiresAt: a.config.Now().Add(keepClaim)}
	stored, ok, err := a.config.Desk.Claim(ctx, c.Space, claim)
	if err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	if !ok {
		return replay(stored, claim)
	}
	settled := false
	defer func() {
		if !settled { // refused, or a panic on its way up
			err := a.config.Desk.Forget(context.WithoutCancel(ctx), c.Space, c.Key)
			if err != nil {
				a.config.Log.WarnContext(ctx, "an idempotency key stays claimed for a minute", "request", c.ID, "error", err.Error())
			}
		}
	}()
	got, err := route.run(ctx, c, r, body)
	if err != nil {
		return nil, err
	}
	settled = true
	claim.Status, claim.ExpiresAt, claim.Body = got.Status, a.config.Now().Add(keepAnswer), keep(route, got)
	if err := a.config.Desk.Remember(context.WithoutCancel(ctx), c.Space, claim); err != nil {
		// It has been done, so the answer goes out. The claim holds for a
		// minute; commands that carry the key know it longer.
		a.config.Log.WarnContext(ctx, "an answer is not remembered", "request", c.ID, "error", err.Error())
	}
	return got, nil
}

func requestHash(r *http.Request, body []byte) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%s\n%s\n", r.Method, r.URL.Path, r.URL.Query().Encode())
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func keep(route Route, got *answer) []byte {
	k := kept{Header: got.Header, Body: got.Body, Done: true}
	if route.Secret || len(got.Body) > answerLimit {
		k.Header, k.Body = nil, nil
	}
	raw, err := json.Marshal(k)
	if err != nil { // the body is JSON we have just made: it can't happen
		return []byte(`{"done":true}`)
	}
	return raw
}

func replay(stored, claim port.Remembered) (*answer, error) {
	if stored.Hash != claim.Hash {
		return nil, &fault.Error{Kind: fault.Invalid, Code: "idempotency_key_reused", Field: keyHeader,
			Message: "This key came with another request before. Take a new key for a new request."}
	}
	if stored.Status == 0 {
		return nil, &fault.Error{Kind: fault.Conflict, Code: "request_in_progress", RetryAfter: time.Second,
			Message: "The same request is still being worked on. Ask again in a second."}
	}
	var k kept
	if err := json.Unmarshal(stored.Body, &k); err != nil {
		return nil, fmt.Errorf("decode the answer kept for an idempotency key: %w", err)
	}
	if len(k.Body) == 0 && stored.Status != http.StatusNoContent {
		return nil, fault.New(fault.Conflict, "answer_not_kept", "This has been done. Its answer was shown once and is not kept.")
	}
	if k.Header == nil {
		k.Header = http.Header{}
	}
	k.Header.Set("Idempotent-Replayed", "true")
	return &answer{Status: stored.Status, Header: k.Header, Body: append(k.Body, '\n')}, nil
}
