// Package etsysim is Etsy's Open API v3 on this machine: one seeded shop, its
// listings, its buyers and the webhooks Etsy would send. It is written from
// Etsy's OpenAPI file (2026-08-15) and developer pages (read 2026-11-22), never
// from a client, and refuses what Etsy refuses.
//
// Below its prefix it serves /v3/application/…, /v3/public/oauth/token and the
// consent page /oauth/connect. The only webhook topic is TopicOrders.
package etsysim

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// TopicOrders is the key of simkit.Env.Webhooks under which the address for
// order.paid, order.shipped, order.delivered and order.canceled is looked up.
const TopicOrders = "orders"

// The limits Etsy's developer page shows as an example (read 2026-11-22).
const (
	DefaultPerSecond = 150
	DefaultPerDay    = 100_000
)

var _ simkit.Simulator = (*Sim)(nil)

// Sim is a simulated Etsy with one shop. It is safe for concurrent use; the
// exported fields are read while serving and must be set before.
type Sim struct {
	// PerSecond and PerDay are the calls allowed per second and per rolling
	// 24 hours. Every application shares one budget.
	PerSecond, PerDay int
	// Restricted makes the application one without access to addresses and
	// tracking, as Etsy treats new personal keys: address fields are null and
	// createReceiptShipment answers 403.
	Restricted bool
	// Unfinished makes the shop one whose owner has not ended setting it up:
	// it takes no drafts.
	Unfinished bool
	// Callback is the one redirect address that is registered for the
	// application; empty takes any that Etsy could take.
	Callback string
	// Doubts are the answers to what Etsy's description leaves open.
	Doubts Doubts

	env    simkit.Env
	shop   shop
	mux    *http.ServeMux
	faults simkit.Faults
	outbox simkit.Outbox
	pace   pace

	tick      sync.Mutex
	nextSweep time.Time
}

// New opens the marketplace kept in env.Store, and seeds it the first time.
// env.App needs ETSY_KEYSTRING and ETSY_SHARED_SECRET, and ETSY_WEBHOOK_SECRET
// ("whsec_" and base64) where a webhook address is given.
func New(env simkit.Env) (*Sim, error) {
	if env.App["ETSY_KEYSTRING"] == "" || env.App["ETSY_SHARED_SECRET"] == "" {
		return nil, fmt.Errorf("simulate etsy: ETSY_KEYSTRING and ETSY_SHARED_SECRET must be set")
	}
	sign, err := signer(env)
	if err != nil {
		return nil, fmt.Errorf("simulate etsy: %w", err)
	}
	env.URL = strings.TrimSuffix(env.URL, "/")
	s := &Sim{PerSecond: DefaultPerSecond, PerDay: DefaultPerDay, env: env}
	s.outbox = simkit.Outbox{Table: tableOutbox, Retries: webhookRetries(), Sign: func(h http.Header, id string, now time.Time, body []byte) {
		sign(h, id, now, body)
		s.Doubts.resign(h)
	}}
	if s.shop, err = openShop(env); err != nil {
		return nil, fmt.Errorf("simulate etsy: %w", err)
	}
	s.mux = s.routes()
	return s, nil
}

// ServeHTTP answers one call to Etsy.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Faults is the queue of faults for the next calls below /v3/application and
// for the next webhooks.
func (s *Sim) Faults() *simkit.Faults { return &s.faults }

// Tick delivers the webhooks that are due and ends or renews listings whose
// four months are over.
func (s *Sim) Tick(ctx context.Context) error {
	s.tick.Lock()
	defer s.tick.Unlock()
	if err := s.expireListings(); err != nil {
		return fmt.Errorf("etsy listings: %w", err)
	}
	if err := s.outbox.Deliver(ctx, s.env); err != nil {
		return fmt.Errorf("etsy webhooks: %w", err)
	}
	return nil
}

// ShopID is the numeric id of the seeded shop.
func (s *Sim) ShopID() int64 { return s.shop.ID }

// UserID is the numeric id of the shop's owner.
func (s *Sim) UserID() int64 { return s.shop.UserID }
