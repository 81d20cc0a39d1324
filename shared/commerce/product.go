package commerce

import (
	"encoding/json"
	"time"
)

// Product is one thing in the seller's catalog, with one variant or more.
type Product struct {
	ID          ProductID            `json:"id"`
	Handle      string               `json:"handle"` // the seller's own key, unique in a workspace
	Title       string               `json:"title"`
	Description string               `json:"description"`
	Brand       string               `json:"brand,omitempty"`
	Category    string               `json:"category,omitempty"` // our category key; empty takes the account's default
	Tags        []string             `json:"tags,omitempty"`
	Materials   []string             `json:"materials,omitempty"`
	Options     []string             `json:"options,omitempty"` // names, in order, at most 3
	Variants    []Variant            `json:"variants"`
	Images      []Image              `json:"images,omitempty"`
	Attributes  map[string]string    `json:"attributes,omitempty"` // e.g. who_made, when_made, condition
	Overrides   map[Channel]Override `json:"overrides,omitempty"`
	Channels    []Channel            `json:"channels,omitempty"` // empty means every connected one
	Archived    bool                 `json:"archived,omitempty"` // taken off sale everywhere
	Version     int64                `json:"version"`            // from 1, one more with every write
	CreatedAt   time.Time            `json:"created_at"`
	UpdatedAt   time.Time            `json:"updated_at"`
}

// Variant is what a buyer puts into a cart.
type Variant struct {
	ID      VariantID         `json:"id"`
	SKU     SKU               `json:"sku"`
	Options map[string]string `json:"options,omitempty"` // option name -> value
	Price   Money             `json:"price"`
	Barcode string            `json:"barcode,omitempty"`
	Grams   int64             `json:"grams,omitempty"` // 0 takes the account's default
	Image   string            `json:"image,omitempty"` // URL, one of the product's images
	// Stated is the quantity the last import stated; a later import moves the
	// stock only where it differs from it.
	Stated *int64 `json:"stated,omitempty"`
}

// Image is a picture of a product at a public address.
type Image struct {
	URL string `json:"url"`
	Alt string `json:"alt,omitempty"`
}

// Override replaces fields of a product on one channel; empty fields do not.
type Override struct {
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Category    string            `json:"category,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
}

// On is the product as it is to appear on a channel: overrides applied.
func (p Product) On(c Channel) Product {
	o, ok := p.Overrides[c]
	if !ok {
		return p
	}
	pick := func(over, own string) string {
		if over != "" {
			return over
		}
		return own
	}
	p.Title, p.Description, p.Category = pick(o.Title, p.Title), pick(o.Description, p.Description), pick(o.Category, p.Category)
	if len(o.Tags) > 0 {
		p.Tags = o.Tags
	}
	if len(o.Attributes) > 0 {
		merged := make(map[string]string, len(p.Attributes)+len(o.Attributes))
		for k, v := range p.Attributes {
			merged[k] = v
		}
		for k, v := range o.Attributes {
			merged[k] = v
		}
		p.Attributes = merged
	}
	return p
}

// Variant finds a variant by its id.
func (p Product) Variant(id VariantID) (Variant, bool) {
	for _, v := range p.Variants {
		if v.ID == id {
			return v, true
		}
	}
	return Variant{}, false
}

// Defaults fill what a product does not say. They exist from the start and
// may be changed per workspace and per account (an account's value wins).
type Defaults struct {
	Category        string            `json:"category,omitempty"`
	Currency        string            `json:"currency,omitempty"` // of imports that name none
	Grams           int64             `json:"grams,omitempty"`
	LengthMM        int64             `json:"length_mm,omitempty"`
	WidthMM         int64             `json:"width_mm,omitempty"`
	HeightMM        int64             `json:"height_mm,omitempty"`
	WhoMade         string            `json:"who_made,omitempty"`  // i_did, someone_else, collective
	WhenMade        string            `json:"when_made,omitempty"` // made_to_order or a range the channel offers; "recent" picks the newest
	IsSupply        bool              `json:"is_supply,omitempty"`
	Condition       string            `json:"condition,omitempty"` // new, refurbished, used
	Brand           string            `json:"brand,omitempty"`
	ProductURL      string            `json:"product_url,omitempty"`  // template with {handle} and {sku}
	CheckoutURL     string            `json:"checkout_url,omitempty"` // of the seller's own checkout; template with {items} and {coupon}
	ShippingProfile RemoteID          `json:"shipping_profile,omitempty"`
	ReturnPolicy    RemoteID          `json:"return_policy,omitempty"`
	Processing      RemoteID          `json:"processing_profile,omitempty"`
	Warehouse       RemoteID          `json:"warehouse,omitempty"`
	Renew           string            `json:"renew,omitempty"`      // never or auto; renewing costs money
	Publish         string            `json:"publish,omitempty"`    // draft or live
	Categories      map[string]string `json:"categories,omitempty"` // our category -> the channel's id
}

// Over lays account values over workspace values: what is set in d wins.
func (d Defaults) Over(base Defaults) Defaults {
	merged := base
	merged.Categories = make(map[string]string, len(base.Categories)+len(d.Categories))
	for k, v := range base.Categories {
		merged.Categories[k] = v
	}
	// Fields with omitempty are absent when unset, so decoding d over base
	// keeps exactly what d does not say.
	raw, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(raw, &merged)
	}
	if err != nil { // both are plain data: it can't happen
		return base
	}
	return merged
}
