package attr

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func parse(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestDecodeAndEncode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"S":""}`, `{"S":"a\u0001\"\\é"}`, `{"N":"-56.789"}`, `{"B":"Yg=="}`, `{"B":""}`, `{"BOOL":false}`, `{"NULL":true}`,
		`{"SS":["a",""]}`, `{"NS":["1","2"]}`, `{"BS":["Yg==",""]}`, `{"L":[]}`, `{"M":{}}`,
		`{"L":[{"S":"a"},{"L":[{"N":"1"}]}]}`, `{"M":{"a":{"M":{"b":{"SS":["x"]}}},"z":{"NULL":true}}}`,
	} {
		v, err := Decode(parse(t, text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(v.AppendJSON(nil)); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{`{}`, "AttributeValue is empty"}, {`{"a":""}`, "AttributeValue is empty"}, {`{"s":"lower case"}`, "AttributeValue is empty"},
		{`{"S":null}`, "AttributeValue is empty"}, {`{"M":{"a":{}}}`, "AttributeValue is empty"}, {`{"L":[{}]}`, "AttributeValue is empty"},
		{`{"S":"a","N":"1"}`, "more than one datatypes"}, {`{"S":"","N":""}`, "cannot be converted to a numeric value"},
		{`{"NULL":false}`, "Null attribute value types must have the value of true"},
		{`{"SS":[]}`, "An string set  may not be empty"}, {`{"NS":[]}`, "An number set  may not be empty"}, {`{"BS":[]}`, "Binary sets should not be empty"},
		{`{"SS":["a","a"]}`, "Input collection [a, a] contains duplicates."}, {`{"NS":["1","1.0"]}`, "Input collection contains duplicates"},
		{`{"BS":["Yg==","Yg=="]}`, "Input collection [Yg==, Yg==]of type BS contains duplicates."},
	}
	for _, c := range cases {
		_, err := Decode(parse(t, c.in))
		var invalid Invalid
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.in, err, c.want)
		}
	}
	for _, in := range []string{`1`, `"a"`, `[]`, `{"S":1}`, `{"N":1}`, `{"BOOL":"true"}`, `{"NULL":1}`, `{"B":"?"}`,
		`{"L":{}}`, `{"M":[]}`, `{"SS":"a"}`, `{"SS":[1]}`} {
		_, err := Decode(parse(t, in))
		var malformed Malformed
		if !errors.As(err, &malformed) {
			t.Errorf("%s: %v, want a serialization error", in, err)
		}
	}
}

func TestItemsDeeperThanTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	nest := func(n int) string {
		return `{"a":` + strings.Repeat(`{"L":[`, n) + `{"S":"x"}` + strings.Repeat(`]}`, n) + `}`
	}
	if _, err := DecodeItem(parse(t, nest(MaxDepth-1))); err != nil {
		t.Error(err)
	}
	if _, err := DecodeItem(parse(t, nest(MaxDepth))); err == nil {
		t.Error("32 levels below the item should be refused")
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":{"S":"x"}}`, `{"a":{"NS":["1","2"]},"b":{"M":{"c":{"B":"Yg=="}}}}`, `{"a":{"L":[{"NULL":true}]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var raw any
		if d.Decode(&raw) != nil {
			return
		}
		it, err := DecodeItem(raw)
		if err != nil {
			return
		}
		stored, err := DecodeStored(it.Encode())
		if err != nil || !stored.Equal(it) {
			t.Fatalf("%s: stored as %v, %v", body, stored, err)
		}
		again, err := DecodeItem(parse(t, string(it.AppendJSON(nil))))
		if err != nil || !again.Equal(it) {
			t.Fatalf("%s: sent as %s, %v", body, it.AppendJSON(nil), err)
		}
	})
}

func FuzzDecodeStored(f *testing.F) {
	f.Add(Item{"a": String("x"), "b": set(NS, Num(FromInt(1)))}.Encode()[checksum:])
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, stored []byte) {
		it, err := decode(stored) // behind the checksum, which few mutations would pass
		if err != nil {
			return
		}
		if again, err := DecodeStored(it.Encode()); err != nil || !again.Equal(it) {
			t.Fatalf("%x does not survive: %v", stored, err)
		}
	})
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	whole := Item{"a": String("x"), "b": set(NS, Num(FromInt(1)))}.Encode()
	for i := range 8 * len(whole) {
		bad := bytes.Clone(whole)
		bad[i/8] ^= 1 << (i % 8)
		if it, err := DecodeStored(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("bit %d: %v, %v", i, it, err)
		}
	}
}

func TestStringsSurviveTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		var got string
		if err := json.Unmarshal(AppendString(nil, want), &got); err != nil || got != want {
			t.Fatalf("%q came back as %q, %v", want, got, err)
		}
	})
	for c := range 0x80 {
		want := "a" + string(rune(c)) + "b"
		var got string
		if err := json.Unmarshal(AppendString(nil, want), &got); err != nil || got != want {
			t.Errorf("%q came back as %q, %v", want, got, err)
		}
	}
}
