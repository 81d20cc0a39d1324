package expr

import (
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	holds := []string{
		"s = :s", "n = :five", ":five = n", "n <> :one", "n > :one", "n >= :five", "n < :nine", "n <= :five", "neg < :one",
		"n BETWEEN :one AND :nine", "n between :five and :five", "s IN (:x, :s)", "ss = :ss", "t = :t",
		"attribute_exists(s)", "attribute_exists(m.k)", "attribute_exists(l[2].deep)", "attribute_not_exists(m.z)",
		"attribute_not_exists(l[3])", "attribute_not_exists(s.k)", "attribute_not_exists(zz[0])",
		"attribute_type(s, :S)", "attribute_type(l, :L)", "begins_with(s, :he)", "begins_with(b, :b)", "contains(s, :lo)",
		"contains(ss, :x)", "contains(ns, :one)", "contains(l, :one)", "size(s) = :five", "size(ss) = :two", "size(b) = :three",
		"size(l) = :three", "size(m) = :three", ":three = size(m)", "size(e) < :one",
		"NOT s = :x", "not (s = :x or s = :he)", "s = :s AND n = :five OR s = :x", "s = :x OR s = :s AND n = :five",
		"(s = :x OR s = :s) AND n = :five", "NOT s = :x AND n = :five", "zz <> :s", "s <> :five", "zz <> yy",
		"m.k = :v", "#m.#k = :v", "l[2].deep = :three", "m.l[0] <> :v", "l[0] = :one", "(s) = (:s)", "( ( s = :s ) and n = :five )",
		"n > neg", "m.n > n", "s = :s and (n = :five) and (t = :t)",
	}
	fails := []string{
		"s = :x", "s = :five", "n < :five", "zz = :s", "zz < :five", "zz > :five", "s < :five", "zz = yy", "zz BETWEEN :one AND :nine",
		"s BETWEEN :one AND :nine", "zz IN (:x)", "begins_with(n, :he)", "begins_with(s, :lo)", "contains(s, :one)", "contains(n, :one)",
		"contains(m, :v)", "attribute_type(zz, :S)", "size(n) = :one", "size(t) = :one", "size(zz) = :one", "NOT s = :s",
		"s = :s AND n = :one", "attribute_exists(zz)", "attribute_exists(n[0])", "contains(ss, :s)", "contains(ns, :x)",
	}
	it := parse(t, someItem)
	check := func(source string, want bool) {
		t.Helper()
		c, err := ParseCondition("ConditionExpression", source, env(t, "#m=m #k=k", someValues))
		if err != nil {
			t.Errorf("%s: %v", source, err)
			return
		}
		if got := c.Match(it); got != want {
			t.Errorf("%s is %v", source, got)
		}
	}
	for _, source := range holds {
		check(source, true)
	}
	for _, source := range fails {
		check(source, false)
	}
}

func TestConditionsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ source, want string }{
		{"", "The expression can not be empty;"},
		{"things are not gonna be ok", `Syntax error; token: "are", near: "things are not"`},
		{"a > 4", `Syntax error; token: "4", near: "> 4"`}, {"a", "Syntax error"}, {"a =", "Syntax error"}, {"= a", "Syntax error"},
		{"a = :s b", "Syntax error"}, {"(a = :s", "Syntax error"}, {"a = :s)", "Syntax error"}, {"a.=:s", "Syntax error"},
		{"a[b] = :s", "Syntax error"}, {"a[1 = :s", "Syntax error"}, {"a BETWEEN :s OR :s", "Syntax error"}, {"a IN :s", "Syntax error"},
		{"a IN ()", "Syntax error"}, {"_a = :s", "Syntax error"}, {"1a = :s", "Syntax error"}, {"# = :s", "Syntax error"}, {"a = :", "Syntax error"},
		{"a-b = :s", "Syntax error"}, {"a ! :s", "Syntax error"}, {"a = :s AND b", "Syntax error"}, {"NOT a", "Syntax error"},
		{"(a = :s) = (b = :s)", "Syntax error"}, {"a = b = c", "Syntax error"}, {"a AND b", "Syntax error"}, {"a = NOT", "Syntax error"},
		{"a = :s OR", "Syntax error"}, {"contains(a, :s", "Syntax error"}, {"size(a = :s) > :one", "Syntax error"},
		{"((a = :s))", "The expression has redundant parentheses;"}, {"(((a))) = :s", "The expression has redundant parentheses;"},
		{"a = :s AND status = :s", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"abort = :s", "reserved keyword: abort"}, {"a.Zone = :s", "reserved keyword: Zone"},
		{"nope(a)", "Invalid function name; function: nope"}, {"Size(a) = :one", "Invalid function name; function: Size"},
		{"if_not_exists(a, :s) = :s", "Invalid function name; function: if_not_exists"},
		{"size(a)", "The function is not allowed to be used this way in an expression; function: size"},
		{"attribute_exists(a) = :t", "not allowed to be used this way in an expression; function: attribute_exists"},
		{"size(contains(a, :s)) = :one", "function: contains"},
		{"#zz = :s", "An expression attribute name used in the document path is not defined; attribute name: #zz"},
		{"a = :zz", "An expression attribute value used in expression is not defined; attribute value: :zz"},
		{"attribute_exists(a, b)", "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"},
		{"contains(a)", "operator or function: contains, number of operands: 1"},
		{"attribute_exists(:s)", "Operator or function requires a document path; operator or function: attribute_exists"},
		{"a = a", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
		{"contains(a.b[1], a.b[1])", "operator: contains, first operand: [a, b, [1]]"},
		{"begins_with(a, :one)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"attribute_type(a, b)", "operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
		{"attribute_type(a, :one)", "operator or function: attribute_type, operand type: N"},
		{"attribute_type(a, :s)", "Invalid attribute type name found; type: hello, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
		{"size(:one) = :one", "operator or function: size, operand type: N"}, {"a < :t", "operator or function: <, operand type: BOOL"},
		{"a BETWEEN :t AND :t", "operator or function: BETWEEN, operand type: BOOL"},
		{"a BETWEEN :one AND :s", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:hello}"},
		{"a BETWEEN :nine AND :one", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"},
		{"a" + strings.Repeat(".b", 40) + " = :s", "too many nesting elements"},
		{"a = :s" + strings.Repeat(" OR a = :s", 200), "too many operators"},
		{"a IN (" + strings.Repeat(":s,", 100) + ":s)", "Too many operands"},
		{strings.Repeat("(", 1000), "Syntax error"}, {strings.Repeat("NOT ", 1000) + "a = :s", "Syntax error"},
		{strings.Repeat("a", 5000), "Expression size has exceeded the maximum allowed size"},
	}
	for _, c := range cases {
		_, err := ParseCondition("FilterExpression", c.source, env(t, "", someValues))
		if err == nil || !strings.HasPrefix(err.Error(), "Invalid FilterExpression: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: %v\nwant %s", c.source, err, c.want)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	refused := []struct {
		names  map[string]string
		values string
		want   string
	}{
		{map[string]string{}, "", "ExpressionAttributeNames must not be empty"},
		{nil, `{}`, "ExpressionAttributeValues must not be empty"},
		{map[string]string{"a": "a"}, "", `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`},
		{map[string]string{"#": "a"}, "", `key: "#"`}, {map[string]string{"#a-b": "a"}, "", `key: "#a-b"`},
		{nil, `{"b":{"S":"x"}}`, `ExpressionAttributeValues contains invalid key: Syntax error; key: "b"`},
	}
	for _, c := range refused {
		if _, err := NewEnv(c.names, parse(t, c.values)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %s: %v", c.names, c.values, err)
		}
	}
	e := env(t, "#a=a #b=b #c=c", `{":x":{"S":"x"},":y":{"S":"y"}}`)
	if _, err := ParseCondition("ConditionExpression", "#a = :x", e); err != nil {
		t.Fatal(err)
	}
	if err := e.Unused(); err == nil || err.Error() != "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}" {
		t.Errorf("got %v", err)
	}
	e = env(t, "", `{":x":{"S":"x"},":y":{"S":"y"}}`)
	if _, err := ParseCondition("ConditionExpression", "a = :x", e); err != nil {
		t.Fatal(err)
	}
	if err := e.Unused(); err == nil || err.Error() != "Value provided in ExpressionAttributeValues unused in expressions: keys: {:y}" {
		t.Errorf("got %v", err)
	}
}

func TestReservedWords(t *testing.T) {
	t.Parallel()
	words := strings.Fields(reserved)
	if len(words) != 573 {
		t.Errorf("%d words, want the 573 of the developer guide", len(words))
	}
	for _, w := range words {
		if !isReserved(strings.ToLower(w)) {
			t.Errorf("%s should be reserved", w)
		}
	}
	for _, w := range []string{"sku", "ABSOLUT", "", "customer"} {
		if isReserved(w) {
			t.Errorf("%q should not be reserved", w)
		}
	}
}

func FuzzExpressions(f *testing.F) {
	for _, seed := range []string{"a = :s AND contains(l, :one)", "SET a = a + :one REMOVE m.k", "ADD n :one", "p = :s AND begins_with(s, :he)",
		"NOT (a BETWEEN :one AND :nine)", "m.l[0], #m", "DELETE ss :ss", "SET l[9] = list_append(l, :l), b = if_not_exists(b, :s)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		it := parse(t, someItem)
		names := "#m=m #k=k"
		if c, err := ParseCondition("FilterExpression", source, env(t, names, someValues)); err == nil {
			c.Match(it)
			c.Names()
		}
		_, _ = ParseKeyCondition(source, env(t, names, someValues))
		if p, err := ParseProjection(source, env(t, names, someValues)); err == nil {
			p.Apply(it)
		}
		u, err := ParseUpdate(source, env(t, names, someValues))
		if err != nil {
			return
		}
		before := parse(t, someItem)
		if after, err := u.Apply(it); err == nil {
			u.Touched(after)
		}
		if !it.Equal(before) {
			t.Fatalf("%q changed the item that it was applied to", source)
		}
	})
}
