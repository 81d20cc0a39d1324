package tiktoksim

import "slices"

// editProduct replaces everything; only prices and quantities of SKUs that
// name their id survive being left out.
func editProduct(c *call) (any, error) {
	p, in, err := c.editable()
	if err != nil {
		return nil, err
	}
	if err := c.carryOver(p, &in); err != nil {
		return nil, err
	}
	warnings, err := c.replace(p, &in)
	if err != nil {
		return nil, err
	}
	return p.receipt(warnings), nil
}

// partialEdit replaces the top-level properties that are named. Prices and
// quantities alone need no review.
func partialEdit(c *call) (any, error) {
	p, in, err := c.editable()
	if err != nil {
		return nil, err
	}
	next, named, err := overlay(*cloneContent(p.latest()), in, c.body)
	if err != nil {
		return nil, err
	}
	if len(named) == 0 {
		return nil, reject(codeBadParameters, "Nothing to edit is named.")
	}
	if next.Version == "" {
		next.Version = treeVersion
	}
	if err := c.carryOver(p, &next); err != nil {
		return nil, err
	}
	if slices.Equal(named, []string{"skus"}) && p.onSale() && p.Next == nil && onlyNumbers(*p.Live, next) {
		return c.renumber(p, &next)
	}
	warnings, err := c.replace(p, &next)
	if err != nil {
		return nil, err
	}
	out, _ := p.receipt(warnings).(object)
	out["audit"] = object{"status": p.Audit}
	return out, nil
}

// editable loads the product of the path, unless it is frozen or deleted, and
// the body.
func (c *call) editable() (*product, content, error) {
	in, err := decode[content](c)
	if err != nil {
		return nil, in, err
	}
	p, err := loadProduct(c.tx, c.req.PathValue("product_id"))
	if err != nil {
		return nil, in, err
	}
	if p.Status == frozen || p.Status == deleted {
		return nil, in, reject(12052901, "The product in its status %s is not available for this operation.", p.Status)
	}
	return p, in, nil
}

// carryOver fills the price of known SKUs and refuses unknown ids. Stock that
// is left out stays where it is, outside of the revision.
func (c *call) carryOver(p *product, next *content) error {
	seen := map[string]bool{}
	next.SKUs = slices.Clone(next.SKUs)
	for i := range next.SKUs {
		v := &next.SKUs[i]
		if v.ID == "" {
			continue
		}
		old := p.Next.sku(v.ID)
		if old == nil {
			old = p.Live.sku(v.ID)
		}
		if old == nil {
			return reject(12052556, "The SKU id %s does not exist.", v.ID)
		}
		if seen[v.ID] {
			return reject(12052553, "The SKU id %s is given twice.", v.ID)
		}
		seen[v.ID] = true
		if v.Price == nil {
			v.Price = old.Price
		}
	}
	return nil
}

// replace checks a whole revision and submits it.
func (c *call) replace(p *product, next *content) ([]string, error) {
	warnings, err := c.check(next)
	if err != nil {
		return nil, err
	}
	if err := c.claimExternal(p.ID, next.ExternalID); err != nil {
		return nil, err
	}
	if err := c.keepExternal(p.ID, next.ExternalID); err != nil {
		return nil, err
	}
	return warnings, c.submit(p, next)
}

// onlyNumbers tells whether two revisions differ in prices and quantities alone.
func onlyNumbers(a, b content) bool {
	if len(a.SKUs) != len(b.SKUs) {
		return false
	}
	for i, v := range a.SKUs {
		w := b.SKUs[i]
		if v.ID != w.ID || v.SellerSKU != w.SellerSKU || v.ExternalID != w.ExternalID || salesValues(v.Sales) != salesValues(w.Sales) || !sameImages(v.Sales, w.Sales) {
			return false
		}
		if (v.Code == nil) != (w.Code == nil) || v.Code != nil && *v.Code != *w.Code {
			return false
		}
	}
	return true
}

func sameImages(a, b []saleAttr) bool {
	return slices.EqualFunc(a, b, func(x, y saleAttr) bool {
		return (x.Image == nil) == (y.Image == nil) && (x.Image == nil || *x.Image == *y.Image)
	})
}

// renumber publishes prices and quantities at once.
func (c *call) renumber(p *product, next *content) (any, error) {
	if err := c.checkSKUs(next, c.sim.goods.categories[next.Category]); err != nil {
		return nil, err
	}
	for _, v := range next.SKUs {
		p.Live.sku(v.ID).Price = v.Price
		p.setStock(v.ID, v.Inventory)
	}
	if err := c.save(p); err != nil {
		return nil, err
	}
	out, _ := p.receipt(nil).(object)
	out["audit"] = object{"status": auditApproved}
	return out, nil
}
