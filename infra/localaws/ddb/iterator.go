package ddb

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// Limits of DynamoDB Streams (API references of GetRecords and
// GetShardIterator, 2026).
const (
	maxRecords     = 1000
	maxRecordBytes = 1 << 20
	iteratorLife   = 15 * time.Minute
)

// iterator is a place in a shard; clients hold it as an opaque text.
type iterator struct {
	ARN    string    `json:"a"`
	Serial uint32    `json:"s"`
	Next   uint64    `json:"n"`
	Made   time.Time `json:"t"`
}

func (it iterator) encode() string {
	raw, err := json.Marshal(it)
	if err != nil {
		return ""
	}
	return it.ARN + "|1|" + base64.StdEncoding.EncodeToString(raw)
}

func decodeIterator(text string) (iterator, error) {
	var it iterator
	_, encoded, _ := strings.Cut(text, "|1|")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || json.Unmarshal(raw, &it) != nil {
		return it, invalid("Invalid ShardIterator")
	}
	return it, nil
}

func (s *Service) getShardIterator(_ context.Context, p params) (object, error) {
	arn, id := p.text("StreamArn"), p.text("ShardId")
	p.required("StreamArn")
	p.required("ShardId")
	p.required("ShardIteratorType")
	kind := p.choice("ShardIteratorType", "", "AFTER_SEQUENCE_NUMBER", "LATEST", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON")
	number := p.text("SequenceNumber")
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var out object
	err := s.db.View(func(tx *store.Tx) error {
		st, err := s.stream(tx, arn)
		if err != nil {
			return err
		}
		sh, ok := findShard(st, id)
		if !ok {
			return notFound("Shard: " + id + " in stream: " + arn)
		}
		next, err := startOf(tx, st, sh, kind, number)
		if err != nil {
			return err
		}
		out.add("ShardIterator", iterator{arn, sh.Serial, next, tx.Now.UTC()}.encode())
		return nil
	})
	return out, err
}

// startOf is the sequence number at which an iterator begins.
func startOf(tx *store.Tx, st *store.Stream, sh store.Shard, kind, number string) (uint64, error) {
	switch kind {
	case "TRIM_HORIZON":
		return sh.First, nil
	case "LATEST":
		return tx.NextSequence(st), nil
	}
	n, ok := parseSequence(number)
	if !ok || n < sh.First || !sh.Open() && n > sh.Last || n >= tx.NextSequence(st)+1 {
		return 0, invalid("Invalid SequenceNumber: " + number + " is not in the shard")
	}
	if tx.Trimmed(st, sh, n) {
		return 0, refused("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.")
	}
	if kind == "AFTER_SEQUENCE_NUMBER" {
		n++
	}
	return n, nil
}

func (s *Service) getRecords(_ context.Context, p params) (object, error) {
	p.required("ShardIterator")
	text := p.text("ShardIterator")
	limit := p.atLeast("Limit", 1, maxRecords)
	if limit > maxRecords {
		p.unmet("Limit", limit, "Member must have value less than or equal to 1000")
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	it, err := decodeIterator(text)
	if err != nil {
		return nil, err
	}
	most, refusal := s.adverse.disturb(int(limit))
	if refusal != nil {
		return nil, refusal
	}
	var out object
	err = s.db.View(func(tx *store.Tx) error {
		if tx.Now.Sub(it.Made) > iteratorLife {
			return refused("ExpiredIteratorException", "Iterator expired. The iterator was created at time "+it.Made.Format(time.RFC3339)+
				" which is older than 15 minutes.")
		}
		out, err = s.records(tx, it, most)
		return err
	})
	return out, err
}

func (s *Service) records(tx *store.Tx, it iterator, limit int) (object, error) {
	st, err := s.stream(tx, it.ARN)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(st.Shards, func(sh store.Shard) bool { return sh.Serial == it.Serial })
	if i < 0 {
		return nil, refused("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.")
	}
	records, next, err := tx.Records(st, it.Serial, it.Next, limit, maxRecordBytes)
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, r := range records {
		list = append(list, s.describeRecord(st, r))
	}
	out := object{{"Records", list}}
	if sh := st.Shards[i]; sh.Open() || next <= sh.Last && (len(records) > 0 || limit == 0) {
		it.Next, it.Made = next, tx.Now.UTC()
		out.add("NextShardIterator", it.encode())
	}
	return out, nil
}

func (s *Service) describeRecord(st *store.Stream, r store.Record) object {
	var change, out object
	change.add("ApproximateCreationDateTime", float64(r.Time.Unix()))
	change.add("Keys", r.Keys)
	if r.New != nil {
		change.add("NewImage", r.New)
	}
	if r.Old != nil {
		change.add("OldImage", r.Old)
	}
	change.add("SequenceNumber", formatSequence(r.Sequence))
	change.add("SizeBytes", r.Size)
	change.add("StreamViewType", st.View)
	out.add("eventID", fmt.Sprintf("%016x%016x", st.ID, r.Sequence))
	out.add("eventName", r.Event)
	out.add("eventVersion", "1.1")
	out.add("eventSource", "aws:dynamodb")
	out.add("awsRegion", s.region)
	out.add("dynamodb", change)
	if r.ByTTL {
		out.add("userIdentity", object{{"PrincipalId", "dynamodb.amazonaws.com"}, {"Type", "Service"}})
	}
	return out
}
