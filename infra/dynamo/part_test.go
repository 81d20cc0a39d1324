package dynamo

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// odd draws texts that are made to break keys.
func odd() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("#%ah2\x00日\U0010FFFF")), 0, 400, -1))
}

func TestPartIsSafeAndUnique(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := odd().Draw(t, "a"), odd().Draw(t, "b")
		p, q := part(a), part(b)
		if strings.Contains(p, "#") || len(p) > partMax || !utf8.ValidString(p) || p >= last {
			t.Fatalf("part of %q is %q", a, p)
		}
		if (p == q) != (a == b) {
			t.Fatalf("%q and %q become %q and %q", a, b, p, q)
		}
		if back, ok := whole(p); ok && back != a {
			t.Fatalf("%q comes back as %q", a, back)
		} else if !ok && a != "" && !strings.Contains(p, "%h") {
			t.Fatalf("%q does not come back from %q", a, p)
		}
	})
}

func TestPrefixPartIsAPrefix(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := odd().Draw(t, "a"), odd().Draw(t, "b")
		if !strings.HasPrefix(part(a+b), prefixPart(a)) {
			t.Fatalf("%q does not begin with %q", part(a+b), prefixPart(a))
		}
	})
}

func FuzzPart(f *testing.F) {
	for _, seed := range []string{"", "a", "#", "%", "%h", "%23", "\xff", "日", strings.Repeat("#", 200), strings.Repeat("é", 151)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := part(text)
		if strings.ContainsAny(p, "#\x00\n") || len(p) > partMax || !utf8.ValidString(p) {
			t.Fatalf("part of %q is %q", text, p)
		}
		if back, ok := whole(p); ok && back != text {
			t.Fatalf("%q comes back as %q", text, back)
		}
		_, _ = whole(text)
	})
}

func TestStampsSortLikeTimes(t *testing.T) {
	t.Parallel()
	times := []time.Time{
		time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), {}, time.Unix(0, 0), time.Unix(0, 1), time.Unix(1, 0),
		time.Date(2026, 3, 29, 1, 59, 59, 999_999_999, time.FixedZone("", 3600)), time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC),
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	stamps := make([]string, len(times))
	for i, at := range times {
		stamps[i] = stamp(at)
		if len(stamps[i]) != 30 {
			t.Errorf("stamp %q has %d bytes", stamps[i], len(stamps[i]))
		}
	}
	if !slices.IsSorted(stamps) {
		t.Errorf("stamps are not in order: %q", stamps)
	}
}

func TestKeysWithEmptyPartsAreRefused(t *testing.T) {
	t.Parallel()
	for _, k := range []key{{"w##a", "b"}, {"w#a#", "b"}, {"w#a", ""}, {"w#a", "b#"}, {"w#a", "#b"}, {"w#a", "b##c"}} {
		if k.valid() == nil {
			t.Errorf("%v is accepted", k)
		}
	}
	if err := (key{"w#a", "b#c"}).valid(); err != nil {
		t.Error(err)
	}
}
