package gateway_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"pgregory.net/rapid"

	"github.com/manystall/manystall/infra/gateway"
)

func event(method, path string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP, e.RequestContext.DomainName = method, "203.0.113.9", "api.example"
	return e
}

func TestRequest(t *testing.T) {
	t.Parallel()
	e := event("POST", "/v1/orders/a%2Fb")
	e.RawQueryString, e.Body = "q=1&q=2&x=%26", "hello"
	e.Headers = map[string]string{"content-type": "application/json", "host": "shop.example", "x-many": "a,b"}
	e.Cookies = []string{"a=1", "b=2"}
	r, err := gateway.Request(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	b, _ := r.Cookie("b")
	if r.Method != "POST" || r.URL.Path != "/v1/orders/a/b" || r.URL.EscapedPath() != "/v1/orders/a%2Fb" || !slices.Equal(r.URL.Query()["q"], []string{"1", "2"}) || r.URL.Query().Get("x") != "&" ||
		string(body) != "hello" || r.ContentLength != 5 || r.Host != "shop.example" || r.Header.Get("Host") != "" || r.Header.Get("X-Many") != "a,b" || b == nil || b.Value != "2" || r.RemoteAddr != "203.0.113.9" {
		t.Errorf("%s %s of %s, body %q, header %v", r.Method, r.URL, r.Host, body, r.Header)
	}
}

// Paths as they are sent and as the gateway may have decoded them.
func TestPaths(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/a": "/a", "/a b": "/a b", "/a%20b": "/a b", "/a%b": "/a%b", "//evil.example/x": "//evil.example/x", "http://evil.example/x": "http://evil.example/x", "/ü": "/ü", "/a?b": "/a?b", "/a#b": "/a#b", "/../x": "/../x", "": "",
	} {
		r, err := gateway.Request(t.Context(), event("GET", raw))
		if err != nil || r.URL.Path != want || r.URL.Host != "" || r.URL.Scheme != "" || r.URL.RawQuery != "" {
			t.Errorf("%q is %#v, %v", raw, r.URL, err)
		}
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	bad := event("GET", "/")
	bad.Body, bad.IsBase64Encoded = "%%%", true
	for name, e := range map[string]events.APIGatewayV2HTTPRequest{"body": bad, "method": event("G T", "/")} {
		out, err := gateway.Serve(t.Context(), http.NotFoundHandler(), e)
		if err != nil || out.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d, %v", name, out.StatusCode, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   string
		body   []byte
		base64 bool
	}{
		"JSON": {"application/json", []byte(`{"a":"ü"}`), false}, "problem": {"application/problem+json", []byte(`{}`), false}, "page": {"text/html; charset=utf-8", []byte("<p>"), false}, "script": {"text/javascript", []byte("x"), false},
		"picture": {"image/png", []byte{0x89, 'P', 0xff}, true}, "broken text": {"text/csv", []byte{'a', 0xff}, true}, "zip": {"application/zip", []byte("PK"), true}, "nothing": {"image/png", nil, false}, "unnamed": {"", []byte("plain words"), false},
	} {
		out, err := gateway.Serve(t.Context(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if c.kind != "" {
				w.Header().Set("Content-Type", c.kind)
			}
			w.Header().Add("Vary", "a")
			w.Header().Add("Vary", "b")
			http.SetCookie(w, &http.Cookie{Name: "s", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "t", Value: "2"})
			w.WriteHeader(http.StatusAccepted)
			w.WriteHeader(http.StatusTeapot) // the first one counts
			_, _ = w.Write(c.body)
		}), event("GET", "/"))
		got := []byte(out.Body)
		if out.IsBase64Encoded {
			got, _ = base64.StdEncoding.DecodeString(out.Body)
		}
		if err != nil || !bytes.Equal(got, c.body) || out.IsBase64Encoded != c.base64 || out.StatusCode != http.StatusAccepted || out.Headers["vary"] != "a, b" || !slices.Equal(out.Cookies, []string{"s=1", "t=2"}) || out.Headers["set-cookie"] != "" {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

// Any bytes come through, both ways, as Lambda's JSON carries them.
func TestBytesComeThrough(t *testing.T) {
	t.Parallel()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		_, _ = io.Copy(w, r.Body)
	})
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		e := event("POST", "/")
		e.Headers = map[string]string{"content-type": rapid.SampledFrom([]string{"text/plain", "image/png", "application/json"}).Draw(t, "kind")}
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		out, err := gateway.Serve(t.Context(), echo, e)
		if err != nil {
			t.Fatal(err)
		}
		wire, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		var back events.APIGatewayV2HTTPResponse
		if err := json.Unmarshal(wire, &back); err != nil {
			t.Fatal(err)
		}
		got := []byte(back.Body)
		if back.IsBase64Encoded {
			got, _ = base64.StdEncoding.DecodeString(back.Body)
		}
		if !bytes.Equal(got, body) {
			t.Fatalf("sent %q, came back %q", body, got)
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add("GET", "/a", "q=1", "host", "x", "body", false)
	f.Add("POST", "//evil/%zz", "%zz;", "Content-Length", "-1", "aGk=", true)
	f.Add("", "", "", "", "", "", true)
	f.Fuzz(func(t *testing.T, method, path, query, name, value, body string, encoded bool) {
		e := event(method, path)
		e.RawQueryString, e.Headers, e.Body, e.IsBase64Encoded = query, map[string]string{name: value}, body, encoded
		r, err := gateway.Request(t.Context(), e)
		if err != nil {
			return
		}
		if r.URL.Host != "" || r.URL.Scheme != "" {
			t.Fatalf("%q leads to %s", path, r.URL)
		}
		mux := http.NewServeMux()
		mux.HandleFunc("GET /a/{b}", func(http.ResponseWriter, *http.Request) {})
		out, err := gateway.Serve(t.Context(), mux, e)
		if err != nil || out.StatusCode < 200 {
			t.Fatalf("%+v, %v, headers %v", out, err, slices.Collect(maps.Keys(out.Headers)))
		}
	})
}
