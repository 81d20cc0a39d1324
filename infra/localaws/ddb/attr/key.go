package attr

import "fmt"

// Key encodings start with a byte for the type, so that no value of one type
// is a prefix of a value of another.
const (
	keyNegative = 0x20
	keyZero     = 0x21
	keyPositive = 0x22
	keyString   = 0x30
	keyBinary   = 0x40

	escape     = 0x00
	escaped    = 0xff // follows escape where the value had a zero byte
	terminator = 0x01 // follows escape at the end of the value
	bias       = 0x4000
)

// AppendKey appends an encoding of an S, N or B whose byte order is the order
// of DynamoDB, and of which none is a prefix of another, so encodings can be
// put one behind the other. Any other type panics: keys are checked before.
func AppendKey(dst []byte, v Value) []byte {
	switch v.Kind {
	case S:
		return append(appendEscaped(append(dst, keyString), v.Text), escape, terminator)
	case B:
		return append(appendEscaped(append(dst, keyBinary), v.Text), escape, terminator)
	case N:
		return appendNumber(dst, v.Num)
	}
	panic(fmt.Sprintf("type %s cannot be a key", v.Kind))
}

// AppendKeyPrefix appends the encoding of an S or B without its end, so that
// every value that begins with v begins with these bytes.
func AppendKeyPrefix(dst []byte, v Value) []byte {
	if v.Kind == B {
		return appendEscaped(append(dst, keyBinary), v.Text)
	}
	return appendEscaped(append(dst, keyString), v.Text)
}

func appendEscaped(dst []byte, text string) []byte {
	for i := range len(text) {
		dst = append(dst, text[i])
		if text[i] == escape {
			dst = append(dst, escaped)
		}
	}
	return dst
}

// appendNumber writes sign, exponent, and two digits a byte with a zero at the
// end; all of it inverted for a negative number.
func appendNumber(dst []byte, n Number) []byte {
	switch n.Sign() {
	case 0:
		return append(dst, keyZero)
	case -1:
		start := len(dst) + 1
		dst = appendMagnitude(append(dst, keyNegative), n)
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
		return dst
	}
	return appendMagnitude(append(dst, keyPositive), n)
}

func appendMagnitude(dst []byte, n Number) []byte {
	e := n.exponent + bias
	dst = append(dst, byte(e>>8), byte(e))
	for i := 0; i < len(n.digits); i += 2 {
		pair := (n.digits[i] - '0') * 10
		if i+1 < len(n.digits) {
			pair += n.digits[i+1] - '0'
		}
		dst = append(dst, pair+1)
	}
	return append(dst, 0)
}
