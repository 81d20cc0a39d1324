package porttest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// BlobBench is an empty store of blobs under test.
type BlobBench struct {
	Blobs port.Blobs
	// Client reaches upload addresses.
	Client *http.Client
	// Advance moves the clock that ends upload addresses; nil when there is none.
	Advance func(d time.Duration)
}

// RunBlob is the suite for port.Blobs. Each test opens its own bench.
func RunBlob(t *testing.T, open func(t *testing.T) BlobBench) {
	for name, test := range map[string]func(*testing.T, BlobBench){
		"keeps bytes":            blobKeep,
		"replaces":               blobReplace,
		"deletes":                blobDelete,
		"limits reads":           blobLimit,
		"refuses other keys":     blobKeys,
		"keeps keys apart":       blobApart,
		"replaces as a whole":    blobWhole,
		"takes uploads":          blobUpload,
		"refuses other uploads":  blobUploadRefused,
		"ends upload addresses":  blobUploadEnds,
		"ends with its context":  blobContext,
		"copies what it is lent": blobCopy,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func putBlob(t *testing.T, b BlobBench, key, data string) {
	t.Helper()
	if err := b.Blobs.PutBlob(t.Context(), key, "text/plain", []byte(data)); err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func wantBlob(t *testing.T, b BlobBench, key, want string) {
	t.Helper()
	got, err := b.Blobs.Blob(t.Context(), key, 1<<20)
	if err != nil || string(got) != want {
		t.Errorf("%s = %.40q, %v, want %.40q", key, got, err, want)
	}
}

func blobKeep(t *testing.T, b BlobBench) {
	for key, data := range map[string]string{
		"w1/in/01ARZ3NDEKTSV4RRFFQ69G5FAV.json": `{"a":"日本"}`, "tmp/x": "", "a-b_c.d": "\x00\xff\r\n", "deep/er/and/deeper": strings.Repeat("x", 300_000),
	} {
		putBlob(t, b, key, data)
		wantBlob(t, b, key, data)
	}
}

func blobReplace(t *testing.T, b BlobBench) {
	putBlob(t, b, "k", "a long first value")
	putBlob(t, b, "k", "second")
	wantBlob(t, b, "k", "second")
}

func blobDelete(t *testing.T, b BlobBench) {
	putBlob(t, b, "k", "x")
	for range 2 { // deleting what is gone is fine
		if err := b.Blobs.DeleteBlob(t.Context(), "k"); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	_, err := b.Blobs.Blob(t.Context(), "k", 10)
	wantKind(t, "read after delete", err, fault.NotFound)
}

func blobLimit(t *testing.T, b BlobBench) {
	putBlob(t, b, "k", "12345")
	if got, err := b.Blobs.Blob(t.Context(), "k", 5); err != nil || string(got) != "12345" {
		t.Errorf("read of 5 within 5: %q, %v", got, err)
	}
	_, err := b.Blobs.Blob(t.Context(), "k", 4)
	wantKind(t, "read of 5 within 4", err, fault.TooLarge)
}

func blobKeys(t *testing.T, b BlobBench) {
	for _, key := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a b", "a\\b", "a\x00", "é", "a%2fb", "a:b", ".hidden", strings.Repeat("a/", 600) + "a"} {
		wantKind(t, "put "+key, b.Blobs.PutBlob(t.Context(), key, "text/plain", nil), fault.Invalid)
		_, err := b.Blobs.Blob(t.Context(), key, 1)
		wantKind(t, "read "+key, err, fault.Invalid)
		wantKind(t, "delete "+key, b.Blobs.DeleteBlob(t.Context(), key), fault.Invalid)
		_, err = b.Blobs.UploadURL(t.Context(), key, "text/plain", 1, time.Minute)
		wantKind(t, "upload "+key, err, fault.Invalid)
	}
}

func blobApart(t *testing.T, b BlobBench) {
	keys := []string{"a", "a/b", "a/b/c", "a.b", "a-", "ab"}
	for _, key := range keys {
		putBlob(t, b, key, key)
	}
	if err := b.Blobs.DeleteBlob(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key != "a/b" {
			wantBlob(t, b, key, key)
		}
	}
}

// blobWhole: a reader sees one write or another, never a mixture.
func blobWhole(t *testing.T, b BlobBench) {
	putBlob(t, b, "k", strings.Repeat("0", 10_000))
	var work sync.WaitGroup
	for n := range 4 {
		work.Go(func() {
			for range 5 {
				data := bytes.Repeat([]byte(fmt.Sprint(n)), 10_000+n)
				if err := b.Blobs.PutBlob(t.Context(), "k", "text/plain", data); err != nil {
					t.Error(err)
				}
				got, err := b.Blobs.Blob(t.Context(), "k", 1<<20)
				if err != nil || len(got) < 10_000 || bytes.Count(got, got[:1]) != len(got) {
					t.Errorf("read a mixture of %d bytes, %v", len(got), err)
				}
			}
		})
	}
	work.Wait()
}

// upload PUTs data and returns the status.
func upload(t *testing.T, b BlobBench, url, contentType, data string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	resp, err := b.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return resp.StatusCode
}

func uploadURL(t *testing.T, b BlobBench, key string) string {
	t.Helper()
	url, err := b.Blobs.UploadURL(t.Context(), key, "text/csv", 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func blobUpload(t *testing.T, b BlobBench) {
	url := uploadURL(t, b, "w1/up/1.csv")
	if got := upload(t, b, url, "text/csv", "a,b\n1,2\n"); got != http.StatusOK {
		t.Fatalf("status = %d", got)
	}
	wantBlob(t, b, "w1/up/1.csv", "a,b\n1,2\n")
}

func blobUploadRefused(t *testing.T, b BlobBench) {
	url := uploadURL(t, b, "w1/up/1.csv")
	for name, try := range map[string]struct{ url, contentType string }{
		"other key":    {strings.Replace(url, "1.csv", "2.csv", 1), "text/csv"},
		"other type":   {url, "text/html"},
		"no signature": {strings.SplitN(url, "?", 2)[0], "text/csv"},
	} {
		if got := upload(t, b, try.url, try.contentType, "x"); got != http.StatusForbidden {
			t.Errorf("%s: status = %d, want 403", name, got)
		}
	}
	_, err := b.Blobs.Blob(t.Context(), "w1/up/1.csv", 1)
	wantKind(t, "read", err, fault.NotFound)
}

func blobUploadEnds(t *testing.T, b BlobBench) {
	if b.Advance == nil {
		t.Skip("this store has no clock that can be moved")
	}
	url := uploadURL(t, b, "k")
	b.Advance(time.Minute + time.Second)
	if got := upload(t, b, url, "text/csv", "x"); got != http.StatusForbidden {
		t.Errorf("status = %d, want 403", got)
	}
}

func blobContext(t *testing.T, b BlobBench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Blobs.PutBlob(ctx, "k", "text/plain", []byte("x")); err == nil {
		t.Error("a put went through after its context had ended")
	}
}

func blobCopy(t *testing.T, b BlobBench) {
	data := []byte("before")
	if err := b.Blobs.PutBlob(t.Context(), "k", "text/plain", data); err != nil {
		t.Fatal(err)
	}
	copy(data, "after!")
	wantBlob(t, b, "k", "before")
}
