package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Retention is how long a stream record can be read (AWS Developer Guide,
// "Change data capture for DynamoDB Streams", 2026).
const Retention = 24 * time.Hour

// Stream describes a table's stream. A Stream that came from a transaction is
// shared and must not be changed.
type Stream struct {
	ID    uint64
	Table string
	// Label is the time of its making, unique for the table.
	Label string
	// View is KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES.
	View    string
	Key     Key
	Created time.Time
	// Disabled is when the table let go of it; zero while it is in use.
	Disabled time.Time
	Shards   []Shard
}

// Shard is one ordered part of a stream: the partition keys whose hash is from
// Low to High.
type Shard struct {
	Serial uint32
	// Parent is the serial of the shard it was split from, 0 for none.
	Parent    uint32 `json:",omitempty"`
	Low, High uint64
	Created   time.Time
	// First is the first sequence number that could be in it.
	First uint64
	// Last is the last sequence number that could be in it once it is closed.
	Last uint64 `json:",omitempty"`
	// Closed is when it was closed, zero while it is open.
	Closed time.Time
}

// Open says whether the shard still takes records.
func (s Shard) Open() bool { return s.Closed.IsZero() }

// StreamKey names a stream in the file.
func StreamKey(table, label string) string { return table + "/" + label }

// Stream reads a stream's description.
func (tx *Tx) Stream(table, label string) (*Stream, bool) {
	key := StreamKey(table, label)
	raw := tx.bucket([]byte(bucketStreams)).Get([]byte(key))
	if raw == nil {
		return nil, false
	}
	s, err := cached(&tx.db.streams, key, raw, func(b []byte) (*Stream, error) {
		s := new(Stream)
		return s, json.Unmarshal(b, s)
	})
	return s, err == nil
}

// ListStreams lists all streams, in the order of table and age.
func (tx *Tx) ListStreams() []*Stream {
	var out []*Stream
	c := tx.bucket([]byte(bucketStreams)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		s := new(Stream)
		if json.Unmarshal(v, s) == nil {
			out = append(out, s)
		}
	}
	return out
}

// CreateStream gives a table that is not yet stored a stream with a label and
// a view. The open shards share the hashes evenly.
func (tx *Tx) CreateStream(t *Table) error {
	tx.dirty = true
	streams := tx.bucket([]byte(bucketStreams))
	id, err := streams.NextSequence()
	if err != nil {
		return fmt.Errorf("create stream of table %s: %w", t.Name, err)
	}
	s := &Stream{ID: id, Table: t.Name, Label: t.Stream, View: t.View, Key: t.Key, Created: tx.Now}
	if _, err := tx.tx.CreateBucket(recordBucket(s)); err != nil {
		return fmt.Errorf("create stream of table %s: %w", t.Name, err)
	}
	n := uint64(tx.db.options.Shards)
	for i := range n {
		width := math.MaxUint64/n + 1
		shard := Shard{Serial: uint32(i + 1), Low: i * width, High: (i+1)*width - 1, Created: tx.Now, First: 1}
		if i == n-1 {
			shard.High = math.MaxUint64
		}
		s.Shards = append(s.Shards, shard)
	}
	return tx.putStream(s)
}

func (tx *Tx) putStream(s *Stream) error {
	tx.dirty = true
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("put stream of table %s: %w", s.Table, err)
	}
	key := []byte(StreamKey(s.Table, s.Label))
	if err := tx.bucket([]byte(bucketStreams)).Put(key, raw); err != nil {
		return fmt.Errorf("put stream of table %s: %w", s.Table, err)
	}
	return nil
}

// DisableStream closes all shards of a table's stream. What is in it stays
// readable for 24 hours.
func (tx *Tx) DisableStream(t *Table) error {
	s, ok := tx.Stream(t.Name, t.Stream)
	if !ok {
		return nil
	}
	changed := *s
	changed.Disabled = tx.Now
	changed.Shards = append([]Shard(nil), s.Shards...)
	last := tx.bucket(recordBucket(s)).Sequence()
	for i := range changed.Shards {
		changed.Shards[i].close(last, tx.Now)
	}
	return tx.putStream(&changed)
}

func (s *Shard) close(last uint64, now time.Time) {
	if s.Open() {
		s.Last, s.Closed = max(last, s.First), now
	}
}

// Split closes an open shard and opens two children that share its hashes.
func (tx *Tx) Split(s *Stream, serial uint32) error {
	changed := *s
	changed.Shards = append([]Shard(nil), s.Shards...)
	last := tx.bucket(recordBucket(s)).Sequence()
	for i := range changed.Shards {
		old := &changed.Shards[i]
		if old.Serial != serial || !old.Open() || old.Low == old.High {
			continue
		}
		old.close(last, tx.Now)
		middle := old.Low + (old.High-old.Low)/2
		next := serial + 1
		for _, other := range changed.Shards {
			next = max(next, other.Serial+1)
		}
		first := Shard{Serial: next, Parent: serial, Low: old.Low, High: middle, Created: tx.Now, First: last + 1}
		second := Shard{Serial: next + 1, Parent: serial, Low: middle + 1, High: old.High, Created: tx.Now, First: last + 1}
		changed.Shards = append(changed.Shards, first, second)
		return tx.putStream(&changed)
	}
	return fmt.Errorf("split shard %d of table %s: no such open shard", serial, s.Table)
}

// shardFor is the open shard that takes a partition key's records.
func (s *Stream) shardFor(v attr.Value) (Shard, bool) {
	h := hash(v)
	for _, shard := range s.Shards {
		if shard.Open() && shard.Low <= h && h <= shard.High {
			return shard, true
		}
	}
	return Shard{}, false
}

func recordKey(serial uint32, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, serial), sequence)
}

// record appends a change to the table's stream.
func (tx *Tx) record(t *Table, before, after attr.Item, byTTL bool) error {
	if t.Stream == "" {
		return nil
	}
	s, ok := tx.Stream(t.Name, t.Stream)
	if !ok {
		return fmt.Errorf("stream %s is missing", t.Stream)
	}
	key := after
	if key == nil {
		key = before
	}
	shard, ok := s.shardFor(key[t.Key.Hash])
	if !ok {
		return fmt.Errorf("stream %s has no open shard for the key", t.Stream)
	}
	records := tx.bucket(recordBucket(s))
	sequence, err := records.NextSequence()
	if err != nil {
		return err
	}
	records.FillPercent = 0.9 // records come in order and are never changed
	tx.streamed = true
	r := newRecord(s, before, after, tx.Now)
	r.ByTTL = byTTL
	return records.Put(recordKey(shard.Serial, sequence), r.encode())
}
