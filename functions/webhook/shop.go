package webhook

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

// maxShop is the largest order of a shop's software: it says far more of each
// line than is kept.
const maxShop = 2 << 20

// shop is a shop software whose own webhooks are understood: the orders of a
// shop with all of their changes, signed with base64 of an HMAC over the body.
type shop struct {
	name      string // in the address
	title     string
	signature string // the header that signs
	// skip says why a delivery is none to take, if it is none.
	skip   func(h http.Header, body []byte) string
	decode func(body []byte) (order, error)
}

func shops() []shop {
	return []shop{
		{name: "shopify", title: "Shopify", signature: "X-Shopify-Hmac-Sha256", skip: skipShopify, decode: decodeShopify},
		{name: "woocommerce", title: "WooCommerce", signature: "X-WC-Webhook-Signature", skip: skipWoo, decode: decodeWoo},
	}
}

// shop takes a webhook of a shop's software. Both give a webhook up after a few
// refusals, so what is signed is answered 200 even when it can't be read: a
// copy and a failure record are kept instead.
func (h *Handler) shop(w http.ResponseWriter, r *http.Request, s shop) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxShop+1))
	if err != nil || len(body) > maxShop {
		problem(w, fault.New(fault.TooLarge, "too_large", "An order is at most %d bytes.", maxShop))
		return
	}
	if pinged(r.Header.Get(s.signature), body) {
		w.WriteHeader(http.StatusOK)
		return
	}
	a, err := h.Accounts.VerifyShop(r.Context(), r.PathValue("key"), r.Header.Get(s.signature), body)
	if err == nil && a.State == port.AccountGone {
		err = fault.New(fault.Denied, "disconnected", "This key has been switched off.")
	}
	if err != nil {
		h.failed(w, r, err)
		return
	}
	if why := s.skip(r.Header, body); why != "" {
		answer(w, http.StatusOK, "application/json", map[string]string{"ignored": why})
		return
	}
	told, err := h.told(r.Context(), a, s, body)
	if err != nil {
		h.failed(w, r, err)
		return
	}
	answer(w, http.StatusOK, "application/json", told)
}

func (h *Handler) told(ctx context.Context, a port.Account, s shop, body []byte) (map[string]string, error) {
	o, err := s.decode(body)
	if err != nil {
		return map[string]string{"ignored": "unreadable"}, h.setAside(ctx, a, s.title, body, err)
	}
	in, err := o.inbound(h.Now())
	if err != nil {
		return map[string]string{"ignored": "unreadable"}, h.setAside(ctx, a, s.title, body, err)
	}
	if in.PlacedAt.Before(a.ClaimedAt.Truncate(time.Second)) {
		// Shops tell of every change of every order. What was sold before the
		// connection has left the shelf before the stock was counted.
		return map[string]string{"ignored": "older than the connection"}, nil
	}
	if in.Lines, err = h.whole(ctx, a, in); err != nil {
		return nil, err
	}
	taken, err := h.take(ctx, a, in)
	return h.taken(a, taken), err
}

// whole are the lines of an order with those it had before and has no more: a
// shop's software tells the whole order, so what it does not name was taken out
// by the seller and goes back on the shelf.
func (h *Handler) whole(ctx context.Context, a port.Account, in trade.Inbound) ([]commerce.OrderLine, error) {
	stored, err := h.Store.Order(ctx, a.Space, h.OrderID(a.ID, commerce.RemoteID(in.ID)))
	if fault.Is(err, fault.NotFound) {
		return in.Lines, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", in.ID, err)
	}
	lines := in.Lines
	for _, l := range stored.Lines {
		if !slices.ContainsFunc(in.Lines, func(told commerce.OrderLine) bool { return told.ID == l.ID }) {
			lines = append(lines, commerce.OrderLine{ID: l.ID, SKU: l.SKU, Title: l.Title, Quantity: l.Quantity, Cancelled: l.Quantity, Price: l.Price})
		}
	}
	return lines, nil
}

// setAside keeps what is genuine and can't be understood, for a week, and tells
// the seller.
func (h *Handler) setAside(ctx context.Context, a port.Account, from string, body []byte, cause error) error {
	key, f := h.copyKey(), fault.Of(cause)
	if err := h.Blobs.PutBlob(ctx, key, "application/octet-stream", body); err != nil {
		return fmt.Errorf("keep an unreadable order: %w", err)
	}
	h.Log.ErrorContext(ctx, "order not readable", "account", a.ID, "from", from, "code", f.Code, "field", f.Field, "copy", key)
	return h.Store.PutFailure(ctx, port.Failure{
		ID: h.NewID(), Space: a.Space, Queue: port.InboundQueue, Kind: string(f.Kind), Code: f.Code, Account: a.ID, Count: 1, At: h.Now(),
		Message: fmt.Sprintf("An order from %s could not be read: %s Enter it by hand. A copy is kept for a week as %s.", from, f.Message, key),
	})
}

func (h *Handler) copyKey() string { return "tmp/unreadable/" + h.NewID() }

// pinged says whether a delivery only tries the address: WooCommerce does so
// before it keeps a webhook, unsigned, and wants 200
// (WC_Webhook::deliver_ping, WooCommerce 10, 2026).
func pinged(signature string, body []byte) bool {
	return signature == "" && len(body) < 40 && strings.HasPrefix(string(body), "webhook_id=")
}
