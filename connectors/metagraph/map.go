package metagraph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// Map turns an event into updates. It is pure. Kinds we do not know are shown as
// such and keep what was told.
func Map(app any, e channel.Event) ([]channel.Update, error) {
	var body envelope
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return nil, fault.Wrap(err, fault.Permanent, "event_unreadable", "An event of Meta can't be read.")
	}
	own := ""
	if a, ok := app.(*App); ok && a != nil {
		own = a.ID
	}
	var updates []channel.Update
	for _, in := range body.Entry {
		if in.ID == "" || in.ID == "0" {
			continue
		}
		for _, list := range [][]json.RawMessage{in.Messaging, in.Standby} {
			for _, raw := range list {
				var m messaging
				if err := json.Unmarshal(raw, &m); err != nil {
					return nil, fault.Wrap(err, fault.Permanent, "event_unreadable", "A message event of Meta can't be read.")
				}
				updates = append(updates, kept(m.updates(e.Channel, in.ID, own, e.ReceivedAt), raw)...)
			}
		}
	}
	return updates, nil
}

// rawMax bounds what is kept of a message nobody understands.
const rawMax = 4 << 10

// kept lets messages of kinds we do not know keep what Meta told, and gives one
// without an id the digest of it.
func kept(updates []channel.Update, raw []byte) []channel.Update {
	for _, u := range updates {
		if u.Kind != channel.UpdateMessage {
			continue
		}
		m := &u.Message.Message
		if m.Remote == "" {
			m.Remote = commerce.RemoteID("meta#" + digest(raw))
		}
		if m.Kind == "unsupported" || slices.ContainsFunc(m.Attachments, func(a commerce.Attachment) bool { return a.Kind == "unsupported" }) {
			m.Raw = strings.ToValidUTF8(string(raw[:min(len(raw), rawMax)]), "")
		}
	}
	return updates
}

// updates maps one messaging update. app is our id, to know our own echoes;
// received stands in for a time that is missing.
func (m messaging) updates(on commerce.Channel, own api.ID, app string, received time.Time) []channel.Update {
	u := &channel.MessageUpdate{Thread: m.person(own), Contact: m.person(own), Kind: commerce.Chat}
	if u.Thread == "" || commerce.RemoteID(own) == u.Thread {
		return nil
	}
	u.Message.At = m.at()
	if u.Message.At.IsZero() {
		u.Message.At = received
	}
	kind := channel.UpdateMessage
	switch {
	case m.Message != nil:
		kind = m.Message.fill(u, app)
	case m.Edit != nil:
		kind = channel.UpdateEdit
		u.Message.Remote, u.Message.By, u.Message.Kind, u.Message.Text, u.Message.Edit = commerce.RemoteID(m.Edit.Mid), commerce.ByBuyer, "text", m.Edit.Text, m.Edit.Num
		if m.Sender.ID == own {
			u.Message.By = commerce.BySeller
		}
	case m.Reaction != nil:
		kind = channel.UpdateReaction
		m.Reaction.fill(u)
	case m.Read != nil:
		kind = channel.UpdateRead
		u.Message.Remote, u.Message.By, u.Message.Kind = commerce.RemoteID(m.Read.Mid), commerce.BySystem, "read"
	case m.Postback != nil:
		m.Postback.fill(u)
	case m.Order != nil:
		return m.cart(on, own, u)
	case m.Referral != nil:
		m.Referral.fill(u)
	case m.any():
		return nil
	default:
		// New at Meta: shown as what it is, and no action of the buyer that we
		// could know of. Its id is made of all that was told.
		u.Message.By, u.Message.Kind = commerce.BySystem, "unsupported"
		return []channel.Update{{Kind: kind, Message: u}}
	}
	switch {
	case u.Message.Remote != "" || kind == channel.UpdateRead:
	case kind != channel.UpdateMessage:
		return nil // it is about a message nobody can name
	default:
		u.Message.Remote = commerce.RemoteID(m.key(own, fmt.Append(nil, m.topic(), u.Thread, u.Message.At.UnixMilli(), u.Message.Text)))
	}
	if acted := m.Sender.ID != own && kind != channel.UpdateRead && kind != channel.UpdateDelete && u.Message.By != commerce.BySeller; acted {
		u.ReplyUntil = u.Message.At.Add(HumanWindow)
	}
	return []channel.Update{{Kind: kind, Message: u}}
}

// fill maps a message, an echo of one of ours, or that one was taken back.
func (m message) fill(u *channel.MessageUpdate, app string) channel.UpdateKind {
	u.Message.Remote, u.Message.Text, u.Message.By = commerce.RemoteID(m.Mid), m.Text, commerce.ByBuyer
	if m.Deleted {
		// Its content has to vanish here too (platform terms).
		u.Message.Text, u.Message.By, u.Message.Kind = "", commerce.BySystem, "deleted"
		return channel.UpdateDelete
	}
	u.Message.Kind, u.Message.Attachments = m.content()
	if m.Echo {
		u.Message.By = commerce.BySeller
		if app != "" && string(m.App) == app {
			u.Ours = commerce.MessageID(m.Metadata)
		}
	}
	return channel.UpdateMessage
}

// fill maps a reaction. The message it is on may not have arrived yet: nobody
// is said to have written it.
func (r reaction) fill(u *channel.MessageUpdate) {
	u.Message.Remote, u.Message.By, u.Message.Kind = commerce.RemoteID(r.Mid), commerce.BySystem, "reaction"
	if !strings.EqualFold(r.Action, "unreact") {
		if u.Reaction = r.Emoji; u.Reaction == "" {
			u.Reaction = r.Reaction
		}
	}
}

func (p postback) fill(u *channel.MessageUpdate) {
	u.Message.Remote, u.Message.By, u.Message.Kind, u.Message.Text = commerce.RemoteID(p.Mid), commerce.ByBuyer, "postback", p.Title
	if p.Title == "" {
		u.Message.Text = p.Payload
	}
	if p.Referral != nil {
		u.Message.Attachments = p.Referral.attachments()
	}
}

// fill notes that a buyer came into the thread by a link or an ad, which opens
// the time to reply.
func (r referral) fill(u *channel.MessageUpdate) {
	u.Message.By, u.Message.Kind, u.Message.Attachments = commerce.BySystem, "referral", r.attachments()
	u.Message.Text = "Came through a link"
	if strings.EqualFold(r.Source, "ADS") {
		u.Message.Text = "Came through an ad"
	}
	if r.Ref != "" {
		u.Message.Text += ": " + cutRunes(r.Ref, 200)
	}
}

// Bounds of what a chat cart may ask; it is a buyer's wish, not a fact.
const (
	cartLines    = 100
	cartQuantity = 100_000
)

// cart maps a cart sent in a chat: a draft order that takes no stock, and the
// message it is in the thread.
func (m messaging) cart(on commerce.Channel, own api.ID, u *channel.MessageUpdate) []channel.Update {
	id := m.cartID(own)
	o := &commerce.Order{
		Channel: on, Source: commerce.FromChatCart, Remote: commerce.RemoteID(id), Number: "CART-" + strings.ToUpper(digest([]byte(id))[:8]),
		State: commerce.OrderDraft, RawState: "send_cart", Note: m.Order.Note, Buyer: commerce.Buyer{Remote: u.Thread},
		PlacedAt: u.Message.At, UpdatedAt: u.Message.At, RemoteVersion: u.Message.At.UnixMilli(),
	}
	var words []string
	for i, p := range m.Order.Products {
		if i == cartLines {
			break
		}
		n, err := p.Quantity.Int64()
		if err != nil || n < 1 {
			n = 1
		}
		line := commerce.OrderLine{ID: fmt.Sprint(i + 1), Title: p.Name, Quantity: min(n, cartQuantity), SKU: commerce.SKU(p.RetailerID), RemoteItem: commerce.RemoteID(p.RetailerID)}
		if price, err := commerce.ParseMoney(p.Price.String(), strings.ToUpper(p.Currency)); err == nil && price.Amount >= 0 {
			line.Price = price
		}
		o.Lines = append(o.Lines, line)
		words = append(words, fmt.Sprintf("%d × %s", line.Quantity, p.Name))
	}
	o.Total = totalOf(o.Lines)
	u.Message.Remote, u.Message.By, u.Message.Kind = o.Remote, commerce.ByBuyer, "order"
	u.Message.Text = strings.TrimSpace(strings.Join(words, ", ") + "\n" + m.Order.Note)
	u.Order, u.ReplyUntil = o.Remote, u.Message.At.Add(HumanWindow)
	return []channel.Update{{Kind: channel.UpdateOrder, Order: o}, {Kind: channel.UpdateMessage, Message: u}}
}

// totalOf adds the lines up; nothing when a price is unknown or currencies mix.
func totalOf(lines []commerce.OrderLine) commerce.Money {
	var total commerce.Money
	for _, l := range lines {
		sum, err := l.Price.Times(l.Quantity)
		if err == nil && l.Price.Currency != "" {
			total, err = total.Add(sum)
		}
		if err != nil || l.Price.Currency == "" {
			return commerce.Money{}
		}
	}
	return total
}
