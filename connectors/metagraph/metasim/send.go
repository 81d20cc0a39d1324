package metasim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The messaging windows and text limits (Messenger and Instagram send
// references, 2026-11).
const (
	openWindow    = 24 * time.Hour
	humanWindow   = 7 * 24 * time.Hour
	messengerText = 2000 // characters
	instagramText = 1000 // bytes
)

// outgoing is the body of a send.
type outgoing struct {
	Text       string `json:"text"`
	Metadata   string `json:"metadata"`
	Attachment *struct {
		Type    string `json:"type"`
		Payload struct {
			URL      string `json:"url"`
			Template string `json:"template_type"`
			Elements []struct {
				ID json.RawMessage `json:"id"`
			} `json:"elements"`
		} `json:"payload"`
	} `json:"attachment"`
}

// send writes to a buyer, from the Page to either channel, or from the account
// of Instagram Login.
func (c *call) send() (any, error) {
	t, err := c.recipient()
	if err != nil {
		return nil, err
	}
	if action := c.req.p["sender_action"]; action != "" {
		return c.act(t, action)
	}
	var out outgoing
	if err := json.Unmarshal([]byte(c.req.p["message"]), &out); err != nil {
		return nil, badParameter("The parameter message is required and must be a JSON object.")
	}
	if err := out.check(t.Channel); err != nil {
		return nil, err
	}
	if err := c.window(t); err != nil {
		return nil, err
	}
	m := message{Shop: true, Text: out.Text, Metadata: out.Metadata, App: c.app("META_APP_ID")}
	if out.Attachment != nil {
		m.Attached = []Attachment{{Type: out.Attachment.Type, URL: out.Attachment.Payload.URL}}
	}
	if m.ReplyTo, err = c.repliesTo(t); err != nil {
		return nil, err
	}
	if m, err = c.add(c.tx, &t, m); err != nil {
		return nil, err
	}
	if err := c.echo(c.tx, t, m); err != nil {
		return nil, err
	}
	return object{"recipient_id": t.person(c.req.host), "message_id": m.Mid}, nil
}

// recipient finds the thread of recipient.id and checks the permission for its
// channel.
func (c *call) recipient() (thread, error) {
	to, err := c.req.p.object("recipient")
	if err != nil {
		return thread{}, err
	}
	if _, ok := to["comment_id"]; ok {
		return thread{}, badParameter("There is no comment to reply to")
	}
	var n node
	id := text(to["id"])
	found, err := c.tx.Find(tableNode, id, &n)
	if err != nil {
		return thread{}, err
	}
	unknown := refusal(100, 2018001, "No matching user found")
	if c.req.host == Instagram {
		unknown = refusal(100, 2534014, "The requested user cannot be found.")
	}
	if !found || n.Kind != kindPerson {
		return thread{}, unknown
	}
	t, err := c.access(c.thread(c.tx, n.Ref))
	switch {
	case err != nil:
		return t, err
	case t.person(c.req.host) != id:
		return t, unknown // an id of the other login
	case t.Away:
		return t, refusal(551, 0, "This person isn't available right now.")
	}
	return t, nil
}

// check refuses what a channel cannot carry.
func (o outgoing) check(channel string) error {
	switch {
	case o.Text == "" && o.Attachment == nil:
		return badParameter("A message needs text or an attachment")
	case o.Text != "" && o.Attachment != nil:
		return badParameter("A message holds text or an attachment, not both")
	case channel == Facebook && utf8.RuneCountInString(o.Text) > messengerText:
		return badParameter("Length of param message[text] must be less than or equal to %d", messengerText)
	case channel == Instagram && len(o.Text) > instagramText:
		return badParameter("Length of param message[text] must be less than or equal to %d bytes", instagramText)
	case channel == Instagram && o.Metadata != "":
		return badParameter("Param message[metadata] is not supported on Instagram")
	case len(o.Metadata) > 1000:
		return badParameter("Length of param message[metadata] must be less than or equal to 1000")
	case o.Attachment != nil:
		return o.checkAttachment()
	}
	return nil
}

func (o outgoing) checkAttachment() error {
	a := o.Attachment
	if a.Type == "template" {
		if n := len(a.Payload.Elements); a.Payload.Template != "product" || n < 1 || n > 10 {
			return badParameter("Only product templates of 1 to 10 elements are known here")
		}
		return nil
	}
	if !slices.Contains([]string{"image", "video", "audio", "file"}, a.Type) || !absolute(a.Payload.URL) {
		return badParameter("Param message[attachment] needs a type of image, video, audio or file and a payload with an address")
	}
	return nil
}

// window checks messaging_type and tag against the time since the buyer's last
// action: a day for responses, seven for a person who types.
func (c *call) window(t thread) error {
	kind, tag := c.req.p["messaging_type"], c.req.p["tag"]
	if !slices.Contains([]string{"", "RESPONSE", "UPDATE", "MESSAGE_TAG"}, kind) {
		return badParameter("Param messaging_type must be one of {MESSAGE_TAG, RESPONSE, UPDATE} - got %q.", kind)
	}
	allowed := openWindow
	if kind == "MESSAGE_TAG" || tag != "" {
		switch {
		case kind != "MESSAGE_TAG":
			return badParameter("A tag needs the messaging_type MESSAGE_TAG")
		case tag != "HUMAN_AGENT":
			// The other tags ended on 2026-02-10.
			return badParameter("Param tag must be one of {HUMAN_AGENT} - got %q.", tag)
		case !c.HumanAgent:
			return refusal(10, 0, "This app does not hold the Human Agent feature")
		}
		allowed = humanWindow
	}
	if !t.Acted.IsZero() && c.now.Sub(t.Acted) <= allowed {
		return nil
	}
	if t.Channel == Instagram {
		return refusal(10, 2534022, "This message is sent outside of allowed window.")
	}
	return refusal(10, 2018278, "This message is sent outside of allowed window.")
}

// repliesTo checks reply_to.mid, which must be of the same thread.
func (c *call) repliesTo(t thread) (string, error) {
	if c.req.p["reply_to"] == "" {
		return "", nil
	}
	to, err := c.req.p.object("reply_to")
	if err != nil {
		return "", err
	}
	m, _, err := c.findMessage(c.tx, text(to["mid"]))
	if err != nil || m.Thread != t.ID {
		return "", badParameter("The message of reply_to does not exist in this thread")
	}
	return m.Mid, nil
}

// act takes sender actions; only seen changes something here.
func (c *call) act(t thread, action string) (any, error) {
	if !slices.Contains([]string{"MARK_SEEN", "TYPING_ON", "TYPING_OFF", "REACT", "UNREACT"}, strings.ToUpper(action)) {
		return nil, badParameter("Param sender_action must be one of {MARK_SEEN, REACT, TYPING_OFF, TYPING_ON, UNREACT} - got %q.", action)
	}
	if strings.EqualFold(action, "MARK_SEEN") {
		t.Unread = 0
		if err := c.tx.Put(tableThread, t.ID, t); err != nil {
			return nil, err
		}
	}
	return object{"recipient_id": t.person(c.req.host)}, nil
}
