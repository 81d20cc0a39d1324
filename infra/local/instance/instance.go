// Package instance runs the local runner as a process of its own, for tests: a
// process can be killed, and what it prints is what a newcomer sees.
package instance

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
	"testing"
	"time"
)

// patience is how long a test waits for anything. It only ends what hangs: how
// fast the machine is decides nothing.
const patience = 4 * time.Minute

// Build compiles the runner into a folder and answers its path.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "manystall")
	out, err := exec.Command("go", "build", "-o", path, "github.com/manystall/manystall/infra/local/run").CombinedOutput() //nolint:gosec // fixed words
	if err != nil {
		return "", fmt.Errorf("build the runner: %w\n%s", err, out)
	}
	return path, nil
}

// Instance is a running `make run` of its own.
type Instance struct {
	T     *testing.T
	State string
	bin   string
	port  string
	aws   string
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

// New prepares an instance of an executable with an empty state; env holds
// NAME=value. It is killed at the end of the test.
func New(t *testing.T, bin string, env ...string) *Instance {
	t.Helper()
	in := &Instance{T: t, bin: bin, port: freePort(t), aws: freePort(t), State: t.TempDir(), env: env, log: &bytes.Buffer{}}
	t.Cleanup(func() {
		in.Kill()
		if t.Failed() {
			in.mu.Lock()
			defer in.mu.Unlock()
			tail := in.log.Bytes()
			t.Logf("what it printed:\n%s", tail[max(0, len(tail)-8000):])
		}
	})
	return in
}

// Start runs it; lines tells what it prints.
func (in *Instance) Start() {
	in.T.Helper()
	in.cmd = exec.Command(in.bin) //nolint:gosec // built by Build
	in.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "PORT=" + in.port, "AWS_PORT=" + in.aws, "STATE=" + in.State}, in.env...)
	out, err := in.cmd.StdoutPipe()
	if err != nil {
		in.T.Fatal(err)
	}
	errs, err := in.cmd.StderrPipe()
	if err != nil {
		in.T.Fatal(err)
	}
	in.lines, in.ended = make(chan string, 1000), make(chan struct{})
	if err := in.cmd.Start(); err != nil {
		in.T.Fatal(err)
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

func (in *Instance) read(from io.Reader, to chan<- string) {
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

// Wait reads lines until one begins with prefix, and answers all it read.
func (in *Instance) Wait(prefix string) []string {
	in.T.Helper()
	var seen []string
	timeout := time.After(patience)
	for {
		select {
		case line, ok := <-in.lines:
			if !ok {
				in.T.Fatalf("it ended before it printed %q", prefix)
			}
			seen = append(seen, line)
			if strings.HasPrefix(line, prefix) {
				return seen
			}
		case <-timeout:
			in.T.Fatalf("it did not print %q within %s; it printed:\n%s", prefix, patience, strings.Join(seen, "\n"))
		}
	}
}

// Kill ends it the hard way and waits until it is gone.
func (in *Instance) Kill() {
	if in.cmd == nil || in.cmd.Process == nil {
		return
	}
	_ = in.cmd.Process.Kill()
	<-in.ended
}

// Base is its address, without a slash at the end.
func (in *Instance) Base() string { return "http://127.0.0.1:" + in.port }

// Key is the owner's API key.
func (in *Instance) Key() string {
	in.T.Helper()
	raw, err := os.ReadFile(filepath.Join(in.State, "api-key"))
	if err != nil {
		in.T.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// Try calls the API and answers status and body.
func (in *Instance) Try(method, path string, body any, header ...string) (int, []byte, http.Header, error) {
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
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, in.Base()+path, reader)
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+in.Key())
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

// Call calls the API, wants success, and decodes the answer.
func (in *Instance) Call(method, path string, body, out any, header ...string) http.Header {
	in.T.Helper()
	status, raw, head, err := in.Try(method, path, body, header...)
	if err != nil || status >= 300 {
		in.T.Fatalf("%s %s: status %d, err %v, %s", method, path, status, err, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			in.T.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	return head
}

// All reads a whole list.
func All[T any](in *Instance, path string) []T {
	in.T.Helper()
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
		in.Call(http.MethodGet, path+sep+"limit=100&cursor="+cursor, nil, &page)
		items = append(items, page.Items...)
		if cursor = page.Next; cursor == "" {
			return items
		}
	}
}

// Eventually looks until it is so.
func (in *Instance) Eventually(what string, look func() (bool, string)) {
	in.T.Helper()
	timeout := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, why := look()
		if ok {
			return
		}
		select {
		case <-timeout:
			in.T.Fatalf("not within %s: %s: %s", patience, what, why)
		case <-tick.C:
		}
	}
}
