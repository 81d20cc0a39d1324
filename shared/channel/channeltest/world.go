package channeltest

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// World is the marketplace as a connector and its buyers meet it: empty at
// first, with a clock that moves only when it is told to. Its methods are safe
// for concurrent use and end the test when the world itself breaks.
type World interface {
	// Env is what the connector gets. Waiting in its HTTP client moves the
	// clock instead of taking time.
	Env() channel.Env
	// App is the filled installation, as Driver.NewApp makes it.
	App() any
	// OtherApp is an installation with other secrets.
	OtherApp() any
	// PublicURL is the product's own address without a trailing slash.
	PublicURL() string
	// Consent goes to an address as a seller who approves, or refuses, and
	// answers the query of the callback.
	Consent(ctx context.Context, address string, approve bool) (url.Values, error)
	// Advance moves the clock and lets the marketplace do what is due.
	Advance(d time.Duration)
	// Place lets a buyer buy and pay.
	Place(p Purchase) (commerce.RemoteID, error)
	// Say lets a buyer write.
	Say(s Speech) (commerce.RemoteID, error)
	// Rate lets the buyer of an order review it with 1 to 5 stars.
	Rate(order commerce.RemoteID, stars int, text string) error
	// Ask lets the buyer of an order ask for something; Withdraw takes it back.
	// Deliver lets the carrier deliver what was sent, SendBack the buyer of an
	// approved return send it.
	Ask(order commerce.RemoteID, kind commerce.RequestKind) (commerce.RemoteID, error)
	Withdraw(request commerce.RemoteID) error
	Deliver(order commerce.RemoteID) error
	SendBack(request commerce.RemoteID, tracking string) error
	// Fault arranges for the next calls to go wrong; Calm ends all faults.
	Fault(f Fault)
	Calm()
	// Cut lets the product die after so many more calls that are no reads
	// were carried out: the answer of the last one and everything after it are
	// lost, until Mend. Dead says that it has come to that.
	Cut(after int)
	Mend()
	Dead() bool
	// Shown is what is listed, one entry per SKU, live or not.
	Shown() []Item
	// Tracking is what the marketplace holds about the parcels of an order.
	Tracking(order commerce.RemoteID) []string
	// Said is everything said in all conversations, oldest first.
	Said() []Said
	// Calls counts the answered calls by operation; Writes sums those that
	// change something.
	Calls() map[string]int
	Writes() int
	// Delivered are the webhooks that were delivered, in order.
	Delivered() []Delivery
	// Log is what the HTTP client wrote so far.
	Log() string
}

// Purchase is what a buyer buys.
type Purchase struct {
	SKU      commerce.SKU
	Quantity int
	Buyer    string
	Note     string
}

// Speech is what a buyer writes.
type Speech struct {
	Text, Buyer string
	Order       commerce.RemoteID
}

// The faults a world can produce.
const (
	TimeoutAfterApply = "timeout_after_apply" // done, but the answer is lost
	ServerError       = "server_error"        // refused before anything is done
	RateLimited       = "rate_limited"
	TokenExpired      = "token_expired"
	Rejected          = "rejected" // the marketplace does not like the content
	WebhookTwice      = "webhook_twice"
)

// Fault is what goes wrong with calls, or with webhooks, to come. Consents and token exchanges
// are never disturbed.
type Fault struct {
	Kind  string
	Count int // calls; at least 1
	// Writes spares calls with method GET; Skip lets so many pass before the
	// first one goes wrong.
	Writes bool
	Skip   int
}

// Item is one SKU at the marketplace.
type Item struct {
	Listing, ID string
	SKU         commerce.SKU
	Title       string
	Price       string // as the marketplace prints it
	Quantity    int64
	Images      int
	Visible     []commerce.Channel // where a buyer sees it
}

// Said is one message as its buyer sees it.
type Said struct {
	Thread, ID, Buyer string
	Channel           commerce.Channel
	ByShop            bool
	Text              string
}

// Delivery is one webhook as it went over the wire.
type Delivery struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         []byte
}
