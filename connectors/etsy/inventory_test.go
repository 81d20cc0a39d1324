package etsy

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// grid is a product of two options, priced by a function of their values.
func grid(price func(size, color int) int64) (commerce.Product, map[commerce.VariantID]int64) {
	p := commerce.Product{Options: []string{"Size", "Color"}}
	stock := map[commerce.VariantID]int64{}
	for size, s := range []string{"S", "M"} {
		for color, c := range []string{"Red", "Blue"} {
			v := commerce.Variant{ID: commerce.VariantID(s + c), SKU: commerce.SKU(s + "-" + c), Options: map[string]string{"Size": s, "Color": c}, Price: commerce.Money{Amount: price(size, color), Currency: "USD"}}
			p.Variants, stock[v.ID] = append(p.Variants, v), int64(size+color)
		}
	}
	return p, stock
}

func TestPriceOnProperty(t *testing.T) {
	t.Parallel()
	options := []option{{Name: "Size", ID: 513, Label: "Size"}, {Name: "Color", ID: 200, Label: "Primary color"}}
	for name, c := range map[string]struct {
		price func(size, color int) int64
		want  []int64
	}{
		"all the same": {func(int, int) int64 { return 900 }, []int64{}},
		"by size":      {func(size, _ int) int64 { return 900 + int64(size) }, []int64{513}},
		"by color":     {func(_, color int) int64 { return 900 + int64(color) }, []int64{200}},
		"by both":      {func(size, color int) int64 { return 900 + int64(size*2+color) }, []int64{513, 200}},
	} {
		p, stock := grid(c.price)
		body := bodyOf(p, stock, options, vocabulary{}, func(string) int64 { return 5 })
		if !slices.Equal(body.PriceOn, c.want) || !slices.Equal(body.QuantityOn, []int64{513, 200}) || !slices.Equal(body.SKUOn, []int64{513, 200}) || len(body.ReadinessOn) > 0 {
			t.Errorf("%s: price on %v, quantity on %v, sku on %v, readiness on %v; want price on %v", name, body.PriceOn, body.QuantityOn, body.SKUOn, body.ReadinessOn, c.want)
		}
	}
}

// TestBodyOnTheWire: prices are decimal numbers, empty lists are lists, and a
// missing processing profile is null.
func TestBodyOnTheWire(t *testing.T) {
	t.Parallel()
	p := commerce.Product{Variants: []commerce.Variant{{ID: "a", SKU: "A", Price: commerce.Money{Amount: 1205, Currency: "USD"}}}}
	raw, err := json.Marshal(bodyOf(p, map[commerce.VariantID]int64{"a": 1_000_000}, nil, vocabulary{}, func(string) int64 { return 0 }))
	want := `{"products":[{"sku":"A","property_values":[],"offerings":[{"price":12.05,"quantity":999,"is_enabled":true,"readiness_state_id":null}]}],` +
		`"price_on_property":[],"quantity_on_property":[],"sku_on_property":[],"readiness_state_on_property":[]}`
	if err != nil || string(raw) != want {
		t.Errorf("%s, %v; want %s", raw, err, want)
	}
}

// read is what Etsy shows after a body was written.
func read(body api.InventoryBody) *api.Inventory {
	v := &api.Inventory{PriceOn: body.PriceOn, QuantityOn: body.QuantityOn, SKUOn: body.SKUOn}
	for i, p := range body.Products {
		o := p.Offerings[0]
		m, _ := commerce.ParseMoney(o.Price.String(), "USD")
		out := api.Product{ID: int64(i), SKU: p.SKU, Offerings: []api.Offering{{Quantity: o.Quantity, Enabled: true, Price: api.Money{Amount: m.Amount, Divisor: 100, Currency: "USD"}}}}
		for _, x := range p.Values {
			out.Values = append(out.Values, api.PropertyValue{PropertyID: x.PropertyID, Name: x.Name, ValueIDs: []int64{int64(i)}, Values: x.Values})
		}
		v.Products = append(v.Products, out)
	}
	slices.Reverse(v.Products)
	return v
}

func TestShows(t *testing.T) {
	t.Parallel()
	options := []option{{Name: "Size", ID: 513, Label: "Size"}, {Name: "Color", ID: 514, Label: "Color"}}
	rapid.Check(t, func(t *rapid.T) {
		p, stock := grid(func(int, int) int64 { return rapid.Int64Range(1, 3000).Draw(t, "price") })
		body := bodyOf(p, stock, options, vocabulary{}, func(string) int64 { return 5 })
		if !shows(read(body), body) {
			t.Fatal("what was written is not recognised")
		}
		i := rapid.IntRange(0, 3).Draw(t, "variant")
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			stock[p.Variants[i].ID]++
		case 1:
			p.Variants[i].Price.Amount++
		case 2:
			p.Variants[i].SKU += "x"
		default:
			p.Variants = slices.Delete(p.Variants, i, i+1)
		}
		if shows(read(body), bodyOf(p, stock, options, vocabulary{}, func(string) int64 { return 5 })) {
			t.Fatal("a difference is not seen")
		}
	})
}

func TestSellersProfileIsSeen(t *testing.T) {
	t.Parallel()
	p := product()
	body := bodyOf(p, map[commerce.VariantID]int64{"a": 1}, []option{{Name: "Size", ID: 513}}, vocabulary{}, func(string) int64 { return 5 })
	have := read(body)
	other := int64(6)
	have.Products[0].Offerings[0].Readiness = &other
	if shows(have, body) {
		t.Error("another processing profile is not seen")
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	who, when, supply, taxonomy, unit := "i_did", "2020_2026", false, int64(7), "g"
	have := api.Listing{
		Title: "Mother&#39;s mug", Description: "Line\r\nLine", Tags: []string{"a", "b"}, WhoMade: &who, WhenMade: &when, IsSupply: &supply,
		Taxonomy: &taxonomy, Weight: "420.0", WeightUnit: &unit,
	}
	p := commerce.Product{Title: "Mother's mug", Description: "Line\nLine", Tags: []string{"a", "b"}}
	if f := changes(fieldsOf(p, commerce.Defaults{Grams: 420}, 7, november), have); len(f) > 0 {
		t.Errorf("nothing changed, but %v would be sent", f)
	}
	f := changes(fieldsOf(p, commerce.Defaults{Grams: 420, WhoMade: "collective"}, 7, november), have)
	if f.Get("who_made") != "collective" || f.Get("when_made") != when || f.Get("is_supply") != "false" || len(f) != 3 {
		t.Errorf("who, when and supply go together: %v", f)
	}
	p.Tags = nil
	if f := changes(fieldsOf(p, commerce.Defaults{Grams: 420}, 7, november), have); !f.Has("tags") || f.Get("tags") != "" || len(f) != 1 {
		t.Errorf("taking all tags away sends %v", f)
	}
}

func TestCategoryNames(t *testing.T) {
	t.Parallel()
	tree := []api.TaxonomyNode{
		{ID: 1, Name: "Clothing", Children: []api.TaxonomyNode{{ID: 2, Name: "T-Shirts", Children: []api.TaxonomyNode{{ID: 3, Name: "Plain"}}}}},
		{ID: 4, Name: "Home & Living", Children: []api.TaxonomyNode{{ID: 5, Name: "Mugs"}, {ID: 6, Name: "T-shirts"}}},
	}
	for key, want := range map[string]int64{
		"mugs": 5, "Home > Drinkware > MUGS": 5, "Apparel > T Shirts": 6, "3": 3, "clothing": 1, "": 0, "nothing like it": 0, " > ": 0,
	} {
		if got := named(tree, key); got != want {
			t.Errorf("%q is category %d, want %d", key, got, want)
		}
	}
	if got := fallbackLeaf(tree); got != 5 {
		t.Errorf("the fallback is %d, want 5", got)
	}
	if got := fallbackLeaf(tree[:1]); got != 3 {
		t.Errorf("the fallback without the branch is %d, want 3", got)
	}
}
