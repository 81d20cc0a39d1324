package ddb

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// sequenceBase is added to a record's number, so that sequence numbers have
// the length that AWS gives them and sort as text too.
const sequenceBase = "100000000000000000000"

func formatSequence(n uint64) string {
	base, _ := new(big.Int).SetString(sequenceBase, 10)
	return base.Add(base, new(big.Int).SetUint64(n)).String()
}

func parseSequence(text string) (uint64, bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return 0, false
	}
	base, _ := new(big.Int).SetString(sequenceBase, 10)
	n.Sub(n, base)
	return n.Uint64(), n.IsUint64()
}

func shardID(sh store.Shard) string {
	return fmt.Sprintf("shardId-%020d-%08x", sh.Created.UnixMilli(), sh.Serial)
}

// findShard finds a shard by its name on the wire.
func findShard(st *store.Stream, id string) (store.Shard, bool) {
	i := slices.IndexFunc(st.Shards, func(sh store.Shard) bool { return shardID(sh) == id })
	if i < 0 {
		return store.Shard{}, false
	}
	return st.Shards[i], true
}

// stream finds a stream by its ARN.
func (s *Service) stream(tx *store.Tx, arn string) (*store.Stream, error) {
	_, rest, _ := strings.Cut(arn, ":table/")
	name, label, ok := strings.Cut(rest, "/stream/")
	if !ok {
		return nil, invalid("Invalid StreamArn")
	}
	st, ok := tx.Stream(name, label)
	if !ok {
		return nil, notFound("Stream: " + arn)
	}
	return st, nil
}

func (s *Service) listStreams(_ context.Context, p params) (object, error) {
	only := p.text("TableName")
	after := p.text("ExclusiveStartStreamArn")
	limit := int(min(p.atLeast("Limit", 1, 100), 100))
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var out object
	err := s.db.View(func(tx *store.Tx) error {
		list := []object{}
		last, more := "", false
		for _, st := range tx.ListStreams() {
			arn := s.streamARN(st.Table, st.Label)
			if only != "" && st.Table != only || after != "" && arn <= after {
				continue
			}
			if len(list) == limit {
				more = true
				break
			}
			last = arn
			list = append(list, object{{"StreamArn", arn}, {"TableName", st.Table}, {"StreamLabel", st.Label}})
		}
		out.add("Streams", list)
		if more {
			out.add("LastEvaluatedStreamArn", last)
		}
		return nil
	})
	return out, err
}

func (s *Service) describeStream(_ context.Context, p params) (object, error) {
	arn := p.text("StreamArn")
	p.required("StreamArn")
	after := p.text("ExclusiveStartShardId")
	limit := int(min(p.atLeast("Limit", 1, 100), 100))
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var out object
	err := s.db.View(func(tx *store.Tx) error {
		st, err := s.stream(tx, arn)
		if err != nil {
			return err
		}
		out.add("StreamDescription", s.describeShards(st, after, limit))
		return nil
	})
	return out, err
}

func (s *Service) describeShards(st *store.Stream, after string, limit int) object {
	status := "ENABLED"
	if !st.Disabled.IsZero() {
		status = "DISABLED"
	}
	shards, last := []object{}, ""
	skipping := after != ""
	var out object
	out.add("StreamArn", s.streamARN(st.Table, st.Label))
	out.add("StreamLabel", st.Label)
	out.add("StreamStatus", status)
	out.add("StreamViewType", st.View)
	out.add("CreationRequestDateTime", seconds(st.Created))
	out.add("TableName", st.Table)
	out.add("KeySchema", schema(st.Key))
	for _, sh := range st.Shards {
		if skipping {
			skipping = shardID(sh) != after
			continue
		}
		if len(shards) == limit {
			out.add("LastEvaluatedShardId", last)
			break
		}
		last = shardID(sh)
		shards = append(shards, describeShard(st, sh))
	}
	out.add("Shards", shards)
	return out
}

func describeShard(st *store.Stream, sh store.Shard) object {
	o := object{{"ShardId", shardID(sh)}}
	numbers := object{{"StartingSequenceNumber", formatSequence(sh.First)}}
	if !sh.Open() {
		numbers.add("EndingSequenceNumber", formatSequence(sh.Last))
	}
	o.add("SequenceNumberRange", numbers)
	for _, parent := range st.Shards {
		if sh.Parent != 0 && parent.Serial == sh.Parent {
			o.add("ParentShardId", shardID(parent))
		}
	}
	return o
}

// SplitShard closes an open shard of a table's stream and opens two in its
// place, as AWS does when a partition grows. Which shard is counted among the
// open ones, from 0.
func (s *Service) SplitShard(ctx context.Context, tableName string, which int) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		t, err := table(tx, tableName)
		if err != nil {
			return err
		}
		st, ok := tx.Stream(t.Name, t.Stream)
		if !ok {
			return notFound("Stream of table " + tableName)
		}
		for _, sh := range st.Shards {
			if !sh.Open() {
				continue
			}
			if which == 0 {
				return tx.Split(st, sh.Serial)
			}
			which--
		}
		return notFound("Shard of table " + tableName)
	})
}
