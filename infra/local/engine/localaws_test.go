package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/infra/localaws"
	"github.com/manystall/manystall/infra/sam"
)

// house is the repository's own template on the embedded AWS.
type house struct {
	server *localaws.Server
	tables *dynamodb.Client
	queues *sqs.Client
	engine *Engine
	stop   func()
}

// open starts the house kept in a folder. The checkpoints outlive it.
func open(t *testing.T, folder string, marks Checkpoints, invoke Invoke) *house {
	t.Helper()
	server, err := localaws.Open(localaws.Config{Path: folder, Sweep: -1, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	tpl, err := sam.ReadFile("../../../template.yaml", sam.Options{Resolver: sam.Local{QueueURL: "http://localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{server: server}
	c := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://localhost"), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		HTTPClient: &http.Client{Transport: server.RoundTripper()},
	}
	h.tables, h.queues = dynamodb.NewFromConfig(c), sqs.NewFromConfig(c)
	h.engine, err = New(Config{
		Template: tpl, Tables: h.tables, Streams: dynamodbstreams.NewFromConfig(c), Queues: h.queues, Invoke: invoke,
		Checkpoints: marks, StreamChanged: server.StreamChanged, NewID: func() string { return "id" },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.run(t)
	return h
}

func (h *house) run(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.engine.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, h.server.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(h.stop)
}

func (h *house) put(t *testing.T, pk, kind string) {
	t.Helper()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	_, err := h.tables.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String("Table"), Item: map[string]types.AttributeValue{"pk": text(pk), "sk": text("o"), "t": text(kind)},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) send(t *testing.T, queue, body string) {
	t.Helper()
	at, _ := h.engine.address(queue)
	if _, err := h.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &at.url, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

// patience only ends what hangs: how fast the machine is decides nothing.
const patience = 4 * time.Minute

// next waits for what a function reports.
func next(t *testing.T, from <-chan string) string {
	t.Helper()
	select {
	case s := <-from:
		return s
	case <-time.After(patience):
		t.Fatal("nothing came")
		return ""
	}
}

func TestHouseOnEmbeddedAWS(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1000)
	invoke := func(_ context.Context, name string, payload []byte) ([]byte, error) {
		switch name {
		case "project":
			var e events.DynamoDBEvent
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, err
			}
			for _, r := range e.Records {
				got <- r.Change.Keys["pk"].String() + " " + r.Change.NewImage["t"].String()
			}
		case "ingest":
			var e events.SQSEvent
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, err
			}
			got <- e.Records[0].Body + " " + e.Records[0].EventSourceARN
		}
		return nil, nil
	}
	marks, folder := &memory{m: map[string]string{}}, filepath.Join(t.TempDir(), "state")
	h := open(t, folder, marks, invoke)
	h.put(t, "a", "lock") // the filter keeps it out
	h.put(t, "b", "order")
	if s := next(t, got); s != "b order" {
		t.Errorf("got %s", s)
	}
	h.send(t, "InboundQueue", "hello")
	if s := next(t, got); s != "hello arn:aws:sqs:us-east-1:000000000000:InboundQueue" {
		t.Errorf("got %s", s)
	}
	h.stop()
	h = open(t, folder, marks, invoke) // goes on where it was
	h.put(t, "c", "mark")
	if s := next(t, got); s != "c mark" {
		t.Errorf("after a restart: got %s", s)
	}
	h.stop()
	if len(got) > 0 {
		t.Errorf("came again: %s", <-got)
	}
}

// TestHouseAcrossASplit: every record once and those of one item in order,
// although its shard ends in between.
func TestHouseAcrossASplit(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string][]string{}
	count := make(chan struct{}, 1000)
	h := open(t, t.TempDir(), &memory{m: map[string]string{}}, func(_ context.Context, name string, payload []byte) ([]byte, error) {
		var e events.DynamoDBEvent
		if name != "project" || json.Unmarshal(payload, &e) != nil {
			return nil, nil
		}
		mu.Lock()
		defer mu.Unlock()
		for _, r := range e.Records {
			pk := r.Change.Keys["pk"].String()
			seen[pk] = append(seen[pk], r.EventName)
			count <- struct{}{}
		}
		return nil, nil
	})
	const items = 20
	for i := range items {
		h.put(t, fmt.Sprint("p", i), "order")
	}
	for _, which := range []int{0, 1} {
		if err := h.server.DynamoDB().SplitShard(t.Context(), "Table", which); err != nil {
			t.Fatal(err)
		}
	}
	for i := range items {
		h.put(t, fmt.Sprint("p", i), "level")
	}
	for range 2 * items {
		select {
		case <-count:
		case <-time.After(patience):
			t.Fatal("records are missing")
		}
	}
	h.stop()
	for pk, names := range seen {
		if d := cmp.Diff([]string{"INSERT", "MODIFY"}, names); d != "" {
			t.Errorf("%s: %s", pk, d)
		}
	}
}
