package commerce

import "time"

// ListingState is where a listing or one of its channel views stands.
type ListingState string

// The states of a listing.
const (
	ListingDraft    ListingState = "draft"     // at the marketplace, not for sale
	ListingQueued   ListingState = "queued"    // waits to be sent
	ListingInReview ListingState = "in_review" // the marketplace looks at it
	ListingLive     ListingState = "live"
	ListingSoldOut  ListingState = "sold_out"
	ListingRejected ListingState = "rejected" // see the problems
	ListingPaused   ListingState = "paused"   // taken off sale, can come back
	ListingEnded    ListingState = "ended"    // gone from the marketplace
	ListingError    ListingState = "error"    // something of ours went wrong
)

// Group is a part of a listing that changes on its own, in order of urgency.
type Group string

// The groups, most urgent first.
const (
	GroupStock  Group = "stock"
	GroupPrice  Group = "price"
	GroupText   Group = "text"
	GroupImages Group = "images"
)

// Groups lists all groups, most urgent first.
func Groups() []Group { return []Group{GroupStock, GroupPrice, GroupText, GroupImages} }

// Listing is one product on one target, with a view per channel.
type Listing struct {
	ID      ListingID              `json:"id"`
	Target  TargetID               `json:"target"`
	Product ProductID              `json:"product"`
	Remote  RemoteID               `json:"remote,omitempty"` // the listing's id at the marketplace
	Items   map[VariantID]RemoteID `json:"items,omitempty"`  // variant -> its id at the marketplace
	Extra   map[string]string      `json:"extra,omitempty"`  // what the connector wants to remember, opaque to us
	Views   map[Channel]View       `json:"views"`
	// Shown is what the marketplace was last told, as a hash per group.
	Shown map[Group]string `json:"shown,omitempty"`
	// PushedAt is when the listing was last written to the marketplace.
	PushedAt  time.Time `json:"pushed_at,omitzero"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// View is a listing on one channel.
type View struct {
	Channel  Channel      `json:"channel"`
	Wanted   bool         `json:"wanted"`
	State    ListingState `json:"state"`
	Review   string       `json:"review,omitempty"` // the marketplace's own word
	Problems []Problem    `json:"problems,omitempty"`
	URL      string       `json:"url,omitempty"`
	Waiting  string       `json:"waiting,omitempty"` // why it waits: "daily limit of new shops" …
	Since    time.Time    `json:"since"`             // when State became what it is
}
