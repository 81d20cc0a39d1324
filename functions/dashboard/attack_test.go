package dashboard

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/httpapi"
)

// known are words of the first workspace that no answer to the second one may
// hold.
func known() []string {
	return []string{"w1", "Clay", "Ada", "Mug", "MUG", "_1", "acc_", "prd_", "Asia", "Tartu", "3001"}
}

// Filters that name what another workspace has find nothing of it, and a cursor
// of its lists is none of ours.
func TestFiltersAndCursorsStayInTheirWorkspace(t *testing.T) {
	t.Parallel()
	for _, path := range lists(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, q := range []string{"q=3001", "q=ada@example.org", "q=MUG-S", "sku=MUG-S", "product=prd_mug", "listing=x", "account=acc_etsy", "state=paid", "state=rejected", "state=open", "channel=etsy", "channel=facebook", "from=2026-11-01&to=2026-11-22"} {
				rec := call(w, http.MethodGet, path+"?"+q, keyTwo, "")
				if !slices.Contains([]int{http.StatusOK, http.StatusNotFound, http.StatusUnprocessableEntity}, rec.Code) {
					t.Errorf("%s: status %d", q, rec.Code)
				}
				for _, word := range known() {
					if rec.Code == http.StatusOK && strings.Contains(rec.Body.String(), word) {
						t.Errorf("%s: the answer holds %q: %s", q, word, rec.Body)
					}
				}
			}
			var page struct {
				Next string `json:"next_cursor"`
			}
			if rec := call(w, http.MethodGet, path+"?limit=1", keyOne, ""); json.Unmarshal(rec.Body.Bytes(), &page) != nil || page.Next == "" {
				return // no list, or one that is short
			}
			if rec := call(w, http.MethodGet, path+"?limit=1&cursor="+url.QueryEscape(page.Next), keyTwo, ""); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "invalid_cursor") {
				t.Errorf("another's cursor answers %d: %s", rec.Code, rec.Body)
			}
		})
	}
}

// The same answer for what another workspace has and for what nobody has: not
// even that it exists is told.
func TestAnotherWorkspacesThingsLookLikeNothing(t *testing.T) {
	t.Parallel()
	request := regexp.MustCompile(`"request_id":"[^"]*"`)
	for _, op := range operations(t) {
		method, path, _ := strings.Cut(op, " ")
		its, ok := idsOfOne()[path]
		if !ok {
			continue
		}
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			ask := func(thing string) string {
				r := httptest.NewRequest(method, filled(path, thing), strings.NewReader(bodiesOf()[op]))
				r.Header.Set("Authorization", "Bearer "+keyTwo)
				r.Header.Set("If-Match", "*")
				rec := httptest.NewRecorder()
				newWorld(t).ServeHTTP(rec, r)
				text := request.ReplaceAllString(rec.Body.String(), "")
				listing, _, _ := strings.Cut(thing, ".") // the id of a view begins with that of its listing
				return strings.NewReplacer(thing, "ID", listing, "ID").Replace(http.StatusText(rec.Code) + " " + text)
			}
			nobodys := "nobodys-0"
			if strings.Contains(path, "/listings/") { // its id names the channel too
				nobodys = viewID("lst_nobodys", "etsy")
			}
			if got, want := ask(its), ask(nobodys); got != want {
				t.Errorf("another's answers %s\nnobody's answers %s", got, want)
			}
		})
	}
}

// Paths that try to leave their place end at an error and touch nothing.
func TestOddPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"..", ".", "%2e%2e", "..%2f..%2fw1", "%2Fv1%2Fme", "ord_1%00", "ord_1%0d%0aX-Evil:1", "w%23w1", "a%5Cb", "%ff", "ord_1;x=1", "ord_1%3Fx", "💥", strings.Repeat("x", 129), strings.Repeat("%41", 3000)} {
		for _, path := range []string{"/v1/orders/", "/v1/conversations/", "/v1/connections/", "/v1/imports/", "/v1/products/"} {
			address, err := url.ParseRequestURI(path + id)
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.URL = address
			r.Header.Set("Authorization", "Bearer "+keyOne)
			rec := httptest.NewRecorder()
			w.ServeHTTP(rec, r)
			if rec.Code != http.StatusNotFound && rec.Code != http.StatusUnprocessableEntity || rec.Header().Get("X-Evil") != "" || len(w.does.asked) != 0 {
				t.Errorf("%s%s answers %d %s, asked %v", path, id, rec.Code, rec.Body, w.does.asked)
			}
		}
	}
}

// Bodies that want to cost more than they are.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat(`{"x":`, 60) + "1" + strings.Repeat("}", 60)
	runAll(t, []scenario{
		{name: "nested too deep", method: "PATCH", url: "/v1/me", body: strings.Repeat("[", 100_000), status: 400},
		{name: "nested too deep in a free place", method: "PATCH", url: "/v1/connections/acc_etsy", body: `{"defaults":` + strings.Repeat(`{"brand":`, 70) + `1` + strings.Repeat("}", 71), status: 400, after: asked("")},
		{name: "objects in objects", method: "PATCH", url: "/v1/connections/acc_etsy", body: `{"defaults":` + wide + `}`, status: 422, after: asked("")},
		{name: "a million names", method: "PATCH", url: "/v1/me", body: "{" + strings.Repeat(`"a":1,`, 100_000) + `"b":1}`, status: 422, want: []string{"unknown_field"}},
		{name: "one name twice", method: "PATCH", url: "/v1/me", body: `{"name":"x","name":"y"}`, status: 422, want: []string{"repeated"}},
		{name: "one name in other letters", method: "PATCH", url: "/v1/me", body: `{"Name":"x"}`, status: 422, want: []string{"unknown_field"}},
		{name: "a number beyond all", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":1e400}`, status: 422, after: asked("")},
		{name: "a fraction", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":0.5}`, status: 422, after: asked("")},
		{name: "a line break in a name", method: "PATCH", url: "/v1/me", body: `{"name":"x\r\nSet-Cookie: y"}`, status: 422},
		{name: "another's upload", method: "POST", url: "/v1/imports", header: map[string]string{"Content-Type": "application/json"}, body: `{"upload":"../w2/upl_1"}`, status: 422, after: asked("")},
		{name: "the folder above", method: "POST", url: "/v1/imports", header: map[string]string{"Content-Type": "application/json"}, body: `{"upload":".."}`, status: 422, after: asked("")},
	})
}

// What another site lets a browser send is refused before it is looked at.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	from := func(site string) map[string]string { return map[string]string{"Sec-Fetch-Site": site} }
	login := `{"key":"` + keyOne + `","cookie":true}`
	old := map[string]string{"Origin": "https://evil.example"}
	runAll(t, []scenario{
		{name: "a login from elsewhere", method: "POST", url: "/v1/sessions", open: true, header: from("cross-site"), body: login, status: 403, want: []string{"cross_origin"}, headers: map[string]string{"Set-Cookie": ""}},
		{name: "a login from a neighbour", method: "POST", url: "/v1/sessions", open: true, header: from("same-site"), body: login, status: 403},
		{name: "a login from elsewhere, in an old browser", method: "POST", url: "/v1/sessions", open: true, header: old, body: login, status: 403},
		{name: "our own page", method: "POST", url: "/v1/sessions", open: true, header: from("same-origin"), body: login, status: 201},
		{name: "a cookie with its token, from elsewhere", method: "PATCH", url: "/v1/me", open: true, header: with(with(cookie(sessionOne), httpapi.CSRFHeader, csrfOne), "Sec-Fetch-Site", "cross-site"), body: `{"name":"x"}`, status: 403, after: asked("")},
		{name: "reading", method: "GET", url: "/v1/health", open: true, header: from("cross-site"), status: 200},
		{name: "a client with a key", method: "PATCH", url: "/v1/me", header: from("cross-site"), body: `{"name":"x"}`, status: 200},
	})
}

// Over TLS a cookie a neighbour could have planted is not looked at.
func TestAPlantedCookieIsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(name string) int {
		r := httptest.NewRequest(http.MethodGet, "/v1/me", nil)
		r.Host = "shop.example"
		r.AddCookie(&http.Cookie{Name: name, Value: sessionOne})
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		return rec.Code
	}
	if ask(httpapi.Cookie) != http.StatusUnauthorized || ask("__Host-"+httpapi.Cookie) != http.StatusOK {
		t.Error("a cookie without the prefix is taken, or one with it is not")
	}
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/v1/sessions", strings.NewReader(`{"key":"`+keyOne+`","cookie":true}`))
	r.Host = "shop.example"
	w.ServeHTTP(rec, r)
	if c := rec.Result().Cookies(); len(c) != 1 || !strings.HasPrefix(c[0].Name, "__Host-") || !c[0].Secure || c[0].Path != "/" || c[0].Domain != "" {
		t.Errorf("a browser would not keep %v", c)
	}
}

// A session that is made is a new one, whatever the browser brought.
func TestSessionsAreNeverTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, brought := range []string{sessionOne, "mss_chosen-by-somebody"} {
		r := httptest.NewRequest(http.MethodPost, "/v1/sessions", strings.NewReader(`{"key":"`+keyTwo+`","cookie":true}`))
		r.Host = "localhost:8080"
		r.AddCookie(&http.Cookie{Name: httpapi.Cookie, Value: brought})
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		if c := rec.Result().Cookies(); len(c) != 1 || c[0].Value == brought {
			t.Errorf("brought %s, got %v", brought, c)
		}
	}
	scenario{method: "GET", url: "/v1/me", key: sessionOne, status: 200, want: []string{`"workspace":"w1"`}}.run(t, w)
	scenario{method: "GET", url: "/v1/me", key: "mss_chosen-by-somebody", status: 401}.run(t, w)
}

// Keys, tokens, links and what buyers wrote never reach the log, whatever goes
// wrong.
func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log bytes.Buffer
	d := w.Deps
	d.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := New(d)
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/v1/sessions", strings.NewReader(`{"key":"`+keyOne+`"}`)),
		httptest.NewRequest(http.MethodPost, "/v1/sessions", strings.NewReader(`{"key":"msk_wrong-secret"}`)),
		httptest.NewRequest(http.MethodGet, "/signin?t=msl_wrong-secret", nil),
		httptest.NewRequest(http.MethodGet, "/v1/oauth/etsy/callback?state=wrong-secret&code=wrong-secret", nil),
		httptest.NewRequest(http.MethodGet, "/v1/orders?q=ada@example.org", nil),
		httptest.NewRequest(http.MethodPost, "/v1/conversations/cnv_1/messages", strings.NewReader(`{"text":"wrong-secret"}`)),
		httptest.NewRequest(http.MethodPost, "/v1/conversations/cnv_1/messages", strings.NewReader(`{"text":7,"wrong-secret":1}`)),
	} {
		if strings.HasPrefix(r.URL.Path, "/v1/conv") || strings.HasPrefix(r.URL.Path, "/v1/orders") {
			r.Header.Set("Authorization", "Bearer "+keyOne)
		}
		r.Header.Set("Idempotency-Key", "key-"+r.URL.Path[1:3])
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	w.memory.down = &url.Error{Op: "Get", URL: "https://x.example", Err: http.ErrHandlerTimeout}
	r := httptest.NewRequest(http.MethodGet, "/v1/me", nil)
	r.Header.Set("Authorization", "Bearer "+keyOne)
	h.ServeHTTP(httptest.NewRecorder(), r)
	for _, word := range []string{keyOne, "wrong-secret", "msk_", "mss_", "msl_", "ada@", "Bearer"} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log holds %q: %s", word, log.String())
		}
	}
	if !strings.Contains(log.String(), `"op":"POST /v1/sessions"`) || !strings.Contains(log.String(), "ERROR") {
		t.Errorf("nothing was logged: %s", log.String())
	}
}

// A sign-in link ends, and an If-Match guards an edit against what the other
// browser did.
func TestLinksEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.memory.credentials[httpapi.HashKey(linkOne)]
	c.ExpiresAt = noon.Add(-time.Nanosecond)
	w.memory.credentials[httpapi.HashKey(linkOne)] = c
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/signin?t="+linkOne, nil))
	if rec.Code != http.StatusForbidden || len(rec.Result().Cookies()) != 0 {
		t.Errorf("an old link answers %d", rec.Code)
	}
	rec = httptest.NewRecorder()
	fresh := newWorld(t)
	fresh.ServeHTTP(rec, httptest.NewRequest(http.MethodHead, "/signin?t="+linkOne, nil))
	if len(rec.Result().Cookies()) != 0 || fresh.memory.credentials[httpapi.HashKey(linkOne)].Hash == "" {
		t.Error("a program that looks at links uses them up")
	}
}
