// Package api is Meta's Graph API as far as the two connectors use it: one
// method per endpoint, their JSON, their words. It knows nothing of ours.
//
// Written from Meta's documentation and machine-readable specs as of
// 2026-11-22. It never sends pretty, debug, date_format, ids or If-None-Match
// (removed with v26.0) and has no order endpoint (removed 2026-10-27).
package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

// Doer sends calls; httpclient.Client is the one implementation.
type Doer interface {
	Do(ctx context.Context, r httpclient.Request) (httpclient.Response, error)
}

// Client speaks the Graph API for one app. It holds no token: every method
// takes the one it needs. It never retries by itself. Safe for concurrent use.
type Client struct {
	HTTP    Doer
	Base    string // scheme, host and prefix, no trailing slash
	Version string // such as v26.0
	AppID   string
	Secret  string
	// Direct says that Base is the host of Instagram Login.
	Direct bool
	Now    func() time.Time
}

// call is one request on its way out.
type call struct {
	op     string
	method string
	root   string // of the address where it has no version; empty for Base
	path   string
	query  url.Values
	body   any // JSON, or a form when it is url.Values; nil for none
	token  string
	bucket string // of the budget it is paid from
	lane   port.Lane
	safe   bool
	plain  bool // carries the app's secret itself: no proof, nothing logged
}

// do sends a call and decodes its answer into out.
func (c *Client) do(ctx context.Context, in call, out any) error {
	req, err := c.request(in)
	if err != nil {
		return err
	}
	resp, err := c.HTTP.Do(ctx, req)
	if err != nil {
		return fmt.Errorf("%s: %w", in.op, err)
	}
	if f := Fault(resp.Status, resp.Body); f != nil {
		return fmt.Errorf("%s: %w", in.op, c.refine(f, in, resp))
	}
	if err := json.Unmarshal(resp.Body, out); err != nil {
		kind := fault.Temporary
		if !in.safe {
			kind = fault.Unknown // it was carried out, but nobody knows as what
		}
		return fault.New(kind, "answer_unreadable", "Meta's answer to %s can't be read.", in.op)
	}
	return nil
}

// refine adds to a fault what only the call and the headers know.
func (c *Client) refine(f *fault.Error, in call, resp httpclient.Response) *fault.Error {
	switch {
	case f.Kind == fault.RateLimited:
		f.Scope = in.bucket
		if wait := regain(resp.Header, in.bucket); wait > 0 {
			f.RetryAfter = wait
		}
	case f.Code == "gateway" && !in.safe:
		// Somebody between Meta and us answered: it may have been carried out.
		f.Kind = fault.Unknown
	}
	return f
}

func (c *Client) request(in call) (httpclient.Request, error) {
	root := cmp.Or(in.root, c.Base+"/"+c.Version)
	r := httpclient.Request{
		Op: in.op, Method: in.method, URL: root + "/" + in.path, Header: http.Header{"Accept": {"application/json"}},
		Safe: in.safe, Bucket: in.bucket, Lane: in.lane, Secret: in.plain,
		Observe: func(resp httpclient.Response) []port.Quota { return quotas(resp, in.bucket, c.Now()) },
	}
	if len(in.query) > 0 {
		r.URL += "?" + in.query.Encode()
	}
	if in.body != nil {
		raw, err := encode(in.body)
		if err != nil {
			return r, fault.Wrap(err, fault.Internal, "bad_request_built", "The body of %s could not be built.", in.op)
		}
		r.Body = raw
		r.Header.Set("Content-Type", contentType(in.body))
	}
	if in.token != "" {
		r.Sign = func(req *http.Request) error { return c.sign(req, in.token, in.plain) }
	}
	return r, nil
}

// encode is JSON without the escapes for HTML, which only cost bytes here.
func encode(v any) ([]byte, error) {
	switch v := v.(type) {
	case json.RawMessage:
		return v, nil
	case url.Values:
		return []byte(v.Encode()), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

func contentType(body any) string {
	if _, form := body.(url.Values); form {
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

// sign puts the token into the header, never into the address, and proves that
// the call comes from a holder of the app's secret. The proof is good for five
// minutes, so each attempt gets its own (Meta, "Securing Graph API calls",
// 2026-11).
func (c *Client) sign(req *http.Request, token string, plain bool) error {
	req.Header.Set("Authorization", "Bearer "+token)
	if plain || c.Secret == "" {
		return nil
	}
	at := c.Now()
	q := req.URL.Query()
	q.Set("appsecret_proof", Proof(c.Secret, token, at))
	q.Set("appsecret_time", strconv.FormatInt(at.Unix(), 10))
	req.URL.RawQuery = q.Encode()
	return nil
}

// Proof is the appsecret_proof of a token: the HMAC-SHA256 under the app's
// secret of the token, and of the second it is made for unless at is zero.
func Proof(secret, token string, at time.Time) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write([]byte(token))
	if !at.IsZero() {
		_, _ = h.Write([]byte("|" + strconv.FormatInt(at.Unix(), 10)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The buckets of Meta's limits (rate limit pages, 2026-11).
func batchBucket(catalog string) string   { return "meta:catalog_batch:" + catalog }
func catalogBucket(catalog string) string { return "meta:catalog:" + catalog }
func messageBucket(page string) string    { return "meta:messaging:" + page }
func readBucket(page string) string       { return "meta:conversations:" + page }

// page is one page of a list. Only the cursor is taken: paging.next is a whole
// address with the token in it.
type page[T any] struct {
	Data   []T `json:"data"`
	Paging struct {
		Cursors struct {
			After string `json:"after"`
		} `json:"cursors"`
		Next string `json:"next"`
	} `json:"paging"`
}

// after is the cursor of the next page; empty at the end.
func (p page[T]) after() string {
	if p.Paging.Next == "" {
		return ""
	}
	return p.Paging.Cursors.After
}

// maxPages bounds how far a list is followed.
const maxPages = 20

// all follows a list to its end.
func all[T any](ctx context.Context, c *Client, in call) ([]T, error) {
	var found []T
	for range maxPages {
		var p page[T]
		if err := c.do(ctx, in, &p); err != nil {
			return nil, err
		}
		found = append(found, p.Data...)
		next := p.after()
		if next == "" {
			return found, nil
		}
		in.query.Set("after", next)
	}
	return found, nil
}

// segment makes an id safe as one part of a path.
func segment(id string) string { return url.PathEscape(id) }

// owner is the Page or account of a call. Instagram Login knows its own as me.
func (c *Client) owner(id string) string {
	if c.Direct {
		return "me"
	}
	return segment(id)
}

func words(names ...string) string { return strings.Join(names, ",") }
