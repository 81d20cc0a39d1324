package sam

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// eval replaces every intrinsic function below n by its value. It returns nil
// for AWS::NoValue (the field or element is then left out) and after a problem.
func (r *reading) eval(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	if name, arg, ok := r.intrinsic(n); ok {
		return r.call(name, n, arg)
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := shell(n)
		for i := 0; i+1 < len(n.Content); i += 2 {
			if v := r.eval(n.Content[i+1]); v != nil {
				out.Content = append(out.Content, n.Content[i], v)
			}
		}
		return out
	case yaml.SequenceNode:
		out := shell(n)
		for _, c := range n.Content {
			if v := r.eval(c); v != nil {
				out.Content = append(out.Content, v)
			}
		}
		return out
	}
	return n
}

func shell(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: n.Kind, Tag: n.Tag, Line: n.Line, Column: n.Column}
}

func scalar(at *yaml.Node, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Line: at.Line, Column: at.Column}
}

// intrinsic recognises both forms, !Sub x and {"Fn::Sub": x}, and returns the
// name without Fn:: and the argument without the tag.
func (r *reading) intrinsic(n *yaml.Node) (string, *yaml.Node, bool) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		arg := *n
		arg.Tag = map[yaml.Kind]string{yaml.ScalarNode: "!!str", yaml.SequenceNode: "!!seq", yaml.MappingNode: "!!map"}[n.Kind]
		return strings.TrimPrefix(n.Tag, "!"), &arg, true
	}
	if n.Kind != yaml.MappingNode {
		return "", nil, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if key != "Ref" && !strings.HasPrefix(key, "Fn::") {
			continue
		}
		if len(n.Content) != 2 {
			r.add(n.Content[i], "%s must stand alone in its mapping", key)
		}
		return strings.TrimPrefix(key, "Fn::"), n.Content[i+1], true
	}
	return "", nil, false
}

// call works out one intrinsic function; at is where it stands.
func (r *reading) call(name string, at, arg *yaml.Node) *yaml.Node {
	switch name {
	case "Ref":
		return r.ref(at, arg)
	case "GetAtt":
		return r.getAtt(at, arg)
	case "Sub":
		return r.sub(at, arg)
	case "Join":
		return r.join(at, arg)
	case "If":
		return r.ifElse(at, arg)
	case "FindInMap":
		return r.findInMap(at, arg)
	case "Equals", "Not", "And", "Or", "Condition":
		r.add(at, "%s belongs into Conditions", name)
		return nil
	}
	r.add(at, "the function %s is not known; remove it or teach infra/sam about it", name)
	return nil
}

func (r *reading) ref(at, arg *yaml.Node) *yaml.Node {
	if arg.Kind != yaml.ScalarNode {
		r.add(at, "Ref needs a name")
		return nil
	}
	if arg.Value == "AWS::NoValue" {
		return nil
	}
	if v, ok := r.lookup(at, arg.Value); ok {
		return scalar(at, v)
	}
	return nil
}

// lookup is the value of a name in Ref and ${}: a pseudo parameter, a
// parameter or a resource.
func (r *reading) lookup(at *yaml.Node, name string) (string, bool) {
	if v, ok := r.pseudo[name]; ok {
		return v, true
	}
	if v, ok := r.parameters[name]; ok {
		return v, true
	}
	kind, ok := r.types[name]
	if !ok {
		r.add(at, "%s is no parameter and no resource of this template", name)
		return "", false
	}
	v, ok := r.resolver.Ref(Resource{LogicalID: name, Type: kind})
	if !ok {
		r.add(at, "Ref of %s (%s) has no value here", name, kind)
	}
	return v, ok
}

func (r *reading) getAtt(at, arg *yaml.Node) *yaml.Node {
	var id, name string
	switch {
	case arg.Kind == yaml.ScalarNode:
		id, name, _ = strings.Cut(arg.Value, ".")
	case arg.Kind == yaml.SequenceNode && len(arg.Content) == 2:
		id, name = arg.Content[0].Value, arg.Content[1].Value
	}
	if id == "" || name == "" {
		r.add(at, "GetAtt needs a resource and an attribute, as in !GetAtt Queue.Arn")
		return nil
	}
	if v, ok := r.attribute(at, id, name); ok {
		return scalar(at, v)
	}
	return nil
}

func (r *reading) attribute(at *yaml.Node, id, name string) (string, bool) {
	kind, ok := r.types[id]
	if !ok {
		r.add(at, "%s is no resource of this template", id)
		return "", false
	}
	v, ok := r.resolver.Attribute(Resource{LogicalID: id, Type: kind}, name)
	if !ok {
		r.add(at, "%s (%s) has no attribute %s here", id, kind, name)
		return "", false
	}
	r.owner[v] = id
	return v, true
}

func (r *reading) join(at, arg *yaml.Node) *yaml.Node {
	if arg.Kind != yaml.SequenceNode || len(arg.Content) != 2 || arg.Content[0].Kind != yaml.ScalarNode {
		r.add(at, "Join needs a separator and a list")
		return nil
	}
	list := r.eval(arg.Content[1])
	if list == nil || list.Kind != yaml.SequenceNode {
		r.add(at, "Join needs a separator and a list")
		return nil
	}
	parts := make([]string, 0, len(list.Content))
	for _, c := range list.Content {
		if c.Kind != yaml.ScalarNode {
			r.add(c, "Join takes text only")
			return nil
		}
		parts = append(parts, c.Value)
	}
	return scalar(at, strings.Join(parts, arg.Content[0].Value))
}

func (r *reading) ifElse(at, arg *yaml.Node) *yaml.Node {
	if arg.Kind != yaml.SequenceNode || len(arg.Content) != 3 || arg.Content[0].Kind != yaml.ScalarNode {
		r.add(at, "If needs a condition's name and two values")
		return nil
	}
	if r.condition(arg.Content[0], arg.Content[0].Value) {
		return r.eval(arg.Content[1])
	}
	return r.eval(arg.Content[2])
}

func (r *reading) findInMap(at, arg *yaml.Node) *yaml.Node {
	if arg.Kind != yaml.SequenceNode || len(arg.Content) != 3 {
		r.add(at, "FindInMap needs a map, a first and a second key")
		return nil
	}
	found := r.mappings
	for _, k := range arg.Content {
		key := r.eval(k)
		if key == nil || key.Kind != yaml.ScalarNode {
			r.add(k, "FindInMap needs text as keys")
			return nil
		}
		if found = child(found, key.Value); found == nil {
			r.add(k, "Mappings has nothing under %s", key.Value)
			return nil
		}
	}
	return found
}
