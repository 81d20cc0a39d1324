package metasim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// readable is how many messages of a thread have details: the newest 20
// (Conversations API guide, 2026-11).
const readable = 20

// requestsLife is how long an unanswered thread of the Requests folder is
// listed after its last message.
const requestsLife = 30 * 24 * time.Hour

// conversations lists the threads of a Page or account, newest first.
func (c *call) conversations() (any, error) {
	channel, err := c.platform()
	if err != nil {
		return nil, err
	}
	if c.req.host == Facebook {
		if err := c.permitted(messagingScope(channel)); err != nil {
			return nil, err
		}
	}
	var entries []entry
	person := c.req.p["user_id"]
	err = simkit.Each(c.tx, tableThread, "", func(_ string, t thread) bool {
		old := !t.Answered && c.now.Sub(t.Updated) > requestsLife
		if !c.StandardAccess && t.Channel == channel && !old && t.Count > 0 && (person == "" || person == t.person(c.req.host)) {
			key := fmt.Sprintf("%020d#%s", math.MaxInt64-t.Updated.UnixMilli(), t.ID)
			entries = append(entries, entry{key: key, make: func() (object, error) { return c.threadObject(t), nil }})
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return c.list(kindThread, entries, "id,updated_time")
}

// platform is the channel that a list of conversations is asked for.
func (c *call) platform() (string, error) {
	switch strings.ToLower(c.req.p["platform"]) {
	case "instagram":
		return Instagram, nil
	case "messenger":
		if c.req.host == Facebook {
			return Facebook, nil
		}
	case "":
		if c.req.host == Instagram {
			return Instagram, nil
		}
		return Facebook, nil
	}
	return "", badParameter("Param platform must be one of {INSTAGRAM, MESSENGER} - got %q.", c.req.p["platform"])
}

// messagingScope is the permission of Facebook Login for a channel's messages.
func messagingScope(channel string) string {
	if channel == Instagram {
		return "instagram_manage_messages"
	}
	return "pages_messaging"
}

// threadObject prints a conversation.
func (c *call) threadObject(t thread) object {
	window := c.now.Sub(t.Acted) <= humanWindow
	return object{
		"id": t.ID, "updated_time": graphTime(t.Updated), "message_count": t.Count, "unread_count": t.Unread,
		"can_reply": window, "is_owner": true, "name": t.Buyer, "folder": "inbox",
		"link":         "/" + c.w.Page + "/inbox/" + t.ID,
		"participants": object{"data": []object{c.party(t, false), c.party(t, true)}},
		"senders":      object{"data": []object{c.party(t, false), c.party(t, true)}},
		"messages":     func(f field) (any, error) { return c.messageList(t, f) },
	}
}

// party prints one of the two sides of a thread, as the host of the call sees
// them.
func (c *call) party(t thread, shop bool) object {
	switch {
	case t.Channel == Instagram && shop:
		return object{"username": igName, "id": c.w.IG}
	case t.Channel == Instagram:
		return object{"username": handleOf(t.Buyer), "id": t.person(c.req.host)}
	case shop:
		return object{"name": pageName, "email": c.w.Page + "@facebook.com", "id": c.w.Page}
	}
	return object{"name": t.Buyer, "email": t.Person + "@facebook.com", "id": t.Person}
}

// handleOf makes an Instagram name of a name.
func handleOf(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == ' ':
			return '.'
		}
		return '_'
	}, strings.ToLower(name))
}

// access finds the thread of a node and checks that the caller may read it.
func (c *call) access(t thread, err error) (thread, error) {
	if err != nil {
		return t, err
	}
	if c.req.host == Instagram {
		if t.Channel != Instagram {
			return t, missing(c.req.method, c.id)
		}
		return t, nil
	}
	return t, c.permitted(messagingScope(t.Channel))
}

func (c *call) conversation() (any, error) {
	t, err := c.access(c.thread(c.tx, c.node.Ref))
	if err != nil {
		return nil, err
	}
	return c.show(kindThread, c.threadObject(t), "id,updated_time")
}

// threadMessages is the edge of the same name.
func (c *call) threadMessages() (any, error) {
	t, err := c.access(c.thread(c.tx, c.node.Ref))
	if err != nil {
		return nil, err
	}
	list, err := c.alive(t)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for i, m := range list {
		entries = append(entries, entry{key: fmt.Sprintf("%012d", i), make: func() (object, error) {
			return c.listed(t, m, i)
		}})
	}
	return c.list(kindMessage, entries, "id,created_time")
}

// alive reads the messages that were not taken back, newest first.
func (c *call) alive(t thread) ([]message, error) {
	list, err := c.messages(c.tx, t.ID)
	list = slices.DeleteFunc(list, func(m message) bool { return m.Deleted })
	slices.Reverse(list)
	return list, err
}

// listed prints the message at a place of the list: all ids, but details for
// the newest ones only; and Instagram Login has them one by one only.
func (c *call) listed(t thread, m message, place int) (object, error) {
	if place >= readable || c.req.host == Instagram {
		return object{"id": m.Mid, "created_time": graphTime(m.At)}, nil
	}
	return c.messageObject(t, m)
}

// messageList is the messages field of a conversation.
func (c *call) messageList(t thread, f field) (any, error) {
	if c.emptied() {
		return object{"data": []object{}}, nil
	}
	list, err := c.alive(t)
	if err != nil {
		return nil, err
	}
	if !f.open {
		f.sub = []field{{name: "id"}, {name: "created_time"}}
	}
	data := []object{}
	for i, m := range list {
		o, err := c.listed(t, m, i)
		if err != nil {
			return nil, err
		}
		if o, err = c.pick(kindMessage, o, f.sub); err != nil {
			return nil, err
		}
		data = append(data, o)
	}
	return object{"data": data}, nil
}

// message reads one message. Older ones than the newest 20 answer as deleted.
func (c *call) message() (any, error) {
	m, t, err := c.findMessage(c.tx, c.id)
	if err != nil {
		return nil, err
	}
	if t, err = c.access(t, nil); err != nil {
		return nil, err
	}
	list, err := c.alive(t)
	if err != nil {
		return nil, err
	}
	place := slices.IndexFunc(list, func(other message) bool { return other.Mid == m.Mid })
	if place < 0 || place >= readable {
		return nil, refusal(100, 33, "This message has been deleted by the user or is too old to be read.")
	}
	o, err := c.messageObject(t, m)
	if err != nil {
		return nil, err
	}
	return c.show(kindMessage, o, "id,created_time")
}

func (c *call) messageObject(t thread, m message) (object, error) {
	o := object{
		"id": m.Mid, "created_time": graphTime(m.At), "message": m.Text,
		"from": c.party(t, m.Shop), "to": object{"data": []object{c.party(t, !m.Shop)}},
		"tags": object{"data": []object{{"name": "inbox"}, {"name": "source:chat"}}},
	}
	if len(m.Attached) > 0 {
		var data []object
		for i, a := range m.Attached {
			shown := object{"id": strconv.Itoa(i + 1), "mime_type": a.Type}
			if a.URL != "" {
				shown["image_data"] = object{"url": a.URL}
			}
			data = append(data, shown)
		}
		o["attachments"] = object{"data": data}
	}
	if m.ReplyTo != "" {
		o["reply_to"] = object{"mid": m.ReplyTo}
	}
	if m.Emoji != "" {
		o["reactions"] = object{"data": []object{{"reaction": m.Emoji, "users": []object{c.party(t, false)}}}}
	}
	return o, nil
}

// person reads the profile of somebody who has written.
func (c *call) person() (any, error) {
	t, err := c.access(c.thread(c.tx, c.node.Ref))
	if err != nil {
		return nil, err
	}
	if t.person(c.req.host) != c.id || t.Acted.IsZero() {
		return nil, missing(c.req.method, c.id)
	}
	first, last, _ := strings.Cut(t.Buyer, " ")
	o := object{"id": c.id, "name": t.Buyer, "profile_pic": "https://scontent.example/profile/" + c.id + ".png"}
	if t.Channel == Instagram {
		o["username"], o["follower_count"] = handleOf(t.Buyer), 42
		o["is_user_follow_business"], o["is_business_follow_user"], o["is_verified_user"] = true, false, false
	} else {
		o["first_name"], o["last_name"] = first, last
	}
	return c.show(kindPerson, o, "id,name")
}
