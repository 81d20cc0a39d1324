package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// The header of a bbolt file, format 2: a page begins with 16 bytes, then come
// magic, version, page size and flags of 4 bytes each, root bucket (16), list
// of free pages (8), number of pages (8), transaction (8) and a checksum (8).
const (
	pageHeader   = 16
	headerLength = 64
	magic        = 0xED0CDAED
	version      = 2
	smallestPage = 1 << 10
	largestPage  = 1 << 16
)

// header is what one of the two headers says.
type header struct {
	pageSize, pages, transaction uint64
}

// length is how long the file has to be by the latest of its whole headers.
func length(f io.ReaderAt) (int64, error) {
	var latest header
	for offset := int64(0); offset <= largestPage; {
		if h, ok := readHeader(f, offset); ok && h.transaction >= latest.transaction {
			latest = h
		}
		if offset = 2 * offset; offset == 0 {
			offset = smallestPage // the second header stands one page behind the first
		}
	}
	if latest.pageSize == 0 {
		return 0, fmt.Errorf("%w (no whole header)", ErrDamaged)
	}
	return int64(latest.pageSize * latest.pages), nil //nolint:gosec // checked against the file's own length
}

func readHeader(f io.ReaderAt, offset int64) (header, bool) {
	raw := make([]byte, headerLength)
	if _, err := f.ReadAt(raw, offset+pageHeader); err != nil {
		return header{}, false
	}
	order := binary.NativeEndian
	sum := fnv.New64a()
	sum.Write(raw[:headerLength-8])
	if order.Uint32(raw) != magic || order.Uint32(raw[4:]) != version || order.Uint64(raw[headerLength-8:]) != sum.Sum64() {
		return header{}, false
	}
	h := header{pageSize: uint64(order.Uint32(raw[8:])), pages: order.Uint64(raw[40:]), transaction: order.Uint64(raw[48:])}
	return h, h.pageSize >= smallestPage && h.pageSize <= largestPage && h.pages < 1<<40
}
