package metasim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Review words (ProductItem specs).
const (
	reviewNone     = ""
	reviewPending  = "pending"
	reviewApproved = "approved"
	reviewRejected = "rejected"
)

// Image words (ProductItem specs).
const (
	imageNone     = "NO_STATUS"
	imageFetched  = "FETCHED"
	imagePartial  = "PARTIAL_FETCH"
	imageOutdated = "OUTDATED"
	imageFailed   = "FETCH_FAILED"
)

// Error types of items.
const (
	errorImage  = "IMAGE_FETCH_FAILED"
	errorPolicy = "POLICY_VIOLATION"
)

// item is one catalog item as Meta holds it.
type item struct {
	ID         string                     `json:"id"`
	RetailerID string                     `json:"retailer_id"`
	Data       map[string]json.RawMessage `json:"data"` // as it was sent, without id
	Version    int                        `json:"version"`
	Image      string                     `json:"image"`
	Fetched    int                        `json:"fetched"` // pictures that Meta has
	Review     string                     `json:"review"`
	ReviewDue  time.Time                  `json:"review_due,omitzero"`
	Reasons    []string                   `json:"reasons,omitempty"`
	Errors     []itemError                `json:"errors,omitempty"`
	// Passed says that the item was approved and not refused since: it stays
	// on sale while a change of it is reviewed.
	Passed bool `json:"passed"`
}

// itemError is a ProductItemError.
type itemError struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Type        string `json:"error_type"`
	Priority    string `json:"error_priority"`
}

func itemKey(catalog, retailer string) string { return catalog + "#" + retailer }

// text is a field as it was sent, "" where it was not.
func (it item) text(name string) string {
	if raw, ok := it.Data[name]; ok {
		return text(raw)
	}
	return ""
}

// pictures are the addresses to fetch: image wins over the two older fields.
func (it item) pictures() []string {
	var images []taggedImage
	if json.Unmarshal(it.Data["image"], &images) == nil && len(images) > 0 {
		var out []string
		for _, i := range images {
			out = append(out, i.URL)
		}
		return out
	}
	var out []string
	if first := it.text("image_link"); first != "" {
		out = append(out, first)
	}
	if raw := it.Data["additional_image_link"]; !blank(raw) {
		out = append(out, links(raw)...)
	}
	return out
}

func (it item) picture() string {
	if all := it.pictures(); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (it item) disabled() []string {
	var list []string
	if raw, ok := it.Data["disabled_capabilities"]; ok {
		_ = json.Unmarshal(raw, &list) // checked when it was sent
	}
	return list
}

// visible lists the surfaces on which a buyer sees the item. The capability
// shops stands for the shop on Facebook, ig_product_tagging for Instagram.
func (it item) visible() []string {
	out := []string{}
	if !it.Passed || it.Image == imageFailed || it.text("visibility") == "staging" || it.text("availability") == "discontinued" {
		return out
	}
	off := it.disabled()
	if !slices.Contains(off, "shops") {
		out = append(out, Facebook)
	}
	if !slices.Contains(off, "ig_product_tagging") {
		out = append(out, Instagram)
	}
	return out
}

// buyable says whether a buyer can put it into a cart.
func (it item) buyable() bool {
	if n := it.text("quantity_to_sell_on_facebook"); n == "0" {
		return false
	}
	return slices.Contains([]string{"in stock", "available for order", "preorder"}, it.text("availability"))
}

// keyValue is how the Graph API prints a map inside a list.
type keyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (it item) reviews() []keyValue {
	var out []keyValue
	for _, name := range capabilities() {
		status := map[string]string{reviewPending: "PENDING", reviewApproved: "APPROVED", reviewRejected: "REJECTED"}[it.Review]
		if status == "" || slices.Contains(it.disabled(), name) {
			status = "NO_REVIEW"
		}
		out = append(out, keyValue{Key: strings.ToUpper(name), Value: status})
	}
	return out
}

// object prints an item with the names of reading, which are not the names of
// items_batch.
func (it item) object(c *call) object {
	o := object{
		"id": it.ID, "retailer_id": it.RetailerID, "name": it.text("title"), "url": it.text("link"),
		"price": localPrice(it.text("price")), "currency": currency(it.text("price")),
		"image_url": it.picture(), "image_fetch_status": it.Image, "review_status": it.Review,
		"review_rejection_reasons": orEmpty(it.Reasons), "capability_to_review_status": it.reviews(),
		"capabilities_disabled_by_user": orEmpty(it.disabled()), "errors": orEmpty(it.Errors), "invalidation_errors": []object{},
		"visibility": "published", "status": "PUBLISHED", "product_catalog": object{"id": c.w.Catalog, "name": catalogName},
	}
	if it.text("visibility") == "staging" {
		o["visibility"], o["status"] = "staging", "STAGING"
	}
	if all := it.pictures(); len(all) > 1 {
		o["additional_image_urls"] = all[1:]
	}
	if group := it.text("item_group_id"); group != "" {
		o["retailer_product_group_id"] = group
	}
	if raw := it.text("sale_price"); raw != "" {
		o["sale_price"] = localPrice(raw)
	}
	for _, name := range []string{"quantity_to_sell_on_facebook", "inventory"} {
		if n, err := strconv.Atoi(it.text(name)); err == nil {
			o[name] = n
		}
	}
	for sent, read := range plainFields() {
		if value := it.text(sent); value != "" {
			o[read] = value
		}
	}
	return o
}

// plainFields maps names of items_batch to names of reading, for plain text.
func plainFields() map[string]string {
	out := map[string]string{"google_product_category": "category", "mpn": "manufacturer_part_number"}
	for _, name := range strings.Fields(`description rich_text_description availability condition brand color size pattern
		material gender age_group gtin product_type fb_product_category expiration_date origin_country importer_name
		mobile_link vendor_id custom_label_0 custom_label_1 custom_label_2 custom_label_3 custom_label_4
		custom_number_0 custom_number_1 custom_number_2 custom_number_3 custom_number_4`) {
		out[name] = name
	}
	return out
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func currency(price string) string {
	_, code, _ := strings.Cut(price, " ")
	return code
}

// localPrice prints a price for people, which is how reads answer: a symbol,
// thousands separated, never to be parsed.
func localPrice(price string) string {
	amount, code, ok := strings.Cut(price, " ")
	if !ok {
		return price
	}
	whole, fraction, _ := strings.Cut(amount, ".")
	thousand, point := ",", "."
	if code == "IDR" || code == "BRL" || code == "VND" {
		thousand, point = ".", ","
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + thousand + whole[i:]
	}
	if n := decimals(code); n > 0 && code != "IDR" {
		whole += point + (fraction + "000")[:n]
	}
	symbols := map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "IDR": "Rp", "BRL": "R$", "INR": "₹", "KRW": "₩"}
	if symbol, known := symbols[code]; known {
		return symbol + whole
	}
	return code + " " + whole
}
