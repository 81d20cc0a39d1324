package metasim

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// maxParts is the largest Graph-level batch (batch request guide, 2026-11).
const maxParts = 50

// part is one call of a Graph-level batch.
type part struct {
	Method   string `json:"method"`
	Relative string `json:"relative_url"`
	Body     string `json:"body"`
	Token    string `json:"access_token"`
}

// batch answers POST / with a list of parts. Each part is a call of its own,
// with its own place in the rate windows; its answer is a string of JSON.
func (s *Sim) batch(ctx context.Context, req request) reply {
	if req.fault != "" {
		return failure(req.host, injected(req.fault), s.trace())
	}
	parts, err := decodeParts(req.p["batch"])
	if err != nil {
		return failure(req.host, err, s.trace())
	}
	if !req.proven {
		if e := s.proveOuter(req); e != nil {
			return failure(req.host, e, s.trace())
		}
	}
	quiet := req.p["include_headers"] == "false"
	answers := make([]any, 0, len(parts))
	for _, p := range parts {
		if ctx.Err() != nil {
			answers = append(answers, nil) // a part that did not get its turn
			continue
		}
		answers = append(answers, s.partAnswer(req, p, quiet))
	}
	return reply{status: http.StatusOK, header: http.Header{}, body: answers}
}

// proveOuter checks the proof of the outer call, which stands for its parts.
func (s *Sim) proveOuter(req request) *graphError {
	secret := s.app("META_APP_SECRET")
	if req.host == Instagram {
		secret = s.app("INSTAGRAM_APP_SECRET")
	} else if s.RequireProof && req.p["appsecret_proof"] == "" {
		return badParameter("API calls from the server require an appsecret_proof argument")
	}
	return s.proof(secret, req.token, req.p)
}

// decodeParts reads the batch parameter, a JSON array.
func decodeParts(text string) ([]part, error) {
	var parts []part
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		return nil, badParameter("Param batch must be an array of calls")
	}
	if len(parts) == 0 || len(parts) > maxParts {
		return nil, badParameter("A batch holds 1 to %d calls, this one %d", maxParts, len(parts))
	}
	return parts, nil
}

func (s *Sim) partAnswer(outer request, p part, quiet bool) object {
	req, err := p.request(outer)
	var out reply
	switch {
	case err != nil:
		out = failure(outer.host, err, s.trace())
	default:
		out = s.answer(req)
	}
	answer := object{"code": out.status, "body": string(encode(out.body))}
	if !quiet {
		headers := []object{{"name": "Content-Type", "value": "application/json; charset=UTF-8"}}
		for name := range out.header {
			headers = append(headers, object{"name": name, "value": out.header.Get(name)})
		}
		answer["headers"] = headers
	}
	return answer
}

// request turns a part into a call. The token of the outer call serves where
// the part has none.
func (p part) request(outer request) (request, error) {
	method := strings.ToUpper(p.Method)
	if method != http.MethodGet && method != http.MethodPost && method != http.MethodDelete {
		return request{}, badParameter("Unsupported method %q in a batch", p.Method)
	}
	if strings.Contains(p.Relative, "{result=") {
		return request{}, badParameter("References between the calls of a batch are not supported")
	}
	path, query, _ := strings.Cut(strings.TrimPrefix(p.Relative, "/"), "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return request{}, badParameter("Malformed relative_url")
	}
	req := request{host: outer.host, method: method, path: "/" + path, p: params{}, token: outer.token, proven: true}
	for _, text := range []string{query, p.Body} {
		values, err := url.ParseQuery(text)
		if err != nil {
			return request{}, badParameter("Malformed parameters in a batch")
		}
		req.p.add(values)
	}
	for _, other := range []string{req.p["access_token"], p.Token} {
		if other != "" && other != outer.token {
			req.token, req.proven = other, false
		}
	}
	return req, nil
}
