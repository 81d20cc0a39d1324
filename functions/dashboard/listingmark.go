package dashboard

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// productRow is a product in a list, with how it fares on each channel.
type productRow struct {
	port.ProductItem
	Listings []listingMark `json:"listings"`
}

// listingMark is a listing as small as a row has room for.
type listingMark struct {
	ID      string                `json:"id"`
	Channel commerce.Channel      `json:"channel"`
	State   commerce.ListingState `json:"state"`
	// Why says what to do about it, or what it waits for.
	Why      string `json:"why,omitempty"`
	Problems int    `json:"problems,omitempty"`
}

// marksOf reads the listings of one page of products: one request for the
// targets and, since a listing's id follows from its target and product, one
// batch for the page, however large catalog and products are.
func (h *Handler) marksOf(ctx context.Context, w commerce.WorkspaceID, page []port.ProductItem) (map[commerce.ProductID][]listingMark, error) {
	if len(page) == 0 {
		return nil, nil
	}
	targets, err := h.Store.ListTargets(ctx, w)
	if err != nil {
		return nil, err
	}
	views, err := h.Store.Views(ctx, w, viewIDs(targets, page))
	if err != nil {
		return nil, err
	}
	marks := make(map[commerce.ProductID][]listingMark, len(page))
	for _, v := range views {
		marks[v.Product] = append(marks[v.Product], markOf(v))
	}
	return marks, nil
}

// viewIDs names every listing that products may have, by channel.
func viewIDs(targets []port.Target, page []port.ProductItem) []port.ViewID {
	var ids []port.ViewID
	for _, p := range page {
		for _, t := range targets {
			for _, c := range slices.Sorted(maps.Keys(t.Accounts)) {
				ids = append(ids, port.ViewID{Listing: port.ListingIDOf(t.ID, p.ID), Channel: c})
			}
		}
	}
	slices.SortStableFunc(ids, func(a, b port.ViewID) int { return cmp.Compare(a.Channel, b.Channel) })
	return ids
}

func markOf(v port.ListingItem) listingMark {
	m := listingMark{ID: viewID(v.Listing, v.Channel), Channel: v.Channel, State: v.State, Why: v.Waiting, Problems: len(v.Problems)}
	if len(v.Problems) > 0 {
		m.Why = v.Problems[0].Fix
	}
	return m
}
