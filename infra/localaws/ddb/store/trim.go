package store

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// Untrimmed says whether Trim would find something to do.
func (tx *Tx) Untrimmed(s *Stream) bool {
	return len(tx.oldRecords(s, tx.bucket(recordBucket(s)), 1)) > 0 || tx.outlived(s) || len(tx.keptShards(s)) < len(s.Shards)
}

// outlived says whether all records of a disabled stream are past Retention.
func (tx *Tx) outlived(s *Stream) bool {
	return !s.Disabled.IsZero() && s.Disabled.Before(tx.Now.Add(-Retention))
}

// keptShards are the shards that are open or were so within Retention.
func (tx *Tx) keptShards(s *Stream) []Shard {
	var kept []Shard
	for _, shard := range s.Shards {
		if shard.Open() || shard.Closed.After(tx.Now.Add(-Retention)) {
			kept = append(kept, shard)
		}
	}
	return kept
}

// Trim removes records older than Retention, shards that were closed before
// that and are empty, and streams that were disabled before that.
func (tx *Tx) Trim(s *Stream, limit int) (int, error) {
	records := tx.bucket(recordBucket(s))
	old := tx.oldRecords(s, records, limit)
	for _, k := range old {
		tx.dirty = true
		if err := records.Delete(k); err != nil {
			return 0, fmt.Errorf("trim stream of table %s: %w", s.Table, err)
		}
	}
	if len(old) == limit {
		return limit, nil
	}
	return len(old), tx.trimShards(s)
}

func (tx *Tx) oldRecords(s *Stream, records *bbolt.Bucket, limit int) [][]byte {
	var out [][]byte
	c := records.Cursor()
	for _, shard := range s.Shards {
		span := under(binary.BigEndian.AppendUint32(nil, shard.Serial))
		for k, v := c.Seek(span.low); k != nil && span.Contains(k) && len(out) < limit; k, v = c.Next() {
			if recordTime(v).After(tx.Now.Add(-Retention)) {
				break
			}
			out = append(out, append([]byte(nil), k...))
		}
	}
	return out
}

func (tx *Tx) trimShards(s *Stream) error {
	if tx.outlived(s) {
		tx.dirty = true
		if err := tx.tx.DeleteBucket(recordBucket(s)); err != nil {
			return fmt.Errorf("remove stream of table %s: %w", s.Table, err)
		}
		return tx.bucket([]byte(bucketStreams)).Delete([]byte(StreamKey(s.Table, s.Label)))
	}
	kept := tx.keptShards(s)
	if len(kept) == len(s.Shards) {
		return nil
	}
	changed := *s
	changed.Shards = kept
	return tx.putStream(&changed)
}
