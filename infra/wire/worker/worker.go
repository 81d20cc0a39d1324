// Package worker wires the functions behind queues, the stream and the schedule.
// They are built by functions, not by methods: the linker then leaves out of
// each executable what it does not use.
package worker

import (
	"context"

	"github.com/manystall/manystall/functions/importer"
	"github.com/manystall/manystall/functions/ingest"
	"github.com/manystall/manystall/functions/maintain"
	"github.com/manystall/manystall/functions/poll"
	"github.com/manystall/manystall/functions/project"
	"github.com/manystall/manystall/functions/publish"
	"github.com/manystall/manystall/functions/send"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/shared/feed"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/report"
)

func deps(p *wire.Parts) batch.Deps {
	return batch.Deps{Desk: p.Queues, Failures: p.Store, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

// Poll works the poll queue.
func Poll(g *wire.Ground) (*batch.Reader[port.PollTask], error) {
	p, err := wire.NewParts(g)
	if err != nil {
		return nil, err
	}
	desk := p.Accounts()
	return poll.New(deps(p), p.Poller(desk), desk), nil
}

// Ingest works the inbound queue.
func Ingest(g *wire.Ground) (*batch.Reader[port.Inbound], error) {
	p, err := wire.NewParts(g)
	if err != nil {
		return nil, err
	}
	return ingest.New(deps(p), p.Blobs, p.Ingester().Handle), nil
}

// Publish works the nudge queue.
func Publish(g *wire.Ground) (*batch.Reader[port.Nudge], error) {
	p, err := wire.NewParts(g)
	if err != nil {
		return nil, err
	}
	return publish.New(deps(p), p.Publisher().Run), nil
}

// Send works the outbound queue.
func Send(g *wire.Ground) (*batch.Reader[port.Nudge], error) {
	p, err := wire.NewParts(g)
	if err != nil {
		return nil, err
	}
	return send.New(deps(p), p.Sender().Run), nil
}

// Importer works the import queue.
func Importer(g *wire.Ground) (*batch.Reader[port.JobTask], error) {
	p, err := wire.NewParts(g)
	if err != nil {
		return nil, err
	}
	work := p.Importer()
	work.Others = map[string]func(context.Context, port.Job, int) error{report.KindRebuild: p.Rebuilder().Step, feed.Kind: p.Feeds().Step}
	return importer.New(deps(p), work.Step), nil
}

// Project works the table's stream. It has no secrets and no blobs.
func Project(g *wire.Ground) (*project.Handler, error) {
	p, err := wire.NewCore(g)
	if err != nil {
		return nil, err
	}
	finder := p.Finder()
	return project.New(project.Deps{
		Decode: dynamo.DecodeChange, Find: finder.Find, Appeared: finder.Appeared, Waits: p.Store.AnyWants, Settle: p.Keeper().Settle, Fold: p.Folder().Fold, LevelChanged: p.Marker().LevelChanged,
		Failures: p.Store, Queue: p.Queues, Now: p.Now, NewID: p.NewID, Log: p.Log(),
	}), nil
}

// Maintain is the scheduled function. It has no secrets and no blobs.
func Maintain(g *wire.Ground) (*maintain.Handler, error) {
	p, err := wire.NewCore(g)
	if err != nil {
		return nil, err
	}
	return maintain.New(maintain.Deps{Store: p.Store, Queue: p.Queues, Now: p.Now, Log: p.Log()}), nil
}
