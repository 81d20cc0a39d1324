package httpapi

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/fault"
)

func TestCursorsBelongToTheirList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		scope, other := rapid.String().Draw(t, "scope"), rapid.String().Draw(t, "other")
		inner := rapid.StringN(1, 200, -1).Draw(t, "inner")
		sealed := sealCursor(scope, inner)
		if got, err := openCursor(scope, sealed); err != nil || got != inner {
			t.Fatalf("open(seal(%q)) is %q, %v", inner, got, err)
		}
		if _, err := openCursor(other, sealed); other != scope && !fault.Is(err, fault.Invalid) {
			t.Fatalf("a cursor of %q opens in %q: %v", scope, other, err)
		}
	})
}

func TestTheEndHasNoCursor(t *testing.T) {
	t.Parallel()
	if got := sealCursor("list", ""); got != "" {
		t.Errorf("the end of a list is %q, want nothing", got)
	}
	if got, err := openCursor("list", ""); got != "" || err != nil {
		t.Errorf("the beginning is %q, %v", got, err)
	}
}

func FuzzOpenCursor(f *testing.F) {
	f.Add("list", sealCursor("list", "abc"))
	f.Add("list", "")
	f.Add("list", "AAAA")
	f.Add("list", "====")
	f.Fuzz(func(t *testing.T, scope, cursor string) {
		inner, err := openCursor(scope, cursor)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v, want Invalid", cursor, err)
			}
			return
		}
		if again := sealCursor(scope, inner); again != cursor {
			t.Errorf("%q opens but is sealed as %q", cursor, again)
		}
	})
}
