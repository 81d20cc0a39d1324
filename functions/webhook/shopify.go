package webhook

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// shopifyOrder is what is read of an order in Shopify's webhooks (REST Admin
// order resource, read 2026-11-22). Amounts are decimal texts in the shop's
// currency, ids exceed what a float can hold.
type shopifyOrder struct {
	ID         text             `json:"id"`
	Name       text             `json:"name"`
	Currency   string           `json:"currency"`
	Created    time.Time        `json:"created_at"`
	Updated    time.Time        `json:"updated_at"`
	Cancelled  time.Time        `json:"cancelled_at"`
	Payment    text             `json:"financial_status"`
	Fulfilment text             `json:"fulfillment_status"`
	Total      text             `json:"total_price"`
	Tax        text             `json:"total_tax"`
	Discounts  text             `json:"total_discounts"`
	Shipping   shopifySet       `json:"total_shipping_price_set"`
	Email      text             `json:"email"`
	Phone      text             `json:"phone"`
	Customer   shopifyPerson    `json:"customer"`
	ShipTo     *shopifyPerson   `json:"shipping_address"`
	BillTo     *shopifyPerson   `json:"billing_address"`
	Note       text             `json:"note"`
	Attributes []shopifyPair    `json:"note_attributes"`
	Landing    text             `json:"landing_site"`
	Lines      []shopifyLine    `json:"line_items"`
	Refunds    []shopifyRefunds `json:"refunds"`
}

type shopifySet struct {
	Shop struct {
		Amount text `json:"amount"`
	} `json:"shop_money"`
}

type shopifyPerson struct {
	First    text `json:"first_name"`
	Last     text `json:"last_name"`
	Email    text `json:"email"`
	Phone    text `json:"phone"`
	Address1 text `json:"address1"`
	Address2 text `json:"address2"`
	City     text `json:"city"`
	Province text `json:"province"`
	Zip      text `json:"zip"`
	Country  text `json:"country_code"`
}

type shopifyPair struct {
	Name  text            `json:"name"`
	Value json.RawMessage `json:"value"`
}

type shopifyLine struct {
	ID       text   `json:"id"`
	SKU      text   `json:"sku"`
	Name     text   `json:"name"`
	Title    text   `json:"title"`
	Quantity int64  `json:"quantity"`
	Current  *int64 `json:"current_quantity"`
	Price    text   `json:"price"`
}

type shopifyRefunds struct {
	Lines []struct {
		Line     text   `json:"line_item_id"`
		Quantity int64  `json:"quantity"`
		Restock  string `json:"restock_type"`
	} `json:"refund_line_items"`
}

// skipShopify passes over what is no order: other topics, the body of a deleted
// order, which is only its id, notifications sent to try the address, and
// orders of the shop's test mode, which nobody pays.
func skipShopify(h http.Header, body []byte) string {
	topic := h.Get("X-Shopify-Topic")
	switch {
	case topic != "" && (!strings.HasPrefix(topic, "orders/") || topic == "orders/delete"):
		return "topic"
	case strings.EqualFold(h.Get("X-Shopify-Test"), "true"):
		return "test"
	}
	var o struct {
		Test bool `json:"test"`
	}
	if json.Unmarshal(body, &o) == nil && o.Test {
		return "test"
	}
	return ""
}

func decodeShopify(body []byte) (order, error) {
	var s shopifyOrder
	if err := json.Unmarshal(body, &s); err != nil {
		return order{}, invalid("", "bad_json", "The order can't be read: %s.", reason(err))
	}
	money := amounts{currency: s.Currency}
	o := order{
		ID: string(s.ID), Number: clip(string(s.Name), maxText), Status: string(s.state()), RawStatus: s.rawState(), PlacedAt: s.Created, UpdatedAt: latest(s.Updated, s.Created),
		Total: money.of("total_price", s.Total), Tax: money.of("total_tax", s.Tax), Discount: money.of("total_discounts", s.Discounts),
		Shipping: money.of("total_shipping_price_set", s.Shipping.Shop.Amount), Buyer: s.buyer(), Note: clip(string(s.Note), maxNote),
	}
	o.Origin.Landing = clip(string(s.Landing), maxLanding)
	for _, p := range s.Attributes {
		var value text
		if json.Unmarshal(p.Value, &value) == nil {
			o.hint(string(p.Name), string(value))
		}
	}
	back := s.back()
	for _, l := range s.Lines {
		if l.Quantity == 0 {
			continue // taken out of the order before anything was known of it
		}
		o.Lines = append(o.Lines, line{
			ID: string(l.ID), SKU: commerce.SKU(clip(string(l.SKU), maxText)), Title: clip(string(cmp.Or(l.Name, l.Title)), maxTitle), Quantity: l.Quantity,
			Cancelled: l.cancelled(back[l.ID]), Price: money.price("line_items.price", l.Price),
		})
	}
	return o, money.err
}

// returned are the pieces of a line that were refunded: all, and those of them
// that went back on the shelf.
type returned struct{ all, shelf int64 }

func (s shopifyOrder) back() map[text]returned {
	found := map[text]returned{}
	for _, r := range s.Refunds {
		for _, l := range r.Lines {
			b := found[l.Line]
			b.all += max(0, min(l.Quantity, maxQuantity))
			if l.Restock != "no_restock" {
				b.shelf += max(0, min(l.Quantity, maxQuantity))
			}
			found[l.Line] = b
		}
	}
	return found
}

// cancelled are the pieces that are not wanted any more and can be sold again:
// what was refunded to the shelf, and what an edit of the order took out.
func (l shopifyLine) cancelled(b returned) int64 {
	n := b.shelf
	if l.Current != nil {
		n = max(n, l.Quantity-*l.Current-(b.all-b.shelf))
	}
	return max(0, min(n, l.Quantity))
}

// state is where an order stands. An authorized payment is as good as paid:
// shops that capture by hand ship first.
func (s shopifyOrder) state() commerce.OrderState {
	switch {
	case !s.Cancelled.IsZero():
		return commerce.OrderCancelled
	case s.Payment == "refunded":
		return commerce.OrderRefunded
	case s.Fulfilment == "fulfilled":
		return commerce.OrderShipped
	case s.Fulfilment == "partial":
		return commerce.OrderPartly
	}
	switch s.Payment {
	case "paid", "partially_refunded", "authorized":
		return commerce.OrderPaid
	case "", "pending", "partially_paid", "voided", "expired", "unpaid":
		return commerce.OrderUnpaid
	}
	return commerce.OrderOther
}

func (s shopifyOrder) rawState() string {
	raw := string(s.Payment)
	if s.Fulfilment != "" {
		raw += ", " + string(s.Fulfilment)
	}
	if !s.Cancelled.IsZero() {
		raw = "cancelled, " + raw
	}
	return clip(raw, maxText)
}

func (s shopifyOrder) buyer() commerce.Buyer {
	to := cmp.Or(s.ShipTo, s.BillTo, &shopifyPerson{})
	b := commerce.Buyer{
		Name:  cmp.Or(full(s.Customer.First, s.Customer.Last), full(to.First, to.Last)),
		Email: clip(string(cmp.Or(s.Email, s.Customer.Email)), maxText), Phone: clip(string(cmp.Or(s.Phone, to.Phone, s.Customer.Phone)), maxText),
	}
	if lines := street(to.Address1, to.Address2); len(lines) > 0 || to.City != "" {
		b.Address = &commerce.Address{
			Name: full(to.First, to.Last), Lines: lines, City: full(to.City), Region: full(to.Province), Postal: full(to.Zip), Country: full(to.Country),
		}
	}
	return b
}
