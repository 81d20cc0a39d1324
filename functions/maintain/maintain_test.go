package maintain_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/functions/maintain"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

func now() time.Time { return time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC) }

type queue struct {
	sent   []string
	broken string
}

func (q *queue) Send(_ context.Context, name string, messages ...port.Outgoing) error {
	if name == q.broken {
		return errors.New("away")
	}
	for _, m := range messages {
		q.sent = append(q.sent, fmt.Sprintf("%s %+v", name, m.Body))
	}
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What is due goes on its queue, what is not stays, and one queue that is away
// does not hold the others back.
func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	s := localtest.Open(t, now).Store
	for i, at := range []time.Time{now().Add(-time.Minute), now().Add(time.Minute), {}} {
		_, err := s.Connect(t.Context(), port.Account{ID: commerce.AccountID(fmt.Sprint("acc", i)), Space: "w1", Channel: commerce.Etsy, Remote: commerce.RemoteID(fmt.Sprint(i)), State: port.AccountActive, NextPoll: at}, nil)
		must(t, err)
	}
	_, err := s.PutTarget(t.Context(), port.Target{ID: "tgt", Space: "w1", WakeAt: now(), Accounts: map[commerce.Channel]commerce.AccountID{commerce.Etsy: "acc"}})
	must(t, err)
	_, err = s.PutOutbound(t.Context(), port.Outbound{ID: "1", Space: "w1", Key: "cnv", State: commerce.SendPending})
	must(t, err)
	_, err = s.PutGrant(t.Context(), port.Grant{ID: "grt", Space: "w1", Channel: commerce.Etsy, Principal: "p", ExpiresAt: now().Add(-time.Hour)})
	must(t, err)
	want := []string{
		"NudgeQueue {V:1 Space:w1 Key:tgt Hops:0}", "OutboundQueue {V:1 Space:w1 Key:cnv Hops:0}",
		"PollQueue {V:1 Space:w1 Account:acc0 Task:poll}", "PollQueue {V:1 Space:w1 Account:grt Task:token}",
	}
	q := &queue{}
	h := maintain.New(maintain.Deps{Store: s, Queue: q, Now: now, Log: localtest.Quiet()})
	_, err = h.Handle(t.Context(), events.CloudWatchEvent{})
	slices.Sort(q.sent)
	if err != nil || !slices.Equal(q.sent, want) {
		t.Errorf("sent %q, want %q, %v", q.sent, want, err)
	}
	q.sent, q.broken = nil, port.NudgeQueue
	if _, err = h.Handle(t.Context(), events.CloudWatchEvent{}); err == nil || len(q.sent) != 3 {
		t.Errorf("sent %q, %v", q.sent, err)
	}
}
