package engine

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/infra/sam"
)

// prepared is an engine over the repository's own template.
func prepared(t *testing.T, b *bench) *Engine {
	t.Helper()
	tpl, err := sam.ReadFile("../../../template.yaml", sam.Options{Resolver: sam.Local{QueueURL: "http://local"}})
	if err != nil {
		t.Fatal(err)
	}
	return newEngine(t, b, tpl, nilInvoke)
}

func TestPrepareIsRepeatable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{queues: newFakeQueues(), streams: &fakeStreams{}, tables: newFakeTables(), marks: &memory{m: map[string]string{}}}
		b.tables.failures = 1
		e := prepared(t, b)
		if err := e.Run(t.Context()); err == nil {
			t.Fatal("running before preparing must be an error")
		}
		if err := e.Prepare(t.Context()); err == nil {
			t.Fatal("the first try must fail")
		}
		for range 2 {
			if err := e.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if b.tables.creates != 1 || b.tables.ttl["Table"] != "ttl" {
			t.Errorf("created %d times, TTL %v", b.tables.creates, b.tables.ttl)
		}
		want := map[string]string{
			"VisibilityTimeout": "180", "DelaySeconds": "0", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0",
			"RedrivePolicy": `{"deadLetterTargetArn":"arn:PollDeadQueue","maxReceiveCount":"5"}`,
		}
		if d := cmp.Diff(want, b.queues.queues["PollQueue"].attributes); d != "" {
			t.Error(d)
		}
		if at, ok := e.address("PollQueue"); !ok || at.url != "PollQueue" {
			t.Errorf("address %q", at.url)
		}
	})
}

func TestPrepareUpdatesQueues(t *testing.T) {
	t.Parallel()
	b := setup(t, sam.Function{Name: "work"}, []sam.Queue{{LogicalID: "Q", Name: "Q", Visibility: time.Minute}}, nilInvoke)
	b.engine.Template.Queues[0].Visibility = 2 * time.Minute
	if err := b.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.queues.queues["Q"].attributes["VisibilityTimeout"]; got != "120" {
		t.Errorf("visibility %s", got)
	}
}

func TestPrepareRefusesAnotherTable(t *testing.T) {
	t.Parallel()
	b := setup(t, sam.Function{Name: "work"}, nil, nilInvoke)
	b.engine.Template.Tables[0].Indexes = nil
	err := b.engine.Prepare(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another shape") || !strings.Contains(err.Error(), "make reset") {
		t.Errorf("got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{}); err == nil {
		t.Error("an empty configuration must be refused")
	}
	tests := map[string]sam.Function{
		"event E: filter pattern": {Queues: []sam.QueueTrigger{{Event: "E", Filters: []string{"{}"}}}},
		"event S: filter pattern": {Streams: []sam.StreamTrigger{{Event: "S", Filters: []string{"{}"}}}},
		"event T: schedule":       {Schedules: []sam.Schedule{{Event: "T", Expression: "never"}}},
	}
	for want, f := range tests {
		b := &bench{queues: newFakeQueues(), streams: &fakeStreams{}, tables: newFakeTables(), marks: &memory{}}
		_, err := New(Config{
			Template: &sam.Template{Functions: []sam.Function{f}}, Tables: b.tables, Streams: b.streams, Queues: b.queues,
			Invoke: nilInvoke, Checkpoints: b.marks, NewID: func() string { return "" },
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
