package simkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Store keeps a simulated marketplace in one file. A write survives the death
// of the process (not of the machine: a simulator is not worth an fsync).
type Store struct{ db *bbolt.DB }

// OpenStore opens or creates the file at path. It is an error when another
// process holds the file for more than two seconds.
func OpenStore(path string) (*Store, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true, Timeout: 2 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("open simulator store %s: %w", path, err)
	}
	return &Store{db: db}, nil
}

// Close releases the file.
func (s *Store) Close() error { return s.db.Close() }

// Tx is one transaction over tables of JSON rows.
type Tx struct{ tx *bbolt.Tx }

// Update runs f in a read-write transaction; an error undoes all of it.
// Updates run one after the other.
func (s *Store) Update(f func(*Tx) error) error {
	return s.db.Update(func(tx *bbolt.Tx) error { return f(&Tx{tx}) })
}

// View runs f in a read-only transaction.
func (s *Store) View(f func(*Tx) error) error {
	return s.db.View(func(tx *bbolt.Tx) error { return f(&Tx{tx}) })
}

// Put creates or replaces a row.
func (t *Tx) Put(table, key string, row any) error {
	raw, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", table, key, err)
	}
	b, err := t.tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return b.Put([]byte(key), raw)
}

// Find decodes a row into row and says whether there is one.
func (t *Tx) Find(table, key string, row any) (bool, error) {
	b := t.tx.Bucket([]byte(table))
	if b == nil {
		return false, nil
	}
	raw := b.Get([]byte(key))
	if raw == nil {
		return false, nil
	}
	if err := json.Unmarshal(raw, row); err != nil {
		return false, fmt.Errorf("decode %s %s: %w", table, key, err)
	}
	return true, nil
}

// Delete removes a row if it is there.
func (t *Tx) Delete(table, key string) error {
	b := t.tx.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	return b.Delete([]byte(key))
}

// Next is a number that was never given out before for this table, from 1.
func (t *Tx) Next(table string) (uint64, error) {
	b, err := t.tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return 0, fmt.Errorf("table %s: %w", table, err)
	}
	return b.NextSequence()
}

// Each visits the rows whose key begins with prefix, in key order, until visit
// returns false. The rows of the table must not be changed meanwhile.
func Each[T any](t *Tx, table, prefix string, visit func(key string, row T) bool) error {
	b := t.tx.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
		var row T
		if err := json.Unmarshal(v, &row); err != nil {
			return fmt.Errorf("decode %s %s: %w", table, k, err)
		}
		if !visit(string(k), row) {
			return nil
		}
	}
	return nil
}
