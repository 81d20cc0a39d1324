package localaws_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.uber.org/goleak"

	"github.com/manystall/manystall/infra/localaws"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func open(t *testing.T, folder string) *localaws.Server {
	t.Helper()
	s, err := localaws.Open(localaws.Config{Path: folder, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func config(endpoint string, transport http.RoundTripper) aws.Config {
	return aws.Config{
		Region:       "eu-north-1",
		BaseEndpoint: &endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider("k", "s", ""),
		HTTPClient:   &http.Client{Transport: transport},
	}
}

// use writes and reads through both services.
func use(t *testing.T, cfg aws.Config) {
	t.Helper()
	ctx := context.Background()
	db := dynamodb.NewFromConfig(cfg)
	_, err := db.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: aws.String("things"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("p"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("p"), KeyType: "HASH"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := dynamodb.NewTableExistsWaiter(db).Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("things")}, time.Minute); err != nil {
		t.Fatal(err)
	}
	it := map[string]types.AttributeValue{"p": &types.AttributeValueMemberS{Value: "a"}}
	if _, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("things"), Item: it}); err != nil {
		t.Fatal(err)
	}
	queues := sqs.NewFromConfig(cfg)
	q, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: q.QueueUrl, MessageBody: aws.String("hello")}); err != nil {
		t.Fatal(err)
	}
	got, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: q.QueueUrl})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("received %v, %v", got, err)
	}
}

func TestOverHTTP(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(open(t, t.TempDir()))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	use(t, config(server.URL, transport))
}

func TestInProcess(t *testing.T) {
	t.Parallel()
	use(t, config("http://anything", open(t, t.TempDir()).RoundTripper()))
}

func TestDataOutlivesTheServer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := localaws.Open(localaws.Config{Path: folder, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	use(t, config("http://anything", first.RoundTripper()))
	if _, err := localaws.Open(localaws.Config{Path: folder, Log: quiet()}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second server on the folder: %v", err)
	}
	for range 2 {
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db := dynamodb.NewFromConfig(config("http://anything", open(t, folder).RoundTripper()))
	out, err := db.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("things"),
		Key: map[string]types.AttributeValue{"p": &types.AttributeValueMemberS{Value: "a"}}})
	if err != nil || len(out.Item) != 1 {
		t.Errorf("got %v, %v", out, err)
	}
}

func TestRequestsAfterCloseAreRefused(t *testing.T) {
	t.Parallel()
	s, err := localaws.Open(localaws.Config{Path: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := config("http://anything", s.RoundTripper())
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	if _, err := dynamodb.NewFromConfig(cfg).ListTables(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "StatusCode: 500") {
		t.Errorf("got %v", err)
	}
}

func TestACancelledRequestIsNotServed(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := dynamodb.NewFromConfig(config("http://anything", s.RoundTripper())).ListTables(ctx, nil); err == nil {
		t.Error("want an error")
	}
}

func TestTheSweepRemovesExpiredItems(t *testing.T) {
	t.Parallel()
	s, err := localaws.Open(localaws.Config{Path: t.TempDir(), Log: quiet(), Sweep: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	db := dynamodb.NewFromConfig(config("http://anything", s.RoundTripper()))
	name := aws.String("things")
	_, err = db.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("p"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("p"), KeyType: "HASH"}},
		StreamSpecification:  &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("until"), Enabled: aws.Bool(true)}})
	if err != nil {
		t.Fatal(err)
	}
	expired := map[string]types.AttributeValue{"p": &types.AttributeValueMemberS{Value: "a"}, "until": &types.AttributeValueMemberN{Value: "1700000000"}}
	if _, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: expired}); err != nil {
		t.Fatal(err)
	}
	for {
		changed := s.StreamChanged()
		out, err := db.Scan(ctx, &dynamodb.ScanInput{TableName: name})
		if err != nil {
			t.Fatal(err)
		}
		if out.Count == 0 {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatal("the item is still there")
		}
	}
}
