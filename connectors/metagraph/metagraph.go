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
	"context"
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
	Instagram       config.Secret `env:"INSTAGRAM_APP_SECRET"` // webhooks of Instagram Login are signed with it
	InstagramNext   config.Secret `env:"INSTAGRAM_APP_SECRET_NEXT"`
	VerifyToken     config.Secret `env:"META_VERIFY_TOKEN"`
	VerifyTokenNext config.Secret `env:"META_VERIFY_TOKEN_NEXT"`
	// Version is the Graph API's; see versionEnds for their lives.
	Version string `env:"META_GRAPH_VERSION" default:"v26.0"`
}

// Settings is one account: a Page, the Instagram account linked to it, and the
// catalog both sell from. They hold nothing secret.
type Settings struct {
	Page        string `json:"page" validate:"required,numeric,max=30"`
	PageName    string `json:"page_name,omitempty" validate:"max=200"`
	Instagram   string `json:"instagram,omitempty" validate:"omitempty,numeric,max=30"`
	Username    string `json:"username,omitempty" validate:"max=200"`
	Catalog     string `json:"catalog,omitempty" validate:"omitempty,numeric,max=30"`
	CatalogName string `json:"catalog_name,omitempty" validate:"max=200"`
	Business    string `json:"business,omitempty" validate:"omitempty,numeric,max=30"`
}

// Surface is what differs between the two channels over Meta.
type Surface struct {
	Channel  commerce.Channel
	Platform string   // of the Conversations API
	Scopes   []string // asked for in the login dialog
	Writes   []string // scopes without which nothing can be listed
	Talks    []string // scopes without which nothing can be read or said
	// Metadata says that a message can carry our id and brings it back in its
	// echo.
	Metadata bool
	Rules    channel.Rules
	// Candidates says which accounts a consent opens.
	Candidates func(shops []Granted) []channel.Candidate
}

// The default hosts of Meta (META_GRAPH_URL, META_CONSENT_URL,
// INSTAGRAM_GRAPH_URL and INSTAGRAM_AUTH_URL put others in their place). The
// two of Instagram Login are not called: the catalog needs Facebook Login.
const (
	GraphURL          = "https://graph.facebook.com"
	ConsentURL        = "https://www.facebook.com"
	InstagramGraphURL = "https://graph.instagram.com"
	InstagramAuthURL  = "https://api.instagram.com"
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

// Target names the catalog an account lists in.
func Target(settings any) channel.TargetRef {
	s, ok := settings.(*Settings)
	if !ok || s.Catalog == "" {
		return channel.TargetRef{}
	}
	return channel.TargetRef{Kind: "meta", Remote: commerce.RemoteID(s.Catalog)}
}

// Shop is a connection to one account. Safe for concurrent use.
type Shop struct {
	surface Surface
	env     channel.Env
	app     *App
	set     Settings
	tokens  channel.TokenSource
	graph   *api.Client
}

// Open makes a Shop. It does no I/O.
func Open(p channel.OpenParams, s Surface) (*Shop, error) {
	app, ok := p.App.(*App)
	if !ok {
		return nil, fault.New(fault.Internal, "bad_app", "The installation of %s has the wrong type.", s.Channel)
	}
	set, ok := p.Settings.(*Settings)
	if !ok || set.Page == "" {
		return nil, fault.New(fault.Internal, "bad_settings", "The settings of a %s connection name no Page.", s.Channel)
	}
	return &Shop{surface: s, env: p.Env, app: app, set: *set, tokens: p.Tokens, graph: newClient(app, p.Env)}, nil
}

// Channel is the surface this shop is on.
func (s *Shop) Channel() commerce.Channel { return s.surface.Channel }

// asUser runs a call with the seller's token, as the catalog wants it; asPage
// with the Page's, as messages want it. A refused token is renewed and the call
// repeated, both exactly once.
func (s *Shop) asUser(ctx context.Context, do func(token string) error) error {
	return s.as(ctx, func(t channel.Tokens) string { return t.Access }, do)
}

func (s *Shop) asPage(ctx context.Context, do func(token string) error) error {
	return s.as(ctx, func(t channel.Tokens) string { return t.Extra[pageKey(s.set.Page)] }, do)
}

func (s *Shop) as(ctx context.Context, pick func(channel.Tokens) string, do func(token string) error) error {
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

func (s *Shop) with(token string, do func(token string) error) error {
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
