package channel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/commerce"
)

// Validate finds everything in a product that a marketplace would refuse. The
// product has its overrides applied. An empty answer promises nothing: the
// marketplace has the last word.
func Validate(r Rules, p commerce.Product, d commerce.Defaults, now time.Time) []commerce.Problem {
	var found []commerce.Problem
	found = append(found, r.text(p)...)
	found = append(found, r.tags(p)...)
	found = append(found, r.images(p)...)
	found = append(found, r.attributes(p)...)
	found = append(found, r.options(p)...)
	for i, v := range p.Variants {
		found = append(found, r.variant(i, v)...)
	}
	if r.Check != nil {
		found = append(found, r.Check(p, d, now)...)
	}
	return found
}

// Cut shortens a value to 200 characters, for a problem.
func Cut(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:199]) + "…"
	}
	return s
}

// measure checks the length of a text. rule begins the names of its rules.
func measure(rule, field, name, value string, least, most int) []commerce.Problem {
	n := utf8.RuneCountInString(value)
	switch {
	case most > 0 && n > most:
		return []commerce.Problem{{Rule: rule + "_too_long", Field: field, Value: Cut(value), Allowed: fmt.Sprintf("at most %d characters", most),
			Fix: fmt.Sprintf("Shorten the %s: it has %d characters, %d are allowed.", name, n, most)}}
	case n < least && n == 0:
		return []commerce.Problem{{Rule: rule + "_missing", Field: field, Allowed: fmt.Sprintf("at least %d characters", least), Fix: fmt.Sprintf("Write a %s.", name)}}
	case n < least:
		return []commerce.Problem{{Rule: rule + "_too_short", Field: field, Value: Cut(value), Allowed: fmt.Sprintf("at least %d characters", least),
			Fix: fmt.Sprintf("Lengthen the %s: it has %d characters, %d are needed.", name, n, least)}}
	}
	return nil
}

func (r Rules) text(p commerce.Product) []commerce.Problem {
	return append(measure("title", "title", "title", p.Title, max(1, r.TitleMin), r.TitleMax),
		measure("description", "description", "description", p.Description, r.DescriptionMin, r.DescriptionMax)...)
}

func (r Rules) tags(p commerce.Product) []commerce.Problem {
	var found []commerce.Problem
	if r.TagsMax > 0 && len(p.Tags) > r.TagsMax {
		found = append(found, commerce.Problem{Rule: "too_many_tags", Field: "tags", Value: Cut(p.Tags[r.TagsMax]), Allowed: fmt.Sprintf("at most %d tags", r.TagsMax),
			Fix: fmt.Sprintf("Remove %d of the %d tags.", len(p.Tags)-r.TagsMax, len(p.Tags))})
	}
	for i, t := range p.Tags {
		if r.TagMax > 0 && utf8.RuneCountInString(t) > r.TagMax {
			found = append(found, commerce.Problem{Rule: "tag_too_long", Field: fmt.Sprintf("tags[%d]", i), Value: Cut(t), Allowed: fmt.Sprintf("at most %d characters", r.TagMax),
				Fix: fmt.Sprintf("Shorten the tag to %d characters.", r.TagMax)})
		}
	}
	if r.MaterialsMax > 0 && len(p.Materials) > r.MaterialsMax {
		found = append(found, commerce.Problem{Rule: "too_many_materials", Field: "materials", Allowed: fmt.Sprintf("at most %d materials", r.MaterialsMax), Fix: fmt.Sprintf("Remove %d materials.", len(p.Materials)-r.MaterialsMax)})
	}
	return found
}

func (r Rules) images(p commerce.Product) []commerce.Problem {
	switch {
	case len(p.Images) < r.ImagesMin:
		return []commerce.Problem{{Rule: "images_missing", Field: "images", Value: strconv.Itoa(len(p.Images)), Allowed: fmt.Sprintf("at least %d", r.ImagesMin), Fix: "Add a picture."}}
	case r.ImagesMax > 0 && len(p.Images) > r.ImagesMax:
		return []commerce.Problem{{Rule: "too_many_images", Field: "images", Value: strconv.Itoa(len(p.Images)), Allowed: fmt.Sprintf("at most %d", r.ImagesMax), Fix: fmt.Sprintf("Remove %d pictures.", len(p.Images)-r.ImagesMax)}}
	}
	return nil
}

func (r Rules) attributes(p commerce.Product) []commerce.Problem {
	var found []commerce.Problem
	for _, name := range sortedKeys(p.Attributes) {
		value := p.Attributes[name]
		if allowed := r.Values[name]; len(allowed) > 0 && value != "" && !slices.Contains(allowed, value) {
			found = append(found, commerce.Problem{Rule: name + "_not_allowed", Field: "attributes." + name, Value: Cut(value), Allowed: strings.Join(allowed, ", "),
				Fix: fmt.Sprintf("Choose one of: %s.", strings.Join(allowed, ", "))})
		}
	}
	return found
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (r Rules) options(p commerce.Product) []commerce.Problem {
	var found []commerce.Problem
	if r.OptionsMax > 0 && len(p.Options) > r.OptionsMax {
		found = append(found, commerce.Problem{Rule: "too_many_options", Field: "options", Value: strings.Join(p.Options, ", "), Allowed: fmt.Sprintf("at most %d", r.OptionsMax),
			Fix: fmt.Sprintf("Use at most %d options, or split the product.", r.OptionsMax)})
	}
	for i, o := range p.Options {
		found = append(found, measure("option_name", fmt.Sprintf("options[%d]", i), "name of option "+strconv.Itoa(i+1), o, 1, r.OptionNameMax)...)
	}
	if r.VariantsMax > 0 && len(p.Variants) > r.VariantsMax {
		found = append(found, commerce.Problem{Rule: "too_many_variants", Field: "variants", Value: strconv.Itoa(len(p.Variants)), Allowed: fmt.Sprintf("at most %d", r.VariantsMax),
			Fix: fmt.Sprintf("Use at most %d variants, or split the product.", r.VariantsMax)})
	}
	return found
}

func (r Rules) variant(i int, v commerce.Variant) []commerce.Problem {
	at := func(f string) string { return fmt.Sprintf("variants[%d].%s", i, f) }
	var found []commerce.Problem
	sku := string(v.SKU)
	if j := strings.IndexAny(sku, r.SKUForbidden); j >= 0 {
		_, size := utf8.DecodeRuneInString(sku[j:])
		found = append(found, commerce.Problem{Rule: "sku_character", Field: at("sku"), Value: Cut(sku), Allowed: fmt.Sprintf("anything without %s", spell(r.SKUForbidden)),
			Fix: fmt.Sprintf("Remove %s from the SKU.", spell(sku[j:j+size]))})
	}
	if r.SKUMax > 0 && utf8.RuneCountInString(sku) > r.SKUMax {
		found = append(found, commerce.Problem{Rule: "sku_too_long", Field: at("sku"), Value: Cut(sku), Allowed: fmt.Sprintf("at most %d characters", r.SKUMax), Fix: fmt.Sprintf("Shorten the SKU to %d characters.", r.SKUMax)})
	}
	for _, name := range sortedKeys(v.Options) {
		if value := v.Options[name]; r.OptionValueMax > 0 && utf8.RuneCountInString(value) > r.OptionValueMax {
			found = append(found, commerce.Problem{Rule: "option_too_long", Field: at("options." + name), Value: Cut(value), Allowed: fmt.Sprintf("at most %d characters", r.OptionValueMax), Fix: "Shorten the option's value."})
		}
	}
	return append(found, r.price(at("price"), v.Price)...)
}

func (r Rules) price(field string, m commerce.Money) []commerce.Problem {
	least, most := r.PriceMin[m.Currency], r.PriceMax[m.Currency]
	switch {
	case m.Amount <= 0:
		return []commerce.Problem{{Rule: "price_missing", Field: field, Value: m.Decimal(), Allowed: "more than zero", Fix: "Give the variant a price."}}
	case m.Amount < least:
		return []commerce.Problem{{Rule: "price_too_low", Field: field, Value: m.String(), Allowed: "at least " + commerce.Money{Amount: least, Currency: m.Currency}.String(), Fix: "Raise the price."}}
	case most > 0 && m.Amount > most:
		return []commerce.Problem{{Rule: "price_too_high", Field: field, Value: m.String(), Allowed: "at most " + commerce.Money{Amount: most, Currency: m.Currency}.String(), Fix: "Lower the price."}}
	}
	return nil
}

// spell names characters so that they can be seen.
func spell(chars string) string {
	var names []string
	for _, c := range chars {
		switch c {
		case ' ':
			names = append(names, "space")
		case '\t':
			names = append(names, "tab")
		case ',':
			names = append(names, "comma")
		case ':':
			names = append(names, "colon")
		default:
			names = append(names, "“"+string(c)+"”")
		}
	}
	return strings.Join(names, ", ")
}
