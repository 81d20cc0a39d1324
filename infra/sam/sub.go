package sam

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// sub works out Fn::Sub: text with ${Name}, ${Resource.Attribute} and ${!literal},
// alone or with a mapping of further names.
func (r *reading) sub(at, arg *yaml.Node) *yaml.Node {
	text, names := arg, map[string]string{}
	if arg.Kind == yaml.SequenceNode && len(arg.Content) == 2 {
		text = arg.Content[0]
		names = r.subNames(arg.Content[1])
	}
	if text.Kind != yaml.ScalarNode {
		r.add(at, "Sub needs text, or text and a mapping")
		return nil
	}
	out, rest := strings.Builder{}, text.Value
	for {
		before, after, found := strings.Cut(rest, "${")
		out.WriteString(before)
		if !found {
			return scalar(at, out.String())
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			r.add(at, "Sub: ${ without }")
			return nil
		}
		v, ok := r.subValue(at, name, names)
		if !ok {
			return nil
		}
		out.WriteString(v)
		rest = tail
	}
}

func (r *reading) subNames(n *yaml.Node) map[string]string {
	names := map[string]string{}
	if n.Kind != yaml.MappingNode {
		r.add(n, "the second part of Sub must be a mapping")
		return names
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := r.eval(n.Content[i+1])
		if v == nil || v.Kind != yaml.ScalarNode {
			r.add(n.Content[i], "Sub: %s must be text", n.Content[i].Value)
			continue
		}
		names[n.Content[i].Value] = v.Value
	}
	return names
}

func (r *reading) subValue(at *yaml.Node, name string, names map[string]string) (string, bool) {
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return "${" + literal + "}", true
	}
	if v, ok := names[name]; ok {
		return v, true
	}
	if id, attr, ok := strings.Cut(name, "."); ok {
		return r.attribute(at, id, attr)
	}
	if name == "AWS::NoValue" {
		return "", true
	}
	return r.lookup(at, name)
}
