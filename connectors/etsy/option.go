package etsy

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// The properties a seller may name freely; they belong to every category
// (etsy/open-api#375; the second is reported only).
const (
	customFirst  = 513
	customSecond = 514
)

// option is one of our options as a property of Etsy's.
type option struct {
	Name  string `json:"name"` // ours
	ID    int64  `json:"id"`
	Label string `json:"label"` // Etsy's name of it
	Scale *int64 `json:"scale,omitempty"`
}

// value is one value of a property as Etsy writes it; id 0 is not known.
type value struct {
	id   int64
	name string
}

// vocabulary is what Etsy calls the values of a property: property, then value
// in lower case.
type vocabulary map[int64]map[string]value

func (v vocabulary) learn(property int64, id int64, name string) {
	if v[property] == nil {
		v[property] = map[string]value{}
	}
	v[property][strings.ToLower(name)] = value{id: id, name: name}
}

// learnFrom takes over the values an inventory uses already.
func (v vocabulary) learnFrom(inventory *api.Inventory) {
	if inventory == nil {
		return
	}
	for _, p := range inventory.Products {
		for _, x := range p.Values {
			if len(x.Values) == 1 && len(x.ValueIDs) == 1 {
				v.learn(x.PropertyID, x.ValueIDs[0], x.Values[0])
			}
		}
	}
}

// learnOffered takes over the values that the property of an option offers on
// its scale.
func (v vocabulary) learnOffered(offered []api.TaxonomyProperty, o option) {
	for _, prop := range offered {
		if prop.ID != o.ID {
			continue
		}
		for _, x := range prop.Possible {
			onScale := x.Scale == nil || (o.Scale != nil && *x.Scale == *o.Scale)
			if _, known := v[prop.ID][strings.ToLower(x.Name)]; x.ID != nil && onScale && !known {
				v.learn(prop.ID, *x.ID, x.Name)
			}
		}
	}
}

// knows says that nothing is to be learned for the values of a product: those
// of custom properties are nowhere listed.
func (v vocabulary) knows(p commerce.Product, options []option) bool {
	for _, o := range options {
		for _, variant := range p.Variants {
			if o.ID != customFirst && o.ID != customSecond && v.of(o.ID, variant.Options[o.Name]).id == 0 {
				return false
			}
		}
	}
	return true
}

// of is a value of ours in Etsy's spelling.
func (v vocabulary) of(property int64, name string) value {
	name = strings.TrimSpace(name)
	if known, ok := v[property][strings.ToLower(name)]; ok {
		return known
	}
	return value{name: name}
}

// sameOptions says whether remembered options are those of the product now.
func sameOptions(have []option, names []string) bool {
	return slices.EqualFunc(have, names, func(o option, name string) bool { return o.Name == name })
}

// choose gives each option a property: the one the category offers under its
// name if that can hold all values, else a custom one.
func choose(p commerce.Product, offered []api.TaxonomyProperty, words vocabulary) []option {
	var chosen []option
	custom := int64(customFirst)
	for _, name := range p.Options {
		o, ok := fitting(name, valuesOf(p, name), offered, chosen)
		if !ok {
			o = option{Name: name, ID: custom, Label: name}
			custom = customSecond
		}
		words.learnOffered(offered, o)
		chosen = append(chosen, o)
	}
	return chosen
}

func valuesOf(p commerce.Product, name string) []string {
	var values []string
	for _, v := range p.Variants {
		values = append(values, strings.TrimSpace(v.Options[name]))
	}
	return values
}

func fitting(name string, values []string, offered []api.TaxonomyProperty, taken []option) (option, bool) {
	for _, prop := range offered {
		used := slices.ContainsFunc(taken, func(o option) bool { return o.ID == prop.ID })
		if used || !prop.Variations || (word(prop.Name) != word(name) && word(prop.Display) != word(name)) {
			continue
		}
		o := option{Name: name, ID: prop.ID, Label: prop.Display}
		if len(prop.Scales) == 0 {
			return o, true
		}
		// A value outside of its scale means something else: then the seller's
		// own words are safer.
		for _, s := range prop.Scales {
			if holdsAll(prop, s.ID, values) {
				o.Scale = &s.ID
				return o, true
			}
		}
	}
	return option{}, false
}

// word makes names of options comparable.
func word(name string) string {
	w := strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '_' || r == '-' }), " ")
	return strings.ReplaceAll(w, "colour", "color")
}

func holdsAll(prop api.TaxonomyProperty, scale int64, values []string) bool {
	for _, name := range values {
		if !slices.ContainsFunc(prop.Possible, func(v api.TaxonomyValue) bool {
			return v.Scale != nil && *v.Scale == scale && strings.EqualFold(v.Name, name)
		}) {
			return false
		}
	}
	return true
}
