package localaws_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/manystall/manystall/infra/localaws"
)

// soakLives is how often the child is killed when SOAK is set, and briefLives
// otherwise.
const (
	soakLives  = 200
	briefLives = 4
	soakLines  = 400
)

// TestSoakKills kills a process that writes with eight workers, at random
// moments, and compares after each restart what it was told is done with what
// is there. Nothing may be lost, and nothing may be there that was not asked
// for. SOAK=1 makes it 200 kills.
func TestSoakKills(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills processes")
	}
	lives := briefLives
	if os.Getenv("SOAK") != "" {
		lives = soakLives
	}
	k := &killing{t: t, folder: t.TempDir(), table: map[string]string{}}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range lives {
		k.live(i, random.IntN(soakLines))
		k.check(i == lives-1)
		if t.Failed() {
			t.Fatalf("after kill %d", i+1)
		}
	}
	t.Logf("%d kills, %d writes acknowledged, %d in flight at a kill of which %d had been done: 0 lost, 0 invented",
		lives, k.acknowledged, k.interrupted, k.applied)
}

// killing is what is known from the lines of the children.
type killing struct {
	t      *testing.T
	folder string
	// table is what must be there, by worker and sort key.
	table map[string]string
	// pending is what each worker was doing when it was killed.
	pending map[string][]string
	// sent and taken are of the current life: acknowledged, or only begun.
	sent, maybeSent, taken, maybeTaken map[string]bool

	acknowledged, interrupted, applied int
}

// live runs a child until it has printed a number of lines, and kills it.
func (k *killing) live(life, lines int) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 4*time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestSoakChild$")
	child.Env = append(os.Environ(), soakFolder+"="+k.folder, fmt.Sprintf("%s=%d", soakLife, life))
	pipe, err := child.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		k.t.Fatal(err)
	}
	kill := func() {
		if err := child.Process.Kill(); err != nil { // SIGKILL
			k.t.Fatal(err)
		}
	}
	if lines == 0 {
		kill() // while it opens the folder, or before
	}
	k.pending = map[string][]string{}
	k.sent, k.maybeSent, k.taken, k.maybeTaken = map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	scanner := bufio.NewScanner(pipe)
	for n := 1; scanner.Scan(); n++ {
		k.line(scanner.Text())
		if n == lines {
			kill()
		}
	}
	if err := child.Wait(); err == nil {
		k.t.Error("the child ended by itself")
	}
}

func (k *killing) line(line string) {
	words := strings.Split(line, " ")
	switch words[0] {
	case "begin":
		k.pending[words[1]] = words[2:]
		k.begun(words[2], words[3])
	case "ok":
		k.acknowledged++
		k.done(words[1], k.pending[words[1]])
		delete(k.pending, words[1])
	default:
		k.t.Errorf("the child says: %s", line)
	}
}

func (k *killing) begun(verb, what string) {
	switch verb {
	case "send":
		k.maybeSent[what] = true
	case "take":
		k.maybeTaken[what] = true
	}
}

// done notes what a write leaves behind.
func (k *killing) done(worker string, write []string) {
	switch verb, what := write[0], write[1]; verb {
	case "put":
		k.table[worker+"/"+what] = write[2]
	case "delete":
		delete(k.table, worker+"/"+what)
	case "pair":
		k.table[worker+"/left"], k.table[worker+"/right"] = what, what
	case "send":
		k.sent[what] = true
	case "take":
		k.taken[what] = true
	}
}

// check opens the folder and compares.
func (k *killing) check(last bool) {
	k.t.Helper()
	s, err := localaws.Open(localaws.Config{Path: k.folder, Sweep: -1, Log: quiet()})
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			k.t.Error(err)
		}
	}()
	e, err := soakEndpoint(k.t.Context(), s)
	if err != nil {
		k.t.Fatal(err)
	}
	found := k.scan(e, nil)
	if index := k.scan(e, aws.String("byv")); !maps.Equal(found, index) {
		k.t.Errorf("the table holds %v, its index %v", found, index)
	}
	k.settle(found)
	if !maps.Equal(found, k.table) {
		k.t.Errorf("the table holds %v, acknowledged is %v, in flight were %v", found, k.table, k.pending)
	}
	if err := s.SQS().ReleaseInFlight(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
	k.checkQueue(k.drain(e))
	if last {
		k.checkStream(s, e)
	}
}

// settle decides for every write that was in flight whether it was made: any
// answer will do, but a whole one.
func (k *killing) settle(found map[string]string) {
	for worker, write := range k.pending {
		k.interrupted++
		before := maps.Clone(k.table)
		k.done(worker, write)
		mine := func(table map[string]string) map[string]string {
			out := maps.Clone(table)
			maps.DeleteFunc(out, func(key, _ string) bool { return !strings.HasPrefix(key, worker+"/") })
			return out
		}
		if write[0] == "send" || write[0] == "take" {
			delete(k.sent, write[1])
			delete(k.taken, write[1])
			continue
		}
		if maps.Equal(mine(found), mine(k.table)) {
			k.applied++
			continue
		}
		k.table = before
	}
}

func (k *killing) scan(e *endpoint, index *string) map[string]string {
	k.t.Helper()
	out := map[string]string{}
	in := &dynamodb.ScanInput{TableName: aws.String(soakTable), IndexName: index}
	for pages := dynamodb.NewScanPaginator(e.db, in); pages.HasMorePages(); {
		page, err := pages.NextPage(k.t.Context())
		if err != nil {
			k.t.Fatal(err)
		}
		for _, it := range page.Items {
			out[text(it["p"])+"/"+text(it["s"])] = text(it["v"])
		}
	}
	return out
}

func text(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// drain takes every message out of the queue.
func (k *killing) drain(e *endpoint) map[string]int {
	k.t.Helper()
	out := map[string]int{}
	for {
		got, err := e.queues.ReceiveMessage(k.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: e.queue, MaxNumberOfMessages: 10, VisibilityTimeout: 3600})
		if err != nil {
			k.t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return out
		}
		for _, m := range got.Messages {
			out[*m.Body]++
			if _, err := e.queues.DeleteMessage(k.t.Context(), &sqs.DeleteMessageInput{QueueUrl: e.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				k.t.Fatal(err)
			}
		}
	}
}

func (k *killing) checkQueue(found map[string]int) {
	k.t.Helper()
	for body := range k.sent {
		if found[body] == 0 && !k.maybeTaken[body] {
			k.t.Errorf("message %s was acknowledged and is lost", body)
		}
	}
	for body, n := range found {
		if !k.maybeSent[body] || n > 1 {
			k.t.Errorf("message %s is there %d times, sent %v", body, n, k.maybeSent[body])
		}
		if k.taken[body] {
			k.t.Errorf("message %s was deleted and is back", body)
		}
	}
}

// checkStream replays the stream from its beginning: that must give the table.
func (k *killing) checkStream(s *localaws.Server, e *endpoint) {
	k.t.Helper()
	ctx := k.t.Context()
	client := dynamodbstreams.NewFromConfig(config("http://anything", s.RoundTripper()))
	table, err := e.db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(soakTable)})
	if err != nil {
		k.t.Fatal(err)
	}
	arn := table.Table.LatestStreamArn
	d, err := client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		k.t.Fatal(err)
	}
	replayed := map[string]string{}
	for _, shard := range d.StreamDescription.Shards {
		it, err := client.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: arn, ShardId: shard.ShardId, ShardIteratorType: streams.ShardIteratorTypeTrimHorizon})
		if err != nil {
			k.t.Fatal(err)
		}
		for at := it.ShardIterator; ; {
			page, err := client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: at})
			if err != nil {
				k.t.Fatal(err)
			}
			if len(page.Records) == 0 {
				break
			}
			for _, r := range page.Records {
				replay(replayed, r.Dynamodb)
			}
			at = page.NextShardIterator
		}
	}
	if !maps.Equal(replayed, k.table) {
		k.t.Errorf("the stream gives %v, the table holds %v", replayed, k.table)
	}
}

func replay(table map[string]string, r *streams.StreamRecord) {
	value := func(v streams.AttributeValue) string { return v.(*streams.AttributeValueMemberS).Value }
	key := value(r.Keys["p"]) + "/" + value(r.Keys["s"])
	if r.NewImage == nil {
		delete(table, key)
		return
	}
	table[key] = value(r.NewImage["v"])
}
