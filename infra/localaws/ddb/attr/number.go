package attr

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// The range of a DynamoDB number: up to 38 significant digits, magnitude from
// 1E-130 to 9.99...E+125 (AWS Developer Guide, "Supported data types", 2026).
const (
	maxDigits   = 38
	maxExponent = 126  // of 0.d1d2..., so 9.9E+125 is the largest
	minExponent = -129 // of 0.d1d2..., so 1E-130 is the smallest
)

// The refusals of a number, in the words of DynamoDB.
const (
	ErrOverflow  = Invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	ErrUnderflow = Invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	ErrPrecision = Invalid("Attempting to store more than 38 significant digits in a Number")
)

// Number is an exact decimal number in the range of DynamoDB. Two equal
// numbers are equal as Go values. The zero Number is 0.
type Number struct {
	negative bool
	// digits are the significant digits without leading or trailing zeros;
	// empty for zero. The value is 0.digits times ten to the exponent.
	digits   string
	exponent int
}

// ParseNumber reads a decimal number, with or without sign, fraction and
// exponent. Errors carry the words DynamoDB uses.
func ParseNumber(text string) (Number, error) {
	sign, mantissa, exponent, ok := splitNumber(text)
	if !ok {
		return Number{}, notNumeric(text)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	leading := len(digits) - len(strings.TrimLeft(digits, "0"))
	digits = strings.TrimRight(digits[leading:], "0")
	if digits == "" {
		return Number{}, nil
	}
	n := Number{negative: sign, digits: digits, exponent: len(whole) - leading + exponent}
	return n, n.check()
}

// FromInt is the number of an integer.
func FromInt(i int64) Number {
	n, _ := ParseNumber(strconv.FormatInt(i, 10))
	return n
}

func notNumeric(text string) error {
	if text == "" {
		return Invalid("The parameter cannot be converted to a numeric value")
	}
	return Invalid("The parameter cannot be converted to a numeric value: " + text)
}

// splitNumber takes a number apart and checks its characters. An exponent
// beyond any range is clamped, so that it ends as overflow or underflow.
func splitNumber(text string) (negative bool, mantissa string, exponent int, ok bool) {
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	mantissa = rest
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa = rest[:i]
		exponent, ok = parseExponent(rest[i+1:])
		if !ok {
			return false, "", 0, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return false, "", 0, false
	}
	return negative, mantissa, exponent, true
}

func parseExponent(text string) (int, bool) {
	unsigned := strings.TrimLeft(text, "+-")
	if len(text)-len(unsigned) > 1 || unsigned == "" || !allDigits(unsigned) {
		return 0, false
	}
	e, err := strconv.Atoi(text)
	const beyond = 1 << 30
	if err != nil || e > beyond || e < -beyond {
		e = beyond
		if text[0] == '-' {
			e = -beyond
		}
	}
	return e, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (n Number) check() error {
	switch {
	case n.digits == "":
		return nil
	case n.exponent > maxExponent:
		return ErrOverflow
	case n.exponent < minExponent:
		return ErrUnderflow
	case len(n.digits) > maxDigits:
		return ErrPrecision
	}
	return nil
}

// String is the number without exponent, the way DynamoDB returns it.
func (n Number) String() string {
	if n.digits == "" {
		return "0"
	}
	var b strings.Builder
	if n.negative {
		b.WriteByte('-')
	}
	point := n.exponent
	switch {
	case point <= 0:
		b.WriteString("0.")
		b.WriteString(strings.Repeat("0", -point))
		b.WriteString(n.digits)
	case point >= len(n.digits):
		b.WriteString(n.digits)
		b.WriteString(strings.Repeat("0", point-len(n.digits)))
	default:
		b.WriteString(n.digits[:point])
		b.WriteByte('.')
		b.WriteString(n.digits[point:])
	}
	return b.String()
}

// Sign is -1, 0 or 1.
func (n Number) Sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// Compare orders two numbers.
func (n Number) Compare(m Number) int {
	if n.Sign() != m.Sign() {
		return cmpInt(n.Sign(), m.Sign())
	}
	order := cmpInt(n.exponent, m.exponent)
	if order == 0 {
		order = strings.Compare(n.digits, m.digits)
	}
	if n.negative {
		return -order
	}
	return order
}

func cmpInt(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Add is the exact sum. A sum that needs more than 38 digits, or leaves the
// range, is ErrOverflow, as it is in DynamoDB.
func (n Number) Add(m Number) (Number, error) {
	scale := min(n.scale(), m.scale())
	sum := new(big.Int).Add(n.scaled(scale), m.scaled(scale))
	out := fromScaled(sum, scale)
	if err := out.check(); err != nil {
		if errors.Is(err, ErrPrecision) {
			err = ErrOverflow
		}
		return Number{}, err
	}
	return out, nil
}

// Sub is the exact difference, with the errors of Add.
func (n Number) Sub(m Number) (Number, error) {
	m.negative = !m.negative && m.digits != ""
	return n.Add(m)
}

// scale is the power of ten of the last digit.
func (n Number) scale() int { return n.exponent - len(n.digits) }

// scaled is the number as an integer count of ten to the scale.
func (n Number) scaled(scale int) *big.Int {
	if n.digits == "" {
		return new(big.Int)
	}
	i, _ := new(big.Int).SetString(n.digits, 10)
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.scale()-scale)), nil)
	i.Mul(i, factor)
	if n.negative {
		i.Neg(i)
	}
	return i
}

func fromScaled(i *big.Int, scale int) Number {
	digits := new(big.Int).Abs(i).String()
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return Number{}
	}
	return Number{negative: i.Sign() < 0, digits: significant, exponent: len(digits) + scale}
}

// Int64 is the number as an integer; ok is false when it has a fraction or
// does not fit.
func (n Number) Int64() (value int64, ok bool) {
	if n.exponent > 19 || n.exponent < len(n.digits) {
		return 0, n.digits == ""
	}
	value, err := strconv.ParseInt(n.String(), 10, 64)
	return value, err == nil
}
