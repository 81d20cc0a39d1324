// Package expr is DynamoDB's expression language: conditions, filters,
// projections, key conditions and updates. An expression is parsed once,
// checked the way DynamoDB checks it before it looks at any item, and then
// applied to items.
package expr

import "strings"

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenNameRef  // #name
	tokenValueRef // :value
	tokenNumber
	tokenSymbol
	tokenBad
)

type token struct {
	kind tokenKind
	text string
	// start and end are offsets into the source.
	start, end int
}

// is compares a keyword or a symbol, without regard to case.
func (t token) is(word string) bool {
	return (t.kind == tokenName || t.kind == tokenSymbol) && strings.EqualFold(t.text, word)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }
func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// scan takes the source apart. It always ends with tokenEnd; what cannot be a
// token becomes tokenBad, which the parser reports when it gets there.
func scan(source string) []token {
	var out []token
	for at := 0; at < len(source); {
		if isSpace(source[at]) {
			at++
			continue
		}
		t := next(source, at)
		out = append(out, t)
		at = t.end
	}
	return append(out, token{kind: tokenEnd, text: "<EOF>", start: len(source), end: len(source)})
}

func next(source string, at int) token {
	cut := func(kind tokenKind, end int) token {
		return token{kind: kind, text: source[at:end], start: at, end: end}
	}
	c := source[at]
	switch {
	case isLetter(c):
		return cut(tokenName, span(source, at, isWord))
	case isDigit(c):
		return cut(tokenNumber, span(source, at, isDigit))
	case c == '#' || c == ':':
		end := span(source, at+1, isWord)
		switch {
		case end == at+1:
			return cut(tokenBad, end)
		case c == '#':
			return cut(tokenNameRef, end)
		}
		return cut(tokenValueRef, end)
	}
	if n := symbol(source[at:]); n > 0 {
		return cut(tokenSymbol, at+n)
	}
	return cut(tokenBad, at+1)
}

// symbol is the length of the operator or punctuation at the front, or 0.
func symbol(rest string) int {
	for _, two := range [...]string{"<>", "<=", ">="} {
		if strings.HasPrefix(rest, two) {
			return 2
		}
	}
	if strings.IndexByte("=<>(),.[]+-", rest[0]) >= 0 {
		return 1
	}
	return 0
}

func span(source string, at int, in func(byte) bool) int {
	for at < len(source) && in(source[at]) {
		at++
	}
	return at
}
