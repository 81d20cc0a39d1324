package api

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/port"
)

// MaxOrderIDs is how many orders one detail call reads (2025-12).
const MaxOrderIDs = 50

// SearchOrders reads a page of orders by update time, oldest first. The next
// token is empty after the last page.
func (c *Client) SearchOrders(ctx context.Context, s OrderSearch, size int, token string) (orders []Order, next string, err error) {
	r, err := post("GetOrderList", "/order/202309/orders/search", port.LaneOrders, s)
	if err != nil {
		return nil, "", err
	}
	r.safe = true
	r.query = url.Values{"page_size": {strconv.Itoa(min(max(size, 1), 100))}, "sort_field": {"update_time"}, "sort_order": {"ASC"}}
	if token != "" {
		r.query.Set("page_token", token)
	}
	var data struct {
		Orders []Order `json:"orders"`
		Next   string  `json:"next_page_token"`
	}
	err = c.do(ctx, r, &data)
	return data.Orders, data.Next, err
}

// Orders reads at most MaxOrderIDs orders; unknown ones are missing.
func (c *Client) Orders(ctx context.Context, ids []string) ([]Order, error) {
	for _, id := range ids {
		if _, err := segment(id); err != nil {
			return nil, err
		}
	}
	var data struct {
		Orders []Order `json:"orders"`
	}
	err := c.do(ctx, get("GetOrderDetail", "/order/202507/orders", port.LaneOrders, url.Values{"ids": {strings.Join(ids, ",")}}), &data)
	return data.Orders, err
}

// ListProviders reads the carriers of a delivery option.
func (c *Client) ListProviders(ctx context.Context, delivery string) ([]Provider, error) {
	id, err := segment(delivery)
	if err != nil {
		return nil, err
	}
	var data struct {
		Providers []Provider `json:"shipping_providers"`
	}
	err = c.do(ctx, get("GetShippingProviders", "/logistics/202309/delivery_options/"+id+"/shipping_providers", port.LaneShipment, nil), &data)
	return data.Providers, err
}

// Ship tells that the seller has sent a package (US, UK, EU, JP).
func (c *Client) Ship(ctx context.Context, order string, p Parcel) (pkg string, err error) {
	id, err := segment(order)
	if err != nil {
		return "", err
	}
	r, err := post("MarkPackageAsShipped", "/fulfillment/202309/orders/"+id+"/packages", port.LaneShipment, p)
	if err != nil {
		return "", err
	}
	r.guarded = true
	var data struct {
		Package ID `json:"package_id"`
	}
	err = c.do(ctx, r, &data)
	return string(data.Package), err
}
