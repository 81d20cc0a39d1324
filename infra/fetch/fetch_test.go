package fetch

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/fault"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"93.184.215.14:443": true, "8.8.8.8:80": true, "[2606:4700::1111]:443": true, "[2a00:1450:4001::5]:80": true,
		"93.184.215.14:22": false, "93.184.215.14:8080": false, "93.184.215.14:0": false,
		"127.0.0.1:80": false, "127.8.8.8:443": false, "0.0.0.0:80": false, "0.1.2.3:80": false, "10.0.0.1:80": false, "172.16.0.1:80": false, "172.31.255.255:443": false, "192.168.1.1:80": false,
		"169.254.169.254:80": false, "100.64.0.1:80": false, "192.0.0.8:80": false, "192.0.2.1:80": false, "192.88.99.1:80": false, "198.18.0.1:80": false, "198.51.100.7:80": false, "203.0.113.7:80": false,
		"224.0.0.1:80": false, "239.1.1.1:80": false, "240.0.0.1:80": false, "255.255.255.255:80": false,
		"[::]:80": false, "[::1]:443": false, "[::ffff:127.0.0.1]:80": false, "[::ffff:10.0.0.1]:80": false, "[::ffff:8.8.8.8]:80": true, "[::127.0.0.1]:80": false, "[fe80::1]:80": false, "[fe80::1%eth0]:80": false,
		"[fc00::1]:80": false, "[fd12::1]:443": false, "[fec0::1]:80": false, "[ff02::1]:80": false, "[64:ff9b::a00:1]:80": false, "[64:ff9b:1::1]:80": false, "[100::1]:80": false, "[2001::1]:80": false, "[2001:db8::1]:80": false, "[2002:a00:1::]:80": false, "[3fff::1]:80": false, "[5f00::1]:80": false,
		"example.com:80": false, "": false, "8.8.8.8": false,
	} {
		if err := public("tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func picture() []byte {
	var out bytes.Buffer
	_ = png.Encode(&out, image.NewGray(image.Rect(0, 0, 2, 2)))
	return out.Bytes()
}

// inside serves without a socket: whatever the host, this handler answers.
func inside(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	at := server.Listener.Addr().String()
	return &http.Client{CheckRedirect: redirect, Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, at)
	}}}
}

func TestImage(t *testing.T) {
	t.Parallel()
	f := &Images{client: inside(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok", "/lies":
			w.Header().Set("Content-Type", map[string]string{"/ok": "image/png", "/lies": "text/html"}[r.URL.Path])
			_, _ = w.Write(picture())
		case "/page":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("<html>"))
		case "/large":
			_, _ = w.Write(append(picture(), make([]byte, maxBytes)...))
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(picture())
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/login":
			http.Redirect(w, r, "http://user:pass@host.example/", http.StatusFound)
		case "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/slow":
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))}
	for path, want := range map[string]fault.Kind{
		"/ok": "", "/lies": "", "/moved": "", "/page": fault.Rejected, "/large": fault.Rejected, "/none": fault.Rejected, "/loop": fault.Rejected, "/file": fault.Rejected, "/login": fault.Rejected,
		"/cut": fault.Temporary, "/busy": fault.Temporary, "/slow": fault.Temporary,
	} {
		got, err := f.Image(t.Context(), "http://pictures.example"+path)
		if fault.KindOf(err) != want || (want == "" && (got.Type != "image/png" || !bytes.Equal(got.Data, picture()))) {
			t.Errorf("%s: %s, %v", path, got.Type, err)
		}
		if want == fault.Rejected && (fault.Of(err).Code != "image_unreachable" || fault.Of(err).Problems[0].Value != "http://pictures.example"+path) {
			t.Errorf("%s: %+v", path, fault.Of(err))
		}
	}
	for path, want := range map[string]fault.Kind{"/ok": "", "/page": "", "/moved": "", "/large": fault.Rejected, "/file": fault.Rejected, "/login": fault.Rejected, "/busy": fault.Temporary} {
		if got, err := f.Media(t.Context(), "http://pictures.example"+path); fault.KindOf(err) != want || (want == "") != (len(got.Data) > 0) {
			t.Errorf("what somebody sent at %s: %s, %v", path, got.Type, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Image(ended, "http://pictures.example/ok"); !fault.Is(err, fault.Temporary) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	f := New()
	for _, address := range []string{"", "x", "ftp://a/b", "file:///etc/passwd", "https://", "https://user:pass@host.example/a.png", "http://[::1", "javascript:alert(1)", "//host.example/a.png"} {
		if _, err := f.Image(t.Context(), address); !fault.Is(err, fault.Rejected) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// The real client refuses what resolves to this machine, also by name.
func TestThisMachineIsNotSpokenTo(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(server.Close)
	for _, address := range []string{server.URL + "/a.png", strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "http://127.0.0.1/a.png", "http://[::1]/a.png", "http://0/a.png"} {
		if _, err := New().Image(t.Context(), address); !fault.Is(err, fault.Rejected) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if asked {
		t.Error("a request came in")
	}
}

func TestVia(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("u") != "https://pictures.example/a b.png?x=1&y=2" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(picture())
	}))
	t.Cleanup(server.Close)
	if _, err := Via(server.URL+"/pictures").Image(t.Context(), "https://pictures.example/a b.png?x=1&y=2"); err != nil {
		t.Error(err)
	}
}

func FuzzCheckAddress(f *testing.F) {
	for _, s := range []string{"https://a/b", "http://user@a", "//a", "HTTP://a", "https://a:99999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		u, err := url.Parse(address)
		if err == nil && checkAddress(u) == nil && (u.Host == "" || u.User != nil || !strings.HasPrefix(u.Scheme, "http")) {
			t.Fatalf("%q is taken for a web address", address)
		}
	})
}
