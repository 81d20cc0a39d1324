package local_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "manystall")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := os.Setenv("MANYSTALL_TEST_BIN", dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// executable builds a package of this module into the shared folder, unless it
// is there.
func executable(t *testing.T, pkg, name string) string {
	t.Helper()
	path := filepath.Join(os.Getenv("MANYSTALL_TEST_BIN"), name)
	lock, err := os.OpenFile(filepath.Join(os.Getenv("MANYSTALL_TEST_BIN"), "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return path
}

// instance is a running `make run` of its own, in a process of its own.
type instance struct {
	t     *testing.T
	port  string
	aws   string
	state string
	env   []string
	cmd   *exec.Cmd
	lines chan string
	ended chan struct{}
	log   *bytes.Buffer
	mu    sync.Mutex
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// newInstance prepares an instance with an empty state; env is NAME=value.
func newInstance(t *testing.T, env ...string) *instance {
	t.Helper()
	in := &instance{t: t, port: freePort(t), aws: freePort(t), state: t.TempDir(), env: env, log: &bytes.Buffer{}}
	t.Cleanup(func() {
		in.kill()
		if t.Failed() {
			in.mu.Lock()
			defer in.mu.Unlock()
			tail := in.log.Bytes()
			t.Logf("what it printed:\n%s", tail[max(0, len(tail)-8000):])
		}
	})
	return in
}

// start runs it; lines tells what it prints.
func (in *instance) start() {
	in.t.Helper()
	in.cmd = exec.Command(executable(in.t, "github.com/manystall/manystall/infra/local/run", "manystall"))
	in.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "PORT=" + in.port, "AWS_PORT=" + in.aws, "STATE=" + in.state}, in.env...)
	out, err := in.cmd.StdoutPipe()
	if err != nil {
		in.t.Fatal(err)
	}
	errs, err := in.cmd.StderrPipe()
	if err != nil {
		in.t.Fatal(err)
	}
	in.lines, in.ended = make(chan string, 1000), make(chan struct{})
	if err := in.cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	var pipes sync.WaitGroup
	pipes.Go(func() { in.read(out, in.lines) })
	pipes.Go(func() { in.read(errs, nil) })
	go func() {
		pipes.Wait()
		_ = in.cmd.Wait()
		close(in.lines)
		close(in.ended)
	}()
}

func (in *instance) read(from io.Reader, to chan<- string) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		in.mu.Lock()
		in.log.WriteString(lines.Text() + "\n")
		in.mu.Unlock()
		if to != nil {
			to <- lines.Text()
		}
	}
}

// wait reads lines until one begins with prefix, and answers all it read.
func (in *instance) wait(prefix string, limit time.Duration) []string {
	in.t.Helper()
	var seen []string
	timeout := time.After(limit)
	for {
		select {
		case line, ok := <-in.lines:
			if !ok {
				in.t.Fatalf("it ended before it printed %q", prefix)
			}
			seen = append(seen, line)
			if strings.HasPrefix(line, prefix) {
				return seen
			}
		case <-timeout:
			in.t.Fatalf("it did not print %q within %s", prefix, limit)
		}
	}
}

// kill ends it the hard way and waits until it is gone.
func (in *instance) kill() {
	if in.cmd == nil || in.cmd.Process == nil {
		return
	}
	_ = in.cmd.Process.Kill()
	<-in.ended
}

func (in *instance) base() string { return "http://127.0.0.1:" + in.port }

func (in *instance) key() string {
	in.t.Helper()
	raw, err := os.ReadFile(filepath.Join(in.state, "api-key"))
	if err != nil {
		in.t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// try calls the API and answers status and body.
func (in *instance) try(method, path string, body any, header ...string) (int, []byte, http.Header, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return 0, nil, nil, err
		}
		reader = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, in.base()+path, reader)
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+in.key())
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, raw, resp.Header, err
}

// call calls the API, wants success, and decodes the answer.
func (in *instance) call(method, path string, body, out any, header ...string) http.Header {
	in.t.Helper()
	status, raw, head, err := in.try(method, path, body, header...)
	if err != nil || status >= 300 {
		in.t.Fatalf("%s %s: status %d, err %v, %s", method, path, status, err, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			in.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	return head
}

// all reads a whole list.
func all[T any](in *instance, path string) []T {
	in.t.Helper()
	var items []T
	for cursor := ""; ; {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_cursor"`
		}
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		in.call(http.MethodGet, path+sep+"limit=100&cursor="+cursor, nil, &page)
		items = append(items, page.Items...)
		if cursor = page.Next; cursor == "" {
			return items
		}
	}
}

// eventually looks until it is so.
func (in *instance) eventually(what string, limit time.Duration, look func() (bool, string)) {
	in.t.Helper()
	timeout := time.After(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, why := look()
		if ok {
			return
		}
		select {
		case <-timeout:
			in.t.Fatalf("not within %s: %s: %s", limit, what, why)
		case <-tick.C:
		}
	}
}
