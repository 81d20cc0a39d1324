package attr

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

var (
	_ json.Marshaler = Value{}
	_ json.Marshaler = Item{}
)

// MarshalJSON is the value on the wire, for example {"S":"a"}.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// MarshalJSON is the item on the wire, attributes sorted by name.
func (it Item) MarshalJSON() ([]byte, error) { return it.AppendJSON(nil), nil }

// AppendJSON appends the item on the wire, attributes sorted by name.
func (it Item) AppendJSON(dst []byte) []byte { return appendObject(dst, it) }

// AppendJSON appends the value on the wire.
func (v Value) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{', '"')
	dst = append(dst, v.Kind.String()...)
	dst = append(dst, '"', ':')
	return append(v.appendContent(dst), '}')
}

func (v Value) appendContent(dst []byte) []byte {
	switch v.Kind {
	case S:
		return AppendString(dst, v.Text)
	case B:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(v.Text))
		return append(dst, '"')
	case N:
		return append(append(append(dst, '"'), v.Num.String()...), '"')
	case BOOL:
		return strconv.AppendBool(dst, v.Bool)
	case NULL:
		return append(dst, "true"...)
	case SS, NS, BS:
		return appendArray(dst, v.List, Value.appendContent)
	case L:
		return appendArray(dst, v.List, Value.AppendJSON)
	case M:
		return appendObject(dst, v.Map)
	}
	return append(dst, "null"...)
}

func appendArray(dst []byte, list []Value, each func(Value, []byte) []byte) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = each(v, dst)
	}
	return append(dst, ']')
}

func appendObject(dst []byte, object map[string]Value) []byte {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(object)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, name), ':')
		dst = object[name].AppendJSON(dst)
	}
	return append(dst, '}')
}

// AppendString appends a JSON string. Bytes that are not UTF-8 become U+FFFD.
func AppendString[T ~string | ~[]byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for len(s) > 0 {
		n := 0
		for n < len(s) && plain(s[n]) {
			n++
		}
		dst, s = append(dst, s[:n]...), s[n:]
		if len(s) == 0 {
			break
		}
		c := s[0]
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(string(s[:min(utf8.UTFMax, len(s))]))
			dst, s = utf8.AppendRune(dst, r), s[size:]
			continue
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		s = s[1:]
	}
	return append(dst, '"')
}

// plain says whether a byte stands for itself in a JSON string.
func plain(c byte) bool { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' }
