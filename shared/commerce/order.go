package commerce

import "time"

// OrderState is the one state machine of orders from everywhere.
type OrderState string

// The states of an order.
const (
	OrderDraft     OrderState = "draft"  // a cart: takes no stock
	OrderUnpaid    OrderState = "unpaid" // placed, not paid
	OrderHeld      OrderState = "held"   // paid, must not be shipped yet
	OrderPaid      OrderState = "paid"   // to be shipped
	OrderPartly    OrderState = "partly_shipped"
	OrderShipped   OrderState = "shipped"
	OrderDelivered OrderState = "delivered"
	OrderCompleted OrderState = "completed"
	OrderCancelled OrderState = "cancelled"
	OrderRefunded  OrderState = "refunded"
	OrderOther     OrderState = "other" // a state we do not know yet; see RawState
)

// OrderSource says how an order was made.
type OrderSource string

// The sources of orders.
const (
	FromMarketplace OrderSource = "marketplace"
	FromCheckout    OrderSource = "own_checkout"
	FromChatCart    OrderSource = "chat_cart"
	FromPerson      OrderSource = "manual"
)

// Order is what a buyer wants. It is a fact: it is never refused.
type Order struct {
	ID          OrderID        `json:"id"`
	Account     AccountID      `json:"account"`
	Target      TargetID       `json:"target,omitempty"`
	Channel     Channel        `json:"channel"`
	Source      OrderSource    `json:"source"`
	Remote      RemoteID       `json:"remote_id"`
	Number      string         `json:"number"` // what buyer and seller call it
	State       OrderState     `json:"state"`
	RawState    string         `json:"raw_state,omitempty"` // the marketplace's own word
	Lines       []OrderLine    `json:"lines"`
	Total       Money          `json:"total"`
	Subtotal    Money          `json:"subtotal,omitzero"`
	Shipping    Money          `json:"shipping,omitzero"`
	Tax         Money          `json:"tax,omitzero"`
	Discount    Money          `json:"discount,omitzero"`
	Buyer       Buyer          `json:"buyer"`
	Note        string         `json:"note,omitempty"` // from the buyer
	ShipBy      time.Time      `json:"ship_by,omitzero"`
	Shipments   []Shipment     `json:"shipments,omitempty"`
	Requests    []Request      `json:"requests,omitempty"` // to cancel it or send it back
	Attribution *Attribution   `json:"attribution,omitempty"`
	Cart        string         `json:"cart,omitempty"` // the checkout session it came from
	Conv        ConversationID `json:"conversation,omitempty"`
	Became      OrderID        `json:"became,omitempty"` // of a draft: the order it turned into; it is in no list any more
	// Attention is what a person should look at while the order is open. Who
	// settles orders keeps it; nothing else writes it.
	Attention []Attention `json:"attention,omitempty"`
	PlacedAt  time.Time   `json:"placed_at"`
	UpdatedAt time.Time   `json:"updated_at"` // by the marketplace's clock
	FirstSeen time.Time   `json:"first_seen"` // by ours; never changes
	// Remote version and the start of the fetch that brought it: newer wins.
	RemoteVersion int64     `json:"remote_version"`
	FetchedAt     time.Time `json:"fetched_at"`
	Version       int64     `json:"version"`
}

// OrderLine is one (variant, price) of an order.
type OrderLine struct {
	ID       string    `json:"id"` // stable within the order
	Variant  VariantID `json:"variant,omitempty"`
	SKU      SKU       `json:"sku,omitempty"`
	Title    string    `json:"title"`
	Quantity int64     `json:"quantity"`
	Price    Money     `json:"price"` // per unit
	// Units are the marketplace's own pieces where it has them (TikTok has one
	// line per unit); empty where the quantity is all there is.
	Units     []OrderUnit `json:"units,omitempty"`
	Cancelled int64       `json:"cancelled,omitempty"` // of Quantity
	// CancelledHere are those of Cancelled that were cancelled in our own pages
	// and not at the shop: whatever the shop tells later, they stay cancelled.
	CancelledHere int64 `json:"cancelled_here,omitempty"`
	// Allocated is what was taken from stock; filled by Order.Allocate, not stored.
	Allocated int64 `json:"allocated"`
	Short     int64 `json:"short,omitempty"` // sold but not there
	// Hints to find the variant: the marketplace's ids.
	RemoteItem    RemoteID `json:"remote_item,omitempty"`
	RemoteListing RemoteID `json:"remote_listing,omitempty"`
	// Problem says why the line takes no stock; filled by Order.Allocate, not
	// stored.
	Problem *Problem `json:"problem,omitempty"`
}

// Attention is a reason to look at an order.
type Attention string

// The reasons to look at an order.
const (
	// AttentionShort: more was sold than there is.
	AttentionShort Attention = "short"
	// AttentionUnknown: a line is of no product of the catalog, so that it takes
	// no stock.
	AttentionUnknown Attention = "unknown_item"
)

// Open says whether something of the order is still to be done by the seller.
func (o Order) Open() bool {
	switch o.State {
	case OrderShipped, OrderDelivered, OrderCompleted, OrderCancelled, OrderRefunded, OrderDraft:
		return false
	}
	return true
}

// OrderUnit is one piece of a line.
type OrderUnit struct {
	Remote    RemoteID `json:"remote"`
	State     string   `json:"state"` // the marketplace's own word
	Cancelled bool     `json:"cancelled,omitempty"`
	Shipped   bool     `json:"shipped,omitempty"`
}

// Demand is how many pieces of the line are wanted: nothing of a draft,
// nothing of what is cancelled.
func (l OrderLine) Demand(s OrderState) int64 {
	switch s {
	case OrderDraft, OrderCancelled:
		return 0
	}
	return max(0, l.Quantity-l.Cancelled)
}

// Sent is the state of an order by its parcels: shipped when parcels that are
// done cover every line that is still wanted, partly shipped when they cover
// some, "" when there is none.
func (o Order) Sent() OrderState {
	covered, any := map[string]bool{}, false
	for _, s := range o.Shipments {
		if s.State != SendDone {
			continue
		}
		if any = true; len(s.Lines) == 0 {
			return OrderShipped
		}
		for _, id := range s.Lines {
			covered[id] = true
		}
	}
	if !any {
		return ""
	}
	for _, l := range o.Lines {
		if !covered[l.ID] && l.Quantity > l.Cancelled {
			return OrderPartly
		}
	}
	return OrderShipped
}

// Allocate fills Allocated of every line: what is demanded and not short; and
// Problem where a line can take nothing.
func (o *Order) Allocate() {
	for i, l := range o.Lines {
		o.Lines[i].Allocated, o.Lines[i].Problem = 0, nil
		switch demand := l.Demand(o.State); {
		case l.Variant != "":
			o.Lines[i].Allocated = max(0, demand-l.Short)
		case demand > 0:
			o.Lines[i].Problem = l.unknown()
		}
	}
}

// unknown says what to do about a line that is of no product.
func (l OrderLine) unknown() *Problem {
	p := &Problem{Rule: string(AttentionUnknown), Field: "sku", Value: string(l.SKU)}
	switch {
	case l.SKU != "":
		p.Fix = "No product has this line's SKU, so its stock is not lowered. Give a variant this SKU, or import the product: the order then takes its stock by itself."
	case l.RemoteItem != "":
		p.Field, p.Value = "remote_item", string(l.RemoteItem)
		p.Fix = "The marketplace gives no SKU for this line, and its listing was not made here, so stock is not lowered. Correct the stock of what was sold by hand."
	default:
		p.Fix = "This line has neither a SKU nor an item we know, so stock is not lowered. Correct the stock of what was sold by hand."
	}
	return p
}

// Buyer is who bought; every field may be missing or masked.
type Buyer struct {
	Name    string   `json:"name,omitempty"`
	Email   string   `json:"email,omitempty"`
	Phone   string   `json:"phone,omitempty"`
	Remote  RemoteID `json:"remote,omitempty"`
	Address *Address `json:"address,omitempty"`
	Masked  bool     `json:"masked,omitempty"` // the marketplace hides the rest
}

// Address is where to send it.
type Address struct {
	Name    string   `json:"name,omitempty"`
	Lines   []string `json:"lines,omitempty"`
	City    string   `json:"city,omitempty"`
	Region  string   `json:"region,omitempty"`
	Postal  string   `json:"postal,omitempty"`
	Country string   `json:"country,omitempty"` // ISO 3166-1 alpha-2
}

// Shipment is one parcel.
type Shipment struct {
	ID       string    `json:"id"`
	Carrier  string    `json:"carrier"`
	Tracking string    `json:"tracking"`
	State    SendState `json:"state"`
	Problem  string    `json:"problem,omitempty"`
	Note     string    `json:"note,omitempty"`  // to the buyer
	Lines    []string  `json:"lines,omitempty"` // line ids; empty means all
	Remote   RemoteID  `json:"remote,omitempty"`
	At       time.Time `json:"at"`
}

// Attribution is the evidence of where an order came from.
type Attribution struct {
	Session  string            `json:"session,omitempty"`
	Origin   string            `json:"cart_origin,omitempty"`
	ClickID  string            `json:"fbclid,omitempty"`
	UTM      map[string]string `json:"utm,omitempty"`
	Landing  string            `json:"landing,omitempty"`
	Evidence string            `json:"evidence,omitempty"` // in words, for a person
}

// OrderEvent is one line of an order's timeline.
type OrderEvent struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // placed, state, stock, shipment, cancellation, request, answer, note
	Text string    `json:"text"`
	By   string    `json:"by,omitempty"`
}
