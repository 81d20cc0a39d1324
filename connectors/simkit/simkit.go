// Package simkit is what the marketplace simulators share: where they keep
// what a marketplace remembers, how they deliver webhooks, how faults are
// injected, and what the outside may ask of them.
//
// A simulator stands on the marketplace's documentation alone. It imports
// nothing of the connector it is used to prove, and nothing of the product.
package simkit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Simulator is one marketplace host that lives on this machine. Its handler
// speaks the marketplace's HTTP below the prefix it is served at (the prefix
// is already stripped). It is safe for concurrent use and starts no goroutine:
// everything a marketplace does by itself happens in Tick.
type Simulator interface {
	http.Handler
	// Tick does everything that is due at Env.Now: webhook deliveries, audits,
	// batches. The host calls it every few hundred milliseconds; a test calls
	// it when it wants time to pass.
	Tick(ctx context.Context) error
	// PlaceOrder lets a buyer buy. ErrNotOffered says that this marketplace
	// takes no orders (Meta).
	PlaceOrder(ctx context.Context, o Order) (remoteID string, err error)
	// SendMessage lets a buyer write. ErrNotOffered says that this marketplace
	// has no messages (Etsy without an order).
	SendMessage(ctx context.Context, m Message) (remoteID string, err error)
	// Faults is the queue of faults for the next calls.
	Faults() *Faults
	// Snapshot is what a visitor of the marketplace would see, for tests and
	// for the local control calls.
	Snapshot(ctx context.Context) (Snapshot, error)
}

// ErrNotOffered is returned when the real marketplace has no such thing.
var ErrNotOffered = errors.New("not offered by this marketplace")

// ErrUnknownItem is returned when a buyer asks for a SKU that is not on sale.
var ErrUnknownItem = errors.New("no such item on sale")

// Env is what a simulator gets from its host.
type Env struct {
	// Now is the marketplace's clock (UTC).
	Now func() time.Time
	// Seed makes ids and choices repeatable.
	Seed uint64
	// URL is where the simulator is served, without a trailing slash.
	URL string
	// Store is what the marketplace remembers; it outlives the process.
	Store *Store
	// Client posts webhooks.
	Client *http.Client
	// Webhooks holds the callback address per topic, as a developer would have
	// typed it into the marketplace's portal. See each simulator for its topics.
	Webhooks map[string]string
	// App holds the application's credentials under the names of the
	// environment variables of the product (ETSY_KEYSTRING …).
	App map[string]string
	// Fetch reads a public address the way the marketplace's crawler would.
	Fetch func(ctx context.Context, url string) (*http.Response, error)
	// Log is where the simulator says what it did; it may be nil.
	Log *slog.Logger
}

// Order is what a buyer asks for.
type Order struct {
	Channel  string // needed where one host serves two channels
	SKU      string
	Quantity int
	Buyer    string // a made-up name; empty for any
	Note     string // a note to the seller, where the marketplace has one
}

// Message is what a buyer writes.
type Message struct {
	Channel string
	Text    string
	Buyer   string
	Order   string // remote id of the order it is about, where there is one
}

// Snapshot is the public face of a marketplace. Slices are sorted by id.
type Snapshot struct {
	Items   []Item         `json:"items"`
	Orders  []PlacedOrder  `json:"orders"`
	Threads []Thread       `json:"threads"`
	Calls   map[string]int `json:"calls"` // answered API calls per operation id
	Writes  int            `json:"writes"`
}

// Item is one thing that can be bought: one entry per SKU.
type Item struct {
	Listing  string `json:"listing"` // remote id of the listing it belongs to
	ID       string `json:"id"`      // remote id of the variant
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	Price    string `json:"price"` // as the marketplace prints it
	Quantity int    `json:"quantity"`
	State    string `json:"state"` // the marketplace's own word
	Images   int    `json:"images"`
	// Visible lists the channels on which a buyer sees it.
	Visible []string `json:"visible"`
}

// PlacedOrder is an order as the marketplace holds it.
type PlacedOrder struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	Buyer    string    `json:"buyer"`
	Lines    []Line    `json:"lines"`
	Tracking []string  `json:"tracking"` // "carrier code"
	Placed   time.Time `json:"placed"`
}

// Line is one bought SKU.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// Thread is one conversation as its buyer sees it, oldest first.
type Thread struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Buyer   string `json:"buyer"`
	Said    []Said `json:"said"`
}

// Said is one message of a thread.
type Said struct {
	ID   string    `json:"id"`
	From string    `json:"from"` // buyer or shop
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}
