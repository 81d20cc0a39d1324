package world_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

// counter is a marketplace that counts what it is asked.
type counter struct {
	simkit.Simulator
	env    simkit.Env
	faults simkit.Faults
	calls  []string
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.calls = append(c.calls, r.Method+" "+r.URL.Path)
		w.WriteHeader(http.StatusOK)
	})
	c.faults.Around(w, r, call, func(_ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
}

func (c *counter) Faults() *simkit.Faults { return &c.faults }

type app struct {
	Key string `env:"COUNTER_KEY"`
}

func open(t *testing.T) (*world.World, *counter) {
	t.Helper()
	c := &counter{}
	w := world.New(t, world.Config{
		Seed: 1, Driver: channel.Driver{Name: "counter", NewApp: func() any { return new(app) }},
		Stand: simkit.Stand{
			Name: "counter", Home: "/sim/counter", Hosts: map[string]string{"COUNTER_URL": "/sim/counter"},
			New: func(env simkit.Env) (simkit.Simulator, error) {
				c.env = env
				return c, nil
			},
			Mounts: func(s simkit.Simulator) map[string]http.Handler { return map[string]http.Handler{"/sim/counter": s} },
			Invent: func(text func(int) string) map[string]string { return map[string]string{"COUNTER_KEY": text(12)} },
		},
	})
	return w, c
}

func do(t *testing.T, w *world.World, method, path string) (int, error) {
	t.Helper()
	env := w.Env()
	resp, err := env.HTTP.Do(t.Context(), httpclient.Request{Op: "count", Method: method, URL: env.Hosts("COUNTER_URL") + path})
	return resp.Status, err
}

func TestPrefixIsStrippedAndSecretsDiffer(t *testing.T) {
	t.Parallel()
	w, c := open(t)
	if status, err := do(t, w, "GET", "/v1/things"); status != http.StatusOK || err != nil || c.calls[0] != "GET /v1/things" {
		t.Errorf("status %d, err %v, calls %v", status, err, c.calls)
	}
	own, other := w.App().(*app).Key, w.OtherApp().(*app).Key
	if len(own) != 12 || own == other || own != c.env.App["COUNTER_KEY"] {
		t.Errorf("keys %q and %q, the marketplace has %q", own, other, c.env.App["COUNTER_KEY"])
	}
	if _, err := do(t, w, "GET", "/../elsewhere"); err == nil && !strings.HasPrefix(c.calls[1], "GET /") {
		t.Errorf("calls %v", c.calls)
	}
}

func TestFaultsFallWhereTheyAreArmed(t *testing.T) {
	t.Parallel()
	w, c := open(t)
	w.Fault(channeltest.Fault{Kind: channeltest.Rejected, Count: 1, Writes: true, Skip: 1})
	var got []int
	for _, method := range []string{"GET", "POST", "GET", "POST", "POST"} {
		status, err := do(t, w, method, "/x")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, status)
	}
	if got[3] != http.StatusTeapot || got[0]+got[1]+got[2]+got[4] != 4*http.StatusOK || len(c.calls) != 4 {
		t.Errorf("answers %v, calls %v", got, c.calls)
	}
	w.Fault(channeltest.Fault{Kind: channeltest.TimeoutAfterApply})
	if _, err := do(t, w, "POST", "/y"); !fault.Is(err, fault.Unknown) || len(c.calls) != 5 {
		t.Errorf("a lost answer is %v after %d calls", err, len(c.calls))
	}
	w.Fault(channeltest.Fault{Kind: channeltest.ServerError, Count: 9})
	w.Calm()
	if status, err := do(t, w, "GET", "/z"); status != http.StatusOK || err != nil {
		t.Errorf("after the faults were called off: %d, %v", status, err)
	}
}

func TestCutKillsAfterTheCallWasCarriedOut(t *testing.T) {
	t.Parallel()
	w, c := open(t)
	w.Cut(2)
	for i, method := range []string{"POST", "GET", "PUT"} {
		if _, err := do(t, w, method, "/x"); (err != nil) != (i == 2) || w.Dead() != (i == 2) {
			t.Errorf("call %d: err %v, dead %v", i, err, w.Dead())
		}
	}
	if _, err := do(t, w, "GET", "/x"); err == nil || len(c.calls) != 3 {
		t.Errorf("a dead process called: %v, %v", err, c.calls)
	}
	w.Mend()
	if _, err := do(t, w, "GET", "/x"); err != nil || w.Dead() {
		t.Errorf("a mended process: %v, dead %v", err, w.Dead())
	}
}
