package expr

import (
	"strconv"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// arity is the number of arguments of the functions of conditions.
func arity(function string) (int, bool) {
	switch function {
	case "attribute_exists", "attribute_not_exists", "size":
		return 1, true
	case "attribute_type", "begins_with", "contains":
		return 2, true
	}
	return 0, false
}

// checkCall checks a function of a condition as far as it can be checked
// without an item.
func (p *parser) checkCall(n *node) *node {
	defer p.settle()
	want, known := arity(n.op)
	if !known {
		p.fault(rankFunction, "Invalid function name; function: "+n.op)
		return n
	}
	p.checkOperands(n)
	if len(n.args) != want {
		p.wrongCount(n)
		return n
	}
	p.distinct(n)
	p.checkTypes(n)
	return n
}

func (p *parser) wrongCount(n *node) {
	p.fault(rankCount, "Incorrect number of operands for operator or function; operator or function: "+
		n.op+", number of operands: "+strconv.Itoa(len(n.args)))
}

// checkOperands refuses conditions where a value is wanted.
func (p *parser) checkOperands(n *node) {
	for _, arg := range n.args {
		if p.broken != nil || !arg.condition() {
			continue
		}
		if arg.call {
			p.misused(arg)
			continue
		}
		p.unexpected()
	}
}

func (p *parser) checkTypes(n *node) {
	switch n.op {
	case "attribute_exists", "attribute_not_exists":
		p.wantPath(n, n.args[0])
	case "begins_with":
		p.wantKind(n, n.args[0], attr.S, attr.B)
		p.wantKind(n, n.args[1], attr.S, attr.B)
	case "size":
		p.wantKind(n, n.args[0], attr.S, attr.B, attr.SS, attr.NS, attr.BS, attr.L, attr.M)
	case "attribute_type":
		p.wantTypeName(n)
	}
}

func (p *parser) wantPath(n, arg *node) {
	if arg.op != opPath {
		p.fault(rankType, "Operator or function requires a document path; operator or function: "+n.op)
	}
}

// wantKind checks the type of a constant; anything else is checked later.
func (p *parser) wantKind(n, arg *node, kinds ...attr.Kind) {
	got := arg.literal()
	for _, k := range kinds {
		if got == k {
			return
		}
	}
	if got != 0 {
		p.wrongOperand(n.op, got.String())
	}
}

func (p *parser) wrongOperand(op, kind string) {
	p.fault(rankType, "Incorrect operand type for operator or function; operator or function: "+op+", operand type: "+kind)
}

func (p *parser) wantTypeName(n *node) {
	arg := n.args[1]
	if arg.literal() != attr.S {
		kind := "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
		if k := arg.literal(); k != 0 {
			kind = k.String()
		}
		p.wrongOperand(n.op, kind)
		return
	}
	if _, ok := attr.ParseKind(arg.value.Text); !ok {
		p.fault(rankType, "Invalid attribute type name found; type: "+arg.value.Text+
			", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
	}
}

// checked checks a comparator, BETWEEN or IN.
func (p *parser) checked(n *node) *node {
	defer p.settle()
	if p.broken != nil {
		return n
	}
	p.checkOperands(n)
	p.distinct(n)
	switch n.op {
	case "<", "<=", ">", ">=":
		for _, arg := range n.args {
			p.wantKind(n, arg, attr.S, attr.N, attr.B)
		}
	case opRange:
		for _, arg := range n.args {
			p.wantKind(n, arg, attr.S, attr.N, attr.B)
		}
		p.checkBounds(n.args[1], n.args[2])
	case opIn:
		if len(n.args)-1 > maxIn {
			p.fault(rankLimit, "Too many operands in the IN operator; number of operands: "+strconv.Itoa(len(n.args)-1))
		}
	}
	return n
}

// distinct refuses to compare a path with itself.
func (p *parser) distinct(n *node) {
	if len(n.args) != 2 || n.args[0].op != opPath || n.args[1].op != opPath {
		return
	}
	first := n.args[0].path.String()
	if first == n.args[1].path.String() {
		p.fault(rankDistinct, "The first operand must be distinct from the remaining operands for this operator or function; operator: "+
			n.op+", first operand: "+first)
	}
}

func (p *parser) checkBounds(low, high *node) {
	a, b := low.literal(), high.literal()
	if a == 0 || b == 0 {
		return
	}
	operands := "lower bound operand: " + display(low.value) + ", upper bound operand: " + display(high.value)
	if a != b {
		p.fault(rankType, "The BETWEEN operator requires same data type for lower and upper bounds; "+operands)
		return
	}
	if order, ok := attr.Compare(low.value, high.value); ok && order > 0 {
		p.fault(rankType, "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "+operands)
	}
}

// display is a scalar the way DynamoDB prints it in messages.
func display(v attr.Value) string {
	text := v.Text
	if v.Kind == attr.N {
		text = v.Num.String()
	}
	return "AttributeValue: {" + v.Kind.String() + ":" + strings.ToValidUTF8(text, "?") + "}"
}
