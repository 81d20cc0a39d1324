package ddb_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/manystall/manystall/infra/localaws"
)

func adverseBundle(t *testing.T, seed uint64) *bundle {
	t.Helper()
	b := &bundle{clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	b.server = openServer(t, localaws.Config{Path: t.TempDir(), Now: b.clock.Now, Sweep: -1, NoSync: true, Seed: seed})
	b.db, b.streams = clients(b.server)
	return b
}

// patient reads a shard to its end, or to where it is open, going on behind
// the last record whenever it is refused.
func (b *bundle) patient(t *testing.T, arn string, sh streams.Shard) (records []streams.Record, refusals int) {
	t.Helper()
	var it *string
	for empty := 0; empty < 20; {
		kind, after := streams.ShardIteratorTypeTrimHorizon, (*string)(nil)
		if len(records) > 0 {
			kind, after = streams.ShardIteratorTypeAfterSequenceNumber, records[len(records)-1].Dynamodb.SequenceNumber
		}
		if it == nil {
			var err error
			if it, err = b.iterator(arn, sh, kind, after); err != nil {
				t.Fatal(err)
			}
		}
		out, err := b.streams.GetRecords(context.Background(), &dynamodbstreams.GetRecordsInput{ShardIterator: it})
		if err != nil {
			if c := code(err); c != "ExpiredIteratorException" && c != "InternalServerError" {
				t.Fatal(err)
			}
			refusals++
			it = nil
			continue
		}
		empty++
		if len(out.Records) > 0 {
			empty = 0
		}
		records = append(records, out.Records...)
		if it = out.NextShardIterator; it == nil {
			break
		}
	}
	return records, refusals
}

func TestStreamsInAdverseModeLoseNothing(t *testing.T) {
	t.Parallel()
	b := adverseBundle(t, 1)
	table := b.create(t, tableThings("things"))
	b.server.SetAdverse(true)
	const keys, writes = 20, 600
	for i := range writes {
		insist(t, func() error {
			_, err := b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table,
				Item: item{"p": str(strconv.Itoa(i % keys)), "s": str("s"), "v": num(strconv.Itoa(i))}})
			return err
		})
	}
	arn, shards := b.shards(t, table)
	if len(shards) < 4 {
		t.Errorf("%d shards: none was split", len(shards))
	}
	seen, refusals := map[string][]int{}, 0
	for _, sh := range shards { // parents are listed before their children
		records, refused := b.patient(t, arn, sh)
		refusals += refused
		for _, r := range records {
			v, err := strconv.Atoi(r.Dynamodb.NewImage["v"].(*streams.AttributeValueMemberN).Value)
			if err != nil {
				t.Fatal(err)
			}
			key := r.Dynamodb.Keys["p"].(*streams.AttributeValueMemberS).Value
			seen[key] = append(seen[key], v)
		}
	}
	if refusals == 0 {
		t.Error("no read was refused")
	}
	for k := range keys {
		var want []int
		for i := k; i < writes; i += keys {
			want = append(want, i)
		}
		if got := seen[strconv.Itoa(k)]; !slices.Equal(got, want) {
			t.Errorf("key %d: %v, want %v", k, got, want)
		}
	}
}

// TestTheSameSeedMeetsTheSame runs one sequence of requests three times.
func TestTheSameSeedMeetsTheSame(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (story string) {
		b := adverseBundle(t, seed)
		table := b.create(t, tableThings("things"))
		b.server.SetAdverse(true)
		for i := range 200 {
			p := str(strconv.Itoa(i % 7))
			_, err := b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: item{"p": p, "s": str("s"), "gp": str("g"), "gs": num(strconv.Itoa(i))}})
			story += code(err)
			out, err := b.db.Query(context.Background(), &dynamodb.QueryInput{TableName: &table, IndexName: aws.String("all"),
				KeyConditionExpression: aws.String("gp = :g"), ExpressionAttributeValues: item{":g": str("g")}})
			story += code(err) + fmt.Sprintln(texts(out.Items, "gs"))
		}
		_, shards := b.shards(t, table)
		return story + fmt.Sprint(len(shards))
	}
	first, again, other := run(1), run(1), run(2)
	if first != again {
		t.Errorf("the same seed gave\n%s\nand\n%s", first, again)
	}
	if first == other {
		t.Error("another seed gave the same")
	}
}
