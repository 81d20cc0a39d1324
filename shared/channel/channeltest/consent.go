package channeltest

import (
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
)

func consentTests() []test {
	return []test{
		{"consent/a grant opens accounts", "", grantOpens},
		{"consent/state travels through the consent page", "", stateTravels},
		{"consent/a refused consent is no grant", "", refusedConsent},
		{"consent/a code nobody gave is refused", "", strangeCode},
		{"consent/tokens can be renewed", "", renew},
		{"check/a good connection", "", goodCheck},
		{"check/an expired token is renewed once", "", expiredOnce},
		{"check/many callers renew an expired token once", "", expiredTogether},
		{"check/a token refused twice ends the call", "", expiredTwice},
		{"check/the marketplace is down", "", downCheck},
		{"check/no secret is written down", "", noSecret},
	}
}

func grantOpens(s *seller) {
	g := s.grant
	if g.Principal == "" || g.Tokens.Access == "" {
		s.Errorf("the grant names principal %q and has an access token: %v", g.Principal, g.Tokens.Access != "")
	}
	if end := g.Tokens.ExpiresAt; !end.IsZero() && !end.After(s.now()) {
		s.Errorf("the access token ends at %s, now is %s", end, s.now())
	}
	for _, c := range g.Candidates {
		if c.Remote == "" || c.Name == "" {
			s.Errorf("candidate %q has no remote id or no name", c.Name)
		}
	}
	if got := s.conn.Channel(); got != s.h.Driver.Name {
		s.Errorf("the connector is for %q, want %q", got, s.h.Driver.Name)
	}
	if got := AbilitiesOf(s.conn); !sameSet(got, s.h.required()) {
		s.Errorf("the connector can %v, want exactly %v", got, s.h.required())
	}
	lists := has(s.h.required(), channel.CanWriteListings)
	if ref := s.h.Driver.Target(s.settings()); lists != (ref.Kind != "" && ref.Remote != "") {
		s.Errorf("the account lists on target %+v: it can list: %v", ref, lists)
	}
	if why := s.account.CannotList; lists != (why == "") {
		s.Errorf("it can list: %v, and says %q", lists, why)
	}
}

func stateTravels(s *seller) {
	const odd = "a b&c=d/é"
	address, err := s.auth().Consent(odd, s.redirect(), verifier)
	s.must("consent", err)
	if strings.Contains(address, verifier) {
		s.Error("the consent address shows the PKCE verifier")
	}
	back, err := s.w.Consent(s.ctx, address, true)
	s.must("walk the consent page", err)
	if back.Get("state") != odd || back.Get("code") == "" {
		s.Errorf("state came back as %q, code %v", back.Get("state"), back.Get("code") != "")
	}
}

func refusedConsent(s *seller) {
	address, err := s.auth().Consent(state, s.redirect(), verifier)
	s.must("consent", err)
	back, err := s.w.Consent(s.ctx, address, false)
	if err != nil {
		s.Skipf("this marketplace sends nobody back after a refusal: %v", err)
	}
	if _, err := s.auth().Exchange(s.ctx, back, s.redirect(), verifier); err == nil {
		s.Error("a refused consent gave a grant")
	} else if fault.Is(err, fault.Internal) {
		s.Errorf("a refused consent is %v, want a fault that a seller understands", err)
	}
}

func strangeCode(s *seller) {
	_, err := s.auth().Exchange(s.ctx, url.Values{"state": {state}, "code": {"nobody-gave-this"}}, s.redirect(), verifier)
	s.kind("exchange of a strange code", err, fault.Invalid, fault.AuthExpired, fault.Rejected, fault.Denied)
	if _, err := s.auth().Exchange(s.ctx, url.Values{}, s.redirect(), verifier); err == nil {
		s.Error("a callback without a code gave a grant")
	}
}

func renew(s *seller) {
	if s.grant.Tokens.Refresh == "" {
		s.Skip("this grant has no refresh token: it lasts until it is withdrawn")
	}
	s.w.Advance(25 * time.Hour)
	fresh, err := s.auth().Refresh(s.ctx, s.grant.Tokens)
	s.must("refresh", err)
	if fresh.Access == "" || fresh.Refresh == "" {
		s.Fatal("the renewed tokens are incomplete")
	}
	s.tokens.mu.Lock()
	s.tokens.now = fresh
	s.tokens.mu.Unlock()
	_, err = s.open().Check(s.ctx)
	s.must("check with renewed tokens", err)
	bad := fresh
	bad.Access, bad.Refresh = "gone", "gone"
	_, err = s.auth().Refresh(s.ctx, bad)
	s.kind("refresh with a token nobody gave", err, fault.AuthExpired)
}

func goodCheck(s *seller) {
	health, err := s.conn.Check(s.ctx)
	s.must("check", err)
	if !health.OK || len(health.Missing) > 0 {
		s.Errorf("health is %v, missing %v, checks %v", health.OK, health.Missing, health.Checks)
	}
	if health.ShopName == "" {
		s.Error("health names no shop")
	}
	if health.Currency != "" && health.Currency != "USD" {
		s.Errorf("the shop's currency is %q, want USD", health.Currency)
	}
	if len(health.Checks) == 0 {
		s.Error("health lists no checks")
	}
	for _, c := range health.Checks {
		if c.Name == "" || c.Message == "" || (!c.OK && c.Fix == "") {
			s.Errorf("check %+v: a name, a message and, where it failed, a fix are needed", c)
		}
	}
}

func expiredOnce(s *seller) {
	s.w.Fault(Fault{Kind: TokenExpired, Count: 1})
	_, err := s.conn.Check(s.ctx)
	s.wantRenewedOnce(err)
}

// wantRenewedOnce wants that a refused token was renewed once and the call
// replayed, or that the seller is asked where nothing can be renewed.
func (s *seller) wantRenewedOnce(err error) {
	s.Helper()
	asked, renewed := s.tokens.counts()
	if s.grant.Tokens.Refresh == "" {
		s.kind("a call with an expired token that can't be renewed", err, fault.AuthExpired)
		return
	}
	if err != nil || asked != 1 || renewed != 1 {
		s.Errorf("err %v, %d times said to be refused, %d times renewed; want nil, 1, 1", err, asked, renewed)
	}
}

func expiredTogether(s *seller) {
	if s.grant.Tokens.Refresh == "" {
		s.Skip("this grant can't be renewed")
	}
	s.w.Fault(Fault{Kind: TokenExpired, Count: 4})
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		group.Go(func() { _, errs[i] = s.conn.Check(s.ctx) })
	}
	group.Wait()
	// Four faults may fall on four first calls or twice on one of them: that
	// one is told to ask for a new consent. Nobody renews in a loop.
	if _, renewed := s.tokens.counts(); renewed > 4 {
		s.Errorf("renewed %d times for 4 refusals", renewed)
	}
	for _, err := range errs {
		if err != nil {
			s.kind("a check among others", err, fault.AuthExpired)
		}
	}
}

func expiredTwice(s *seller) {
	s.w.Fault(Fault{Kind: TokenExpired, Count: 1000})
	health, err := s.conn.Check(s.ctx)
	if err == nil && health.OK {
		s.Fatal("a token that is always refused makes a good connection")
	}
	if err != nil {
		s.kind("a token that is always refused", err, fault.AuthExpired)
	}
	if _, renewed := s.tokens.counts(); renewed > 2 {
		s.Errorf("renewed %d times in one check", renewed)
	}
}

func downCheck(s *seller) {
	s.w.Fault(Fault{Kind: ServerError, Count: 1000})
	health, err := s.conn.Check(s.ctx)
	if err == nil && health.OK {
		s.Fatal("a marketplace that answers nothing but errors makes a good connection")
	}
	if err != nil {
		s.kind("a marketplace that is down", err, fault.Temporary, fault.Unknown)
	}
	s.w.Calm()
	health, err = s.conn.Check(s.ctx)
	if err != nil || !health.OK {
		s.Errorf("after the marketplace is back: %v, %v", health, err)
	}
}

func noSecret(s *seller) {
	s.w.Fault(Fault{Kind: ServerError, Count: 2})
	_, err := s.conn.Check(s.ctx)
	if err != nil {
		s.quiet(err.Error())
	}
	if has(s.h.required(), channel.CanWriteListings) {
		w := s.ware("quiet", 1)
		s.w.Fault(Fault{Kind: Rejected, Count: 1, Writes: true})
		s.publish(w)
		if w.gaveUp != nil {
			s.quiet(w.gaveUp.Error())
		}
		for _, v := range s.books.listing(w.listing).Views {
			for _, p := range v.Problems {
				s.quiet(p.Raw + p.Fix + p.Value)
			}
		}
	}
	s.quiet(s.w.Log())
}
