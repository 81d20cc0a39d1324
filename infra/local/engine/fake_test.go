package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"go.uber.org/goleak"

	"github.com/manystall/manystall/infra/sam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// elapse lets time pass on the clock of a synctest bubble, which does not take
// any.
func elapse(d time.Duration) { <-time.After(d) }

// bench is an engine over fakes, for use inside synctest.Test.
type bench struct {
	queues  *fakeQueues
	streams *fakeStreams
	tables  *fakeTables
	marks   *memory
	engine  *Engine
	stop    func()
}

// start prepares and runs an engine for one function. The test must call stop.
func start(t *testing.T, f sam.Function, queues []sam.Queue, invoke Invoke) *bench {
	t.Helper()
	b := setup(t, f, queues, invoke)
	b.run(t)
	return b
}

func setup(t *testing.T, f sam.Function, queues []sam.Queue, invoke Invoke) *bench {
	t.Helper()
	b := &bench{queues: newFakeQueues(), streams: &fakeStreams{}, tables: newFakeTables(), marks: &memory{m: map[string]string{}}}
	if f.Timeout == 0 {
		f.Timeout = 30 * time.Second
	}
	tpl := &sam.Template{Functions: []sam.Function{f}, Queues: queues, Tables: []sam.Table{testTable()}}
	b.engine = newEngine(t, b, tpl, invoke)
	if err := b.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

func newEngine(t *testing.T, b *bench, tpl *sam.Template, invoke Invoke) *Engine {
	t.Helper()
	e, err := New(Config{
		Template: tpl, Tables: b.tables, Streams: b.streams, Queues: b.queues,
		Invoke: invoke, Checkpoints: b.marks, StreamChanged: b.streams.changes, NewID: func() string { return "id" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (b *bench) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.engine.Run(ctx) }()
	b.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func testTable() sam.Table {
	return sam.Table{
		LogicalID: "T", Name: "T", Partition: sam.Attribute{Name: "pk", Type: "S"}, Sort: sam.Attribute{Name: "sk", Type: "S"},
		Indexes: []sam.Index{{Name: "gsi1", Partition: sam.Attribute{Name: "g1pk", Type: "S"}, Projection: "INCLUDE", Include: []string{"v"}}},
		TTL:     "ttl", StreamView: "NEW_AND_OLD_IMAGES",
	}
}

// memory is Checkpoints in memory.
type memory struct {
	mu sync.Mutex
	m  map[string]string
}

func (m *memory) Load(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m[key], nil
}

func (m *memory) Save(_ context.Context, key, seq string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[key] = seq
	return nil
}

func (m *memory) shard(id string) string {
	seq, _ := m.Load(context.Background(), "work/E/arn:stream/"+id)
	return seq
}

// fakeTables creates tables that are active at the second look.
type fakeTables struct {
	TableClient
	mu     sync.Mutex
	tables map[string]*dynamotypes.TableDescription
	ttl    map[string]string
	// failures are the coming calls of CreateTable that fail after creating.
	failures int
	creates  int
}

func newFakeTables() *fakeTables {
	return &fakeTables{tables: map[string]*dynamotypes.TableDescription{}, ttl: map[string]string{}}
}

func (f *fakeTables) CreateTable(_ context.Context, in *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.creates++
	d := &dynamotypes.TableDescription{
		TableName: in.TableName, TableStatus: dynamotypes.TableStatusCreating, KeySchema: in.KeySchema,
		AttributeDefinitions: in.AttributeDefinitions, StreamSpecification: in.StreamSpecification, LatestStreamArn: aws.String("arn:stream"),
	}
	for _, g := range in.GlobalSecondaryIndexes {
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, dynamotypes.GlobalSecondaryIndexDescription{
			IndexName: g.IndexName, KeySchema: g.KeySchema, Projection: g.Projection, IndexStatus: dynamotypes.IndexStatusActive,
		})
	}
	f.tables[*in.TableName] = d
	if f.failures > 0 {
		f.failures--
		return nil, errors.New("connection lost")
	}
	return &dynamodb.CreateTableOutput{}, nil
}

func (f *fakeTables) DescribeTable(_ context.Context, in *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.tables[*in.TableName]
	if !ok {
		return nil, &dynamotypes.ResourceNotFoundException{}
	}
	copied := *d
	d.TableStatus = dynamotypes.TableStatusActive
	return &dynamodb.DescribeTableOutput{Table: &copied}, nil
}

func (f *fakeTables) DescribeTimeToLive(_ context.Context, in *dynamodb.DescribeTimeToLiveInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error) {
	d := &dynamotypes.TimeToLiveDescription{}
	if name, ok := f.ttl[*in.TableName]; ok {
		d.AttributeName = &name
	}
	return &dynamodb.DescribeTimeToLiveOutput{TimeToLiveDescription: d}, nil
}

func (f *fakeTables) UpdateTimeToLive(_ context.Context, in *dynamodb.UpdateTimeToLiveInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error) {
	if _, ok := f.ttl[*in.TableName]; ok {
		return nil, errors.New("TimeToLive is already enabled")
	}
	f.ttl[*in.TableName] = *in.TimeToLiveSpecification.AttributeName
	return &dynamodb.UpdateTimeToLiveOutput{}, nil
}

// fakeShard is a shard; the sequence number of record i is its number in text.
type fakeShard struct {
	id, parent string
	records    []streamtypes.Record
	closed     bool
}

// fakeStreams is one stream. An iterator is "shard/place".
type fakeStreams struct {
	StreamClient
	mu     sync.Mutex
	shards []*fakeShard
	// failures are the coming calls of GetRecords that fail.
	failures int
	changed  chan struct{}
}

func (f *fakeStreams) changes() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

// tell closes the channel of changes.
func (f *fakeStreams) tell() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.changed)
	f.changed = nil
}

func (f *fakeStreams) shard(id string) *fakeShard {
	for _, s := range f.shards {
		if s.id == id {
			return s
		}
	}
	return nil
}

// add appends a record of an item of kind to a shard, made if missing, and
// returns its sequence number.
func (f *fakeStreams) add(shard, seq, kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.shard(shard)
	if s == nil {
		s = &fakeShard{id: shard}
		f.shards = append(f.shards, s)
	}
	image := map[string]streamtypes.AttributeValue{"t": &streamtypes.AttributeValueMemberS{Value: kind}}
	s.records = append(s.records, streamtypes.Record{
		EventID: aws.String("e" + seq), EventName: streamtypes.OperationTypeInsert,
		Dynamodb: &streamtypes.StreamRecord{
			SequenceNumber: aws.String(seq), NewImage: image, ApproximateCreationDateTime: aws.Time(time.Now()),
		},
	})
}

func (f *fakeStreams) split(parent string, children ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shard(parent).closed = true
	for _, c := range children {
		f.shards = append(f.shards, &fakeShard{id: c, parent: parent})
	}
}

func (f *fakeStreams) DescribeStream(_ context.Context, in *dynamodbstreams.DescribeStreamInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := &streamtypes.StreamDescription{}
	past := in.ExclusiveStartShardId == nil
	for _, s := range f.shards { // one shard a page
		if !past {
			past = s.id == *in.ExclusiveStartShardId
			continue
		}
		shard := streamtypes.Shard{ShardId: aws.String(s.id)}
		if s.parent != "" {
			shard.ParentShardId = aws.String(s.parent)
		}
		d.Shards, d.LastEvaluatedShardId = []streamtypes.Shard{shard}, aws.String(s.id)
		break
	}
	return &dynamodbstreams.DescribeStreamOutput{StreamDescription: d}, nil
}

func (f *fakeStreams) GetShardIterator(_ context.Context, in *dynamodbstreams.GetShardIteratorInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, place := f.shard(*in.ShardId), 0
	switch in.ShardIteratorType {
	case streamtypes.ShardIteratorTypeLatest:
		place = len(s.records)
	case streamtypes.ShardIteratorTypeAfterSequenceNumber:
		if *in.SequenceNumber == "gone" {
			return nil, &streamtypes.TrimmedDataAccessException{}
		}
		for i, r := range s.records {
			if *r.Dynamodb.SequenceNumber == *in.SequenceNumber {
				place = i + 1
			}
		}
	}
	return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: aws.String(s.id + "/" + strconv.Itoa(place))}, nil
}

func (f *fakeStreams) GetRecords(_ context.Context, in *dynamodbstreams.GetRecordsInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures > 0 {
		f.failures--
		return nil, &streamtypes.ExpiredIteratorException{}
	}
	var place int
	var id string
	if _, err := fmt.Sscanf(*in.ShardIterator, "s%1s/%d", &id, &place); err != nil {
		return nil, err
	}
	s := f.shard("s" + id)
	end := min(len(s.records), place+int(*in.Limit))
	out := &dynamodbstreams.GetRecordsOutput{Records: s.records[place:end]}
	if !s.closed || end < len(s.records) {
		out.NextShardIterator = aws.String(s.id + "/" + strconv.Itoa(end))
	}
	return out, nil
}

// fakeQueues keeps messages with their visibility by the clock.
type fakeQueues struct {
	QueueClient
	mu     sync.Mutex
	queues map[string]*fakeQueue
	n      int
	// failures are the coming calls of SendMessage that fail.
	failures int
	waits    []int32
}

type fakeQueue struct {
	attributes map[string]string
	messages   []*fakeMessage
}

type fakeMessage struct {
	id, body string
	visible  time.Time
	receives int
}

func newFakeQueues() *fakeQueues { return &fakeQueues{queues: map[string]*fakeQueue{}} }

func (f *fakeQueues) CreateQueue(_ context.Context, in *sqs.CreateQueueInput, _ ...func(*sqs.Options)) (*sqs.CreateQueueOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q, ok := f.queues[*in.QueueName]; ok {
		for name, v := range in.Attributes {
			if q.attributes[name] != v {
				return nil, &sqstypes.QueueNameExists{}
			}
		}
	} else {
		f.queues[*in.QueueName] = &fakeQueue{attributes: in.Attributes}
	}
	return &sqs.CreateQueueOutput{QueueUrl: in.QueueName}, nil
}

func (f *fakeQueues) GetQueueUrl(_ context.Context, in *sqs.GetQueueUrlInput, _ ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error) {
	return &sqs.GetQueueUrlOutput{QueueUrl: in.QueueName}, nil
}

func (f *fakeQueues) GetQueueAttributes(_ context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	return &sqs.GetQueueAttributesOutput{Attributes: map[string]string{"QueueArn": "arn:" + *in.QueueUrl}}, nil
}

func (f *fakeQueues) SetQueueAttributes(_ context.Context, in *sqs.SetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.SetQueueAttributesOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queues[*in.QueueUrl].attributes = in.Attributes
	return &sqs.SetQueueAttributesOutput{}, nil
}

func (f *fakeQueues) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures > 0 {
		f.failures--
		return nil, errors.New("connection lost")
	}
	f.n++
	q := f.queues[*in.QueueUrl]
	q.messages = append(q.messages, &fakeMessage{id: "m" + strconv.Itoa(f.n), body: *in.MessageBody})
	return &sqs.SendMessageOutput{}, nil
}

func (f *fakeQueues) failNext(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = n
}

func (f *fakeQueues) send(queue string, bodies ...string) {
	for _, b := range bodies {
		_, _ = f.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &b})
	}
}

// bodies are the messages in a queue, hidden ones included.
func (f *fakeQueues) bodies(queue string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, m := range f.queues[queue].messages {
		all = append(all, m.body)
	}
	return all
}

// ReceiveMessage waits like SQS, in steps of 50 ms.
func (f *fakeQueues) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	until := time.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	for {
		if out := f.take(in); len(out) > 0 || !time.Now().Before(until) {
			return &sqs.ReceiveMessageOutput{Messages: out}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (f *fakeQueues) take(in *sqs.ReceiveMessageInput) []sqstypes.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []sqstypes.Message
	for _, m := range f.queues[*in.QueueUrl].messages {
		if len(out) < int(in.MaxNumberOfMessages) && !m.visible.After(time.Now()) {
			m.receives++
			m.visible = time.Now().Add(time.Minute)
			out = append(out, sqstypes.Message{
				MessageId: aws.String(m.id), ReceiptHandle: aws.String(m.id), Body: aws.String(m.body),
				Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.receives)},
			})
		}
	}
	return out
}

func (f *fakeQueues) DeleteMessageBatch(_ context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := f.queues[*in.QueueUrl]
	for _, e := range in.Entries {
		for i, m := range q.messages {
			if m.id == *e.ReceiptHandle {
				q.messages = append(q.messages[:i], q.messages[i+1:]...)
				break
			}
		}
	}
	return &sqs.DeleteMessageBatchOutput{}, nil
}

func (f *fakeQueues) ChangeMessageVisibilityBatch(_ context.Context, in *sqs.ChangeMessageVisibilityBatchInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range in.Entries {
		f.waits = append(f.waits, e.VisibilityTimeout)
		for _, m := range f.queues[*in.QueueUrl].messages {
			if m.id == *e.ReceiptHandle {
				m.visible = time.Now().Add(time.Duration(e.VisibilityTimeout) * time.Second)
			}
		}
	}
	return &sqs.ChangeMessageVisibilityBatchOutput{}, nil
}
