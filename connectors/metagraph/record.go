package metagraph

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// Limits of an item's fields (items_batch reference, 2026-09-12).
const (
	titleMax     = 100
	imagesMax    = 20
	attributeMax = 100
	materialMax  = 200
	brandMax     = 100
	gtinMax      = 70
)

// sheet is a product as Meta is to show it: one text for both surfaces, since
// an item exists once.
type sheet struct {
	product  commerce.Product
	defaults commerce.Defaults
	stock    map[commerce.VariantID]int64
	brand    string // when the product and the defaults name none
	off      []string
	grouped  string // item_group_id, empty for a single variant
}

// newSheet lays the overrides of the wanted channels over the product. An item
// has one text: Facebook's override wins where both have one.
func newSheet(c channel.Change, brand string) sheet {
	p := c.Product
	for _, on := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		if _, ok := c.Product.Overrides[on]; ok && c.Wanted[on] {
			p = c.Product.On(on)
			break
		}
	}
	s := sheet{product: p, defaults: c.Defaults, stock: c.Stock, brand: brand, off: switchedOff(c.Wanted)}
	if len(p.Variants) > 1 {
		s.grouped = string(p.ID)
	}
	return s
}

// capability is what a surface is called in an item's capabilities.
func capability(c commerce.Channel) string {
	if c == commerce.Instagram {
		return "ig_product_tagging"
	}
	return "shops"
}

// switchedOff are the capabilities of connected channels that don't want the
// item while another does.
func switchedOff(wanted map[commerce.Channel]bool) []string {
	off := []string{}
	for _, c := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		if on, connected := wanted[c]; connected && !on {
			off = append(off, capability(c))
		}
	}
	return off
}

// all is a whole record, as a new item needs it.
func (s sheet) all(v commerce.Variant) map[string]any {
	// Availability and quantity never disagree.
	n := max(0, s.stock[v.ID])
	data := map[string]any{"quantity_to_sell_on_facebook": n, "availability": availability(n), "price": v.Price.String(), "image": images(s.pictures(v))}
	if len(s.off) > 0 {
		data["disabled_capabilities"] = s.off
	}
	s.text(v, data)
	return data
}

func availability(n int64) string {
	if n > 0 {
		return "in stock"
	}
	return "out of stock"
}

func (s sheet) text(v commerce.Variant, data map[string]any) {
	p := s.product
	data["title"], data["description"] = title(p.Title), p.Description
	data["brand"], data["condition"], data["link"] = cutRunes(s.brandName(), brandMax), s.condition(), s.link(v)
	set := func(name, value string, most int) {
		if value = strings.TrimSpace(value); value != "" {
			data[name] = cutRunes(value, most)
		}
	}
	set("item_group_id", s.grouped, attributeMax)
	set("google_product_category", s.category(), 750)
	set("gtin", v.Barcode, gtinMax)
	set("material", strings.Join(p.Materials, "/"), materialMax)
	if grams := max(v.Grams, 0); grams > 0 || s.defaults.Grams > 0 {
		if grams == 0 {
			grams = s.defaults.Grams
		}
		data["shipping_weight"] = strconv.FormatInt(grams, 10) + " g"
	}
	s.options(v, data)
}

// title is what fits: feeds take 200 characters, items_batch documents 100.
func title(t string) string { return strings.TrimSpace(cutRunes(t, titleMax)) }

func cutRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

func (s sheet) brandName() string {
	for _, b := range []string{s.product.Brand, s.defaults.Brand, s.brand} {
		if b = strings.TrimSpace(b); b != "" {
			return b
		}
	}
	return ""
}

func (s sheet) condition() string {
	for _, c := range []string{s.product.Attributes["condition"], s.defaults.Condition} {
		if slices.Contains(conditions(), c) {
			return c
		}
	}
	return "new"
}

func conditions() []string { return []string{"new", "refurbished", "used"} }

// category is the channel's id of our category, if the seller has mapped it.
func (s sheet) category() string {
	key := s.product.Category
	if key == "" {
		key = s.defaults.Category
	}
	return s.defaults.Categories[key]
}

// link is the page of a variant in the seller's own shop.
func (s sheet) link(v commerce.Variant) string {
	return productURL(s.defaults.ProductURL, s.product.Handle, string(v.SKU))
}

// productURL fills {handle} and {sku} into the seller's template, each escaped
// for its place; empty when there is none or it makes no address.
func productURL(template, handle, sku string) string {
	path, query, asks := strings.Cut(template, "?")
	filled := strings.NewReplacer("{handle}", url.PathEscape(handle), "{sku}", url.PathEscape(sku)).Replace(path)
	if asks {
		filled += "?" + strings.NewReplacer("{handle}", url.QueryEscape(handle), "{sku}", url.QueryEscape(sku)).Replace(query)
	}
	u, err := url.Parse(filled)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return filled
}

// pictures are the addresses of a variant's images, its own first.
func (s sheet) pictures(v commerce.Variant) []string {
	var found []string
	add := func(address string) {
		if address != "" && !slices.Contains(found, address) && len(found) < imagesMax {
			found = append(found, address)
		}
	}
	add(v.Image)
	for _, i := range s.product.Images {
		add(i.URL)
	}
	return found
}

// picture is one entry of "image". With it, image_link and
// additional_image_link are ignored, so these are never sent.
type picture struct {
	URL string `json:"url"`
}

func images(addresses []string) []picture {
	list := make([]picture, 0, len(addresses))
	for _, a := range addresses {
		list = append(list, picture{a})
	}
	return list
}

// options turns the variant's choices into Meta's attributes; what Meta has no
// field for goes into additional_variant_attribute.
func (s sheet) options(v commerce.Variant, data map[string]any) {
	var more []string
	for _, name := range optionNames(s.product, v) {
		value := strings.TrimSpace(v.Options[name])
		if value == "" {
			continue
		}
		if field := attribute(name, value); field != "" && (data[field] == nil || field == "material") {
			if field == "gender" || field == "age_group" {
				value = strings.ToLower(value)
			}
			data[field] = cutRunes(value, attributeMax)
			continue
		}
		key, text := plain(name), plain(value)
		if key != "" && text != "" {
			more = append(more, key+":"+text)
		}
	}
	if len(more) > 0 {
		data["additional_variant_attribute"] = strings.Join(more, ",")
	}
}

// optionNames are the options in the product's order, then any the product
// does not list, by name.
func optionNames(p commerce.Product, v commerce.Variant) []string {
	names := slices.Clone(p.Options)
	var rest []string
	for name := range v.Options {
		if !slices.Contains(names, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}

// attribute is Meta's field for an option, empty for none. Gender and age
// group take fixed words only.
func attribute(name, value string) string {
	value = strings.ToLower(value)
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "color", "colour":
		return "color"
	case "size", "pattern", "material":
		return name
	case "gender":
		if slices.Contains([]string{"male", "female", "unisex"}, value) {
			return name
		}
	case "age group", "age_group":
		if slices.Contains([]string{"newborn", "infant", "toddler", "kids", "adult"}, value) {
			return "age_group"
		}
	}
	return ""
}

// plain takes away what separates attributes.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer(",", " ", ":", " ").Replace(s)), " ")
}
