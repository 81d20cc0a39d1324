package etsy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// itemOf is our remote id of a variant. Product ids of Etsy are new after every
// inventory write, so listing and SKU are what orders are resolved by; ids of
// earlier SKUs go on resolving.
func itemOf(listing int64, sku string) commerce.RemoteID {
	return commerce.RemoteID(fmt.Sprintf("%d:%s", listing, sku))
}

// total is how many pieces could be bought on Etsy.
func total(p commerce.Product, stock map[commerce.VariantID]int64) (sum int64) {
	for _, v := range p.Variants {
		sum += quantityOf(stock[v.ID])
	}
	return sum
}

// quantityOf fits a stock into an offering: Etsy takes 999 pieces at most.
func quantityOf(stock int64) int64 { return min(max(stock, 0), maxQuantity) }

// bodyOf is the whole inventory as it is wanted. profile says which processing
// profile a SKU has; 0 is none.
func bodyOf(p commerce.Product, stock map[commerce.VariantID]int64, options []option, words vocabulary, profile func(sku string) int64) api.InventoryBody {
	body := api.InventoryBody{Products: []api.ProductBody{}, PriceOn: []int64{}, QuantityOn: []int64{}, SKUOn: []int64{}, ReadinessOn: []int64{}}
	for _, v := range p.Variants {
		offer := api.OfferingBody{Price: decimal(v.Price), Quantity: quantityOf(stock[v.ID]), Enabled: true}
		if id := profile(string(v.SKU)); id != 0 {
			offer.Readiness = &id
		}
		product := api.ProductBody{SKU: string(v.SKU), Values: []api.ValueBody{}, Offerings: []api.OfferingBody{offer}}
		for _, o := range options {
			product.Values = append(product.Values, valueBody(o, words.of(o.ID, v.Options[o.Name])))
		}
		body.Products = append(body.Products, product)
	}
	for _, o := range options {
		// Every variant has a stock and a SKU of its own. All properties are
		// named: the form that survives an edit in the shop manager (etsy/open-api#362).
		body.QuantityOn, body.SKUOn = append(body.QuantityOn, o.ID), append(body.SKUOn, o.ID)
	}
	body.PriceOn = differsBy(body.Products, options, priceText)
	body.ReadinessOn = differsBy(body.Products, options, profileText)
	return body
}

func priceText(o api.OfferingBody) string { return o.Price.String() }

func profileText(o api.OfferingBody) string { return text(o.Readiness) }

func valueBody(o option, v value) api.ValueBody {
	b := api.ValueBody{PropertyID: o.ID, Name: o.Label, ScaleID: o.Scale, ValueIDs: []int64{}, Values: []string{v.name}}
	if v.id != 0 {
		b.ValueIDs = []int64{v.id}
	}
	return b
}

// differsBy is the smallest set of properties, in order, that decides a field:
// none, one of them, or all.
func differsBy(products []api.ProductBody, options []option, field func(api.OfferingBody) string) []int64 {
	all := idsOf(options)
	for _, on := range append([][]int64{{}}, singles(all)...) {
		if decides(products, on, field) {
			return on
		}
	}
	return all
}

func singles(ids []int64) [][]int64 {
	var each [][]int64
	for _, id := range ids {
		each = append(each, []int64{id})
	}
	return each
}

func decides(products []api.ProductBody, on []int64, field func(api.OfferingBody) string) bool {
	seen := map[string]string{}
	for _, p := range products {
		var key strings.Builder
		for _, v := range p.Values {
			if slices.Contains(on, v.PropertyID) {
				key.WriteString(strings.ToLower(strings.Join(v.Values, ",")) + "\x00")
			}
		}
		value := field(p.Offerings[0])
		if old, met := seen[key.String()]; met && old != value {
			return false
		}
		seen[key.String()] = value
	}
	return true
}

// shows says whether Etsy shows an inventory already, so that it need not be
// written.
func shows(have *api.Inventory, want api.InventoryBody) bool {
	if have == nil || !slices.Equal(sorted(have.QuantityOn), sorted(want.QuantityOn)) || !slices.Equal(sorted(have.SKUOn), sorted(want.SKUOn)) {
		return false
	}
	var a, b []string
	for _, p := range have.Products {
		if p.Deleted {
			continue
		}
		if len(p.Offerings) != 1 || !profileFits(p, want) {
			return false
		}
		o := p.Offerings[0]
		a = append(a, line(p.SKU, valuesRead(p), moneyOf(o.Price).Decimal(), o.Quantity, o.Enabled))
	}
	for _, p := range want.Products {
		o := p.Offerings[0]
		b = append(b, line(p.SKU, valuesWanted(p), o.Price.String(), o.Quantity, o.Enabled))
	}
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func sorted(ids []int64) []int64 {
	s := slices.Clone(ids)
	slices.Sort(s)
	return s
}

func line(sku, values, price string, quantity int64, enabled bool) string {
	return fmt.Sprintf("%q %s %s %d %t", sku, values, price, quantity, enabled)
}

func valuesRead(p api.Product) string {
	var b strings.Builder
	for _, v := range p.Values {
		fmt.Fprintf(&b, "%d=%q;", v.PropertyID, strings.ToLower(strings.Join(v.Values, ",")))
	}
	return b.String()
}

func valuesWanted(p api.ProductBody) string {
	var b strings.Builder
	for _, v := range p.Values {
		fmt.Fprintf(&b, "%d=%q;", v.PropertyID, strings.ToLower(strings.Join(v.Values, ",")))
	}
	return b.String()
}

// profileFits compares processing profiles where Etsy shows one.
func profileFits(p api.Product, want api.InventoryBody) bool {
	have := p.Offerings[0].Readiness
	if have == nil {
		return true
	}
	for _, w := range want.Products {
		if w.SKU == p.SKU {
			return w.Offerings[0].Readiness != nil && *w.Offerings[0].Readiness == *have
		}
	}
	return true
}

// linksOf ties pictures to the values of the first option by which they differ
// without contradiction; Etsy knows links on one property only.
func linksOf(p commerce.Product, options []option, written api.Inventory, m memo) []api.VariationImage {
	words := vocabulary{}
	words.learnFrom(&written)
	for _, o := range options {
		byValue, order, ok := map[int64]int64{}, []int64{}, true
		for _, v := range p.Variants {
			image, val := m.picture(v.Image), words.of(o.ID, v.Options[o.Name]).id
			if v.Image == "" || image == 0 || val == 0 {
				continue
			}
			if old, met := byValue[val]; met {
				ok = ok && old == image
				continue
			}
			byValue[val], order = image, append(order, val)
		}
		if ok && len(order) > 0 {
			links := make([]api.VariationImage, 0, len(order))
			for _, val := range order {
				links = append(links, api.VariationImage{PropertyID: o.ID, ValueID: val, ImageID: byValue[val]})
			}
			return links
		}
	}
	return nil
}
