package etsy

import (
	"fmt"
	"html"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// fieldsOf are the fields of a listing that come from the text of a product
// and from the account's defaults, as a form. Arrays are one value joined by
// commas.
func fieldsOf(p commerce.Product, d commerce.Defaults, taxonomy int64, now time.Time) url.Values {
	m := madeOf(p, d, now)
	f := url.Values{
		"title": {strings.TrimSpace(p.Title)}, "description": {p.Description},
		"tags": {api.Join(trimmed(p.Tags))}, "materials": {api.Join(trimmed(p.Materials))},
		"who_made": {m.who}, "when_made": {m.when}, "is_supply": {strconv.FormatBool(m.supply)},
		"taxonomy_id": {strconv.FormatInt(taxonomy, 10)},
		// Renewing costs money: only where the account says so.
		"should_auto_renew": {strconv.FormatBool(d.Renew == renewAuto)},
	}
	for field, name := range profileFields() {
		if id, _ := chosen(p, d, name); id != "" {
			f.Set(field, string(id))
		}
	}
	for name, mm := range map[string]int64{"item_length": d.LengthMM, "item_width": d.WidthMM, "item_height": d.HeightMM} {
		if mm > 0 {
			f.Set(name, strconv.FormatInt(mm, 10))
			f.Set("item_dimensions_unit", "mm")
		}
	}
	if grams := gramsOf(p, d); grams > 0 {
		f.Set("item_weight", strconv.FormatInt(grams, 10))
		f.Set("item_weight_unit", "g")
	}
	return f
}

// renewAuto is the value of Defaults.Renew that allows paid renewals.
const renewAuto = "auto"

func trimmed(words []string) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, strings.TrimSpace(w))
	}
	return out
}

// gramsOf is the heaviest variant, since a listing has one weight.
func gramsOf(p commerce.Product, d commerce.Defaults) (grams int64) {
	for _, v := range p.Variants {
		grams = max(grams, v.Grams)
	}
	if grams == 0 {
		return d.Grams
	}
	return grams
}

// draftOf is the form of a new draft. The inventory is written after it; until
// then the draft has one product.
func draftOf(p commerce.Product, stock map[commerce.VariantID]int64, fields url.Values) url.Values {
	f := url.Values{}
	for name, v := range fields {
		if v[0] != "" {
			f[name] = v
		}
	}
	f.Set("type", "physical")
	f.Set("quantity", strconv.FormatInt(min(max(total(p, stock), 1), maxQuantity), 10))
	f.Set("price", lowest(p).Decimal())
	return f
}

func lowest(p commerce.Product) (least commerce.Money) {
	for i, v := range p.Variants {
		if i == 0 || v.Price.Amount < least.Amount {
			least = v.Price
		}
	}
	return least
}

// changes are the fields that Etsy shows otherwise, with those that go together
// with them.
func changes(want url.Values, have api.Listing) url.Values {
	shown := shownFields(have)
	f := url.Values{}
	for name, v := range want {
		if !alike(name, v[0], shown[name]) {
			f.Set(name, v[0])
		}
	}
	for _, group := range together() {
		if !slices.ContainsFunc(group, f.Has) {
			continue
		}
		for _, name := range group {
			if want.Has(name) {
				f.Set(name, want.Get(name))
			}
		}
	}
	return f
}

// together are fields that mean nothing without each other.
func together() [][]string {
	return [][]string{
		{"who_made", "when_made", "is_supply"}, {"item_weight", "item_weight_unit"},
		{"item_length", "item_width", "item_height", "item_dimensions_unit"},
	}
}

// shownFields is a listing as the form that would make it.
func shownFields(l api.Listing) map[string]string {
	return map[string]string{
		"title": l.Title, "description": l.Description, "tags": api.Join(l.Tags), "materials": api.Join(l.Materials),
		"who_made": text(l.WhoMade), "when_made": text(l.WhenMade), "is_supply": text(l.IsSupply),
		"taxonomy_id": text(l.Taxonomy), "should_auto_renew": strconv.FormatBool(l.AutoRenew),
		"shipping_profile_id": text(l.ShippingProfile), "return_policy_id": text(l.ReturnPolicy),
		"item_weight": l.Weight.String(), "item_weight_unit": text(l.WeightUnit),
		"item_length": l.Length.String(), "item_width": l.Width.String(), "item_height": l.Height.String(), "item_dimensions_unit": text(l.SizeUnit),
	}
}

// text prints a value, and nothing for null.
func text[T any](v *T) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

// alike compares a field as it is wanted with what Etsy shows. Etsy may show
// characters such as ' as HTML entities.
func alike(name, want, have string) bool {
	switch name {
	case "item_weight", "item_length", "item_width", "item_height":
		a, okA := plainNumber(want)
		b, okB := plainNumber(have)
		return okA && okB && a.Cmp(b) == 0
	case "title", "description":
		clean := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
		return clean(want) == clean(have) || clean(want) == clean(html.UnescapeString(have))
	case "tags", "materials":
		return want == have || want == html.UnescapeString(have)
	}
	return want == have
}

// plainNumber reads digits and a point; an exponent could be as large as
// memory.
func plainNumber(s string) (*big.Rat, bool) {
	if s == "" || len(s) > 40 || strings.Trim(s, "0123456789.") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}
