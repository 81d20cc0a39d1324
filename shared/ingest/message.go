package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// echoWindow is how long after a send its echo is recognised by its text.
const echoWindow = 2 * time.Minute

// ConversationIDOf is the id of a thread: the same for the same account and
// remote thread.
func ConversationIDOf(a commerce.AccountID, thread commerce.RemoteID) commerce.ConversationID {
	return commerce.ConversationID(commerce.Derive("cnv", string(a), string(thread)))
}

// message applies a message or what happened to one.
func (in *Ingester) message(ctx context.Context, a port.Account, u channel.Update) error {
	m := u.Message
	id := ConversationIDOf(a.ID, m.Thread)
	for range attempts {
		conv, err := in.Store.Conversation(ctx, a.Space, id)
		if fault.Is(err, fault.NotFound) {
			conv, err = in.newConversation(ctx, a, id, *m)
		}
		if err != nil {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
		write, err := in.messageWrite(ctx, a, conv, u)
		if err != nil {
			return fmt.Errorf("message in conversation %s: %w", id, err)
		}
		if write == nil {
			return nil
		}
		_, err = in.Store.PutMessage(ctx, a.Space, *write)
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "conversation_contended", "Conversation %s changes too fast to be written now.", id)
}

func (in *Ingester) newConversation(ctx context.Context, a port.Account, id commerce.ConversationID, m channel.MessageUpdate) (commerce.Conversation, error) {
	conv := commerce.Conversation{
		ID: id, Account: a.ID, Channel: a.Channel, Kind: m.Kind, Remote: m.Thread, Contact: m.Contact, Name: m.Name,
		State: commerce.ConvPending, NoReply: m.NoReply, ReplyAt: m.ReplyAt, CreatedAt: in.Now(),
	}
	if conv.Name == "" {
		conv.Name = shortName(a.Channel, m.Contact)
	}
	if m.Order != "" {
		conv.Order = OrderIDOf(a.ID, m.Order)
	}
	return conv, nil
}

// shortName shows a person whose name the marketplace keeps to itself.
func shortName(c commerce.Channel, contact commerce.RemoteID) string {
	tail := string(contact)
	if len(tail) > 4 {
		tail = tail[len(tail)-4:]
	}
	return fmt.Sprintf("%s buyer …%s", strings.ToUpper(string(c[:1]))+string(c[1:]), tail)
}

// messageWrite decides what an update changes; nil is nothing.
func (in *Ingester) messageWrite(ctx context.Context, a port.Account, conv commerce.Conversation, u channel.Update) (*port.MessageWrite, error) {
	m := *u.Message
	if u.Kind == channel.UpdateRead {
		return nil, nil // what the buyer has read changes nothing we keep
	}
	stored, err := in.stored(ctx, a.Space, conv, m)
	if err != nil {
		return nil, err
	}
	if stored == nil && u.Kind == channel.UpdateMessage && m.Message.By == commerce.BySeller {
		if stored, err = in.echoOf(ctx, a.Space, conv, m); err != nil {
			return nil, err
		}
	}
	if stored == nil {
		return in.newMessage(conv, u), nil
	}
	next, changed := change(*stored, u)
	if !changed {
		return nil, nil
	}
	write := &port.MessageWrite{Conversation: conv, Message: &next, Replace: true}
	if next.Remote == m.Message.Remote && stored.Remote == "" {
		write.Aliases = []commerce.RemoteID{m.Message.Remote}
	}
	if next.Deleted && !stored.Deleted && conv.LastAt.Equal(stored.At) {
		write.Conversation.Snippet = ""
	}
	return write, nil
}

// stored finds the message an update is about, if we have it.
func (in *Ingester) stored(ctx context.Context, w commerce.WorkspaceID, conv commerce.Conversation, m channel.MessageUpdate) (*commerce.Message, error) {
	if conv.Version == 0 {
		return nil, nil
	}
	found, err := in.Store.MessageByRemote(ctx, w, conv.ID, m.Message.Remote)
	if fault.Is(err, fault.NotFound) && m.Ours != "" {
		found, err = in.Store.Message(ctx, w, conv.ID, m.Ours)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &found, err
}

// echoOf finds our own unsettled message with the same text. What is being
// sent is read consistently, so that an echo that is faster than the answer
// finds its message.
func (in *Ingester) echoOf(ctx context.Context, w commerce.WorkspaceID, conv commerce.Conversation, m channel.MessageUpdate) (*commerce.Message, error) {
	if conv.Version == 0 {
		return nil, nil
	}
	open, err := in.Store.ListOutbound(ctx, w, string(conv.ID))
	if err != nil {
		return nil, err
	}
	for _, o := range open { // the oldest first: that is the order of sending
		if o.Kind != "reply" {
			continue
		}
		own, err := in.Store.Message(ctx, w, conv.ID, commerce.MessageID(o.Ref))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if own.State != commerce.SendDone && own.Text == m.Message.Text && m.Message.At.Sub(own.At).Abs() <= echoWindow {
			return &own, nil
		}
	}
	return nil, nil
}

// change applies an update to a message we have. Deleted beats edit n beats
// the original, in whatever order they arrive.
func change(stored commerce.Message, u channel.Update) (commerce.Message, bool) {
	m, next := u.Message.Message, stored
	switch u.Kind {
	case channel.UpdateMessage:
		if stored.By == commerce.BySeller && stored.Outbound != "" && stored.State != commerce.SendDone {
			next.State, next.Remote, next.Problem = commerce.SendDone, m.Remote, ""
			return next, true
		}
		if stored.Kind != "stub" {
			return stored, false
		}
		m.ID, m.Conversation, m.Edit, m.Deleted, m.Reactions = stored.ID, stored.Conversation, stored.Edit, stored.Deleted, stored.Reactions
		if stored.Edit > 0 {
			m.Text = stored.Text
		}
		if stored.Deleted {
			m.Text, m.Attachments = "", nil
		}
		return m, true
	case channel.UpdateEdit:
		if stored.Deleted || m.Edit <= stored.Edit {
			return stored, false
		}
		next.Text, next.Edit = m.Text, m.Edit
	case channel.UpdateDelete:
		if stored.Deleted {
			return stored, false
		}
		next.Deleted, next.Text, next.Attachments, next.Reactions = true, "", nil, nil
	case channel.UpdateReaction:
		if r := u.Message.Reaction; r == "" {
			next.Reactions = nil
		} else if !slices.Contains(stored.Reactions, r) {
			next.Reactions = append(slices.Clone(stored.Reactions), r)
		}
		return next, len(next.Reactions) != len(stored.Reactions)
	}
	return next, true
}

// newMessage is the write of a message we did not have. An edit or deletion
// whose original has not arrived leaves a stub for it.
func (in *Ingester) newMessage(conv commerce.Conversation, u channel.Update) *port.MessageWrite {
	m := u.Message.Message
	m.Conversation = conv.ID
	m.ID = port.MessageIDOf(conv.ID, m.Remote)
	if m.At.IsZero() {
		m.At = in.Now()
	}
	switch u.Kind {
	case channel.UpdateReaction:
		if m.Reactions = []string{u.Message.Reaction}; u.Message.Reaction == "" {
			return nil
		}
		m.Kind, m.Text = "stub", ""
	case channel.UpdateEdit, channel.UpdateDelete:
		m.Kind = "stub"
		m.Deleted = u.Kind == channel.UpdateDelete
	}
	if m.By == commerce.BySeller {
		m.State = commerce.SendDone
	}
	return &port.MessageWrite{Conversation: after(conv, *u.Message, m), Message: &m}
}

// after is the conversation once m is in it.
func after(conv commerce.Conversation, u channel.MessageUpdate, m commerce.Message) commerce.Conversation {
	if u.Name != "" {
		conv.Name = u.Name
	}
	if u.Contact != "" {
		conv.Contact = u.Contact
	}
	if u.ReplyUntil.After(conv.ReplyUntil) {
		conv.ReplyUntil = u.ReplyUntil
	}
	conv.NoReply, conv.ReplyAt = u.NoReply, u.ReplyAt
	return conv.With(m)
}
