package metagraph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/facebook"
	"github.com/manystall/manystall/connectors/instagram"
	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

const (
	secret   = "0123456789abcdef0123456789abcdef"
	igSecret = "fedcba9876543210fedcba9876543210"
	appID    = "1234567890123456"
	redirect = "https://shop.example/v1/oauth/facebook/callback"
)

// bench is the connector against the simulator, without a socket and on a
// clock that moves only when told.
type bench struct {
	t    *testing.T
	sim  *metasim.Sim
	apps map[commerce.Channel]any
	env  channel.Env
	ids  metasim.Assets

	mu     sync.Mutex
	now    time.Time
	n      int
	hooks  []channel.HookRequest
	seen   []*http.Request // calls of the connector
	budget *budgets
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), budget: &budgets{}}
	store, err := simkit.OpenStore(filepath.Join(t.TempDir(), "meta.db"))
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	b.sim, err = metasim.New(simkit.Env{
		Now: b.clock, Seed: 7, URL: "https://meta.test/sim/meta", Store: store, Client: &http.Client{Transport: receiver{b}},
		Webhooks: map[string]string{
			metasim.TopicEvents: "https://shop.example/webhooks/meta", metasim.TopicDeauthorize: "https://shop.example/webhooks/meta/deauthorize",
			metasim.TopicDataDeletion: "https://shop.example/webhooks/meta/data-deletion",
		},
		App: map[string]string{"META_APP_ID": appID, "META_APP_SECRET": secret, "INSTAGRAM_APP_SECRET": igSecret, "META_VERIFY_TOKEN": "let me in"},
		Fetch: func(ctx context.Context, address string) (*http.Response, error) {
			if strings.Contains(address, "broken") {
				return nil, errors.New("no such host")
			}
			return simkit.FetchPicture(ctx, address)
		},
	})
	must(t, err)
	b.sim.RequireProof = true
	b.ids, err = b.sim.Assets()
	must(t, err)
	app := newApp()
	b.apps = map[commerce.Channel]any{commerce.Facebook: app, commerce.Instagram: app}
	b.env = channel.Env{
		HTTP: httpclient.New(httpclient.Config{Base: caller{b}, Now: b.clock, Sleep: func(context.Context, time.Duration) error { return nil }, Budgets: b.budget}),
		Now:  b.clock, NewID: b.id,
		Hosts: func(name string) string {
			return map[string]string{"META_GRAPH_URL": "https://meta.test/sim/meta", "META_CONSENT_URL": "https://meta.test/sim/meta"}[name]
		},
	}
	return b
}

func newApp() *metagraph.App {
	return &metagraph.App{ID: appID, Secret: config.Secret(secret), Instagram: config.Secret(igSecret), VerifyToken: "let me in", Version: "v26.0"}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) id() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	return fmt.Sprintf("id%06d", b.n)
}

// pass lets time go by in steps, and Meta work.
func (b *bench) pass(d time.Duration) {
	b.t.Helper()
	for range 4 {
		b.mu.Lock()
		b.now = b.now.Add(d / 4)
		b.mu.Unlock()
		must(b.t, b.sim.Tick(b.t.Context()))
	}
}

// caller carries the connector's calls to the simulator and holds each against
// what Meta has removed.
type caller struct{ *bench }

func (c caller) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	c.mu.Lock()
	c.seen = append(c.seen, r)
	c.mu.Unlock()
	forbidden(c.t, r)
	rest, ok := strings.CutPrefix(r.URL.Path, "/sim/meta")
	if !ok || r.URL.Host != "meta.test" {
		return nil, fmt.Errorf("no such host: %s", r.URL.Host)
	}
	in := r.Clone(r.Context())
	in.URL.Path = rest
	w := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // a panic's value, not an error chain
				panic(p)
			}
			resp, err = nil, errors.New("connection reset")
		}
	}()
	c.sim.ServeHTTP(w, in)
	return w.Result(), nil
}

// forbidden is the deny list: no removed habit, no order endpoint, no token in
// an address.
func forbidden(t *testing.T, r *http.Request) {
	q := r.URL.Query()
	for _, name := range []string{"pretty", "debug", "date_format", "ids", "access_token"} {
		if q.Has(name) {
			t.Errorf("%s %s has the parameter %s", r.Method, r.URL.Path, name)
		}
	}
	if r.Header.Get("If-None-Match") != "" {
		t.Errorf("%s %s asks for 304", r.Method, r.URL.Path)
	}
	for _, word := range strings.Fields("commerce_orders commerce_returns commerce_payouts commerce_transactions acknowledge_orders order_management_apps shipments refunds cancellations payments") {
		if strings.Contains(r.URL.Path, word) {
			t.Errorf("%s %s was removed on 2026-10-27", r.Method, r.URL.Path)
		}
	}
	if strings.Contains(r.URL.RawQuery, "EAA") && !strings.Contains(r.URL.Path, "oauth/access_token") && !strings.Contains(r.URL.Path, "debug_token") {
		t.Errorf("%s %s carries a token in its address", r.Method, r.URL.Path)
	}
}

// receiver takes what the simulator posts.
type receiver struct{ *bench }

func (c receiver) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte{}
	if r.Body != nil {
		w := httptest.NewRecorder()
		_, _ = w.Body.ReadFrom(r.Body)
		body = w.Body.Bytes()
	}
	in := channel.HookRequest{Query: r.URL.Query(), Header: r.Header, Body: body, Now: c.clock(), PublicURL: "https://shop.example"}
	w := httptest.NewRecorder()
	for _, h := range metagraph.Hooks() {
		if h.Method != r.Method || h.Path != r.URL.Path {
			continue
		}
		resp, _, err := h.Handle(c.apps, in)
		if err != nil {
			return nil, err
		}
		w.WriteHeader(resp.Status)
		_, _ = w.Write(resp.Body)
	}
	c.mu.Lock()
	if r.Method == http.MethodPost && r.URL.Path == "/webhooks/meta" {
		c.hooks = append(c.hooks, in)
	}
	c.mu.Unlock()
	return w.Result(), nil
}

// told maps everything that was delivered since.
func (b *bench) told() []channel.Update {
	b.t.Helper()
	b.pass(time.Second)
	b.mu.Lock()
	hooks := b.hooks
	b.hooks = nil
	b.mu.Unlock()
	var updates []channel.Update
	for _, r := range hooks {
		_, events, err := metagraph.Hooks()[1].Handle(b.apps, r)
		must(b.t, err)
		for _, e := range events {
			got, err := driver(e.Channel).Map(b.apps[e.Channel], e)
			must(b.t, err)
			updates = append(updates, got...)
		}
	}
	return updates
}

func driver(c commerce.Channel) channel.Driver {
	if c == commerce.Instagram {
		return instagram.Driver()
	}
	return facebook.Driver()
}

// connector is what every Meta connector can do.
type connector interface {
	channel.Connector
	channel.ListingWriter
	channel.ListingReader
	channel.ConversationReader
	channel.Replier
}

// shop is one connected account with what the product would keep of it.
type shop struct {
	*bench
	connector
	grant  channel.Grant
	tokens *tokens
	calls  map[string]channel.Call
	events []string // what was saved, in order
}

func (b *bench) grant(c commerce.Channel) channel.Grant {
	b.t.Helper()
	auth := driver(c).Auth(b.apps[c], b.env)
	address, err := auth.Consent("state", redirect, strings.Repeat("v", 64))
	must(b.t, err)
	u, err := url.Parse(address)
	must(b.t, err)
	q := u.Query()
	q.Set("decision", "approve")
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, strings.TrimPrefix(u.Path, "/sim/meta")+"?"+q.Encode(), nil)
	w := httptest.NewRecorder()
	b.sim.ServeHTTP(w, r)
	back, err := url.Parse(w.Header().Get("Location"))
	must(b.t, err)
	g, err := auth.Exchange(b.t.Context(), back.Query(), redirect, "")
	must(b.t, err)
	return g
}

func (b *bench) connect(c commerce.Channel) *shop {
	b.t.Helper()
	g := b.grant(c)
	d := driver(c)
	settings := d.NewSettings()
	must(b.t, decode(g.Candidates[0].Settings, settings))
	s := &shop{bench: b, grant: g, tokens: &tokens{auth: d.Auth(b.apps[c], b.env), have: g.Tokens}, calls: map[string]channel.Call{}}
	conn, err := d.Open(channel.OpenParams{Env: b.env, App: b.apps[c], Settings: settings, Account: "acc_1", Tokens: s.tokens})
	must(b.t, err)
	s.connector = conn.(connector)
	return s
}

// tokens refreshes like the product does.
type tokens struct {
	mu        sync.Mutex
	auth      channel.Auth
	have      channel.Tokens
	refreshed int
}

func (s *tokens) Tokens(context.Context) (channel.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.have, nil
}

func (s *tokens) Refreshed(ctx context.Context, refused string) (channel.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have.Access != refused {
		return s.have, nil
	}
	s.refreshed++
	fresh, err := s.auth.Refresh(ctx, s.have)
	if err == nil {
		s.have = fresh
	}
	return fresh, err
}

// Begin, Sent, Created and End make the shop a channel.Saver.
func (s *shop) Begin(_ context.Context, c channel.Call) error {
	c.BeganAt = s.clock()
	s.calls[c.ID] = c
	s.events = append(s.events, "begin")
	return nil
}

func (s *shop) Sent(_ context.Context, id, token string, at time.Time) error {
	c := s.calls[id]
	c.Token, c.CheckAt = token, at
	s.calls[id] = c
	s.events = append(s.events, "sent")
	return nil
}

func (s *shop) Created(context.Context, channel.Result) error { return nil }

func (s *shop) End(_ context.Context, id string) error {
	delete(s.calls, id)
	s.events = append(s.events, "end")
	return nil
}

// apply writes changes and settles them until nothing is open.
func (s *shop) apply(changes ...channel.Change) []channel.Result {
	s.t.Helper()
	results, err := s.Apply(s.t.Context(), changes, s)
	must(s.t, err)
	for range 40 {
		if len(s.calls) == 0 {
			return results
		}
		s.pass(2 * time.Second)
		for _, r := range s.settle(changes) {
			for i := range results {
				if results[i].Listing == r.Listing && results[i].Outcome != channel.Refused {
					results[i] = r
				}
			}
		}
	}
	s.t.Fatal("a call stays open")
	return nil
}

// settle asks once about every open call.
func (s *shop) settle(changes []channel.Change) []channel.Result {
	s.t.Helper()
	var open []channel.OpenCall
	for _, c := range s.calls {
		o := channel.OpenCall{Call: c}
		for _, change := range changes {
			if slices.Contains(c.Listings, change.Listing.ID) {
				o.Changes = append(o.Changes, change)
			}
		}
		open = append(open, o)
	}
	results, err := s.Settle(s.t.Context(), open, s)
	must(s.t, err)
	for _, c := range open {
		pending := false
		for _, r := range results {
			pending = pending || r.Outcome == channel.Pending && r.Call == c.ID
		}
		if !pending {
			delete(s.calls, c.ID)
		}
	}
	return results
}

// budgets remembers what answers taught.
type budgets struct {
	mu      sync.Mutex
	learned []string
	taken   map[string]int
}

func (b *budgets) Take(_ context.Context, bucket string, _ portLane) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken == nil {
		b.taken = map[string]int{}
	}
	b.taken[bucket]++
	return nil
}

func (b *budgets) Learn(_ context.Context, q portQuota) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.learned = append(b.learned, q.Bucket)
	return nil
}

// mug is a product with a price and two sizes.
func mug(id string) channel.Change {
	p := commerce.Product{
		ID: commerce.ProductID("prd_" + id), Handle: "mug-" + id, Title: "Mug " + id, Description: "Holds tea, and coffee.", Options: []string{"Size", "Glaze"},
		Images: []commerce.Image{{URL: "https://img.example/" + id + "-1.png"}, {URL: "https://img.example/" + id + "-2.png"}},
	}
	stock := map[commerce.VariantID]int64{}
	for i, size := range []string{"Small", "Large"} {
		v := commerce.Variant{ID: commerce.VariantID(fmt.Sprintf("var_%s%d", id, i)), SKU: commerce.SKU(fmt.Sprintf("MUG-%s-%s", id, size[:1])), Price: commerce.Money{Amount: 1299, Currency: "USD"}, Options: map[string]string{"Size": size, "Glaze": "Sea, green: matt"}}
		p.Variants = append(p.Variants, v)
		stock[v.ID] = 5
	}
	return channel.Change{
		Listing: commerce.Listing{ID: commerce.ListingID("lst_" + id), Target: "tgt_1", Product: p.ID}, Product: p, Stock: stock,
		Defaults: commerce.Defaults{ProductURL: "https://shop.example/p/{handle}?sku={sku}"}, Wanted: map[commerce.Channel]bool{commerce.Facebook: true, commerce.Instagram: true},
		Groups: commerce.Groups(), Key: "rev_" + id,
	}
}

// after is the listing once a result is stored, as the product would.
func after(c channel.Change, r channel.Result) channel.Change {
	l := c.Listing
	l.Views = map[commerce.Channel]commerce.View{}
	for on, v := range c.Listing.Views {
		l.Views[on] = v
	}
	for on, v := range r.Views {
		l.Views[on] = commerce.View{Channel: on, Wanted: c.Wanted[on], State: v.State, Problems: v.Problems, URL: v.URL}
	}
	if r.Remote != "" {
		l.Remote = r.Remote
	}
	if len(r.Items) > 0 {
		items := map[commerce.VariantID]commerce.RemoteID{}
		for k, v := range l.Items {
			items[k] = v
		}
		for k, v := range r.Items {
			items[k] = v
		}
		l.Items = items
	}
	if r.Extra != nil {
		l.Extra = r.Extra
	}
	c.Listing = l
	return c
}

// shown finds an item as visitors see it.
func (b *bench) shown(sku string) (simkit.Item, bool) {
	b.t.Helper()
	snap, err := b.sim.Snapshot(b.t.Context())
	must(b.t, err)
	for _, i := range snap.Items {
		if i.SKU == sku {
			return i, true
		}
	}
	return simkit.Item{}, false
}

func (b *bench) calls(op string) int {
	b.t.Helper()
	snap, err := b.sim.Snapshot(b.t.Context())
	must(b.t, err)
	return snap.Calls[op]
}

func kindOf(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if !fault.Is(err, want) {
		t.Fatalf("error %v, want kind %s", err, want)
	}
}
