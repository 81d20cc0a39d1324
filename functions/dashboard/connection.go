package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/validate"
)

// The kinds of accounts.
const (
	kindMarketplace = "marketplace"
	kindCheckout    = "checkout"
)

func (h *Handler) connectionRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/connections", Status: http.StatusOK}, h.listConnections),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/connections/{id}", Status: http.StatusOK}, h.oneConnection),
		httpapi.Handle(httpapi.Endpoint{Pattern: "PATCH /v1/connections/{id}", Status: http.StatusOK, Patch: true}, h.updateConnection),
		httpapi.Handle(httpapi.Endpoint{Pattern: "DELETE /v1/connections/{id}", Status: http.StatusNoContent}, h.deleteConnection),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/connections/{id}/check", Status: http.StatusOK}, h.checkConnection),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/connections/{id}/secrets", Status: http.StatusCreated, Secret: true}, h.addSecret),
	}
}

// connection is an account in the words of the API: no tokens, no settings.
type connection struct {
	ID          commerce.AccountID         `json:"id"`
	Channel     commerce.Channel           `json:"channel"`
	Kind        string                     `json:"kind"`
	Name        string                     `json:"name"`
	Remote      commerce.RemoteID          `json:"remote_id,omitempty"`
	Login       string                     `json:"login,omitempty"`
	State       port.AccountState          `json:"state"`
	Reason      string                     `json:"reason,omitempty"`
	OK          *bool                      `json:"ok,omitempty"`
	CheckedAt   time.Time                  `json:"checked_at,omitzero"`
	EndsAt      time.Time                  `json:"consent_ends_at,omitzero"`
	EndsSoon    bool                       `json:"consent_ends_soon,omitempty"`
	Abilities   []channel.Ability          `json:"abilities"`
	Missing     map[channel.Ability]string `json:"missing"`
	Checks      []channel.HealthCheck      `json:"checks"`
	Target      commerce.TargetID          `json:"target,omitempty"`
	NoTarget    string                     `json:"no_target,omitempty"`
	ShopName    string                     `json:"shop_name,omitempty"`
	Currency    string                     `json:"currency,omitempty"`
	Defaults    commerce.Defaults          `json:"defaults"`
	CheckoutURL string                     `json:"checkout_url,omitempty"`
	FeedURL     string                     `json:"feed_url,omitempty"`
	Catalog     string                     `json:"catalog,omitempty"` // api or feed, where there is a choice
	InboundKey  string                     `json:"inbound_key,omitempty"`
	InboundURL  string                     `json:"inbound_url,omitempty"`
	ShopifyURL  string                     `json:"shopify_url,omitempty"`
	WooURL      string                     `json:"woocommerce_url,omitempty"`
	Version     int64                      `json:"version"`
	CreatedAt   time.Time                  `json:"created_at"`
}

// Head sets the ETag.
func (c *connection) Head(header http.Header) { httpapi.SetTag(header, c.Version) }

func (h *Handler) connection(a port.Account) connection {
	c := connection{
		ID: a.ID, Channel: a.Channel, Kind: a.Kind, Name: a.Name, Remote: a.Remote, Login: a.Login, State: a.State, Reason: a.Reason,
		Target: a.Target, NoTarget: a.NoTarget, Defaults: a.Defaults, Version: a.Version, CreatedAt: a.CreatedAt.UTC(),
		Missing: map[channel.Ability]string{}, Checks: []channel.HealthCheck{}, Abilities: []channel.Ability{},
	}
	c.health(a.Health)
	c.ends(a, h.Now())
	c.addresses(a.Key, h.PublicURL)
	d, ok := h.driver(a.Channel)
	if !ok || a.Kind != kindMarketplace {
		return c
	}
	if a.NoTarget != "" && c.Missing[channel.CanWriteListings] == "" {
		c.Missing[channel.CanWriteListings] = a.NoTarget
	}
	for _, can := range d.Abilities {
		switch _, lacks := c.Missing[can]; {
		case a.State != port.AccountActive:
			c.Missing[can] = stateWords(a.State)
		case !lacks:
			c.Abilities = append(c.Abilities, can)
		}
	}
	return c
}

func stateWords(s port.AccountState) string {
	switch s {
	case port.AccountNeedsConsent:
		return "The consent has ended: connect again."
	case port.AccountPaused:
		return "The connection is paused."
	default:
		return "The connection is disconnected."
	}
}

// health takes over what the last check said; nothing was said before it.
func (c *connection) health(raw json.RawMessage) {
	var health channel.Health
	if len(raw) == 0 || json.Unmarshal(raw, &health) != nil {
		return
	}
	c.OK, c.CheckedAt, c.EndsAt = &health.OK, health.Checked.UTC(), health.EndsAt.UTC()
	c.ShopName, c.Currency = health.ShopName, health.Currency
	for ability, why := range health.Missing {
		c.Missing[ability] = why
	}
	c.Checks = append(c.Checks, health.Checks...)
}

// endsSoon is how long before the end of a consent the seller is told.
const endsSoon = 14 * 24 * time.Hour

// ends says when the consent ends, and warns before it does: a connection that
// ends in silence sells what is not there any more.
func (c *connection) ends(a port.Account, now time.Time) {
	if !a.EndsAt.IsZero() {
		c.EndsAt = a.EndsAt.UTC()
	}
	if a.State != port.AccountActive || c.EndsAt.IsZero() || c.EndsAt.Sub(now) > endsSoon {
		return
	}
	c.EndsSoon = true
	if c.Reason == "" {
		c.Reason = "The consent ends on " + c.EndsAt.Format("2 January 2006") + ". Connect it again before then; nothing stops in between."
	}
}

// addresses says where buyers and feeds come in.
func (c *connection) addresses(key, public string) {
	switch {
	case key == "":
	case c.Kind == kindCheckout:
		c.InboundKey, c.InboundURL = key, public+"/v1/inbound/orders"
		c.ShopifyURL, c.WooURL = public+"/v1/inbound/shopify/"+key, public+"/v1/inbound/woocommerce/"+key
	default:
		c.CheckoutURL, c.FeedURL = public+"/checkout/meta/"+key, public+"/feeds/meta/"+key+".csv"
	}
}

func (h *Handler) listConnections(ctx context.Context, req *meRequest) (*httpapi.List[connection], error) {
	accounts, err := h.Store.ListAccounts(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	accounts = slices.DeleteFunc(accounts, func(a port.Account) bool { return a.State == port.AccountGone })
	list := h.connections(accounts)
	return list, h.catalogs(ctx, req.Space, list.Items)
}

func (h *Handler) connections(accounts []port.Account) *httpapi.List[connection] {
	items := make([]connection, 0, len(accounts))
	for _, a := range accounts {
		items = append(items, h.connection(a))
	}
	return httpapi.All(items)
}

type connectionRequest struct {
	httpapi.Call
	ID commerce.AccountID `path:"id" validate:"id"`
}

func (h *Handler) oneConnection(ctx context.Context, req *connectionRequest) (*connection, error) {
	a, err := h.Store.Account(ctx, req.Space, req.ID)
	return h.described(ctx, a, err)
}

func (h *Handler) described(ctx context.Context, a port.Account, err error) (*connection, error) {
	if err != nil {
		return nil, err
	}
	list := []connection{h.connection(a)}
	return &list[0], h.catalogs(ctx, a.Space, list)
}

// catalogs says how the catalogs of connections are filled where that can be
// chosen.
func (h *Handler) catalogs(ctx context.Context, w commerce.WorkspaceID, list []connection) error {
	fed := map[commerce.TargetID]bool{}
	if slices.ContainsFunc(list, h.canFeed) {
		targets, err := h.Store.ListTargets(ctx, w)
		if err != nil {
			return err
		}
		for _, t := range targets {
			fed[t.ID] = t.Feed
		}
	}
	for i := range list {
		if h.canFeed(list[i]) {
			list[i].Catalog = map[bool]string{true: "feed", false: "api"}[fed[list[i].Target]]
		}
	}
	return nil
}

func (h *Handler) canFeed(c connection) bool {
	d, ok := h.driver(c.Channel)
	return ok && c.Target != "" && d.Rules.Feed
}

func (h *Handler) checkConnection(ctx context.Context, req *connectionRequest) (*connection, error) {
	if _, err := h.Store.Account(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	a, err := h.Connections.Check(ctx, req.Space, req.ID)
	return h.described(ctx, a, err)
}

func (h *Handler) deleteConnection(ctx context.Context, req *connectionRequest) (*httpapi.None, error) {
	if _, err := h.Store.Account(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	return &httpapi.None{}, h.Connections.Disconnect(ctx, req.Space, req.ID)
}

type secretRequest struct {
	httpapi.Call
	ID   commerce.AccountID `path:"id" validate:"id"`
	Body struct {
		Secret string `json:"secret" validate:"omitempty,min=16,max=200,line"`
	} `body:"json"`
}

// made is a secret that is shown this once.
type made struct {
	Secret string `json:"secret,omitempty"`
}

func (h *Handler) addSecret(ctx context.Context, req *secretRequest) (*made, error) {
	if _, err := h.Store.Account(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	if req.Body.Secret != "" {
		return &made{}, h.Connections.AddSecret(ctx, req.Space, req.ID, req.Body.Secret)
	}
	secret, err := h.Connections.RenewSecret(ctx, req.Space, req.ID)
	return &made{Secret: secret}, err
}

type connectionPatch struct {
	httpapi.Call
	ID   commerce.AccountID `path:"id" validate:"id"`
	Body struct {
		Name     *string         `json:"name" validate:"omitnil,min=1,max=100,line"`
		Paused   *bool           `json:"paused"`
		Publish  *string         `json:"publish" validate:"omitnil,oneof=draft live"`
		Renew    *string         `json:"renew" validate:"omitnil,oneof=never auto"`
		Catalog  *string         `json:"catalog" validate:"omitnil,oneof=api feed"`
		Defaults json.RawMessage `json:"defaults"`
	} `body:"json"`
}

func (h *Handler) updateConnection(ctx context.Context, req *connectionPatch) (*connection, error) {
	b := req.Body
	if b.Name == nil && b.Paused == nil && b.Publish == nil && b.Renew == nil && b.Catalog == nil && len(b.Defaults) == 0 {
		return nil, nothingGiven("name, paused, publish, renew, catalog or defaults")
	}
	a, err := edit(req.Match, func() (port.Account, error) { return h.Store.Account(ctx, req.Space, req.ID) },
		func(a port.Account) int64 { return a.Version },
		func(a port.Account) (port.Account, error) {
			if err := req.apply(&a); err != nil {
				return a, err
			}
			if b.Catalog != nil {
				if _, err := h.Connections.SetFeed(ctx, req.Space, req.ID, *b.Catalog == "feed"); err != nil {
					return a, err
				}
			}
			return h.Connections.Update(ctx, a)
		})
	return h.described(ctx, a, err)
}

func (p *connectionPatch) apply(a *port.Account) error {
	set(&a.Name, p.Body.Name)
	if p.Body.Paused != nil {
		if err := pause(a, *p.Body.Paused); err != nil {
			return err
		}
	}
	if len(p.Body.Defaults) > 0 {
		var body defaultsBody
		if err := patched(a.Defaults, p.Body.Defaults, &body); err != nil {
			return err
		}
		if err := validate.Struct(body); err != nil {
			return err
		}
		a.Defaults = body.defaults()
	}
	set(&a.Defaults.Publish, p.Body.Publish)
	set(&a.Defaults.Renew, p.Body.Renew)
	return nil
}
