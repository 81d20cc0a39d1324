package dashboard

import "github.com/manystall/manystall/shared/commerce"

// defaultsBody is commerce.Defaults as they may come in.
type defaultsBody struct {
	Category        string            `json:"category,omitempty" validate:"max=200,line"`
	Currency        string            `json:"currency,omitempty" validate:"omitempty,currency"`
	Grams           int64             `json:"grams,omitempty" validate:"min=0,max=1000000"`
	LengthMM        int64             `json:"length_mm,omitempty" validate:"min=0,max=100000"`
	WidthMM         int64             `json:"width_mm,omitempty" validate:"min=0,max=100000"`
	HeightMM        int64             `json:"height_mm,omitempty" validate:"min=0,max=100000"`
	WhoMade         string            `json:"who_made,omitempty" validate:"omitempty,oneof=i_did someone_else collective"`
	WhenMade        string            `json:"when_made,omitempty" validate:"max=40,line"`
	IsSupply        bool              `json:"is_supply,omitempty"`
	Condition       string            `json:"condition,omitempty" validate:"omitempty,oneof=new refurbished used"`
	Brand           string            `json:"brand,omitempty" validate:"max=100,line"`
	ProductURL      string            `json:"product_url,omitempty" validate:"omitempty,max=500,weburl"`
	CheckoutURL     string            `json:"checkout_url,omitempty" validate:"omitempty,max=500,weburl"`
	ShippingProfile string            `json:"shipping_profile,omitempty" validate:"max=100,line"`
	ReturnPolicy    string            `json:"return_policy,omitempty" validate:"max=100,line"`
	Processing      string            `json:"processing_profile,omitempty" validate:"max=100,line"`
	Warehouse       string            `json:"warehouse,omitempty" validate:"max=100,line"`
	Renew           string            `json:"renew,omitempty" validate:"omitempty,oneof=never auto"`
	Publish         string            `json:"publish,omitempty" validate:"omitempty,oneof=draft live"`
	Categories      map[string]string `json:"categories,omitempty" validate:"max=1000,dive,keys,max=200,line,endkeys,max=100,line"`
}

func (b defaultsBody) defaults() commerce.Defaults {
	return commerce.Defaults{
		Category: b.Category, Currency: b.Currency, Grams: b.Grams, LengthMM: b.LengthMM, WidthMM: b.WidthMM, HeightMM: b.HeightMM,
		WhoMade: b.WhoMade, WhenMade: b.WhenMade, IsSupply: b.IsSupply, Condition: b.Condition, Brand: b.Brand, ProductURL: b.ProductURL, CheckoutURL: b.CheckoutURL,
		ShippingProfile: commerce.RemoteID(b.ShippingProfile), ReturnPolicy: commerce.RemoteID(b.ReturnPolicy),
		Processing: commerce.RemoteID(b.Processing), Warehouse: commerce.RemoteID(b.Warehouse),
		Renew: b.Renew, Publish: b.Publish, Categories: b.Categories,
	}
}
