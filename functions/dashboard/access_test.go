package dashboard

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

func cookie(value string) map[string]string {
	return map[string]string{"Cookie": httpapi.Cookie + "=" + value}
}

func with(header map[string]string, name, value string) map[string]string {
	header[name] = value
	return header
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	no := []string{`"code":"unauthenticated"`}
	asks := map[string]string{"WWW-Authenticate": "Bearer…"}
	runAll(t, []scenario{
		{name: "none", method: "GET", url: "/v1/me", open: true, status: 401, want: no, headers: asks},
		{name: "unknown key", method: "GET", url: "/v1/me", key: "msk_guess", status: 401, want: no},
		{name: "the hash is no key", method: "GET", url: "/v1/me", key: httpapi.HashKey(keyOne), status: 401, want: no},
		{name: "very long key", method: "GET", url: "/v1/me", key: strings.Repeat("k", 600), status: 401, want: no},
		{name: "another scheme", method: "GET", url: "/v1/me", header: map[string]string{"Authorization": "Basic " + keyOne}, status: 401, want: no},
		{name: "scheme in capitals", method: "GET", url: "/v1/me", header: map[string]string{"Authorization": "BEARER " + keyOne}, status: 200},
		{name: "session as bearer", method: "GET", url: "/v1/me", key: sessionOne, status: 200, want: []string{`"kind":"session"`}, absent: []string{csrfOne}},
		{name: "expired session", method: "GET", url: "/v1/me", key: expired, status: 401, want: no},
		{name: "session of a key that is gone", method: "GET", url: "/v1/me", key: orphan, status: 401, want: no},
		{name: "sign-in link as bearer", method: "GET", url: "/v1/me", key: linkOne, status: 401, want: no},
		{name: "session as cookie", method: "GET", url: "/v1/me", open: true, header: cookie(sessionOne), status: 200, want: []string{`"csrf":"` + csrfOne + `"`}},
		{name: "key as cookie", method: "GET", url: "/v1/me", open: true, header: cookie(keyOne), status: 401, want: no},
		{name: "two cookies of one name", method: "GET", url: "/v1/me", open: true, header: cookie(sessionOne + "; " + httpapi.Cookie + "=x"), status: 401, want: no},
		{name: "cookie without CSRF", method: "PATCH", url: "/v1/me", open: true, header: cookie(sessionOne), body: `{"name":"x"}`, status: 403, want: []string{`"code":"csrf"`}},
		{name: "cookie with another CSRF", method: "PATCH", url: "/v1/me", open: true, header: with(cookie(sessionOne), httpapi.CSRFHeader, "x"), body: `{"name":"x"}`, status: 403},
		{name: "cookie with CSRF", method: "PATCH", url: "/v1/me", open: true, header: with(cookie(sessionOne), httpapi.CSRFHeader, csrfOne), body: `{"name":"x"}`, status: 200},
		{name: "a bad bearer is not saved by a good cookie", method: "GET", url: "/v1/me", key: "msk_guess", header: cookie(sessionOne), status: 401},
		{name: "storage is away", method: "GET", url: "/v1/me", status: 503, before: down(fault.Temporary), want: []string{`"code":"down"`}, absent: []string{"inner secret"}},
		{name: "storage broke", method: "GET", url: "/v1/me", status: 500, before: func(w *world) { w.memory.down = errors.New("inner secret") }, want: []string{`"code":"internal"`}, absent: []string{"inner secret"}},
	})
}

func down(kind fault.Kind) func(*world) {
	return func(w *world) {
		w.memory.down = &fault.Error{Kind: kind, Code: "down", Message: "Try again.", Err: errors.New("inner secret")}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "from the key in the body", method: "POST", url: "/v1/sessions", open: true, body: `{"key":"` + keyOne + `"}`, status: 201, want: []string{`"token":"mss_`, `"workspace":"w1"`, `"expires_at":"2026-12-06T12:00:00Z"`}, headers: map[string]string{"Set-Cookie": ""}},
		{name: "from the bearer", method: "POST", url: "/v1/sessions", status: 201, want: []string{`"token":"mss_`}},
		{name: "as a cookie", method: "POST", url: "/v1/sessions", open: true, body: `{"key":"` + keyOne + `","cookie":true}`, status: 201, absent: []string{"token"}, headers: map[string]string{"Set-Cookie": httpapi.Cookie + "=mss_…"}},
		{name: "from no key", method: "POST", url: "/v1/sessions", open: true, body: `{"key":"x"}`, status: 401},
		{name: "from nothing", method: "POST", url: "/v1/sessions", open: true, status: 401},
		{name: "from a session", method: "POST", url: "/v1/sessions", key: sessionOne, status: 403, want: []string{`"code":"not_a_key"`}},
		{name: "end it", method: "DELETE", url: "/v1/sessions", key: sessionOne, status: 204, after: func(t *testing.T, w *world) {
			scenario{method: "GET", url: "/v1/me", key: sessionOne, status: 401}.run(t, w)
			scenario{method: "GET", url: "/v1/me", status: 200}.run(t, w)
		}},
		{name: "end the browser's", method: "DELETE", url: "/v1/sessions", open: true, header: with(cookie(sessionOne), httpapi.CSRFHeader, csrfOne), status: 204, headers: map[string]string{"Set-Cookie": httpapi.Cookie + "=; Path=/; …"}},
		{name: "a key is not ended", method: "DELETE", url: "/v1/sessions", status: 409, want: []string{`"code":"not_a_session"`}},
	})
}

func TestSessionWorksAndEndsWithItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	scenario{method: "POST", url: "/v1/sessions", status: 201}.run(t, w)
	var token string
	for _, c := range w.memory.credentials {
		if c.Kind == httpapi.KindSession && c.CreatedAt.Equal(noon) && c.ExpiresAt.After(noon.AddDate(0, 0, 1)) {
			token = c.Hash
		}
	}
	if token == "" {
		t.Fatal("the session is not stored")
	}
	s := w.memory.credentials[token]
	if s.Parent != httpapi.HashKey(keyOne) || s.Space != spaceOne || s.CSRF == "" {
		t.Errorf("the session is %+v, want one of the first key", s)
	}
	scenario{method: "GET", url: "/v1/me", key: sessionOne, status: 200}.run(t, w)
	delete(w.memory.credentials, httpapi.HashKey(keyOne))
	scenario{method: "GET", url: "/v1/me", key: sessionOne, status: 401}.run(t, w)
}

func TestCookieIsBoundToTLS(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{"localhost:8080": false, "127.0.0.1:8080": false, "[::1]:8080": false, "shop.example": true, "10.0.0.7:8080": true, "localhost.evil.example": true} {
		w := newWorld(t)
		r := httptest.NewRequest(http.MethodPost, "/v1/sessions", strings.NewReader(`{"key":"`+keyOne+`","cookie":true}`))
		r.Host = host
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		got := rec.Result().Cookies()
		if len(got) != 1 || got[0].Secure != want || !got[0].HttpOnly || got[0].SameSite != http.SameSiteStrictMode {
			t.Errorf("%s: cookie %v, want HttpOnly, SameSite=Strict and Secure %v", host, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "unknown", method: "GET", url: "/v1/nothing", status: 404, want: []string{`"code":"not_found"`}, headers: map[string]string{"Content-Type": "application/problem+json"}},
		{name: "root", method: "GET", url: "/v1", status: 404, want: []string{`"code":"not_found"`}},
		{name: "slash at the end", method: "GET", url: "/v1/orders/", status: 404},
		{name: "two slashes", method: "GET", url: "/v1//orders", status: 404},
		{name: "up and down", method: "GET", url: "/v1/orders/../me", status: 404},
		{name: "another method", method: "PUT", url: "/v1/orders", status: 405, want: []string{`"code":"method_not_allowed"`}, headers: map[string]string{"Allow": "GET, HEAD, POST"}},
		{name: "options", method: "OPTIONS", url: "/v1/orders", open: true, status: 405, headers: map[string]string{"Access-Control-Allow-Origin": ""}},
		{name: "what is not built", method: "GET", url: "/v1/plans/x", status: 404},
		{name: "no JSON", method: "PATCH", url: "/v1/me", body: `{"name":`, status: 400, want: []string{`"code":"malformed_body"`}},
		{name: "two values", method: "PATCH", url: "/v1/me", body: `{"name":"x"} {}`, status: 400, want: []string{"follows"}},
		{name: "no body", method: "PATCH", url: "/v1/me", status: 400, want: []string{"empty"}},
		{name: "no UTF-8", method: "PATCH", url: "/v1/me", body: "{\"name\":\"\xff\"}", status: 400},
		{name: "another type", method: "PATCH", url: "/v1/me", body: `name=x`, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415},
		{name: "compressed JSON", method: "PATCH", url: "/v1/me", body: `x`, header: map[string]string{"Content-Encoding": "gzip"}, status: 415},
		{name: "wrong type of a field", method: "PATCH", url: "/v1/me", body: `{"name":7}`, status: 422, want: []string{`"field":"name","code":"wrong_type","message":"name must be a text."`}},
		{name: "large JSON", method: "PATCH", url: "/v1/me", body: `{"name":"` + strings.Repeat("x", 4<<20) + `"}`, status: 413},
		{name: "broken query", method: "GET", url: "/v1/orders?limit=%zz", status: 400},
	})
}

func TestPaging(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "none", method: "GET", url: "/v1/orders?limit=0", status: 422, want: []string{`"field":"limit"`}},
		{name: "too many", method: "GET", url: "/v1/orders?limit=101", status: 422, want: []string{`"field":"limit"`}},
		{name: "most", method: "GET", url: "/v1/orders?limit=100", status: 200},
		{name: "no number", method: "GET", url: "/v1/orders?limit=ten", status: 422, want: []string{`"code":"not_a_number"`}},
		{name: "twice", method: "GET", url: "/v1/orders?limit=1&limit=2", status: 422, want: []string{`"code":"repeated"`}},
		{name: "made-up cursor", method: "GET", url: "/v1/orders?cursor=b3JkXzE", status: 422, want: []string{`"code":"invalid_cursor"`}},
	})
	w := newWorld(t)
	var seen []string
	cursor, url := "", "/v1/orders?limit=1&state="
	for range 5 {
		rec := call(w, http.MethodGet, url+"&cursor="+cursor, keyOne, "")
		var page httpapi.List[port.OrderItem]
		decode(t, rec, &page)
		for _, o := range page.Items {
			seen = append(seen, string(o.ID))
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		for _, other := range []string{"/v1/orders?limit=1&state=paid", "/v1/products?limit=1"} {
			if rec := call(w, http.MethodGet, other+"&cursor="+cursor, keyOne, ""); rec.Code != http.StatusUnprocessableEntity {
				t.Errorf("a cursor of %s answers %d at %s, want 422", url, rec.Code, other)
			}
		}
		if rec := call(w, http.MethodGet, url+"&cursor="+cursor, keyTwo, ""); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("another workspace's cursor answers %d, want 422", rec.Code)
		}
	}
	if got := strings.Join(seen, " "); got != "ord_1 ord_2 ord_3 ord_4" {
		t.Errorf("pages hold %s, want every order once", got)
	}
}
