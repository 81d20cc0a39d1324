package expr

import "github.com/manystall/manystall/infra/localaws/ddb/attr"

// Condition is a parsed condition or filter. It may be used on any number of
// items, also concurrently.
type Condition struct{ root *node }

// ParseCondition reads a condition; label is the request parameter, such as
// "ConditionExpression". Errors are attr.Invalid.
func ParseCondition(label, source string, env *Env) (*Condition, error) {
	p, err := newParser(label, source, env)
	if err != nil {
		return nil, err
	}
	root := p.or()
	if p.broken == nil && !root.condition() {
		p.notCondition(root)
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return &Condition{root: root}, nil
}

func (p *parser) notCondition(n *node) {
	if n.call {
		p.misused(n)
		return
	}
	p.unexpected()
}

func (p *parser) misused(n *node) {
	p.fault(rankMisused, "The function is not allowed to be used this way in an expression; function: "+n.op)
}

func (p *parser) or() *node {
	return p.chain(opOr, func() *node { return p.chain(opAnd, p.not) })
}

// chain reads operands of one logical operator, which groups to the left.
func (p *parser) chain(op string, operand func() *node) *node {
	left := operand()
	for p.accept(op) {
		p.ops++
		right := operand()
		p.wantConditions(left, right)
		left = &node{op: op, args: []*node{left, right}}
	}
	return left
}

func (p *parser) wantConditions(nodes ...*node) {
	for _, n := range nodes {
		if p.broken == nil && !n.condition() {
			p.notCondition(n)
		}
	}
}

func (p *parser) not() *node {
	if !p.enter() {
		return &node{op: opValue}
	}
	defer p.leave()
	if p.accept(opNot) {
		p.ops++
		n := p.not()
		p.wantConditions(n)
		return &node{op: opNot, args: []*node{n}}
	}
	return p.comparison()
}

func (p *parser) comparison() *node {
	left := p.primary()
	if p.accept(opRange) {
		p.ops++
		low := p.primary()
		p.expect(opAnd)
		return p.checked(&node{op: opRange, args: []*node{left, low, p.primary()}})
	}
	if p.accept(opIn) {
		p.ops++
		args := append([]*node{left}, p.arguments(p.primary)...)
		return p.checked(&node{op: opIn, args: args})
	}
	for _, op := range [...]string{"=", "<>", "<=", ">=", "<", ">"} {
		if p.accept(op) {
			p.ops++
			return p.checked(&node{op: op, args: []*node{left, p.primary()}})
		}
	}
	return left
}

// primary reads an operand, a function, or anything in parentheses.
func (p *parser) primary() *node {
	t := p.peek()
	switch {
	case p.broken != nil:
		return &node{op: opValue}
	case t.is("("):
		return p.parentheses()
	case t.kind == tokenValueRef:
		return p.valueRef()
	case t.kind == tokenName && p.tokens[p.at+1].is("(") && !t.is(opNot) && !t.is(opIn):
		p.next()
		p.ops++
		return p.checkCall(&node{op: t.text, call: true, args: p.arguments(p.primary)})
	case t.is(opAnd), t.is(opOr), t.is(opNot), t.is(opIn), t.is(opRange):
		p.unexpected()
		return &node{op: opValue}
	}
	return p.document()
}

func (p *parser) parentheses() *node {
	p.next()
	if !p.enter() {
		return &node{op: opValue}
	}
	defer p.leave()
	n := p.or()
	p.expect(")")
	if n.wrapped {
		p.fault(rankParentheses, "The expression has redundant parentheses;")
	}
	inner := *n
	inner.wrapped = true
	return &inner
}

// Match says whether the item satisfies the condition. A missing item is an
// empty one.
func (c *Condition) Match(it attr.Item) bool { return c.root.holds(it) }

// Names are the top-level attributes that the condition reads.
func (c *Condition) Names() []string { return c.root.names(nil) }

func (n *node) names(out []string) []string {
	if n.op == opPath {
		return append(out, n.path[0].Name)
	}
	for _, arg := range n.args {
		out = arg.names(out)
	}
	return out
}
