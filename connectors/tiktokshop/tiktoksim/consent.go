package tiktoksim

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// consentPage speaks to the seller. The form posts to a relative address, so
// that it works below any prefix.
var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>TikTok Shop (simulated): connect an app</title></head>
<body><h1>TikTok Shop (simulated)</h1>
{{if .Message}}<p>{{.Message}}</p>{{else}}
<p>An app asks for access to the shop of {{.Seller}}:</p>
<ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post" action="authorize">
<input type="hidden" name="service_id" value="{{.Service}}"><input type="hidden" name="state" value="{{.State}}">
<button name="decision" value="approve">Approve</button> <button name="decision" value="deny">Deny</button>
</form>{{end}}
</body></html>
`))

type consent struct {
	Message, Seller, Service, State string
	Scopes                          []string
}

// serveConsent shows the question; with decision=approve in the query it
// answers as the form would, for scripts.
func (s *Sim) serveConsent(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("decision") {
		s.decide(w, r, r.URL.Query())
		return
	}
	q := r.URL.Query()
	if !s.knowsService(q) {
		s.page(w, http.StatusBadRequest, consent{Message: "No app has this service_id."})
		return
	}
	sh, scopes, err := s.consentFacts()
	if err != nil {
		s.page(w, http.StatusInternalServerError, consent{Message: "The shop could not be read."})
		return
	}
	s.page(w, http.StatusOK, consent{Seller: sh.Seller, Service: q.Get("service_id"), State: q.Get("state"), Scopes: scopes})
}

func (s *Sim) serveDecision(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.page(w, http.StatusBadRequest, consent{Message: "The form could not be read."})
		return
	}
	s.decide(w, r, r.Form)
}

func (s *Sim) decide(w http.ResponseWriter, r *http.Request, form url.Values) {
	if !s.knowsService(form) {
		s.page(w, http.StatusBadRequest, consent{Message: "No app has this service_id."})
		return
	}
	// The guide describes no redirect for a refusal.
	if form.Get("decision") != "approve" {
		s.page(w, http.StatusOK, consent{Message: "Access was not granted."})
		return
	}
	code, err := s.NewCode()
	if err != nil {
		s.page(w, http.StatusInternalServerError, consent{Message: "The shop could not be written."})
		return
	}
	target, err := url.Parse(s.env.Webhooks["oauth"])
	if err != nil || target.Host == "" {
		s.page(w, http.StatusOK, consent{Message: "The app has no redirect address. Its code is " + code})
		return
	}
	q := target.Query()
	q.Set("code", code)
	q.Set("state", strings.TrimSpace(form.Get("state")))
	target.RawQuery = q.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (s *Sim) knowsService(form url.Values) bool {
	return form.Get("service_id") != "" && form.Get("service_id") == s.env.App["TIKTOK_SERVICE_ID"]
}

func (s *Sim) page(w http.ResponseWriter, status int, c consent) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := consentPage.Execute(w, c); err != nil {
		s.log("tiktok simulator: consent page", err)
	}
}
