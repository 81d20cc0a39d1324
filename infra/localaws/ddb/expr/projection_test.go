package expr

import (
	"strings"
	"testing"
)

func TestProjections(t *testing.T) {
	t.Parallel()
	cases := []struct{ source, want string }{
		{"s", `{"s":{"S":"hello"}}`}, {"s, zz, n", `{"s":{"S":"hello"},"n":{"N":"5"}}`}, {"zz", `{}`}, {"#m.#k", `{"m":{"M":{"k":{"S":"v"}}}}`},
		{"m.k, m.n", `{"m":{"M":{"k":{"S":"v"},"n":{"N":"7"}}}}`}, {"l[2], l[0]", `{"l":{"L":[{"N":"1"},{"M":{"deep":{"N":"3"}}}]}}`},
		{"l[2].deep", `{"l":{"L":[{"M":{"deep":{"N":"3"}}}]}}`}, {"l[9], m.zz, s.k", `{}`}, {"m.l[0]", `{"m":{"M":{"l":{"L":[{"S":"a"}]}}}}`},
	}
	for _, c := range cases {
		p, err := ParseProjection(c.source, env(t, "#m=m #k=k", ""))
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		if got := p.Apply(parse(t, someItem)); !got.Equal(parse(t, c.want)) {
			t.Errorf("%s: %s, want %s", c.source, got.AppendJSON(nil), c.want)
		}
	}
}

func TestProjectionsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ source, want string }{
		{"", "can not be empty"}, {"a,", "Syntax error"}, {"a b", "Syntax error"}, {":v", "Syntax error"}, {"nosuch(a)", "Syntax error"},
		{"a, a", "overlap"}, {"a.b, a", "overlap"}, {"a.b, a[0]", "conflict"}, {"name", "reserved keyword: name"}, {"#zz", "attribute name: #zz"},
	}
	for _, c := range cases {
		if _, err := ParseProjection(c.source, env(t, "", "")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.source, err, c.want)
		}
	}
}

func TestKeyConditions(t *testing.T) {
	t.Parallel()
	cases := []struct {
		source string
		want   string
	}{
		{"p = :s", "p ="}, {":s = p", "p ="}, {"p = :s AND n > :one", "p =;n >"}, {":one > n AND p = :s", "n <;p ="}, {":one <= n", "n >="}, {":one >= n", "n <="}, {":one < n", "n >"},
		{"p = :s and n between :one and :nine", "p =;n BETWEEN"}, {"(p = :s) AND (begins_with(q, :he))", "p =;q begins_with"}, {"#p = :s", "p ="},
	}
	for _, c := range cases {
		terms, err := ParseKeyCondition(c.source, env(t, "#p=p", someValues))
		var got []string
		for _, term := range terms {
			got = append(got, term.Name+" "+term.Op)
		}
		if err != nil || strings.Join(got, ";") != c.want {
			t.Errorf("%s: %v, %v", c.source, got, err)
		}
	}
	refused := []struct{ source, want string }{
		{"a > b and size(b) > c or a > c", "Invalid operator used in KeyConditionExpression: OR"}, {"a in (b, size(c), d)", "KeyConditionExpression: IN"},
		{"attribute_exists(a)", "KeyConditionExpression: attribute_exists"}, {"contains(a.d, b)", "KeyConditionExpression: contains"}, {"not a > b", "KeyConditionExpression: NOT"}, {"a <> b", "KeyConditionExpression: <>"},
		{":s between size(b) and b", "BETWEEN operator must have the key attribute as its first operand"}, {"size(b) > :one", "KeyConditionExpressions cannot contain nested operations"}, {"a > size(b.d)", "nested operations"},
		{"begins_with(:s, b)", "begins_with operator must have the key attribute as its first operand"}, {":one BETWEEN b AND :nine", "BETWEEN operator must have the key attribute as its first operand"},
		{"b > a.b", "Multiple attribute names used in one condition"}, {"begins_with(a, b)", "Multiple attribute names"}, {"a.d > :s", "cannot have conditions on nested attributes"}, {"b[0] > :s", "nested attributes"},
		{":s > :one", "No key attribute specified"}, {"b > :s AND b < :s", "must only contain one condition per key"}, {"a > 4", "Invalid KeyConditionExpression: Syntax error"},
	}
	for _, c := range refused {
		if _, err := ParseKeyCondition(c.source, env(t, "", someValues)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.source, err, c.want)
		}
	}
}
