package accounts_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func TestManyProcessesRefreshOnce(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		b := newBench(t)
		a := b.connect(mine, commerce.Etsy, "1", "c1")
		if !refused {
			b.clock.Advance(2 * time.Hour)
		}
		var wg sync.WaitGroup
		got := make([]string, 16)
		for i := range got {
			source := b.source(b.newDesk(), a)
			wg.Go(func() {
				for {
					tokens, err := source.Tokens(t.Context())
					if refused {
						tokens, err = source.Refreshed(t.Context(), "secret-access-1")
					}
					if fault.Is(err, fault.Temporary) || (err == nil && tokens.Access == "secret-access-1") {
						continue // a queue would come again
					}
					if err != nil {
						t.Errorf("%v", err)
					}
					got[i] = tokens.Access
					return
				}
			})
		}
		wg.Wait()
		for _, access := range got {
			if access != "secret-access-2" {
				t.Errorf("refused %v: a process has %q", refused, access)
			}
		}
		if b.market.refreshes != 1 {
			t.Errorf("refused %v: %d refreshes", refused, b.market.refreshes)
		}
	}
}

func TestARefusedRefreshAsksForConsent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	source := b.source(b.desk, a)
	b.clock.Advance(2 * time.Hour)
	b.market.refuse = fault.New(fault.Temporary, "down", "Etsy is down.")
	tokens, err := source.Tokens(t.Context())
	if err != nil || tokens.Access != "secret-access-1" || b.account(a).State != port.AccountActive {
		t.Errorf("while the marketplace is down: %v", err)
	}
	if _, err := source.Refreshed(t.Context(), "secret-access-1"); !fault.Is(err, fault.Temporary) {
		t.Errorf("%v", err)
	}
	b.market.refuse = fault.New(fault.AuthExpired, "revoked", "The consent is over.")
	if _, err := source.Tokens(t.Context()); !fault.Is(err, fault.AuthExpired) {
		t.Errorf("%v", err)
	}
	if now := b.account(a); now.State != port.AccountNeedsConsent {
		t.Errorf("account %+v", now)
	}
	due, err := b.store.ListDue(t.Context(), port.DueToken, b.clock.Now().Add(24*time.Hour), 10)
	b.ok(err)
	if len(due) != 0 {
		t.Errorf("still due: %v", due)
	}
	if _, err := b.desk.Open(t.Context(), mine, a.ID); !fault.Is(err, fault.AuthExpired) {
		t.Errorf("open: %v", err)
	}
}

func TestRenew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	b.ok(b.desk.Renew(t.Context(), mine, a.Grant))
	g, err := b.store.Grant(t.Context(), mine, a.Grant)
	b.ok(err)
	if b.market.refreshes != 1 || strings.Contains(string(g.Sealed), "secret") || !g.ExpiresAt.Equal(b.clock.Now().Add(time.Hour)) {
		t.Errorf("%d refreshes, grant %+v", b.market.refreshes, g)
	}
	end := b.clock.Now().Add(48 * time.Hour)
	b.ok(b.desk.EndsAt(t.Context(), mine, a.ID, end))
	b.market.refuse = fault.New(fault.AuthExpired, "revoked", "The consent is over.")
	b.ok(b.desk.Renew(t.Context(), mine, a.Grant))
	if b.account(a).State != port.AccountNeedsConsent {
		t.Error("the account is not flagged")
	}
}

func TestCheckKeepsWhatTheMarketplaceSays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	checked, err := b.desk.Check(t.Context(), mine, a.ID)
	b.ok(err)
	if !strings.Contains(string(checked.Health), `"shop_name":"Shop"`) {
		t.Errorf("health %s", checked.Health)
	}
	b.ok(b.store.DeleteGrant(t.Context(), mine, a.Grant))
	checked, err = b.desk.Check(t.Context(), mine, a.ID)
	b.ok(err)
	if checked.State != port.AccountNeedsConsent || !strings.Contains(string(checked.Health), `"ok":false`) {
		t.Errorf("account %+v, health %s", checked, checked.Health)
	}
}

func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	b.clock.Advance(2 * time.Hour)
	b.market.refuse = fault.New(fault.Temporary, "down", "Down.")
	_, err := b.source(b.desk, a).Tokens(t.Context())
	b.ok(err)
	b.market.refuse = fault.New(fault.AuthExpired, "over", "Over.")
	_, err = b.source(b.desk, a).Tokens(t.Context())
	_, _, again := b.desk.Callback(t.Context(), back(mine, commerce.Etsy, "old-state"))
	tokens := fmt.Sprintf("%v %+v %#v", err, again, b.account(a))
	if text := tokens + b.log.String(); strings.Contains(text, "secret") || b.log.Len() == 0 {
		t.Errorf("a secret shows: %s", text)
	}
}

func sign(secret string, at time.Time, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return hex.EncodeToString(mac.Sum(nil))
}

func TestInboundSignatures(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, secret, err := b.desk.AddCheckout(t.Context(), mine, "Own shop")
	b.ok(err)
	now, body := b.clock.Now(), `{"id":"1"}`
	next, err := b.desk.RenewSecret(t.Context(), mine, a.ID)
	b.ok(err)
	good := sign(secret, now, body)
	unix := now.Unix()
	for header, want := range map[string]bool{
		fmt.Sprintf("t=%d,v1=%s", unix, good):                                              true,
		fmt.Sprintf("t=%d, v1=%s", unix, strings.ToUpper(good)):                            true,
		fmt.Sprintf("t=%d,v1=%s", unix, sign(next, now, body)):                             true,
		fmt.Sprintf("t=%d,v1=%s,v1=%s", unix, strings.Repeat("0", 64), good):               true,
		fmt.Sprintf("v1=%s,t=%d", good, unix):                                              true,
		fmt.Sprintf("t=%d,v1=%s", unix-301, sign(secret, now.Add(-301*time.Second), body)): false,
		fmt.Sprintf("t=%d,v1=%s", unix-299, sign(secret, now.Add(-299*time.Second), body)): true,
		fmt.Sprintf("t=%d,v1=%s", unix+301, sign(secret, now.Add(301*time.Second), body)):  false,
		fmt.Sprintf("t=%d,v1=%s", unix+1, good):                                            false,
		fmt.Sprintf("t=%d,v1=%s", unix, sign("guess", now, body)):                          false,
		fmt.Sprintf("t=%d,v1=%s", unix, sign(secret, now, body+" ")):                       false,
		fmt.Sprintf("t=%d,v0=%s", unix, good):                                              false,
		fmt.Sprintf("t=%d,v1=%s", unix, good[:62]):                                         false,
		fmt.Sprintf("t=%d,v1=xyz", unix):                                                   false,
		fmt.Sprintf("t=9223372036854775807,v1=%s", good):                                   false,
		fmt.Sprintf("t=-9223372036854775808,v1=%s", good):                                  false,
		fmt.Sprintf("t=,v1=%s", good):                                                      false,
		"v1=" + good:                                                                       false,
		"":                                                                                 false,
		",,,===":                                                                           false,
		fmt.Sprintf("t=%d", unix):                                                          false,
		fmt.Sprintf("t=%d,%s,v1=%s", unix, strings.Repeat("v1="+strings.Repeat("0", 64)+",", 4)[:271], good): false,
	} {
		found, err := b.desk.VerifyInbound(t.Context(), a.Key, header, []byte(body))
		if (err == nil) != want || (want && found.ID != a.ID) {
			t.Errorf("%q: %v", header, err)
		}
		if err != nil && (!fault.Is(err, fault.Denied) || code(err) != "bad_signature") {
			t.Errorf("%q tells why: %v", header, err)
		}
	}
	ok := fmt.Sprintf("t=%d,v1=%s", unix, good)
	if _, err := b.desk.VerifyInbound(t.Context(), "mk_unknown", ok, []byte(body)); code(err) != "bad_signature" {
		t.Errorf("unknown key: %v", err)
	}
	// A key whose connection has ended, as a crash may leave it.
	key, err := b.store.PublicKey(t.Context(), a.Key)
	b.ok(err)
	b.ok(b.desk.Disconnect(t.Context(), mine, a.ID))
	b.ok(b.store.PutPublicKey(t.Context(), key))
	if _, err := b.desk.VerifyInbound(t.Context(), a.Key, ok, []byte(body)); code(err) != "bad_signature" {
		t.Errorf("a checkout that is gone: %v", err)
	}
}

func TestWorkspaceDefaultsReachEveryTarget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.connect(mine, commerce.Etsy, "1", "c1")
	b.connect(mine, commerce.Facebook, "2", "c2")
	b.spread = nil
	w, err := b.store.Workspace(t.Context(), mine)
	b.ok(err)
	spaces := b.spaces()
	w.Name = "New name"
	w, err = spaces.Update(t.Context(), w)
	b.ok(err)
	if len(b.spread) != 0 {
		t.Errorf("a new name spread %v", b.spread)
	}
	w.Defaults.Brand, w.DataKey = "Fern", nil
	w, err = spaces.Update(t.Context(), w)
	b.ok(err)
	if len(b.spread) != 2 || len(w.DataKey) == 0 {
		t.Errorf("spread %v, data key %d bytes", b.spread, len(w.DataKey))
	}
}
