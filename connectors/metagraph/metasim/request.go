package metasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is the largest body of a call, 28 MB (items_batch reference,
// 2026-09).
const maxBody = 28 << 20

// params are the parameters of a call, from the query, a form or a JSON body.
// A value that is not a string is kept as its JSON text, which is also how a
// form carries it.
type params map[string]string

// request is one API call, alone or as a part of a batch.
type request struct {
	host   string // Facebook or Instagram
	method string
	path   string
	p      params
	token  string
	// proven is set on the parts of a batch whose outer call proved the token.
	proven bool
	// fault is the kind of fault that takes the place of the operation.
	fault string
	// bad is why the request could not be read.
	bad error
}

// readRequest takes an API call apart.
func readRequest(host string, r *http.Request) (request, error) {
	req := request{host: host, method: r.Method, path: r.URL.Path, p: params{}}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return req, badParameter("Malformed query string")
	}
	req.p.add(query)
	if r.Body != nil && r.Method != http.MethodGet {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil {
			return req, refusal(1, 0, "The request body could not be read.")
		}
		if err := req.p.addBody(r.Header.Get("Content-Type"), body); err != nil {
			return req, err
		}
	}
	req.token = req.p["access_token"]
	if scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth")) {
		req.token = strings.TrimSpace(value)
	}
	return req, nil
}

func (p params) add(values url.Values) {
	for key, list := range values {
		p[key] = list[len(list)-1]
	}
}

// addBody reads a form, a multipart form or a JSON object.
func (p params) addBody(contentType string, body []byte) error {
	if len(body) > maxBody {
		return refusal(1, 0, "Please reduce the amount of data you're asking for, then retry your request")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	kind, attributes, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "application/json":
		return p.addJSON(body)
	case "multipart/form-data":
		return p.addMultipart(body, attributes["boundary"])
	default:
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return badParameter("Malformed form body")
		}
		p.add(values)
		return nil
	}
}

func (p params) addJSON(body []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return badParameter("The JSON body is not an object")
	}
	for key, raw := range object {
		p[key] = text(raw)
	}
	return nil
}

func (p params) addMultipart(body []byte, boundary string) error {
	r := &http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"multipart/form-data; boundary=" + boundary}}, Body: io.NopCloser(bytes.NewReader(body))}
	if err := r.ParseMultipartForm(maxBody); err != nil {
		return badParameter("Malformed multipart body")
	}
	p.add(r.MultipartForm.Value)
	return nil
}

// text is a JSON string's content, or the JSON text of anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// flag reads a boolean as Graph does.
func (p params) flag(key string, otherwise bool) (bool, error) {
	switch strings.ToLower(p[key]) {
	case "":
		return otherwise, nil
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, badParameter("Param %s must be a boolean", key)
}

// object reads a parameter that holds a JSON object.
func (p params) object(key string) (map[string]json.RawMessage, error) {
	var out map[string]json.RawMessage
	if err := json.Unmarshal([]byte(p[key]), &out); err != nil || out == nil {
		return nil, badParameter("Param %s must be a JSON object", key)
	}
	return out, nil
}

// words reads a list that is either a JSON array or separated by commas.
func (p params) words(key string) ([]string, error) {
	raw := strings.TrimSpace(p[key])
	if raw == "" {
		return nil, nil
	}
	if strings.HasPrefix(raw, "[") {
		var list []string
		if err := json.Unmarshal([]byte(raw), &list); err != nil {
			return nil, badParameter("Param %s must be an array of strings", key)
		}
		return list, nil
	}
	list := strings.Split(raw, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list, nil
}

// reply is the answer to a call before it becomes HTTP.
type reply struct {
	status int
	header http.Header
	body   any
}

func failure(host string, err error, trace string) reply {
	var e *graphError
	if !errors.As(err, &e) {
		e = refusal(2, 0, "An unexpected error has occurred. Please retry your request later.")
	}
	shown := *e
	shown.Trace = trace
	if host == Instagram {
		shown.Type = "IGApiException"
	}
	return reply{status: shown.status, header: http.Header{}, body: map[string]any{"error": shown}}
}

func (a reply) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Cache-Control", "private, no-cache, no-store, must-revalidate")
	w.WriteHeader(a.status)
	_, _ = w.Write(encode(a.body))
}
