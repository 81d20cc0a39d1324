package port

import (
	"context"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Mark says that a group of a product has to be written to a target. Its
// version is never reused: a worker removes a mark only if it has not moved.
type Mark struct {
	Space     commerce.WorkspaceID `json:"workspace"`
	Target    commerce.TargetID    `json:"target"`
	Lane      Lane                 `json:"lane"`
	Product   commerce.ProductID   `json:"product"`
	Version   string               `json:"version"` // ULID
	NotBefore time.Time            `json:"not_before,omitzero"`
	Reason    string               `json:"reason,omitempty"`
	Attempts  int                  `json:"attempts,omitempty"`
}

// Call is one write to a marketplace that went out or was about to.
type Call struct {
	ID       string               `json:"id"`
	Kind     string               `json:"kind"`               // the connector's own word
	Listings []commerce.ListingID `json:"listings,omitempty"` // in the order in which they are settled
	Key      string               `json:"key,omitempty"`      // idempotency key, where there is one
	Token    string               `json:"token,omitempty"`    // handle of an asynchronous call
	Intent   map[string]string    `json:"intent,omitempty"`   // what is needed to find it again
	// Items say what went out for each listing. They are filled by the product
	// and not by connectors.
	Items map[commerce.ListingID]CallItem `json:"items,omitempty"`
	// Blob holds Listings, Intent and Items where they are too large for a row.
	Blob string `json:"blob,omitempty"`
	// Settled is how many of the listings have their outcome.
	Settled int       `json:"settled,omitempty"`
	BeganAt time.Time `json:"began_at"`
	CheckAt time.Time `json:"check_at,omitzero"`
}

// CallItem is what a call writes of one listing.
type CallItem struct {
	Product commerce.ProductID        `json:"product"`
	Groups  []commerce.Group          `json:"groups"`
	Shown   map[commerce.Group]string `json:"shown,omitempty"` // what the marketplace shows afterwards
	Marks   []Mark                    `json:"marks,omitempty"` // what it fulfils, unless they move
}

// ProductWrite is everything one edit of a product stores, all or nothing.
type ProductWrite struct {
	Product commerce.Product // Version is the one that was read; 0 creates
	// Claims and Frees are SKUs that enter and leave the product. A SKU of
	// another product is a fault of kind Conflict, code sku_taken, Field sku.
	Claims, Frees []commerce.SKU
	Marks         []Mark
	Listings      []commerce.Listing // new ones: Version 0
	Step          *JobStep           // of an import; must not be there yet
}

// JobStep is the result of one unit of long work: once stored, it is done.
type JobStep struct {
	Job     commerce.JobID `json:"job"`
	Key     string         `json:"key"` // sortable
	Rows    int            `json:"rows"`
	Outcome string         `json:"outcome"` // created, updated, unchanged, failed
	// Problems of these rows, at most 20.
	Problems []RowProblem `json:"problems,omitempty"`
}

// RowProblem is what is wrong with a row of an import.
type RowProblem struct {
	Row     int    `json:"row"` // of the file, counting the header as 1
	Field   string `json:"field"`
	Code    string `json:"code"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"`
}

// The states of a Job.
const (
	JobRunning = "running"
	JobDone    = "done"
	JobFailed  = "failed"
)

// Job is one piece of long work and how far it is.
type Job struct {
	ID        commerce.JobID       `json:"id"`
	Space     commerce.WorkspaceID `json:"workspace"`
	Kind      string               `json:"kind"`  // import, spread (a new target gets all products), rebuild, feed
	State     string               `json:"state"` // JobRunning, JobDone, JobFailed
	Reason    string               `json:"reason,omitempty"`
	Params    map[string]string    `json:"params,omitempty"`
	Blob      string               `json:"blob,omitempty"`
	Cursor    string               `json:"cursor,omitempty"` // where the next step begins
	Rows      int                  `json:"rows"`
	Created   int                  `json:"created"`
	Updated   int                  `json:"updated"`
	Unchanged int                  `json:"unchanged"`
	Failed    int                  `json:"failed"`
	Problems  []RowProblem         `json:"problems"` // the first 100
	Version   int64                `json:"version"`
	CreatedAt time.Time            `json:"created_at"`
	EndedAt   time.Time            `json:"ended_at,omitzero"`
}

// ProductItem is a product in a list.
type ProductItem struct {
	ID        commerce.ProductID `json:"id"`
	Title     string             `json:"title"`
	Handle    string             `json:"handle"`
	Image     string             `json:"image,omitempty"`
	Variants  int                `json:"variants"`
	SKU       commerce.SKU       `json:"sku"`   // of the first variant
	Price     commerce.Money     `json:"price"` // lowest
	Archived  bool               `json:"archived,omitempty"`
	UpdatedAt time.Time          `json:"updated_at"`
}

// ListingItem is one view of a listing in a list.
type ListingItem struct {
	Listing  commerce.ListingID    `json:"listing"`
	Product  commerce.ProductID    `json:"product"`
	Title    string                `json:"title"`
	Channel  commerce.Channel      `json:"channel"`
	State    commerce.ListingState `json:"state"`
	Problems []commerce.Problem    `json:"problems"`
	URL      string                `json:"url,omitempty"`
	Waiting  string                `json:"waiting,omitempty"`
	Since    time.Time             `json:"since"`
}

// ViewID names a listing on one channel.
type ViewID struct {
	Listing commerce.ListingID
	Channel commerce.Channel
}

// ListingFilter narrows a list of views; empty fields do not.
type ListingFilter struct {
	Channel commerce.Channel
	State   commerce.ListingState
}

// RemoteKind says what a remote id names.
type RemoteKind string

// The kinds of remote ids kept for lookups.
const (
	RemoteListing RemoteKind = "listing"
	RemoteItem    RemoteKind = "item"
)

// RemoteRef is what a remote id stands for.
type RemoteRef struct {
	Listing commerce.ListingID `json:"listing"`
	Product commerce.ProductID `json:"product"`
	Variant commerce.VariantID `json:"variant,omitempty"`
}

// SKURef is what a SKU stands for.
type SKURef struct {
	Product commerce.ProductID `json:"product"`
	Variant commerce.VariantID `json:"variant"`
}

// ListingWrite is the new state of one listing and what it settles, all or
// nothing.
type ListingWrite struct {
	Listing commerce.Listing // Version is the one that was read
	Title   string           // of the product, for lists
	// Drop are marks that are done: each goes only if it has not moved.
	Drop []Mark
	// EndCall is the id of a call to forget.
	EndCall string
}

// Catalog keeps products, what is to do for them, and how they are listed.
type Catalog interface {
	Product(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID) (commerce.Product, error)
	// Products reads many at once; missing ones are left out.
	Products(ctx context.Context, w commerce.WorkspaceID, ids []commerce.ProductID) ([]commerce.Product, error)
	ListProducts(ctx context.Context, w commerce.WorkspaceID, p Page) (List[ProductItem], error)
	ProductBySKU(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (SKURef, error)
	PutProduct(ctx context.Context, w commerce.WorkspaceID, p ProductWrite) (commerce.Product, error)

	// ListMarks reads marks of a target consistently, lowest lane first; lane 0
	// is all lanes, any other that lane only.
	ListMarks(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, lane Lane, limit int) ([]Mark, error)
	PutMarks(ctx context.Context, marks []Mark) error
	// DropMarks removes each mark that has not moved.
	DropMarks(ctx context.Context, marks []Mark) error
	// ParkMarks stores NotBefore, Reason and Attempts of each mark that has
	// not moved.
	ParkMarks(ctx context.Context, marks []Mark) error

	ListCalls(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) ([]Call, error)
	PutCall(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, c Call) error
	DeleteCall(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, id string) error

	Listing(ctx context.Context, w commerce.WorkspaceID, id commerce.ListingID) (commerce.Listing, error)
	Listings(ctx context.Context, w commerce.WorkspaceID, ids []commerce.ListingID) ([]commerce.Listing, error)
	ListListings(ctx context.Context, w commerce.WorkspaceID, f ListingFilter, p Page) (List[ListingItem], error)
	// Views reads many views at once, small as lists show them and perhaps a
	// moment old; missing ones are left out, the order is that of ids.
	Views(ctx context.Context, w commerce.WorkspaceID, ids []ViewID) ([]ListingItem, error)
	PutListing(ctx context.Context, w commerce.WorkspaceID, l ListingWrite) (commerce.Listing, error)
	// Resolve looks remote ids of a target up; unknown ones are left out.
	Resolve(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, kind RemoteKind, ids []commerce.RemoteID) (map[commerce.RemoteID]RemoteRef, error)

	Job(ctx context.Context, w commerce.WorkspaceID, id commerce.JobID) (Job, error)
	ListJobs(ctx context.Context, w commerce.WorkspaceID, p Page) (List[Job], error)
	PutJob(ctx context.Context, j Job) (Job, error)
	PutStep(ctx context.Context, w commerce.WorkspaceID, s JobStep) error
	ListSteps(ctx context.Context, w commerce.WorkspaceID, id commerce.JobID) ([]JobStep, error)
}

// ListingIDOf is the id of a product's listing on a target.
func ListingIDOf(t commerce.TargetID, p commerce.ProductID) commerce.ListingID {
	return commerce.ListingID(commerce.Derive("lst", string(t), string(p)))
}
