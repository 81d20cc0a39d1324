package attr

import "testing"

func number(t testing.TB, text string) Number {
	t.Helper()
	n, err := ParseNumber(text)
	if err != nil {
		t.Fatalf("ParseNumber(%q): %v", text, err)
	}
	return n
}

func set(k Kind, members ...Value) Value { return Value{Kind: k, List: members} }

func TestSetsCompareWithoutOrder(t *testing.T) {
	t.Parallel()
	a := set(NS, Num(number(t, "1")), Num(number(t, "2.0")))
	b := set(NS, Num(number(t, "2")), Num(number(t, "1e0")))
	if !a.Equal(b) {
		t.Errorf("%s and %s should be equal", a.AppendJSON(nil), b.AppendJSON(nil))
	}
	if a.Equal(set(NS, Num(number(t, "1")))) {
		t.Error("a subset is not equal")
	}
	if a.Equal(set(SS, String("1"), String("2"))) {
		t.Error("a set of another type is not equal")
	}
}

func TestUnionAndMinus(t *testing.T) {
	t.Parallel()
	a, b := set(SS, String("x"), String("y")), set(SS, String("y"), String("z"))
	if got, want := a.Union(b), set(SS, String("x"), String("y"), String("z")); !got.Equal(want) {
		t.Errorf("union is %s", got.AppendJSON(nil))
	}
	if got, want := a.Minus(b), set(SS, String("x")); !got.Equal(want) {
		t.Errorf("difference is %s", got.AppendJSON(nil))
	}
	if !a.Has(String("y")) || a.Has(String("z")) || a.Has(Bytes([]byte("y"))) {
		t.Error("membership is wrong")
	}
}

func TestCompareNeedsOneOrderedType(t *testing.T) {
	t.Parallel()
	if _, ok := Compare(String("1"), Num(number(t, "1"))); ok {
		t.Error("a string and a number have no order")
	}
	if _, ok := Compare(Value{Kind: BOOL}, Value{Kind: BOOL}); ok {
		t.Error("booleans have no order")
	}
	if order, ok := Compare(String("\U00010000"), String("\uffff")); !ok || order <= 0 {
		t.Error("strings are ordered by UTF-8 bytes, not by UTF-16 units")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		v    Value
		want int
	}{
		{"string counts bytes", String("é"), 2},
		{"zero", Num(Number{}), 1},
		{"five digits", Num(number(t, "11111e100")), 4},
		{"seven digits", Num(number(t, "1111111")), 5},
		{"38 digits", Num(number(t, "11111111111111111111111111111111111111")), 20},
		{"negative", Num(number(t, "-11")), 3},
		{"bool", Value{Kind: BOOL}, 1},
		{"null", Value{Kind: NULL}, 1},
		{"set", set(SS, String("ab"), String("c")), 3},
		{"empty list", Value{Kind: L}, 3},
		{"list", Value{Kind: L, List: []Value{String("ab")}}, 6},
		{"map", Value{Kind: M, Map: map[string]Value{"k": String("ab")}}, 7},
	}
	for _, c := range cases {
		if got := c.v.Size(); got != c.want {
			t.Errorf("%s: size %d, want %d", c.name, got, c.want)
		}
	}
	if got := (Item{"name": String("abc")}).Size(); got != 7 {
		t.Errorf("item size %d, want 7", got)
	}
}

func TestKindNames(t *testing.T) {
	t.Parallel()
	for k := S; k <= M; k++ {
		if got, ok := ParseKind(k.String()); !ok || got != k {
			t.Errorf("ParseKind(%s) = %v, %v", k, got, ok)
		}
	}
	if _, ok := ParseKind("X"); ok {
		t.Error("X is no type")
	}
}
