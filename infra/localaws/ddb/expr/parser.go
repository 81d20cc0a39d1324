package expr

import (
	"strconv"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Limits of DynamoDB (AWS Developer Guide, "Quotas in Amazon DynamoDB", 2026).
const (
	maxLength    = 4096
	maxOperators = 300
	maxIn        = 100
	maxPathDepth = 32
	maxNesting   = 300 // of parentheses, so that no input exhausts the stack
)

// fault is a mistake in an expression. DynamoDB looks for kinds of mistakes
// in a fixed order, so the one of lowest rank is reported.
type fault struct {
	rank int
	text string
}

// Ranks, in the order in which DynamoDB reports.
const (
	rankParentheses = iota
	rankFunction
	rankMisused
	rankReserved
	rankSection
	rankUndefined
	rankOverlap
	rankConflict
	rankOperand
	rankCount
	rankDistinct
	rankType
	rankLimit
	noFault
)

// parser reads one expression.
type parser struct {
	label  string // the request parameter, for messages
	source string
	tokens []token
	at     int
	depth  int
	ops    int
	env    *Env
	worst  fault
	broken error
	// sections says that SET, REMOVE, ADD and DELETE begin a section, so they
	// cannot be names.
	sections bool
	settled  bool
}

func newParser(label, source string, env *Env) (*parser, error) {
	if source == "" {
		return nil, attr.Invalid("Invalid " + label + ": The expression can not be empty;")
	}
	if len(source) > maxLength {
		return nil, attr.Invalid("Invalid " + label + ": Expression size has exceeded the maximum allowed size; expression size: " + strconv.Itoa(len(source)))
	}
	return &parser{label: label, source: source, tokens: scan(source), env: env, worst: fault{rank: noFault}}, nil
}

// finish checks that everything was read and reports the first mistake.
func (p *parser) finish() error {
	if p.broken == nil && p.peek().kind != tokenEnd {
		p.unexpected()
	}
	if p.broken != nil {
		return p.broken
	}
	if p.ops > maxOperators {
		p.fault(rankLimit, "The expression contains too many operators; operator count: "+strconv.Itoa(p.ops))
	}
	if p.worst.rank != noFault {
		return attr.Invalid("Invalid " + p.label + ": " + p.worst.text)
	}
	return nil
}

func (p *parser) fault(rank int, text string) {
	if rank < p.worst.rank && (rank < rankUndefined || !p.settled) {
		p.worst = fault{rank, text}
	}
}

// settle ends a comparison or function of a condition. DynamoDB looks for
// mistakes from rankUndefined on in one of them after the other, so those of
// later ones do not count once there is one.
func (p *parser) settle() {
	p.settled = p.settled || p.worst.rank >= rankUndefined && p.worst.rank < noFault
}

func (p *parser) peek() token { return p.tokens[p.at] }

// next takes a token; the last one stays.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// accept takes the token if it is the word.
func (p *parser) accept(word string) bool {
	if p.broken != nil || !p.peek().is(word) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(word string) {
	if !p.accept(word) {
		p.unexpected()
	}
}

// unexpected reports a syntax error at the current token. After it the parser
// stands at the end, so that every loop stops.
func (p *parser) unexpected() {
	if p.broken != nil {
		return
	}
	t := p.peek()
	from, to := t.start, t.end
	if p.at > 0 {
		from = p.tokens[p.at-1].start
	}
	if p.at+1 < len(p.tokens) {
		to = p.tokens[p.at+1].end
	}
	p.broken = attr.Invalid("Invalid " + p.label + `: Syntax error; token: "` + t.text + `", near: "` + p.source[from:to] + `"`)
	p.at = len(p.tokens) - 1
}

// enter guards against nesting that would exhaust the stack.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxNesting {
		p.unexpected()
	}
	return p.broken == nil
}

func (p *parser) leave() { p.depth-- }

// document reads a path: names separated by dots, with indexes in brackets.
func (p *parser) document() *node {
	path := Path{{Name: p.name(), Index: -1}}
	for p.broken == nil {
		switch {
		case p.accept("."):
			path = append(path, Step{Name: p.name(), Index: -1})
		case p.accept("["):
			path = append(path, Step{Index: p.index()})
			p.expect("]")
		default:
			if len(path) > maxPathDepth {
				p.fault(rankLimit, "The document path has too many nesting elements; nesting levels: "+strconv.Itoa(len(path)))
			}
			return &node{op: opPath, path: path}
		}
	}
	return &node{op: opPath, path: path}
}

func (p *parser) name() string {
	t := p.peek()
	switch t.kind {
	case tokenName:
		if p.sections && isSection(t.text) {
			break
		}
		if isReserved(t.text) {
			p.fault(rankReserved, "Attribute name is a reserved keyword; reserved keyword: "+t.text)
		}
		return p.next().text
	case tokenNameRef:
		name, ok := p.env.names[t.text]
		if !ok {
			p.fault(rankUndefined, "An expression attribute name used in the document path is not defined; attribute name: "+t.text)
		}
		p.env.usedNames[t.text] = true
		p.next()
		return name
	}
	p.unexpected()
	return ""
}

func (p *parser) index() int {
	t := p.peek()
	i, err := strconv.Atoi(t.text)
	if t.kind != tokenNumber || err != nil {
		p.unexpected()
		return 0
	}
	p.next()
	return i
}

func (p *parser) valueRef() *node {
	t := p.next()
	v, ok := p.env.values[t.text]
	if !ok {
		p.fault(rankUndefined, "An expression attribute value used in expression is not defined; attribute value: "+t.text)
	}
	p.env.usedValues[t.text] = true
	return &node{op: opValue, value: v}
}

// arguments reads what stands between the parentheses of a function.
func (p *parser) arguments(one func() *node) []*node {
	p.expect("(")
	var args []*node
	for p.broken == nil {
		args = append(args, one())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return args
}
