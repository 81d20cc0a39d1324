package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// process hands a batch to the function until all of it is done or given up,
// and saves how far it came. It returns false when ctx ended before that.
func (r *reader) process(ctx, work context.Context, batch []record) bool {
	var admitted []record
	for _, one := range batch {
		if r.filter.admits(one.view) {
			admitted = append(admitted, one)
		}
	}
	if !r.finish(ctx, work, admitted) {
		// What was read behind the last checkpoint has to be read again.
		r.iterator = nil
		return false
	}
	r.save(work, batch[len(batch)-1].seq())
	return true
}

// finish retries a batch. A reported failure begins anew at the failed record;
// a batch that failed as a whole is split where the trigger says so, each half
// with retries of its own; after the last retry it goes to the failure
// destination (docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html, 2026-11).
func (r *reader) finish(ctx, work context.Context, batch []record) bool {
	for retries := 0; len(batch) > 0; retries++ {
		if young := r.dropOld(ctx, work, batch); len(young) < len(batch) {
			batch, retries = young, -1
			continue
		}
		done, err := r.attempt(work, batch)
		if done > 0 {
			r.save(work, batch[done-1].seq())
			batch = batch[done:]
		}
		if len(batch) == 0 {
			return true
		}
		r.Log.WarnContext(ctx, "stream records failed", "function", r.function.Name, "shard", r.shard,
			"failed", len(batch), "retries", retries, "error", err)
		if ctx.Err() != nil {
			return false
		}
		if done == 0 && r.trigger.Bisect && len(batch) > 1 {
			half := len(batch) / 2
			return r.finish(ctx, work, batch[:half]) && r.finish(ctx, work, batch[half:])
		}
		if done > 0 {
			retries = 0
		}
		if r.trigger.MaxRetries >= 0 && retries >= r.trigger.MaxRetries {
			return r.giveUp(ctx, work, batch, exhausted(retries+1))
		}
		if !r.pause(ctx, backoff(retries+1, 100*time.Millisecond, 5*time.Second)) {
			return false
		}
	}
	return true
}

// attempt is one call; it returns how many records from the front are done.
func (r *reader) attempt(work context.Context, batch []record) (int, error) {
	event := events.DynamoDBEvent{}
	for _, one := range batch {
		event.Records = append(event.Records, one.event)
	}
	out, err := r.callWith(work, r.function, event)
	if err != nil {
		return 0, err
	}
	if !r.trigger.ReportFailures || len(out) == 0 {
		return len(batch), nil
	}
	return firstFailed(out, batch)
}

// firstFailed is the place of the lowest failed record. A name that is not in
// the batch fails all of it, as on AWS.
func firstFailed(out []byte, batch []record) (int, error) {
	var response events.DynamoDBEventResponse
	if err := json.Unmarshal(out, &response); err != nil {
		return 0, fmt.Errorf("decode batch response: %w", err)
	}
	places := map[string]int{}
	for i, one := range batch {
		places[one.seq()] = i
	}
	first := len(batch)
	for _, f := range response.BatchItemFailures {
		place, ok := places[f.ItemIdentifier]
		if !ok {
			return 0, fmt.Errorf("batch response names %q, which is not in the batch", f.ItemIdentifier)
		}
		first = min(first, place)
	}
	return first, nil
}

// dropOld gives up the records in front that are older than the trigger's
// limit and returns the others.
func (r *reader) dropOld(ctx, work context.Context, batch []record) []record {
	if r.trigger.MaxAge == 0 {
		return batch
	}
	old := 0
	for old < len(batch) && r.Now().Sub(batch[old].created()) > r.trigger.MaxAge {
		old++
	}
	if old == 0 || !r.giveUp(ctx, work, batch[:old], tooOld()) {
		return batch
	}
	return batch[old:]
}
