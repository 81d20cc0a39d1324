// Package tiktoksim is a TikTok Shop that lives on this machine: one US seller
// with one shop, spoken to through the Partner API (generation "V2", versions
// 202309 and later) as the Partner Center documents it on 2026-11-22.
//
// Below its prefix it serves the API paths, the token calls of the auth host
// (/api/v2/token/get and /refresh), the seller's consent page
// (/open/authorize) and the pictures that were uploaded (/image/{id}).
//
// Env.Webhooks holds under "oauth" the redirect address of the app and, under
// the names of the event types (ORDER_STATUS_CHANGE, NEW_MESSAGE …), the
// callback addresses typed into the portal; a subscription made through the
// API wins over those. Env.App needs TIKTOK_APP_KEY, TIKTOK_APP_SECRET and
// TIKTOK_SERVICE_ID.
package tiktoksim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/manystall/manystall/connectors/simkit"
)

// Channel is the value of simkit.Item.Visible for a product that buyers see.
const Channel = "tiktok"

// Settings are what differs between shops, markets and days on the real side.
// Set them before the first call; they are not guarded.
type Settings struct {
	// AuditDelay is how long a submitted product waits for its review.
	AuditDelay time.Duration
	// ForbiddenPhrases fail the review of a product whose title or description
	// contains one of them (compared in lower case).
	ForbiddenPhrases []string
	// SensitivePhrases are refused in chat messages with 45101006.
	SensitivePhrases []string
	// DailyListings is how many products may be submitted per UTC day (a shop
	// on probation has 100, later 1,000).
	DailyListings int
	// DailyChatCalls is the customer-service quota per UTC day.
	DailyChatCalls int
	// QPS is the allowance per endpoint and second; 0 switches it off. The
	// documented figure of late 2025 is 50; since 2026 none is promised.
	QPS int
	// TokenLife is how long an access token is good.
	TokenLife time.Duration
	// GrantLife is how long the seller's consent, and so the refresh token, is good.
	GrantLife time.Duration
	// RefuseZeroStock takes the documented quantity range 1–99,999 literally.
	// Whether the real side accepts 0 is not settled.
	RefuseZeroStock bool
	// EditsStayOff leaves a product that the seller deactivated off sale when it
	// is edited, until it is activated. Whether the real side does is not settled.
	EditsStayOff bool
	// ShippedByTikTok makes new orders platform-shipped: they come with a
	// package to ship, and name, phone and address are masked in every state.
	ShippedByTikTok bool
}

// Sim is the simulated TikTok Shop. It is safe for concurrent use.
type Sim struct {
	Settings

	env    simkit.Env
	faults simkit.Faults
	outbox simkit.Outbox
	mux    *http.ServeMux
	goods  catalogue

	requests atomic.Uint64

	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

var _ simkit.Simulator = (*Sim)(nil)

// New opens the shop that env.Store remembers, or founds one. It refuses an
// environment without clock, store or app credentials.
func New(env simkit.Env) (*Sim, error) {
	if env.Now == nil || env.Store == nil {
		return nil, errors.New("tiktok simulator: Env.Now and Env.Store are required")
	}
	for _, name := range []string{"TIKTOK_APP_KEY", "TIKTOK_APP_SECRET"} {
		if env.App[name] == "" {
			return nil, fmt.Errorf("tiktok simulator: Env.App[%q] is empty", name)
		}
	}
	if env.Client == nil {
		env.Client = http.DefaultClient
	}
	s := &Sim{Settings: defaults(), env: env, goods: newCatalogue(), limiters: map[string]*rate.Limiter{}}
	s.outbox = simkit.Outbox{Table: "webhook-queue", Retries: webhookRetries(), Sign: s.signWebhook}
	s.mux = s.routes()
	return s, env.Store.Update(s.found)
}

func defaults() Settings {
	return Settings{
		AuditDelay:       time.Second,
		ForbiddenPhrases: []string{"miracle cure", "100% guaranteed results", "replica of a famous brand"},
		SensitivePhrases: []string{"pay me outside", "whatsapp me"},
		DailyListings:    1000,
		DailyChatCalls:   10_000,
		QPS:              50,
		TokenLife:        7 * 24 * time.Hour,
		GrantLife:        365 * 24 * time.Hour,
	}
}

// ServeHTTP answers below the prefix.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Faults is the queue of faults for the next API calls and webhooks.
func (s *Sim) Faults() *simkit.Faults { return &s.faults }

// Tick finishes the reviews that are due, goes on with requests nobody answered
// in time, and delivers the webhooks that are due.
func (s *Sim) Tick(ctx context.Context) error {
	if err := s.env.Store.Update(s.audit); err != nil {
		return fmt.Errorf("review products: %w", err)
	}
	if err := s.env.Store.Update(s.overrule); err != nil {
		return fmt.Errorf("go on with requests: %w", err)
	}
	return s.outbox.Deliver(ctx, s.env)
}

func (s *Sim) now() time.Time { return s.env.Now().UTC() }

// object is a JSON object on its way out.
type object map[string]any

// An id has 19 digits like the real ones, so that a reader that lets it pass
// through a float64 mixes up neighbours.
func (s *Sim) newID(tx *simkit.Tx, kind string) (string, error) {
	n, err := tx.Next("id")
	if err != nil {
		return "", err
	}
	first := map[string]uint64{
		"product": 1_729_500_000_000_000_000, "sku": 1_729_600_000_000_000_000, "order": 576_400_000_000_000_000,
		"line": 577_000_000_000_000_000, "package": 1_152_300_000_000_000_000, "cancel": 4_035_300_000_000_000_000,
		"return": 4_035_900_000_000_000_000, "user": 7_021_400_000_000_000_000,
	}[kind]
	if first == 0 {
		first = 7_494_500_000_000_000_000
	}
	return fmt.Sprint(first + s.env.Seed%1_000_003*10_000_000 + n), nil
}
