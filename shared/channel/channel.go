// Package channel is the contract between the product and a marketplace
// connector: what a connector is, what it may be able to do, what it is given
// and what it answers. A connector has two methods; everything else is an
// ability, a small interface found by type assertion. A marketplace that can't
// do something lacks the ability; it never pretends.
package channel

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Driver describes a marketplace and opens connections to it. All fields are
// read-only after start; all functions are safe for concurrent use.
type Driver struct {
	Name  commerce.Channel
	Title string
	Rules Rules
	// Orders says how orders come back: pull, inbound or none.
	Orders OrderIntake
	// Abilities is the set of abilities Open's connectors have.
	Abilities []Ability
	// NewApp is a pointer to an empty installation: keys and secrets, one field
	// each, tagged env:"NAME" for shared/config.
	NewApp func() any
	// NewSettings is a pointer to the empty settings of one account, with json
	// and validate tags.
	NewSettings func() any
	// Auth is the consent of the marketplace for an installation.
	Auth func(app any, env Env) Auth
	// Logins are further ways to consent, for sellers who can't take Auth. What
	// they open may be able to do less.
	Logins []Login
	// Target names what an account's listings are written to. Its Remote is
	// empty when the account can't list.
	Target func(settings any) TargetRef
	// Open makes a connector for one account. It does no I/O.
	Open func(OpenParams) (Connector, error)
	// Map turns a verified event into updates. It does no I/O; what must be
	// fetched first is answered as an update of kind UpdateFetch.
	Map func(app any, e Event) ([]Update, error)
}

// Login is one of several ways to consent. An account lives by one of them at
// a time: what is delivered through another is dropped.
type Login struct {
	Name  string // lower-case; empty is Driver.Auth
	Title string
	About string // when to choose it
	Auth  func(app any, env Env) Auth
}

// LoginAs is the way to consent of a name; false when there is none.
func (d Driver) LoginAs(name string) (Login, bool) {
	if name == "" {
		return Login{Title: d.Title, Auth: d.Auth}, true
	}
	for _, l := range d.Logins {
		if l.Name == name {
			return l, true
		}
	}
	return Login{}, false
}

// OrderIntake says how a channel's orders reach us.
type OrderIntake string

// The ways orders come in.
const (
	OrdersPulled  OrderIntake = "pull"    // the marketplace has an order API
	OrdersInbound OrderIntake = "inbound" // the seller's own checkout tells us
	OrdersNone    OrderIntake = "none"
)

// Ability is the name of an optional power.
type Ability string

// The abilities, named like their interfaces.
const (
	CanWriteListings     Ability = "ListingWriter"
	CanReadListings      Ability = "ListingReader"
	CanReadOrders        Ability = "OrderReader"
	CanShip              Ability = "Shipper"
	CanCancel            Ability = "Canceller"
	CanReadConversations Ability = "ConversationReader"
	CanReply             Ability = "Replier"
	CanReadReviews       Ability = "ReviewReader"
)

// TargetRef names a place listings are written to. Two accounts with the same
// TargetRef (a Facebook page and an Instagram account over one Meta catalog)
// share one target.
type TargetRef struct {
	Kind   string            `json:"kind"` // etsy, tiktok, meta
	Remote commerce.RemoteID `json:"remote"`
}

// Env is what every part of a connector gets from the outside world.
type Env struct {
	HTTP   Doer
	Now    func() time.Time
	NewID  func() string // unique, sortable by time, URL-safe
	Images Images
	Hosts  Hosts
}

// Hosts answers the base address for a name (ETSY_URL …), without a trailing
// slash: scheme, host and an optional path prefix.
type Hosts func(name string) string

// Images reads a picture from the seller's address. It checks the host, the
// size (at most 20 MB) and the type; a picture that can't be had is a fault of
// kind Rejected with rule image_unreachable, naming the address.
type Images interface {
	Image(ctx context.Context, address string) (Picture, error)
}

// Media reads what somebody sent in a conversation from the marketplace's
// address, of whatever type, at most MediaMax bytes. It checks the host like
// Images; what can't be had is a fault.
type Media interface {
	Media(ctx context.Context, address string) (Picture, error)
}

// MediaMax is what a copy of an attachment may have: an answer passes Lambda
// with 6 MB, a third of them for base64.
const MediaMax = 4 << 20

// Picture is the bytes of an image.
type Picture struct {
	Type string // image/png, image/jpeg …
	Data []byte
}

// Auth is the consent of a marketplace.
type Auth interface {
	// Consent is the address to send the seller to. verifier is a fresh PKCE
	// verifier of 64 characters, kept by the caller until Exchange.
	Consent(state, redirect, verifier string) (string, error)
	// Exchange turns the callback's query into a grant.
	Exchange(ctx context.Context, callback url.Values, redirect, verifier string) (Grant, error)
	// Refresh renews tokens. The caller holds the grant's lock, so that one
	// refresh runs at a time. AuthExpired means that the seller must consent
	// again.
	Refresh(ctx context.Context, tokens Tokens) (Tokens, error)
}

// Tokens are the secrets of a grant. They never appear in a log; at rest they
// are sealed.
type Tokens struct {
	Access    string            `json:"access"`
	Refresh   string            `json:"refresh,omitempty"`
	Extra     map[string]string `json:"extra,omitempty"`     // page tokens and the like
	ExpiresAt time.Time         `json:"expires_at,omitzero"` // of Access; zero is never
	EndsAt    time.Time         `json:"ends_at,omitzero"`    // when the seller must consent again
}

// String hides the tokens from every format verb.
func (Tokens) String() string { return "***" }

// GoString hides the tokens from %#v.
func (Tokens) GoString() string { return "***" }

// LogValue hides the tokens from slog, which would write them as JSON.
func (Tokens) LogValue() slog.Value { return slog.StringValue("***") }

// Grant is what a consent yields.
type Grant struct {
	Principal  commerce.RemoteID // who consented
	Tokens     Tokens
	Scopes     []string
	Candidates []Candidate // the shops or pages it opens, one at least
}

// Candidate is one account a grant can open; the seller chooses.
type Candidate struct {
	Remote   commerce.RemoteID `json:"remote"` // unique per channel; events name it
	Name     string            `json:"name"`
	Settings json.RawMessage   `json:"settings"`
	// CannotList says why it can't carry listings, if it can't.
	CannotList string `json:"cannot_list,omitempty"`
}

// TokenSource hands out the current tokens of an account.
type TokenSource interface {
	Tokens(ctx context.Context) (Tokens, error)
	// Refreshed is called when the marketplace refused an access token. It
	// answers newer tokens, refreshing at most once across all callers.
	Refreshed(ctx context.Context, refused string) (Tokens, error)
}

// OpenParams is what a connector is made from.
type OpenParams struct {
	Env
	App      any // as NewApp
	Settings any // as NewSettings
	Account  commerce.AccountID
	Tokens   TokenSource
}

// Connector is a connection to one account. It is safe for concurrent use and
// never retries: the layers around it do.
type Connector interface {
	Channel() commerce.Channel
	// Check asks the marketplace how the connection is doing.
	Check(ctx context.Context) (Health, error)
}

// Health is the state of a connection in words a seller understands.
type Health struct {
	OK       bool               `json:"ok"`
	Missing  map[Ability]string `json:"missing,omitempty"` // ability -> why it can't be used now
	Checks   []HealthCheck      `json:"checks,omitempty"`
	Checked  time.Time          `json:"checked_at,omitzero"`
	EndsAt   time.Time          `json:"ends_at,omitzero"` // when the seller must consent again
	ShopName string             `json:"shop_name,omitempty"`
	Currency string             `json:"currency,omitempty"`
}

// HealthCheck is one thing that was looked at.
type HealthCheck struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}
