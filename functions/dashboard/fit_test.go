package dashboard

import (
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/publish"
	"github.com/manystall/manystall/shared/stock"
	"github.com/manystall/manystall/shared/trade"
)

// What stands behind the dashboard fits.
var (
	_ Store       = (*dynamo.Store)(nil)
	_ Store       = (port.Store)(nil)
	_ Uploads     = (port.Blobs)(nil)
	_ Digests     = (port.Vault)(nil)
	_ Queues      = (port.QueueDesk)(nil)
	_ Catalog     = (*catalog.Editor)(nil)
	_ Imports     = (*catalog.Importer)(nil)
	_ Listings    = (*publish.Marker)(nil)
	_ Trade       = (*trade.Desk)(nil)
	_ Stock       = (*stock.Keeper)(nil)
	_ Inbox       = (*inbox.Desk)(nil)
	_ Connections = (*accounts.Desk)(nil)
	_ Workspaces  = (*accounts.Spaces)(nil)
)
