package recorder

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// kinds of nodes that no file describes.
const (
	nodeUser    = "User"
	nodePerson  = "Person"         // a buyer, as the page sees them
	nodeMessage = "UnifiedMessage" // named by the specs, described by none
)

// fileOf names the description of a node: some have another name there.
func fileOf(node string) string {
	switch node {
	case "IGGraphUser":
		return "IGUserForIGOnlyAPI"
	case "UserSubscribedAppsData":
		return "IGUserSubscribedAppsData"
	}
	return node
}

// userEdges are the edges of a user that the product may read; the
// descriptions have no node User (login guides, 2026-11).
func userEdges() map[string]string {
	return map[string]string{"accounts": "Page", "businesses": "Business", "permissions": "", "": nodeUser}
}

// checkNode finds the call in the description of its node.
func (r *Recorder) checkNode(e *exchange, segments []string, params map[string]any) {
	id, edge := segments[0], ""
	if len(segments) == 2 {
		edge = segments[1]
	}
	if app, _, ok := strings.Cut(strings.TrimPrefix(e.header.Get("Authorization"), "Bearer "), "|"); ok && app == id {
		r.Know(id, "Application") // the app asks about itself
	}
	kind := r.kind(e.platform, id, edge)
	e.op = strings.TrimSuffix(e.method+" /{"+kind+"}/"+edge, "/")
	if e.platform == "instagram" {
		e.op = "IG " + e.op
	}
	switch kind {
	case "":
		e.report("the id %s is of a kind nobody knows", id)
		return
	case nodeUser:
		r.checkUser(e, edge, params)
		return
	case nodePerson, nodeMessage:
		if e.method != http.MethodGet || edge != "" {
			e.report("no such operation")
		}
		r.checkGlobal(e, nil, params)
		return
	}
	r.checkCall(e, kind, edge, params)
}

// kind is the node an id stands for: known, learned, or to be guessed from the
// form of the id.
func (r *Recorder) kind(platform, id, edge string) string {
	if id == "me" {
		return meKind(platform, edge)
	}
	if known := r.node(id); known != "" {
		return fileOf(known)
	}
	switch {
	case strings.HasPrefix(id, "t_"):
		return "UnifiedThread"
	case strings.HasPrefix(id, "m_"):
		return nodeMessage
	case edge == "messages" && strings.Trim(id, "0123456789") != "":
		return "UnifiedThread"
	case edge == "" && strings.Trim(id, "0123456789") != "":
		return nodeMessage
	case edge == "":
		return nodePerson
	}
	return ""
}

// meKind says whose token "me" stands for.
func meKind(platform, edge string) string {
	if platform == "instagram" {
		return "IGUserForIGOnlyAPI"
	}
	switch edge {
	case "messages", "conversations", "subscribed_apps":
		return "Page"
	}
	return nodeUser
}

func (r *Recorder) checkUser(e *exchange, edge string, params map[string]any) {
	returns, ok := userEdges()[edge]
	if !ok || (e.method != http.MethodGet && edge != "permissions") {
		e.report("no such operation")
		return
	}
	r.checkGlobal(e, nil, params)
	r.checkFields(e, returns, params)
	r.learn(e, returns)
}

func (r *Recorder) checkCall(e *exchange, kind, edge string, params map[string]any) {
	name := map[string]string{http.MethodGet: "#get", http.MethodPost: "#update", http.MethodDelete: "#delete"}[e.method]
	for _, api := range r.specs.meta.nodes[kind].APIs {
		if api.Method != e.method || (edge != "" && api.Endpoint != edge) || (edge == "" && api.Name != name) {
			continue
		}
		r.checkGlobal(e, api.Params, params)
		if e.method == http.MethodGet {
			r.checkFields(e, api.Return, params)
		}
		if edge == "items_batch" {
			checkItems(e, params)
		}
		r.learn(e, api.Return)
		return
	}
	e.report("no such operation")
}

// globals are the parameters that any call may carry.
func globals() []string {
	return []string{"appsecret_proof", "appsecret_time", "fields", "limit", "after", "before", "summary", "locale", "access_token", "metadata"}
}

// checkGlobal holds the parameters of a call against those it may have.
func (r *Recorder) checkGlobal(e *exchange, known []param, params map[string]any) {
	for _, p := range known {
		value, given := params[p.Name]
		switch {
		case given:
			r.specs.meta.checkType(e, p.Name, p.Type, value)
		case p.Required:
			e.report("parameter %s is missing", p.Name)
		}
	}
	for name := range params {
		if !slices.Contains(globals(), name) && !slices.ContainsFunc(known, func(p param) bool { return p.Name == name }) {
			e.report("parameter %s is not documented", name)
		}
	}
}

// checkFields wants every field that is asked for to be one of the node that
// comes back. A field may also be an edge.
func (r *Recorder) checkFields(e *exchange, returns string, params map[string]any) {
	text, _ := params["fields"].(string)
	n, described := r.specs.meta.nodes[fileOf(returns)]
	if text == "" || !described {
		return
	}
	for _, name := range topFields(text) {
		known := slices.ContainsFunc(n.Fields, func(f struct {
			Name string `json:"name"`
			Type string `json:"type"`
		}) bool {
			return f.Name == name
		})
		for _, api := range n.APIs {
			known = known || api.Method == http.MethodGet && api.Endpoint == name
		}
		if !known {
			e.report("field %s is not one of %s", name, returns)
		}
	}
}

// topFields are the names of a fields parameter, without what stands in
// braces or brackets behind them.
func topFields(text string) []string {
	var names []string
	depth, name := 0, strings.Builder{}
	flush := func() {
		if n, _, _ := strings.Cut(strings.TrimSpace(name.String()), "."); n != "" {
			names = append(names, n)
		}
		name.Reset()
	}
	for _, c := range text {
		switch {
		case c == '{' || c == '(':
			depth++
		case c == '}' || c == ')':
			depth--
		case c == ',' && depth == 0:
			flush()
		case depth == 0:
			name.WriteRune(c)
		}
	}
	flush()
	return names
}

// learn remembers which nodes the ids of an answer name.
func (r *Recorder) learn(e *exchange, returns string) {
	if e.status != http.StatusOK || e.method != http.MethodGet {
		return
	}
	var answer any
	if json.Unmarshal(e.answer, &answer) != nil {
		return
	}
	r.learnFrom(returns, answer)
	if asked := topFields(e.query.Get("fields")); len(asked) > 0 {
		checkAsked(e, asked, answer)
	}
}

// checkAsked wants an answer to hold nothing that was not asked for: Meta
// answers the fields that are named, and the id.
func checkAsked(e *exchange, asked []string, answer any) {
	switch v := answer.(type) {
	case []any:
		for _, one := range v {
			checkAsked(e, asked, one)
		}
	case map[string]any:
		if data, isList := v["data"].([]any); isList && !slices.Contains(asked, "data") {
			checkAsked(e, asked, data)
			return
		}
		for name := range v {
			if name != "id" && name != "cursor" && !slices.Contains(asked, name) {
				e.report("field %s is answered, though nobody asked for it", name)
			}
		}
	}
}

// nested names the nodes behind fields that hold other nodes.
func nested() map[string]string {
	return map[string]string{
		"instagram_business_account": "IGUser", "connected_instagram_account": "IGUser", "business": "Business", "owner_business": "Business",
		"product_catalogs": "ProductCatalog", "owned_product_catalogs": "ProductCatalog", "messages": nodeMessage, "participants": nodePerson,
		"senders": nodePerson, "from": nodePerson, "to": nodePerson,
	}
}

func (r *Recorder) learnFrom(kind string, value any) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			r.learnFrom(kind, one)
		}
	case map[string]any:
		if id, ok := v["id"].(string); ok && kind != "" && r.node(id) == "" {
			r.Know(id, kind)
		}
		if id, ok := v["catalog_id"].(string); ok {
			r.Know(id, "ProductCatalog")
		}
		if data, ok := v["data"]; ok {
			r.learnFrom(kind, data)
		}
		for name, inner := range v {
			if other, ok := nested()[name]; ok {
				r.learnFrom(other, inner)
			}
		}
	}
}
