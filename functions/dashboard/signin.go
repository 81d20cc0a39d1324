package dashboard

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

//go:embed page/signin.html
var signinHTML string

//go:embed page/page.css
var pageCSS string

// signinLock outlives the few reads and writes that use a link up.
const signinLock = 10 * time.Second

// signin makes a browser's session: of a link that works once, or of an API key
// typed into the form.
func (h *Handler) signin(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Get("t") != "":
		from, err := h.useLink(r.Context(), r.URL.Query().Get("t"))
		if fault.Is(err, fault.Denied) && h.isIn(r) {
			protectPage(w.Header())
			http.Redirect(w, r, "/", http.StatusSeeOther) // the link again, in the browser it was for
			return
		}
		h.enter(w, r, from, from.Parent, err)
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		writePage(w, http.StatusOK, page{Title: "Sign in", Form: true, Next: next(r)})
	case r.Method == http.MethodPost:
		from, err := h.formKey(w, r)
		h.enter(w, r, from, from.Hash, err)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		writePage(w, http.StatusMethodNotAllowed, page{Title: "Not possible", Problem: "This page can't do that."})
	}
}

// isIn says whether the browser has a session that is good.
func (h *Handler) isIn(r *http.Request) bool {
	c, err := r.Cookie(httpapi.CookieName(httpapi.Secure(r)))
	if err != nil {
		return false
	}
	known, err := httpapi.Known(r.Context(), h.Store, c.Value, h.Now())
	return err == nil && known.Kind == httpapi.KindSession
}

// formKey is the owner key of the form. A form of another site signs nobody in.
func (h *Handler) formKey(w http.ResponseWriter, r *http.Request) (port.Credential, error) {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return port.Credential{}, fault.New(fault.Denied, "cross_origin", "The form came from another site.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	c, err := httpapi.Known(r.Context(), h.Store, strings.TrimSpace(r.PostFormValue("key")), h.Now())
	if err == nil && c.Kind != httpapi.KindOwner {
		err = fault.New(fault.Denied, "not_a_key", "This is not an API key.")
	}
	return c, err
}

// useLink takes a one-time token out of the world. The lock makes it once: two
// browsers with the same link don't both get in.
func (h *Handler) useLink(ctx context.Context, token string) (from port.Credential, err error) {
	gone := fault.New(fault.Denied, "link_used", "This sign-in link has been used or is too old.")
	hash := httpapi.HashKey(token)
	lock, err := h.Store.Lock(ctx, "signin#"+hash, signinLock)
	if fault.Is(err, fault.Conflict) {
		return from, gone
	}
	if err != nil {
		return from, err
	}
	defer func() { err = errors.Join(err, h.Store.Unlock(context.WithoutCancel(ctx), "signin#"+hash, lock)) }()
	from, err = h.Store.Credential(ctx, hash)
	switch {
	case fault.Is(err, fault.NotFound):
		return from, gone
	case err != nil:
		return from, err
	case from.Kind != httpapi.KindSignin, !h.Now().Before(from.ExpiresAt):
		return from, gone
	}
	return from, h.Store.DeleteCredential(ctx, hash)
}

// enter opens the session and goes to the dashboard, or shows the form again.
func (h *Handler) enter(w http.ResponseWriter, r *http.Request, from port.Credential, parent string, err error) {
	var token string
	var s port.Credential
	if err == nil {
		s, token, err = h.openSession(r.Context(), from, parent)
	}
	if err != nil {
		h.refuseEntry(w, r, err)
		return
	}
	protectPage(w.Header())
	http.SetCookie(w, sessionCookie(token, s.ExpiresAt, httpapi.Secure(r)))
	http.Redirect(w, r, next(r), http.StatusSeeOther)
}

// next is the page of ours one came from, "/" when none is named: never another
// host.
func next(r *http.Request) string {
	to, err := url.Parse(r.FormValue("next"))
	if err != nil || to.Host != "" || to.Scheme != "" || !strings.HasPrefix(to.Path, "/") || strings.HasPrefix(to.Path, "//") {
		return "/"
	}
	return to.RequestURI()
}

func (h *Handler) refuseEntry(w http.ResponseWriter, r *http.Request, err error) {
	if !fault.Is(err, fault.Denied) {
		h.Log.ErrorContext(r.Context(), "signing in did not work", "error", err.Error())
		writePage(w, http.StatusServiceUnavailable, page{Title: "Sign in", Form: true, Next: next(r), Problem: "Signing in does not work just now. Try again."})
		return
	}
	words := fault.Of(err).Message
	if httpapi.Status(err) == http.StatusUnauthorized {
		words = "There is no such key."
	}
	writePage(w, http.StatusForbidden, page{Title: "Sign in", Form: true, Next: next(r), Problem: words})
}

// page is what the server itself shows: the sign-in form and errors.
type page struct {
	Title   string
	Problem string
	Form    bool
	Next    string // where to go then
	Style   template.CSS
}

func writePage(w http.ResponseWriter, status int, p page) {
	p.Style = template.CSS(pageCSS) //nolint:gosec // our own file
	var b strings.Builder
	if err := template.Must(template.New("page").Parse(signinHTML)).Execute(&b, p); err != nil {
		http.Error(w, p.Title, status)
		return
	}
	protectPage(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String())) // the browser is gone: nobody is left to tell
}

// protectPage is the policy of pages with our one style and no script.
func protectPage(h http.Header) {
	httpapi.Protect(h)
	sum := sha256.Sum256([]byte(pageCSS))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
}
