package etsy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

var november = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func product() commerce.Product {
	usd := func(n int64) commerce.Money { return commerce.Money{Amount: n, Currency: "USD"} }
	return commerce.Product{
		Title: "Mug", Description: "Thrown by hand.", Images: []commerce.Image{{URL: "https://shop.example/1.png"}}, Options: []string{"Size"},
		Variants: []commerce.Variant{
			{ID: "a", SKU: "MUG-S", Options: map[string]string{"Size": "S"}, Price: usd(1000)},
			{ID: "b", SKU: "MUG-M", Options: map[string]string{"Size": "M"}, Price: usd(1200)},
		},
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*commerce.Product, *commerce.Defaults)
		rule   string
		field  string
	}{
		{"good", func(*commerce.Product, *commerce.Defaults) {}, "", ""},
		{"140 characters", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = strings.Repeat("ü", 140) }, "", ""},
		{"141 characters", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = strings.Repeat("ü", 141) }, "title_too_long", "title"},
		{"each sign once", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Title = "100% new: salt & pepper + more™ — ©®"
		}, "", ""},
		{"% twice", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = "100% wool, 0% acrylic" }, "title_repeated_character", "title"},
		{": twice", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = "a: b: c" }, "title_repeated_character", "title"},
		{"& twice", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = "a & b & c" }, "title_repeated_character", "title"},
		{"+ twice", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = "a + b + c" }, "title_repeated_character", "title"},
		{"currency sign", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = "Mug for 5 €" }, "title_character", "title"},
		{"emoji", func(p *commerce.Product, _ *commerce.Defaults) { p.Title = "Mug 😀" }, "title_character", "title"},
		{"no description", func(p *commerce.Product, _ *commerce.Defaults) { p.Description = "" }, "description_missing", "description"},
		{"HTML", func(p *commerce.Product, _ *commerce.Defaults) { p.Description = "A <b class=\"x\">good</b> mug" }, "description_html", "description"},
		{"a line break of HTML", func(p *commerce.Product, _ *commerce.Defaults) { p.Description = "One<BR/>two" }, "description_html", "description"},
		{"comparisons and hearts", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Description = "3 < 4 > 2, <3, a<b, <Brand>, x</y\n\nNew line"
		}, "", ""},
		{"14 tags", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Tags = strings.Fields("a b c d e f g h i j k l m n")
		}, "too_many_tags", "tags"},
		{"long tag", func(p *commerce.Product, _ *commerce.Defaults) { p.Tags = []string{"a tag of 21 character"} }, "tag_too_long", "tags[0]"},
		{"tag with comma", func(p *commerce.Product, _ *commerce.Defaults) { p.Tags = []string{"red", "a,b"} }, "tag_character", "tags[1]"},
		{"tag twice", func(p *commerce.Product, _ *commerce.Defaults) { p.Tags = []string{"red", "Red"} }, "tag_repeated", "tags[1]"},
		{"empty tag", func(p *commerce.Product, _ *commerce.Defaults) { p.Tags = []string{" "} }, "tag_empty", "tags[0]"},
		{"good tags", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Tags = []string{"mother's day", "hand-made", "tea™"}
		}, "", ""},
		{"material", func(p *commerce.Product, _ *commerce.Defaults) { p.Materials = []string{"oak", "stone-ware"} }, "material_character", "materials[1]"},
		{"21 pictures", func(p *commerce.Product, _ *commerce.Defaults) { p.Images = make([]commerce.Image, 21) }, "too_many_images", "images"},
		{"no picture", func(p *commerce.Product, _ *commerce.Defaults) { p.Images = nil }, "images_missing", "images"},
		{"three options", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Options = append(p.Options, "Color", "Glaze")
			for i := range p.Variants {
				p.Variants[i].Options["Color"], p.Variants[i].Options["Glaze"] = "a", "b"
			}
		}, "too_many_options", "options"},
		{"no options", func(p *commerce.Product, _ *commerce.Defaults) { p.Options = nil }, "options_missing", "options"},
		{"option missing", func(p *commerce.Product, _ *commerce.Defaults) { p.Variants[1].Options = nil }, "option_missing", "variants[1].options.Size"},
		{"parentheses", func(p *commerce.Product, _ *commerce.Defaults) { p.Variants[0].Options["Size"] = "S (tall)" }, "option_character", "variants[0].options.Size"},
		{"alike", func(p *commerce.Product, _ *commerce.Defaults) { p.Variants[0].Options["Size"] = "m" }, "variants_alike", "variants[1].options"},
		{"who", func(p *commerce.Product, _ *commerce.Defaults) { p.Attributes = map[string]string{"who_made": "me"} }, "who_made_not_allowed", "attributes.who_made"},
		{"who by default", func(_ *commerce.Product, d *commerce.Defaults) { d.WhoMade = "me" }, "who_made_not_allowed", "attributes.who_made"},
		{"when, last year's", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"when_made": "2020_2025"}
		}, "when_made_not_allowed", "attributes.when_made"},
		{"when, this year's", func(_ *commerce.Product, d *commerce.Defaults) { d.WhenMade = "2020_2026" }, "", ""},
		{"when, recent", func(_ *commerce.Product, d *commerce.Defaults) { d.WhenMade = "recent" }, "", ""},
		{"materials with accents and digits", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Materials = []string{"Eiche massiv 2", "терракота"}
		}, "", ""},
		{"empty material", func(p *commerce.Product, _ *commerce.Defaults) { p.Materials = []string{""} }, "material_empty", "materials[0]"},
		{"material with a comma", func(p *commerce.Product, _ *commerce.Defaults) { p.Materials = []string{"oak,ash"} }, "material_character", "materials[0]"},
		{"supply", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"is_supply": "perhaps"}
		}, "is_supply_not_allowed", "attributes.is_supply"},
		{"shipping profile by name", func(_ *commerce.Product, d *commerce.Defaults) { d.ShippingProfile = "Standard" }, "shipping_profile_not_allowed", "defaults.shipping_profile"},
		{"return policy by name", func(_ *commerce.Product, d *commerce.Defaults) { d.ReturnPolicy = "30 days" }, "return_policy_not_allowed", "defaults.return_policy"},
		{"processing profile of the product", func(p *commerce.Product, d *commerce.Defaults) {
			p.Attributes, d.Processing = map[string]string{"processing_profile": "-5"}, "7"
		}, "processing_profile_not_allowed", "attributes.processing_profile"},
		{"profiles by number", func(p *commerce.Product, d *commerce.Defaults) {
			d.ShippingProfile, d.ReturnPolicy, d.Processing = "1", "2", "3"
		}, "", ""},
		{"personalization", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"personalization": "yes"}
		}, "personalization_not_allowed", "attributes.personalization"},
		{"question", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"personalization": "required", "personalization_question": strings.Repeat("ж", 46)}
		}, "personalization_question_too_long", "attributes.personalization_question"},
		{"instructions", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"personalization": "optional", "personalization_instructions": strings.Repeat("ж", 257)}
		}, "personalization_instructions_too_long", "attributes.personalization_instructions"},
		{"length of an answer", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"personalization": "optional", "personalization_characters": "many"}
		}, "personalization_characters_not_allowed", "attributes.personalization_characters"},
		{"long answer", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"personalization": "optional", "personalization_characters": "1025"}
		}, "personalization_characters_not_allowed", "attributes.personalization_characters"},
		{"nothing is asked", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"personalization": "none", "personalization_question": strings.Repeat("ж", 46)}
		}, "", ""},
		{"good question", func(p *commerce.Product, _ *commerce.Defaults) {
			p.Attributes = map[string]string{"personalization": "required", "personalization_question": strings.Repeat("ж", 45), "personalization_characters": "1024"}
		}, "", ""},
		{"cheap", func(p *commerce.Product, _ *commerce.Defaults) { p.Variants[0].Price.Amount = 19 }, "price_too_low", "variants[0].price"},
		{"dear", func(p *commerce.Product, _ *commerce.Defaults) { p.Variants[1].Price.Amount = 5_000_001 }, "price_too_high", "variants[1].price"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := product(), commerce.Defaults{}
			c.change(&p, &d)
			found := channel.Validate(rules(), p, d, november)
			if c.rule == "" {
				if len(found) > 0 {
					t.Fatalf("problems %+v, want none", found)
				}
				return
			}
			if len(found) != 1 || found[0].Rule != c.rule || found[0].Field != c.field || found[0].Fix == "" || (found[0].Allowed == "") {
				t.Errorf("problems %+v, want one %s for %s", found, c.rule, c.field)
			}
		})
	}
}

func TestTooManyValues(t *testing.T) {
	t.Parallel()
	p := product()
	p.Variants = nil
	for i := range 71 {
		p.Variants = append(p.Variants, commerce.Variant{Options: map[string]string{"Size": strings.Repeat("x", i+1)}, Price: commerce.Money{Amount: 1, Currency: "USD"}})
	}
	if found := check(p, commerce.Defaults{}, november); len(found) != 1 || found[0].Rule != "too_many_option_values" {
		t.Errorf("problems %+v", found)
	}
}

// TestWhenMade holds the list against three vintages of Etsy's OpenAPI file.
func TestWhenMade(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]string{
		2024: "made_to_order 2020_2024 2010_2019 2005_2009 before_2005 2000_2004 1990s",
		2026: "made_to_order 2020_2026 2010_2019 2007_2009 before_2007 2000_2006 1990s",
		2029: "made_to_order 2020_2029 2010_2019 before_2010 2000_2009 1990s 1980s",
		2031: "made_to_order 2030_2031 2020_2029 2012_2019 before_2012 2010_2011 2000_2009",
	} {
		all := whenMade(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
		if got := strings.Join(all[:7], " "); got != want {
			t.Errorf("%d: %s, want %s", year, got, want)
		}
		if !slices.Contains(all, "1900s") || all[len(all)-1] != "before_1700" {
			t.Errorf("%d: %v", year, all)
		}
	}
}

func TestMade(t *testing.T) {
	t.Parallel()
	p := commerce.Product{Attributes: map[string]string{"who_made": "collective", "is_supply": "true"}}
	d := commerce.Defaults{WhoMade: "someone_else", WhenMade: "1990s"}
	if got, want := madeOf(p, d, november), (made{who: "collective", when: "1990s", supply: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := madeOf(commerce.Product{}, commerce.Defaults{}, november), (made{who: "i_did", when: "2020_2026"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
