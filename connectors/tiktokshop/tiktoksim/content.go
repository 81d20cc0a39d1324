package tiktoksim

import (
	"encoding/json"
)

// content is what a product says: the body of create and edit, and one
// revision of a product in the store. Fields that the simulator has no use for
// are accepted and forgotten.
type content struct {
	SaveMode    string     `json:"save_mode,omitempty"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Category    string     `json:"category_id"`
	Version     string     `json:"category_version,omitempty"`
	Brand       string     `json:"brand_id,omitempty"`
	Images      []imageRef `json:"main_images"`
	SKUs        []sku      `json:"skus"`
	Weight      *weight    `json:"package_weight,omitempty"`
	Dimensions  *box       `json:"package_dimensions,omitempty"`
	Attributes  []property `json:"product_attributes,omitempty"`
	ExternalID  string     `json:"external_product_id,omitempty"`
	SizeChart   *sizeChart `json:"size_chart,omitempty"`
	Papers      []paper    `json:"certifications,omitempty"`
	Idempotency string     `json:"idempotency_key,omitempty"`
}

type sku struct {
	ID         string     `json:"id,omitempty"`
	SellerSKU  string     `json:"seller_sku,omitempty"`
	ExternalID string     `json:"external_sku_id,omitempty"`
	Sales      []saleAttr `json:"sales_attributes,omitempty"`
	Inventory  []stock    `json:"inventory,omitempty"`
	Price      *price     `json:"price,omitempty"`
	Code       *skuCode   `json:"identifier_code,omitempty"`
}

type saleAttr struct {
	ID        string    `json:"id,omitempty"`
	Name      string    `json:"name,omitempty"`
	ValueID   string    `json:"value_id,omitempty"`
	ValueName string    `json:"value_name,omitempty"`
	Image     *imageRef `json:"sku_img,omitempty"`
}

type stock struct {
	Warehouse string `json:"warehouse_id"`
	Quantity  *int   `json:"quantity"`
}

// price carries the amount as the decimal string of the wire.
type price struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

type skuCode struct {
	Code string `json:"code"`
	Type string `json:"type"`
}

type weight struct {
	Value string `json:"value"`
	Unit  string `json:"unit"`
}

type box struct {
	Length string `json:"length"`
	Width  string `json:"width"`
	Height string `json:"height"`
	Unit   string `json:"unit"`
}

type property struct {
	ID     string          `json:"id"`
	Values []propertyValue `json:"values"`
}

type propertyValue struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

type sizeChart struct {
	Image *imageRef `json:"image,omitempty"`
}

// paper is a certificate of the product.
type paper struct {
	ID      string     `json:"id"`
	Images  []imageRef `json:"images,omitempty"`
	Expires int64      `json:"expiration_date,omitempty"`
}

// overlay puts the top-level properties that body names over base: what a
// partial edit does. A nested object replaces the old one as a whole.
func overlay(base, in content, body []byte) (content, []string, error) {
	named, err := decodeBody[map[string]json.RawMessage](body)
	if err != nil {
		return base, nil, err
	}
	take := map[string]func(){
		"save_mode": func() { base.SaveMode = in.SaveMode }, "title": func() { base.Title = in.Title },
		"description": func() { base.Description = in.Description }, "category_id": func() { base.Category = in.Category },
		"category_version": func() { base.Version = in.Version }, "brand_id": func() { base.Brand = in.Brand },
		"main_images": func() { base.Images = in.Images }, "skus": func() { base.SKUs = in.SKUs },
		"package_weight": func() { base.Weight = in.Weight }, "package_dimensions": func() { base.Dimensions = in.Dimensions },
		"product_attributes": func() { base.Attributes = in.Attributes }, "external_product_id": func() { base.ExternalID = in.ExternalID },
		"size_chart": func() { base.SizeChart = in.SizeChart }, "certifications": func() { base.Papers = in.Papers },
	}
	var changed []string
	for name := range named {
		if set, ok := take[name]; ok {
			set()
			changed = append(changed, name)
		}
	}
	return base, changed, nil
}
