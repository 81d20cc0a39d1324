package api

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"

	"github.com/manystall/manystall/shared/port"
)

// ListWarehouses reads all warehouses of the shop.
func (c *Client) ListWarehouses(ctx context.Context) ([]Warehouse, error) {
	var data struct {
		Warehouses []Warehouse `json:"warehouses"`
	}
	err := c.do(ctx, get("GetWarehouseList", "/logistics/202309/warehouses", port.LaneCheck, nil), &data)
	return data.Warehouses, err
}

// ListRequirements says whether the shop may list at all.
func (c *Client) ListRequirements(ctx context.Context) ([]Requirement, error) {
	var data struct {
		Results []Requirement `json:"check_results"`
	}
	err := c.do(ctx, get("CheckListingPrerequisites", "/product/202312/prerequisites", port.LaneCheck, nil), &data)
	return data.Results, err
}

// RecommendCategory answers the leaf that fits a title best.
func (c *Client) RecommendCategory(ctx context.Context, title, description, version string) (string, error) {
	body := map[string]string{"product_title": title, "category_version": version}
	if description != "" {
		body["description"] = description
	}
	r, err := post("RecommendCategory", "/product/202309/categories/recommend", port.LaneCheck, body)
	if err != nil {
		return "", err
	}
	r.safe = true
	var data struct {
		Leaf ID `json:"leaf_category_id"`
	}
	err = c.do(ctx, r, &data)
	return string(data.Leaf), err
}

// ListAttributes reads what a leaf category wants to know.
func (c *Client) ListAttributes(ctx context.Context, category, version string) ([]Attribute, error) {
	id, err := segment(category)
	if err != nil {
		return nil, err
	}
	var data struct {
		Attributes []Attribute `json:"attributes"`
	}
	err = c.do(ctx, get("GetAttributes", "/product/202309/categories/"+id+"/attributes", port.LaneCheck, url.Values{"category_version": {version}}), &data)
	return data.Attributes, err
}

// Rules reads what else a leaf category asks for.
func (c *Client) Rules(ctx context.Context, category, version string) (Rules, error) {
	var rules Rules
	id, err := segment(category)
	if err != nil {
		return rules, err
	}
	err = c.do(ctx, get("GetCategoryRules", "/product/202309/categories/"+id+"/rules", port.LaneCheck, url.Values{"category_version": {version}}), &rules)
	return rules, err
}

// ListBrands reads the first hundred brands whose names begin with a text, with
// what the shop may do with them in a category.
func (c *Client) ListBrands(ctx context.Context, name, category, version string) ([]Brand, error) {
	var data struct {
		Brands []Brand `json:"brands"`
	}
	query := url.Values{"brand_name": {name}, "category_id": {category}, "category_version": {version}, "page_size": {"100"}}
	err := c.do(ctx, get("GetBrands", "/product/202309/brands", port.LaneCheck, query), &data)
	return data.Brands, err
}

// The uses of an uploaded image (2025-12).
const (
	UseMain      = "MAIN_IMAGE"
	UseChart     = "SIZE_CHART_IMAGE" // at least 1024 points on the shorter side
	UseCertified = "CERTIFICATION_IMAGE"
)

// UploadImage brings a picture into the marketplace for a use and answers its
// uri. Twice the same picture is two uploads, and harmless.
func (c *Client) UploadImage(ctx context.Context, use, contentType string, picture []byte) (Image, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	head := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="data"; filename="image"`}, "Content-Type": {contentType}}
	part, err := w.CreatePart(head)
	if err == nil {
		_, err = part.Write(picture)
	}
	if err = errors.Join(err, w.WriteField("use_case", use), w.Close()); err != nil {
		return Image{}, err
	}
	r := request{
		op: "UploadProductImage", method: http.MethodPost, path: "/product/202309/images/upload", query: url.Values{}, body: form.Bytes(),
		contentType: w.FormDataContentType(), lane: port.LaneImages, foreign: true, safe: true,
	}
	var image Image
	err = c.do(ctx, r, &image)
	return image, err
}

// CreateProduct lists a product, or saves it as a draft. With the same
// idempotency key and body it answers what it made before.
func (c *Client) CreateProduct(ctx context.Context, body []byte) (Receipt, error) {
	r := request{op: "CreateProduct", method: http.MethodPost, path: "/product/202309/products", query: url.Values{}, body: body, lane: port.LaneText, safe: true}
	var receipt Receipt
	err := c.do(ctx, r, &receipt)
	return receipt, err
}

// EditProduct replaces the top-level properties that are given.
func (c *Client) EditProduct(ctx context.Context, product string, edit Content, lane port.Lane) (Receipt, error) {
	var receipt Receipt
	id, err := segment(product)
	if err != nil {
		return receipt, err
	}
	r, err := post("PartialEditProduct", "/product/202509/products/"+id+"/partial_edit", lane, edit)
	if err != nil {
		return receipt, err
	}
	r.safe = true
	err = c.do(ctx, r, &receipt)
	return receipt, err
}

// UpdatePrices sets prices of a product on sale.
func (c *Client) UpdatePrices(ctx context.Context, product string, prices []Pricing) error {
	_, err := c.update(ctx, "UpdatePrice", product, "/prices/update", port.LanePrice, map[string]any{"skus": prices})
	return err
}

// UpdateInventory sets the quantities of a product on sale. The answer names
// the SKUs that were refused.
func (c *Client) UpdateInventory(ctx context.Context, product string, levels []Levels) ([]PartError, error) {
	return c.update(ctx, "UpdateInventory", product, "/inventory/update", port.LaneStock, map[string]any{"skus": levels})
}

func (c *Client) update(ctx context.Context, op, product, what string, lane port.Lane, body any) ([]PartError, error) {
	id, err := segment(product)
	if err != nil {
		return nil, err
	}
	r, err := post(op, "/product/202309/products/"+id+what, lane, body)
	if err != nil {
		return nil, err
	}
	r.safe = true
	return c.parts(ctx, r)
}

// Activate puts a hidden product on sale again, through a review.
func (c *Client) Activate(ctx context.Context, product string) ([]PartError, error) {
	return c.toggle(ctx, "ActivateProduct", "activate", product)
}

// Deactivate takes a product off sale.
func (c *Client) Deactivate(ctx context.Context, product string) ([]PartError, error) {
	return c.toggle(ctx, "DeactivateProducts", "deactivate", product)
}

func (c *Client) toggle(ctx context.Context, op, verb, product string) ([]PartError, error) {
	r, err := post(op, "/product/202309/products/"+verb, port.LaneStock, map[string][]string{"product_ids": {product}})
	if err != nil {
		return nil, err
	}
	r.safe = true
	return c.parts(ctx, r)
}

func (c *Client) parts(ctx context.Context, r request) ([]PartError, error) {
	var data struct {
		Errors []PartError `json:"errors"`
	}
	err := c.do(ctx, r, &data)
	return data.Errors, err
}

// Product reads one product with the reasons of a failed review.
func (c *Client) Product(ctx context.Context, product string) (Product, error) {
	var p Product
	id, err := segment(product)
	if err != nil {
		return p, err
	}
	err = c.do(ctx, get("GetProduct", "/product/202309/products/"+id, port.LaneCheck, nil), &p)
	return p, err
}

// ProductSearch narrows a search; at most MaxSearch of each.
type ProductSearch struct {
	SKUs       []string `json:"sku_ids,omitempty"`
	SellerSKUs []string `json:"seller_skus,omitempty"`
}

// MaxSearch is how many SKUs one search names (2025-12).
const MaxSearch = 10

// SearchProducts reads the products that hold one of the SKUs.
func (c *Client) SearchProducts(ctx context.Context, s ProductSearch) ([]Product, error) {
	r, err := post("SearchProducts", "/product/202502/products/search", port.LaneCheck, s)
	if err != nil {
		return nil, err
	}
	r.safe = true
	r.query.Set("page_size", "100")
	var data struct {
		Products []Product `json:"products"`
	}
	err = c.do(ctx, r, &data)
	return data.Products, err
}
