package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/infra/sam"
)

func oneQueue() []sam.Queue {
	return []sam.Queue{{LogicalID: "Q", Name: "Q", Visibility: time.Minute}}
}

func worker(t sam.QueueTrigger) sam.Function {
	t.Event, t.Queue, t.Enabled = "E", "Q", true
	if t.BatchSize == 0 {
		t.BatchSize = 10
	}
	return sam.Function{Name: "work", LogicalID: "WorkFunction", Queues: []sam.QueueTrigger{t}}
}

// log collects the bodies of every batch.
type batchLog struct {
	mu      sync.Mutex
	batches [][]string
}

func (l *batchLog) add(t *testing.T, payload []byte) events.SQSEvent {
	var e events.SQSEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		t.Error(err)
	}
	var bodies []string
	for _, r := range e.Records {
		bodies = append(bodies, r.Body)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches = append(l.batches, bodies)
	return e
}

func (l *batchLog) all() [][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.batches)
}

func TestQueueBatchIsDeletedAfterSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l batchLog
		b := setup(t, worker(sam.QueueTrigger{BatchSize: 2, MaxConcurrency: 2}), oneQueue(), func(_ context.Context, _ string, p []byte) ([]byte, error) {
			e := l.add(t, p)
			if r := e.Records[0]; r.EventSource != "aws:sqs" || r.EventSourceARN != "arn:Q" || r.AWSRegion != "us-east-1" || r.Attributes["ApproximateReceiveCount"] != "1" {
				t.Errorf("record: %+v", r)
			}
			return nil, nil
		})
		b.queues.send("Q", "a", "b", "c")
		b.run(t)
		elapse(10 * time.Second)
		got := l.all()
		slices.SortFunc(got, func(a, b []string) int { return len(b) - len(a) })
		if d := cmp.Diff([][]string{{"a", "b"}, {"c"}}, got); d != "" {
			t.Error(d)
		}
		if left := b.queues.bodies("Q"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		b.stop()
	})
}

func TestQueuePartialFailureComesAgainAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l batchLog
		b := setup(t, worker(sam.QueueTrigger{ReportFailures: true}), oneQueue(), func(_ context.Context, _ string, p []byte) ([]byte, error) {
			var out events.SQSEventResponse
			for _, r := range l.add(t, p).Records {
				if r.Body == "bad" {
					out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
				}
			}
			return json.Marshal(out)
		})
		b.queues.send("Q", "good", "bad", "fine")
		b.run(t)
		elapse(8 * time.Second)
		b.stop()
		want := [][]string{{"good", "bad", "fine"}, {"bad"}, {"bad"}, {"bad"}}
		if d := cmp.Diff(want, l.all()); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]int32{1, 2, 4, 8}, b.queues.waits); d != "" {
			t.Errorf("waits: %s", d)
		}
	})
}

func TestQueueWholeBatchFails(t *testing.T) {
	t.Parallel()
	tests := map[string]Invoke{
		"error":   func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("no") },
		"panic":   func(context.Context, string, []byte) ([]byte, error) { panic("no") },
		"timeout": func(ctx context.Context, _ string, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, nil },
		"stranger": func(context.Context, string, []byte) ([]byte, error) {
			return []byte(`{"batchItemFailures":[{"itemIdentifier":"who"}]}`), nil
		},
		"empty name": func(context.Context, string, []byte) ([]byte, error) {
			return []byte(`{"batchItemFailures":[{"itemIdentifier":""}]}`), nil
		},
		"no json": func(context.Context, string, []byte) ([]byte, error) { return []byte(`[`), nil },
	}
	for name, invoke := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := worker(sam.QueueTrigger{ReportFailures: true})
				f.Timeout = 100 * time.Millisecond
				b := setup(t, f, oneQueue(), invoke)
				b.queues.send("Q", "a", "b")
				b.run(t)
				elapse(500 * time.Millisecond)
				b.stop()
				// What comes after is given back, since the engine was stopping.
				if d := cmp.Diff([]string{"a", "b"}, b.queues.bodies("Q")); d != "" {
					t.Error(d)
				}
				if d := cmp.Diff([]int32{1, 1}, b.queues.waits[:2]); d != "" {
					t.Errorf("waits: %s", d)
				}
			})
		})
	}
}

func TestQueueResponsesThatMeanSuccess(t *testing.T) {
	t.Parallel()
	for _, out := range []string{"", "null", "{}", `{"batchItemFailures":null}`, `{"batchItemFailures":[]}`} {
		t.Run(out, func(t *testing.T) {
			t.Parallel()
			if failed, err := failedIDs([]byte(out), nil); err != nil || len(failed) > 0 {
				t.Errorf("got %v, %v", failed, err)
			}
		})
	}
}

func TestQueueFilterDropsOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l batchLog
		b := setup(t, worker(sam.QueueTrigger{Filters: []string{`{"body":{"kind":["a"]}}`}}), oneQueue(), func(_ context.Context, _ string, p []byte) ([]byte, error) {
			l.add(t, p)
			return nil, nil
		})
		b.queues.send("Q", `{"kind":"a"}`, `{"kind":"b"}`, `plain`)
		b.run(t)
		elapse(time.Second)
		b.stop()
		if d := cmp.Diff([][]string{{`{"kind":"a"}`}}, l.all()); d != "" {
			t.Error(d)
		}
		if left := b.queues.bodies("Q"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestQueueWindowGathers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l batchLog
		b := start(t, worker(sam.QueueTrigger{BatchSize: 20, Window: 3 * time.Second}), oneQueue(), func(_ context.Context, _ string, p []byte) ([]byte, error) {
			l.add(t, p)
			return nil, nil
		})
		b.queues.send("Q", "a")
		elapse(2 * time.Second)
		b.queues.send("Q", "b")
		elapse(5 * time.Second)
		b.queues.send("Q", "c")
		elapse(5 * time.Second)
		b.stop()
		if d := cmp.Diff([][]string{{"a", "b"}, {"c"}}, l.all()); d != "" {
			t.Error(d)
		}
	})
}

func TestQueueConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		b := setup(t, worker(sam.QueueTrigger{BatchSize: 1, MaxConcurrency: 3}), oneQueue(), func(context.Context, string, []byte) ([]byte, error) {
			most.Store(max(most.Load(), running.Add(1)))
			elapse(time.Second)
			running.Add(-1)
			return nil, nil
		})
		b.queues.send("Q", strings.Split("abcdefghij", "")...)
		b.run(t)
		elapse(10 * time.Second)
		b.stop()
		if most.Load() != 3 || len(b.queues.bodies("Q")) > 0 {
			t.Errorf("at most %d at once, left %v", most.Load(), b.queues.bodies("Q"))
		}
	})
}

func TestStopLetsWorkFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, worker(sam.QueueTrigger{BatchSize: 1}), oneQueue(), func(context.Context, string, []byte) ([]byte, error) {
			elapse(5 * time.Second)
			return nil, nil
		})
		b.queues.send("Q", "a")
		b.run(t)
		elapse(time.Second)
		b.stop()
		if left := b.queues.bodies("Q"); len(left) > 0 {
			t.Errorf("the call was finished, but left %v", left)
		}
	})
}

func TestStopEndsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, worker(sam.QueueTrigger{BatchSize: 1}), oneQueue(), func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		b.queues.send("Q", "a")
		b.run(t)
		elapse(time.Second)
		began := time.Now()
		b.stop()
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("stopping took %s", took)
		}
		if d := cmp.Diff([]int32{1}, b.queues.waits); d != "" || len(b.queues.bodies("Q")) != 1 {
			t.Errorf("the message must come again at once: %s", d)
		}
	})
}

func TestLargeBatchIsCalledInParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l batchLog
		b := setup(t, worker(sam.QueueTrigger{MaxConcurrency: 2}), oneQueue(), func(_ context.Context, _ string, p []byte) ([]byte, error) {
			l.add(t, p)
			return nil, nil
		})
		for range 8 {
			b.queues.send("Q", strings.Repeat("x", 1<<20))
		}
		b.run(t)
		elapse(time.Second)
		b.stop()
		got := l.all()
		if len(got) != 2 || len(got[0]) != 5 || len(got[1]) != 3 || len(b.queues.bodies("Q")) != 0 {
			t.Errorf("%d batches", len(got))
		}
	})
}
