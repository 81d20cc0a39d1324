package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// list is the envelope of every list.
type list[T any] struct {
	Count   int64 `json:"count"`
	Results []T   `json:"results"`
}

// read sends a GET that answers one thing.
func read[T any](ctx context.Context, c *Client, op, path string, query url.Values) (T, error) {
	return answer[T](ctx, c, call{op: op, method: http.MethodGet, path: path, query: query})
}

// answer sends a call and decodes what comes back.
func answer[T any](ctx context.Context, c *Client, r call) (T, error) {
	var into T
	err := c.do(ctx, r, &into)
	return into, err
}

// readAll sends a GET that answers a list.
func readAll[T any](ctx context.Context, c *Client, op, path string, query url.Values) ([]T, error) {
	l, err := read[list[T]](ctx, c, op, path, query)
	return l.Results, err
}

func (c *Client) shopPath(rest string) string { return "/shops/" + url.PathEscape(c.cfg.Shop) + rest }

func number(n int64) string { return strconv.FormatInt(n, 10) }

// Me names the user and the shop of the token; ShopID is 0 without a shop.
func (c *Client) Me(ctx context.Context) (Self, error) {
	return read[Self](ctx, c, "getMe", "/users/me", nil)
}

// ShopOf reads any shop.
func (c *Client) ShopOf(ctx context.Context, id int64) (Shop, error) {
	return read[Shop](ctx, c, "getShop", "/shops/"+number(id), nil)
}

// ThisShop reads the shop of the client.
func (c *Client) ThisShop(ctx context.Context) (Shop, error) {
	return read[Shop](ctx, c, "getShop", c.shopPath(""), nil)
}

// ShippingProfiles lists the shop's shipping profiles.
func (c *Client) ShippingProfiles(ctx context.Context) ([]ShippingProfile, error) {
	return readAll[ShippingProfile](ctx, c, "getShopShippingProfiles", c.shopPath("/shipping-profiles"), nil)
}

// ReturnPolicies lists the shop's return policies.
func (c *Client) ReturnPolicies(ctx context.Context) ([]ReturnPolicy, error) {
	return readAll[ReturnPolicy](ctx, c, "getShopReturnPolicies", c.shopPath("/policies/return"), nil)
}

// ReadinessStates lists the shop's processing profiles. It asks without paging,
// which drops records (discussion 1533 of etsy/open-api).
func (c *Client) ReadinessStates(ctx context.Context) ([]ReadinessState, error) {
	return readAll[ReadinessState](ctx, c, "getShopReadinessStateDefinitions", c.shopPath("/readiness-state-definitions"), nil)
}

// TaxonomyNodes reads the whole tree of seller categories, about 3,000 nodes.
func (c *Client) TaxonomyNodes(ctx context.Context) ([]TaxonomyNode, error) {
	return readAll[TaxonomyNode](ctx, c, "getSellerTaxonomyNodes", "/seller-taxonomy/nodes", nil)
}

// TaxonomyProperties lists by what things of a category may differ.
func (c *Client) TaxonomyProperties(ctx context.Context, taxonomy int64) ([]TaxonomyProperty, error) {
	return readAll[TaxonomyProperty](ctx, c, "getPropertiesByTaxonomyId", "/seller-taxonomy/nodes/"+number(taxonomy)+"/properties", nil)
}

// Carriers lists the carriers Etsy knows for parcels from a country (ISO 3166-1
// alpha-2).
func (c *Client) Carriers(ctx context.Context, country string) ([]Carrier, error) {
	return readAll[Carrier](ctx, c, "getShippingCarriers", "/shipping-carriers", url.Values{"origin_country_iso": {country}})
}
