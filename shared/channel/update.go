package channel

import (
	"net/http"
	"net/url"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Event is one verified notification of a marketplace.
type Event struct {
	Channel    commerce.Channel  `json:"channel"`
	Account    commerce.RemoteID `json:"account"`         // the shop, page or profile it is for
	Login      string            `json:"login,omitempty"` // the Login it was delivered through
	Topic      string            `json:"topic"`
	ID         string            `json:"id"` // the same when it is delivered again
	Body       []byte            `json:"body"`
	ReceivedAt time.Time         `json:"received_at"`
}

// UpdateKind says what an update is about.
type UpdateKind string

// The kinds of updates.
const (
	UpdateOrder    UpdateKind = "order"
	UpdateMessage  UpdateKind = "message"
	UpdateEdit     UpdateKind = "edit"
	UpdateDelete   UpdateKind = "delete"
	UpdateReaction UpdateKind = "reaction"
	UpdateRead     UpdateKind = "read"
	UpdateReview   UpdateKind = "review"
	UpdateListing  UpdateKind = "listing" // a listing changed at the marketplace: read it back
	UpdateAccount  UpdateKind = "account" // the seller withdrew the consent, or it ends soon
	UpdateFetch    UpdateKind = "fetch"   // read these first
)

// Update is one fact from a marketplace, in our words. Exactly the field of
// its kind is set; a chat cart is an order in state draft.
type Update struct {
	Kind    UpdateKind        `json:"kind"`
	Order   *commerce.Order   `json:"order,omitempty"`
	Message *MessageUpdate    `json:"message,omitempty"` // also edit, delete, reaction, read
	Review  *commerce.Review  `json:"review,omitempty"`
	Listing commerce.RemoteID `json:"listing,omitempty"`
	Account *AccountUpdate    `json:"account,omitempty"`
	Fetch   *Fetch            `json:"fetch,omitempty"`
}

// MessageUpdate is a message and the thread it belongs to.
type MessageUpdate struct {
	Thread  commerce.RemoteID         `json:"thread"`            // what makes the conversation unique in the account
	Contact commerce.RemoteID         `json:"contact,omitempty"` // the person, for sending
	Name    string                    `json:"name,omitempty"`
	Kind    commerce.ConversationKind `json:"kind"`
	Message commerce.Message          `json:"message"` // Remote, By, Text, Kind, At …
	// Ours is the id of our own message when the marketplace carries it back.
	Ours       commerce.MessageID `json:"ours,omitempty"`
	Order      commerce.RemoteID  `json:"order,omitempty"`
	ReplyUntil time.Time          `json:"reply_until,omitzero"`
	NoReply    string             `json:"no_reply,omitempty"`
	ReplyAt    string             `json:"reply_at,omitempty"`
	// Reaction is the emoji or word; empty takes it away.
	Reaction string `json:"reaction,omitempty"`
}

// AccountUpdate says that something happened to a connection.
type AccountUpdate struct {
	Revoked bool      `json:"revoked,omitempty"`
	EndsAt  time.Time `json:"ends_at,omitzero"`
	Message string    `json:"message,omitempty"`
}

// Fetch names what an event only points at.
type Fetch struct {
	Orders  []commerce.RemoteID `json:"orders,omitempty"`
	Threads []commerce.RemoteID `json:"threads,omitempty"`
	// Requests are orders to be read with what was asked of them.
	Requests []commerce.RemoteID `json:"requests,omitempty"`
}

// Hook is an address marketplaces or buyers call. Handle gets the raw bytes,
// verifies them and answers with the events to be queued; it does no I/O.
type Hook struct {
	Method string
	Path   string // as in template.yaml: /webhooks/tiktok/{topic}
	Handle func(apps map[commerce.Channel]any, r HookRequest) (HookResponse, []Event, error)
}

// HookRequest is what came in.
type HookRequest struct {
	Path   map[string]string
	Query  url.Values
	Header http.Header
	Body   []byte // raw, decoded from base64 where the gateway had encoded it
	Now    time.Time
	// PublicURL is our own address without a trailing slash.
	PublicURL string
}

// HookResponse is what goes back once all events are queued. A refusal has
// status 401 or 403 and no events.
type HookResponse struct {
	Status int
	Type   string
	Body   []byte
	// Revoked and Erased name a principal who withdrew the consent or asks for
	// the deletion of data, with the code that was answered.
	Revoked commerce.RemoteID
	Erased  commerce.RemoteID
	Code    string
	// Unreadable says that the body is genuine and can't be understood: a copy
	// of it is kept, and nobody is asked to send it again.
	Unreadable bool
}

// Cart is what a buyer carries to the seller's checkout.
type Cart struct {
	Items       []CartItem
	Coupon      string
	Channel     commerce.Channel // by the evidence, never an authorisation
	Attribution commerce.Attribution
}

// CartItem is one wished item: the id is what we told the marketplace.
type CartItem struct {
	ID       string
	Quantity int64
}
