package commerce

import (
	"strings"
	"time"
)

// ConversationKind says what kind of talk it is.
type ConversationKind string

// The kinds of conversations.
const (
	Chat      ConversationKind = "chat"
	Comment   ConversationKind = "comment"
	OrderNote ConversationKind = "order_note" // a note on an order; can't be answered by API
	Email     ConversationKind = "email"
)

// ConversationState is what a team steers by.
type ConversationState string

// The states of a conversation.
const (
	ConvOpen    ConversationState = "open"    // the buyer waits
	ConvPending ConversationState = "pending" // we have answered
	ConvSolved  ConversationState = "solved"
)

// Conversation is one thread with one buyer.
type Conversation struct {
	ID       ConversationID    `json:"id"`
	Account  AccountID         `json:"account"`
	Channel  Channel           `json:"channel"`
	Kind     ConversationKind  `json:"kind"`
	Remote   RemoteID          `json:"remote_id"`         // the thread
	Contact  RemoteID          `json:"contact,omitempty"` // the person, for sending
	Name     string            `json:"name"`              // how the buyer is shown
	State    ConversationState `json:"state"`
	Order    OrderID           `json:"order,omitempty"`
	Snippet  string            `json:"snippet"` // of the last message, at most 140 characters
	Unread   int64             `json:"unread"`
	Messages int64             `json:"messages"`
	// Waiting is since when the buyer waits for an answer.
	Waiting time.Time `json:"waiting_since,omitzero"`
	// ReplyUntil is the end of the marketplace's reply window; zero has none.
	ReplyUntil time.Time `json:"reply_until,omitzero"`
	// NoReply says why it can't be answered here; ReplyAt links to where it can.
	NoReply   string    `json:"no_reply,omitempty"`
	ReplyAt   string    `json:"reply_at,omitempty"`
	LastAt    time.Time `json:"last_at"`
	LastBy    Party     `json:"last_by"`
	CreatedAt time.Time `json:"created_at"`
	Solved    time.Time `json:"solved_at,omitzero"`
	Version   int64     `json:"version"`
}

// With is the conversation once a new message is in it. A message that is older
// than the last one counts, but does not reopen, answer or head the thread; one
// that was answered before it came in is not unread either.
func (c Conversation) With(m Message) Conversation {
	late := c.Messages > 0 && m.At.Before(c.LastAt)
	c.Messages++
	if m.By == ByBuyer && (!late || c.LastBy != BySeller) {
		c.Unread++
	}
	if late {
		return c
	}
	c.LastAt, c.LastBy, c.Snippet = m.At, m.By, m.Snippet()
	switch m.By {
	case ByBuyer:
		c.State, c.Solved = ConvOpen, time.Time{}
		if c.Waiting.IsZero() {
			c.Waiting = m.At
		}
	case BySeller:
		c.Waiting, c.Unread = time.Time{}, 0
		if c.State == ConvOpen {
			c.State = ConvPending
		}
	}
	return c
}

// Party is who speaks.
type Party string

// The parties of a conversation.
const (
	ByBuyer  Party = "buyer"
	BySeller Party = "seller"
	BySystem Party = "system"
)

// SendState is how far something of ours has come on its way out.
type SendState string

// The states of what is sent.
const (
	SendPending SendState = "pending"
	SendUnknown SendState = "unknown" // went out, no answer; being looked up
	SendDone    SendState = "sent"
	SendFailed  SendState = "failed" // see the problem; a person decides
)

// Message is one utterance.
type Message struct {
	ID           MessageID      `json:"id"`
	Conversation ConversationID `json:"conversation"`
	Remote       RemoteID       `json:"remote_id,omitempty"`
	By           Party          `json:"by"`
	Author       string         `json:"author,omitempty"`
	Text         string         `json:"text"`
	Kind         string         `json:"kind"` // text, image, product, order, sticker, unsupported …
	Attachments  []Attachment   `json:"attachments,omitempty"`
	Raw          string         `json:"raw,omitempty"`   // as it was told, of a kind nobody knows
	State        SendState      `json:"state,omitempty"` // of our own only
	Problem      string         `json:"problem,omitempty"`
	Outbound     OutboundID     `json:"outbound,omitempty"`
	Human        bool           `json:"human,omitempty"` // a person typed it
	Edit         int64          `json:"edit,omitempty"`  // number of the last edit
	Deleted      bool           `json:"deleted,omitempty"`
	Reactions    []string       `json:"reactions,omitempty"`
	At           time.Time      `json:"at"`
}

// Snippet is the message in one line of at most 140 characters; of a deleted
// one nothing.
func (m Message) Snippet() string {
	if m.Deleted {
		return ""
	}
	text := strings.Join(strings.Fields(m.Text), " ")
	if text == "" && m.Kind != "text" {
		text = "[" + m.Kind + "]"
	}
	if r := []rune(text); len(r) > 140 {
		text = string(r[:139]) + "…"
	}
	return text
}

// Attachment is something beside the text.
type Attachment struct {
	Kind string `json:"kind"`
	URL  string `json:"url,omitempty"`  // at the marketplace; may expire
	Blob string `json:"blob,omitempty"` // our copy
	Type string `json:"type,omitempty"` // of our copy: image/png …
	Name string `json:"name,omitempty"`
}

// Review is what a buyer says in public afterwards.
type Review struct {
	ID      ReviewID  `json:"id"`
	Account AccountID `json:"account"`
	Channel Channel   `json:"channel"`
	Remote  RemoteID  `json:"remote_id"`
	Listing RemoteID  `json:"listing,omitempty"`
	Product ProductID `json:"product,omitempty"`
	Rating  int       `json:"rating"` // 1..5
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at"`
}
