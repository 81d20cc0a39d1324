package etsy

import (
	"fmt"
	"strings"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// restock is the inventory as Etsy shows it, with the quantities that are
// wanted now and, where prices says so, the prices. Everything else stays as it
// is there: variants the seller added on Etsy, what was hidden, processing
// profiles, and what an edit that can't be shown yet would change. It is false
// when a variant is not on Etsy: then the whole inventory has to be written.
func (w *work) restock(seen *api.Inventory, prices bool, usual int64) (api.InventoryBody, bool) {
	body := api.InventoryBody{Products: []api.ProductBody{}}
	if seen == nil {
		return body, false
	}
	variants, removed := w.bySKU()
	found := 0
	var options []option
	for _, p := range seen.Products {
		if p.Deleted {
			continue
		}
		if len(p.Offerings) != 1 || p.Offerings[0].Deleted {
			return body, false
		}
		out := shownBody(p, usual)
		offer := &out.Offerings[0]
		if v, ours := variants[p.SKU]; ours {
			found++
			offer.Quantity = quantityOf(w.change.Stock[v.ID])
			if prices {
				offer.Price = decimal(v.Price)
			}
		} else if removed[p.SKU] {
			offer.Quantity = 0
		}
		body.Products = append(body.Products, out)
		options = optionsOf(p)
	}
	all := idsOf(options)
	body.PriceOn = differsBy(body.Products, options, priceText)
	body.ReadinessOn = differsBy(body.Products, options, profileText)
	body.QuantityOn, body.SKUOn = all, all
	return body, found > 0 && found == len(w.p.Variants)
}

// pieces is how many could be bought once the stock is written. What the seller
// hid on Etsy can't be, what was added there can.
func (w *work) pieces(seen api.Listing) int64 {
	body, known := w.restock(seen.Inventory, false, 0)
	if !known || w.change.Has(commerce.GroupText) {
		return total(w.p, w.change.Stock)
	}
	var sum int64
	for _, p := range body.Products {
		if o := p.Offerings[0]; o.Enabled {
			sum += o.Quantity
		}
	}
	return sum
}

// bySKU finds our variants by the SKUs Etsy knows them by, which an edit may
// have changed since, and names those we took out.
func (w *work) bySKU() (variants map[string]commerce.Variant, removed map[string]bool) {
	variants, removed = map[string]commerce.Variant{}, map[string]bool{}
	prefix := fmt.Sprintf("%d:", w.id)
	for id, item := range w.change.Listing.Items {
		sku, ok := strings.CutPrefix(string(item), prefix)
		if _, still := w.p.Variant(id); ok && !still {
			removed[sku] = true
		}
	}
	for _, v := range w.p.Variants {
		sku, ok := strings.CutPrefix(string(w.change.Listing.Items[v.ID]), prefix)
		if !ok {
			sku = string(v.SKU)
		}
		variants[sku] = v
	}
	return variants, removed
}

// shownBody is a product as Etsy shows it, in the form in which it is written.
func shownBody(p api.Product, usual int64) api.ProductBody {
	o := p.Offerings[0]
	offer := api.OfferingBody{Price: decimal(moneyOf(o.Price)), Quantity: o.Quantity, Enabled: o.Enabled, Readiness: o.Readiness}
	if offer.Readiness == nil && usual != 0 {
		offer.Readiness = &usual
	}
	out := api.ProductBody{SKU: p.SKU, Values: []api.ValueBody{}, Offerings: []api.OfferingBody{offer}}
	for _, v := range p.Values {
		out.Values = append(out.Values, api.ValueBody{
			PropertyID: v.PropertyID, Name: v.Name, ScaleID: v.ScaleID,
			ValueIDs: append([]int64{}, v.ValueIDs...), Values: append([]string{}, v.Values...),
		})
	}
	return out
}

// optionsOf are the properties of a product in their order.
func optionsOf(p api.Product) []option {
	var options []option
	for _, v := range p.Values {
		options = append(options, option{Name: v.Name, ID: v.PropertyID, Label: v.Name, Scale: v.ScaleID})
	}
	return options
}

func idsOf(options []option) []int64 {
	ids := make([]int64, 0, len(options))
	for _, o := range options {
		ids = append(ids, o.ID)
	}
	return ids
}
