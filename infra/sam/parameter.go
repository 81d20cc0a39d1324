package sam

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

func (r *reading) readParameters(all *yaml.Node) {
	if all == nil {
		return
	}
	section := r.section("Parameters", all)
	for i, p := range section.children() {
		name := all.Content[2*i].Value
		r.parameters[name] = r.parameter(name, p)
	}
	for name := range r.given {
		if _, ok := r.parameters[name]; !ok {
			r.add(all, "a value was given for parameter %s, which the template does not have", name)
		}
	}
}

// parameter works out one value. Values themselves stay out of errors, since
// NoEcho parameters are secrets.
func (r *reading) parameter(name string, p *section) string {
	p.ignore("Description", "NoEcho", "ConstraintDescription")
	kind := p.oneOf("Type", "String", "Number")
	value := p.text("Default", "")
	given, ok := r.givenValue(name)
	if ok {
		value = given
	}
	if !ok && !p.has("Default") {
		r.add(p.node, "parameter %s has no Default and no value was given", name)
	}
	if kind == "Number" {
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			r.add(p.node, "the value of parameter %s is no number", name)
		}
	}
	r.checkPattern(name, value, p)
	if allowed := p.texts("AllowedValues"); allowed != nil && !slices.Contains(allowed, value) {
		r.add(p.node, "the value of parameter %s is not among its AllowedValues", name)
	}
	p.close()
	return value
}

func (r *reading) givenValue(name string) (string, bool) {
	if v, ok := r.given[name]; ok {
		return v, true
	}
	if r.variable == nil {
		return "", false
	}
	return r.variable(VariableName(name))
}

// VariableName is the environment variable that goes with a parameter:
// PublicUrl becomes PUBLIC_URL.
func VariableName(parameter string) string {
	var out strings.Builder
	for i, c := range parameter {
		if i > 0 && unicode.IsUpper(c) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToUpper(c))
	}
	return out.String()
}

func (r *reading) checkPattern(name, value string, p *section) {
	least := p.number("MinLength", bound{0, 0, 4096})
	most := p.number("MaxLength", bound{4096, 0, 4096})
	if len(value) < least || len(value) > most {
		r.add(p.node, "the value of parameter %s has %d bytes, must have %d to %d", name, len(value), least, most)
	}
	pattern := p.text("AllowedPattern", "")
	if pattern == "" {
		return
	}
	whole, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		r.add(p.at("AllowedPattern"), "parameter %s: %v", name, err)
		return
	}
	if !whole.MatchString(value) {
		r.add(p.node, "the value of parameter %s does not match its AllowedPattern", name)
	}
}
