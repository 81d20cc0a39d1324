package etsysim

import "slices"

// putProperty says what a thing is on one property of its category. The value
// ids and the values belong together, and are those Etsy lists: an id for what
// is not listed can't be known (etsy/open-api#292).
func putProperty(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	id, err := c.id("property_id")
	if err != nil {
		return reply{}, err
	}
	kind, offered := old.properties()[id]
	if !offered || !kind.Attribute {
		return reply{}, invalid("There was a problem with /attributes : Attributes not valid for property")
	}
	v, err := c.readProperty(kind)
	if err != nil {
		return reply{}, err
	}
	l := old
	l.Properties = append(withoutProperty(old.Properties, id), v)
	l.Modified = c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	return ok(v)
}

func withoutProperty(all []propertyValue, id int64) []propertyValue {
	return slices.DeleteFunc(slices.Clone(all), func(v propertyValue) bool { return v.PropertyID == id })
}

func (c *call) readProperty(kind property) (propertyValue, error) {
	f := c.form
	for _, name := range []string{"value_ids", "values"} {
		if f.text(name) == "" {
			f.fail("Missing input parameter: [%s]", name)
		}
	}
	ids, names, unit := f.ids("value_ids"), f.list("values"), f.id("scale_id")
	if f.err != nil {
		return propertyValue{}, f.err
	}
	most := 1
	if kind.Multi && kind.MaxValues != nil {
		most = int(*kind.MaxValues)
	}
	if len(ids) != len(names) || len(ids) > most {
		return propertyValue{}, invalid("There was a problem with /values : cannot be more than %d items, each with its id", most)
	}
	v := propertyValue{PropertyID: kind.ID, PropertyName: ptr(kind.Display), ScaleID: unit}
	if unit != nil {
		s, known := kind.scale(*unit)
		if !known {
			return v, invalid("scale_id %d does not belong to property %d", *unit, kind.ID)
		}
		v.ScaleName = &s.Display
	}
	for i, id := range ids {
		listed, known := kind.value(id)
		if !known || listed.Name != names[i] || (listed.Scale != nil && (unit == nil || *unit != *listed.Scale)) {
			return v, invalid("There was a problem with /attributes : Attributes not valid for property")
		}
		v.ValueIDs, v.Values = append(v.ValueIDs, id), append(v.Values, listed.Name)
	}
	return v, nil
}

func listingProperties(c *call) (reply, error) {
	l, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	return ok(page{len(l.Properties), list(l.Properties)})
}

func deleteProperty(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	id, err := c.id("property_id")
	if err != nil {
		return reply{}, err
	}
	l := old
	if l.Properties = withoutProperty(old.Properties, id); len(l.Properties) == len(old.Properties) {
		return reply{}, notFound("ListingProperty", id)
	}
	l.Modified = c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	return gone()
}

// attributed wants what the category requires (etsy/open-api#281), as a
// property of the listing or of its variations.
func (l *listing) attributed() error {
	for id, kind := range l.properties() {
		said := slices.ContainsFunc(l.Properties, func(v propertyValue) bool { return v.PropertyID == id })
		if kind.Required && !said && !slices.Contains(l.Inventory.properties(), id) {
			return invalid("There was a problem with /attributes : Must supply all required attributes")
		}
	}
	return nil
}
