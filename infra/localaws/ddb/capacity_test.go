package ddb_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestWriteCapacity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	// 1,024 bytes: names p, s, x and values a, s and the rest.
	kilobyte := strings.Repeat("x", 1024-5)
	cases := []struct {
		name         string
		it           item
		total, base  float64
		all, keys    float64
		local, fresh float64
	}{
		{"one kilobyte", item{"x": str(kilobyte)}, 1, 1, 0, 0, 0, 0},
		{"one byte more", item{"x": str(kilobyte + "x")}, 2, 2, 0, 0, 0, 0},
		{"smaller again, the larger counts", item{"x": str("x")}, 2, 2, 0, 0, 0, 0},
		{"into the indexes", item{"x": str("x"), "gp": str("g"), "gs": num("1"), "ls": &types.AttributeValueMemberB{Value: []byte{1}}}, 5, 1, 1, 1, 1, 1},
		{"same keys, other attribute", item{"x": str("x"), "y": str("y"), "gp": str("g"), "gs": num("1"), "ls": &types.AttributeValueMemberB{Value: []byte{1}}}, 2, 1, 1, 0, 0, 0},
		{"moved in one index", item{"x": str("x"), "y": str("y"), "gp": str("g"), "gs": num("2"), "ls": &types.AttributeValueMemberB{Value: []byte{1}}}, 3, 1, 2, 0, 0, 0},
		{"out of all", item{"x": str("x")}, 5, 1, 1, 1, 1, 1},
	}
	for _, c := range cases {
		c.it["p"], c.it["s"] = str("a"), str("s")
		out, err := b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: c.it, ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes})
		if err != nil {
			t.Fatal(err)
		}
		u := out.ConsumedCapacity
		global := func(name string) float64 { return aws.ToFloat64(u.GlobalSecondaryIndexes[name].CapacityUnits) }
		if *u.CapacityUnits != c.total || *u.Table.CapacityUnits != c.base || global("all") != c.all || global("keys") != c.keys ||
			global("some") != c.fresh || aws.ToFloat64(u.LocalSecondaryIndexes["local"].CapacityUnits) != c.local {
			t.Errorf("%s: %+v total %v base %v all %v keys %v some %v", c.name, u, *u.CapacityUnits, *u.Table.CapacityUnits, global("all"), global("keys"), global("some"))
		}
	}
}

func TestReadCapacity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.put(t, table, item{"p": str("a"), "s": str("s"), "x": str(strings.Repeat("x", 4096-4))}) // one byte over 4 KB
	total := types.ReturnConsumedCapacityTotal
	for consistent, want := range map[bool]float64{true: 2, false: 1} {
		out, err := b.db.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: &table, Key: item{"p": str("a"), "s": str("s")},
			ConsistentRead: &consistent, ReturnConsumedCapacity: total, ProjectionExpression: aws.String("p")})
		if err != nil || *out.ConsumedCapacity.CapacityUnits != want || out.ConsumedCapacity.Table != nil {
			t.Errorf("consistent %v: %+v, %v", consistent, out.ConsumedCapacity, err)
		}
	}
	none, err := b.db.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: &table, Key: item{"p": str("none"), "s": str("s")}, ReturnConsumedCapacity: total})
	if err != nil || *none.ConsumedCapacity.CapacityUnits != 0.5 {
		t.Errorf("a missing item: %+v, %v", none.ConsumedCapacity, err)
	}
	q, err := b.db.Query(context.Background(), &dynamodb.QueryInput{TableName: &table, KeyConditionExpression: aws.String("p = :p"),
		ExpressionAttributeValues: item{":p": str("a")}, ReturnConsumedCapacity: total, Select: types.SelectCount})
	if err != nil || *q.ConsumedCapacity.CapacityUnits != 1 {
		t.Errorf("query: %+v, %v", q.ConsumedCapacity, err)
	}
}

func TestTransactionsCostTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	total := types.ReturnConsumedCapacityTotal
	in := &dynamodb.TransactWriteItemsInput{ReturnConsumedCapacity: total, ClientRequestToken: aws.String("t"), TransactItems: []types.TransactWriteItem{
		txPut(table, item{"p": str("a"), "s": str("s")}, ""),
		{ConditionCheck: &types.ConditionCheck{TableName: &table, Key: item{"p": str("b"), "s": str("s")}, ConditionExpression: aws.String("attribute_not_exists(p)")}},
	}}
	out, err := b.db.TransactWriteItems(context.Background(), in)
	if err != nil || *out.ConsumedCapacity[0].CapacityUnits != 4 || *out.ConsumedCapacity[0].WriteCapacityUnits != 4 {
		t.Errorf("%+v, %v", out, err)
	}
	again, err := b.db.TransactWriteItems(context.Background(), in)
	if err != nil || *again.ConsumedCapacity[0].CapacityUnits != 4 || *again.ConsumedCapacity[0].ReadCapacityUnits != 4 {
		t.Errorf("%+v, %v", again, err)
	}
	got, err := b.db.TransactGetItems(context.Background(), &dynamodb.TransactGetItemsInput{ReturnConsumedCapacity: total,
		TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: &table, Key: item{"p": str("a"), "s": str("s")}}}}})
	if err != nil || *got.ConsumedCapacity[0].CapacityUnits != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCollectionMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	out, err := b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: item{"p": str("a"), "s": str("s")},
		ReturnItemCollectionMetrics: types.ReturnItemCollectionMetricsSize})
	if err != nil || same(item{"p": str("a")}, out.ItemCollectionMetrics.ItemCollectionKey) != "" || len(out.ItemCollectionMetrics.SizeEstimateRangeGB) != 2 {
		t.Errorf("%+v, %v", out, err)
	}
}
