// Package api is Etsy's Open API v3 in Etsy's own words: one method per
// endpoint, one type per shape, one function that turns a refusal into a fault.
// It knows nothing of products or orders. Source of every path, field and
// content type: Etsy's OpenAPI file of 2026-08-15.
package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

// Config is what a Client is made from.
type Config struct {
	HTTP channel.Doer
	Now  func() time.Time
	// Base and AuthBase are scheme, host and optional prefix of the API and of
	// the token endpoint.
	Base, AuthBase string
	Keystring      string
	Secret         config.Secret
	// Tokens may be nil where only the token endpoint is used.
	Tokens channel.TokenSource
	// Shop is the numeric id of the shop in shop-scoped paths.
	Shop string
}

// Client sends calls. Safe for concurrent use.
type Client struct {
	cfg  Config
	lane port.Lane
}

// New makes a Client that pays from the lane of checks.
func New(cfg Config) *Client { return &Client{cfg: cfg, lane: port.LaneCheck} }

// In is the same client paying from another lane.
func (c *Client) In(lane port.Lane) *Client { return &Client{cfg: c.cfg, lane: lane} }

// Bucket is the budget of an application: developers report that all shops of
// an application share one (discussion 1387 of etsy/open-api, read 2026-11-22).
func Bucket(keystring string) string { return "etsy:app:" + keystring }

// The content types of Etsy's operations.
const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// call is one request of an operation.
type call struct {
	op     string // operationId in Etsy's OpenAPI file
	method string
	path   string // below the base
	query  url.Values
	kind   string // content type of body
	body   []byte
	// once says that the call must not be repeated blindly: it creates
	// something, and Etsy has no idempotency keys.
	once bool
}

// Bucket is the budget that all calls are paid from.
func (c *Client) Bucket() string { return Bucket(c.cfg.Keystring) }

// do sends a call with the current token and decodes the answer into into,
// unless that is nil. A refused token is renewed once and the call sent again:
// a call answered with 401 was not carried out.
func (c *Client) do(ctx context.Context, r call, into any) error {
	tokens, err := c.cfg.Tokens.Tokens(ctx)
	if err != nil {
		return err
	}
	resp, err := c.send(ctx, r, tokens.Access)
	if err != nil {
		return err
	}
	if resp.Status == http.StatusUnauthorized {
		if tokens, err = c.cfg.Tokens.Refreshed(ctx, tokens.Access); err != nil {
			return err
		}
		if resp, err = c.send(ctx, r, tokens.Access); err != nil {
			return err
		}
	}
	return c.decode(r, resp, into)
}

// send sends a call once with one token.
func (c *Client) send(ctx context.Context, r call, token string) (httpclient.Response, error) {
	address := c.cfg.Base + "/v3/application" + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	header := http.Header{"Accept": {jsonType}}
	if r.kind != "" {
		header.Set("Content-Type", r.kind)
	}
	return c.cfg.HTTP.Do(ctx, httpclient.Request{
		Op: r.op, Method: r.method, URL: address, Header: header, Body: r.body, Safe: !r.once,
		Bucket: Bucket(c.cfg.Keystring), Lane: c.lane, Observe: c.observe,
		Sign: func(req *http.Request) error {
			// Every call carries keystring and secret (enforced since 2026-02-09).
			req.Header.Set("X-Api-Key", c.cfg.Keystring+":"+c.cfg.Secret.Reveal())
			req.Header.Set("Authorization", "Bearer "+token)
			return nil
		},
	})
}

func (c *Client) decode(r call, resp httpclient.Response, into any) error {
	if resp.Status >= 300 || resp.Status < 200 {
		return Fault(Answer{Op: r.op, Once: r.once, Status: resp.Status, Header: resp.Header, Body: resp.Body, Now: c.cfg.Now(), Scope: Bucket(c.cfg.Keystring)})
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(resp.Body, into); err != nil {
		kind := fault.Temporary
		if r.once {
			kind = fault.Unknown
		}
		return fault.Wrap(err, kind, "bad_answer", "Etsy's answer to %s can't be read.", r.op)
	}
	return nil
}
