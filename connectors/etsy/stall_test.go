package etsy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
)

const verifier = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

// stall is a connected shop. It is the saver of its listings, and its seller
// can also act on Etsy itself.
type stall struct {
	*testing.T
	w      *world.World
	sim    *etsysim.Sim
	conn   *etsy.Connector
	seller *api.Client

	mu       sync.Mutex
	tokens   channel.Tokens
	settings etsy.Settings
	listings map[commerce.ListingID]commerce.Listing
	calls    map[string]channel.Call
}

func setup(t *testing.T) *stall {
	t.Helper()
	return settle(t, newWorld(t, 11))
}

// settle connects the seller of a world.
func settle(t *testing.T, w *world.World) *stall {
	t.Helper()
	b := &stall{T: t, w: w, listings: map[commerce.ListingID]commerce.Listing{}, calls: map[string]channel.Call{}}
	b.sim = b.w.Simulator().(*etsysim.Sim)
	driver, redirect := etsy.Driver(), b.w.PublicURL()+"/v1/oauth/etsy/callback"
	auth := driver.Auth(b.w.App(), b.w.Env())
	address, err := auth.Consent("state", redirect, verifier)
	b.must(err)
	back, err := b.w.Consent(t.Context(), address, true)
	b.must(err)
	grant, err := auth.Exchange(t.Context(), back, redirect, verifier)
	b.must(err)
	b.tokens = grant.Tokens
	b.must(json.Unmarshal(grant.Candidates[0].Settings, &b.settings))
	b.open(b.settings)
	app := b.w.App().(*etsy.App)
	b.seller = api.New(api.Config{
		HTTP: b.w.Env().HTTP, Now: b.w.Env().Now, Base: b.w.Env().Hosts("ETSY_URL"), Keystring: app.Keystring,
		Secret: config.Secret(app.Secret.Reveal()), Tokens: b, Shop: string(b.settings.Shop),
	})
	return b
}

// open makes a new connector, as a new process would.
func (b *stall) open(s etsy.Settings) {
	b.Helper()
	conn, err := etsy.Driver().Open(channel.OpenParams{Env: b.w.Env(), App: b.w.App(), Settings: &s, Account: "acc_1", Tokens: b})
	b.must(err)
	b.conn = conn.(*etsy.Connector)
}

func (b *stall) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// Tokens implements channel.TokenSource.
func (b *stall) Tokens(context.Context) (channel.Tokens, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tokens, nil
}

// Refreshed implements channel.TokenSource.
func (b *stall) Refreshed(ctx context.Context, refused string) (channel.Tokens, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens.Access != refused {
		return b.tokens, nil
	}
	fresh, err := etsy.Driver().Auth(b.w.App(), b.w.Env()).Refresh(ctx, b.tokens)
	if err == nil {
		b.tokens = fresh
	}
	return fresh, err
}

// Begin implements channel.Saver.
func (b *stall) Begin(_ context.Context, c channel.Call) error {
	c.BeganAt = b.w.Env().Now()
	b.calls[c.ID] = c
	return nil
}

// Sent implements channel.Saver.
func (b *stall) Sent(context.Context, string, string, time.Time) error { return nil }

// Created implements channel.Saver.
func (b *stall) Created(_ context.Context, r channel.Result) error {
	b.merge(r)
	return nil
}

// End implements channel.Saver.
func (b *stall) End(_ context.Context, id string) error {
	delete(b.calls, id)
	return nil
}

func (b *stall) merge(r channel.Result) {
	l := b.listings[r.Listing]
	l.ID = r.Listing
	if r.Remote != "" {
		l.Remote = r.Remote
	}
	if r.Extra != nil {
		l.Extra = r.Extra
	}
	if len(r.Items) > 0 {
		l.Items = maps.Clone(r.Items)
	}
	views := maps.Clone(l.Views)
	if views == nil {
		views = map[commerce.Channel]commerce.View{}
	}
	for c, v := range r.Views {
		views[c] = commerce.View{Channel: c, Wanted: true, State: v.State, Problems: v.Problems, Waiting: v.Waiting, URL: v.URL, Review: v.Review}
	}
	l.Views = views
	b.listings[l.ID] = l
}

// good is one product as it is wanted.
type good struct {
	p        commerce.Product
	stock    map[commerce.VariantID]int64
	defaults commerce.Defaults
	unwanted bool
}

// mug makes a product with sizes, 3 pieces of each.
func mug(name string, sizes ...string) *good {
	g := &good{stock: map[commerce.VariantID]int64{}, defaults: commerce.Defaults{Publish: "live", WhoMade: "i_did", WhenMade: "recent"}}
	g.p = commerce.Product{
		ID: commerce.ProductID(name), Title: "Mug " + name, Description: "Thrown by hand.", Category: "mugs",
		Images: []commerce.Image{{URL: "https://shop.example/" + name + "-1.png", Alt: "Front"}},
	}
	if len(sizes) == 0 {
		sizes = []string{""}
	}
	for i, size := range sizes {
		v := commerce.Variant{ID: commerce.VariantID(fmt.Sprintf("%s_%d", name, i)), SKU: commerce.SKU(fmt.Sprintf("%s-%d", name, i)), Price: commerce.Money{Amount: 1990, Currency: "USD"}}
		if size != "" {
			g.p.Options, v.Options = []string{"Size"}, map[string]string{"Size": size}
		}
		g.p.Variants, g.stock[v.ID] = append(g.p.Variants, v), 3
	}
	return g
}

func (g *good) fill(n int64) *good {
	for id := range g.stock {
		g.stock[id] = n
	}
	return g
}

func (b *stall) change(g *good, groups ...commerce.Group) channel.Change {
	id := commerce.ListingID("lst_" + string(g.p.ID))
	l := b.listings[id]
	l.ID, l.Product = id, g.p.ID
	if l.Remote == "" || len(groups) == 0 {
		groups = commerce.Groups()
	}
	return channel.Change{
		Listing: l, Product: g.p, Stock: g.stock, Defaults: g.defaults, Groups: groups,
		Wanted: map[commerce.Channel]bool{commerce.Etsy: !g.unwanted},
	}
}

// apply writes goods in one batch and stores the results.
func (b *stall) apply(ctx context.Context, changes ...channel.Change) []channel.Result {
	b.Helper()
	results, err := b.conn.Apply(ctx, changes, b)
	b.must(err)
	for _, r := range results {
		b.merge(r)
	}
	return results
}

// push writes one good and wants it to be done with its view in a state.
func (b *stall) push(g *good, want commerce.ListingState, groups ...commerce.Group) channel.Result {
	b.Helper()
	r := b.apply(b.Context(), b.change(g, groups...))[0]
	if r.Outcome != channel.Done || r.Views[commerce.Etsy].State != want {
		b.Fatalf("outcome %q, view %+v, err %v; want done and %q", r.Outcome, r.Views[commerce.Etsy], r.Err, want)
	}
	return r
}

// shown reads a listing on Etsy with its inventory.
func (b *stall) shown(g *good) api.Listing {
	b.Helper()
	l, err := b.seller.ListingInventory(b.Context(), b.id(g))
	b.must(err)
	return l
}

func (b *stall) id(g *good) int64 {
	b.Helper()
	var id int64
	_, err := fmt.Sscan(string(b.listings[commerce.ListingID("lst_"+string(g.p.ID))].Remote), &id)
	b.must(err)
	return id
}

// quantities are the pieces on Etsy by SKU.
func (b *stall) quantities(g *good) map[string]int64 {
	b.Helper()
	all := map[string]int64{}
	for _, p := range b.shown(g).Inventory.Products {
		all[p.SKU] = p.Offerings[0].Quantity
	}
	return all
}

// writes counts what a step costs, by operation.
func (b *stall) cost(step func()) map[string]int {
	b.Helper()
	before := b.w.Calls()
	step()
	spent := map[string]int{}
	for op, n := range b.w.Calls() {
		if n > before[op] {
			spent[op] = n - before[op]
		}
	}
	return spent
}

func (b *stall) wantCost(what string, got, want map[string]int) {
	b.Helper()
	if !maps.Equal(got, want) {
		b.Errorf("%s cost %v, want %v", what, got, want)
	}
}
