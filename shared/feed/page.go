package feed

import (
	"context"
	"fmt"
	"io"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// page writes one page of products and answers where the next begins.
func (k *Writer) page(ctx context.Context, w io.Writer, a port.Account, cursor string, first bool) (next string, products int, err error) {
	list, err := k.Store.ListProducts(ctx, a.Space, port.Page{Limit: pageOf, Cursor: cursor})
	if err != nil {
		return "", 0, fmt.Errorf("list products: %w", err)
	}
	changes, err := k.changes(ctx, a, list.Items)
	if err != nil {
		return "", 0, err
	}
	if err := k.Encode(w, a.Settings, changes, first); err != nil {
		return "", 0, fmt.Errorf("write feed: %w", err)
	}
	return list.Next, len(changes), nil
}

// changes are products with what a feed tells of them.
func (k *Writer) changes(ctx context.Context, a port.Account, items []port.ProductItem) ([]channel.Change, error) {
	space, err := k.Store.Workspace(ctx, a.Space)
	if err != nil {
		return nil, err
	}
	ids := make([]commerce.ProductID, 0, len(items))
	for _, i := range items {
		if !i.Archived {
			ids = append(ids, i.ID)
		}
	}
	products, err := k.Store.Products(ctx, a.Space, ids)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	levels, err := k.levels(ctx, a.Space, products)
	if err != nil {
		return nil, err
	}
	t, listings, err := k.shelf(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	changes := make([]channel.Change, 0, len(products))
	for _, p := range products {
		stock := make(map[commerce.VariantID]int64, len(p.Variants))
		for _, v := range p.Variants {
			stock[v.ID] = levels[v.ID].OnHand
		}
		changes = append(changes, channel.Change{Product: p, Listing: listings[p.ID], Stock: stock, Defaults: a.Defaults.Over(space.Defaults), Wanted: k.Wanted(t, p)})
	}
	return changes, nil
}

func (k *Writer) levels(ctx context.Context, w commerce.WorkspaceID, products []commerce.Product) (map[commerce.VariantID]commerce.StockLevel, error) {
	var variants []commerce.VariantID
	for _, p := range products {
		for _, v := range p.Variants {
			variants = append(variants, v.ID)
		}
	}
	levels, err := k.Store.Levels(ctx, w, variants)
	if err != nil {
		return nil, fmt.Errorf("read stock: %w", err)
	}
	return levels, nil
}

// shelf is the account's catalog and what is known there of products: an item
// keeps the id it was created with, whatever its SKU is now. An account without
// a catalog of its own has only its channel.
func (k *Writer) shelf(ctx context.Context, a port.Account, ids []commerce.ProductID) (port.Target, map[commerce.ProductID]commerce.Listing, error) {
	t := port.Target{Accounts: map[commerce.Channel]commerce.AccountID{a.Channel: a.ID}}
	known := map[commerce.ProductID]commerce.Listing{}
	if a.Target == "" {
		return t, known, nil
	}
	t, err := k.Store.Target(ctx, a.Space, a.Target)
	if err != nil {
		return t, nil, fmt.Errorf("read target: %w", err)
	}
	named := make([]commerce.ListingID, 0, len(ids))
	for _, id := range ids {
		named = append(named, port.ListingIDOf(t.ID, id))
	}
	listings, err := k.Store.Listings(ctx, a.Space, named)
	if err != nil {
		return t, nil, fmt.Errorf("read listings: %w", err)
	}
	for _, l := range listings {
		known[l.Product] = l
	}
	return t, known, nil
}
