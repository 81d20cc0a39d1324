// Package queue sends the product's messages through Amazon SQS: standard
// queues, ten messages a call, what was not accepted tried again.
package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

const (
	// batchMessages is what SQS takes in one call (API reference, 2025-11).
	batchMessages = 10
	// batchBytes bounds a call and a message. SQS takes 1 MiB since August
	// 2025; a quarter of it is what it took for years and what stand-ins take.
	// Larger things belong into a blob.
	batchBytes = 256 << 10
	// maxDelay is the longest SQS delays a message (API reference, 2025-11).
	maxDelay = 15 * time.Minute
	// attempts is how often an entry that SQS refuses for its own reasons is sent.
	attempts = 3
)

// API is the part of the SQS client that is used.
type API interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	StartMessageMoveTask(context.Context, *sqs.StartMessageMoveTaskInput, ...func(*sqs.Options)) (*sqs.StartMessageMoveTaskOutput, error)
}

// Address is where a queue and its dead-letter queue are. A function is given
// only those it may use; the others are empty.
type Address struct {
	URL  string
	Dead string
}

// Queues implements port.Sender and port.QueueDesk. It is safe for concurrent use.
type Queues struct {
	api       API
	addresses map[string]Address
	pause     func(ctx context.Context, d time.Duration) error
}

var (
	_ port.Sender    = (*Queues)(nil)
	_ port.QueueDesk = (*Queues)(nil)
)

// New reaches the queues at the addresses, by their names in port.
func New(api API, addresses map[string]Address) *Queues {
	return &Queues{api: api, addresses: addresses, pause: httpclient.Sleep}
}

// Unsent is the cause of a send that was not accepted whole: the positions of
// the messages that were not, or may not have been, accepted.
type Unsent struct {
	Positions []int
	Err       error
}

// Error names the positions.
func (u *Unsent) Error() string { return fmt.Sprintf("messages %v: %v", u.Positions, u.Err) }

// Unwrap is what SQS said last.
func (u *Unsent) Unwrap() error { return u.Err }

// Send implements port.Sender. Delays are rounded up to seconds and cut to 15
// minutes. An answer that was lost leaves a message sent and reported as
// unsent, which a standard queue's readers must bear anyway. The fault is
// TooLarge for a message over 256 KiB (then none is sent), Temporary for what
// may work later; its cause is an *Unsent.
func (q *Queues) Send(ctx context.Context, queue string, messages ...port.Outgoing) error {
	url, err := q.url(queue)
	if err != nil {
		return err
	}
	entries, err := encode(queue, messages)
	if err != nil {
		return err
	}
	var lost []entry
	var last error
	for _, batch := range batches(entries) {
		rest, err := q.sendBatch(ctx, url, batch)
		lost = append(lost, rest...)
		if err != nil {
			last = err
		}
	}
	if len(lost) == 0 {
		return nil
	}
	cause := &Unsent{Positions: positions(lost), Err: last}
	return fault.Wrap(cause, kindOf(last), "queue_refused",
		"%d of %d messages were not accepted by %s; send them again.", len(lost), len(messages), queue)
}

func (q *Queues) url(queue string) (string, error) {
	if a := q.addresses[queue]; a.URL != "" {
		return a.URL, nil
	}
	return "", fault.New(fault.Internal, "queue_unknown", "The address of %s is not set; give it to this function in the template.", queue)
}

func (q *Queues) dead(queue string) (string, error) {
	if a := q.addresses[queue]; a.Dead != "" {
		return a.Dead, nil
	}
	return "", fault.New(fault.Internal, "queue_unknown", "The address of the dead-letter queue of %s is not set; give it to this function in the template.", queue)
}

// entry is an encoded message and its position in the call of Send.
type entry struct {
	position int
	body     string
	delay    int32
}

func encode(queue string, messages []port.Outgoing) ([]entry, error) {
	entries := make([]entry, 0, len(messages))
	for i, m := range messages {
		body, err := json.Marshal(m.Body)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "message_encoding", "Message %d for %s can't be encoded.", i, queue)
		}
		if len(body) > batchBytes {
			return nil, fault.New(fault.TooLarge, "message_too_large",
				"Message %d for %s has %d bytes and may have %d; put its content into a blob.", i, queue, len(body), batchBytes)
		}
		entries = append(entries, entry{i, string(body), delaySeconds(m.Delay)})
	}
	return entries, nil
}

func delaySeconds(d time.Duration) int32 {
	d = min(max(d, 0), maxDelay)
	return int32((d + time.Second - 1) / time.Second)
}

// batches cuts entries, in order, into calls within the limits.
func batches(entries []entry) [][]entry {
	var all [][]entry
	size := 0
	for i, e := range entries {
		last := len(all) - 1
		if i == 0 || len(all[last]) == batchMessages || size+len(e.body) > batchBytes {
			all, size = append(all, nil), 0
			last++
		}
		all[last] = append(all[last], e)
		size += len(e.body)
	}
	return all
}

// sendBatch returns the entries SQS did not accept and the last reason.
func (q *Queues) sendBatch(ctx context.Context, url string, batch []entry) (lost []entry, last error) {
	for attempt := range attempts {
		if attempt > 0 {
			if err := q.pause(ctx, 100*time.Millisecond<<attempt); err != nil {
				return append(lost, batch...), err
			}
		}
		out, err := q.api.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: wireEntries(batch)})
		if err != nil {
			return append(lost, batch...), err // the client has tried again already
		}
		again, refused, reason := split(batch, out.Failed)
		lost = append(lost, refused...)
		if reason != nil {
			last = reason
		}
		if batch = again; len(batch) == 0 {
			return lost, last
		}
	}
	return append(lost, batch...), last
}

func wireEntries(batch []entry) []types.SendMessageBatchRequestEntry {
	out := make([]types.SendMessageBatchRequestEntry, 0, len(batch))
	for i := range batch {
		out = append(out, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: &batch[i].body, DelaySeconds: batch[i].delay,
		})
	}
	return out
}

// split separates what is worth another try from what is our fault.
func split(batch []entry, failed []types.BatchResultErrorEntry) (again, refused []entry, reason error) {
	for _, f := range failed {
		i, err := strconv.Atoi(aws.ToString(f.Id))
		if err != nil || i < 0 || i >= len(batch) {
			continue // an answer about a message we did not send
		}
		reason = &refusal{code: aws.ToString(f.Code), text: aws.ToString(f.Message), ours: f.SenderFault}
		if f.SenderFault {
			refused = append(refused, batch[i])
			continue
		}
		again = append(again, batch[i])
	}
	return again, refused, reason
}

func positions(entries []entry) []int {
	all := make([]int, 0, len(entries))
	for _, e := range entries {
		all = append(all, e.position)
	}
	slices.Sort(all)
	return all
}
