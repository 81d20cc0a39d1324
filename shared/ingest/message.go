package ingest

import (
	"cmp"
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

// nameWithin is how long the name of a new contact is waited for.
const nameWithin = 3 * time.Second

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
		if err == nil {
			return in.settleMedia(ctx, a.Space, u.Kind, write.Message)
		}
		if !fault.Is(err, fault.Conflict) {
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
	if conv.Name == "" && m.Kind == commerce.Chat {
		conv.Name = in.nameOf(ctx, a, m)
	}
	if conv.Name == "" {
		conv.Name = shortName(a.Channel, m.Contact)
	}
	if m.Order != "" {
		conv.Order = OrderIDOf(a.ID, m.Order)
	}
	return conv, nil
}

// nameOf asks the marketplace who writes: a notification often has only an id.
// A name that can't be had soon is done without, the message is not held back.
func (in *Ingester) nameOf(ctx context.Context, a port.Account, m channel.MessageUpdate) string {
	ctx, cancel := context.WithTimeout(ctx, nameWithin)
	defer cancel()
	conn, err := in.Open.Open(ctx, a.Space, a.ID)
	if err != nil {
		return ""
	}
	name, err := readName(ctx, conn, m)
	if err != nil {
		in.Log.InfoContext(ctx, "name of a new contact not known", "channel", a.Channel, "account", a.ID, "kind", fault.KindOf(err))
	}
	return name
}

func readName(ctx context.Context, conn channel.Connector, m channel.MessageUpdate) (string, error) {
	if namer, ok := conn.(channel.Namer); ok {
		return namer.PersonName(ctx, m.Contact)
	}
	reader, ok := conn.(channel.ConversationReader)
	if !ok {
		return "", nil
	}
	updates, err := reader.Messages(ctx, m.Thread)
	for _, u := range updates {
		if u.Message != nil && u.Message.Name != "" {
			return u.Message.Name, nil
		}
	}
	return "", err
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
	return rewrite(conv, *stored, u), nil
}

// rewrite is the write of an update to a message we have; nil is nothing.
func rewrite(conv commerce.Conversation, stored commerce.Message, u channel.Update) *port.MessageWrite {
	m := *u.Message
	next, changed := change(stored, u)
	write := &port.MessageWrite{Conversation: conv, Message: &next, Replace: true}
	if u.Kind == channel.UpdateMessage && stored.Outbound != "" && stored.Remote != m.Message.Remote && m.Message.Remote != "" {
		// Another id for a message of ours: from now on both mean it.
		write.Aliases, changed = []commerce.RemoteID{m.Message.Remote}, true
	}
	if !changed {
		return nil
	}
	switch {
	case stored.Kind == stub && next.Kind != stub:
		write.Conversation = after(conv, m, next)
	case conv.LastAt.Equal(stored.At) && conv.Snippet == stored.Snippet():
		write.Conversation.Snippet = next.Snippet()
	}
	return write
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

// echoOf finds our own unsettled message with the same text that went out
// within two minutes of it. What is being
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
		if o.Kind != "reply" || o.TriedAt.IsZero() {
			continue // what has not gone out has no echo
		}
		own, err := in.Store.Message(ctx, w, conv.ID, commerce.MessageID(o.Ref))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if own.State != commerce.SendDone && own.Text == m.Message.Text && m.Message.At.Sub(o.TriedAt).Abs() <= echoWindow {
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
			next.State, next.Remote, next.Problem = commerce.SendDone, cmp.Or(stored.Remote, m.Remote), ""
			return next, true
		}
		if stored.Kind != stub {
			return stored, false
		}
		if m.At.IsZero() {
			m.At = stored.At
		}
		if m.By == commerce.BySeller {
			m.State = commerce.SendDone
		}
		m.ID, m.Conversation, m.Edit, m.Deleted, m.Reactions = stored.ID, stored.Conversation, stored.Edit, stored.Deleted, stored.Reactions
		if stored.Edit > 0 {
			m.Text = stored.Text
		}
		if stored.Deleted {
			m.Text, m.Raw, m.Attachments = "", "", nil
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
		next.Deleted, next.Text, next.Raw, next.Attachments, next.Reactions = true, "", "", nil, nil
	case channel.UpdateReaction:
		if stored.Deleted {
			return stored, false
		}
		if r := u.Message.Reaction; r == "" {
			next.Reactions = nil
		} else if !slices.Contains(stored.Reactions, r) {
			next.Reactions = append(slices.Clone(stored.Reactions), r)
		}
		return next, len(next.Reactions) != len(stored.Reactions)
	}
	return next, true
}

// stub is the kind of a message that something happened to before it arrived.
const stub = "stub"

// newMessage is the write of a message we did not have. An edit, reaction or
// deletion whose original has not arrived leaves a stub for it. A stub does not
// count in its conversation: the original will.
func (in *Ingester) newMessage(conv commerce.Conversation, u channel.Update) *port.MessageWrite {
	m := u.Message.Message
	m.Conversation = conv.ID
	m.ID = port.MessageIDOf(conv.ID, m.Remote)
	if m.At.IsZero() {
		m.At = in.Now()
	}
	switch u.Kind {
	case channel.UpdateReaction:
		if u.Message.Reaction == "" {
			return nil
		}
		m.Kind, m.Text, m.Reactions = stub, "", []string{u.Message.Reaction}
	case channel.UpdateEdit:
		m.Kind = stub
	case channel.UpdateDelete:
		m.Kind, m.Text, m.Raw, m.Attachments, m.Deleted = stub, "", "", nil, true
	}
	if m.By == commerce.BySeller {
		m.State = commerce.SendDone
	}
	write := &port.MessageWrite{Conversation: conv, Message: &m}
	if m.Kind != stub {
		write.Conversation = after(conv, *u.Message, m)
	} else if conv.Version == 0 {
		write.Conversation.LastAt = m.At // where it stands until the original comes
	}
	return write
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
