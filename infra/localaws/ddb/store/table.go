package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Key is the key of a table or an index: a partition key and perhaps a sort
// key.
type Key struct {
	// Hash is the partition key attribute.
	Hash string
	// Range is the sort key attribute; empty if there is none.
	Range string `json:",omitempty"`
}

// Names are the key attributes, partition key first.
func (k Key) Names() []string {
	if k.Range == "" {
		return []string{k.Hash}
	}
	return []string{k.Hash, k.Range}
}

// Of is the part of an item that is its key.
func (k Key) Of(it attr.Item) attr.Item {
	out := make(attr.Item, 2)
	for _, name := range k.Names() {
		out[name] = it[name]
	}
	return out
}

// In says whether the item has all key attributes.
func (k Key) In(it attr.Item) bool {
	for _, name := range k.Names() {
		if _, ok := it[name]; !ok {
			return false
		}
	}
	return true
}

// Throughput is provisioned capacity; zero when the table is on demand. It is
// kept and described, nothing is throttled by it.
type Throughput struct{ Read, Write int64 }

// Index is a secondary index.
type Index struct {
	Name string
	// Local says that it is a local secondary index.
	Local bool
	Key   Key
	// Projection is ALL, KEYS_ONLY or INCLUDE.
	Projection string
	// Include are the attributes projected beside the keys, for INCLUDE.
	Include    []string `json:",omitempty"`
	Throughput Throughput
}

// Table describes a table. A Table that came from a transaction is shared and
// must not be changed; change a copy and put it.
type Table struct {
	ID      uint64
	Name    string
	Created time.Time
	Key     Key
	// Types are the types of all key attributes, "S", "N" or "B".
	Types    map[string]string
	Indexes  []Index `json:",omitempty"`
	OnDemand bool
	// OnDemandSince is when the table was last switched to on demand; zero when
	// it has always been billed as it was created.
	OnDemandSince time.Time `json:",omitzero"`
	Throughput    Throughput
	// TTL is the attribute that holds the expiry; empty when it is off.
	TTL string `json:",omitempty"`
	// Stream is the stream's label; empty when the table has none.
	Stream string `json:",omitempty"`
	// View is the stream's view type.
	View string `json:",omitempty"`
	// Protected refuses deletion.
	Protected bool `json:",omitempty"`
	// Tags are what its owner says of it; nothing here goes by them.
	Tags map[string]string `json:",omitempty"`
}

// Index finds an index by name.
func (t *Table) Index(name string) (Index, bool) {
	i := slices.IndexFunc(t.Indexes, func(x Index) bool { return x.Name == name })
	if i < 0 {
		return Index{}, false
	}
	return t.Indexes[i], true
}

// HasLocal says whether the table has a local secondary index, and so item
// collections of limited size.
func (t *Table) HasLocal() bool {
	return slices.ContainsFunc(t.Indexes, func(x Index) bool { return x.Local })
}

// Kind is the declared type of a key attribute.
func (t *Table) Kind(name string) attr.Kind {
	k, _ := attr.ParseKind(t.Types[name])
	return k
}

// Entry is what an index holds of an item; false if the item is not in it,
// because an index key is missing.
// An index key of another type than the index has can be there when the item
// is older than the index; such an item is not in it either.
func (t *Table) Entry(x Index, it attr.Item) (attr.Item, bool) {
	if it == nil || !x.Key.In(it) {
		return nil, false
	}
	for _, name := range x.Key.Names() {
		if it[name].Kind != t.Kind(name) {
			return nil, false
		}
	}
	if x.Projection == "ALL" {
		return it, true
	}
	out := t.Key.Of(it)
	for _, name := range slices.Concat(x.Key.Names(), x.Include) {
		if v, ok := it[name]; ok {
			out[name] = v
		}
	}
	return out, true
}

// Table reads a table's description.
func (tx *Tx) Table(name string) (*Table, bool) {
	raw := tx.bucket([]byte(bucketTables)).Get([]byte(name))
	if raw == nil {
		return nil, false
	}
	t, err := cached(&tx.db.tables, name, raw, func(b []byte) (*Table, error) {
		t := new(Table)
		return t, json.Unmarshal(b, t)
	})
	return t, err == nil
}

// ListTables lists table names in order, after the given one.
func (tx *Tx) ListTables(after string, limit int) []string {
	var names []string
	c := tx.bucket([]byte(bucketTables)).Cursor()
	for k, _ := c.Seek([]byte(after)); k != nil && len(names) < limit; k, _ = c.Next() {
		if string(k) != after || after == "" {
			names = append(names, string(k))
		}
	}
	return names
}

// CreateTable stores a new table and makes room for its items. ID is assigned.
func (tx *Tx) CreateTable(t *Table) error {
	tx.dirty = true
	tables := tx.bucket([]byte(bucketTables))
	id, err := tables.NextSequence()
	if err != nil {
		return fmt.Errorf("create table %s: %w", t.Name, err)
	}
	t.ID = id
	names := [][]byte{itemBucket(t), expiryBucket(t)}
	for _, x := range t.Indexes {
		names = append(names, indexBucket(t, x.Name))
	}
	for _, name := range names {
		if _, err := tx.tx.CreateBucket(name); err != nil {
			return fmt.Errorf("create table %s: %w", t.Name, err)
		}
	}
	return tx.PutTable(t)
}

// PutTable stores a changed description of a table. Its key, its number and
// its indexes must be as they are in the file.
func (tx *Tx) PutTable(t *Table) error {
	tx.dirty = true
	raw, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("put table %s: %w", t.Name, err)
	}
	if err := tx.bucket([]byte(bucketTables)).Put([]byte(t.Name), raw); err != nil {
		return fmt.Errorf("put table %s: %w", t.Name, err)
	}
	return nil
}

// DeleteTable removes a table with its items. Its stream stays readable for
// 24 hours.
func (tx *Tx) DeleteTable(t *Table) error {
	tx.dirty = true
	names := [][]byte{itemBucket(t), expiryBucket(t)}
	for _, x := range t.Indexes {
		names = append(names, indexBucket(t, x.Name))
	}
	for _, name := range names {
		if err := tx.tx.DeleteBucket(name); err != nil {
			return fmt.Errorf("delete table %s: %w", t.Name, err)
		}
	}
	if t.Stream != "" {
		if err := tx.DisableStream(t); err != nil {
			return err
		}
	}
	if err := tx.bucket([]byte(bucketTables)).Delete([]byte(t.Name)); err != nil {
		return fmt.Errorf("delete table %s: %w", t.Name, err)
	}
	return nil
}

// Count is the number of items and their bytes on disk, in the table or, with
// a name, in one of its indexes. It walks the pages.
func (tx *Tx) Count(t *Table, index string) (items, bytes int64) {
	name := itemBucket(t)
	if index != "" {
		name = indexBucket(t, index)
	}
	stats := tx.bucket(name).Stats()
	return int64(stats.KeyN), int64(stats.LeafInuse)
}
