package channel

import (
	"context"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// ListingWriter makes listings match what is wanted, with the fewest calls the
// marketplace allows.
type ListingWriter interface {
	// Apply writes changes of one target. It answers one result per change, in
	// the same order; an error without results means that nothing was tried.
	// Every call that creates something is stored with save before it goes out
	// and its ids after, so that a crash in between creates nothing twice.
	Apply(ctx context.Context, changes []Change, save Saver) ([]Result, error)
	// Settle looks up calls whose outcome is open: pending ones whose time has
	// come, and intents a crash left without an answer.
	Settle(ctx context.Context, calls []OpenCall, save Saver) ([]Result, error)
}

// CallWatcher is what a ListingWriter may also be: it tells how far a call is
// without its changes, which may be thousands.
type CallWatcher interface {
	// Watch answers when to ask again for a call that has a token and still
	// runs; zero means that Settle can tell its outcome.
	Watch(ctx context.Context, c Call) (time.Time, error)
}

// FeedLister is what a ListingWriter may also be: its marketplace can fetch a
// file instead of being called.
type FeedLister interface {
	// InFeed answers, without any call, how changes stand that go out with the
	// next file; one result per change, in the same order.
	InFeed(changes []Change) []Result
}

// ListingReader reads back how listings stand.
type ListingReader interface {
	// Listings answers one result per listing that was found, in any order:
	// views, url, and no outcome. What is missing in the answer is not there.
	Listings(ctx context.Context, listings []commerce.Listing) ([]Result, error)
}

// Change is the whole wanted content of one listing and the groups that
// changed since it was last written.
type Change struct {
	Listing  commerce.Listing
	Product  commerce.Product // before overrides: use Product.On(channel)
	Stock    map[commerce.VariantID]int64
	Defaults commerce.Defaults
	// Wanted says per channel whether a view is wanted. None wanted means that
	// the listing is to be taken away.
	Wanted map[commerce.Channel]bool
	Groups []commerce.Group // all of them for a new listing
	// Anew says that somebody asked for all of it to be written again, whatever
	// the marketplace was told before.
	Anew bool
	Key  string // stable for this revision: for idempotency keys
}

// Has says whether a group changed.
func (c Change) Has(g commerce.Group) bool {
	for _, have := range c.Groups {
		if have == g {
			return true
		}
	}
	return false
}

// Outcome is what became of a change.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Pending Outcome = "pending" // sent; ask again after CheckAt
	Refused Outcome = "refused" // see the problems of the views
	More    Outcome = "more"    // the slice is over or a step is left: go on
	Failed  Outcome = "failed"  // see Err; its kind decides
	// Later: nothing is wrong, but the marketplace takes this now from nobody
	// (a review goes on, the day's allowance of new listings is used up). What
	// is left of this listing waits until CheckAt, uncounted; its Waiting says
	// why. Other listings go on.
	Later Outcome = "later"
)

// Result is the outcome of one change.
type Result struct {
	Listing commerce.ListingID
	Outcome Outcome
	// Done lists the groups the marketplace has taken over, also when the
	// outcome is another: they need not be sent again.
	Done    []commerce.Group
	Remote  commerce.RemoteID                        // when it is known
	Items   map[commerce.VariantID]commerce.RemoteID // when they are known
	Extra   map[string]string                        // replaces Listing.Extra when not nil
	Views   map[commerce.Channel]View
	CheckAt time.Time // of Pending and Later, and of reviews that go on
	Call    string    // id of the open call of Pending
	Err     error
}

// View is what is known now about a listing on one channel.
type View struct {
	State    commerce.ListingState
	Review   string
	Problems []commerce.Problem
	URL      string
	Waiting  string
}

// Saver stores what must survive a crash in the middle of Apply.
type Saver interface {
	// Begin stores a call before it goes out. Its ID is given by the caller.
	Begin(ctx context.Context, c Call) error
	// Sent stores the token the marketplace gave for an asynchronous call.
	Sent(ctx context.Context, id, token string, checkAt time.Time) error
	// Created stores remote ids as soon as they exist.
	Created(ctx context.Context, r Result) error
	// End forgets a call: its outcome is known and stored.
	End(ctx context.Context, id string) error
}

// Call is one write that went out or was about to.
type Call = port.Call

// OpenCall is a call whose outcome is open, with its changes as they are
// wanted now.
type OpenCall struct {
	Call
	Changes []Change
}
