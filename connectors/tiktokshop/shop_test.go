package tiktokshop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/connectors/tiktokshop"
	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/connectors/tiktokshop/tiktoksim"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// shop is one connected shop in a world of its own, with what the product has
// stored of it.
type shop struct {
	*testing.T
	w    *world.World
	sim  *tiktoksim.Sim
	conn *tiktokshop.Connector
	src  *source
	set  *tiktokshop.Settings
	save *saver
}

// source hands out tokens and counts renewals.
type source struct {
	auth    channel.Auth
	now     channel.Tokens
	renewed int
}

func (s *source) Tokens(context.Context) (channel.Tokens, error) { return s.now, nil }

func (s *source) Refreshed(ctx context.Context, _ string) (t channel.Tokens, err error) {
	s.renewed++
	s.now, err = s.auth.Refresh(ctx, s.now)
	return s.now, err
}

// saver keeps open calls and what was created.
type saver struct {
	calls   map[string]channel.Call
	created []channel.Result
}

func (s *saver) Begin(_ context.Context, c channel.Call) error {
	s.calls[c.ID] = c
	return nil
}

func (s *saver) Sent(_ context.Context, id, token string, at time.Time) error {
	c := s.calls[id]
	c.Token, c.CheckAt = token, at
	s.calls[id] = c
	return nil
}

func (s *saver) Created(_ context.Context, r channel.Result) error {
	r.Extra = maps.Clone(r.Extra)
	s.created = append(s.created, r)
	return nil
}

func (s *saver) End(_ context.Context, id string) error {
	delete(s.calls, id)
	return nil
}

func newShop(t *testing.T, tune func(*tiktoksim.Sim)) *shop {
	t.Helper()
	return shopIn(t, newWorld(t, 7, tune))
}

// shopIn connects the seller of a world.
func shopIn(t *testing.T, w *world.World) *shop {
	t.Helper()
	sim, _ := w.Simulator().(*tiktoksim.Sim)
	s := &shop{T: t, w: w, sim: sim, save: &saver{calls: map[string]channel.Call{}}}
	auth := tiktokshop.Driver().Auth(w.App(), w.Env())
	address, err := auth.Consent("state-1", "", "")
	s.must(err)
	callback, err := w.Consent(t.Context(), address, true)
	s.must(err)
	grant, err := auth.Exchange(t.Context(), callback, "", "")
	s.must(err)
	s.set = &tiktokshop.Settings{}
	s.must(json.Unmarshal(grant.Candidates[0].Settings, s.set))
	s.src = &source{auth: auth, now: grant.Tokens}
	s.reopen()
	return s
}

// reopen makes a connector as a new process would.
func (s *shop) reopen() {
	s.Helper()
	conn, err := tiktokshop.Driver().Open(channel.OpenParams{Env: s.w.Env(), App: s.w.App(), Settings: s.set, Account: "acc_1", Tokens: s.src})
	s.must(err)
	s.conn, _ = conn.(*tiktokshop.Connector)
}

func (s *shop) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// mug is a wanted product with a variant per size; its key changes with every
// call of change.
type mug struct {
	*shop
	product  commerce.Product
	listing  commerce.Listing
	stock    map[commerce.VariantID]int64
	defaults commerce.Defaults
	wanted   bool
	revision int
}

func (s *shop) mug(name string, sizes ...string) *mug {
	m := &mug{shop: s, wanted: true, stock: map[commerce.VariantID]int64{}, defaults: commerce.Defaults{Grams: 420, Publish: "live"}}
	m.product = commerce.Product{
		ID: commerce.ProductID("prd_" + name), Title: "Stoneware mug " + name, Description: "Salt & pepper glaze.\nHolds < 300 ml.", Version: 1,
		Images: []commerce.Image{{URL: "https://shop.example/" + name + ".png"}},
	}
	if len(sizes) > 0 {
		m.product.Options = []string{"Size"}
	}
	for i := range max(1, len(sizes)) {
		v := commerce.Variant{
			ID: commerce.VariantID(fmt.Sprintf("var_%s_%d", name, i)), SKU: commerce.SKU(fmt.Sprintf("%s-%d", strings.ToUpper(name), i)),
			Price: commerce.Money{Amount: 1999, Currency: "USD"},
		}
		if len(sizes) > 0 {
			v.Options = map[string]string{"Size": sizes[i]}
		}
		m.product.Variants, m.stock[v.ID] = append(m.product.Variants, v), int64(5+i)
	}
	m.listing = commerce.Listing{ID: commerce.ListingID("lst_" + name), Product: m.product.ID, Views: map[commerce.Channel]commerce.View{}}
	return m
}

func (m *mug) change(groups ...commerce.Group) channel.Change {
	m.revision++
	if len(groups) == 0 {
		groups = commerce.Groups()
	}
	view := m.listing.Views[commerce.TikTok]
	view.Wanted = m.wanted
	m.listing.Views[commerce.TikTok] = view
	return channel.Change{
		Listing: m.listing, Product: m.product, Stock: m.stock, Defaults: m.defaults, Wanted: map[commerce.Channel]bool{commerce.TikTok: m.wanted},
		Groups: groups, Key: fmt.Sprintf("%s-%d", m.listing.ID, m.revision),
	}
}

// apply writes and stores the result; no groups are all of them.
func (m *mug) apply(want channel.Outcome, groups ...commerce.Group) channel.Result {
	m.Helper()
	results, err := m.conn.Apply(m.Context(), []channel.Change{m.change(groups...)}, m.save)
	m.must(err)
	m.keep(results[0])
	if results[0].Outcome != want {
		m.Fatalf("outcome %q (%v, views %v), want %q", results[0].Outcome, results[0].Err, results[0].Views, want)
	}
	return results[0]
}

func (m *mug) keep(r channel.Result) {
	if r.Remote != "" {
		m.listing.Remote = r.Remote
	}
	if m.listing.Items == nil {
		m.listing.Items = map[commerce.VariantID]commerce.RemoteID{}
	}
	maps.Copy(m.listing.Items, r.Items)
	if r.Extra != nil {
		m.listing.Extra = r.Extra
	}
	for c, v := range r.Views {
		old := m.listing.Views[c]
		m.listing.Views[c] = commerce.View{Channel: c, Wanted: old.Wanted, State: v.State, Review: v.Review, Problems: v.Problems, Waiting: v.Waiting, Since: m.w.Env().Now()}
	}
}

// look reads the listing back.
func (m *mug) look() channel.Result {
	m.Helper()
	results, err := m.conn.Listings(m.Context(), []commerce.Listing{m.listing})
	m.must(err)
	if len(results) != 1 {
		m.Fatalf("%d listings are found", len(results))
	}
	m.keep(results[0])
	return results[0]
}

func (m *mug) wantState(want commerce.ListingState) {
	m.Helper()
	if v := m.listing.Views[commerce.TikTok]; v.State != want {
		m.Fatalf("state %q (%s, %v), want %q", v.State, v.Review, v.Problems, want)
	}
}

// live lists the mug and lets the review pass.
func (m *mug) live() *mug {
	m.Helper()
	m.apply(channel.Done)
	m.wantState(commerce.ListingInReview)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	return m
}

func (m *mug) variant(i int) commerce.VariantID { return m.product.Variants[i].ID }

// onSale is the quantity a buyer can have of a variant; -1 when not on sale.
func (m *mug) onSale(i int) int64 {
	for _, item := range m.w.Shown() {
		if item.SKU == m.product.Variants[i].SKU && len(item.Visible) > 0 {
			return item.Quantity
		}
	}
	return -1
}

func contextWithin(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

// spread puts one piece into another warehouse, as a seller does by hand.
func (m *mug) spread(warehouse string) {
	m.Helper()
	first := m.listing.Extra["warehouses"]
	levels := []api.Levels{{ID: string(m.listing.Items[m.variant(0)]), Inventory: []api.Stock{{Warehouse: first, Quantity: 1}, {Warehouse: warehouse, Quantity: 1}}}}
	parts, err := m.client().UpdateInventory(m.Context(), string(m.listing.Remote), levels)
	m.must(err)
	if len(parts) > 0 {
		m.Fatalf("%+v", parts)
	}
}
