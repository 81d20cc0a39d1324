package wire

import (
	"time"

	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/functions/dashboard"
	"github.com/manystall/manystall/functions/importer"
	fingest "github.com/manystall/manystall/functions/ingest"
	"github.com/manystall/manystall/functions/maintain"
	fpoll "github.com/manystall/manystall/functions/poll"
	"github.com/manystall/manystall/functions/project"
	fpublish "github.com/manystall/manystall/functions/publish"
	"github.com/manystall/manystall/functions/send"
	"github.com/manystall/manystall/functions/webhook"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/queue/batch"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

// every is how often a channel is polled; a minute where its rules don't say.
func every(rules func(commerce.Channel) channel.Rules) func(commerce.Channel) time.Duration {
	return func(c commerce.Channel) time.Duration { return max(rules(c).Poll, time.Minute) }
}

func (p *parts) batch() batch.Deps {
	return batch.Deps{Desk: p.queues, Failures: p.store, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

// Dashboard is the JSON API and the page.
func (g *Ground) Dashboard() (*dashboard.Handler, error) {
	p, err := g.parts()
	if err != nil {
		return nil, err
	}
	im := p.importer()
	return dashboard.New(dashboard.Deps{
		Store: p.store, Uploads: p.blobs, Digests: p.vault, Queues: p.queues, Catalog: im.Editor, Imports: im, Listings: p.marker(), Trade: p.trade(),
		Stock: p.keeper(), Inbox: p.inbox(), Connections: p.accounts(), Workspaces: &accounts.Spaces{Store: p.store, Spread: im.Spread},
		Drivers: p.all.list, PublicURL: g.PublicURL, Local: g.LocalState != "", Now: g.Now, NewID: g.NewID, NewSecret: newSecret, Log: g.Log(),
	}), nil
}

// Webhook is what marketplaces, shops and buyers call.
func (g *Ground) Webhook() (*webhook.Handler, error) {
	p, err := g.parts()
	if err != nil {
		return nil, err
	}
	return webhook.New(webhook.Deps{
		Hooks: all.Hooks(), Apps: p.all.apps, ParseCheckout: all.ParseCheckout, Feed: p.feed, OrderID: ingest.OrderIDOf, Store: p.store, Accounts: p.accounts(), Carts: p.trade(),
		Queue: p.queues, Blobs: p.blobs, PublicURL: g.PublicURL, Now: g.Now, NewID: g.NewID, Log: g.Log(),
	}), nil
}

// Poll works the poll queue.
func (g *Ground) Poll() (*batch.Reader[port.PollTask], error) {
	p, err := g.parts()
	if err != nil {
		return nil, err
	}
	desk := p.accounts()
	return fpoll.New(p.batch(), p.poller(desk), desk), nil
}

// Ingest works the inbound queue.
func (g *Ground) Ingest() (*batch.Reader[port.Inbound], error) {
	p, err := g.parts()
	if err != nil {
		return nil, err
	}
	return fingest.New(p.batch(), p.blobs, p.ingester().Handle), nil
}

// Publish works the nudge queue.
func (g *Ground) Publish() (*batch.Reader[port.Nudge], error) {
	p, err := g.parts()
	if err != nil {
		return nil, err
	}
	return fpublish.New(p.batch(), p.publisher().Run), nil
}

// Send works the outbound queue.
func (g *Ground) Send() (*batch.Reader[port.Nudge], error) {
	p, err := g.parts()
	if err != nil {
		return nil, err
	}
	return send.New(p.batch(), p.sender().Run), nil
}

// Importer works the import queue.
func (g *Ground) Importer() (*batch.Reader[port.JobTask], error) {
	p, err := g.parts()
	if err != nil {
		return nil, err
	}
	return importer.New(p.batch(), p.importer().Step), nil
}

// Project works the table's stream.
func (g *Ground) Project() (*project.Handler, error) {
	store, err := g.store()
	if err != nil {
		return nil, err
	}
	queues, err := g.queues()
	if err != nil {
		return nil, err
	}
	all, err := g.drivers()
	if err != nil {
		return nil, err
	}
	p := &parts{Ground: g, store: store, queues: queues, all: all}
	return project.New(project.Deps{
		Decode: dynamo.DecodeChange, Settle: p.keeper().Settle, Fold: p.folder().Fold, LevelChanged: p.marker().LevelChanged,
		Failures: store, Queue: queues, Now: g.Now, NewID: g.NewID, Log: g.Log(),
	}), nil
}

// Maintain is the scheduled function.
func (g *Ground) Maintain() (*maintain.Handler, error) {
	store, err := g.store()
	if err != nil {
		return nil, err
	}
	queues, err := g.queues()
	if err != nil {
		return nil, err
	}
	return maintain.New(maintain.Deps{Store: store, Queue: queues, Now: g.Now, Log: g.Log()}), nil
}
