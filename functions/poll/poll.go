// Package poll is the function behind the poll queue: it reads one due account,
// or renews one consent that is about to end.
package poll

import (
	"context"

	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Poller reads an account.
type Poller interface {
	Poll(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error
}

// Renewer renews a consent.
type Renewer interface {
	Renew(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) error
}

// New makes the handler.
func New(d batch.Deps, p Poller, r Renewer) *batch.Reader[port.PollTask] {
	return &batch.Reader[port.PollTask]{Deps: d, Queue: port.PollQueue, About: about, Work: func(ctx context.Context, m port.PollTask) error {
		switch m.Task {
		case port.TaskPoll:
			return p.Poll(ctx, m.Space, m.Account)
		case port.TaskToken:
			return r.Renew(ctx, m.Space, commerce.GrantID(m.Account))
		}
		return fault.New(fault.Permanent, "unknown_task", "There is no task %q for an account.", m.Task)
	}}
}

func about(m port.PollTask) (commerce.WorkspaceID, commerce.AccountID) { return m.Space, m.Account }
