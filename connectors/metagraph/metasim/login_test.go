package metasim

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestProofVectors(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"EAATESTTOKEN123":            "02810c917b3e327d0bc6ccf57ac73ac327c135ce03a538f1a157997bb973e258",
		"EAATESTTOKEN123|1767225600": "8f928b11530a330a573847678d856121d46f36afa34ad3d7a66a6a9530ee0f09",
	} {
		if got := hex.EncodeToString(sign(testSecret, []byte(message))); got != want {
			t.Errorf("proof of %s is %s, want %s", message, got, want)
		}
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.user()
	now := b.clock().Unix()
	timed := func(at int64) string {
		return hex.EncodeToString(sign(testSecret, []byte(token+"|"+strconv.FormatInt(at, 10))))
	}
	plain := hex.EncodeToString(sign(testSecret, []byte(token)))
	cases := []struct {
		name     string
		required bool
		pairs    []string
		code     int
	}{
		{"none", false, nil, 0},
		{"plain", false, []string{"appsecret_proof", plain}, 0},
		{"wrong", false, []string{"appsecret_proof", plain[1:] + "0"}, 100},
		{"timed", true, []string{"appsecret_proof", timed(now - 299), "appsecret_time", strconv.FormatInt(now-299, 10)}, 0},
		{"timed, too old", true, []string{"appsecret_proof", timed(now - 301), "appsecret_time", strconv.FormatInt(now-301, 10)}, 100},
		{"timed, from the future", true, []string{"appsecret_proof", timed(now + 301), "appsecret_time", strconv.FormatInt(now+301, 10)}, 100},
		{"timed, not a number", true, []string{"appsecret_proof", plain, "appsecret_time", "x"}, 100},
		{"time without its proof", true, []string{"appsecret_proof", plain, "appsecret_time", strconv.FormatInt(now, 10)}, 100},
		{"missing though required", true, nil, 100},
	}
	for _, c := range cases {
		b.sim.RequireProof = c.required
		a := b.get("/v26.0/me", token, c.pairs...)
		if code, _ := a.code(); code != c.code {
			t.Errorf("%s: error %d, want %d: %s", c.name, code, c.code, a.raw)
		}
	}
}

func TestDialog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := url.Values{"client_id": {testApp}, "redirect_uri": {testBack}, "state": {`"><script>`}, "scope": {"pages_show_list"}}
	page := b.do(b.sim, mustRequest(t, http.MethodGet, "/v26.0/dialog/oauth?"+good.Encode(), ""))
	if page.status != http.StatusOK || !strings.Contains(page.raw, "Approve") || strings.Contains(page.raw, "<script>") {
		t.Fatalf("dialog: %d %s", page.status, page.raw)
	}
	good.Set("decision", "deny")
	denied := b.do(b.sim, mustRequest(t, http.MethodPost, "/v26.0/dialog/oauth", good.Encode()))
	if to := denied.header.Get("Location"); denied.status != http.StatusFound || !strings.Contains(to, "error=access_denied") || strings.Contains(to, "code=A") {
		t.Fatalf("deny: %d %s", denied.status, to)
	}
	good.Set("decision", "approve")
	if to := b.do(b.sim, mustRequest(t, http.MethodPost, "/v26.0/dialog/oauth", good.Encode())).header.Get("Location"); !strings.HasSuffix(to, "#_=_") {
		t.Fatalf("approve: %s", to)
	}
	for key, value := range map[string]string{"client_id": "1", "redirect_uri": "javascript:alert(1)", "scope": "make_coffee", "response_type": "token"} {
		bad := url.Values{"client_id": {testApp}, "redirect_uri": {testBack}, "scope": {"email"}, "decision": {"approve"}}
		bad.Set(key, value)
		if a := b.do(b.sim, mustRequest(t, http.MethodGet, "/dialog/oauth?"+bad.Encode(), "")); a.status != http.StatusBadRequest {
			t.Errorf("%s=%s: answered %d", key, value, a.status)
		}
	}
}

func mustRequest(t *testing.T, method, target, form string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestCodeExchange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	exchange := func(code, secret, back string) answer {
		return b.get("/v26.0/oauth/access_token", "", "client_id", testApp, "client_secret", secret, "redirect_uri", back, "code", code)
	}
	code := b.approve(Facebook, "/v26.0/dialog/oauth", testApp, "email")
	b.refused(exchange(code, "wrong", testBack), 1, 0)
	b.refused(exchange("AQnonsense", testSecret, testBack), 100, 0)
	b.refused(exchange(code, testSecret, testBack+"&x=1"), 100, 36008)
	got := b.need(exchange(code, testSecret, testBack))
	if got.body["token_type"] != "bearer" || got.body["expires_in"] == nil {
		t.Errorf("answered %s", got.raw)
	}
	b.refused(exchange(code, testSecret, testBack), 100, 36009)
	late := b.approve(Facebook, "/v26.0/dialog/oauth", testApp, "email")
	b.pass(codeLife)
	b.refused(exchange(late, testSecret, testBack), 100, 36007)
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long := b.user()
	page := b.need(b.get("/v26.0/me/accounts", long)).data()[0]["access_token"].(string)
	if again := b.need(b.get("/v26.0/me/accounts", long)).data()[0]["access_token"]; again != page {
		t.Error("the Page's token changed between two calls")
	}
	b.refused(b.get("/v26.0/me", ""), 104, 0)
	b.refused(b.get("/v26.0/me", "EAAnonsense"), 190, 0)
	b.pass(longLife)
	b.refused(b.get("/v26.0/me", long), 190, 463)
	b.refused(b.get("/v26.0/oauth/access_token", "", "grant_type", "fb_exchange_token", "client_id", testApp, "client_secret", testSecret, "fb_exchange_token", long), 190, 463)
	b.need(b.get("/v26.0/me", page))
	debug := b.need(b.get("/v26.0/debug_token", testApp+"|"+testSecret, "input_token", page)).body["data"].(map[string]any)
	if debug["type"] != "PAGE" || debug["profile_id"] != b.ids.Page || debug["is_valid"] != true || debug["expires_at"].(interface{ String() string }).String() != "0" {
		t.Errorf("debug_token: %v", debug)
	}
	if err := b.sim.InvalidateTokens(t.Context(), 460); err != nil {
		t.Fatal(err)
	}
	b.refused(b.get("/v26.0/me", page), 190, 460)
	if err := b.sim.ExpireTokens(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.refused(b.get("/v26.0/me", page), 190, 463)
	dead := b.need(b.get("/v26.0/debug_token", testApp+"|"+testSecret, "input_token", page)).body["data"].(map[string]any)
	if dead["is_valid"] != false || dead["error"] == nil {
		t.Errorf("debug_token of a dead token: %v", dead)
	}
	if b.sim.InvalidateTokens(t.Context(), 1) == nil {
		t.Error("an unknown subcode was taken")
	}
}

func TestDataAccessEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.user()
	if err := b.sim.ExpireDataAccess(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := b.need(b.get("/v26.0/me/accounts", token)); len(a.data()) != 0 {
		t.Errorf("still lists: %s", a.raw)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bare := b.user("email")
	b.refused(b.get("/v26.0/me/accounts", bare), 200, 0)
	b.refused(b.get("/v26.0/me/businesses", bare), 200, 0)
	b.refused(b.get("/v26.0/"+b.ids.Catalog, bare), 200, 0)
	page := b.pageToken()
	b.refused(b.write(page, request1("CREATE", mug("a"))), 200, 0)
	b.refused(b.get("/v26.0/"+b.ids.Page+"/conversations", b.user()), 210, 0)
	b.refused(b.get("/v26.0/me", testApp+"|"+testSecret), 100, 33)
	b.refused(b.get("/v26.0/999999999999999", page), 100, 33)
}

func TestInstagramLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.instagramToken()
	ig := func(path string, pairs ...string) answer {
		return b.call(Instagram, http.MethodGet, path, token, pairs...)
	}
	me := b.need(ig("/v26.0/me", "fields", "user_id,id,username"))
	if me.body["user_id"] != b.ids.IG || me.body["id"] != b.ids.IGScoped || me.body["id"] == me.body["user_id"] {
		t.Errorf("me: %s", me.raw)
	}
	young := ig("/refresh_access_token", "grant_type", "ig_refresh_token")
	b.refused(young, 100, 0)
	if !strings.Contains(young.raw, "IGApiException") {
		t.Errorf("error type: %s", young.raw)
	}
	b.pass(25 * time.Hour)
	fresh := b.need(ig("/refresh_access_token", "grant_type", "ig_refresh_token"))
	if fresh.body["access_token"] == token || fresh.body["token_type"] != "bearer" {
		t.Errorf("refresh: %s", fresh.raw)
	}
	b.pass(igLongLife)
	b.refused(ig("/refresh_access_token", "grant_type", "ig_refresh_token"), 190, 463)
	b.refused(b.get("/v26.0/me", token), 190, 463)
	b.refused(b.call(Instagram, http.MethodGet, "/me", b.system()), 190, 0)
	b.refused(b.get("/v26.0/"+b.ids.IGScoped, b.system()), 100, 33)
}

func TestInstagramFlatToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.FlatInstagramToken = true
	code := b.approve(Instagram, "/oauth/authorize", testApp, "instagram_business_basic")
	exchange := func(code, secret string) answer {
		return b.call(Instagram, http.MethodPost, "/oauth/access_token", "", "client_id", testApp, "client_secret", secret,
			"grant_type", "authorization_code", "redirect_uri", testBack, "code", code)
	}
	b.refused(exchange(code, testSecret), 101, 0)
	a := b.need(exchange(code, testIGSecret))
	if !strings.Contains(a.raw, `"user_id":`+b.ids.IG) {
		t.Errorf("answered %s", a.raw)
	}
}
