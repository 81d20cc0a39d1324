package ddb

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// The parameters that expressions have replaced (AWS Developer Guide, "Legacy
// conditional parameters", 2026) are turned into expressions.

// legacyNames are those parameters; expressionNames are what replaced them.
func legacyNames() []string {
	return []string{"AttributesToGet", "AttributeUpdates", "ConditionalOperator", "Expected", "KeyConditions", "QueryFilter", "ScanFilter"}
}

func expressionNames() []string {
	return []string{"ProjectionExpression", "FilterExpression", "UpdateExpression", "ConditionExpression", "KeyConditionExpression"}
}

// modern is the request with expressions in place of legacy parameters. Having
// both is refused.
func (p params) modern() (params, error) {
	given := func(names []string) []string {
		return slices.DeleteFunc(names, func(name string) bool { return !p.has(name) })
	}
	old, expressions := given(legacyNames()), given(expressionNames())
	if len(old) == 0 {
		return p, nil
	}
	if len(expressions) > 0 {
		return p, invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {" +
			strings.Join(old, ", ") + "} Expression parameters: {" + strings.Join(expressions, ", ") + "}")
	}
	for _, name := range []string{"ExpressionAttributeNames", "ExpressionAttributeValues"} {
		if p.has(name) {
			return p, invalid(name + " can only be specified when using expressions")
		}
	}
	t := &translation{params: p, fields: maps.Clone(p.fields), names: map[string]any{}, values: map[string]any{}}
	if err := t.translate(); err != nil {
		return p, err
	}
	if err := p.verdict(); err != nil {
		return p, err
	}
	p.fields = t.fields
	return p, nil
}

// translation is a request on its way to expressions.
type translation struct {
	params
	fields        map[string]any
	names, values map[string]any
}

func (t *translation) translate() error {
	joint := " " + t.choice("ConditionalOperator", "AND", "AND", "OR") + " "
	if t.has("ConditionalOperator") && !t.has("Expected") && !t.has("QueryFilter") && !t.has("ScanFilter") {
		return invalid("ConditionalOperator cannot be used without Filter or Expected")
	}
	if err := t.projection(); err != nil {
		return err
	}
	for _, c := range []struct{ from, to, joint string }{
		{"Expected", "ConditionExpression", joint}, {"QueryFilter", "FilterExpression", joint},
		{"ScanFilter", "FilterExpression", joint}, {"KeyConditions", "KeyConditionExpression", " AND "},
	} {
		if err := t.conditions(c.from, c.to, c.joint); err != nil {
			return err
		}
	}
	if err := t.updates(); err != nil {
		return err
	}
	for name, placeholders := range map[string]map[string]any{"ExpressionAttributeNames": t.names, "ExpressionAttributeValues": t.values} {
		if len(placeholders) > 0 {
			t.fields[name] = placeholders
		}
	}
	return nil
}

func (t *translation) name(name string) string {
	placeholder := "#" + strconv.Itoa(len(t.names))
	t.names[placeholder] = name
	return placeholder
}

func (t *translation) value(raw any) (string, error) {
	if _, err := attr.Decode(raw); err != nil {
		return "", err
	}
	placeholder := ":" + strconv.Itoa(len(t.values))
	t.values[placeholder] = raw
	return placeholder, nil
}

func (t *translation) projection() error {
	if !t.has("AttributesToGet") {
		return nil
	}
	names := t.texts("AttributesToGet")
	if len(names) == 0 {
		t.unmet("AttributesToGet", "[]", "Member must have length greater than or equal to 1")
		return nil
	}
	var paths []string
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return invalid(oneOrMore + "Duplicate value in attribute name: " + name)
		}
		paths = append(paths, t.name(name))
	}
	t.fields["ProjectionExpression"] = strings.Join(paths, ", ")
	return nil
}

// entries are the members of a map of objects, in order.
func (t *translation) entries(name string) (keys []string, members []params) {
	o := t.object(name)
	for _, key := range slices.Sorted(maps.Keys(o.fields)) {
		keys, members = append(keys, key), append(members, o.entry(key))
	}
	return keys, members
}

// conditions turns a map of conditions by attribute into one expression.
func (t *translation) conditions(from, to, joint string) error {
	var terms []string
	names, members := t.entries(from)
	for i, c := range members {
		term, err := t.condition(names[i], c, from == "KeyConditions")
		if err != nil {
			return err
		}
		terms = append(terms, term)
	}
	if len(terms) > 0 {
		t.fields[to] = strings.Join(terms, joint)
	}
	return nil
}

func (t *translation) condition(name string, c params, key bool) (string, error) {
	if !c.has("ComparisonOperator") {
		return t.expected(name, c)
	}
	operator := c.choice("ComparisonOperator", "", "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE",
		"BEGINS_WITH", "GE", "CONTAINS")
	if err := c.verdict(); err != nil {
		return "", err
	}
	form, count, indexable := comparison(operator)
	if key && !indexable {
		return "", invalid("Attempted conditional constraint is not an indexable operation")
	}
	list := c.list("AttributeValueList")
	if c.has("Value") {
		if c.has("AttributeValueList") {
			return "", invalid(oneOrMore + "Value and AttributeValueList cannot be used together for Attribute: " + name)
		}
		list = []any{c.fields["Value"]}
	}
	if count >= 0 && len(list) != count || count < 0 && len(list) == 0 {
		return "", invalid(oneOrMore + "Invalid number of argument(s) for the " + operator + " ComparisonOperator")
	}
	var values []string
	for _, raw := range list {
		v, err := t.value(raw)
		if err != nil {
			return "", err
		}
		values = append(values, v)
	}
	return form(t.name(name), values), nil
}

// expected is a condition without an operator: there or not, and which value.
func (t *translation) expected(name string, c params) (string, error) {
	exists := !c.has("Exists") || c.flag("Exists")
	switch {
	case exists && !c.has("Value") && c.has("Exists"):
		return "", invalid(oneOrMore + "Value must be provided when Exists is true for Attribute: " + name)
	case exists && !c.has("Value"):
		return "", invalid(oneOrMore + "Value must be provided when Exists is null for Attribute: " + name)
	case !exists && c.has("Value"):
		return "", invalid(oneOrMore + "Value cannot be used when Exists is false for Attribute: " + name)
	case !exists:
		return "attribute_not_exists(" + t.name(name) + ")", nil
	}
	v, err := t.value(c.fields["Value"])
	return t.name(name) + " = " + v, err
}

// comparison is how an operator is written, how many values it takes (-1: one
// or more), and whether a key condition can have it.
func comparison(operator string) (form func(name string, values []string) string, count int, indexable bool) {
	infix := func(sign string) func(string, []string) string {
		return func(name string, values []string) string { return name + " " + sign + " " + values[0] }
	}
	function := func(call string) func(string, []string) string {
		return func(name string, values []string) string {
			return call + "(" + strings.Join(append([]string{name}, values...), ", ") + ")"
		}
	}
	switch operator {
	case "NE":
		return infix("<>"), 1, false
	case "LE":
		return infix("<="), 1, true
	case "LT":
		return infix("<"), 1, true
	case "GE":
		return infix(">="), 1, true
	case "GT":
		return infix(">"), 1, true
	case "NULL":
		return function("attribute_not_exists"), 0, false
	case "NOT_NULL":
		return function("attribute_exists"), 0, false
	case "CONTAINS":
		return function("contains"), 1, false
	case "NOT_CONTAINS":
		return function("NOT contains"), 1, false
	case "BEGINS_WITH":
		return function("begins_with"), 1, true
	case "BETWEEN":
		return func(name string, values []string) string { return name + " BETWEEN " + values[0] + " AND " + values[1] }, 2, true
	case "IN":
		return func(name string, values []string) string { return name + " IN (" + strings.Join(values, ", ") + ")" }, -1, false
	}
	return infix("="), 1, true // EQ
}

// updates turns AttributeUpdates into an update expression.
func (t *translation) updates() error {
	clauses := map[string][]string{}
	names, members := t.entries("AttributeUpdates")
	for i, u := range members {
		action := u.choice("Action", "PUT", "ADD", "DELETE", "PUT")
		path := t.name(names[i])
		if !u.has("Value") {
			if action != "DELETE" {
				return invalid(oneOrMore + "Only DELETE action is allowed when no attribute value is specified")
			}
			clauses["REMOVE"] = append(clauses["REMOVE"], path)
			continue
		}
		v, err := t.value(u.fields["Value"])
		if err != nil {
			return err
		}
		if action == "PUT" {
			clauses["SET"] = append(clauses["SET"], path+" = "+v)
			continue
		}
		clauses[action] = append(clauses[action], path+" "+v)
	}
	var parts []string
	for _, verb := range []string{"SET", "REMOVE", "ADD", "DELETE"} {
		if len(clauses[verb]) > 0 {
			parts = append(parts, verb+" "+strings.Join(clauses[verb], ", "))
		}
	}
	if len(parts) > 0 {
		t.fields["UpdateExpression"] = strings.Join(parts, " ")
	}
	return nil
}
