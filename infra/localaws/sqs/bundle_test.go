package sqs_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/manystall/manystall/infra/localaws/sqs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// inProcess is a transport that calls the handler instead of the network.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	t.handler.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

type bundle struct {
	*client.Client
	t       *testing.T
	clock   *clock
	path    string
	db      *bbolt.DB
	service *sqs.Service
}

// setup opens a service on a new file with a clock moved by hand.
func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, clock: newClock(), path: filepath.Join(t.TempDir(), "sqs.db")}
	b.open(b.clock.now)
	t.Cleanup(b.close)
	return b
}

func (b *bundle) open(now func() time.Time) {
	b.t.Helper()
	db, err := bbolt.Open(b.path, 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		b.t.Fatal(err)
	}
	service, err := sqs.New(db, now, 7, slog.New(slog.DiscardHandler))
	if err != nil {
		b.t.Fatal(err)
	}
	b.db, b.service, b.Client = db, service, newClient(service)
}

func (b *bundle) close() {
	b.t.Helper()
	if err := errors.Join(b.service.Close(), b.db.Close()); err != nil {
		b.t.Error(err)
	}
}

// restart closes everything and opens it again.
func (b *bundle) restart() {
	b.t.Helper()
	b.close()
	b.open(b.clock.now)
}

func newClient(h http.Handler) *client.Client {
	return client.New(client.Options{
		Region:           "eu-west-1",
		BaseEndpoint:     aws.String("http://127.0.0.1:4566"),
		Credentials:      credentials.NewStaticCredentialsProvider("AKIDLOCAL", "secret", ""),
		HTTPClient:       &http.Client{Transport: inProcess{h}},
		RetryMaxAttempts: 1,
	})
}

func (b *bundle) queue(name string, attributes ...string) string {
	b.t.Helper()
	set := map[string]string{}
	for i := 0; i+1 < len(attributes); i += 2 {
		set[attributes[i]] = attributes[i+1]
	}
	out, err := b.CreateQueue(b.t.Context(), &client.CreateQueueInput{QueueName: &name, Attributes: set})
	if err != nil {
		b.t.Fatalf("create queue %s: %v", name, err)
	}
	return *out.QueueUrl
}

func (b *bundle) send(queue, body string) string {
	b.t.Helper()
	out, err := b.SendMessage(b.t.Context(), &client.SendMessageInput{QueueUrl: &queue, MessageBody: &body})
	if err != nil {
		b.t.Fatalf("send %q: %v", body, err)
	}
	return *out.MessageId
}

// receive takes up to ten messages without waiting.
func (b *bundle) receive(queue string) []types.Message {
	b.t.Helper()
	out, err := b.ReceiveMessage(b.t.Context(), &client.ReceiveMessageInput{
		QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 0,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		b.t.Fatalf("receive: %v", err)
	}
	return out.Messages
}

func (b *bundle) delete(queue, handle string) {
	b.t.Helper()
	_, err := b.DeleteMessage(b.t.Context(), &client.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: &handle})
	if err != nil {
		b.t.Fatalf("delete: %v", err)
	}
}

// counts returns visible, in flight and delayed as "1/2/3".
func (b *bundle) counts(queue string) string {
	b.t.Helper()
	all := b.attributes(queue)
	return all["ApproximateNumberOfMessages"] + "/" + all["ApproximateNumberOfMessagesNotVisible"] + "/" +
		all["ApproximateNumberOfMessagesDelayed"]
}

func (b *bundle) attributes(queue string) map[string]string {
	b.t.Helper()
	out, err := b.GetQueueAttributes(b.t.Context(), &client.GetQueueAttributesInput{
		QueueUrl: &queue, AttributeNames: []types.QueueAttributeName{"All"},
	})
	if err != nil {
		b.t.Fatalf("attributes: %v", err)
	}
	return out.Attributes
}

func (b *bundle) wantCounts(queue, want string) {
	b.t.Helper()
	if got := b.counts(queue); got != want {
		b.t.Errorf("visible/in flight/delayed of %s = %s, want %s", queue, got, want)
	}
}

func bodies(messages []types.Message) string {
	var all []string
	for _, m := range messages {
		all = append(all, *m.Body)
	}
	return strings.Join(all, " ")
}

// wantCode fails unless err is an API error with the code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Errorf("error = %v, want %s", err, code)
		return
	}
	if api.ErrorCode() != code {
		t.Errorf("error = %s: %s, want %s", api.ErrorCode(), api.ErrorMessage(), code)
	}
}

// post sends a raw request and returns status, headers and body.
func (b *bundle) post(target, body string) (*http.Response, string) {
	b.t.Helper()
	return b.postContext(context.Background(), target, body)
}

func (b *bundle) postContext(ctx context.Context, target, body string) (*http.Response, string) {
	b.t.Helper()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:4566/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260301/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
	w := httptest.NewRecorder()
	b.service.ServeHTTP(w, r)
	data, err := io.ReadAll(w.Result().Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return w.Result(), string(data)
}

func allAttributes() []types.QueueAttributeName { return []types.QueueAttributeName{"All"} }
