package publish

import (
	"context"
	"fmt"
	"slices"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

const (
	// loadAtOnce is how many listings are read to find those that may be
	// written.
	loadAtOnce = 100
	// jobsAtOnce is how many products are read before their variants are
	// counted.
	jobsAtOnce = 500
)

// pick chooses the next batch: the most urgent products that are due, each with
// all its due marks.
func (r *run) pick(ctx context.Context) ([]*job, error) {
	if r.gatheredTarget().After(r.Now()) {
		return nil, nil
	}
	due, order, err := r.due(ctx)
	if err != nil || len(order) == 0 {
		return nil, err
	}
	chosen, err := r.choose(ctx, order)
	if err != nil {
		return nil, err
	}
	var jobs []*job
	variants := 0
	for some := range slices.Chunk(chosen, jobsAtOnce) {
		// Read them now: a person may have asked for a listing to be written anew.
		if err := r.loadListings(ctx, some, true); err != nil {
			return nil, err
		}
		next, err := r.jobs(ctx, some, due)
		if err != nil {
			return nil, err
		}
		for _, j := range next {
			variants += len(j.product.Variants)
			if most := r.rules.BatchVariants; most > 0 && variants > most && len(jobs) > 0 {
				return jobs, nil
			}
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// choose takes the first products that need not gather any longer.
func (r *run) choose(ctx context.Context, order []commerce.ProductID) ([]commerce.ProductID, error) {
	now, most := r.Now(), max(1, r.rules.Batch)
	chosen := make([]commerce.ProductID, 0, min(most, len(order)))
	for some := range slices.Chunk(order, loadAtOnce) {
		if len(chosen) == most {
			break
		}
		if !r.rules.GatherTarget {
			if err := r.loadListings(ctx, some, false); err != nil {
				return nil, err
			}
		}
		for _, p := range some {
			if !r.gathered(p).After(now) && len(chosen) < most {
				chosen = append(chosen, p)
			}
		}
	}
	return chosen, nil
}

// due reads the marks of all open lanes that may be worked now, and their
// products by urgency.
func (r *run) due(ctx context.Context) (map[commerce.ProductID][]port.Mark, []commerce.ProductID, error) {
	busy, err := r.busy(ctx)
	if err != nil {
		return nil, nil, err
	}
	byProduct := map[commerce.ProductID][]port.Mark{}
	var order []commerce.ProductID
	for _, g := range commerce.Groups() {
		lane := port.LaneOf(g)
		if r.target.Lanes[lane].Until.After(r.Now()) {
			continue
		}
		marks, err := r.look(ctx, lane, max(1, r.rules.Batch), func(m port.Mark) bool { return !busy[m.Product] })
		if err != nil {
			return nil, nil, err
		}
		for _, m := range marks {
			if len(byProduct[m.Product]) == 0 {
				order = append(order, m.Product)
			}
			byProduct[m.Product] = append(byProduct[m.Product], m)
		}
	}
	return byProduct, order, nil
}

// look reads the marks of a lane that may be worked now. It reads on until
// there are enough, so that marks that wait hide none behind them.
func (r *run) look(ctx context.Context, lane port.Lane, enough int, free func(port.Mark) bool) ([]port.Mark, error) {
	for limit := max(readMarks, enough); ; limit *= 4 {
		marks, err := r.Store.ListMarks(ctx, r.space, r.target.ID, lane, limit)
		if err != nil {
			return nil, fmt.Errorf("read lane %d of %s: %w", lane, r.target.ID, err)
		}
		var due []port.Mark
		for _, m := range marks {
			if !m.NotBefore.After(r.Now()) && free(m) {
				due = append(due, m)
			}
		}
		if len(marks) < limit || len(due) >= enough {
			r.seen[lane] = marks
			return due, nil
		}
	}
}

// loadListings reads listings, those that are known only to read them again.
func (r *run) loadListings(ctx context.Context, products []commerce.ProductID, again bool) error {
	var ids []commerce.ListingID
	for _, p := range products {
		id := port.ListingIDOf(r.target.ID, p)
		if _, known := r.listings[id]; !known || again {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := r.Store.Listings(ctx, r.space, ids)
	if err != nil {
		return fmt.Errorf("read listings of %s: %w", r.target.ID, err)
	}
	for _, l := range found {
		r.listings[l.ID] = l
	}
	return nil
}

// products reads products and notes their titles.
func (r *run) products(ctx context.Context, ids []commerce.ProductID) (map[commerce.ProductID]commerce.Product, error) {
	found, err := r.Store.Products(ctx, r.space, ids)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	byID := make(map[commerce.ProductID]commerce.Product, len(found))
	for _, p := range found {
		byID[p.ID], r.titles[p.ID] = p, p.Title
	}
	return byID, nil
}
