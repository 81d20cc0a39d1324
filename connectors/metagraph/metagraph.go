// Package metagraph is what the Facebook and Instagram connectors share: the
// login, the one writer of a product catalog that feeds both surfaces, the
// inbox, the webhooks, the checkout query and the feed. It has no Driver of its
// own; connectors/facebook and connectors/instagram say what is theirs in a
// Surface.
//
// Meta has no orders to read: its Order Management API was removed on
// 2026-10-27. Orders come in through the seller's own checkout.
package metagraph

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
)

// App is the installation: one app at Meta for both surfaces. A second secret
// under the same name with _NEXT is accepted while secrets are rotated.
type App struct {
	ID              string        `env:"META_APP_ID"`
	Secret          config.Secret `env:"META_APP_SECRET"`
	SecretNext      config.Secret `env:"META_APP_SECRET_NEXT"`
	InstagramID     string        `env:"INSTAGRAM_APP_ID"`     // of the app's Instagram product, which has one of its own
	Instagram       config.Secret `env:"INSTAGRAM_APP_SECRET"` // of Instagram Login, its webhooks too
	InstagramNext   config.Secret `env:"INSTAGRAM_APP_SECRET_NEXT"`
	VerifyToken     config.Secret `env:"META_VERIFY_TOKEN"`
	VerifyTokenNext config.Secret `env:"META_VERIFY_TOKEN_NEXT"`
	// Version is the Graph API's; see versionEnds for their lives.
	Version string `env:"META_GRAPH_VERSION" default:"v26.0"`
}

// ByInstagram is the name of Instagram Login. The usual one is Facebook Login.
const ByInstagram = "instagram"

// Settings is one account: a Page, the Instagram account linked to it, and the
// catalog both sell from; of an account connected by Instagram Login it is the
// Instagram account alone. They hold nothing secret.
type Settings struct {
	Login       string `json:"login,omitempty" validate:"omitempty,oneof=instagram"`
	Page        string `json:"page,omitempty" validate:"required_without=Login,omitempty,numeric,max=30"`
	PageName    string `json:"page_name,omitempty" validate:"max=200"`
	Instagram   string `json:"instagram,omitempty" validate:"omitempty,numeric,max=30"`
	Scoped      string `json:"scoped,omitempty" validate:"omitempty,numeric,max=30"` // what Instagram Login calls the account's id
	Username    string `json:"username,omitempty" validate:"max=200"`
	Catalog     string `json:"catalog,omitempty" validate:"omitempty,numeric,max=30"`
	CatalogName string `json:"catalog_name,omitempty" validate:"max=200"`
	Business    string `json:"business,omitempty" validate:"omitempty,numeric,max=30"`
}

// Surface is what differs between the two channels over Meta.
type Surface struct {
	Channel  commerce.Channel
	Title    string
	Platform string   // of the Conversations API
	Scopes   []string // asked for in the login dialog
	Writes   []string // scopes without which nothing can be listed
	Talks    []string // scopes without which nothing can be read or said
	Direct   []string // the same of Instagram Login
	// Metadata says that a message can carry our id and brings it back in its
	// echo.
	Metadata bool
	Rules    channel.Rules
	// Candidates says which accounts a consent opens.
	Candidates func(shops []Granted) []channel.Candidate
}

// Driver is the driver of a surface. Its app is an *App, its settings are
// *Settings. open makes the connectors, whose types say what they can do.
func (s Surface) Driver(open func(channel.OpenParams, Surface) (channel.Connector, error)) channel.Driver {
	return channel.Driver{
		Name: s.Channel, Title: s.Title, Rules: s.Rules, Orders: channel.OrdersInbound,
		Abilities:   []channel.Ability{channel.CanWriteListings, channel.CanReadListings, channel.CanReadConversations, channel.CanReply},
		NewApp:      func() any { return &App{} },
		NewSettings: func() any { return &Settings{} },
		Auth:        func(app any, env channel.Env) channel.Auth { return Auth(app, env, s) },
		Target:      Target,
		Open:        func(p channel.OpenParams) (channel.Connector, error) { return open(p, s) },
		Map:         Map,
	}
}

// The default hosts of Meta (META_GRAPH_URL, META_CONSENT_URL,
// INSTAGRAM_GRAPH_URL and INSTAGRAM_AUTH_URL put others in their place; the
// last one stands for the dialog of Instagram Login and for its tokens).
const (
	GraphURL            = "https://graph.facebook.com"
	ConsentURL          = "https://www.facebook.com"
	InstagramGraphURL   = "https://graph.instagram.com"
	InstagramAuthURL    = "https://api.instagram.com"
	InstagramConsentURL = "https://www.instagram.com"
)

func host(hosts channel.Hosts, name, usual string) string {
	if hosts != nil {
		if h := hosts(name); h != "" {
			return h
		}
	}
	return usual
}

func newClient(app *App, env channel.Env) *api.Client {
	return &api.Client{HTTP: env.HTTP, Base: host(env.Hosts, "META_GRAPH_URL", GraphURL), Version: app.Version, AppID: app.ID, Secret: app.Secret.Reveal(), Now: env.Now}
}

// newInstagramClient speaks to the host of Instagram Login.
func newInstagramClient(app *App, env channel.Env) *api.Client {
	c := newClient(app, env)
	c.Base, c.Direct = host(env.Hosts, "INSTAGRAM_GRAPH_URL", InstagramGraphURL), true
	c.AppID, c.Secret = cmp.Or(app.InstagramID, app.ID), app.Instagram.Reveal()
	return c
}

// Target names the catalog an account lists in.
func Target(settings any) channel.TargetRef {
	s, ok := settings.(*Settings)
	if !ok || s.Catalog == "" {
		return channel.TargetRef{}
	}
	return channel.TargetRef{Kind: "meta", Remote: commerce.RemoteID(s.Catalog)}
}

// Inbox is the messages of one account: of a Page or the Instagram account
// linked to it, or of an Instagram account by Instagram Login. Safe for
// concurrent use.
type Inbox struct {
	surface Surface
	env     channel.Env
	app     *App
	set     Settings
	tokens  channel.TokenSource
	graph   *api.Client

	finishedBatch atomic.Pointer[finishedBatch]
}

// Shop is a connection to one account with its catalog. Safe for concurrent
// use.
type Shop struct{ *Inbox }

// OpenInbox makes an Inbox by whichever login the settings name. It does no
// I/O.
func OpenInbox(p channel.OpenParams, s Surface) (*Inbox, error) {
	app, ok := p.App.(*App)
	if !ok {
		return nil, fault.New(fault.Internal, "bad_app", "The installation of %s has the wrong type.", s.Channel)
	}
	set, ok := p.Settings.(*Settings)
	if !ok || set.Page == "" && (set.Login != ByInstagram || set.Instagram == "") {
		return nil, fault.New(fault.Internal, "bad_settings", "The settings of a %s connection name no account.", s.Channel)
	}
	in := &Inbox{surface: s, env: p.Env, app: app, set: *set, tokens: p.Tokens, graph: newClient(app, p.Env)}
	if in.direct() {
		in.graph = newInstagramClient(app, p.Env)
	}
	return in, nil
}

// Open makes a Shop, which Facebook Login alone can open. It does no I/O.
func Open(p channel.OpenParams, s Surface) (*Shop, error) {
	in, err := OpenInbox(p, s)
	if err != nil {
		return nil, err
	}
	return &Shop{in}, nil
}

// Channel is the surface this account is on.
func (s *Inbox) Channel() commerce.Channel { return s.surface.Channel }

// direct says that the account is connected by Instagram Login.
func (s *Inbox) direct() bool { return s.set.Login == ByInstagram }

// node is whose messages these are, in the calls that read and send them.
func (s *Inbox) node() string {
	if s.direct() {
		return s.set.Instagram
	}
	return s.set.Page
}

// asUser runs a call with the seller's token, as the catalog wants it; asOwner
// with that of the Page or account, as messages want it. A refused token is
// renewed and the call repeated, both exactly once.
func (s *Inbox) asUser(ctx context.Context, do func(token string) error) error {
	return s.as(ctx, func(t channel.Tokens) string { return t.Access }, do)
}

func (s *Inbox) asOwner(ctx context.Context, do func(token string) error) error {
	if s.direct() {
		return s.asUser(ctx, do)
	}
	return s.as(ctx, func(t channel.Tokens) string { return t.Extra[pageKey(s.set.Page)] }, do)
}

func (s *Inbox) as(ctx context.Context, pick func(channel.Tokens) string, do func(token string) error) error {
	t, err := s.tokens.Tokens(ctx)
	if err != nil {
		return err
	}
	err = s.with(pick(t), do)
	if !fault.Is(err, fault.AuthExpired) {
		return err
	}
	fresh, renewal := s.tokens.Refreshed(ctx, t.Access)
	if renewal != nil {
		return renewal
	}
	return s.with(pick(fresh), do)
}

func (s *Inbox) with(token string, do func(token string) error) error {
	if token == "" {
		return fault.New(fault.AuthExpired, "no_page_token", "The connection has no access to the Page %s. Connect again and choose this Page.", s.set.PageName)
	}
	return do(token)
}

// enough says whether the slice has time left for another call.
func enough(ctx context.Context) bool {
	end, limited := ctx.Deadline()
	return !limited || time.Until(end) >= 3*time.Second
}

// versionEnds says until when a version of the Graph API is answered (Meta's
// changelog, 2026-11-22). The newest has no announced end.
func versionEnds(version string) (time.Time, bool) {
	day, ok := map[string]string{
		"v20.0": "2026-09-24", "v21.0": "2027-01-21", "v22.0": "2027-05-20",
		"v23.0": "2027-10-08", "v24.0": "2028-02-18", "v25.0": "2028-07-29",
	}[version]
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(time.DateOnly, day)
	return at, err == nil
}
