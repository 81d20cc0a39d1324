package tiktoksim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestExchange(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	fresh := func() string {
		code, err := s.sim.NewCode()
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	code := fresh()
	good := url.Values{"auth_code": {code}, "grant_type": {"authorized_code"}}
	if r := s.auth("get", url.Values{"auth_code": {code}, "grant_type": {"authorization_code"}}); r.Code != codeInvalid {
		t.Errorf("other grant type: %s", r.raw)
	}
	if r := s.auth("get", url.Values{"auth_code": {code}, "grant_type": {"authorized_code"}, "app_key": {testKey}, "app_secret": {"x"}}); r.Code != codeInvalid {
		t.Errorf("wrong secret: %s", r.raw)
	}
	r := s.auth("get", good)
	if r.Code != 0 || field[int64](t, r.Data, "access_token_expire_in") != s.clock.Add(7*24*time.Hour).Unix() || field[int](t, r.Data, "user_type") != 0 {
		t.Errorf("exchange: %s", r.raw)
	}
	if scopes := field[[]string](t, r.Data, "granted_scopes"); len(scopes) != len(AllScopes()) {
		t.Errorf("scopes %v", scopes)
	}
	if r := s.auth("get", good); r.Code != codeBadCode {
		t.Errorf("second use: %s", r.raw)
	}
	old := fresh()
	*s.clock = s.clock.Add(30 * time.Minute)
	if r := s.auth("get", url.Values{"auth_code": {old}, "grant_type": {"authorized_code"}}); r.Code != codeBadCode {
		t.Errorf("after 30 minutes: %s", r.raw)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	code, err := s.sim.NewCode()
	if err != nil {
		t.Fatal(err)
	}
	token := func(r reply) string { t.Helper(); return field[string](t, r.Data, "refresh_token") }
	refresh := func(token string) reply {
		return s.auth("refresh", url.Values{"refresh_token": {token}, "grant_type": {"refresh_token"}})
	}
	first := token(s.auth("get", url.Values{"auth_code": {code}, "grant_type": {"authorized_code"}}))
	second := token(refresh(first))
	if second == first {
		t.Error("the refresh token did not change")
	}
	third := token(refresh(first)) // the answer with the second one was lost
	if r := refresh(second); r.Code != codeNoGrant {
		t.Errorf("a successor nobody used: %s", r.raw)
	}
	fourth := token(refresh(third))
	if r := refresh(first); r.Code != codeNoGrant {
		t.Errorf("two generations old: %s", r.raw)
	}
	*s.clock = s.clock.Add(366 * 24 * time.Hour)
	if r := refresh(fourth); r.Code != codeRefreshExpired {
		t.Errorf("after the authorization ended: %s", r.raw)
	}
	if r := s.auth("refresh", url.Values{"refresh_token": {fourth}, "grant_type": {"authorized_code"}}); r.Code != codeInvalid {
		t.Errorf("other grant type: %s", r.raw)
	}
}

func TestDeauthorize(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	if err := s.sim.Deauthorize(); err != nil {
		t.Fatal(err)
	}
	s.call(codeTokenInvalid, http.MethodGet, "/authorization/202309/shops", "")
}

func TestConsent(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	ask := func(method, target, form string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.sim.ServeHTTP(w, r)
		return w
	}
	const query = "service_id=7400000001&state=a%20%26b%3Cscript%3E"
	page := ask(http.MethodGet, "/open/authorize?"+query, "")
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Approve") || strings.Contains(page.Body.String(), "<script>") {
		t.Errorf("page: %d %s", page.Code, page.Body)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"form": ask(http.MethodPost, "/open/authorize", query+"&decision=approve"), "script": ask(http.MethodGet, "/open/authorize?"+query+"&decision=approve", ""),
	} {
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusFound || to.Host != "seller.example" || to.Query().Get("state") != "a &b<script>" || to.Query().Get("keep") != "1" {
			t.Errorf("%s: %d to %s", name, w.Code, to)
			continue
		}
		if r := s.auth("get", url.Values{"auth_code": {to.Query().Get("code")}, "grant_type": {"authorized_code"}}); r.Code != 0 {
			t.Errorf("%s: the code is not good: %s", name, r.raw)
		}
	}
	if w := ask(http.MethodPost, "/open/authorize", query+"&decision=deny"); w.Code != http.StatusOK || w.Header().Get("Location") != "" {
		t.Errorf("deny: %d", w.Code)
	}
	if w := ask(http.MethodGet, "/open/authorize?service_id=x", ""); w.Code != http.StatusBadRequest {
		t.Errorf("unknown service: %d", w.Code)
	}
	if w := ask(http.MethodPost, "/open/authorize", "service_id=x&decision=approve"); w.Code != http.StatusBadRequest {
		t.Errorf("unknown service approved: %d", w.Code)
	}
}
