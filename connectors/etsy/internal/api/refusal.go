package api

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// rawMax is how much of Etsy's own answer a problem keeps, in characters.
const rawMax = 500

// reading says what a text of Etsy's is about: every word of all must be in
// it, in lower case. The first that fits counts.
type reading struct {
	all     []string
	rule    string
	field   string
	allowed string
	fix     string
}

// readings are the refusals met or documented so far, the more special first.
func readings() []reading {
	return append(append(textReadings(), shopReadings()...), stockReadings()...)
}

func textReadings() []reading {
	const once = "each of % : & + at most once"
	return []reading{
		{[]string{"title", "once"}, "title_repeated_character", "title", once, "Use each of the characters % : & + at most once in the title."},
		{[]string{"title", "invalid character"}, "title_character", "title", "letters, digits, punctuation, spaces, ™ © ®", "Remove the character Etsy does not take from the title."},
		{[]string{"title", "empty"}, "title_missing", "title", "at least 1 character", "Write a title."},
		{[]string{"title", "characters long"}, "title_too_long", "title", "at most 140 characters", "Shorten the title to 140 characters."},
		{[]string{"title"}, "title_refused", "title", "", "Change the title: Etsy's own words say what it does not take."},
		{[]string{"tags", "at most", "can have"}, "too_many_tags", "tags", "at most 13 tags", "Remove tags until 13 are left."},
		{[]string{"tag", "more than once"}, "tag_repeated", "tags", "each tag once", "Remove the repeated tag."},
		{[]string{"tag", "duplicate"}, "tag_repeated", "tags", "each tag once", "Remove the repeated tag."},
		{[]string{"tag", "must have"}, "tag_too_long", "tags", "1 to 20 characters", "Shorten the tag to 20 characters."},
		{[]string{"tags"}, "tag_character", "tags", "letters, digits, spaces, - ' ™ © ®", "Remove the characters Etsy does not take from the tag."},
		{[]string{"material"}, "material_character", "materials", "letters, digits and spaces", "Remove everything but letters, digits and spaces from the material."},
		{[]string{"description"}, "description_refused", "description", "", "Change the description: Etsy's own words say what it does not take."},
		{[]string{"who_made"}, "who_made_not_allowed", "attributes.who_made", "i_did, someone_else, collective", "Choose who made it."},
		{[]string{"when_made"}, "when_made_not_allowed", "attributes.when_made", "", "Choose when it was made from Etsy's list of this year."},
		{[]string{"is_supply"}, "is_supply_not_allowed", "attributes.is_supply", "true, false", "Say whether it is a craft supply."},
	}
}

func shopReadings() []reading {
	return []reading{
		{[]string{"property", "for variations"}, "options_refused", "options", "", "Use other options, or one option only: Etsy's own words say what it does not take."},
		{[]string{"taxonomy"}, "category_unknown", "category", "a leaf of Etsy's seller categories", "Choose an Etsy category for this product in the connection's settings."},
		{[]string{"required attributes"}, "property_missing", "attributes", "", "Give the product the attributes that Etsy wants in this category, or choose another category."},
		{[]string{"attributes"}, "property_refused", "attributes", "", "Change the attribute: Etsy's own words say what it does not take."},
		{[]string{"calculated shipping"}, "package_missing", "defaults.grams", "weight, length, width and height", "Set the weight and size of the package in the connection's settings: the shipping profile computes its price from them."},
		{[]string{"item/weight"}, "package_missing", "defaults.grams", "weight, length, width and height", "Set the weight and size of the package in the connection's settings: the shipping profile computes its price from them."},
		{[]string{"item_weight"}, "package_missing", "defaults.grams", "weight, length, width and height", "Set the weight and size of the package in the connection's settings: the shipping profile computes its price from them."},
		{[]string{"primary language"}, "language_missing", "shop", "the shop's main language", "Etsy shows only what is written in the shop's main language. Change that language, or complete the listing, on Etsy."},
		{[]string{"frozen"}, "listing_frozen", "listing", "", "Etsy has frozen this listing. Its page in the shop manager says why."},
		{[]string{"in this state"}, "listing_locked", "listing", "", "Etsy has locked this listing. Its page in the shop manager says why."},
		{[]string{"shipping_profile"}, "shipping_profile", "defaults.shipping_profile", "a shipping profile of the shop", "Create a shipping profile on Etsy, or choose an existing one in the connection's settings."},
		{[]string{"shipping profile"}, "shipping_profile", "defaults.shipping_profile", "a shipping profile of the shop", "Create a shipping profile on Etsy, or choose an existing one in the connection's settings."},
		{[]string{"return_policy"}, "return_policy", "defaults.return_policy", "a return policy of the shop", "Create a return policy on Etsy, or choose an existing one in the connection's settings."},
		{[]string{"return/policy"}, "return_policy", "defaults.return_policy", "a return policy of the shop", "Create a return policy on Etsy, or choose an existing one in the connection's settings."},
		{[]string{"return policy"}, "return_policy", "defaults.return_policy", "a return policy of the shop", "Create a return policy on Etsy, or choose an existing one in the connection's settings."},
		{[]string{"readiness"}, "processing_profile", "defaults.processing_profile", "a processing profile of the shop", "Create a processing profile on Etsy, or choose an existing one in the connection's settings."},
		{[]string{"processing profile"}, "processing_profile", "defaults.processing_profile", "a processing profile of the shop", "Create a processing profile on Etsy, or choose an existing one in the connection's settings."},
		{[]string{"onboarding"}, "shop_not_ready", "shop", "", "Finish setting up the shop on Etsy."},
		{[]string{"alt_text"}, "alt_too_long", "images", "at most 500 characters", "Shorten the picture's description."},
		{[]string{"valid image file"}, "image_unreadable", "images", "JPEG, PNG or GIF", "Replace the picture: Etsy can't read it."},
		{[]string{"at most", "images"}, "too_many_images", "images", "at most 20", "Remove pictures until 20 are left."},
		{[]string{"array_too_short", "image"}, "images_missing", "images", "at least 1", "Add a picture."},
		{[]string{"at least one image"}, "images_missing", "images", "at least 1", "Add a picture."},
		{[]string{"image"}, "image_refused", "images", "", "Replace the picture: Etsy's own words say what is wrong with it."},
	}
}

func stockReadings() []reading {
	return []reading{
		{[]string{"quantity", "greater than 0"}, "quantity_zero", "stock", "at least 1 of one variant", "Put at least one piece in stock."},
		{[]string{"/values", "more than"}, "too_many_option_values", "options", "at most 70 values an option", "Use at most 70 values for an option, or split the product."},
		{[]string{"quantity", "greater than 999"}, "quantity_too_high", "stock", "0 to 999", "Lower the quantity to 999."},
		{[]string{"quantity", "between"}, "quantity_too_high", "stock", "0 to 999", "Lower the quantity to 999."},
		{[]string{"quantity_on_property"}, "variants_inconsistent", "options", "", "Give every variant its own combination of options."},
		{[]string{"on_property"}, "variants_inconsistent", "options", "", "Give every variant its own combination of options."},
		{[]string{"parenthes"}, "option_character", "options", "anything without ( and )", "Remove the parentheses from the option's value."},
		{[]string{"more than", "values"}, "too_many_option_values", "options", "at most 70 values an option", "Use at most 70 values for an option, or split the product."},
		{[]string{"combination"}, "variants_inconsistent", "options", "", "Give every variant its own combination of options."},
		{[]string{"property values"}, "options_refused", "options", "", "Change the options or their values: Etsy's own words say what it does not take."},
		{[]string{"property_values"}, "options_refused", "options", "", "Change the options or their values: Etsy's own words say what it does not take."},
		{[]string{"price", "above min"}, "price_too_low", "price", "more than Etsy's least price", "Raise the price: Etsy's own words say how much is the least."},
		{[]string{"price", "below max"}, "price_too_high", "price", "less than Etsy's highest price", "Lower the price: Etsy's own words say how much is the most."},
		{[]string{"price"}, "price_refused", "price", "", "Change the price: Etsy's own words say what it does not take."},
		{[]string{"sku"}, "sku_refused", "sku", "", "Change the SKU: Etsy's own words say what it does not take."},
		{[]string{"carrier"}, "carrier_unknown", "carrier", "a carrier Etsy knows, or other", "Choose another carrier."},
		{[]string{"tracking_code"}, "tracking_refused", "tracking", "", "Correct the tracking number."},
		{[]string{"quantity"}, "quantity_refused", "stock", "1 to 999", "Change the quantity to one between 1 and 999."},
	}
}

// byOperation says what a refusal is about where its text says nothing known.
func byOperation() map[string]reading {
	return map[string]reading{
		"updateListingPersonalization": {rule: "personalization_refused", field: "attributes.personalization",
			fix: "Change what buyers are asked. Where the listing asks several things on Etsy, change them there and leave the attribute personalization empty here."},
		"updateListingProperty": {rule: "property_refused", field: "attributes", fix: "Change the attribute: Etsy's own words say what it does not take."},
		"uploadListingImage":    {rule: "image_refused", field: "images", fix: "Replace the picture: Etsy's own words say what is wrong with it."},
	}
}

var (
	productIndex = regexp.MustCompile(`products\[(\d{1,4})\]`)
	quoted       = regexp.MustCompile(`'([^']{1,200})'`)
)

// refusal is a Rejected fault with one problem a seller can act on.
func refusal(a Answer, text string) *fault.Error {
	p := commerce.Problem{
		Channel: commerce.Etsy, Rule: "refused_by_etsy", Raw: cutRaw(string(a.Body)),
		Fix: "Etsy refused this. Its own words say why: change the product, and try again.",
	}
	lower := strings.ToLower(text)
	if a.Op == "createDraftListing" && fits(lower, []string{"images", "array_too_short"}) {
		lower = "onboarding" // what Etsy says of a shop that is not set up (etsy/open-api#298)
	}
	for _, r := range readings() {
		if fits(lower, r.all) {
			p.Rule, p.Field, p.Allowed, p.Fix = r.rule, r.field, r.allowed, r.fix
			break
		}
	}
	if r, known := byOperation()[a.Op]; known && p.Rule == "refused_by_etsy" {
		p.Rule, p.Field, p.Allowed, p.Fix = r.rule, r.field, r.allowed, r.fix
	}
	if at := productIndex.FindStringSubmatch(text); at != nil {
		p.Field = strings.TrimSuffix(fmt.Sprintf("variants[%s].%s", at[1], p.Field), ".")
	}
	if found := quoted.FindStringSubmatch(text); found != nil && !strings.Contains(found[1], "_") {
		p.Value = channel.Cut(found[1])
	}
	return fault.Refused(fault.Rejected, p)
}

func fits(text string, all []string) bool {
	for _, word := range all {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// cutRaw keeps the beginning of foreign text, and no half characters.
func cutRaw(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if r := []rune(s); len(r) > rawMax {
		return string(r[:rawMax-1]) + "…"
	}
	return s
}
