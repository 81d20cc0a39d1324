package tiktokshop

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// edit sends the properties that differ from what was sent last, in one call.
// whole also sends variants with prices and quantities.
func (j *job) edit(ctx context.Context, whole bool) error {
	if wait := j.fullFor(); wait > 0 {
		return &fault.Error{Kind: fault.RateLimited, Code: api.CodeDailyLimit, RetryAfter: wait, Message: "TikTok takes no more listings from this shop today."}
	}
	body, err := j.assemble(ctx)
	if err != nil {
		return err
	}
	j.checkCategory()
	edit := j.difference(body, whole)
	if digestOf(edit) == digestOf(api.Content{}) {
		return nil
	}
	if j.m[keyStatus] == statusDraft {
		edit.SaveMode = j.mode()
	}
	lane := port.LaneText
	if edit.Title == "" && edit.Description == "" && len(edit.Images) > 0 {
		lane = port.LaneImages
	}
	receipt, err := j.api.EditProduct(ctx, string(j.ch.Listing.Remote), edit, lane)
	complete := true
	if f := fault.Of(err); f != nil && f.Code == api.CodeZero && len(edit.SKUs) > 0 {
		edit.SKUs, complete = j.withoutZeros(edit.SKUs)
		receipt, err = j.api.EditProduct(ctx, string(j.ch.Listing.Remote), edit, lane)
	}
	if err != nil {
		return fmt.Errorf("edit product %s: %w", j.ch.Listing.Remote, err)
	}
	j.note(body)
	if !complete {
		delete(j.m, keyShown+"skus")
	}
	return j.submitted(ctx, edit, receipt)
}

// submitted notes a revision that TikTok has taken.
func (j *job) submitted(ctx context.Context, edit api.Content, receipt api.Receipt) error {
	j.edited = edit.SaveMode != "AS_DRAFT"
	if j.edited {
		j.m[keyAudit] = auditRunning
		if s := j.m[keyStatus]; s != statusActive && s != statusOff {
			j.m[keyStatus] = statusPending
		}
	}
	if len(edit.SKUs) == 0 {
		return nil
	}
	for _, v := range j.removed() {
		j.m[keyGone+string(v)] = "1"
	}
	for _, s := range receipt.SKUs {
		j.takeItem(s.ID, s.External, s.SellerSKU)
	}
	// New variants have ids now that orders will name.
	return j.save.Created(ctx, channel.Result{Listing: j.ch.Listing.ID, Items: j.items, Extra: j.m})
}

// checkCategory tells a seller whose choice of category comes too late: only a
// full edit could move a product, and it would erase what was set by hand.
func (j *job) checkCategory() {
	chosen := leaf(j.product.Category, j.ch.Defaults)
	if chosen == "" || chosen == j.ch.Listing.Extra[keyCategory] || j.ch.Listing.Extra[keyCategory] == "" {
		return
	}
	j.problems = append(j.problems, commerce.Problem{
		Channel: commerce.TikTok, Rule: "category_fixed", Field: "category", Value: chosen, Allowed: j.ch.Listing.Extra[keyCategory],
		Fix: "The product stays in the category it was listed in. Change it in Seller Center if it should move.",
	})
	j.m[keyCategory] = j.ch.Listing.Extra[keyCategory]
}

// difference keeps the properties whose digest differs from the remembered one.
func (j *job) difference(body api.Content, whole bool) api.Content {
	var edit api.Content
	now := shown(body)
	differs := func(name string) bool { return j.m[keyShown+name] != now[name] }
	if differs("title") {
		edit.Title = body.Title
	}
	if differs("description") {
		edit.Description = body.Description
	}
	if differs("attributes") {
		edit.Attributes = body.Attributes
	}
	if differs("weight") || differs("box") {
		edit.Weight, edit.Box = body.Weight, body.Box
	}
	if differs("images") {
		edit.Images = body.Images
	}
	if whole || differs("skus") {
		edit.SKUs = body.SKUs
	}
	return edit
}

// withoutZeros is for shops where TikTok refuses a quantity of zero: variants
// it has keep the quantity they have, which is said; others wait until there is
// something of them, and the answer is false.
func (j *job) withoutZeros(skus []api.SKU) (left []api.SKU, complete bool) {
	complete = true
	for i, s := range skus {
		if s.Inventory[0].Quantity > 0 {
			left = append(left, s)
			continue
		}
		if s.ID == "" {
			complete = false
			continue
		}
		s.Inventory = nil
		left = append(left, s)
		j.problems = append(j.problems, commerce.Problem{
			Channel: commerce.TikTok, Rule: api.CodeZero, Field: fmt.Sprintf("variants[%d].stock", i), Value: "0", Allowed: "1 to 99999",
			Fix: "TikTok takes no quantity of zero for a single variant: take it off sale in Seller Center until it is back.",
		})
	}
	return left, complete
}
