package tiktoksim

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

func oneProduct(c *call) (any, error) {
	p, err := loadProduct(c.tx, c.req.PathValue("product_id"))
	if err != nil {
		return nil, err
	}
	if p.Status == frozen || p.Status == deleted {
		return nil, wrongState(p)
	}
	underReview, draftOnly := c.query.Get("return_under_review_version") == "true", c.query.Get("return_draft_version") == "true"
	if underReview && draftOnly {
		return nil, invalid("return_under_review_version and return_draft_version exclude each other")
	}
	shown := p.base()
	if underReview {
		if p.Audit != auditing || p.Next == nil {
			return nil, reject(12052547, "No version of this product is under review.")
		}
		shown = p.Next
	}
	return c.productView(p, shown)
}

// productView is the asymmetric reading side: what is written as price.amount
// is read as tax_exclusive_price and sale_price.
func (c *call) productView(p *product, shown *content) (object, error) {
	skus, err := c.skuViews(p, shown)
	if err != nil {
		return nil, err
	}
	images, err := c.imageViews(shown.Images)
	if err != nil {
		return nil, err
	}
	out := object{
		"id": p.ID, "status": p.Status, "product_status": productStatus(p.Status), "title": shown.Title, "description": shown.Description,
		"main_images": images, "skus": skus, "package_weight": shown.Weight, "create_time": p.Created, "update_time": p.Updated,
		"audit": object{"status": p.Audit, "pre_approved_reasons": []string{}}, "product_types": []string{}, "is_not_for_sale": false,
		"has_draft": false, "is_cod_allowed": false, "category_chains": c.chain(shown.Category), "product_attributes": c.propertyViews(shown),
		"listing_quality_tier": "GOOD", "external_product_id": shown.ExternalID,
	}
	if p.Reasons != nil {
		out["audit_failed_reasons"] = p.Reasons
	}
	if shown.Dimensions != nil {
		out["package_dimensions"] = shown.Dimensions
	}
	if b, ok := c.sim.goods.brand(shown.Brand); ok {
		out["brand"] = object{"id": b.id, "name": b.name}
	}
	if shown.SizeChart != nil && shown.SizeChart.Image != nil {
		view, err := c.sim.imageView(c, shown.SizeChart.Image.URI)
		if err != nil {
			return nil, err
		}
		out["size_chart"] = object{"image": view}
	}
	return out, nil
}

// productStatus leaves the review out.
func productStatus(status string) string {
	if status == pending || status == failed {
		return "INITIAL"
	}
	return status
}

func (c *call) imageViews(refs []imageRef) ([]object, error) {
	list := []object{}
	for _, ref := range refs {
		view, err := c.sim.imageView(c, ref.URI)
		if err != nil {
			return nil, err
		}
		list = append(list, view)
	}
	return list, nil
}

func (c *call) chain(id string) []object {
	list := []object{}
	for _, k := range c.sim.goods.path(id) {
		list = append(list, object{"id": k.id, "parent_id": k.parent, "local_name": k.name, "is_leaf": k.leaf})
	}
	return list
}

func (c *call) skuViews(p *product, shown *content) ([]object, error) {
	list := []object{}
	for i := range shown.SKUs {
		v := &shown.SKUs[i]
		sales := []object{}
		for _, a := range v.Sales {
			o := object{"id": a.ID, "name": a.Name, "value_id": a.ValueID, "value_name": a.ValueName}
			if a.Image != nil {
				view, err := c.sim.imageView(c, a.Image.URI)
				if err != nil {
					return nil, err
				}
				o["sku_img"] = view
			}
			sales = append(sales, o)
		}
		o := c.skuSummary(p, v)
		o["sales_attributes"] = sales
		o["external_sku_id"] = v.ExternalID
		if v.Code != nil {
			o["identifier_code"] = v.Code
		}
		list = append(list, o)
	}
	return list, nil
}

func (c *call) skuSummary(p *product, v *sku) object {
	return object{
		"id": v.ID, "seller_sku": v.SellerSKU, "inventory": p.inventory(c.shop, v.ID), "status_info": object{"status": "NORMAL"},
		"price": object{"tax_exclusive_price": v.printed(), "sale_price": v.printed(), "currency": v.Price.Currency},
	}
}

// printed is the price with two decimals, as the platform prints it.
func (v *sku) printed() string {
	n, _ := cents(v.Price.Amount)
	return printCents(n)
}

func (c *call) propertyViews(shown *content) []object {
	k := c.sim.goods.categories[shown.Category]
	list := []object{}
	for _, p := range shown.Attributes {
		a, _ := k.attribute(p.ID)
		values := []object{}
		for _, v := range p.Values {
			o := object{"id": v.ID, "name": v.Name}
			if known, ok := a.value(v.ID); ok {
				o["name"] = known.name
			}
			if v.ID == "" {
				o["id"] = customID("value", p.ID+"\x00"+v.Name)
			}
			values = append(values, o)
		}
		list = append(list, object{"id": p.ID, "name": a.name, "values": values})
	}
	return list
}

type productFilter struct {
	Status     string   `json:"status"`
	SellerSKUs []string `json:"seller_skus"`
	SKUs       []string `json:"sku_ids"`
	Audit      []string `json:"audit_status"`
	CreatedGE  int64    `json:"create_time_ge"`
	CreatedLE  int64    `json:"create_time_le"`
	UpdatedGE  int64    `json:"update_time_ge"`
	UpdatedLE  int64    `json:"update_time_le"`
}

const maxHits = 10_000

func searchProducts(c *call) (any, error) {
	size, err := pageSize(c, 1, 100, 0)
	if err != nil {
		return nil, err
	}
	in, err := decode[productFilter](c)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	found, err := c.findProducts(in)
	if err != nil {
		return nil, err
	}
	if len(found) > maxHits {
		return nil, reject(12052180, "The total number of search results cannot exceed %d.", maxHits)
	}
	slices.SortFunc(found, func(a, b *product) int {
		return strings.Compare(productKey(b.Created, b.ID), productKey(a.Created, a.ID))
	})
	rows, next, err := page(c, found, size, func(p *product) string { return productKey(p.Created, p.ID) }, descending)
	list := []object{}
	for _, p := range rows {
		list = append(list, c.productSummary(p))
	}
	return object{"products": list, "total_count": len(found), "next_page_token": next}, err
}

func (f productFilter) check() error {
	if f.Status != "" && !slices.Contains([]string{"ALL", draft, pending, failed, activate, deactivated, blocked, frozen, deleted}, f.Status) {
		return invalid("param body.status is invalid")
	}
	if len(f.SellerSKUs) > 10 || len(f.SKUs) > 10 {
		return invalid("param body.seller_skus is invalid: at most 10 are accepted")
	}
	return nil
}

// findProducts goes through the lookup when seller SKUs are named.
func (c *call) findProducts(f productFilter) ([]*product, error) {
	if len(f.SellerSKUs) == 0 {
		var found []*product
		err := simkit.Each(c.tx, "product", "", func(_ string, p product) bool {
			if f.match(&p) {
				found = append(found, &p)
			}
			return true
		})
		return found, err
	}
	seen := map[string]*product{}
	for _, code := range f.SellerSKUs {
		ids, err := productsWith(c.tx, code)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			p, err := loadProduct(c.tx, id)
			if err != nil {
				return nil, err
			}
			if f.match(p) {
				seen[id] = p
			}
		}
	}
	var found []*product
	for _, p := range seen {
		found = append(found, p)
	}
	return found, nil
}

func (f productFilter) match(p *product) bool {
	switch {
	case f.Status != "" && f.Status != "ALL" && p.Status != f.Status,
		f.Audit != nil && !slices.Contains(f.Audit, p.Audit),
		f.CreatedGE > 0 && p.Created < f.CreatedGE, f.CreatedLE > 0 && p.Created > f.CreatedLE,
		f.UpdatedGE > 0 && p.Updated < f.UpdatedGE, f.UpdatedLE > 0 && p.Updated > f.UpdatedLE:
		return false
	}
	return f.SKUs == nil || slices.ContainsFunc(f.SKUs, func(id string) bool { return p.base().sku(id) != nil })
}

func (c *call) productSummary(p *product) object {
	shown := p.base()
	skus := []object{}
	for i := range shown.SKUs {
		skus = append(skus, c.skuSummary(p, &shown.SKUs[i]))
	}
	return object{
		"id": p.ID, "title": shown.Title, "status": p.Status, "skus": skus, "sales_regions": []string{c.shop.Region},
		"create_time": p.Created, "update_time": p.Updated, "is_not_for_sale": false, "listing_quality_tier": "GOOD",
		"audit": object{"status": p.Audit},
	}
}
