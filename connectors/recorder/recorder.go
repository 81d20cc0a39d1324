// Package recorder holds the traffic between connectors and simulators against
// the marketplaces' own machine-readable descriptions, so that a connector and
// a simulator can't share a misunderstanding. It is for tests: the descriptions
// lie beside the repository, in ../shared/specs, and where they are absent
// everything passes and the test says so.
package recorder

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Recorder checks exchanges. It is safe for concurrent use.
type Recorder struct {
	specs *specs // nil: nothing is checked

	mu         sync.Mutex
	violations map[string]int
	operations map[string]int
	nodes      map[string]string // Meta id -> node
}

// New makes a recorder over the descriptions; absent says that there are none.
func New() (r *Recorder, absent bool, err error) {
	s, err := loadSpecs()
	if err != nil {
		return nil, false, fmt.Errorf("read API descriptions: %w", err)
	}
	return &Recorder{specs: s, violations: map[string]int{}, operations: map[string]int{}, nodes: map[string]string{}}, s == nil, nil
}

// For makes a recorder whose violations fail the test when it ends.
func For(t testing.TB) *Recorder {
	t.Helper()
	r, absent, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if absent {
		t.Log("no API descriptions beside the repository (../shared/specs): the traffic is not held against them")
	}
	t.Cleanup(func() {
		for _, v := range r.Violations() {
			t.Errorf("against the API description: %s", v)
		}
	})
	return r
}

// Absent says that there are no descriptions: then nothing is checked or
// counted.
func (r *Recorder) Absent() bool { return r.specs == nil }

// Wrap lets traffic pass through the recorder unchanged.
func (r *Recorder) Wrap(next http.RoundTripper) http.RoundTripper {
	return &tap{recorder: r, next: next}
}

// Know names the node of a Meta id (Page, ProductCatalog …). Ids in answers are
// learned by themselves.
func (r *Recorder) Know(id, node string) {
	if id == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nodes[id] = node
}

func (r *Recorder) node(id string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.nodes[id]
}

// Violations are the differences found so far, sorted, each with how often it
// was seen.
func (r *Recorder) Violations() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, v := range slices.Sorted(maps.Keys(r.violations)) {
		all = append(all, fmt.Sprintf("%s (%d times)", v, r.violations[v]))
	}
	return all
}

// Operations counts the calls per operation.
func (r *Recorder) Operations() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.operations)
}

// Report writes into the test's log which operations were called, and how
// often. It fails the test when they are fewer than least; without
// descriptions it says nothing.
func (r *Recorder) Report(t testing.TB, least int) {
	t.Helper()
	if r.specs == nil {
		return
	}
	all := r.Operations()
	list := make([]string, 0, len(all))
	for _, op := range slices.Sorted(maps.Keys(all)) {
		list = append(list, fmt.Sprintf("%s %d", op, all[op]))
	}
	t.Logf("%d distinct operations: %s", len(all), strings.Join(list, ", "))
	if len(all) < least {
		t.Errorf("%d distinct operations, want at least %d", len(all), least)
	}
}

func (r *Recorder) note(e *exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.operations[e.op]++
	for _, v := range e.found {
		if !excused(e.platform, e.op, v) {
			r.violations[e.op+": "+v]++
		}
	}
}

// tap is the place where traffic is looked at.
type tap struct {
	recorder *Recorder
	next     http.RoundTripper
}

// RoundTrip passes a request on and checks it with its answer.
func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.recorder.specs == nil {
		return t.next.RoundTrip(r)
	}
	body, err := drain(&r.Body)
	if err != nil {
		return nil, err
	}
	e := newExchange(r, body)
	resp, failed := t.next.RoundTrip(r)
	if failed == nil {
		if e.answer, err = drain(&resp.Body); err != nil {
			return nil, err
		}
		e.status, e.answerType = resp.StatusCode, resp.Header.Get("Content-Type")
	}
	t.recorder.check(e)
	return resp, failed
}

// drain reads a body and puts it back.
func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	raw, err := io.ReadAll(*body)
	if err != nil {
		return nil, err
	}
	_ = (*body).Close()
	*body = io.NopCloser(bytes.NewReader(raw))
	return raw, nil
}

// exchange is one request and its answer, if one came.
type exchange struct {
	platform   string // etsy, tiktok, meta, instagram
	method     string
	path       string // at the marketplace: without the simulator's prefix
	query      url.Values
	header     http.Header
	body       []byte
	status     int // 0: the answer was lost
	answerType string
	answer     []byte

	op    string
	found []string
}

func newExchange(r *http.Request, body []byte) *exchange {
	platform, path := locate(r.URL)
	return &exchange{
		platform: platform, method: r.Method, path: path, query: r.URL.Query(), header: r.Header.Clone(), body: body, op: r.Method + " " + path,
	}
}

// locate says which platform an address belongs to, by the simulator's prefix
// or by the real host.
func locate(u *url.URL) (platform, path string) {
	if rest, ok := strings.CutPrefix(u.Path, "/sim/"); ok {
		name, path, _ := strings.Cut(rest, "/")
		return name, "/" + path
	}
	for part, platform := range map[string]string{"etsy.com": "etsy", "tiktok": "tiktok", "facebook.com": "meta", "instagram.com": "instagram"} {
		if strings.Contains(u.Host, part) {
			return platform, u.Path
		}
	}
	return "", u.Path
}

func (e *exchange) report(format string, args ...any) {
	e.found = append(e.found, fmt.Sprintf(format, args...))
}

func (r *Recorder) check(e *exchange) {
	switch e.platform {
	case "etsy":
		r.specs.etsy.check(e)
	case "tiktok":
		r.specs.tiktok.check(e)
	case "meta", "instagram":
		r.checkMeta(e)
	default:
		e.report("no API description covers this address")
	}
	r.note(e)
}
