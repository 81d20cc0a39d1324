package dashboard

import (
	"context"
	"log/slog"
	"time"

	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/stock"
	"github.com/manystall/manystall/shared/trade"
)

// Deps is what the dashboard stands on. Everything is required.
type Deps struct {
	Store       Store
	Uploads     Uploads
	Digests     Digests
	Queues      Queues
	Catalog     Catalog
	Imports     Imports
	Listings    Listings
	Trade       Trade
	Stock       Stock
	Inbox       Inbox
	Eraser      Eraser
	Rebuilds    Rebuilds
	Connections Connections
	Workspaces  Workspaces
	Drivers     []channel.Driver // in the order they are shown
	PublicURL   string           // our own address without a slash at the end
	Local       bool             // one machine, simulated marketplaces: /gallery is served
	// UploadOrigin is where browsers PUT large files, for the page's policy;
	// empty is our own origin.
	UploadOrigin string
	Pictures     string // what a picture's address is appended to where the web can't be reached; empty elsewhere
	Now          func() time.Time
	NewID        func() string // unique, sortable by time, URL-safe
	NewSecret    func() string // 256 random bits, URL-safe
	Log          *slog.Logger
}

// Store is what is read of storage, and what sessions need of it.
type Store interface {
	Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error)
	Credential(ctx context.Context, hash string) (port.Credential, error)
	PutCredential(ctx context.Context, c port.Credential) error
	DeleteCredential(ctx context.Context, hash string) error
	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
	ListAccounts(ctx context.Context, w commerce.WorkspaceID) ([]port.Account, error)
	Grant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) (port.Grant, error)
	ListTargets(ctx context.Context, w commerce.WorkspaceID) ([]port.Target, error)

	CatalogReader
	OrderReader
	InboxReader

	Level(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, location string) (commerce.StockLevel, error)
	ListLevels(ctx context.Context, w commerce.WorkspaceID, prefix string, p port.Page) (port.List[commerce.StockLevel], error)
	ListMoves(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, p port.Page) (port.List[commerce.StockMove], error)

	ListFailures(ctx context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.Failure], error)
	Claim(ctx context.Context, w commerce.WorkspaceID, r port.Remembered) (stored port.Remembered, ok bool, err error)
	Remember(ctx context.Context, w commerce.WorkspaceID, r port.Remembered) error
	Forget(ctx context.Context, w commerce.WorkspaceID, key string) error

	port.Locks
}

// CatalogReader reads products, listings and imports; part of port.Catalog.
type CatalogReader interface {
	Product(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID) (commerce.Product, error)
	ListProducts(ctx context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.ProductItem], error)
	ProductBySKU(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (port.SKURef, error)
	Listing(ctx context.Context, w commerce.WorkspaceID, id commerce.ListingID) (commerce.Listing, error)
	Listings(ctx context.Context, w commerce.WorkspaceID, ids []commerce.ListingID) ([]commerce.Listing, error)
	Views(ctx context.Context, w commerce.WorkspaceID, ids []port.ViewID) ([]port.ListingItem, error)
	ListListings(ctx context.Context, w commerce.WorkspaceID, f port.ListingFilter, p port.Page) (port.List[port.ListingItem], error)
	Job(ctx context.Context, w commerce.WorkspaceID, id commerce.JobID) (port.Job, error)
	ListJobs(ctx context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.Job], error)
}

// OrderReader reads orders and totals; part of port.Orders.
type OrderReader interface {
	Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error)
	ListOrders(ctx context.Context, w commerce.WorkspaceID, f port.OrderFilter, p port.Page) (port.List[port.OrderItem], error)
	FindOrders(ctx context.Context, w commerce.WorkspaceID, l []port.Lookup) ([]port.OrderItem, error)
	OrderEvents(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) ([]commerce.OrderEvent, error)
	CountAttention(ctx context.Context, w commerce.WorkspaceID, a commerce.Attention, limit int) (int, error)
	CountOrders(ctx context.Context, w commerce.WorkspaceID, s commerce.OrderState, limit int) (int, error)
	ListTotals(ctx context.Context, w commerce.WorkspaceID, from, to string) ([]port.Total, error)
	ListQuarters(ctx context.Context, w commerce.WorkspaceID, from, to string) ([]port.QuarterTotal, error)
}

// InboxReader reads conversations; part of port.Inbox.
type InboxReader interface {
	Conversation(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error)
	ListConversations(ctx context.Context, w commerce.WorkspaceID, f port.ConversationFilter, p port.Page) (port.List[commerce.Conversation], error)
	Message(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, id commerce.MessageID) (commerce.Message, error)
	ListMessages(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, p port.Page) (port.List[commerce.Message], error)
}

// Uploads hands out addresses for large files and reads copies of attachments;
// part of port.Blobs.
type Uploads interface {
	Blob(ctx context.Context, key string, limit int64) ([]byte, error)
	UploadURL(ctx context.Context, key, contentType string, limit int64, ttl time.Duration) (string, error)
}

// Digests hides personal values in lookups; part of port.Vault.
type Digests interface {
	Digest(ctx context.Context, w commerce.WorkspaceID, value string) (string, error)
}

// Queues is what operators may do; part of port.QueueDesk.
type Queues interface {
	QueueCounts(ctx context.Context) ([]port.QueueCount, error)
	Redrive(ctx context.Context, queue string) error
}

// Catalog changes products; catalog.Editor is one.
type Catalog interface {
	// Create stores a new product. Its id and those of its variants are empty
	// and are given here; a variant with Stated opens with that quantity. What
	// contradicts itself (options, a SKU twice) is Invalid, a SKU or handle of
	// another product is a Conflict.
	Create(ctx context.Context, w commerce.WorkspaceID, p commerce.Product) (commerce.Product, error)
	// Replace stores p over the version p.Version; another version is a
	// Conflict with a code that ends in _moved. Variants without id are new;
	// one whose Stated differs from what is stored moves its level by the
	// difference.
	Replace(ctx context.Context, w commerce.WorkspaceID, p commerce.Product) (commerce.Product, error)
	// Remove takes a product off sale everywhere; version as Replace.
	Remove(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID, version int64) error
}

// Imports starts imports; catalog.Importer is one.
type Imports interface {
	// Start begins an import of a file, not compressed, or of an uploaded blob.
	Start(ctx context.Context, w commerce.WorkspaceID, u catalog.Upload) (port.Job, error)
}

// Listings asks for listings to be written again; publish.Marker is one.
type Listings interface {
	Retry(ctx context.Context, w commerce.WorkspaceID, id commerce.ListingID, c commerce.Channel) error
}

// Trade is what a seller does with orders; trade.Desk is one.
type Trade interface {
	Make(ctx context.Context, w commerce.WorkspaceID, wish trade.Wish) (commerce.Order, error)
	Ship(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, p trade.Parcel) (commerce.Order, error)
	Cancel(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, c trade.Cancellation) (commerce.Order, error)
	Answer(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, u trade.Ruling) (commerce.Order, error)
}

// Stock corrects levels; stock.Keeper is one.
type Stock interface {
	Adjust(ctx context.Context, w commerce.WorkspaceID, id commerce.VariantID, a stock.Adjustment) (commerce.StockMove, error)
}

// Inbox answers conversations; inbox.Desk is one.
type Inbox interface {
	Reply(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID, a inbox.Answer) (commerce.Message, error)
	SetState(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID, version int64, s commerce.ConversationState) (commerce.Conversation, error)
	MarkRead(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error)
}

// Eraser deletes what is known of a person; ingest.Ingester is one.
type Eraser interface {
	Erase(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) error
}

// Connections connects and disconnects; accounts.Desk is one.
type Connections interface {
	// Start answers the address where the seller agrees, and its state.
	Start(ctx context.Context, w commerce.WorkspaceID, c commerce.Channel, login string, by accounts.Beginner) (consentURL, state string, err error)
	// Callback exchanges what a marketplace sent back. A state of another
	// workspace is as good as unknown; who has to sign in first gets a fault of
	// code accounts.Unbound. A single candidate is connected at once.
	Callback(ctx context.Context, r accounts.Return) (port.Grant, []port.Account, error)
	// Choose connects candidates of a grant.
	Choose(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID, remotes []commerce.RemoteID) ([]port.Account, error)
	// Check asks the marketplace and stores the health.
	Check(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
	// SetFeed chooses between a feed and calls for the catalog behind an account.
	SetFeed(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, on bool) (port.Account, error)
	// Update stores name, state (active, paused) and defaults of an account
	// over its version, and sends what the new defaults change.
	Update(ctx context.Context, a port.Account) (port.Account, error)
	Disconnect(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error
	// AddCheckout makes an account of kind checkout. Its Key is the id of its
	// inbound key; the secret is answered this once.
	AddCheckout(ctx context.Context, w commerce.WorkspaceID, name string) (a port.Account, secret string, err error)
	// RenewSecret answers a new secret of a checkout this once; the one before
	// it stays good.
	RenewSecret(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (secret string, err error)
	// AddSecret accepts the secret with which the shop's software signs.
	AddSecret(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, secret string) error
}

// Rebuilds derives stock and totals anew; report.Rebuilder is one.
type Rebuilds interface {
	Start(ctx context.Context, w commerce.WorkspaceID) (port.Job, error)
	// Repair tries again what did not follow from a change.
	Repair(ctx context.Context, w commerce.WorkspaceID) (port.Job, error)
}

// Workspaces changes a workspace; accounts.Spaces is one.
type Workspaces interface {
	// Update stores w over its version, and sends what new defaults change.
	Update(ctx context.Context, w port.Workspace) (port.Workspace, error)
}
