package etsysim

import (
	"encoding/json"
	"fmt"
)

// listingView is Etsy's ShopListing.
type listingView struct {
	ListingID         int64        `json:"listing_id"`
	UserID            int64        `json:"user_id"`
	ShopID            int64        `json:"shop_id"`
	Title             string       `json:"title"`
	Description       string       `json:"description"`
	RichDescription   *string      `json:"rich_description"`
	State             string       `json:"state"`
	CreationTimestamp int64        `json:"creation_timestamp"`
	CreatedTimestamp  int64        `json:"created_timestamp"`
	EndingTimestamp   int64        `json:"ending_timestamp"`
	OriginalCreation  int64        `json:"original_creation_timestamp"`
	LastModified      int64        `json:"last_modified_timestamp"`
	UpdatedTimestamp  int64        `json:"updated_timestamp"`
	StateTimestamp    int64        `json:"state_timestamp"`
	Quantity          int64        `json:"quantity"`
	ShopSectionID     *int64       `json:"shop_section_id"`
	FeaturedRank      int64        `json:"featured_rank"`
	URL               string       `json:"url"`
	Favorers          int64        `json:"num_favorers"`
	NonTaxable        bool         `json:"non_taxable"`
	Taxable           bool         `json:"is_taxable"`
	Customizable      bool         `json:"is_customizable"`
	Personalizable    bool         `json:"is_personalizable"`
	Type              string       `json:"listing_type"`
	Tags              []string     `json:"tags"`
	Materials         []string     `json:"materials"`
	ShippingProfileID *int64       `json:"shipping_profile_id"`
	ReturnPolicyID    *int64       `json:"return_policy_id"`
	ProcessingMin     *int64       `json:"processing_min"`
	ProcessingMax     *int64       `json:"processing_max"`
	WhoMade           string       `json:"who_made"`
	WhenMade          string       `json:"when_made"`
	IsSupply          bool         `json:"is_supply"`
	Weight            *json.Number `json:"item_weight"`
	WeightUnit        *string      `json:"item_weight_unit"`
	Length            *json.Number `json:"item_length"`
	Width             *json.Number `json:"item_width"`
	Height            *json.Number `json:"item_height"`
	DimensionsUnit    *string      `json:"item_dimensions_unit"`
	Private           bool         `json:"is_private"`
	Style             []string     `json:"style"`
	FileData          string       `json:"file_data"`
	HasVariations     bool         `json:"has_variations"`
	AutoRenew         bool         `json:"should_auto_renew"`
	Language          string       `json:"language"`
	Price             money        `json:"price"`
	ConvertedPrice    *money       `json:"converted_price"`
	TaxonomyID        int64        `json:"taxonomy_id"`
	ReadinessStateID  *int64       `json:"readiness_state_id"`
	SuggestedTitle    *string      `json:"suggested_title"`
}

// fullView is Etsy's ShopListingWithAssociations: what was asked for with
// includes is there, the rest is left out.
type fullView struct {
	listingView
	SKUs      []string       `json:"skus"`
	Partners  []any          `json:"production_partners"`
	Views     int64          `json:"views"`
	Images    *[]imageView   `json:"images,omitempty"`
	Videos    *[]any         `json:"videos,omitempty"`
	Inventory *inventoryView `json:"inventory,omitempty"`
	Shipping  any            `json:"shipping_profile,omitempty"`
	Shop      any            `json:"shop,omitempty"`
	User      any            `json:"user,omitempty"`
}

func (s *Sim) listingView(l *listing) listingView {
	return listingView{
		ListingID: l.ID, UserID: s.shop.UserID, ShopID: s.shop.ID,
		Title: s.Doubts.shown(l.Title), Description: s.Doubts.shown(l.Description), State: l.State,
		CreationTimestamp: l.Created, CreatedTimestamp: l.Created, OriginalCreation: l.Created,
		EndingTimestamp: l.Ending, LastModified: l.Modified, UpdatedTimestamp: l.Modified, StateTimestamp: l.StateSince,
		Quantity: l.Inventory.total(), FeaturedRank: l.FeaturedRank,
		URL:        fmt.Sprintf("%s/listing/%d", s.env.URL, l.ID),
		NonTaxable: !l.Taxable, Taxable: l.Taxable, Customizable: l.Customizable, Personalizable: l.Personalizable,
		Type: l.Type, Tags: list(s.Doubts.shownAll(l.Tags)), Materials: list(l.Materials), Style: list(l.Styles),
		ShippingProfileID: l.ShippingProfile, ReturnPolicyID: l.ReturnPolicy,
		ProcessingMin: l.ProcessingMin, ProcessingMax: l.ProcessingMax,
		WhoMade: l.WhoMade, WhenMade: l.WhenMade, IsSupply: l.IsSupply,
		Weight: l.Weight, WeightUnit: l.WeightUnit, Length: l.Length, Width: l.Width, Height: l.Height,
		DimensionsUnit: l.DimensionsUnit, HasVariations: len(l.Inventory.properties()) > 0,
		AutoRenew: l.AutoRenew, Language: "en-US", Price: usd(l.Inventory.lowestPrice()),
		TaxonomyID: l.Taxonomy, ReadinessStateID: l.visibleReadiness(),
	}
}

// visibleReadiness is shown on active physical listings only [spec].
func (l *listing) visibleReadiness() *int64 {
	if l.State != stateActive || !l.physical() || len(l.Inventory.Products) == 0 {
		return nil
	}
	return l.Inventory.Products[0].Readiness
}

// list keeps an empty list from becoming null.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

func (c *call) fullView(l *listing, includes []string) (fullView, error) {
	v := fullView{listingView: c.sim.listingView(l), SKUs: []string{}, Partners: []any{}}
	if c.isOwner() {
		v.SKUs = l.Inventory.skus()
	}
	for _, name := range includes {
		if err := c.include(&v, l, name); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (c *call) include(v *fullView, l *listing, name string) error {
	switch name {
	case "Images":
		images, err := c.imageViews(l)
		v.Images = &images
		return err
	case "Videos":
		v.Videos = &[]any{}
	case "Inventory":
		v.Inventory = ptr(c.sim.Doubts.inventory(l.Inventory.view(c.isOwner())))
	case "Shipping":
		if l.ShippingProfile != nil {
			v.Shipping = c.shippingProfile()
		}
	case "Shop":
		rep, err := c.shopView()
		v.Shop = rep.body
		return err
	case "User":
		v.User = map[string]any{"user_id": c.sim.shop.UserID, "primary_email": nil, "first_name": "Demo", "last_name": "Seller", "image_url_75x75": nil}
	}
	return nil
}
