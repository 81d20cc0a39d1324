// Package batch is the one place that turns the outcomes of messages into what
// Lambda tells SQS: which go back to the queue, and which are done with.
package batch

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Desk is what happens to messages that can't be worked.
type Desk interface {
	Bury(ctx context.Context, queue string, body []byte, reason string) error
	Send(ctx context.Context, queue string, messages ...port.Outgoing) error
}

// Failures records what will not work by itself.
type Failures interface {
	PutFailure(ctx context.Context, f port.Failure) error
}

// Deps is what every reader stands on.
type Deps struct {
	Desk     Desk
	Failures Failures
	Now      func() time.Time
	NewID    func() string
	Log      *slog.Logger
}

// Reader works the messages of one queue. Safe for concurrent use.
type Reader[T any] struct {
	Deps
	Queue string
	Work  func(ctx context.Context, message T) error
	// About names whose message it is, for its failure record.
	About func(message T) (commerce.WorkspaceID, commerce.AccountID)
}

// Handle works a batch, each message by itself: one bad message never sends its
// neighbours back. Temporary and internal faults go back to the queue and
// count; a rate limit waits as a delayed copy and does not count; what can't
// work is recorded, moved to the dead-letter queue and done with.
func (r Reader[T]) Handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var failed events.SQSEventResponse
	for _, record := range e.Records {
		if err := r.one(ctx, record); err != nil {
			r.Log.WarnContext(ctx, "message goes back", "queue", r.Queue, "message", record.MessageId, "kind", fault.KindOf(err), "err", err.Error())
			failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
		}
	}
	return failed, nil
}

func (r Reader[T]) one(ctx context.Context, record events.SQSMessage) error {
	var message T
	var version struct {
		V int `json:"v"`
	}
	body := []byte(record.Body)
	if err := errors.Join(json.Unmarshal(body, &version), json.Unmarshal(body, &message)); err != nil {
		return r.give(ctx, body, message, fault.New(fault.Permanent, "unreadable", "A message on %s can't be read.", r.Queue))
	}
	if version.V > port.MessageVersion {
		// A newer version of us wrote it and will read it after the deployment.
		return fault.New(fault.Temporary, "newer_message", "A message on %s has version %d.", r.Queue, version.V)
	}
	err := r.work(ctx, message)
	f := fault.Of(err)
	switch {
	case f == nil:
		return nil
	case f.Kind == fault.RateLimited:
		wait := min(max(f.RetryAfter, time.Second), 15*time.Minute)
		return r.Desk.Send(ctx, r.Queue, port.Outgoing{Body: message, Delay: wait})
	case f.Kind == fault.Temporary, f.Kind == fault.Internal, f.Kind == fault.Conflict, f.Kind == fault.Unknown:
		return err
	default:
		r.Log.WarnContext(ctx, "message given up", "queue", r.Queue, "message", record.MessageId, "kind", f.Kind, "err", err.Error())
		return r.give(ctx, body, message, f)
	}
}

// work keeps a message that makes us panic from taking its neighbours along.
func (r Reader[T]) work(ctx context.Context, message T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.ErrorContext(ctx, "panic", "queue", r.Queue, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "panic", "A message on %s could not be worked.", r.Queue)
		}
	}()
	return r.Work(ctx, message)
}

// give records a message that can't work and moves it to the dead-letter
// queue; the original is then done with.
func (r Reader[T]) give(ctx context.Context, body []byte, message T, f *fault.Error) error {
	w, a := r.About(message)
	if w != "" {
		record := port.Failure{ID: r.NewID(), Space: w, Queue: r.Queue, Kind: string(f.Kind), Code: f.Code, Account: a, Message: f.Message, Count: 1, At: r.Now()}
		if err := r.Failures.PutFailure(ctx, record); err != nil {
			return err
		}
	}
	return r.Desk.Bury(ctx, r.Queue, body, string(f.Kind)+" "+f.Code)
}
