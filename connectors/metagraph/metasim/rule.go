package metasim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// rule says what is wrong with a value, "" when nothing is.
type rule func(raw json.RawMessage) string

// itemRules is the field table of PRODUCT_ITEM (items_batch reference, copy of
// 2026-09-12, and fields that Meta's own plugins send).
func itemRules() map[string]rule {
	rules := map[string]rule{
		"title": upTo(100), "description": upTo(5000), "rich_text_description": upTo(9999), "brand": upTo(100),
		"availability": oneOf("in stock", "out of stock", "available for order", "discontinued", "preorder", "pending", "mark_as_sold"),
		"condition":    oneOf("new", "refurbished", "used", "used_like_new", "used_good", "used_fair", "cpo", "open_box_new"),
		"price":        isPrice, "sale_price": isPrice, "sale_price_effective_date": isPeriod,
		"link": isLink, "mobile_link": isLink, "image_link": isLink, "image": isImages, "additional_image_link": isLinks,
		"item_group_id": upTo(100), "color": upTo(200), "size": upTo(200), "pattern": upTo(100), "material": upTo(200),
		"gender": oneOf("male", "female", "unisex"), "age_group": oneOf("newborn", "infant", "toddler", "kids", "teen", "adult", "all ages"),
		"additional_variant_attribute": isAttributes, "quantity_to_sell_on_facebook": isCount, "inventory": isCount,
		"gtin": upTo(70), "mpn": upTo(100), "product_type": upTo(750), "google_product_category": isCategory, "fb_product_category": isCategory,
		"expiration_date": isDate, "shipping": anything, "shipping_weight": upTo(50), "origin_country": upTo(50),
		"importer_name": upTo(100), "importer_address": anything, "internal_label": anything, "vendor_id": upTo(100),
		"video": anything, "applink": anything, "rating_count": isCount, "user_rating": anything,
		"visibility": oneOf("published", "staging"), "disabled_capabilities": isCapabilities,
	}
	for i := range 5 {
		rules[fmt.Sprintf("custom_label_%d", i)] = upTo(100)
		rules[fmt.Sprintf("custom_number_%d", i)] = isCount
	}
	return rules
}

// requiredFields of a new item, next to its id and one of image and image_link.
func requiredFields() []string {
	return []string{"title", "description", "availability", "condition", "price", "link", "brand"}
}

// lacking names the required fields that data does not have.
func lacking(data map[string]json.RawMessage) []string {
	var out []string
	for _, name := range requiredFields() {
		if blank(data[name]) {
			out = append(out, name)
		}
	}
	if blank(data["image"]) && blank(data["image_link"]) {
		out = append(out, "image_link")
	}
	return out
}

func blank(raw json.RawMessage) bool {
	s := strings.TrimSpace(string(raw))
	return s == "" || s == "null" || s == `""` || s == "[]" || strings.TrimSpace(text(raw)) == ""
}

func anything(json.RawMessage) string { return "" }

func upTo(most int) rule {
	return func(raw json.RawMessage) string {
		s, ok := str(raw)
		if !ok {
			return "must be a string"
		}
		if n := utf8.RuneCountInString(s); n > most {
			return fmt.Sprintf("must have at most %d characters, has %d", most, n)
		}
		return ""
	}
}

func str(raw json.RawMessage) (string, bool) {
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

func oneOf(words ...string) rule {
	return func(raw json.RawMessage) string {
		if s, ok := str(raw); !ok || !slices.Contains(words, s) {
			return "must be one of: " + strings.Join(words, ", ")
		}
		return ""
	}
}

var pricePattern = regexp.MustCompile(`^([0-9]{1,12})(?:\.([0-9]{1,3}))? ([A-Z]{3})$`)

// isPrice takes "9.99 USD": a dot, one space, an ISO code, no more decimals
// than the currency has.
func isPrice(raw json.RawMessage) string {
	s, ok := str(raw)
	if !ok {
		return `must be a string such as "9.99 USD"`
	}
	m := pricePattern.FindStringSubmatch(s)
	if m == nil {
		return fmt.Sprintf(`must look like "9.99 USD", is %q`, s)
	}
	if len(m[2]) > decimals(m[3]) {
		return fmt.Sprintf("has more decimals than %s allows: %q", m[3], s)
	}
	return ""
}

// decimals is the number of minor digits of a currency (ISO 4217).
func decimals(currency string) int {
	switch {
	case slices.Contains(strings.Fields("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), currency):
		return 0
	case slices.Contains(strings.Fields("BHD IQD JOD KWD LYD OMR TND"), currency):
		return 3
	}
	return 2
}

// isCategory takes a category's name or its number.
func isCategory(raw json.RawMessage) string {
	if isCount(raw) == "" {
		return ""
	}
	return upTo(750)(raw)
}

func isLink(raw json.RawMessage) string {
	if s, ok := str(raw); !ok || !absolute(s) {
		return "must be an http or https address"
	}
	return ""
}

func isLinks(raw json.RawMessage) string {
	if list := links(raw); len(list) > 50 || slices.ContainsFunc(list, func(s string) bool { return !absolute(s) }) {
		return "must hold at most 50 http or https addresses"
	}
	return ""
}

// links reads a list of addresses, as an array or separated by commas.
func links(raw json.RawMessage) []string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	return strings.FieldsFunc(text(raw), func(r rune) bool { return r == ',' })
}

// taggedImage is one entry of "image".
type taggedImage struct {
	URL string   `json:"url"`
	Tag []string `json:"tag"`
}

func isImages(raw json.RawMessage) string {
	var list []taggedImage
	if err := json.Unmarshal(raw, &list); err != nil {
		return `must be an array of {"url", "tag"}`
	}
	if len(list) == 0 || len(list) > 21 {
		return fmt.Sprintf("must hold 1 to 21 pictures, holds %d", len(list))
	}
	if slices.ContainsFunc(list, func(i taggedImage) bool { return !absolute(i.URL) }) {
		return "needs http or https addresses"
	}
	return ""
}

func isCount(raw json.RawMessage) string {
	if n, err := strconv.ParseInt(text(raw), 10, 64); err != nil || n < 0 {
		return "must be a whole number, 0 or more"
	}
	return ""
}

func isDate(raw json.RawMessage) string {
	s, _ := str(raw)
	if _, err := time.Parse(time.DateOnly, s[:min(len(s), len(time.DateOnly))]); err != nil {
		return "must be a date such as 2026-12-31"
	}
	return ""
}

// isPeriod takes "2026-11-01T12:00-0300/2026-12-01T00:00-0300".
func isPeriod(raw json.RawMessage) string {
	s, _ := str(raw)
	from, to, ok := strings.Cut(s, "/")
	start, err1 := offsetTime(from)
	end, err2 := offsetTime(to)
	if !ok || err1 != nil || err2 != nil || !start.Before(end) {
		return "must be start/end such as 2026-11-01T12:00-0300/2026-12-01T00:00-0300"
	}
	return ""
}

func offsetTime(s string) (time.Time, error) {
	var last error
	for _, layout := range []string{"2006-01-02T15:04-0700", "2006-01-02T15:04-07:00", "2006-01-02T15:04:05-0700", time.RFC3339} {
		t, err := time.Parse(layout, s)
		if err == nil {
			return t, nil
		}
		last = err
	}
	return time.Time{}, last
}

// isAttributes takes "Scent:Fruity,Flavor:Apple".
func isAttributes(raw json.RawMessage) string {
	s, ok := str(raw)
	for pair := range strings.SplitSeq(s, ",") {
		if strings.Count(pair, ":") != 1 || strings.HasPrefix(pair, ":") || strings.HasSuffix(pair, ":") {
			ok = false
		}
	}
	if !ok {
		return `must look like "Scent:Fruity,Flavor:Apple"`
	}
	return ""
}

// capabilities are what an item can be used for (diagnostics enumeration).
func capabilities() []string {
	return []string{"shops", "ig_product_tagging", "marketplace_shops", "da", "whatsapp", "mini_shops"}
}

func isCapabilities(raw json.RawMessage) string {
	var list []string
	known := append(capabilities(), "buy_on_facebook", "universal_checkout", "b2c_marketplace", "marketplace", "offline_conversions", "daily_deals")
	if json.Unmarshal(raw, &list) != nil || slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(known, s) }) {
		return "must be an array of: " + strings.Join(known, ", ")
	}
	return ""
}
