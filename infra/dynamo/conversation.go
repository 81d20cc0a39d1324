package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Conversation implements port.Inbox.
func (s *Store) Conversation(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error) {
	return load[commerce.Conversation](ctx, s, conversationKey(w, id), "conversation", string(id))
}

// ListConversations implements port.Inbox: latest first.
func (s *Store) ListConversations(ctx context.Context, w commerce.WorkspaceID, f port.ConversationFilter, p port.Page) (port.List[commerce.Conversation], error) {
	channels := s.over(f.Channels)
	l := list{name: join("conversations", channelNames(channels), part(string(f.State))), space: w, index: indexG1}
	for _, c := range channels {
		if f.State == "" {
			l.sources = append(l.sources, source{pk: in(w, "conv", part(string(c)))})
		} else {
			l.index = indexG2
			l.sources = append(l.sources, source{in(w, "conv", "s", part(string(f.State))), part(string(c)) + "#"})
		}
	}
	return viewPage[commerce.Conversation](ctx, s, l, p)
}

// CountConversations implements port.Inbox.
func (s *Store) CountConversations(ctx context.Context, w commerce.WorkspaceID, state commerce.ConversationState, limit int) (int, error) {
	if limit < 1 {
		return 0, nil
	}
	return s.count(ctx, span{index: indexG2, pk: in(w, "conv", "s", part(string(state))), limit: limit})
}

// Message implements port.Inbox.
func (s *Store) Message(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, id commerce.MessageID) (commerce.Message, error) {
	return load[commerce.Message](ctx, s, messageKey(w, c, id), "message", string(id))
}

// ListMessages implements port.Inbox.
func (s *Store) ListMessages(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, p port.Page) (port.List[commerce.Message], error) {
	l := list{name: join("messages", part(string(c))), space: w, index: indexG1, sources: []source{{pk: in(w, "msg", part(string(c)))}}}
	return viewPage[commerce.Message](ctx, s, l, p)
}

// MessageByRemote implements port.Inbox.
func (s *Store) MessageByRemote(ctx context.Context, w commerce.WorkspaceID, c commerce.ConversationID, remote commerce.RemoteID) (commerce.Message, error) {
	own, alias := messageKey(w, c, port.MessageIDOf(c, remote)), aliasKey(w, c, remote)
	found, err := s.batchGet(ctx, []key{own, alias}, true)
	if err != nil {
		return commerce.Message{}, err
	}
	if it, ok := found[alias]; ok {
		id, err := decode[commerce.MessageID](it)
		if err != nil {
			return commerce.Message{}, err
		}
		return s.Message(ctx, w, c, id)
	}
	if it, ok := found[own]; ok {
		return decode[commerce.Message](it)
	}
	return commerce.Message{}, missing("message", "with the remote id "+string(remote))
}

// PutMessage implements port.Inbox.
func (s *Store) PutMessage(ctx context.Context, w commerce.WorkspaceID, m port.MessageWrite) (commerce.Conversation, error) {
	if err := s.known(m.Conversation.Channel); err != nil {
		return m.Conversation, err
	}
	ops, err := messageOps(w, m)
	if err != nil {
		return m.Conversation, err
	}
	next := m.Conversation
	next.Version++
	r := row{key: conversationKey(w, next.ID), entity: "conversation", version: next.Version, view: next,
		g1: conversationEntry(w, next), g2: conversationStateEntry(w, next)}
	ops = append(ops, put(r).ifVersion(m.Conversation.Version, moved("conversation", string(next.ID))))
	more, err := outboundOps(w, m.Out, m.Settle)
	if err == nil {
		err = s.write(ctx, append(ops, more...)...)
	}
	if err != nil {
		return m.Conversation, err
	}
	return next, nil
}

// messageOps stores a message and its aliases. A message whose id does not
// follow from its remote id is found by an alias, too.
func messageOps(w commerce.WorkspaceID, m port.MessageWrite) ([]op, error) {
	if m.Message == nil {
		if len(m.Aliases) > 0 {
			return nil, fault.New(fault.Invalid, "alias_alone", "Aliases were given without the message they mean.")
		}
		return nil, nil
	}
	msg := *m.Message
	if msg.Conversation != m.Conversation.ID {
		return nil, fault.New(fault.Invalid, "conversation_mixed", "The message %s belongs to another conversation.", msg.ID)
	}
	exists := fault.New(fault.Conflict, "message_exists", "The message %s is there already.", msg.ID)
	message := put(row{key: messageKey(w, msg.Conversation, msg.ID), entity: "message", view: msg, g1: messageEntry(w, msg)})
	if !m.Replace {
		message = message.ifAbsent(exists)
	}
	ops := []op{message}
	aliases := m.Aliases
	if msg.Remote != "" && msg.ID != port.MessageIDOf(msg.Conversation, msg.Remote) {
		aliases = append([]commerce.RemoteID{msg.Remote}, aliases...)
	}
	for _, remote := range aliases {
		ops = append(ops, aliasPut(w, msg, remote, exists))
	}
	return unique(ops), nil
}

// attrMessage is the message an alias means.
const attrMessage = "msg"

// aliasPut lets a remote id mean a message unless it means another already.
func aliasPut(w commerce.WorkspaceID, msg commerce.Message, remote commerce.RemoteID, exists error) op {
	r := row{key: aliasKey(w, msg.Conversation, remote), entity: "alias", record: msg.ID, extra: item{attrMessage: text(string(msg.ID))}}
	return put(r).when("attribute_not_exists(#pk) OR #msg = :msg", exists).
		name("#pk", attrPK).name("#msg", attrMessage).value(":msg", text(string(msg.ID)))
}
