package webhook

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

// checkout is where Meta sends a buyer with a cart. The cart is remembered and
// handed over to the seller's own checkout with every parameter kept, or shown
// here when there is none, or when not everything can be had as wished.
func (h *Handler) checkout(w http.ResponseWriter, r *http.Request) {
	a, err := h.Accounts.ByKey(r.Context(), "checkout", r.PathValue("key"))
	if err != nil {
		h.notFound(w, r, err)
		return
	}
	space, err := h.Store.Workspace(r.Context(), a.Space)
	if err != nil {
		h.notFound(w, r, err)
		return
	}
	cart, notices, err := h.cart(r.Context(), a, r.URL.Query())
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		h.page.serve(w, http.StatusBadRequest, view{Shop: space.Name, Problem: "This cart can't be read. Go back to the shop and try again."})
		return
	}
	if err != nil {
		h.Log.ErrorContext(r.Context(), "cart not kept", "account", a.ID, "err", err.Error())
		h.page.serve(w, http.StatusServiceUnavailable, view{Shop: space.Name, Problem: "Something went wrong on our side. Try again in a moment."})
		return
	}
	next := handover(a.Defaults.Over(space.Defaults).CheckoutURL, cart, r.URL.Query())
	if next != "" && len(notices) == 0 && len(cart.Lines) > 0 {
		http.Redirect(w, r, next, http.StatusFound)
		return
	}
	h.page.serve(w, http.StatusOK, newView(space.Name, cart, notices, next))
}

// cart opens the cart of an address, or the one it names that was begun in a
// chat.
func (h *Handler) cart(ctx context.Context, a port.Account, q url.Values) (port.CartSession, []trade.CartNotice, error) {
	if session := q.Get("mc_session"); session != "" && !q.Has("products") {
		return h.Carts.ReopenCart(ctx, a, session)
	}
	wish, err := h.ParseCheckout(q)
	if err != nil {
		return port.CartSession{}, nil, err
	}
	items := make([]trade.CartItem, 0, len(wish.Items))
	for _, i := range wish.Items {
		items = append(items, trade.CartItem{SKU: commerce.SKU(i.ID), Quantity: i.Quantity})
	}
	return h.Carts.OpenCart(ctx, a, items, wish.Coupon, wish.Channel, wish.Attribution)
}

// handover is the address of the seller's own checkout with the cart in it, or
// empty without one. Only the seller's settings say where it leads.
func handover(template string, cart port.CartSession, q url.Values) string {
	if template == "" {
		return ""
	}
	items := make([]string, 0, len(cart.Lines))
	for _, l := range cart.Lines {
		items = append(items, string(l.SKU)+":"+strconv.FormatInt(l.Quantity, 10))
	}
	filled := strings.NewReplacer("{items}", url.QueryEscape(strings.Join(items, ",")), "{coupon}", url.QueryEscape(cart.Coupon)).Replace(template)
	u, err := url.Parse(filled)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return ""
	}
	own := u.Query()
	for name, values := range q {
		if !own.Has(name) {
			own[name] = values
		}
	}
	own.Set("mc_session", cart.ID)
	u.RawQuery = own.Encode()
	return u.String()
}
