// Package dashboard wires the function behind the page. It is a package of its
// own so that no other executable carries the validator and the page.
package dashboard

import (
	"github.com/manystall/manystall/functions/dashboard"
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/shared/accounts"
)

// New builds the function.
func New(g *wire.Ground) (*dashboard.Handler, error) {
	p, err := wire.NewParts(g)
	if err != nil {
		return nil, err
	}
	im := p.Importer()
	return dashboard.New(dashboard.Deps{
		Store: p.Store, Uploads: p.Blobs, Digests: p.Vault, Queues: p.Queues, Catalog: im.Editor, Imports: im, Listings: p.Marker(), Trade: p.Trade(),
		Stock: p.Keeper(), Inbox: p.Inbox(), Eraser: p.Ingester(), Rebuilds: p.Rebuilder(), Connections: p.Accounts(), Workspaces: &accounts.Spaces{Store: p.Store, Spread: im.Spread},
		Drivers: p.Drivers(), PublicURL: g.PublicURL, Local: g.LocalState != "", Pictures: pictures(g), UploadOrigin: g.UploadOrigin(), Now: g.Now, NewID: g.NewID, NewSecret: wire.NewSecret, Log: g.Log(),
	}), nil
}

// pictures is the host that answers for every picture of one machine.
func pictures(g *wire.Ground) string {
	if g.LocalState == "" || g.ImageHost == "" {
		return ""
	}
	return g.ImageHost + "?u="
}
