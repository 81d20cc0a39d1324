package etsysim

import (
	"net/http"
	"slices"
	"time"
)

// createDraft makes a draft with an inventory of one product.
func createDraft(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	if c.sim.Unfinished {
		return reply{}, &refusal{status: http.StatusBadRequest, Text: "onboarding is not complete", body: unfinished()}
	}
	f, now := c.form, c.unix()
	f.need("quantity", "title", "description", "price", "who_made", "when_made", "is_supply", "taxonomy_id")
	p := product{Quantity: f.int("quantity", 1, maxQuantity, 0), Price: f.price(), Enabled: true, Readiness: f.id("readiness_state_id")}
	l := listing{
		State: stateDraft, Created: now, Modified: now, StateSince: now, Ending: monthsLater(c.now),
		Type: f.oneOf("type", typePhysical, []string{typePhysical, typeDownload, typeBoth}), Taxable: true,
		Styles: f.styles(), Inventory: inventory{Products: []product{p}},
	}
	if err := c.apply(&l); err != nil {
		return reply{}, err
	}
	if err := c.checkReadiness(&listing{Type: l.Type, State: stateDraft}, p.Readiness); err != nil {
		return reply{}, err
	}
	var err error
	if l.ID, err = c.sim.newID(c.tx, tableListing); err != nil {
		return reply{}, err
	}
	if err := c.numberProducts(l.Inventory.Products); err != nil {
		return reply{}, err
	}
	if err := saveListing(c.tx, nil, &l); err != nil {
		return reply{}, err
	}
	return created(c.sim.listingView(&l))
}

// monthsLater is when a listing ends: four months after it is paid for.
func monthsLater(now time.Time) int64 { return now.AddDate(0, 4, 0).Unix() }

func (f *form) price() int64 {
	if f.text("price") == "" {
		return 0
	}
	minor, err := parsePrice(f.text("price"))
	if err != nil {
		f.fail("price: %s", err)
	}
	return minor
}

// updateListing changes what is sent. Price and quantity are ignored here, as
// Etsy has done since the inventory became a resource of its own.
func updateListing(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	l := old
	// The slices of old are kept apart: apply replaces, activation changes in place.
	l.Inventory.Products = slices.Clone(old.Inventory.Products)
	f := c.form
	if kind := f.oneOf("type", l.Type, []string{typePhysical, typeDownload, typeBoth}); kind != l.Type {
		if kind == typeDownload && l.Inventory.Products[0].Readiness != nil {
			return reply{}, invalid("type: a listing with a processing profile cannot become a download")
		}
		l.Type = kind
	}
	if maker := []bool{f.has("who_made"), f.has("when_made"), f.has("is_supply")}; slices.Contains(maker, true) && slices.Contains(maker, false) {
		f.fail("who_made, when_made and is_supply must be sent together")
	}
	if err := c.apply(&l); err != nil {
		return reply{}, err
	}
	if err := c.moveState(&l); err != nil {
		return reply{}, err
	}
	l.Modified = c.unix()
	kept := l
	if c.sim.Doubts.HollowActive {
		kept.State, kept.Ending = old.State, old.Ending
	}
	if err := saveListing(c.tx, &old, &kept); err != nil {
		return reply{}, err
	}
	return ok(c.sim.listingView(&l))
}

// apply writes the fields that were sent into l.
func (c *call) apply(l *listing) error {
	f := c.form
	f.refuseOld()
	c.applyText(l)
	c.applyReferences(l)
	c.applyMeasures(l)
	l.IsSupply = f.flag("is_supply", l.IsSupply)
	l.AutoRenew = f.flag("should_auto_renew", l.AutoRenew)
	l.Taxable = f.flag("is_taxable", l.Taxable)
	l.Customizable = f.flag("is_customizable", l.Customizable)
	l.FeaturedRank = f.int("featured_rank", -1, 1000, l.FeaturedRank)
	if f.err != nil || !f.has("image_ids") {
		return f.err
	}
	ids := f.ids("image_ids")
	if f.err != nil {
		return f.err
	}
	return c.arrangeImages(l, ids)
}

// refuseOld refuses what Etsy took until 2026-04-09: a personalization is a
// resource of its own (migration guide, read 2026-11-22).
func (f *form) refuseOld() {
	for _, name := range []string{"is_personalizable", "personalization_is_required", "personalization_char_count_max", "personalization_instructions"} {
		if f.has(name) {
			f.fail("Unexpected parameter '%s': use updateListingPersonalization", name)
		}
	}
}

func (c *call) applyText(l *listing) {
	f := c.form
	if f.has("title") {
		l.Title = f.title()
	}
	if f.has("description") {
		l.Description = f.description()
	}
	if f.has("tags") {
		l.Tags = f.tags()
	}
	if f.has("materials") {
		l.Materials = f.materials()
	}
	l.WhoMade = f.oneOf("who_made", l.WhoMade, []string{"i_did", "someone_else", "collective"})
	l.WhenMade = f.oneOf("when_made", l.WhenMade, whenMade(c.now))
}

// applyReferences checks that what a listing points at exists in the shop. The
// seeded shop has no sections and no production partners.
func (c *call) applyReferences(l *listing) {
	f, sh := c.form, c.sim.shop
	if f.has("taxonomy_id") {
		if l.Taxonomy = f.int("taxonomy_id", 1, maxID, 0); l.Taxonomy != 0 {
			if _, known := findNode(taxonomy(), l.Taxonomy); !known {
				f.fail("taxonomy_id: there is no category %d", l.Taxonomy)
			}
		}
	}
	l.ShippingProfile = f.reference("shipping_profile_id", l.ShippingProfile, sh.ShippingProfile)
	l.ReturnPolicy = f.reference("return_policy_id", l.ReturnPolicy, sh.ReturnPolicy)
	f.reference("shop_section_id", nil, 0)
	if len(f.ids("production_partner_ids")) > 0 {
		f.fail("production_partner_ids: the shop has no production partners")
	}
}

func (f *form) reference(name string, absent *int64, only int64) *int64 {
	if !f.has(name) {
		return absent
	}
	id := f.id(name)
	if id != nil && *id != only {
		f.fail("%s: there is no such record %d in this shop", name, *id)
	}
	return id
}

func (c *call) applyMeasures(l *listing) {
	f := c.form
	for name, into := range map[string]**int64{"processing_min": &l.ProcessingMin, "processing_max": &l.ProcessingMax} {
		if f.has(name) {
			*into = f.id(name)
		}
	}
	if f.has("item_weight") {
		l.Weight = f.measure("item_weight")
	}
	if f.has("item_length") {
		l.Length = f.measure("item_length")
	}
	if f.has("item_width") {
		l.Width = f.measure("item_width")
	}
	if f.has("item_height") {
		l.Height = f.measure("item_height")
	}
	if unit := f.oneOf("item_weight_unit", "", []string{"oz", "lb", "g", "kg"}); unit != "" {
		l.WeightUnit = &unit
	}
	if unit := f.oneOf("item_dimensions_unit", "", []string{"in", "ft", "mm", "cm", "m", "yd", "inches"}); unit != "" {
		l.DimensionsUnit = &unit
	}
}
