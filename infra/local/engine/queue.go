package engine

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/manystall/manystall/infra/sam"
)

const (
	// receiveWait is the long poll. It is short because a receive is never cut
	// off: a message handed to a caller who has left would stay hidden for the
	// whole visibility timeout.
	receiveWait = time.Second
	// receiveMost is what SQS hands out at once.
	receiveMost = 10
	// defaultConcurrency stands for a trigger without MaximumConcurrency.
	defaultConcurrency = 5
)

// source is one queue trigger in work.
type source struct {
	function sam.Function
	trigger  sam.QueueTrigger
	queue    address
	filter   filter
}

// drain receives from a queue and hands out batches until ctx ends, then waits
// for the batches in work. What is received while ctx ends is given back.
func (e *Engine) drain(ctx, work context.Context, f sam.Function, t sam.QueueTrigger) {
	s := source{function: f, trigger: t}
	s.queue, _ = e.address(t.Queue)
	s.filter, _ = compileFilters(t.Filters) // New has checked them
	limit := t.MaxConcurrency
	if limit == 0 {
		limit = defaultConcurrency
	}
	slots := make(chan struct{}, limit)
	var batches sync.WaitGroup
	defer batches.Wait()
	for failures := 0; ctx.Err() == nil; {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch, err := e.gather(ctx, work, s)
		switch {
		case len(batch) == 0:
			<-slots
		case ctx.Err() != nil:
			e.hide(work, s, batch, func(types.Message) time.Duration { return 0 })
		default:
			batches.Go(func() { defer func() { <-slots }(); e.deliver(work, s, batch) })
		}
		if failures++; err == nil {
			failures = 0
			continue
		}
		e.Log.WarnContext(ctx, "receive from queue", "queue", t.Queue, "error", err)
		e.pause(ctx, backoff(failures, 100*time.Millisecond, 5*time.Second))
	}
}

// gather receives one batch: what is there when the first message comes, or
// what comes within the batching window. Messages received before an error are
// returned with it.
func (e *Engine) gather(ctx, work context.Context, s source) ([]types.Message, error) {
	var batch []types.Message
	var until time.Time
	for len(batch) < s.trigger.BatchSize {
		out, err := e.Queues.ReceiveMessage(work, &sqs.ReceiveMessageInput{
			QueueUrl:                    &s.queue.url,
			MaxNumberOfMessages:         int32(min(receiveMost, s.trigger.BatchSize-len(batch))), //nolint:gosec // at most 10
			WaitTimeSeconds:             int32(receiveWait / time.Second),
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return batch, err
		}
		batch = append(batch, out.Messages...)
		if len(batch) == 0 {
			return nil, nil
		}
		now := e.Now()
		if until.IsZero() {
			until = now.Add(s.trigger.Window)
		}
		if !now.Before(until) || ctx.Err() != nil {
			break
		}
	}
	return batch, nil
}
