package port

import (
	"context"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// LevelMove is one change of a level: the level as it shall be (its Version is
// the one that was read, 0 when it is not there) and the move that explains
// it. Both are stored or none.
type LevelMove struct {
	Level commerce.StockLevel
	Move  commerce.StockMove
}

// Stock keeps levels and their ledger.
type Stock interface {
	Level(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, location string) (commerce.StockLevel, error)
	// Levels reads the default location of many variants consistently;
	// variants without a level are left out.
	Levels(ctx context.Context, w commerce.WorkspaceID, ids []commerce.VariantID) (map[commerce.VariantID]commerce.StockLevel, error)
	// ListLevels lists by SKU, beginning with a prefix.
	ListLevels(ctx context.Context, w commerce.WorkspaceID, prefix string, p Page) (List[commerce.StockLevel], error)
	// Move stores a change. A level that has moved is a fault of kind Conflict
	// and code level_moved; a move that is there already (the same variant,
	// Anchor and ID, and for an order's the same order and line), one of code
	// move_exists: then nothing is to be done. A move of an order names it as
	// Source and its line as OrderLine.
	Move(ctx context.Context, w commerce.WorkspaceID, m LevelMove) error
	// PutLevel corrects a level over its version, without a move: it is wrong and
	// the ledger is right.
	PutLevel(ctx context.Context, w commerce.WorkspaceID, l commerce.StockLevel) error
	// ListMoves is the ledger of a variant, newest Anchor first.
	ListMoves(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, p Page) (List[commerce.StockMove], error)
	// OrderMoves reads consistently all moves an order line ever made on a
	// variant; firstSeen is the order's.
	OrderMoves(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, firstSeen time.Time, order commerce.OrderID, line string) ([]commerce.StockMove, error)
}

// OrderItem is an order in a list.
type OrderItem struct {
	ID        commerce.OrderID     `json:"id"`
	Channel   commerce.Channel     `json:"channel"`
	Source    commerce.OrderSource `json:"source"`
	Number    string               `json:"number"`
	Remote    commerce.RemoteID    `json:"remote_id"`
	State     commerce.OrderState  `json:"state"`
	Total     commerce.Money       `json:"total"`
	Items     int64                `json:"items"` // pieces
	Title     string               `json:"title"` // of the first line
	BuyerName string               `json:"buyer_name"`
	Short     int64                `json:"short,omitempty"`
	ShipBy    time.Time            `json:"ship_by,omitzero"`
	Asked     int64                `json:"asked,omitempty"`    // requests that wait for the seller
	AnswerBy  time.Time            `json:"answer_by,omitzero"` // when the first of them is decided without one
	PlacedAt  time.Time            `json:"placed_at"`
}

// OrderFilter narrows a list of orders; empty fields do not. State "open"
// stands for everything that has to be shipped.
type OrderFilter struct {
	Channels []commerce.Channel
	State    commerce.OrderState
	// Attention lists the orders somebody should look at, by their first sight.
	// A page of it may be shorter where channels or a state narrow it too.
	Attention commerce.Attention
}

// OrderWrite is a new version of an order and what belongs to it, all or
// nothing.
type OrderWrite struct {
	Order   commerce.Order // Version is the one that was read; 0 creates
	Events  []commerce.OrderEvent
	Lookups []Lookup   // new ones
	Out     []Outbound // to be sent back
	// Settle is an outbound record that is done with.
	Settle *Outbound
	// Raised and Cleared are changes of the order's Attention; see Attend.
	Raised, Cleared []commerce.Attention
}

// Attend lets a reason to look at the order begin or end, and says whether
// that changes anything.
func (o *OrderWrite) Attend(a commerce.Attention, on bool) bool {
	if slices.Contains(o.Order.Attention, a) == on {
		return false
	}
	if on {
		o.Order.Attention = append(slices.Clone(o.Order.Attention), a)
		o.Raised = append(o.Raised, a)
		return true
	}
	o.Order.Attention = slices.DeleteFunc(slices.Clone(o.Order.Attention), func(b commerce.Attention) bool { return a == b })
	o.Cleared = append(o.Cleared, a)
	return true
}

// Want is what the line of an order names and no product had: a SKU, or an
// item of a target.
type Want struct {
	SKU    commerce.SKU
	Target commerce.TargetID
	Item   commerce.RemoteID
}

// Lookup finds an order by an exact value: its number, a tracking number, a
// SKU, or the digest of an e-mail address.
type Lookup struct {
	Kind  string // number, tracking, sku, email
	Value string // lower case; a digest where it is personal
}

// Outbound is one thing on its way to a marketplace.
type Outbound struct {
	ID        commerce.OutboundID  `json:"id"` // ULID: the order of sending
	Space     commerce.WorkspaceID `json:"workspace"`
	Key       string               `json:"key"`  // the conversation or order: one lock, in order
	Kind      string               `json:"kind"` // reply, shipment, cancellation, answer
	Account   commerce.AccountID   `json:"account"`
	Ref       string               `json:"ref"` // message id, shipment id, request id
	State     commerce.SendState   `json:"state"`
	TriedAt   time.Time            `json:"tried_at,omitzero"` // when the open attempt began
	Attempts  int                  `json:"attempts,omitempty"`
	Looked    int                  `json:"looked,omitempty"` // times it was looked up and not found
	NotBefore time.Time            `json:"not_before,omitzero"`
	Version   int64                `json:"version"`
}

// Contribution is what one order adds to the totals.
type Contribution struct {
	Date     string           `json:"date"`    // workspace-local, 2006-01-02
	Quarter  int              `json:"quarter"` // of the day, 0..95
	Channel  commerce.Channel `json:"channel"`
	Currency string           `json:"currency"`
	Amount   int64            `json:"amount"`
	Orders   int64            `json:"orders"`
	Items    int64            `json:"items"`
	// Gen is the newest generation of the totals it is a part of.
	Gen     int   `json:"gen,omitempty"`
	Version int64 `json:"version"`
}

// Generations are the totals of a workspace that are alive: those that are
// shown and, while a rebuild fills them, the next ones. A new workspace has
// generation 0.
type Generations struct {
	Shown    int `json:"shown"`
	Building int `json:"building,omitempty"` // 0 is none
	// Job is the rebuild that fills them, or filled those that are shown.
	Job     commerce.JobID `json:"job,omitempty"`
	Version int64          `json:"version"`
}

// Newest is the newest generation that is alive.
func (g Generations) Newest() int { return max(g.Shown, g.Building) }

// FoldWrite replaces what an order adds to the totals.
type FoldWrite struct {
	Order commerce.OrderID
	// Old is what was read (its version counts), Next what it shall be. An
	// empty Date contributes nothing.
	Old, Next Contribution
	// Into are the generations that are corrected: by the difference where Old
	// is a part of them, by the whole of Next where it is not.
	Into Generations
}

// Total is a sum of contributions of a date, channel and currency.
type Total struct {
	Date     string           `json:"date"`
	Channel  commerce.Channel `json:"channel"`
	Currency string           `json:"currency"`
	Amount   int64            `json:"amount"`
	Orders   int64            `json:"orders"`
	Items    int64            `json:"items"`
}

// QuarterTotal is a sum of contributions of a quarter of an hour by the clock
// of the workspace, channel and currency. A day on which the clocks go forward
// has four quarters less; one on which they go back has four that are twice as
// long.
type QuarterTotal struct {
	Total
	Quarter int `json:"quarter"` // of the day, 0..95
}

// CartLife is how long a cart is remembered.
const CartLife = 14 * 24 * time.Hour

// CartSession is what a buyer brought to our checkout address.
type CartSession struct {
	ID      string             `json:"id"`
	Account commerce.AccountID `json:"account"`
	Channel commerce.Channel   `json:"channel"`
	// Draft and Conversation are those of a cart that was sent in a chat.
	Draft        commerce.OrderID        `json:"draft,omitempty"`
	Conversation commerce.ConversationID `json:"conversation,omitempty"`
	Lines        []commerce.OrderLine    `json:"lines"`
	Coupon       string                  `json:"coupon,omitempty"`
	Attribution  commerce.Attribution    `json:"attribution"`
	CreatedAt    time.Time               `json:"created_at"`
	ExpiresAt    time.Time               `json:"expires_at"`
}

// Orders keeps orders.
type Orders interface {
	Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error)
	PutOrder(ctx context.Context, w commerce.WorkspaceID, o OrderWrite) (commerce.Order, error)
	// ListOrders is newest first, over all channels unless the filter says.
	ListOrders(ctx context.Context, w commerce.WorkspaceID, f OrderFilter, p Page) (List[OrderItem], error)
	// FindOrders answers orders with any of the lookups, newest first, at most
	// 100.
	FindOrders(ctx context.Context, w commerce.WorkspaceID, l []Lookup) ([]OrderItem, error)
	// OrderEvents is the timeline, oldest first.
	OrderEvents(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) ([]commerce.OrderEvent, error)
	// CountOrders counts orders of a state, up to limit.
	CountOrders(ctx context.Context, w commerce.WorkspaceID, s commerce.OrderState, limit int) (int, error)
	// CountAttention counts orders somebody should look at, up to limit,
	// consistently.
	CountAttention(ctx context.Context, w commerce.WorkspaceID, a commerce.Attention, limit int) (int, error)

	// PutWants notes that an order waits for things to appear; again is no
	// error. DropWants forgets it.
	PutWants(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, wants []Want) error
	DropWants(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, wants []Want) error
	// AnyWants says consistently whether an order ever waited for something.
	AnyWants(ctx context.Context, w commerce.WorkspaceID) (bool, error)
	// Waiting reads consistently which orders wait for a thing, up to limit.
	Waiting(ctx context.Context, w commerce.WorkspaceID, want Want, limit int) ([]commerce.OrderID, error)

	// Contribution is what an order adds to the totals now; Version 0 when it
	// has added nothing yet.
	Contribution(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (Contribution, error)
	// Fold replaces an order's contribution and corrects the totals, all or
	// nothing. A contribution of another version than Old is a fault of kind
	// Conflict and code contribution_moved.
	Fold(ctx context.Context, w commerce.WorkspaceID, f FoldWrite) error
	// Generations answers which totals are alive; PutGenerations stores that
	// over its version.
	Generations(ctx context.Context, w commerce.WorkspaceID) (Generations, error)
	PutGenerations(ctx context.Context, w commerce.WorkspaceID, g Generations) (Generations, error)
	// ListTotals answers the totals of local dates, both included, as shown.
	ListTotals(ctx context.Context, w commerce.WorkspaceID, from, to string) ([]Total, error)
	// ListQuarters answers the same by quarters of an hour.
	ListQuarters(ctx context.Context, w commerce.WorkspaceID, from, to string) ([]QuarterTotal, error)
	// TotalsOf answers all totals of a generation, and DropTotals removes them.
	TotalsOf(ctx context.Context, w commerce.WorkspaceID, gen int) ([]QuarterTotal, []Total, error)
	DropTotals(ctx context.Context, w commerce.WorkspaceID, gen int) error

	PutCart(ctx context.Context, w commerce.WorkspaceID, c CartSession) error
	Cart(ctx context.Context, w commerce.WorkspaceID, id string) (CartSession, error)
}

// MessageWrite is a message and the conversation after it, all or nothing.
type MessageWrite struct {
	Conversation commerce.Conversation // Version is the one that was read; 0 creates
	Message      *commerce.Message     // put when absent, or replaced when Replace is set
	Replace      bool
	// Aliases are remote ids that from now on mean Message.
	Aliases []commerce.RemoteID
	Out     []Outbound
	Settle  *Outbound
}

// ConversationFilter narrows a list of conversations; empty fields do not.
type ConversationFilter struct {
	Channels []commerce.Channel
	State    commerce.ConversationState
}

// Inbox keeps what is said.
type Inbox interface {
	Conversation(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error)
	ListConversations(ctx context.Context, w commerce.WorkspaceID, f ConversationFilter, p Page) (List[commerce.Conversation], error)
	CountConversations(ctx context.Context, w commerce.WorkspaceID, s commerce.ConversationState, limit int) (int, error)
	Message(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, id commerce.MessageID) (commerce.Message, error)
	// ListMessages is newest first.
	ListMessages(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, p Page) (List[commerce.Message], error)
	// MessageByRemote follows an alias or the message's own key.
	MessageByRemote(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, remote commerce.RemoteID) (commerce.Message, error)
	// PutMessage answers a fault of kind Conflict and code message_exists when
	// a message to be put when absent is there, conversation_moved when the
	// conversation has another version.
	PutMessage(ctx context.Context, w commerce.WorkspaceID, m MessageWrite) (commerce.Conversation, error)

	// ListOutbound reads what is to be sent for a key, in order, consistently.
	ListOutbound(ctx context.Context, w commerce.WorkspaceID, key string) ([]Outbound, error)
	// PutOutbound stores a new state of a record (Version as read).
	PutOutbound(ctx context.Context, o Outbound) (Outbound, error)
	DeleteOutbound(ctx context.Context, o Outbound) error

	PutReview(ctx context.Context, w commerce.WorkspaceID, r commerce.Review) error
	ListReviews(ctx context.Context, w commerce.WorkspaceID, channels []commerce.Channel, p Page) (List[commerce.Review], error)
}

// MessageIDOf is the id of a message that came from a marketplace.
func MessageIDOf(c commerce.ConversationID, remote commerce.RemoteID) commerce.MessageID {
	return commerce.MessageID(commerce.Derive("msg", string(c), string(remote)))
}

// Failure is something that did not work and will not by itself. It holds no
// body and no buyer's data.
type Failure struct {
	ID      string               `json:"id"` // ULID
	Space   commerce.WorkspaceID `json:"workspace"`
	Queue   string               `json:"queue"`
	Kind    string               `json:"kind"`
	Code    string               `json:"code"`
	Account commerce.AccountID   `json:"account,omitempty"`
	Message string               `json:"message"`
	// Entity and Ref say what has to be looked at again, where that is known: an
	// order, the variant of a level, the target of a mark, the key of outbound
	// records, a product.
	Entity Entity    `json:"entity,omitempty"`
	Ref    string    `json:"ref,omitempty"`
	Count  int       `json:"count"`
	At     time.Time `json:"at"`
}

// Remembered is the answer to a request that carried an idempotency key.
type Remembered struct {
	Key       string    `json:"key"`
	Hash      string    `json:"hash"`   // of the request
	Status    int       `json:"status"` // 0 while it is still being worked on
	Body      []byte    `json:"body,omitempty"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Desk keeps what operators look at and what makes requests repeatable.
type Desk interface {
	PutFailure(ctx context.Context, f Failure) error
	ListFailures(ctx context.Context, w commerce.WorkspaceID, p Page) (List[Failure], error)
	// DeleteFailure takes a failure off the list; again is no error.
	DeleteFailure(ctx context.Context, f Failure) error
	// Claim stores r if its key is free and answers ok; else it answers what
	// is stored.
	Claim(ctx context.Context, w commerce.WorkspaceID, r Remembered) (stored Remembered, ok bool, err error)
	// Remember replaces what is stored for the key.
	Remember(ctx context.Context, w commerce.WorkspaceID, r Remembered) error
	// Forget frees the key: the request did not happen.
	Forget(ctx context.Context, w commerce.WorkspaceID, key string) error
}

// Store is all of storage.
type Store interface {
	Accounts
	Catalog
	Stock
	Orders
	Inbox
	Desk
	Locks
	Wakes
	Bookings
}

// Entity names the kind of a stored record, as change streams tell it.
type Entity string

// The entities whose changes are told.
const (
	EntityOrder    Entity = "order"
	EntityLevel    Entity = "level"
	EntityMark     Entity = "mark"
	EntityOutbound Entity = "outbound"
	EntityProduct  Entity = "product"
	EntityRemote   Entity = "remote" // a marketplace's id of ours; its record is a RemoteName
)

// RemoteName is a marketplace's id that stands for something of ours.
type RemoteName struct {
	Target commerce.TargetID `json:"target"`
	Kind   RemoteKind        `json:"kind"`
	ID     commerce.RemoteID `json:"id"`
}

// Changed is one change of a stored record. New is nil when it was removed;
// both are the record as JSON. Of a record that can't be read only Entity,
// Space and Ref are known.
type Changed struct {
	Entity Entity
	Space  commerce.WorkspaceID
	Ref    string // see Failure
	Old    []byte
	New    []byte
}
