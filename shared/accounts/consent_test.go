package accounts_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func TestAConsentWorksOnceAndForItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.market.candidates = []channel.Candidate{shop("1", "c1")}
	address, state, err := b.desk.Start(t.Context(), mine, commerce.Etsy, "", accounts.Beginner{})
	b.ok(err)
	if !strings.Contains(address, state) || !strings.Contains(address, url.QueryEscape("https://us.example/v1/oauth/etsy/callback")) {
		t.Errorf("address %s", address)
	}
	for name, try := range map[string]accounts.Return{
		"another workspace": back(theirs, commerce.Etsy, state),
		"another channel":   back(mine, commerce.Facebook, state),
		"unknown state":     back(mine, commerce.Etsy, "guess"),
		"no state":          {Space: mine, Channel: commerce.Etsy, Query: url.Values{"code": {"x"}}},
	} {
		if _, _, err := b.desk.Callback(t.Context(), try); code(err) != "consent_expired" || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, connected, err := b.desk.Callback(t.Context(), back("", commerce.Etsy, state))
	b.ok(err)
	if len(connected) != 1 || connected[0].State != port.AccountActive || connected[0].Space != mine || connected[0].Target == "" {
		t.Errorf("connected %+v", connected)
	}
	if _, _, err := b.desk.Callback(t.Context(), back(mine, commerce.Etsy, state)); code(err) != "consent_expired" {
		t.Errorf("twice: %v", err)
	}
	_, state, err = b.desk.Start(t.Context(), mine, commerce.Etsy, "", accounts.Beginner{})
	b.ok(err)
	b.clock.Advance(31 * time.Minute)
	if _, _, err := b.desk.Callback(t.Context(), back(mine, commerce.Etsy, state)); code(err) != "consent_expired" {
		t.Errorf("late: %v", err)
	}
	_, state, err = b.desk.Start(t.Context(), mine, commerce.Etsy, "", accounts.Beginner{})
	b.ok(err)
	denied := accounts.Return{Space: mine, Channel: commerce.Etsy, Query: url.Values{"state": {state}, "error": {"access_denied"}}}
	if _, _, err := b.desk.Callback(t.Context(), denied); code(err) != "consent_denied" {
		t.Errorf("denied: %v", err)
	}
	if _, _, err := b.desk.Start(t.Context(), mine, "amazon", "", accounts.Beginner{}); code(err) != "unknown_channel" {
		t.Errorf("unknown channel: %v", err)
	}
}

// Who brings a marketplace's answer decides whether it is taken. A refusal
// leaves the consent open, so that nobody can spoil another's.
func TestWhoMayFinishAConsent(t *testing.T) {
	t.Parallel()
	const session, other, key = "hash-of-session", "hash-of-other-session", "hash-of-key"
	cookie, api := accounts.Beginner{Credential: session, Browser: true}, accounts.Beginner{Credential: key}
	for name, c := range map[string]struct {
		begun accounts.Beginner
		by    accounts.Return
		want  string
	}{
		"the browser's own session":                             {cookie, accounts.Return{Space: mine, Credential: session}, ""},
		"a session of another browser of the workspace":         {cookie, accounts.Return{Space: mine, Credential: other}, "another_browser"},
		"a browser nobody is signed in to":                      {cookie, accounts.Return{Browser: true}, accounts.Unbound},
		"a program with a stolen address of a browser's":        {cookie, accounts.Return{}, accounts.Unbound},
		"a stranger's session with the link of a browser":       {cookie, accounts.Return{Space: theirs, Credential: other}, "consent_expired"},
		"the client that began":                                 {api, accounts.Return{Space: mine, Credential: key}, ""},
		"the owner's browser, for what the client began":        {api, accounts.Return{Space: mine, Credential: session}, ""},
		"a program that followed the redirects":                 {api, accounts.Return{}, ""},
		"a seller's browser that was sent a stranger's link":    {api, accounts.Return{Browser: true}, accounts.Unbound},
		"a seller signed in elsewhere, with a stranger's link":  {api, accounts.Return{Space: theirs, Credential: other}, "consent_expired"},
		"the same, and the browser says so":                     {api, accounts.Return{Space: theirs, Credential: other, Browser: true}, "consent_expired"},
		"an owner's browser that came back by itself, for both": {api, accounts.Return{Space: mine, Credential: session, Browser: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			for _, hash := range []string{session, key} {
				b.ok(b.store.PutCredential(t.Context(), port.Credential{Hash: hash, Space: mine}))
			}
			b.market.candidates = []channel.Candidate{shop("1", "c1")}
			_, state, err := b.desk.Start(t.Context(), mine, commerce.Etsy, "", c.begun)
			b.ok(err)
			c.by.Channel, c.by.Query = commerce.Etsy, query(state)
			_, connected, err := b.desk.Callback(t.Context(), c.by)
			if code(err) != c.want {
				t.Fatalf("%v, want code %q", err, c.want)
			}
			all, err := b.store.ListAccounts(t.Context(), theirs)
			b.ok(err)
			if len(all) != 0 || (c.want == "") != (len(connected) == 1) {
				t.Errorf("connected %v; the stranger has %v", connected, all)
			}
			if c.want == "" {
				return
			}
			// Nothing was used up: who began it can still finish.
			own := accounts.Return{Channel: commerce.Etsy, Query: query(state), Space: mine, Credential: c.begun.Credential}
			if _, connected, err = b.desk.Callback(t.Context(), own); err != nil || len(connected) != 1 {
				t.Errorf("after the refusal its owner got %v, %v", connected, err)
			}
		})
	}
}

// Who signs out, or revokes a key, takes the open consents along.
func TestAConsentEndsWithWhoBeganIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.market.candidates = []channel.Candidate{shop("1", "c1")}
	begin := func(hash string) accounts.Return {
		t.Helper()
		_, state, err := b.desk.Start(t.Context(), mine, commerce.Etsy, "", accounts.Beginner{Credential: hash})
		b.ok(err)
		return back("", commerce.Etsy, state)
	}
	put := func(c port.Credential) string {
		t.Helper()
		c.Space = mine
		b.ok(b.store.PutCredential(t.Context(), c))
		return c.Hash
	}
	key := put(port.Credential{Hash: "key"})
	ofKey := begin(key)
	ofSession := begin(put(port.Credential{Hash: "session", Parent: key, ExpiresAt: b.clock.Now().Add(time.Hour)}))
	ofShort := begin(put(port.Credential{Hash: "short", Parent: key, ExpiresAt: b.clock.Now().Add(time.Minute)}))
	b.clock.Advance(2 * time.Minute)
	refused := func(what string, r accounts.Return) {
		t.Helper()
		if _, _, err := b.desk.Callback(t.Context(), r); code(err) != "consent_expired" {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a session that is over", ofShort)
	b.ok(b.store.DeleteCredential(t.Context(), key))
	refused("a revoked key", ofKey)
	refused("a session of a revoked key", ofSession)
}
