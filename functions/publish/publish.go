// Package publish is the function behind the nudge queue: it makes one target match what
// is wanted.
package publish

import (
	"context"

	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// New makes the handler. work is called for each message by itself.
func New(d batch.Deps, work func(ctx context.Context, m port.Nudge) error) *batch.Reader[port.Nudge] {
	return &batch.Reader[port.Nudge]{Deps: d, Queue: port.NudgeQueue, Work: work, About: about}
}

func about(m port.Nudge) (commerce.WorkspaceID, commerce.AccountID) { return m.Space, "" }
