package ddb_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/infra/localaws"
)

// listing is an item of about a kilobyte in one index.
func listing(i int) item {
	return item{"p": str("p" + strconv.Itoa(i)), "s": str("l"), "gp": str("g"), "gs": num(strconv.Itoa(i)), "body": str(strings.Repeat("x", 900))}
}

// BenchmarkPut is one durable write after the other.
func BenchmarkPut(b *testing.B) {
	c := setup(b)
	table := c.create(b, tableThings("things"))
	i := 0
	for b.Loop() {
		i++
		c.put(b, table, listing(i))
	}
}

// BenchmarkPut16 is the durable writes of 16 clients at once.
func BenchmarkPut16(b *testing.B) {
	c := setup(b)
	table := c.create(b, tableThings("things"))
	var n atomic.Int64
	b.SetParallelism(8) // times GOMAXPROCS, which is 2 where this is measured
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: listing(int(n.Add(1)))}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkBatchWrite25 is 25 items in one durable write.
func BenchmarkBatchWrite25(b *testing.B) {
	c := setup(b)
	table := c.create(b, tableThings("things"))
	i := 0
	for b.Loop() {
		var requests []types.WriteRequest
		for range 25 {
			i++
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: listing(i)}})
		}
		if _, err := c.db.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: requests}}); err != nil {
			b.Fatal(err)
		}
	}
}

func fill(b *testing.B, c *bundle, table string, n int) {
	b.Helper()
	for i := 0; i < n; i += 25 {
		var requests []types.WriteRequest
		for j := range 25 {
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: listing(i + j)}})
		}
		if _, err := c.db.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: requests}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkQuery50 is a page of 50 items of a global index.
func BenchmarkQuery50(b *testing.B) {
	c := setup(b)
	table := c.create(b, tableThings("things"))
	fill(b, c, table, 2000)
	for b.Loop() {
		out, err := c.db.Query(context.Background(), &dynamodb.QueryInput{TableName: &table, IndexName: aws.String("all"), Limit: aws.Int32(50),
			ScanIndexForward: aws.Bool(false), KeyConditionExpression: aws.String("gp = :g"), ExpressionAttributeValues: item{":g": str("g")}})
		if err != nil || out.Count != 50 {
			b.Fatal(out, err)
		}
	}
}

// BenchmarkGet reads one item of a kilobyte.
func BenchmarkGet(b *testing.B) {
	c := setup(b)
	table := c.create(b, tableThings("things"))
	c.put(b, table, listing(1))
	for b.Loop() {
		if it := c.get(b, table, item{"p": str("p1"), "s": str("l")}); it == nil {
			b.Fatal("nothing")
		}
	}
}

// BenchmarkOpen opens a folder with 10,000 items.
func BenchmarkOpen(b *testing.B) {
	folder := b.TempDir()
	s, err := localaws.Open(localaws.Config{Path: folder, Sweep: -1})
	if err != nil {
		b.Fatal(err)
	}
	c := &bundle{server: s}
	c.db, c.streams = clients(s)
	fill(b, c, c.create(b, tableThings("things")), 10_000)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := localaws.Open(localaws.Config{Path: folder, Sweep: -1})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
