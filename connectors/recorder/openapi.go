package recorder

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// openapi is one OpenAPI file made ready for lookups.
type openapi struct {
	habits
	routes []route
}

type route struct {
	method string
	parts  []string
	params openapi3.Parameters
	op     *openapi3.Operation
}

// habits are what a marketplace does beside its file.
type habits struct {
	// beside are calls that the file does not hold: method and path -> the
	// forms they have, each the names of its parameters.
	beside map[string][][]string
	// signed checks what every call carries.
	signed func(e *exchange, op *openapi3.Operation)
	// closed says that the file names every field of an answer, so that one
	// which is not in it is a mistake of the simulator's.
	closed bool
	// refused recognises an answer that is a refusal whatever its status.
	refused func(body any) bool
}

// find answers the route of a call: the one with the most literal parts.
func (o *openapi) find(method, path string) (route, map[string]string, bool) {
	have := strings.Split(path, "/")
	var best route
	var values map[string]string
	most := -1
	for _, r := range o.routes {
		if r.method != method || len(r.parts) != len(have) {
			continue
		}
		if found, literal, ok := r.match(have); ok && literal > most {
			best, values, most = r, found, literal
		}
	}
	return best, values, most >= 0
}

func (r route) match(have []string) (values map[string]string, literal int, ok bool) {
	values = map[string]string{}
	for i, part := range r.parts {
		name, isParam := strings.CutPrefix(part, "{")
		switch {
		case isParam && have[i] != "":
			values[strings.TrimSuffix(name, "}")] = have[i]
		case part == have[i]:
			literal++
		default:
			return nil, 0, false
		}
	}
	return values, literal, true
}

func (o *openapi) check(e *exchange) {
	if forms, ok := o.beside[e.op]; ok {
		checkBeside(e, forms)
		return
	}
	r, values, ok := o.find(e.method, e.path)
	if !ok {
		e.report("no such operation")
		return
	}
	e.op = r.op.OperationID
	o.signed(e, r.op)
	checkParams(e, r, values)
	checkBody(e, r.op)
	if e.status != 0 {
		o.checkAnswer(e, r.op)
	}
}

// checkBeside wants the parameters of exactly one of the documented forms.
func checkBeside(e *exchange, forms [][]string) {
	given := maps.Clone(e.query)
	if form, err := url.ParseQuery(string(e.body)); err == nil {
		maps.Copy(given, form)
	}
	names := slices.Sorted(maps.Keys(given))
	for _, need := range forms {
		if slices.Equal(names, slices.Sorted(slices.Values(need))) {
			return
		}
	}
	e.report("parameters %v are none of the documented forms %v", names, forms)
}

func checkParams(e *exchange, r route, path map[string]string) {
	known := map[string]bool{}
	for _, ref := range r.params {
		p := ref.Value
		switch p.In {
		case "path":
			checkValue(e, "path parameter "+p.Name, p.Schema, path[p.Name])
		case "query":
			known[p.Name] = true
			values, given := e.query[p.Name]
			if p.Required && !given {
				e.report("query parameter %s is missing", p.Name)
			}
			if len(values) > 1 {
				e.report("query parameter %s is repeated: lists are joined with commas", p.Name)
			}
			if given {
				checkValue(e, "query parameter "+p.Name, p.Schema, values[0])
			}
		}
	}
	for name := range e.query {
		if !known[name] {
			e.report("query parameter %s is not documented", name)
		}
	}
}

func checkValue(e *exchange, what string, schema *openapi3.SchemaRef, text string) {
	value, ok := decode(schema, text)
	if !ok {
		e.report("%s: %q is no %v", what, short(text), schema.Value.Type)
		return
	}
	checkSchema(e, what, schema, value, openapi3.VisitAsRequest())
}

// decode turns text into what a schema expects of JSON.
func decode(ref *openapi3.SchemaRef, text string) (any, bool) {
	if ref == nil || ref.Value == nil {
		return text, true
	}
	s := ref.Value
	switch {
	case s.Type.Is("integer"):
		n, err := strconv.ParseInt(text, 10, 64)
		return float64(n), err == nil
	case s.Type.Is("number"):
		n, err := strconv.ParseFloat(text, 64)
		return n, err == nil
	case s.Type.Is("boolean"):
		b, err := strconv.ParseBool(text)
		return b, err == nil
	case s.Type.Is("array"):
		return decodeList(s, text)
	}
	return text, true
}

// decodeList reads a list joined with commas.
func decodeList(s *openapi3.Schema, text string) (any, bool) {
	list := []any{}
	if text == "" {
		return list, true
	}
	for part := range strings.SplitSeq(text, ",") {
		value, ok := decode(s.Items, part)
		if !ok {
			return nil, false
		}
		list = append(list, value)
	}
	return list, true
}

func checkSchema(e *exchange, what string, ref *openapi3.SchemaRef, value any, as openapi3.SchemaValidationOption) {
	if ref == nil || ref.Value == nil {
		return
	}
	for _, problem := range flat(ref.Value.VisitJSON(value, openapi3.MultiErrors(), as)) {
		e.report("%s: %s", what, problem)
	}
}

// flat makes one short line of each schema error.
func flat(err error) []string {
	if err == nil {
		return nil
	}
	if many, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // the library answers this very type
		var all []string
		for _, one := range many {
			all = append(all, flat(one)...)
		}
		return all
	}
	if one, ok := err.(*openapi3.SchemaError); ok { //nolint:errorlint // the same
		return []string{"/" + strings.Join(steady(one.JSONPointer()), "/") + ": " + short(one.Reason)}
	}
	return []string{short(err.Error())}
}

// steady replaces the numbers of a path, so that the same mistake is one line.
func steady(path []string) []string {
	out := slices.Clone(path)
	for i, part := range out {
		if _, err := strconv.Atoi(part); err == nil {
			out[i] = "*"
		}
	}
	return out
}

func short(s string) string {
	if len(s) > 160 {
		return s[:160] + "…"
	}
	return s
}

func (o *openapi) checkAnswer(e *exchange, op *openapi3.Operation) {
	documented := op.Responses.Status(e.status)
	if documented == nil {
		if e.status < 400 {
			e.report("answer %d is not documented", e.status)
		}
		return // not every refusal is documented
	}
	content := documented.Value.Content.Get("application/json")
	if content == nil {
		if len(e.answer) > 0 {
			e.report("answer %d has a body, which is not documented", e.status)
		}
		return
	}
	var value any
	if err := json.Unmarshal(e.answer, &value); err != nil {
		e.report("answer %d is no JSON", e.status)
		return
	}
	if o.refused != nil && o.refused(value) {
		return
	}
	what := "answer " + strconv.Itoa(e.status)
	checkSchema(e, what, content.Schema, value, openapi3.VisitAsResponse())
	if o.closed && e.status < 300 {
		for _, name := range strangers(content.Schema, value, "") {
			e.report("%s: field %s is not documented", what, name)
		}
	}
}
