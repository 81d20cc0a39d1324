package tiktoksim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

func (h hook) data(t *testing.T) (int, string) {
	t.Helper()
	e := as[struct {
		Type int
		ID   string          `json:"tts_notification_id"`
		Shop string          `json:"shop_id"`
		Data json.RawMessage `json:"data"`
	}](t, h.body)
	if e.ID == "" || e.Shop == "" {
		t.Errorf("envelope %s", h.body)
	}
	return e.Type, string(e.Data)
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.live(s.sheet())
	id := s.order("MUG-1", 1, "Ada Example")
	if err := s.sim.CancelOrder(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.write(t, simkit.Message{Text: "Hi", Buyer: "Ada Example"})
	s.pass(time.Second)
	want := []struct {
		number int
		path   string
		holds  []string
	}{
		{5, "products", []string{`"product_id":` + m.ID + `,`, "PRODUCT_FIRST_PASS_REVIEW"}},
		{1, "orders", []string{`"order_id":"` + id + `"`, awaitingShipment, `"is_on_hold_order":false`}},
		{11, "cancellations", []string{cancelSuccess, `"cancellations_role":"BUYER"`}},
		{1, "orders", []string{`"order_status":"CANCEL"`}},
		{13, "conversations", nil},
		{14, "messages", []string{`"role":"BUYER"`, `{\"content\":\"Hi\"}`}},
	}
	got := s.hooks.taken()
	if len(got) != len(want) {
		t.Fatalf("%d webhooks, want %d", len(got), len(want))
	}
	for _, w := range want {
		i := slices.IndexFunc(got, func(h hook) bool {
			number, data := h.data(t)
			return number == w.number && strings.HasSuffix(h.path, w.path) && !slices.ContainsFunc(w.holds, func(part string) bool { return !strings.Contains(data, part) })
		})
		if i < 0 {
			t.Errorf("no webhook %d to %s with %q", w.number, w.path, w.holds)
			continue
		}
		if got[i].auth != SignWebhook(testKey, testSecret, got[i].body) {
			t.Errorf("webhook %d is signed %s", w.number, got[i].auth)
		}
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	const path = "/event/202309/webhooks"
	put := func(address, topic string) string {
		return encode(t, doc{"address": address, "event_type": topic})
	}
	for name, body := range map[string]string{
		"no address": put("", "NEW_MESSAGE"), "no topic": put("https://a.example", ""), "unknown topic": put("https://a.example", "WEATHER"),
		"plain http": put("http://a.example", "NEW_MESSAGE"), "an IP": put("https://192.0.2.1/x", "NEW_MESSAGE"), "a port": put("https://a.example:8443", "NEW_MESSAGE"),
		"too long": put("https://a.example/"+strings.Repeat("x", 255), "NEW_MESSAGE"), "no URL": put("::", "NEW_MESSAGE"),
	} {
		if r := s.do(s.prepare(http.MethodPut, path, body)); r.Code != codeInvalid {
			t.Errorf("%s: code %d", name, r.Code)
		}
	}
	s.call(0, http.MethodPut, path, put("http://127.0.0.1:8080/webhooks/tiktok/x", "NEW_MESSAGE"))
	s.call(0, http.MethodPut, path, put("https://a.example/subscribed", "ORDER_STATUS_CHANGE"))
	if n := field[int](t, s.call(0, http.MethodGet, path, "").Data, "total_count"); n != 2 {
		t.Errorf("%d subscriptions", n)
	}
	s.hooks.taken()
	s.order("MUG-1", 1, "")
	s.pass(0)
	if got := s.hooks.taken(); len(got) != 1 || got[0].path != "/subscribed" {
		t.Errorf("webhooks %+v", got)
	}
	s.call(0, http.MethodDelete, path, `{"event_type":"ORDER_STATUS_CHANGE"}`)
	s.call(0, http.MethodDelete, path, `{"event_type":"ORDER_STATUS_CHANGE"}`)
	s.call(codeInvalid, http.MethodDelete, path, `{}`)
	s.order("MUG-1", 1, "")
	s.pass(0)
	if got := s.hooks.taken(); len(got) != 1 || !strings.HasSuffix(got[0].path, "/orders") {
		t.Errorf("webhooks %+v", got)
	}
}

func TestWebhookRetries(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	s.hooks.taken()
	s.hooks.status = http.StatusInternalServerError
	s.order("MUG-1", 1, "")
	s.pass(0)
	if n := len(s.hooks.taken()); n != 1 {
		t.Fatalf("%d attempts at once", n)
	}
	for _, wait := range []time.Duration{2 * time.Minute, 30 * time.Minute, 3 * time.Hour, 12 * time.Hour} {
		s.pass(wait - time.Second)
		if n := len(s.hooks.taken()); n != 0 {
			t.Errorf("%d attempts before %s", n, wait)
		}
		s.pass(time.Second)
		if n := len(s.hooks.taken()); n != 1 {
			t.Errorf("%d attempts after %s", n, wait)
		}
	}
	s.pass(48 * time.Hour)
	if n := len(s.hooks.taken()); n != 0 {
		t.Errorf("%d attempts after the last", n)
	}
}

// Everything is in the store: a new process goes on where the old one was.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.create(s.sheet())
	s.hooks.taken()
	before, cipher := s.sim, s.cipher
	s.open()
	if s.sim == before || s.cipher != cipher {
		t.Fatalf("cipher %s became %s", cipher, s.cipher)
	}
	s.pass(time.Second)
	if p := s.product(m.ID); p.Status != activate {
		t.Errorf("the review was lost: %+v", p)
	}
	id := s.order("MUG-1", 1, "")
	s.open()
	s.pass(0)
	if got := s.hooks.taken(); len(got) != 2 {
		t.Errorf("%d webhooks, want 2", len(got))
	}
	shot, err := s.sim.Snapshot(t.Context())
	if err != nil || len(shot.Orders) != 1 || shot.Orders[0].ID != id || shot.Writes != 2 || shot.Calls["CreateProduct_202309"] != 1 {
		t.Errorf("snapshot %+v, %v", shot, err)
	}
}

func TestNewRefusesHalfAnEnvironment(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	for name, env := range map[string]simkit.Env{
		"nothing": {}, "no app": {Now: s.env.Now, Store: s.env.Store},
		"no secret": {Now: s.env.Now, Store: s.env.Store, App: map[string]string{"TIKTOK_APP_KEY": "k"}},
	} {
		if _, err := New(env); err == nil {
			t.Errorf("%s was enough", name)
		}
	}
}
