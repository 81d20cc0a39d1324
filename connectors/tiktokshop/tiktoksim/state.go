package tiktoksim

import "errors"

type idsBody struct {
	IDs []string `json:"product_ids"`
}

// eachProduct runs a change of state over at most 20 products; what goes wrong
// with one of them is an entry in data.errors, not a failure of the call.
func eachProduct(c *call, change func(*product) error) (any, error) {
	in, err := decode[idsBody](c)
	if err != nil {
		return nil, err
	}
	if len(in.IDs) == 0 {
		return nil, invalid("param body.product_ids is missing")
	}
	if len(in.IDs) > 20 {
		return nil, invalid("param body.product_ids is invalid: at most 20 are accepted")
	}
	problems := []object{}
	for _, id := range in.IDs {
		p, err := loadProduct(c.tx, id)
		if err == nil {
			err = change(p)
		}
		var r *refusal
		if errors.As(err, &r) {
			problems = append(problems, object{"code": r.code, "message": r.message, "detail": object{"product_id": id}})
		} else if err != nil {
			return nil, err
		}
	}
	if len(problems) == 0 {
		return object{}, nil
	}
	return object{"errors": problems}, nil
}

func wrongState(p *product) error {
	return reject(12052901, "The product in its status %s is not available for this operation.", p.Status)
}

// activateProducts sends hidden products through review again.
func activateProducts(c *call) (any, error) {
	return eachProduct(c, func(p *product) error {
		if p.Status != deactivated && p.Status != blocked || p.latest() == nil {
			return wrongState(p)
		}
		p.Status, p.Next, p.Reasons = pending, cloneContent(p.latest()), nil
		return c.review(p)
	})
}

func deactivateProducts(c *call) (any, error) {
	return eachProduct(c, func(p *product) error {
		if p.Status != activate {
			return wrongState(p)
		}
		p.Status, p.Audit, p.Next = deactivated, auditNone, nil
		if err := c.tx.Delete("audit", p.ID); err != nil {
			return err
		}
		return c.saveAndTell(p)
	})
}

func deleteProducts(c *call) (any, error) {
	return eachProduct(c, func(p *product) error {
		if p.Status == frozen || p.Status == deleted {
			return wrongState(p)
		}
		p.Status, p.Audit = deleted, auditNone
		if err := c.tx.Delete("audit", p.ID); err != nil {
			return err
		}
		return c.saveAndTell(p)
	})
}

func recoverProducts(c *call) (any, error) {
	return eachProduct(c, func(p *product) error {
		if p.Status != deleted {
			return wrongState(p)
		}
		p.Status = deactivated
		return c.saveAndTell(p)
	})
}

func (c *call) saveAndTell(p *product) error {
	if err := c.save(p); err != nil {
		return err
	}
	return c.sim.emitProduct(c.tx, p, "PRODUCT_STATUS_CHANGED", "")
}
