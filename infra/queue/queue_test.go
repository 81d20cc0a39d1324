package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/manystall/manystall/infra/localaws/sqs"
	"github.com/manystall/manystall/infra/queue"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type clock struct {
	mu sync.Mutex
	at time.Time
}

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
	t.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// server opens an embedded SQS with every queue and its dead-letter queue.
func server(t *testing.T) (*client.Client, map[string]queue.Address, *clock) {
	t.Helper()
	c := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	db, err := bbolt.Open(t.TempDir()+"/sqs.db", 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	service, err := sqs.New(db, c.now, 1, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(service.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	api := client.New(client.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:4566"),
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		HTTPClient:       &http.Client{Transport: inProcess{service}},
		RetryMaxAttempts: 1,
	})
	addresses := map[string]queue.Address{}
	for _, name := range port.Queues() {
		dead := create(t, api, name+"Dead", nil)
		policy := fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:%sDead","maxReceiveCount":5}`, name)
		addresses[name] = queue.Address{URL: create(t, api, name, map[string]string{"RedrivePolicy": policy}), Dead: dead}
	}
	return api, addresses, c
}

func create(t *testing.T, api *client.Client, name string, attributes map[string]string) string {
	t.Helper()
	out, err := api.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

func drain(t *testing.T, api *client.Client, url string) [][]byte {
	t.Helper()
	var all [][]byte
	for {
		out, err := api.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return all
		}
		for _, m := range out.Messages {
			all = append(all, []byte(*m.Body))
			if _, err := api.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	porttest.RunQueue(t, func(t *testing.T) porttest.QueueBench {
		api, addresses, c := server(t)
		queues := queue.New(api, addresses)
		return porttest.QueueBench{
			Sender: queues, Desk: queues, Advance: c.advance,
			Drain: func(t *testing.T, name string, dead bool) [][]byte {
				t.Helper()
				if dead {
					return drain(t, api, addresses[name].Dead)
				}
				return drain(t, api, addresses[name].URL)
			},
		}
	})
}

func TestBuryAttributes(t *testing.T) {
	t.Parallel()
	api, addresses, _ := server(t)
	if err := queue.New(api, addresses).Bury(t.Context(), port.InboundQueue, []byte("{}"), "no such\norder"); err != nil {
		t.Fatal(err)
	}
	out, err := api.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{
		QueueUrl: aws.String(addresses[port.InboundQueue].Dead), MessageAttributeNames: []string{"All"},
	})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("received %+v, %v", out, err)
	}
	got := out.Messages[0].MessageAttributes
	if *got[queue.ReasonAttribute].StringValue != "no such order" || *got[queue.SourceAttribute].StringValue != "InboundQueue" {
		t.Errorf("attributes %v", got)
	}
}

// TestDeadOnly: a function that may only bury can do that.
func TestDeadOnly(t *testing.T) {
	t.Parallel()
	api, addresses, _ := server(t)
	queues := queue.New(api, map[string]queue.Address{port.PollQueue: {Dead: addresses[port.PollQueue].Dead}})
	if err := queues.Bury(t.Context(), port.PollQueue, []byte("{}"), "x"); err != nil {
		t.Error(err)
	}
	if counts, err := queues.QueueCounts(t.Context()); err != nil || len(counts) != 0 {
		t.Errorf("counts %v, %v", counts, err)
	}
}

// moody is an SQS that answers as its script says: per call, what happens to
// the entries by their order.
type moody struct {
	queue.API
	mu    sync.Mutex
	calls []func(in *client.SendMessageBatchInput) (*client.SendMessageBatchOutput, error)
	sent  []string
	sizes []int
}

func (m *moody) SendMessageBatch(_ context.Context, in *client.SendMessageBatchInput, _ ...func(*client.Options)) (*client.SendMessageBatchOutput, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sizes = append(m.sizes, len(in.Entries))
	n := len(m.sizes) - 1
	if n >= len(m.calls) {
		n = len(m.calls) - 1
	}
	out, err := m.calls[n](in)
	if err != nil {
		return nil, err
	}
	for _, e := range in.Entries {
		if !slices.ContainsFunc(out.Failed, func(f types.BatchResultErrorEntry) bool { return *f.Id == *e.Id }) {
			m.sent = append(m.sent, *e.MessageBody)
		}
	}
	return out, nil
}

type script = func(in *client.SendMessageBatchInput) (*client.SendMessageBatchOutput, error)

// fails answers that entries with these bodies were not accepted.
func fails(ours bool, bodies ...string) script {
	return func(in *client.SendMessageBatchInput) (*client.SendMessageBatchOutput, error) {
		out := &client.SendMessageBatchOutput{}
		for _, e := range in.Entries {
			if slices.Contains(bodies, *e.MessageBody) {
				out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: aws.String("InternalError"), SenderFault: ours})
			}
		}
		return out, nil
	}
}

func breaks(err error) script {
	return func(*client.SendMessageBatchInput) (*client.SendMessageBatchOutput, error) { return nil, err }
}

func TestPartialFailures(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	for name, c := range map[string]struct {
		calls  []script
		kind   fault.Kind
		unsent []int
		sizes  string
	}{
		"all well":           {[]script{fails(false)}, "", nil, "[10 2]"},
		"well at last":       {[]script{fails(false, "3", "5"), fails(false, "5"), fails(false)}, "", nil, "[10 2 1 2]"},
		"never well":         {[]script{fails(false, "3", "11")}, fault.Temporary, []int{3, 11}, "[10 1 1 2 1 1]"},
		"our fault":          {[]script{fails(true, "3")}, fault.Internal, []int{3}, "[10 2]"},
		"call lost":          {[]script{breaks(lost), fails(false)}, fault.Temporary, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "[10 2]"},
		"denied":             {[]script{breaks(&types.QueueDoesNotExist{})}, fault.Internal, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "[10 2]"},
		"throttled":          {[]script{fails(false), breaks(&types.RequestThrottled{})}, fault.Temporary, []int{10, 11}, "[10 2]"},
		"lost on the second": {[]script{fails(false, "4"), breaks(lost), fails(false)}, fault.Temporary, []int{4}, "[10 1 2]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &moody{calls: c.calls}
			queues := queue.NewImpatient(api, map[string]queue.Address{port.NudgeQueue: {URL: "http://x/1/nudge"}})
			var messages []port.Outgoing
			for i := range 12 {
				messages = append(messages, port.Outgoing{Body: i})
			}
			err := queues.Send(t.Context(), port.NudgeQueue, messages...)
			if got := fault.KindOf(err); got != c.kind {
				t.Errorf("kind = %q, want %q (%v)", got, c.kind, err)
			}
			var positions []int
			if unsent, ok := errors.AsType[*queue.Unsent](err); ok {
				positions = unsent.Positions
			}
			if !slices.Equal(positions, c.unsent) || fmt.Sprint(api.sizes) != c.sizes {
				t.Errorf("unsent %v in calls of %v, want %v in %s", positions, api.sizes, c.unsent, c.sizes)
			}
			if len(api.sent)+len(c.unsent) != 12 {
				t.Errorf("sent %s", strings.Join(api.sent, " "))
			}
		})
	}
}

func TestSendGivesUpWithContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	api := &moody{calls: []script{func(in *client.SendMessageBatchInput) (*client.SendMessageBatchOutput, error) {
		cancel()
		return fails(false, "1")(in)
	}}}
	queues := queue.New(api, map[string]queue.Address{port.NudgeQueue: {URL: "http://x/1/nudge"}})
	err := queues.Send(ctx, port.NudgeQueue, port.Outgoing{Body: 1})
	if !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Temporary) {
		t.Errorf("error = %v", err)
	}
}
