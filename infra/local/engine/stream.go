package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/manystall/manystall/infra/sam"
)

const (
	// shardRefresh is how often new shards are looked for; the end of a shard
	// is a reason to look at once.
	shardRefresh = 5 * time.Second
	// readInterval is how often an open shard is read when nothing tells of
	// changes; Lambda does it four times a second.
	readInterval = 250 * time.Millisecond
	// shardEnd is the checkpoint of a shard read to its end.
	shardEnd = "SHARD_END"
)

// stream is one stream trigger in work. Its maps belong to follow alone.
type stream struct {
	function sam.Function
	trigger  sam.StreamTrigger
	filter   filter
	arn      string
	// ended and running hold shard ids.
	ended, running map[string]bool
	// over receives each reader's shard id with whether it read to the end.
	over chan shardState
}

type shardState struct {
	id    string
	ended bool
}

// follow reads all shards of a table's stream until ctx ends: children after
// their parents, unrelated ones side by side.
func (e *Engine) follow(ctx, work context.Context, f sam.Function, t sam.StreamTrigger) {
	s := &stream{function: f, trigger: t, ended: map[string]bool{}, running: map[string]bool{}, over: make(chan shardState)}
	s.filter, _ = compileFilters(t.Filters) // New has checked them
	var readers sync.WaitGroup
	defer func() {
		go func() { readers.Wait(); close(s.over) }()
		for range s.over { // let every reader report and leave
		}
	}()
	for failures := 0; ctx.Err() == nil; {
		err := e.startReaders(ctx, work, s, &readers)
		wait := shardRefresh
		if failures++; err == nil {
			failures = 0
		} else {
			e.Log.WarnContext(ctx, "look for shards", "table", t.Table, "error", err)
			wait = backoff(failures, 100*time.Millisecond, shardRefresh)
		}
		select {
		case <-ctx.Done():
		case <-e.After(wait):
		case state := <-s.over:
			delete(s.running, state.id)
			s.ended[state.id] = s.ended[state.id] || state.ended
		}
	}
}

// startReaders lists the shards and starts a reader for each that is ready.
func (e *Engine) startReaders(ctx, work context.Context, s *stream, readers *sync.WaitGroup) error {
	shards, err := e.listShards(ctx, s)
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, shard := range shards {
		listed[aws.ToString(shard.ShardId)] = true
	}
	for _, shard := range shards {
		id, parent := aws.ToString(shard.ShardId), aws.ToString(shard.ParentShardId)
		r := &reader{Engine: e, stream: s, shard: id, child: listed[parent]}
		if err := e.checkEnded(ctx, s, r); err != nil {
			return err
		}
		if s.ended[id] || s.running[id] || listed[parent] && !s.ended[parent] {
			continue
		}
		s.running[id] = true
		readers.Go(func() { s.over <- shardState{id, r.run(ctx, work)} })
	}
	return nil
}

// checkEnded loads the checkpoint of a shard not seen before.
func (e *Engine) checkEnded(ctx context.Context, s *stream, r *reader) error {
	if s.ended[r.shard] || s.running[r.shard] {
		return nil
	}
	seq, err := e.Checkpoints.Load(ctx, r.key())
	if err != nil {
		return fmt.Errorf("load checkpoint %s: %w", r.key(), err)
	}
	if seq == shardEnd {
		s.ended[r.shard] = true
	}
	r.last = seq
	return nil
}

func (e *Engine) listShards(ctx context.Context, s *stream) ([]types.Shard, error) {
	if s.arn == "" {
		arn, err := e.streamARN(ctx, s.trigger.Table)
		if err != nil {
			return nil, err
		}
		s.arn = arn
	}
	var all []types.Shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &s.arn}
	for {
		out, err := e.Streams.DescribeStream(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("describe stream: %w", err)
		}
		all = append(all, out.StreamDescription.Shards...)
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return all, nil
		}
	}
}

func (e *Engine) streamARN(ctx context.Context, logicalID string) (string, error) {
	for _, t := range e.Template.Tables {
		if t.LogicalID != logicalID {
			continue
		}
		out, err := e.Tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
		if err != nil {
			return "", fmt.Errorf("describe table %s: %w", t.Name, err)
		}
		if arn := aws.ToString(out.Table.LatestStreamArn); arn != "" {
			return arn, nil
		}
	}
	return "", fmt.Errorf("table %s has no stream", logicalID)
}
