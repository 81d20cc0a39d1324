package metagraph

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

const vectorSecret = "0123456789abcdef0123456789abcdef"

func vectorApps() map[commerce.Channel]any {
	return map[commerce.Channel]any{commerce.Facebook: &App{ID: "55", Secret: vectorSecret, Instagram: "ig", SecretNext: "next", VerifyToken: "let me in", VerifyTokenNext: "let me in too"}}
}

// post signs a body and delivers it.
func post(t *testing.T, secret, body string) (channel.HookResponse, []channel.Event) {
	t.Helper()
	h := http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac(secret, []byte(body)))}}
	resp, events, err := receive(vectorApps(), channel.HookRequest{Header: h, Body: []byte(body), Now: time.Unix(1767225700, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return resp, events
}

// mapped delivers one messaging update and maps it.
func mapped(t *testing.T, object, key, update string) []channel.Update {
	t.Helper()
	_, events := post(t, vectorSecret, `{"object":"`+object+`","entry":[{"id":"1001","time":1767225600000,"`+key+`":[`+update+`]}]}`)
	var updates []channel.Update
	for _, e := range events {
		got, err := Map(&App{ID: "55"}, e)
		if err != nil {
			t.Fatal(err)
		}
		updates = append(updates, got...)
	}
	return updates
}

const vectorBody = `{"object":"page","entry":[{"id":"1001","time":1767225600000,"messaging":[{"sender":{"id":"2002"},"recipient":{"id":"1001"},"timestamp":1767225599123,"message":{"mid":"m_AAA","text":"Hi"}}]}]}`

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	app := vectorApps()[commerce.Facebook].(*App)
	if _, ok := signed(app, "sha256=8d03f99d29326c21045a2cbf5c53ca723cb8a91e13dedf1a465af1edd0626d0c", []byte(vectorBody)); !ok {
		t.Error("the vector's signature is refused")
	}
	if _, ok := signed(app, "sha256=01c7a0ad16eda867bd490a5c071df2770727874995c886eaa37fd9e2409aa753", []byte(`{"object":"instagram","text":"caf\u00e9 \ud83d\ude00 a\/b"}`)); !ok {
		t.Error("the vector with escapes is refused")
	}
	if _, ok := signed(app, "sha256=01c7a0ad16eda867bd490a5c071df2770727874995c886eaa37fd9e2409aa753", []byte(`{"object":"instagram","text":"café 😀 a/b"}`)); ok {
		t.Error("a body that was encoded anew is taken")
	}
}

func TestWhoMayPost(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{vectorSecret, "next", "ig"} {
		if resp, events := post(t, secret, vectorBody); resp.Status != http.StatusOK || len(events) != 1 {
			t.Errorf("%s: %d, %d events", secret, resp.Status, len(events))
		}
	}
	good := "sha256=" + hex.EncodeToString(mac(vectorSecret, []byte(vectorBody)))
	for name, r := range map[string]channel.HookRequest{
		"altered":    {Header: http.Header{"X-Hub-Signature-256": {good}}, Body: []byte(vectorBody + " ")},
		"wrong key":  {Header: http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac("other", []byte(vectorBody)))}}, Body: []byte(vectorBody)},
		"empty key":  {Header: http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac("", []byte(vectorBody)))}}, Body: []byte(vectorBody)},
		"no header":  {Header: http.Header{}, Body: []byte(vectorBody)},
		"sha1":       {Header: http.Header{"X-Hub-Signature": {"sha1=00"}}, Body: []byte(vectorBody)},
		"no prefix":  {Header: http.Header{"X-Hub-Signature-256": {strings.TrimPrefix(good, "sha256=")}}, Body: []byte(vectorBody)},
		"cut header": {Header: http.Header{"X-Hub-Signature-256": {good[:40]}}, Body: []byte(vectorBody)},
	} {
		resp, events, err := receive(vectorApps(), r)
		if err != nil || resp.Status != http.StatusUnauthorized || len(events) != 0 || len(resp.Body) != 0 {
			t.Errorf("%s: %d, %d events, %v", name, resp.Status, len(events), err)
		}
	}
	if _, _, err := receive(nil, channel.HookRequest{}); err == nil {
		t.Error("received without an app")
	}
}

// What is signed and no JSON is not asked for again; a copy is kept.
func TestUnreadableDelivery(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "[]", "{", `{"object":1}`, `{"entry":{}}`} {
		r := channel.HookRequest{Header: http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac(vectorSecret, []byte(body)))}}, Body: []byte(body)}
		if resp, events, err := receive(vectorApps(), r); err != nil || resp.Status != http.StatusOK || !resp.Unreadable || len(events) != 0 {
			t.Errorf("%q: %+v, %d events, %v", body, resp, len(events), err)
		}
	}
	if resp, _ := post(t, vectorSecret, vectorBody); resp.Unreadable {
		t.Error("a body that was read is kept")
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	ask := func(mode, token string) channel.HookResponse {
		q := url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {"1158201444"}}
		resp, _, err := handshake(vectorApps(), channel.HookRequest{Query: q})
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for _, token := range []string{"let me in", "let me in too"} {
		if r := ask("subscribe", token); r.Status != http.StatusOK || string(r.Body) != "1158201444" || !strings.HasPrefix(r.Type, "text/plain") {
			t.Errorf("%s: %+v", token, r)
		}
	}
	for _, r := range []channel.HookResponse{ask("subscribe", ""), ask("subscribe", "let me"), ask("unsubscribe", "let me in")} {
		if r.Status != http.StatusForbidden || len(r.Body) != 0 {
			t.Errorf("%+v", r)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf(`{"sender":{"id":"2"},"recipient":{"id":"1"},"timestamp":1767225599123,"message":{"mid":"m_%d","text":"caf\u00e9 a\/b"}}`, i))
	}
	_, events := post(t, vectorSecret, `{"object":"page","entry":[{"id":"1","messaging":[`+strings.Join(many, ",")+`]}]}`)
	if len(events) != 1000 || events[7].ID != "meta#m_7" || events[7].Account != "1" || !strings.Contains(string(events[7].Body), many[7]) {
		t.Errorf("%d events, %+v", len(events), events[7])
	}
	same := func(body string) []channel.Event {
		_, events := post(t, vectorSecret, body)
		return events
	}
	if a, b := same(vectorBody), same(strings.Replace(vectorBody, "1767225600000", "1767225600999", 1)); a[0].ID != b[0].ID {
		t.Errorf("delivered again as %s and %s", a[0].ID, b[0].ID)
	}
	for body, want := range map[string]int{
		`{"object":"instagram","entry":[{"id":"0","time":1,"changes":[{"field":"messages","value":{"sender":{"id":"12"}}}]}]}`:         0,
		`{"object":"instagram","entry":[{"id":"17841","time":1,"changes":[{"field":"comments","value":{"id":"1"}}]}]}`:                 1,
		`{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},"recipient":{"id":"1"},"delivery":{"watermark":1}}]}]}`: 0,
		`{"object":"page","entry":[{"id":1,"messaging":[null,1,"x",{}]}]}`:                                                             4,
		`{"object":"page"}`: 0,
		`not json`:          0,
		`{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},"message":{"mid":"a"}}]},{"id":"3","standby":[{"message":{"mid":"b"}}]}]}`: 2,
	} {
		resp, events := post(t, vectorSecret, body)
		if resp.Status != http.StatusOK || len(events) != want {
			t.Errorf("%s: %d, %d events, want %d", body, resp.Status, len(events), want)
		}
		for _, e := range events {
			if _, err := Map(nil, e); err != nil && json.Valid([]byte(body)) && !strings.Contains(body, "null,1") {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
}

func TestMapKinds(t *testing.T) {
	t.Parallel()
	from := `"sender":{"id":"2002"},"recipient":{"id":"1001"},"timestamp":1767225599123`
	echo := `"sender":{"id":"1001"},"recipient":{"id":"2002"},"timestamp":1767225599123`
	at := time.UnixMilli(1767225599123).UTC()
	for name, c := range map[string]struct {
		object, key, update string
		want                channel.MessageUpdate
		kind                channel.UpdateKind
	}{
		"message":         {"page", "messaging", `{` + from + `,"message":{"mid":"m","text":"Hi"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Text: "Hi", Kind: "text"}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
		"standby":         {"page", "standby", `{` + from + `,"message":{"mid":"m","text":"Hi"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Text: "Hi", Kind: "text"}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
		"our echo":        {"page", "messaging", `{` + echo + `,"message":{"mid":"m","text":"Hi","is_echo":true,"app_id":55,"metadata":"msg_1"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.BySeller, Text: "Hi", Kind: "text"}, Ours: "msg_1"}, channel.UpdateMessage},
		"another's echo":  {"page", "messaging", `{` + echo + `,"message":{"mid":"m","text":"Hi","is_echo":true,"app_id":"66","metadata":"msg_1"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.BySeller, Text: "Hi", Kind: "text"}}, channel.UpdateMessage},
		"seconds":         {"page", "messaging", `{"sender":{"id":2002},"recipient":{"id":1001},"timestamp":"1767225599","message":{"mid":"m","text":"Hi"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Text: "Hi", Kind: "text", At: time.Unix(1767225599, 0).UTC()}, ReplyUntil: time.Unix(1767225599, 0).UTC().Add(HumanWindow)}, channel.UpdateMessage},
		"unsupported":     {"instagram", "messaging", `{` + from + `,"message":{"mid":"m","is_unsupported":true}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Kind: "unsupported", Raw: `{` + from + `,"message":{"mid":"m","is_unsupported":true}}`}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
		"sticker":         {"page", "messaging", `{` + from + `,"message":{"mid":"m","attachments":[{"type":"sticker","payload":{"url":"u"}}]}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Kind: "sticker", Attachments: []commerce.Attachment{{Kind: "sticker", URL: "u"}}}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
		"story reply":     {"instagram", "messaging", `{` + from + `,"message":{"mid":"m","text":"wow","reply_to":{"story":{"url":"s","id":"1"}}}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Text: "wow", Kind: "text", Attachments: []commerce.Attachment{{Kind: "story", URL: "s"}}}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
		"product":         {"page", "messaging", `{` + from + `,"message":{"mid":"m","attachments":[{"type":"template","payload":{"product":{"elements":[{"id":"9","retailer_id":"SKU","image_url":"u","title":"Mug"}]}}}]}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Kind: "product", Attachments: []commerce.Attachment{{Kind: "product", Name: "SKU Mug", URL: "u"}}}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
		"product page":    {"instagram", "messaging", `{` + from + `,"message":{"mid":"m","text":"this?","referral":{"product":{"id":900719925474099312}}}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Text: "this?", Kind: "text", Attachments: []commerce.Attachment{{Kind: "product", Name: "900719925474099312"}}}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
		"unsend":          {"instagram", "messaging", `{` + from + `,"message":{"mid":"m","is_deleted":true,"text":"secret"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.BySystem, Kind: "deleted"}}, channel.UpdateDelete},
		"edit":            {"page", "messaging", `{` + from + `,"message_edit":{"mid":"m","text":"Ho","num_edit":2}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Text: "Ho", Kind: "text", Edit: 2}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateEdit},
		"reaction":        {"instagram", "messaging", `{` + from + `,"reaction":{"mid":"m","action":"react","reaction":"love","emoji":"❤"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.BySystem, Kind: "reaction"}, Reaction: "❤", ReplyUntil: at.Add(HumanWindow)}, channel.UpdateReaction},
		"reaction's word": {"instagram", "messaging", `{` + from + `,"reaction":{"mid":"m","action":"react","reaction":"other"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.BySystem, Kind: "reaction"}, Reaction: "other", ReplyUntil: at.Add(HumanWindow)}, channel.UpdateReaction},
		"reaction away":   {"instagram", "messaging", `{` + from + `,"reaction":{"mid":"m","action":"unreact","emoji":"❤"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.BySystem, Kind: "reaction"}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateReaction},
		"read on page":    {"page", "messaging", `{` + from + `,"read":{"watermark":1767225599000}}`, channel.MessageUpdate{Message: commerce.Message{By: commerce.BySystem, Kind: "read"}}, channel.UpdateRead},
		"read on IG":      {"instagram", "messaging", `{` + from + `,"read":{"mid":"m"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.BySystem, Kind: "read"}}, channel.UpdateRead},
		"postback":        {"page", "messaging", `{` + from + `,"postback":{"mid":"m","title":"Where is my order?","payload":"ORDER"}}`, channel.MessageUpdate{Message: commerce.Message{Remote: "m", By: commerce.ByBuyer, Text: "Where is my order?", Kind: "postback"}, ReplyUntil: at.Add(HumanWindow)}, channel.UpdateMessage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mapped(t, c.object, c.key, c.update)
			if len(got) != 1 || got[0].Kind != c.kind {
				t.Fatalf("mapped %+v", got)
			}
			c.want.Thread, c.want.Contact, c.want.Kind = "2002", "2002", commerce.Chat
			if c.want.Message.At.IsZero() {
				c.want.Message.At = at
			}
			have, _ := json.Marshal(got[0].Message)
			want, _ := json.Marshal(c.want)
			if string(have) != string(want) {
				t.Errorf("have %s\nwant %s", have, want)
			}
		})
	}
}

// What is new at Meta is shown as such, keeps what was told, bounded, and is the
// same message when it is delivered again. It opens no time to reply.
func TestMapWhatIsNew(t *testing.T) {
	t.Parallel()
	raw := `{"sender":{"id":"2002"},"recipient":{"id":"1001"},"timestamp":1767225599123,"hologram":{"shape":"cube"}}`
	first, again := mapped(t, "instagram", "messaging", raw), mapped(t, "instagram", "messaging", raw)
	m := first[0].Message
	if len(first) != 1 || m.Message.Kind != "unsupported" || m.Message.By != commerce.BySystem || m.Message.Raw != raw || m.Message.Remote == "" || !m.ReplyUntil.IsZero() || m.Thread != "2002" {
		t.Errorf("mapped %+v", first)
	}
	if again[0].Message.Message.Remote != m.Message.Remote {
		t.Error("it has two ids")
	}
	other := mapped(t, "instagram", "messaging", strings.Replace(raw, "cube", "ball", 1))
	if other[0].Message.Message.Remote == m.Message.Remote {
		t.Error("two of them have one id")
	}
	gif := mapped(t, "page", "messaging", `{"sender":{"id":"2"},"recipient":{"id":"1001"},"timestamp":1,"message":{"mid":"m","text":"see","attachments":[{"type":"hologram","payload":{"url":"u","note":"`+strings.Repeat("ü", 4000)+`"}}]}}`)
	if m := gif[0].Message.Message; m.Text != "see" || m.Attachments[0].Kind != "unsupported" || len(m.Raw) > rawMax || len(m.Raw) < rawMax-4 || !utf8.ValidString(m.Raw) {
		t.Errorf("mapped %+v", m)
	}
}

func TestMapReferral(t *testing.T) {
	t.Parallel()
	raw := `{"sender":{"id":"2"},"recipient":{"id":"1001"},"timestamp":1767225599123,"referral":{"ref":"spring","source":"ADS","type":"OPEN_THREAD","ads_context_data":{"ad_title":"Mugs"}}}`
	a, b := mapped(t, "page", "messaging", raw), mapped(t, "page", "messaging", raw)
	m := a[0].Message
	if m.Message.Kind != "referral" || m.Message.By != commerce.BySystem || m.Message.Text != "Came through an ad: spring" || m.Message.Remote == "" || m.ReplyUntil.IsZero() || m.Message.Remote != b[0].Message.Message.Remote {
		t.Errorf("mapped %+v", m)
	}
}

func TestMapCart(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "send_cart.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := mapped(t, "page", "messaging", string(raw))
	o := got[0].Order
	if len(got) != 2 || len(o.Lines) != 3 || o.Lines[0].RemoteItem != "MUG-S" || o.Lines[0].Price != (commerce.Money{Amount: 1299, Currency: "USD"}) || o.Lines[1].Quantity != 1 || o.Lines[1].Price != (commerce.Money{}) {
		t.Errorf("order %+v", o)
	}
	if o.Total != (commerce.Money{}) || o.State != commerce.OrderDraft || o.RemoteVersion != 1767225599123 {
		t.Errorf("total %s, state %s", o.Total, o.State)
	}
	if again := mapped(t, "page", "messaging", string(raw)); again[0].Order.Remote != o.Remote {
		t.Error("the same cart has two ids")
	}
	if other := mapped(t, "page", "messaging", strings.Replace(string(raw), `"quantity": 2`, `"quantity": 3`, 1)); other[0].Order.Remote == o.Remote {
		t.Error("another cart has the same id")
	}
}

func TestNobodysUpdates(t *testing.T) {
	t.Parallel()
	for _, update := range []string{
		`{"sender":{"id":"1001"},"recipient":{"id":"1001"},"message":{"mid":"m","text":"self"}}`,
		`{"recipient":{"id":"1001"},"message":{"mid":"m"}}`,
		`{"sender":{"id":"2"},"recipient":{"id":"1001"},"optin":{"ref":"x"}}`,
		`{"sender":{"id":"2"},"recipient":{"id":"1001"},"reaction":{"action":"react"}}`,
		`{"sender":{"id":"2"},"recipient":{"id":"1001"},"message_edit":{"text":"x"}}`,
	} {
		if got := mapped(t, "page", "messaging", update); len(got) != 0 {
			t.Errorf("%s: %+v", update, got)
		}
	}
}

const vectorRequest = "WS4JeSKqVvhGHwnKG3aKk3DAOj7dtOfixgo2B46Umkw.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTc2NzIyNTYwMCwidXNlcl9pZCI6IjIxODQ3MSJ9"

func TestDeauthorize(t *testing.T) {
	t.Parallel()
	resp, _, err := deauthorize(vectorApps(), channel.HookRequest{Body: []byte("signed_request=" + vectorRequest)})
	if err != nil || resp.Status != http.StatusOK || resp.Revoked != "218471" {
		t.Errorf("%+v, %v", resp, err)
	}
	for _, body := range []string{"", "signed_request=", "signed_request=" + vectorRequest[1:], "signed_request=" + vectorRequest + "x", "%zz", strings.Repeat("a", maxForm+1)} {
		resp, _, err := deauthorize(vectorApps(), channel.HookRequest{Body: []byte(body)})
		if err != nil || resp.Status != http.StatusUnauthorized || resp.Revoked != "" {
			t.Errorf("%.40s: %+v, %v", body, resp, err)
		}
	}
}

func TestDataDeletion(t *testing.T) {
	t.Parallel()
	ask := func() (channel.HookResponse, map[string]string) {
		resp, _, err := eraseData(vectorApps(), channel.HookRequest{Body: []byte("signed_request=" + vectorRequest), PublicURL: "https://shop.example"})
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]string
		if err := json.Unmarshal(resp.Body, &answer); err != nil {
			t.Fatal(err)
		}
		return resp, answer
	}
	resp, answer := ask()
	if resp.Status != http.StatusOK || resp.Erased != "218471" || len(resp.Code) != 32 || answer["confirmation_code"] != resp.Code || answer["url"] != "https://shop.example/deletion/"+resp.Code {
		t.Errorf("%+v %v", resp, answer)
	}
	if again, _ := ask(); again.Code != resp.Code {
		t.Error("the same request has two codes")
	}
	if refused, _, _ := eraseData(vectorApps(), channel.HookRequest{Body: []byte("signed_request=a.b")}); refused.Status != http.StatusUnauthorized || refused.Erased != "" {
		t.Errorf("%+v", refused)
	}
}

func TestSignedRequestAlgorithm(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]bool{
		`{"algorithm":"HMAC-SHA256","issued_at":1,"user_id":218471}`: true,
		`{"algorithm":"hmac-sha256","issued_at":1,"user_id":"1"}`:    false,
		`{"algorithm":"none","issued_at":1,"user_id":"1"}`:           false,
		`{"algorithm":"HMAC-SHA256","issued_at":1}`:                  false,
		`[]`: false,
	} {
		f, _, ok := openRequest(sealRequest(vectorSecret, payload), vectorSecret)
		if ok != want || want && f.User != "218471" {
			t.Errorf("%s: %t %+v", payload, ok, f)
		}
	}
}

func TestHooksAreThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	var have []string
	for _, h := range Hooks() {
		have = append(have, h.Method+" "+h.Path)
	}
	if !slices.Equal(have, []string{"GET /webhooks/meta", "POST /webhooks/meta", "POST /webhooks/meta/deauthorize", "POST /webhooks/meta/data-deletion"}) {
		t.Errorf("hooks %v", have)
	}
}
