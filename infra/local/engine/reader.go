package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// reader reads one shard. It belongs to one goroutine.
type reader struct {
	*Engine
	*stream
	shard string
	// child is true when the shard's parent is still listed; such a shard is
	// read from its beginning whatever the starting position.
	child bool
	// last is the sequence number of the last record done with, "" for none.
	last     string
	iterator *string
}

// key names the reader's checkpoint. The ARN has the time of the stream's
// creation in it, so a table made anew begins anew.
func (r *reader) key() string {
	return r.function.Name + "/" + r.trigger.Event + "/" + r.arn + "/" + r.shard
}

// run reads until the shard's end (true) or until ctx ends (false).
func (r *reader) run(ctx, work context.Context) bool {
	for failures := 0; ctx.Err() == nil; {
		changed := r.StreamChanged() // before reading, so that nothing is missed
		batch, ended, err := r.gather(ctx)
		if err != nil && ctx.Err() == nil {
			failures++
			r.Log.WarnContext(ctx, "read stream", "shard", r.shard, "error", err)
			r.iterator = nil
			r.pause(ctx, backoff(failures, 100*time.Millisecond, 5*time.Second))
			continue
		}
		failures = 0
		if len(batch) > 0 && !r.process(ctx, work, batch) {
			return false
		}
		if ended {
			r.save(work, shardEnd)
			return true
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-r.After(readInterval):
		}
	}
	return false
}

// gather reads one batch: what is there, or what comes within the batching
// window, up to the batch size and the size of a call. Nothing read is lost
// when it fails, since the position moves with process only.
func (r *reader) gather(ctx context.Context) (batch []record, ended bool, err error) {
	var until time.Time
	size := 0
	for len(batch) < r.trigger.BatchSize && size < maxPayload/2 {
		page, ended, err := r.page(ctx, r.trigger.BatchSize-len(batch))
		if err != nil {
			return nil, false, err
		}
		for _, one := range page {
			batch, size = append(batch, one), size+one.size
		}
		if ended || len(batch) == 0 {
			return batch, ended, nil
		}
		now := r.Now()
		if until.IsZero() {
			until = now.Add(r.trigger.Window)
		}
		if !now.Before(until) {
			break
		}
		if len(page) == 0 && !r.pause(ctx, min(readInterval, until.Sub(now))) {
			break
		}
	}
	return batch, false, nil
}

// page reads at most limit records; ended is true after the shard's last one.
func (r *reader) page(ctx context.Context, limit int) (page []record, ended bool, err error) {
	if r.iterator == nil {
		if r.iterator, err = r.position(ctx); err != nil {
			return nil, false, err
		}
	}
	out, err := r.Streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{
		ShardIterator: r.iterator, Limit: aws.Int32(int32(min(limit, 1000))), //nolint:gosec // at most 1000
	})
	if err != nil {
		return nil, false, fmt.Errorf("get records: %w", err)
	}
	r.iterator = out.NextShardIterator
	for _, one := range out.Records {
		converted, err := r.convert(one)
		if err != nil {
			return nil, false, err
		}
		page = append(page, converted)
	}
	return page, out.NextShardIterator == nil, nil
}

// position is an iterator behind the last record done with. What the stream has
// forgotten meanwhile (24 h) is lost, which is worth an error in the log.
func (r *reader) position(ctx context.Context) (*string, error) {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &r.arn, ShardId: &r.shard}
	switch {
	case r.last != "":
		in.ShardIteratorType, in.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &r.last
	case r.child:
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	default:
		in.ShardIteratorType = types.ShardIteratorType(r.trigger.StartingPosition)
	}
	out, err := r.Streams.GetShardIterator(ctx, in)
	var trimmed *types.TrimmedDataAccessException
	if errors.As(err, &trimmed) {
		r.Log.ErrorContext(ctx, "stream has forgotten records not yet read", "shard", r.shard, "after", r.last)
		in.ShardIteratorType, in.SequenceNumber = types.ShardIteratorTypeTrimHorizon, nil
		out, err = r.Streams.GetShardIterator(ctx, in)
	}
	if err != nil {
		return nil, fmt.Errorf("get shard iterator: %w", err)
	}
	return out.ShardIterator, nil
}

// save notes how far the shard has been read. When that fails, records come
// again after a restart, as they may on AWS.
func (r *reader) save(work context.Context, seq string) {
	if seq != shardEnd {
		r.last = seq
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), settleTime)
	defer cancel()
	if err := r.Checkpoints.Save(ctx, r.key(), seq); err != nil {
		r.Log.WarnContext(ctx, "save checkpoint", "key", r.key(), "error", err)
	}
}
