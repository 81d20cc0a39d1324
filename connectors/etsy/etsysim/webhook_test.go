package etsysim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// verify checks a webhook the way its receiver does.
func (h hook) verify(now time.Time) bool {
	id, stamp := h.header.Get("webhook-id"), h.header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, []byte("hook secret"))
	mac.Write([]byte(id + "." + stamp + "." + string(h.body)))
	return id != "" && stamp == fmt.Sprint(now.Unix()) &&
		h.header.Get("webhook-signature") == "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestWebhookIsSigned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.active("MUG", 9)
	receipt := b.order("MUG", 1, "")
	b.tick()
	if len(b.hooks) != 1 || !b.hooks[0].verify(b.now) || b.hooks[0].header.Get("Content-Type") != "application/json" {
		t.Fatalf("webhooks %+v", b.hooks)
	}
	want := fmt.Sprintf(`{"event_type":"order.paid","resource_url":"https://openapi.etsy.com/v3/application/shops/%d/receipts/%s","shop_id":%d}`,
		b.sim.ShopID(), receipt, b.sim.ShopID())
	if got := string(b.hooks[0].body); got != want {
		t.Errorf("body %s\nwant %s", got, want)
	}
	b.tick()
	if len(b.hooks) != 1 {
		t.Errorf("an accepted webhook came again")
	}
}

func TestWebhookEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.active("MUG", 9)
	first, second := b.order("MUG", 1, ""), b.order("MUG", 1, "")
	if err := b.sim.DeliverOrder(t.Context(), first); err == nil {
		t.Error("an order that was not sent arrived")
	}
	b.want(b.json("POST", b.shop("/receipts/%s/tracking", first), `{"tracking_code":"1","carrier_name":"other"}`), 200, "")
	if err := b.sim.DeliverOrder(t.Context(), first); err != nil {
		t.Error(err)
	}
	b.want(b.get(b.shop("/receipts?was_delivered=true")), 200, `"count":1`)
	if err := b.sim.CancelOrder(t.Context(), second); err != nil {
		t.Error(err)
	}
	if err := b.sim.CancelOrder(t.Context(), second); err == nil {
		t.Error("canceled twice")
	}
	b.tick()
	seen := map[string]int{}
	for _, h := range b.hooks {
		for _, kind := range []string{"order.paid", "order.shipped", "order.delivered", "order.canceled"} {
			if string(h.body[:16+len(kind)]) == `{"event_type":"`+kind+`"` {
				seen[kind]++
			}
		}
	}
	if fmt.Sprint(seen) != "map[order.canceled:1 order.delivered:1 order.paid:2 order.shipped:1]" {
		t.Errorf("events %v", seen)
	}
}

func TestWebhookRetries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.active("MUG", 9)
	b.hookCode = http.StatusServiceUnavailable
	b.order("MUG", 1, "")
	for i, wait := range append([]time.Duration{0}, webhookRetries()...) {
		if wait > 0 {
			b.wait(wait - time.Second)
			b.tick()
			b.wait(time.Second)
		}
		b.tick()
		if len(b.hooks) != i+1 || !b.hooks[i].verify(b.now) || b.hooks[i].header.Get("webhook-id") != b.hooks[0].header.Get("webhook-id") {
			t.Fatalf("attempt %d: %d webhooks", i, len(b.hooks))
		}
	}
	b.wait(1000 * time.Hour)
	if b.tick(); len(b.hooks) != 8 {
		t.Errorf("%d attempts", len(b.hooks))
	}
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string][2]int{ // at once, after a minute
		simkit.FaultWebhookLost: {0, 0}, simkit.FaultWebhookTwice: {2, 2}, simkit.FaultWebhookLate: {0, 1},
	} {
		b := setup(t)
		b.active("MUG", 9)
		if err := b.sim.Faults().Add(kind, 1); err != nil {
			t.Fatal(err)
		}
		b.order("MUG", 1, "")
		b.tick()
		early := len(b.hooks)
		b.wait(time.Minute)
		b.tick()
		if got := [2]int{early, len(b.hooks)}; got != want {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
}
