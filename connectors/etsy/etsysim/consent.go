package etsysim

import (
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Connect {{.Shop}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;color:#222;background:#fff}
button{font:inherit;padding:.6rem 1.4rem;border-radius:2rem;border:1px solid #222;background:#fff;color:#222;cursor:pointer}
button[value=approve]{background:#222;color:#fff}small{color:#595959}</style></head>
<body><main>{{if .Problem}}<h1>This application cannot be connected</h1><p role="alert">{{.Problem}}</p>
{{else}}<h1>Let an application use {{.Shop}}?</h1>
<p>The application <b>{{.Client}}</b> asks for:</p><ul>{{range .Scopes}}<li><code>{{.}}</code></li>{{end}}</ul>
<form method="post"><button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button></form>
<p><small>A simulated Etsy on this machine. You are signed in as the owner of {{.Shop}}.</small></p>{{end}}
</main></body></html>
`))

type consentView struct {
	Shop, Client, Problem string
	Scopes                []string
}

// serveConsent is the page on which a seller lets an application in. With
// decision=approve or decision=deny it redirects at once.
func (s *Sim) serveConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.showConsent(w, http.StatusBadRequest, consentView{Problem: "The request could not be read."})
		return
	}
	f := &form{values: r.Form}
	if problem := s.checkConsent(f); problem != "" {
		s.showConsent(w, http.StatusBadRequest, consentView{Problem: problem})
		return
	}
	answer := url.Values{"state": {f.text("state")}}
	switch f.text("decision") {
	case "approve":
		code, err := s.permit(f)
		if err != nil {
			s.write(w, reply{}, err)
			return
		}
		answer.Set("code", code)
	case "deny":
		answer.Set("error", "access_denied")
		answer.Set("error_description", "The seller did not approve the request")
	default:
		s.showConsent(w, http.StatusOK, consentView{Client: f.text("client_id"), Scopes: strings.Fields(f.text("scope"))})
		return
	}
	s.sendBack(w, r, f.text("redirect_uri"), answer)
}

func (s *Sim) sendBack(w http.ResponseWriter, r *http.Request, address string, answer url.Values) {
	u, err := url.Parse(address)
	if err != nil {
		s.write(w, reply{}, fmt.Errorf("redirect_uri: %w", err))
		return
	}
	q := u.Query()
	for name := range answer {
		q.Set(name, answer.Get(name))
	}
	u.RawQuery = q.Encode()
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, u.String(), http.StatusFound)
}

func (s *Sim) showConsent(w http.ResponseWriter, status int, v consentView) {
	v.Shop = s.shop.Name
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = consentPage.Execute(w, v) // the browser is gone: nobody to tell
}

// checkConsent says what keeps the page from asking, in words for a developer.
func (s *Sim) checkConsent(f *form) string {
	switch {
	case f.text("response_type") != "code":
		return "response_type must be code."
	case !same(f.text("client_id"), s.env.App["ETSY_KEYSTRING"]):
		return "client_id is not the keystring of a known application."
	case !redirectable(f.text("redirect_uri")) || (s.Callback != "" && f.text("redirect_uri") != s.Callback):
		return "The requested redirect URL is not permitted."
	case f.text("state") == "":
		return "state is missing."
	case f.text("code_challenge_method") != "S256":
		return "code_challenge_method must be S256."
	case len(f.text("code_challenge")) != 43:
		return "code_challenge must be the 43 characters of an S256 challenge."
	}
	asked := strings.Fields(f.text("scope"))
	if len(asked) == 0 {
		return "scope is missing."
	}
	for _, scope := range asked {
		if !slices.Contains(scopes, scope) {
			return "scope " + cut(scope, 40) + " is unknown."
		}
	}
	return ""
}

// redirectable takes https, and plain http to this machine, which Etsy lets
// some tools use.
func redirectable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Fragment != "" || u.User != nil {
		return false
	}
	if u.Scheme == "http" {
		ip := net.ParseIP(u.Hostname())
		return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	}
	return u.Scheme == "https"
}

func (s *Sim) permit(f *form) (code string, err error) {
	err = s.env.Store.Update(func(tx *simkit.Tx) (err error) {
		if code, err = s.secret(tx); err != nil {
			return err
		}
		return tx.Put(tableCode, code, permit{
			RedirectURI: f.text("redirect_uri"), Challenge: f.text("code_challenge"),
			Scopes: strings.Fields(f.text("scope")), Expires: s.env.Now().Add(codeLife),
		})
	})
	return code, err
}
