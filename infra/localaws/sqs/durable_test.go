package sqs_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.etcd.io/bbolt"

	"github.com/manystall/manystall/infra/localaws/sqs"
)

func TestRestart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	first := b.send(q, "received twice")
	b.receive(q)
	b.clock.advance(time.Minute)
	handle := *b.receive(q)[0].ReceiptHandle
	b.send(q, "gone")
	b.delete(q, *b.receive(q)[0].ReceiptHandle)
	b.sendLater(q, "later", 60)

	b.restart()
	b.wantCounts(q, "0/1/1")
	b.release()
	b.release()
	b.wantCounts(q, "1/0/1")
	got := b.receive(q)
	if bodies(got) != "received twice" || got[0].Attributes["ApproximateReceiveCount"] != "3" || *got[0].MessageId != first {
		t.Errorf("after the restart received %+v", got)
	}
	b.delete(q, handle) // stale: deletes nothing
	b.wantCounts(q, "0/1/1")
	b.delete(q, *got[0].ReceiptHandle)
	if again := b.send(q, "fresh"); again == first {
		t.Error("a message id was given twice")
	}
}

// TestReleaseKeepsCount: what a kill interrupted was received once, not twice.
func TestReleaseKeepsCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dead := b.queue("dead")
	q := b.queue("orders", "RedrivePolicy", redrive("dead", 2))
	b.send(q, "x")
	for range 2 {
		b.receive(q)
		b.restart()
		b.release()
	}
	b.wantCounts(q, "1/0/0")
	b.receive(q)
	b.wantCounts(dead, "1/0/0")
}

const killEnv = "SQS_KILL_TEST_DB"

// TestKill kills a process in the middle of sends and deletes and counts what
// it had been promised.
func TestKill(t *testing.T) {
	if path := os.Getenv(killEnv); path != "" {
		sendForEver(t, path)
		return
	}
	t.Parallel()
	path := t.TempDir() + "/sqs.db"
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), killEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sent, deleted := map[string]bool{}, map[string]bool{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		verb, body, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "sent":
			sent[body] = true
		case "deleted":
			deleted[body] = true
		}
		if len(sent) == 200 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
	b := &bundle{t: t, clock: newClock(), path: path}
	b.open(time.Now)
	defer b.close()
	b.release()
	checkSurvivors(b, sent, deleted)
}

func checkSurvivors(b *bundle, sent, deleted map[string]bool) {
	b.t.Helper()
	there := map[string]bool{}
	for got := b.receive(b.queue("orders")); len(got) > 0; got = b.receive(b.queue("orders")) {
		for _, m := range got {
			there[*m.Body] = true
		}
	}
	for body := range sent {
		if !there[body] && !strings.HasSuffix(body, "0") {
			b.t.Errorf("%s was acknowledged and is lost", body)
		}
	}
	for body := range deleted {
		if there[body] {
			b.t.Errorf("%s was deleted and is back", body)
		}
	}
	if len(deleted) == 0 {
		b.t.Error("nothing was deleted before the kill")
	}
}

// sendForEver sends from eight goroutines, deletes every body that ends in 0
// and reports each acknowledgement.
func sendForEver(t *testing.T, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	service, err := sqs.New(db, time.Now, 1, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{t: t, service: service, Client: newClient(service)}
	q, doomed := b.queue("orders"), b.queue("doomed")
	for worker := range 8 {
		go func() {
			for i := 0; ; i++ {
				body := fmt.Sprintf("%d-%d", worker, i)
				if i%10 == 0 {
					b.send(doomed, body)
					for _, m := range b.receive(doomed) {
						b.delete(doomed, *m.ReceiptHandle)
						fmt.Println("deleted", *m.Body)
					}
					continue
				}
				b.send(q, body)
				fmt.Println("sent", body)
			}
		}()
	}
	select {}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	const senders, each = 6, 50
	var work sync.WaitGroup
	for n := range senders {
		work.Go(func() {
			for i := range each {
				b.send(q, fmt.Sprintf("%d-%d", n, i))
			}
		})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var deleted atomic.Int64
	for range 4 {
		work.Go(func() {
			for {
				out, err := b.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: aws.String(q), WaitTimeSeconds: 20, MaxNumberOfMessages: 3})
				if err != nil || len(out.Messages) == 0 {
					return
				}
				mu.Lock()
				for _, m := range out.Messages {
					seen[*m.Body]++
				}
				mu.Unlock()
				for _, m := range out.Messages {
					b.delete(q, *m.ReceiptHandle)
				}
				if deleted.Add(int64(len(out.Messages))) == senders*each {
					_ = b.service.Close()
				}
			}
		})
	}
	work.Wait()
	for body, n := range seen {
		if n != 1 {
			t.Errorf("%s was received %d times", body, n)
		}
	}
	if len(seen) != senders*each {
		t.Errorf("%d messages were received, want %d", len(seen), senders*each)
	}
}
