package webhook

import (
	"bytes"
	"context"
	"fmt"

	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/publish"
)

// maxFeed is what fits into an answer once it is packed, with room to spare,
// and into the function's memory.
const maxFeed = 32 << 20

// feed is the whole catalog of an account's workspace as the file Meta fetches.
func (s site) feed(ctx context.Context, a port.Account) ([]byte, error) {
	space, err := s.Store.Workspace(ctx, a.Space)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	defaults := a.Defaults.Over(space.Defaults)
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := s.Store.ListProducts(ctx, a.Space, port.Page{Limit: 100, Cursor: cursor})
		if err != nil {
			return nil, fmt.Errorf("list products: %w", err)
		}
		changes, err := s.wanted(ctx, a, defaults, page.Items)
		if err != nil {
			return nil, err
		}
		if err := all.Feed(&out, a.Settings, changes, first); err != nil {
			return nil, fmt.Errorf("write feed: %w", err)
		}
		if out.Len() > maxFeed {
			return nil, fault.New(fault.TooLarge, "feed_too_large", "The catalog is too large for a feed of %d bytes.", maxFeed)
		}
		cursor = page.Next
	}
	return out.Bytes(), nil
}

// wanted are products with what a feed tells of them.
func (s site) wanted(ctx context.Context, a port.Account, d commerce.Defaults, items []port.ProductItem) ([]channel.Change, error) {
	ids := make([]commerce.ProductID, 0, len(items))
	for _, i := range items {
		if !i.Archived {
			ids = append(ids, i.ID)
		}
	}
	products, err := s.Store.Products(ctx, a.Space, ids)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	var variants []commerce.VariantID
	for _, product := range products {
		for _, v := range product.Variants {
			variants = append(variants, v.ID)
		}
	}
	levels, err := s.Store.Levels(ctx, a.Space, variants)
	if err != nil {
		return nil, fmt.Errorf("read stock: %w", err)
	}
	t, listings, err := s.shelf(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	changes := make([]channel.Change, 0, len(products))
	for _, product := range products {
		stock := make(map[commerce.VariantID]int64, len(product.Variants))
		for _, v := range product.Variants {
			stock[v.ID] = levels[v.ID].OnHand
		}
		changes = append(changes, channel.Change{Product: product, Listing: listings[product.ID], Stock: stock, Defaults: d, Wanted: publish.Wanted(t, product)})
	}
	return changes, nil
}

// shelf is the account's catalog and what is known there of products: an item
// keeps the id it was created with, whatever its SKU is now. An account without
// a catalog of its own has only its channel.
func (s site) shelf(ctx context.Context, a port.Account, ids []commerce.ProductID) (port.Target, map[commerce.ProductID]commerce.Listing, error) {
	t := port.Target{Accounts: map[commerce.Channel]commerce.AccountID{a.Channel: a.ID}}
	known := map[commerce.ProductID]commerce.Listing{}
	if a.Target == "" {
		return t, known, nil
	}
	t, err := s.Store.Target(ctx, a.Space, a.Target)
	if err != nil {
		return t, nil, fmt.Errorf("read target: %w", err)
	}
	named := make([]commerce.ListingID, 0, len(ids))
	for _, id := range ids {
		named = append(named, port.ListingIDOf(t.ID, id))
	}
	listings, err := s.Store.Listings(ctx, a.Space, named)
	if err != nil {
		return t, nil, fmt.Errorf("read listings: %w", err)
	}
	for _, l := range listings {
		known[l.Product] = l
	}
	return t, known, nil
}
