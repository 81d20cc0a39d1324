package sqs_test

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/manystall/manystall/infra/localaws/sqs"
)

const (
	modelVisibility = 30 * time.Second
	modelRetention  = 300 * time.Second
	modelReceives   = 2
)

// held is what the model knows of one message.
type held struct {
	body     string
	sent     time.Time
	visible  time.Time
	receives int
	delayed  bool
	handle   string
	dead     bool
}

// machine compares the service with a plain list.
type machine struct {
	clock    *clock
	path     string
	db       *bbolt.DB
	service  *sqs.Service
	client   *client.Client
	url      string
	dead     string
	messages []*held
	sent     int
	stale    []string
}

func (m *machine) open(t *rapid.T) {
	db, err := bbolt.Open(m.path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	m.db = db
	if m.service, err = sqs.New(db, m.clock.now, 3, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	m.client = newClient(m.service)
}

func (m *machine) close(t *rapid.T) {
	if err := m.service.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.db.Close(); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) create(t *rapid.T, name string, attributes map[string]string) string {
	out, err := m.client.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

// expire forgets what retention has taken.
func (m *machine) expire() {
	m.messages = slices.DeleteFunc(m.messages, func(h *held) bool {
		return !m.clock.now().Before(h.sent.Add(modelRetention))
	})
}

func (h *held) isVisible(now time.Time) bool { return !h.dead && !h.visible.After(now) }

func (m *machine) Send(t *rapid.T) {
	delay := rapid.SampledFrom([]int32{0, 0, 1, 40}).Draw(t, "delay")
	m.sent++
	body := fmt.Sprint(m.sent)
	_, err := m.client.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &m.url, MessageBody: &body, DelaySeconds: delay})
	if err != nil {
		t.Fatal(err)
	}
	now := m.clock.now()
	m.messages = append(m.messages, &held{body: body, sent: now, visible: now.Add(time.Duration(delay) * time.Second), delayed: delay > 0})
}

func (m *machine) Receive(t *rapid.T) {
	count := rapid.Int32Range(1, 10).Draw(t, "count")
	m.expire()
	now := m.clock.now()
	out, err := m.client.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &m.url, MaxNumberOfMessages: count})
	if err != nil {
		t.Fatal(err)
	}
	want := m.due(now, int(count))
	if len(out.Messages) != len(want) {
		t.Fatalf("received %q, want %d messages", bodies(out.Messages), len(want))
	}
	for i, got := range out.Messages {
		h := want[i]
		if *got.Body != h.body {
			t.Fatalf("received %q, want %s at %d", bodies(out.Messages), h.body, i)
		}
		if h.handle != "" {
			m.stale = append(m.stale, h.handle)
		}
		h.receives, h.visible, h.delayed, h.handle = h.receives+1, now.Add(modelVisibility), false, *got.ReceiptHandle
	}
}

// due takes the messages a receive must bring, in order of visibility, and
// buries those received too often before.
func (m *machine) due(now time.Time, count int) []*held {
	var visible []*held
	for _, h := range m.messages {
		if h.isVisible(now) {
			visible = append(visible, h)
		}
	}
	slices.SortStableFunc(visible, func(a, b *held) int { return a.visible.Compare(b.visible) })
	var want []*held
	for _, h := range visible {
		if len(want) == count {
			break
		}
		if h.receives >= modelReceives {
			h.dead = true
			continue
		}
		want = append(want, h)
	}
	return want
}

func (m *machine) Delete(t *rapid.T) {
	var known []*held
	for _, h := range m.messages {
		if h.handle != "" && !h.dead {
			known = append(known, h)
		}
	}
	if len(known) == 0 {
		t.Skip("nothing was received")
	}
	h := rapid.SampledFrom(known).Draw(t, "message")
	m.remove(t, h.handle)
	m.messages = slices.DeleteFunc(m.messages, func(o *held) bool { return o == h })
}

func (m *machine) DeleteStale(t *rapid.T) {
	if len(m.stale) == 0 {
		t.Skip("no stale handle")
	}
	m.remove(t, rapid.SampledFrom(m.stale).Draw(t, "handle"))
}

func (m *machine) remove(t *rapid.T, handle string) {
	_, err := m.client.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &m.url, ReceiptHandle: &handle})
	if err != nil {
		t.Fatal(err)
	}
}

func (m *machine) ChangeVisibility(t *rapid.T) {
	now := m.clock.now()
	m.expire()
	var flying []*held
	for _, h := range m.messages {
		if h.handle != "" && !h.dead && h.visible.After(now) {
			flying = append(flying, h)
		}
	}
	if len(flying) == 0 {
		t.Skip("nothing is in flight")
	}
	h := rapid.SampledFrom(flying).Draw(t, "message")
	seconds := rapid.SampledFrom([]int32{0, 5, 100}).Draw(t, "seconds")
	_, err := m.client.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{
		QueueUrl: &m.url, ReceiptHandle: &h.handle, VisibilityTimeout: seconds,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.visible = now.Add(time.Duration(seconds) * time.Second)
}

func (m *machine) Advance(t *rapid.T) {
	m.clock.advance(rapid.SampledFrom([]time.Duration{time.Second, 31 * time.Second, 2 * time.Minute}).Draw(t, "time"))
}

func (m *machine) Restart(t *rapid.T) {
	m.close(t)
	m.open(t)
}

// Check compares the counts after every step.
func (m *machine) Check(t *rapid.T) {
	m.expire()
	now := m.clock.now()
	var visible, flying, delayed, dead int
	for _, h := range m.messages {
		switch {
		case h.dead:
			dead++
		case h.isVisible(now):
			visible++
		case h.delayed:
			delayed++
		default:
			flying++
		}
	}
	m.compare(t, m.url, fmt.Sprintf("%d/%d/%d", visible, flying, delayed))
	m.compare(t, m.dead, fmt.Sprintf("%d/0/0", dead))
}

func (m *machine) compare(t *rapid.T, url, want string) {
	out, err := m.client.GetQueueAttributes(t.Context(), &client.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: allAttributes()})
	if err != nil {
		t.Fatal(err)
	}
	a := out.Attributes
	got := a["ApproximateNumberOfMessages"] + "/" + a["ApproximateNumberOfMessagesNotVisible"] + "/" + a["ApproximateNumberOfMessagesDelayed"]
	if got != want {
		t.Fatalf("%s has %s, the model %s", url, got, want)
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		file, err := os.CreateTemp(dir, "*.db")
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		m := &machine{clock: newClock(), path: file.Name()}
		m.open(t)
		defer m.close(t)
		retention := fmt.Sprint(int(modelRetention.Seconds()))
		m.dead = m.create(t, "dead", map[string]string{"MessageRetentionPeriod": retention})
		m.url = m.create(t, "orders", map[string]string{"MessageRetentionPeriod": retention, "RedrivePolicy": redrive("dead", modelReceives)})
		t.Repeat(rapid.StateMachineActions(m))
	})
}
