package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

var (
	errLost = errors.New("connection closed before the answer")
	errDead = errors.New("the process is dead")
)

// RoundTrip hands a request to the simulator whose mount it names, as a server
// behind that address would.
func (w *World) RoundTrip(r *http.Request) (*http.Response, error) {
	for mount, handler := range w.mounts {
		if strings.HasPrefix(r.URL.Path, mount+"/") || r.URL.Path == mount {
			return serve(handler, mount, r)
		}
	}
	return nil, fmt.Errorf("no simulator stands at %s%s", r.URL.Host, r.URL.Path)
}

func serve(handler http.Handler, mount string, r *http.Request) (resp *http.Response, err error) {
	body := []byte{}
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	in := httptest.NewRequest(r.Method, r.URL.String(), bytes.NewReader(body)).WithContext(r.Context())
	in.Header = r.Header.Clone()
	in.Host = r.URL.Host
	answer := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // the panic is this very value
				panic(p)
			}
			resp, err = nil, errLost
		}
	}()
	http.StripPrefix(mount, handler).ServeHTTP(answer, in)
	resp = answer.Result()
	resp.Request = r
	return resp, nil
}

// gate stands before the simulator: it spoils calls and lets the product die.
type gate struct {
	next   http.RoundTripper
	faults *simkit.Faults

	mu   sync.Mutex
	arms []channeltest.Fault
	left int // calls until death; meaningless unless cutting
	cuts bool
	dead bool
}

// RoundTrip passes a call on, spoilt if one of the armed faults is for it.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	kind, dies, err := g.judge(r)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		if err := g.faults.Add(kind, 1); err != nil {
			return nil, err
		}
	}
	resp, err := g.next.RoundTrip(r)
	if dies {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, errDead
	}
	return resp, err
}

// judge decides what happens to a call: which fault it meets, and whether the
// product dies before its answer.
func (g *gate) judge(r *http.Request) (kind string, dies bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dead {
		return "", false, errDead
	}
	if isToken(r.URL.Path) {
		return "", false, nil
	}
	if g.cuts && r.Method != http.MethodGet {
		if g.left == 0 {
			g.dead = true
			return "", false, errDead
		}
		g.left--
		g.dead = g.left == 0
		return "", g.dead, nil
	}
	return g.take(r.Method), false, nil
}

func (g *gate) take(method string) string {
	for i := range g.arms {
		f := &g.arms[i]
		if f.Count == 0 || f.Writes && method == http.MethodGet {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		f.Count--
		return f.Kind
	}
	return ""
}

// isToken recognises the token calls of the platforms, which no fault meets.
func isToken(path string) bool {
	for _, part := range []string{"/oauth/", "/api/v2/token/", "access_token", "debug_token"} {
		if strings.Contains(path, part) {
			return true
		}
	}
	return false
}

func (g *gate) arm(f channeltest.Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.Count = max(f.Count, 1)
	g.arms = append(g.arms, f)
}

func (g *gate) calm() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arms = nil
}

func (g *gate) cut(after int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cuts, g.left, g.dead = true, after, false
}

func (g *gate) mend() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cuts, g.dead = false, false
}

func (g *gate) isDead() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dead
}

// letterbox takes the webhooks, all with 200.
type letterbox struct {
	mu   sync.Mutex
	came []channeltest.Delivery
}

// RoundTrip keeps a delivery.
func (l *letterbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.came = append(l.came, channeltest.Delivery{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(), Body: body})
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func (l *letterbox) all() []channeltest.Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]channeltest.Delivery(nil), l.came...)
}

// pictures answers every address with a generated picture, except those that
// end in /404.
type pictures struct{}

var _ channel.Images = pictures{}

// Image reads a picture.
func (pictures) Image(ctx context.Context, address string) (channel.Picture, error) {
	resp, err := simkit.FetchPicture(ctx, address)
	if err != nil {
		return channel.Picture{}, fmt.Errorf("image %s: %w", address, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return channel.Picture{}, fault.Refused(fault.Rejected, commerce.Problem{
			Rule: "image_unreachable", Field: "images", Value: address, Allowed: "a public address of a picture", Fix: "Check the address of the picture: it answers 404.",
		})
	}
	data, err := io.ReadAll(resp.Body)
	return channel.Picture{Type: resp.Header.Get("Content-Type"), Data: data}, err
}
