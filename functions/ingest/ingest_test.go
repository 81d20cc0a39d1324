package ingest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/functions/ingest"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

type ground struct {
	port.Blobs
	blobs    map[string][]byte
	err      error
	buried   []string
	failures []port.Failure
}

func (g *ground) Blob(_ context.Context, key string, limit int64) ([]byte, error) {
	body, ok := g.blobs[key]
	switch {
	case g.err != nil:
		return nil, g.err
	case !ok:
		return nil, fault.New(fault.NotFound, "no_blob", "Gone.")
	case int64(len(body)) > limit:
		return nil, fault.New(fault.TooLarge, "large", "Too large.")
	}
	return body, nil
}

func (g *ground) Bury(_ context.Context, _ string, body []byte, _ string) error {
	g.buried = append(g.buried, string(body))
	return nil
}

func (g *ground) Send(context.Context, string, ...port.Outgoing) error { return nil }

func (g *ground) PutFailure(_ context.Context, f port.Failure) error {
	g.failures = append(g.failures, f)
	return nil
}

// A body is worked wherever it lies; one that is gone is given up, one that
// can't be read now comes again.
func TestBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message            string
		err                error
		worked             string
		buried, back, told int
	}{
		"inline":          {`{"v":1,"kind":"event","body":{"a":1}}`, nil, `{"a":1}`, 0, 0, 0},
		"in a blob":       {`{"v":1,"kind":"update","workspace":"w1","account":"acc","blob":"tmp/1"}`, nil, `{"b":2}`, 0, 0, 0},
		"gone":            {`{"v":1,"kind":"update","workspace":"w1","account":"acc","blob":"tmp/2"}`, nil, "", 1, 0, 1},
		"of nobody":       {`{"v":1,"kind":"event","blob":"tmp/2"}`, nil, "", 1, 0, 0},
		"out of order":    {`{"v":1,"kind":"event","blob":"tmp/1"}`, fault.New(fault.Temporary, "s3", "Busy."), "", 0, 1, 0},
		"a newer release": {`{"v":99}`, nil, "", 0, 1, 0},
	} {
		g := &ground{blobs: map[string][]byte{"tmp/1": []byte(`{"b":2}`)}, err: c.err}
		worked := ""
		h := ingest.New(batch.Deps{Desk: g, Failures: g, Now: time.Now, NewID: func() string { return "id" }, Log: localtest.Quiet()}, g, func(_ context.Context, m port.Inbound) error {
			worked = string(m.Body)
			return nil
		})
		out, err := h.Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: c.message}}})
		if err != nil || worked != c.worked || len(g.buried) != c.buried || len(out.BatchItemFailures) != c.back || len(g.failures) != c.told {
			t.Errorf("%s: worked %q, buried %q, back %v, failures %v, %v", name, worked, g.buried, out.BatchItemFailures, fmt.Sprint(g.failures), err)
		}
	}
}
