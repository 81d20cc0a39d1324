// Package metasim is a stand-in for both Meta hosts: graph.facebook.com with
// its login dialog, and graph.instagram.com with api.instagram.com. Both serve
// one state, as in reality: one catalog feeds both surfaces, and one Instagram
// account can be reached through either login.
//
// It is written from Meta's documentation and machine-readable specs as of
// 2026-11-22 and refuses what Meta refuses: there are no orders (removed on
// 2026-10-27), no pretty, debug, date_format and ids parameters (removed with
// v26.0), and a listing is on sale only after its pictures were fetched and it
// was reviewed.
package metasim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// The two surfaces, in the words of simkit.
const (
	Facebook  = "facebook"
	Instagram = "instagram"
)

// The topics of simkit.Env.Webhooks.
const (
	TopicEvents       = "meta"               // the one callback for messaging events
	TopicDeauthorize  = "meta-deauthorize"   // told when a seller removes the app
	TopicDataDeletion = "meta-data-deletion" // told when a seller asks for deletion
)

// Sim is both Meta hosts. The exported fields are the house rules that a test
// changes before the first call; they must not be changed afterwards. Methods
// are safe for concurrent use.
type Sim struct {
	// CatalogBatchPerMinute is how many items_batch calls a catalog may have
	// in a minute. A new shop has about 8 (Meta's rate limit page, 2026-11);
	// the default is 200, so that a demonstration does not wait.
	CatalogBatchPerMinute int
	// CatalogCallsPerHour is the limit of all other calls on a catalog
	// (20000 on a new one).
	CatalogCallsPerHour int
	// ConversationCallsPerSecond limits the Conversations API per Page or
	// Instagram account. Meta allows 2; the default is 50, since a test clock
	// often stands still.
	ConversationCallsPerSecond int
	// AppCallsPerHour is what 100 % of X-App-Usage stands for.
	AppCallsPerHour int
	// HandleDelay is how long a batch is in progress (default 500 ms).
	HandleDelay time.Duration
	// ReorderHandles makes every second batch take three times as long, so
	// that batches finish in another order than they came.
	ReorderHandles bool
	// ReviewDelay is how long the policy review of an item takes (500 ms).
	ReviewDelay time.Duration
	// PicturesPerTick bounds how many pictures one Tick fetches (50).
	PicturesPerTick int
	// Forbidden lists lower-case phrases of titles and descriptions that the
	// policy review rejects.
	Forbidden []string
	// RequireProof is the app's switch "Require App Secret": calls on the
	// Facebook host without appsecret_proof are refused.
	RequireProof bool
	// HumanAgent says that the app holds the Human Agent feature, which
	// allows replies between 24 hours and 7 days (default true).
	HumanAgent bool
	// StandardAccess says that the app has no Advanced Access: what people
	// without a role on it write is silently left out of lists and webhooks.
	StandardAccess bool
	// Tasks are what the seller may do on the Page (all by default).
	Tasks []string
	// FlatInstagramToken makes api.instagram.com/oauth/access_token answer
	// without the documented "data" list, with a numeric user_id and a list of
	// permissions, the form reported from production.
	FlatInstagramToken bool

	env    simkit.Env
	faults simkit.Faults
	ops    []operation
	fields map[string][]string // field names per node
	page   *simkit.Outbox      // signed with the Facebook app secret
	login  *simkit.Outbox      // signed with the Instagram app secret
	form   *simkit.Outbox      // signed_request posts
	ticks  sync.Mutex          // one Tick at a time
}

var _ simkit.Simulator = (*Sim)(nil)

// New opens the simulated Meta that env.Store remembers, and seeds it at the
// first start. The returned Sim serves the Facebook host.
func New(env simkit.Env) (*Sim, error) {
	if env.Now == nil || env.Store == nil {
		return nil, fmt.Errorf("open Meta simulator: Env needs Now and Store")
	}
	if env.Client == nil {
		env.Client = http.DefaultClient
	}
	if env.Fetch == nil {
		env.Fetch = simkit.FetchPicture
	}
	s := &Sim{
		CatalogBatchPerMinute: 200, CatalogCallsPerHour: 20_000,
		ConversationCallsPerSecond: 50, AppCallsPerHour: 100_000,
		HandleDelay: 500 * time.Millisecond, ReviewDelay: 500 * time.Millisecond,
		PicturesPerTick: 50, HumanAgent: true,
		Tasks:     strings.Fields("ADVERTISE ANALYZE CREATE_CONTENT MESSAGING MODERATE MANAGE"),
		Forbidden: []string{"counterfeit", "prescription only", "live ammunition"},
		env:       env, fields: fieldNames(),
	}
	s.ops = s.operations()
	s.page = s.outbox("outbox_page", "META_APP_SECRET")
	s.login = s.outbox("outbox_login", "INSTAGRAM_APP_SECRET")
	s.form = &simkit.Outbox{Table: "outbox_form", Retries: retries(), Sign: func(http.Header, string, time.Time, []byte) {}}
	if err := s.seed(); err != nil {
		return nil, fmt.Errorf("seed Meta simulator: %w", err)
	}
	return s, nil
}

// Faults is the queue of faults for the next API calls on either host. Login
// dialogs and token exchanges are not disturbed.
func (s *Sim) Faults() *simkit.Faults { return &s.faults }

// PlaceOrder always answers simkit.ErrNotOffered: Meta has had no orders since
// its Order Management API was removed on 2026-10-27. See CheckoutQuery and
// SendCart for what a buyer can do.
func (s *Sim) PlaceOrder(context.Context, simkit.Order) (string, error) {
	return "", fmt.Errorf("place an order on Meta: %w", simkit.ErrNotOffered)
}

// Tick finishes batches, fetches pictures, reviews items and delivers
// webhooks, as far as they are due.
func (s *Sim) Tick(ctx context.Context) error {
	s.ticks.Lock()
	defer s.ticks.Unlock()
	for _, step := range []func(context.Context) error{s.finishHandles, s.fetchPictures, s.review} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("advance Meta simulator: %w", err)
		}
	}
	for _, box := range []*simkit.Outbox{s.page, s.login, s.form} {
		if err := box.Deliver(ctx, s.env); err != nil {
			return fmt.Errorf("deliver Meta webhooks: %w", err)
		}
	}
	return nil
}

// retries spreads the attempts of a webhook over 36 hours, at once at first
// and then fewer and fewer (Meta's webhook guide, 2026-11).
func retries() []time.Duration {
	return []time.Duration{
		0, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 20 * time.Hour,
	}
}

func (s *Sim) app(name string) string { return s.env.App[name] }

// instagramApp is the client id of Instagram Login. Meta gives the Instagram
// product of an app its own id; where the host names none, the app id serves.
func (s *Sim) instagramApp() string {
	if id := s.app("INSTAGRAM_APP_ID"); id != "" {
		return id
	}
	return s.app("META_APP_ID")
}

func (s *Sim) logf(msg string, args ...any) {
	if s.env.Log != nil {
		s.env.Log.Info(msg, args...)
	}
}

// absolute says whether raw is a usable http or https address.
func absolute(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && slices.Contains([]string{"http", "https"}, u.Scheme)
}
