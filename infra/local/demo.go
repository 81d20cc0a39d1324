package local

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

//go:embed sample/catalog.csv
var sampleCatalog []byte

// patience is how long the start waits for the marketplaces to have looked at
// everything; what takes longer goes on behind the dashboard.
const patience = 3 * time.Minute

// demo brings a fresh state to life, a stage at a time. What was done before a
// kill is not done again.
type demo struct {
	api      *client
	world    *world
	shop     *shop
	state    *state
	out      io.Writer
	catalog  string
	buyers   bool
	progress progress
}

func (d *demo) say(format string, args ...any) { _, _ = fmt.Fprintf(d.out, format+"\n", args...) }

func (d *demo) keep() error { return d.state.save("progress.json", d.progress) }

func (d *demo) run(ctx context.Context) error {
	for _, stage := range []func(context.Context) error{d.connect, d.checkout, d.load, d.published, d.buy} {
		if err := stage(ctx); err != nil {
			return err
		}
	}
	return nil
}

// channels are those of all simulated marketplaces.
func (d *demo) channels() []string {
	var all []string
	for _, s := range d.world.stands {
		all = append(all, s.Channels...)
	}
	return all
}

// connect walks the consent of every marketplace the way a seller does.
func (d *demo) connect(ctx context.Context) error {
	fresh := 0
	for _, c := range d.channels() {
		if slices.Contains(d.progress.Connected, c) {
			continue
		}
		if err := d.consent(ctx, c); err != nil {
			return fmt.Errorf("connect %s: %w", c, err)
		}
		d.progress.Connected = append(d.progress.Connected, c)
		fresh++
		if err := d.keep(); err != nil {
			return err
		}
	}
	d.say("connected   %d shops: %s (%d new)", len(d.progress.Connected), strings.Join(d.progress.Connected, ", "), fresh)
	return nil
}

func (d *demo) consent(ctx context.Context, channel string) error {
	var begun struct {
		Consent string `json:"consent_url"`
	}
	if _, err := d.api.call(ctx, http.MethodPost, "/v1/connections", map[string]string{"channel": channel}, &begun); err != nil {
		return err
	}
	back, _, err := d.api.follow(ctx, begun.Consent+"&decision=approve")
	if err != nil {
		return fmt.Errorf("consent page: %w", err)
	}
	back, _, _ = strings.Cut(back, "#")
	page, _, err := d.api.follow(ctx, back)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	result, err := url.Parse(page)
	if err != nil {
		return err
	}
	q := result.Query()
	ids := []string{q.Get("connected")}
	switch {
	case q.Get("problem") != "":
		return fmt.Errorf("the callback answered %s", q.Get("problem"))
	case q.Get("pending") != "":
		if ids, err = d.choose(ctx, q.Get("pending")); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := d.goLive(ctx, id, channel); err != nil {
			return err
		}
	}
	return nil
}

// choose connects the first shop of a consent that opens several.
func (d *demo) choose(ctx context.Context, grant string) ([]string, error) {
	var pending struct {
		Candidates []struct {
			Remote string `json:"remote_id"`
		} `json:"candidates"`
	}
	if _, err := d.api.call(ctx, http.MethodGet, "/v1/connections/pending/"+grant, nil, &pending); err != nil {
		return nil, err
	}
	if len(pending.Candidates) == 0 {
		return nil, fmt.Errorf("the consent opens no shop")
	}
	var chosen page[struct {
		ID string `json:"id"`
	}]
	wish := map[string]any{"remotes": []string{pending.Candidates[0].Remote}}
	if _, err := d.api.call(ctx, http.MethodPost, "/v1/connections/pending/"+grant+"/choose", wish, &chosen); err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(chosen.Items))
	for _, c := range chosen.Items {
		ids = append(ids, c.ID)
	}
	return ids, nil
}

// goLive gives a demo shop the defaults its seller would have set, and lets it
// publish at once: a real one begins with drafts where going live costs money.
func (d *demo) goLive(ctx context.Context, id, channel string) error {
	path := "/v1/connections/" + id
	// Catalogs often come without weights, which TikTok Shop wants.
	defaults := map[string]any{"publish": "live", "grams": 500, "length_mm": 300, "width_mm": 200, "height_mm": 100}
	for _, s := range d.world.stands {
		if slices.Contains(s.Channels, channel) {
			for name, value := range s.Defaults {
				defaults[name] = value
			}
		}
	}
	header, err := d.api.call(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	_, err = d.api.call(ctx, http.MethodPatch, path, map[string]any{"defaults": defaults}, nil, "If-Match", header.Get("ETag"))
	return err
}

// checkout connects the seller's own checkout, where orders from Facebook and
// Instagram are made.
func (d *demo) checkout(ctx context.Context) error {
	if d.progress.Checkout.Key != "" {
		return nil
	}
	var made struct {
		Key    string `json:"inbound_key"`
		Secret string `json:"secret"`
	}
	if _, err := d.api.call(ctx, http.MethodPost, "/v1/connections", map[string]string{"kind": "checkout", "name": "Own web shop"}, &made); err != nil {
		return err
	}
	d.progress.Checkout = checkoutKey{made.Key, made.Secret}
	return d.keep()
}

type importing struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Reason    string `json:"reason"`
	Rows      int    `json:"rows"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Unchanged int    `json:"unchanged"`
	Failed    int    `json:"failed"`
	Problems  []struct {
		Row     int    `json:"row"`
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"problems"`
}

// load imports the catalog: the sample at the first start, a named file at
// every start.
func (d *demo) load(ctx context.Context) error {
	data := sampleCatalog
	if d.catalog != "" {
		var err error
		if data, err = os.ReadFile(d.catalog); err != nil {
			return err
		}
	} else if d.progress.Imported {
		return nil
	}
	var job importing
	if _, err := d.api.call(ctx, http.MethodPost, "/v1/imports?format=auto", data, &job); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	done, err := until(ctx, patience, func() (bool, error) {
		_, err := d.api.call(ctx, http.MethodGet, "/v1/imports/"+job.ID, nil, &job)
		return job.State != "running", err
	})
	if err != nil {
		return err
	}
	if !done || job.State == "failed" {
		d.say("import      %s is %s after %s: %s", job.ID, job.State, patience, cmp.Or(job.Reason, "look at Queues in the dashboard"))
		return nil
	}
	d.say("imported    %d rows: %d created, %d updated, %d unchanged, %d failed", job.Rows, job.Created, job.Updated, job.Unchanged, job.Failed)
	for _, p := range job.Problems {
		d.say("            row %d, %s: %s", p.Row, p.Field, p.Message)
	}
	d.progress.Imported = true
	return d.keep()
}

// published waits until the marketplaces have looked at every listing.
func (d *demo) published(ctx context.Context) error {
	var counts map[string]map[string]int
	products := 0
	_, err := until(ctx, patience, func() (bool, error) {
		items, err := list[struct {
			Channel string `json:"channel"`
			State   string `json:"state"`
		}](ctx, d.api, "/v1/listings")
		if err != nil {
			return false, err
		}
		counts, products = map[string]map[string]int{}, 0
		waiting := 0
		for _, i := range items {
			if counts[i.Channel] == nil {
				counts[i.Channel] = map[string]int{}
			}
			counts[i.Channel][i.State]++
			if i.State == "queued" || i.State == "in_review" {
				waiting++
			}
			products = max(products, sum(counts[i.Channel]))
		}
		return waiting == 0, nil
	})
	if err != nil {
		return err
	}
	for _, c := range d.channels() {
		d.say("published   %-10s %s", c, spell(counts[c]))
	}
	return nil
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func spell(counts map[string]int) string {
	var parts []string
	for _, state := range []string{"live", "sold_out", "rejected", "in_review", "queued", "paused", "draft", "ended", "error"} {
		if n := counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return fmt.Sprintf("%d listings: %s", sum(counts), strings.Join(parts, ", "))
}

// visit is what one simulated buyer does.
type visit struct {
	buyer, text string
	orders      int
}

// visits are the buyers of the first start.
func visits() map[string]visit {
	return map[string]visit{
		"etsy":      {"Maren Holt", "Could you wrap it as a gift? It is for my sister.", 2},
		"tiktok":    {"Joao Prates", "Hi! Does it also come in a larger size?", 2},
		"facebook":  {"Ada Lindqvist", "Hello, how long does shipping to Norway take?", 1},
		"instagram": {"Noor Haddad", "Love this one! Is it still available?", 1},
	}
}

// buy lets buyers order and write. The orders and messages of each channel are
// counted, so that a start that was killed goes on where it was.
func (d *demo) buy(ctx context.Context) error {
	if !d.buyers {
		return nil
	}
	if d.progress.Buyers == nil {
		d.progress.Buyers = map[string]int{}
	}
	orders, messages := 0, 0
	for _, c := range d.channels() {
		for n := d.progress.Buyers[c]; n <= visits()[c].orders; n++ {
			placed, err := d.visit(ctx, c, n)
			if err != nil {
				d.say("buyers      %s: %v", c, err)
				break
			}
			if placed {
				orders++
			} else {
				messages++
			}
			d.progress.Buyers[c] = n + 1
			if err := d.keep(); err != nil {
				return err
			}
		}
	}
	if orders+messages == 0 {
		return nil
	}
	return d.arrived(ctx, orders, messages)
}

// visit makes the nth thing a channel's buyer does: orders first, then words.
func (d *demo) visit(ctx context.Context, channel string, n int) (placed bool, err error) {
	v := visits()[channel]
	path := "/local/marketplaces/" + channel
	if n == v.orders {
		if channel == "etsy" {
			return false, nil // the note went with the order
		}
		_, err := d.api.call(ctx, http.MethodPost, path+"/messages", map[string]string{"text": v.text, "buyer": v.buyer}, nil)
		return false, err
	}
	snapshot, err := d.world.byName[channel].Snapshot(ctx)
	if err != nil {
		return false, err
	}
	onSale := slices.DeleteFunc(snapshot.Items, func(i simkit.Item) bool { return i.Quantity < 1 || !slices.Contains(i.Visible, channel) })
	if len(onSale) == 0 {
		return false, fmt.Errorf("nothing is on sale yet")
	}
	item := onSale[(n*7+len(channel))%len(onSale)]
	wish := orderWish{SKU: item.SKU, Quantity: min(1+n%2, item.Quantity), Buyer: v.buyer}
	if channel == "etsy" && n == 0 {
		wish.Note = v.text
	}
	_, err = d.api.call(ctx, http.MethodPost, path+"/orders", wish, nil)
	return err == nil, err
}

// arrived waits until everything the buyers did is in the dashboard.
func (d *demo) arrived(ctx context.Context, orders, messages int) error {
	want := 0
	for _, n := range d.progress.Buyers {
		want += max(0, n-1)
	}
	var seen, talks int
	_, err := until(ctx, time.Minute, func() (bool, error) {
		all, err := list[struct{}](ctx, d.api, "/v1/orders")
		if err != nil {
			return false, err
		}
		conversations, err := list[struct{}](ctx, d.api, "/v1/conversations")
		seen, talks = len(all), len(conversations)
		return seen >= want && talks >= len(d.progress.Buyers), err
	})
	d.say("buyers      %d orders and %d messages made; in the dashboard: %d orders, %d conversations", orders, messages, seen, talks)
	return err
}
