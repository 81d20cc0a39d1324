package porttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// QueueBench is a set of empty queues under test.
type QueueBench struct {
	Sender port.Sender
	Desk   port.QueueDesk
	// Drain takes and deletes all messages that are visible now and returns
	// their bodies; dead means those of the queue's dead-letter queue.
	Drain func(t *testing.T, queue string, dead bool) [][]byte
	// Advance moves the queues' clock, or waits.
	Advance func(d time.Duration)
}

// RunQueue is the suite for port.Sender and port.QueueDesk. Each test opens its
// own bench, with every queue of port.Queues.
func RunQueue(t *testing.T, open func(t *testing.T) QueueBench) {
	for name, test := range map[string]func(*testing.T, QueueBench){
		"sends what it is given":       queueSend,
		"sends any number":             queueSendMany,
		"delays":                       queueDelay,
		"refuses an unknown queue":     queueUnknown,
		"refuses what is too large":    queueTooLarge,
		"sends large messages":         queueLarge,
		"counts":                       queueCounts,
		"buries and redrives":          queueRedrive,
		"redrives nothing when empty":  queueRedriveEmpty,
		"keeps the queues apart":       queueApart,
		"tolerates any reason to bury": queueReasons,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func nudge(key string) port.Outgoing {
	return port.Outgoing{Body: port.Nudge{V: port.MessageVersion, Space: "w1", Key: key}}
}

// nudgeKeys decodes bodies and returns their keys, sorted.
func nudgeKeys(t *testing.T, bodies [][]byte) []string {
	t.Helper()
	var keys []string
	for _, body := range bodies {
		var n port.Nudge
		if err := json.Unmarshal(body, &n); err != nil {
			t.Fatalf("decode %q: %v", body, err)
		}
		keys = append(keys, n.Key)
	}
	slices.Sort(keys)
	return keys
}

func mustSend(t *testing.T, b QueueBench, queue string, messages ...port.Outgoing) {
	t.Helper()
	if err := b.Sender.Send(t.Context(), queue, messages...); err != nil {
		t.Fatalf("send %d messages to %s: %v", len(messages), queue, err)
	}
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); got != kind {
		t.Errorf("%s: kind = %q (%v), want %q", what, got, err, kind)
	}
}

func queueSend(t *testing.T, b QueueBench) {
	mustSend(t, b, port.InboundQueue)
	mustSend(t, b, port.InboundQueue, port.Outgoing{Body: map[string]string{"text": "Grüße <&> \"日本\"\n\t"}})
	bodies := b.Drain(t, port.InboundQueue, false)
	if len(bodies) != 1 {
		t.Fatalf("received %d messages, want 1", len(bodies))
	}
	var got map[string]string
	if err := json.Unmarshal(bodies[0], &got); err != nil || got["text"] != "Grüße <&> \"日本\"\n\t" {
		t.Errorf("received %s, %v", bodies[0], err)
	}
}

func queueSendMany(t *testing.T, b QueueBench) {
	var messages []port.Outgoing
	var want []string
	for i := range 43 {
		want = append(want, fmt.Sprintf("%02d", i))
		messages = append(messages, nudge(want[i]))
	}
	mustSend(t, b, port.NudgeQueue, messages...)
	if got := nudgeKeys(t, b.Drain(t, port.NudgeQueue, false)); !slices.Equal(got, want) {
		t.Errorf("received %v", got)
	}
}

func queueDelay(t *testing.T, b QueueBench) {
	soon, late, now := nudge("soon"), nudge("late"), nudge("now")
	soon.Delay, late.Delay = 1500*time.Millisecond, time.Hour
	mustSend(t, b, port.NudgeQueue, soon, late, now)
	for _, step := range []struct {
		pass time.Duration
		want string
	}{{0, "now"}, {1900 * time.Millisecond, ""}, {100 * time.Millisecond, "soon"}, {15 * time.Minute, "late"}} {
		b.Advance(step.pass)
		if got := strings.Join(nudgeKeys(t, b.Drain(t, port.NudgeQueue, false)), " "); got != step.want {
			t.Errorf("%s later received %q, want %q", step.pass, got, step.want)
		}
	}
}

func queueUnknown(t *testing.T, b QueueBench) {
	wantKind(t, "send", b.Sender.Send(t.Context(), "NoSuchQueue", nudge("x")), fault.Internal)
	wantKind(t, "bury", b.Desk.Bury(t.Context(), "NoSuchQueue", []byte("{}"), "x"), fault.Internal)
	wantKind(t, "redrive", b.Desk.Redrive(t.Context(), "NoSuchQueue"), fault.Internal)
}

func queueTooLarge(t *testing.T, b QueueBench) {
	err := b.Sender.Send(t.Context(), port.InboundQueue, nudge("small"), nudge(strings.Repeat("x", 256<<10)))
	wantKind(t, "send", err, fault.TooLarge)
	if got := b.Drain(t, port.InboundQueue, false); len(got) != 0 {
		t.Errorf("%d messages were sent all the same", len(got))
	}
}

func queueLarge(t *testing.T, b QueueBench) {
	var messages []port.Outgoing
	for i := range 12 {
		messages = append(messages, nudge(fmt.Sprint(i)+strings.Repeat("x", 200_000)))
	}
	mustSend(t, b, port.InboundQueue, messages...)
	if got := b.Drain(t, port.InboundQueue, false); len(got) != 12 {
		t.Errorf("received %d messages, want 12", len(got))
	}
}

func queueCounts(t *testing.T, b QueueBench) {
	late := nudge("late")
	late.Delay = time.Minute
	mustSend(t, b, port.PollQueue, nudge("1"), nudge("2"), late)
	if err := b.Desk.Bury(t.Context(), port.PollQueue, []byte("{}"), "broken"); err != nil {
		t.Fatal(err)
	}
	counts, err := b.Desk.QueueCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range counts {
		names = append(names, c.Name)
		want := port.QueueCount{Name: c.Name}
		if c.Name == port.PollQueue {
			want = port.QueueCount{Name: c.Name, Ready: 2, Delayed: 1, Dead: 1}
		}
		if c != want {
			t.Errorf("%+v, want %+v", c, want)
		}
	}
	if !slices.Equal(names, port.Queues()) {
		t.Errorf("counted %v, want %v", names, port.Queues())
	}
}

func queueRedrive(t *testing.T, b QueueBench) {
	body := []byte(`{"v":1,"key":"x"}`)
	if err := b.Desk.Bury(t.Context(), port.OutboundQueue, body, "no such conversation"); err != nil {
		t.Fatal(err)
	}
	if got := b.Drain(t, port.OutboundQueue, false); len(got) != 0 {
		t.Fatalf("the queue itself got %q", got)
	}
	if err := b.Desk.Redrive(t.Context(), port.OutboundQueue); err != nil {
		t.Fatal(err)
	}
	got := drainOne(t, b, port.OutboundQueue)
	if !bytes.Equal(got, body) {
		t.Errorf("received %s, want %s", got, body)
	}
	if left := b.Drain(t, port.OutboundQueue, true); len(left) != 0 {
		t.Errorf("%d dead letters are left", len(left))
	}
}

// drainOne waits for a message that is on its way.
func drainOne(t *testing.T, b QueueBench, queue string) []byte {
	t.Helper()
	for range 10_000 {
		if got := b.Drain(t, queue, false); len(got) > 0 {
			return got[0]
		}
	}
	t.Fatalf("nothing arrived in %s", queue)
	return nil
}

func queueRedriveEmpty(t *testing.T, b QueueBench) {
	if err := b.Desk.Redrive(t.Context(), port.ImportQueue); err != nil {
		t.Errorf("redrive of nothing: %v", err)
	}
}

func queueApart(t *testing.T, b QueueBench) {
	for _, name := range port.Queues() {
		mustSend(t, b, name, nudge(name))
	}
	for _, name := range port.Queues() {
		if got := nudgeKeys(t, b.Drain(t, name, false)); !slices.Equal(got, []string{name}) {
			t.Errorf("%s holds %v", name, got)
		}
	}
}

func queueReasons(t *testing.T, b QueueBench) {
	for _, reason := range []string{"", "two\nlines\x00", "\xff\xfe", strings.Repeat("é", 5000)} {
		if err := b.Desk.Bury(t.Context(), port.NudgeQueue, []byte("{}"), reason); err != nil {
			t.Errorf("bury for %.10q: %v", reason, err)
		}
	}
	if got := b.Drain(t, port.NudgeQueue, true); len(got) != 4 {
		t.Errorf("%d dead letters, want 4", len(got))
	}
}
