package expr

import "github.com/manystall/manystall/infra/localaws/ddb/attr"

// KeyTerm is one condition on one key attribute.
type KeyTerm struct {
	// Name is the key attribute.
	Name string
	// Op is "=", "<", "<=", ">", ">=", "BETWEEN" or "begins_with".
	Op string
	// Values are the constants: two for BETWEEN, one for the others.
	Values []attr.Value
}

// ParseKeyCondition reads a KeyConditionExpression into its terms, all of
// which must hold. Errors are attr.Invalid.
func ParseKeyCondition(source string, env *Env) ([]KeyTerm, error) {
	c, err := ParseCondition("KeyConditionExpression", source, env)
	if err != nil {
		return nil, err
	}
	return c.KeyTerms()
}

// KeyTerms takes a condition apart into the terms of a key condition. Errors
// are attr.Invalid.
func (c *Condition) KeyTerms() ([]KeyTerm, error) {
	nodes, err := conjuncts(c.root, nil)
	if err != nil {
		return nil, err
	}
	var terms []KeyTerm
	for _, n := range nodes {
		t, err := keyTerm(n)
		if err != nil {
			return nil, err
		}
		for _, other := range terms {
			if other.Name == t.Name {
				return nil, attr.Invalid("KeyConditionExpressions must only contain one condition per key")
			}
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// conjuncts lists what is joined by AND.
func conjuncts(n *node, out []*node) ([]*node, error) {
	if n.op == opAnd {
		out, err := conjuncts(n.args[0], out)
		if err != nil {
			return nil, err
		}
		return conjuncts(n.args[1], out)
	}
	switch n.op {
	case "=", "<", "<=", ">", ">=", opRange, "begins_with":
		return append(out, n), nil
	}
	return nil, attr.Invalid("Invalid operator used in KeyConditionExpression: " + n.op)
}

func keyTerm(n *node) (KeyTerm, error) {
	op := n.op
	if (op == opRange || op == "begins_with") && n.args[0].op != opPath {
		return KeyTerm{}, attr.Invalid("Invalid condition in KeyConditionExpression: " + op + " operator must have the key attribute as its first operand")
	}
	t := KeyTerm{Op: op}
	for i, arg := range n.args {
		switch {
		case arg.call:
			return t, attr.Invalid("KeyConditionExpressions cannot contain nested operations")
		case arg.op == opValue:
			t.Values = append(t.Values, arg.value)
		case t.Name != "":
			return t, attr.Invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case len(arg.path) > 1:
			return t, attr.Invalid("KeyConditionExpressions cannot have conditions on nested attributes")
		default:
			t.Name = arg.path[0].Name
			if i > 0 {
				t.Op = mirror(op)
			}
		}
	}
	if t.Name == "" {
		return t, attr.Invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	return t, nil
}

// mirror turns ":v < a" into "a > :v".
func mirror(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}
