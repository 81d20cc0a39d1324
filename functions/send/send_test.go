package send_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/functions/send"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/port"
)

func TestEachKeyByItself(t *testing.T) {
	t.Parallel()
	var keys []string
	h := send.New(batch.Deps{Now: time.Now, NewID: func() string { return "id" }, Log: localtest.Quiet()}, func(_ context.Context, n port.Nudge) error {
		if keys = append(keys, n.Key); n.Key == "cnv_2" {
			return errors.New("x")
		}
		return nil
	})
	out, err := h.Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", Body: `{"v":1,"workspace":"w1","key":"cnv_1"}`}, {MessageId: "2", Body: `{"v":1,"workspace":"w1","key":"cnv_2"}`}, {MessageId: "3", Body: `{"v":1,"workspace":"w1","key":"cnv_3"}`},
	}})
	if err != nil || len(keys) != 3 || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "2" {
		t.Errorf("worked %q, back %v, %v", keys, out.BatchItemFailures, err)
	}
}
