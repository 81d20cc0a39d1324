package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/infra/local/engine"
	"github.com/manystall/manystall/infra/sam"
	"github.com/manystall/manystall/shared/config"
)

// processes runs every function as its own built executable, each behind a
// Runtime API of its own (AWS, "Using the Lambda runtime API", 2018-06-01): the
// bootstrap and its wiring are what runs in the cloud. A function that dies is
// started again; what it was working on fails, as on Lambda.
type processes struct {
	byName map[string]*process
}

// call is one event on its way through a process.
type call struct {
	id      string
	payload []byte
	until   time.Time
	answer  chan result
}

type result struct {
	payload []byte
	err     error
}

// process is one function and its Runtime API.
type process struct {
	name  string // of its folder
	path  string
	env   []string
	log   *slog.Logger
	calls chan call

	mu   sync.Mutex
	open map[string]call
}

// newProcesses starts an executable per function from a folder that holds
// <LogicalId>/bootstrap, as `make build` lays it out. They end with the runner.
func newProcesses(ctx context.Context, t *sam.Template, folder string, shared config.Source, log *slog.Logger) (engine.Invoke, error) {
	ps := &processes{byName: map[string]*process{}}
	for _, f := range t.Functions {
		p := &process{name: f.Name, path: filepath.Join(folder, f.LogicalID, "bootstrap"), log: log, calls: make(chan call), open: map[string]call{}}
		if _, err := os.Stat(p.path); err != nil {
			return nil, fmt.Errorf("function %s: %w", f.Name, err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("runtime API of %s: %w", f.Name, err)
		}
		own := functionEnv(f, shared)
		for name := range f.Environment {
			value, _ := own(name)
			p.env = append(p.env, name+"="+value)
		}
		for _, name := range always() {
			if value, ok := own(name); ok {
				p.env = append(p.env, name+"="+value)
			}
		}
		p.env = append(p.env, "AWS_LAMBDA_RUNTIME_API="+l.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME="+f.LogicalID, "PATH="+os.Getenv("PATH"))
		ps.byName[f.Name] = p
		server := &http.Server{Handler: p.api(), ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = server.Serve(l) }()
		go p.keep(ctx)
	}
	return ps.invoke, nil
}

// keep starts the executable again whenever it ends.
func (p *process) keep(ctx context.Context) {
	for wait := 10 * time.Millisecond; ctx.Err() == nil; {
		began := time.Now()
		cmd := exec.CommandContext(ctx, p.path) //nolint:gosec // built from this repository, named by the operator
		cmd.Env, cmd.Stderr, cmd.Stdout = p.env, os.Stderr, os.Stderr
		dieWithParent(cmd)
		err := cmd.Run()
		p.lose(fmt.Errorf("function %s ended: %w", p.name, errors.Join(err, errors.New("exit"))))
		p.log.Warn("function ended", "function", p.name, "err", fmt.Sprint(err))
		if wait = min(2*wait, time.Second); time.Since(began) > time.Second {
			wait = 10 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// lose fails everything the process was working on.
func (p *process) lose(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, c := range p.open {
		c.answer <- result{err: err}
		delete(p.open, id)
	}
}

// api is the Runtime API the executable talks to.
func (p *process) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", p.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) { p.done(w, r, false) })
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) { p.done(w, r, true) })
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	return mux
}

func (p *process) next(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case c := <-p.calls:
		p.mu.Lock()
		p.open[c.id] = c
		p.mu.Unlock()
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", c.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(c.until.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+p.name)
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(c.payload)
	}
}

func (p *process) done(w http.ResponseWriter, r *http.Request, failed bool) {
	p.mu.Lock()
	c, ok := p.open[r.PathValue("id")]
	delete(p.open, r.PathValue("id"))
	p.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
	if !ok {
		return
	}
	var body json.RawMessage
	err := json.NewDecoder(r.Body).Decode(&body)
	if failed {
		err = fmt.Errorf("function %s: %s", p.name, body)
	}
	c.answer <- result{payload: body, err: err}
}

func (ps *processes) invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	p, ok := ps.byName[name]
	if !ok {
		return nil, fmt.Errorf("no function %q", name)
	}
	until, ok := ctx.Deadline()
	if !ok {
		until = time.Now().Add(30 * time.Second)
	}
	c := call{id: ulid.Make().String(), payload: payload, until: until, answer: make(chan result, 1)}
	select {
	case p.calls <- c:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case r := <-c.answer:
		return r.payload, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
