package sqs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
)

// pollBundle runs on the bubble's clock, so that waiting takes no time.
func pollBundle(t *testing.T, path string) *bundle {
	t.Helper()
	b := &bundle{t: t, path: path}
	b.open(time.Now)
	return b
}

// poll receives with a wait of 20 s and returns the bodies and how long it took.
func (b *bundle) poll(ctx context.Context, queue string) (string, time.Duration, error) {
	start := time.Now()
	out, err := b.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: &queue, WaitTimeSeconds: 20, MaxNumberOfMessages: 10})
	if err != nil {
		return "", time.Since(start), err
	}
	return bodies(out.Messages), time.Since(start), nil
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(b *bundle, q string) // before the poll
		during  func(b *bundle, q string) // 3 s into it
		want    string
		after   time.Duration
	}{
		"nothing comes":     {nil, nil, "", 20 * time.Second},
		"already there":     {func(b *bundle, q string) { b.send(q, "x") }, nil, "x", 0},
		"comes":             {nil, func(b *bundle, q string) { b.send(q, "x") }, "x", 3 * time.Second},
		"delay ends":        {func(b *bundle, q string) { b.sendLater(q, "x", 7) }, nil, "x", 7 * time.Second},
		"comes with delay":  {nil, func(b *bundle, q string) { b.sendLater(q, "x", 5) }, "x", 8 * time.Second},
		"becomes visible":   {func(b *bundle, q string) { b.send(q, "x"); b.receive(q) }, nil, "x", 11 * time.Second},
		"released":          {func(b *bundle, q string) { b.send(q, "x"); b.receive(q) }, func(b *bundle, q string) { b.release() }, "x", 3 * time.Second},
		"service is closed": {nil, func(b *bundle, q string) { _ = b.service.Close() }, "", 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := t.TempDir() + "/sqs.db"
			synctest.Test(t, func(t *testing.T) {
				b := pollBundle(t, path)
				defer b.close()
				q := b.queue("orders", "VisibilityTimeout", "11")
				if c.prepare != nil {
					c.prepare(b, q)
				}
				// Its end is awaited: the poll may be answered before the call that ended it.
				var during sync.WaitGroup
				defer during.Wait()
				if c.during != nil {
					during.Go(func() { pass(3 * time.Second); c.during(b, q) })
				}
				got, took, err := b.poll(t.Context(), q)
				if err != nil || got != c.want || took != c.after {
					t.Errorf("received %q after %s (%v), want %q after %s", got, took, err, c.want, c.after)
				}
			})
		})
	}
}

func (b *bundle) sendLater(queue, body string, delay int32) {
	b.t.Helper()
	_, err := b.SendMessage(b.t.Context(), &client.SendMessageInput{QueueUrl: &queue, MessageBody: &body, DelaySeconds: delay})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) release() {
	b.t.Helper()
	if err := b.service.ReleaseInFlight(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func TestLongPollGivenUp(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.db"
	synctest.Test(t, func(t *testing.T) {
		b := pollBundle(t, path)
		defer b.close()
		q := b.queue("orders")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, took, err := b.poll(ctx, q)
		if !errors.Is(err, context.DeadlineExceeded) || took != 2*time.Second {
			t.Errorf("poll ended with %v after %s", err, took)
		}
		b.send(q, "x")
		b.wantCounts(q, "1/0/0") // nobody took it for the caller who left
	})
}

func TestQueueWait(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.db"
	synctest.Test(t, func(t *testing.T) {
		b := pollBundle(t, path)
		defer b.close()
		q := b.queue("orders", "ReceiveMessageWaitTimeSeconds", "4")
		start := time.Now()
		got, body := b.post("AmazonSQS.ReceiveMessage", `{"QueueUrl":"`+q+`"}`)
		if took := time.Since(start); got.StatusCode != 200 || took != 4*time.Second {
			t.Errorf("%d %s after %s", got.StatusCode, body, took)
		}
	})
}

func TestMovedClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.queue("orders")
	b.sendLater(q, "x", 900)
	done := make(chan string)
	go func() {
		out, err := b.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: aws.String(q), WaitTimeSeconds: 20})
		if err != nil {
			done <- err.Error()
			return
		}
		done <- bodies(out.Messages)
	}()
	b.clock.advance(15 * time.Minute)
	b.service.Wake()
	if got := <-done; got != "x" {
		t.Errorf("received %q", got)
	}
}

// pass lets the bubble's clock run.
func pass(d time.Duration) { <-time.After(d) }
