// Package maintain is the only scheduled function: it finds what is due and
// what was left lying, and puts it on its queue.
package maintain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// most is how many of a kind are put on a queue in one run; the rest is due
// still a minute later.
const most = 1000

// Deps is what the function stands on.
type Deps struct {
	Store interface {
		ListDue(ctx context.Context, kind port.DueKind, now time.Time, limit int) ([]port.Due, error)
	}
	Queue port.Sender
	Now   func() time.Time
	Log   *slog.Logger
}

// Handler enqueues what is due.
type Handler struct{ deps Deps }

// New makes a Handler.
func New(d Deps) *Handler { return &Handler{d} }

// Handle runs once a schedule. One due list that can't be read does not hold
// the others back.
func (h *Handler) Handle(ctx context.Context, _ events.CloudWatchEvent) (struct{}, error) {
	var errs []error
	for _, kind := range []port.DueKind{port.DueTarget, port.DueOutbound, port.DuePoll, port.DueToken} {
		due, err := h.deps.Store.ListDue(ctx, kind, h.deps.Now(), most)
		if err == nil {
			err = h.enqueue(ctx, kind, due)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("due %s: %w", kind, err))
		}
	}
	return struct{}{}, errors.Join(errs...)
}

func (h *Handler) enqueue(ctx context.Context, kind port.DueKind, due []port.Due) error {
	if len(due) == 0 {
		return nil
	}
	out := make([]port.Outgoing, 0, len(due))
	for _, d := range due {
		out = append(out, port.Outgoing{Body: message(kind, d)})
	}
	h.deps.Log.DebugContext(ctx, "due", "list", kind, "count", len(due))
	return h.deps.Queue.Send(ctx, queueOf(kind), out...)
}

func queueOf(kind port.DueKind) string {
	switch kind {
	case port.DueTarget:
		return port.NudgeQueue
	case port.DueOutbound:
		return port.OutboundQueue
	default:
		return port.PollQueue
	}
}

func message(kind port.DueKind, d port.Due) any {
	switch kind {
	case port.DueTarget, port.DueOutbound:
		return port.Nudge{V: port.MessageVersion, Space: d.Space, Key: d.ID}
	case port.DueToken:
		return port.PollTask{V: port.MessageVersion, Space: d.Space, Account: commerce.AccountID(d.ID), Task: port.TaskToken}
	default:
		return port.PollTask{V: port.MessageVersion, Space: d.Space, Account: commerce.AccountID(d.ID), Task: port.TaskPoll}
	}
}
