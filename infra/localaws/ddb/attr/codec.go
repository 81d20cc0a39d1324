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
	row, err := Open(b)
	if err != nil {
		return nil, err
	}
	return row.Item()
}
