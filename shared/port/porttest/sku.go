package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func skuTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"a SKU finds its variant":           skuFinds,
		"a freed SKU can be taken":          skuFreed,
		"one of many claims wins":           skuRace,
		"a product of 300 variants":         skuMany,
		"300 variants take no other's SKU":  skuManyRefused,
		"300 variants can change all SKUs":  skuManyChange,
		"claims of a product that is older": skuManyMoved,
	}
}

func skuFinds(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 2)
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
	same(t, need(b.Store.ProductBySKU(ctx, mine, "p-1"))(t), port.SKURef{Product: "p", Variant: "v-p-1"})
	_, err := b.Store.ProductBySKU(ctx, mine, "p-2")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.ProductBySKU(ctx, theirs, "p-1")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: product("q", 1), Claims: []commerce.SKU{"stranger"}})
	refused(t, err, fault.Invalid, "")
	// Another workspace may use the same SKUs.
	need(b.Store.PutProduct(ctx, theirs, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
}

func skuFreed(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 2)
	p = need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
	p.Variants[0].SKU = "new"
	p = need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: []commerce.SKU{"new"}, Frees: []commerce.SKU{"p-0"}}))(t)
	q := product("q", 1)
	q.Variants[0].SKU = "p-0"
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: q, Claims: skus(q)}))(t)
	same(t, need(b.Store.ProductBySKU(ctx, mine, "p-0"))(t).Product, commerce.ProductID("q"))
	same(t, need(b.Store.ProductBySKU(ctx, mine, "new"))(t).Variant, commerce.VariantID("v-p-0"))
	// Freeing what is another's by now does nothing to it; a SKU claimed and
	// freed at once is kept.
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: []commerce.SKU{"new"}, Frees: []commerce.SKU{"p-0", "new"}}))(t)
	same(t, need(b.Store.ProductBySKU(ctx, mine, "p-0"))(t).Product, commerce.ProductID("q"))
	same(t, need(b.Store.ProductBySKU(ctx, mine, "new"))(t).Product, commerce.ProductID("p"))
}

func skuRace(t *testing.T, b StoreBench) {
	won := make([]bool, 12)
	inParallel(len(won), func(i int) {
		p := product(fmt.Sprintf("p%d", i), 1)
		p.Variants[0].SKU = "wanted"
		_, err := b.Store.PutProduct(t.Context(), mine, port.ProductWrite{Product: p, Claims: skus(p)})
		won[i] = err == nil
		if err != nil && fault.Of(err).Code != "sku_taken" && !fault.Is(err, fault.Temporary) {
			t.Errorf("put: %v", err)
		}
	})
	same(t, count(won), 1)
}

func skuMany(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 300)
	put := need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p), Marks: []port.Mark{mark("p", "1", port.LaneStock)}}))(t)
	same(t, need(b.Store.Product(ctx, mine, "p"))(t), put)
	for _, n := range []int{0, 99, 100, 299} {
		sku := commerce.SKU(fmt.Sprintf("p-%d", n))
		same(t, need(b.Store.ProductBySKU(ctx, mine, sku))(t), port.SKURef{Product: "p", Variant: "v-" + commerce.VariantID(sku)})
	}
	b.Clock.Advance(time.Hour)
	q := product("q", 1)
	q.Variants[0].SKU = "p-250"
	_, err := b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: q, Claims: skus(q)})
	refused(t, err, fault.Conflict, "sku_taken")
	// A variant that is gone without its SKU having been freed is no claim.
	put.Variants = put.Variants[:200]
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: put}))(t)
	_, err = b.Store.ProductBySKU(ctx, mine, "p-250")
	refused(t, err, fault.NotFound, "")
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: q, Claims: skus(q)}))(t)
	same(t, need(b.Store.ProductBySKU(ctx, mine, "p-250"))(t).Product, commerce.ProductID("q"))
}

func skuManyRefused(t *testing.T, b StoreBench) {
	ctx := t.Context()
	small := product("small", 1)
	small.Variants[0].SKU = "p-170"
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: small, Claims: skus(small)}))(t)
	p := product("p", 300)
	_, err := b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)})
	refused(t, err, fault.Conflict, "sku_taken")
	_, err = b.Store.Product(ctx, mine, "p")
	refused(t, err, fault.NotFound, "")
	// What had been claimed is free again at once.
	other := product("other", 1)
	other.Variants[0].SKU = "p-3"
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: other, Claims: skus(other)}))(t)
	same(t, need(b.Store.ProductBySKU(ctx, mine, "p-170"))(t).Product, commerce.ProductID("small"))
}

func skuManyChange(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 300)
	before := skus(p)
	p = need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: before}))(t)
	for i := range p.Variants {
		p.Variants[i].SKU = commerce.SKU(fmt.Sprintf("n-%d", i))
	}
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p), Frees: before}))(t)
	_, err := b.Store.ProductBySKU(ctx, mine, "p-7")
	refused(t, err, fault.NotFound, "")
	same(t, need(b.Store.ProductBySKU(ctx, mine, "n-7"))(t).Variant, commerce.VariantID("v-p-7"))
}

func skuManyMoved(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 300)
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
	_, err := b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)})
	refused(t, err, fault.Conflict, "product_moved")
	same(t, need(b.Store.ProductBySKU(ctx, mine, "p-299"))(t).Product, commerce.ProductID("p"))
}
