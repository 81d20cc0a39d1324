package etsysim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct{ key, want string }{
		{"", "Missing x-api-key"},
		{testKeystring, "Shared secret is required in x-api-key header."},
		{testKeystring + ":", "Shared secret is required"},
		{testKeystring + ":wrong", "Invalid shared secret"},
		{"other:" + testSecret, "Invalid API key"},
	} {
		for _, path := range []string{"/v3/application/openapi-ping", "/v3/application/users/me"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("X-Api-Key", tc.key)
			b.want(b.serve(r), http.StatusForbidden, tc.want)
		}
	}
	r := formRequest(http.MethodPost, "/v3/public/oauth/token", url.Values{})
	b.want(b.serve(r), http.StatusForbidden, "Missing x-api-key")
	b.want(b.get("/openapi-ping"), http.StatusOK, "application_id")
}

func TestBearer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for header, want := range map[string]string{
		"Basic abc":      "must be a bearer token",
		"Bearer 1.wrong": "access token is invalid",
		"Bearer ":        "access token is invalid",
	} {
		r := httptest.NewRequest(http.MethodGet, "/v3/application/users/me", nil)
		r.Header.Set("Authorization", header)
		b.want(b.send(r), http.StatusUnauthorized, want)
	}
	if !strings.HasPrefix(b.token, strconv.FormatInt(b.sim.UserID(), 10)+".") {
		t.Errorf("token %q does not begin with the user id", b.token)
	}
	if a := b.want(b.get("/users/me"), 200, ""); a.id("shop_id") != b.sim.ShopID() || a.id("user_id") != b.sim.UserID() {
		t.Errorf("me is %s", a.raw)
	}
	b.wait(accessLife - time.Second)
	b.want(b.get("/users/me"), http.StatusOK, "")
	b.wait(time.Second)
	a := b.want(b.get("/users/me"), http.StatusUnauthorized, "access token is expired")
	if a.error() != "invalid_token" {
		t.Errorf("error %q", a.error())
	}
	b.token = ""
	b.want(b.get("/users/me"), http.StatusUnauthorized, "missing")
	b.want(b.get(b.shop("")), http.StatusOK, "Manystall Demo")
}

func TestScopes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, op := range operations() {
		if op.scope == "" {
			continue
		}
		b.connect(strings.TrimSpace(strings.ReplaceAll(allScopes+" ", op.scope+" ", "")))
		path := strings.NewReplacer("{shop_id}", fmt.Sprint(b.sim.ShopID()), "{listing_id}", "1", "{listing_image_id}", "1",
			"{receipt_id}", "1", "{readiness_state_definition_id}", "1").Replace(op.path)
		r := httptest.NewRequest(op.method, "/v3/application"+path, nil)
		b.want(b.send(r), http.StatusForbidden, "insufficient_scope")
	}
	b.connect("shops_r")
	b.want(b.form(http.MethodPost, "/scopes", url.Values{"token": {b.token}}), http.StatusOK, `"scopes":["shops_r"]`)
	b.want(b.form(http.MethodPost, "/scopes", url.Values{"token": {"1.x"}}), http.StatusUnauthorized, "")
	b.want(b.form(http.MethodPost, "/scopes", nil), http.StatusBadRequest, "'token'")
}

func TestConsentPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	visit := func(change func(url.Values)) answer {
		q := consentQuery("shops_r listings_r")
		change(q)
		return b.serve(httptest.NewRequest(http.MethodGet, "/oauth/connect?"+q.Encode(), nil))
	}
	page := b.want(visit(func(url.Values) {}), http.StatusOK, "Manystall Demo")
	b.want(page, http.StatusOK, `value="approve"`)
	for name, wrong := range map[string][]string{
		"response_type": {"", "token"}, "client_id": {"", "other"}, "state": {""}, "scope": {"", "everything"},
		"code_challenge": {"", "short"}, "code_challenge_method": {"", "plain"},
		"redirect_uri": {"", "http://shop.example/cb", "/cb", "javascript:alert(1)", "https://a.example/cb#x", "https://u:p@a.example/cb"},
	} {
		for _, value := range wrong {
			a := visit(func(q url.Values) { q.Set(name, value); q.Set("decision", "approve") })
			if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
				t.Errorf("%s=%q: %d, redirect %q", name, value, a.status, a.header.Get("Location"))
			}
		}
	}
	a := visit(func(q url.Values) { q.Set("decision", "deny") })
	if at := a.header.Get("Location"); !strings.Contains(at, "error=access_denied") || !strings.Contains(at, "state=st%26te") {
		t.Errorf("deny goes to %q", at)
	}
	post := formRequest(http.MethodPost, "/oauth/connect?"+consentQuery("shops_r").Encode(), url.Values{"decision": {"approve"}})
	if at := b.serve(post).header.Get("Location"); !strings.HasPrefix(at, testRedirect+"?code=") || !strings.Contains(at, "state=st%26te") {
		t.Errorf("approve goes to %q", at)
	}
	evil := b.want(visit(func(q url.Values) { q.Set("scope", "<script>") }), http.StatusBadRequest, "&lt;script&gt;")
	if strings.Contains(string(evil.raw), "<script>") {
		t.Error("the page does not escape")
	}
}

func TestRegisteredCallback(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.Callback = testRedirect + "/"
	q := consentQuery("listings_r")
	a := b.serve(httptest.NewRequest(http.MethodGet, "/oauth/connect?"+q.Encode(), nil))
	b.want(a, http.StatusBadRequest, "redirect URL is not permitted")
	q.Set("redirect_uri", b.sim.Callback)
	b.want(b.serve(httptest.NewRequest(http.MethodGet, "/oauth/connect?"+q.Encode(), nil)), http.StatusOK, "Approve")
}

func TestCodeExchange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := func() string {
		q := consentQuery("shops_r")
		q.Set("decision", "approve")
		a := b.serve(httptest.NewRequest(http.MethodGet, "/oauth/connect?"+q.Encode(), nil))
		u, _ := url.Parse(a.header.Get("Location"))
		return u.Query().Get("code")
	}
	fields := func(code string) url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {testRedirect}, "code_verifier": {testVerifier}}
	}
	for name, tc := range map[string]struct{ field, value, want string }{
		"verifier":  {"code_verifier", strings.Repeat("x", 43), "code_verifier"},
		"short":     {"code_verifier", "short", "code_verifier"},
		"redirect":  {"redirect_uri", testRedirect + "/", "redirect_uri"},
		"client":    {"client_id", "other", "invalid_client"},
		"grant":     {"grant_type", "password", "unsupported_grant_type"},
		"no code":   {"code", "", "code is missing"},
		"bad code":  {"code", "nonsense", "invalid_grant"},
		"no verify": {"code_verifier", "", "code_verifier is missing"},
	} {
		f := fields(code())
		f.Set(tc.field, tc.value)
		if a := b.exchange(f); a.status != 400 || !strings.Contains(string(a.raw), tc.want) {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	once := code()
	a := b.want(b.exchange(fields(once)), http.StatusOK, `"token_type":"Bearer"`)
	if a.id("expires_in") != 3600 {
		t.Errorf("expires_in %d", a.id("expires_in"))
	}
	b.want(b.exchange(fields(once)), http.StatusBadRequest, "used before")
	late := code()
	b.wait(codeLife)
	b.want(b.exchange(fields(late)), http.StatusBadRequest, "expired")
	r := httptest.NewRequest(http.MethodPost, "/v3/public/oauth/token", strings.NewReader(`{}`))
	r.Header.Set("Content-Type", "application/json")
	b.want(b.send(r), http.StatusBadRequest, "invalid_request")
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.refresh
	fields := func(token string) url.Values {
		return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	}
	if err := b.sim.ExpireTokens(); err != nil {
		t.Fatal(err)
	}
	b.want(b.get("/users/me"), http.StatusUnauthorized, "expired")
	b.keep(b.want(b.exchange(fields(first)), http.StatusOK, ""))
	b.want(b.get("/users/me"), http.StatusOK, "")
	b.want(b.exchange(fields(first)), http.StatusBadRequest, "revoked")
	b.want(b.exchange(fields("1.none")), http.StatusBadRequest, "invalid_grant")
	b.want(b.exchange(fields("")), http.StatusBadRequest, "missing")
	b.wait(refreshLife)
	b.want(b.exchange(fields(b.refresh)), http.StatusBadRequest, "expired")
	b.connect(allScopes)
	if err := b.sim.RevokeTokens(); err != nil {
		t.Fatal(err)
	}
	b.want(b.exchange(fields(b.refresh)), http.StatusBadRequest, "revoked")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.PerSecond, b.sim.PerDay, b.token = 2, 3, ""
	a := b.want(b.get("/openapi-ping"), 200, "")
	for name, want := range map[string]string{
		"X-Limit-Per-Second": "2", "X-Remaining-This-Second": "1", "X-Limit-Per-Day": "3", "X-Remaining-Today": "2",
	} {
		if a.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, a.header.Get(name), want)
		}
	}
	if len(a.header.Get("X-Etsy-Request-Uuid")) != 36 {
		t.Errorf("request id %q", a.header.Get("X-Etsy-Request-Uuid"))
	}
	b.want(b.get("/openapi-ping"), 200, "")
	a = b.want(b.get("/openapi-ping"), http.StatusTooManyRequests, "per second")
	if a.header.Get("Retry-After") != "1" || a.header.Get("X-Limit-Per-Second") != "" {
		t.Errorf("headers %v", a.header)
	}
	b.wait(time.Second)
	b.want(b.get("/openapi-ping"), 200, "")
	b.wait(time.Second)
	a = b.want(b.get("/openapi-ping"), http.StatusTooManyRequests, "daily")
	seconds, _ := strconv.Atoi(a.header.Get("Retry-After"))
	b.wait(time.Duration(seconds-1) * time.Second)
	b.want(b.get("/openapi-ping"), http.StatusTooManyRequests, "daily")
	b.wait(time.Second)
	b.want(b.get("/openapi-ping"), 200, "")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for kind, want := range map[string]struct {
		status int
		text   string
	}{
		simkit.FaultServerError:  {500, `{"error":"Server Error"}`},
		simkit.FaultRateLimited:  {429, "rate limit"},
		simkit.FaultTokenExpired: {401, "access token is expired"},
		simkit.FaultRejected:     {400, "rejected"},
	} {
		if err := b.sim.Faults().Add(kind, 1); err != nil {
			t.Fatal(err)
		}
		a := b.want(b.get("/openapi-ping"), want.status, want.text)
		if got := a.header.Get("Retry-After"); (got != "") != (want.status == 429) {
			t.Errorf("%s: retry-after %q", kind, got)
		}
		b.want(b.get("/openapi-ping"), 200, "")
	}
}

func TestLostAnswerIsApplied(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.sim.Faults().Add(simkit.FaultTimeoutAfterApply, 1); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the connection did not close")
			}
		}()
		b.form(http.MethodPost, b.shop("/listings"), draftFields())
	}()
	if a := b.get(b.shop("/listings?state=draft")); a.id("count") != 1 {
		t.Errorf("drafts: %s", a.raw)
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/v3/application/conversations"}, {"PUT", "/v3/application/shops/1/listings/2"},
		{"POST", "/v3/application/users/me"}, {"GET", "/v3/public/oauth/token"}, {"DELETE", "/oauth/connect"},
	} {
		b.want(b.send(httptest.NewRequest(tc.method, tc.path, nil)), http.StatusNotFound, `{"error":"Resource not found"}`)
	}
	b.want(b.get("/shops/abc"), http.StatusBadRequest, "Expected int value for 'shop_id'")
	b.want(b.get("/shops/1"), http.StatusNotFound, "Could not find a Shop")
	b.want(b.get("/listings/99"), http.StatusNotFound, "Could not find a Listing")
}
