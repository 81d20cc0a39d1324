package attr

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func drawKey(t *rapid.T, label string) Value {
	switch rapid.SampledFrom([]Kind{S, N, B}).Draw(t, label+" kind") {
	case N:
		return Num(drawNumber(t, label))
	case B:
		return Bytes(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0x7f, 0xfe, 0xff}), 0, 6).Draw(t, label))
	}
	return String(rapid.StringOfN(rapid.SampledFrom([]rune{0, 1, 'a', 'b', 'é', '\uffff', '\U0001f600'}), 0, 6, -1).Draw(t, label))
}

func TestKeyBytesSortLikeValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawKey(t, "a"), drawKey(t, "b")
		order, ok := Compare(a, b)
		if !ok {
			return
		}
		// What follows must not matter, since keys stand one behind the other.
		ka := append(AppendKey(nil, a), rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "tail a")...)
		kb := append(AppendKey(nil, b), rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "tail b")...)
		if order != 0 && bytes.Compare(ka, kb) != order {
			t.Fatalf("%s and %s sort wrongly: %x %x", a.AppendJSON(nil), b.AppendJSON(nil), ka, kb)
		}
	})
}

func TestKeyPrefixCoversExactlyWhatBeginsWithIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawKey(t, "a"), drawKey(t, "b")
		if a.Kind != b.Kind || a.Kind == N {
			return
		}
		want := len(a.Text) >= len(b.Text) && a.Text[:len(b.Text)] == b.Text
		if got := bytes.HasPrefix(AppendKey(nil, a), AppendKeyPrefix(nil, b)); got != want {
			t.Fatalf("%q begins with %q: %v", a.Text, b.Text, got)
		}
	})
}

func TestKeyOfOtherTypePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a map cannot be a key")
		}
	}()
	AppendKey(nil, Value{Kind: M})
}
