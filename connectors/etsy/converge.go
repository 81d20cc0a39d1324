package etsy

import (
	"context"
	"fmt"
	"net/url"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// converge brings a listing from what Etsy shows to what is wanted: pictures,
// inventory, then text, order of pictures and state in one PATCH.
func (w *work) converge(ctx context.Context, seen api.Listing) error {
	d := w.change.Defaults
	p := planOf(asked{
		seen: seen, wanted: w.wanted(), total: w.pieces(seen), live: d.Publish == "live", renew: d.Renew == renewAuto,
		memo: w.memo, was: w.change.Listing.Views[commerce.Etsy].State, now: w.env.Now(),
	})
	w.view = p.view
	if p.off != "" && p.off != w.memo.Off {
		w.memo.Off = p.off
		if p.state != "" { // before it happens: else it would look like the seller's wish
			if err := w.remember(ctx); err != nil {
				return err
			}
		}
	}
	if !p.content {
		w.view = w.kept(w.view)
		_, err := w.patch(ctx, url.Values{}, p.state)
		return err
	}
	return w.bring(ctx, seen, p)
}

// bring does the urgent first: a listing without stock is taken off sale and
// prices and quantities are written before a picture or a word can be refused.
// A new draft is not on sale, so its pictures come first.
func (w *work) bring(ctx context.Context, seen api.Listing, p plan) error {
	if p.state == api.StateInactive || p.first {
		if err := w.publish(ctx, url.Values{}, p); err != nil {
			return err
		}
		p.state = ""
	}
	form, err := w.fields(ctx, seen)
	if refused(err) && p.stock {
		return w.stockAlone(ctx, seen, w.memo.Readiness, err)
	}
	if err != nil {
		return err
	}
	var written api.Inventory
	put := false
	stock := func() (err error) {
		written, put, err = w.inventory(ctx, seen, p)
		return err
	}
	pictures := func() error { return w.pictures(ctx, form) }
	steps := []func() error{stock, pictures}
	if w.fresh {
		steps = []func() error{pictures, stock}
	}
	steps = append(steps,
		func() error { return w.link(ctx, written, put) },
		func() error { return w.describe(ctx) },
		func() error { return w.personalize(ctx) },
		func() error { return w.publish(ctx, form, p) })
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	w.did(commerce.GroupText, commerce.GroupImages)
	return nil
}

// fields are the fields of the text that Etsy shows otherwise. A new category
// goes out at once, since it decides which properties the inventory may have.
func (w *work) fields(ctx context.Context, seen api.Listing) (url.Values, error) {
	if w.fresh || !w.change.Has(commerce.GroupText) {
		return url.Values{}, nil
	}
	_, taxonomy, err := w.category(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.lookUp(ctx); err != nil {
		return nil, err
	}
	form := changes(fieldsOf(w.p, w.change.Defaults, taxonomy, w.env.Now()), seen)
	if form.Has("taxonomy_id") && (len(w.p.Variants) > 1 || w.about.basis != w.memo.Basis) {
		if _, err := w.patch(ctx, url.Values{"taxonomy_id": form["taxonomy_id"]}, ""); err != nil {
			return nil, err
		}
		form.Del("taxonomy_id")
	}
	return form, nil
}

// category is the Etsy category of the product, which the memo then knows.
func (w *work) category(ctx context.Context) (string, int64, error) {
	key, id, err := w.taxonomy(ctx, w.p, w.change.Defaults, w.memo)
	if err != nil {
		return key, 0, fmt.Errorf("find category: %w", err)
	}
	if w.memo.Taxonomy != id {
		w.memo.Options = nil // other categories offer other properties
	}
	w.memo.Category, w.memo.Taxonomy = key, id
	return key, id, nil
}

// publish sends text, order of pictures and state.
func (w *work) publish(ctx context.Context, form url.Values, p plan) error {
	l, err := w.patch(ctx, form, p.state)
	if err != nil {
		return err
	}
	if l.URL != "" {
		w.view.URL = l.URL
	}
	if p.state == api.StateActive {
		// A yes may be hollow (etsy/open-api#897): it is looked at once more.
		w.memo.Off, w.checkAt = "", w.env.Now().Add(lookAgain)
		if l.State != api.StateActive {
			// Etsy said yes and did not (etsy/open-api#897).
			w.view = channel.View{State: stateOf(l.State, w.memo), URL: l.URL, Waiting: "Etsy has taken it over but does not show it yet."}
		}
	}
	return nil
}

// patch sends what there is to send, and nothing otherwise.
func (w *work) patch(ctx context.Context, form url.Values, state string) (api.Listing, error) {
	if state != "" {
		form.Set("state", state)
	}
	if len(form) == 0 {
		return api.Listing{}, nil
	}
	l, err := w.api.UpdateListing(ctx, w.id, form)
	if err != nil {
		return l, fmt.Errorf("update listing %d: %w", w.id, err)
	}
	return l, nil
}

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

// stockAlone keeps the quantities right in spite of a refusal, which it
// answers.
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

// ownProfile is the processing profile that was chosen here; 0 is none.
func (w *work) ownProfile() int64 {
	id, _ := chosen(w.p, w.change.Defaults, processingProfile)
	return numeric(id)
}

// profile is the processing profile: the one chosen, the one remembered, or the
// shop's first.
func (w *work) profile(ctx context.Context) (int64, error) {
	if id := w.ownProfile(); id != 0 {
		w.memo.Readiness = id
		return id, nil
	}
	if w.memo.Readiness != 0 {
		return w.memo.Readiness, nil
	}
	id, err := w.readiness(ctx)
	if err != nil {
		return 0, fmt.Errorf("find a processing profile: %w", err)
	}
	w.memo.Readiness = id
	return id, nil
}
