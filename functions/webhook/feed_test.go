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

	"github.com/manystall/manystall/shared/port"
)

func TestFeedPacked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := "id,title\n" + strings.Repeat("MUG,A mug\n", 600_000)
	b.Feed = func(context.Context, port.Account) ([]byte, error) { return []byte(file), nil }
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
	b.Feed = func(context.Context, port.Account) ([]byte, error) { return noise, nil }
	if out := b.call(t, "GET", path, "", "accept-encoding", "gzip"); out.StatusCode != 503 {
		t.Errorf("a packed feed no answer can carry: %d", out.StatusCode)
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
