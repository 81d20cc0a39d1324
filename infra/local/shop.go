package local

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// checkoutPath is where the simulated own shop of the seller has its checkout.
const checkoutPath = "/sim/shop/checkout"

// shop is the seller's own web shop: buyers from Facebook and Instagram land in
// its checkout by way of our bridge, and it tells us of their orders.
type shop struct {
	api   *client
	state *state
	now   func() time.Time
}

// carter is a marketplace that sends buyers to the seller's checkout.
type carter interface {
	CheckoutQuery(channel string, items []simkit.Line, coupon string) (url.Values, error)
}

// buy walks a buyer from a Meta shop over the bridge through the own checkout,
// and posts the signed order. It answers the shop's order id.
func (s *shop) buy(ctx context.Context, sim simkit.Simulator, channel string, wish orderWish) (string, error) {
	from, ok := sim.(carter)
	if !ok {
		return "", simkit.ErrNotOffered
	}
	query, err := from.CheckoutQuery(channel, []simkit.Line{{SKU: wish.SKU, Quantity: wish.Quantity}}, "")
	if err != nil {
		return "", err
	}
	bridge, err := s.bridge(ctx, channel)
	if err != nil {
		return "", err
	}
	location, _, err := s.api.follow(ctx, bridge+"?"+query.Encode())
	if err != nil {
		return "", fmt.Errorf("walk the checkout bridge: %w", err)
	}
	landed, err := url.Parse(location)
	if err != nil || landed.Query().Get("mc_session") == "" {
		return "", fmt.Errorf("the checkout bridge did not lead to the shop: is checkout_url set in the settings, and the item in stock?")
	}
	return s.order(ctx, landed, wish)
}

// bridge is the checkout address of a channel's connection.
func (s *shop) bridge(ctx context.Context, channel string) (string, error) {
	connections, err := list[struct {
		ID       string `json:"id"`
		Channel  string `json:"channel"`
		Checkout string `json:"checkout_url"`
	}](ctx, s.api, "/v1/connections")
	if err != nil {
		return "", err
	}
	for _, c := range connections {
		if c.Channel == channel && c.Checkout != "" {
			return c.Checkout, nil
		}
	}
	return "", fmt.Errorf("%s is not connected", channel)
}

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// order is what the shop's checkout does once the buyer has paid.
func (s *shop) order(ctx context.Context, landed *url.URL, wish orderWish) (string, error) {
	q := landed.Query()
	var lines []map[string]any
	var total money
	for item := range strings.SplitSeq(q.Get("items"), ",") {
		sku, count, _ := strings.Cut(item, ":")
		quantity, err := strconv.ParseInt(count, 10, 64)
		if err != nil {
			return "", fmt.Errorf("the bridge handed over an item without a quantity: %q", item)
		}
		title, price, err := s.price(ctx, sku)
		if err != nil {
			return "", err
		}
		lines = append(lines, map[string]any{"sku": sku, "title": title, "quantity": quantity, "price": price})
		total = money{total.Amount + price.Amount*quantity, price.Currency}
	}
	id := "W-" + strings.ToUpper(letters(8))
	body, err := json.Marshal(map[string]any{
		"id": id, "number": id, "status": "paid", "placed_at": s.now().UTC().Truncate(time.Second), "updated_at": s.now().UTC().Truncate(time.Second),
		"lines": lines, "total": total, "buyer": map[string]string{"name": wish.Buyer}, "note": wish.Note, "session": q.Get("mc_session"),
		"attribution": map[string]any{"cart_origin": q.Get("cart_origin"), "fbclid": q.Get("fbclid"), "landing": landed.String()},
	})
	if err != nil {
		return "", err
	}
	return id, s.post(ctx, body)
}

// price asks the catalog, as the shop's own price list would.
func (s *shop) price(ctx context.Context, sku string) (string, money, error) {
	levels, err := list[struct {
		SKU     string `json:"sku"`
		Variant string `json:"variant"`
		Product string `json:"product"`
	}](ctx, s.api, "/v1/stock?sku="+url.QueryEscape(sku))
	if err != nil {
		return "", money{}, err
	}
	for _, l := range levels {
		if l.SKU != sku {
			continue
		}
		var p struct {
			Title    string `json:"title"`
			Variants []struct {
				ID    string `json:"id"`
				Price money  `json:"price"`
			} `json:"variants"`
		}
		if _, err := s.api.call(ctx, http.MethodGet, "/v1/products/"+l.Product, nil, &p); err != nil {
			return "", money{}, err
		}
		for _, v := range p.Variants {
			if v.ID == l.Variant {
				return p.Title, v.Price, nil
			}
		}
	}
	return "", money{}, fmt.Errorf("the shop does not sell %q", sku)
}

// post signs and sends an order.
func (s *shop) post(ctx context.Context, body []byte) error {
	var done progress
	if err := s.state.read("progress.json", &done); err != nil {
		return err
	}
	at := strconv.FormatInt(s.now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(done.Checkout.Secret))
	_, _ = mac.Write([]byte(at + "."))
	_, _ = mac.Write(body)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.api.base+"/v1/inbound/orders", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Manystall-Key", done.Checkout.Key)
	r.Header.Set("Manystall-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := s.api.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusAccepted {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("inbound order refused: %d %s", resp.StatusCode, text)
	}
	return nil
}

// ServeHTTP is the shop's checkout page, for a person who walks the bridge.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintf(w, "This is the checkout of the seller's own shop (simulated).\n\nItems: %s\nSession: %s\n", r.URL.Query().Get("items"), r.URL.Query().Get("mc_session"))
}
