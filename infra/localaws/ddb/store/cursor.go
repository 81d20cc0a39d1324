package store

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// cursor walks a bucket in either direction.
type cursor struct {
	*bbolt.Cursor
	reverse bool
}

func (c cursor) step() (key, value []byte) {
	if c.reverse {
		return c.Prev()
	}
	return c.Next()
}

// start finds the first row of a walk.
func (c cursor) start(w Walk) (key, value []byte) {
	if c.reverse {
		return c.startReverse(w)
	}
	from := w.Span.low
	if w.After != nil && bytes.Compare(w.After, from) >= 0 {
		key, value = c.Seek(w.After)
		if bytes.Equal(key, w.After) {
			return c.Next()
		}
		return key, value
	}
	return c.Seek(from)
}

// startReverse finds the last row before the end of the span, or before the
// row behind which to begin.
func (c cursor) startReverse(w Walk) (key, value []byte) {
	before := w.Span.high
	if w.After != nil && (before == nil || bytes.Compare(w.After, before) < 0) {
		before = w.After
	}
	if before == nil {
		return c.Last()
	}
	if key, _ = c.Seek(before); key == nil {
		return c.Last()
	}
	return c.Prev()
}
