package dashboard

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"
)

// scenario is one request and what its answer must and must not hold. Each
// runs in a world of its own unless it belongs to a story.
type scenario struct {
	name    string
	method  string
	url     string
	key     string // the bearer; keyOne unless header or open say otherwise
	open    bool   // send no credential
	header  map[string]string
	body    string
	status  int
	want    []string
	absent  []string
	headers map[string]string // of the answer; a value that ends in … is a prefix
	before  func(*world)
	after   func(*testing.T, *world)
}

func (s scenario) run(t *testing.T, w *world) *http.Response {
	t.Helper()
	if s.before != nil {
		s.before(w)
	}
	r := httptest.NewRequest(s.method, s.url, strings.NewReader(s.body))
	r.Host = "localhost:8080"
	if s.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case s.open:
	case s.key != "":
		r.Header.Set("Authorization", "Bearer "+s.key)
	default:
		r.Header.Set("Authorization", "Bearer "+keyOne)
	}
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	s.check(t, rec)
	checkAnswer(t, r, rec)
	if s.status < 300 {
		checkRequest(t, r, s.body)
	}
	if s.after != nil {
		s.after(t, w)
	}
	return rec.Result()
}

func (s scenario) check(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	body := rec.Body.String()
	if rec.Code != s.status {
		t.Errorf("%s %s: status %d, want %d; body %s", s.method, s.url, rec.Code, s.status, body)
	}
	for _, want := range s.want {
		if !strings.Contains(body, want) {
			t.Errorf("%s %s: the answer lacks %s; it is %s", s.method, s.url, want, body)
		}
	}
	for _, absent := range append(s.absent, "settings-stay-inside", "sealed", "null") {
		if strings.Contains(body, absent) {
			t.Errorf("%s %s: the answer holds %s; it is %s", s.method, s.url, absent, body)
		}
	}
	for name, want := range s.headers {
		got := rec.Header().Get(name)
		prefix, isPrefix := strings.CutSuffix(want, "…")
		if got != want && (!isPrefix || !strings.HasPrefix(got, prefix)) {
			t.Errorf("%s %s: header %s is %q, want %q", s.method, s.url, name, got, want)
		}
	}
}

func runAll(t *testing.T, all []scenario) {
	t.Helper()
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, newWorld(t))
		})
	}
}

// promise is openapi.yaml, loaded once.
var promise = sync.OnceValues(func() (routers.Router, error) {
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	doc.Servers = nil // match whatever host a test names
	return legacy.NewRouter(doc)
})

// checkAnswer holds an answer of the API against its schema. Addresses the
// promise does not know must be problems.
func checkAnswer(t *testing.T, r *http.Request, rec *httptest.ResponseRecorder) {
	t.Helper()
	if !strings.HasPrefix(r.URL.Path, "/v1") || r.Method == http.MethodHead {
		return
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s %s: header %s is %q, want %q", r.Method, r.URL, name, got, want)
		}
	}
	router, err := promise()
	if err != nil {
		t.Fatalf("load openapi.yaml: %v", err)
	}
	probe := r.Clone(context.Background())
	probe.Body = io.NopCloser(bytes.NewReader(nil))
	route, params, err := router.FindRoute(probe)
	if err != nil {
		if kind := rec.Header().Get("Content-Type"); rec.Code < 400 || kind != "application/problem+json" {
			t.Errorf("%s %s is not in openapi.yaml (%v), yet answers %d %s", r.Method, r.URL, err, rec.Code, kind)
		}
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: probe, PathParams: params, Route: route},
		Status:                 rec.Code, Header: maps.Clone(rec.Header()),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	input.SetBodyBytes(rec.Body.Bytes())
	if rec.Body.Len() == 0 {
		input.Options.ExcludeResponseBody = true
	}
	if err := openapi3filter.ValidateResponse(context.Background(), input); err != nil {
		t.Errorf("%s %s: the answer is not as promised: %v\n%s", r.Method, r.URL, err, rec.Body)
	}
}

// checkRequest holds a request that was taken against the promise: it must not
// take more than it promises.
func checkRequest(t *testing.T, r *http.Request, body string) {
	t.Helper()
	router, err := promise()
	if err != nil {
		t.Fatalf("load openapi.yaml: %v", err)
	}
	probe := r.Clone(context.Background())
	probe.Body = io.NopCloser(strings.NewReader(body))
	route, params, err := router.FindRoute(probe)
	if err != nil {
		return // a HEAD, or no API at all
	}
	err = openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: probe, PathParams: params, Route: route,
		Options: &openapi3filter.Options{MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
	if err != nil {
		t.Errorf("%s %s is taken, but not as promised: %v", r.Method, r.URL, err)
	}
}

// compare tells the difference between two things, "" when there is none.
func compare(was, is any) string { return cmp.Diff(was, is) }
