package tiktokshop

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	// deepest is how many pages of one chat a poll reads: a hundred messages.
	deepest = 10
	// closedChat says why a chat can't be answered (conversation rules, 2025-12).
	closedChat = "TikTok lets a shop write within 30 days of the last contact, or 60 days of an order."
	// echoSlack is how far TikTok's seconds may lie before our attempt.
	echoSlack = 5 * time.Second
	// maxReply is in characters (SendMessage, 2025-12).
	maxReply = 2000
)

// ListMessages reads chats with news, a page of twenty chats with a call. The
// list is taken to have the latest talk first; a page without news ends the
// run. An app without the permission reads nothing, and Check says so.
func (c *Connector) ListMessages(ctx context.Context, p channel.Poll) (channel.Page, error) {
	run := readCursor(p.Cursor).run(p.Since, c.env.Now())
	chats, next, err := c.api.ListConversations(ctx, run.Token)
	if f := fault.Of(err); f != nil && (f.Code == api.CodeScope || f.Code == api.CodeChatQuota) {
		return channel.Page{Cursor: p.Cursor}, nil
	}
	if f := fault.Of(err); f != nil && f.Code == api.CodePageToken && run.Token != "" {
		return channel.Page{Cursor: cursor{Read: run.Read}.text(), More: true}, nil
	}
	if err != nil {
		return channel.Page{}, fmt.Errorf("list conversations: %w", err)
	}
	var page channel.Page
	news := false
	for _, chat := range chats {
		if chat.Latest != nil && int64(chat.Latest.Created) < run.From {
			continue
		}
		news = true
		updates, err := c.since(ctx, chat, run.From)
		if err != nil {
			return channel.Page{}, err
		}
		page.Updates = append(page.Updates, updates...)
	}
	slices.SortStableFunc(page.Updates, func(a, b channel.Update) int { return a.Message.Message.At.Compare(b.Message.Message.At) })
	if next != "" && news {
		run.Token = next
		page.Cursor, page.More = run.text(), true
		return page, nil
	}
	page.Cursor = cursor{Read: run.Began}.text()
	return page, nil
}

// since reads the messages of a chat from a time on, oldest first.
func (c *Connector) since(ctx context.Context, chat api.Conversation, from int64) ([]channel.Update, error) {
	var list []api.Message
	token := ""
	for range deepest {
		part, next, err := c.api.ListMessages(ctx, string(chat.ID), token)
		if err != nil {
			return nil, fmt.Errorf("read conversation %s: %w", chat.ID, err)
		}
		list = append(list, part...)
		if next == "" || len(part) == 0 || int64(part[len(part)-1].Created) < from {
			break
		}
		token = next
	}
	list = slices.DeleteFunc(list, func(m api.Message) bool { return int64(m.Created) < from })
	return mapChat(chat, list), nil
}

// Messages reads the newest messages of one chat, a page of ten.
func (c *Connector) Messages(ctx context.Context, thread commerce.RemoteID) ([]channel.Update, error) {
	list, _, err := c.api.ListMessages(ctx, string(thread), "")
	if f := fault.Of(err); f != nil && f.Code == api.CodeScope {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read conversation %s: %w", thread, err)
	}
	return mapChat(api.Conversation{ID: api.ID(thread), CanSend: true}, list), nil
}

// mapChat turns messages into updates, oldest first; what TikTok hides from
// people is left out, but tells which order a buyer came from.
func mapChat(chat api.Conversation, list []api.Message) []channel.Update {
	slices.SortStableFunc(list, func(a, b api.Message) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), compareIndex(string(a.Index), string(b.Index)))
	})
	var updates []channel.Update
	order := commerce.RemoteID("")
	for _, m := range list {
		if id := contentOf(m).Order; id != "" {
			order = commerce.RemoteID(id)
		}
		if u, ok := mapMessage(chat.ID, m); ok {
			u.Message.Order = order
			u.Message.Name, u.Message.Contact = buyerOf(chat, list)
			if len(chat.Participants) > 0 && !chat.CanSend {
				u.Message.NoReply = closedChat
			}
			updates = append(updates, u)
		}
	}
	return updates
}

// compareIndex compares large whole numbers in text.
func compareIndex(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// buyerOf names the buyer of a chat and their chat id: as a participant, else
// as the sender of one of the messages.
func buyerOf(chat api.Conversation, list []api.Message) (name string, contact commerce.RemoteID) {
	people := slices.Clone(chat.Participants)
	for _, m := range list {
		people = append(people, m.Sender)
	}
	for _, p := range people {
		if p.Role == "BUYER" {
			return p.Nickname, commerce.RemoteID(p.IMUser)
		}
	}
	return "", ""
}

// mapMessage turns one message into an update; false for what is not shown.
func mapMessage(thread api.ID, m api.Message) (channel.Update, bool) {
	if (m.Visible != nil && !*m.Visible) || m.ID == "" || thread == "" {
		return channel.Update{}, false
	}
	content := contentOf(m)
	u := channel.MessageUpdate{
		Thread: commerce.RemoteID(thread), Kind: commerce.Chat,
		Message: commerce.Message{Remote: commerce.RemoteID(m.ID), By: party(m.Sender.Role), Author: m.Sender.Nickname, At: at(m.Created)},
	}
	if u.Message.By == commerce.ByBuyer {
		u.Contact = commerce.RemoteID(m.Sender.IMUser)
	}
	u.Message.Kind, u.Message.Text, u.Message.Attachments = content.show(m)
	return channel.Update{Kind: channel.UpdateMessage, Message: &u}, true
}

// party: the platform's own messages carry the shop's identity, so the role
// decides.
func party(role string) commerce.Party {
	switch role {
	case "BUYER":
		return commerce.ByBuyer
	case "SHOP", "CUSTOMER_SERVICE":
		return commerce.BySeller
	}
	return commerce.BySystem
}

// content is the document inside the string of a message.
type content struct {
	Text    string `json:"content"`
	URL     string `json:"url"`
	Product api.ID `json:"product_id"`
	Order   api.ID `json:"order_id"`
	Coupon  api.ID `json:"coupon_id"`
}

// contentOf survives what is not a document.
func contentOf(m api.Message) content {
	var c content
	if json.Unmarshal([]byte(m.Content), &c) != nil {
		return content{}
	}
	return c
}

// show is what a person reads: our kind, a text, what hangs on it.
func (c content) show(m api.Message) (kind, text string, attachments []commerce.Attachment) {
	switch m.Type {
	case "TEXT":
		if c == (content{}) && !strings.HasPrefix(strings.TrimSpace(m.Content), "{") {
			return "text", m.Content, nil
		}
		return "text", c.Text, nil
	case "IMAGE":
		return "image", "", []commerce.Attachment{{Kind: "image", URL: strings.TrimSpace(c.URL)}}
	case "EMOTICONS":
		return "sticker", "", nil
	case "PRODUCT_CARD", "BUYER_ENTER_FROM_PRODUCT":
		return "product", "Product " + string(c.Product), nil
	case "ORDER_CARD", "LOGISTICS_CARD", "RETURN_REFUND_CARD", "BUYER_ENTER_FROM_ORDER":
		return "order", "Order " + string(c.Order), nil
	case "COUPON_CARD":
		return "coupon", "Coupon " + string(c.Coupon), nil
	case "NOTIFICATION", "ALLOCATED_SERVICE", "BUYER_ENTER_FROM_TRANSFER":
		return "notice", c.Text, nil
	}
	return "unsupported", c.Text, nil
}

// Reply writes to the buyer. TikTok has no idempotency key for it.
func (c *Connector) Reply(ctx context.Context, r channel.Reply) (channel.Sent, error) {
	if n := utf8.RuneCountInString(r.Message.Text); n == 0 || n > maxReply {
		return channel.Sent{}, fault.Refused(fault.Invalid, commerce.Problem{
			Channel: commerce.TikTok, Rule: "text_too_long", Field: "text", Value: strconv.Itoa(n), Allowed: "1 to 2000 characters", Fix: "Write a message of 1 to 2000 characters.",
		})
	}
	id, err := c.api.SendText(ctx, string(r.Conversation.Remote), r.Message.Text)
	if err != nil {
		return channel.Sent{}, fmt.Errorf("write in conversation %s: %w", r.Conversation.Remote, err)
	}
	// Who answers has read. The reply is out: it must not look lost when this fails.
	_ = c.api.MarkRead(ctx, string(r.Conversation.Remote))
	return channel.Sent{Remote: commerce.RemoteID(id), At: c.env.Now()}, nil
}

// FindReply looks for our text among the newest messages since the attempt.
func (c *Connector) FindReply(ctx context.Context, r channel.Reply) (channel.Sent, bool, error) {
	list, _, err := c.api.ListMessages(ctx, string(r.Conversation.Remote), "")
	if err != nil {
		return channel.Sent{}, false, fmt.Errorf("look for a reply in conversation %s: %w", r.Conversation.Remote, err)
	}
	from := r.TriedAt.Add(-echoSlack)
	for _, m := range list {
		if party(m.Sender.Role) == commerce.BySeller && contentOf(m).Text == r.Message.Text && !at(m.Created).Before(from) {
			return channel.Sent{Remote: commerce.RemoteID(m.ID), At: at(m.Created)}, true, nil
		}
	}
	return channel.Sent{}, false, nil
}

// unixText reads Unix seconds in text; the zero time for anything else.
func unixText(text string) time.Time {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return at(api.Int(n))
}
