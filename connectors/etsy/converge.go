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
	if (refused(err) || fault.Is(err, fault.Temporary)) && p.stock {
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
