package port

import (
	"context"
	"encoding/json"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Workspace is a seller's business.
type Workspace struct {
	ID        commerce.WorkspaceID `json:"id"`
	Name      string               `json:"name"`
	TimeZone  string               `json:"time_zone"` // IANA
	Currency  string               `json:"currency"`
	Defaults  commerce.Defaults    `json:"defaults"`
	DataKey   []byte               `json:"data_key,omitempty"` // wrapped
	Version   int64                `json:"version"`
	CreatedAt time.Time            `json:"created_at"`
}

// Credential lets its holder act for a workspace. Only its hash is kept.
type Credential struct {
	Hash      string               `json:"hash"` // hex SHA-256 of the key
	Space     commerce.WorkspaceID `json:"workspace"`
	Kind      string               `json:"kind"` // owner, session, signin
	Name      string               `json:"name,omitempty"`
	Parent    string               `json:"parent,omitempty"` // hash of the key a session was made from
	CSRF      string               `json:"csrf,omitempty"`
	CreatedAt time.Time            `json:"created_at"`
	ExpiresAt time.Time            `json:"expires_at,omitzero"`
}

// PublicKey is an unguessable key in a public address.
type PublicKey struct {
	Key       string               `json:"key"`
	Kind      string               `json:"kind"` // checkout, feed, inbound, upload, oauth, deletion
	Space     commerce.WorkspaceID `json:"workspace"`
	Account   commerce.AccountID   `json:"account,omitempty"`
	Channel   commerce.Channel     `json:"channel,omitempty"`
	Data      map[string]string    `json:"data,omitempty"`   // nothing secret
	Sealed    []byte               `json:"sealed,omitempty"` // secrets: PKCE verifier, signing secrets
	CreatedAt time.Time            `json:"created_at"`
	ExpiresAt time.Time            `json:"expires_at,omitzero"`
}

// Account is one connected shop, page or checkout.
type Account struct {
	ID       commerce.AccountID   `json:"id"`
	Space    commerce.WorkspaceID `json:"workspace"`
	Channel  commerce.Channel     `json:"channel"`
	Kind     string               `json:"kind"` // marketplace, checkout
	Remote   commerce.RemoteID    `json:"remote"`
	Name     string               `json:"name"`
	Grant    commerce.GrantID     `json:"grant,omitempty"`
	Login    string               `json:"login,omitempty"`     // the way of its consent, see channel.Login
	LoginAt  time.Time            `json:"login_at,omitzero"`   // when it changed to that
	Target   commerce.TargetID    `json:"target,omitempty"`    // empty when it can't list
	NoTarget string               `json:"no_target,omitempty"` // why not
	State    AccountState         `json:"state"`
	Reason   string               `json:"reason,omitempty"`
	Settings json.RawMessage      `json:"settings,omitempty"`
	Defaults commerce.Defaults    `json:"defaults"`
	Health   json.RawMessage      `json:"health,omitempty"`
	Cursors  map[string]string    `json:"cursors,omitempty"` // orders, messages, reviews
	NextPoll time.Time            `json:"next_poll,omitzero"`
	Polled   Polled               `json:"polled,omitzero"`
	Key      string               `json:"key,omitempty"` // public key of its checkout and feed
	// EndsAt is about when the seller has to consent again; within a day.
	EndsAt time.Time `json:"ends_at,omitzero"`
	// ClaimedAt is when this connection began: older events are not ours.
	ClaimedAt time.Time `json:"claimed_at"`
	// Unsettled is what connecting or disconnecting has still to do; nil once
	// all of it is done.
	Unsettled *Unsettled `json:"unsettled,omitempty"`
	Version   int64      `json:"version"`
	CreatedAt time.Time  `json:"created_at"`
}

// Unsettled is what is left to do after an account was stored in its new state.
// It is written with that state, so that a crash can't lose it.
type Unsettled struct {
	Grant  commerce.GrantID  `json:"grant,omitempty"`  // to forget, unless another account lives by it
	Key    string            `json:"key,omitempty"`    // public address to close
	Target commerce.TargetID `json:"target,omitempty"` // whose listings have all to be looked at
}

// Polled is how polling of an account goes.
type Polled struct {
	// At is when the last poll had read what there was; Reviews when it last
	// read reviews.
	At      time.Time `json:"at,omitzero"`
	Reviews time.Time `json:"reviews,omitzero"`
	// Heard is when a poll last met news that a notification had brought before
	// it; Doubled how often the interval was doubled for it.
	Heard   time.Time `json:"heard,omitzero"`
	Doubled int       `json:"doubled,omitempty"`
	// Failed: the last poll met a fault of ours and is tried again by the queue.
	Failed bool `json:"failed,omitempty"`
}

// AccountState is how a connection stands.
type AccountState string

// The states of an account.
const (
	AccountActive       AccountState = "active"
	AccountNeedsConsent AccountState = "needs_consent" // the seller must connect again
	AccountPaused       AccountState = "paused"
	AccountGone         AccountState = "disconnected"
)

// Grant is one consent with its sealed tokens.
type Grant struct {
	ID         commerce.GrantID     `json:"id"`
	Space      commerce.WorkspaceID `json:"workspace"`
	Channel    commerce.Channel     `json:"channel"`
	Login      string               `json:"login,omitempty"`
	Principal  commerce.RemoteID    `json:"principal"`
	Sealed     []byte               `json:"sealed"`
	Scopes     []string             `json:"scopes,omitempty"`
	Candidates json.RawMessage      `json:"candidates,omitempty"` // until the seller has chosen
	ExpiresAt  time.Time            `json:"expires_at,omitzero"`  // of the access token
	EndsAt     time.Time            `json:"ends_at,omitzero"`     // of the consent
	// Renewing is when a renewal went out whose tokens are not stored yet. It
	// may have used the refresh token up.
	Renewing  time.Time `json:"renewing,omitzero"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
}

// Target is what listings are written to.
type Target struct {
	ID     commerce.TargetID    `json:"id"`
	Space  commerce.WorkspaceID `json:"workspace"`
	Kind   string               `json:"kind"`
	Remote commerce.RemoteID    `json:"remote"`
	Writer commerce.AccountID   `json:"writer"` // whose tokens write
	// Accounts are all accounts over this target, by channel.
	Accounts map[commerce.Channel]commerce.AccountID `json:"accounts"`
	Lanes    map[Lane]Parked                         `json:"lanes,omitempty"`
	PushedAt time.Time                               `json:"pushed_at,omitzero"`
	WakeAt   time.Time                               `json:"wake_at,omitzero"`
	// Feed says that the marketplace fetches a file of what is wanted: then
	// nothing is written by calls.
	Feed     bool      `json:"feed,omitempty"`
	FeedFile FeedFile  `json:"feed_file,omitzero"`
	FeedDue  bool      `json:"feed_due,omitempty"` // something changed since FeedAt
	FeedAt   time.Time `json:"feed_at,omitzero"`   // when a file was begun last
	Version  int64     `json:"version"`
}

// FeedFile is the file of a target that a marketplace fetches.
type FeedFile struct {
	Blob   string    `json:"blob"`
	Before string    `json:"before,omitempty"` // the blob it took the place of
	Tag    string    `json:"tag"`              // digest of its bytes
	Bytes  int64     `json:"bytes"`
	At     time.Time `json:"at"`
}

// Parked says until when and why a lane waits.
type Parked struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

// Due is something whose time has come.
type Due struct {
	Kind  DueKind
	Space commerce.WorkspaceID
	ID    string // account, grant, target, or outbound key
	At    time.Time
}

// DueKind names a due list.
type DueKind string

// The due lists.
const (
	DuePoll     DueKind = "poll"
	DueToken    DueKind = "token"
	DueTarget   DueKind = "target"
	DueOutbound DueKind = "out"
)

// Accounts keeps who may do what, and what is connected.
type Accounts interface {
	Workspace(ctx context.Context, id commerce.WorkspaceID) (Workspace, error)
	// PutWorkspace stores w if its stored version is w.Version (0: not there
	// yet) and answers it with the next version. So do the other Puts of
	// records with a version.
	PutWorkspace(ctx context.Context, w Workspace) (Workspace, error)

	Credential(ctx context.Context, hash string) (Credential, error)
	PutCredential(ctx context.Context, c Credential) error
	DeleteCredential(ctx context.Context, hash string) error

	PublicKey(ctx context.Context, key string) (PublicKey, error)
	PutPublicKey(ctx context.Context, k PublicKey) error
	// TakePublicKey reads and removes a key in one step: it works once.
	TakePublicKey(ctx context.Context, key string) (PublicKey, error)
	DeletePublicKey(ctx context.Context, key string) error

	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (Account, error)
	ListAccounts(ctx context.Context, w commerce.WorkspaceID) ([]Account, error)
	PutAccount(ctx context.Context, a Account) (Account, error)
	// AccountByRemote finds who has claimed an account of a marketplace.
	AccountByRemote(ctx context.Context, c commerce.Channel, remote commerce.RemoteID) (commerce.WorkspaceID, commerce.AccountID, error)
	// Connect stores an account with its claim and its target (with the
	// target's claim when it is new), all or nothing. A claim of another
	// workspace is a fault of kind Conflict and code connected_elsewhere, whose
	// Field says of what: account or target.
	Connect(ctx context.Context, a Account, t *Target) (Account, error)
	// Disconnect frees the claim of an account and, when t is not nil and has
	// no account left, that of its target; it stores a as given.
	Disconnect(ctx context.Context, a Account, t *Target) error

	Grant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) (Grant, error)
	PutGrant(ctx context.Context, g Grant) (Grant, error)
	DeleteGrant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) error
	// GrantsOf finds the grants of a principal in all workspaces.
	GrantsOf(ctx context.Context, c commerce.Channel, principal commerce.RemoteID) ([]Grant, error)

	Target(ctx context.Context, w commerce.WorkspaceID, id commerce.TargetID) (Target, error)
	ListTargets(ctx context.Context, w commerce.WorkspaceID) ([]Target, error)
	PutTarget(ctx context.Context, t Target) (Target, error)

	// ListDue answers what is due at now, oldest first, over all shards.
	ListDue(ctx context.Context, kind DueKind, now time.Time, limit int) ([]Due, error)
}
