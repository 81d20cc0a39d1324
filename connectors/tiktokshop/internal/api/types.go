package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// ID is an id of the marketplace. Most are JSON strings, some are numbers of 19
// digits (webhooks 5, 16, 37): both become the same text, none goes through a
// float.
type ID string

// UnmarshalJSON reads a string or an integer; null is empty.
func (id *ID) UnmarshalJSON(raw []byte) error {
	text, err := scalar(raw)
	*id = ID(text)
	return err
}

// Int is an integer that some pages type as a string. What is not an integer
// is zero.
type Int int64

// UnmarshalJSON reads a number or a string.
func (n *Int) UnmarshalJSON(raw []byte) error {
	text, err := scalar(raw)
	if err != nil {
		return err
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		v = 0
	}
	*n = Int(v)
	return nil
}

// scalar is the text of a JSON string or number.
func scalar(raw []byte) (string, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		return "", nil
	case raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case raw[0] == '{' || raw[0] == '[':
		return "", fmt.Errorf("a single value is expected, not %c", raw[0])
	}
	return string(raw), nil
}

// Token is the answer of the token endpoints. Both expiries are absolute Unix
// seconds.
type Token struct {
	Access         string   `json:"access_token"`
	AccessExpires  Int      `json:"access_token_expire_in"`
	Refresh        string   `json:"refresh_token"`
	RefreshExpires Int      `json:"refresh_token_expire_in"`
	OpenID         string   `json:"open_id"`
	Seller         string   `json:"seller_name"`
	Region         string   `json:"seller_base_region"`
	UserType       Int      `json:"user_type"` // 0 seller, 1 creator, 3 partner
	Scopes         []string `json:"granted_scopes"`
}

// Shop is one shop a token opens.
type Shop struct {
	ID     ID     `json:"id"`
	Name   string `json:"name"`
	Region string `json:"region"`
	Type   string `json:"seller_type"`
	Cipher string `json:"cipher"`
	Code   string `json:"code"`
}

// Warehouse is where stock lies.
type Warehouse struct {
	ID      ID     `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`          // SALES_WAREHOUSE, RETURN_WAREHOUSE
	Status  string `json:"effect_status"` // ENABLED, DISABLED …
	Default bool   `json:"is_default"`
}

// Requirement is one condition a shop must meet before it may list.
type Requirement struct {
	Item    string   `json:"check_item"`
	Failed  bool     `json:"is_failed"`
	Reasons []string `json:"fail_reasons"`
}

// Attribute is what a category wants to know, or lets vary. The misspelling of
// is_required is the wire's.
type Attribute struct {
	ID         ID         `json:"id"`
	Name       string     `json:"name"`
	Type       string     `json:"type"` // SALES_PROPERTY, PRODUCT_PROPERTY
	Required   bool       `json:"is_requried"`
	Custom     bool       `json:"is_customizable"`
	Many       bool       `json:"is_multiple_selection"`
	Values     []Value    `json:"values"`
	Conditions []Required `json:"requirement_conditions"`
}

// Required makes an attribute required when another has a value.
type Required struct {
	Type      string `json:"condition_type"`
	Attribute ID     `json:"attribute_id"`
	Value     ID     `json:"attribute_value_id"`
}

// Value is one value of an attribute.
type Value struct {
	ID   ID     `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Rules are what a category asks for beside attributes.
type Rules struct {
	Certificates []Certificate `json:"product_certifications"`
	Chart        struct {
		Supported bool `json:"is_supported"`
		Required  bool `json:"is_required"`
	} `json:"size_chart"`
	Box          Rule `json:"package_dimension"`
	Responsible  Rule `json:"responsible_person"` // EU
	Manufacturer Rule `json:"manufacturer"`       // EU
}

// Rule says whether something is required.
type Rule struct {
	Required bool `json:"is_required"`
}

// Certificate is a document a category asks for: always, or when one of the
// conditions is met.
type Certificate struct {
	ID         ID         `json:"id"`
	Name       string     `json:"name"`
	Required   bool       `json:"is_required"`
	Details    string     `json:"document_details"`
	Conditions []Required `json:"requirement_conditions"`
	Expires    Rule       `json:"expiration_date"`
}

// Brand is a brand as the shop may use it. A T1 brand needs an authorization,
// others are not shown to buyers without one.
type Brand struct {
	ID         ID     `json:"id"`
	Name       string `json:"name"`
	Authorized string `json:"authorized_status"`
	TopTier    bool   `json:"is_t1_brand"`
	Status     string `json:"brand_status"` // of authorized ones: AVAILABLE, UNAVAILABLE
}

// SizeChart is a picture, or a template made in Seller Center.
type SizeChart struct {
	Image    *Image    `json:"image,omitempty"`
	Template *Template `json:"template,omitempty"`
}

// Template names a size chart of Seller Center.
type Template struct {
	ID string `json:"id"`
}

// Paper is a certificate of a product; Expires is in Unix seconds.
type Paper struct {
	ID      string  `json:"id"`
	Images  []Image `json:"images"`
	Expires int64   `json:"expiration_date,omitempty"`
}

// Image names an uploaded picture.
type Image struct {
	URI string `json:"uri"`
}

// Content is the body of create and edit. Empty fields are left out: in a
// partial edit they are not touched.
type Content struct {
	SaveMode    string     `json:"save_mode,omitempty"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Category    string     `json:"category_id,omitempty"`
	Version     string     `json:"category_version,omitempty"`
	Images      []Image    `json:"main_images,omitempty"`
	SKUs        []SKU      `json:"skus,omitempty"`
	Weight      *Weight    `json:"package_weight,omitempty"`
	Box         *Box       `json:"package_dimensions,omitempty"`
	Attributes  []Property `json:"product_attributes,omitempty"`
	Brand       string     `json:"brand_id,omitempty"`
	Chart       *SizeChart `json:"size_chart,omitempty"`
	Papers      []Paper    `json:"certifications,omitempty"`
	Makers      []string   `json:"manufacturer_ids,omitempty"`       // EU
	Responsible []string   `json:"responsible_person_ids,omitempty"` // EU
	External    string     `json:"external_product_id,omitempty"`
	Key         string     `json:"idempotency_key,omitempty"` // at most 128 characters
}

// SKU is one variant in a body.
type SKU struct {
	ID        string  `json:"id,omitempty"`
	SellerSKU string  `json:"seller_sku,omitempty"`
	External  string  `json:"external_sku_id,omitempty"`
	Sales     []Sale  `json:"sales_attributes,omitempty"`
	Inventory []Stock `json:"inventory,omitempty"`
	Price     *Price  `json:"price,omitempty"`
	Code      *Code   `json:"identifier_code,omitempty"`
}

// Sale is one option of a SKU: a built-in id wins over a name.
type Sale struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
	ValueID   string `json:"value_id,omitempty"`
	ValueName string `json:"value_name,omitempty"`
	Image     *Image `json:"sku_img,omitempty"`
}

// Stock is an absolute quantity in a warehouse.
type Stock struct {
	Warehouse string `json:"warehouse_id"`
	Quantity  int64  `json:"quantity"`
}

// Price is written; reading shows other fields. The amount is a decimal string.
type Price struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// Code is a GTIN, EAN, UPC, ISBN or JAN.
type Code struct {
	Code string `json:"code"`
	Type string `json:"type"`
}

// Weight is a decimal string and its unit.
type Weight struct {
	Value string `json:"value"`
	Unit  string `json:"unit"`
}

// Box is the size of a package in whole units.
type Box struct {
	Length string `json:"length"`
	Width  string `json:"width"`
	Height string `json:"height"`
	Unit   string `json:"unit"`
}

// Property is a product attribute with its values.
type Property struct {
	ID     string  `json:"id"`
	Values []Value `json:"values"`
}

// Receipt is the answer to create and edit.
type Receipt struct {
	Product ID `json:"product_id"`
	SKUs    []struct {
		ID        ID     `json:"id"`
		SellerSKU string `json:"seller_sku"`
		External  string `json:"external_sku_id"`
	} `json:"skus"`
	Warnings []struct {
		Message string `json:"message"`
	} `json:"warnings"`
	Audit Audit `json:"audit"`
}

// Audit is the review of the newest revision.
type Audit struct {
	Status  string   `json:"status"` // NONE, AUDITING, FAILED, PRE_APPROVED, APPROVED
	Reasons []string `json:"pre_approved_reasons"`
}

// Product is what is read back.
type Product struct {
	ID     ID     `json:"id"`
	Title  string `json:"title"`
	Status string `json:"status"`
	Audit  Audit  `json:"audit"`
	SKUs   []Item `json:"skus"`
	// External is our own id; only a read by id shows it.
	External string `json:"external_product_id"`
	Refused  []struct {
		Position    string   `json:"position"`
		Reasons     []string `json:"reasons"`
		Suggestions []string `json:"suggestions"`
	} `json:"audit_failed_reasons"`
}

// Item is a SKU that is read back.
type Item struct {
	ID        ID     `json:"id"`
	SellerSKU string `json:"seller_sku"`
	External  string `json:"external_sku_id"`
	Inventory []struct {
		Warehouse ID  `json:"warehouse_id"`
		Quantity  Int `json:"quantity"`
	} `json:"inventory"`
}

// Levels are absolute quantities of one SKU in all its warehouses.
type Levels struct {
	ID        string  `json:"id"`
	Inventory []Stock `json:"inventory"`
}

// Pricing is the price of one SKU.
type Pricing struct {
	ID    string `json:"id"`
	Price Price  `json:"price"`
}

// PartError is one refused part of a call that went well as a whole.
type PartError struct {
	Code    Int    `json:"code"`
	Message string `json:"message"`
	Detail  struct {
		Product ID `json:"product_id"`
		SKU     ID `json:"sku_id"`
		Extra   []struct {
			Code    Int    `json:"code"`
			Message string `json:"message"`
		} `json:"extra_errors"`
	} `json:"detail"`
}

// Why is the most exact code and message of a refused part.
func (e PartError) Why() (code int64, message string) {
	for _, x := range e.Detail.Extra {
		return int64(x.Code), x.Message
	}
	return int64(e.Code), e.Message
}
