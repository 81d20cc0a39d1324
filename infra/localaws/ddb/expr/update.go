package expr

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Update is a parsed UpdateExpression. It may be applied to any number of
// items, also concurrently.
type Update struct{ actions []action }

type action struct {
	section string // SET, REMOVE, ADD or DELETE
	path    Path
	value   *node // nil for REMOVE
}

// ParseUpdate reads an UpdateExpression. Errors are attr.Invalid.
func ParseUpdate(source string, env *Env) (*Update, error) {
	p, err := newParser("UpdateExpression", source, env)
	if err != nil {
		return nil, err
	}
	p.sections = true
	u := &Update{}
	seen := map[string]bool{}
	for p.broken == nil && (len(seen) == 0 || p.peek().kind != tokenEnd) {
		section := strings.ToUpper(p.peek().text)
		if p.peek().kind != tokenName || !isSection(section) {
			p.unexpected()
			break
		}
		p.next()
		if seen[section] {
			p.fault(rankSection, `The "`+section+`" section can only be used once in an update expression;`)
		}
		seen[section] = true
		u.section(p, section)
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return u, nil
}

func isSection(word string) bool {
	switch strings.ToUpper(word) {
	case "SET", "REMOVE", "ADD", "DELETE":
		return true
	}
	return false
}

// section reads the actions after one keyword, separated by commas.
func (u *Update) section(p *parser, section string) {
	for p.broken == nil {
		a := action{section: section, path: p.document().path}
		switch section {
		case "SET":
			p.expect("=")
			a.value = p.sum()
		case "ADD", "DELETE":
			a.value = p.constant(section)
		}
		u.check(p, a.path)
		u.actions = append(u.actions, a)
		if !p.accept(",") {
			return
		}
	}
}

func (u *Update) check(p *parser, path Path) {
	p.ops++
	earlier := make([]Path, len(u.actions))
	for i, a := range u.actions {
		earlier[i] = a.path
	}
	p.checkPath(earlier, path)
}

// sum reads an operand, or the sum or difference of two.
func (p *parser) sum() *node {
	left := p.operand()
	for _, op := range [...]string{"+", "-"} {
		if !p.accept(op) {
			continue
		}
		n := &node{op: op, args: []*node{left, p.operand()}}
		p.ops++
		for _, arg := range n.args {
			if isSum(arg) {
				p.unexpected()
			}
			p.wantKind(n, arg, attr.N)
		}
		return n
	}
	return left
}

func isSum(n *node) bool { return n.op == "+" || n.op == "-" }

func (p *parser) operand() *node {
	t := p.peek()
	switch {
	case p.broken != nil:
		return &node{op: opValue}
	case t.is("("):
		p.next()
		if !p.enter() {
			return &node{op: opValue}
		}
		defer p.leave()
		n := p.sum()
		p.expect(")")
		return n
	case t.kind == tokenValueRef:
		return p.valueRef()
	case t.kind == tokenName && p.tokens[p.at+1].is("("):
		return p.updateCall()
	}
	return p.document()
}

func (p *parser) updateCall() *node {
	n := &node{op: p.next().text, call: true}
	if !p.enter() {
		return n
	}
	defer p.leave()
	n.args = p.arguments(p.operand)
	p.ops++
	switch {
	case n.op != "if_not_exists" && n.op != "list_append":
		p.fault(rankFunction, "Invalid function name; function: "+n.op)
	case len(n.args) != 2:
		p.wrongCount(n)
	case n.op == "if_not_exists":
		p.wantPath(n, n.args[0])
	default:
		p.wantKind(n, n.args[0], attr.L)
		p.wantKind(n, n.args[1], attr.L)
	}
	for _, arg := range n.args {
		if isSum(arg) {
			p.unexpected()
		}
	}
	return n
}

// constant reads the value of ADD or DELETE, which must be a placeholder.
func (p *parser) constant(section string) *node {
	if p.peek().kind != tokenValueRef {
		p.unexpected()
		return &node{op: opValue}
	}
	n := p.valueRef()
	kind := n.literal()
	if kind != 0 && !kind.IsSet() && (section != "ADD" || kind != attr.N) {
		p.fault(rankOperand, "Incorrect operand type for operator or function; operator: "+section+", operand type: "+kind.Word())
	}
	return n
}

// Paths are the paths that the update changes, in the order of the expression.
func (u *Update) Paths() []Path {
	out := make([]Path, len(u.actions))
	for i, a := range u.actions {
		out[i] = a.path
	}
	return out
}

// OnlyRemoves says that the update can only take attributes away. Such an
// update creates no item where there was none.
func (u *Update) OnlyRemoves() bool {
	for _, a := range u.actions {
		if a.section == "SET" || a.section == "ADD" {
			return false
		}
	}
	return len(u.actions) > 0
}

// Touched is what an item holds at the paths of the update.
func (u *Update) Touched(it attr.Item) attr.Item { return project(it, u.Paths()) }

// Copies says whether the update sets an attribute to another one's value.
func (u *Update) Copies() bool {
	return slices.ContainsFunc(u.actions, func(a action) bool { return a.section == "SET" && a.value.op == opPath })
}
