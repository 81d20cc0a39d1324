package tiktoksim

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Price range of the US market in cents (Product Pricing, 2025-12).
const minPrice, maxPrice = 1, 760_000

const maxQuantity = 99_999

func (c *call) checkSKUs(p *content, k category) error {
	if len(p.SKUs) == 0 {
		return invalid("param body.skus is missing")
	}
	if len(p.SKUs) > maxSKUs {
		return reject(12052050, "A product cannot have more than %d SKUs.", maxSKUs)
	}
	for _, v := range p.SKUs {
		if err := c.checkSKU(v, k); err != nil {
			return err
		}
	}
	if err := checkVariants(p.SKUs); err != nil {
		return err
	}
	return c.checkVariantImages(p.SKUs)
}

func (c *call) checkSKU(v sku, k category) error {
	if utf8.RuneCountInString(v.SellerSKU) > 50 {
		return reject(12052054, "The seller SKU exceeds 50 characters.")
	}
	if strings.ContainsAny(v.SellerSKU, " \t\r\n") {
		return reject(12019059, "The seller SKU must not contain spaces.")
	}
	if len(v.ExternalID) > 999 {
		return reject(codeBadParameters, "external_sku_id exceeds 999 characters.")
	}
	if v.Price == nil {
		return invalid("param body.skus.price is missing")
	}
	if _, err := checkPrice(*v.Price); err != nil {
		return err
	}
	if v.ID == "" || v.Inventory != nil {
		if err := c.checkInventory(v.Inventory); err != nil {
			return err
		}
	}
	if err := checkCode(v.Code); err != nil {
		return err
	}
	return k.checkSales(v.Sales)
}

var amountForm = regexp.MustCompile(`^\d{1,9}(\.\d{1,2})?$`)

// checkPrice returns the amount in cents.
func checkPrice(p price) (int64, error) {
	if p.Currency != "USD" {
		return 0, reject(12052084, "The currency is not available for this shop: USD is.")
	}
	cents, ok := cents(p.Amount)
	if !ok {
		return 0, reject(12052012, "Incorrect price format")
	}
	if cents < minPrice || cents > maxPrice {
		return 0, reject(12052570, "The product price exceeds the limits of 0.01 to 7600.")
	}
	return cents, nil
}

func cents(text string) (int64, bool) {
	if !amountForm.MatchString(text) {
		return 0, false
	}
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil
}

// printCents writes an amount with two decimals.
func printCents(n int64) string {
	text := strconv.FormatInt(n, 10)
	for len(text) < 3 {
		text = "0" + text
	}
	return text[:len(text)-2] + "." + text[len(text)-2:]
}

func (c *call) checkInventory(list []stock) error {
	if len(list) == 0 {
		return reject(12019022, "A SKU must have a valid warehouse.")
	}
	seen := map[string]bool{}
	for _, one := range list {
		w, ok := c.shop.warehouse(one.Warehouse)
		switch {
		case !ok:
			return reject(12052097, "The warehouse does not exist.")
		case w.Type != salesWarehouse:
			return reject(12052532, "The warehouse is not a delivery warehouse.")
		case seen[w.ID]:
			return reject(12052910, "A warehouse is named twice for a SKU.")
		case !c.sim.quantityAllowed(one.Quantity):
			return reject(12052055, "The quantity of a SKU must be within the allowed limits.")
		}
		seen[w.ID] = true
	}
	return nil
}

func (s *Sim) quantityAllowed(n *int) bool {
	low := 0
	if s.RefuseZeroStock {
		low = 1
	}
	return n != nil && *n >= low && *n <= maxQuantity
}

func checkCode(code *skuCode) error {
	if code == nil || code.Code == "" {
		return nil
	}
	digits, ok := map[string][]int{"GTIN": {14}, "EAN": {8, 13, 14}, "UPC": {12}, "ISBN": {13, 10}, "JAN": {8, 13}}[code.Type]
	if !ok {
		return reject(12052600, "The type of the identifier code must be selected.")
	}
	number := strings.TrimSuffix(code.Code, "X")
	if !slices.Contains(digits, len(code.Code)) || strings.Trim(number, "0123456789") != "" {
		return reject(12052591, "The identifier code has an invalid number of digits.")
	}
	return nil
}

func (c category) checkSales(list []saleAttr) error {
	if len(list) > 3 {
		return reject(12052525, "There are more than 3 sales attributes.")
	}
	for _, a := range list {
		if err := c.checkSale(a); err != nil {
			return err
		}
	}
	return nil
}

// checkSale: a built-in id wins over a name.
func (c category) checkSale(a saleAttr) error {
	known, builtIn := c.attribute(a.ID)
	switch {
	case a.ID == "" && a.Name == "":
		return reject(12052241, "The attribute name or attribute id is empty.")
	case a.ID != "" && !(builtIn && known.sale) && !isCustomID(a.ID):
		return reject(12052527, "The sales attribute id does not exist.")
	case a.ID == "" && utf8.RuneCountInString(a.Name) > 20:
		return reject(12052242, "The attribute name exceeds 20 characters.")
	case a.ValueID == "" && a.ValueName == "":
		return reject(12052248, "The value name or value id of a sales attribute is empty.")
	case a.ValueID == "" && utf8.RuneCountInString(a.ValueName) > 50:
		return reject(12052249, "The value name of a sales attribute exceeds 50 characters.")
	case a.ValueID == "" && (htmlEntity.MatchString(a.ValueName) || hasBadRune(a.ValueName)):
		return reject(12052934, "Sales attribute values must not hold HTML entities, emojis or control characters.")
	}
	if _, ok := known.value(a.ValueID); a.ValueID != "" && !ok && !isCustomID(a.ValueID) {
		return reject(12052529, "The property value id does not exist.")
	}
	return nil
}

// checkVariants: several SKUs need sales attributes, all the same set, and no
// two of them the same values.
func checkVariants(list []sku) error {
	if len(list) > 1 && len(list[0].Sales) == 0 {
		return reject(12052550, "Every SKU of several must have sales attributes.")
	}
	seen := map[string]bool{}
	set := salesSet(list[0].Sales)
	for _, v := range list {
		if !slices.Equal(salesSet(v.Sales), set) {
			return reject(12052550, "Every SKU must have the same sales attributes.")
		}
		if len(slices.Compact(slices.Clone(set))) != len(set) {
			return reject(12052244, "A sales attribute is named twice.")
		}
		values := salesValues(v.Sales)
		if seen[values] {
			return reject(12052560, "Two SKUs have the same sales attribute values.")
		}
		seen[values] = true
	}
	return nil
}

func salesSet(list []saleAttr) []string {
	var names []string
	for _, a := range list {
		names = append(names, a.key())
	}
	slices.Sort(names)
	return names
}

func salesValues(list []saleAttr) string {
	var values []string
	for _, a := range list {
		values = append(values, a.key()+"="+a.valueKey())
	}
	slices.Sort(values)
	return strings.Join(values, ";")
}

func (a saleAttr) key() string {
	if a.ID != "" {
		return a.ID
	}
	return customID("name", a.Name)
}

func (a saleAttr) valueKey() string {
	if a.ValueID != "" {
		return a.ValueID
	}
	return customID("value", a.key()+"\x00"+a.ValueName)
}

// checkVariantImages: images hang on one sales attribute only, and then on
// every value of it.
func (c *call) checkVariantImages(list []sku) error {
	bearer, withImage := "", map[string]bool{}
	for _, v := range list {
		for _, a := range v.Sales {
			if a.Image == nil {
				continue
			}
			if bearer != "" && bearer != a.key() {
				return reject(12052528, "Images can hang on one sales attribute only.")
			}
			bearer = a.key()
			withImage[a.valueKey()] = true
			if err := c.checkImages([]imageRef{*a.Image}, 12052520, 0); err != nil {
				return err
			}
		}
	}
	for _, v := range list {
		for _, a := range v.Sales {
			if a.key() == bearer && !withImage[a.valueKey()] {
				return reject(12052522, "Every value of the attribute with images needs an image.")
			}
		}
	}
	return nil
}
