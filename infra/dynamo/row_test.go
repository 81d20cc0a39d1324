package dynamo

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/fault"
)

func TestPackedRecordsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		record := map[string]string{"a": rapid.String().Draw(t, "a"), "b": strings.Repeat(rapid.String().Draw(t, "b"), rapid.IntRange(0, 2000).Draw(t, "n"))}
		data, err := pack(record)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := unpack(data)
		want, _ := json.Marshal(record)
		if err != nil || !bytes.Equal(plain, want) {
			t.Fatalf("came back as %.80q, %v", plain, err)
		}
		if len(want) <= packAbove && data[0] == packed {
			t.Fatal("a small record was deflated")
		}
	})
}

func TestNewerRowsAreLeftAlone(t *testing.T) {
	t.Parallel()
	it, err := row{key: key{"w#a", "b"}, entity: "job", record: 1}.encode()
	if err != nil {
		t.Fatal(err)
	}
	it[attrSchema] = number(schema + 1)
	if _, err := decode[int](it); fault.Of(err) == nil || fault.Of(err).Code != "schema_newer" {
		t.Errorf("a row of a newer release: %v", err)
	}
	it[attrSchema], it[attrData] = number(schema), text("no bytes")
	if _, err := decode[int](it); !fault.Is(err, fault.Internal) {
		t.Errorf("a broken row: %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	long, err := pack(strings.Repeat("abc", 5000))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{nil, {}, {packed}, []byte("{}"), long, long[:40]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		plain, err := unpack(data)
		if err == nil && len(plain) > unpackMax {
			t.Fatalf("%d bytes", len(plain))
		}
	})
}

func FuzzCursor(f *testing.F) {
	l := list{name: "orders", space: "ws"}
	f.Add("")
	f.Add("AAAA")
	f.Add(l.cursor("2026-01-01T00:00:00.000000000Z#o1"))
	f.Fuzz(func(t *testing.T, cursor string) {
		at, err := l.position(cursor)
		if err != nil && (at != "" || !fault.Is(err, fault.Invalid)) {
			t.Fatalf("%q: %q, %v", cursor, at, err)
		}
		if err == nil && cursor != "" && l.cursor(at) != cursor {
			t.Fatalf("%q means %q, whose cursor is %q", cursor, at, l.cursor(at))
		}
	})
}
