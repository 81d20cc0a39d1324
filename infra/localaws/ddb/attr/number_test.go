package attr

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseNumber(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{"0", "0"}, {"-0", "0"}, {"0e1000", "0"}, {"0.00", "0"}, {"+3", "3"}, {".123", "0.123"},
		{"5.", "5"}, {"0001.23", "1.23"}, {"1e+5", "100000"}, {"-17.4E3", "-17400"},
		{"0000012345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
		{"-00001.23456789012345678901234567890123456780000", "-1.2345678901234567890123456789012345678"},
		{"0009.99999999999999999999999999999999999990000e125", strings.Repeat("9", 38) + strings.Repeat("0", 88)},
		{"0001.000e-130", "0." + strings.Repeat("0", 129) + "1"},
	}
	for _, c := range cases {
		if got := number(t, c.in).String(); got != c.want {
			t.Errorf("%s became %s, want %s", c.in, got, c.want)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in   string
		want string
	}{
		{"", "cannot be converted to a numeric value"}, {"b", "numeric value: b"}, {" 1", "numeric"},
		{"1 ", "numeric"}, {"NaN", "numeric"}, {"Infinity", "numeric"}, {"1e", "numeric"}, {"1e+-2", "numeric"},
		{"--1", "numeric"}, {".", "numeric"}, {"1.2.3", "numeric"}, {"0x10", "numeric"}, {"1_0", "numeric"},
		{"1e126", "overflow"}, {"-1e126", "overflow"}, {"11e125", "overflow"}, {"1e99999999999999999999", "overflow"},
		{"1e-131", "underflow"}, {"0.9e-130", "underflow"}, {"1e-99999999999999999999", "underflow"},
		{"123456789012345678901234567890123456789", "38 significant digits"},
	}
	for _, c := range cases {
		_, err := ParseNumber(c.in)
		var invalid Invalid
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseNumber(%q) = %v, want %q", c.in, err, c.want)
		}
	}
}

func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	sum, err := number(t, "10000000000000000000000").Add(number(t, "1"))
	if err != nil || sum.String() != "10000000000000000000001" {
		t.Errorf("sum = %s, %v", sum, err)
	}
	zero, err := number(t, "0.1").Sub(number(t, "1e-1"))
	if err != nil || zero != (Number{}) {
		t.Errorf("difference = %s, %v", zero, err)
	}
	for _, pair := range [][2]string{{"9e125", "9e125"}, {"1e50", "1"}} {
		if _, err := number(t, pair[0]).Add(number(t, pair[1])); !errors.Is(err, ErrOverflow) {
			t.Errorf("%s + %s: %v, want overflow", pair[0], pair[1], err)
		}
	}
}

// drawNumber makes numbers over the whole range, with many close to each other.
func drawNumber(t *rapid.T, label string) Number {
	digits := rapid.StringMatching(`[1-9][0-9]{0,9}`).Draw(t, label)
	exponent := rapid.SampledFrom([]string{"e0", "e-3", "e1", "e100", "e-120"}).Draw(t, label+" exponent")
	sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, label+" sign")
	n, err := ParseNumber(sign + digits + exponent)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNumbersAgreeWithRationals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t, "a"), drawNumber(t, "b")
		ra, _ := new(big.Rat).SetString(a.String())
		rb, _ := new(big.Rat).SetString(b.String())
		if got, want := a.Compare(b), ra.Cmp(rb); got != want {
			t.Fatalf("%s against %s is %d, want %d", a, b, got, want)
		}
		sum, err := a.Add(b)
		if err != nil {
			return
		}
		want := new(big.Rat).Add(ra, rb)
		if got, _ := new(big.Rat).SetString(sum.String()); got.Cmp(want) != 0 {
			t.Fatalf("%s + %s = %s", a, b, sum)
		}
	})
}

func TestInt64(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"0": 0, "1764000000": 1764000000, "-9223372036854775808": -1 << 63, "1e3": 1000} {
		if got, ok := number(t, text).Int64(); !ok || got != want {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"1.5", "9223372036854775808", "1e100", "0.1"} {
		if _, ok := number(t, text).Int64(); ok {
			t.Errorf("%s is no int64", text)
		}
	}
	if FromInt(-120).String() != "-120" {
		t.Error("FromInt is wrong")
	}
}
