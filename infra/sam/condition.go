package sam

import "go.yaml.in/yaml/v3"

// checkConditions works out every condition, used or not, so that a mistake in
// one is found at once.
func (r *reading) checkConditions() {
	if r.conditions == nil {
		return
	}
	if r.conditions.Kind != yaml.MappingNode {
		r.add(r.conditions, "Conditions must be a mapping")
		r.conditions = nil
		return
	}
	for i := 0; i+1 < len(r.conditions.Content); i += 2 {
		r.condition(r.conditions.Content[i], r.conditions.Content[i].Value)
	}
}

// condition is the value of a named condition; at is where the name stands.
func (r *reading) condition(at *yaml.Node, name string) bool {
	if v, ok := r.decided[name]; ok {
		return v
	}
	body := child(r.conditions, name)
	if body == nil {
		r.add(at, "there is no condition %q", name)
		return false
	}
	if r.open[name] {
		r.add(at, "condition %s depends on itself", name)
		return false
	}
	r.open[name] = true
	r.decided[name] = r.truth(body)
	delete(r.open, name)
	return r.decided[name]
}

// truth works out one of the functions allowed in Conditions.
func (r *reading) truth(n *yaml.Node) bool {
	if c := child(n, "Condition"); c != nil && len(n.Content) == 2 {
		return r.condition(c, c.Value)
	}
	name, arg, ok := r.intrinsic(n)
	if !ok {
		r.add(n, "a condition is one of Fn::Equals, Fn::Not, Fn::And, Fn::Or, Condition")
		return false
	}
	if name == "Condition" {
		return r.condition(n, arg.Value)
	}
	if arg.Kind != yaml.SequenceNode {
		r.add(n, "%s needs a list", name)
		return false
	}
	switch name {
	case "Equals":
		return r.equals(n, arg.Content)
	case "Not":
		if len(arg.Content) == 1 {
			return !r.truth(arg.Content[0])
		}
		r.add(n, "Not needs one condition")
		return false
	case "And", "Or":
		return r.several(n, name, arg.Content)
	}
	r.add(n, "the function %s is not known in Conditions", name)
	return false
}

func (r *reading) equals(n *yaml.Node, args []*yaml.Node) bool {
	if len(args) != 2 {
		r.add(n, "Equals needs two values")
		return false
	}
	a, b := r.eval(args[0]), r.eval(args[1])
	if a == nil || b == nil || a.Kind != yaml.ScalarNode || b.Kind != yaml.ScalarNode {
		r.add(n, "Equals compares text")
		return false
	}
	return a.Value == b.Value
}

// several is And or Or of 2 to 10 conditions. All are worked out, so that a
// mistake does not hide behind the first answer.
func (r *reading) several(n *yaml.Node, name string, args []*yaml.Node) bool {
	if len(args) < 2 || len(args) > 10 {
		r.add(n, "%s needs 2 to 10 conditions", name)
		return false
	}
	met := 0
	for _, a := range args {
		if r.truth(a) {
			met++
		}
	}
	if name == "And" {
		return met == len(args)
	}
	return met > 0
}
