package tiktoksim

import (
	"cmp"
	"slices"
	"strings"
)

// treeVersion is the category tree that a US shop must name everywhere.
const treeVersion = "v2"

func checkTree(version string) error {
	if version != treeVersion {
		return reject(12052217, "Incorrect category version. For US shops specify category_version=v2.")
	}
	return nil
}

// leafCategory finds the category of a path or a product.
func (g *catalogue) leafCategory(id, version string) (category, error) {
	if err := checkTree(version); err != nil {
		return category{}, err
	}
	c, ok := g.categories[id]
	if !ok {
		return category{}, reject(12052023, "Category does not exist")
	}
	if !c.leaf {
		return category{}, reject(12052024, "Category is not a leaf category")
	}
	return c, nil
}

func listCategories(c *call) (any, error) {
	if err := checkTree(c.query.Get("category_version")); err != nil {
		return nil, err
	}
	keyword := strings.ToLower(c.query.Get("keyword"))
	list := []object{}
	for _, id := range c.sim.goods.order {
		k := c.sim.goods.categories[id]
		if k.permission == prohibited && c.query.Get("include_prohibited_categories") != "true" {
			continue
		}
		if strings.Contains(strings.ToLower(k.name), keyword) {
			list = append(list, k.view())
		}
	}
	return object{"categories": list}, nil
}

func (c category) view() object {
	return object{"id": c.id, "parent_id": c.parent, "local_name": c.name, "is_leaf": c.leaf, "permission_statuses": []string{c.permission}}
}

type recommendBody struct {
	Title   string     `json:"product_title"`
	Version string     `json:"category_version"`
	Images  []imageRef `json:"images"`
}

// recommendCategory takes the leaf of which most words are in the title.
func recommendCategory(c *call) (any, error) {
	in, err := decode[recommendBody](c)
	if err != nil {
		return nil, err
	}
	if err := checkTree(in.Version); err != nil {
		return nil, err
	}
	if err := checkTitle(in.Title); err != nil {
		return nil, err
	}
	if err := c.checkImages(in.Images, 12052722, 0); err != nil {
		return nil, err
	}
	best, ok := c.sim.goods.bestLeaf(in.Title)
	if !ok {
		return nil, reject(12052913, "No category matches this product.")
	}
	list := []object{}
	for i, k := range c.sim.goods.path(best.id) {
		list = append(list, object{"id": k.id, "name": k.name, "level": i + 1, "is_leaf": k.leaf, "permission_statuses": []string{k.permission}})
	}
	return object{"leaf_category_id": best.id, "categories": list}, nil
}

func (g *catalogue) bestLeaf(title string) (category, bool) {
	title = strings.ToLower(title)
	score := func(c category) (n int) {
		for _, word := range c.words {
			if strings.Contains(title, word) {
				n += len(word)
			}
		}
		return n
	}
	var leaves []category
	for _, id := range g.order {
		if c := g.categories[id]; c.leaf && c.permission == available && score(c) > 0 {
			leaves = append(leaves, c)
		}
	}
	if len(leaves) == 0 {
		return category{}, false
	}
	return slices.MaxFunc(leaves, func(a, b category) int { return cmp.Compare(score(a), score(b)) }), true
}

func categoryRules(c *call) (any, error) {
	k, err := c.sim.goods.leafCategory(c.req.PathValue("category_id"), c.query.Get("category_version"))
	if err != nil {
		return nil, err
	}
	if err := k.checkPermission(); err != nil {
		return nil, err
	}
	_, sized := k.attribute("100007")
	papers := []object{}
	for _, one := range k.certificates {
		papers = append(papers, one.view())
	}
	return object{
		"product_certifications": papers, "size_chart": object{"is_supported": sized, "is_required": k.sizeChart},
		"cod": object{"is_supported": false}, "package_dimension": object{"is_required": k.dimensions}, "epr": object{"is_required": false},
		"responsible_person": object{"is_required": false}, "manufacturer": object{"is_required": false},
		"allowed_special_product_types": []string{}, "fees": []object{},
	}, nil
}

func (c category) checkPermission() error {
	switch c.permission {
	case prohibited:
		return reject(12052220, "This category is prohibited. Select another category.")
	case inviteOnly:
		return reject(12052223, "This category is restricted. Apply for it in Seller Center.")
	}
	return nil
}

// categoryAttributes spells the required flag the way the wire does.
func categoryAttributes(c *call) (any, error) {
	k, err := c.sim.goods.leafCategory(c.req.PathValue("category_id"), c.query.Get("category_version"))
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, a := range k.attributes {
		o := object{"id": a.id, "name": a.name, "type": "PRODUCT_PROPERTY", "is_requried": a.required, "is_customizable": a.custom, "is_multiple_selection": a.many}
		if a.sale {
			o["type"] = "SALES_PROPERTY"
		}
		if len(a.values) > 0 {
			values := []object{}
			for _, v := range a.values {
				values = append(values, object{"id": v.id, "name": v.name})
			}
			o["values"] = values
		}
		if a.format != "" {
			o["value_data_format"] = a.format
		}
		if a.whenID != "" {
			o["requirement_conditions"] = []object{{"condition_type": "VALUE_ID_MATCH", "attribute_id": a.whenID, "attribute_value_id": a.whenIs}}
		}
		list = append(list, o)
	}
	return object{"attributes": list}, nil
}

func listBrands(c *call) (any, error) {
	size, err := pageSize(c, 1, 100, 0)
	if err != nil {
		return nil, err
	}
	inCategory := c.query.Get("category_id") != ""
	if inCategory {
		if _, err := c.sim.goods.leafCategory(c.query.Get("category_id"), c.query.Get("category_version")); err != nil {
			return nil, err
		}
	}
	var found []brand
	for _, b := range c.sim.goods.brands {
		authorized := c.query.Get("is_authorized")
		if strings.HasPrefix(strings.ToLower(b.name), strings.ToLower(c.query.Get("brand_name"))) && (authorized != "1" && authorized != "true" || b.authorized) {
			found = append(found, b)
		}
	}
	rows, next, err := page(c, found, size, func(b brand) string { return b.id }, ascending)
	list := []object{}
	for _, b := range rows {
		o := object{"id": b.id, "name": b.name, "authorized_status": "UNAUTHORIEZD", "is_t1_brand": b.tier} // misspelt in the reference
		if b.authorized {
			o["authorized_status"] = "AUTHORIZED"
			if inCategory {
				o["brand_status"] = available
			}
		}
		list = append(list, o)
	}
	return object{"brands": list, "total_count": len(found), "next_page_token": next}, err
}

func (g *catalogue) brand(id string) (brand, bool) {
	for _, b := range g.brands {
		if b.id == id {
			return b, true
		}
	}
	return brand{}, false
}
