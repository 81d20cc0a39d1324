// Package httpapi turns endpoints, which are data and a function each, into an
// HTTP API: it finds the credential, decodes and checks the request, calls the
// function, and writes its answer or its fault. What it does for all alike:
//
//   - the workspace comes from the credential alone;
//   - faults become RFC 9457 problems with a stable code;
//   - lists are paged by opaque cursors that belong to their list and filters;
//   - ETag and If-Match guard edits;
//   - a POST with an Idempotency-Key happens once.
package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// BodyLimit is the most bytes a request may have. A Lambda event carries 6 MB
// and base64 adds a third (AWS Lambda quotas, read 2026-11-20).
const BodyLimit = 4 << 20

// Endpoint describes one operation.
type Endpoint struct {
	Pattern string // of http.ServeMux, with the method: "GET /v1/orders/{id}"
	Status  int    // of success; 204 and 3xx have no body
	Open    bool   // no credential is asked for
	// Guarded refuses a request without If-Match (428).
	Guarded bool
	// Secret answers are not kept for Idempotency-Key: a repeated request is
	// told that it has been done.
	Secret bool
	// Patch accepts application/merge-patch+json too.
	Patch bool
}

// Route is an endpoint with its function; Handle makes it. The types say what
// it reads and writes, so that a description of the API can be held against it.
type Route struct {
	Endpoint
	Request, Response reflect.Type
	run               func(ctx context.Context, c Call, r *http.Request, body []byte) (*answer, error)
}

// None is the request or the answer of an endpoint that has none.
type None struct{}

// Call is what is known about the request beside its own fields. A request
// struct that embeds it gets it filled.
type Call struct {
	Space      commerce.WorkspaceID // empty when the endpoint is open
	Credential port.Credential
	Cookie     bool   // the credential came as the cookie
	Bearer     string // the bearer of an open endpoint, unchecked
	Secure     bool   // came over TLS, or not from this machine
	Key        string // Idempotency-Key
	Match      Match  // If-Match
	Header     http.Header
	ID         string // of the request, for the log and for problems
}

// Who names the holder of the credential for ledgers and timelines.
func (c Call) Who() string {
	if c.Credential.Name != "" {
		return c.Credential.Name
	}
	return c.Credential.Kind
}

// Headed answers set headers: ETag, Location, Set-Cookie.
type Headed interface {
	Head(h http.Header)
}

// Handle joins an endpoint with its function. Fields of Req are filled by their
// tags: path:"id", query:"state" (query:"*" is all of it), and body:"json" for the decoded body
// (body:"json,optional" lets it be empty), body:"raw" for its bytes, which must
// be a []byte. An embedded Call and Paging are filled too. Req is checked by
// its validate tags before execute is called; execute answers a Resp, which is
// written as JSON, or a fault.
func Handle[Req, Resp any](e Endpoint, execute func(ctx context.Context, req *Req) (*Resp, error)) Route {
	return Route{Endpoint: e, Request: reflect.TypeFor[Req](), Response: reflect.TypeFor[Resp](), run: func(ctx context.Context, c Call, r *http.Request, body []byte) (*answer, error) {
		req := new(Req)
		scope := cursorScope(c.Space, e.Pattern, r)
		if err := decode(req, e, c, r, body, scope); err != nil {
			return nil, err
		}
		resp, err := execute(ctx, req)
		if err != nil {
			return nil, err
		}
		return encode(e, resp, scope)
	}}
}

// File is an answer that is no JSON.
type File interface {
	File() (contentType string, data []byte)
}

// answer is what goes back, complete before the first byte is written.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func encode(e Endpoint, resp any, scope string) (*answer, error) {
	a := &answer{Status: e.Status, Header: http.Header{}}
	if p, ok := resp.(paged); ok {
		p.sealCursor(scope)
	}
	if h, ok := resp.(Headed); ok {
		h.Head(a.Header)
	}
	if a.Status == http.StatusNoContent || a.Status/100 == 3 {
		return a, nil
	}
	if f, ok := resp.(File); ok {
		var kind string
		kind, a.Body = f.File()
		a.Header.Set("Content-Type", kind)
		return a, nil
	}
	body, err := json.Marshal(resp)
	if err != nil {
		return nil, err
	}
	a.Header.Set("Content-Type", "application/json")
	a.Body = append(body, '\n')
	return a, nil
}

// Config is what an API needs.
type Config struct {
	Accounts Credentials
	Desk     Desk
	Now      func() time.Time
	NewID    func() string
	Log      *slog.Logger
}

// Credentials finds out who asks; part of port.Accounts.
type Credentials interface {
	Credential(ctx context.Context, hash string) (port.Credential, error)
}

// Desk remembers answers; part of port.Desk.
type Desk interface {
	Claim(ctx context.Context, w commerce.WorkspaceID, r port.Remembered) (stored port.Remembered, ok bool, err error)
	Remember(ctx context.Context, w commerce.WorkspaceID, r port.Remembered) error
	Forget(ctx context.Context, w commerce.WorkspaceID, key string) error
}
