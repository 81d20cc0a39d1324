package tiktokshop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// assemble builds the whole content of a listing, uploading the pictures that
// TikTok does not have yet; what it learns goes into m. Problems are an error
// of kind Rejected, found before anything is uploaded.
func (j *job) assemble(ctx context.Context) (api.Content, error) {
	c, ch, m, p := j.Connector, j.ch, j.m, j.product
	body := api.Content{Title: p.Title, Description: descriptionHTML(p.Description), Version: c.tree(), Weight: weight(grams(p, ch.Defaults)), Box: box(ch.Defaults)}
	if found := c.checkCurrency(p); len(found) > 0 {
		return body, fault.Refused(fault.Rejected, found...)
	}
	category, err := c.category(ctx, p, ch.Defaults, m)
	if err != nil {
		return body, err
	}
	body.Category = category
	attributes, err := c.attributesOf(ctx, category)
	if err != nil {
		return body, err
	}
	rules, err := c.rulesOf(ctx, category)
	if err != nil {
		return body, err
	}
	var found []commerce.Problem
	body.Attributes, found = properties(p, attributes)
	if found = append(found, lacking(p, rules, body)...); len(found) > 0 {
		return body, fault.Refused(fault.Rejected, found...)
	}
	if body.Brand, err = c.brand(ctx, p, ch.Defaults, category); err != nil {
		return body, err
	}
	if err := c.place(ctx, ch.Defaults, m); err != nil {
		return body, err
	}
	if err := c.upload(ctx, p, m); err != nil {
		return body, err
	}
	if err := c.addPapers(ctx, p, rules, m, &body); err != nil {
		return body, err
	}
	m[keyCategory] = category
	for _, image := range p.Images[:min(len(p.Images), 9)] {
		body.Images = append(body.Images, api.Image{URI: m[imageKey(image.URL)]})
	}
	body.SKUs = j.skus(attributes)
	return body, nil
}

func (c *Connector) checkCurrency(p commerce.Product) []commerce.Problem {
	var found []commerce.Problem
	for i, v := range p.Variants {
		if v.Price.Currency != c.settings.Currency {
			found = append(found, commerce.Problem{
				Channel: commerce.TikTok, Rule: "price_currency", Field: fmt.Sprintf("variants[%d].price", i), Value: v.Price.String(), Allowed: c.settings.Currency,
				Fix: fmt.Sprintf("This shop sells in %s: give the variant a price in it.", c.settings.Currency),
			})
		}
	}
	return found
}

// tree is the version of the category tree: v2 in the US and by now nearly
// everywhere; Brazil and Mexico have the old one (changelog 2025-12).
func (c *Connector) tree() string {
	if c.settings.Region == "BR" || c.settings.Region == "MX" {
		return "v1"
	}
	return "v2"
}

// leaf is the TikTok category behind one of the seller's: what the defaults say
// for it, or itself when it is an id.
func leaf(category string, d commerce.Defaults) string {
	if id := d.Categories[category]; category != "" && id != "" {
		return id
	}
	if strings.Trim(category, "0123456789") == "" {
		return category
	}
	return ""
}

// category is the leaf the seller chose for the product, else the one it was
// listed in, else what TikTok recommends, else the account's default: that is
// right for nothing in particular, so a recommendation beats it.
func (c *Connector) category(ctx context.Context, p commerce.Product, d commerce.Defaults, m memory) (string, error) {
	if id := leaf(p.Category, d); id != "" {
		return id, nil
	}
	if id := m[keyCategory]; id != "" {
		return id, nil
	}
	id, err := c.recommended(ctx, p)
	if f := fault.Of(err); f != nil && f.Code == api.CodeNoCategory && leaf(d.Category, d) != "" {
		return leaf(d.Category, d), nil
	}
	return id, err
}

// recommended asks TikTok, which judges by the title alone; the seller's own
// words may help.
func (c *Connector) recommended(ctx context.Context, p commerce.Product) (string, error) {
	id, err := c.api.RecommendCategory(ctx, p.Title, p.Description, c.tree())
	words := strings.TrimSpace(p.Category + " " + strings.Join(p.Tags, " "))
	if f := fault.Of(err); f == nil || f.Code != api.CodeNoCategory || words == "" || len(checkTitle(words)) > 0 {
		return id, err
	}
	return c.api.RecommendCategory(ctx, channel.Cut(words), "", c.tree())
}

func (c *Connector) attributesOf(ctx context.Context, category string) ([]api.Attribute, error) {
	return c.attributes.of(category, func() ([]api.Attribute, error) { return c.api.ListAttributes(ctx, category, c.tree()) })
}

// place decides in which warehouse the stock lies: the seller's choice, else
// the shop's default sales warehouse.
func (c *Connector) place(ctx context.Context, d commerce.Defaults, m memory) error {
	if len(m.places()) > 0 {
		return nil
	}
	if d.Warehouse != "" {
		m[keyWarehouses] = string(d.Warehouse)
		return nil
	}
	all, err := c.warehouses.of("", func() ([]api.Warehouse, error) { return c.api.ListWarehouses(ctx) })
	if err != nil {
		return err
	}
	usable := slices.DeleteFunc(slices.Clone(all), func(w api.Warehouse) bool {
		return w.Type != "SALES_WAREHOUSE" || (w.Status != "" && w.Status != "ENABLED")
	})
	if len(usable) == 0 {
		return fault.Refused(fault.Rejected, commerce.Problem{Channel: commerce.TikTok, Rule: "warehouse_missing", Field: "variants.stock", Fix: "Set up a sales warehouse in Seller Center."})
	}
	best := max(0, slices.IndexFunc(usable, func(w api.Warehouse) bool { return w.Default }))
	m[keyWarehouses] = string(usable[best].ID)
	return nil
}

// skus are the variants with their options, prices and quantities.
func (j *job) skus(attributes []api.Attribute) []api.SKU {
	ch, m, p := j.ch, j.m, j.product
	pictured := picturedOption(p)
	codes := map[string]bool{}
	list := make([]api.SKU, 0, len(p.Variants))
	for _, v := range p.Variants {
		var image *api.Image
		if uri := m[imageKey(v.Image)]; pictured != "" && uri != "" {
			image = &api.Image{URI: uri}
		}
		s := api.SKU{
			ID: j.item(v.ID), SellerSKU: string(v.SKU), External: string(v.ID), Sales: sales(p, v, attributes, pictured, image),
			Inventory: stock(ch.Stock[v.ID], m.places()), Price: &api.Price{Amount: amount(v.Price), Currency: v.Price.Currency},
		}
		if code := barcode(v.Barcode); code != nil && !codes[code.Code] {
			codes[code.Code] = true
			s.Code = code
		}
		list = append(list, s)
	}
	return list
}

// stock puts everything into the first warehouse: TikTok wants all warehouses
// of a SKU named (12019028).
func stock(quantity int64, places []string) []api.Stock {
	list := make([]api.Stock, 0, len(places))
	for i, place := range places {
		n := int64(0)
		if i == 0 {
			n = min(max(0, quantity), maxQuantity)
		}
		list = append(list, api.Stock{Warehouse: place, Quantity: n})
	}
	return list
}

// upload brings the product's pictures into TikTok, each once.
func (c *Connector) upload(ctx context.Context, p commerce.Product, m memory) error {
	used := pictures(p)
	for i, address := range used {
		if m[imageKey(address)] != "" {
			continue
		}
		uri, err := c.bring(ctx, api.UseMain, address)
		if err != nil {
			return named(err, i)
		}
		m[imageKey(address)] = uri
	}
	m.forgetImages(used)
	return nil
}

// bring uploads the picture at an address for a use and answers its uri.
func (c *Connector) bring(ctx context.Context, use, address string) (string, error) {
	picture, err := c.env.Images.Image(ctx, address)
	if err != nil {
		return "", fmt.Errorf("read picture %s: %w", address, err)
	}
	image, err := c.api.UploadImage(ctx, use, picture.Type, picture.Data)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(image.URI) == "" {
		return "", fault.New(fault.Temporary, "no_uri", "TikTok took the picture %s but gave it no address.", channel.Cut(address))
	}
	return strings.TrimSpace(image.URI), nil
}

// named says which picture a refusal is about.
func named(err error, i int) error {
	f := fault.Of(err)
	for n := range f.Problems {
		f.Problems[n].Field = fmt.Sprintf("images[%d]", i)
	}
	f.Field = fmt.Sprintf("images[%d]", i)
	return f
}

// pictures are the addresses a product shows, each once.
func pictures(p commerce.Product) []string {
	var list []string
	for _, image := range p.Images[:min(len(p.Images), 9)] {
		list = append(list, image.URL)
	}
	if picturedOption(p) != "" {
		for _, v := range p.Variants {
			list = append(list, v.Image)
		}
	}
	return unique(list)
}

func unique(list []string) []string {
	var kept []string
	for _, one := range list {
		if !slices.Contains(kept, one) {
			kept = append(kept, one)
		}
	}
	return kept
}
