package sqs

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"go.etcd.io/bbolt"
)

// errGone is met by a change whose queue was deleted before it was committed.
var errGone = errors.New("queue is gone")

// Layout: bucket "sqs" holds
//
//	meta/salt           what message ids and receipt handles derive from
//	queue/<name>        queueRecord
//	task/<number>       moveRecord
//	body/<queue>/<seq>  record, never changed
//	state/<queue>/<seq> state, for every record
//
// The sequence of "body" is the highest message number ever given out, that of
// "queue" the highest queue number.
const (
	rootBucket  = "sqs"
	metaBucket  = "meta"
	queueBucket = "queue"
	taskBucket  = "task"
	bodyBucket  = "body"
	stateBucket = "state"
	saltKey     = "salt"
)

// queueRecord is a queue as stored. Created and Modified are Unix seconds.
type queueRecord struct {
	ID         uint64            `json:"id"`
	Name       string            `json:"name"`
	Created    int64             `json:"created"`
	Modified   int64             `json:"modified"`
	Attributes map[string]string `json:"attributes"`
	Tags       map[string]string `json:"tags,omitempty"`
}

// record is the unchanging part of a message.
type record struct {
	ID         string               `json:"id"`
	Body       string               `json:"body"`
	Attributes map[string]attribute `json:"attributes,omitempty"`
	Trace      string               `json:"trace,omitempty"`
	Group      string               `json:"group,omitempty"`
	Sender     string               `json:"sender,omitempty"`
	Source     string               `json:"source,omitempty"` // ARN of the queue a redrive policy took it from
}

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// prepare creates what is missing and returns the salt of this store.
func prepare(tx *bbolt.Tx, seed uint64) ([]byte, error) {
	root, err := tx.CreateBucketIfNotExists([]byte(rootBucket))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{metaBucket, queueBucket, taskBucket, bodyBucket, stateBucket} {
		if _, err := root.CreateBucketIfNotExists([]byte(name)); err != nil {
			return nil, err
		}
	}
	meta := root.Bucket([]byte(metaBucket))
	if salt := meta.Get([]byte(saltKey)); salt != nil {
		return append([]byte(nil), salt...), nil
	}
	salt := sha256.Sum256(key(seed))
	return salt[:], meta.Put([]byte(saltKey), salt[:])
}

func top(tx *bbolt.Tx, name string) *bbolt.Bucket {
	return tx.Bucket([]byte(rootBucket)).Bucket([]byte(name))
}

// checksum is how many bytes before stored JSON guard it, with CRC-32C.
const checksum = 4

var errDamaged = errors.New("what is stored is damaged")

func putJSON(b *bbolt.Bucket, k []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(k, append(binary.BigEndian.AppendUint32(nil, sum(data)), data...))
}

// readJSON reads what putJSON stored.
func readJSON(data []byte, into any) error {
	if len(data) < checksum || binary.BigEndian.Uint32(data) != sum(data[checksum:]) {
		return errDamaged
	}
	return json.Unmarshal(data[checksum:], into)
}

func sum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// createMessages makes the two buckets of a queue.
func createMessages(tx *bbolt.Tx, queue uint64) error {
	for _, name := range []string{bodyBucket, stateBucket} {
		if _, err := top(tx, name).CreateBucketIfNotExists(key(queue)); err != nil {
			return err
		}
	}
	return nil
}

// dropMessages forgets every message of a queue.
func dropMessages(tx *bbolt.Tx, queue uint64) error {
	for _, name := range []string{bodyBucket, stateBucket} {
		if top(tx, name).Bucket(key(queue)) == nil {
			return errGone
		}
		if err := top(tx, name).DeleteBucket(key(queue)); err != nil {
			return err
		}
	}
	return nil
}

// putMessage stores a new message and remembers its number as used.
func putMessage(tx *bbolt.Tx, queue, seq uint64, rec *record, st state) error {
	bodies := top(tx, bodyBucket).Bucket(key(queue))
	states := top(tx, stateBucket).Bucket(key(queue))
	if bodies == nil || states == nil {
		return errGone
	}
	if err := putJSON(bodies, key(seq), rec); err != nil {
		return err
	}
	if err := putJSON(states, key(seq), st); err != nil {
		return err
	}
	if all := top(tx, bodyBucket); all.Sequence() < seq {
		return all.SetSequence(seq)
	}
	return nil
}

// putState updates a message that is still there and leaves others alone.
func putState(tx *bbolt.Tx, queue, seq uint64, st state) error {
	states := top(tx, stateBucket).Bucket(key(queue))
	if states == nil || states.Get(key(seq)) == nil {
		return nil
	}
	return putJSON(states, key(seq), st)
}

// loadRecord returns the body of a message, and whether it is still there.
func loadRecord(tx *bbolt.Tx, queue, seq uint64) (*record, bool, error) {
	bodies := top(tx, bodyBucket).Bucket(key(queue))
	if bodies == nil {
		return nil, false, nil
	}
	data := bodies.Get(key(seq))
	if data == nil {
		return nil, false, nil
	}
	rec := new(record)
	if err := readJSON(data, rec); err != nil {
		return nil, false, fmt.Errorf("read message %d: %w", seq, err)
	}
	return rec, true, nil
}

// dropMessage forgets one message; one already gone is fine.
func dropMessage(tx *bbolt.Tx, queue, seq uint64) error {
	for _, name := range []string{bodyBucket, stateBucket} {
		if b := top(tx, name).Bucket(key(queue)); b != nil {
			if err := b.Delete(key(seq)); err != nil {
				return err
			}
		}
	}
	return nil
}
