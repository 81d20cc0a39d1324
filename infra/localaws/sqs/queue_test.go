package sqs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestCreateQueue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	url := b.queue("orders", "VisibilityTimeout", "180")
	if url != "http://127.0.0.1:4566/000000000000/orders" {
		t.Errorf("url = %s", url)
	}
	if again := b.queue("orders", "VisibilityTimeout", "180"); again != url {
		t.Errorf("same attributes gave %s", again)
	}
	if again := b.queue("orders"); again != url {
		t.Errorf("no attributes gave %s", again)
	}
	for name, c := range map[string]struct {
		queue, attribute, value, code string
	}{
		"other value":       {"orders", "VisibilityTimeout", "30", "QueueAlreadyExists"},
		"other default":     {"orders", "DelaySeconds", "3", "QueueAlreadyExists"},
		"bad name":          {"a b", "VisibilityTimeout", "30", "InvalidParameterValue"},
		"long name":         {strings.Repeat("x", 81), "VisibilityTimeout", "30", "InvalidParameterValue"},
		"fifo name":         {"orders.fifo", "VisibilityTimeout", "30", "AWS.SimpleQueueService.UnsupportedOperation"},
		"fifo attribute":    {"fresh", "FifoQueue", "true", "AWS.SimpleQueueService.UnsupportedOperation"},
		"out of range":      {"fresh", "DelaySeconds", "901", "InvalidAttributeValue"},
		"no number":         {"fresh", "MaximumMessageSize", "big", "InvalidAttributeValue"},
		"unknown attribute": {"fresh", "Colour", "red", "InvalidAttributeName"},
		"redrive no json":   {"fresh", "RedrivePolicy", "{", "InvalidParameterValue"},
		"redrive to nobody": {"fresh", "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:none","maxReceiveCount":3}`, "InvalidParameterValue"},
		"redrive no count":  {"fresh", "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:orders"}`, "InvalidParameterValue"},
		"redrive count 0":   {"fresh", "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:orders","maxReceiveCount":"0"}`, "InvalidParameterValue"},
		"allow by nobody":   {"fresh", "RedriveAllowPolicy", `{"redrivePermission":"byQueue"}`, "InvalidParameterValue"},
	} {
		_, err := b.CreateQueue(t.Context(), &client.CreateQueueInput{
			QueueName: &c.queue, Attributes: map[string]string{c.attribute: c.value},
		})
		if err == nil {
			t.Errorf("%s was accepted", name)
			continue
		}
		wantCode(t, err, c.code)
	}
}

func TestQueueAttributes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders", "DelaySeconds", "0")
	b.clock.advance(time.Minute)
	_, err := b.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{
		QueueUrl: &q, Attributes: map[string]string{"DelaySeconds": "7", "Policy": `{"Version":"2012-10-17"}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.restart()
	want := map[string]string{
		"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0",
		"CreatedTimestamp": "1772366400", "LastModifiedTimestamp": "1772366460", "DelaySeconds": "7", "MaximumMessageSize": "1048576",
		"MessageRetentionPeriod": "345600", "QueueArn": "arn:aws:sqs:eu-west-1:000000000000:orders", "SqsManagedSseEnabled": "true",
		"ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "Policy": `{"Version":"2012-10-17"}`,
	}
	if got := b.attributes(q); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("attributes\n got %v\nwant %v", got, want)
	}
	_, err = b.GetQueueAttributes(t.Context(), &client.GetQueueAttributesInput{QueueUrl: &q, AttributeNames: []types.QueueAttributeName{"Colour"}})
	wantCode(t, err, "InvalidAttributeName")
	_, err = b.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: &q, Attributes: map[string]string{"QueueArn": "x"}})
	wantCode(t, err, "InvalidAttributeName")
}

func TestDeleteQueue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	b.send(q, "x")
	if _, err := b.DeleteQueue(t.Context(), &client.DeleteQueueInput{QueueUrl: &q}); err != nil {
		t.Fatal(err)
	}
	_, err := b.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &q, MessageBody: aws.String("x")})
	wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
	var gone *types.QueueDoesNotExist
	if !errors.As(err, &gone) {
		t.Errorf("%v is not the SDK's QueueDoesNotExist", err)
	}
	_, err = b.GetQueueUrl(t.Context(), &client.GetQueueUrlInput{QueueName: aws.String("orders")})
	wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
	_, err = b.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: aws.String("orders")})
	wantCode(t, err, "AWS.SimpleQueueService.QueueDeletedRecently")
	b.clock.advance(time.Minute)
	b.queue("orders")
	b.wantCounts(q, "0/0/0")
}

func TestListQueues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"b-2", "a-1", "b-3", "b-1"} {
		b.queue(name)
	}
	var pages []string
	var token *string
	for {
		out, err := b.ListQueues(t.Context(), &client.ListQueuesInput{QueueNamePrefix: aws.String("b-"), MaxResults: aws.Int32(2), NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for i, url := range out.QueueUrls {
			out.QueueUrls[i] = url[strings.LastIndex(url, "/")+1:]
		}
		pages = append(pages, strings.Join(out.QueueUrls, ","))
		if token = out.NextToken; token == nil {
			break
		}
	}
	if got := strings.Join(pages, "|"); got != "b-1,b-2|b-3" {
		t.Errorf("pages = %s", got)
	}
	out, err := b.GetQueueUrl(t.Context(), &client.GetQueueUrlInput{QueueName: aws.String("a-1")})
	if err != nil || *out.QueueUrl != "http://127.0.0.1:4566/000000000000/a-1" {
		t.Errorf("url = %v, %v", out, err)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	if _, err := b.TagQueue(t.Context(), &client.TagQueueInput{QueueUrl: &q, Tags: map[string]string{"a": "1", "b": "2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.UntagQueue(t.Context(), &client.UntagQueueInput{QueueUrl: &q, TagKeys: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	b.restart()
	out, err := b.ListQueueTags(t.Context(), &client.ListQueueTagsInput{QueueUrl: &q})
	if err != nil || fmt.Sprint(out.Tags) != "map[b:2]" {
		t.Errorf("tags = %v, %v", out, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	send := func(in client.SendMessageInput) error {
		in.QueueUrl = &q
		_, err := b.SendMessage(t.Context(), &in)
		return err
	}
	attribute := func(name, dataType, value string) client.SendMessageInput {
		return client.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: map[string]types.MessageAttributeValue{
			name: {DataType: &dataType, StringValue: &value},
		}}
	}
	for name, c := range map[string]struct {
		in   client.SendMessageInput
		code string
	}{
		"empty body":     {client.SendMessageInput{MessageBody: aws.String("")}, "MissingParameter"},
		"control":        {client.SendMessageInput{MessageBody: aws.String("a\x00b")}, "InvalidMessageContents"},
		"not character":  {client.SendMessageInput{MessageBody: aws.String("a\ufffe")}, "InvalidMessageContents"},
		"delay":          {client.SendMessageInput{MessageBody: aws.String("x"), DelaySeconds: 901}, "InvalidParameterValue"},
		"too long":       {client.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1<<20+1))}, "InvalidParameterValue"},
		"dedup":          {client.SendMessageInput{MessageBody: aws.String("x"), MessageDeduplicationId: aws.String("1")}, "InvalidParameterValue"},
		"attribute name": {attribute("AWS.x", "String", "1"), "InvalidParameterValue"},
		"attribute dot":  {attribute("x..y", "String", "1"), "InvalidParameterValue"},
		"attribute type": {attribute("x", "Boolean", "1"), "InvalidParameterValue"},
		"empty value":    {attribute("x", "String", ""), "InvalidParameterValue"},
		"no number":      {attribute("x", "Number", "one"), "InvalidParameterValue"},
		"binary text":    {attribute("x", "Binary", "1"), "InvalidParameterValue"},
	} {
		err := send(c.in)
		if err == nil {
			t.Errorf("%s was accepted", name)
			continue
		}
		wantCode(t, err, c.code)
	}
	if err := send(client.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1<<20))}); err != nil {
		t.Errorf("1 MiB was refused: %v", err)
	}
}

func TestBatchRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	var eleven []types.SendMessageBatchRequestEntry
	for i := range 11 {
		eleven = append(eleven, entry(fmt.Sprint(i), "x"))
	}
	half := strings.Repeat("x", 1<<19)
	for code, entries := range map[string][]types.SendMessageBatchRequestEntry{
		"EmptyBatchRequest":            {},
		"TooManyEntriesInBatchRequest": eleven,
		"BatchEntryIdsNotDistinct":     {entry("a", "x"), entry("a", "y")},
		"InvalidBatchEntryId":          {entry("a b", "x")},
		"BatchRequestTooLong":          {entry("a", half), entry("b", half+"x")},
	} {
		_, err := b.SendMessageBatch(t.Context(), &client.SendMessageBatchInput{QueueUrl: &q, Entries: entries})
		wantCode(t, err, "AWS.SimpleQueueService."+code)
	}
	_, err := b.SendMessageBatch(t.Context(), &client.SendMessageBatchInput{QueueUrl: &q, Entries: []types.SendMessageBatchRequestEntry{entry("a", half), entry("b", half)}})
	if err != nil {
		t.Errorf("1 MiB in a batch was refused: %v", err)
	}
}

func TestReceiveRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q, other := b.queue("orders"), b.queue("other")
	for name, in := range map[string]client.ReceiveMessageInput{
		"count":      {MaxNumberOfMessages: 11},
		"wait":       {WaitTimeSeconds: 21},
		"visibility": {VisibilityTimeout: 43201},
	} {
		in.QueueUrl = &q
		_, err := b.ReceiveMessage(t.Context(), &in)
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
		wantCode(t, err, "InvalidParameterValue")
	}
	b.send(q, "x")
	handle := b.receive(q)[0].ReceiptHandle
	_, err := b.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &other, ReceiptHandle: handle})
	wantCode(t, err, "ReceiptHandleIsInvalid")
	_, err = b.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &q, ReceiptHandle: aws.String("AAAA")})
	wantCode(t, err, "ReceiptHandleIsInvalid")
	_, err = b.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: aws.String("http://x/1/orders")})
	wantCode(t, err, "InvalidAddress")
}
