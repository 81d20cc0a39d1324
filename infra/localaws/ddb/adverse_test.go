package ddb_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// insist repeats what fails for no reason of its own.
func insist(t *testing.T, fn func() error) {
	t.Helper()
	for range 100 {
		err := fn()
		if err == nil {
			return
		}
		if c := code(err); c != "TransactionConflictException" && c != "TransactionCanceledException" {
			t.Fatal(err)
		}
	}
	t.Fatal("a hundred conflicts in a row")
}

func TestIndexesLagBehindForTwoSecondsAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	for i := range 10 {
		b.put(t, table, item{"p": str(strconv.Itoa(i)), "s": str("s"), "gp": str("g"), "gs": num(strconv.Itoa(i))})
	}
	b.server.SetAdverse(true)
	b.clock.add(time.Minute)
	insist(t, func() error { // one moves to the front, one goes, one comes
		return b.transact(nil, txPut(table, item{"p": str("5"), "s": str("s"), "gp": str("g"), "gs": num("-1")}, ""),
			types.TransactWriteItem{Delete: &types.Delete{TableName: &table, Key: item{"p": str("7"), "s": str("s")}}},
			txPut(table, item{"p": str("x"), "s": str("s"), "gp": str("g"), "gs": num("100")}, ""))
	})
	b.clock.add(time.Second)
	const before, after = "0 1 2 3 4 5 6 7 8 9", "5 0 1 2 3 4 6 8 9 x"
	seen := map[string]int{}
	read := func() {
		items, _ := b.all(t, dynamodb.QueryInput{TableName: &table, IndexName: aws.String("all"), KeyConditionExpression: aws.String("gp = :g"),
			ExpressionAttributeValues: item{":g": str("g")}})
		seen[texts(items, "p")]++
	}
	for range 40 {
		read()
	}
	if seen[before] == 0 || seen[after] == 0 || len(seen) != 2 {
		t.Errorf("saw %v", seen)
	}
	if got := b.get(t, table, item{"p": str("x"), "s": str("s")}); got == nil {
		t.Error("a consistent read must see every write")
	}
	b.clock.add(2 * time.Second)
	seen = map[string]int{}
	for range 40 {
		read()
	}
	if len(seen) != 1 || seen[after] == 0 {
		t.Errorf("after two seconds: %v", seen)
	}
}

func TestABusyPartitionIsThrottledForTheSecond(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.server.SetAdverse(true)
	put := func() error {
		_, err := b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: item{"p": str("hot"), "s": str("s"), "v": str(string(make([]byte, 100*1024)))}})
		return err
	}
	written := 0
	for range 30 {
		if err := put(); err == nil {
			written++
		} else if c := code(err); c != "ThrottlingException" && c != "TransactionConflictException" {
			t.Fatal(err)
		}
	}
	if written != 9 { // of 101 units each
		t.Errorf("%d writes in a second, want 9", written)
	}
	b.clock.add(time.Second)
	insist(t, put)
}

func TestBatchesLeaveAPartThatCanBeSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.server.SetAdverse(true)
	var requests []types.WriteRequest
	request := map[string]types.KeysAndAttributes{table: {ConsistentRead: aws.Bool(true)}}
	for i := range 25 {
		key := item{"p": str(strconv.Itoa(i)), "s": str("s")}
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: key}})
		request[table] = types.KeysAndAttributes{ConsistentRead: aws.Bool(true), Keys: append(request[table].Keys, key)}
	}
	left, writes := map[string][]types.WriteRequest{table: requests}, 0
	for ; len(left) > 0; writes++ {
		out, err := b.db.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{RequestItems: left})
		if err != nil {
			t.Fatal(err)
		}
		left = out.UnprocessedItems
	}
	found, reads := 0, 0
	for ; len(request) > 0; reads++ {
		out, err := b.db.BatchGetItem(context.Background(), &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			t.Fatal(err)
		}
		found += len(out.Responses[table])
		request = out.UnprocessedKeys
	}
	if found != 25 || writes < 2 || reads < 2 {
		t.Errorf("%d items, %d writes, %d reads", found, writes, reads)
	}
}

func TestTransactionsConflictNowAndThen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.server.SetAdverse(true)
	conflicts, done := 0, 0
	for range 200 {
		b.clock.add(time.Second)
		err := b.transact(nil, txAdd(table, item{"p": str("a"), "s": str("s")}))
		var cancelled *types.TransactionCanceledException
		switch {
		case err == nil:
			done++
		case errors.As(err, &cancelled) && *cancelled.CancellationReasons[0].Code == "TransactionConflict":
			conflicts++
		default:
			t.Fatal(err)
		}
	}
	if conflicts == 0 || text(b.get(t, table, item{"p": str("a"), "s": str("s")})["v"]) != strconv.Itoa(done) {
		t.Errorf("%d conflicts, %d done", conflicts, done)
	}
}
