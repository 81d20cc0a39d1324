package blob_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/manystall/manystall/infra/blob"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// inProcess is a transport that calls the handler instead of the network.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	t.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func openDir(t *testing.T, path string, c *clock) *blob.Dir {
	t.Helper()
	d, err := blob.OpenDir(blob.DirOptions{Path: path, Public: "http://blobs.test/local/uploads/", Secret: []byte("key"), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func uploads(d *blob.Dir) *http.Client {
	return &http.Client{Transport: inProcess{http.StripPrefix("/local/uploads/", d)}}
}

func TestDirConformance(t *testing.T) {
	t.Parallel()
	porttest.RunBlob(t, func(t *testing.T) porttest.BlobBench {
		c := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		d := openDir(t, filepath.Join(t.TempDir(), "new", "blobs"), c)
		return porttest.BlobBench{Blobs: d, Client: uploads(d), Advance: c.advance}
	})
}

func TestReopen(t *testing.T) {
	t.Parallel()
	path, c := t.TempDir(), &clock{}
	if err := openDir(t, path, c).PutBlob(t.Context(), "a/b", "text/plain", []byte("x")); err != nil {
		t.Fatal(err)
	}
	got, err := openDir(t, path, c).Blob(t.Context(), "a/b", 10)
	if err != nil || string(got) != "x" {
		t.Errorf("read %q, %v", got, err)
	}
}

// files lists what lies in the folder.
func files(t *testing.T, path string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err = filepath.Rel(path, name)
		all = append(all, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestUploadLimit(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := openDir(t, path, &clock{})
	address, err := d.UploadURL(t.Context(), "k", "text/csv", 3, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	put := func(method, body string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "text/csv")
		resp, err := uploads(d).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		return resp.StatusCode
	}
	if got := put(http.MethodPut, "1234"); got != http.StatusRequestEntityTooLarge {
		t.Errorf("status of 4 bytes = %d, want 413", got)
	}
	if left := files(t, path); left != "" {
		t.Errorf("a refused upload left %s", left)
	}
	if got := put(http.MethodPost, "123"); got != http.StatusMethodNotAllowed {
		t.Errorf("status of POST = %d, want 405", got)
	}
	if got := put(http.MethodPut, "123"); got != http.StatusOK {
		t.Errorf("status of 3 bytes = %d, want 200", got)
	}
}

func TestUploadRaisedLimit(t *testing.T) {
	t.Parallel()
	d := openDir(t, t.TempDir(), &clock{})
	address, err := d.UploadURL(t.Context(), "k", "text/csv", 3, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, strings.Replace(address, "limit=3", "limit=9", 1), strings.NewReader("123456"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/csv")
	resp, err := uploads(d).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("status = %d, %v", resp.StatusCode, err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	path, c := t.TempDir(), &clock{at: time.Now()}
	d := openDir(t, path, c)
	for _, key := range []string{"tmp/old", "tmp/young", "kept"} {
		if err := d.PutBlob(t.Context(), key, "text/plain", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(path, "kept=ABC~"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := c.now().Add(-8 * 24 * time.Hour)
	for _, name := range []string{"tmp/old=", "kept=", "kept=ABC~"} {
		if err := os.Chtimes(filepath.Join(path, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := files(t, path); got != "kept= tmp/young=" {
		t.Errorf("left %s", got)
	}
}

// TestLinkOut: a link in the folder does not lead a blob out of it.
func TestLinkOut(t *testing.T) {
	t.Parallel()
	path, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(path, "w1")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if err := openDir(t, path, &clock{}).PutBlob(t.Context(), "w1/x", "text/plain", nil); err == nil {
		t.Error("a blob was written outside of the folder")
	}
	if got := files(t, outside); got != "" {
		t.Errorf("outside lies %s", got)
	}
}

func TestUnwritable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.OpenDir(blob.DirOptions{Path: file}); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// FuzzUploadAddress: whatever is asked, nothing but a signed address is
// answered 200.
func FuzzUploadAddress(f *testing.F) {
	f.Add("/k", "type=text%2Fcsv&limit=3&ends=99999999999&signature=00")
	f.Add("/../k", "")
	f.Add("/%2e%2e/k", "limit=-1&ends=9223372036854775807&signature=")
	f.Fuzz(func(t *testing.T, path, query string) {
		d := openDir(t, t.TempDir(), &clock{})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", strings.NewReader("x"))
		r.URL.Path, r.URL.RawQuery = path, query
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s?%s: %d", path, query, w.Code)
		}
	})
}

func TestReadFault(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := openDir(t, path, &clock{})
	if err := os.Mkdir(filepath.Join(path, "k="), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Blob(t.Context(), "k", 10); err == nil || errors.Is(err, fs.ErrNotExist) || fault.Is(err, fault.NotFound) {
		t.Errorf("error = %v", err)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	d := openDir(t, t.TempDir(), &clock{})
	if err := d.PutBlob(t.Context(), "feeds/a.csv", "", []byte("id\n1\n")); err != nil {
		t.Fatal(err)
	}
	address, err := d.DownloadURL(t.Context(), "feeds/a.csv", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(address, "feeds/a.csv")
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := get("/feeds/a.csv" + rest); w.Code != 200 || w.Body.String() != "id\n1\n" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	for _, path := range []string{"/feeds/b.csv" + rest, "/feeds/a.csv", "/feeds/a.csv?ends=99999999999&signature=00", "/../a.csv" + rest} {
		if w := get(path); w.Code != 403 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
