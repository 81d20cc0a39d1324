package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	all := len(edit.SKUs)
	if j.noZeros {
		edit.SKUs = withoutZeros(edit.SKUs)
	}
	receipt, err := j.api.EditProduct(ctx, string(j.ch.Listing.Remote), edit, lane)
	if f := fault.Of(err); f != nil && f.Code == api.CodeZero && len(edit.SKUs) > 0 && !j.noZeros {
		j.noZeros = true
		if j.total() == 0 {
			return j.soldOut(ctx)
		}
		if j.m[keyStatus] == statusActive && slices.ContainsFunc(edit.SKUs, func(s api.SKU) bool { return s.ID != "" && pieces(s) == 0 }) {
			return j.leaveOut(ctx)
		}
		edit.SKUs = withoutZeros(edit.SKUs)
		receipt, err = j.api.EditProduct(ctx, string(j.ch.Listing.Remote), edit, lane)
	}
	if err != nil {
		return fmt.Errorf("edit product %s: %w", j.ch.Listing.Remote, err)
	}
	j.note(body)
	if len(edit.SKUs) < all {
		delete(j.m, keyShown+"skus")
	}
	return j.submitted(ctx, edit, receipt)
}

// errSoldOut says that an edit can't be sent: there is nothing of any variant,
// and TikTok refuses a quantity of zero.
var errSoldOut = errors.New("nothing in stock")

// soldOut keeps a product of which there is nothing from being sold: with an
// edit that leaves quantities out, TikTok would go on with the old ones.
func (j *job) soldOut(ctx context.Context) error {
	if j.m[keyStatus] == statusActive {
		return j.switchOff(ctx, offZero)
	}
	return errSoldOut
}

// leaveOut takes variants of which nothing is left out of a product on sale,
// where TikTok refuses a quantity of zero. An edit alone would leave them on
// sale until it is reviewed. So the product goes off sale first, at once, and
// comes back through the review without them: nothing that is not there can be
// bought. They come back with their stock.
func (j *job) leaveOut(ctx context.Context) error {
	j.noZeros, j.left = true, true
	if err := j.switchOff(ctx, offPart); err != nil {
		return err
	}
	if _, err := j.resume(ctx); err != nil {
		return err
	}
	j.doneWith(commerce.Groups()...) // the edit brought all of it
	return nil
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
	for v := range j.ch.Listing.Items {
		if id := j.item(v); id != "" && !slices.ContainsFunc(edit.SKUs, func(s api.SKU) bool { return s.ID == id }) {
			j.m[keyGone+string(v)] = "1"
		}
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
	if differs("brand") {
		edit.Brand = body.Brand
	}
	if differs("papers") {
		edit.Chart, edit.Papers, edit.Makers, edit.Responsible = body.Chart, body.Papers, body.Makers, body.Responsible
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

// withoutZeros leaves out variants of which there is nothing, and warehouses
// in which there is nothing.
func withoutZeros(skus []api.SKU) []api.SKU {
	var left []api.SKU
	for _, s := range skus {
		if pieces(s) == 0 {
			continue
		}
		s.Inventory = slices.DeleteFunc(slices.Clone(s.Inventory), func(at api.Stock) bool { return at.Quantity == 0 })
		left = append(left, s)
	}
	return left
}

func pieces(s api.SKU) int64 {
	sum := int64(0)
	for _, at := range s.Inventory {
		sum += at.Quantity
	}
	return sum
}
