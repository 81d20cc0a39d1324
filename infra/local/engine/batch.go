package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// settleTime bounds what is told to a queue after a batch, also when the engine
// is being stopped.
const settleTime = 5 * time.Second

// deliver calls the function for a batch and tells the queue how it went.
// Messages no filter admits are deleted, as Lambda does.
func (e *Engine) deliver(work context.Context, s source, batch []types.Message) {
	var admitted, done []types.Message
	var records []events.SQSMessage
	size := 0
	for _, m := range batch {
		r := e.sqsMessage(s, m)
		if !s.filter.admits(filterView(r)) {
			done = append(done, m)
			continue
		}
		weight := encodedSize(r)
		if size+weight > maxPayload-1024 && len(records) > 0 {
			e.deliverPart(work, s, admitted, records)
			admitted, records, size = nil, nil, 0
		}
		admitted, records, size = append(admitted, m), append(records, r), size+weight
	}
	if len(records) > 0 {
		e.deliverPart(work, s, admitted, records)
	}
	e.remove(work, s, done)
}

func encodedSize(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return len(data) + 1
}

// deliverPart is one call. Failed messages stay in the queue and come again.
func (e *Engine) deliverPart(work context.Context, s source, batch []types.Message, records []events.SQSMessage) {
	out, err := e.callWith(work, s.function, events.SQSEvent{Records: records})
	failed := map[string]bool{}
	if err == nil && s.trigger.ReportFailures {
		failed, err = failedIDs(out, records)
	}
	var done, again []types.Message
	for _, m := range batch {
		if err != nil || failed[aws.ToString(m.MessageId)] {
			again = append(again, m)
		} else {
			done = append(done, m)
		}
	}
	if len(again) > 0 {
		e.Log.WarnContext(work, "messages failed", "function", s.function.Name, "queue", s.trigger.Queue,
			"failed", len(again), "of", len(batch), "error", err)
	}
	e.remove(work, s, done)
	e.postpone(work, s, again)
}

// failedIDs reads a partial batch response. A response that names a message
// which was not in the batch fails the batch, as on AWS; an empty one means
// that all went well.
func failedIDs(out []byte, records []events.SQSMessage) (map[string]bool, error) {
	failed := map[string]bool{}
	var response events.SQSEventResponse
	if len(out) == 0 {
		return failed, nil
	}
	if err := json.Unmarshal(out, &response); err != nil {
		return nil, fmt.Errorf("decode batch response: %w", err)
	}
	known := map[string]bool{}
	for _, r := range records {
		known[r.MessageId] = true
	}
	for _, f := range response.BatchItemFailures {
		if !known[f.ItemIdentifier] {
			return nil, fmt.Errorf("batch response names %q, which is not in the batch", f.ItemIdentifier)
		}
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}

// remove deletes messages that are done. One that cannot be deleted comes
// again, as it may on AWS.
func (e *Engine) remove(work context.Context, s source, messages []types.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), settleTime)
	defer cancel()
	for part := range slices.Chunk(messages, receiveMost) {
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &s.queue.url}
		for i, m := range part {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle,
			})
		}
		out, err := e.Queues.DeleteMessageBatch(ctx, in)
		if err != nil || len(out.Failed) > 0 {
			e.Log.WarnContext(ctx, "delete messages; they will come again", "queue", s.trigger.Queue, "error", err)
		}
	}
}

// postpone lets failed messages come again after 1, 2, 4 … seconds, at most
// after the visibility timeout (see the package comment).
func (e *Engine) postpone(work context.Context, s source, messages []types.Message) {
	longest := max(s.queue.settings.Visibility, time.Second)
	e.hide(work, s, messages, func(m types.Message) time.Duration {
		return backoff(receives(m), time.Second, longest)
	})
}

// hide sets how long messages in hand stay hidden from now on.
func (e *Engine) hide(work context.Context, s source, messages []types.Message, wait func(types.Message) time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), settleTime)
	defer cancel()
	for part := range slices.Chunk(messages, receiveMost) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &s.queue.url}
		for i, m := range part {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle,
				VisibilityTimeout: int32(wait(m) / time.Second), //nolint:gosec // at most 12 h
			})
		}
		out, err := e.Queues.ChangeMessageVisibilityBatch(ctx, in)
		if err != nil || len(out.Failed) > 0 {
			e.Log.WarnContext(ctx, "give messages back; they come again after the visibility timeout", "queue", s.trigger.Queue, "error", err)
		}
	}
}
