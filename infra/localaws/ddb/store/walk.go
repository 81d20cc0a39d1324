package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Span is a range of rows of a table or an index, in the order of their keys.
type Span struct {
	low, high []byte // high is not part of it; nil is the end
}

// Everything is the part of a table or index that belongs to one of several
// segments of a parallel scan.
func Everything(segment, total int) Span {
	edge := func(i int) []byte {
		if i == 0 || i == total {
			return nil
		}
		return binary.BigEndian.AppendUint32(nil, uint32(uint64(i)<<32/uint64(total)))
	}
	return Span{low: edge(segment), high: edge(segment + 1)}
}

// Partition is all rows with a partition key.
func Partition(hash attr.Value) Span { return under(partition(hash)) }

// under is everything that begins with the prefix.
func under(prefix []byte) Span { return Span{low: prefix, high: after(prefix)} }

// after is the first key behind everything that begins with the prefix.
func after(prefix []byte) []byte {
	out := bytes.Clone(prefix)
	for len(out) > 0 {
		if last := len(out) - 1; out[last] < 0xff {
			out[last]++
			return out
		}
		out = out[:len(out)-1]
	}
	return nil
}

// Where narrows a partition by a condition on the sort key: one of "=", "<",
// "<=", ">", ">=", "BETWEEN", "begins_with".
func (s Span) Where(op string, values []attr.Value) Span {
	at := func(i int) []byte { return attr.AppendKey(bytes.Clone(s.low), values[i]) }
	switch op {
	case "=":
		return under(at(0))
	case "<":
		s.high = at(0)
	case "<=":
		s.high = after(at(0))
	case ">":
		s.low = after(at(0))
	case ">=":
		s.low = at(0)
	case "BETWEEN":
		s.low, s.high = at(0), after(at(1))
	case "begins_with":
		return under(attr.AppendKeyPrefix(bytes.Clone(s.low), values[0]))
	}
	return s
}

// Row is where a table's or an index's row with these key attributes stands.
type Row []byte

// Row is the place of a key in the table, or in an index when one is named. It
// need not exist. The key holds the table's and the index's key attributes.
func (t *Table) Row(x *Index, key attr.Item) Row {
	if x == nil {
		return rowKey(t.Key, key)
	}
	return entryKey(t, *x, key)
}

// Contains says whether the row lies inside the span.
func (s Span) Contains(r Row) bool {
	return bytes.Compare(r, s.low) >= 0 && (s.high == nil || bytes.Compare(r, s.high) < 0)
}

// Walk calls fn for each item of a table, or of an index when x is set, in
// order or in reverse, beginning behind a row that need not exist any more.
// It ends when fn returns false.
func (tx *Tx) Walk(t *Table, x *Index, w Walk, fn func(attr.Item) bool) error {
	return tx.Rows(t, x, w, func(row attr.Stored) (bool, error) {
		it, err := row.Item()
		if err != nil {
			return false, err
		}
		return fn(it), nil
	})
}

// Rows is Walk for who need not take every item apart. The rows are valid until
// fn returns.
func (tx *Tx) Rows(t *Table, x *Index, w Walk, fn func(attr.Stored) (bool, error)) error {
	name := itemBucket(t)
	if x != nil {
		name = indexBucket(t, x.Name)
	}
	past := tx.lagging(name, w)
	visit := func(value []byte) (more bool, err error) {
		row, err := attr.Open(value)
		if err == nil {
			more, err = fn(row)
		}
		if err != nil {
			return false, fmt.Errorf("read row of table %s: %w", t.Name, err)
		}
		return more, nil
	}
	c := cursor{Cursor: tx.bucket(name).Cursor(), reverse: w.Reverse}
	for k, v := c.start(w); k != nil && w.Span.Contains(k); k, v = c.step() {
		replaced, more, err := merge(&past, k, w.Reverse, visit)
		if more && !replaced {
			more, err = visit(v)
		}
		if !more || err != nil {
			return err
		}
	}
	_, _, err := merge(&past, nil, w.Reverse, visit)
	return err
}

// Walk says which rows to visit.
type Walk struct {
	Span Span
	// After is the row behind which to begin; nil is the beginning.
	After Row
	// Reverse goes from the end to the beginning.
	Reverse bool
	// Lag reads the state of some time ago, at most MaxLag, if the memory for
	// that is on.
	Lag time.Duration
}
