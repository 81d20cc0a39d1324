package dashboard

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/shared/httpapi"
)

func callWith(w *world, url string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, url, nil)
	r.Header = header
	r.Header.Set("Authorization", "Bearer "+keyOne)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func event(method, path, query string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, RawQueryString: query, Headers: map[string]string{"authorization": "Bearer " + keyOne, "host": "api.example", "x-forwarded-proto": "https"}}
	e.RequestContext.HTTP.Method, e.RequestContext.DomainName = method, "api.example"
	return e
}

func TestHandle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	binary := event("POST", "/v1/imports", "")
	binary.Headers["content-type"] = "application/octet-stream"
	binary.Body, binary.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte("a\xff")), true
	browser := event("GET", "/v1/me", "")
	delete(browser.Headers, "authorization")
	browser.Cookies = []string{"theme=dark", httpapi.Cookie + "=planted", httpapi.CookieName(true) + "=" + sessionOne}
	broken := event("POST", "/v1/imports", "")
	broken.Body, broken.IsBase64Encoded = "***", true
	login := event("POST", "/v1/sessions", "")
	login.Body = `{"cookie":true}`
	for name, tc := range map[string]struct {
		event  events.APIGatewayV2HTTPRequest
		status int
		want   string
	}{
		"a list":           {event("GET", "/v1/orders", "limit=1&state=paid"), 200, `"id":"ord_1"`},
		"an encoded path":  {event("GET", "/v1/orders/ord%5F1", ""), 200, `"id":"ord_1"`},
		"a decoded path":   {event("GET", "/v1/orders/ord 1", ""), 422, `not_id`},
		"a broken path":    {event("GET", "/v1/orders/%zz", ""), 422, `not_id`},
		"an address":       {event("GET", "//evil.example/v1/me", ""), 404, ``},
		"a binary body":    {binary, 202, `"state":"running"`},
		"a browser":        {browser, 200, `"csrf"`},
		"a broken body":    {broken, 400, ``},
		"a session cookie": {login, 201, `"csrf"`},
		"an empty event":   {events.APIGatewayV2HTTPRequest{}, 404, ``},
	} {
		got, err := w.Handle(context.Background(), tc.event)
		if err != nil || got.StatusCode != tc.status || !strings.Contains(got.Body, tc.want) {
			t.Errorf("%s: %v, %d %s, want %d with %s", name, err, got.StatusCode, got.Body, tc.status, tc.want)
		}
		if name == "a session cookie" && (len(got.Cookies) != 1 || !strings.Contains(got.Cookies[0], "Secure")) {
			t.Errorf("%s: cookies %v, want one that is bound to TLS", name, got.Cookies)
		}
	}
}

func TestSignin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	get := func(path string) *http.Response {
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		return rec.Result()
	}
	first := get("/signin?t=" + linkOne)
	if first.StatusCode != http.StatusSeeOther || first.Header.Get("Location") != "/" || len(first.Cookies()) != 1 {
		t.Fatalf("the link answers %s with cookies %v, want a session and the way to /", first.Status, first.Cookies())
	}
	scenario{method: "GET", url: "/v1/me", open: true, header: cookie(first.Cookies()[0].Value), status: 200, want: []string{`"workspace":"w1"`}}.run(t, w)
	for _, used := range []string{linkOne, linkOld, "msl_guess", keyOne, sessionOne} {
		if got := get("/signin?t=" + used); got.StatusCode != http.StatusForbidden || len(got.Cookies()) != 0 {
			t.Errorf("%s answers %s, want 403 and no cookie", used, got.Status)
		}
	}
	again := httptest.NewRequest(http.MethodGet, "/signin?t="+linkOne, nil)
	again.AddCookie(first.Cookies()[0])
	rec := httptest.NewRecorder()
	if w.ServeHTTP(rec, again); rec.Code != http.StatusSeeOther || len(rec.Result().Cookies()) != 0 {
		t.Errorf("the link again in the same browser answers %d, want the way to the dashboard and no new session", rec.Code)
	}
	if len(w.memory.locks) != 0 {
		t.Errorf("locks are still held: %v", w.memory.locks)
	}
	scenario{method: "GET", url: "/v1/me", key: keyOne, status: 200}.run(t, w) // the key was not used up
}

func TestSigninForm(t *testing.T) {
	t.Parallel()
	post := func(body, site string) *http.Response {
		r := httptest.NewRequest(http.MethodPost, "/signin", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		rec := httptest.NewRecorder()
		newWorld(t).ServeHTTP(rec, r)
		return rec.Result()
	}
	for name, tc := range map[string]struct {
		body, site string
		status     int
	}{
		"the key":            {"key=" + keyOne, "same-origin", http.StatusSeeOther},
		"another site":       {"key=" + keyOne, "cross-site", http.StatusForbidden},
		"a wrong key":        {"key=msk_guess", "same-origin", http.StatusForbidden},
		"a session":          {"key=" + sessionOne, "same-origin", http.StatusForbidden},
		"nothing":            {"", "same-origin", http.StatusForbidden},
		"much more than one": {"key=" + strings.Repeat("k", 9<<10), "same-origin", http.StatusForbidden},
	} {
		got := post(tc.body, tc.site)
		if got.StatusCode != tc.status || (len(got.Cookies()) == 1) != (tc.status == http.StatusSeeOther) {
			t.Errorf("%s: %s with cookies %v, want %d", name, got.Status, got.Cookies(), tc.status)
		}
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.index = []byte("<script src=\"" + w.site.base + "/app.js\"></script>")
	w.site.files["app.js"] = []byte("export {}")
	for path, want := range map[string]struct {
		status int
		kind   string
		body   string
		cache  string
	}{
		"/":                        {200, "text/html; charset=utf-8", w.site.base, "no-store"},
		"/orders/ord_1":            {200, "text/html; charset=utf-8", w.site.base, "no-store"},
		"/connections?pending=x":   {200, "text/html; charset=utf-8", w.site.base, "no-store"},
		"/gallery":                 {200, "text/html; charset=utf-8", w.site.base, "no-store"},
		"/nothing":                 {404, "text/html; charset=utf-8", "Not found", "no-store"},
		"/orders/":                 {404, "text/html; charset=utf-8", "Not found", "no-store"},
		w.site.base + "/app.js":    {200, "text/javascript; charset=utf-8", "export", "public, max-age=31536000, immutable"},
		w.site.base + "/../deps":   {404, "text/html; charset=utf-8", "Not found", "no-store"},
		"/assets/0000/app.js":      {404, "text/html; charset=utf-8", "Not found", "no-store"},
		"/signin":                  {200, "text/html; charset=utf-8", `type="password"`, "no-store"},
		"/signin?t=" + "<script>x": {403, "text/html; charset=utf-8", "too old", "no-store"},
	} {
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, strings.ReplaceAll(path, "<", "%3C"), nil))
		h := rec.Header()
		if rec.Code != want.status || h.Get("Content-Type") != want.kind || !strings.Contains(rec.Body.String(), want.body) || h.Get("Cache-Control") != want.cache {
			t.Errorf("%s: %d %s %s %s", path, rec.Code, h.Get("Content-Type"), h.Get("Cache-Control"), rec.Body)
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q is not strict", path, policy)
		}
	}
}

func TestGalleryIsLocal(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	newSite(false, "", "").ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/gallery", nil))
	if rec.Code != http.StatusNotFound {
		t.Errorf("in the cloud /gallery answers %d, want 404", rec.Code)
	}
}

func TestPolicyNamesWhereFilesGo(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{"": "connect-src 'self';", "https://b.s3.eu-west-1.amazonaws.com": "connect-src 'self' https://b.s3.eu-west-1.amazonaws.com;"} {
		rec := httptest.NewRecorder()
		newSite(false, "", origin).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/orders", nil))
		if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, want) {
			t.Errorf("uploads to %q: policy %q", origin, policy)
		}
	}
}

// The style of server pages is allowed by its hash: the hash must be of what is
// sent.
func TestSigninStyleIsAllowed(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	writePage(rec, http.StatusOK, page{Title: "Sign in", Form: true})
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(rec.Body.String())
	if len(style) != 2 || style[1] != pageCSS {
		t.Error("the style of the page is not the one the policy allows")
	}
}

func FuzzHandle(f *testing.F) {
	for _, seed := range []struct{ method, path, query, header, body string }{
		{"GET", "/v1/orders", "limit=1&cursor=abc", "ms_session=mss_one", ""},
		{"POST", "/v1/products", "", "ms_session=mss_one; ms_session=x", newMug},
		{"PATCH", "/v1/products/prd_mug", "", "", `{"variants":[{"sku":"A"}]}`},
		{"POST", "/v1/imports", "format=auto", "", "sku,title\n"},
		{"GET", "/signin", "t=x", "", ""},
		{"PUT", "/v1/defaults", "", "\"", `{"categories":{"":""}}`},
		{"GET", "/v1/oauth/etsy/callback", "state=st-w1", "", ""},
	} {
		f.Add(seed.method, seed.path, seed.query, seed.header, seed.body)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, method, path, query, header, body string) {
		e := event(method, path, query)
		e.Cookies, e.Body = []string{header}, body
		e.Headers["if-match"], e.Headers["x-csrf-token"] = header, header
		got, err := w.Handle(context.Background(), e)
		if err != nil || got.StatusCode == http.StatusInternalServerError || got.StatusCode < 200 {
			t.Fatalf("%s %q answers %d %s, %v", method, path, got.StatusCode, got.Body, err)
		}
		if kind := got.Headers["content-type"]; strings.HasSuffix(kind, "json") && !json.Valid([]byte(got.Body)) {
			t.Errorf("%s %q answers no JSON: %s", method, path, got.Body)
		}
		delete(e.Headers, "authorization")
		open, err := w.Handle(context.Background(), e)
		if err != nil || (strings.Contains(open.Body, "Ada") || strings.Contains(open.Body, "prd_mug")) && header != httpapi.Cookie+"="+sessionOne && !strings.Contains(header, sessionOne) {
			t.Errorf("%s %q shows data without a credential: %s", method, path, open.Body)
		}
	})
}
