package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// A channel may have several logins: the consent, the exchange and every
// renewal go by the one that was chosen.
func TestAnotherLoginIsKeptToTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, _, err := b.desk.Start(t.Context(), mine, commerce.Instagram, "guess", accounts.Beginner{}); code(err) != "unknown_login" || !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown login: %v", err)
	}
	address, _, err := b.desk.Start(t.Context(), mine, commerce.Instagram, "short", accounts.Beginner{})
	b.ok(err)
	if !strings.HasSuffix(address, "&short=1") {
		t.Errorf("address %s", address)
	}
	b.market.candidates = []channel.Candidate{shop("1", "")}
	grant, connected, err := b.consentBy("short", mine, commerce.Instagram)
	b.ok(err)
	if len(connected) != 1 || connected[0].Login != "short" || grant.Login != "short" {
		t.Fatalf("connected %+v by %+v", connected, grant)
	}
	b.ok(b.desk.Renew(t.Context(), mine, grant.ID))
	tokens, err := b.source(b.newDesk(), connected[0]).Tokens(t.Context())
	b.ok(err)
	if !strings.HasSuffix(tokens.Access, "-short") {
		t.Error("renewed by another login")
	}
}

// One shop, two logins: one account that lives by one of them. The login that
// can do more takes over; the one that can do less does not.
func TestOneAccountLivesByOneLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.market.candidates = []channel.Candidate{shop("1", "")}
	old, connected, err := b.consentBy("short", mine, commerce.Instagram)
	b.ok(err)
	first := connected[0]
	if !first.LoginAt.IsZero() {
		t.Error("a new account has changed its login")
	}
	b.clock.Advance(time.Hour)
	full := b.connect(mine, commerce.Instagram, "1", "c1")
	if full.ID != first.ID || full.Login != "" || !full.LoginAt.Equal(b.clock.Now()) || !full.ClaimedAt.Equal(first.ClaimedAt) || full.Target == "" {
		t.Errorf("taken over as %+v", full)
	}
	if b.hasGrant(mine, old.ID) {
		t.Error("the consent of the old login is kept")
	}
	b.clock.Advance(time.Hour)
	b.market.candidates = []channel.Candidate{shop("1", "")}
	useless, connected, err := b.consentBy("short", mine, commerce.Instagram)
	if code(err) != "connected_otherwise" || !fault.Is(err, fault.Conflict) || len(connected) != 0 {
		t.Fatalf("the listings would be gone: %v, %v", connected, err)
	}
	if useless.ID == "" || b.hasGrant(mine, useless.ID) {
		t.Error("a consent nobody uses is kept")
	}
	if now := b.account(full); now.Login != "" || now.Grant != full.Grant || now.Target != full.Target {
		t.Errorf("now %+v", now)
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, full.ID))
	_, connected, err = b.consentBy("short", mine, commerce.Instagram)
	b.ok(err)
	if a := connected[0]; a.Login != "short" || a.State != port.AccountActive || !a.LoginAt.IsZero() {
		t.Errorf("connected anew as %+v", a)
	}
}
