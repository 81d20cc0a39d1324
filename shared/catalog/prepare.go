package catalog

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// prepare completes a product and refuses what no marketplace and no page could
// handle. It does not judge by any marketplace's rules: a product may be fine
// on one and not on another.
func (e *Editor) prepare(w commerce.WorkspaceID, old commerce.Product, p *commerce.Product) error {
	now := e.Now()
	p.UpdatedAt = now
	if old.Version == 0 {
		p.CreatedAt = now
	}
	p.Title, p.Description = strings.TrimSpace(p.Title), strings.TrimSpace(p.Description)
	if err := checkText(*p); err != nil {
		return err
	}
	if len(p.Variants) == 0 {
		return refuse("variants", "no_variants", "A product has one variant at least.")
	}
	if len(p.Variants) > MaxVariants {
		return refuse("variants", "too_many_variants", "A product has at most %d variants, not %d.", MaxVariants, len(p.Variants))
	}
	skus, ids := map[commerce.SKU]int{}, map[commerce.VariantID]int{}
	for i := range p.Variants {
		v := &p.Variants[i]
		if _, had := old.Variant(v.ID); !had {
			v.ID = "" // an id is ours to give
		}
		if err := prepareVariant(w, *p, i, v); err != nil {
			return err
		}
		if first, twice := skus[v.SKU]; twice {
			return refuse(fmt.Sprintf("variants[%d].sku", i), "duplicate_sku", "Variants %d and %d have the same SKU %q.", first+1, i+1, v.SKU)
		}
		if first, twice := ids[v.ID]; twice {
			return refuse(fmt.Sprintf("variants[%d].options", i), "duplicate_options", "Variants %d and %d have the same options.", first+1, i+1)
		}
		skus[v.SKU], ids[v.ID] = i, i
	}
	return nil
}

func refuse(field, code, format string, args ...any) error {
	f := fault.New(fault.Invalid, code, format, args...)
	f.Field = field
	return f
}

func checkText(p commerce.Product) error {
	switch {
	case utf8.RuneCountInString(p.Handle) > maxHandle || strings.ContainsFunc(p.Handle, unicode.IsControl):
		return refuse("handle", "handle", "A handle has at most %d characters and no control characters.", maxHandle)
	case p.Title == "":
		return refuse("title", "title_missing", "Give the product a title.")
	case utf8.RuneCountInString(p.Title) > MaxTitle:
		return refuse("title", "title_too_long", "A title has at most %d characters.", MaxTitle)
	case utf8.RuneCountInString(p.Description) > MaxDescription:
		return refuse("description", "description_too_long", "A description has at most %d characters.", MaxDescription)
	case len(p.Tags) > maxTags:
		return refuse("tags", "too_many_tags", "A product has at most %d tags.", maxTags)
	case len(p.Options) > maxOptions:
		return refuse("options", "too_many_options", "A product has at most %d options.", maxOptions)
	case len(p.Images) > MaxImages:
		return refuse("images", "too_many_images", "A product has at most %d images.", MaxImages)
	case !utf8.ValidString(p.Title + p.Description + strings.Join(p.Tags, "")):
		return refuse("title", "encoding", "The text is not valid UTF-8.")
	case strings.ContainsFunc(p.Title, unicode.IsControl):
		return refuse("title", "control_character", "A title has no control characters.")
	}
	for i, img := range p.Images {
		if u, err := url.Parse(img.URL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return refuse(fmt.Sprintf("images[%d].url", i), "image_address", "%q is not a web address.", img.URL)
		}
	}
	return nil
}

func prepareVariant(w commerce.WorkspaceID, p commerce.Product, i int, v *commerce.Variant) error {
	at := func(f string) string { return fmt.Sprintf("variants[%d].%s", i, f) }
	for name := range v.Options {
		if !contains(p.Options, name) {
			return refuse(at("options"), "unknown_option", "Variant %d has an option %q the product does not name.", i+1, name)
		}
	}
	if v.ID == "" {
		v.ID = VariantIDOf(p.ID, v.Options)
	}
	if v.SKU == "" {
		v.SKU = GeneratedSKU(w, p.Handle, p.Options, v.Options)
	}
	sku := string(v.SKU)
	switch {
	case len(sku) > MaxSKU:
		return refuse(at("sku"), "sku_too_long", "A SKU has at most %d characters.", MaxSKU)
	case !utf8.ValidString(sku) || strings.ContainsFunc(sku, unicode.IsControl) || strings.TrimSpace(sku) != sku:
		return refuse(at("sku"), "sku_character", "A SKU has no control characters and no space at its ends.")
	case v.Price.Amount < 0:
		return refuse(at("price"), "price_negative", "A price is not negative.")
	case v.Grams < 0 || v.Grams > 1_000_000:
		return refuse(at("grams"), "weight", "A weight lies between 0 and 1,000,000 grams.")
	}
	if _, err := commerce.Exponent(v.Price.Currency); err != nil {
		return refuse(at("price"), "currency", "%q is not a currency we know.", v.Price.Currency)
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// Handle makes a handle from a title: lower-case letters and digits, joined by
// dashes, at most 80 characters.
func Handle(title string) string {
	var b strings.Builder
	dash := false
	for _, c := range strings.ToLower(title) {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(c)
		} else {
			dash = true
		}
		if b.Len() >= 80 {
			break
		}
	}
	return b.String()
}

// GeneratedSKU is the SKU of a variant whose seller gave none: readable, the
// same at every import, different in every product. It has upper-case letters,
// digits and dashes only, at most 40 of them, which every marketplace takes.
func GeneratedSKU(w commerce.WorkspaceID, handle string, names []string, options map[string]string) commerce.SKU {
	parts := []string{ascii(handle, 16)}
	id := []string{string(w), handle}
	for _, name := range names {
		if value := options[name]; value != "" {
			id = append(id, name, value)
			parts = append(parts, ascii(value, 6))
		}
	}
	digest := strings.ToUpper(commerce.Derive("s", id...)[2:8])
	readable := strings.Trim(strings.Join(parts, "-"), "-")
	if len(readable) > 33 {
		readable = strings.TrimRight(readable[:33], "-")
	}
	return commerce.SKU(strings.TrimLeft(readable+"-"+digest, "-"))
}

func ascii(s string, most int) string {
	var b strings.Builder
	for _, c := range strings.ToUpper(s) {
		if b.Len() == most {
			break
		}
		if (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') {
			b.WriteRune(c)
		} else if c == '-' && b.Len() > 0 {
			b.WriteByte('-')
		}
	}
	return strings.TrimRight(b.String(), "-")
}
