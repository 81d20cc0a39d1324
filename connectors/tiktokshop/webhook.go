package tiktokshop

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// maxHook bounds a webhook's body; TikTok's samples are below 2 KB.
const maxHook = 1 << 20

// topics are the numbers of the event types a shop can subscribe to (webhook
// pages, 2026; the guide warns that no complete table is promised).
func topics() map[string]int64 {
	return map[string]int64{
		"ORDER_STATUS_CHANGE": 1, "REVERSE_STATUS_UPDATE": 2, "RECIPIENT_ADDRESS_UPDATE": 3, "PACKAGE_UPDATE": 4, "PRODUCT_STATUS_CHANGE": 5,
		"SELLER_DEAUTHORIZATION": 6, "UPCOMING_AUTHORIZATION_EXPIRATION": 7, "CANCELLATION_STATUS_CHANGE": 11, "RETURN_STATUS_CHANGE": 12,
		"NEW_CONVERSATION": 13, "NEW_MESSAGE": 14, "PRODUCT_INFORMATION_CHANGE": 15, "PRODUCT_CREATION": 16, "PRODUCT_CATEGORY_CHANGE": 18,
		"INVENTORY_STATUS_CHANGE": 27, "INVOICE_STATUS_CHANGE": 36, "PRODUCT_AUDIT_STATUS_CHANGE": 37,
	}
}

// topicOf is the number of a notification's topic: that of the path it came by,
// which is the subscription's own, else that of its body. Where both are known
// and differ it is 0, and nothing is read into it but the ids it names.
func topicOf(path string, number int64) int64 {
	named, ok := topics()[strings.ReplaceAll(strings.ToUpper(path), "-", "_")]
	known := false
	for _, n := range topics() {
		known = known || n == number
	}
	switch {
	case !ok || named == number:
		return number
	case !known:
		return named
	}
	return 0
}

// Hooks are the addresses TikTok calls: one path per topic, named like its
// event type, as the guide advises.
func Hooks() []channel.Hook {
	return []channel.Hook{{Method: http.MethodPost, Path: "/webhooks/tiktok/{topic}", Handle: receive}}
}

// envelope is what all notifications have in common.
type envelope struct {
	Type         api.Int         `json:"type"`
	Notification api.ID          `json:"tts_notification_id"`
	Shop         api.ID          `json:"shop_id"`
	Data         json.RawMessage `json:"data"`
}

// receive verifies a notification on its raw bytes. TikTok signs no time, so
// there is no age to check. What names no shop is acknowledged and dropped.
func receive(apps map[commerce.Channel]any, r channel.HookRequest) (channel.HookResponse, []channel.Event, error) {
	app, ok := apps[commerce.TikTok].(*App)
	if !ok || len(r.Body) > maxHook || !app.signed(r.Header.Get("Authorization"), r.Body) {
		return channel.HookResponse{Status: http.StatusUnauthorized}, nil, nil
	}
	accepted := channel.HookResponse{Status: http.StatusOK}
	var e envelope
	if err := json.Unmarshal(r.Body, &e); err != nil || e.Shop == "" {
		return accepted, nil, nil
	}
	id := string(e.Notification)
	if id == "" {
		sum := sha256.Sum256(r.Body)
		id = hex.EncodeToString(sum[:])
	}
	return accepted, []channel.Event{{
		Channel: commerce.TikTok, Account: commerce.RemoteID(e.Shop), Topic: strconv.FormatInt(topicOf(r.Path["topic"], int64(e.Type)), 10), ID: id, Body: r.Body, ReceivedAt: r.Now,
	}}, nil
}

// signed compares with every secret that is in use, in constant time.
func (a *App) signed(given string, body []byte) bool {
	ok := false
	for _, secret := range []string{a.Secret.Reveal(), a.Next.Reveal()} {
		if secret == "" || a.Key == "" {
			continue
		}
		want := api.SignWebhook(a.Key, secret, body)
		if subtle.ConstantTimeCompare([]byte(want), []byte(strings.TrimSpace(given))) == 1 {
			ok = true
		}
	}
	return ok
}

// data are the fields of all topics that we look at.
type data struct {
	Order    api.ID   `json:"order_id"`
	Orders   []api.ID `json:"order_ids"`
	Product  api.ID   `json:"product_id"`
	Message  string   `json:"message"`
	Expires  api.ID   `json:"expiration_time"`
	Packages []parcel `json:"package_list"`
}

type parcel struct {
	Orders []api.ID `json:"order_id_list"`
}

// chatData is the data of topic 14: a message and its conversation.
type chatData struct {
	api.Message
	ID           api.ID `json:"message_id"`
	Conversation api.ID `json:"conversation_id"`
}

// mapEvent turns a verified notification into updates. Topics that are new to
// us say nothing but that what they name has changed.
func mapEvent(_ any, e channel.Event) ([]channel.Update, error) {
	var env envelope
	if err := json.Unmarshal(e.Body, &env); err != nil {
		return nil, unreadable(err)
	}
	topic, err := strconv.ParseInt(e.Topic, 10, 64)
	if err != nil {
		topic = int64(env.Type)
	}
	if topic == 13 || topic == 14 {
		return mapChatEvent(topic, env)
	}
	var d data
	if len(env.Data) > 0 {
		if err := json.Unmarshal(env.Data, &d); err != nil {
			return nil, unreadable(err)
		}
	}
	switch topic {
	case 1, 3, 4:
		return fetch(channel.Fetch{Orders: d.orders()}), nil
	case 2, 11, 12:
		return fetch(channel.Fetch{Requests: d.orders()}), nil
	case 5, 15, 16, 18, 27, 37:
		return listing(d), nil
	case 33, 36: // affiliates' chats, invoices: nothing of ours
		return nil, nil
	case 6:
		return account(channel.AccountUpdate{Revoked: true, Message: "The seller took the consent back at TikTok."}), nil
	case 7:
		ends := unixText(string(d.Expires))
		if ends.IsZero() {
			return nil, nil
		}
		return account(channel.AccountUpdate{EndsAt: ends, Message: "The consent ends soon. Connect the shop again."}), nil
	}
	return append(fetch(channel.Fetch{Orders: d.orders()}), listing(d)...), nil
}

// listing lets a product be read back.
func listing(d data) []channel.Update {
	if d.Product == "" {
		return nil
	}
	return []channel.Update{{Kind: channel.UpdateListing, Listing: commerce.RemoteID(d.Product)}}
}

func unreadable(err error) error {
	return fault.Wrap(err, fault.Permanent, "bad_event", "A notification of TikTok can't be read.")
}

func account(u channel.AccountUpdate) []channel.Update {
	return []channel.Update{{Kind: channel.UpdateAccount, Account: &u}}
}

// orders are the orders an event names, each once.
func (d data) orders() []commerce.RemoteID {
	ids := []string{string(d.Order)}
	for _, id := range d.Orders {
		ids = append(ids, string(id))
	}
	for _, p := range d.Packages {
		for _, id := range p.Orders {
			ids = append(ids, string(id))
		}
	}
	var orders []commerce.RemoteID
	for _, id := range unique(ids) {
		if id != "" {
			orders = append(orders, commerce.RemoteID(id))
		}
	}
	return orders
}

func fetch(f channel.Fetch) []channel.Update {
	if len(f.Orders)+len(f.Requests) == 0 {
		return nil
	}
	return []channel.Update{{Kind: channel.UpdateFetch, Fetch: &f}}
}

// mapChatEvent: a message comes whole; a conversation, and a message that is
// not for people, only say that there is something to read.
func mapChatEvent(topic int64, env envelope) ([]channel.Update, error) {
	var d chatData
	if len(env.Data) > 0 {
		if err := json.Unmarshal(env.Data, &d); err != nil {
			return nil, unreadable(err)
		}
	}
	if d.Conversation == "" {
		return nil, nil
	}
	d.Message.ID = d.ID
	if topic == 14 {
		if u, ok := mapMessage(d.Conversation, d.Message); ok {
			return []channel.Update{u}, nil
		}
		if d.Type != "BUYER_ENTER_FROM_ORDER" {
			return nil, nil
		}
	}
	return []channel.Update{{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Threads: []commerce.RemoteID{commerce.RemoteID(d.Conversation)}}}}, nil
}
