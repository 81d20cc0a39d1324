package etsy

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// inventory writes variants, prices and quantities unless Etsy shows them
// already. It answers the inventory as it is now, and whether it was written.
// What is refused must not keep the shop from selling the right number of
// pieces: then the quantities are written alone.
func (w *work) inventory(ctx context.Context, seen api.Listing, p plan) (now api.Inventory, put bool, err error) {
	if !p.stock {
		return now, false, nil
	}
	usual, err := w.profile(ctx)
	if err != nil {
		return now, false, err
	}
	whole := w.fresh || w.change.Has(commerce.GroupText)
	if w.change.Has(commerce.GroupPrice) {
		err = w.checkCurrency()
	}
	if err == nil && !whole {
		body, known := w.restock(seen.Inventory, w.change.Has(commerce.GroupPrice), usual)
		if whole = !known; known {
			now, put, err = w.put(ctx, seen, body, p.first)
		}
	}
	if err == nil && whole {
		now, put, err = w.rewrite(ctx, seen, usual, p.first)
	}
	if refused(err) {
		return now, false, w.stockAlone(ctx, seen, usual, err)
	}
	if err == nil {
		w.did(commerce.GroupStock, commerce.GroupPrice)
	}
	return now, put, err
}

// refused says that the content is not taken, whoever found that.
func refused(err error) bool { return fault.Is(err, fault.Rejected) || fault.Is(err, fault.Invalid) }

// stockAlone keeps the quantities right in spite of a refusal, or of something
// of Etsy's that is away just now. It answers why the rest is not done.
func (w *work) stockAlone(ctx context.Context, seen api.Listing, usual int64, refusal error) error {
	body, known := w.restock(seen.Inventory, false, usual)
	if !known || !w.change.Has(commerce.GroupStock) {
		return refusal
	}
	if _, _, err := w.put(ctx, seen, body, false); err == nil {
		w.did(commerce.GroupStock)
	} else if !fault.Is(err, fault.Rejected) {
		return err // the refusal comes again
	}
	return refusal
}

// rewrite makes the whole inventory what the product says.
func (w *work) rewrite(ctx context.Context, seen api.Listing, usual int64, always bool) (now api.Inventory, put bool, err error) {
	if err := w.checkCurrency(); err != nil {
		return now, false, err
	}
	body, err := w.body(ctx, seen, usual)
	if err != nil {
		return now, false, err
	}
	if now, put, err = w.put(ctx, seen, body, always); err != nil {
		return now, put, err
	}
	w.items = map[commerce.VariantID]commerce.RemoteID{}
	for _, v := range w.p.Variants {
		w.items[v.ID] = itemOf(w.id, string(v.SKU))
	}
	return now, put, nil
}

func (w *work) put(ctx context.Context, seen api.Listing, body api.InventoryBody, always bool) (now api.Inventory, put bool, err error) {
	if !always && shows(seen.Inventory, body) {
		return *seen.Inventory, false, nil
	}
	if now, err = w.api.PutInventory(ctx, w.id, body); err != nil {
		return now, false, fmt.Errorf("write inventory of listing %d: %w", w.id, err)
	}
	return now, true, nil
}

// link ties pictures to values, where variants have pictures of their own. A
// write of the inventory unlinks them (issues 200 and 384 of etsy/open-api).
func (w *work) link(ctx context.Context, now api.Inventory, put bool) error {
	if len(now.Products) == 0 {
		return nil
	}
	links, text := linksOf(w.p, w.memo.Options, now, w.memo), ""
	if len(links) > 0 {
		text = fmt.Sprint(links)
	}
	if text == w.memo.Links && (!put || text == "") {
		return nil
	}
	if text != "" || !put {
		if err := w.api.PutVariationImages(ctx, w.id, append([]api.VariationImage{}, links...)); err != nil {
			return fmt.Errorf("tie pictures of listing %d to its variants: %w", w.id, err)
		}
	}
	w.memo.Links = text
	return nil
}

// body is the inventory as it is wanted, in Etsy's properties and words.
func (w *work) body(ctx context.Context, seen api.Listing, usual int64) (api.InventoryBody, error) {
	words := vocabulary{}
	words.learnFrom(seen.Inventory)
	if err := w.chooseOptions(ctx, words); err != nil {
		return api.InventoryBody{}, err
	}
	profiles := map[string]int64{}
	if seen.Inventory != nil {
		for _, p := range seen.Inventory.Products {
			for _, o := range p.Offerings {
				if o.Readiness != nil {
					profiles[p.SKU] = *o.Readiness
				}
			}
		}
	}
	own := w.ownProfile()
	return bodyOf(w.p, w.change.Stock, w.memo.Options, words, func(sku string) int64 {
		if seller := profiles[sku]; own == 0 && seller != 0 {
			return seller // chosen on Etsy: it stays
		}
		return usual
	}), nil
}

// chooseOptions finds the properties of a product with several variants, and
// keeps those it has.
func (w *work) chooseOptions(ctx context.Context, words vocabulary) error {
	if len(w.p.Variants) < 2 || len(w.p.Options) == 0 {
		w.memo.Options = nil
		return nil
	}
	chosen := sameOptions(w.memo.Options, w.p.Options)
	if chosen && words.knows(w.p, w.memo.Options) {
		return nil
	}
	_, taxonomy, err := w.category(ctx)
	if err != nil {
		return err
	}
	offered, err := w.offered(ctx, taxonomy)
	if err != nil {
		return err
	}
	if !chosen {
		w.memo.Options = choose(w.p, offered, words)
		return nil
	}
	for _, o := range w.memo.Options {
		words.learnOffered(offered, o)
	}
	return nil
}
