package queue

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Attributes of a buried message.
const (
	// ReasonAttribute says why a message was given up.
	ReasonAttribute = "reason"
	// SourceAttribute is the name of the queue it came from.
	SourceAttribute = "source"
)

// maxReason is how much of a reason is kept, in characters.
const maxReason = 256

// QueueCounts implements port.QueueDesk for the queues that have an address,
// in the order of port.Queues.
func (q *Queues) QueueCounts(ctx context.Context) ([]port.QueueCount, error) {
	var counts []port.QueueCount
	for _, name := range port.Queues() {
		if q.addresses[name].URL != "" {
			counts = append(counts, port.QueueCount{Name: name})
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range counts {
		group.Go(func() error { return q.count(ctx, &counts[i]) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return counts, nil
}

func (q *Queues) count(ctx context.Context, c *port.QueueCount) error {
	a := q.addresses[c.Name]
	live, err := q.numbers(ctx, c.Name, a.URL)
	if err != nil {
		return err
	}
	c.Ready, c.InFlight, c.Delayed = live[0], live[1], live[2]
	if a.Dead == "" {
		return nil
	}
	dead, err := q.numbers(ctx, "the dead-letter queue of "+c.Name, a.Dead)
	if err != nil {
		return err
	}
	c.Dead = dead[0] + dead[1] + dead[2]
	return nil
}

// numbers returns how many messages are visible, in flight and delayed.
func (q *Queues) numbers(ctx context.Context, name, url string) ([3]int64, error) {
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	var n [3]int64
	out, err := q.api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return n, fault.Wrap(err, kindOf(err), "queue_unreadable", "The counts of %s can't be read now.", name)
	}
	for i, attribute := range names {
		if n[i], err = strconv.ParseInt(out.Attributes[string(attribute)], 10, 64); err != nil {
			return n, fault.Wrap(err, fault.Internal, "queue_unreadable", "The counts of %s are not numbers.", name)
		}
	}
	return n, nil
}

// Bury implements port.QueueDesk. The reason, cut to 256 characters, and the
// queue's name go along as message attributes.
func (q *Queues) Bury(ctx context.Context, queue string, body []byte, reason string) error {
	url, err := q.dead(queue)
	if err != nil {
		return err
	}
	_, err = q.api.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: aws.String(string(body)),
		MessageAttributes: map[string]types.MessageAttributeValue{
			ReasonAttribute: text(clean(reason)),
			SourceAttribute: text(queue),
		},
	})
	if err != nil {
		return fault.Wrap(err, kindOf(err), "queue_refused", "The dead-letter queue of %s did not accept a message.", queue)
	}
	return nil
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

// clean makes any text fit for an attribute: SQS takes no control characters
// and no empty value.
func clean(reason string) string {
	reason = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, reason))
	if reason == "" {
		return "unknown"
	}
	if runes := []rune(reason); len(runes) > maxReason {
		return string(runes[:maxReason])
	}
	return reason
}

// Redrive implements port.QueueDesk. It starts the move and does not wait for
// its end; a move that is still running is a fault of kind Conflict. The
// destination is always named, since SQS knows the way back only for messages
// its own redrive policy has moved, not for those Bury has.
func (q *Queues) Redrive(ctx context.Context, queue string) error {
	url, err := q.url(queue)
	if err != nil {
		return err
	}
	deadURL, err := q.dead(queue)
	if err != nil {
		return err
	}
	target, err := q.arn(ctx, queue, url)
	if err != nil {
		return err
	}
	source, err := q.arn(ctx, "the dead-letter queue of "+queue, deadURL)
	if err != nil {
		return err
	}
	_, err = q.api.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &source, DestinationArn: &target})
	if _, busy := errors.AsType[*types.UnsupportedOperation](err); busy {
		return fault.Wrap(err, fault.Conflict, "redrive_running", "The dead letters of %s are being moved back already; wait until that is done.", queue)
	}
	if err != nil {
		return fault.Wrap(err, kindOf(err), "queue_refused", "The dead letters of %s can't be moved back now.", queue)
	}
	return nil
}

func (q *Queues) arn(ctx context.Context, name, url string) (string, error) {
	out, err := q.api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return "", fault.Wrap(err, kindOf(err), "queue_unreadable", "%s can't be read now.", name)
	}
	return out.Attributes[string(types.QueueAttributeNameQueueArn)], nil
}
