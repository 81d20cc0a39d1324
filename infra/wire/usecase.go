package wire

import (
	"context"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/queue"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/outbound"
	"github.com/manystall/manystall/shared/poll"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/publish"
	"github.com/manystall/manystall/shared/report"
	"github.com/manystall/manystall/shared/stock"
	"github.com/manystall/manystall/shared/trade"
)

// parts are what use cases are made of.
type parts struct {
	*Ground
	store  *dynamo.Store
	queues *queue.Queues
	blobs  port.Blobs
	vault  port.Vault
	all    drivers
}

func (g *Ground) parts() (*parts, error) {
	p := &parts{Ground: g}
	var err error
	if p.store, err = g.store(); err != nil {
		return nil, err
	}
	if p.queues, err = g.queues(); err != nil {
		return nil, err
	}
	if p.blobs, err = g.blobs(); err != nil {
		return nil, err
	}
	if p.vault, err = g.vault(); err != nil {
		return nil, err
	}
	p.all, err = g.drivers()
	return p, err
}

func (p *parts) sellsDown(c commerce.Channel) bool { return p.all.by[c].Rules.SellsDown }

func (p *parts) has(ability channel.Ability) func(commerce.Channel) bool {
	return func(c commerce.Channel) bool {
		for _, a := range p.all.by[c].Abilities {
			if a == ability {
				return true
			}
		}
		return false
	}
}

func (p *parts) keeper() *stock.Keeper {
	return &stock.Keeper{Store: p.store, Now: p.Now, NewID: p.NewID, SellsDown: p.sellsDown}
}

// stated lets the catalog state quantities to the stock's keeper.
type stated struct{ *stock.Keeper }

func (s stated) State(ctx context.Context, w commerce.WorkspaceID, c catalog.Stated) error {
	return s.Keeper.State(ctx, w, stock.Stated(c))
}

func (p *parts) marker() *publish.Marker {
	return &publish.Marker{Store: p.store, Now: p.Now, NewID: p.NewID}
}

func (p *parts) importer() *catalog.Importer {
	editor := &catalog.Editor{Store: p.store, Stock: stated{p.keeper()}, Marks: p.marker(), NewListing: publish.NewListing, Now: p.Now, NewID: p.NewID}
	return &catalog.Importer{Editor: editor, Blobs: p.blobs, Queue: p.queues}
}

func (p *parts) accounts() *accounts.Desk {
	return &accounts.Desk{
		Store: p.store, Vault: p.vault, Drivers: p.all.by, Apps: p.all.apps, Env: p.channelEnv(p.store), PublicURL: p.PublicURL,
		Spread: p.importer().Spread, Now: p.Now, Sleep: sleep, Log: p.Log(),
	}
}

func (p *parts) ingester() *ingest.Ingester {
	desk := p.accounts()
	return &ingest.Ingester{Store: p.store, Open: desk, Connections: desk, Listings: p.marker(), Digest: p.vault.Digest, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

// sendNow asks for an outbound key to be worked on.
func (p *parts) sendNow(ctx context.Context, w commerce.WorkspaceID, key string) error {
	return p.queues.Send(ctx, port.OutboundQueue, port.Outgoing{Body: port.Nudge{V: port.MessageVersion, Space: w, Key: key}})
}

func (p *parts) trade() *trade.Desk {
	return &trade.Desk{
		Store: p.store, Take: p.ingester(), CanShip: p.has(channel.CanShip), CanCancel: p.has(channel.CanCancel), Send: p.sendNow, Now: p.Now, NewID: p.NewID,
	}
}

func (p *parts) inbox() *inbox.Desk {
	return &inbox.Desk{
		Store: p.store, Rules: func(c commerce.Channel) channel.ReplyRules { return p.rules(c).Reply }, Send: p.sendNow, Now: p.Now, NewID: p.NewID,
	}
}

func (p *parts) publisher() *publish.Worker {
	desk := p.accounts()
	return &publish.Worker{Store: p.store, Open: desk.Open, Rules: p.rules, Queue: p.queues, Expired: desk.Expired, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

func (p *parts) sender() *outbound.Worker {
	desk := p.accounts()
	return &outbound.Worker{Store: p.store, Open: desk.Open, Expired: desk.Expired, Queue: p.queues, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

func (p *parts) poller(desk *accounts.Desk) *poll.Poller {
	return &poll.Poller{
		Store: p.store, Open: desk.Open, Every: every(p.rules), Expired: desk.Expired, Queue: p.queues, Blobs: p.blobs, Now: p.Now, NewID: p.NewID, Log: p.Log(),
	}
}

func (p *parts) folder() *report.Folder { return &report.Folder{Store: p.store} }
