package tiktoksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

type conversation struct {
	ID      string `json:"id"`
	Buyer   string `json:"buyer"` // name
	Created int64  `json:"created"`
	Touched int64  `json:"touched"` // last message
	Wrote   int64  `json:"wrote"`   // last message of the buyer
	Unread  int    `json:"unread"`
	Last    string `json:"last"` // key of the last message
}

type message struct {
	ID      string `json:"id"`
	Thread  string `json:"thread"`
	Index   string `json:"index"`
	Type    string `json:"type"`
	Content string `json:"content"` // a JSON document
	Role    string `json:"role"`
	Visible bool   `json:"visible"`
	Created int64  `json:"created"`
}

const (
	roleBuyer = "BUYER"
	roleAgent = "CUSTOMER_SERVICE"
	roleShop  = "SHOP"
)

func (m message) key() string { return m.Thread + "/" + fmt.Sprintf("%020s", m.Index) }

// SendMessage lets a buyer write into their conversation with the shop; the
// first message opens it. Where an order is named, an invisible
// BUYER_ENTER_FROM_ORDER goes before the text, and its buyer writes.
func (s *Sim) SendMessage(_ context.Context, m simkit.Message) (string, error) {
	if strings.TrimSpace(m.Text) == "" {
		return "", errors.New("send message: the text is empty")
	}
	var id string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		t, b, err := s.enter(tx, m)
		if err != nil {
			return err
		}
		if m.Order != "" {
			enter := message{Type: "BUYER_ENTER_FROM_ORDER", Content: quoted("order_id", m.Order), Role: roleBuyer}
			if _, err := s.say(tx, t, b, enter); err != nil {
				return err
			}
		}
		id, err = s.say(tx, t, b, message{Type: "TEXT", Content: quoted("content", m.Text), Role: roleBuyer, Visible: true})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("send message: %w", err)
	}
	return id, nil
}

// quoted is a document with one text field.
func quoted(name, text string) string {
	raw, err := json.Marshal(map[string]string{name: text})
	if err != nil {
		return "{}" // a map of strings always encodes
	}
	return string(raw)
}

func (s *Sim) enter(tx *simkit.Tx, m simkit.Message) (*conversation, buyer, error) {
	if m.Order != "" {
		o, err := loadOrder(tx, m.Order)
		if err != nil {
			return nil, buyer{}, err
		}
		if m.Buyer != "" && m.Buyer != o.Buyer.Name {
			return nil, buyer{}, fmt.Errorf("order %s is not of this buyer", m.Order)
		}
		m.Buyer = o.Buyer.Name
	}
	b, err := s.buyer(tx, m.Buyer)
	if err != nil {
		return nil, b, err
	}
	t, err := s.thread(tx, b)
	return t, b, err
}

// thread finds or opens the conversation of a buyer.
func (s *Sim) thread(tx *simkit.Tx, b buyer) (*conversation, error) {
	var id string
	var t conversation
	known, err := tx.Find("thread-of", b.UserID, &id)
	if err != nil {
		return nil, err
	}
	if known {
		_, err := tx.Find("thread", id, &t)
		return &t, err
	}
	if id, err = s.newID(tx, "thread"); err != nil {
		return nil, err
	}
	now := s.now().Unix()
	t = conversation{ID: id, Buyer: b.Name, Created: now, Touched: now}
	if err := putAll(tx, row{"thread", id, t}, row{"thread-of", b.UserID, id}); err != nil {
		return nil, err
	}
	return &t, s.emit(tx, "NEW_CONVERSATION", object{"conversation_id": id, "create_time": now})
}

// say appends a message and tells the subscriber, whoever wrote it.
func (s *Sim) say(tx *simkit.Tx, t *conversation, b buyer, m message) (string, error) {
	var err error
	if m.ID, err = s.newID(tx, "message"); err != nil {
		return "", err
	}
	if m.Index, err = s.newID(tx, "index"); err != nil {
		return "", err
	}
	now := s.now().Unix()
	m.Thread, m.Created = t.ID, now
	t.Touched, t.Last = now, m.key()
	if m.Role == roleBuyer {
		t.Wrote = now
		if m.Visible {
			t.Unread++
		}
	}
	if err := putAll(tx, row{"thread", t.ID, t}, row{"message", m.key(), m}); err != nil {
		return "", err
	}
	sender := b.IMUserID
	if m.Role != roleBuyer {
		sh, err := loadShop(tx)
		if err != nil {
			return "", err
		}
		sender = sh.IMUser
	}
	return m.ID, s.emit(tx, "NEW_MESSAGE", object{
		"message_id": m.ID, "index": m.Index, "conversation_id": t.ID, "type": m.Type, "content": m.Content,
		"create_time": m.Created, "is_visible": m.Visible, "sender": object{"im_user_id": sender, "role": m.Role},
	})
}

// open tells whether the shop may write: the buyer wrote within 30 days or
// ordered within 60.
func (t *conversation) open(b buyer, now int64) bool {
	const day = 86400
	return t.Wrote > 0 && now-t.Wrote <= 30*day || b.Ordered > 0 && now-b.Ordered <= 60*day
}
