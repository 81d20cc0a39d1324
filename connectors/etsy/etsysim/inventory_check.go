package etsysim

import (
	"slices"
	"strconv"
)

// check holds the products against each other and against the properties by
// which they are said to differ.
func (v *inventory) check() error {
	ids := v.properties()
	if err := v.checkShape(ids); err != nil {
		return err
	}
	for _, on := range []struct {
		name  string
		ids   []int64
		field func(product) string
	}{
		{"price_on_property", v.PriceOn, func(p product) string { return strconv.FormatInt(p.Price, 10) }},
		{"quantity_on_property", v.QuantityOn, func(p product) string { return strconv.FormatInt(p.Quantity, 10) }},
		{"sku_on_property", v.SKUOn, func(p product) string { return p.SKU }},
		{"readiness_state_on_property", v.ReadinessOn, func(p product) string {
			if p.Readiness == nil {
				return ""
			}
			return strconv.FormatInt(*p.Readiness, 10)
		}},
	} {
		if err := v.checkOn(on.name, on.ids, ids, on.field); err != nil {
			return err
		}
	}
	if v.total() == 0 {
		return invalid("At least one enabled offering must have a quantity greater than 0")
	}
	return nil
}

// checkShape wants the same properties in the same order on every product, no
// combination twice, and not too many values.
func (v *inventory) checkShape(ids []int64) error {
	if len(ids) == 2 && ids[0] == ids[1] {
		return invalid("property_values: property %d is used twice", ids[0])
	}
	if len(ids) == 0 && len(v.Products) > 1 {
		return invalid("products: more than one product needs property_values that tell them apart")
	}
	combinations, values, names := map[string]bool{}, map[int64]map[int64]bool{}, map[int64]string{}
	for _, p := range v.Products {
		if !slices.Equal((&inventory{Products: []product{p}}).properties(), ids) {
			return invalid("property_values: every product must have the same properties in the same order")
		}
		k := p.onKey(ids)
		if combinations[k] {
			return invalid("property_values: a combination of values is used by more than one product")
		}
		combinations[k] = true
		for _, value := range p.Values {
			if err := countValue(value, values, names); err != nil {
				return err
			}
		}
	}
	return nil
}

func countValue(value propertyValue, values map[int64]map[int64]bool, names map[int64]string) error {
	id := value.PropertyID
	if values[id] == nil {
		values[id], names[id] = map[int64]bool{}, *value.PropertyName
	}
	if names[id] != *value.PropertyName {
		return invalid("property_values: property %d has more than one property_name", id)
	}
	if values[id][value.ValueIDs[0]] = true; len(values[id]) > maxValues {
		return invalid("property_values: property %d has more than %d values", id, maxValues)
	}
	return nil
}

// checkOn wants the list to name the properties in the order of the products,
// and a field that differs to differ by these properties alone.
func (v *inventory) checkOn(name string, on, ids []int64, field func(product) string) error {
	last := -1
	for _, id := range on {
		place := slices.Index(ids, id)
		if place < 0 {
			return invalid("%s: property %d is not used by the products", name, id)
		}
		if place <= last {
			return invalid("%s must list each property once and in the order of the products", name)
		}
		last = place
	}
	seen := map[string]string{}
	for _, p := range v.Products {
		k, value := p.onKey(on), field(p)
		if old, met := seen[k]; met && old != value {
			return invalid("The supplied product values are incompatible with %s", name)
		}
		seen[k] = value
	}
	return nil
}
