package ddb_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
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

// clientsAtOnce is how many clients the benchmarks of load have.
const clientsAtOnce = 16

// load runs do with 16 clients, each waiting for its answer before it asks
// again, and reports how many answers a second came and how long the slowest
// hundredth of them took.
func load(b *testing.B, do func(n int) error) {
	b.Helper()
	var (
		n     atomic.Int64
		mu    sync.Mutex
		times []time.Duration
	)
	b.SetParallelism(clientsAtOnce / min(clientsAtOnce, runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			runtime.Gosched() // in one process a client would otherwise keep its core for many calls
			begin := time.Now()
			if err := do(int(n.Add(1))); err != nil {
				b.Error(err)
				return
			}
			mine = append(mine, time.Since(begin))
		}
		mu.Lock()
		defer mu.Unlock()
		times = append(times, mine...)
	})
	b.StopTimer()
	slices.Sort(times)
	if len(times) > 0 {
		b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(len(times))/b.Elapsed().Seconds(), "calls/s")
	}
}

// BenchmarkPut16 is the durable writes of 16 clients at once.
func BenchmarkPut16(b *testing.B) {
	c := setup(b)
	table := c.create(b, tableThings("things"))
	load(b, func(n int) error {
		_, err := c.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: listing(n)})
		return err
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

// fill writes n listings, many batches at once.
func fill(b *testing.B, c *bundle, table string, n int) {
	b.Helper()
	var g errgroup.Group
	g.SetLimit(clientsAtOnce)
	for i := 0; i < n; i += 25 {
		g.Go(func() error {
			var requests []types.WriteRequest
			for j := range 25 {
				requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: listing(i + j)}})
			}
			_, err := c.db.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: requests}})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}

// page50 asks for 50 items of a global index, from anywhere in it.
func page50(c *bundle, table string, n, items int) error {
	in := &dynamodb.QueryInput{TableName: &table, IndexName: aws.String("all"), Limit: aws.Int32(50), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:    aws.String("gp = :g AND gs <= :n"),
		ExpressionAttributeValues: item{":g": str("g"), ":n": num(strconv.Itoa(50 + n*7919%(items-50)))}}
	out, err := c.db.Query(context.Background(), in)
	if err == nil && out.Count != 50 {
		err = fmt.Errorf("a page of %d", out.Count)
	}
	return err
}

// BenchmarkQuery50 is a page of 50 items of a kilobyte, from a global index of
// 100,000, for one client and for 16.
func BenchmarkQuery50(b *testing.B) {
	const items = 100_000
	c := setup(b)
	table := c.create(b, tableThings("things"))
	fill(b, c, table, items)
	b.Run("1", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			if err := page50(c, table, n, items); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("16", func(b *testing.B) { load(b, func(n int) error { return page50(c, table, n, items) }) })
	b.Run("16 over HTTP", func(b *testing.B) {
		server := httptest.NewServer(c.server)
		defer server.Close()
		remote := &bundle{db: overHTTP(b, server.URL)}
		load(b, func(n int) error { return page50(remote, table, n, items) })
	})
}

// overHTTP is a client that has a connection for each of its callers.
func overHTTP(b *testing.B, url string) *dynamodb.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: clientsAtOnce}
	b.Cleanup(transport.CloseIdleConnections)
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &url, HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
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
