package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Record is one change of one item.
type Record struct {
	Sequence uint64
	Time     time.Time
	// Event is INSERT, MODIFY or REMOVE.
	Event string
	// Keys, Old and New are what the view type asks for; nil is absent.
	Keys, Old, New attr.Item
	// Size is the bytes of keys and images.
	Size int
	// ByTTL says that the item expired.
	ByTTL bool
}

func newRecord(s *Stream, before, after attr.Item, now time.Time) Record {
	r := Record{Time: now, Event: "MODIFY"}
	switch {
	case before == nil:
		r.Event, r.Keys = "INSERT", s.Key.Of(after)
	case after == nil:
		r.Event, r.Keys = "REMOVE", s.Key.Of(before)
	default:
		r.Keys = s.Key.Of(after)
	}
	if s.View == "OLD_IMAGE" || s.View == "NEW_AND_OLD_IMAGES" {
		r.Old = before
	}
	if s.View == "NEW_IMAGE" || s.View == "NEW_AND_OLD_IMAGES" {
		r.New = after
	}
	return r
}

// encode writes the time, a byte for the event, and keys and images with their
// lengths; an absent image has length 0.
func (r Record) encode() []byte {
	out := binary.BigEndian.AppendUint64(nil, uint64(r.Time.UnixMilli()))
	event := r.Event[0]
	if r.ByTTL {
		event = 'T'
	}
	out = append(out, event)
	for _, it := range []attr.Item{r.Keys, r.Old, r.New} {
		var raw []byte
		if it != nil {
			raw = it.Encode()
		}
		out = append(binary.AppendUvarint(out, uint64(len(raw))), raw...)
	}
	return out
}

func recordTime(raw []byte) time.Time {
	if len(raw) < 8 {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw))).UTC()
}

func decodeRecord(sequence uint64, raw []byte) (Record, error) {
	r := Record{Sequence: sequence, Time: recordTime(raw)}
	if len(raw) < 9 {
		return r, attr.ErrCorrupt
	}
	switch raw[8] {
	case 'I':
		r.Event = "INSERT"
	case 'M':
		r.Event = "MODIFY"
	case 'R', 'T':
		r.Event, r.ByTTL = "REMOVE", raw[8] == 'T'
	default:
		return r, attr.ErrCorrupt
	}
	raw = raw[9:]
	for _, it := range []*attr.Item{&r.Keys, &r.Old, &r.New} {
		n, used := binary.Uvarint(raw)
		if used <= 0 || n > uint64(len(raw)-used) {
			return r, attr.ErrCorrupt
		}
		part := raw[used : used+int(n)]
		raw = raw[used+int(n):]
		if n == 0 {
			continue
		}
		decoded, err := attr.DecodeStored(part)
		if err != nil {
			return r, err
		}
		*it = decoded
		r.Size += decoded.Size()
	}
	return r, nil
}

// Records reads a shard from a sequence number on: up to limit records and
// about maxBytes. next is where to go on. Records past Retention are skipped.
func (tx *Tx) Records(s *Stream, serial uint32, from uint64, limit, maxBytes int) (out []Record, next uint64, err error) {
	next = from
	span := under(binary.BigEndian.AppendUint32(nil, serial))
	c := tx.bucket(recordBucket(s)).Cursor()
	size := 0
	for k, v := c.Seek(recordKey(serial, from)); k != nil && span.Contains(k); k, v = c.Next() {
		sequence := binary.BigEndian.Uint64(k[4:])
		if !recordTime(v).After(tx.Now.Add(-Retention)) {
			next = sequence + 1
			continue
		}
		r, err := decodeRecord(sequence, v)
		if err != nil {
			return nil, from, fmt.Errorf("read stream of table %s: %w", s.Table, err)
		}
		size += r.Size
		if len(out) == limit || len(out) > 0 && size > maxBytes {
			break
		}
		out = append(out, r)
		next = sequence + 1
	}
	return out, next, nil
}

// Oldest is the sequence number of a shard's oldest record that can still be
// read, or the next one to come if there is none.
func (tx *Tx) Oldest(s *Stream, serial uint32) uint64 {
	span := under(binary.BigEndian.AppendUint32(nil, serial))
	c := tx.bucket(recordBucket(s)).Cursor()
	for k, v := c.Seek(span.low); k != nil && span.Contains(k); k, v = c.Next() {
		if recordTime(v).After(tx.Now.Add(-Retention)) {
			return binary.BigEndian.Uint64(k[4:])
		}
	}
	return tx.NextSequence(s)
}

// Trimmed says whether a shard once had a record at this sequence number, or
// may have had, that can be read no more.
func (tx *Tx) Trimmed(s *Stream, shard Shard, sequence uint64) bool {
	if sequence >= tx.Oldest(s, shard.Serial) {
		return false
	}
	horizon := tx.Now.Add(-Retention)
	v := tx.bucket(recordBucket(s)).Get(recordKey(shard.Serial, sequence))
	return v != nil || shard.Created.Before(horizon)
}

// NextSequence is the sequence number that the stream's next record will have.
func (tx *Tx) NextSequence(s *Stream) uint64 {
	last := tx.bucket(recordBucket(s)).Sequence()
	if last == math.MaxUint64 {
		return last
	}
	return last + 1
}
