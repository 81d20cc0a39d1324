package metagraph_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func TestGrants(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fb, ig := b.grant(commerce.Facebook), b.grant(commerce.Instagram)
	if fb.Principal != commerce.RemoteID(b.ids.User) || len(fb.Candidates) != 1 || fb.Candidates[0].Remote != commerce.RemoteID(b.ids.Page) || ig.Candidates[0].Remote != commerce.RemoteID(b.ids.IG) || ig.Candidates[0].CannotList != "" {
		t.Errorf("candidates %+v and %+v", fb.Candidates, ig.Candidates)
	}
	var one, two metagraph.Settings
	must(t, decode(fb.Candidates[0].Settings, &one))
	must(t, decode(ig.Candidates[0].Settings, &two))
	if want := (channel.TargetRef{Kind: "meta", Remote: commerce.RemoteID(b.ids.Catalog)}); metagraph.Target(&one) != want || metagraph.Target(&two) != want {
		t.Errorf("targets %+v and %+v", metagraph.Target(&one), metagraph.Target(&two))
	}
	if one.Instagram != b.ids.IG || one.Business != b.ids.Business || one.PageName == "" {
		t.Errorf("settings %+v", one)
	}
	days := fb.Tokens.ExpiresAt.Sub(b.clock()).Hours() / 24
	if days < 38 || days > 41 || fb.Tokens.Refresh == "" || fb.Tokens.Extra["page:"+b.ids.Page] == "" || fb.Tokens.EndsAt.IsZero() {
		t.Errorf("renewed after %v days", days)
	}
	if metagraph.Target(&metagraph.Settings{Page: "1"}) != (channel.TargetRef{}) {
		t.Error("an account without a catalog has a target")
	}
}

func TestRefusedConsents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	auth := driver(commerce.Facebook).Auth(b.apps[commerce.Facebook], b.env)
	for _, q := range []url.Values{{}, {"error": {"access_denied"}}, {"code": {"made up"}}} {
		if _, err := auth.Exchange(t.Context(), q, redirect, ""); err == nil {
			t.Errorf("%v was exchanged", q)
		}
	}
	if _, err := metagraph.Auth(&metagraph.App{Version: "v26.0"}, b.env, metagraph.Surface{}).Consent("s", redirect, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("without an app: %v", err)
	}
	address, err := auth.Consent("a b", redirect, "")
	must(t, err)
	u, err := url.Parse(address)
	must(t, err)
	scope := u.Query().Get("scope")
	if u.Query().Get("state") != "a b" || u.Query().Get("redirect_uri") != redirect || !strings.Contains(scope, "pages_messaging") || strings.Contains(scope, "commerce_account") {
		t.Errorf("consent %s", address)
	}
}

func TestSubscribedOnceForAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.connect(commerce.Facebook)
	b.connect(commerce.Instagram)
	_, err := s.Check(t.Context())
	must(t, err)
	if n := b.calls("POST /{page}/subscribed_apps"); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
}

func check(h channel.Health, name string) channel.HealthCheck {
	i := slices.IndexFunc(h.Checks, func(c channel.HealthCheck) bool { return c.Name == name })
	if i < 0 {
		return channel.HealthCheck{}
	}
	return h.Checks[i]
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	for _, on := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		s := newBench(t).connect(on)
		h, err := s.Check(t.Context())
		must(t, err)
		if !h.OK || len(h.Missing) != 0 || h.ShopName == "" || h.EndsAt.IsZero() || len(h.Checks) < 7 {
			t.Errorf("%s: %+v", on, h)
		}
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	must(t, s.sim.RevokeUser(t.Context()))
	_, err := s.Check(t.Context())
	kindOf(t, err, fault.AuthExpired)

	b := newBench(t)
	s = b.connect(commerce.Instagram)
	token, err := b.sim.SystemUserToken(t.Context(), "pages_show_list")
	must(t, err)
	s.tokens.have.Access = token // somebody switched permissions off
	h, err := s.Check(t.Context())
	must(t, err)
	if h.OK || h.Missing[channel.CanWriteListings] == "" || h.Missing[channel.CanReply] == "" || check(h, "permissions_catalog").Fix == "" || check(h, "catalog").OK {
		t.Errorf("health %+v", h)
	}

	b = newBench(t)
	s = b.connect(commerce.Facebook)
	b.pass(50 * 24 * time.Hour)
	_, err = s.tokens.Refreshed(t.Context(), s.tokens.have.Access)
	must(t, err)
	b.pass(30 * 24 * time.Hour)
	h, err = s.Check(t.Context())
	must(t, err)
	if h.OK || check(h, "data_access").OK {
		t.Errorf("ten days before the data ends: %+v", h)
	}

	b = newBench(t)
	b.apps[commerce.Facebook].(*metagraph.App).Version = "v21.0"
	h, err = b.connect(commerce.Facebook).Check(t.Context())
	must(t, err)
	if c := check(h, "graph_version"); c.OK || c.Fix == "" {
		t.Errorf("an old version: %+v", c)
	}
}

func TestWithoutACatalog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.connect(commerce.Facebook)
	d := driver(commerce.Facebook)
	conn, err := d.Open(channel.OpenParams{Env: b.env, App: b.apps[commerce.Facebook], Settings: &metagraph.Settings{Page: b.ids.Page}, Tokens: s.tokens})
	must(t, err)
	h, err := conn.Check(t.Context())
	must(t, err)
	if h.Missing[channel.CanWriteListings] == "" || h.Missing[channel.CanReply] != "" {
		t.Errorf("missing %v", h.Missing)
	}
	for _, p := range []channel.OpenParams{{}, {App: b.apps[commerce.Facebook]}, {App: b.apps[commerce.Facebook], Settings: &metagraph.Settings{}}} {
		if _, err := d.Open(p); !fault.Is(err, fault.Internal) {
			t.Errorf("opened with %+v: %v", p, err)
		}
	}
}

func TestAbilities(t *testing.T) {
	t.Parallel()
	want := []channel.Ability{channel.CanWriteListings, channel.CanReadListings, channel.CanReadConversations, channel.CanReply}
	for _, on := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		d := driver(on)
		s := newBench(t).connect(on)
		var c any = s.connector
		_, orders := c.(channel.OrderReader)
		_, ships := c.(channel.Shipper)
		_, cancels := c.(channel.Canceller)
		_, reviews := c.(channel.ReviewReader)
		if orders || ships || cancels || reviews || !slices.Equal(d.Abilities, want) || d.Orders != channel.OrdersInbound || d.Name != on || s.Channel() != on {
			t.Errorf("%s: abilities %v", on, d.Abilities)
		}
	}
}
