package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Buckets of the file. Those of one table carry its number, so that a table
// made again under an old name starts empty.
const (
	bucketTables     = "tables"
	bucketStreams    = "streams"
	bucketTokens     = "tokens"
	bucketTokenTimes = "token times"
)

func itemBucket(t *Table) []byte   { return numbered("items", t.ID) }
func expiryBucket(t *Table) []byte { return numbered("expiry", t.ID) }
func indexBucket(t *Table, name string) []byte {
	return append(numbered("index", t.ID), "/"+name...)
}
func recordBucket(s *Stream) []byte { return numbered("records", s.ID) }

func numbered(kind string, id uint64) []byte { return fmt.Appendf(nil, "%s/%d", kind, id) }

// Tx is a transaction: a snapshot, or the one writer.
type Tx struct {
	// Now is the time of the transaction.
	Now      time.Time
	tx       *bbolt.Tx
	db       *DB
	dirty    bool
	streamed bool
	past     map[string][]pastRow // nil while lag is off
}

// bucket finds a bucket that must be there.
func (tx *Tx) bucket(name []byte) *bbolt.Bucket { return tx.tx.Bucket(name) }

// hash spreads partition keys evenly over 64 bits. It is part of the file's
// format: rows are placed by its upper half.
func hash(v attr.Value) uint64 {
	h := fnv.New64a()
	h.Write(attr.AppendKey(nil, v))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// partition is where all rows of a partition key begin.
func partition(v attr.Value) []byte {
	return attr.AppendKey(binary.BigEndian.AppendUint32(nil, uint32(hash(v)>>32)), v)
}

// rowKey is the place of an item in its table.
func rowKey(k Key, it attr.Item) []byte {
	row := partition(it[k.Hash])
	if k.Range != "" {
		row = attr.AppendKey(row, it[k.Range])
	}
	return row
}

// entryKey is the place of an item in an index: index key, then table key, so
// that items with the same index key stand side by side.
func entryKey(t *Table, x Index, it attr.Item) []byte {
	row := rowKey(x.Key, it)
	for _, name := range t.Key.Names() {
		row = attr.AppendKey(row, it[name])
	}
	return row
}

// Item reads an item by its key.
func (tx *Tx) Item(t *Table, key attr.Item) (attr.Item, bool, error) {
	return tx.LaggingItem(t, key, 0)
}

// LaggingItem reads what an item was some time ago, at most MaxLag.
func (tx *Tx) LaggingItem(t *Table, key attr.Item, lag time.Duration) (attr.Item, bool, error) {
	row := rowKey(t.Key, key)
	raw := tx.bucket(itemBucket(t)).Get(row)
	if lag > 0 {
		if old, changed := tx.db.past.asOf(itemBucket(t), tx.Now.Add(-lag))[string(row)]; changed {
			raw = old
		}
	}
	if raw == nil {
		return nil, false, nil
	}
	it, err := attr.DecodeStored(raw)
	if err != nil {
		return nil, false, fmt.Errorf("read item of table %s: %w", t.Name, err)
	}
	return it, true, nil
}

// IndexWrite is how many bytes a write changed in one index: the size of the
// entry that went and of the one that came. Moved says that these are two
// writes, because the entry changed its place.
type IndexWrite struct {
	Index    Index
	Old, New int
	Moved    bool
}

// Write replaces Old by New in a table with all its indexes and its stream.
// Either may be nil: no item. byTTL marks the removal of an expired item.
func (tx *Tx) Write(t *Table, before, after attr.Item, byTTL bool) ([]IndexWrite, error) {
	if (before == nil) == (after == nil) && before.Equal(after) {
		return nil, nil
	}
	tx.dirty = true
	if err := tx.writeRow(t, before, after); err != nil {
		return nil, fmt.Errorf("write item of table %s: %w", t.Name, err)
	}
	var writes []IndexWrite
	for _, x := range t.Indexes {
		w, changed, err := tx.writeEntry(t, x, before, after)
		if err != nil {
			return nil, fmt.Errorf("write index %s of table %s: %w", x.Name, t.Name, err)
		}
		if changed {
			writes = append(writes, w)
		}
	}
	if err := tx.writeExpiry(t, before, after); err != nil {
		return nil, fmt.Errorf("write expiry in table %s: %w", t.Name, err)
	}
	if err := tx.record(t, before, after, byTTL); err != nil {
		return nil, fmt.Errorf("write stream of table %s: %w", t.Name, err)
	}
	return writes, nil
}

func (tx *Tx) writeRow(t *Table, before, after attr.Item) error {
	rows := tx.bucket(itemBucket(t))
	if after == nil {
		tx.forget(itemBucket(t), rowKey(t.Key, before))
		return rows.Delete(rowKey(t.Key, before))
	}
	tx.forget(itemBucket(t), rowKey(t.Key, after))
	return rows.Put(rowKey(t.Key, after), after.Encode())
}

func (tx *Tx) writeEntry(t *Table, x Index, before, after attr.Item) (IndexWrite, bool, error) {
	w := IndexWrite{Index: x}
	entries := tx.bucket(indexBucket(t, x.Name))
	gone, wasIn := t.Entry(x, before)
	come, isIn := t.Entry(x, after)
	if !wasIn && !isIn || wasIn && isIn && gone.Equal(come) {
		return w, false, nil
	}
	var from, to []byte
	if wasIn {
		w.Old, from = gone.Size(), entryKey(t, x, gone)
	}
	if isIn {
		w.New, to = come.Size(), entryKey(t, x, come)
	}
	w.Moved = wasIn && isIn && !bytes.Equal(from, to)
	if wasIn && (!isIn || w.Moved) {
		tx.forget(indexBucket(t, x.Name), from)
		if err := entries.Delete(from); err != nil {
			return w, false, err
		}
	}
	if !isIn {
		return w, true, nil
	}
	tx.forget(indexBucket(t, x.Name), to)
	return w, true, entries.Put(to, come.Encode())
}
