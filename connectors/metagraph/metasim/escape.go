package metasim

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// escape rewrites JSON the way Meta's servers print it: "/" as "\/" and every
// character outside ASCII as \u with lower-case digits, in surrogate pairs
// where needed. Outside of strings JSON has neither.
func escape(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/8)
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		switch {
		case r == '\\' && i+5 < len(raw) && raw[i+1] == 'u' && plainEscape(string(raw[i+2:i+6])) != 0:
			out = append(out, plainEscape(string(raw[i+2:i+6])))
			size = 6
		case r == '\\' && i+1 < len(raw):
			out = append(out, raw[i], raw[i+1])
			size = 2
		case r == '/':
			out = append(out, '\\', '/')
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// plainEscape undoes the escapes that Go adds for HTML and PHP does not.
func plainEscape(digits string) byte {
	switch digits {
	case "003c":
		return '<'
	case "003e":
		return '>'
	case "0026":
		return '&'
	}
	return 0
}
