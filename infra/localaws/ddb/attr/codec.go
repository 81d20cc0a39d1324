package attr

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
)

// ErrCorrupt is returned for stored bytes that are not an encoded item.
var ErrCorrupt = errors.New("stored item is damaged")

// checksum is how many bytes of an encoded item guard the rest.
const checksum = 4

// Encode is the item on disk, with a checksum before it. Equal items have equal
// bytes, except for the order of set members.
func (it Item) Encode() []byte {
	out := appendMap(make([]byte, checksum, 256), it)
	binary.BigEndian.PutUint32(out, sum(out[checksum:]))
	return out
}

// sum is the checksum of bytes, CRC-32C.
func sum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

func appendMap(dst []byte, m map[string]Value) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(m)))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		dst = appendValue(appendText(dst, name), m[name])
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendValue(dst []byte, v Value) []byte {
	dst = append(dst, byte(v.Kind))
	switch v.Kind {
	case S, B:
		return appendText(dst, v.Text)
	case N:
		return appendText(dst, v.Num.String())
	case BOOL:
		if v.Bool {
			return append(dst, 1)
		}
		return append(dst, 0)
	case SS, NS, BS, L:
		dst = binary.AppendUvarint(dst, uint64(len(v.List)))
		for _, w := range v.List {
			dst = appendValue(dst, w)
		}
	case M:
		return appendMap(dst, v.Map)
	}
	return dst
}

// DecodeStored reads what Encode wrote. The bytes are copied, so they may
// belong to a database page. Anything else is ErrCorrupt.
func DecodeStored(b []byte) (Item, error) {
	if len(b) < checksum || binary.BigEndian.Uint32(b) != sum(b[checksum:]) {
		return nil, ErrCorrupt
	}
	return decode(b[checksum:])
}

func decode(b []byte) (Item, error) {
	r := reader{rest: string(b)}
	m := r.object(0)
	if r.bad || r.rest != "" {
		return nil, ErrCorrupt
	}
	return m, nil
}

// reader takes values from the front of the stored text.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) fail() { r.bad, r.rest = true, "" }

func (r *reader) byte() byte {
	if r.rest == "" {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// count reads a number that cannot be larger than what is left to read.
func (r *reader) count() int {
	var n uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if n > uint64(len(r.rest)) {
				break
			}
			return int(n)
		}
	}
	r.fail()
	return 0
}

func (r *reader) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *reader) object(depth int) map[string]Value {
	n := r.count()
	m := make(map[string]Value, n)
	for range n {
		name := r.text()
		m[name] = r.value(depth)
		if r.bad {
			return nil
		}
	}
	return m
}

func (r *reader) value(depth int) Value {
	if depth > 2*MaxDepth {
		r.fail()
		return Value{}
	}
	v := Value{Kind: Kind(r.byte())}
	switch v.Kind {
	case S, B:
		v.Text = r.text()
	case N:
		n, err := ParseNumber(r.text())
		if err != nil {
			r.fail()
		}
		v.Num = n
	case BOOL:
		v.Bool = r.byte() == 1
	case NULL:
	case SS, NS, BS, L:
		v.List = r.list(depth + 1)
	case M:
		v.Map = r.object(depth + 1)
	default:
		r.fail()
	}
	return v
}

func (r *reader) list(depth int) []Value {
	n := r.count()
	list := make([]Value, 0, n)
	for range n {
		list = append(list, r.value(depth))
		if r.bad {
			return nil
		}
	}
	return list
}
