package recorder

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// checkMeta holds a Graph API call against the node descriptions of Meta's
// SDK generator (commit of 2026-04-15) and against what was removed since.
func (r *Recorder) checkMeta(e *exchange) {
	segments := metaPath(e.path)
	params, ok := metaParams(e)
	if !ok {
		return
	}
	checkHabits(e, segments, params)
	if forms, ok := logins()[strings.Join(segments, "/")]; ok {
		e.op = e.method + " /" + strings.Join(segments, "/")
		checkLogin(e, params, forms)
		return
	}
	if len(segments) == 0 {
		r.checkMetaBatch(e, params)
		return
	}
	if len(segments) > 2 {
		e.report("no such path")
		return
	}
	if params["access_token"] != nil {
		e.report("the token is a parameter: it belongs into the header")
	}
	r.checkNode(e, segments, params)
}

// metaPath splits a path and drops the version.
func metaPath(path string) []string {
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(segments) > 0 && isVersion(segments[0]) {
		return segments[1:]
	}
	return segments
}

func isVersion(s string) bool {
	return len(s) > 2 && s[0] == 'v' && strings.Trim(s[1:], "0123456789.") == ""
}

// metaParams reads the parameters of a call: query, form or JSON body. A value
// of a form is a string; of a JSON body whatever stands there.
func metaParams(e *exchange) (map[string]any, bool) {
	params := map[string]any{}
	add := func(values url.Values) {
		for name, texts := range values {
			if len(texts) > 1 {
				e.report("parameter %s is repeated", name)
			}
			params[name] = texts[0]
		}
	}
	add(e.query)
	if len(e.body) == 0 {
		return params, true
	}
	kind, _, _ := mime.ParseMediaType(e.header.Get("Content-Type")) // a bad type falls to the last case
	switch kind {
	case "application/json":
		var body map[string]any
		if err := json.Unmarshal(e.body, &body); err != nil {
			e.report("the body is no JSON object")
			return nil, false
		}
		for name, value := range body {
			params[name] = value
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(e.body))
		if err != nil {
			e.report("the body is no form")
			return nil, false
		}
		add(form)
	default:
		e.report("bodies of type %q are not understood", kind)
		return nil, false
	}
	return params, true
}

// gone are the edges of orders, returns and payouts, removed on 2026-10-27
// whatever the description says (meta-common.md §0).
func gone() []string {
	return strings.Fields(`commerce_orders commerce_returns commerce_payouts commerce_transactions acknowledge_orders
		order_management_apps payments payment_transaction_details refunds shipments cancellations returns tax_details
		captured_tax_details gifting_details payment_details buyer_details shipping_option`)
}

// checkHabits refuses what v26.0 removed for all versions.
func checkHabits(e *exchange, segments []string, params map[string]any) {
	for _, name := range []string{"pretty", "debug", "date_format", "ids"} {
		if params[name] != nil {
			e.report("parameter %s was removed on 2026-10-27", name)
		}
	}
	if e.header.Get("If-None-Match") != "" {
		e.report("If-None-Match was removed on 2026-10-27")
	}
	for _, segment := range segments {
		if slices.Contains(gone(), segment) {
			e.report("edge %s was removed on 2026-10-27", segment)
		}
	}
}

// logins are the token calls of both hosts with the forms they have.
func logins() map[string][][]string {
	return map[string][][]string{
		"oauth/access_token": {
			{"client_id", "client_secret", "redirect_uri", "code"},
			{"grant_type", "client_id", "client_secret", "redirect_uri", "code"},
			{"grant_type", "client_id", "client_secret", "fb_exchange_token"},
			{"grant_type", "client_id", "client_secret"},
		},
		"debug_token":          {{"input_token"}, {"input_token", "access_token"}},
		"access_token":         {{"grant_type", "client_secret", "access_token"}},
		"refresh_access_token": {{"grant_type", "access_token"}, {"grant_type"}},
	}
}

func checkLogin(e *exchange, params map[string]any, forms [][]string) {
	var names []string
	for name := range params {
		if name != "fields" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, form := range forms {
		if slices.Equal(names, slices.Sorted(slices.Values(form))) {
			return
		}
	}
	e.report("parameters %v are none of the documented forms %v", names, forms)
}

// checkMetaBatch checks the parts of a Graph batch as calls of their own.
func (r *Recorder) checkMetaBatch(e *exchange, params map[string]any) {
	e.op = "POST / (batch)"
	var parts []struct {
		Method string `json:"method"`
		URL    string `json:"relative_url"`
		Body   string `json:"body"`
	}
	text, _ := params["batch"].(string)
	if e.method != http.MethodPost || json.Unmarshal([]byte(text), &parts) != nil || len(parts) == 0 {
		e.report("a call of the root without a batch")
		return
	}
	if len(parts) > 50 {
		e.report("a batch of %d parts, 50 are allowed", len(parts))
	}
	for _, p := range parts {
		u, err := url.Parse("/" + strings.TrimPrefix(p.URL, "/"))
		if err != nil {
			e.report("a part has no address")
			continue
		}
		part := &exchange{platform: e.platform, method: p.Method, path: u.Path, query: u.Query(), header: http.Header{}, body: []byte(p.Body)}
		if p.Body != "" {
			part.header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		part.op = part.method + " " + part.path
		r.checkMeta(part)
		r.note(part)
	}
}
