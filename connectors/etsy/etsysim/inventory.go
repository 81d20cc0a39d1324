package etsysim

import (
	"slices"
	"strconv"
	"strings"
)

// inventory is what of a listing can be bought. Products that do not differ by
// quantity share one stock, because every write has to show the same quantity
// on all of them.
type inventory struct {
	Products    []product `json:"products"`
	Gone        []product `json:"gone"` // replaced by the last write
	PriceOn     []int64   `json:"price_on"`
	QuantityOn  []int64   `json:"quantity_on"`
	SKUOn       []int64   `json:"sku_on"`
	ReadinessOn []int64   `json:"readiness_on"`
}

// product is one variation with its only offering.
type product struct {
	ID        int64           `json:"id"`
	SKU       string          `json:"sku"`
	Values    []propertyValue `json:"values"`
	Offering  int64           `json:"offering"`
	Price     int64           `json:"price"` // cents
	Quantity  int64           `json:"quantity"`
	Enabled   bool            `json:"enabled"`
	Readiness *int64          `json:"readiness"`
}

// propertyValue is Etsy's ListingPropertyValue.
type propertyValue struct {
	PropertyID   int64    `json:"property_id"`
	PropertyName *string  `json:"property_name"`
	ScaleID      *int64   `json:"scale_id"`
	ScaleName    *string  `json:"scale_name"`
	ValueIDs     []int64  `json:"value_ids"`
	Values       []string `json:"values"`
}

// inventoryView is Etsy's ListingInventory, with the listing where asked for.
type inventoryView struct {
	Products    []productView `json:"products"`
	PriceOn     []int64       `json:"price_on_property"`
	QuantityOn  []int64       `json:"quantity_on_property"`
	SKUOn       []int64       `json:"sku_on_property"`
	ReadinessOn []int64       `json:"readiness_state_on_property"`
	Listing     *listingView  `json:"listing,omitempty"`
}

type productView struct {
	ID        int64           `json:"product_id"`
	SKU       string          `json:"sku"`
	Deleted   bool            `json:"is_deleted"`
	Offerings []offeringView  `json:"offerings"`
	Values    []propertyValue `json:"property_values"`
}

type offeringView struct {
	ID        int64  `json:"offering_id"`
	Quantity  int64  `json:"quantity"`
	Enabled   bool   `json:"is_enabled"`
	Deleted   bool   `json:"is_deleted"`
	Price     money  `json:"price"`
	Readiness *int64 `json:"readiness_state_id"`
}

// view shows the inventory; SKUs are for the owner only.
func (v *inventory) view(owner bool) inventoryView {
	out := inventoryView{
		Products: []productView{}, PriceOn: list(v.PriceOn), QuantityOn: list(v.QuantityOn),
		SKUOn: list(v.SKUOn), ReadinessOn: list(v.ReadinessOn),
	}
	for _, p := range v.Products {
		out.Products = append(out.Products, p.view(owner, false))
	}
	return out
}

func (p product) view(owner, deleted bool) productView {
	v := productView{ID: p.ID, Deleted: deleted, Values: list(p.Values), Offerings: []offeringView{{
		ID: p.Offering, Quantity: p.Quantity, Enabled: p.Enabled, Deleted: deleted, Price: usd(p.Price), Readiness: p.Readiness,
	}}}
	if owner {
		v.SKU = p.SKU
	}
	return v
}

// onKey names the values of a product on some of its properties: products with
// the same name share whatever differs by those properties.
func (p product) onKey(on []int64) string {
	var b strings.Builder
	for _, v := range p.Values {
		if slices.Contains(on, v.PropertyID) {
			b.WriteString(strconv.FormatInt(v.PropertyID, 10) + "=" + strconv.FormatInt(v.ValueIDs[0], 10) + ";")
		}
	}
	return b.String()
}

// total sums what can be bought, each shared stock once.
func (v *inventory) total() (sum int64) {
	counted := map[string]bool{}
	for _, p := range v.Products {
		if k := p.onKey(v.QuantityOn); p.Enabled && !counted[k] {
			counted[k] = true
			sum += p.Quantity
		}
	}
	return sum
}

// lowestPrice is the least price of what is enabled, or of all.
func (v *inventory) lowestPrice() (lowest int64) {
	for _, wanted := range []bool{true, false} {
		for _, p := range v.Products {
			if p.Enabled == wanted && (lowest == 0 || p.Price < lowest) {
				lowest = p.Price
			}
		}
		if lowest != 0 {
			break
		}
	}
	return lowest
}

// properties are the ids of the variation properties in their order.
func (v *inventory) properties() (ids []int64) {
	if len(v.Products) > 0 {
		for _, value := range v.Products[0].Values {
			ids = append(ids, value.PropertyID)
		}
	}
	return ids
}

func (v *inventory) skus() []string {
	out := []string{}
	for _, p := range v.Products {
		if p.SKU != "" && !slices.Contains(out, p.SKU) {
			out = append(out, p.SKU)
		}
	}
	return out
}

// sell lowers the stock that a product is sold from.
func (v *inventory) sell(sold product, quantity int64) {
	k := sold.onKey(v.QuantityOn)
	for i := range v.Products {
		if v.Products[i].onKey(v.QuantityOn) == k {
			v.Products[i].Quantity -= quantity
		}
	}
}

func oneInventory(c *call) (reply, error) {
	deleted := c.query.flag("show_deleted", false)
	withListing := c.query.oneOf("includes", "", []string{"Listing"}) != ""
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	l, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	v := c.sim.Doubts.inventory(l.Inventory.view(true))
	if deleted {
		for _, p := range l.Inventory.Gone {
			v.Products = append(v.Products, p.view(true, true))
		}
	}
	if withListing {
		v.Listing = ptr(c.sim.listingView(&l))
	}
	return ok(v)
}
