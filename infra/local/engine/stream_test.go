package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/infra/sam"
)

func streamer(t sam.StreamTrigger) sam.Function {
	t.Event, t.Table, t.Enabled = "E", "T", true
	if t.BatchSize == 0 {
		t.BatchSize = 100
	}
	if t.StartingPosition == "" {
		t.StartingPosition = "TRIM_HORIZON"
	}
	return sam.Function{Name: "work", LogicalID: "WorkFunction", Streams: []sam.StreamTrigger{t}}
}

// fold is a stream function under test: it notes what it got and fails as told.
type fold struct {
	mu    sync.Mutex
	calls [][]string
	// poison are sequence numbers that fail; report says whether by name.
	poison map[string]bool
	report bool
}

func (f *fold) invoke(_ context.Context, _ string, payload []byte) ([]byte, error) {
	var e events.DynamoDBEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var seqs []string
	var out events.DynamoDBEventResponse
	for _, r := range e.Records {
		seq := r.Change.SequenceNumber
		seqs = append(seqs, seq)
		if f.poison[seq] {
			out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: seq})
		}
	}
	f.calls = append(f.calls, seqs)
	if len(out.BatchItemFailures) > 0 && !f.report {
		return nil, errors.New("poison")
	}
	return json.Marshal(out)
}

func (f *fold) seen() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *fold) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.poison = nil
}

// streamTest runs one function over the shards that fill makes.
func streamTest(t *testing.T, f *fold, trigger sam.StreamTrigger, fill func(*fakeStreams), after func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, streamer(trigger), oneQueue(), f.invoke)
		fill(b.streams)
		b.run(t)
		after(t, b)
		b.stop()
	})
}

func TestStreamReadsAndRemembers(t *testing.T) {
	t.Parallel()
	f := &fold{}
	streamTest(t, f, sam.StreamTrigger{BatchSize: 2}, func(s *fakeStreams) {
		for _, seq := range []string{"1", "2", "3"} {
			s.add("sA", seq, "order")
		}
	}, func(t *testing.T, b *bench) {
		elapse(time.Second)
		b.streams.add("sA", "4", "order")
		b.streams.tell()
		synctest.Wait()
		if d := cmp.Diff([][]string{{"1", "2"}, {"3"}, {"4"}}, f.seen()); d != "" {
			t.Error(d)
		}
		if got := b.marks.shard("sA"); got != "4" {
			t.Errorf("checkpoint %q", got)
		}
		b.stop()
		b.streams.add("sA", "5", "order")
		b.run(t) // goes on behind the checkpoint
		elapse(time.Second)
		if got := f.seen(); len(got) != 4 || !slices.Equal(got[3], []string{"5"}) {
			t.Errorf("after a restart: %v", got)
		}
	})
}

func TestStreamParentsComeFirst(t *testing.T) {
	t.Parallel()
	f := &fold{poison: map[string]bool{"1": true}}
	streamTest(t, f, sam.StreamTrigger{MaxRetries: -1, StartingPosition: "LATEST"}, func(s *fakeStreams) {
		s.add("sA", "0", "order")
	}, func(t *testing.T, b *bench) {
		elapse(time.Second)
		b.streams.add("sA", "1", "order")
		b.streams.split("sA", "sB", "sC")
		b.streams.add("sB", "2", "order")
		b.streams.add("sC", "3", "order")
		elapse(20 * time.Second)
		for _, call := range f.seen() {
			if !slices.Equal(call, []string{"1"}) {
				t.Fatalf("a child was read before its parent's end: %v", f.seen())
			}
		}
		f.heal()
		elapse(20 * time.Second)
		var all []string
		for _, call := range f.seen() {
			all = append(all, call...)
		}
		if !slices.Contains(all, "2") || !slices.Contains(all, "3") || slices.Contains(all, "0") {
			t.Errorf("seen %v", all)
		}
		if got := b.marks.shard("sA"); got != shardEnd {
			t.Errorf("the parent's checkpoint is %q", got)
		}
	})
}

func TestStreamFilterMovesOn(t *testing.T) {
	t.Parallel()
	f := &fold{}
	streamTest(t, f, sam.StreamTrigger{Filters: []string{`{"dynamodb":{"NewImage":{"t":{"S":["order"]}}}}`}}, func(s *fakeStreams) {
		s.add("sA", "1", "lock")
		s.add("sA", "2", "order")
		s.add("sA", "3", "lock")
	}, func(t *testing.T, b *bench) {
		elapse(time.Second)
		if d := cmp.Diff([][]string{{"2"}}, f.seen()); d != "" || b.marks.shard("sA") != "3" {
			t.Errorf("checkpoint %q: %s", b.marks.shard("sA"), d)
		}
	})
}

func TestStreamReportedFailure(t *testing.T) {
	t.Parallel()
	f := &fold{poison: map[string]bool{"2": true}, report: true}
	streamTest(t, f, sam.StreamTrigger{MaxRetries: 2, ReportFailures: true, Bisect: true, OnFailure: "Q"}, func(s *fakeStreams) {
		for _, seq := range []string{"1", "2", "3", "4"} {
			s.add("sA", seq, "order")
		}
	}, func(t *testing.T, b *bench) {
		elapse(10 * time.Second)
		// 1 is done; 2,3,4 are split; 2 alone is retried twice and given up.
		want := [][]string{{"1", "2", "3", "4"}, {"2", "3", "4"}, {"2"}, {"2"}, {"2"}, {"3", "4"}}
		if d := cmp.Diff(want, f.seen()); d != "" {
			t.Error(d)
		}
		if b.marks.shard("sA") != "4" {
			t.Errorf("checkpoint %q", b.marks.shard("sA"))
		}
		checkGivenUp(t, b, "2", "2", 1)
	})
}

func checkGivenUp(t *testing.T, b *bench, from, to string, size int) {
	t.Helper()
	told := b.queues.bodies("Q")
	if len(told) != 1 {
		t.Fatalf("told %v", told)
	}
	var got invocationRecord
	if err := json.Unmarshal([]byte(told[0]), &got); err != nil {
		t.Fatal(err)
	}
	i := got.Batch
	if i.Start != from || i.End != to || i.Size != size || i.ShardID != "sA" || i.StreamARN != "arn:stream" ||
		got.RequestContext.Condition != "RetryAttemptsExhausted" || got.RequestContext.FunctionARN != "arn:aws:lambda:us-east-1:000000000000:function:WorkFunction" {
		t.Errorf("told %+v", got)
	}
}

func TestStreamBisectsToThePoison(t *testing.T) {
	t.Parallel()
	f := &fold{poison: map[string]bool{"3": true}}
	streamTest(t, f, sam.StreamTrigger{MaxRetries: 1, Bisect: true, OnFailure: "Q"}, func(s *fakeStreams) {
		for _, seq := range []string{"1", "2", "3", "4"} {
			s.add("sA", seq, "order")
		}
	}, func(t *testing.T, b *bench) {
		b.queues.failNext(2) // the destination is told in the end
		elapse(10 * time.Second)
		want := [][]string{{"1", "2", "3", "4"}, {"1", "2"}, {"3", "4"}, {"3"}, {"3"}, {"4"}}
		if d := cmp.Diff(want, f.seen()); d != "" {
			t.Error(d)
		}
		checkGivenUp(t, b, "3", "3", 1)
	})
}

func TestStreamWithoutBisectGivesUpTheBatch(t *testing.T) {
	t.Parallel()
	f := &fold{poison: map[string]bool{"1": true}}
	streamTest(t, f, sam.StreamTrigger{MaxRetries: 1, OnFailure: "Q"}, func(s *fakeStreams) {
		s.add("sA", "1", "order")
		s.add("sA", "2", "order")
	}, func(t *testing.T, b *bench) {
		elapse(10 * time.Second)
		if d := cmp.Diff([][]string{{"1", "2"}, {"1", "2"}}, f.seen()); d != "" {
			t.Error(d)
		}
		checkGivenUp(t, b, "1", "2", 2)
	})
}

func TestStreamMaxAge(t *testing.T) {
	t.Parallel()
	f := &fold{poison: map[string]bool{"1": true}}
	streamTest(t, f, sam.StreamTrigger{MaxRetries: -1, MaxAge: time.Minute}, func(s *fakeStreams) {
		s.add("sA", "1", "order")
	}, func(t *testing.T, b *bench) {
		elapse(50 * time.Second)
		if b.marks.shard("sA") != "" {
			t.Error("given up too early")
		}
		elapse(30 * time.Second)
		if b.marks.shard("sA") != "1" {
			t.Error("not given up after a minute")
		}
	})
}

func TestStreamSurvivesErrors(t *testing.T) {
	t.Parallel()
	f := &fold{}
	streamTest(t, f, sam.StreamTrigger{}, func(s *fakeStreams) {
		s.add("sA", "1", "order")
		s.failures = 3
	}, func(t *testing.T, b *bench) {
		elapse(5 * time.Second)
		if d := cmp.Diff([][]string{{"1"}}, f.seen()); d != "" {
			t.Error(d)
		}
	})
}

func TestStreamForgottenPosition(t *testing.T) {
	t.Parallel()
	f := &fold{}
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, streamer(sam.StreamTrigger{}), oneQueue(), f.invoke)
		b.streams.add("sA", "7", "order")
		b.marks.m["work/E/arn:stream/sA"] = "gone"
		b.run(t)
		elapse(time.Second)
		b.stop()
		if d := cmp.Diff([][]string{{"7"}}, f.seen()); d != "" {
			t.Error(d)
		}
	})
}

func TestStreamWindowGathers(t *testing.T) {
	t.Parallel()
	f := &fold{}
	streamTest(t, f, sam.StreamTrigger{Window: 2 * time.Second}, func(s *fakeStreams) {
		s.add("sA", "1", "order")
	}, func(t *testing.T, b *bench) {
		elapse(time.Second)
		b.streams.add("sA", "2", "order")
		elapse(5 * time.Second)
		if d := cmp.Diff([][]string{{"1", "2"}}, f.seen()); d != "" {
			t.Error(d)
		}
	})
}

func TestStreamStopsDuringRetries(t *testing.T) {
	t.Parallel()
	f := &fold{poison: map[string]bool{"2": true}, report: true}
	streamTest(t, f, sam.StreamTrigger{MaxRetries: -1, ReportFailures: true}, func(s *fakeStreams) {
		s.add("sA", "1", "order")
		s.add("sA", "2", "order")
	}, func(t *testing.T, b *bench) {
		elapse(time.Minute)
		b.stop()
		if got := b.marks.shard("sA"); got != "1" {
			t.Errorf("checkpoint %q", got)
		}
		f.heal()
		b.run(t)
		elapse(time.Second)
		if got := f.seen(); !slices.Equal(got[len(got)-1], []string{"2"}) || b.marks.shard("sA") != "2" {
			t.Errorf("after a restart: %v", got[len(got)-1])
		}
	})
}
