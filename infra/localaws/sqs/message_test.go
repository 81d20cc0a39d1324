package sqs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestMessageLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	id := b.send(q, "hello <world> & 日本")
	b.wantCounts(q, "1/0/0")

	got := b.receive(q)
	if len(got) != 1 || *got[0].Body != "hello <world> & 日本" || *got[0].MessageId != id {
		t.Fatalf("received %+v", got)
	}
	b.wantCounts(q, "0/1/0")
	if more := b.receive(q); len(more) != 0 {
		t.Errorf("a message in flight was received again: %v", bodies(more))
	}
	b.delete(q, *got[0].ReceiptHandle)
	b.wantCounts(q, "0/0/0")
	b.delete(q, *got[0].ReceiptHandle)
}

func TestSystemAttributes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders", "VisibilityTimeout", "10")
	_, err := b.SendMessage(t.Context(), &client.SendMessageInput{
		QueueUrl: &q, MessageBody: aws.String("x"),
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-2-3")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.advance(time.Second)
	b.receive(q)
	b.clock.advance(10 * time.Second)
	got := b.receive(q)[0].Attributes
	want := map[string]string{
		"SenderId": "AKIDLOCAL", "SentTimestamp": "1772366400000", "ApproximateReceiveCount": "2",
		"ApproximateFirstReceiveTimestamp": "1772366401000", "AWSTraceHeader": "Root=1-2-3",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("attributes = %v, want %v", got, want)
	}
}

func TestMessageAttributes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	sent, err := b.SendMessage(t.Context(), &client.SendMessageInput{
		QueueUrl: &q, MessageBody: aws.String("x"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"timestamp": {DataType: aws.String("Number"), StringValue: aws.String("1493147359900")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// A value SDK test suites have agreed on for this attribute.
	if got := aws.ToString(sent.MD5OfMessageAttributes); got != "235c5c510d26fb653d073faed50ae77c" {
		t.Errorf("MD5OfMessageAttributes = %s", got)
	}
	got := b.receive(q)[0]
	if *got.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes || *got.MessageAttributes["timestamp"].StringValue != "1493147359900" {
		t.Errorf("received %+v", got)
	}
}

func TestAttributeSelection(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"":                {},
		"a.one a.two b":   {"All"},
		"a.one a.two":     {"a.*"},
		"b":               {"b", "c"},
		"a.one a.two b\n": {".*"},
	} {
		t.Run(strings.Join(names, ","), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			q := b.queue("orders")
			sendAttributes(b, q, map[string]types.MessageAttributeValue{
				"a.one": {DataType: aws.String("String"), StringValue: aws.String("1")},
				"a.two": {DataType: aws.String("Binary.png"), BinaryValue: []byte{0, 1}},
				"b":     {DataType: aws.String("Number.int"), StringValue: aws.String("-1.5e3")},
			})
			out, err := b.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &q, MessageAttributeNames: names})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, name := range []string{"a.one", "a.two", "b"} {
				if _, ok := out.Messages[0].MessageAttributes[name]; ok {
					got = append(got, name)
				}
			}
			if strings.Join(got, " ") != strings.TrimSpace(want) {
				t.Errorf("%v gave %v, want %s", names, got, want)
			}
		})
	}
}

func sendAttributes(b *bundle, q string, attributes map[string]types.MessageAttributeValue) {
	b.t.Helper()
	_, err := b.SendMessage(b.t.Context(), &client.SendMessageInput{
		QueueUrl: &q, MessageBody: aws.String("x"), MessageAttributes: attributes,
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("slow", "DelaySeconds", "5")
	b.send(q, "queue-delay")
	_, err := b.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &q, MessageBody: aws.String("own"), DelaySeconds: 60})
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(q, "0/0/2")
	b.clock.advance(5 * time.Second)
	b.wantCounts(q, "1/0/1")
	if got := bodies(b.receive(q)); got != "queue-delay" {
		t.Errorf("after 5 s received %q", got)
	}
	b.clock.advance(54 * time.Second)
	b.wantCounts(q, "1/0/1") // the first is visible again after 30 s
	b.clock.advance(time.Second)
	b.wantCounts(q, "2/0/0")
}

func TestVisibility(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders", "VisibilityTimeout", "10")
	b.send(q, "x")
	first := *b.receive(q)[0].ReceiptHandle
	change := func(handle string, seconds int32) error {
		_, err := b.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{
			QueueUrl: &q, ReceiptHandle: &handle, VisibilityTimeout: seconds,
		})
		return err
	}
	b.clock.advance(9 * time.Second)
	if err := change(first, 20); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(19 * time.Second)
	b.wantCounts(q, "0/1/0")
	wantCode(t, change(first, 43200), "InvalidParameterValue")
	b.clock.advance(time.Second)
	b.wantCounts(q, "1/0/0")
	wantCode(t, change(first, 5), "AWS.SimpleQueueService.MessageNotInflight")

	second := *b.receive(q)[0].ReceiptHandle
	if first == second {
		t.Error("two receives gave the same handle")
	}
	wantCode(t, change(first, 5), "InvalidParameterValue")
	b.delete(q, first)
	b.wantCounts(q, "0/1/0")
	if err := change(second, 0); err != nil {
		t.Fatal(err)
	}
	b.wantCounts(q, "1/0/0")
	b.delete(q, second) // still the latest handle
	b.wantCounts(q, "0/0/0")
	wantCode(t, change(second, 1), "InvalidParameterValue")
}

func TestRetention(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("short", "MessageRetentionPeriod", "60")
	b.send(q, "old")
	b.clock.advance(30 * time.Second)
	b.send(q, "young")
	b.clock.advance(30 * time.Second)
	if got := bodies(b.receive(q)); got != "young" {
		t.Errorf("received %q, want young only", got)
	}
	b.clock.advance(30 * time.Second)
	b.wantCounts(q, "0/0/0") // in flight messages expire too
	b.restart()
	b.wantCounts(q, "0/0/0")
}

func TestBatches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders", "MaximumMessageSize", "2048")
	sent, err := b.SendMessageBatch(t.Context(), &client.SendMessageBatchInput{QueueUrl: &q, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("a"), MessageBody: aws.String("1")},
		{Id: aws.String("b"), MessageBody: aws.String("bad \x01")},
		{Id: aws.String("c"), MessageBody: aws.String("late"), DelaySeconds: 3},
		{Id: aws.String("d"), MessageBody: aws.String(strings.Repeat("x", 2049))},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(sent.Successful) != 2 || len(sent.Failed) != 2 {
		t.Fatalf("sent %+v", sent)
	}
	for i, code := range []string{"InvalidMessageContents", "InvalidParameterValue"} {
		if f := sent.Failed[i]; *f.Code != code || !f.SenderFault {
			t.Errorf("failed[%d] = %s, want %s", i, *f.Code, code)
		}
	}
	b.wantCounts(q, "1/0/1")
	b.clock.advance(3 * time.Second)
	got := b.receive(q)
	if bodies(got) != "1 late" {
		t.Fatalf("received %q", bodies(got))
	}
	changed, err := b.ChangeMessageVisibilityBatch(t.Context(), &client.ChangeMessageVisibilityBatchInput{
		QueueUrl: &q, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: 0},
			{Id: aws.String("b"), ReceiptHandle: aws.String("nonsense"), VisibilityTimeout: 0},
		},
	})
	if err != nil || len(changed.Successful) != 1 || *changed.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Fatalf("changed %+v, %v", changed, err)
	}
	b.wantCounts(q, "1/1/0")
	gone, err := b.DeleteMessageBatch(t.Context(), &client.DeleteMessageBatchInput{QueueUrl: &q, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle},
		{Id: aws.String("b"), ReceiptHandle: got[1].ReceiptHandle},
		{Id: aws.String("c"), ReceiptHandle: aws.String("nonsense")},
	}})
	if err != nil || len(gone.Successful) != 2 || len(gone.Failed) != 1 {
		t.Fatalf("deleted %+v, %v", gone, err)
	}
	b.wantCounts(q, "0/0/0")
}

func TestPurge(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	b.send(q, "1")
	b.send(q, "2")
	b.receive(q)
	purge := func() error {
		_, err := b.PurgeQueue(t.Context(), &client.PurgeQueueInput{QueueUrl: &q})
		return err
	}
	if err := purge(); err != nil {
		t.Fatal(err)
	}
	b.wantCounts(q, "0/0/0")
	wantCode(t, purge(), "AWS.SimpleQueueService.PurgeQueueInProgress")
	b.send(q, "3")
	b.restart()
	if got := bodies(b.receive(q)); got != "3" {
		t.Errorf("after purge and restart received %q", got)
	}
}
