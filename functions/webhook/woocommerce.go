package webhook

import (
	"cmp"
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// wooOrder is what is read of an order in WooCommerce's webhooks (REST API v3,
// orders; read 2026-11-22). Amounts are texts without tax, whatever the shop
// shows; only the price of a line is a number, and is not read.
type wooOrder struct {
	ID       text          `json:"id"`
	Number   text          `json:"number"`
	Status   text          `json:"status"`
	Currency string        `json:"currency"`
	Created  wooTime       `json:"date_created_gmt"`
	Modified wooTime       `json:"date_modified_gmt"`
	Total    text          `json:"total"`
	Tax      text          `json:"total_tax"`
	Discount text          `json:"discount_total"`
	Shipping text          `json:"shipping_total"`
	Note     text          `json:"customer_note"`
	BillTo   wooPerson     `json:"billing"`
	ShipTo   wooPerson     `json:"shipping"`
	Meta     list[wooMeta] `json:"meta_data"`
	Lines    list[wooLine] `json:"line_items"`
}

type wooPerson struct {
	First    text `json:"first_name"`
	Last     text `json:"last_name"`
	Address1 text `json:"address_1"`
	Address2 text `json:"address_2"`
	City     text `json:"city"`
	State    text `json:"state"`
	Postcode text `json:"postcode"`
	Country  text `json:"country"`
	Email    text `json:"email"`
	Phone    text `json:"phone"`
}

// wooMeta is a value a plugin keeps with an order; it may be anything.
type wooMeta struct {
	Key   text            `json:"key"`
	Value json.RawMessage `json:"value"`
}

type wooLine struct {
	ID       text  `json:"id"`
	SKU      text  `json:"sku"`
	Name     text  `json:"name"`
	Quantity int64 `json:"quantity"`
	Subtotal text  `json:"subtotal"` // of the line, before discounts
}

// wooTime is a time in UTC that does not say so.
type wooTime struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *wooTime) UnmarshalJSON(raw []byte) error {
	var s text
	if err := json.Unmarshal(raw, &s); err != nil || s == "" {
		return err
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", strings.TrimSuffix(string(s), "Z")+"Z")
	t.Time = at
	return err
}

// wooAttribution is the beginning of the names under which WooCommerce keeps
// where a buyer came from (Order Attribution, since 8.5).
const wooAttribution = "_wc_order_attribution_"

// skipWoo passes over what is no order: other topics, the body of a deleted
// order, which is only its id, and a checkout that was only begun.
func skipWoo(h http.Header, body []byte) string {
	topic := h.Get("X-WC-Webhook-Topic")
	if topic != "" && (!strings.HasPrefix(topic, "order.") || topic == "order.deleted") {
		return "topic"
	}
	var o struct {
		Status text `json:"status"`
	}
	if json.Unmarshal(body, &o) == nil && (o.Status == "checkout-draft" || o.Status == "auto-draft") {
		return "draft"
	}
	return ""
}

func decodeWoo(body []byte) (order, error) {
	var s wooOrder
	if err := json.Unmarshal(body, &s); err != nil {
		return order{}, invalid("", "bad_json", "The order can't be read: %s.", reason(err))
	}
	money := amounts{currency: s.Currency}
	o := order{
		ID: string(s.ID), Number: clip(string(s.Number), maxText), Status: string(s.state()), RawStatus: clip(string(s.Status), maxText),
		PlacedAt: s.Created.Time, UpdatedAt: latest(s.Modified.Time, s.Created.Time), Total: money.of("total", s.Total), Tax: money.of("total_tax", s.Tax),
		Discount: money.of("discount_total", s.Discount), Shipping: money.of("shipping_total", s.Shipping), Buyer: s.buyer(), Note: clip(string(s.Note), maxNote),
	}
	for _, m := range s.Meta {
		var value text
		if json.Unmarshal(m.Value, &value) != nil {
			continue
		}
		name, found := strings.CutPrefix(string(m.Key), wooAttribution)
		if found && name == "session_entry" {
			o.Origin.Landing = clip(string(value), maxLanding)
		}
		o.hint(name, string(value))
	}
	for _, l := range s.Lines {
		if l.Quantity == 0 {
			continue
		}
		o.Lines = append(o.Lines, line{
			ID: string(l.ID), SKU: commerce.SKU(clip(string(l.SKU), maxText)), Title: clip(html.UnescapeString(string(l.Name)), maxTitle), Quantity: l.Quantity,
			Price: each(money.price("line_items.subtotal", l.Subtotal), l.Quantity),
		})
	}
	return o, money.err
}

// state is where an order stands. One that waits on hold waits for its payment;
// a failed payment holds nothing back and may be tried again.
func (s wooOrder) state() commerce.OrderState {
	switch s.Status {
	case "pending", "on-hold":
		return commerce.OrderUnpaid
	case "processing":
		return commerce.OrderPaid
	case "completed":
		return commerce.OrderCompleted
	case "cancelled", "failed", "trash":
		return commerce.OrderCancelled
	case "refunded":
		return commerce.OrderRefunded
	}
	return commerce.OrderOther // a status of a plugin
}

func (s wooOrder) buyer() commerce.Buyer {
	to := s.ShipTo
	if to.Address1 == "" && to.City == "" {
		to = s.BillTo
	}
	b := commerce.Buyer{
		Name: cmp.Or(full(s.BillTo.First, s.BillTo.Last), full(to.First, to.Last)), Email: clip(string(s.BillTo.Email), maxText),
		Phone: clip(string(cmp.Or(to.Phone, s.BillTo.Phone)), maxText),
	}
	if lines := street(to.Address1, to.Address2); len(lines) > 0 || to.City != "" {
		b.Address = &commerce.Address{
			Name: full(to.First, to.Last), Lines: lines, City: full(to.City), Region: full(to.State), Postal: full(to.Postcode), Country: full(to.Country),
		}
	}
	return b
}
