// Package ingest is the function behind the inbound queue: what marketplaces
// told becomes orders, conversations and reviews, each thing exactly once.
package ingest

import (
	"context"

	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// maxBody bounds an event that lies in a blob; a webhook passes 6 MB at most.
const maxBody = 8 << 20

// New makes the handler. work gets each message with its body, wherever that
// lay.
func New(d batch.Deps, blobs port.Blobs, work func(ctx context.Context, m port.Inbound) error) *batch.Reader[port.Inbound] {
	return &batch.Reader[port.Inbound]{Deps: d, Queue: port.InboundQueue, About: about, Work: func(ctx context.Context, m port.Inbound) error {
		whole, err := load(ctx, blobs, m)
		if err != nil {
			return err
		}
		return work(ctx, whole)
	}}
}

func about(m port.Inbound) (commerce.WorkspaceID, commerce.AccountID) { return m.Space, m.Account }

func load(ctx context.Context, blobs port.Blobs, m port.Inbound) (port.Inbound, error) {
	if m.Blob == "" {
		return m, nil
	}
	body, err := blobs.Blob(ctx, m.Blob, maxBody)
	if fault.Is(err, fault.NotFound) {
		return m, fault.New(fault.Permanent, "body_gone", "The body of a large event is gone.")
	}
	m.Body = body
	return m, err
}
