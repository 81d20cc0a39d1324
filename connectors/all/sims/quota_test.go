package sims_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/tiktokshop/tiktoksim"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// The catalog of the measured runs.
const (
	products = 100
	images   = 3
	variants = 4
)

// place is a marketplace with the fewest calls it allows for a set of changes.
type place struct {
	name string
	open func(testing.TB) *market
	// writes are the operations that change something there.
	writes []string
	// bound is the lower bound for so many products created, or changed in one
	// group; a catalog's size in bytes does not matter up to 28 MB.
	created, changed func(products int) int
	// review are reads that only tell how a review ended: they have no bound,
	// since they depend on how long the marketplace takes.
	review []string
}

func places() []place {
	return []place{
		{
			name: "Etsy", open: func(t testing.TB) *market { return openMarket(t, etsysim.Stand(), nil, commerce.Etsy) },
			writes:  []string{"createDraftListing", "uploadListingImage", "updateListingInventory", "updateListing"},
			created: func(n int) int { return n * (3 + images) },
			changed: func(n int) int { return n + ceil(n, 100) },
		},
		{
			name: "TikTok Shop", open: func(t testing.TB) *market {
				return openMarket(t, tiktoksim.Stand(), func(s simkit.Simulator) { s.(*tiktoksim.Sim).QPS = 0 }, commerce.TikTok)
			},
			writes:  []string{"CreateProduct_202309", "UploadProductImage_202309", "PartialEditProduct_202509", "UpdateInventory_202309", "UpdatePrice_202309"},
			created: func(n int) int { return n * (1 + images) },
			changed: func(n int) int { return n },
			review:  []string{"SearchProducts_202502"},
		},
		{
			name: "Meta", open: func(t testing.TB) *market {
				return openMarket(t, metasim.Stand(), nil, commerce.Facebook, commerce.Instagram)
			},
			writes:  []string{"POST /{catalog}/items_batch"},
			created: func(n int) int { return ceil(n*variants, 5000) },
			changed: func(n int) int { return ceil(n*variants, 5000) },
			review:  []string{"GET /{catalog}/check_batch_request_status", "GET /{catalog}/products"},
		},
	}
}

func ceil(n, d int) int { return (n + d - 1) / d }

// step is one set of changes, known at its start.
type step struct {
	name  string
	do    func(*market)
	bound func(place) int
}

func steps() []step {
	return []step{
		{fmt.Sprintf("first publish of %d products, %d images and %d variants each", products, images, variants), func(m *market) {
			for i := range products {
				m.good(i, images, variants)
			}
		}, func(p place) int { return p.created(products) }},
		{"1 % of the texts", func(m *market) {
			m.edit(7, func(p *commerce.Product) { p.Title += " again" })
		}, func(p place) int { return p.changed(1) }},
		{"1 % of the stock", func(m *market) { m.sell(9) }, func(p place) int { return p.changed(1) }},
		{"1 % of the prices", func(m *market) {
			m.edit(11, func(p *commerce.Product) {
				p.Variants = slices.Clone(p.Variants)
				p.Variants[0].Price.Amount += 100
			})
		}, func(p place) int { return p.changed(1) }},
		{"all of the stock", func(m *market) {
			for i := range m.goods {
				m.sell(i)
			}
		}, func(p place) int { return p.changed(products) }},
		{"nothing", func(m *market) { m.again() }, func(place) int { return 0 }},
	}
}

// sell takes a piece of a product's first variant.
func (m *market) sell(i int) {
	m.Helper()
	p := m.goods[i]
	m.must(m.marker.LevelChanged(m.Context(), space, m.move(p, p.Variants[0], -1)))
}

// bill is what one step cost: calls that change something, reads the work
// needs, and reads that tell how a review ended.
type bill struct {
	place, step                   string
	bound, writes, reads, reviews int
}

// line is the part of its line in docs/quota.md that never varies: how often a
// review is looked at depends on the seconds in which it ends.
func (b bill) line() string {
	return fmt.Sprintf("| %s | %s | %d | %d |", b.place, b.step, b.bound, b.writes)
}

// measure walks all steps through a marketplace.
func measure(t testing.TB, p place) []bill {
	t.Helper()
	m := p.open(t)
	var bills []bill
	for _, s := range steps() {
		m.w.Advance(time.Minute)
		spent := m.cost(func() { s.do(m) })
		m.wantLive()
		b := bill{place: p.name, step: s.name, bound: s.bound(p), writes: sum(spent, p.writes...), reviews: sum(spent, p.review...)}
		b.reads = sum(spent, slices.Collect(maps.Keys(spent))...) - b.writes - b.reviews
		t.Logf("%s %d | %d | %v", b.line(), b.reads, b.reviews, spent)
		bills = append(bills, b)
	}
	return bills
}

// TestQuota: no marketplace is called more than 2 % above the fewest calls it
// allows, and docs/quota.md says what was measured.
func TestQuota(t *testing.T) {
	t.Parallel()
	for _, p := range places() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			doc, err := os.ReadFile("../../../docs/quota.md")
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range measure(t, p) {
				if most := int(math.Floor(float64(b.bound) * 1.02)); b.writes+b.reads > most || b.bound == 0 && b.reviews > 0 {
					t.Errorf("%s, %s: %d writes and %d reads, want at most %d", b.place, b.step, b.writes, b.reads, most)
				}
				if !strings.Contains(string(doc), b.line()) {
					t.Errorf("docs/quota.md has no line\n%s", b.line())
				}
			}
		})
	}
}

// TestNothingInStockYet: Etsy takes no listing without stock. The seller sees
// what it waits for, and it goes out with the stock.
func TestNothingInStockYet(t *testing.T) {
	t.Parallel()
	m := openMarket(t, etsysim.Stand(), nil, commerce.Etsy)
	m.pieces = 0
	if spent := m.cost(func() { m.good(1, images, variants) }); len(spent) > 0 {
		t.Errorf("a product without stock cost %v", spent)
	}
	l, err := m.store.Listing(t.Context(), space, port.ListingIDOf(target, m.goods[0].ID))
	m.must(err)
	if v := l.Views[commerce.Etsy]; v.State != commerce.ListingQueued || !strings.Contains(v.Waiting, "No stock") {
		t.Errorf("its view is %+v", v)
	}
	m.w.Advance(time.Minute)
	m.cost(func() {
		m.must(m.marker.LevelChanged(t.Context(), space, m.move(m.goods[0], m.goods[0].Variants[2], 3)))
	})
	m.wantLive()
}

// BenchmarkQuota reports the calls of each step and how far they are above the
// lower bound.
func BenchmarkQuota(b *testing.B) {
	for _, p := range places() {
		b.Run(strings.ReplaceAll(p.name, " ", ""), func(b *testing.B) {
			var bills []bill
			for b.Loop() {
				bills = measure(b, p)
			}
			for i, x := range bills {
				b.ReportMetric(float64(x.writes+x.reads), fmt.Sprintf("step%d-calls", i+1))
				b.ReportMetric(float64(x.bound), fmt.Sprintf("step%d-bound", i+1))
			}
		})
	}
}
