package tiktokshop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	kindCreate = "create"
	// askAgain is when a creation without an answer is repeated with its key.
	askAgain = 10 * time.Second
)

// create lists a product for the first time. The call is stored with its body
// before it goes out: if the answer is lost, the same body with the same key
// tells what became of it.
func (j *job) create(ctx context.Context) channel.Result {
	if wait := j.fullFor(); wait > 0 {
		return j.later(wait, "TikTok takes no more listings from this shop today.")
	}
	body, err := j.assemble(ctx)
	if err != nil {
		return j.failed(err)
	}
	for i := range body.SKUs {
		body.SKUs[i].ID = ""
	}
	body.SaveMode = j.mode()
	body.External = string(j.ch.Listing.ID) + j.again()
	body.Key = j.ch.Key + j.again()
	r := j.submit(ctx, body)
	if f := fault.Of(r.Err); f == nil || f.Code != api.CodeZero {
		return r
	}
	return j.createInStock(ctx, body)
}

// again tells a product that was deleted at TikTok from the one that is listed
// in its place.
func (j *job) again() string {
	if j.ch.Listing.Remote == "" {
		return ""
	}
	return "-" + string(j.ch.Listing.Remote)
}

func (j *job) mode() string {
	if j.ch.Defaults.Publish == "draft" {
		return "AS_DRAFT"
	}
	return "LISTING"
}

// createInStock lists only the variants that are there, where TikTok takes no
// quantity of zero; the others follow when they are in stock.
func (j *job) createInStock(ctx context.Context, body api.Content) channel.Result {
	j.problems = nil
	body.SKUs = slices.DeleteFunc(body.SKUs, func(s api.SKU) bool { return s.Inventory[0].Quantity == 0 })
	if len(body.SKUs) == 0 {
		r := j.result(channel.Done)
		r.Views = map[commerce.Channel]channel.View{commerce.TikTok: {State: commerce.ListingSoldOut, Waiting: "TikTok lists a product only while it is in stock."}}
		return r
	}
	body.Key += "-stocked"
	return j.submit(ctx, body)
}

// submit sends a creation between its intent and its end.
func (j *job) submit(ctx context.Context, body api.Content) channel.Result {
	j.note(body)
	raw, err := json.Marshal(body)
	if err != nil {
		return j.failed(fmt.Errorf("encode product: %w", err))
	}
	extra, err := json.Marshal(j.m)
	if err != nil {
		return j.failed(fmt.Errorf("encode memory: %w", err))
	}
	if short(ctx) {
		return j.result(channel.More) // the uploads are remembered
	}
	call := channel.Call{
		ID: j.env.NewID(), Kind: kindCreate, Listings: []commerce.ListingID{j.ch.Listing.ID}, Key: body.Key,
		Intent: map[string]string{"body": string(raw), "extra": string(extra), "was": string(j.ch.Listing.Remote)},
	}
	if err := j.save.Begin(ctx, call); err != nil {
		return j.failed(fmt.Errorf("begin to list: %w", err))
	}
	receipt, err := j.api.CreateProduct(ctx, raw)
	return j.settleCreate(ctx, call.ID, receipt, err)
}

// settleCreate stores what became of a creation. Without a clear answer the
// call stays open and is asked for again.
func (j *job) settleCreate(ctx context.Context, call string, receipt api.Receipt, err error) channel.Result {
	f := fault.Of(err)
	switch {
	case err == nil && receipt.Product == "", f != nil && (f.Kind == fault.Temporary || f.Kind == fault.Unknown || f.Kind == fault.Internal):
		r := channel.Result{Listing: j.ch.Listing.ID, Outcome: channel.Pending, Call: call, CheckAt: j.env.Now().Add(askAgain), Extra: j.m}
		if err := j.save.Sent(ctx, call, "", r.CheckAt); err != nil {
			return j.failed(fmt.Errorf("keep the open listing: %w", err))
		}
		return r
	case f != nil && f.Code == api.CodeTwin:
		r := j.adopt(ctx)
		return j.end(ctx, call, r)
	case f != nil:
		return j.end(ctx, call, j.failed(err))
	}
	j.take(receipt)
	j.m[keyStatus], j.m[keyAudit] = statusPending, auditRunning
	if j.m[keyShown+"mode"] == "AS_DRAFT" {
		j.m[keyStatus], j.m[keyAudit] = statusDraft, ""
	}
	delete(j.m, keyOff)
	r := j.result(channel.Done)
	if err := j.save.Created(ctx, r); err != nil {
		return j.failed(fmt.Errorf("store the ids of product %s: %w", receipt.Product, err))
	}
	return j.end(ctx, call, r)
}

func (j *job) end(ctx context.Context, call string, r channel.Result) channel.Result {
	if err := j.save.End(ctx, call); err != nil && r.Err == nil {
		r.Outcome, r.Err = channel.Failed, fmt.Errorf("end the listing call: %w", err)
	}
	return r
}

// take notes the ids TikTok gave, by our variant id, else by SKU.
func (j *job) take(receipt api.Receipt) {
	j.remote = commerce.RemoteID(receipt.Product)
	for _, s := range receipt.SKUs {
		j.takeItem(s.ID, s.External, s.SellerSKU)
	}
}

func (j *job) takeItem(id api.ID, external, sku string) {
	if j.items == nil {
		j.items = map[commerce.VariantID]commerce.RemoteID{}
	}
	for _, v := range j.product.Variants {
		if id != "" && (external == string(v.ID) || (external == "" && sku != "" && sku == string(v.SKU))) {
			j.items[v.ID] = commerce.RemoteID(id)
			delete(j.m, keyGone+string(v.ID))
			return
		}
	}
}

// note remembers what a body shows, property by property.
func (j *job) note(body api.Content) {
	for name, digest := range shown(body) {
		j.m[keyShown+name] = digest
	}
	if body.SaveMode != "" {
		j.m[keyShown+"mode"] = body.SaveMode
	}
}

// shown are the digests of the properties an edit can change. Prices and
// quantities have calls of their own.
func shown(body api.Content) map[string]string {
	skus := slices.Clone(body.SKUs)
	for i := range skus {
		skus[i].ID, skus[i].Inventory, skus[i].Price = "", nil, nil
	}
	return map[string]string{
		"title": digestOf(body.Title), "description": digestOf(body.Description), "attributes": digestOf(body.Attributes),
		"brand": digestOf(body.Brand), "papers": digestOf([]any{body.Chart, body.Papers, body.Makers, body.Responsible}),
		"weight": digestOf(body.Weight), "box": digestOf(body.Box), "images": digestOf(body.Images), "skus": digestOf(skus),
	}
}

// adopt finds the product that already carries our external id: it was listed
// before our records began. A search by SKU shows who it may be, a read by id
// whether it is. The next round brings it up to date.
func (j *job) adopt(ctx context.Context) channel.Result {
	var codes []string
	for _, v := range j.product.Variants {
		if v.SKU != "" && len(codes) < api.MaxSearch {
			codes = append(codes, string(v.SKU))
		}
	}
	found, err := j.api.SearchProducts(ctx, api.ProductSearch{SellerSKUs: codes})
	if err != nil {
		return j.failed(err)
	}
	external := string(j.ch.Listing.ID) + j.again()
	for _, hit := range found {
		if hit.Status == statusDeleted || hit.Status == statusFrozen {
			continue
		}
		p, err := j.api.Product(ctx, string(hit.ID))
		if err != nil {
			return j.failed(err)
		}
		if p.External != external {
			continue
		}
		j.remote = commerce.RemoteID(p.ID)
		for _, s := range p.SKUs {
			j.takeItem(s.ID, s.External, s.SellerSKU)
		}
		for name := range shown(api.Content{}) {
			delete(j.m, keyShown+name)
		}
		j.observe(p)
		r := j.result(channel.More)
		if err := j.save.Created(ctx, r); err != nil {
			return j.failed(fmt.Errorf("store the ids of product %s: %w", p.ID, err))
		}
		return r
	}
	return j.failed(fault.New(fault.Rejected, api.CodeTwin, "TikTok says that this product is in the shop already, but does not show it. Look for it in Seller Center's deleted products."))
}
