package metagraph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// messaging is one entry of messaging[] or standby[]: one of the keys below the
// time is set (Messenger and Instagram webhooks, 2026-11).
type messaging struct {
	Sender    side            `json:"sender"`
	Recipient side            `json:"recipient"`
	Timestamp api.ID          `json:"timestamp"`
	Message   *message        `json:"message"`
	Postback  *postback       `json:"postback"`
	Referral  *referral       `json:"referral"`
	Reaction  *reaction       `json:"reaction"`
	Read      *read           `json:"read"`
	Edit      *edit           `json:"message_edit"`
	Order     *cart           `json:"order"`
	Delivery  json.RawMessage `json:"delivery"`
	housekeeping
}

// housekeeping are known updates in which nobody says anything.
type housekeeping struct {
	Optin   json.RawMessage `json:"optin"`
	Pass    json.RawMessage `json:"pass_thread_control"`
	Take    json.RawMessage `json:"take_thread_control"`
	Ask     json.RawMessage `json:"request_thread_control"`
	Roles   json.RawMessage `json:"app_roles"`
	Linking json.RawMessage `json:"account_linking"`
	Policy  json.RawMessage `json:"policy_enforcement"`
}

func (h housekeeping) any() bool {
	return slices.ContainsFunc([]json.RawMessage{h.Optin, h.Pass, h.Take, h.Ask, h.Roles, h.Linking, h.Policy}, func(raw json.RawMessage) bool { return len(raw) > 0 })
}

type side struct {
	ID api.ID `json:"id"`
}

type message struct {
	Mid         string       `json:"mid"`
	Text        string       `json:"text"`
	Echo        bool         `json:"is_echo"`
	Deleted     bool         `json:"is_deleted"`
	Unsupported bool         `json:"is_unsupported"`
	App         api.ID       `json:"app_id"`
	Metadata    string       `json:"metadata"`
	Attachments []attachment `json:"attachments"`
	Referral    *referral    `json:"referral"`
	ReplyTo     *struct {
		Mid   string `json:"mid"`
		Story *struct {
			URL string `json:"url"`
		} `json:"story"`
	} `json:"reply_to"`
}

type attachment struct {
	Type    string `json:"type"`
	Payload struct {
		URL     string `json:"url"`
		Title   string `json:"title"`
		Product *struct {
			Elements []struct {
				RetailerID string `json:"retailer_id"`
				Title      string `json:"title"`
				Image      string `json:"image_url"`
			} `json:"elements"`
		} `json:"product"`
	} `json:"payload"`
}

type referral struct {
	Ref     string `json:"ref"`
	Source  string `json:"source"`
	Product *struct {
		ID api.ID `json:"id"`
	} `json:"product"`
	Ad struct {
		Title string `json:"ad_title"`
	} `json:"ads_context_data"`
}

type postback struct {
	Mid      string    `json:"mid"`
	Title    string    `json:"title"`
	Payload  string    `json:"payload"`
	Referral *referral `json:"referral"`
}

type reaction struct {
	Mid      string `json:"mid"`
	Action   string `json:"action"`
	Reaction string `json:"reaction"`
	Emoji    string `json:"emoji"`
}

// read names a time on Messenger and a message on Instagram.
type read struct {
	Watermark api.ID `json:"watermark"`
	Mid       string `json:"mid"`
}

type edit struct {
	Mid  string `json:"mid"`
	Text string `json:"text"`
	Num  int64  `json:"num_edit"`
}

// cart is what a buyer sends as "order" (field send_cart). Prices are numbers
// and informational.
type cart struct {
	Products []struct {
		ID         api.ID      `json:"id"`
		RetailerID string      `json:"retailer_id"`
		Name       string      `json:"name"`
		Price      json.Number `json:"unit_price"`
		Currency   string      `json:"currency"`
		Quantity   json.Number `json:"quantity"`
	} `json:"products"`
	Note string `json:"note"`
}

// at is the time of the update: milliseconds, or seconds in some samples.
func (m messaging) at() time.Time {
	n, err := strconv.ParseInt(string(m.Timestamp), 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n < 100_000_000_000:
		return time.Unix(n, 0).UTC()
	}
	return time.UnixMilli(n).UTC()
}

// person is the side that is not ours. An echo comes from us.
func (m messaging) person(own api.ID) commerce.RemoteID {
	if m.Sender.ID == own || (m.Message != nil && m.Message.Echo) {
		return commerce.RemoteID(m.Recipient.ID)
	}
	return commerce.RemoteID(m.Sender.ID)
}

// topic names the kind of an update, for logs.
func (m messaging) topic() string {
	switch {
	case m.Message != nil && m.Message.Deleted:
		return "unsend"
	case m.Message != nil && m.Message.Echo:
		return "echo"
	case m.Message != nil:
		return "message"
	case m.Edit != nil:
		return "edit"
	case m.Reaction != nil:
		return "reaction"
	case m.Read != nil:
		return "read"
	case m.Postback != nil:
		return "postback"
	case m.Order != nil:
		return "send_cart"
	case m.Referral != nil:
		return "referral"
	}
	return "unknown"
}

// key is the same whenever the update is delivered again.
func (m messaging) key(own api.ID, raw []byte) string {
	who, at := string(m.person(own)), string(m.Timestamp)
	switch {
	case m.Message != nil && m.Message.Deleted && m.Message.Mid != "":
		return "meta#" + m.Message.Mid + "#deleted"
	case m.Message != nil && m.Message.Mid != "":
		return "meta#" + m.Message.Mid
	case m.Edit != nil && m.Edit.Mid != "":
		return fmt.Sprintf("meta#%s#edit#%d", m.Edit.Mid, m.Edit.Num)
	case m.Reaction != nil && m.Reaction.Mid != "":
		return strings.Join([]string{"meta", m.Reaction.Mid, string(m.Sender.ID), m.Reaction.Action, at}, "#")
	case m.Read != nil:
		return strings.Join([]string{"meta", string(own), who, "read", string(m.Read.Watermark) + m.Read.Mid}, "#")
	case m.Postback != nil && m.Postback.Mid != "":
		return "meta#" + m.Postback.Mid
	case m.Order != nil:
		return m.cartID(own)
	}
	return "meta#" + digest([]byte(own), raw)
}

// cartID is the id of a chat cart, which has none of its own: page, person,
// time and what is in it, as a digest that does not show the person.
func (m messaging) cartID(own api.ID) string {
	raw, err := json.Marshal(m.Order.Products)
	if err != nil { // it was decoded from JSON: it can't happen
		raw = nil
	}
	return "cart#" + digest([]byte(own), []byte(m.Sender.ID), []byte(m.Timestamp), raw)
}

// attachmentKind is our word for Meta's; what is new at Meta is unsupported,
// and kept.
func attachmentKind(kind string) string {
	switch kind {
	case "image", "video", "audio", "sticker", "reel", "story", "post":
		return kind
	case "ig_reel":
		return "reel"
	case "ig_story", "story_mention":
		return "story"
	case "ig_post", "share", "media":
		return "post"
	case "file", "application", "text":
		return "file"
	case "template", "product":
		return "product"
	case "fallback":
		return "link"
	case "appointment_booking":
		return "appointment"
	}
	return "unsupported"
}

// content is the kind and the attachments of a message.
func (m message) content() (string, []commerce.Attachment) {
	var list []commerce.Attachment
	for _, a := range m.Attachments {
		if p := a.Payload.Product; p != nil {
			for _, e := range p.Elements {
				list = append(list, commerce.Attachment{Kind: "product", Name: strings.TrimSpace(e.RetailerID + " " + e.Title), URL: e.Image})
			}
			continue
		}
		list = append(list, commerce.Attachment{Kind: attachmentKind(a.Type), Name: a.Payload.Title, URL: a.Payload.URL})
	}
	if m.ReplyTo != nil && m.ReplyTo.Story != nil {
		list = append(list, commerce.Attachment{Kind: "story", URL: m.ReplyTo.Story.URL})
	}
	if r := m.Referral; r != nil {
		list = append(list, r.attachments()...)
	}
	switch {
	case m.Unsupported:
		return "unsupported", list
	case m.Text != "":
		return "text", list
	case len(list) > 0:
		return list[0].Kind, list
	}
	return "unsupported", nil
}

// attachments say where a buyer came from. The product's id is the catalog's,
// not the SKU.
func (r referral) attachments() []commerce.Attachment {
	var list []commerce.Attachment
	if r.Product != nil && r.Product.ID != "" {
		list = append(list, commerce.Attachment{Kind: "product", Name: string(r.Product.ID)})
	}
	if r.Ad.Title != "" {
		list = append(list, commerce.Attachment{Kind: "ad", Name: r.Ad.Title})
	}
	return list
}
