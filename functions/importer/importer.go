// Package importer is the function behind the import queue: it takes the next step of a
// long piece of work.
package importer

import (
	"context"

	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// New makes the handler. work is called for each message by itself.
func New(d batch.Deps, work func(ctx context.Context, m port.JobTask) error) *batch.Reader[port.JobTask] {
	return &batch.Reader[port.JobTask]{Deps: d, Queue: port.ImportQueue, Work: work, About: about}
}

func about(m port.JobTask) (commerce.WorkspaceID, commerce.AccountID) { return m.Space, "" }
