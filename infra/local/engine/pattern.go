package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// matcher decides over the value of one field. Present is false when the field
// is missing.
type matcher func(value any, present bool) bool

// filter admits a record when one of its patterns matches; without patterns it
// admits all.
type filter struct{ patterns []matcher }

// compileFilters reads event patterns of Lambda's filter criteria: nested
// objects with lists of alternatives, which are literals or one of prefix,
// suffix, equals-ignore-case, anything-but, numeric, exists; and $or
// (docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html, 2026-11).
func compileFilters(patterns []string) (filter, error) {
	var f filter
	for _, p := range patterns {
		var body any
		if err := decodeExact([]byte(p), &body); err != nil {
			return f, fmt.Errorf("filter pattern %s: %w", p, err)
		}
		m, err := compilePattern(body)
		if err != nil {
			return f, fmt.Errorf("filter pattern %s: %w", p, err)
		}
		f.patterns = append(f.patterns, m)
	}
	return f, nil
}

// admits says whether the record passes. The record is decoded JSON with
// json.Number for numbers.
func (f filter) admits(record any) bool {
	if len(f.patterns) == 0 {
		return true
	}
	for _, m := range f.patterns {
		if m(record, true) {
			return true
		}
	}
	return false
}

// decodeExact keeps numbers as they are written.
func decodeExact(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

func compilePattern(p any) (matcher, error) {
	switch v := p.(type) {
	case map[string]any:
		return compileObject(v)
	case []any:
		return compileAlternatives(v)
	}
	return nil, errors.New("a pattern holds objects and lists only")
}

func compileObject(fields map[string]any) (matcher, error) {
	if len(fields) == 0 {
		return nil, errors.New("a pattern must not be empty")
	}
	named := map[string]matcher{}
	var either []matcher
	for name, p := range fields {
		if list, ok := p.([]any); ok && name == "$or" {
			for _, one := range list {
				m, err := compilePattern(one)
				if err != nil {
					return nil, err
				}
				either = append(either, m)
			}
			continue
		}
		m, err := compilePattern(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		named[name] = m
	}
	return func(value any, _ bool) bool { return objectMatches(named, either, value) }, nil
}

func objectMatches(named map[string]matcher, either []matcher, value any) bool {
	object, _ := value.(map[string]any)
	for name, m := range named {
		v, present := object[name]
		if !m(v, present) {
			return false
		}
	}
	for _, m := range either {
		if m(value, true) {
			return true
		}
	}
	return len(either) == 0
}

// compileAlternatives matches when one alternative does; a field that is a list
// matches when one of its elements does.
func compileAlternatives(list []any) (matcher, error) {
	if len(list) == 0 {
		return nil, errors.New("a list of alternatives must not be empty")
	}
	var all []matcher
	for _, p := range list {
		m, err := compileAlternative(p)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return func(value any, present bool) bool {
		values, isList := value.([]any)
		if !isList {
			values = []any{value}
		}
		for _, m := range all {
			for _, v := range values {
				if m(v, present) {
					return true
				}
			}
		}
		return false
	}, nil
}

func compileAlternative(p any) (matcher, error) {
	rule, ok := p.(map[string]any)
	if !ok {
		return func(v any, present bool) bool { return present && equal(v, p) }, nil
	}
	if len(rule) != 1 {
		return nil, errors.New("a rule such as prefix stands alone in its object")
	}
	for name, arg := range rule {
		return compileRule(name, arg)
	}
	return nil, nil
}

func compileRule(name string, arg any) (matcher, error) {
	text, isText := arg.(string)
	onText := func(test func(string) bool) (matcher, error) {
		if !isText {
			return nil, fmt.Errorf("%s needs text", name)
		}
		return func(v any, _ bool) bool { s, ok := v.(string); return ok && test(s) }, nil
	}
	switch name {
	case "prefix":
		return onText(func(s string) bool { return strings.HasPrefix(s, text) })
	case "suffix":
		return onText(func(s string) bool { return strings.HasSuffix(s, text) })
	case "equals-ignore-case":
		return onText(func(s string) bool { return strings.EqualFold(s, text) })
	case "exists":
		want, ok := arg.(bool)
		if !ok {
			return nil, errors.New("exists needs true or false")
		}
		return func(_ any, present bool) bool { return present == want }, nil
	case "anything-but":
		return compileAnythingBut(arg)
	case "numeric":
		return compileNumeric(arg)
	}
	return nil, fmt.Errorf("the rule %s is not known", name)
}

func compileAnythingBut(arg any) (matcher, error) {
	if rule, ok := arg.(map[string]any); ok {
		inner, err := compileAlternative(rule)
		return func(v any, present bool) bool { return present && !inner(v, present) }, err
	}
	values, ok := arg.([]any)
	if !ok {
		values = []any{arg}
	}
	return func(v any, present bool) bool {
		for _, w := range values {
			if equal(v, w) {
				return false
			}
		}
		return present
	}, nil
}

func equal(a, b any) bool {
	switch b.(type) {
	case string, bool, nil:
		return a == b
	case json.Number:
		x, y, ok := numbers(a, b)
		return ok && x.Cmp(y) == 0
	}
	return false
}
