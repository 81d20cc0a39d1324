// Package ingest turns what marketplaces tell into orders, conversations and
// reviews, each thing exactly once however often and in whatever order it is
// told.
package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// attempts is how often a write is tried against others of the same row.
const attempts = 10

// Store is what this room needs of storage.
type Store interface {
	port.Orders
	port.Inbox
	AccountByRemote(ctx context.Context, c commerce.Channel, remote commerce.RemoteID) (commerce.WorkspaceID, commerce.AccountID, error)
	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
	PublicKey(ctx context.Context, key string) (port.PublicKey, error)
	PutPublicKey(ctx context.Context, k port.PublicKey) error
	Catalog
}

// Opener opens the connector of an account, with everything around it.
type Opener interface {
	Open(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (channel.Connector, error)
	// Map turns an event into updates with the driver of its channel.
	Map(e channel.Event) ([]channel.Update, error)
}

// Connections is told what concerns a connection itself.
type Connections interface {
	Revoked(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, reason string) error
	EndsAt(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, at time.Time) error
}

// Listings is told that a listing changed at its marketplace.
type Listings interface {
	Changed(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, remote commerce.RemoteID) error
}

// Ingester applies what comes in. Safe for concurrent use.
type Ingester struct {
	Store       Store
	Open        Opener
	Connections Connections
	Listings    Listings
	Queue       port.Sender
	Blobs       port.Blobs
	Media       channel.Media // copies nothing when nil
	Digest      func(ctx context.Context, w commerce.WorkspaceID, value string) (string, error)
	Now         func() time.Time
	NewID       func() string
	Log         *slog.Logger
}

// Handle applies one message of the inbound queue. Applying it again changes
// nothing. Events of accounts nobody has connected, and events from before the
// connection, are dropped without an error.
func (in *Ingester) Handle(ctx context.Context, m port.Inbound) error {
	if m.Kind == "erase" {
		return in.erase(ctx, m)
	}
	if m.Kind == "update" {
		var u channel.Update
		if err := json.Unmarshal(m.Body, &u); err != nil {
			return fault.Wrap(err, fault.Permanent, "bad_message", "An update on the inbound queue can't be read.")
		}
		account, err := in.Store.Account(ctx, m.Space, m.Account)
		if err != nil {
			return fmt.Errorf("account %s of an update: %w", m.Account, err)
		}
		if foreign(account, m.FetchedAt) {
			in.Log.InfoContext(ctx, dropped, "why", "before_connection", "channel", account.Channel, "account", account.ID, "topic", u.Kind)
			return nil
		}
		return in.apply(ctx, account, u, m.FetchedAt)
	}
	var e channel.Event
	if err := json.Unmarshal(m.Body, &e); err != nil {
		return fault.Wrap(err, fault.Permanent, "bad_message", "An event on the inbound queue can't be read.")
	}
	return in.event(ctx, e)
}

// dropped is the one message of everything that is let fall, so that it can be
// counted; why says which reason.
const dropped = "event dropped"

// foreign says that something reached us, or was read, when the account was not
// connected as it is now.
func foreign(a port.Account, at time.Time) bool {
	return a.State == port.AccountGone || at.Before(a.ClaimedAt)
}

func (in *Ingester) event(ctx context.Context, e channel.Event) error {
	w, id, err := in.Store.AccountByRemote(ctx, e.Channel, e.Account)
	if fault.Is(err, fault.NotFound) {
		in.Log.InfoContext(ctx, dropped, "why", "unconnected", "channel", e.Channel, "topic", e.Topic)
		return nil
	}
	if err != nil {
		return fmt.Errorf("find account of a %s event: %w", e.Channel, err)
	}
	account, err := in.Store.Account(ctx, w, id)
	if err != nil {
		return fmt.Errorf("account %s: %w", id, err)
	}
	if foreign(account, e.ReceivedAt) {
		in.Log.InfoContext(ctx, dropped, "why", "before_connection", "channel", e.Channel, "account", id, "topic", e.Topic)
		return nil
	}
	if e.Login != account.Login && !e.ReceivedAt.Before(account.LoginAt) {
		// The same was or will be told by the login the account lives by.
		in.Log.InfoContext(ctx, dropped, "why", "other_login", "channel", e.Channel, "account", id, "topic", e.Topic)
		return nil
	}
	updates, err := in.Open.Map(e)
	if err != nil {
		return fmt.Errorf("map %s event %s: %w", e.Channel, e.Topic, err)
	}
	for _, u := range updates {
		if err := in.apply(ctx, account, u, e.ReceivedAt); err != nil {
			return err
		}
	}
	return nil
}

func (in *Ingester) apply(ctx context.Context, a port.Account, u channel.Update, fetchedAt time.Time) error {
	if !whole(u) {
		return fault.New(fault.Permanent, "empty_update", "The connector of %s told an update of kind %q without what it is about.", a.Channel, u.Kind)
	}
	switch u.Kind {
	case channel.UpdateOrder:
		_, err := in.Order(ctx, a, *u.Order, fetchedAt)
		return err
	case channel.UpdateMessage, channel.UpdateEdit, channel.UpdateDelete, channel.UpdateReaction, channel.UpdateRead:
		return in.message(ctx, a, u)
	case channel.UpdateReview:
		return in.review(ctx, a, *u.Review)
	case channel.UpdateListing:
		return in.Listings.Changed(ctx, a.Space, a.Target, u.Listing)
	case channel.UpdateAccount:
		return in.account(ctx, a, *u.Account)
	case channel.UpdateFetch:
		return in.fetch(ctx, a, *u.Fetch)
	default:
		return fault.New(fault.Permanent, "unknown_update", "The connector of %s told an update of unknown kind %q.", a.Channel, u.Kind)
	}
}

// whole says whether an update has the field of its kind, with an id where one
// is needed.
func whole(u channel.Update) bool {
	switch u.Kind {
	case channel.UpdateOrder:
		return u.Order != nil && u.Order.Remote != ""
	case channel.UpdateMessage, channel.UpdateEdit, channel.UpdateDelete, channel.UpdateReaction:
		return u.Message != nil && u.Message.Thread != "" && u.Message.Message.Remote != ""
	case channel.UpdateRead:
		return u.Message != nil
	case channel.UpdateReview:
		return u.Review != nil && u.Review.Remote != ""
	case channel.UpdateAccount:
		return u.Account != nil
	case channel.UpdateFetch:
		return u.Fetch != nil
	}
	return true
}

func (in *Ingester) account(ctx context.Context, a port.Account, u channel.AccountUpdate) error {
	if u.Revoked {
		return in.Connections.Revoked(ctx, a.Space, a.ID, u.Message)
	}
	return in.Connections.EndsAt(ctx, a.Space, a.ID, u.EndsAt)
}

// fetch reads what an event only pointed at. The start of the fetch is the
// age of what it brings.
func (in *Ingester) fetch(ctx context.Context, a port.Account, f channel.Fetch) error {
	conn, err := in.Open.Open(ctx, a.Space, a.ID)
	if err != nil {
		return fmt.Errorf("open account %s: %w", a.ID, err)
	}
	if err := in.fetchOrders(ctx, a, conn, f); err != nil {
		return err
	}
	reader, ok := conn.(channel.ConversationReader)
	if !ok {
		return nil
	}
	for _, thread := range f.Threads {
		updates, err := reader.Messages(ctx, thread)
		if err != nil {
			return fmt.Errorf("fetch a thread of account %s: %w", a.ID, err)
		}
		for _, u := range updates {
			if err := in.apply(ctx, a, u, in.Now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetchOrders reads orders, and with some of them what was asked of them.
func (in *Ingester) fetchOrders(ctx context.Context, a port.Account, conn channel.Connector, f channel.Fetch) error {
	reader, ok := conn.(channel.OrderReader)
	if !ok || len(f.Orders)+len(f.Requests) == 0 {
		return nil
	}
	began := in.Now()
	orders, err := reader.Orders(ctx, slices.Concat(f.Orders, f.Requests))
	if err != nil {
		return fmt.Errorf("fetch orders of account %s: %w", a.ID, err)
	}
	if canceller, ok := conn.(channel.Canceller); ok && len(f.Requests) > 0 {
		if err := canceller.ListRequests(ctx, orders); err != nil {
			return fmt.Errorf("fetch requests of account %s: %w", a.ID, err)
		}
	}
	for _, o := range orders {
		if err := in.annotated(ctx, a, conn, o, began); err != nil {
			return err
		}
	}
	return nil
}

// annotated stores a fetched order with what it says beside.
func (in *Ingester) annotated(ctx context.Context, a port.Account, conn channel.Connector, o commerce.Order, began time.Time) error {
	if _, err := in.Order(ctx, a, o, began); err != nil {
		return err
	}
	annotator, ok := conn.(channel.Annotator)
	if !ok {
		return nil
	}
	for _, u := range annotator.Notes(o) {
		if err := in.apply(ctx, a, u, began); err != nil {
			return err
		}
	}
	return nil
}

func (in *Ingester) review(ctx context.Context, a port.Account, r commerce.Review) error {
	r.Account, r.Channel = a.ID, a.Channel
	r.ID = commerce.ReviewID(commerce.Derive("rev", string(a.ID), string(r.Remote)))
	if r.Listing != "" && a.Target != "" {
		refs, err := in.Store.Resolve(ctx, a.Space, a.Target, port.RemoteListing, []commerce.RemoteID{r.Listing})
		if err != nil {
			return fmt.Errorf("resolve listing of a review: %w", err)
		}
		r.Product = refs[r.Listing].Product
	}
	if err := in.Store.PutReview(ctx, a.Space, r); err != nil {
		return fmt.Errorf("put review %s: %w", r.ID, err)
	}
	return nil
}
