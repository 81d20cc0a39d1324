package attr

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// drawValue is any value, nested a few levels deep.
func drawValue(t *rapid.T, depth int) Value {
	kinds := []Kind{S, N, B, BOOL, NULL, SS, NS, BS}
	if depth > 0 {
		kinds = append(kinds, L, M)
	}
	k := rapid.SampledFrom(kinds).Draw(t, "kind")
	switch k {
	case BOOL:
		return Value{Kind: k, Bool: rapid.Bool().Draw(t, "bool")}
	case NULL:
		return Value{Kind: k}
	case SS, NS, BS:
		members := make([]Value, rapid.IntRange(1, 3).Draw(t, "members"))
		for i := range members {
			members[i] = drawScalar(t, k.Element())
		}
		return set(k, members...)
	case L:
		v := Value{Kind: L}
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			v.List = append(v.List, drawValue(t, depth-1))
		}
		return v
	case M:
		return Value{Kind: M, Map: drawItem(t, depth-1)}
	}
	return drawScalar(t, k)
}

func drawScalar(t *rapid.T, k Kind) Value {
	switch k {
	case N:
		return Num(drawNumber(t, "number"))
	case B:
		return Bytes(rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "bytes"))
	}
	return String(rapid.String().Draw(t, "string"))
}

func drawItem(t *rapid.T, depth int) Item {
	it := Item{}
	for range rapid.IntRange(0, 4).Draw(t, "attributes") {
		it[rapid.StringN(1, 5, -1).Draw(t, "name")] = drawValue(t, depth)
	}
	return it
}

// What is answered straight from disk is what taking the item apart gives.
func TestStoredIsAnsweredAsTheItem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		it := drawItem(t, 3)
		row, err := Open(it.Encode())
		if err != nil {
			t.Fatal(err)
		}
		got, size, err := row.AppendJSON([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		if want := it.AppendJSON([]byte("before")); !bytes.Equal(got, want) || size != it.Size() {
			t.Errorf("got %s of %d bytes, want %s of %d", got, size, want, it.Size())
		}
	})
}

// Bytes that are no item are refused, whichever way they are read, and bytes
// that are read the same.
func FuzzStored(f *testing.F) {
	f.Add([]byte(Item{"a": String("x"), "b": set(NS, Num(FromInt(1))), "c": {Kind: L, List: []Value{{Kind: NULL}}}}.Encode()[checksum:]))
	f.Add([]byte{1, 1, 'a', byte(M), 0})
	f.Add([]byte{2, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		it, errItem := Stored(raw).Item()
		out, _, errJSON := Stored(raw).AppendJSON(nil)
		if errItem == nil && errJSON != nil {
			t.Fatalf("taken apart it is %s, copied it is refused", it.AppendJSON(nil))
		}
		if errJSON == nil && (len(out) < 2 || out[0] != '{' || out[len(out)-1] != '}') {
			t.Fatalf("answered %q", out)
		}
	})
}
