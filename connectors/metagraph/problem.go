package metagraph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// problemsMax is how many problems of one listing are shown.
const problemsMax = 20

// few drops repeated problems and those beyond what anybody reads.
func few(problems []commerce.Problem) []commerce.Problem {
	var kept []commerce.Problem
	for _, p := range problems {
		same := func(k commerce.Problem) bool { return k.Rule == p.Rule && k.Field == p.Field && k.Raw == p.Raw }
		if len(kept) < problemsMax && !slices.ContainsFunc(kept, same) {
			kept = append(kept, p)
		}
	}
	return kept
}

func keysOf(m map[string][]string) []string { return slices.Sorted(maps.Keys(m)) }

// problemOf turns Meta's words about an item into a problem a seller can act
// on. The words are Meta's own and undocumented: known field names are looked
// for, anything else is shown as it is.
func problemOf(c channel.Change, s step, message string) commerce.Problem {
	at := variantOf(c, s)
	p := commerce.Problem{Rule: "refused_by_meta", Field: at, Value: channel.Cut(s.id), Raw: cutRunes(message, 500),
		Fix: "Meta did not accept this item. Change what its message names and save the product."}
	low := strings.ToLower(message)
	switch {
	case strings.Contains(low, "duplicate retailer_id"):
		p.Rule, p.Allowed, p.Fix = "duplicate_retailer_id", "an id used once", "Another item has the same id. Change the SKU of this variant."
		p.Field = at + ".sku"
		return p
	case strings.Contains(low, "required field is missing") && s.method == updated:
		p.Rule, p.Allowed = "listing_gone", "an item that is in the catalog"
		p.Fix = "The item was deleted at Meta. Use “retry” to list it again."
		return p
	}
	for _, f := range metaFields() {
		if !mentions(low, f.name) {
			continue
		}
		p.Field = strings.ReplaceAll(f.ours, "{variant}", at)
		p.Rule, p.Fix = "meta_"+f.name, fmt.Sprintf("Change the %s: Meta does not accept it.", f.title)
		if strings.Contains(low, "required") || strings.Contains(low, "missing") || strings.Contains(low, "empty") {
			p.Rule, p.Fix = "meta_"+f.name+"_missing", fmt.Sprintf("Fill in the %s: Meta needs it.", f.title)
		}
		return p
	}
	return p
}

// metaField says what a field of Meta's is called here.
type metaField struct{ name, ours, title string }

// metaFields lists longer names first, since one may be part of another.
func metaFields() []metaField {
	return []metaField{
		{"quantity_to_sell_on_facebook", "{variant}.stock", "stock"},
		{"additional_variant_attribute", "{variant}.options", "options"},
		{"google_product_category", "defaults.categories", "category"},
		{"shipping_weight", "{variant}.grams", "weight"},
		{"item_group_id", "variants", "variants"},
		{"availability", "{variant}.stock", "stock"},
		{"description", "description", "description"},
		{"image_link", "images", "pictures"},
		{"condition", "attributes.condition", "condition"},
		{"age_group", "{variant}.options", "options"},
		{"material", "materials", "materials"},
		{"gender", "{variant}.options", "options"},
		{"pattern", "{variant}.options", "options"},
		{"image", "images", "pictures"},
		{"title", "title", "title"},
		{"brand", "brand", "brand"},
		{"price", "{variant}.price", "price"},
		{"color", "{variant}.options", "options"},
		{"size", "{variant}.options", "options"},
		{"link", "defaults.product_url", "address of the product page"},
		{"gtin", "{variant}.barcode", "barcode"},
		{"id", "{variant}.sku", "SKU"},
	}
}

// mentions says whether a text has a name as a word of its own.
func mentions(text, name string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return slices.Contains(words, name)
}

// variantOf is the path of the variant an item belongs to.
func variantOf(c channel.Change, s step) string {
	if n := slices.IndexFunc(c.Product.Variants, func(have commerce.Variant) bool { return have.ID == s.variant }); n >= 0 {
		return fmt.Sprintf("variants[%d]", n)
	}
	return "variants"
}
