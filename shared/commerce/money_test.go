package commerce_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/commerce"
)

func usd(n int64) commerce.Money { return commerce.Money{Amount: n, Currency: "USD"} }

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, currency string
		want           int64
		err            error
	}{
		{"12.5", "USD", 1250, nil}, {"12.50", "USD", 1250, nil}, {"12.500", "USD", 1250, nil}, {"12", "USD", 1200, nil}, {"0.05", "USD", 5, nil},
		{"-0.05", "USD", -5, nil}, {"-0", "USD", 0, nil}, {"007", "USD", 700, nil},
		{"1200", "JPY", 1200, nil}, {"1200.0", "JPY", 1200, nil}, {"1200.5", "JPY", 0, commerce.ErrAmount},
		{"1.234", "KWD", 1234, nil}, {"1.2345", "KWD", 0, commerce.ErrAmount}, {"12.505", "USD", 0, commerce.ErrAmount},
		{"92233720368547758.07", "USD", math.MaxInt64, nil}, {"-92233720368547758.08", "USD", math.MinInt64, nil}, {"92233720368547758.08", "USD", 0, commerce.ErrAmount},
		{"", "USD", 0, commerce.ErrAmount}, {".5", "USD", 0, commerce.ErrAmount}, {"5.", "USD", 0, commerce.ErrAmount}, {"-", "USD", 0, commerce.ErrAmount},
		{"--5", "USD", 0, commerce.ErrAmount}, {"+5", "USD", 0, commerce.ErrAmount}, {"1,5", "USD", 0, commerce.ErrAmount}, {"1e3", "USD", 0, commerce.ErrAmount},
		{" 5", "USD", 0, commerce.ErrAmount}, {"١٢", "USD", 0, commerce.ErrAmount}, {"1.2.3", "USD", 0, commerce.ErrAmount},
		{"5", "usd", 0, commerce.ErrCurrency}, {"5", "", 0, commerce.ErrCurrency}, {"5", "D E", 0, commerce.ErrCurrency}, {"5", "XXX", 0, commerce.ErrCurrency},
	} {
		got, err := commerce.ParseMoney(c.text, c.currency)
		if !errors.Is(err, c.err) || got.Amount != c.want {
			t.Errorf("%q %s = %v, %v; want %d, %v", c.text, c.currency, got, err, c.want, c.err)
		}
	}
}

func currencies() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"USD", "EUR", "JPY", "KRW", "KWD", "TND", "XCG"})
}

// What is printed is read back as the same amount.
func TestMoneyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := commerce.Money{Amount: rapid.Int64().Draw(t, "amount"), Currency: currencies().Draw(t, "currency")}
		got, err := commerce.ParseMoney(m.Decimal(), m.Currency)
		if err != nil || got != m {
			t.Fatalf("%#v printed %s and read %#v, %v", m, m.Decimal(), got, err)
		}
	})
}

// Sums and products are exact or refused, never wrapped around.
func TestMoneyArithmetic(t *testing.T) {
	t.Parallel()
	edge := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, -1, 0, 1}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := edge.Draw(t, "a"), edge.Draw(t, "b")
		exact(t, "sum", new(big.Int).Add(big.NewInt(a), big.NewInt(b)), usd(a), usd(b), commerce.Money.Add)
		exact(t, "product", new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), usd(a), b, commerce.Money.Times)
	})
}

func exact[B any](t *rapid.T, what string, want *big.Int, a commerce.Money, b B, do func(commerce.Money, B) (commerce.Money, error)) {
	got, err := do(a, b)
	if want.IsInt64() && (err != nil || got != usd(want.Int64())) {
		t.Fatalf("%s of %v and %v is %v, %v; want %s", what, a, b, got, err, want)
	}
	if !want.IsInt64() && !errors.Is(err, commerce.ErrAmount) {
		t.Fatalf("%s of %v and %v is %v, %v; it is too large", what, a, b, got, err)
	}
}

func TestMoneyKeepsCurrenciesApart(t *testing.T) {
	t.Parallel()
	if _, err := usd(1).Add(commerce.Money{Amount: 1, Currency: "EUR"}); !errors.Is(err, commerce.ErrMixedCurrency) {
		t.Errorf("dollars and euros: %v", err)
	}
	for _, sum := range []func() (commerce.Money, error){
		func() (commerce.Money, error) { return commerce.Money{}.Add(usd(5)) },
		func() (commerce.Money, error) { return usd(5).Add(commerce.Money{}) },
	} {
		if got, err := sum(); err != nil || got != usd(5) {
			t.Errorf("nothing and five dollars: %v, %v", got, err)
		}
	}
	if s := (commerce.Money{Amount: -5, Currency: "???"}).String(); s != "-0.05 ???" {
		t.Errorf("an unknown currency prints %q", s)
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"12.50", "-0.05", "", "1e3", "99999999999999999999", "0.000000000000000000000000000001"} {
		f.Add(s, "USD")
	}
	f.Add("1.234", "KWD")
	f.Fuzz(func(t *testing.T, text, currency string) {
		m, err := commerce.ParseMoney(text, currency)
		if err != nil {
			return
		}
		again, err := commerce.ParseMoney(m.Decimal(), currency)
		if err != nil || again != m {
			t.Fatalf("%q is %v, which reads %v, %v", text, m, again, err)
		}
	})
}
