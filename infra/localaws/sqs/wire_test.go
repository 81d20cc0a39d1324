package sqs_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		target, body string
		status       int
		kind, header string
	}{
		"unknown operation": {"AmazonSQS.AddPermission", `{}`, 400, "com.amazon.coral.service#UnknownOperationException", "InvalidAction;Sender"},
		"other service":     {"DynamoDB_20120810.ListTables", `{}`, 400, "com.amazon.coral.service#UnknownOperationException", "InvalidAction;Sender"},
		"no such queue":     {"AmazonSQS.GetQueueUrl", `{"QueueName":"x"}`, 400, "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue;Sender"},
		"no queue url":      {"AmazonSQS.ReceiveMessage", `{}`, 400, "com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter;Sender"},
		"no json":           {"AmazonSQS.ListQueues", `{"MaxResults":`, 400, "com.amazon.coral.service#SerializationException", "SerializationException;Sender"},
		"wrong type":        {"AmazonSQS.ListQueues", `{"MaxResults":"two"}`, 400, "com.amazon.coral.service#SerializationException", "SerializationException;Sender"},
		"not UTF-8":         {"AmazonSQS.ListQueues", "{\"NextToken\":\"\xff\"}", 400, "com.amazon.coral.service#SerializationException", "SerializationException;Sender"},
		"too long":          {"AmazonSQS.ListQueues", strings.Repeat(" ", 9<<20), 413, "com.amazon.coral.service#RequestEntityTooLargeException", "RequestEntityTooLarge;Sender"},
	} {
		got, body := b.post(c.target, c.body)
		if got.StatusCode != c.status || !strings.Contains(body, `"`+c.kind+`"`) || got.Header.Get("x-amzn-query-error") != c.header {
			t.Errorf("%s: %d %s %s", name, got.StatusCode, got.Header.Get("x-amzn-query-error"), body)
		}
		if got.ContentLength != int64(len(body)) {
			t.Errorf("%s: Content-Length = %d, body has %d", name, got.ContentLength, len(body))
		}
	}
}

func TestAnswerHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, _ := b.post("AmazonSQS.ListQueues", "")
	second, _ := b.post("AmazonSQS.ListQueues", "{}")
	if first.StatusCode != http.StatusOK || first.Header.Get("Content-Type") != "application/x-amz-json-1.0" {
		t.Errorf("%d %v", first.StatusCode, first.Header)
	}
	if a, b := first.Header.Get("x-amzn-RequestId"), second.Header.Get("x-amzn-RequestId"); len(a) != 36 || a == b {
		t.Errorf("request ids %q and %q", a, b)
	}
}

func TestUnsigned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
	w := httptest.NewRecorder()
	b.service.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "MissingAuthenticationToken") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestLoneHost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"QueueName":"x"}`))
	r.Host = ""
	r.Header.Set("X-Amz-Target", "AmazonSQS.CreateQueue")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 nonsense")
	w := httptest.NewRecorder()
	b.service.ServeHTTP(w, r)
	if want := `{"QueueUrl":"http://localhost/000000000000/x"}`; strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("got %s, want %s", w.Body, want)
	}
}

// FuzzRequest feeds arbitrary operations and bodies; whatever comes, the
// answer is JSON and never an internal error.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][2]string{
		{"SendMessage", `{"QueueUrl":"http://x/000000000000/q","MessageBody":"hi","DelaySeconds":1,"MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"AAE="}}}`},
		{"SendMessageBatch", `{"QueueUrl":"http://x/000000000000/q","Entries":[{"Id":"1","MessageBody":"x"}]}`},
		{"ReceiveMessage", `{"QueueUrl":"http://x/000000000000/q","MaxNumberOfMessages":10,"WaitTimeSeconds":0,"MessageAttributeNames":["All"]}`},
		{"DeleteMessage", `{"QueueUrl":"http://x/000000000000/q","ReceiptHandle":"AAAA"}`},
		{"ChangeMessageVisibility", `{"QueueUrl":"http://x/000000000000/q","ReceiptHandle":"AAAA","VisibilityTimeout":0}`},
		{"CreateQueue", `{"QueueName":"r","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:000000000000:q\",\"maxReceiveCount\":\"2\"}"},"tags":{"a":"b"}}`},
		{"SetQueueAttributes", `{"QueueUrl":"http://x/000000000000/q","Attributes":{"DelaySeconds":"1"}}`},
		{"StartMessageMoveTask", `{"SourceArn":"arn:aws:sqs:eu-west-1:000000000000:q"}`},
		{"ListMessageMoveTasks", `{"SourceArn":"arn:aws:sqs:eu-west-1:000000000000:q","MaxResults":10}`},
		{"ListQueues", `{"QueueNamePrefix":"q","MaxResults":1,"NextToken":"p"}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, operation, body string) {
		b := setup(t)
		b.queue("q")
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // a caller who has left does not wait for messages
		got, answer := b.postContext(ctx, "AmazonSQS."+operation, body)
		if got.StatusCode >= 500 || !strings.HasPrefix(answer, "{") {
			t.Errorf("%s %s: %d %s", operation, body, got.StatusCode, answer)
		}
	})
}
