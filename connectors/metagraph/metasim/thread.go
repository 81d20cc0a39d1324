package metasim

import (
	"fmt"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// thread is one conversation between a buyer and the shop.
type thread struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Buyer   string `json:"buyer"` // name
	// Person is the buyer's id as the Page sees it (PSID, or IGSID through
	// Facebook Login). Login is the id that Instagram Login sees: such ids are
	// scoped, so one buyer has two.
	Person   string    `json:"person"`
	Login    string    `json:"login,omitempty"`
	Updated  time.Time `json:"updated"`
	Acted    time.Time `json:"acted"` // the buyer's last action: opens the window
	Unread   int       `json:"unread"`
	Answered bool      `json:"answered"`
	Count    int       `json:"count"`
	Away     bool      `json:"away,omitempty"` // error 551
}

// person is the buyer's id as seen from a host.
func (t thread) person(host string) string {
	if host == Instagram {
		return t.Login
	}
	return t.Person
}

// message is one message of a thread. At has milliseconds, as webhooks do.
type message struct {
	Mid      string       `json:"mid"`
	Thread   string       `json:"thread"`
	Number   int          `json:"number"` // from 1, oldest first
	Shop     bool         `json:"shop"`
	Text     string       `json:"text"`
	At       time.Time    `json:"at"`
	App      string       `json:"app,omitempty"` // who sent it, for echoes
	Metadata string       `json:"metadata,omitempty"`
	ReplyTo  string       `json:"reply_to,omitempty"`
	Attached []Attachment `json:"attached,omitempty"`
	Referral string       `json:"referral,omitempty"` // catalog item id
	Deleted  bool         `json:"deleted,omitempty"`
	Edits    int          `json:"edits,omitempty"`
	Emoji    string       `json:"emoji,omitempty"` // the buyer's reaction
}

// Attachment is a picture, sticker or the like in a message. Type is Meta's
// word and may be one that does not exist yet.
type Attachment struct {
	Type string `json:"type"`
	URL  string `json:"url,omitempty"`
}

func messageKey(thread string, number int) string { return fmt.Sprintf("%s#%012d", thread, number) }

// maxName bounds the made-up names of buyers.
const maxName = 100

// openThread finds the buyer's thread on a channel or begins one.
func (s *Sim) openThread(tx *simkit.Tx, channel, buyer string) (thread, error) {
	if channel != Facebook && channel != Instagram {
		return thread{}, fmt.Errorf("channel %q is neither facebook nor instagram", channel)
	}
	if buyer = strings.TrimSpace(buyer); buyer == "" {
		buyer = "Alex Buyer"
	}
	if len(buyer) > maxName {
		return thread{}, fmt.Errorf("the buyer's name is longer than %d bytes", maxName)
	}
	var id string
	found, err := tx.Find(tableBuyer, channel+"#"+buyer, &id)
	if err != nil {
		return thread{}, err
	}
	if found {
		return s.thread(tx, id)
	}
	return s.beginThread(tx, channel, buyer)
}

func (s *Sim) thread(tx *simkit.Tx, id string) (thread, error) {
	var t thread
	found, err := tx.Find(tableThread, id, &t)
	if err == nil && !found {
		err = fmt.Errorf("there is no thread %s", id)
	}
	return t, err
}

func (s *Sim) beginThread(tx *simkit.Tx, channel, buyer string) (thread, error) {
	n, err := tx.Next(tableThread)
	if err != nil {
		return thread{}, err
	}
	t := thread{ID: "t_" + s.number("thread", n, 17), Channel: channel, Buyer: buyer}
	if channel == Instagram {
		t.ID = s.secret("aWdfZAG06", "thread", n)
	}
	if t.Person, err = s.fresh(tx, kindPerson, t.ID, 16); err != nil {
		return t, err
	}
	if channel == Instagram {
		if t.Login, err = s.fresh(tx, kindPerson, t.ID, 16); err != nil {
			return t, err
		}
	}
	if err := tx.Put(tableNode, t.ID, node{Kind: kindThread, Ref: t.ID}); err != nil {
		return t, err
	}
	if err := tx.Put(tableBuyer, channel+"#"+buyer, t.ID); err != nil {
		return t, err
	}
	return t, tx.Put(tableThread, t.ID, t)
}

// add stores a message as the newest of its thread; the id, number and time
// are filled in here.
func (s *Sim) add(tx *simkit.Tx, t *thread, m message) (message, error) {
	n, err := tx.Next(tableMessage)
	if err != nil {
		return m, err
	}
	t.Count++
	m.Mid = s.secret("m_", "mid", n)
	if t.Channel == Instagram {
		// Instagram's ids are long; this one is of the usual size.
		m.Mid = s.secret(s.secret("aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOj", "mid-", n), "mid", n)
	}
	m.Thread, m.Number, m.At = t.ID, t.Count, s.env.Now().UTC().Truncate(time.Millisecond)
	t.Updated = m.At
	if m.Shop {
		t.Answered, t.Unread = true, 0
	} else {
		t.Acted = m.At
		t.Unread++
	}
	key := messageKey(t.ID, m.Number)
	if err := tx.Put(tableNode, m.Mid, node{Kind: kindMessage, Ref: key}); err != nil {
		return m, err
	}
	if err := tx.Put(tableMessage, key, m); err != nil {
		return m, err
	}
	return m, tx.Put(tableThread, t.ID, *t)
}

// findMessage reads a message and its thread by the message's id.
func (s *Sim) findMessage(tx *simkit.Tx, mid string) (message, thread, error) {
	var n node
	var m message
	found, err := tx.Find(tableNode, mid, &n)
	if err == nil && found && n.Kind == kindMessage {
		found, err = tx.Find(tableMessage, n.Ref, &m)
	}
	if err != nil {
		return m, thread{}, err
	}
	if !found || m.Mid == "" {
		return m, thread{}, fmt.Errorf("there is no message %s", mid)
	}
	t, err := s.thread(tx, m.Thread)
	return m, t, err
}

// messages reads a thread, oldest first.
func (s *Sim) messages(tx *simkit.Tx, id string) ([]message, error) {
	var out []message
	err := simkit.Each(tx, tableMessage, id+"#", func(_ string, m message) bool {
		out = append(out, m)
		return true
	})
	return out, err
}
