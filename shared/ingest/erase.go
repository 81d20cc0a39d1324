package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// eraseSlice is how long one message of the queue works on an erasure.
	eraseSlice = 15 * time.Second
	erasePage  = 100
	// erased is what a conversation shows instead of a person.
	erased = "Deleted person"
)

// erase works on an erasure until it is done or its slice is over, and then
// sends itself on with its place. Repeating any of it changes nothing.
func (in *Ingester) erase(ctx context.Context, m port.Inbound) error {
	var e port.Erasure
	if err := json.Unmarshal(m.Body, &e); err != nil {
		return fault.Wrap(err, fault.Permanent, "bad_message", "An erasure on the inbound queue can't be read.")
	}
	for end := in.Now().Add(eraseSlice); len(e.Accounts) > 0; {
		if !in.Now().Before(end) {
			next := m
			var err error
			if next.Body, err = json.Marshal(e); err != nil {
				return fmt.Errorf("encode erasure: %w", err)
			}
			return in.Queue.Send(ctx, port.InboundQueue, port.Outgoing{Body: next})
		}
		next, err := in.eraseSome(ctx, e.Accounts[0], e.Cursor)
		if err != nil {
			return fmt.Errorf("erase what came through account %s: %w", e.Accounts[0].ID, err)
		}
		if e.Cursor = next; next == "" {
			e.Accounts = e.Accounts[1:]
		}
	}
	key, err := in.Store.PublicKey(ctx, e.Code)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("state of a deletion: %w", err)
	}
	key.Data = map[string]string{port.ErasureState: port.ErasureDone}
	return in.Store.PutPublicKey(ctx, key)
}

// eraseSome erases a page of an account's conversations and answers the next
// one's cursor.
func (in *Ingester) eraseSome(ctx context.Context, a port.AccountRef, cursor string) (string, error) {
	page, err := in.Store.ListConversations(ctx, a.Space, port.ConversationFilter{Channels: []commerce.Channel{a.Channel}}, port.Page{Limit: erasePage, Cursor: cursor})
	if err != nil {
		return "", err
	}
	for _, conv := range page.Items {
		if conv.Account != a.ID || conv.Name == erased {
			continue
		}
		if err := in.Erase(ctx, a.Space, conv.ID); err != nil {
			return "", err
		}
	}
	return page.Next, nil
}

// Erase removes from a conversation all that is about a person: name, ids, what
// was said on both sides, and who sent a cart. Emptied rows stay, so that what
// is delivered again does not come back. Orders that were placed stay: the
// seller has to keep them.
func (in *Ingester) Erase(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) error {
	for cursor := ""; ; {
		page, err := in.Store.ListMessages(ctx, w, id, port.Page{Limit: erasePage, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("messages of conversation %s: %w", id, err)
		}
		for _, m := range page.Items {
			if err := in.empty(ctx, w, m); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	var cart commerce.OrderID
	err := in.edit(ctx, w, id, func(conv commerce.Conversation) *port.MessageWrite {
		cart = conv.Order
		conv.Name, conv.Contact, conv.Remote, conv.Snippet = erased, "", "", ""
		conv.Unread, conv.Waiting, conv.ReplyUntil = 0, time.Time{}, time.Time{}
		conv.NoReply = "What this person wrote was deleted."
		return &port.MessageWrite{Conversation: conv}
	})
	if err != nil || cart == "" {
		return err
	}
	return in.eraseCart(ctx, w, cart)
}

// empty removes what a message says.
func (in *Ingester) empty(ctx context.Context, w commerce.WorkspaceID, m commerce.Message) error {
	if m.Deleted && m.Text == "" {
		return nil
	}
	if len(m.Attachments) > 0 {
		if err := in.dropMedia(ctx, w, m.ID); err != nil {
			return err
		}
	}
	m.Deleted, m.Text, m.Raw, m.Attachments, m.Reactions, m.Problem = true, "", "", nil, nil, ""
	return in.edit(ctx, w, m.Conversation, func(conv commerce.Conversation) *port.MessageWrite {
		return &port.MessageWrite{Conversation: conv, Message: &m, Replace: true}
	})
}

// edit writes to a conversation as it is now, again when it moved.
func (in *Ingester) edit(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID, f func(commerce.Conversation) *port.MessageWrite) error {
	for range attempts {
		conv, err := in.Store.Conversation(ctx, w, id)
		if err != nil {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
		_, err = in.Store.PutMessage(ctx, w, *f(conv))
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "conversation_contended", "Conversation %s changes too fast to be written now.", id)
}

// eraseCart forgets who sent a cart, and what they wrote with it.
func (in *Ingester) eraseCart(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
	for range attempts {
		o, err := in.Store.Order(ctx, w, id)
		if fault.Is(err, fault.NotFound) || err == nil && o.Source != commerce.FromChatCart {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cart %s: %w", id, err)
		}
		o.Buyer, o.Note = commerce.Buyer{}, ""
		if _, err = in.Store.PutOrder(ctx, w, port.OrderWrite{Order: o}); err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "order_contended", "Cart %s changes too fast to be written now.", id)
}
