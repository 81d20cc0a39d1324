package localaws_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/manystall/manystall/infra/localaws"
	"github.com/manystall/manystall/infra/localaws/bolt"
)

// used is a folder that a closed server has left.
func used(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	s, err := localaws.Open(localaws.Config{Path: folder, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	use(t, config("http://anything", s.RoundTripper()))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestTornFilesAreNamedAtStart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dynamodb.db", "sqs.db"} {
		folder := used(t)
		path := filepath.Join(folder, name)
		if err := os.Truncate(path, 5*int64(os.Getpagesize())); err != nil {
			t.Fatal(err)
		}
		_, err := localaws.Open(localaws.Config{Path: folder, Log: quiet()})
		if !errors.Is(err, bolt.ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
}

// swap replaces a text wherever it is in a file, as bad storage might.
func swap(t *testing.T, path, from, to string) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(whole, []byte(from)) {
		t.Fatalf("%q is not in %s", from, path)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(whole, []byte(from), []byte(to)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedRowsAreNotServed: what is wrong inside a page is found when the
// row is read, and for queues at the start.
func TestDamagedRowsAreNotServed(t *testing.T) {
	t.Parallel()
	folder := used(t)
	s, err := localaws.Open(localaws.Config{Path: folder, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	it := map[string]types.AttributeValue{"p": str("key"), "text": str("treasure")}
	db := dynamodb.NewFromConfig(config("http://anything", s.RoundTripper()))
	if _, err := db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("things"), Item: it}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	swap(t, filepath.Join(folder, "dynamodb.db"), "treasure", "treasurf")
	swap(t, filepath.Join(folder, "sqs.db"), "hello", "hellp")
	s = open(t, folder)
	if err := s.SQS().ReleaseInFlight(context.Background()); err != nil {
		t.Fatal(err)
	}
	cfg := config("http://anything", s.RoundTripper())
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	out, err := dynamodb.NewFromConfig(cfg).GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("things"), Key: map[string]types.AttributeValue{"p": str("key")}})
	if err == nil || !strings.Contains(err.Error(), "InternalServerError") {
		t.Errorf("read %v, %v", out, err)
	}
	queues := sqs.NewFromConfig(cfg)
	q, err := queues.GetQueueUrl(context.Background(), &sqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := queues.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: q.QueueUrl}); err == nil {
		t.Errorf("received %v", got.Messages)
	}
}
