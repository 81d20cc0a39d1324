package etsysim

import (
	"encoding/json"
	"fmt"

	"github.com/manystall/manystall/connectors/simkit"
)

// The states of a listing in Etsy's words.
const (
	stateDraft    = "draft"
	stateActive   = "active"
	stateInactive = "inactive"
	stateSoldOut  = "sold_out"
	stateExpired  = "expired"
	// What Etsy itself sets on a listing it has looked into; its file has
	// neither (etsy/open-api#357 and 473).
	stateEdit    = "edit"
	stateRemoved = "removed"
)

const (
	typePhysical = "physical"
	typeDownload = "download"
	typeBoth     = "both"
)

// listing is one row: a listing with everything that belongs to it. Times are
// unix seconds.
type listing struct {
	ID              int64            `json:"id"`
	State           string           `json:"state"`
	Type            string           `json:"type"`
	Title           string           `json:"title"`
	Description     string           `json:"description"`
	Created         int64            `json:"created"`
	Modified        int64            `json:"modified"`
	StateSince      int64            `json:"state_since"`
	Ending          int64            `json:"ending"`
	WhoMade         string           `json:"who_made"`
	WhenMade        string           `json:"when_made"`
	IsSupply        bool             `json:"is_supply"`
	Taxonomy        int64            `json:"taxonomy"`
	ShippingProfile *int64           `json:"shipping_profile"`
	ReturnPolicy    *int64           `json:"return_policy"`
	ProcessingMin   *int64           `json:"processing_min"`
	ProcessingMax   *int64           `json:"processing_max"`
	Tags            []string         `json:"tags"`
	Materials       []string         `json:"materials"`
	Styles          []string         `json:"styles"`
	AutoRenew       bool             `json:"auto_renew"`
	Taxable         bool             `json:"taxable"`
	Customizable    bool             `json:"customizable"`
	Personalizable  bool             `json:"personalizable"`
	FeaturedRank    int64            `json:"featured_rank"`
	Weight          *json.Number     `json:"weight"`
	Length          *json.Number     `json:"length"`
	Width           *json.Number     `json:"width"`
	Height          *json.Number     `json:"height"`
	WeightUnit      *string          `json:"weight_unit"`
	DimensionsUnit  *string          `json:"dimensions_unit"`
	Images          []placedImage    `json:"images"` // in rank order
	VariationImages []variationImage `json:"variation_images"`
	Inventory       inventory        `json:"inventory"`
	Properties      []propertyValue  `json:"properties"` // what it is, beside its variations
	Questions       []question       `json:"questions"`  // of personalization
}

// face is the part of a listing that lists sort and filter by.
type face struct {
	State   string `json:"state"`
	Created int64  `json:"created"`
	Updated int64  `json:"updated"`
	Price   int64  `json:"price"`
}

func (l *listing) physical() bool { return l.Type != typeDownload }

func findListing(tx *simkit.Tx, id int64) (l listing, err error) {
	known, err := tx.Find(tableListing, key(id), &l)
	if err == nil && !known {
		err = notFound("Listing", id)
	}
	return l, err
}

// listing reads the listing in the path. Whoever is not the owner sees active
// listings only.
func (c *call) listing() (listing, error) {
	id, err := c.id("listing_id")
	if err != nil {
		return listing{}, err
	}
	l, err := findListing(c.tx, id)
	if err == nil && l.State != stateActive && !c.isOwner() {
		err = notFound("Listing", id)
	}
	return l, err
}

// ownListing reads the listing in a path that names the shop too.
func (c *call) ownListing() (listing, error) {
	if err := c.ownShop(); err != nil {
		return listing{}, err
	}
	return c.listing()
}

// saveListing writes a listing with its indexes. old is what was stored
// before, nil for a new one.
func saveListing(tx *simkit.Tx, old, l *listing) error {
	if old != nil {
		if err := dropSKUs(tx, old); err != nil {
			return err
		}
	}
	for _, p := range l.Inventory.Products {
		if p.SKU == "" {
			continue
		}
		if err := tx.Put(tableSKU, skuKey(p.SKU, l.ID), l.ID); err != nil {
			return err
		}
	}
	f := face{State: l.State, Created: l.Created, Updated: l.Modified, Price: l.Inventory.lowestPrice()}
	if err := tx.Put(tableFace, key(l.ID), f); err != nil {
		return err
	}
	return tx.Put(tableListing, key(l.ID), l)
}

func dropSKUs(tx *simkit.Tx, l *listing) error {
	for _, p := range l.Inventory.Products {
		if p.SKU == "" {
			continue
		}
		if err := tx.Delete(tableSKU, skuKey(p.SKU, l.ID)); err != nil {
			return err
		}
	}
	return nil
}

func skuKey(sku string, id int64) string { return fmt.Sprintf("%s\x00%019d", sku, id) }

// setState moves a listing and notes when.
func (l *listing) setState(state string, now int64) {
	if l.State != state {
		l.State, l.StateSince = state, now
	}
}
