package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/manystall/manystall/shared/port"
)

// Exchange turns a code of the login dialog into a short-lived user token. A
// code works once.
func (c *Client) Exchange(ctx context.Context, code, redirect string) (Token, error) {
	return c.token(ctx, "exchange_code", url.Values{"redirect_uri": {redirect}, "code": {code}})
}

// Prolong turns a user token that is still good into one of about 60 days.
func (c *Client) Prolong(ctx context.Context, token string) (Token, error) {
	return c.token(ctx, "prolong_token", url.Values{"grant_type": {"fb_exchange_token"}, "fb_exchange_token": {token}})
}

func (c *Client) token(ctx context.Context, op string, q url.Values) (Token, error) {
	q.Set("client_id", c.AppID)
	q.Set("client_secret", c.Secret)
	var t Token
	err := c.do(ctx, call{op: op, method: http.MethodGet, path: "oauth/access_token", query: q, plain: true}, &t)
	return t, err
}

// Inspect explains a token, also a dead one.
func (c *Client) Inspect(ctx context.Context, token string) (TokenInfo, error) {
	var out struct {
		Data TokenInfo `json:"data"`
	}
	err := c.do(ctx, call{op: "debug_token", method: http.MethodGet, path: "debug_token", query: url.Values{"input_token": {token}}, token: c.appToken(), plain: true, safe: true}, &out)
	return out.Data, err
}

func (c *Client) appToken() string { return c.AppID + "|" + c.Secret }

// Pages lists the seller's Pages, each with its own token.
func (c *Client) Pages(ctx context.Context, token string) ([]Page, error) {
	fields := words("id", "name", "access_token", "tasks", "business", "instagram_business_account{id,username}")
	return all[Page](ctx, c, call{op: "list_pages", method: http.MethodGet, path: "me/accounts", query: url.Values{"fields": {fields}, "limit": {"100"}}, token: token, lane: port.LaneCheck, safe: true})
}

// Businesses lists the seller's business portfolios.
func (c *Client) Businesses(ctx context.Context, token string) ([]Ref, error) {
	return all[Ref](ctx, c, call{op: "list_businesses", method: http.MethodGet, path: "me/businesses", query: url.Values{"fields": {"id,name"}, "limit": {"100"}}, token: token, lane: port.LaneCheck, safe: true})
}

// Catalogs lists the catalogs a business owns, then those it may use.
func (c *Client) Catalogs(ctx context.Context, token, business string) ([]Catalog, error) {
	var found []Catalog
	for _, edge := range []string{"owned_product_catalogs", "client_product_catalogs"} {
		in := call{op: "list_catalogs", method: http.MethodGet, path: segment(business) + "/" + edge, query: url.Values{"fields": {"id,name,vertical,product_count"}, "limit": {"100"}}, token: token, lane: port.LaneCheck, safe: true}
		list, err := all[Catalog](ctx, c, in)
		if err != nil {
			return found, err
		}
		found = append(found, list...)
	}
	return found, nil
}

// ShopCatalogs lists the catalog of an Instagram account's shop: one or none.
func (c *Client) ShopCatalogs(ctx context.Context, token, account string) ([]ShopCatalog, error) {
	in := call{op: "available_catalogs", method: http.MethodGet, path: segment(account) + "/available_catalogs", query: url.Values{"fields": {"catalog_id,catalog_name,shop_name"}}, token: token, lane: port.LaneCheck, safe: true}
	return all[ShopCatalog](ctx, c, in)
}

// InstagramUser reads a professional account.
func (c *Client) InstagramUser(ctx context.Context, token, account string) (InstagramUser, error) {
	var u InstagramUser
	fields := words("id", "username", "shopping_product_tag_eligibility", "shopping_review_status")
	err := c.do(ctx, call{op: "read_instagram_user", method: http.MethodGet, path: segment(account), query: url.Values{"fields": {fields}}, token: token, lane: port.LaneCheck, safe: true}, &u)
	return u, err
}

// Subscriptions lists the apps that listen to a Page or account: this app
// alone, unless the token belongs to another.
func (c *Client) Subscriptions(ctx context.Context, token, node string) ([]Subscription, error) {
	q := url.Values{"fields": {"id,subscribed_fields"}}
	if c.Direct {
		q.Set("fields", "app_id,subscribed_fields")
	}
	return all[Subscription](ctx, c, call{op: "list_subscribed_apps", method: http.MethodGet, path: c.owner(node) + "/subscribed_apps", query: q, token: token, lane: port.LaneCheck, safe: true})
}

// Subscribe makes the app listen to exactly these fields of a Page or account.
func (c *Client) Subscribe(ctx context.Context, token, node string, fields []string) error {
	var done struct {
		Success bool `json:"success"`
	}
	in := call{op: "subscribe_page", method: http.MethodPost, path: c.owner(node) + "/subscribed_apps", query: url.Values{"subscribed_fields": {words(fields...)}}, token: token, lane: port.LaneCheck, safe: true}
	return c.do(ctx, in, &done)
}

// AppSubscriptions lists what the app as a whole is told of.
func (c *Client) AppSubscriptions(ctx context.Context) ([]AppSubscription, error) {
	in := call{op: "list_app_subscriptions", method: http.MethodGet, path: segment(c.AppID) + "/subscriptions", query: url.Values{}, token: c.appToken(), plain: true, lane: port.LaneCheck, safe: true}
	return all[AppSubscription](ctx, c, in)
}

// AppPermissions lists the permissions of the app with their level of access.
func (c *Client) AppPermissions(ctx context.Context) ([]AppPermission, error) {
	in := call{op: "list_app_permissions", method: http.MethodGet, path: segment(c.AppID) + "/permissions", query: url.Values{"limit": {"100"}}, token: c.appToken(), plain: true, lane: port.LaneCheck, safe: true}
	return all[AppPermission](ctx, c, in)
}
