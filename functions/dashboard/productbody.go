package dashboard

import (
	"cmp"
	"encoding/json"

	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/commerce"
)

// productBody is a product as it may come in. What GET shows may be sent back:
// fields that are not the sender's to set are accepted and ignored.
type productBody struct {
	Handle      string                            `json:"handle" validate:"max=200,line"`
	Title       string                            `json:"title" validate:"required,max=500,line"`
	Description string                            `json:"description" validate:"max=100000,text"`
	Brand       string                            `json:"brand" validate:"max=100,line"`
	Category    string                            `json:"category" validate:"max=200,line"`
	Tags        []string                          `json:"tags" validate:"max=50,dive,required,max=100,line"`
	Materials   []string                          `json:"materials" validate:"max=50,dive,required,max=100,line"`
	Options     []string                          `json:"options" validate:"max=3,unique,dive,required,max=100,line"`
	Variants    []variantBody                     `json:"variants" validate:"required,min=1,max=300,dive"`
	Images      []imageBody                       `json:"images" validate:"max=50,dive"`
	Attributes  map[string]string                 `json:"attributes" validate:"max=100,dive,keys,required,max=100,line,endkeys,max=1000,text"`
	Overrides   map[commerce.Channel]overrideBody `json:"overrides" validate:"max=10,dive,keys,oneof=etsy tiktok facebook instagram,endkeys"`
	Channels    []commerce.Channel                `json:"channels" validate:"max=10,unique,dive,oneof=etsy tiktok facebook instagram"`
	Archived    bool                              `json:"archived"`

	ID        json.RawMessage `json:"id" validate:"-"`
	Version   json.RawMessage `json:"version" validate:"-"`
	CreatedAt json.RawMessage `json:"created_at" validate:"-"`
	UpdatedAt json.RawMessage `json:"updated_at" validate:"-"`
}

type variantBody struct {
	ID       commerce.VariantID `json:"id" validate:"omitempty,id"`
	SKU      commerce.SKU       `json:"sku" validate:"required,max=100,line"`
	Options  map[string]string  `json:"options" validate:"max=3,dive,keys,required,max=100,line,endkeys,required,max=200,line"`
	Price    *moneyBody         `json:"price" validate:"required"`
	Barcode  string             `json:"barcode" validate:"max=50,line"`
	Grams    int64              `json:"grams" validate:"min=0,max=1000000"`
	Image    string             `json:"image" validate:"omitempty,max=2000,weburl"`
	Quantity *int64             `json:"quantity" validate:"omitnil,min=0,max=999999999"`
	Stated   json.RawMessage    `json:"stated" validate:"-"`
}

type moneyBody struct {
	Amount   int64  `json:"amount" validate:"min=0,max=999999999999"`
	Currency string `json:"currency" validate:"required,currency"`
}

func (m *moneyBody) money() commerce.Money {
	if m == nil {
		return commerce.Money{}
	}
	return commerce.Money{Amount: m.Amount, Currency: m.Currency}
}

type imageBody struct {
	URL string `json:"url" validate:"required,max=2000,weburl"`
	Alt string `json:"alt" validate:"max=500,line"`
}

type overrideBody struct {
	Title       string            `json:"title" validate:"max=500,line"`
	Description string            `json:"description" validate:"max=100000,text"`
	Category    string            `json:"category" validate:"max=200,line"`
	Tags        []string          `json:"tags" validate:"max=50,dive,required,max=100,line"`
	Attributes  map[string]string `json:"attributes" validate:"max=100,dive,keys,required,max=100,line,endkeys,max=1000,text"`
}

// product is the wanted product in the place of old: ids, times, the version
// that was read, and what was stated of variants that state nothing now.
func (b productBody) product(old commerce.Product) commerce.Product {
	p := commerce.Product{
		ID: old.ID, Version: old.Version, CreatedAt: old.CreatedAt, UpdatedAt: old.UpdatedAt,
		Handle: b.handle(old), Title: b.Title, Description: b.Description, Brand: b.Brand, Category: b.Category, Tags: b.Tags,
		Materials: b.Materials, Options: b.Options, Attributes: b.Attributes, Channels: b.Channels, Archived: b.Archived,
	}
	for _, v := range b.Variants {
		p.Variants = append(p.Variants, v.variant(old))
	}
	for _, i := range b.Images {
		p.Images = append(p.Images, commerce.Image(i))
	}
	for c, o := range b.Overrides {
		if p.Overrides == nil {
			p.Overrides = map[commerce.Channel]commerce.Override{}
		}
		p.Overrides[c] = commerce.Override(o)
	}
	return p
}

// variant keeps the id of the variant with the same SKU when none is given, so
// that who knows no ids changes variants rather than exchanging them.
func (b variantBody) variant(old commerce.Product) commerce.Variant {
	v := commerce.Variant{ID: b.ID, SKU: b.SKU, Options: b.Options, Price: b.Price.money(), Barcode: b.Barcode, Grams: b.Grams, Image: b.Image, Stated: b.Quantity}
	for _, was := range old.Variants {
		if v.ID == was.ID || (v.ID == "" && v.SKU == was.SKU) {
			v.ID = was.ID
			if v.Stated == nil {
				v.Stated = was.Stated
			}
		}
	}
	return v
}

// handle makes one of the title and the first SKU, which is unique, when none
// is given.
func (b productBody) handle(old commerce.Product) string {
	switch {
	case b.Handle != "":
		return b.Handle
	case old.Handle != "":
		return old.Handle
	}
	return cmp.Or(catalog.Handle(b.Title+" "+string(b.Variants[0].SKU)), string(b.Variants[0].SKU))
}
