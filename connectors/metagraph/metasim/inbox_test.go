package metasim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

const allPageFields = "messages,message_echoes,messaging_postbacks,message_reads,message_deliveries,message_reactions,message_edits,send_cart,standby"

// messenger logs in, subscribes the Page and returns its token.
func (b *bench) messenger() string {
	b.t.Helper()
	token := b.pageToken()
	b.need(b.post("/v26.0/"+b.ids.Page+"/subscribed_apps", token, "subscribed_fields", allPageFields))
	return token
}

func (b *bench) say(channel, buyer, text string) string {
	b.t.Helper()
	mid, err := b.sim.SendMessage(b.t.Context(), simkit.Message{Channel: channel, Buyer: buyer, Text: text})
	if err != nil {
		b.t.Fatal(err)
	}
	return mid
}

// events decodes the messaging and standby events of deliveries and checks
// their signatures.
func (b *bench) events(hooks []hook, secret string) []map[string]any {
	b.t.Helper()
	var out []map[string]any
	for _, h := range hooks {
		if want := "sha256=" + hex.EncodeToString(sign(secret, h.body)); h.signature != want {
			b.t.Errorf("signature %s of %s", h.signature, h.body)
		}
		d := json.NewDecoder(bytes.NewReader(h.body))
		d.UseNumber()
		var e struct {
			Object string `json:"object"`
			Entry  []struct {
				ID        string           `json:"id"`
				Messaging []map[string]any `json:"messaging"`
				Standby   []map[string]any `json:"standby"`
			} `json:"entry"`
		}
		if err := d.Decode(&e); err != nil {
			b.t.Fatal(err)
		}
		for _, entry := range e.Entry {
			for _, one := range append(entry.Messaging, entry.Standby...) {
				one["object"], one["entry"], one["standby"] = e.Object, entry.ID, len(entry.Standby) > 0
				out = append(out, one)
			}
		}
	}
	return out
}

// having is the event with a key; deliveries come in no promised order.
func having(t *testing.T, events []map[string]any, key string) map[string]any {
	t.Helper()
	for _, e := range events {
		if e[key] != nil {
			return e
		}
	}
	t.Fatalf("no %s in %v", key, events)
	return nil
}

func (b *bench) personOf(token, platform, buyer string) string {
	b.t.Helper()
	list := b.need(b.get("/v26.0/"+b.ids.Page+"/conversations", token, "platform", platform, "fields", "name,participants")).data()
	for _, t := range list {
		if t["name"] == buyer {
			return t["participants"].(map[string]any)["data"].([]any)[0].(map[string]any)["id"].(string)
		}
	}
	b.t.Fatalf("no thread of %s in %v", buyer, list)
	return ""
}

func (b *bench) sendTo(token, person, text string, pairs ...string) answer {
	b.t.Helper()
	raw, _ := json.Marshal(map[string]string{"text": text})
	return b.post("/v26.0/"+b.ids.Page+"/messages", token, append([]string{"recipient", `{"id":"` + person + `"}`, "message", string(raw)}, pairs...)...)
}

func TestMessengerConversation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.messenger()
	mid := b.say(Facebook, "Ada Lovelace", "Is the café/mug 😀 left?")
	hooks := b.delivered()
	if !strings.Contains(string(hooks[0].body), `caf\u00e9\/mug \ud83d\ude00`) || hooks[0].url != b.env.Webhooks[TopicEvents] {
		t.Errorf("body %s", hooks[0].body)
	}
	event := b.events(hooks, testSecret)[0]
	person := event["sender"].(map[string]any)["id"].(string)
	if event["object"] != "page" || event["message"].(map[string]any)["mid"] != mid || event["recipient"].(map[string]any)["id"] != b.ids.Page {
		t.Errorf("event %v", event)
	}
	sent := b.need(b.post("/v26.0/"+b.ids.Page+"/messages", token, "recipient", `{"id":"`+person+`"}`, "messaging_type", "RESPONSE",
		"message", `{"text":"Yes","metadata":"our-1"}`, "reply_to", `{"mid":"`+mid+`"}`))
	events := b.events(b.delivered(), testSecret)
	said := having(t, events, "message")
	echo := said["message"].(map[string]any)
	if len(events) != 2 || echo["is_echo"] != true || echo["metadata"] != "our-1" || echo["mid"] != sent.body["message_id"] ||
		said["sender"].(map[string]any)["id"] != b.ids.Page || having(t, events, "delivery")["sender"].(map[string]any)["id"] != person {
		t.Errorf("echo %v", events)
	}
	thread := b.need(b.get("/v26.0/"+b.ids.Page+"/conversations", token, "platform", "messenger", "user_id", person)).data()[0]["id"].(string)
	got := b.need(b.get("/v26.0/"+thread, token, "fields", "messages{id,created_time,from,to,message,reply_to}"))
	list := got.body["messages"].(map[string]any)["data"].([]any)
	newest := list[0].(map[string]any)
	if len(list) != 2 || newest["message"] != "Yes" || newest["created_time"] != "2026-11-22T12:00:00+0000" || newest["from"].(map[string]any)["id"] != b.ids.Page {
		t.Errorf("conversation %s", got.raw)
	}
	profile := b.need(b.get("/v26.0/"+person, token, "fields", "first_name,last_name,profile_pic"))
	if profile.body["first_name"] != "Ada" || profile.body["last_name"] != "Lovelace" {
		t.Errorf("profile %s", profile.raw)
	}
	if mid2, err := b.sim.WriteFromInbox(t.Context(), simkit.Message{Channel: Facebook, Buyer: "Ada Lovelace", Text: "from the phone"}); err != nil || mid2 == "" {
		t.Fatal(err)
	}
	if e := having(t, b.events(b.delivered(), testSecret), "message")["message"].(map[string]any); fmt.Sprint(e["app_id"]) == testApp || e["is_echo"] != true {
		t.Errorf("echo of the inbox %v", e)
	}
}

func TestInstagramConversation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page, login := b.messenger(), b.instagramToken()
	b.need(b.call(Instagram, http.MethodPost, "/v26.0/me/subscribed_apps", login, "subscribed_fields", "messages,messaging_seen,message_reactions,message_edit"))
	mid := b.say(Instagram, "Bo", "hi")
	hooks := b.delivered()
	if len(hooks) != 2 {
		t.Fatalf("%d webhooks, one per login are due", len(hooks))
	}
	viaPage, viaLogin := b.events(hooks[:1], testSecret)[0], b.events(hooks[1:], testIGSecret)[0]
	p1, p2 := viaPage["sender"].(map[string]any)["id"].(string), viaLogin["sender"].(map[string]any)["id"].(string)
	if viaPage["entry"] != b.ids.IG || viaLogin["message"].(map[string]any)["mid"] != mid || p1 == p2 {
		t.Errorf("events %v %v", viaPage, viaLogin)
	}
	send := func(person, text string) answer {
		return b.call(Instagram, http.MethodPost, "/v26.0/me/messages", login, "recipient", `{"id":"`+person+`"}`, "message", `{"text":"`+text+`"}`)
	}
	b.refused(send(p1, "wrong login"), 100, 2534014)
	b.need(send(p2, "hello"))
	for i, e := range b.events(b.delivered()[:1], testSecret) {
		if m := e["message"].(map[string]any); m["is_echo"] != true || e["recipient"].(map[string]any)["id"] != p1 {
			t.Errorf("echo %d %v", i, e)
		}
	}
	b.need(b.sendTo(page, p1, "and from the Page"))
	threads := b.need(b.call(Instagram, http.MethodGet, "/v26.0/me/conversations", login, "platform", "instagram")).data()
	got := b.need(b.call(Instagram, http.MethodGet, "/v26.0/"+threads[0]["id"].(string), login, "fields", "messages{id,created_time,message}"))
	list := got.body["messages"].(map[string]any)["data"].([]any)
	if len(list) != 3 || list[0].(map[string]any)["message"] != nil {
		t.Errorf("Instagram Login lists ids only: %s", got.raw)
	}
	one := b.need(b.call(Instagram, http.MethodGet, "/v26.0/"+mid, login, "fields", "message,from"))
	if one.body["message"] != "hi" || one.body["from"].(map[string]any)["id"] != p2 {
		t.Errorf("message %s", one.raw)
	}
	if who := b.need(b.call(Instagram, http.MethodGet, "/v26.0/"+p2, login, "fields", "username,is_user_follow_business")); who.body["username"] != "bo" {
		t.Errorf("profile %s", who.raw)
	}
	b.refused(b.call(Instagram, http.MethodGet, "/v26.0/"+p1, login), 100, 33)
	if len(mid) < 100 {
		t.Errorf("Instagram ids are long: %s", mid)
	}
	b.pass(25 * time.Hour)
	late := send(p2, "late")
	b.refused(late, 10, 2534022)
	if late.status != http.StatusForbidden {
		t.Errorf("status %d", late.status)
	}
}

func TestSendRules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.messenger()
	b.say(Facebook, "Ada", "hi")
	b.say(Instagram, "Bo", "hi")
	ada, bo := b.personOf(token, "MESSENGER", "Ada"), b.personOf(token, "instagram", "Bo")
	b.need(b.sendTo(token, ada, strings.Repeat("é", 2000)))
	b.refused(b.sendTo(token, ada, strings.Repeat("é", 2001)), 100, 0)
	b.need(b.sendTo(token, bo, strings.Repeat("é", 500)))
	b.refused(b.sendTo(token, bo, strings.Repeat("é", 501)), 100, 0)
	b.refused(b.sendTo(token, ada, ""), 100, 0)
	b.refused(b.sendTo(token, ada, "x", "messaging_type", "SHOUT"), 100, 0)
	b.refused(b.sendTo(token, ada, "x", "tag", "HUMAN_AGENT"), 100, 0)
	b.refused(b.sendTo(token, ada, "x", "messaging_type", "MESSAGE_TAG", "tag", "POST_PURCHASE_UPDATE"), 100, 0)
	b.refused(b.sendTo(token, ada, "x", "messaging_type", "MESSAGE_TAG"), 100, 0)
	b.refused(b.sendTo(token, "123456789012345", "x"), 100, 2018001)
	b.refused(b.sendTo(token, ada, "x", "reply_to", `{"mid":"m_none"}`), 100, 0)
	path := "/v26.0/" + b.ids.Page + "/messages"
	to := `{"id":"` + ada + `"}`
	b.refused(b.post(path, token, "message", `{"text":"x"}`), 100, 0)
	b.refused(b.post(path, token, "recipient", to), 100, 0)
	b.refused(b.post(path, token, "recipient", `{"comment_id":"1_2"}`, "message", `{"text":"x"}`), 100, 0)
	b.refused(b.post(path, token, "recipient", `{"id":"`+bo+`"}`, "message", `{"text":"x","metadata":"m"}`), 100, 0)
	b.need(b.post(path, token, "recipient", to, "message", `{"attachment":{"type":"image","payload":{"url":"https://img.example/1.png"}}}`))
	b.refused(b.post(path, token, "recipient", to, "message", `{"attachment":{"type":"hologram","payload":{"url":"https://img.example/1.png"}}}`), 100, 0)
	b.need(b.post(path, token, "recipient", to, "message", `{"attachment":{"type":"template","payload":{"template_type":"product","elements":[{"id":"1"}]}}}`))
	b.refused(b.post(path, token, "recipient", to, "message", `{"attachment":{"type":"template","payload":{"template_type":"list"}}}`), 100, 0)
	b.need(b.post(path, token, "recipient", to, "sender_action", "mark_seen"))
	b.refused(b.post(path, token, "recipient", to, "sender_action", "dance"), 100, 0)
	if err := b.sim.SetAway(t.Context(), Facebook, "Ada", true); err != nil {
		t.Fatal(err)
	}
	b.refused(b.sendTo(token, ada, "x"), 551, 0)
}

func TestWindows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.messenger()
	b.say(Facebook, "Ada", "hi")
	ada := b.personOf(token, "messenger", "Ada")
	human := []string{"messaging_type", "MESSAGE_TAG", "tag", "HUMAN_AGENT"}
	b.pass(24 * time.Hour)
	ours := b.need(b.sendTo(token, ada, "in time", "messaging_type", "RESPONSE")).body["message_id"].(string)
	b.pass(time.Minute)
	b.refused(b.sendTo(token, ada, "late", "messaging_type", "RESPONSE"), 10, 2018278)
	b.need(b.sendTo(token, ada, "a person types", human...))
	b.sim.HumanAgent = false
	b.refused(b.sendTo(token, ada, "without the feature", human...), 10, 0)
	b.sim.HumanAgent = true
	b.pass(6 * 24 * time.Hour)
	b.refused(b.sendTo(token, ada, "too late", human...), 10, 2018278)
	if err := b.sim.React(t.Context(), ours, "❤️"); err != nil {
		t.Fatal(err)
	}
	b.need(b.sendTo(token, ada, "a reaction opens the window"))
}

func TestBuyerEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.messenger()
	ctx := t.Context()
	fb, ig := b.say(Facebook, "Ada", "one"), b.say(Instagram, "Bo", "one")
	ada := b.personOf(token, "messenger", "Ada")
	ours := b.need(b.sendTo(token, ada, "two")).body["message_id"].(string)
	b.delivered()
	next := func(err error) map[string]any {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		list := b.events(b.delivered(), testSecret)
		if len(list) != 1 {
			t.Fatalf("%d events", len(list))
		}
		return list[0]
	}
	if e := next(b.sim.EditMessage(ctx, fb, "three")); fmt.Sprint(e["message_edit"]) != fmt.Sprint(map[string]any{"mid": fb, "num_edit": json.Number("1"), "text": "three"}) {
		t.Errorf("edit %v", e)
	}
	if e := next(b.sim.React(ctx, ours, "👍"))["reaction"].(map[string]any); e["action"] != "react" || e["reaction"] != "other" || e["emoji"] != "👍" {
		t.Errorf("reaction %v", e)
	}
	if e := next(b.sim.React(ctx, ours, ""))["reaction"].(map[string]any); e["action"] != "unreact" {
		t.Errorf("unreaction %v", e)
	}
	if e := next(b.sim.Read(ctx, ours))["read"].(map[string]any); e["watermark"] == nil || e["mid"] != nil {
		t.Errorf("read %v", e)
	}
	if e := next(b.sim.Read(ctx, ig))["read"].(map[string]any); e["mid"] != ig || e["watermark"] != nil {
		t.Errorf("seen %v", e)
	}
	if e := next(b.sim.Unsend(ctx, ig))["message"].(map[string]any); e["is_deleted"] != true || e["mid"] != ig || e["text"] != nil {
		t.Errorf("unsend %v", e)
	}
	b.refused(b.get("/v26.0/"+ig, token), 100, 33)
	if err := b.sim.Unsend(ctx, fb); !errors.Is(err, simkit.ErrNotOffered) {
		t.Errorf("unsend on Messenger: %v", err)
	}
	for _, err := range []error{b.sim.Unsend(ctx, "m_none"), b.sim.EditMessage(ctx, ours, "x"), b.sim.Read(ctx, b.ids.Page)} {
		if err == nil {
			t.Error("an impossible act was done")
		}
	}
	in := simkit.Message{Channel: Facebook, Buyer: "Ada"}
	extra := Extra{Attachments: []Attachment{{Type: "sticker", URL: "https://img.example/s.png"}, {Type: "hologram"}}, Standby: true, ReplyTo: ours}
	if _, err := b.sim.SendMessageWith(ctx, in, extra); err != nil {
		t.Fatal(err)
	}
	thread := b.need(b.get("/v26.0/"+b.ids.Page+"/conversations", token, "user_id", ada, "fields", "messages{attachments,reply_to}")).body["data"]
	if shown := fmt.Sprint(thread); !strings.Contains(shown, "mime_type:sticker") || !strings.Contains(shown, "reply_to:map[mid:"+ours) {
		t.Errorf("thread %s", shown)
	}
	if err := b.sim.React(ctx, ours, "👍"); err != nil {
		t.Fatal(err)
	}
	if a := b.need(b.get("/v26.0/"+ours, token, "fields", "reactions")); a.body["reactions"] == nil {
		t.Errorf("reactions %s", a.raw)
	}
	e := having(t, b.events(b.delivered(), testSecret), "message")
	if e["standby"] != true || len(e["message"].(map[string]any)["attachments"].([]any)) != 2 {
		t.Errorf("standby %v", e)
	}
	for _, bad := range []simkit.Message{{Channel: "tiktok", Text: "x"}, {Channel: Facebook}, {Channel: Facebook, Text: "x", Buyer: strings.Repeat("x", 101)}} {
		if _, err := b.sim.SendMessage(ctx, bad); err == nil {
			t.Errorf("sent %+v", bad)
		}
	}
}

func TestSendCart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stock("a")
	b.messenger()
	it, _ := b.listed("a")
	id, err := b.sim.SendCart(t.Context(), "Ada", []simkit.Line{{SKU: "a", Quantity: 2}}, "gift wrap")
	if err != nil {
		t.Fatal(err)
	}
	hooks := b.delivered()
	if !strings.Contains(string(hooks[0].body), `"id":`+it.ID+`,`) || !strings.Contains(string(hooks[0].body), `"unit_price":9.99`) {
		t.Errorf("body %s", hooks[0].body)
	}
	e := b.events(hooks, testSecret)[0]
	sender := e["sender"].(map[string]any)["id"]
	if want := fmt.Sprintf("%s#%s#%s", b.ids.Page, sender, e["timestamp"]); id != want || e["order"].(map[string]any)["note"] != "gift wrap" {
		t.Errorf("id %s, want %s: %v", id, want, e)
	}
	if _, err := b.sim.SendCart(t.Context(), "Ada", []simkit.Line{{SKU: "b", Quantity: 1}}, ""); !errors.Is(err, simkit.ErrUnknownItem) {
		t.Errorf("unknown item: %v", err)
	}
	if _, err := b.sim.SendCart(t.Context(), "Ada", nil, ""); err == nil {
		t.Error("an empty cart was sent")
	}
	if _, err := b.sim.SendMessageWith(t.Context(), simkit.Message{Channel: Facebook, Buyer: "Ada", Text: "this one?"}, Extra{Product: "a"}); err != nil {
		t.Fatal(err)
	}
	if body := string(b.delivered()[0].body); !strings.Contains(body, `"referral":{"product":{"id":"`+it.ID+`"}}`) {
		t.Errorf("referral: %s", body)
	}
}

func TestOldMessagesAndThreads(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.messenger()
	var mids []string
	for i := range 25 {
		mids = append(mids, b.say(Facebook, "Ada", fmt.Sprint(i)))
	}
	thread := b.need(b.get("/v26.0/"+b.ids.Page+"/conversations", token)).data()[0]["id"].(string)
	list := b.need(b.get("/v26.0/"+thread+"/messages", token, "fields", "id,message", "limit", "50")).data()
	if len(list) != 25 || list[19]["message"] != "5" || list[20]["message"] != nil {
		t.Errorf("list %v", list)
	}
	b.need(b.get("/v26.0/"+mids[5], token, "fields", "message"))
	b.refused(b.get("/v26.0/"+mids[4], token, "fields", "message"), 100, 33)
	b.say(Instagram, "Bo", "hi")
	b.pass(31 * 24 * time.Hour)
	if n := len(b.need(b.get("/v26.0/"+b.ids.Page+"/conversations", token, "platform", "instagram")).data()); n != 0 {
		t.Errorf("%d threads of the Requests folder after 31 days", n)
	}
	b.refused(b.get("/v26.0/"+b.ids.Page+"/conversations", token, "platform", "icq"), 100, 0)
}
