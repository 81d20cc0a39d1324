package engine

import (
	"strings"

	"github.com/manystall/manystall/infra/sam"
)

// route is one route of the HTTP API, ready to match.
type route struct {
	key      string
	method   string
	segments []segment
	function sam.Function
}

type segment struct {
	kind int
	// text is the literal, or the variable's name.
	text string
}

// Kinds of segments in the order of precedence.
const (
	greedy = iota
	single
	literal
)

func compileRoutes(t *sam.Template) []route {
	var all []route
	for _, f := range t.Functions {
		for _, r := range f.Routes {
			one := route{key: r.Method + " " + r.Path, method: r.Method, function: f}
			for part := range strings.SplitSeq(r.Path[1:], "/") {
				one.segments = append(one.segments, parseSegment(part))
			}
			all = append(all, one)
		}
	}
	return all
}

func parseSegment(part string) segment {
	if !strings.HasPrefix(part, "{") {
		return segment{literal, part}
	}
	name := part[1 : len(part)-1]
	if g, ok := strings.CutSuffix(name, "+"); ok {
		return segment{greedy, g}
	}
	return segment{single, name}
}

// match returns the values of the variables.
func (r *route) match(method, path string) (map[string]string, bool) {
	if r.method != "ANY" && r.method != method {
		return nil, false
	}
	vars, rest := map[string]string{}, strings.TrimPrefix(path, "/")
	for i, s := range r.segments {
		part, tail, more := strings.Cut(rest, "/")
		switch s.kind {
		case greedy:
			vars[s.text] = rest
			return vars, rest != ""
		case single:
			vars[s.text] = part
			if part == "" {
				return nil, false
			}
		default:
			if part != s.text {
				return nil, false
			}
		}
		if last := i == len(r.segments)-1; last == more {
			return nil, false
		}
		rest = tail
	}
	return vars, true
}

// before says whether r is the more specific of two routes that match the same
// request: literal segments before variables before greedy variables, then the
// method before ANY
// (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html, 2026-11).
func (r *route) before(o *route) bool {
	for i := range min(len(r.segments), len(o.segments)) {
		if a, b := r.segments[i].kind, o.segments[i].kind; a != b {
			return a > b
		}
	}
	return r.method != "ANY" && o.method == "ANY"
}

// pick returns the route API Gateway would choose, or nil.
func pick(routes []route, method, path string) (*route, map[string]string) {
	var best *route
	var vars map[string]string
	for i := range routes {
		v, ok := routes[i].match(method, path)
		if ok && (best == nil || routes[i].before(best)) {
			best, vars = &routes[i], v
		}
	}
	return best, vars
}
