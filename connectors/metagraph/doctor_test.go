package metagraph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// Every switch that leaves Meta silent is found, named and comes with what to
// do; what can't be used for it is missing with the reason.
func TestDoctor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(s *shop)
		tune  func(*metasim.Sim)
		check string
		says  string
		lacks channel.Ability
	}{
		"tasks taken away":   {tune: func(s *metasim.Sim) { s.Tasks = strings.Fields("MANAGE ANALYZE") }, check: "page_tasks", says: "MESSAGING", lacks: channel.CanReply},
		"no full control":    {tune: func(s *metasim.Sim) { s.Tasks = strings.Fields("MESSAGING") }, check: "page_tasks", says: "MANAGE"},
		"standard access":    {tune: func(s *metasim.Sim) { s.StandardAccess = true }, check: "access_level", says: "pages_messaging"},
		"token near its end": {spoil: func(s *shop) { s.pass(50 * 24 * time.Hour) }, check: "token", says: "user, good until 2027-01-21"},
		"data near its end":  {spoil: func(s *shop) { s.renew(50 * 24 * time.Hour); s.pass(30 * 24 * time.Hour) }, check: "data_access", says: "2027-02-20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if c.tune != nil {
				c.tune(b.sim)
			}
			s := b.connect(commerce.Facebook)
			if c.spoil != nil {
				c.spoil(s)
			}
			h, err := s.Check(t.Context())
			must(t, err)
			found := check(h, c.check)
			if h.OK || found.OK || found.Fix == "" || !strings.Contains(found.Message, c.says) {
				t.Errorf("found %+v in %+v", found, h.Checks)
			}
			if c.lacks != "" && h.Missing[c.lacks] == "" {
				t.Errorf("missing %v", h.Missing)
			}
		})
	}
}

// renew lets time pass and renews the tokens, as the product does.
func (s *shop) renew(d time.Duration) {
	s.t.Helper()
	s.pass(d)
	_, err := s.tokens.Refreshed(s.t.Context(), s.tokens.have.Access)
	must(s.t, err)
}

// A Page that is not subscribed is subscribed by the visit, which says so.
func TestDoctorSubscribes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.connect(commerce.Facebook)
	must(t, b.sim.Unsubscribe(t.Context()))
	h, err := s.Check(t.Context())
	must(t, err)
	if c := check(h, "page_webhooks"); !c.OK || !strings.Contains(c.Message, "it does now") {
		t.Errorf("found %+v", c)
	}
	h, err = s.Check(t.Context())
	must(t, err)
	if c := check(h, "page_webhooks"); !c.OK || strings.Contains(c.Message, "now") {
		t.Errorf("once more: %+v", c)
	}
}
