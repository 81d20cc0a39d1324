package api

import "encoding/json"

// Money is an amount divided by a divisor, which is not always 100.
type Money struct {
	Amount   int64  `json:"amount"`
	Divisor  int64  `json:"divisor"`
	Currency string `json:"currency_code"`
}

// Self is who a token belongs to.
type Self struct {
	UserID int64 `json:"user_id"`
	ShopID int64 `json:"shop_id"`
}

// Shop is Etsy's Shop, as far as we look at it.
type Shop struct {
	ID       int64  `json:"shop_id"`
	Name     string `json:"shop_name"`
	Currency string `json:"currency_code"`
	Vacation bool   `json:"is_vacation"`
	URL      string `json:"url"`
	Country  string `json:"shipping_from_country_iso"`
}

// ShippingProfile is what sending costs.
type ShippingProfile struct {
	ID      int64 `json:"shipping_profile_id"`
	Deleted bool  `json:"is_deleted"`
}

// ReturnPolicy is whether and until when a buyer may give something back.
type ReturnPolicy struct {
	ID int64 `json:"return_policy_id"`
}

// ReadinessState is a processing profile: how long an item takes to leave.
type ReadinessState struct {
	ID    int64  `json:"readiness_state_id"`
	State string `json:"readiness_state"` // ready_to_ship or made_to_order
}

// TaxonomyNode is a category with everything below it.
type TaxonomyNode struct {
	ID       int64          `json:"id"`
	Name     string         `json:"name"`
	Children []TaxonomyNode `json:"children"`
}

// TaxonomyProperty is something by which things of a category differ.
type TaxonomyProperty struct {
	ID         int64           `json:"property_id"`
	Name       string          `json:"name"`
	Display    string          `json:"display_name"`
	Required   bool            `json:"is_required"`
	Attributes bool            `json:"supports_attributes"`
	Variations bool            `json:"supports_variations"`
	Multi      bool            `json:"is_multivalued"`
	Most       *int64          `json:"max_values_allowed"`
	Scales     []TaxonomyScale `json:"scales"`
	Possible   []TaxonomyValue `json:"possible_values"`
}

// TaxonomyScale is a system of measurement of a property.
type TaxonomyScale struct {
	ID   int64  `json:"scale_id"`
	Name string `json:"display_name"`
}

// TaxonomyValue is one value a property may have.
type TaxonomyValue struct {
	ID    *int64 `json:"value_id"`
	Name  string `json:"name"`
	Scale *int64 `json:"scale_id"`
}

// Carrier is a parcel service Etsy knows.
type Carrier struct {
	ID   int64  `json:"shipping_carrier_id"`
	Name string `json:"name"`
}

// The states of a listing. Only active and inactive may be written.
const (
	StateDraft    = "draft"
	StateActive   = "active"
	StateInactive = "inactive"
	StateSoldOut  = "sold_out"
	StateExpired  = "expired"
)

// Listing is Etsy's ShopListing, with its inventory where it was asked for.
type Listing struct {
	ID              int64       `json:"listing_id"`
	Title           string      `json:"title"`
	Description     string      `json:"description"`
	State           string      `json:"state"`
	Created         int64       `json:"created_timestamp"`
	Ending          int64       `json:"ending_timestamp"`
	Quantity        int64       `json:"quantity"`
	URL             string      `json:"url"`
	Tags            []string    `json:"tags"`
	Materials       []string    `json:"materials"`
	ShippingProfile *int64      `json:"shipping_profile_id"`
	ReturnPolicy    *int64      `json:"return_policy_id"`
	WhoMade         *string     `json:"who_made"`
	WhenMade        *string     `json:"when_made"`
	IsSupply        *bool       `json:"is_supply"`
	AutoRenew       bool        `json:"should_auto_renew"`
	Price           Money       `json:"price"`
	Taxonomy        *int64      `json:"taxonomy_id"`
	Weight          json.Number `json:"item_weight"`
	WeightUnit      *string     `json:"item_weight_unit"`
	Length          json.Number `json:"item_length"`
	Width           json.Number `json:"item_width"`
	Height          json.Number `json:"item_height"`
	SizeUnit        *string     `json:"item_dimensions_unit"`
	SKUs            []string    `json:"skus"`
	Inventory       *Inventory  `json:"inventory"`
}

// Inventory is what of a listing can be bought, as Etsy shows it.
type Inventory struct {
	Products   []Product `json:"products"`
	PriceOn    []int64   `json:"price_on_property"`
	QuantityOn []int64   `json:"quantity_on_property"`
	SKUOn      []int64   `json:"sku_on_property"`
}

// Product is one variation.
type Product struct {
	ID        int64           `json:"product_id"`
	SKU       string          `json:"sku"`
	Deleted   bool            `json:"is_deleted"`
	Offerings []Offering      `json:"offerings"`
	Values    []PropertyValue `json:"property_values"`
}

// Offering is price and quantity of a product. Readiness is null wherever Etsy
// does not show it: outside active physical listings.
type Offering struct {
	ID        int64  `json:"offering_id"`
	Quantity  int64  `json:"quantity"`
	Enabled   bool   `json:"is_enabled"`
	Deleted   bool   `json:"is_deleted"`
	Price     Money  `json:"price"`
	Readiness *int64 `json:"readiness_state_id"`
}

// PropertyValue is what a product is on one property.
type PropertyValue struct {
	PropertyID int64    `json:"property_id"`
	Name       string   `json:"property_name"`
	ScaleID    *int64   `json:"scale_id"`
	ValueIDs   []int64  `json:"value_ids"`
	Values     []string `json:"values"`
}

// InventoryBody replaces an inventory. What reads add (ids, Money prices, scale
// names) is refused in it, so it is a type of its own. Slices are never nil.
type InventoryBody struct {
	Products    []ProductBody `json:"products"`
	PriceOn     []int64       `json:"price_on_property"`
	QuantityOn  []int64       `json:"quantity_on_property"`
	SKUOn       []int64       `json:"sku_on_property"`
	ReadinessOn []int64       `json:"readiness_state_on_property"`
}

// ProductBody is one variation to be written, with exactly one offering.
type ProductBody struct {
	SKU       string         `json:"sku"`
	Values    []ValueBody    `json:"property_values"`
	Offerings []OfferingBody `json:"offerings"`
}

// ValueBody is one value of a variation.
type ValueBody struct {
	PropertyID int64    `json:"property_id"`
	Name       string   `json:"property_name"`
	ScaleID    *int64   `json:"scale_id,omitempty"`
	ValueIDs   []int64  `json:"value_ids"`
	Values     []string `json:"values"`
}

// OfferingBody is price and quantity to be written. The price is a decimal
// number kept as text; readiness_state_id is required and nullable.
type OfferingBody struct {
	Price     json.Number `json:"price"`
	Quantity  int64       `json:"quantity"`
	Enabled   bool        `json:"is_enabled"`
	Readiness *int64      `json:"readiness_state_id"`
}

// Question is what a buyer is asked beside variations. Its type is always
// text_input: Etsy takes one question of this type from every application
// (OpenAPI file, 2026-08-15).
type Question struct {
	Text         string `json:"question_text"`
	Type         string `json:"question_type"`
	Instructions string `json:"instructions,omitempty"`
	Required     bool   `json:"required"`
	Characters   int64  `json:"max_allowed_characters"`
}

// Image is a picture on a listing.
type Image struct {
	ID   int64  `json:"listing_image_id"`
	Rank int    `json:"rank"`
	Alt  string `json:"alt_text"`
}

// VariationImage ties a picture to a value of one property.
type VariationImage struct {
	PropertyID int64 `json:"property_id"`
	ValueID    int64 `json:"value_id"`
	ImageID    int64 `json:"image_id"`
}

// Receipt is Etsy's ShopReceipt. Address and e-mail are null where Etsy
// withholds them from an application.
type Receipt struct {
	ID           int64         `json:"receipt_id"`
	BuyerID      int64         `json:"buyer_user_id"`
	BuyerEmail   *string       `json:"buyer_email"`
	Name         *string       `json:"name"`
	FirstLine    *string       `json:"first_line"`
	SecondLine   *string       `json:"second_line"`
	City         *string       `json:"city"`
	Region       *string       `json:"state"`
	Zip          *string       `json:"zip"`
	Country      *string       `json:"country_iso"`
	Status       string        `json:"status"`
	FromBuyer    *string       `json:"message_from_buyer"`
	IsPaid       bool          `json:"is_paid"`
	IsShipped    bool          `json:"is_shipped"`
	Created      int64         `json:"created_timestamp"`
	Updated      int64         `json:"updated_timestamp"`
	CreatedOld   int64         `json:"create_timestamp"`
	UpdatedOld   int64         `json:"update_timestamp"`
	IsGift       bool          `json:"is_gift"`
	GiftMessage  *string       `json:"gift_message"`
	GrandTotal   Money         `json:"grandtotal"`
	Subtotal     Money         `json:"subtotal"`
	TotalPrice   Money         `json:"total_price"`
	Shipping     Money         `json:"total_shipping_cost"`
	Tax          Money         `json:"total_tax_cost"`
	VAT          Money         `json:"total_vat_cost"`
	Discount     Money         `json:"discount_amt"`
	Shipments    []Shipment    `json:"shipments"`
	Transactions []Transaction `json:"transactions"`
}

// Shipment is one parcel of a receipt.
type Shipment struct {
	ID       *int64  `json:"receipt_shipping_id"`
	Notified int64   `json:"shipment_notification_timestamp"`
	Carrier  *string `json:"carrier_name"`
	Code     *string `json:"tracking_code"`
}

// Transaction is one line of a receipt.
type Transaction struct {
	ID           int64       `json:"transaction_id"`
	Title        *string     `json:"title"`
	Quantity     int64       `json:"quantity"`
	ListingID    *int64      `json:"listing_id"`
	ProductID    *int64      `json:"product_id"`
	SKU          *string     `json:"sku"`
	Price        Money       `json:"price"`
	Variations   []Variation `json:"variations"`
	ExpectedShip *int64      `json:"expected_ship_date"`
	Shipped      *int64      `json:"shipped_timestamp"`
}

// Variation is a choice of the buyer; with a question it is what was typed.
type Variation struct {
	Name     string `json:"formatted_name"`
	Value    string `json:"formatted_value"`
	Question *int64 `json:"question_id"`
}

// ShipmentBody tells Etsy of a parcel. Each success mails the buyer.
type ShipmentBody struct {
	Code    string `json:"tracking_code,omitempty"`
	Carrier string `json:"carrier_name,omitempty"`
	Note    string `json:"note_to_buyer,omitempty"`
}

// Review is Etsy's TransactionReview.
type Review struct {
	ListingID     int64  `json:"listing_id"`
	TransactionID int64  `json:"transaction_id"`
	Rating        int    `json:"rating"`
	Text          string `json:"review"`
	Created       int64  `json:"created_timestamp"`
}
