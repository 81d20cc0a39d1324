// Package etsy connects Etsy shops through Etsy's Open API v3. Listings go out,
// orders, notes of buyers and reviews come back; Etsy shares no messages, so
// the connector does not pretend to have any. See README.md for scopes, limits
// and what is not possible.
package etsy

import (
	"sync"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

var (
	_ channel.ListingWriter = (*Connector)(nil)
	_ channel.ListingReader = (*Connector)(nil)
	_ channel.OrderReader   = (*Connector)(nil)
	_ channel.Shipper       = (*Connector)(nil)
	_ channel.ReviewReader  = (*Connector)(nil)
)

// The hosts of Etsy and the names under which they can be replaced.
const (
	hostAPI     = "ETSY_URL"
	hostAuth    = "ETSY_AUTH_URL"
	hostConsent = "ETSY_CONSENT_URL"

	defaultAPI     = "https://openapi.etsy.com"
	defaultAuth    = "https://api.etsy.com"
	defaultConsent = "https://www.etsy.com"
)

// App is the installation: one application in Etsy's developer portal.
type App struct {
	Keystring string        `env:"ETSY_KEYSTRING"`
	Secret    config.Secret `env:"ETSY_SHARED_SECRET"`
	// Webhook and WebhookNext are signing secrets of the webhook portal
	// ("whsec_" and base64); both are accepted, so that they can be changed.
	Webhook     config.Secret `env:"ETSY_WEBHOOK_SECRET"`
	WebhookNext config.Secret `env:"ETSY_WEBHOOK_SECRET_NEXT"`
}

// Settings is one shop.
type Settings struct {
	Shop     commerce.RemoteID `json:"shop_id" validate:"required,numeric,max=20"`
	Name     string            `json:"shop_name,omitempty"`
	Currency string            `json:"currency,omitempty"` // of all prices of the shop
	Country  string            `json:"country,omitempty"`  // parcels start there, ISO 3166-1 alpha-2
}

// Driver describes Etsy to the product.
func Driver() channel.Driver {
	return channel.Driver{
		Name: commerce.Etsy, Title: "Etsy", Rules: rules(), Orders: channel.OrdersPulled,
		Abilities: []channel.Ability{
			channel.CanWriteListings, channel.CanReadListings, channel.CanReadOrders, channel.CanShip, channel.CanReadReviews,
		},
		NewApp:      func() any { return new(App) },
		NewSettings: func() any { return new(Settings) },
		Auth:        newAuth,
		Target:      target,
		Open:        open,
		Map:         mapEvent,
	}
}

// target is the shop itself: it holds its own listings.
func target(settings any) channel.TargetRef {
	s, ok := settings.(*Settings)
	if !ok {
		return channel.TargetRef{}
	}
	return channel.TargetRef{Kind: "etsy", Remote: s.Shop}
}

// Connector is a connection to one shop. Safe for concurrent use.
type Connector struct {
	env      channel.Env
	settings Settings
	tokens   channel.TokenSource
	api      *api.Client

	// mu guards shelf: what of the shop was read for this connector.
	mu    sync.Mutex
	shelf shelf
}

func open(p channel.OpenParams) (channel.Connector, error) {
	app, isApp := p.App.(*App)
	settings, isSettings := p.Settings.(*Settings)
	if !isApp || !isSettings {
		return nil, fault.New(fault.Internal, "wrong_settings", "The Etsy connector was opened with settings that are not its own.")
	}
	if numeric(settings.Shop) == 0 {
		return nil, fault.New(fault.Invalid, "no_shop", "The Etsy connection names no shop. Connect it again.")
	}
	return &Connector{env: p.Env, settings: *settings, tokens: p.Tokens, api: newClient(app, p.Env, p.Tokens, string(settings.Shop))}, nil
}

func newClient(app *App, env channel.Env, tokens channel.TokenSource, shop string) *api.Client {
	return api.New(api.Config{
		HTTP: env.HTTP, Now: env.Now, Keystring: app.Keystring, Secret: app.Secret, Tokens: tokens, Shop: shop,
		Base: host(env.Hosts, hostAPI, defaultAPI), AuthBase: host(env.Hosts, hostAuth, defaultAuth),
	})
}

func host(hosts channel.Hosts, name, usual string) string {
	if hosts != nil {
		if address := hosts(name); address != "" {
			return address
		}
	}
	return usual
}

// Channel is commerce.Etsy.
func (c *Connector) Channel() commerce.Channel { return commerce.Etsy }

// in is the client paying from a lane.
func (c *Connector) in(lane port.Lane) *api.Client { return c.api.In(lane) }

// unix turns Etsy's seconds into a time; 0 is the zero time.
func unix(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
