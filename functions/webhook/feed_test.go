package webhook

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func TestFeedPacked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := "id,title\n" + strings.Repeat("MUG,A mug\n", 600_000)
	b.Feed = func(context.Context, port.Account) (Feed, error) { return Feed{Data: []byte(file)}, nil }
	path := "/feeds/meta/" + bridgeKey + ".csv"
	if out := b.call(t, "GET", path, ""); out.StatusCode != 503 {
		t.Errorf("a feed no answer can carry: %d", out.StatusCode)
	}
	out := b.call(t, "GET", path, "", "accept-encoding", "deflate, gzip;q=1.0, *;q=0.5")
	raw, err := base64.StdEncoding.DecodeString(out.Body)
	must(t, err)
	z, err := gzip.NewReader(bytes.NewReader(raw))
	must(t, err)
	got, err := io.ReadAll(z)
	if err != nil || string(got) != file || out.Headers["content-encoding"] != "gzip" || out.Headers["vary"] != "Accept-Encoding" || !out.IsBase64Encoded {
		t.Errorf("%d bytes of %d, %v, %v", len(got), len(file), out.Headers, err)
	}
	noise := make([]byte, maxPacked+1)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	b.Feed = func(context.Context, port.Account) (Feed, error) { return Feed{Data: noise}, nil }
	if out := b.call(t, "GET", path, "", "accept-encoding", "gzip"); out.StatusCode != 503 {
		t.Errorf("a packed feed no answer can carry: %d", out.StatusCode)
	}
}

// A file that was written ahead: whoever has it is told so, and one too large
// for an answer lies elsewhere.
func TestFeedFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path, at := "/feeds/meta/"+bridgeKey+".csv", time.Date(2026, 11, 22, 10, 0, 0, 5e8, time.UTC)
	file := Feed{Data: []byte("id,title\n"), Tag: "abc", At: at}
	b.Feed = func(context.Context, port.Account) (Feed, error) { return file, nil }
	out := b.call(t, "GET", path, "")
	if out.StatusCode != 200 || out.Headers["etag"] != `"abc"` || out.Headers["last-modified"] != "Sun, 22 Nov 2026 10:00:00 GMT" {
		t.Errorf("%d %v", out.StatusCode, out.Headers)
	}
	for _, c := range []struct {
		head, value string
		want        int
	}{
		{"if-none-match", `"abc"`, 304}, {"if-none-match", `"x", W/"abc"`, 304}, {"if-none-match", `"abd"`, 200}, {"if-none-match", "*", 304},
		{"if-modified-since", "Sun, 22 Nov 2026 10:00:00 GMT", 304}, {"if-modified-since", "Sun, 22 Nov 2026 09:59:59 GMT", 200}, {"if-modified-since", "yesterday", 200},
	} {
		if out := b.call(t, "GET", path, "", c.head, c.value); out.StatusCode != c.want || c.want == 304 && out.Body != "" {
			t.Errorf("%s %s: %d", c.head, c.value, out.StatusCode)
		}
	}
	file = Feed{URL: "https://bucket.example/feeds/1?signature=x", Tag: "abc", At: at}
	if out := b.call(t, "GET", path, ""); out.StatusCode != 302 || out.Headers["location"] != file.URL {
		t.Errorf("a large file: %d %v", out.StatusCode, out.Headers)
	}
	b.Feed = func(context.Context, port.Account) (Feed, error) {
		return Feed{}, fault.New(fault.Temporary, "feed_not_written", "Not yet.")
	}
	if out := b.call(t, "GET", path, ""); out.StatusCode != 503 || out.Headers["retry-after"] == "" {
		t.Errorf("not written yet: %d %v", out.StatusCode, out.Headers)
	}
}

func TestTakesGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "deflate, gzip": true, "GZIP ; q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false, "identity": false, "x-gzip": false, "br,gzip;q=1": true,
	} {
		if takesGzip(header) != want {
			t.Errorf("%q", header)
		}
	}
}
