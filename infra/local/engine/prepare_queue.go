package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/manystall/manystall/infra/sam"
)

// address is where a queue is and what it is called in events.
type address struct {
	url, arn string
	settings sam.Queue
}

// address is where the queue with a logical id is, known after Prepare.
func (e *Engine) address(logicalID string) (address, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a, ok := e.queues[logicalID]
	return a, ok
}

// prepareQueues creates a dead-letter queue before the queue that names it.
func (e *Engine) prepareQueues(ctx context.Context) error {
	for _, dead := range []bool{true, false} {
		for _, q := range e.Template.Queues {
			if (q.DeadQueue == "") != dead {
				continue
			}
			if err := e.prepareQueue(ctx, q); err != nil {
				return fmt.Errorf("prepare queue %s: %w", q.Name, err)
			}
		}
	}
	return nil
}

func (e *Engine) prepareQueue(ctx context.Context, q sam.Queue) error {
	attributes, err := e.queueAttributes(q)
	if err != nil {
		return err
	}
	url, err := e.ensureQueue(ctx, q.Name, attributes)
	if err != nil {
		return err
	}
	out, err := e.Queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queues[q.LogicalID] = address{url: url, arn: out.Attributes["QueueArn"], settings: q}
	return nil
}

func (e *Engine) queueAttributes(q sam.Queue) (map[string]string, error) {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	attributes := map[string]string{
		"VisibilityTimeout":             seconds(q.Visibility),
		"DelaySeconds":                  seconds(q.Delay),
		"MessageRetentionPeriod":        seconds(q.Retention),
		"ReceiveMessageWaitTimeSeconds": seconds(q.Wait),
	}
	if q.DeadQueue == "" {
		return attributes, nil
	}
	dead, ok := e.address(q.DeadQueue)
	if !ok {
		return nil, fmt.Errorf("its dead-letter queue %s has one of its own; chains are not supported", q.DeadQueue)
	}
	policy, err := json.Marshal(map[string]string{
		"deadLetterTargetArn": dead.arn, "maxReceiveCount": strconv.Itoa(q.MaxReceives),
	})
	attributes["RedrivePolicy"] = string(policy)
	return attributes, err
}

// ensureQueue creates the queue, or brings the attributes of an existing one up
// to date.
func (e *Engine) ensureQueue(ctx context.Context, name string, attributes map[string]string) (string, error) {
	created, err := e.Queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err == nil {
		return *created.QueueUrl, nil
	}
	var exists *types.QueueNameExists
	if !errors.As(err, &exists) {
		return "", err
	}
	found, err := e.Queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	_, err = e.Queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: found.QueueUrl, Attributes: attributes})
	return *found.QueueUrl, err
}
