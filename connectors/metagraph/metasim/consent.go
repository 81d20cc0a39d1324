package metasim

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// grant is an authorization code that waits to be exchanged.
type grant struct {
	Host     string    `json:"host"`
	Redirect string    `json:"redirect"`
	Scopes   []string  `json:"scopes"`
	Expires  time.Time `json:"expires"`
	Used     bool      `json:"used"`
}

// facebookScopes lists the permissions of Facebook Login that this simulator
// knows; others are refused by the dialog.
func facebookScopes() []string {
	return strings.Fields(`public_profile email catalog_management business_management pages_show_list
		pages_read_engagement pages_manage_metadata pages_messaging pages_utility_messaging pages_read_user_content
		pages_manage_engagement instagram_basic instagram_manage_messages instagram_manage_comments
		instagram_shopping_tag_products ads_management`)
}

// instagramScopes lists the permissions of Instagram Login.
func instagramScopes() []string {
	return strings.Fields(`instagram_business_basic instagram_business_manage_messages
		instagram_business_manage_comments instagram_business_content_publish instagram_business_manage_insights`)
}

var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Simulated {{.Host}} login</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}
button{font:inherit;padding:.6rem 1.2rem;margin-right:.5rem}</style>
<h1>Simulated {{.Host}} login</h1>
<p>The app wants to act for <strong>{{.Who}}</strong>.</p>
<ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post">{{range $k, $v := .Fields}}<input type="hidden" name="{{$k}}" value="{{$v}}">{{end}}
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button></form></html>
`))

// consent is the login dialog of either host. GET shows it, POST decides; GET
// with decision=approve or decision=deny decides too, so that a script needs
// to follow one redirect only.
func (s *Sim) consent(w http.ResponseWriter, r *http.Request, host string) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The request could not be read.", http.StatusBadRequest)
		return
	}
	scopes, problem := s.checkDialog(r.Form, host)
	if problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	switch decision := r.Form.Get("decision"); {
	case decision != "":
		s.decide(w, r, host, scopes)
	case r.Method == http.MethodGet:
		s.showConsent(w, r, host, scopes)
	default:
		http.Error(w, "A decision is needed.", http.StatusBadRequest)
	}
}

// checkDialog answers the granted permissions, or what is wrong in words.
func (s *Sim) checkDialog(form url.Values, host string) ([]string, string) {
	client, known := s.app("META_APP_ID"), facebookScopes()
	if host == Instagram {
		client, known = s.instagramApp(), instagramScopes()
	}
	if !same(form.Get("client_id"), client) {
		return nil, "Invalid App ID: The provided app ID does not look like a valid app ID."
	}
	if !absolute(form.Get("redirect_uri")) {
		return nil, "The redirect_uri is not an absolute address."
	}
	if kind := form.Get("response_type"); kind != "code" && (kind != "" || host == Instagram) {
		return nil, "The response_type must be code."
	}
	scopes := strings.FieldsFunc(form.Get("scope"), func(r rune) bool { return r == ',' || r == ' ' })
	for _, scope := range scopes {
		if !slices.Contains(known, scope) {
			return nil, "Invalid Scopes: " + scope + "."
		}
	}
	switch {
	case len(scopes) > 0:
	case host == Facebook && form.Get("config_id") != "":
		scopes = known // Facebook Login for Business: the configuration names them
	case host == Facebook:
		scopes = []string{"public_profile"}
	default:
		return nil, "The scope is missing."
	}
	return scopes, ""
}

func (s *Sim) showConsent(w http.ResponseWriter, r *http.Request, host string, scopes []string) {
	fields := map[string]string{}
	for _, key := range []string{"client_id", "redirect_uri", "state", "scope", "response_type", "config_id"} {
		if r.Form.Has(key) {
			fields[key] = r.Form.Get(key)
		}
	}
	who := userName + " (" + businessName + ")"
	if host == Instagram {
		who = "@" + igName
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = consentPage.Execute(w, map[string]any{"Host": host, "Who": who, "Scopes": scopes, "Fields": fields})
}

func (s *Sim) decide(w http.ResponseWriter, r *http.Request, host string, scopes []string) {
	target, err := url.Parse(r.Form.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "The redirect_uri is not an address.", http.StatusBadRequest)
		return
	}
	query := target.Query()
	query.Set("state", r.Form.Get("state"))
	if r.Form.Get("decision") == "approve" {
		code, err := s.issueCode(host, r.Form.Get("redirect_uri"), scopes)
		if err != nil {
			http.Error(w, "The code could not be stored.", http.StatusInternalServerError)
			return
		}
		query.Set("code", code)
	} else {
		query.Set("error", "access_denied")
		query.Set("error_reason", "user_denied")
		query.Set("error_description", "Permissions error")
		if host == Facebook {
			query.Set("error_code", "200")
		}
	}
	target.RawQuery = query.Encode()
	// Meta ends the address with a fragment, which is not part of the code.
	target.Fragment = map[string]string{Facebook: "_=_", Instagram: "_"}[host]
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (s *Sim) issueCode(host, redirect string, scopes []string) (string, error) {
	var code string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		n, err := tx.Next(tableCode)
		if err != nil {
			return err
		}
		code = s.secret("AQ", "code", n)
		return tx.Put(tableCode, code, grant{Host: host, Redirect: redirect, Scopes: scopes, Expires: s.env.Now().Add(codeLife)})
	})
	return code, err
}
