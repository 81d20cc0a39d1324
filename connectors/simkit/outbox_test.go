package simkit_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// post is an outbox with a clock and a receiver.
type post struct {
	*testing.T
	box    simkit.Outbox
	env    simkit.Env
	faults simkit.Faults
	mu     sync.Mutex
	now    time.Time
	status int // 0 breaks the connection
	got    []*http.Request
	bodies []string
}

func newPost(t *testing.T) *post {
	p := &post{T: t, now: time.Unix(1_800_000_000, 0), status: http.StatusOK}
	p.env = simkit.Env{
		Now:    func() time.Time { return p.now },
		Store:  open(t, filepath.Join(t.TempDir(), "sim.db")),
		Client: &http.Client{Transport: p},
	}
	p.box = simkit.Outbox{Table: "out", Retries: []time.Duration{time.Second, time.Minute}, Sign: func(h http.Header, id string, now time.Time, body []byte) {
		h.Set("X-Signed", id+" "+now.UTC().Format(time.TimeOnly)+" "+string(body))
	}}
	return p
}

func (p *post) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got, p.bodies = append(p.got, r), append(p.bodies, string(body))
	if p.status == 0 {
		return nil, errors.New("connection reset")
	}
	return &http.Response{StatusCode: p.status, Body: http.NoBody}, nil
}

func (p *post) add(url, body string) {
	p.Helper()
	must(p.T, p.env.Store.Update(func(tx *simkit.Tx) error { return p.box.Add(tx, p.env, &p.faults, url, []byte(body)) }))
}

func (p *post) deliver(after time.Duration) int {
	p.Helper()
	p.now = p.now.Add(after)
	must(p.T, p.box.Deliver(p.Context(), p.env))
	return len(p.got)
}

func TestOutboxDelivers(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.add("http://hook.test/a", `{"n":1}`)
	p.add("", `{"n":2}`) // nobody subscribed
	if n := p.deliver(0); n != 1 {
		t.Fatalf("%d sent", n)
	}
	r := p.got[0]
	if r.Method != http.MethodPost || r.URL.String() != "http://hook.test/a" || p.bodies[0] != `{"n":1}` ||
		r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Signed") != `msg_000000000001 08:00:00 {"n":1}` {
		t.Errorf("%s %s %v %s", r.Method, r.URL, r.Header, p.bodies[0])
	}
	if n := p.deliver(time.Hour); n != 1 {
		t.Errorf("sent again after it was taken")
	}
}

func TestOutboxRetriesAndGivesUp(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"refused": 500, "redirected": 304, "broken": 0} {
		p := newPost(t)
		p.status = status
		p.add("http://hook.test/", "x")
		for i, step := range []struct {
			wait time.Duration
			sent int
		}{{0, 1}, {999 * time.Millisecond, 1}, {time.Millisecond, 2}, {59 * time.Second, 2}, {time.Second, 3}, {time.Hour, 3}} {
			if n := p.deliver(step.wait); n != step.sent {
				t.Errorf("%s, step %d: %d sent, want %d", name, i, n, step.sent)
			}
		}
	}
}

func TestOutboxSignsEachAttemptAnew(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.status = 503
	p.add("http://hook.test/", "x")
	p.deliver(0)
	p.deliver(time.Second)
	if one, two := p.got[0].Header.Get("X-Signed"), p.got[1].Header.Get("X-Signed"); one == two {
		t.Errorf("both signed %q", one)
	}
}

func TestOutboxKeepsWhatTheTransactionKeeps(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	undone := errors.New("undone")
	err := p.env.Store.Update(func(tx *simkit.Tx) error {
		must(t, p.box.Add(tx, p.env, &p.faults, "http://hook.test/", []byte("x")))
		return undone
	})
	if n := p.deliver(0); !errors.Is(err, undone) || n != 0 {
		t.Errorf("%d sent, %v", n, err)
	}
}

func TestOutboxStopIsNoRefusal(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.status = 0
	p.box.Retries = nil // the first refusal would drop it
	p.add("http://hook.test/", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.box.Deliver(ctx, p.env); !errors.Is(err, context.Canceled) {
		t.Errorf("delivering after the end: %v", err)
	}
	p.status = http.StatusOK
	before := len(p.got)
	if n := p.deliver(0); n != before+1 {
		t.Errorf("%d sent", n-before)
	}
}

func TestOutboxFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string][2]int{
		simkit.FaultWebhookLost: {0, 0}, simkit.FaultWebhookTwice: {2, 2}, simkit.FaultWebhookLate: {0, 1}, simkit.FaultServerError: {1, 1},
	} {
		p := newPost(t)
		must(t, p.faults.Add(kind, 1))
		p.add("http://hook.test/", "x")
		early := p.deliver(0)
		if got := [2]int{early, p.deliver(time.Minute)}; got != want {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
		if len(p.got) == 2 && p.got[0].Header.Get("X-Signed") != p.got[1].Header.Get("X-Signed") {
			t.Errorf("%s: the copies have different ids", kind)
		}
		p.add("http://hook.test/", "y")
		if n := p.deliver(0); n != want[1]+1 {
			t.Errorf("%s: the next webhook is affected too", kind)
		}
	}
}

func TestOutboxTakesManyInTurns(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for range 150 {
		p.add("http://hook.test/", "x")
	}
	if first, second := p.deliver(0), p.deliver(0); first != 100 || second != 150 {
		t.Errorf("%d, then %d sent", first, second)
	}
}
