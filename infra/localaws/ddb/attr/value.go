// Package attr holds DynamoDB attribute values: their exact numbers, their
// JSON on the wire, their bytes on disk, their size for billing and limits,
// and the key encoding that sorts the way DynamoDB sorts.
package attr

import (
	"maps"
	"slices"
	"strings"
)

// Kind is the data type of a value.
type Kind uint8

// The ten data types of DynamoDB.
const (
	S Kind = iota + 1
	N
	B
	BOOL
	NULL
	SS
	NS
	BS
	L
	M
)

// String is the type's name on the wire, for example "S".
func (k Kind) String() string {
	switch k {
	case S:
		return "S"
	case N:
		return "N"
	case B:
		return "B"
	case BOOL:
		return "BOOL"
	case NULL:
		return "NULL"
	case SS:
		return "SS"
	case NS:
		return "NS"
	case BS:
		return "BS"
	case L:
		return "L"
	case M:
		return "M"
	}
	return "?"
}

// Word is the type's name in the messages about ADD and DELETE, for example
// "STRING_SET".
func (k Kind) Word() string {
	words := [...]string{"?", "STRING", "NUMBER", "BINARY", "BOOLEAN", "NULL",
		"STRING_SET", "NUMBER_SET", "BINARY_SET", "LIST", "MAP"}
	if int(k) >= len(words) {
		return words[0]
	}
	return words[k]
}

// ParseKind turns a wire name into a Kind.
func ParseKind(name string) (Kind, bool) {
	for k := S; k <= M; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// IsSet says whether the type is one of the three sets.
func (k Kind) IsSet() bool { return k == SS || k == NS || k == BS }

// Element is the type of a set's members, zero for anything else.
func (k Kind) Element() Kind {
	switch k {
	case SS:
		return S
	case NS:
		return N
	case BS:
		return B
	}
	return 0
}

// Value is one attribute value. It is immutable once built: an update copies
// what it changes. The zero Value is no value at all.
type Value struct {
	// Kind says which of the other fields is meant.
	Kind Kind
	// Bool is the content of a BOOL.
	Bool bool
	// Text is the content of an S, and the raw bytes of a B.
	Text string
	// Num is the content of an N.
	Num Number
	// List holds the elements of an L, and the members of a set in the order
	// in which they came.
	List []Value
	// Map is the content of an M.
	Map map[string]Value
}

// Item is a set of attributes by name.
type Item map[string]Value

// String makes an S.
func String(s string) Value { return Value{Kind: S, Text: s} }

// Bytes makes a B of raw bytes.
func Bytes(b []byte) Value { return Value{Kind: B, Text: string(b)} }

// Num makes an N.
func Num(n Number) Value { return Value{Kind: N, Num: n} }

// Equal says whether two values have the same type and content. Sets are
// compared without regard to order.
func (v Value) Equal(w Value) bool {
	if v.Kind != w.Kind {
		return false
	}
	switch v.Kind {
	case S, B:
		return v.Text == w.Text
	case N:
		return v.Num == w.Num
	case BOOL:
		return v.Bool == w.Bool
	case SS, NS, BS:
		return equalSets(v.List, w.List)
	case L:
		return slices.EqualFunc(v.List, w.List, Value.Equal)
	case M:
		return maps.EqualFunc(v.Map, w.Map, Value.Equal)
	}
	return true
}

// Equal says whether two items have the same attributes.
func (it Item) Equal(other Item) bool { return maps.EqualFunc(it, other, Value.Equal) }

func equalSets(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	members := make(map[string]struct{}, len(a))
	for _, v := range a {
		members[v.member()] = struct{}{}
	}
	for _, v := range b {
		if _, ok := members[v.member()]; !ok {
			return false
		}
	}
	return true
}

// member identifies a value among the members of one set.
func (v Value) member() string {
	if v.Kind == N {
		return v.Num.String()
	}
	return v.Text
}

// Compare orders two values of type S, N or B; ok is false when the types
// differ or have no order. Strings are ordered by their UTF-8 bytes.
func Compare(a, b Value) (order int, ok bool) {
	if a.Kind != b.Kind {
		return 0, false
	}
	switch a.Kind {
	case S, B:
		return strings.Compare(a.Text, b.Text), true
	case N:
		return a.Num.Compare(b.Num), true
	}
	return 0, false
}

// Has says whether a set contains a member.
func (v Value) Has(m Value) bool {
	return v.Kind.Element() == m.Kind && slices.ContainsFunc(v.List, m.Equal)
}

// Union is a set with the members of another one added; both have one type.
func (v Value) Union(w Value) Value {
	seen := make(map[string]struct{}, len(v.List))
	for _, m := range v.List {
		seen[m.member()] = struct{}{}
	}
	out := slices.Clone(v.List)
	for _, m := range w.List {
		if _, ok := seen[m.member()]; !ok {
			out = append(out, m)
		}
	}
	return Value{Kind: v.Kind, List: out}
}

// Minus is a set without the members of another one; both have one type. The
// result may be empty, which is not a valid attribute: the caller removes it.
func (v Value) Minus(w Value) Value {
	drop := make(map[string]struct{}, len(w.List))
	for _, m := range w.List {
		drop[m.member()] = struct{}{}
	}
	out := make([]Value, 0, len(v.List))
	for _, m := range v.List {
		if _, ok := drop[m.member()]; !ok {
			out = append(out, m)
		}
	}
	return Value{Kind: v.Kind, List: out}
}
