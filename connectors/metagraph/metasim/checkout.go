package metasim

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// maxCart bounds the items of a cart and the pieces of one item.
const maxCart = 100

// CheckoutQuery is the query with which a buyer's browser opens the seller's
// checkout address (Meta's checkout URL guide, 2025-12-17): products as
// id:quantity, cart_origin, fbclid and the coupon. Channel is facebook,
// instagram, or meta_shops for a cart whose surface is not told; that one takes
// items visible on either. Items that cannot be bought there are
// simkit.ErrUnknownItem.
func (s *Sim) CheckoutQuery(channel string, items []simkit.Line, coupon string) (url.Values, error) {
	if !slices.Contains([]string{Facebook, Instagram, "meta_shops"}, channel) {
		return nil, fmt.Errorf("check out on %q: no such channel", channel)
	}
	if len(items) == 0 || len(items) > maxCart {
		return nil, fmt.Errorf("check out on %s: a cart holds 1 to %d items", channel, maxCart)
	}
	query := url.Values{"cart_origin": {channel}}
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		var products []string
		for _, line := range items {
			if _, err := s.inCart(tx, channel, line); err != nil {
				return err
			}
			products = append(products, line.SKU+":"+strconv.Itoa(line.Quantity))
		}
		query.Set("products", strings.Join(products, ","))
		n, err := tx.Next(tableWorld)
		query.Set("fbclid", s.secret("IwAR", "fbclid", n))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("check out on %s: %w", channel, err)
	}
	if coupon != "" {
		query.Set("coupon", coupon)
	}
	return query, nil
}

// onSale reads an item that a buyer sees on a channel.
func (s *Sim) onSale(tx *simkit.Tx, channel, retailer string) (item, error) {
	w, err := s.world(tx)
	if err != nil {
		return item{}, err
	}
	var it item
	found, err := tx.Find(tableItem, itemKey(w.Catalog, retailer), &it)
	if err != nil {
		return it, err
	}
	visible := it.visible()
	if !found || !slices.Contains(visible, channel) && (channel != "meta_shops" || len(visible) == 0) {
		return it, fmt.Errorf("item %s on %s: %w", retailer, channel, simkit.ErrUnknownItem)
	}
	return it, nil
}

// inCart reads an item that can be bought in a quantity.
func (s *Sim) inCart(tx *simkit.Tx, channel string, line simkit.Line) (item, error) {
	if line.Quantity < 1 || line.Quantity > maxCart {
		return item{}, fmt.Errorf("item %s: quantity %d is not in 1..%d", line.SKU, line.Quantity, maxCart)
	}
	it, err := s.onSale(tx, channel, line.SKU)
	if err == nil && !it.buyable() {
		err = fmt.Errorf("item %s is out of stock: %w", line.SKU, simkit.ErrUnknownItem)
	}
	return it, err
}
