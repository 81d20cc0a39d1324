// Package tiktokshop connects a TikTok Shop through the Partner API.
package tiktokshop

import (
	"fmt"
	"sync"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
)

var (
	_ channel.Connector          = (*Connector)(nil)
	_ channel.ListingWriter      = (*Connector)(nil)
	_ channel.ListingReader      = (*Connector)(nil)
	_ channel.OrderReader        = (*Connector)(nil)
	_ channel.Shipper            = (*Connector)(nil)
	_ channel.Canceller          = (*Connector)(nil)
	_ channel.ConversationReader = (*Connector)(nil)
	_ channel.Replier            = (*Connector)(nil)
)

// Driver describes TikTok Shop.
func Driver() channel.Driver {
	return channel.Driver{
		Name: commerce.TikTok, Title: "TikTok Shop", Rules: rules(), Orders: channel.OrdersPulled,
		Abilities: []channel.Ability{
			channel.CanWriteListings, channel.CanReadListings, channel.CanReadOrders, channel.CanShip, channel.CanCancel,
			channel.CanReadConversations, channel.CanReply,
		},
		NewApp: func() any { return &App{} }, NewSettings: func() any { return &Settings{} },
		Auth: func(app any, env channel.Env) channel.Auth {
			a, _ := app.(*App)
			return consent{app: a, env: env}
		},
		Target: target, Open: connect, Map: mapEvent,
	}
}

// App is the installation: the app's keys from Partner Center.
type App struct {
	Key     string        `env:"TIKTOK_APP_KEY"`
	Secret  config.Secret `env:"TIKTOK_APP_SECRET"`
	Next    config.Secret `env:"TIKTOK_APP_SECRET_NEXT"` // webhooks are accepted with it too while the secret is being changed
	Service string        `env:"TIKTOK_SERVICE_ID"`      // of the consent link; not the app key
}

// Settings are one shop. Webhooks name it by id, calls by cipher.
type Settings struct {
	Shop     string `json:"shop_id" validate:"required,max=64"`
	Cipher   string `json:"cipher" validate:"required,max=128"`
	Region   string `json:"region" validate:"required,len=2"`
	Currency string `json:"currency" validate:"required,len=3"`
}

func target(settings any) channel.TargetRef {
	s, ok := settings.(*Settings)
	if !ok || s.Shop == "" {
		return channel.TargetRef{}
	}
	return channel.TargetRef{Kind: "tiktok", Remote: commerce.RemoteID(s.Shop)}
}

// Connector is one shop. Safe for concurrent use. What it reads of the shop's
// set-up (warehouses, what categories ask for, brands, carriers, reasons) it keeps for as long as it lives.
type Connector struct {
	env      channel.Env
	settings Settings
	tokens   channel.TokenSource
	api      *api.Client

	warehouses kept[[]api.Warehouse]
	attributes kept[[]api.Attribute]
	carriers   kept[[]api.Provider]
	reasons    kept[[]api.RejectReason]
	rules      kept[api.Rules]
	brands     kept[[]api.Brand]

	mu sync.Mutex
	// fullUntil is when TikTok may take new listings again.
	fullUntil time.Time
}

func connect(p channel.OpenParams) (channel.Connector, error) {
	app, isApp := p.App.(*App)
	settings, isSettings := p.Settings.(*Settings)
	if !isApp || !isSettings {
		return nil, fault.New(fault.Internal, "wrong_types", "TikTok Shop was opened with %T and %T.", p.App, p.Settings)
	}
	if settings.Shop == "" || settings.Cipher == "" {
		return nil, fault.New(fault.Internal, "no_shop", "The settings of a TikTok shop name no shop. Connect it again.")
	}
	return &Connector{
		env: p.Env, settings: *settings, tokens: p.Tokens,
		api: api.New(api.Config{
			HTTP: p.HTTP, Base: host(p.Env, "TIKTOK_URL"), AppKey: app.Key, Secret: app.Secret.Reveal(), Shop: settings.Shop,
			Cipher: settings.Cipher, Tokens: p.Tokens, Now: p.Now,
		}),
	}, nil
}

// Channel is TikTok.
func (c *Connector) Channel() commerce.Channel { return commerce.TikTok }

// host is where a name points: one production host serves every market, and
// there is no sandbox (Partner Center, 2026-11). The consent page is that of
// the US.
func host(env channel.Env, name string) string {
	if env.Hosts != nil {
		if address := env.Hosts(name); address != "" {
			return address
		}
	}
	switch name {
	case "TIKTOK_AUTH_URL":
		return "https://auth.tiktok-shops.com"
	case "TIKTOK_CONSENT_URL":
		return "https://services.us.tiktokshop.com"
	}
	return "https://open-api.tiktokglobalshop.com"
}

// kept remembers what was read, by key.
type kept[T any] struct {
	mu  sync.Mutex
	got map[string]T
}

func (k *kept[T]) of(key string, read func() (T, error)) (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if v, ok := k.got[key]; ok {
		return v, nil
	}
	v, err := read()
	if err != nil {
		return v, fmt.Errorf("read %s: %w", key, err)
	}
	if k.got == nil {
		k.got = map[string]T{}
	}
	k.got[key] = v
	return v, nil
}
