package etsysim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// webhookRetries are the waits after a refused delivery: after the first try
// 5 s, then 5 min, 30 min, 2 h, 5 h, 10 h and 10 h (developer pages as restated
// by others, 2026).
func webhookRetries() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
	}
}

// event is the flat body of every webhook.
type event struct {
	Type     string `json:"event_type"`
	Resource string `json:"resource_url"`
	ShopID   any    `json:"shop_id"` // a number, or text
}

// announce queues a webhook about a receipt. Its address names Etsy's own host,
// as the real one does wherever it is sent from.
func (s *Sim) announce(tx *simkit.Tx, kind string, receiptID int64) error {
	body, err := json.Marshal(event{
		Type:     kind,
		Resource: fmt.Sprintf("https://%s/v3/application/shops/%d/receipts/%d", s.Doubts.host(), s.shop.ID, receiptID),
		ShopID:   s.Doubts.shopID(s.shop.ID),
	})
	if err != nil {
		return fmt.Errorf("webhook %s: %w", kind, err)
	}
	return s.outbox.Add(tx, s.env, &s.faults, s.env.Webhooks[TopicOrders], body)
}

// signer makes the signature of the Standard Webhooks scheme with the
// unbranded header names that Etsy uses.
func signer(env simkit.Env) (func(http.Header, string, time.Time, []byte), error) {
	encoded, marked := strings.CutPrefix(env.App["ETSY_WEBHOOK_SECRET"], "whsec_")
	secretKey, err := base64.StdEncoding.DecodeString(encoded)
	if env.Webhooks[TopicOrders] != "" && (err != nil || !marked || len(secretKey) == 0) {
		return nil, fmt.Errorf("ETSY_WEBHOOK_SECRET must be whsec_ followed by base64")
	}
	return func(h http.Header, id string, now time.Time, body []byte) {
		stamp := strconv.FormatInt(now.Unix(), 10)
		mac := hmac.New(sha256.New, secretKey)
		_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
		h.Set("webhook-id", id)
		h.Set("webhook-timestamp", stamp)
		h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}, nil
}
