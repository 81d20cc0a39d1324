package tiktoksim

import (
	"errors"
	"fmt"

	"github.com/manystall/manystall/connectors/simkit"
)

// checkListing is the dry run. Its reference names no category_version, so that
// it may be left out here.
func checkListing(c *call) (any, error) {
	in, err := decode[content](c)
	if err != nil {
		return nil, err
	}
	if in.Version == "" {
		in.Version = treeVersion
	}
	in.forgetIDs()
	_, err = c.check(&in)
	var r *refusal
	if errors.As(err, &r) {
		return object{"check_result": "FAILED", "fail_reasons": []object{{"code": r.code, "message": r.message}}}, nil
	}
	return object{"check_result": "PASS", "fail_reasons": []object{}}, err
}

func createProduct(c *call) (any, error) {
	in, err := decode[content](c)
	if err != nil {
		return nil, err
	}
	if len(in.Idempotency) > 128 {
		return nil, reject(codeBadParameters, "idempotency_key exceeds 128 characters.")
	}
	if p, err := c.createdBefore(in.Idempotency); err != nil || p != nil {
		return p.receipt(nil), err
	}
	in.forgetIDs()
	warnings, err := c.check(&in)
	if err != nil {
		return nil, err
	}
	if err := c.claimExternal("", in.ExternalID); err != nil {
		return nil, err
	}
	p, err := c.newProduct(in)
	if err != nil {
		return nil, err
	}
	if err := c.sim.emit(c.tx, "PRODUCT_CREATION", object{"product_id": number(p.ID), "product_types": []string{}, "update_time": c.unix()}); err != nil {
		return nil, err
	}
	return p.receipt(warnings), nil
}

// forgetIDs drops SKU ids: a product that is created has none yet.
func (p *content) forgetIDs() {
	for i := range p.SKUs {
		p.SKUs[i].ID = ""
	}
}

// createdBefore finds what the same idempotency key made.
func (c *call) createdBefore(key string) (*product, error) {
	if key == "" {
		return nil, nil
	}
	var id string
	if known, err := c.tx.Find("idempotency", key, &id); err != nil || !known {
		return nil, err
	}
	return loadProduct(c.tx, id)
}

func (c *call) newProduct(in content) (*product, error) {
	id, err := c.sim.newID(c.tx, "product")
	if err != nil {
		return nil, err
	}
	p := &product{ID: id, Stock: map[string]map[string]level{}, Created: c.unix()}
	key := in.Idempotency
	in.Idempotency = ""
	if err := c.submit(p, &in); err != nil {
		return nil, err
	}
	if key != "" {
		if err := c.tx.Put("idempotency", key, id); err != nil {
			return nil, err
		}
	}
	return p, c.keepExternal(id, in.ExternalID)
}

// claimExternal refuses an external id that another product has.
func (c *call) claimExternal(own, external string) error {
	if len(external) > 999 {
		return reject(codeBadParameters, "external_product_id exceeds 999 characters.")
	}
	var id string
	known, err := c.tx.Find("external", external, &id)
	if err != nil || !known || id == own {
		return err
	}
	var other product
	if known, err := c.tx.Find("product", id, &other); err != nil || !known || other.Status == deleted {
		return err
	}
	if other.base().ExternalID != external && other.latest().ExternalID != external {
		return nil
	}
	return reject(12052996, "external_product_id is used by product %s.", id)
}

func (c *call) keepExternal(id, external string) error {
	if external == "" {
		return nil
	}
	return c.tx.Put("external", external, id)
}

// submit makes a checked revision the next one of a product: as a draft, or
// into review within the limit of the day.
func (c *call) submit(p *product, next *content) error {
	k := c.sim.goods.categories[next.Category]
	if err := c.settleSKUs(p, next, k); err != nil {
		return err
	}
	asDraft := next.SaveMode == "AS_DRAFT"
	next.SaveMode = ""
	p.Next, p.Reasons = next, nil
	if asDraft && p.Live == nil {
		p.Status, p.Audit = draft, auditNone
		return c.save(p)
	}
	if asDraft {
		return reject(12052488, "A submitted product cannot be saved as a draft.")
	}
	if p.Status == deactivated && c.sim.EditsStayOff {
		return c.save(p)
	}
	if p.Status != activate {
		p.Status = pending
	}
	return c.review(p)
}

// review queues a product and counts it against the limit of the day.
func (c *call) review(p *product) error {
	day := c.now.Format("2006-01-02")
	var n int
	if _, err := c.tx.Find("listings", day, &n); err != nil {
		return err
	}
	if n >= c.sim.DailyListings {
		return reject(12052093, "The product listing limit of %d a day is used up.", c.sim.DailyListings)
	}
	p.Audit = auditing
	if err := putAll(c.tx, row{"listings", day, n + 1}, row{"audit", p.ID, c.now.Add(c.sim.AuditDelay)}); err != nil {
		return err
	}
	if err := c.sim.emitAudit(c.tx, p); err != nil {
		return err
	}
	return c.save(p)
}

// receipt is the answer to create and edit.
func (p *product) receipt(warnings []string) any {
	if p == nil {
		return nil
	}
	skus := []object{}
	for _, v := range p.latest().SKUs {
		o := object{"id": v.ID, "seller_sku": v.SellerSKU, "external_sku_id": v.ExternalID}
		sales := []object{}
		for _, a := range v.Sales {
			sales = append(sales, object{"id": a.ID, "value_id": a.ValueID})
		}
		o["sales_attributes"] = sales
		skus = append(skus, o)
	}
	out := object{"product_id": p.ID, "skus": skus}
	if len(warnings) > 0 {
		list := []object{}
		for _, text := range warnings {
			list = append(list, object{"message": text})
		}
		out["warnings"] = list
	}
	return out
}

func (s *Sim) emitAudit(tx *simkit.Tx, p *product) error {
	return s.emit(tx, "PRODUCT_AUDIT_STATUS_CHANGE", object{
		"product_id": number(p.ID), "audit": object{"status": p.Audit}, "update_time": s.now().Unix(),
	})
}

// SetStatus puts a product into a state that only the platform can cause:
// PLATFORM_DEACTIVATED, FREEZE or ACTIVATE again.
func (s *Sim) SetStatus(productID, status string) error {
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		p, err := loadProduct(tx, productID)
		if err != nil {
			return fmt.Errorf("set status of product %s: %w", productID, err)
		}
		if status == activate && p.Live == nil || status != activate && status != blocked && status != frozen {
			return fmt.Errorf("set status of product %s: %s is not for the platform to set", productID, status)
		}
		p.Status, p.Updated = status, s.now().Unix()
		if err := tx.Delete("audit", p.ID); err != nil {
			return err
		}
		if err := saveProduct(tx, p); err != nil {
			return err
		}
		return s.emitProduct(tx, p, "PRODUCT_STATUS_CHANGED", "policy")
	})
}
