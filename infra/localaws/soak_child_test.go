package localaws_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/manystall/manystall/infra/localaws"
)

// soakFolder and soakLife tell the test binary to be the child that gets
// killed, in which folder, and its how manieth life it is.
const (
	soakFolder = "LOCALAWS_SOAK_FOLDER"
	soakLife   = "LOCALAWS_SOAK_LIFE"
	workers    = 8
	soakTable  = "things"
	soakQueue  = "jobs"
)

// endpoint is a server in this process with the clients of the SDK.
type endpoint struct {
	db     *dynamodb.Client
	queues *sqs.Client
	queue  *string
}

func soakEndpoint(ctx context.Context, s *localaws.Server) (*endpoint, error) {
	cfg := config("http://anything", s.RoundTripper())
	e := &endpoint{db: dynamodb.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg)}
	text := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
	}
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	_, err := e.db.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: aws.String(soakTable), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{text("p"), text("s"), text("v")},
		KeySchema:            []types.KeySchemaElement{key("p", types.KeyTypeHash), key("s", types.KeyTypeRange)},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("byv"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			KeySchema: []types.KeySchemaElement{key("v", types.KeyTypeHash), key("s", types.KeyTypeRange)}}},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}})
	var there *types.ResourceInUseException
	if err != nil && !errors.As(err, &there) {
		return nil, err
	}
	out, err := e.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(soakQueue)})
	if err != nil {
		return nil, err
	}
	e.queue = out.QueueUrl
	return e, nil
}

// TestSoakChild is no test by itself: it is the process that works until it is
// killed. Of every write it prints what it is about to do and, when that was
// acknowledged, that it is done.
func TestSoakChild(t *testing.T) {
	folder := os.Getenv(soakFolder)
	if folder == "" {
		t.Skip("runs only as the child of TestSoakKills and TestPowerLoss")
	}
	s, err := localaws.Open(localaws.Config{Path: folder, Sweep: -1, NoSync: os.Getenv(powerNoSync) != "", Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	e, err := soakEndpoint(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	life, _ := strconv.ParseUint(os.Getenv(soakLife), 10, 64)
	out := &tape{left: math.MaxInt}
	if n, err := strconv.Atoi(os.Getenv(powerLinesLeft)); err == nil {
		out.left = n
	}
	for w := range workers {
		go (&worker{endpoint: e, tape: out, name: strconv.Itoa(w), life: life, random: rand.New(rand.NewPCG(life, uint64(w)))}).work(t.Context())
	}
	select {}
}

// tape writes whole lines.
type tape struct {
	mu   sync.Mutex
	left int // lines until the process ends by itself
}

func (o *tape) line(words ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Println(words...)
	if o.left--; o.left <= 0 {
		os.Exit(0)
	}
}

// worker writes under a partition key of its own, so that what must be there
// follows from its lines alone.
type worker struct {
	*endpoint
	tape   *tape
	name   string
	life   uint64
	random *rand.Rand
}

func (w *worker) work(ctx context.Context) {
	for i := 0; ; i++ {
		value := fmt.Sprintf("%d.%d", w.life, i)
		var err error
		switch w.random.IntN(8) {
		case 0:
			err = w.note("delete", w.slot(), "", func(slot, _ string) error { return w.remove(ctx, slot) })
		case 1, 2:
			err = w.note("pair", value, "", func(value, _ string) error { return w.pair(ctx, value) })
		case 3:
			err = w.note("send", fmt.Sprintf("%s.%s", w.name, value), "", func(body, _ string) error {
				_, err := w.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: w.queue, MessageBody: &body})
				return err
			})
		case 4:
			err = w.take(ctx)
		default:
			err = w.note("put", w.slot(), value, func(slot, value string) error { return w.put(ctx, slot, value) })
		}
		if err != nil {
			w.tape.line("error", err)
			return
		}
	}
}

// note prints an intention, does it and prints that it is done.
func (w *worker) note(verb, what, value string, do func(what, value string) error) error {
	w.tape.line("begin", w.name, verb, what, value)
	if err := do(what, value); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	w.tape.line("ok", w.name)
	return nil
}

func (w *worker) slot() string { return strconv.Itoa(w.random.IntN(20)) }

func str(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func (w *worker) key(slot string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"p": str(w.name), "s": str(slot)}
}

func (w *worker) item(slot, value string) map[string]types.AttributeValue {
	it := w.key(slot)
	it["v"] = str(value)
	return it
}

func (w *worker) put(ctx context.Context, slot, value string) error {
	_, err := w.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(soakTable), Item: w.item(slot, value)})
	return err
}

func (w *worker) remove(ctx context.Context, slot string) error {
	_, err := w.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(soakTable), Key: w.key(slot)})
	return err
}

// pair writes two items in one transaction, which must always be equal.
func (w *worker) pair(ctx context.Context, value string) error {
	put := func(slot string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: aws.String(soakTable), Item: w.item(slot, value)}}
	}
	_, err := w.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("left"), put("right")}})
	return err
}

// take receives a message, of whichever worker, and deletes it.
func (w *worker) take(ctx context.Context) error {
	got, err := w.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: w.queue, VisibilityTimeout: 3600})
	if err != nil || len(got.Messages) == 0 {
		return err
	}
	m := got.Messages[0]
	return w.note("take", *m.Body, "", func(string, string) error {
		_, err := w.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: w.queue, ReceiptHandle: m.ReceiptHandle})
		return err
	})
}
