package channel

import (
	"context"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Poll asks for what changed since a cursor.
type Poll struct {
	Cursor string    // opaque; empty at first
	Since  time.Time // where to begin without a cursor
	Limit  int       // at most this many updates, as far as pages allow
}

// Page is one page of changes, oldest first. Cursor moves only over what was
// answered; More says that the next page is ready now.
type Page struct {
	Updates []Update
	Cursor  string
	More    bool
}

// OrderReader reads orders.
type OrderReader interface {
	ListOrders(ctx context.Context, p Poll) (Page, error)
	// Orders reads orders by id; unknown ones are missing in the answer.
	Orders(ctx context.Context, ids []commerce.RemoteID) ([]commerce.Order, error)
}

// Annotator finds what an order says beside being an order: a buyer's note, for
// one, which becomes a conversation that can't be answered. It does no I/O. It
// is no ability of its own: where orders are read, notes come along.
type Annotator interface {
	Notes(o commerce.Order) []Update
}

// ConversationReader reads messages.
type ConversationReader interface {
	ListMessages(ctx context.Context, p Poll) (Page, error)
	// Messages reads the newest messages of one thread.
	Messages(ctx context.Context, thread commerce.RemoteID) ([]Update, error)
}

// Namer tells what a person is called, where that is cheaper than reading the
// thread. It is no ability of its own: where messages are read, names come
// along.
type Namer interface {
	PersonName(ctx context.Context, person commerce.RemoteID) (string, error)
}

// ReviewReader reads reviews.
type ReviewReader interface {
	ListReviews(ctx context.Context, p Poll) (Page, error)
}

// Shipper tells the marketplace that something was sent.
type Shipper interface {
	Ship(ctx context.Context, s Shipping) (Sent, error)
	// FindShipment looks whether a shipment whose answer was lost has arrived.
	FindShipment(ctx context.Context, s Shipping) (Sent, bool, error)
}

// Shipping is one shipment of one order.
type Shipping struct {
	Order    commerce.Order
	Shipment commerce.Shipment
}

// Canceller cancels orders or units of them, and settles what buyers ask for
// once they have ordered: to cancel, to be refunded, to send back.
type Canceller interface {
	Cancel(ctx context.Context, c Cancellation) (Sent, error)
	FindCancellation(ctx context.Context, c Cancellation) (Sent, bool, error)
	// ListRequests reads what was asked of orders, with what may be answered
	// now, and puts it on them.
	ListRequests(ctx context.Context, orders []commerce.Order) error
	// Answer tells the seller's decision about a request.
	Answer(ctx context.Context, d Decision) (Sent, error)
	// FindAnswer looks whether a decision whose answer was lost has arrived. A
	// request that ended otherwise is a fault of kind Rejected.
	FindAnswer(ctx context.Context, d Decision) (Sent, bool, error)
}

// Decision is the seller's answer to a request: Request.Answer is set.
type Decision struct {
	Order   commerce.Order
	Request commerce.Request
	Key     string // the same for the same decision
}

// Cancellation is a wish to cancel.
type Cancellation struct {
	Order  commerce.Order
	Lines  []string // line ids; empty means all
	Reason string
	Key    string
}

// Replier sends messages to buyers.
type Replier interface {
	Reply(ctx context.Context, r Reply) (Sent, error)
	// FindReply looks whether a reply whose answer was lost has arrived.
	FindReply(ctx context.Context, r Reply) (Sent, bool, error)
}

// Reply is one message of ours.
type Reply struct {
	Conversation commerce.Conversation
	Message      commerce.Message // its ID may travel as metadata
	// TriedAt is when the lost attempt went out; of FindReply only.
	TriedAt time.Time
}

// Sent is the marketplace's answer.
type Sent struct {
	Remote commerce.RemoteID
	At     time.Time
}
