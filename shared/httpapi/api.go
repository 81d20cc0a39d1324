package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
)

// API serves routes. It is safe for concurrent use.
type API struct {
	config Config
	mux    *http.ServeMux
}

// New makes an API of routes. Patterns that contradict each other panic, as
// they do in http.ServeMux: it is a mistake in the program.
func New(config Config, routes ...Route) *API {
	a := &API{config: config, mux: http.NewServeMux()}
	for _, route := range routes {
		a.mux.Handle(route.Pattern, a.handler(route))
	}
	return a
}

// ServeHTTP answers every request with JSON: an unknown path with the problem
// not_found, a known one with another method with method_not_allowed and Allow.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := a.mux.Handler(r); pattern != "" && clean(r) {
		a.mux.ServeHTTP(w, r)
		return
	}
	Protect(w.Header())
	id := a.config.NewID()
	allow := a.methods(r)
	if len(allow) == 0 || !clean(r) {
		a.write(w, problemAnswer(fault.New(fault.NotFound, "not_found", "There is nothing at this address. openapi.yaml lists what there is."), id))
		return
	}
	refused := problemAnswer(refuse(http.StatusMethodNotAllowed, "method_not_allowed",
		"This address knows %s, not %s.", strings.Join(allow, ", "), r.Method), id)
	refused.Header.Set("Allow", strings.Join(allow, ", "))
	a.write(w, refused)
}

// clean says whether the mux would serve the path itself rather than redirect
// to a tidier one: a redirected POST loses its body.
func clean(r *http.Request) bool { return path.Clean(r.URL.Path) == r.URL.Path }

func (a *API) methods(r *http.Request) []string {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		try := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := a.mux.Handler(try); pattern != "" {
			allow = append(allow, m)
		}
	}
	return allow
}

func (a *API) handler(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := a.config.Now()
		id := a.config.NewID()
		Protect(w.Header())
		got, call, err := a.serve(route, r, id)
		if err != nil {
			got = problemAnswer(err, id)
			if fault.Is(err, fault.Unsupported) {
				got.Header.Set("Allow", strings.Join(without(a.methods(r), r.Method), ", "))
			}
		}
		a.write(w, got)
		a.log(r.Context(), route, call, got.Status, a.config.Now().Sub(began), err)
	})
}

func without(methods []string, one string) []string {
	return slices.DeleteFunc(methods, func(m string) bool { return m == one })
}

func (a *API) serve(route Route, r *http.Request, id string) (got *answer, call Call, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), fault.Internal, "internal", "Something went wrong on our side.")
		}
	}()
	if call, err = a.call(route, r, id); err != nil {
		return nil, call, err
	}
	if route.Guarded && !call.Match.Set {
		return nil, call, refuse(http.StatusPreconditionRequired, "if_match_required",
			"Say which version this replaces: send If-Match with the ETag you read.")
	}
	body, err := readBody(r)
	if err != nil {
		return nil, call, err
	}
	if r.Method == http.MethodPost && !route.Open && call.Key != "" {
		got, err = a.once(route, call, r, body)
	} else {
		got, err = route.run(r.Context(), call, r, body)
	}
	if call.Match.Set && moved(err) {
		err = stale()
	}
	return got, call, err
}

// call finds out who asks and reads the headers that mean the same everywhere.
func (a *API) call(route Route, r *http.Request, id string) (Call, error) {
	c := Call{Header: r.Header, ID: id, Secure: Secure(r), Bearer: bearer(r)}
	err := foreign(r)
	if err != nil {
		return c, err
	}
	if !route.Open {
		if c.Credential, c.Cookie, err = a.authenticate(r); err != nil {
			return c, err
		}
		c.Space = c.Credential.Space
	}
	if c.Key, err = idempotencyKey(r); err != nil {
		return c, err
	}
	c.Match = parseMatch(r.Header.Values("If-Match"))
	return c, nil
}

// foreign refuses what a page of another site sends through a browser without
// a key of its own: it could only work with what the browser adds, or sign
// somebody in who did not ask for it.
func foreign(r *http.Request) error {
	if r.Header.Get("Authorization") != "" || http.NewCrossOriginProtection().Check(r) == nil {
		return nil
	}
	return fault.New(fault.Denied, "cross_origin", "Another site sent this. Only our own page may, or a client with a key.")
}

// Secure says whether a cookie is to be bound to TLS: always, except where a
// browser talks to a server on its own machine without.
func Secure(r *http.Request) bool {
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host != "localhost" && !strings.HasSuffix(host, ".localhost") && (ip == nil || !ip.IsLoopback())
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, BodyLimit+1))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "body_unreadable", "The body broke off. Send it again.")
	}
	if len(body) > BodyLimit {
		return nil, tooLarge()
	}
	return body, nil
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "too_large", "A body may have 4 MiB. For larger files ask POST /v1/uploads for an address to PUT to.")
}

func (a *API) write(w http.ResponseWriter, got *answer) {
	for name, values := range got.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(got.Status)
	_, _ = w.Write(got.Body) // the client is gone: nobody is left to tell
}

func (a *API) log(ctx context.Context, route Route, c Call, status int, took time.Duration, err error) {
	attrs := []slog.Attr{
		slog.String("op", route.Pattern), slog.Int("status", status), slog.Int64("duration_ms", took.Milliseconds()),
		slog.String("request", c.ID), slog.String("workspace", string(c.Space)),
	}
	level := slog.LevelInfo
	if err != nil {
		attrs = append(attrs, slog.String("kind", string(fault.KindOf(err))))
	}
	if err != nil && status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	a.config.Log.LogAttrs(ctx, level, "request", attrs...)
}

// Protect sets the headers that keep an answer out of caches, frames and
// guesses about its type.
func Protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Strict-Transport-Security", "max-age=31536000")
}
