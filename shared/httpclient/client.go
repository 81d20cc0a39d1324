package httpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Patience is the longest wait inside a call. A Lambda is paid while it
// sleeps: a longer wait is answered as a fault of kind RateLimited instead.
const Patience = 2 * time.Second

// Config is what a Client is made from; zero fields take the usual value.
type Config struct {
	Base     http.RoundTripper // http.DefaultTransport
	Timeout  time.Duration     // of one attempt, 15 s
	MaxBody  int64             // of an answer, 8 MiB
	Attempts int               // of a safe call, 3
	Budgets  port.Budgets      // none
	Now      func() time.Time
	// Sleep waits or returns the context's error.
	Sleep func(ctx context.Context, d time.Duration) error
	// Jitter is in [0, 1).
	Jitter func() float64
	Log    *slog.Logger
}

// Client sends calls. It follows no redirect, since that would carry
// credentials to another host. Safe for concurrent use.
type Client struct{ cfg Config }

// New makes a Client.
func New(cfg Config) *Client {
	if cfg.Base == nil {
		cfg.Base = http.DefaultTransport
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = 8 << 20
	}
	if cfg.Attempts <= 0 {
		cfg.Attempts = 3
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = Sleep
	}
	if cfg.Jitter == nil {
		cfg.Jitter = func() float64 { return 0.5 }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{cfg: cfg}
}

// Sleep waits for d or until ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Do sends a call and answers whatever status came back. Its errors are faults:
// RateLimited when the budget is spent, Temporary when the call did not reach
// the marketplace or may simply be repeated, Unknown when a call that is not
// safe may have been carried out, TooLarge for an answer over the limit.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	for attempt := 1; ; attempt++ {
		if err := c.pay(ctx, r); err != nil {
			return Response{}, err
		}
		resp, err := c.once(ctx, r, attempt)
		wait, again := c.again(r, resp, err, attempt)
		if !again {
			return resp, err
		}
		if c.cfg.Sleep(ctx, wait) != nil {
			return resp, err
		}
	}
}

func (c *Client) pay(ctx context.Context, r Request) error {
	if c.cfg.Budgets == nil || r.Bucket == "" {
		return nil
	}
	for {
		err := c.cfg.Budgets.Take(ctx, r.Bucket, r.Lane)
		if err == nil {
			port.Metered(ctx, r.Bucket)
		}
		f, limited := errors.AsType[*fault.Error](err)
		if !limited || f.Kind != fault.RateLimited || f.RetryAfter <= 0 || f.RetryAfter > Patience {
			return err
		}
		if err := c.cfg.Sleep(ctx, f.RetryAfter); err != nil {
			return fault.Wrap(err, fault.Temporary, "stopped", "The call was stopped while it waited for its turn.")
		}
	}
}

// again decides about a repetition and how long to wait before it.
func (c *Client) again(r Request, resp Response, err error, attempt int) (time.Duration, bool) {
	if !r.Safe || attempt >= c.cfg.Attempts {
		return 0, false
	}
	wait := time.Duration((0.5 + c.cfg.Jitter()) * float64(200*time.Millisecond<<(attempt-1)))
	if err != nil {
		return wait, fault.Is(err, fault.Temporary)
	}
	switch resp.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusInternalServerError:
	default:
		return 0, false
	}
	if asked := RetryAfter(resp.Header, c.cfg.Now()); asked > 0 {
		wait = asked
	}
	return wait, wait <= Patience
}

func (c *Client) once(ctx context.Context, r Request, attempt int) (resp Response, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Response{}, fault.New(fault.Internal, "bad_request_built", "The call %s could not be built.", r.Op)
	}
	if r.Header != nil {
		req.Header = r.Header.Clone()
	}
	if r.Sign != nil {
		if err := r.Sign(req); err != nil {
			return Response{}, fmt.Errorf("sign %s: %w", r.Op, err)
		}
	}
	began := c.cfg.Now()
	defer func() { c.log(ctx, r, req, resp, err, attempt, c.cfg.Now().Sub(began)) }()
	raw, err := c.cfg.Base.RoundTrip(req)
	if err != nil {
		return Response{}, lost(r, err)
	}
	defer func() { _ = raw.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(raw.Body, c.cfg.MaxBody+1))
	if err != nil {
		return Response{}, lost(r, err)
	}
	if int64(len(body)) > c.cfg.MaxBody {
		return Response{}, fault.New(fault.TooLarge, "answer_too_large", "The answer to %s is larger than %d bytes.", r.Op, c.cfg.MaxBody)
	}
	resp = Response{Status: raw.StatusCode, Header: raw.Header, Body: body}
	return resp, c.learn(ctx, r, resp)
}

func (c *Client) learn(ctx context.Context, r Request, resp Response) error {
	if c.cfg.Budgets == nil || r.Observe == nil {
		return nil
	}
	for _, q := range r.Observe(resp) {
		// The call itself went well: a budget that can't be corrected now is
		// corrected by the next answer.
		if err := c.cfg.Budgets.Learn(ctx, q); err != nil {
			c.cfg.Log.WarnContext(ctx, "budget not corrected", "bucket", q.Bucket, "err", err.Error())
		}
	}
	return nil
}

// lost gives an error of the transport its kind. A connection that was never
// made carried nothing out.
func lost(r Request, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err // its text would show the address with its query
	}
	if r.Secret {
		err = errors.New("connection lost")
	}
	dial, isNet := errors.AsType[*net.OpError](err)
	if r.Safe || (isNet && dial.Op == "dial") {
		return fault.Wrap(err, fault.Temporary, "unreachable", "The marketplace could not be reached for %s.", r.Op)
	}
	return fault.Wrap(err, fault.Unknown, "answer_lost", "The answer to %s was lost: it may have been carried out.", r.Op)
}

func (c *Client) log(ctx context.Context, r Request, req *http.Request, resp Response, err error, attempt int, took time.Duration) {
	path := req.URL.Path
	if r.Secret {
		path = "***"
	}
	attrs := []any{"op", r.Op, "method", r.Method, "host", req.URL.Host, "path", path, "status", resp.Status, "attempt", attempt, "duration_ms", took.Milliseconds()}
	if err != nil {
		attrs = append(attrs, "kind", fault.KindOf(err), "err", err.Error())
	}
	c.cfg.Log.DebugContext(ctx, "marketplace call", attrs...)
}

// RetryAfter reads the Retry-After header, seconds or a date; 0 when absent.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.Atoi(text); err == nil && s >= 0 {
		return time.Duration(min(s, 7*24*3600)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
