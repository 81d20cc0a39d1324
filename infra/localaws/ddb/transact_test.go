package ddb_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func txPut(table string, it item, condition string) types.TransactWriteItem {
	p := &types.Put{TableName: &table, Item: it, ReturnValuesOnConditionCheckFailure: "ALL_OLD"}
	if condition != "" {
		p.ConditionExpression = &condition
	}
	return types.TransactWriteItem{Put: p}
}

func txAdd(table string, key item) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{TableName: &table, Key: key,
		UpdateExpression: aws.String("ADD v :one"), ExpressionAttributeValues: item{":one": num("1")}}}
}

func (b *bundle) transact(token *string, items ...types.TransactWriteItem) error {
	_, err := b.db.TransactWriteItems(context.Background(), &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: token})
	return err
}

func TestATransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	old := item{"p": str("old"), "s": str("s"), "v": num("1")}
	b.put(t, table, old)
	err := b.transact(nil,
		txPut(table, item{"p": str("new"), "s": str("s")}, ""),
		txPut(table, item{"p": str("old"), "s": str("s")}, "attribute_not_exists(p)"),
		types.TransactWriteItem{Update: &types.Update{TableName: &table, Key: item{"p": str("old2"), "s": str("s")}, UpdateExpression: aws.String("SET a = zz")}},
		types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &table, Key: item{"p": str("nope"), "s": str("s")}, ConditionExpression: aws.String("attribute_exists(p)")}},
	)
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		t.Fatal(err)
	}
	if want := "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError, ConditionalCheckFailed]"; cancelled.ErrorMessage() != want {
		t.Errorf("message %q", cancelled.ErrorMessage())
	}
	r := cancelled.CancellationReasons
	if same(old, r[1].Item) != "" || *r[1].Message != "The conditional request failed" || r[3].Item != nil || r[0].Message != nil {
		t.Errorf("reasons %+v", r)
	}
	if !strings.Contains(*r[2].Message, "attribute that does not exist") {
		t.Errorf("reason %s", *r[2].Message)
	}
	if got := b.get(t, table, item{"p": str("new"), "s": str("s")}); got != nil {
		t.Errorf("a cancelled transaction wrote %v", got)
	}
}

func TestTransactionsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	key := item{"p": str("a"), "s": str("s")}
	wantError(t, b.transact(nil, txAdd(table, key), txPut(table, key, "")), "ValidationException", "Transaction request cannot include multiple operations on one item")
	wantError(t, b.transact(nil, types.TransactWriteItem{}), "ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete")
	wantError(t, b.transact(nil, txAdd("none", key)), "ResourceNotFoundException", "Requested resource not found")
	many := make([]types.TransactWriteItem, 101)
	for i := range many {
		many[i] = txAdd(table, item{"p": str(strconv.Itoa(i)), "s": str("s")})
	}
	wantError(t, b.transact(nil, many...), "ValidationException", "Member must have length less than or equal to 100")
	if err := b.transact(nil, many[:100]...); err != nil {
		t.Error(err)
	}
	var large []types.TransactWriteItem
	for i := range 11 {
		large = append(large, txPut(table, item{"p": str(strconv.Itoa(i)), "s": str("s"), "v": str(strings.Repeat("x", 399*1024))}, ""))
	}
	wantError(t, b.transact(nil, large...), "ValidationException", "exceeds the limit")
	wantError(t, b.transact(aws.String(strings.Repeat("x", 37)), many[0]), "ValidationException", "clientRequestToken")
	wantError(t, b.transact(nil, txAdd(table, item{"p": str("a")})), "TransactionCanceledException", "[ValidationError]")
}

func TestATransactionsTokenIsRememberedForTenMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	key := item{"p": str("a"), "s": str("s")}
	token := aws.String("token")
	for range 3 {
		if err := b.transact(token, txAdd(table, key)); err != nil {
			t.Fatal(err)
		}
	}
	if v := text(b.get(t, table, key)["v"]); v != "1" {
		t.Errorf("the counter is %s, want 1", v)
	}
	wantError(t, b.transact(token, txAdd(table, item{"p": str("b"), "s": str("s")})), "IdempotentParameterMismatchException", "")
	b.clock.add(10 * time.Minute)
	if err := b.server.DynamoDB().Trim(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := b.transact(token, txAdd(table, key)); err != nil {
		t.Fatal(err)
	}
	if v := text(b.get(t, table, key)["v"]); v != "2" {
		t.Errorf("the counter is %s, want 2", v)
	}
}

func TestTransactGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.put(t, table, item{"p": str("a"), "s": str("s"), "x": str("x")})
	get := func(p, projection string) types.TransactGetItem {
		g := &types.Get{TableName: &table, Key: item{"p": str(p), "s": str("s")}}
		if projection != "" {
			g.ProjectionExpression = &projection
		}
		return types.TransactGetItem{Get: g}
	}
	out, err := b.db.TransactGetItems(context.Background(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{get("none", ""), get("a", "x")}})
	if err != nil || len(out.Responses) != 2 || out.Responses[0].Item != nil || same(item{"x": str("x")}, out.Responses[1].Item) != "" {
		t.Errorf("got %v, %v", out, err)
	}
	_, err = b.db.TransactGetItems(context.Background(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{get("a", ""), get("a", "")}})
	wantError(t, err, "ValidationException", "multiple operations on one item")
}

func TestBatchWriteAndGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table, other := b.create(t, tableThings("things")), b.create(t, tableThings("other"))
	put := func(p string) types.WriteRequest {
		return types.WriteRequest{PutRequest: &types.PutRequest{Item: item{"p": str(p), "s": str("s")}}}
	}
	del := func(p string) types.WriteRequest {
		return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: item{"p": str(p), "s": str("s")}}}
	}
	write := func(requests map[string][]types.WriteRequest) error {
		out, err := b.db.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{RequestItems: requests})
		if err == nil && len(out.UnprocessedItems) > 0 {
			t.Errorf("unprocessed: %v", out.UnprocessedItems)
		}
		return err
	}
	if err := write(map[string][]types.WriteRequest{table: {put("a"), put("b")}, other: {put("c")}}); err != nil {
		t.Fatal(err)
	}
	if err := write(map[string][]types.WriteRequest{table: {del("a"), del("none")}}); err != nil {
		t.Fatal(err)
	}
	wantError(t, write(map[string][]types.WriteRequest{table: {put("a"), del("a")}}), "ValidationException", "Provided list of item keys contains duplicates")
	var many []types.WriteRequest
	for i := range 26 {
		many = append(many, put(strconv.Itoa(i)))
	}
	wantError(t, write(map[string][]types.WriteRequest{table: many}), "ValidationException", "length less than or equal to 25")
	wantError(t, write(map[string][]types.WriteRequest{table: many[:20], other: many[:20]}), "ValidationException", "Too many items requested for the BatchWriteItem call")
	wantError(t, write(map[string][]types.WriteRequest{}), "ValidationException", "The requestItems parameter is required for BatchWriteItem")
	keys := []map[string]types.AttributeValue{}
	for _, p := range []string{"a", "b", "c"} {
		keys = append(keys, item{"p": str(p), "s": str("s")})
	}
	got, err := b.db.BatchGetItem(context.Background(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		table: {Keys: keys}, other: {Keys: keys, ProjectionExpression: aws.String("p")}}})
	if err != nil || len(got.Responses[table]) != 1 || len(got.Responses[other]) != 1 || len(got.Responses[other][0]) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = b.db.BatchGetItem(context.Background(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table: {Keys: append(keys, keys[0])}}})
	wantError(t, err, "ValidationException", "Provided list of item keys contains duplicates")
}

func TestABatchGetLeavesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	big := strings.Repeat("x", 390*1024)
	request := map[string]types.KeysAndAttributes{table: {ConsistentRead: aws.Bool(true)}}
	for i := range 50 {
		key := item{"p": str(strconv.Itoa(i)), "s": str("s")}
		b.put(t, table, item{"p": key["p"], "s": key["s"], "v": str(big)})
		keys := request[table]
		keys.Keys = append(keys.Keys, key)
		request[table] = keys
	}
	seen := map[string]bool{}
	rounds := 0
	for ; len(request) > 0; rounds++ {
		out, err := b.db.BatchGetItem(context.Background(), &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range out.Responses[table] {
			seen[text(it["p"])] = true
		}
		request = out.UnprocessedKeys
	}
	if len(seen) != 50 || rounds != 2 {
		t.Errorf("%d items in %d rounds, want 50 in 2", len(seen), rounds)
	}
}

func TestSixtyFourWritersCountExactly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	const writers, rounds = 64, 10
	var wg sync.WaitGroup
	failures := make(chan error, writers)
	for i := range writers {
		wg.Go(func() {
			for range rounds {
				if err := b.transact(nil, txAdd(table, item{"p": str("all"), "s": str("s")}), txAdd(table, item{"p": str(fmt.Sprint("own", i)), "s": str("s")})); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	if v := text(b.get(t, table, item{"p": str("all"), "s": str("s")})["v"]); v != strconv.Itoa(writers*rounds) {
		t.Errorf("the counter is %s, want %d", v, writers*rounds)
	}
}
