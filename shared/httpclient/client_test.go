package httpclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

type step struct {
	status int
	header http.Header
	body   string
	err    error
}

// script answers one step per call and counts them.
type script struct {
	steps []step
	calls int
	seen  []*http.Request
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	now := s.steps[min(s.calls, len(s.steps)-1)]
	s.calls++
	s.seen = append(s.seen, r)
	if now.err != nil {
		return nil, now.err
	}
	return &http.Response{StatusCode: now.status, Header: now.header, Body: io.NopCloser(strings.NewReader(now.body))}, nil
}

func setup(s *script, b port.Budgets) (*httpclient.Client, *[]time.Duration) {
	var slept []time.Duration
	return httpclient.New(httpclient.Config{Base: s, MaxBody: 64, Budgets: b, Sleep: func(_ context.Context, d time.Duration) error {
		slept = append(slept, d)
		return nil
	}}), &slept
}

func TestDoRepeatsOnlyWhatIsSafe(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset")
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	after := http.Header{"Retry-After": {"1"}}
	long := http.Header{"Retry-After": {"60"}}
	tests := map[string]struct {
		safe   bool
		steps  []step
		calls  int
		status int
		kind   fault.Kind
	}{
		"first answer is good":                  {true, []step{{status: 200}}, 1, 200, ""},
		"safe call survives two 500s":           {true, []step{{status: 500}, {status: 502}, {status: 200}}, 3, 200, ""},
		"safe call gives up after three":        {true, []step{{status: 503}}, 3, 503, ""},
		"safe call survives a lost answer":      {true, []step{{err: reset}, {status: 200}}, 2, 200, ""},
		"safe call lost three times":            {true, []step{{err: reset}}, 3, 0, fault.Temporary},
		"unsafe call is never repeated":         {false, []step{{status: 500}}, 1, 500, ""},
		"unsafe call without an answer":         {false, []step{{err: reset}}, 1, 0, fault.Unknown},
		"unsafe call that never left":           {false, []step{{err: dial}}, 1, 0, fault.Temporary},
		"a short Retry-After is waited for":     {true, []step{{status: 429, header: after}, {status: 200}}, 2, 200, ""},
		"a long Retry-After goes to the caller": {true, []step{{status: 429, header: long}}, 1, 429, ""},
		"a refusal is not repeated":             {true, []step{{status: 400}}, 1, 400, ""},
		"an endless answer is cut":              {true, []step{{status: 200, body: strings.Repeat("x", 65)}}, 1, 0, fault.TooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{steps: tt.steps}
			c, _ := setup(s, nil)
			resp, err := c.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "http://m.example/p", Safe: tt.safe})
			if s.calls != tt.calls || resp.Status != tt.status || fault.KindOf(err) != tt.kind {
				t.Errorf("calls %d, status %d, err %v; want %d, %d, %q", s.calls, resp.Status, err, tt.calls, tt.status, tt.kind)
			}
		})
	}
}

func TestRetryAfterIsTheWait(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{{status: 429, header: http.Header{"Retry-After": {"2"}}}, {status: 200}}}
	c, slept := setup(s, nil)
	if _, err := c.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "http://m.example/", Safe: true}); err != nil {
		t.Fatal(err)
	}
	if len(*slept) != 1 || (*slept)[0] != 2*time.Second {
		t.Errorf("slept %v", *slept)
	}
}

func TestSecretQueryNeverShowsInAnError(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{{err: errors.New("dial http://m.example/token?app_secret=leak")}}}
	c, _ := setup(s, nil)
	_, err := c.Do(t.Context(), httpclient.Request{Op: "token", Method: "GET", URL: "http://m.example/token?app_secret=leak", Secret: true})
	if err == nil || strings.Contains(err.Error(), "leak") {
		t.Errorf("err %v", err)
	}
}

func TestEveryAttemptIsSigned(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{{status: 500}, {status: 200}}}
	c, _ := setup(s, nil)
	n := 0
	_, err := c.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "http://m.example/", Safe: true, Sign: func(r *http.Request) error {
		n++
		r.Header.Set("X-Sign", strings.Repeat("s", n))
		return nil
	}})
	if err != nil || s.seen[0].Header.Get("X-Sign") != "s" || s.seen[1].Header.Get("X-Sign") != "ss" {
		t.Errorf("err %v, signed %d times", err, n)
	}
}

type purse struct {
	waits []time.Duration // of the next refusals
	takes int
	learn []port.Quota
}

func (p *purse) Take(context.Context, string, port.Lane) error {
	p.takes++
	if len(p.waits) == 0 {
		return nil
	}
	wait := p.waits[0]
	p.waits = p.waits[1:]
	return &fault.Error{Kind: fault.RateLimited, RetryAfter: wait, Scope: "app"}
}

func (p *purse) Learn(_ context.Context, q port.Quota) error {
	p.learn = append(p.learn, q)
	return nil
}

func TestBudgetIsPaidPerAttemptAndCorrected(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{{status: 500}, {status: 200}}}
	p := &purse{waits: []time.Duration{time.Second}}
	c, _ := setup(s, p)
	_, err := c.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "http://m.example/", Safe: true, Bucket: "app",
		Observe: func(r httpclient.Response) []port.Quota { return []port.Quota{{Bucket: "app", Left: int64(r.Status)}} }})
	if err != nil || p.takes != 3 || len(p.learn) != 2 || p.learn[1].Left != 200 {
		t.Errorf("err %v, takes %d, learned %v", err, p.takes, p.learn)
	}
}

func TestSpentBudgetGoesToTheCaller(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{{status: 200}}}
	c, _ := setup(s, &purse{waits: []time.Duration{time.Hour}})
	_, err := c.Do(t.Context(), httpclient.Request{Op: "op", Method: "GET", URL: "http://m.example/", Safe: true, Bucket: "app"})
	if f := fault.Of(err); f == nil || f.Kind != fault.RateLimited || f.RetryAfter != time.Hour || s.calls != 0 {
		t.Errorf("err %v, calls %d", err, s.calls)
	}
}
