package tiktoksim

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/connectors/simkit"
)

// chat counts a call against the quota of the day.
func chat(run func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		day := c.now.Format("2006-01-02")
		var n int
		if _, err := c.tx.Find("chat-calls", day, &n); err != nil {
			return nil, err
		}
		if n >= c.sim.DailyChatCalls {
			return nil, reject(45101004, "The quota of %d requests per day is used up.", c.sim.DailyChatCalls)
		}
		if err := c.tx.Put("chat-calls", day, n+1); err != nil {
			return nil, err
		}
		return run(c)
	}
}

func listConversations(c *call) (any, error) {
	size, err := pageSize(c, 1, 20, 0)
	if err != nil {
		return nil, err
	}
	all := []*conversation{}
	err = simkit.Each(c.tx, "thread", "", func(_ string, t conversation) bool {
		all = append(all, &t)
		return true
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, all, size, true, func(t *conversation) string { return timeKey(t.Touched, t.ID) })
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, t := range rows {
		view, err := c.threadView(t)
		if err != nil {
			return nil, err
		}
		list = append(list, view)
	}
	return object{"conversations": list, "next_page_token": next}, nil
}

func (c *call) threadView(t *conversation) (object, error) {
	b, err := c.sim.buyer(c.tx, t.Buyer)
	if err != nil {
		return nil, err
	}
	out := object{
		"id": t.ID, "participant_count": 2, "can_send_message": t.open(b, c.unix()), "unread_count": t.Unread, "create_time": t.Created,
		"participants": []object{
			{"im_user_id": b.IMUserID, "user_id": b.UserID, "role": roleBuyer, "nickname": b.Name, "avatar": "", "buyer_platform": "TIKTOK_SHOP"},
			{"im_user_id": c.shop.IMUser, "user_id": c.shop.ID, "role": roleShop, "nickname": c.shop.Name, "avatar": ""},
		},
	}
	var m message
	known, err := c.tx.Find("message", t.Last, &m)
	if known {
		out["latest_message"] = c.messageView(m, b)
	}
	return out, err
}

func (c *call) messageView(m message, b buyer) object {
	sender := object{"im_user_id": b.IMUserID, "role": m.Role, "nickname": b.Name, "avatar": ""}
	if m.Role != roleBuyer {
		sender["im_user_id"], sender["nickname"] = c.shop.IMUser, c.shop.Name
	}
	return object{"id": m.ID, "type": m.Type, "content": m.Content, "create_time": m.Created, "is_visible": m.Visible, "index": m.Index, "sender": sender}
}

func createConversation(c *call) (any, error) {
	in, err := decode[struct {
		User string `json:"buyer_user_id"`
	}](c)
	if err != nil {
		return nil, err
	}
	if in.User == "" {
		return nil, invalid("param body.buyer_user_id is missing")
	}
	var name string
	if known, err := c.tx.Find("by-user", in.User, &name); err != nil || !known {
		return nil, orRefusal(err, reject(45101003, "The record is not found."))
	}
	b, err := c.sim.buyer(c.tx, name)
	if err != nil {
		return nil, err
	}
	t, err := c.sim.thread(c.tx, b)
	if err != nil {
		return nil, err
	}
	if !t.open(b, c.unix()) {
		return nil, reject(45109003, "The criteria for opening a conversation are not met.")
	}
	return object{"conversation_id": t.ID}, nil
}

// conversation loads the one of the path with its buyer.
func (c *call) conversation() (*conversation, buyer, error) {
	var t conversation
	known, err := c.tx.Find("thread", c.req.PathValue("conversation_id"), &t)
	if err != nil || !known {
		return nil, buyer{}, orRefusal(err, reject(45101003, "The record is not found."))
	}
	b, err := c.sim.buyer(c.tx, t.Buyer)
	return &t, b, err
}

func listMessages(c *call) (any, error) {
	size, err := pageSize(c, 1, 10, 0)
	if err != nil {
		return nil, err
	}
	field, down, err := sorting(c, true, "create_time", "index")
	if err != nil {
		return nil, err
	}
	t, b, err := c.conversation()
	if err != nil {
		return nil, err
	}
	all := []message{}
	err = simkit.Each(c.tx, "message", t.ID+"/", func(_ string, m message) bool {
		all = append(all, m)
		return true
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, all, size, down, func(m message) string {
		if field == "index" {
			return m.key()
		}
		return timeKey(m.Created, m.Index)
	})
	list := []object{}
	for _, m := range rows {
		list = append(list, c.messageView(m, b))
	}
	return object{"messages": list, "next_page_token": next, "unsupported_msg_tips": "This message can be read in Seller Center."}, err
}

type outgoing struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

func sendMessage(c *call) (any, error) {
	in, err := decode[outgoing](c)
	if err != nil {
		return nil, err
	}
	t, b, err := c.conversation()
	if err != nil {
		return nil, err
	}
	if err := c.sim.checkOutgoing(in); err != nil {
		return nil, err
	}
	if !t.open(b, c.unix()) {
		return nil, reject(45109001, "The conversation is closed for messages of the shop.")
	}
	id, err := c.sim.say(c.tx, t, b, message{Type: in.Type, Content: in.Content, Role: roleAgent, Visible: true})
	return object{"message_id": id}, err
}

// checkOutgoing: the content is a JSON document inside a string, with the
// fields of its type.
func (s *Sim) checkOutgoing(in outgoing) error {
	needs, ok := map[string][]string{
		"TEXT": {"content"}, "IMAGE": {"url", "width", "height"}, "PRODUCT_CARD": {"product_id"}, "ORDER_CARD": {"order_id"},
		"RETURN_REFUND_CARD": {"order_id", "sku_id"}, "COUPON_CARD": {"coupon_id"}, "VIDEO": {"vid"}, "LOGISTICS_CARD": {"order_id"},
	}[in.Type]
	if !ok {
		return reject(45111001, "Messages of this type are not supported.")
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(in.Content), &fields); err != nil {
		return reject(45101001, "Invalid parameter: content is not a JSON document.")
	}
	for _, name := range needs {
		if fields[name] == nil || fields[name] == "" {
			return reject(45101001, "Invalid parameter: content.%s is missing.", name)
		}
	}
	if in.Type != "TEXT" {
		return nil
	}
	text, ok := fields["content"].(string)
	if !ok || utf8.RuneCountInString(text) > 2000 {
		return reject(45101001, "Invalid parameter: a text has at most 2000 characters.")
	}
	if slices.ContainsFunc(s.SensitivePhrases, func(p string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(p)) }) {
		return reject(45101006, "The message contains sensitive content.")
	}
	return nil
}

func readMessages(c *call) (any, error) {
	t, _, err := c.conversation()
	if err != nil {
		return nil, err
	}
	t.Unread = 0
	return object{}, c.tx.Put("thread", t.ID, t)
}

func uploadChatImage(c *call) (any, error) {
	_, data, err := readUpload(c)
	if err != nil {
		return nil, err
	}
	p, err := readPicture(data, "png", "jpeg", "gif")
	if err != nil {
		return nil, reject(45101001, "The image could not be read.")
	}
	id, err := c.sim.keep(c.tx, p)
	return object{"url": c.sim.pictureURL(uri(id)), "width": p.Width, "height": p.Height}, err
}

func agentSettings(c *call) (any, error) {
	return object{"can_accept_chat": c.shop.Accepts}, nil
}

func putAgentSettings(c *call) (any, error) {
	in, err := decode[struct {
		Accept *bool `json:"can_accept_chat"`
	}](c)
	if err != nil {
		return nil, err
	}
	if in.Accept == nil {
		return nil, invalid("param body.can_accept_chat is missing")
	}
	c.shop.Accepts = *in.Accept
	return object{}, c.tx.Put("shop", "shop", c.shop)
}
