package attr

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
)

// Stored is an item as Encode wrote it, its checksum found right. It can be
// answered without being taken apart. It may belong to a database page and is
// valid as long as that is.
type Stored []byte

// Open checks what Encode wrote; anything else is ErrCorrupt.
func Open(b []byte) (Stored, error) {
	if len(b) < checksum || binary.BigEndian.Uint32(b) != sum(b[checksum:]) {
		return nil, ErrCorrupt
	}
	return b[checksum:], nil
}

// Item is a copy, taken apart.
func (s Stored) Item() (Item, error) { return decode(s) }

// AppendJSON appends the item on the wire, as Item.AppendJSON does, and answers
// its size as Item.Size does. After an error dst is of no use.
func (s Stored) AppendJSON(dst []byte) (out []byte, size int, err error) {
	r := reader[[]byte]{rest: s}
	out, size = r.appendFields(dst, 0, 0)
	if r.bad || len(r.rest) > 0 {
		return nil, 0, ErrCorrupt
	}
	return out, size, nil
}

// appendFields copies a map; each entry counts some bytes beside its content.
func (r *reader[T]) appendFields(dst []byte, overhead, depth int) ([]byte, int) {
	size := 0
	dst = append(dst, '{')
	for i := range r.count() {
		if i > 0 {
			dst = append(dst, ',')
		}
		name := r.text()
		dst = append(AppendString(dst, name), ':')
		var n int
		dst, n = r.appendValue(dst, depth)
		size += overhead + len(name) + n
		if r.bad {
			return dst, size
		}
	}
	return append(dst, '}'), size
}

// appendValue copies a value with its type.
func (r *reader[T]) appendValue(dst []byte, depth int) (out []byte, size int) {
	if depth > 2*MaxDepth {
		r.fail()
		return dst, 0
	}
	kind := Kind(r.byte())
	dst = append(append(append(dst, '{', '"'), kind.String()...), '"', ':')
	switch kind {
	case BOOL:
		dst, size = strconv.AppendBool(dst, r.byte() == 1), 1
	case NULL:
		dst, size = append(dst, "true"...), 1
	case SS, NS, BS:
		dst, size = r.appendMembers(dst, kind.Element())
	case L:
		dst, size = r.appendElements(dst, depth+1)
	case M:
		dst, size = r.appendFields(dst, 1, depth+1)
		size += 3
	default:
		dst, size = r.appendScalar(dst, kind)
	}
	return append(dst, '}'), size
}

func (r *reader[T]) appendScalar(dst []byte, kind Kind) (out []byte, size int) {
	switch kind {
	case S:
		text := r.text()
		return AppendString(dst, text), len(text)
	case N:
		text := r.text()
		return append(append(append(dst, '"'), text...), '"'), textSize(text)
	case B:
		text := r.text()
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(text))
		return append(dst, '"'), len(text)
	}
	r.fail()
	return dst, 0
}

// appendMembers copies a set, whose members are stored with their type.
func (r *reader[T]) appendMembers(dst []byte, kind Kind) (out []byte, size int) {
	dst = append(dst, '[')
	for i := range r.count() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if Kind(r.byte()) != kind {
			r.fail()
		}
		var n int
		dst, n = r.appendScalar(dst, kind)
		size += n
		if r.bad {
			return dst, size
		}
	}
	return append(dst, ']'), size
}

func (r *reader[T]) appendElements(dst []byte, depth int) (out []byte, size int) {
	dst, size = append(dst, '['), 3
	for i := range r.count() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var n int
		dst, n = r.appendValue(dst, depth)
		size += 1 + n
		if r.bad {
			return dst, size
		}
	}
	return append(dst, ']'), size
}

// textSize is Number.size of what Number.String wrote.
func textSize[T ~string | ~[]byte](text T) int {
	size, digits, zeros := 1, 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '-':
			size++
		case c == '0' && digits > 0:
			zeros++
		case c >= '1' && c <= '9':
			digits, zeros = digits+zeros+1, 0
		}
	}
	return size + (digits+1)/2
}
