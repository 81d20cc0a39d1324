package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// imported is a product as a file states it.
type imported struct {
	product commerce.Product
	stated  map[commerce.VariantID]int64
	// named says which rows a variant came from, for problems.
	rows map[commerce.VariantID]int
}

// reader turns one group of rows into a product.
type reader struct {
	table    Table
	space    commerce.WorkspaceID
	currency string
	problems []port.RowProblem
}

func (r *reader) problem(row int, field, code, value, format string, args ...any) {
	if v := []rune(value); len(v) > 200 {
		value = string(v[:200])
	}
	r.problems = append(r.problems, port.RowProblem{Row: row, Field: field, Code: code, Value: value, Message: fmt.Sprintf(format, args...)})
}

// product lays what the file says over what is stored. Fields the file has no
// column for stay as they are.
func (r *reader) product(g RowGroup, old commerce.Product) imported {
	r.problems = append(r.problems, g.Broken...)
	in := imported{product: old, stated: map[commerce.VariantID]int64{}, rows: map[commerce.VariantID]int{}}
	p := &in.product
	p.ID, p.Handle = ProductIDOf(r.space, g.Handle), g.Handle
	if len(g.Rows) == 0 {
		return in
	}
	r.head(p, g.Rows[0])
	p.Options = r.options(g)
	p.Images = r.images(g, old.Images)
	p.Variants = nil
	for _, row := range g.Rows {
		if r.isVariant(row) {
			r.variant(&in, old, row)
		}
	}
	if len(p.Variants) == 0 && len(r.problems) == 0 {
		r.problem(g.Rows[0].Number, "variant price", "no_variants", "", "This product has no row with a price or an option.")
	}
	return in
}

func (r *reader) text(row Row, column string) string {
	return strings.TrimSpace(r.table.cell(row.Cells, column))
}

func (r *reader) head(p *commerce.Product, row Row) {
	take := func(column string, into *string) {
		if r.table.has(column) {
			*into = r.text(row, column)
		}
	}
	take("title", &p.Title)
	take("vendor", &p.Brand)
	take("category", &p.Category)
	if r.table.has("body (html)") {
		p.Description = PlainText(r.table.cell(row.Cells, "body (html)"))
	}
	if r.table.has("tags") {
		p.Tags = list(r.text(row, "tags"))
	}
	if r.table.has("materials") {
		p.Materials = list(r.text(row, "materials"))
	}
	if p.Title == "" {
		r.problem(row.Number, "title", "title_missing", "", "Give the product a title.")
	}
	if r.table.has("published") || r.table.has("status") {
		p.Archived = strings.EqualFold(r.text(row, "published"), "false") || slices.Contains([]string{"draft", "archived"}, strings.ToLower(r.text(row, "status")))
	}
	attributes := map[string]string{}
	for k, v := range p.Attributes {
		attributes[k] = v
	}
	for column, name := range attributeColumns() {
		if value := r.text(row, column); value != "" {
			attributes[name] = strings.ToLower(value)
		}
	}
	if p.Attributes = attributes; len(attributes) == 0 {
		p.Attributes = nil
	}
}

// attributeColumns are columns that become attributes.
func attributeColumns() map[string]string {
	return map[string]string{
		"who made": "who_made", "when made": "when_made", "condition": "condition", "google shopping / condition": "condition",
		"google shopping / gender": "gender", "google shopping / age group": "age_group", "type": "product_type",
	}
}

func list(text string) []string {
	var items []string
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// options are the names of the first row that has any. Shopify writes "Title"
// with the value "Default Title" for a product without options.
func (r *reader) options(g RowGroup) []string {
	var names []string
	for i := 1; i <= maxOptions; i++ {
		for _, row := range g.Rows {
			if name := r.text(row, fmt.Sprintf("option%d name", i)); name != "" {
				names = append(names, name)
				break
			}
		}
	}
	if len(names) == 1 && names[0] == "Title" && len(g.Rows) > 0 && r.text(g.Rows[0], "option1 value") == "Default Title" {
		return nil
	}
	return names
}

func (r *reader) images(g RowGroup, old []commerce.Image) []commerce.Image {
	if !r.table.has("image src") {
		return old
	}
	type placed struct {
		commerce.Image
		at int
	}
	var found []placed
	for _, row := range g.Rows {
		address := r.text(row, "image src")
		if address == "" || slices.ContainsFunc(found, func(p placed) bool { return p.URL == address }) {
			continue
		}
		at, err := strconv.Atoi(r.text(row, "image position"))
		if err != nil {
			at = len(found) + 1
		}
		found = append(found, placed{commerce.Image{URL: address, Alt: r.text(row, "image alt text")}, at})
	}
	slices.SortStableFunc(found, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	images := make([]commerce.Image, 0, len(found))
	for _, p := range found {
		images = append(images, p.Image)
	}
	return images
}

// isVariant tells a variant's row from one that only adds a picture.
func (r *reader) isVariant(row Row) bool {
	return r.text(row, "variant price") != "" || r.text(row, "option1 value") != "" || r.text(row, "variant sku") != "" || r.text(row, "title") != ""
}

func (r *reader) variant(in *imported, old commerce.Product, row Row) {
	p := &in.product
	options := map[string]string{}
	for i, name := range p.Options {
		value := r.text(row, fmt.Sprintf("option%d value", i+1))
		if value == "" {
			r.problem(row.Number, fmt.Sprintf("option%d value", i+1), "option_missing", "", "This variant has no %s.", name)
		}
		options[name] = value
	}
	if len(options) == 0 {
		options = nil
	}
	id := VariantIDOf(p.ID, options)
	if first, twice := in.rows[id]; twice {
		r.problem(row.Number, "option1 value", "duplicate_options", "", "Rows %d and %d are the same variant.", first, row.Number)
		return
	}
	v, _ := old.Variant(id)
	v.ID, v.Options = id, options
	v.SKU = commerce.SKU(r.text(row, "variant sku"))
	if v.SKU == "" {
		v.SKU = GeneratedSKU(r.space, p.Handle, p.Options, options)
	}
	v.Price = r.price(row)
	if r.table.has("variant barcode") {
		v.Barcode = r.text(row, "variant barcode")
	}
	if grams := r.whole(row, "variant grams"); grams != nil {
		v.Grams = *grams
	}
	if image := r.text(row, "variant image"); image != "" {
		v.Image = image
	}
	if quantity := r.whole(row, "variant inventory qty"); quantity != nil {
		in.stated[id] = *quantity
	}
	in.rows[id] = row.Number
	p.Variants = append(p.Variants, v)
}

// price is zero where the file has none: the marketplaces refuse it by name.
func (r *reader) price(row Row) commerce.Money {
	currency := strings.ToUpper(cmp.Or(r.text(row, "currency"), r.currency))
	text := r.text(row, "variant price")
	if text == "" {
		return commerce.Money{Currency: currency}
	}
	m, err := commerce.ParseMoney(text, currency)
	if err != nil || m.Amount < 0 {
		r.problem(row.Number, "variant price", "price", text, "%q is not a price in %s. Write it as 12.50: digits, a dot, no currency sign and no thousands separator.", text, currency)
	}
	return m
}

func (r *reader) whole(row Row, column string) *int64 {
	text := strings.TrimSuffix(r.text(row, column), ".0")
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1_000_000_000 {
		r.problem(row.Number, column, "number", text, "%q is not a whole number from 0 to 1,000,000,000.", text)
		return nil
	}
	return &n
}
