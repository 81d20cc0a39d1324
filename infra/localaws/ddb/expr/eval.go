package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// holds evaluates a condition against an item.
func (n *node) holds(it attr.Item) bool {
	switch n.op {
	case opAnd:
		return n.args[0].holds(it) && n.args[1].holds(it)
	case opOr:
		return n.args[0].holds(it) || n.args[1].holds(it)
	case opNot:
		return !n.args[0].holds(it)
	case opRange:
		return n.between(it)
	case opIn:
		return n.in(it)
	}
	if n.call {
		return n.test(it)
	}
	return n.compare(it)
}

// operand is the value of a path, a constant or size(); false if there is none.
func (n *node) operand(it attr.Item) (attr.Value, bool) {
	switch {
	case n.op == opPath:
		return n.path.Find(it)
	case n.op == opValue:
		return n.value, true
	case n.op == "size":
		v, ok := n.args[0].operand(it)
		if !ok {
			return attr.Value{}, false
		}
		return size(v)
	}
	return attr.Value{}, false
}

// size counts the characters of a string, the bytes of a binary, and the
// elements of anything that has elements; the others have no size.
func size(v attr.Value) (attr.Value, bool) {
	var n int
	switch v.Kind {
	case attr.S:
		n = utf8.RuneCountInString(v.Text)
	case attr.B:
		n = len(v.Text)
	case attr.SS, attr.NS, attr.BS, attr.L:
		n = len(v.List)
	case attr.M:
		n = len(v.Map)
	default:
		return attr.Value{}, false
	}
	return attr.Num(attr.FromInt(int64(n))), true
}

// compare evaluates a comparator. Nothing equals a missing value, so <> holds
// for it and every other comparator does not.
func (n *node) compare(it attr.Item) bool {
	a, okA := n.args[0].operand(it)
	b, okB := n.args[1].operand(it)
	present := okA && okB
	switch n.op {
	case "=":
		return present && a.Equal(b)
	case "<>":
		return !present || !a.Equal(b)
	}
	order, ok := attr.Compare(a, b)
	if !present || !ok {
		return false
	}
	switch n.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (n *node) between(it attr.Item) bool {
	v, ok := n.args[0].operand(it)
	low, okLow := n.args[1].operand(it)
	high, okHigh := n.args[2].operand(it)
	if !ok || !okLow || !okHigh {
		return false
	}
	fromLow, okLow := attr.Compare(v, low)
	toHigh, okHigh := attr.Compare(v, high)
	return okLow && okHigh && fromLow >= 0 && toHigh <= 0
}

func (n *node) in(it attr.Item) bool {
	v, ok := n.args[0].operand(it)
	if !ok {
		return false
	}
	for _, arg := range n.args[1:] {
		if w, ok := arg.operand(it); ok && v.Equal(w) {
			return true
		}
	}
	return false
}

// test evaluates a function that is true or false.
func (n *node) test(it attr.Item) bool {
	v, ok := n.args[0].operand(it)
	switch n.op {
	case "attribute_exists":
		return ok
	case "attribute_not_exists":
		return !ok
	}
	w, okW := n.args[1].operand(it)
	if !ok || !okW {
		return false
	}
	switch n.op {
	case "attribute_type":
		return v.Kind.String() == w.Text
	case "begins_with":
		return v.Kind == w.Kind && (v.Kind == attr.S || v.Kind == attr.B) && strings.HasPrefix(v.Text, w.Text)
	}
	return contains(v, w)
}

// contains looks for a part of a string or binary, a member of a set, or an
// element of a list.
func contains(v, w attr.Value) bool {
	switch v.Kind {
	case attr.S, attr.B:
		return v.Kind == w.Kind && strings.Contains(v.Text, w.Text)
	case attr.L:
		for _, e := range v.List {
			if e.Equal(w) {
				return true
			}
		}
		return false
	}
	return v.Has(w)
}
