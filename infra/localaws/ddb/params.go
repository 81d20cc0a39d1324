package ddb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// params is a JSON object of a request. The first parameter of a wrong type
// is remembered, and constraints that are not met are collected: DynamoDB
// reports them together.
type params struct {
	fields map[string]any
	shared *checks
	path   string // where the object stands, for messages; "" or ending in a dot
}

// checks are the mistakes found in a request so far.
type checks struct {
	wrong error
	unmet []string
	items map[string]decoded // by path and name
}

// maxUnmet is how many unmet constraints are reported at most.
const maxUnmet = 10

func decodeParams(body []byte) (params, error) {
	if !utf8.Valid(body) {
		return params{}, malformed("The request body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var fields map[string]any
	if err := d.Decode(&fields); err != nil || fields == nil {
		return params{}, malformed("")
	}
	if _, err := d.Token(); err != io.EOF {
		return params{}, malformed("")
	}
	return params{fields: fields, shared: &checks{items: map[string]decoded{}}}, nil
}

// verdict is the first reason to refuse the request, if there is one.
func (p params) verdict() error {
	c := p.shared
	if c.wrong != nil {
		return c.wrong
	}
	switch n := len(c.unmet); {
	case n == 0:
		return nil
	case n == 1:
		return invalid("1 validation error detected: " + c.unmet[0])
	default:
		return invalid(fmt.Sprintf("%d validation errors detected: %s", n, strings.Join(c.unmet, "; ")))
	}
}

// malformed notes a parameter of a wrong type.
func (p params) malformed(err attr.Malformed) {
	if p.shared.wrong == nil {
		p.shared.wrong = err
	}
}

// unmet notes a constraint that a parameter does not meet.
func (p params) unmet(name string, value any, constraint string) {
	if len(p.shared.unmet) == maxUnmet {
		return
	}
	shown := "null"
	if value != nil {
		shown = fmt.Sprintf("'%v'", value)
	}
	p.shared.unmet = append(p.shared.unmet,
		fmt.Sprintf("Value %s at '%s%s' failed to satisfy constraint: %s", shown, p.path, lowerFirst(name), constraint))
}

// unmetAt is unmet for the few parameters that the service names as they are
// written in the request, without repeating their value.
func (p params) unmetAt(place, constraint string) {
	if len(p.shared.unmet) < maxUnmet {
		p.shared.unmet = append(p.shared.unmet, fmt.Sprintf("Value at '%s' failed to satisfy constraint: %s", place, constraint))
	}
}

func lowerFirst(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// has says whether a parameter is there; null is not.
func (p params) has(name string) bool { return p.fields[name] != nil }

func (p params) text(name string) string {
	raw := p.fields[name]
	s, ok := raw.(string)
	if raw != nil && !ok {
		p.malformed(attr.NotA(raw, "String"))
	}
	return s
}

func (p params) flag(name string) bool {
	raw := p.fields[name]
	b, ok := raw.(bool)
	if raw != nil && !ok {
		p.malformed(attr.NotA(raw, "Boolean"))
	}
	return b
}

// number reads a whole number; absent is the fallback.
func (p params) number(name string, fallback int64) int64 {
	raw := p.fields[name]
	if raw == nil {
		return fallback
	}
	n, ok := raw.(json.Number)
	if !ok {
		p.malformed(attr.NotA(raw, "Integer"))
		return fallback
	}
	i, err := n.Int64()
	if err != nil {
		p.malformed(attr.NotA(raw, "Integer"))
	}
	return i
}

// atLeast reads a whole number with a lower bound.
func (p params) atLeast(name string, least, fallback int64) int64 {
	n := p.number(name, fallback)
	if p.has(name) && n < least {
		p.unmet(name, n, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	}
	return n
}

// choice reads a word of a fixed set; absent is the fallback.
func (p params) choice(name, fallback string, words ...string) string {
	if !p.has(name) {
		return fallback
	}
	s := p.text(name)
	if !slices.Contains(words, s) {
		p.unmet(name, s, "Member must satisfy enum value set: ["+strings.Join(words, ", ")+"]")
	}
	return s
}

// required reads an object, list or map that must be there.
func (p params) required(name string) any {
	if !p.has(name) {
		p.unmet(name, nil, "Member must not be null")
	}
	return p.fields[name]
}

func (p params) list(name string) []any {
	raw := p.fields[name]
	l, ok := raw.([]any)
	if raw != nil && !ok {
		p.malformed(attr.NotList(raw))
	}
	return l
}

// objects reads a list of objects; each knows where it stands.
func (p params) objects(name string) []params {
	var out []params
	for i, raw := range p.list(name) {
		fields, ok := raw.(map[string]any)
		if !ok {
			p.malformed(attr.NotMap(raw, attr.JavaValue))
			continue
		}
		path := fmt.Sprintf("%s%s.%d.member.", p.path, lowerFirst(name), i+1)
		out = append(out, params{fields: fields, shared: p.shared, path: path})
	}
	return out
}

// object reads an object inside the object.
func (p params) object(name string) params {
	raw := p.fields[name]
	fields, ok := raw.(map[string]any)
	if raw != nil && !ok {
		p.malformed(attr.NotMap(raw, attr.JavaValue))
	}
	return params{fields: fields, shared: p.shared, path: p.path + lowerFirst(name) + "."}
}

// entry reads an object that is the value of a map's key.
func (p params) entry(key string) params {
	o := p.object(key)
	o.path = p.path + key + ".member."
	return o
}

// texts reads a list of strings.
func (p params) texts(name string) []string {
	list := p.list(name)
	if list == nil {
		return nil
	}
	out := make([]string, 0, len(list))
	for _, raw := range list {
		s, ok := raw.(string)
		if !ok {
			p.malformed(attr.NotA(raw, "String"))
		}
		out = append(out, s)
	}
	return out
}

// names reads a map of strings, nil when absent.
func (p params) names(name string) map[string]string {
	raw := p.fields[name]
	if raw == nil {
		return nil
	}
	m, ok := raw.(map[string]any)
	if !ok {
		p.malformed(attr.NotMap(raw, "java.lang.String"))
		return nil
	}
	out := make(map[string]string, len(m))
	for key, content := range m {
		s, ok := content.(string)
		if !ok {
			p.malformed(attr.NotA(content, "String"))
		}
		out[key] = s
	}
	return out
}

// values reads a map of attribute values, nil when absent.
func (p params) values(name string) (map[string]attr.Value, error) {
	raw := p.fields[name]
	if raw == nil {
		return nil, nil
	}
	m, ok := raw.(map[string]any)
	if !ok {
		return nil, attr.NotMap(raw, attr.JavaValue)
	}
	out := make(map[string]attr.Value, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		v, err := attr.Decode(m[key])
		if err == nil && v.Depth() >= attr.MaxDepth {
			err = attr.Invalid("Nesting Levels have exceeded supported limits")
		}
		if f, ok := asFault(err); err != nil && ok {
			if strings.HasSuffix(f.kind, "ValidationException") {
				return nil, invalid(name + " contains invalid value: " + f.message + " for key " + key)
			}
			return nil, err
		}
		out[key] = v
	}
	return out, nil
}

// item reads an item or a key that must be there. JSON of a wrong type is
// noted with the rest; a value that is refused is returned, because DynamoDB
// reports it after everything else about the request's form.
func (p params) item(name string) (attr.Item, error) {
	raw := p.required(name)
	if raw == nil {
		return nil, nil
	}
	d, done := p.shared.items[p.path+name]
	if !done {
		d.item, d.err = attr.DecodeItem(raw)
		p.shared.items[p.path+name] = d
	}
	var bad attr.Malformed
	if errors.As(d.err, &bad) {
		p.malformed(bad)
		return nil, nil
	}
	return d.item, d.err
}

// decoded is an item, or why it is none.
type decoded struct {
	item attr.Item
	err  error
}
