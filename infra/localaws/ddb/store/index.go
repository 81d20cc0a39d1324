package store

import (
	"fmt"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// CreateIndex makes room for an index that t already lists, and fills it with
// the items that are in the table. An item whose index key has the wrong type,
// is empty or is too long is left out, as by the real service.
func (tx *Tx) CreateIndex(t *Table, x Index) error {
	tx.dirty = true
	entries, err := tx.tx.CreateBucket(indexBucket(t, x.Name))
	if err != nil {
		return fmt.Errorf("create index %s of table %s: %w", x.Name, t.Name, err)
	}
	tx.db.past.drop(indexBucket(t, x.Name))
	walkErr := tx.Walk(t, nil, Walk{}, func(it attr.Item) bool {
		entry, ok := t.Entry(x, it)
		if ok && fits(x.Key, entry) {
			err = entries.Put(entryKey(t, x, entry), entry.Encode())
		}
		return err == nil
	})
	if walkErr != nil {
		err = walkErr
	}
	if err != nil {
		return fmt.Errorf("fill index %s of table %s: %w", x.Name, t.Name, err)
	}
	return nil
}

// fits says whether an item's key attributes can be a key.
func fits(k Key, it attr.Item) bool {
	for _, name := range k.Names() {
		if v := it[name]; v.Kind != attr.N && v.Text == "" {
			return false
		}
	}
	return it[k.Hash].Size() <= attr.MaxPartitionKey && (k.Range == "" || it[k.Range].Size() <= attr.MaxSortKey)
}

// DeleteIndex removes an index that t does not list any more.
func (tx *Tx) DeleteIndex(t *Table, name string) error {
	tx.dirty = true
	if err := tx.tx.DeleteBucket(indexBucket(t, name)); err != nil {
		return fmt.Errorf("delete index %s of table %s: %w", name, t.Name, err)
	}
	return nil
}
