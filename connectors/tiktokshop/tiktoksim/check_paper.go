package tiktoksim

import "slices"

// maxPapers is how many certificates a product has at most.
const maxPapers = 10

// certificate is one that a category asks for: always, or when an attribute has
// a value.
type certificate struct {
	id, name       string
	required       bool
	whenID, whenIs string
	expires        bool // its last day must be given
}

func (k certificate) view() object {
	conditions := []object{}
	if k.whenID != "" {
		conditions = append(conditions, object{"condition_type": "VALUE_ID_MATCH", "attribute_id": k.whenID, "attribute_value_id": k.whenIs})
	}
	return object{
		"id": k.id, "name": k.name, "is_required": k.required, "document_details": "Upload the whole document.", "requirement_conditions": conditions,
		"expiration_date": object{"is_required": k.expires},
	}
}

// wants says whether a product needs the certificate.
func (k certificate) wants(list []property) bool {
	return k.required || k.whenID != "" && slices.ContainsFunc(list, func(p property) bool {
		return p.ID == k.whenID && slices.ContainsFunc(p.Values, func(v propertyValue) bool { return v.ID == k.whenIs })
	})
}

// checkPapers holds size chart and certificates against the category's rules.
func (c *call) checkPapers(p *content, k category) error {
	if p.SizeChart != nil && p.SizeChart.Image != nil {
		if err := c.checkUse(p.SizeChart.Image.URI, "SIZE_CHART_IMAGE", 12052670); err != nil {
			return err
		}
	} else if k.sizeChart {
		return reject(12052673, "A size chart image is required in this category.")
	}
	if len(p.Papers) > maxPapers {
		return reject(12052657, "There are more than %d certificates.", maxPapers)
	}
	given := map[string]paper{}
	for _, one := range p.Papers {
		i := slices.IndexFunc(k.certificates, func(want certificate) bool { return want.id == one.ID })
		if i < 0 {
			return reject(12052655, "The certificate %s does not exist in this category.", one.ID)
		}
		if _, twice := given[one.ID]; twice {
			return reject(12052656, "The certificate %s is given twice.", one.ID)
		}
		for _, image := range one.Images {
			if err := c.checkUse(image.URI, "CERTIFICATION_IMAGE", 12052650); err != nil {
				return err
			}
		}
		if k.certificates[i].expires && one.Expires <= c.unix() {
			return reject(12052385, "Please enter a valid certificate expiration date.")
		}
		given[one.ID] = one
	}
	for _, want := range k.certificates {
		if want.wants(p.Attributes) && len(given[want.id].Images) == 0 {
			return reject(12052105, "A required qualification is missing: %s.", want.name)
		}
	}
	return nil
}

// checkUse wants an image that was uploaded for its use.
func (c *call) checkUse(uri, use string, code int) error {
	p, known, err := c.picture(uri)
	if err != nil {
		return err
	}
	if !known || p.Use != use {
		return reject(code, "The image %s was not uploaded as %s.", uri, use)
	}
	return nil
}
