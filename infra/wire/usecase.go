package wire

import (
	"context"
	"time"

	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/queue"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/feed"
	"github.com/manystall/manystall/shared/httpclient"
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

// Parts are what use cases are made of, and the use cases themselves, each made
// anew when it is asked for.
type Parts struct {
	*Ground
	Store  *dynamo.Store
	Queues *queue.Queues
	Blobs  port.Blobs
	Vault  port.Vault
	all    drivers
}

// NewCore opens storage and queues: for functions without secrets and blobs.
func NewCore(g *Ground) (*Parts, error) {
	p := &Parts{Ground: g}
	var err error
	if p.Store, err = g.store(); err != nil {
		return nil, err
	}
	if p.Queues, err = g.queues(); err != nil {
		return nil, err
	}
	p.all, err = g.drivers()
	return p, err
}

// NewParts opens everything.
func NewParts(g *Ground) (*Parts, error) {
	p, err := NewCore(g)
	if err != nil {
		return nil, err
	}
	if p.Blobs, err = g.Blobs(); err != nil {
		return nil, err
	}
	p.Vault, err = newVault(g, p.Store)
	return p, err
}

// Drivers are all connectors, in the order in which they are shown.
func (p *Parts) Drivers() []channel.Driver { return p.all.list }

// Apps are the installations of the connectors.
func (p *Parts) Apps() map[commerce.Channel]any { return p.all.apps }

// every is how often a channel is polled; a minute where its rules don't say.
func every(rules func(commerce.Channel) channel.Rules) func(commerce.Channel) time.Duration {
	return func(c commerce.Channel) time.Duration { return max(rules(c).Poll, time.Minute) }
}

// longest is how seldom a channel is polled while its notifications arrive. On
// one machine somebody is watching, and simulators have no day's budget that
// others wait for.
func (p *Parts) longest() time.Duration {
	if p.LocalState != "" {
		return 2 * time.Minute
	}
	return 15 * time.Minute
}

func (p *Parts) sellsDown(c commerce.Channel) bool { return p.all.by[c].Rules.SellsDown }

func (p *Parts) has(ability channel.Ability) func(commerce.Channel) bool {
	return func(c commerce.Channel) bool {
		for _, a := range p.all.by[c].Abilities {
			if a == ability {
				return true
			}
		}
		return false
	}
}

// Keeper settles stock.
func (p *Parts) Keeper() *stock.Keeper {
	return &stock.Keeper{Store: p.Store, Now: p.Now, NewID: p.NewID, SellsDown: p.sellsDown}
}

// stated lets the catalog state quantities to the stock's keeper.
type stated struct{ *stock.Keeper }

func (s stated) State(ctx context.Context, w commerce.WorkspaceID, c catalog.Stated) error {
	return s.Keeper.State(ctx, w, stock.Stated(c))
}

// Marker notes what has to be written to targets.
func (p *Parts) Marker() *publish.Marker {
	return &publish.Marker{Store: p.Store, Now: p.Now, NewID: p.NewID}
}

// Importer edits the catalog and imports files into it.
func (p *Parts) Importer() *catalog.Importer {
	editor := &catalog.Editor{Store: p.Store, Stock: stated{p.Keeper()}, Marks: p.Marker(), NewListing: publish.NewListing, Now: p.Now, NewID: p.NewID}
	return &catalog.Importer{Editor: editor, Blobs: p.Blobs, Queue: p.Queues}
}

// Feeds writes the files marketplaces fetch.
func (p *Parts) Feeds() *feed.Writer {
	return &feed.Writer{Store: p.Store, Blobs: p.Blobs, Queue: p.Queues, Encode: all.Feed, Wanted: publish.Wanted, Now: p.Now, NewID: p.NewID}
}

// Accounts connects shops.
func (p *Parts) Accounts() *accounts.Desk {
	return &accounts.Desk{
		Store: p.Store, Vault: p.Vault, Drivers: p.all.by, Apps: p.all.apps, Env: p.channelEnv(p.Store), PublicURL: p.PublicURL,
		Spread: p.Importer().Spread, Now: p.Now, Sleep: httpclient.Sleep, Log: p.Log(),
	}
}

// Ingester applies what comes in.
func (p *Parts) Ingester() *ingest.Ingester {
	desk := p.Accounts()
	return &ingest.Ingester{Store: p.Store, Open: desk, Connections: desk, Listings: p.Marker(), Queue: p.Queues, Blobs: p.Blobs, Media: p.images(), Digest: p.Vault.Digest, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

// sendNow asks for an outbound key to be worked on.
func (p *Parts) sendNow(ctx context.Context, w commerce.WorkspaceID, key string) error {
	return p.Queues.Send(ctx, port.OutboundQueue, port.Outgoing{Body: port.Nudge{V: port.MessageVersion, Space: w, Key: key}})
}

// Trade handles orders.
func (p *Parts) Trade() *trade.Desk {
	return &trade.Desk{
		Store: p.Store, Take: p.Ingester(), CanShip: p.has(channel.CanShip), CanCancel: p.has(channel.CanCancel), Send: p.sendNow, Now: p.Now, NewID: p.NewID,
	}
}

// Inbox answers conversations.
func (p *Parts) Inbox() *inbox.Desk {
	return &inbox.Desk{
		Store: p.Store, Rules: func(c commerce.Channel) channel.ReplyRules { return p.rules(c).Reply }, Send: p.sendNow, Now: p.Now, NewID: p.NewID,
	}
}

// Publisher writes to targets.
func (p *Parts) Publisher() *publish.Worker {
	desk := p.Accounts()
	return &publish.Worker{Store: p.Store, Open: desk.Open, Rules: p.rules, Queue: p.Queues, Blobs: p.Blobs, Feed: p.Feeds().Start, Expired: desk.Expired, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

// Sender brings things out.
func (p *Parts) Sender() *outbound.Worker {
	desk := p.Accounts()
	return &outbound.Worker{Store: p.Store, Open: desk.Open, Expired: desk.Expired, Queue: p.Queues, Now: p.Now, NewID: p.NewID, Log: p.Log()}
}

// Poller polls accounts.
func (p *Parts) Poller(desk *accounts.Desk) *poll.Poller {
	in := p.Ingester()
	return &poll.Poller{
		Store: p.Store, Open: desk.Open, Settle: desk.Settle, Every: every(p.rules), Longest: p.longest(), Pace: &poll.Pacer{Budgets: dynamo.NewBudgets(p.Store), Store: p.Store, Now: p.Now}, Has: in.Has, Expired: desk.Expired, Queue: p.Queues, Blobs: p.Blobs, Now: p.Now, NewID: p.NewID, Log: p.Log(),
	}
}

// Finder finds what the lines of orders are of.
func (p *Parts) Finder() *ingest.Finder {
	return &ingest.Finder{Store: p.Store, Now: p.Now, NewID: p.NewID}
}

// Rebuilder derives stock and totals anew.
func (p *Parts) Rebuilder() *report.Rebuilder {
	keeper, finder, folder := p.Keeper(), p.Finder(), p.Folder()
	project := func(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
		for _, step := range []func(context.Context, commerce.WorkspaceID, commerce.OrderID) error{finder.Find, keeper.Settle, folder.Fold} {
			if err := step(ctx, w, id); err != nil {
				return err
			}
		}
		return nil
	}
	return &report.Rebuilder{Store: p.Store, Project: project, Compare: keeper.Compare, Recount: keeper.Recount, Wake: p.wake, Queue: p.Queues, Now: p.Now, NewID: p.NewID}
}

// wake looks again at what a mark or an outbound record stood for, or at the
// orders that wait for a product.
func (p *Parts) wake(ctx context.Context, w commerce.WorkspaceID, e port.Entity, key string) error {
	switch e {
	case port.EntityOutbound:
		return p.sendNow(ctx, w, key)
	case port.EntityProduct:
		product, err := p.Store.Product(ctx, w, commerce.ProductID(key))
		if err != nil {
			return err
		}
		for _, v := range product.Variants {
			if err := p.Finder().Appeared(ctx, w, port.Want{SKU: v.SKU}); err != nil {
				return err
			}
		}
		return nil
	default:
		return p.Queues.Send(ctx, port.NudgeQueue, port.Outgoing{Body: port.Nudge{V: port.MessageVersion, Space: w, Key: key}})
	}
}

// Folder keeps the totals.
func (p *Parts) Folder() *report.Folder { return &report.Folder{Store: p.Store} }
