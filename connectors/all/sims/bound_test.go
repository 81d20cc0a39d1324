package sims_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/shared/commerce"
)

// itemsBatch is the call Meta counts.
const itemsBatch = "POST /{catalog}/items_batch"

// bulk fills a catalog with products of some variants each.
func (m *market) bulk(products, variants int) {
	m.Helper()
	m.goods = make([]commerce.Product, products)
	targets := m.targets()
	var group errgroup.Group
	group.SetLimit(32)
	for i := range products {
		group.Go(func() error {
			m.goods[i] = m.make(i, 1, variants, targets)
			return nil
		})
	}
	m.must(group.Wait())
}

// TestMetaBound: ⌈items ÷ 5,000⌉ calls whatever the shape of the catalog, one
// for an edit of 1 %, none where nothing changed. META_ITEMS makes it longer.
func TestMetaBound(t *testing.T) {
	t.Parallel()
	shapes := [][2]int{{17, 300}} // products and the variants of each: the last of a call is cut in two
	if n, err := strconv.Atoi(os.Getenv("META_ITEMS")); err == nil {
		shapes = [][2]int{{n, 1}, {n / 4, 4}, {n / 300, 300}}
	}
	for _, shape := range shapes {
		t.Run(fmt.Sprintf("%d products of %d", shape[0], shape[1]), func(t *testing.T) {
			t.Parallel()
			metaBound(t, shape[0], shape[1])
		})
	}
}

func metaBound(t *testing.T, products, variants int) {
	items := products * variants
	m := openMarket(t, metasim.Stand(), nil, commerce.Facebook, commerce.Instagram)
	began := time.Now()
	m.bulk(products, variants)
	t.Logf("stored in %s", time.Since(began))
	want := func(step string, most int, do func()) {
		t.Helper()
		m.w.Advance(time.Minute)
		began := time.Now()
		spent := m.cost(do)
		if spent[itemsBatch] > most || most > 0 && spent[itemsBatch] == 0 {
			t.Errorf("%s: %v, want %d calls", step, spent, most)
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		t.Logf("%s: %v in %s, %d MB heap", step, spent, time.Since(began), mem.HeapSys>>20)
		m.wantLive()
	}
	want("first publish", ceil(items, 5000), func() {})
	want("1 % of the texts", 1, func() {
		for i := 0; i < products; i += 100 {
			m.edit(i, func(p *commerce.Product) { p.Title += " again" })
		}
	})
	want("the stock of one variant each", ceil(products, 5000), func() {
		for i := range m.goods {
			m.sell(i)
		}
	})
	want("nothing", 0, m.again)
}
