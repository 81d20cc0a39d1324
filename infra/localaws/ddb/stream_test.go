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
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

func (b *bundle) shards(t testing.TB, table string) (arn string, shards []streams.Shard) {
	t.Helper()
	list, err := b.streams.ListStreams(context.Background(), &dynamodbstreams.ListStreamsInput{TableName: &table})
	if err != nil || len(list.Streams) != 1 {
		t.Fatalf("streams %v, %v", list, err)
	}
	arn = *list.Streams[0].StreamArn
	d, err := b.streams.DescribeStream(context.Background(), &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	return arn, d.StreamDescription.Shards
}

func (b *bundle) iterator(arn string, sh streams.Shard, kind streams.ShardIteratorType, sequence *string) (*string, error) {
	out, err := b.streams.GetShardIterator(context.Background(), &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &arn, ShardId: sh.ShardId, ShardIteratorType: kind, SequenceNumber: sequence})
	if err != nil {
		return nil, err
	}
	return out.ShardIterator, nil
}

// drain reads an iterator until it is at the end of an open shard, or until a
// closed shard ends.
func (b *bundle) drain(t testing.TB, it *string, limit int32) (records []streams.Record, open bool) {
	t.Helper()
	for it != nil {
		out, err := b.streams.GetRecords(context.Background(), &dynamodbstreams.GetRecordsInput{ShardIterator: it, Limit: &limit})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, out.Records...)
		if len(out.Records) == 0 {
			return records, out.NextShardIterator != nil
		}
		it = out.NextShardIterator
	}
	return records, false
}

// everything reads all shards from the beginning.
func (b *bundle) everything(t testing.TB, table string) []streams.Record {
	t.Helper()
	arn, shards := b.shards(t, table)
	var out []streams.Record
	for _, sh := range shards {
		it, err := b.iterator(arn, sh, streams.ShardIteratorTypeTrimHorizon, nil)
		if err != nil {
			t.Fatal(err)
		}
		records, _ := b.drain(t, it, 3)
		for i := 1; i < len(records); i++ {
			if *records[i-1].Dynamodb.SequenceNumber >= *records[i].Dynamodb.SequenceNumber {
				t.Errorf("sequence numbers of a shard must grow")
			}
		}
		out = append(out, records...)
	}
	return out
}

func TestStreamRecords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	one, two := item{"p": str("a"), "s": str("s"), "v": num("1")}, item{"p": str("a"), "s": str("s"), "v": num("2")}
	b.put(t, table, one, one, two) // the second changes nothing and leaves no record
	if _, err := b.db.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &table, Key: item{"p": str("a"), "s": str("s")}}); err != nil {
		t.Fatal(err)
	}
	records := b.everything(t, table)
	var got []string
	for _, r := range records {
		got = append(got, fmt.Sprint(r.EventName, len(r.Dynamodb.OldImage), len(r.Dynamodb.NewImage), len(r.Dynamodb.Keys)))
		if *r.EventSource != "aws:dynamodb" || r.UserIdentity != nil || *r.Dynamodb.SizeBytes == 0 || r.Dynamodb.ApproximateCreationDateTime.IsZero() {
			t.Errorf("record %+v", r)
		}
	}
	if want := []string{"INSERT0 3 2", "MODIFY3 3 2", "REMOVE3 0 2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestViewTypes(t *testing.T) {
	t.Parallel()
	for view, want := range map[types.StreamViewType][2]bool{
		types.StreamViewTypeKeysOnly: {false, false}, types.StreamViewTypeNewImage: {false, true},
		types.StreamViewTypeOldImage: {true, false}, types.StreamViewTypeNewAndOldImages: {true, true},
	} {
		b := setup(t)
		in := tableThings("things")
		in.StreamSpecification.StreamViewType = view
		table := b.create(t, in)
		b.put(t, table, item{"p": str("a"), "s": str("s")}, item{"p": str("a"), "s": str("s"), "v": num("1")})
		d := b.everything(t, table)[1].Dynamodb
		if got := [2]bool{d.OldImage != nil, d.NewImage != nil}; got != want || d.Keys == nil {
			t.Errorf("%s: %v", view, got)
		}
	}
}

func TestIteratorTypes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	key := item{"p": str("a"), "s": str("s")}
	for i := range 4 {
		b.put(t, table, item{"p": key["p"], "s": key["s"], "v": num(strconv.Itoa(i))})
	}
	records := b.everything(t, table)
	arn, shards := b.shards(t, table)
	var home streams.Shard
	for _, sh := range shards {
		it, err := b.iterator(arn, sh, streams.ShardIteratorTypeTrimHorizon, nil)
		if err != nil {
			t.Fatal(err)
		}
		if found, _ := b.drain(t, it, 10); len(found) > 0 {
			home = sh
		}
	}
	for kind, want := range map[streams.ShardIteratorType]int{
		streams.ShardIteratorTypeTrimHorizon: 4, streams.ShardIteratorTypeAtSequenceNumber: 3,
		streams.ShardIteratorTypeAfterSequenceNumber: 2, streams.ShardIteratorTypeLatest: 0,
	} {
		var sequence *string
		if kind == streams.ShardIteratorTypeAtSequenceNumber || kind == streams.ShardIteratorTypeAfterSequenceNumber {
			sequence = records[1].Dynamodb.SequenceNumber
		}
		it, err := b.iterator(arn, home, kind, sequence)
		if err != nil {
			t.Fatal(err)
		}
		if got, open := b.drain(t, it, 1); len(got) != want || !open {
			t.Errorf("%s: %d records, open %v, want %d", kind, len(got), open, want)
		}
	}
	it, err := b.iterator(arn, home, streams.ShardIteratorTypeTrimHorizon, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.clock.add(16 * time.Minute)
	_, err = b.streams.GetRecords(context.Background(), &dynamodbstreams.GetRecordsInput{ShardIterator: it})
	wantError(t, err, "ExpiredIteratorException", "")
	_, err = b.streams.GetRecords(context.Background(), &dynamodbstreams.GetRecordsInput{ShardIterator: aws.String("nonsense")})
	wantError(t, err, "ValidationException", "Invalid ShardIterator")
}

func TestRecordsAreTrimmedAfterADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.put(t, table, item{"p": str("a"), "s": str("old")})
	old := b.everything(t, table)[0].Dynamodb.SequenceNumber
	b.clock.add(25 * time.Hour)
	b.put(t, table, item{"p": str("a"), "s": str("new")})
	for range 2 { // before and after the sweep
		if got := b.everything(t, table); len(got) != 1 || text2(got[0].Dynamodb.Keys["s"]) != "new" {
			t.Errorf("%d records", len(got))
		}
		arn, shards := b.shards(t, table)
		refused := 0
		for _, sh := range shards {
			if _, err := b.iterator(arn, sh, streams.ShardIteratorTypeAfterSequenceNumber, old); err != nil {
				wantError(t, err, "TrimmedDataAccessException", "")
				refused++
			}
		}
		if refused == 0 {
			t.Error("reading after a trimmed record should be refused")
		}
		if err := b.server.DynamoDB().Trim(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func text2(v streams.AttributeValue) string {
	s, _ := v.(*streams.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func TestASplitKeepsEveryRecordOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	const keys, rounds = 20, 6
	for round := range rounds {
		if round%2 == 1 {
			if err := b.server.DynamoDB().SplitShard(context.Background(), table, round%2); err != nil {
				t.Fatal(err)
			}
		}
		for k := range keys {
			b.put(t, table, item{"p": str(strconv.Itoa(k)), "s": str("s"), "v": num(strconv.Itoa(round))})
		}
	}
	records := b.everything(t, table)
	slices.SortFunc(records, func(x, y streams.Record) int {
		if *x.Dynamodb.SequenceNumber < *y.Dynamodb.SequenceNumber {
			return -1
		}
		return 1
	})
	if len(records) != keys*rounds {
		t.Errorf("%d records, want %d", len(records), keys*rounds)
	}
	_, shards := b.shards(t, table)
	open, parents := 0, 0
	for _, sh := range shards {
		if sh.SequenceNumberRange.EndingSequenceNumber == nil {
			open++
		}
		if sh.ParentShardId != nil {
			parents++
		}
	}
	if open != 5 || parents != 6 {
		t.Errorf("%d open shards, %d with a parent; want 5, 6", open, parents)
	}
}

func TestExpiredItemsGoAndTellTheStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	at := func(d time.Duration) types.AttributeValue {
		return num(strconv.FormatInt(b.clock.Now().Add(d).Unix(), 10))
	}
	b.put(t, table, item{"p": str("before"), "s": str("s"), "until": at(-time.Hour)})
	enable := &dynamodb.UpdateTimeToLiveInput{TableName: &table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("until"), Enabled: aws.Bool(true)}}
	if _, err := b.db.UpdateTimeToLive(context.Background(), enable); err != nil {
		t.Fatal(err)
	}
	_, err := b.db.UpdateTimeToLive(context.Background(), enable)
	wantError(t, err, "ValidationException", "TimeToLive is already enabled")
	b.put(t, table,
		item{"p": str("gone"), "s": str("s"), "until": at(-time.Second)},
		item{"p": str("renewed"), "s": str("s"), "until": at(-time.Second)},
		item{"p": str("renewed"), "s": str("s"), "until": at(time.Hour)},
		item{"p": str("later"), "s": str("s"), "until": at(time.Minute)},
		item{"p": str("ancient"), "s": str("s"), "until": at(-6 * 365 * 24 * time.Hour)},
		item{"p": str("text"), "s": str("s"), "until": str("1")},
		item{"p": str("zero"), "s": str("s"), "until": num("0")},
		item{"p": str("never"), "s": str("s")})
	if n, err := b.server.SweepTTL(context.Background()); err != nil || n != 2 {
		t.Fatalf("%d removed, %v; want 2", n, err)
	}
	var removed []string
	for _, r := range b.everything(t, table) {
		if r.EventName == streams.OperationTypeRemove && r.UserIdentity != nil && *r.UserIdentity.PrincipalId == "dynamodb.amazonaws.com" && *r.UserIdentity.Type == "Service" {
			removed = append(removed, text2(r.Dynamodb.Keys["p"]))
		}
	}
	slices.Sort(removed)
	if !slices.Equal(removed, []string{"before", "gone"}) {
		t.Errorf("removed %v", removed)
	}
	b.clock.add(2 * time.Hour)
	if n, err := b.server.SweepTTL(context.Background()); err != nil || n != 2 {
		t.Errorf("%d removed, %v; want 2", n, err)
	}
	d, err := b.db.DescribeTimeToLive(context.Background(), &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil || d.TimeToLiveDescription.TimeToLiveStatus != types.TimeToLiveStatusEnabled {
		t.Errorf("%v, %v", d, err)
	}
	enable.TimeToLiveSpecification.Enabled = aws.Bool(false)
	if _, err := b.db.UpdateTimeToLive(context.Background(), enable); err != nil {
		t.Fatal(err)
	}
}

func TestTheStreamOfADeletedTableLivesOnForADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.put(t, table, item{"p": str("a"), "s": str("s")})
	if _, err := b.db.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &table}); err != nil {
		t.Fatal(err)
	}
	if got := b.everything(t, table); len(got) != 1 {
		t.Errorf("%d records, want 1", len(got))
	}
	b.clock.add(25 * time.Hour)
	if err := b.server.DynamoDB().Trim(context.Background()); err != nil {
		t.Fatal(err)
	}
	list, err := b.streams.ListStreams(context.Background(), &dynamodbstreams.ListStreamsInput{})
	if err != nil || len(list.Streams) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAWriteWakesWhoeverWaitsForTheStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	changed := b.server.StreamChanged()
	b.put(t, table, item{"p": str("a"), "s": str("s")})
	<-changed // else the test hangs until its deadline, which names it
}
