package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// keys is a store of credentials by their hash.
type keys map[string]port.Credential

func (k keys) Credential(_ context.Context, hash string) (port.Credential, error) {
	c, ok := k[hash]
	if !ok {
		return c, fault.New(fault.NotFound, "not_found", "There is none.")
	}
	return c, nil
}

func (keys) Claim(_ context.Context, _ commerce.WorkspaceID, r port.Remembered) (port.Remembered, bool, error) {
	return r, true, nil
}
func (keys) Remember(context.Context, commerce.WorkspaceID, port.Remembered) error { return nil }
func (keys) Forget(context.Context, commerce.WorkspaceID, string) error            { return nil }

func now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

type echo struct {
	Call
	ID    string `path:"id" validate:"id"`
	Limit int    `query:"n"`
	Body  struct {
		Text string `json:"text" validate:"max=5"`
	} `body:"json,optional"`
}

type echoed struct {
	Space commerce.WorkspaceID `json:"space"`
	ID    string               `json:"id"`
	Who   string               `json:"who"`
}

func echoAPI() *API {
	hash := HashKey("good")
	k := keys{
		hash:           {Hash: hash, Space: "w1", Kind: KindOwner, Name: "Ada"},
		HashKey("odd"): {Hash: HashKey("other"), Space: "w1", Kind: KindOwner}, // a store that answers the wrong row
		HashKey("nil"): {Hash: HashKey("nil"), Kind: KindOwner},                // belongs to nobody
		HashKey("ses"): {Hash: HashKey("ses"), Space: "w1", Kind: KindSession, CSRF: "token", ExpiresAt: now().Add(time.Second)},
	}
	run := func(_ context.Context, r *echo) (*echoed, error) {
		return &echoed{Space: r.Space, ID: r.ID, Who: r.Who()}, nil
	}
	return New(Config{Accounts: k, Desk: k, Now: now, NewID: func() string { return "req" }, Log: slog.New(slog.DiscardHandler)},
		Handle(Endpoint{Pattern: "GET /v1/things/{id}", Status: http.StatusOK}, run),
		Handle(Endpoint{Pattern: "POST /v1/things/{id}", Status: http.StatusCreated}, run))
}

func TestWorkspaceComesFromTheCredential(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]int{"good": 200, "odd": 401, "nil": 401, "bad": 401, "": 401, "ses": 200} {
		r := httptest.NewRequest(http.MethodGet, "/v1/things/a?workspace=w2", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		echoAPI().ServeHTTP(rec, r)
		if rec.Code != want || (want == 200) != strings.Contains(rec.Body.String(), `"space":"w1"`) {
			t.Errorf("token %q answers %d %s, want %d", token, rec.Code, rec.Body, want)
		}
	}
}

func FuzzCookie(f *testing.F) {
	f.Add("ms_session=ses", "token")
	f.Add("ms_session=ses; ms_session=ses", "token")
	f.Add("ms_session=\"ses\"", "")
	f.Add("ms_session=good", "")
	f.Add("a=b; ms_session=ses; =", "tokentoken")
	f.Fuzz(func(t *testing.T, cookie, csrf string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/things/a", strings.NewReader(`{}`))
		r.Header["Cookie"] = []string{cookie}
		r.Header["X-Csrf-Token"] = []string{csrf}
		rec := httptest.NewRecorder()
		echoAPI().ServeHTTP(rec, r)
		if rec.Code == http.StatusCreated && (csrf != "token" || len(r.CookiesNamed(Cookie)) != 1) {
			t.Errorf("cookie %q with CSRF %q is let in", cookie, csrf)
		}
		if rec.Code != http.StatusCreated && rec.Code != http.StatusUnauthorized && rec.Code != http.StatusForbidden {
			t.Errorf("cookie %q with CSRF %q answers %d", cookie, csrf, rec.Code)
		}
	})
}

func FuzzParseMatch(f *testing.F) {
	for _, seed := range []string{`"1"`, `*`, `W/"1"`, `"1", "2"`, ``, `1`, `",`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		m := parseMatch([]string{value})
		if !m.Set {
			t.Fatal("a header that is there counts")
		}
		if err := m.Check(1); err == nil && !strings.Contains(value, `"1"`) && !strings.Contains(value, "*") {
			t.Errorf("%q matches version 1", value)
		}
	})
}
