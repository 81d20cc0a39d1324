package etsysim

import "slices"

// property is something by which things of a category differ.
type property struct {
	ID         int64           `json:"property_id"`
	Name       string          `json:"name"`
	Display    string          `json:"display_name"`
	Scales     []scale         `json:"scales"`
	Required   bool            `json:"is_required"`
	Attribute  bool            `json:"supports_attributes"`
	Variation  bool            `json:"supports_variations"`
	Multi      bool            `json:"is_multivalued"`
	MaxValues  *int64          `json:"max_values_allowed"`
	Possible   []possibleValue `json:"possible_values"`
	PreChecked []possibleValue `json:"selected_values"`
}

type scale struct {
	ID          int64  `json:"scale_id"`
	Display     string `json:"display_name"`
	Description string `json:"description"`
}

type possibleValue struct {
	ID    int64   `json:"value_id"`
	Name  string  `json:"name"`
	Scale *int64  `json:"scale_id"`
	Equal []int64 `json:"equal_to"`
}

// The ids of the properties a seller names freely (etsy/open-api#375); they belong to every category and are in no list.
const (
	customFirst  = 513
	customSecond = 514
)

const (
	colorID    = 200
	sizeID     = 100
	materialID = 507
	scentID    = 503
	craftID    = 46_803_063_641
	needleID   = 46_803_063_642
	lengthID   = 501
	// personalizationID is the property of what a buyer typed.
	personalizationID = 54
)

func propertiesOf(n node) []property {
	out := []property{color()}
	switch n.Path[0] {
	case 374, 1:
		out = append(out, clothingSize(), material())
	case 891:
		out = append(out, material(), scent())
	case 132, 1179:
		out = append(out, material())
	case 562:
		out = append(out, craft(), needle(), length())
	}
	return out
}

// craft is a property that listings of its category must have, of up to two
// values, which no variation can have (etsy/open-api#281).
func craft() property {
	p := newProperty(craftID, "craftType", "Craft type")
	p.Required, p.Variation, p.Multi, p.MaxValues = true, false, true, ptr(int64(2))
	for i, name := range []string{"Knitting", "Crochet", "Weaving", "Felting"} {
		p.Possible = append(p.Possible, value(int64(i+2801), name, nil))
	}
	return p
}

// needle has scales that share names, and length has no values at all
// (etsy/open-api#292).
func needle() property {
	p := newProperty(needleID, "needleSize", "Needle size")
	p.Variation = false
	p.Scales = []scale{{ID: 41, Display: "US", Description: ""}, {ID: 42, Display: "Metric", Description: "Millimeters"}}
	for i, name := range []string{"4", "6", "8"} {
		p.Possible = append(p.Possible, value(int64(i+2901), name, ptr(int64(41))), value(int64(i+2911), name, ptr(int64(42))))
	}
	return p
}

func length() property {
	p := newProperty(lengthID, "length", "Length")
	p.Variation, p.Scales = false, []scale{{ID: 5, Display: "Centimeters", Description: ""}}
	p.Possible = []possibleValue{}
	return p
}

func color() property {
	p := newProperty(colorID, "color", "Primary color")
	for i, name := range []string{"Black", "Blue", "Brown", "Green", "Gray", "Orange", "Pink", "Purple", "Red", "White", "Yellow"} {
		p.Possible = append(p.Possible, value(int64(i+1), name, nil))
	}
	for i, name := range []string{"Beige", "Bronze", "Clear", "Copper", "Gold", "Rainbow", "Rose gold", "Silver"} {
		p.Possible = append(p.Possible, value(int64(i+1213), name, nil))
	}
	return p
}

func clothingSize() property {
	p := newProperty(sizeID, "size", "Size")
	p.Attribute = false
	p.Scales = []scale{
		{ID: 17, Display: "Alpha", Description: "Sizes by letter"},
		{ID: 18, Display: "US numeric", Description: "Sizes by number"},
	}
	for i, name := range []string{"XXS", "XS", "S", "M", "L", "XL", "2X", "3X", "One size"} {
		p.Possible = append(p.Possible, value(int64(i+2016), name, ptr(int64(17))))
	}
	for i, name := range []string{"0", "2", "4", "6", "8", "10", "12", "14"} {
		p.Possible = append(p.Possible, value(int64(i+2040), name, ptr(int64(18))))
	}
	return p
}

func material() property {
	p := newProperty(materialID, "material", "Material")
	for i, name := range []string{"Brass", "Ceramic", "Cotton", "Glass", "Leather", "Linen", "Porcelain", "Silver", "Stoneware", "Wood", "Wool"} {
		p.Possible = append(p.Possible, value(int64(i+2401), name, nil))
	}
	return p
}

func scent() property {
	p := newProperty(scentID, "scent", "Scent")
	for i, name := range []string{"Cedar", "Lavender", "Lemon", "Rose", "Unscented", "Vanilla"} {
		p.Possible = append(p.Possible, value(int64(i+2601), name, nil))
	}
	return p
}

func newProperty(id int64, name, display string) property {
	return property{
		ID: id, Name: name, Display: display, Attribute: true, Variation: true, MaxValues: ptr(int64(1)),
		Scales: []scale{}, PreChecked: []possibleValue{},
	}
}

func value(id int64, name string, scale *int64) possibleValue {
	return possibleValue{ID: id, Name: name, Scale: scale, Equal: []int64{}}
}

func (p property) value(id int64) (possibleValue, bool) {
	i := slices.IndexFunc(p.Possible, func(v possibleValue) bool { return v.ID == id })
	if i < 0 {
		return possibleValue{}, false
	}
	return p.Possible[i], true
}

func (p property) named(name string, scale *int64) (possibleValue, bool) {
	i := slices.IndexFunc(p.Possible, func(v possibleValue) bool {
		return v.Name == name && (v.Scale == nil || (scale != nil && *v.Scale == *scale))
	})
	if i < 0 {
		return possibleValue{}, false
	}
	return p.Possible[i], true
}

func (p property) scale(id int64) (scale, bool) {
	i := slices.IndexFunc(p.Scales, func(s scale) bool { return s.ID == id })
	if i < 0 {
		return scale{}, false
	}
	return p.Scales[i], true
}
