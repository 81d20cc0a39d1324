package etsy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
)

const hookBody = `{"event_type":"order.paid","resource_url":"https://openapi.etsy.com/v3/application/shops/42/receipts/7","shop_id":42}`

func secretOf(text string) config.Secret {
	return config.Secret("whsec_" + base64.StdEncoding.EncodeToString([]byte(text)))
}

// signed is a delivery signed the way the Standard Webhooks scheme says.
func signed(secret, id string, at time.Time, body string) channel.HookRequest {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(id + "." + stamp + "." + body))
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return channel.HookRequest{Header: h, Body: []byte(body), Now: at}
}

func TestHook(t *testing.T) {
	t.Parallel()
	app := &App{Webhook: secretOf("one"), WebhookNext: secretOf("two")}
	for _, c := range []struct {
		name   string
		app    any
		change func(*channel.HookRequest)
		secret string
		status int
		events int
	}{
		{"first secret", app, nil, "one", 200, 1},
		{"second secret", app, nil, "two", 200, 1},
		{"another secret", app, nil, "three", 401, 0},
		{"no secrets set", &App{}, nil, "", 401, 0},
		{"no application", nil, nil, "one", 401, 0},
		{"a secret that is no base64", &App{Webhook: "whsec_%%%"}, nil, "", 401, 0},
		{"without a version", app, func(r *channel.HookRequest) {
			r.Header.Set("webhook-signature", r.Header.Get("webhook-signature")[3:])
		}, "one", 200, 1},
		{"among others", app, func(r *channel.HookRequest) {
			r.Header.Set("webhook-signature", "v1,AAAA v2,BBBB "+r.Header.Get("webhook-signature"))
		}, "one", 200, 1},
		{"another version", app, func(r *channel.HookRequest) {
			r.Header.Set("webhook-signature", "v2"+r.Header.Get("webhook-signature")[2:])
		}, "one", 401, 0},
		{"another id", app, func(r *channel.HookRequest) { r.Header.Set("webhook-id", "x") }, "one", 401, 0},
		{"no id", app, func(r *channel.HookRequest) { r.Header.Del("webhook-id") }, "one", 401, 0},
		{"no signature", app, func(r *channel.HookRequest) { r.Header.Del("webhook-signature") }, "one", 401, 0},
		{"another body", app, func(r *channel.HookRequest) { r.Body[20] ^= 1 }, "one", 401, 0},
		{"five minutes old", app, func(r *channel.HookRequest) { r.Now = r.Now.Add(5 * time.Minute) }, "one", 200, 1},
		{"older", app, func(r *channel.HookRequest) { r.Now = r.Now.Add(5*time.Minute + time.Second) }, "one", 401, 0},
		{"from the future", app, func(r *channel.HookRequest) { r.Now = r.Now.Add(-6 * time.Minute) }, "one", 401, 0},
		{"a time that is none", app, func(r *channel.HookRequest) { r.Header.Set("webhook-timestamp", "soon") }, "one", 401, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := signed(c.secret, "msg_1", november, hookBody)
			if c.change != nil {
				c.change(&r)
			}
			resp, events, err := handleHook(map[commerce.Channel]any{commerce.Etsy: c.app}, r)
			if err != nil || resp.Status != c.status || len(events) != c.events || len(resp.Body) > 0 {
				t.Fatalf("status %d, %d events, %v; want %d, %d", resp.Status, len(events), err, c.status, c.events)
			}
			if c.events == 1 && (events[0].Account != "42" || events[0].ID != "msg_1" || events[0].Topic != "order.paid") {
				t.Errorf("event %+v", events[0])
			}
		})
	}
}

// TestHookBody: what is signed and yet not an order of an Etsy shop is
// accepted, so that it does not come again, and does nothing.
func TestHookBody(t *testing.T) {
	t.Parallel()
	app := &App{Webhook: secretOf("one")}
	const at = "/v3/application/shops/42/receipts/7"
	for body, want := range map[string]int{
		`{"event_type":"order.paid","resource_url":"https://api.etsy.com` + at + `","shop_id":"42"}`:                                     1,
		`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com` + at + `"}`:                                                1,
		`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com` + at + `","shop_id":null}`:                                 1,
		`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com` + at + `","shop_id":43}`:                                   0,
		`{"event_type":"order.paid","resource_url":"https://evil.example` + at + `","shop_id":42}`:                                       0,
		`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com.evil.example` + at + `","shop_id":42}`:                      0,
		`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com@evil.example` + at + `","shop_id":42}`:                      0,
		`{"event_type":"order.paid","resource_url":"http://openapi.etsy.com` + at + `","shop_id":42}`:                                    0,
		`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com/v3/application/shops/42/receipts/../../x","shop_id":42}`:    0,
		`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com/v3/application/shops/42/receipts/99999999999999999999999"}`: 0,
		`{"event_type":"order.of_tomorrow","resource_url":"https://openapi.etsy.com` + at + `","shop_id":42}`:                            1,
		`{"event_type":"listing.updated","resource_url":"https://openapi.etsy.com/v3/application/listings/5","shop_id":42}`:              0,
		`{"resource_url":"https://openapi.etsy.com` + at + `","shop_id":42}`:                                                             1,
		`{"event_type":"order.paid","data":{"receipt_id":7}}`:                                                                            0,
		`[]`: 0, `null`: 0, ``: 0, `{`: 0,
	} {
		resp, events, err := handleHook(map[commerce.Channel]any{commerce.Etsy: app}, signed("one", "m", november, body))
		if err != nil || resp.Status != http.StatusOK || len(events) != want {
			t.Errorf("%s: status %d, %d events, %v; want 200, %d", body, resp.Status, len(events), err, want)
		}
	}
}

// TestHookRepeated: a delivery that comes again within its time is the same
// event, so that it is stored once; nobody can give it another name.
func TestHookRepeated(t *testing.T) {
	t.Parallel()
	apps := map[commerce.Channel]any{commerce.Etsy: &App{Webhook: secretOf("one")}}
	first := signed("one", "msg_7", november, hookBody)
	again := first
	again.Now = november.Add(4 * time.Minute)
	_, a, _ := handleHook(apps, first)
	_, b, _ := handleHook(apps, again)
	if len(a) != 1 || len(b) != 1 || a[0].ID != b[0].ID || a[0].Account != b[0].Account || string(a[0].Body) != string(b[0].Body) {
		t.Errorf("events %+v and %+v", a, b)
	}
	renamed := signed("one", "msg_7", november, hookBody)
	renamed.Header.Set("webhook-id", "msg_8")
	if resp, events, _ := handleHook(apps, renamed); resp.Status != http.StatusUnauthorized || len(events) > 0 {
		t.Errorf("a delivery under another id is answered %d", resp.Status)
	}
}

func TestHookIsBounded(t *testing.T) {
	t.Parallel()
	body := string(make([]byte, hookMax+1))
	resp, _, _ := handleHook(map[commerce.Channel]any{commerce.Etsy: &App{Webhook: secretOf("one")}}, signed("one", "m", november, body))
	if resp.Status != http.StatusUnauthorized {
		t.Errorf("status %d", resp.Status)
	}
}
