package batch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// desk keeps what becomes of messages.
type desk struct {
	buried, reasons []string
	sent            []port.Outgoing
	failures        []port.Failure
	log             strings.Builder
	broken          error
}

func (d *desk) Bury(_ context.Context, queue string, body []byte, reason string) error {
	d.buried, d.reasons = append(d.buried, queue+" "+string(body)), append(d.reasons, reason)
	return d.broken
}

func (d *desk) Send(_ context.Context, _ string, m ...port.Outgoing) error {
	d.sent = append(d.sent, m...)
	return d.broken
}

func (d *desk) PutFailure(_ context.Context, f port.Failure) error {
	d.failures = append(d.failures, f)
	return d.broken
}

func reader(d *desk, work func(n port.PollTask) error) batch.Reader[port.PollTask] {
	return batch.Reader[port.PollTask]{
		Deps:  batch.Deps{Desk: d, Failures: d, Now: time.Now, NewID: func() string { return "id" }, Log: slog.New(slog.NewTextHandler(io.MultiWriter(&d.log), nil))},
		Queue: port.PollQueue,
		Work:  func(_ context.Context, m port.PollTask) error { return work(m) },
		About: func(m port.PollTask) (commerce.WorkspaceID, commerce.AccountID) { return m.Space, m.Account },
	}
}

func message(account string) events.SQSMessage {
	return events.SQSMessage{MessageId: "msg-" + account, Body: fmt.Sprintf(`{"v":1,"workspace":"w1","account":%q,"task":"poll"}`, account)}
}

// Table of outcomes: what goes back, what is buried, what is sent again.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err          error
		back, buried bool
		delay        time.Duration
	}{
		"done":                {nil, false, false, 0},
		"temporary":           {fault.New(fault.Temporary, "c", "m"), true, false, 0},
		"internal":            {fault.New(fault.Internal, "c", "m"), true, false, 0},
		"nobody said":         {errors.New("x"), true, false, 0},
		"conflict":            {fault.New(fault.Conflict, "c", "m"), true, false, 0},
		"unknown":             {fault.New(fault.Unknown, "c", "m"), true, false, 0},
		"rate limited":        {&fault.Error{Kind: fault.RateLimited, RetryAfter: 3 * time.Minute}, false, false, 3 * time.Minute},
		"rate limited, short": {&fault.Error{Kind: fault.RateLimited}, false, false, time.Second},
		"rate limited, long":  {&fault.Error{Kind: fault.RateLimited, RetryAfter: 24 * time.Hour}, false, false, 15 * time.Minute},
		"permanent":           {fmt.Errorf("poll: %w", fault.New(fault.Permanent, "c", "m")), false, true, 0},
		"rejected":            {fault.New(fault.Rejected, "c", "m"), false, true, 0},
		"invalid":             {fault.New(fault.Invalid, "c", "m"), false, true, 0},
		"auth expired":        {fault.New(fault.AuthExpired, "c", "m"), false, true, 0},
		"not found":           {fault.New(fault.NotFound, "c", "m"), false, true, 0},
		"unsupported":         {fault.New(fault.Unsupported, "c", "m"), false, true, 0},
		"denied":              {fault.New(fault.Denied, "c", "m"), false, true, 0},
		"too large":           {fault.New(fault.TooLarge, "c", "m"), false, true, 0},
	} {
		d := &desk{}
		out, err := reader(d, func(port.PollTask) error { return c.err }).Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{message("a")}})
		if err != nil || (len(out.BatchItemFailures) == 1) != c.back || (len(d.buried) == 1) != c.buried || (len(d.failures) == 1) != c.buried {
			t.Errorf("%s: back %v, buried %v, failures %v, %v", name, out.BatchItemFailures, d.buried, d.failures, err)
		}
		if (len(d.sent) == 1) != (c.delay > 0) || (c.delay > 0 && d.sent[0].Delay != c.delay) {
			t.Errorf("%s: sent again %+v", name, d.sent)
		}
		if c.buried && (d.failures[0].Space != "w1" || d.failures[0].Account != "a" || d.failures[0].Kind != string(fault.KindOf(c.err)) || d.reasons[0] != d.failures[0].Kind+" c") {
			t.Errorf("%s: recorded as %+v, buried for %q", name, d.failures[0], d.reasons)
		}
	}
}

// One bad message, whatever is bad about it, never sends its neighbours back.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	d := &desk{}
	var worked []string
	r := reader(d, func(m port.PollTask) error {
		switch m.Account {
		case "panics":
			panic("token abc")
		case "fails":
			return errors.New("x")
		}
		worked = append(worked, string(m.Account))
		return nil
	})
	records := []events.SQSMessage{
		message("1"), {MessageId: "no-json", Body: `{"v":`}, message("panics"), message("2"), {MessageId: "newer", Body: `{"v":2,"account":"x"}`},
		{MessageId: "wrong-type", Body: `{"v":1,"account":7}`}, message("fails"), message("3"), {MessageId: "empty"},
	}
	out, err := r.Handle(t.Context(), events.SQSEvent{Records: records})
	var back []string
	for _, f := range out.BatchItemFailures {
		back = append(back, f.ItemIdentifier)
	}
	if err != nil || fmt.Sprint(worked) != "[1 2 3]" || fmt.Sprint(back) != "[msg-panics newer msg-fails]" || len(d.buried) != 3 {
		t.Errorf("worked %v, back %v, buried %q, %v", worked, back, d.buried, err)
	}
	if strings.Contains(d.log.String(), "abc") {
		t.Error("the log holds what the panic said")
	}
}

// What can't be recorded or buried is not lost: it goes back.
func TestADeskThatIsAway(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Permanent, fault.RateLimited} {
		d := &desk{broken: errors.New("away")}
		out, err := reader(d, func(port.PollTask) error { return fault.New(kind, "c", "m") }).Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{message("a")}})
		if err != nil || len(out.BatchItemFailures) != 1 {
			t.Errorf("%s: %v, %v", kind, out.BatchItemFailures, err)
		}
	}
}

func FuzzHandle(f *testing.F) {
	for _, s := range []string{message("a").Body, `{}`, `[]`, `{"v":2}`, `{"v":"1"}`, `null`, `{"V":9}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d := &desk{}
		worked := 0
		out, err := reader(d, func(port.PollTask) error { worked++; return nil }).Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: body}}})
		if err != nil || worked+len(d.buried)+len(out.BatchItemFailures) != 1 {
			t.Fatalf("worked %d, buried %d, back %d, %v", worked, len(d.buried), len(out.BatchItemFailures), err)
		}
		if !json.Valid([]byte(body)) && worked > 0 {
			t.Fatalf("worked what is no JSON: %q", body)
		}
	})
}
