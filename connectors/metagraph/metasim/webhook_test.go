package metasim

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestWebhookVectors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"object":"page","entry":[{"id":"1001","time":1767225600000,"messaging":[{"sender":{"id":"2002"},"recipient":{"id":"1001"},"timestamp":1767225599123,"message":{"mid":"m_AAA","text":"Hi"}}]}]}`: "8d03f99d29326c21045a2cbf5c53ca723cb8a91e13dedf1a465af1edd0626d0c",
		`{"object":"instagram","text":"caf\u00e9 \ud83d\ude00 a\/b"}`: "01c7a0ad16eda867bd490a5c071df2770727874995c886eaa37fd9e2409aa753",
	} {
		if got := hex.EncodeToString(sign(testSecret, []byte(body))); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	got := encode(struct {
		Object string `json:"object"`
		Text   string `json:"text"`
	}{"instagram", "café 😀 a/b"})
	if string(got) != `{"object":"instagram","text":"caf\u00e9 \ud83d\ude00 a\/b"}` {
		t.Errorf("encoded %s", got)
	}
	if got := string(encode(`<a&b> \ \u003c`)); got != `"<a&b> \\ \\u003c"` {
		t.Errorf("encoded %s", got)
	}
}

func TestSignedRequestVector(t *testing.T) {
	t.Parallel()
	payload := `{"algorithm":"HMAC-SHA256","issued_at":1767225600,"user_id":"218471"}`
	want := "WS4JeSKqVvhGHwnKG3aKk3DAOj7dtOfixgo2B46Umkw.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTc2NzIyNTYwMCwidXNlcl9pZCI6IjIxODQ3MSJ9"
	if got := signedRequest(testSecret, []byte(payload)); got != want {
		t.Errorf("signed %s", got)
	}
}

func TestSubscriptionIsNeeded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.say(Facebook, "Ada", "hello?")
	if hooks := b.delivered(); len(hooks) != 0 {
		t.Fatalf("%d webhooks without a subscription", len(hooks))
	}
	token := b.pageToken()
	path := "/v26.0/" + b.ids.Page + "/subscribed_apps"
	b.refused(b.post(path, token), 100, 0)
	b.refused(b.post(path, token, "subscribed_fields", "messages,messaging_seen"), 100, 0)
	b.need(b.post(path, token, "subscribed_fields", "messages"))
	if got := b.need(b.get(path, token)).data(); len(got) != 1 || got[0]["id"] != testApp {
		t.Errorf("subscribed: %v", got)
	}
	b.say(Facebook, "Ada", "hello!")
	if n := len(b.delivered()); n != 1 {
		t.Errorf("%d webhooks", n)
	}
	b.need(b.call(Facebook, http.MethodDelete, path, token))
	b.say(Facebook, "Ada", "bye")
	if n := len(b.delivered()); n != 0 {
		t.Errorf("%d webhooks after unsubscribing", n)
	}
	if got := b.need(b.get("/v26.0/"+testApp+"/subscriptions", testApp+"|"+testSecret)).data(); len(got) != 2 {
		t.Errorf("app subscriptions: %v", got)
	}
}

func TestWebhookRetriesAndFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.messenger()
	b.refuse = 2
	b.say(Facebook, "Ada", "hi")
	for range 3 {
		b.tick()
		b.pass(10 * time.Second)
	}
	if n := len(b.delivered()); n != 3 {
		t.Errorf("%d attempts", n)
	}
	var total time.Duration
	for _, wait := range retries() {
		total += wait
	}
	if total < 35*time.Hour || total > 37*time.Hour {
		t.Errorf("retries go on for %s", total)
	}
	for kind, want := range map[string]int{simkit.FaultWebhookLost: 0, simkit.FaultWebhookTwice: 2, simkit.FaultWebhookLate: 0} {
		if err := b.sim.Faults().Add(kind, 1); err != nil {
			t.Fatal(err)
		}
		b.say(Facebook, "Ada", kind)
		if n := len(b.delivered()); n != want {
			t.Errorf("%s: %d deliveries", kind, n)
		}
		b.pass(2 * time.Minute)
		b.delivered()
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if b.sim.VerifyEndpoint(t.Context()) == nil {
		t.Error("an endpoint that does not answer the challenge was taken")
	}
	b.replies["/webhooks/meta"] = "challenge"
	b.hooks = nil
	if err := b.sim.VerifyEndpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.hooks[0]; got.method != http.MethodGet || !strings.Contains(got.url, "hub.mode=subscribe") || !strings.Contains(got.url, "hub.verify_token=let+me+in") {
		t.Errorf("asked %s %s", got.method, got.url)
	}
	b.refuse = 1
	if b.sim.VerifyEndpoint(t.Context()) == nil {
		t.Error("an endpoint that fails was taken")
	}
}

func TestFarewells(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.messenger()
	if err := b.sim.RevokeUser(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.refused(b.get("/v26.0/me", token), 190, 458)
	hooks := b.delivered()
	if len(hooks) != 1 || hooks[0].url != b.env.Webhooks[TopicDeauthorize] || hooks[0].kind != "application/x-www-form-urlencoded" || !strings.HasPrefix(string(hooks[0].body), "signed_request=") {
		t.Fatalf("callbacks %v", hooks)
	}
	if _, err := b.sim.RequestDeletion(t.Context()); err == nil {
		t.Error("an empty answer was taken")
	}
	b.replies["/deletion"] = `{"url":"https://shop.example/deletion/abc","confirmation_code":"abc"}`
	got, err := b.sim.RequestDeletion(t.Context())
	if err != nil || got.Code != "abc" {
		t.Errorf("deletion: %+v %v", got, err)
	}
	again := b.user()
	b.need(b.call(Facebook, http.MethodDelete, "/v26.0/me/permissions", again))
	b.refused(b.get("/v26.0/me", again), 190, 458)
}
