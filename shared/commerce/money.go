package commerce

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in the minor unit of its currency (cents, fils; yen has
// none). It is never a float and never added to another currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217, upper case
}

// ErrCurrency says that a currency is not an ISO 4217 code we know.
var ErrCurrency = errors.New("unknown currency")

// ErrMixedCurrency says that two different currencies met in one sum.
var ErrMixedCurrency = errors.New("amounts of different currencies")

// ErrAmount says that a text is not an amount of its currency.
var ErrAmount = errors.New("not an amount")

// Exponent is the number of decimals of a currency: 2 for USD, 0 for JPY, 3
// for KWD (ISO 4217 list one, 2026-01-01).
func Exponent(currency string) (int, error) {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, nil
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, nil
	}
	if len(currency) == 3 && strings.Contains(twoDecimals, " "+currency+" ") {
		return 2, nil
	}
	return 0, fmt.Errorf("%w %q", ErrCurrency, currency)
}

const twoDecimals = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK " +
	"DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL " +
	"MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD " +
	"SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG "

// ParseMoney reads a plain decimal such as "12.5" or "1200": an optional
// minus, digits, at most one dot. More decimals than the currency has are
// refused unless they are zeros (ErrAmount): a price is never rounded silently.
func ParseMoney(text, currency string) (Money, error) {
	exp, err := Exponent(currency)
	if err != nil {
		return Money{}, err
	}
	bad := func() (Money, error) { return Money{}, fmt.Errorf("%w: %q in %s", ErrAmount, text, currency) }
	digits, negative := strings.CutPrefix(text, "-")
	whole, frac, dotted := strings.Cut(digits, ".")
	if whole == "" || (dotted && frac == "") || !allDigits(whole) || !allDigits(frac) {
		return bad()
	}
	frac = strings.TrimRight(frac, "0")
	if len(frac) > exp {
		return bad()
	}
	frac += strings.Repeat("0", exp-len(frac))
	sign := ""
	if negative {
		sign = "-" // with the digits: the lowest amount has no positive twin
	}
	n, err := strconv.ParseInt(sign+whole+frac, 10, 64)
	if err != nil {
		return bad()
	}
	return Money{Amount: n, Currency: currency}, nil
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// Decimal prints the amount with exactly the decimals of its currency:
// "12.50", "1200", "-0.05". An unknown currency prints as if it had two.
func (m Money) Decimal() string {
	exp, err := Exponent(m.Currency)
	if err != nil {
		exp = 2
	}
	sign, n := "", uint64(m.Amount) //nolint:gosec // two's complement is what we want below
	if m.Amount < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatUint(n, 10)
	if exp == 0 {
		return sign + s
	}
	if len(s) <= exp {
		s = strings.Repeat("0", exp+1-len(s)) + s
	}
	return sign + s[:len(s)-exp] + "." + s[len(s)-exp:]
}

// String is the amount and its currency: "12.50 USD".
func (m Money) String() string { return m.Decimal() + " " + m.Currency }

// Add sums two amounts of one currency. A zero Money without currency is
// neutral. It returns ErrMixedCurrency, or ErrAmount on overflow.
func (m Money) Add(o Money) (Money, error) {
	switch {
	case m == Money{}:
		return o, nil
	case o == Money{}:
		return m, nil
	case m.Currency != o.Currency:
		return Money{}, fmt.Errorf("%w: %s and %s", ErrMixedCurrency, m.Currency, o.Currency)
	case (o.Amount > 0 && m.Amount > math.MaxInt64-o.Amount) || (o.Amount < 0 && m.Amount < math.MinInt64-o.Amount):
		return Money{}, fmt.Errorf("%w: sum is too large", ErrAmount)
	}
	return Money{Amount: m.Amount + o.Amount, Currency: m.Currency}, nil
}

// Times multiplies by a count; ErrAmount on overflow.
func (m Money) Times(n int64) (Money, error) {
	if m.Amount != 0 && n != 0 && ((m.Amount*n)/n != m.Amount || (m.Amount == math.MinInt64 && n == -1)) {
		return Money{}, fmt.Errorf("%w: product is too large", ErrAmount)
	}
	return Money{Amount: m.Amount * n, Currency: m.Currency}, nil
}
