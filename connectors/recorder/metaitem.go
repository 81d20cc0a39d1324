package recorder

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of one items_batch (facebook.md §3, read 2026-09-12).
const (
	mostRecords = 5000
	mostBytes   = 28 << 20
)

// record is one entry of items_batch.
type record struct {
	Method string         `json:"method"`
	Data   map[string]any `json:"data"`
}

// checkItems holds the records of an items_batch against Meta's table of
// fields, which the description leaves open.
func checkItems(e *exchange, params map[string]any) {
	if params["item_type"] != "PRODUCT_ITEM" {
		e.report("item_type is %v", params["item_type"])
	}
	if len(e.body) > mostBytes {
		e.report("a body of %d bytes, %d are allowed", len(e.body), mostBytes)
	}
	raw := []byte(plain(params["requests"]))
	var records []record
	if err := json.Unmarshal(raw, &records); err != nil {
		e.report("requests is no list of records")
		return
	}
	if len(records) > mostRecords {
		e.report("%d records, %d are allowed", len(records), mostRecords)
	}
	seen := map[string]bool{}
	for _, r := range records {
		id, _ := r.Data["id"].(string)
		if seen[id] {
			e.report("an item stands twice in one call")
		}
		seen[id] = true
		for _, problem := range r.check(id) {
			e.report("item: %s", problem)
		}
	}
}

func (r record) check(id string) []string {
	if id == "" || utf8.RuneCountInString(id) > 100 || strings.ContainsAny(id, ",:") {
		return []string{fmt.Sprintf("id %q: 1 to 100 characters without comma and colon", short(id))}
	}
	switch r.Method {
	case "DELETE":
		if len(r.Data) != 1 {
			return []string{"DELETE holds more than the id"}
		}
		return nil
	case "CREATE":
		return append(r.missing(), r.values()...)
	case "UPDATE":
		return r.values()
	}
	return []string{fmt.Sprintf("method %q", r.Method)}
}

func (r record) missing() (problems []string) {
	for _, name := range []string{"title", "description", "availability", "condition", "price", "link", "brand"} {
		if r.Data[name] == nil || r.Data[name] == "" {
			problems = append(problems, "CREATE lacks "+name)
		}
	}
	if r.Data["image"] == nil && r.Data["image_link"] == nil {
		problems = append(problems, "CREATE lacks image")
	}
	return problems
}

func (r record) values() (problems []string) {
	table := itemFields()
	for name, value := range r.Data {
		check, known := table[name]
		switch {
		case !known:
			problems = append(problems, "field "+name+" is not documented")
		case !check(value):
			problems = append(problems, fmt.Sprintf("field %s: %q does not fit", name, short(plain(value))))
		}
	}
	return problems
}

var (
	moneyForm  = regexp.MustCompile(`^\d+(\.\d{1,3})? [A-Z]{3}$`)
	weightForm = regexp.MustCompile(`^\d+(\.\d+)? (kg|g|lb|oz)$`)
)

// itemFields is the table of facebook.md §3: field -> what it may be.
func itemFields() map[string]func(any) bool {
	text := func(most int) func(any) bool {
		return func(v any) bool {
			s, ok := v.(string)
			return ok && utf8.RuneCountInString(s) <= most
		}
	}
	one := func(values ...string) func(any) bool {
		return func(v any) bool {
			s, ok := v.(string)
			return ok && slices.Contains(values, s)
		}
	}
	money := func(v any) bool {
		s, ok := v.(string)
		return ok && (moneyForm.MatchString(s) || s == "")
	}
	table := map[string]func(any) bool{
		"id": text(100), "title": text(100), "description": text(5000), "rich_text_description": text(9999),
		"availability": one("in stock", "out of stock", "available for order", "discontinued", "preorder", "pending", "mark_as_sold"),
		"condition":    one("new", "refurbished", "used"), "price": money, "sale_price": money, "sale_price_effective_date": text(100),
		"link": isAddress, "mobile_link": isAddress, "image_link": isAddress, "image": isImages, "additional_image_link": func(v any) bool { return len(elements(v)) <= 50 },
		"brand": text(100), "item_group_id": text(100), "quantity_to_sell_on_facebook": isCount,
		"gender": one("male", "female", "unisex"), "age_group": one("newborn", "infant", "toddler", "kids", "adult"),
		"additional_variant_attribute": isAttributes, "visibility": one("published", "staging"), "gtin": text(70), "product_type": text(750),
		"shipping_weight": func(v any) bool { s, ok := v.(string); return ok && weightForm.MatchString(s) },
		"disabled_capabilities": func(v any) bool {
			_, ok := v.([]any)
			return ok
		},
	}
	for _, name := range strings.Fields(`color size pattern material google_product_category fb_product_category mpn expiration_date
		origin_country importer_name vendor_id custom_label_0 custom_label_1 custom_label_2 custom_label_3 custom_label_4`) {
		table[name] = text(750)
	}
	for _, name := range strings.Fields("shipping importer_address internal_label custom_number_0 custom_number_1 video applink rating_count user_rating") {
		table[name] = func(any) bool { return true }
	}
	return table
}

func isAddress(v any) bool {
	s, ok := v.(string)
	u, err := url.Parse(s)
	return ok && err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isImages(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > 21 {
		return false
	}
	for _, one := range list {
		image, ok := one.(map[string]any)
		if !ok || !isAddress(image["url"]) {
			return false
		}
	}
	return true
}

func isCount(v any) bool {
	n, ok := v.(float64)
	return ok && n >= 0 && n == float64(int64(n))
}

// isAttributes wants "Scent:Fruity,Flavor:Apple".
func isAttributes(v any) bool {
	s, ok := v.(string)
	if !ok {
		return false
	}
	for part := range strings.SplitSeq(s, ",") {
		if strings.Count(part, ":") != 1 {
			return false
		}
	}
	return true
}
