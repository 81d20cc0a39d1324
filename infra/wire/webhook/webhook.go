// Package webhook wires the function that marketplaces, shops and buyers call. It
// is a package of its own so that no other executable carries its templates.
package webhook

import (
	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/functions/webhook"
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/shared/ingest"
)

// site is what the addresses for others stand on.
type site struct{ *wire.Parts }

// New builds the function.
func New(g *wire.Ground) (*webhook.Handler, error) {
	p, err := wire.NewParts(g)
	if err != nil {
		return nil, err
	}
	return webhook.New(webhook.Deps{
		Hooks: all.Hooks(), Apps: p.Apps(), ParseCheckout: all.ParseCheckout, Feed: site{p}.feed, OrderID: ingest.OrderIDOf, Store: p.Store, Accounts: p.Accounts(), Carts: p.Trade(),
		Queue: p.Queues, Blobs: p.Blobs, PublicURL: g.PublicURL, Now: g.Now, NewID: g.NewID, Log: g.Log(),
	}), nil
}
