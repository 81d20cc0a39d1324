package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	checkBatch = 100
	// A review takes minutes to days: the first looks come fast, later ones
	// every quarter of an hour at most.
	slowestCheck = 15 * time.Minute
)

// readBack looks at listings that are being reviewed or were said to have
// changed.
func (r *run) readBack(ctx context.Context) (again bool, err error) {
	if r.reader == nil || r.target.Lanes[port.LaneCheck].Until.After(r.Now()) {
		return false, nil
	}
	marks, listings, err := r.dueChecks(ctx)
	if err != nil || len(marks) == 0 {
		return false, err
	}
	results, err := r.reader.Listings(ctx, listings)
	if err != nil {
		return true, r.checkLater(ctx, marks, err)
	}
	seen := make(map[commerce.ListingID]channel.Result, len(results))
	for _, res := range results {
		seen[res.Listing] = res
	}
	for _, m := range marks {
		if err := r.checked(ctx, m, seen); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (r *run) dueChecks(ctx context.Context) ([]port.Mark, []commerce.Listing, error) {
	all, err := r.Store.ListMarks(ctx, r.space, r.target.ID, port.LaneCheck, readMarks)
	if err != nil {
		return nil, nil, fmt.Errorf("read what to look at: %w", err)
	}
	var due []port.Mark
	var products []commerce.ProductID
	for _, m := range all {
		if !m.NotBefore.After(r.Now()) && len(due) < checkBatch {
			due, products = append(due, m), append(products, m.Product)
		}
	}
	if err := r.loadListings(ctx, products); err != nil {
		return nil, nil, err
	}
	var listings []commerce.Listing
	for _, p := range products {
		if l, ok := r.listings[port.ListingIDOf(r.target.ID, p)]; ok && l.Remote != "" {
			listings = append(listings, l)
		}
	}
	return due, listings, nil
}

// checked stores what was seen of one listing and decides whether to look
// again.
func (r *run) checked(ctx context.Context, m port.Mark, seen map[commerce.ListingID]channel.Result) error {
	l, ok := r.listings[port.ListingIDOf(r.target.ID, m.Product)]
	if !ok || l.Remote == "" {
		return r.Store.DropMarks(ctx, []port.Mark{m})
	}
	res, found := seen[l.ID]
	if !found {
		// It is gone at the marketplace. A seller who deleted it there does
		// not want it back by itself.
		res = channel.Result{Views: map[commerce.Channel]channel.View{}}
		for c := range l.Views {
			res.Views[c] = channel.View{State: commerce.ListingEnded}
		}
	}
	next := r.merge(l.ID, l, res)
	// A listing on sale may have an edit under review: then CheckAt says so.
	waiting := underReview(next) || res.CheckAt.After(r.Now())
	if _, titled := r.titles[m.Product]; !titled {
		if err := r.title(ctx, m.Product); err != nil {
			return err
		}
	}
	if underReview(l) && !underReview(next) {
		if err := r.letGo(ctx, m.Product); err != nil {
			return err
		}
	}
	if !waiting {
		return r.put(ctx, next, []port.Mark{m}, "")
	}
	if err := r.put(ctx, next, nil, ""); err != nil {
		return err
	}
	m.Attempts++
	m.NotBefore = r.Now().Add(min(2*time.Second<<min(m.Attempts, 10), slowestCheck))
	return r.Store.ParkMarks(ctx, []port.Mark{m})
}

func (r *run) title(ctx context.Context, id commerce.ProductID) error {
	products, err := r.Store.Products(ctx, r.space, []commerce.ProductID{id})
	if err != nil {
		return fmt.Errorf("read product %s: %w", id, err)
	}
	for _, p := range products {
		r.titles[p.ID] = p.Title
	}
	return nil
}

func (r *run) checkLater(ctx context.Context, marks []port.Mark, cause error) error {
	f := fault.Of(cause)
	if f.Kind == fault.AuthExpired {
		if err := r.Expired(ctx, r.space, r.writer.ID, f.Message); err != nil {
			return err
		}
	}
	for i := range marks {
		marks[i].Attempts++
		marks[i].NotBefore = r.Now().Add(max(f.RetryAfter, min(2*time.Second<<min(marks[i].Attempts, 10), slowestCheck)))
	}
	return r.Store.ParkMarks(ctx, marks)
}
