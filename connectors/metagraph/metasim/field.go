package metasim

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// fieldList names the fields of each node, one node per line.
//
//go:embed fields.txt
var fieldList string

// fieldNames reads the embedded list and adds what Meta's machine-readable
// specs leave out.
func fieldNames() map[string][]string {
	out := map[string][]string{
		kindUser:    {"id", "name", "first_name", "last_name", "email"},
		kindMessage: {"id", "created_time", "from", "to", "message", "attachments", "shares", "reactions", "sticker", "tags", "reply_to", "is_unsupported"},
		kindPerson: {"id", "name", "first_name", "last_name", "profile_pic", "locale", "timezone", "gender", "username",
			"follower_count", "is_user_follow_business", "is_business_follow_user", "is_verified_user"},
		kindApp: {"id", "name", "link", "category"},
	}
	for line := range strings.Lines(fieldList) {
		kind, names, found := strings.Cut(line, ":")
		if found && !strings.HasPrefix(line, "#") {
			out[kind] = strings.Fields(names)
		}
	}
	// Edges are readable as fields, and a Page in /me/accounts has its tasks.
	out[kindPage] = append(out[kindPage], "tasks", "conversations", "subscribed_apps")
	out[kindThread] = append(out[kindThread], "messages", "participants")
	out["subscribed_app"] = append(out["subscribed_app"], "subscribed_fields")
	return out
}

// field is one entry of a fields parameter: name.modifier(…){sub,sub}.
type field struct {
	name string
	sub  []field
	open bool // braces were given
}

// parseFields reads a fields parameter. Modifiers such as .limit(5) are
// accepted and have no effect on the small lists of a simulator.
func parseFields(text string) ([]field, error) {
	p := fieldParser{rest: text}
	list, err := p.list(0)
	if err == nil && p.rest != "" {
		err = badParameter("Syntax error in fields near %q", p.rest)
	}
	return list, err
}

type fieldParser struct{ rest string }

func (p *fieldParser) list(depth int) ([]field, error) {
	if depth > 8 {
		return nil, badParameter("Fields are nested too deeply")
	}
	var out []field
	for {
		f, err := p.one(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		if !p.skip(",") {
			return out, nil
		}
	}
}

func (p *fieldParser) one(depth int) (field, error) {
	name := p.word()
	if name == "" {
		return field{}, badParameter("Syntax error in fields near %q", p.rest)
	}
	f := field{name: name}
	for p.skip(".") {
		if p.word() == "" || !p.skip("(") {
			return f, badParameter("Syntax error in fields near %q", p.rest)
		}
		_, after, closed := strings.Cut(p.rest, ")")
		if !closed {
			return f, badParameter("Syntax error in fields near %q", p.rest)
		}
		p.rest = after
	}
	if !p.skip("{") {
		return f, nil
	}
	f.open = true
	var err error
	if f.sub, err = p.list(depth + 1); err != nil {
		return f, err
	}
	if !p.skip("}") {
		return f, badParameter("Syntax error in fields: a brace is not closed")
	}
	return f, nil
}

func (p *fieldParser) word() string {
	p.rest = strings.TrimLeft(p.rest, " \n\t")
	n := strings.IndexFunc(p.rest, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if n < 0 {
		n = len(p.rest)
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

func (p *fieldParser) skip(token string) bool {
	p.rest = strings.TrimLeft(p.rest, " \n\t")
	rest, found := strings.CutPrefix(p.rest, token)
	p.rest = rest
	return found
}

// object is a node as it is printed. A value of type func(field) (any, error)
// is worked out only when it is asked for.
type object map[string]any

// show picks the asked fields of an object; otherwise is the fields parameter
// that applies when the call has none. An unknown name is an error, a known
// one without a value is left out, and the id is always there.
func (c *call) show(kind string, o object, otherwise string) (object, error) {
	asked := c.req.p["fields"]
	if strings.TrimSpace(asked) == "" {
		asked = otherwise
	}
	fields, err := parseFields(asked)
	if err != nil {
		return nil, err
	}
	return c.pick(kind, o, fields)
}

func (c *call) pick(kind string, o object, fields []field) (object, error) {
	out := object{}
	if id, ok := o["id"]; ok {
		out["id"] = id
	}
	for _, f := range fields {
		if !slices.Contains(c.fields[kind], f.name) {
			return nil, badParameter("Tried accessing nonexisting field (%s) on node type (%s)", f.name, typeName(kind))
		}
		value, ok := o[f.name]
		if !ok {
			continue
		}
		if lazy, isLazy := value.(func(field) (any, error)); isLazy {
			var err error
			if value, err = lazy(f); err != nil {
				return nil, err
			}
		}
		out[f.name] = narrow(value, f)
	}
	return out, nil
}

// narrow keeps the sub-fields that were asked of a plain object.
func narrow(value any, f field) any {
	o, isObject := value.(object)
	if !isObject || !f.open {
		return value
	}
	if _, isList := o["data"]; isList {
		return value
	}
	out := object{}
	for key, v := range o {
		if key == "id" || slices.ContainsFunc(f.sub, func(s field) bool { return s.name == key }) {
			out[key] = v
		}
	}
	return out
}

func typeName(kind string) string {
	names := map[string]string{
		kindUser: "User", kindBusiness: "Business", kindCatalog: "ProductCatalog", kindPage: "Page", kindIG: "IGUser",
		kindItem: "ProductItem", kindThread: "UnifiedThread", kindMessage: "UnifiedMessage", kindPerson: "UserMessengerContact",
	}
	if name, ok := names[kind]; ok {
		return name
	}
	return fmt.Sprintf("Object:%s", kind)
}
