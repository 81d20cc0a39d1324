package poll_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/functions/poll"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

type ground struct{ log []string }

func (g *ground) Poll(_ context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
	g.log = append(g.log, fmt.Sprint("poll ", w, " ", id))
	return nil
}

func (g *ground) Renew(_ context.Context, w commerce.WorkspaceID, id commerce.GrantID) error {
	g.log = append(g.log, fmt.Sprint("renew ", w, " ", id))
	return nil
}

func (g *ground) Bury(_ context.Context, _ string, _ []byte, reason string) error {
	g.log = append(g.log, "bury "+reason)
	return nil
}

func (g *ground) Send(context.Context, string, ...port.Outgoing) error { return nil }

func (g *ground) PutFailure(_ context.Context, f port.Failure) error {
	g.log = append(g.log, "failure "+f.Code)
	return nil
}

func TestTasks(t *testing.T) {
	t.Parallel()
	g := &ground{}
	h := poll.New(batch.Deps{Desk: g, Failures: g, Now: time.Now, NewID: func() string { return "id" }, Log: localtest.Quiet()}, g, g)
	var records []events.SQSMessage
	for i, task := range []string{"poll", "token", "song"} {
		records = append(records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: fmt.Sprintf(`{"v":1,"workspace":"w1","account":"a%d","task":%q}`, i, task)})
	}
	out, err := h.Handle(t.Context(), events.SQSEvent{Records: records})
	want := []string{"poll w1 a0", "renew w1 a1", "failure unknown_task", "bury permanent unknown_task"}
	if err != nil || len(out.BatchItemFailures) != 0 || !slices.Equal(g.log, want) {
		t.Errorf("%q, want %q, %v", g.log, want, err)
	}
}
