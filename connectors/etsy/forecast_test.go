package etsy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// TestHealthForecastsCalls: a seller reads in time that the calls of the day
// will not last, and what waits then.
func TestHealthForecastsCalls(t *testing.T) {
	t.Parallel()
	const perDay = 200
	b := settle(t, world.New(t, world.Config{
		Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: 12, Tune: func(s simkit.Simulator) { s.(*etsysim.Sim).PerDay = perDay },
		Budgets: func(now func() time.Time) port.Budgets { return dynamo.NewBudgets(localtest.Open(t, now).Store) },
	}))
	health := func() (channel.Health, channel.HealthCheck) {
		h, err := b.conn.Check(t.Context())
		b.must(err)
		for _, check := range h.Checks {
			if check.Name == "calls" {
				return h, check
			}
		}
		t.Fatalf("no word about calls: %+v", h.Checks)
		return h, channel.HealthCheck{}
	}
	h, first := health()
	if !h.OK || !first.OK || !strings.Contains(first.Message, " of 200 calls are left") {
		t.Errorf("at first: %v, %+v", h.OK, first)
	}
	b.w.Advance(10 * time.Minute)
	for range 16 {
		h, first = health()
	}
	if !h.OK || first.OK || !strings.Contains(first.Message, "used up at about 2") || first.Fix == "" {
		t.Errorf("in a hurry: %v, %+v", h.OK, first)
	}
	var err error
	for range perDay {
		if _, err = b.conn.Check(t.Context()); err != nil {
			break
		}
	}
	if f := fault.Of(err); f == nil || f.Kind != fault.RateLimited || f.RetryAfter < time.Hour {
		t.Errorf("beyond the limit: %v, want to be told to wait for hours", err)
	}
	if n := b.w.Log(); strings.Contains(n, "status=429") {
		t.Error("a call above the limit reached Etsy")
	}
}
