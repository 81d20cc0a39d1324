package metagraph

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// Bounds of a checkout address. It is unsigned: anybody can write one.
const (
	checkoutItems    = 100
	checkoutQuantity = 10_000
	checkoutID       = 100
	checkoutText     = 500
)

// ParseCheckout reads the query with which Meta sends a buyer to the seller's
// checkout: products=id:quantity,… with coupon, cart_origin, fbclid and utm_*
// (Meta, checkout URL, 2025-12-17). Ids are catalog ids. Prices never come from
// here, and the origin is a hint. A cart that can't be read is a fault of kind
// Invalid, never silently an empty cart.
func ParseCheckout(q url.Values) (channel.Cart, error) {
	var cart channel.Cart
	text := q.Get("products")
	if len(text) > checkoutItems*(checkoutID*4+8) || !utf8.ValidString(text) {
		return cart, badCart("The cart is longer than a cart can be.")
	}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		item, err := cartItem(part)
		if err != nil {
			return channel.Cart{}, err
		}
		cart.Items = merge(cart.Items, item)
		if len(cart.Items) > checkoutItems {
			return channel.Cart{}, badCart("A cart holds at most " + strconv.Itoa(checkoutItems) + " different items.")
		}
	}
	if len(cart.Items) == 0 {
		return channel.Cart{}, badCart("The address names no products.")
	}
	cart.Coupon = bounded(q.Get("coupon"), checkoutID)
	cart.Attribution = attribution(q)
	cart.Channel = origin(cart.Attribution)
	return cart, nil
}

func badCart(why string) error {
	f := fault.New(fault.Invalid, "bad_cart", "%s", why)
	f.Field = "products"
	return f
}

func cartItem(part string) (channel.CartItem, error) {
	id, count, counted := strings.Cut(part, ":")
	if id == "" || utf8.RuneCountInString(id) > checkoutID {
		return channel.CartItem{}, badCart("An item of the cart has no usable id.")
	}
	n := int64(1)
	if counted {
		var err error
		if n, err = strconv.ParseInt(count, 10, 64); err != nil || n < 1 {
			return channel.CartItem{}, badCart("An item of the cart has no usable quantity.")
		}
	}
	return channel.CartItem{ID: id, Quantity: min(n, checkoutQuantity)}, nil
}

// merge adds an item to a cart; the same id twice is one item.
func merge(items []channel.CartItem, item channel.CartItem) []channel.CartItem {
	if i := slices.IndexFunc(items, func(have channel.CartItem) bool { return have.ID == item.ID }); i >= 0 {
		items[i].Quantity = min(items[i].Quantity+item.Quantity, checkoutQuantity)
		return items
	}
	return append(items, item)
}

func bounded(s string, most int) string {
	return cutRunes(strings.ToValidUTF8(strings.TrimSpace(s), ""), most)
}

func attribution(q url.Values) commerce.Attribution {
	a := commerce.Attribution{Origin: strings.ToLower(bounded(q.Get("cart_origin"), 50)), ClickID: bounded(q.Get("fbclid"), checkoutText)}
	for _, name := range []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"} {
		if v := bounded(q.Get(name), checkoutText); v != "" {
			if a.UTM == nil {
				a.UTM = map[string]string{}
			}
			a.UTM[name] = v
		}
	}
	switch {
	case a.Origin == "facebook" || a.Origin == "instagram":
		a.Evidence = "cart_origin says " + a.Origin
	case a.Origin != "":
		a.Evidence = "cart_origin says " + a.Origin + ": Meta, surface unknown"
	case strings.EqualFold(a.UTM["utm_source"], "IGShopping"):
		a.Evidence = "utm_source IGShopping: a Meta shop, on Facebook or Instagram"
	case a.ClickID != "":
		a.Evidence = "fbclid: a click at Meta"
	}
	return a
}

// origin is the channel the evidence speaks for. IGShopping and fbclid prove
// Meta, never Instagram: traffic from Facebook has them, too.
func origin(a commerce.Attribution) commerce.Channel {
	switch a.Origin {
	case "facebook":
		return commerce.Facebook
	case "instagram":
		return commerce.Instagram
	}
	return commerce.Meta
}
