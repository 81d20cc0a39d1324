package etsysim

import (
	"errors"
	"strings"
	"unicode"
)

const (
	maxQuantity   = 999 // per offering, etsy/open-api#214
	maxSKU        = 255
	maxValue      = 255
	maxVariations = 2
	maxValues     = 70 // options per property, etsy/open-api#567
)

// at says where in the body a refusal belongs.
func at(where string, err error) error {
	var no *refusal
	if !errors.As(err, &no) {
		return err
	}
	return refuse(no.status, "%s: %s", where, no.Text)
}

func readProduct(b productBody, kinds map[int64]property) (p product, err error) {
	if b.Offerings == nil || len(*b.Offerings) != 1 {
		return p, invalid("offerings: exactly one offering is required")
	}
	if err = readOffering(&p, (*b.Offerings)[0]); err != nil {
		return p, at("offerings[0]", err)
	}
	if b.SKU != nil {
		p.SKU = strings.TrimSpace(*b.SKU)
	}
	if len(p.SKU) > maxSKU || strings.ContainsFunc(p.SKU, unicode.IsControl) {
		return p, invalid("sku: control characters and more than %d bytes are not allowed", maxSKU)
	}
	if len(b.Values) > maxVariations {
		return p, invalid("property_values: at most %d properties are supported", maxVariations)
	}
	for _, value := range b.Values {
		v, err := readValue(value, kinds)
		if err != nil {
			return p, at("property_values", err)
		}
		p.Values = append(p.Values, v)
	}
	return p, nil
}

func readOffering(p *product, b offeringBody) (err error) {
	switch {
	case b.Price == nil:
		return invalid("Missing required parameter: 'price'")
	case b.Quantity == nil:
		return invalid("Missing required parameter: 'quantity'")
	case b.Enabled == nil:
		return invalid("Missing required parameter: 'is_enabled'")
	case !b.Readiness.set:
		return invalid("Missing required parameter: 'readiness_state_id'")
	case *b.Quantity < 0 || *b.Quantity > maxQuantity:
		return invalid("Quantity must be between 0 and %d", maxQuantity)
	}
	if p.Price, err = parsePrice(string(*b.Price)); err != nil {
		return invalid("price: %s", err)
	}
	p.Quantity, p.Enabled, p.Readiness = *b.Quantity, *b.Enabled, b.Readiness.id
	return nil
}

// readValue resolves one variation value: by its id, by its name among those
// the category offers, or as a value of the seller's own.
func readValue(b valueBody, kinds map[int64]property) (propertyValue, error) {
	none := propertyValue{}
	if b.PropertyID == nil || b.ValueIDs == nil || b.Values == nil {
		return none, invalid("property_id, value_ids and values are required")
	}
	if len(*b.ValueIDs) > 1 || len(*b.Values) > 1 || len(*b.ValueIDs)+len(*b.Values) == 0 {
		return none, invalid("a product has exactly one value per property")
	}
	kind, err := kindOf(b, kinds)
	if err != nil {
		return none, err
	}
	v := propertyValue{PropertyID: kind.ID, PropertyName: ptr(kind.Display), ScaleID: b.ScaleID}
	if b.ScaleID != nil {
		unit, known := kind.scale(*b.ScaleID)
		if !known {
			return none, invalid("scale_id %d does not belong to property %d", *b.ScaleID, kind.ID)
		}
		v.ScaleName = ptr(unit.Display)
	}
	return v, resolve(&v, kind, b)
}

// kindOf finds the property. Two custom ones exist everywhere under a name of
// the seller's choice.
func kindOf(b valueBody, kinds map[int64]property) (property, error) {
	id := *b.PropertyID
	if id == customFirst || id == customSecond {
		if b.Name == nil || strings.TrimSpace(*b.Name) == "" || len(*b.Name) > maxValue {
			return property{}, invalid("property_name is required for the custom property %d", id)
		}
		return property{ID: id, Display: strings.TrimSpace(*b.Name), Variation: true}, nil
	}
	kind, known := kinds[id]
	if !known || !kind.Variation {
		return property{}, invalid("property %d is not supported for variations in this taxonomy", id)
	}
	return kind, nil
}

func resolve(v *propertyValue, kind property, b valueBody) error {
	name := ""
	if len(*b.Values) == 1 {
		name = strings.TrimSpace((*b.Values)[0])
		if name == "" || len(name) > maxValue || strings.ContainsAny(name, "()") || strings.ContainsFunc(name, unicode.IsControl) {
			return invalid("values: '%s' is empty, too long or has parentheses", cut(name, 40))
		}
	}
	offered, known := kind.named(name, v.ScaleID)
	if len(*b.ValueIDs) == 1 {
		id := (*b.ValueIDs)[0]
		if offered, known = kind.value(id); known && name != "" && name != offered.Name {
			return invalid("value_ids: %d is '%s', not '%s'", id, offered.Name, cut(name, 40))
		}
		if !known && (name == "" || id != ownValue(kind.ID, name)) {
			return invalid("value_ids: %d is not a value of property %d", id, kind.ID)
		}
	}
	if !known {
		offered = possibleValue{ID: ownValue(kind.ID, name), Name: name}
	}
	v.ValueIDs, v.Values = []int64{offered.ID}, []string{offered.Name}
	return nil
}

// ownValue is the id of a value that a seller made up.
func ownValue(property int64, name string) int64 {
	return 1_000_000_000_000 + int64(spread(uint64(property), name)%1_000_000_000_000)
}
