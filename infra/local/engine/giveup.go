package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// invocationRecord is what a failure destination of a stream is told: where the
// records are, not what they hold
// (docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html, 2026-11).
type invocationRecord struct {
	RequestContext  requestContext  `json:"requestContext"`
	ResponseContext responseContext `json:"responseContext"`
	Version         string          `json:"version"`
	Timestamp       string          `json:"timestamp"`
	Batch           batchInfo       `json:"DDBStreamBatchInfo"`
}

type requestContext struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"`
	Condition   string `json:"condition"`
	Invocations int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

type batchInfo struct {
	ShardID   string `json:"shardId"`
	Start     string `json:"startSequenceNumber"`
	End       string `json:"endSequenceNumber"`
	First     string `json:"approximateArrivalOfFirstRecord"`
	Last      string `json:"approximateArrivalOfLastRecord"`
	Size      int    `json:"batchSize"`
	StreamARN string `json:"streamArn"`
}

// reason is why records were given up.
type reason struct {
	condition string
	calls     int
}

func exhausted(calls int) reason { return reason{"RetryAttemptsExhausted", calls} }
func tooOld() reason             { return reason{"RecordAgeExceeded", 0} }

// giveUp tells the failure destination and moves on. It tries until that
// succeeds; false means that ctx ended before.
func (r *reader) giveUp(ctx, work context.Context, batch []record, why reason) bool {
	last := batch[len(batch)-1]
	r.Log.ErrorContext(ctx, "stream records given up", "function", r.function.Name, "shard", r.shard,
		"from", batch[0].seq(), "to", last.seq(), "condition", why.condition)
	target, ok := r.address(r.trigger.OnFailure)
	if ok {
		body, err := json.Marshal(r.invocationRecord(batch, why))
		if err != nil {
			r.Log.ErrorContext(ctx, "encode invocation record", "error", err)
			return false
		}
		text := string(body)
		for n := 1; ; n++ {
			_, err := r.Queues.SendMessage(work, &sqs.SendMessageInput{QueueUrl: &target.url, MessageBody: &text})
			if err == nil {
				break
			}
			r.Log.WarnContext(ctx, "tell the failure destination", "queue", r.trigger.OnFailure, "error", err)
			if !r.pause(ctx, backoff(n, 100*time.Millisecond, 5*time.Second)) {
				return false
			}
		}
	}
	r.save(work, last.seq())
	return true
}

func (r *reader) invocationRecord(batch []record, why reason) invocationRecord {
	last := batch[len(batch)-1]
	return invocationRecord{
		RequestContext: requestContext{
			RequestID: r.NewID(), FunctionARN: r.Engine.resourceARN("lambda", "function:"+r.function.LogicalID),
			Condition: why.condition, Invocations: why.calls,
		},
		ResponseContext: responseContext{StatusCode: 200, ExecutedVersion: "$LATEST", FunctionError: "Unhandled"},
		Version:         "1.0",
		Timestamp:       r.Now().UTC().Format(time.RFC3339Nano),
		Batch: batchInfo{
			ShardID: r.shard, Start: batch[0].seq(), End: last.seq(),
			First: batch[0].created().UTC().Format(time.RFC3339), Last: last.created().UTC().Format(time.RFC3339),
			Size: len(batch), StreamARN: r.arn,
		},
	}
}
