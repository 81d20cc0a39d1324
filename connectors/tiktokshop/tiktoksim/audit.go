package tiktoksim

import (
	"reflect"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// audit decides every review that is due.
func (s *Sim) audit(tx *simkit.Tx) error {
	var due []string
	err := simkit.Each(tx, "audit", "", func(id string, at time.Time) bool {
		if !at.After(s.now()) {
			due = append(due, id)
		}
		return true
	})
	for _, id := range due {
		if err == nil {
			err = s.decideAudit(tx, id)
		}
	}
	return err
}

func (s *Sim) decideAudit(tx *simkit.Tx, id string) error {
	if err := tx.Delete("audit", id); err != nil {
		return err
	}
	p, err := loadProduct(tx, id)
	if err != nil {
		return err
	}
	if p.Audit != auditing || p.Next == nil {
		return nil
	}
	p.Updated = s.now().Unix()
	if position, phrase := s.forbiddenPhrase(p.Next); phrase != "" {
		return s.failAudit(tx, p, position, phrase)
	}
	return s.passAudit(tx, p)
}

// failAudit: a product that was live stays live with its old content.
func (s *Sim) failAudit(tx *simkit.Tx, p *product, position, phrase string) error {
	p.Audit = auditFailed
	p.Reasons = []auditReason{{
		Position: position, Platform: "TIKTOK_SHOP", Reasons: []string{"The text makes a claim that is not allowed: " + phrase},
		Suggestions: []string{"Take the claim out and submit the product again."},
	}}
	if p.Status == activate {
		p.Next = nil
	} else {
		p.Status = failed
	}
	if err := saveProduct(tx, p); err != nil {
		return err
	}
	if err := s.emitAudit(tx, p); err != nil {
		return err
	}
	return s.emitProduct(tx, p, "PRODUCT_AUDIT_FAILURE", p.Reasons[0].Reasons[0])
}

func (s *Sim) passAudit(tx *simkit.Tx, p *product) error {
	before, was := p.Live, p.Status
	p.Live, p.Next, p.Reasons = p.Next, nil, nil
	p.Status, p.Audit = activate, auditApproved
	for id := range p.Stock {
		if p.Live.sku(id) == nil {
			delete(p.Stock, id)
		}
	}
	if err := saveProduct(tx, p); err != nil {
		return err
	}
	if err := s.emitAudit(tx, p); err != nil {
		return err
	}
	what := "PRODUCT_STATUS_CHANGED"
	if before == nil {
		what = "PRODUCT_FIRST_PASS_REVIEW"
	}
	if err := s.emitProduct(tx, p, what, ""); err != nil || was != activate {
		return err
	}
	if fields := changedFields(*before, *p.Live); len(fields) > 0 {
		err := s.emit(tx, "PRODUCT_INFORMATION_CHANGE", object{
			"product_id": p.ID, "change_source": "OPEN_API", "changed_fields": fields, "update_time": p.Updated,
		})
		if err != nil {
			return err
		}
	}
	if before.Category == p.Live.Category {
		return nil
	}
	return s.emit(tx, "PRODUCT_CATEGORY_CHANGE", object{
		"product_id": p.ID, "previous_category_id": before.Category, "current_category_id": p.Live.Category, "update_time": p.Updated,
	})
}

func changedFields(a, b content) []string {
	var fields []string
	for _, f := range []struct {
		name string
		x, y any
	}{
		{"title", a.Title, b.Title}, {"description", a.Description, b.Description},
		{"main_images", a.Images, b.Images}, {"product_attributes", a.Attributes, b.Attributes},
	} {
		if !reflect.DeepEqual(f.x, f.y) {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// emitProduct sends webhook 5, whose product_id is a JSON number.
func (s *Sim) emitProduct(tx *simkit.Tx, p *product, what, reason string) error {
	return s.emit(tx, "PRODUCT_STATUS_CHANGE", object{
		"product_id": number(p.ID), "status": what, "suspended_reason": reason, "update_time": s.now().Unix(),
	})
}
