package httpclient_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func failing(err error) transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func body(status int, text string, header http.Header) transport {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(text))}, nil
	}
}

func TestWhatALostCallMeans(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	read := &net.OpError{Op: "read", Err: errors.New("reset")}
	for name, c := range map[string]struct {
		err  error
		safe bool
		want fault.Kind
	}{
		"never connected":           {dial, false, fault.Temporary},
		"never connected, wrapped":  {&url.Error{Op: "Post", URL: "https://x/?key=secret", Err: dial}, false, fault.Temporary},
		"cut off":                   {read, false, fault.Unknown},
		"cut off, may be repeated":  {read, true, fault.Temporary},
		"out of time":               {context.DeadlineExceeded, false, fault.Unknown},
		"out of time, but repeated": {context.DeadlineExceeded, true, fault.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := httpclient.New(httpclient.Config{Base: failing(c.err), Sleep: func(context.Context, time.Duration) error { return nil }})
			_, err := client.Do(t.Context(), httpclient.Request{Op: "op", Method: "POST", URL: "https://shop.example/?key=secret", Safe: c.safe})
			if !fault.Is(err, c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnAnswerIsBounded(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]fault.Kind{100: "", 101: fault.TooLarge} {
		client := httpclient.New(httpclient.Config{Base: body(200, strings.Repeat("x", size), nil), MaxBody: 100})
		resp, err := client.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "https://shop.example"})
		if fault.KindOf(err) != want || (err == nil && len(resp.Body) != size) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestARedirectIsAnAnswer(t *testing.T) {
	t.Parallel()
	calls := 0
	client := httpclient.New(httpclient.Config{Base: transport(func(r *http.Request) (*http.Response, error) {
		calls++
		return body(302, "", http.Header{"Location": {"https://evil.example"}})(r)
	})})
	resp, err := client.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "https://shop.example", Safe: true})
	if err != nil || resp.Status != 302 || calls != 1 {
		t.Errorf("status %d after %d calls: %v", resp.Status, calls, err)
	}
}

func TestALongWaitIsNotSlept(t *testing.T) {
	t.Parallel()
	var slept []time.Duration
	for header, want := range map[string]int{"2": 2, "3": 0} {
		slept = nil
		client := httpclient.New(httpclient.Config{
			Base:  body(503, "", http.Header{"Retry-After": {header}}),
			Sleep: func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil },
		})
		resp, err := client.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "https://shop.example", Safe: true})
		if err != nil || resp.Status != 503 || len(slept) != want {
			t.Errorf("Retry-After %s: slept %v, status %d, %v", header, slept, resp.Status, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "1.5": 0, "99999999999999999999": 0,
		"9999999999":                    7 * 24 * time.Hour,
		"Sun, 01 Nov 2026 08:01:00 GMT": time.Minute,
		"Sun, 01 Nov 2026 07:00:00 GMT": 0,
	} {
		if got := httpclient.RetryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q is %v, not %v", text, got, want)
		}
	}
}

func TestTheLogTellsTheCallAndNoSecret(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := httpclient.New(httpclient.Config{Base: body(200, "leak-body", nil), Log: log})
	_, err := client.Do(t.Context(), httpclient.Request{
		Op: "createListing", Method: "POST", URL: "https://shop.example/v3/leak-path?token=leak-query", Secret: true,
		Header: http.Header{"Authorization": {"Bearer leak-header"}}, Body: []byte("leak-sent"),
	})
	if err != nil || strings.Contains(out.String(), "leak") || !strings.Contains(out.String(), "createListing") || !strings.Contains(out.String(), "status=200") {
		t.Errorf("%v: %s", err, out.String())
	}
}
