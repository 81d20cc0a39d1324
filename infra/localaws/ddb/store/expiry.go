package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// tooOld is how long ago an expiry may lie; DynamoDB takes older ones for a
// mistake and leaves the item alone (AWS Developer Guide, "Using time to
// live", 2026).
const tooOld = 5 * 365 * 24 * time.Hour

// expires reads an item's expiry in seconds since 1970.
func expires(t *Table, it attr.Item) (seconds int64, ok bool) {
	if t.TTL == "" || it == nil {
		return 0, false
	}
	v, ok := it[t.TTL]
	if !ok || v.Kind != attr.N || v.Num.Sign() <= 0 {
		return 0, false
	}
	return v.Num.Int64()
}

func expiryKey(seconds int64, row []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(seconds)), row...)
}

// writeExpiry keeps the list of items by expiry.
func (tx *Tx) writeExpiry(t *Table, before, after attr.Item) error {
	if t.TTL == "" {
		return nil
	}
	list := tx.bucket(expiryBucket(t))
	old, had := expires(t, before)
	now, has := expires(t, after)
	if had && has && old == now {
		return nil
	}
	if had {
		if err := list.Delete(expiryKey(old, rowKey(t.Key, before))); err != nil {
			return err
		}
	}
	if !has {
		return nil
	}
	return list.Put(expiryKey(now, rowKey(t.Key, after)), nil)
}

// SetTTL turns expiry on for an attribute, or off when it is empty.
func (tx *Tx) SetTTL(t *Table, attribute string) error {
	tx.dirty = true
	if err := tx.tx.DeleteBucket(expiryBucket(t)); err != nil {
		return fmt.Errorf("set expiry of table %s: %w", t.Name, err)
	}
	list, err := tx.tx.CreateBucket(expiryBucket(t))
	if err != nil {
		return fmt.Errorf("set expiry of table %s: %w", t.Name, err)
	}
	changed := *t
	changed.TTL = attribute
	err = tx.Walk(t, nil, Walk{}, func(it attr.Item) bool {
		if seconds, ok := expires(&changed, it); ok {
			err = list.Put(expiryKey(seconds, rowKey(t.Key, it)), nil)
		}
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("set expiry of table %s: %w", t.Name, err)
	}
	return tx.PutTable(&changed)
}

// Expired lists up to limit items of a table that have expired.
func (tx *Tx) Expired(t *Table, limit int) ([]attr.Item, error) {
	if t.TTL == "" {
		return nil, nil
	}
	rows := tx.bucket(itemBucket(t))
	var expired []attr.Item
	c := tx.bucket(expiryBucket(t)).Cursor()
	from := expiryKey(max(0, tx.Now.Add(-tooOld).Unix()), nil)
	to := expiryKey(max(0, tx.Now.Unix()), nil)
	for k, _ := c.Seek(from); k != nil && bytes.Compare(k, to) < 0 && len(expired) < limit; k, _ = c.Next() {
		it, err := attr.DecodeStored(rows.Get(k[8:]))
		if err != nil {
			return nil, fmt.Errorf("read expired item of table %s: %w", t.Name, err)
		}
		expired = append(expired, it)
	}
	return expired, nil
}

// Expire removes up to limit expired items of a table, with their stream
// records, and returns how many.
func (tx *Tx) Expire(t *Table, limit int) (int, error) {
	expired, err := tx.Expired(t, limit)
	if err != nil {
		return 0, err
	}
	for _, it := range expired {
		if _, err := tx.Write(t, it, nil, true); err != nil {
			return 0, err
		}
	}
	return len(expired), nil
}
