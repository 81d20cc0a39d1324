// Package world joins a simulator and a connector in a test: in process,
// without sockets, on a clock that moves only when it is told to. It is the
// channeltest.World of every connector.
package world

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

const (
	// simURL is where the simulators stand and publicURL where the product
	// would be; neither address leaves the process.
	simURL    = "https://sim.test"
	publicURL = "https://manystall.test"
)

// Config is what a world is made of.
type Config struct {
	Stand  simkit.Stand
	Driver channel.Driver
	Seed   uint64
	// Wrap lets the connector's traffic pass through something (a recorder);
	// it may be nil. Requests carry the addresses of the stand's mounts.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Tune changes a simulator before its first call; it may be nil.
	Tune func(simkit.Simulator)
	// Rate lets the buyer of an order review it; nil where there are no
	// reviews.
	Rate func(s simkit.Simulator, order string, stars int, text string) error
	// Budgets makes what calls are paid from, on the world's clock; nil lets
	// all calls pass.
	Budgets func(now func() time.Time) port.Budgets
}

// World is one seller's marketplace. It is safe for concurrent use.
type World struct {
	t      testing.TB
	cfg    Config
	sim    simkit.Simulator
	mounts map[string]http.Handler
	clock  *clock
	gate   *gate
	post   *letterbox
	log    *journal
	app    any
	other  any
	client *httpclient.Client
}

var _ channeltest.World = (*World)(nil)

// New opens an empty world. It ends with the test.
func New(t testing.TB, cfg Config) *World {
	t.Helper()
	w := &World{t: t, cfg: cfg, clock: &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, post: &letterbox{}, log: &journal{}}
	store, err := simkit.OpenStore(filepath.Join(t.TempDir(), cfg.Stand.Name+".db"))
	w.must(err)
	t.Cleanup(func() { _ = store.Close() })
	credentials := cfg.Stand.Invent(letters(cfg.Seed))
	w.sim, err = cfg.Stand.New(simkit.Env{
		Now: w.clock.Now, Seed: cfg.Seed, URL: simURL + cfg.Stand.Home, Store: store, Client: &http.Client{Transport: w.post},
		Webhooks: addresses(cfg.Stand.Webhooks), App: credentials, Fetch: simkit.FetchPicture,
	})
	w.must(err)
	if cfg.Tune != nil {
		cfg.Tune(w.sim)
	}
	w.mounts = cfg.Stand.Mounts(w.sim)
	w.app = w.installation(credentials)
	w.other = w.installation(cfg.Stand.Invent(letters(cfg.Seed + 1<<32)))
	w.gate = &gate{next: w, faults: w.sim.Faults()}
	var budgets port.Budgets
	if cfg.Budgets != nil {
		budgets = cfg.Budgets(w.clock.Now)
	}
	w.client = httpclient.New(httpclient.Config{
		Base: w.wrapped(), Budgets: budgets, Now: w.clock.Now, Sleep: w.sleep, Timeout: time.Minute,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return w
}

func addresses(paths map[string]string) map[string]string {
	full := make(map[string]string, len(paths))
	for topic, path := range paths {
		full[topic] = publicURL + path
	}
	return full
}

// letters makes texts that look random and repeat for the same seed.
func letters(seed uint64) func(int) string {
	n := 0
	return func(length int) string {
		n++
		text := ""
		for i := 0; len(text) < length; i++ {
			text += strings.TrimPrefix(commerce.Derive("", fmt.Sprint(seed), fmt.Sprint(n), fmt.Sprint(i)), "_")
		}
		return text[:length]
	}
}

func (w *World) wrapped() http.RoundTripper {
	if w.cfg.Wrap == nil {
		return w.gate
	}
	return w.cfg.Wrap(w.gate)
}

func (w *World) installation(credentials map[string]string) any {
	w.t.Helper()
	app := w.cfg.Driver.NewApp()
	w.must(config.Load(app, func(name string) (string, bool) {
		value, ok := credentials[name]
		return value, ok
	}))
	return app
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// sleep lets the marketplace's time pass instead of ours.
func (w *World) sleep(ctx context.Context, d time.Duration) error {
	w.clock.Advance(d)
	return ctx.Err()
}

// Simulator is the marketplace itself, for what only one of them can do.
func (w *World) Simulator() simkit.Simulator { return w.sim }

// Env is what the connector gets.
func (w *World) Env() channel.Env {
	return channel.Env{HTTP: w.client, Now: w.clock.Now, NewID: w.log.newID, Images: pictures{}, Hosts: w.host}
}

func (w *World) host(name string) string {
	if mount, ok := w.cfg.Stand.Hosts[name]; ok {
		return simURL + mount
	}
	return ""
}

// App is the filled installation.
func (w *World) App() any { return w.app }

// OtherApp is an installation with other secrets.
func (w *World) OtherApp() any { return w.other }

// PublicURL is the product's own address.
func (w *World) PublicURL() string { return publicURL }

// Consent walks through the consent page.
func (w *World) Consent(ctx context.Context, address string, approve bool) (url.Values, error) {
	decision := "deny"
	if approve {
		decision = "approve"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"&decision="+decision, nil)
	if err != nil {
		return nil, fmt.Errorf("open consent page: %w", err)
	}
	resp, err := w.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("open consent page: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusFound {
		return nil, fmt.Errorf("the consent page answers %d and sends nobody back", resp.StatusCode)
	}
	if !strings.HasPrefix(back.String(), publicURL+"/") {
		return nil, fmt.Errorf("the consent page sends the seller to %s", back.Host)
	}
	return back.Query(), nil
}

// Advance moves the clock and lets the marketplace do what is due, and what
// becomes due by that.
func (w *World) Advance(d time.Duration) {
	w.t.Helper()
	w.clock.Advance(d)
	for range 3 {
		w.must(w.sim.Tick(w.t.Context()))
	}
}

// Place lets a buyer buy.
func (w *World) Place(p channeltest.Purchase) (commerce.RemoteID, error) {
	id, err := w.sim.PlaceOrder(w.t.Context(), simkit.Order{
		Channel: string(w.cfg.Driver.Name), SKU: string(p.SKU), Quantity: p.Quantity, Buyer: p.Buyer, Note: p.Note,
	})
	return commerce.RemoteID(id), err
}

// Say lets a buyer write.
func (w *World) Say(s channeltest.Speech) (commerce.RemoteID, error) {
	id, err := w.sim.SendMessage(w.t.Context(), simkit.Message{
		Channel: string(w.cfg.Driver.Name), Text: s.Text, Buyer: s.Buyer, Order: string(s.Order),
	})
	return commerce.RemoteID(id), err
}

// Rate lets the buyer of an order review it.
func (w *World) Rate(order commerce.RemoteID, stars int, text string) error {
	if w.cfg.Rate == nil {
		return simkit.ErrNotOffered
	}
	return w.cfg.Rate(w.sim, string(order), stars, text)
}

// Fault arranges for the next calls, or webhooks, to go wrong.
func (w *World) Fault(f channeltest.Fault) {
	w.t.Helper()
	if f.Kind == channeltest.WebhookTwice {
		w.must(w.sim.Faults().Add(f.Kind, max(f.Count, 1)))
		return
	}
	w.gate.arm(f)
}

// Calm ends all faults.
func (w *World) Calm() { w.gate.calm() }

// Cut lets the product die after so many more calls that are no reads.
func (w *World) Cut(after int) { w.gate.cut(after) }

// Mend brings it back.
func (w *World) Mend() { w.gate.mend() }

// Dead says that the product has died.
func (w *World) Dead() bool { return w.gate.isDead() }

func (w *World) snapshot() simkit.Snapshot {
	w.t.Helper()
	shot, err := w.sim.Snapshot(w.t.Context())
	w.must(err)
	return shot
}

// Shown is what is listed.
func (w *World) Shown() []channeltest.Item {
	var items []channeltest.Item
	for _, i := range w.snapshot().Items {
		item := channeltest.Item{Listing: i.Listing, ID: i.ID, SKU: commerce.SKU(i.SKU), Title: i.Title, Price: i.Price, Quantity: int64(i.Quantity), Images: i.Images}
		for _, c := range i.Visible {
			item.Visible = append(item.Visible, commerce.Channel(c))
		}
		items = append(items, item)
	}
	return items
}

// Tracking is what the marketplace holds about the parcels of an order.
func (w *World) Tracking(order commerce.RemoteID) []string {
	for _, o := range w.snapshot().Orders {
		if o.ID == string(order) {
			return o.Tracking
		}
	}
	return nil
}

// Said is everything said in all conversations.
func (w *World) Said() []channeltest.Said {
	var all []channeltest.Said
	for _, t := range w.snapshot().Threads {
		for _, m := range t.Said {
			all = append(all, channeltest.Said{Thread: t.ID, ID: m.ID, Buyer: t.Buyer, Channel: commerce.Channel(t.Channel), ByShop: m.From == "shop", Text: m.Text})
		}
	}
	return all
}

// Calls counts the answered calls by operation.
func (w *World) Calls() map[string]int { return w.snapshot().Calls }

// Writes sums the calls that change something.
func (w *World) Writes() int { return w.snapshot().Writes }

// Delivered are the webhooks that were delivered.
func (w *World) Delivered() []channeltest.Delivery { return w.post.all() }

// Log is what the HTTP client wrote.
func (w *World) Log() string { return w.log.String() }

// clock moves when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}

// journal keeps what was logged, and numbers ids.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
	ids  int
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) newID() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ids++
	return fmt.Sprintf("01HTEST%019d", j.ids)
}
