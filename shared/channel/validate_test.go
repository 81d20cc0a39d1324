package channel_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func rules() channel.Rules {
	return channel.Rules{
		TitleMin: 3, TitleMax: 10, DescriptionMin: 1, DescriptionMax: 20, TagsMax: 2, TagMax: 5, MaterialsMax: 1, ImagesMin: 1, ImagesMax: 2,
		VariantsMax: 2, OptionsMax: 1, OptionNameMax: 6, OptionValueMax: 4, SKUMax: 8, SKUForbidden: " ,:€",
		PriceMin: map[string]int64{"USD": 20}, PriceMax: map[string]int64{"USD": 5000}, Values: map[string][]string{"condition": {"new", "used"}},
	}
}

func fine() commerce.Product {
	return commerce.Product{Title: "Mug", Description: "A mug", Images: []commerce.Image{{URL: "https://x/1.png"}}, Options: []string{"Size"},
		Variants: []commerce.Variant{{SKU: "MUG-S", Options: map[string]string{"Size": "S"}, Price: commerce.Money{Amount: 1000, Currency: "USD"}}}}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit        func(*commerce.Product)
		rule, field string
	}{
		"fine":                  {func(*commerce.Product) {}, "", ""},
		"no title":              {func(p *commerce.Product) { p.Title = "" }, "title_missing", "title"},
		"short title":           {func(p *commerce.Product) { p.Title = "жж" }, "title_too_short", "title"},
		"long title":            {func(p *commerce.Product) { p.Title = strings.Repeat("ж", 11) }, "title_too_long", "title"},
		"no description":        {func(p *commerce.Product) { p.Description = "" }, "description_missing", "description"},
		"many tags":             {func(p *commerce.Product) { p.Tags = []string{"a", "b", "c"} }, "too_many_tags", "tags"},
		"long tag":              {func(p *commerce.Product) { p.Tags = []string{"a", "жжжжжж"} }, "tag_too_long", "tags[1]"},
		"many materials":        {func(p *commerce.Product) { p.Materials = []string{"a", "b"} }, "too_many_materials", "materials"},
		"no picture":            {func(p *commerce.Product) { p.Images = nil }, "images_missing", "images"},
		"many pictures":         {func(p *commerce.Product) { p.Images = make([]commerce.Image, 3) }, "too_many_images", "images"},
		"attribute":             {func(p *commerce.Product) { p.Attributes = map[string]string{"condition": "mint", "other": "x"} }, "condition_not_allowed", "attributes.condition"},
		"many options":          {func(p *commerce.Product) { p.Options = []string{"a", "b"} }, "too_many_options", "options"},
		"option without a name": {func(p *commerce.Product) { p.Options = []string{""} }, "option_name_missing", "options[0]"},
		"long option name":      {func(p *commerce.Product) { p.Options = []string{"long name"} }, "option_name_too_long", "options[0]"},
		"long option":           {func(p *commerce.Product) { p.Variants[0].Options["Size"] = "large" }, "option_too_long", "variants[0].options.Size"},
		"many variants":         {func(p *commerce.Product) { p.Variants = slices.Repeat(p.Variants, 3) }, "too_many_variants", "variants"},
		"SKU with a comma":      {func(p *commerce.Product) { p.Variants[0].SKU = "a,b" }, "sku_character", "variants[0].sku"},
		"SKU with a euro":       {func(p *commerce.Product) { p.Variants[0].SKU = "a€b" }, "sku_character", "variants[0].sku"},
		"long SKU":              {func(p *commerce.Product) { p.Variants[0].SKU = "123456789" }, "sku_too_long", "variants[0].sku"},
		"no price":              {func(p *commerce.Product) { p.Variants[0].Price.Amount = 0 }, "price_missing", "variants[0].price"},
		"low price":             {func(p *commerce.Product) { p.Variants[0].Price.Amount = 19 }, "price_too_low", "variants[0].price"},
		"high price":            {func(p *commerce.Product) { p.Variants[0].Price.Amount = 5001 }, "price_too_high", "variants[0].price"},
	} {
		p := fine()
		c.edit(&p)
		found := channel.Validate(rules(), p, commerce.Defaults{}, time.Time{})
		switch {
		case c.rule == "" && len(found) > 0:
			t.Errorf("%s: %+v", name, found)
		case c.rule != "" && (len(found) != 1 || found[0].Rule != c.rule || found[0].Field != c.field):
			t.Errorf("%s: %+v, want %s of %s", name, found, c.rule, c.field)
		case c.rule != "" && (found[0].Fix == "" || found[0].Allowed == "" || !utf8.ValidString(found[0].Fix)):
			t.Errorf("%s: a seller can't act on %+v", name, found[0])
		}
	}
}

func TestNoRulesRefuseOnlyWhatNobodyTakes(t *testing.T) {
	t.Parallel()
	p := commerce.Product{Title: strings.Repeat("x", 10_000), Variants: []commerce.Variant{{SKU: " , ", Price: commerce.Money{Amount: 1, Currency: "JPY"}}}}
	if found := channel.Validate(channel.Rules{}, p, commerce.Defaults{}, time.Time{}); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestValidateAsksTheConnector(t *testing.T) {
	t.Parallel()
	r := rules()
	r.Check = func(_ commerce.Product, d commerce.Defaults, now time.Time) []commerce.Problem {
		return []commerce.Problem{{Rule: d.Category, Value: now.Format("2006")}}
	}
	found := channel.Validate(r, fine(), commerce.Defaults{Category: "mugs"}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if len(found) != 1 || found[0].Rule != "mugs" || found[0].Value != "2026" {
		t.Errorf("%+v", found)
	}
}

// Whatever a product holds, what is shown of it is short and readable.
func TestProblemsAreShort(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := commerce.Product{Title: rapid.String().Draw(t, "title"), Tags: rapid.SliceOf(rapid.String()).Draw(t, "tags"),
			Variants: []commerce.Variant{{SKU: commerce.SKU(rapid.String().Draw(t, "sku")), Price: commerce.Money{Amount: rapid.Int64().Draw(t, "amount"), Currency: "USD"}}}}
		for _, found := range channel.Validate(rules(), p, commerce.Defaults{}, time.Time{}) {
			if found.Rule == "" || found.Fix == "" || utf8.RuneCountInString(found.Value) > 200 {
				t.Fatalf("%+v", found)
			}
		}
	})
}
