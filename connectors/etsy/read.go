package etsy

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Listings implements channel.ListingReader: one call per hundred listings.
func (c *Connector) Listings(ctx context.Context, listings []commerce.Listing) ([]channel.Result, error) {
	byID := make(map[int64]commerce.Listing, len(listings))
	var ids []int64
	for _, l := range listings {
		if id := numeric(l.Remote); id != 0 {
			byID[id], ids = l, append(ids, id)
		}
	}
	var results []channel.Result
	for _, chunk := range chunks(ids) {
		found, err := c.in(port.LaneCheck).Listings(ctx, chunk)
		if err != nil {
			return nil, fmt.Errorf("read %d listings: %w", len(chunk), err)
		}
		for _, seen := range found {
			if l, asked := byID[seen.ID]; asked {
				results = append(results, channel.Result{Listing: l.ID, Remote: l.Remote, Views: map[commerce.Channel]channel.View{commerce.Etsy: lookedAt(seen, memoOf(l))}})
			}
		}
	}
	return results, nil
}

func lookedAt(seen api.Listing, m memo) channel.View {
	v := channel.View{State: stateOf(seen.State, m), URL: seen.URL}
	switch {
	case seen.State == api.StateInactive && m.Off == offStock:
		v.Waiting = waitStock
	case seen.State == api.StateInactive && m.Off == "":
		v.Waiting = waitSeller
	case v.State == commerce.ListingEnded && seen.State != api.StateExpired:
		v.Review, v.Waiting = seen.State, waitEtsy
	}
	return v
}

func chunks(ids []int64) [][]int64 {
	var all [][]int64
	for len(ids) > 0 {
		n := min(len(ids), api.MaxBatch)
		all, ids = append(all, ids[:n]), ids[n:]
	}
	return all
}

// inventories reads listings with their inventories; what does not exist is
// missing. One unknown id fails a whole batch: then the ids that exist are
// looked up first.
func (c *Connector) inventories(ctx context.Context, client *api.Client, ids []int64) (map[int64]api.Listing, error) {
	seen := make(map[int64]api.Listing, len(ids))
	for _, chunk := range chunks(ids) {
		found, err := client.Inventories(ctx, chunk)
		if fault.Is(err, fault.NotFound) {
			found, err = survivors(ctx, client, chunk)
		}
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			seen[l.ID] = l
		}
	}
	for _, id := range ids {
		if l, there := seen[id]; there && l.Inventory != nil {
			continue
		}
		// Not being in a batch is no proof of not being there.
		l, err := client.ListingInventory(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		l.ID = id
		seen[id] = l
	}
	return seen, nil
}

func survivors(ctx context.Context, client *api.Client, ids []int64) ([]api.Listing, error) {
	alive, err := client.Listings(ctx, ids)
	if err != nil || len(alive) == 0 {
		return nil, err
	}
	left := make([]int64, 0, len(alive))
	for _, l := range alive {
		left = append(left, l.ID)
	}
	found, err := client.Inventories(ctx, left)
	if fault.Is(err, fault.NotFound) {
		return nil, nil // each is asked for by itself
	}
	return found, err
}
