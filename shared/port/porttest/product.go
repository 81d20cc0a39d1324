package porttest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func productTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"product round trip":           productRoundTrip,
		"product list shows products":  productList,
		"products are read together":   productsTogether,
		"product and marks are one":    productAllOrNothing,
		"product brings its listings":  productListings,
		"a step stores a product once": productStep,
	}
}

func usd(n int64) commerce.Money { return commerce.Money{Amount: n, Currency: "USD"} }

// product has variants with the SKUs p-0, p-1 …
func product(id string, variants int) commerce.Product {
	p := commerce.Product{ID: commerce.ProductID(id), Handle: id, Title: "Title of " + id, Description: strings.Repeat("long ", 200),
		Images: []commerce.Image{{URL: "https://img.example/" + id}}, Options: []string{"Size"}, CreatedAt: epoch(), UpdatedAt: epoch()}
	for i := range variants {
		n := fmt.Sprintf("%s-%d", id, i)
		p.Variants = append(p.Variants, commerce.Variant{ID: commerce.VariantID("v-" + n), SKU: commerce.SKU(n),
			Options: map[string]string{"Size": n}, Price: usd(int64(1000 - i))})
	}
	return p
}

func skus(p commerce.Product) []commerce.SKU {
	var list []commerce.SKU
	for _, v := range p.Variants {
		list = append(list, v.SKU)
	}
	return list
}

func mark(id, version string, lane port.Lane) port.Mark {
	return port.Mark{Space: mine, Target: "t1", Lane: lane, Product: commerce.ProductID(id), Version: version}
}

func productRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 3)
	stated := int64(4)
	p.Variants[0].Stated = &stated
	p.Overrides = map[commerce.Channel]commerce.Override{commerce.Etsy: {Title: "Etsy", Tags: []string{"<b>&"}}}
	first := need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
	same(t, first.Version, int64(1))
	same(t, need(b.Store.Product(ctx, mine, "p"))(t), first)
	_, err := b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p})
	refused(t, err, fault.Conflict, "product_moved")
	same(t, need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: first}))(t).Version, int64(2))
	_, err = b.Store.Product(ctx, theirs, "p")
	refused(t, err, fault.NotFound, "")
}

func productList(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 3)
	p.Archived = true
	need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
	b.Settle(t)
	list := need(b.Store.ListProducts(ctx, mine, page(10, "")))(t)
	same(t, list.Items, []port.ProductItem{{ID: "p", Title: "Title of p", Handle: "p", Image: "https://img.example/p", Variants: 3,
		SKU: "p-0", Price: usd(998), Archived: true, UpdatedAt: epoch()}})
	same(t, list.Next, "")
}

func productsTogether(t *testing.T, b StoreBench) {
	ctx := t.Context()
	var ids []commerce.ProductID
	for i := range 120 {
		p := product(fmt.Sprintf("p%03d", i), 1)
		ids = append(ids, p.ID)
		need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
	}
	asked := append([]commerce.ProductID{"none", ""}, ids...)
	asked = append(asked, ids[0])
	got := need(b.Store.Products(ctx, mine, asked))(t)
	same(t, len(got), 120)
	for i, p := range got {
		same(t, p.ID, ids[i])
	}
	same(t, len(need(b.Store.Products(ctx, mine, nil))(t)), 0)
}

func productAllOrNothing(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 1)
	first := need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p), Marks: []port.Mark{mark("p", "1", port.LaneText)}}))(t)
	q := product("q", 2)
	q.Variants[1].SKU = "p-0"
	_, err := b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: q, Claims: skus(q), Marks: []port.Mark{mark("q", "1", port.LaneText)}})
	refused(t, err, fault.Conflict, "sku_taken")
	same(t, fault.Of(err).Field, "sku")
	_, err = b.Store.Product(ctx, mine, "q")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.ProductBySKU(ctx, mine, "q-0")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Marks: []port.Mark{mark("p", "2", port.LaneStock)}})
	refused(t, err, fault.Conflict, "product_moved")
	same(t, need(b.Store.ListMarks(ctx, mine, "t1", 0, 10))(t), []port.Mark{mark("p", "1", port.LaneText)})
	same(t, need(b.Store.Product(ctx, mine, "p"))(t), first)
}

func productListings(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 1)
	l := listing("t1", "p", commerce.Facebook, commerce.Instagram)
	write := port.ProductWrite{Product: p, Claims: skus(p), Listings: []commerce.Listing{l}}
	need(b.Store.PutProduct(ctx, mine, write))(t)
	l.Version = 1
	same(t, need(b.Store.Listing(ctx, mine, l.ID))(t), l)
	b.Settle(t)
	items := need(b.Store.ListListings(ctx, mine, port.ListingFilter{Channel: commerce.Instagram}, page(5, "")))(t).Items
	same(t, len(items), 1)
	same(t, items[0].Title, p.Title)
	q := product("q", 1)
	_, err := b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: q, Claims: skus(q), Listings: write.Listings})
	refused(t, err, fault.Conflict, "")
	_, err = b.Store.Product(ctx, mine, "q")
	refused(t, err, fault.NotFound, "")
}

func productStep(t *testing.T, b StoreBench) {
	ctx := t.Context()
	p := product("p", 1)
	step := &port.JobStep{Job: "j1", Key: "0001", Rows: 3, Outcome: "created"}
	first := need(b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: p, Claims: skus(p), Step: step}))(t)
	first.UpdatedAt = epoch().Add(time.Hour)
	_, err := b.Store.PutProduct(ctx, mine, port.ProductWrite{Product: first, Step: step})
	refused(t, err, fault.Conflict, "step_exists")
	same(t, need(b.Store.Product(ctx, mine, "p"))(t).Version, int64(1))
	same(t, need(b.Store.ListSteps(ctx, mine, "j1"))(t), []port.JobStep{*step})
}
