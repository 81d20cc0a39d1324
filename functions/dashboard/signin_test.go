package dashboard

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Who is signed out in the middle of work comes back to it, and nowhere else.
func TestSignInGoesBack(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/orders?state=open&q=a+b": "/orders?state=open&q=a+b",
		"/inbox/cnv_1":             "/inbox/cnv_1",
		"":                         "/",
		"https://evil.example":     "/",
		"//evil.example":           "/",
		`/\evil.example`:           "/%5Cevil.example",
		"/\tx":                     "/",
		"orders":                   "/",
		"///evil.example":          "/",
		"/%2fevil.example":         "/",
	} {
		w := newWorld(t)
		form := httptest.NewRecorder()
		w.ServeHTTP(form, httptest.NewRequest(http.MethodGet, "/signin?next="+url.QueryEscape(to), nil))
		if to == want && !strings.Contains(html.UnescapeString(form.Body.String()), `name="next" value="`+to+`"`) {
			t.Errorf("%q is not in the form: %s", to, form.Body)
		}
		r := httptest.NewRequest(http.MethodPost, "/signin", strings.NewReader(url.Values{"key": {keyOne}, "next": {to}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || got != want {
			t.Errorf("signed in from %q: %d to %q, want %q", to, rec.Code, got, want)
		}
	}
}
