package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/infra/sam"
)

// front is the HTTP API of one function behind ANY /{proxy+}.
func front(t *testing.T, timeout time.Duration, invoke Invoke) http.Handler {
	t.Helper()
	f := sam.Function{Name: "web", LogicalID: "WebFunction", Timeout: timeout, Routes: []sam.Route{{Method: "ANY", Path: "/{proxy+}"}}}
	b := &bench{queues: newFakeQueues(), streams: &fakeStreams{}, tables: newFakeTables(), marks: &memory{}}
	return newEngine(t, b, &sam.Template{Functions: []sam.Function{f}}, invoke).Handler()
}

// captured serves one request and returns the event the function got.
func captured(t *testing.T, r *http.Request) events.APIGatewayV2HTTPRequest {
	t.Helper()
	var event events.APIGatewayV2HTTPRequest
	h := front(t, time.Second, func(ctx context.Context, name string, payload []byte) ([]byte, error) {
		if lc, ok := lambdacontext.FromContext(ctx); !ok || lc.AwsRequestID != "id" || name != "web" {
			t.Errorf("function %s, context %+v", name, lc)
		}
		return []byte(`{"statusCode":204}`), json.Unmarshal(payload, &event)
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		t.Fatalf("status %d", w.Code)
	}
	return event
}

func TestRequestBecomesEvent(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "http://shop.local:8080/a%20b/c%3Fd?x=1&y=a%20b&x=2", strings.NewReader(`{"a":1}`))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Add("X-Many", "1")
	r.Header.Add("X-Many", "2")
	r.Header.Set("Cookie", "a=1; b=2")
	r.Header.Set("X-Forwarded-For", "9.9.9.9")
	r.Header.Set("User-Agent", "test")
	e := captured(t, r)
	want := map[string]string{
		"content-type": "application/json; charset=utf-8", "x-many": "1,2", "host": "shop.local:8080", "user-agent": "test",
		"x-forwarded-for": "9.9.9.9, 192.0.2.1", "x-forwarded-proto": "http", "x-forwarded-port": "8080",
	}
	if d := cmp.Diff(want, e.Headers); d != "" {
		t.Errorf("headers: %s", d)
	}
	if d := cmp.Diff([]string{"a=1", "b=2"}, e.Cookies); d != "" {
		t.Errorf("cookies: %s", d)
	}
	if d := cmp.Diff(map[string]string{"x": "1,2", "y": "a b"}, e.QueryStringParameters); d != "" {
		t.Errorf("query: %s", d)
	}
	c := e.RequestContext
	if e.Version != "2.0" || e.RouteKey != "ANY /{proxy+}" || e.RawPath != "/a b/c?d" || e.RawQueryString != "x=1&y=a%20b&x=2" ||
		e.PathParameters["proxy"] != "a b/c?d" || e.Body != `{"a":1}` || e.IsBase64Encoded {
		t.Errorf("event: %+v", e)
	}
	if c.HTTP.Method != "POST" || c.HTTP.SourceIP != "192.0.2.1" || c.HTTP.UserAgent != "test" || c.DomainPrefix != "shop" ||
		c.Stage != "$default" || c.TimeEpoch == 0 || c.RequestID != "id" {
		t.Errorf("context: %+v", c)
	}
}

func TestBodyEncoding(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, encoding string
		base64         bool
	}{
		"json":       {"application/json", "", false},
		"text":       {"text/csv", "", false},
		"xml":        {"application/xml", "", false},
		"form":       {"application/x-www-form-urlencoded", "", true},
		"binary":     {"application/octet-stream", "", true},
		"no type":    {"", "", true},
		"compressed": {"text/csv", "gzip", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "/x", strings.NewReader("body"))
			if tt.kind != "" {
				r.Header.Set("Content-Type", tt.kind)
			}
			if tt.encoding != "" {
				r.Header.Set("Content-Encoding", tt.encoding)
			}
			want := "body"
			if tt.base64 {
				want = base64.StdEncoding.EncodeToString([]byte("body"))
			}
			if e := captured(t, r); e.Body != want || e.IsBase64Encoded != tt.base64 {
				t.Errorf("body %q, base64 %t", e.Body, e.IsBase64Encoded)
			}
		})
	}
	if e := captured(t, httptest.NewRequest("GET", "/x", nil)); e.Body != "" || e.IsBase64Encoded {
		t.Errorf("no body: %+v", e)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		out    string
		err    error
		status int
		body   string
		header http.Header
	}{
		"full": {out: `{"statusCode":201,"headers":{"content-type":"text/html","X-A":"b","Connection":"close"},"cookies":["a=1","b=2"],"body":"<p>"}`,
			status: 201, body: "<p>", header: http.Header{"Content-Type": {"text/html"}, "X-A": {"b"}, "Set-Cookie": {"a=1", "b=2"}}},
		"base64":        {out: `{"statusCode":200,"isBase64Encoded":true,"body":"aGk="}`, status: 200, body: "hi", header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}},
		"inferred":      {out: `{"a":1}`, status: 200, body: `{"a":1}`, header: http.Header{"Content-Type": {"application/json"}}},
		"inferred text": {out: `"hi"`, status: 200, body: `hi`, header: http.Header{"Content-Type": {"application/json"}}},
		"bad base64":    {out: `{"statusCode":200,"isBase64Encoded":true,"body":"?"}`, status: 500, body: "{\"message\":\"Internal Server Error\"}\n"},
		"bad status":    {out: `{"statusCode":42}`, status: 500, body: "{\"message\":\"Internal Server Error\"}\n"},
		"bad type":      {out: `{"statusCode":"ok"}`, status: 500, body: "{\"message\":\"Internal Server Error\"}\n"},
		"no json":       {out: `oops`, status: 500, body: "{\"message\":\"Internal Server Error\"}\n"},
		"error":         {err: errors.New("secret detail"), status: 500, body: "{\"message\":\"Internal Server Error\"}\n"},
		"inner timeout": {err: context.DeadlineExceeded, status: 500, body: "{\"message\":\"Internal Server Error\"}\n"},
		"too large":     {out: `"` + strings.Repeat("x", maxPayload) + `"`, status: 500, body: "{\"message\":\"Internal Server Error\"}\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			front(t, time.Second, func(context.Context, string, []byte) ([]byte, error) { return []byte(tt.out), tt.err }).
				ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("got %d %q", w.Code, w.Body)
			}
			if d := cmp.Diff(tt.header, w.Header()); tt.header != nil && d != "" {
				t.Errorf("header: %s", d)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	never := func(context.Context, string, []byte) ([]byte, error) { panic("boom") }
	hang := func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return []byte(`{"statusCode":200}`), nil
	}
	tests := map[string]struct {
		path   string
		body   int
		invoke Invoke
		status int
	}{
		"no route":            {"/", 0, never, 404},
		"panic":               {"/x", 0, never, 500},
		"timeout":             {"/x", 0, hang, 503},
		"body above gateway":  {"/x", maxBody + 1, never, 413},
		"event above lambda":  {"/x", 5 << 20, never, 413},
		"largest inline body": {"/x", 4 << 20, func(context.Context, string, []byte) ([]byte, error) { return []byte(`{"statusCode":200}`), nil }, 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			front(t, 20*time.Millisecond+time.Duration(tt.body), tt.invoke).
				ServeHTTP(w, httptest.NewRequest("POST", tt.path, strings.NewReader(strings.Repeat("x", tt.body))))
			if w.Code != tt.status {
				t.Errorf("got %d, want %d", w.Code, tt.status)
			}
		})
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`{"statusCode":200,"headers":{"a":"b"},"cookies":["c"],"body":"aGk=","isBase64Encoded":true}`))
	f.Add([]byte(`"text"`))
	f.Add([]byte(` {`))
	f.Fuzz(func(t *testing.T, out []byte) {
		if a, _, err := decodeAnswer(out); err == nil && a.StatusCode == nil {
			t.Error("no status and no error")
		}
	})
}
