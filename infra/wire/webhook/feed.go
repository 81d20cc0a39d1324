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
)

// maxFeed is what a response may carry: Lambda passes 6 MB as a whole event.
const maxFeed = 5 << 20

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
		if err := all.Feed(&out, changes, first); err != nil {
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
	changes := make([]channel.Change, 0, len(products))
	for _, product := range products {
		stock := make(map[commerce.VariantID]int64, len(product.Variants))
		for _, v := range product.Variants {
			stock[v.ID] = levels[v.ID].OnHand
		}
		changes = append(changes, channel.Change{Product: product, Stock: stock, Defaults: d, Wanted: map[commerce.Channel]bool{a.Channel: true}})
	}
	return changes, nil
}
