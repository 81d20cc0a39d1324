// Package api speaks the TikTok Shop Partner API (generation V2, path versions
// 202309 and later): one method per endpoint, in the marketplace's own words.
// It knows nothing of our domain but the kinds of faults.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

const (
	// perSecond is the allowance we give ourselves per endpoint and shop. The
	// page of late 2025 promised 50; since 2026 none is promised.
	perSecond = 10
	// chatPerDay is the quota of the customer-service API (2025-12).
	chatPerDay = 10_000
)

// Config is what a Client is made from.
type Config struct {
	HTTP   channel.Doer
	Base   string // scheme, host and an optional prefix, which is not signed
	AppKey string
	Secret string
	Shop   string // id of the shop, for budgets
	Cipher string // names the shop to the API
	Tokens channel.TokenSource
	Now    func() time.Time
}

// Client calls the API for one shop. Safe for concurrent use.
type Client struct {
	cfg Config
	// skew is what the marketplace's clock is ahead of ours, in nanoseconds;
	// learnt when it refuses our timestamp.
	skew atomic.Int64
}

// New makes a Client. It does no I/O.
func New(cfg Config) *Client { return &Client{cfg: cfg} }

// request is one call.
type request struct {
	op, method, path string
	query            url.Values
	body             []byte
	contentType      string
	lane             port.Lane
	// foreign marks the endpoints that refuse shop_cipher.
	foreign bool
	// safe calls may be sent again: reads, absolute values, idempotency keys.
	safe bool
	// guarded calls are noticed by the marketplace when they come twice.
	guarded bool
}

func get(op, path string, lane port.Lane, query url.Values) request {
	return request{op: op, method: http.MethodGet, path: path, query: query, lane: lane, safe: true}
}

// post makes a call with a JSON body: encoded once, so that what is signed is
// what is sent.
func post(op, path string, lane port.Lane, body any) (request, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return request{}, fmt.Errorf("encode %s: %w", op, err)
	}
	return request{op: op, method: http.MethodPost, path: path, query: url.Values{}, body: raw, lane: lane}, nil
}

// do sends a call and decodes its data. An expired token is renewed once, a
// refused clock is set once by the answer's own time; then the call is signed
// anew and sent again, since in both cases nothing was carried out.
func (c *Client) do(ctx context.Context, r request, into any) error {
	tokens, err := c.cfg.Tokens.Tokens(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", r.op, err)
	}
	for renewed, reset := false, false; ; {
		resp, err := c.cfg.HTTP.Do(ctx, c.prepare(r, tokens.Access))
		if err != nil {
			return err
		}
		err = c.read(r, resp, into)
		f := fault.Of(err)
		switch {
		case err == nil:
			return nil
		case f.Code == CodeTokenExpired && !renewed:
			renewed = true
			if tokens, err = c.cfg.Tokens.Refreshed(ctx, tokens.Access); err != nil {
				return fmt.Errorf("%s: %w", r.op, err)
			}
		case f.Code == CodeClock && !reset && c.setClock(resp.Header):
			reset = true
		default:
			return err
		}
	}
}

// prepare makes the request; each attempt is signed with its own time.
func (c *Client) prepare(r request, token string) httpclient.Request {
	query := url.Values{}
	for key, values := range r.query {
		query[key] = values
	}
	query.Set("app_key", c.cfg.AppKey)
	if !r.foreign {
		query.Set("shop_cipher", c.cfg.Cipher)
	}
	if r.contentType == "" {
		r.contentType = "application/json"
	}
	bucket := c.bucket(r)
	return httpclient.Request{
		Op: r.op, Method: r.method, URL: c.cfg.Base + r.path, Body: r.body, Safe: r.safe, Bucket: bucket, Lane: r.lane,
		Header:  http.Header{"Content-Type": {r.contentType}, "X-Tts-Access-Token": {token}},
		Observe: func(resp httpclient.Response) []port.Quota { return c.observe(r, bucket, resp) },
		Sign: func(req *http.Request) error {
			query.Set("timestamp", strconv.FormatInt(c.cfg.Now().Add(time.Duration(c.skew.Load())).Unix(), 10))
			query.Set("sign", Sign(c.cfg.Secret, r.path, query, r.contentType, r.body))
			req.URL.RawQuery = query.Encode()
			return nil
		},
	}
}

func (c *Client) bucket(r request) string {
	if isChat(r) {
		return "tiktok:" + c.cfg.AppKey + ":" + c.cfg.Shop + ":chat"
	}
	return "tiktok:" + c.cfg.AppKey + ":" + c.cfg.Shop + ":" + r.op
}

func isChat(r request) bool { return strings.HasPrefix(r.path, "/customer_service/") }

// observe states our own allowance, and shuts the bucket when the marketplace
// says that it is enough.
func (c *Client) observe(r request, bucket string, resp httpclient.Response) []port.Quota {
	quotas := []port.Quota{{Bucket: bucket, Window: time.Second, Limit: perSecond, Left: -1}}
	if isChat(r) {
		quotas = append(quotas, port.Quota{Bucket: bucket, Window: 24 * time.Hour, Limit: chatPerDay, Left: -1})
	}
	if f := fault.Of(c.read(r, resp, nil)); f != nil && f.Kind == fault.RateLimited && f.Scope != "" {
		quotas = append(quotas, port.Quota{Bucket: bucket, Left: -1, Until: c.cfg.Now().Add(f.RetryAfter)})
	}
	return quotas
}

// setClock takes the marketplace's time from an answer. It answers false when
// there is none, or when our clock was not the trouble.
func (c *Client) setClock(h http.Header) bool {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return false
	}
	skew := at.Sub(c.cfg.Now())
	if skew.Abs() < 20*time.Second {
		return false
	}
	c.skew.Store(int64(skew))
	return true
}

// read turns an answer into data or a fault.
func (c *Client) read(r request, resp httpclient.Response, into any) error {
	if err := Fault(r.context(), resp, c.cfg.Now()); err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(resp.Body, &envelope); err != nil {
		return fault.Wrap(err, fault.Temporary, "answer_unreadable", "TikTok's answer to %s can't be read.", r.op)
	}
	if len(envelope.Data) == 0 || bytes.Equal(envelope.Data, []byte("null")) {
		return nil
	}
	if err := json.Unmarshal(envelope.Data, into); err != nil {
		return fault.Wrap(err, fault.Temporary, "answer_unreadable", "TikTok's answer to %s can't be read.", r.op)
	}
	return nil
}

func (r request) context() Context {
	return Context{Op: r.op, Repeatable: r.safe || r.guarded, Chat: isChat(r)}
}

// segment refuses ids that could change the path they are put into. TikTok's
// ids are digits; SDKs differ in how others are escaped and signed.
func segment(id string) (string, error) {
	if id == "" || strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return "", fault.New(fault.Invalid, "bad_id", "%q is not an id of TikTok Shop.", channel.Cut(id))
	}
	return id, nil
}
