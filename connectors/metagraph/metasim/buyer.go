package metasim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// Extra is what a buyer's message can have besides text.
type Extra struct {
	Attachments []Attachment
	// Product is the retailer id of the item whose page the buyer came from.
	Product string
	// Standby delivers the message as one of a thread that another app owns.
	Standby bool
	// ReplyTo is the id of the message it answers.
	ReplyTo string
}

// SendMessage lets a buyer write to the shop on Facebook (Messenger) or
// Instagram, and returns the message id. A buyer has one thread per channel,
// found by name.
func (s *Sim) SendMessage(ctx context.Context, m simkit.Message) (string, error) {
	return s.SendMessageWith(ctx, m, Extra{})
}

// SendMessageWith is SendMessage with attachments and the like.
func (s *Sim) SendMessageWith(_ context.Context, in simkit.Message, extra Extra) (string, error) {
	if strings.TrimSpace(in.Text) == "" && len(extra.Attachments) == 0 {
		return "", fmt.Errorf("send a message on %s: it is empty", in.Channel)
	}
	var mid string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		t, err := s.openThread(tx, in.Channel, in.Buyer)
		if err != nil {
			return err
		}
		m := message{Text: in.Text, Attached: extra.Attachments, ReplyTo: extra.ReplyTo}
		if extra.Product != "" {
			it, err := s.onSale(tx, in.Channel, extra.Product)
			if err != nil {
				return err
			}
			m.Referral = it.ID
		}
		if m, err = s.add(tx, &t, m); err != nil {
			return err
		}
		mid = m.Mid
		return s.emit(tx, t, notice{at: m.At, page: "messages", login: "messages", standby: extra.Standby, fill: func(e *event) {
			e.Message = s.content(m)
		}})
	})
	if err != nil {
		return "", fmt.Errorf("send a message on %s: %w", in.Channel, err)
	}
	return mid, nil
}

// WriteFromInbox lets the seller answer in Meta's own inbox, past the API:
// only the echo tells. The thread must exist.
func (s *Sim) WriteFromInbox(_ context.Context, in simkit.Message) (string, error) {
	var mid string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		t, err := s.openThread(tx, in.Channel, in.Buyer)
		if err != nil {
			return err
		}
		// The app id of Meta's inbox, as echoes of it carry.
		m, err := s.add(tx, &t, message{Shop: true, Text: in.Text, App: "263902037430900"})
		if err != nil {
			return err
		}
		mid = m.Mid
		return s.echo(tx, t, m)
	})
	if err != nil {
		return "", fmt.Errorf("write from the inbox of %s: %w", in.Channel, err)
	}
	return mid, nil
}

// change runs f over a message and its thread, stores both, and tells.
func (s *Sim) change(mid, what string, f func(*message, *thread) (notice, error)) error {
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		m, t, err := s.findMessage(tx, mid)
		if err != nil {
			return err
		}
		n, err := f(&m, &t)
		if err != nil {
			return err
		}
		n.at = s.env.Now()
		if err := tx.Put(tableMessage, messageKey(t.ID, m.Number), m); err != nil {
			return err
		}
		if err := tx.Put(tableThread, t.ID, t); err != nil {
			return err
		}
		return s.emit(tx, t, n)
	})
	if err != nil {
		return fmt.Errorf("%s message %s: %w", what, mid, err)
	}
	return nil
}

// Unsend lets a buyer take back a message on Instagram. Messenger tells no app
// about it: simkit.ErrNotOffered.
func (s *Sim) Unsend(_ context.Context, mid string) error {
	return s.change(mid, "unsend", func(m *message, t *thread) (notice, error) {
		if t.Channel != Instagram {
			return notice{}, simkit.ErrNotOffered
		}
		if m.Shop {
			return notice{}, fmt.Errorf("it is not the buyer's")
		}
		m.Deleted, m.Text, m.Attached = true, "", nil
		return notice{login: "messages", fill: func(e *event) {
			e.Message = map[string]any{"mid": m.Mid, "is_deleted": true}
		}}, nil
	})
}

// EditMessage lets a buyer change the text of a message.
func (s *Sim) EditMessage(_ context.Context, mid, text string) error {
	return s.change(mid, "edit", func(m *message, _ *thread) (notice, error) {
		if m.Shop || m.Deleted || text == "" {
			return notice{}, fmt.Errorf("it cannot be edited")
		}
		m.Text = text
		m.Edits++
		edits := m.Edits
		return notice{page: "message_edits", login: "message_edit", fill: func(e *event) {
			e.Edit = map[string]any{"mid": mid, "text": text, "num_edit": edits}
		}}, nil
	})
}

// React lets a buyer react to a message with an emoji, or take the reaction
// back when emoji is empty. A reaction to the shop's message opens the window.
func (s *Sim) React(_ context.Context, mid, emoji string) error {
	return s.change(mid, "react to", func(m *message, t *thread) (notice, error) {
		action, shown := "react", emoji
		if emoji == "" {
			action, shown = "unreact", m.Emoji
		}
		m.Emoji = emoji
		if m.Shop && emoji != "" {
			t.Acted = s.env.Now()
		}
		return notice{page: "message_reactions", login: "message_reactions", fill: func(e *event) {
			e.Reaction = map[string]any{"mid": mid, "action": action}
			if action == "react" {
				e.Reaction["reaction"], e.Reaction["emoji"] = reactionName(shown), shown
			}
		}}, nil
	})
}

func reactionName(emoji string) string {
	if strings.HasPrefix(emoji, "❤") {
		return "love"
	}
	return "other"
}

// Read lets a buyer read the thread up to a message of the shop. Messenger
// tells a time up to which all is read, Instagram the message.
func (s *Sim) Read(_ context.Context, mid string) error {
	return s.change(mid, "read", func(m *message, t *thread) (notice, error) {
		return notice{page: "message_reads", login: "messaging_seen", fill: func(e *event) {
			e.Read = map[string]any{"watermark": m.At.UnixMilli()}
			if t.Channel == Instagram {
				e.Read = map[string]any{"mid": mid}
			}
		}}, nil
	})
}

// SetAway makes a buyer unavailable (error 551) or available again.
func (s *Sim) SetAway(_ context.Context, channel, buyer string, away bool) error {
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		t, err := s.openThread(tx, channel, buyer)
		if err != nil {
			return fmt.Errorf("set %s away: %w", buyer, err)
		}
		t.Away = away
		return tx.Put(tableThread, t.ID, t)
	})
}

// SendCart lets a buyer send a cart in Messenger: the webhook "order" of the
// field send_cart. It is no order and has no message id; the returned id is
// page#person#milliseconds. Items that are not on sale on Facebook are
// simkit.ErrUnknownItem.
func (s *Sim) SendCart(_ context.Context, buyer string, items []simkit.Line, note string) (string, error) {
	var id string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		if len(items) == 0 {
			return fmt.Errorf("the cart is empty")
		}
		var products []map[string]any
		for _, line := range items {
			it, err := s.inCart(tx, Facebook, line)
			if err != nil {
				return err
			}
			amount, code, _ := strings.Cut(it.text("price"), " ")
			products = append(products, map[string]any{
				// Ids and prices are numbers here, in Meta's own sample too.
				"id": json.Number(it.ID), "retailer_id": it.RetailerID, "name": it.text("title"),
				"unit_price": json.Number(amount), "currency": code, "quantity": line.Quantity,
			})
		}
		t, err := s.openThread(tx, Facebook, buyer)
		if err != nil {
			return err
		}
		w, err := s.world(tx)
		if err != nil {
			return err
		}
		t.Acted = s.env.Now()
		if err := tx.Put(tableThread, t.ID, t); err != nil {
			return err
		}
		id = fmt.Sprintf("%s#%s#%d", w.Page, t.Person, t.Acted.UnixMilli())
		return s.emit(tx, t, notice{at: t.Acted, page: "send_cart", fill: func(e *event) {
			e.Order = map[string]any{"products": products, "note": note}
		}})
	})
	if err != nil {
		return "", fmt.Errorf("send a cart: %w", err)
	}
	return id, nil
}
