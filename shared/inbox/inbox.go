// Package inbox is what a team does with conversations: answer, solve, read.
package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const attempts = 10

// Store is what this room needs of storage.
type Store interface {
	port.Inbox
	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
}

// Desk answers conversations. Safe for concurrent use.
type Desk struct {
	Store Store
	// Rules are the reply rules of a channel.
	Rules func(commerce.Channel) channel.ReplyRules
	// Send asks for the outbound key to be worked on now.
	Send  func(ctx context.Context, w commerce.WorkspaceID, key string) error
	Now   func() time.Time
	NewID func() string
}

// Answer is a reply a person wrote.
type Answer struct {
	Text string
	By   string // who typed it
	// Key makes the answer repeatable: the same key is the same message.
	Key string
}

// Reply writes an answer as pending and sends it on its way. What the
// marketplace would refuse is refused here as Invalid, naming why.
func (d *Desk) Reply(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID, a Answer) (commerce.Message, error) {
	a.Text = strings.TrimSpace(a.Text)
	for range attempts {
		conv, err := d.Store.Conversation(ctx, w, id)
		if err != nil {
			return commerce.Message{}, err
		}
		account, err := d.Store.Account(ctx, w, conv.Account)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return commerce.Message{}, fmt.Errorf("account of %s: %w", id, err)
		}
		if err := d.allowed(WithAccount(conv, account), a.Text); err != nil {
			return d.before(ctx, w, conv, a, err)
		}
		m, write := d.pending(w, conv, a)
		_, err = d.Store.PutMessage(ctx, w, write)
		if fault.Of(err) != nil && fault.Of(err).Code == "message_exists" {
			return d.Store.Message(ctx, w, id, m.ID)
		}
		if err == nil {
			// What is stored goes out: the stream nudges too, and a nudge that is
			// lost here costs a second. It must not look like a refusal.
			_ = d.Send(ctx, w, string(id))
			return m, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return commerce.Message{}, fmt.Errorf("store reply in %s: %w", id, err)
		}
	}
	return commerce.Message{}, fault.New(fault.Conflict, "conversation_contended", "The conversation changes too fast just now. Try again.")
}

// WithAccount is a conversation as its account lets it be answered now: one of
// a disconnected account says that it can't be.
func WithAccount(c commerce.Conversation, a port.Account) commerce.Conversation {
	if c.NoReply == "" && a.State == port.AccountGone {
		c.NoReply, c.ReplyAt = a.Name+" is disconnected. Connect it again to answer here.", ""
	}
	return c
}

// before answers a repeated request that could not be made now but was made
// before, or why it is refused.
func (d *Desk) before(ctx context.Context, w commerce.WorkspaceID, conv commerce.Conversation, a Answer, refused error) (commerce.Message, error) {
	if a.Key != "" {
		if m, err := d.Store.Message(ctx, w, conv.ID, ownID(conv.ID, a.Key)); err == nil {
			return m, nil
		}
	}
	return commerce.Message{}, refused
}

func ownID(c commerce.ConversationID, key string) commerce.MessageID {
	return commerce.MessageID(commerce.Derive("msg", string(c), "own", key))
}

func (d *Desk) pending(w commerce.WorkspaceID, conv commerce.Conversation, a Answer) (commerce.Message, port.MessageWrite) {
	out := d.NewID()
	id := commerce.MessageID("msg_" + out)
	if a.Key != "" {
		id = ownID(conv.ID, a.Key)
	}
	m := commerce.Message{
		ID: id, Conversation: conv.ID, By: commerce.BySeller, Author: a.By, Text: a.Text, Kind: "text",
		State: commerce.SendPending, Outbound: commerce.OutboundID(out), Human: true, At: d.Now(),
	}
	return m, port.MessageWrite{Conversation: conv.With(m), Message: &m, Out: []port.Outbound{{
		ID: m.Outbound, Space: w, Key: string(conv.ID), Kind: "reply", Account: conv.Account, Ref: string(m.ID), State: commerce.SendPending,
	}}}
}

func (d *Desk) allowed(conv commerce.Conversation, text string) error {
	refuse := func(code, format string, args ...any) error {
		f := fault.New(fault.Invalid, code, format, args...)
		f.Field = "text"
		return f
	}
	rules := d.Rules(conv.Channel)
	switch {
	case conv.NoReply != "":
		return refuse("cannot_reply", "%s", conv.NoReply)
	case text == "":
		return refuse("empty", "Write something first.")
	case rules.MaxRunes > 0 && utf8.RuneCountInString(text) > rules.MaxRunes:
		return refuse("too_long", "The text has %d characters; %s allows %d.", utf8.RuneCountInString(text), conv.Channel, rules.MaxRunes)
	case rules.MaxBytes > 0 && len(text) > rules.MaxBytes:
		return refuse("too_long", "The text has %d bytes; %s allows %d.", len(text), conv.Channel, rules.MaxBytes)
	case !conv.ReplyUntil.IsZero() && d.Now().After(conv.ReplyUntil):
		return refuse("window_closed", "The time to reply ended at %s. %s opens it again when the buyer writes.", conv.ReplyUntil.UTC().Format(time.RFC3339), conv.Channel)
	}
	return nil
}

// SetState moves a conversation a person has looked at. version is the one
// that was looked at; another is a Conflict.
func (d *Desk) SetState(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID, version int64, s commerce.ConversationState) (commerce.Conversation, error) {
	conv, err := d.Store.Conversation(ctx, w, id)
	if err != nil {
		return conv, err
	}
	if conv.Version != version {
		return conv, fault.New(fault.Conflict, "conversation_moved", "Somebody changed this conversation meanwhile. Look at it again.")
	}
	conv.State = s
	switch s {
	case commerce.ConvSolved:
		conv.Solved, conv.Waiting, conv.Unread = d.Now(), time.Time{}, 0
	case commerce.ConvOpen, commerce.ConvPending:
		conv.Solved = time.Time{}
	default:
		return conv, &fault.Error{Kind: fault.Invalid, Code: "unknown_state", Field: "state", Message: "A conversation is open, pending or solved."}
	}
	return d.Store.PutMessage(ctx, w, port.MessageWrite{Conversation: conv})
}

// MarkRead clears the unread count. A conversation that moves meanwhile keeps
// what is new.
func (d *Desk) MarkRead(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error) {
	conv, err := d.Store.Conversation(ctx, w, id)
	if err != nil || conv.Unread == 0 {
		return conv, err
	}
	conv.Unread = 0
	put, err := d.Store.PutMessage(ctx, w, port.MessageWrite{Conversation: conv})
	if fault.Is(err, fault.Conflict) {
		return d.Store.Conversation(ctx, w, id)
	}
	return put, err
}
