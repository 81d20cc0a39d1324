package expr

import "github.com/manystall/manystall/infra/localaws/ddb/attr"

// Operators that are no text of the language.
const (
	opPath  = "path"
	opValue = "value"
	opAnd   = "AND"
	opOr    = "OR"
	opNot   = "NOT"
	opIn    = "IN"
	opRange = "BETWEEN"
)

// node is a piece of a parsed expression: a path, a value, an operator or a
// function with its arguments.
type node struct {
	// op is one of the op constants, a comparator, + or -, or the name of a
	// function.
	op   string
	args []*node
	// path is set for opPath.
	path Path
	// value is set for opValue.
	value attr.Value
	// call says that op is a function.
	call bool
	// wrapped says that the node stood in parentheses.
	wrapped bool
}

// condition says whether the node is true or false rather than a value.
func (n *node) condition() bool {
	switch n.op {
	case opAnd, opOr, opNot, opIn, opRange, "=", "<>", "<", "<=", ">", ">=":
		return true
	}
	return n.call && n.op != "size" && n.op != "if_not_exists" && n.op != "list_append"
}

// literal is the type of a constant, zero for anything else.
func (n *node) literal() attr.Kind {
	if n.op == opValue {
		return n.value.Kind
	}
	return 0
}
