package publish

import (
	"context"
	"maps"
	"reflect"
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
	if r.reader == nil || r.target.Feed || r.target.Lanes[port.LaneCheck].Until.After(r.Now()) {
		return false, nil
	}
	marks, err := r.look(ctx, port.LaneCheck, checkBatch, func(port.Mark) bool { return true })
	if err != nil || len(marks) == 0 {
		return false, err
	}
	marks = marks[:min(len(marks), checkBatch)]
	products := make([]commerce.ProductID, 0, len(marks))
	for _, m := range marks {
		products = append(products, m.Product)
	}
	listings, err := r.atMarketplace(ctx, products)
	if err != nil {
		return false, err
	}
	seen := map[commerce.ListingID]channel.Result{}
	if len(listings) > 0 {
		call, cancel := r.remote(ctx)
		defer cancel()
		results, err := r.reader.Listings(call, listings)
		if err != nil {
			return true, r.checkLater(ctx, marks, err)
		}
		for _, res := range results {
			seen[res.Listing] = res
		}
	}
	return true, r.checked(ctx, marks, products, seen)
}

// atMarketplace are the listings of products that have been created there.
func (r *run) atMarketplace(ctx context.Context, products []commerce.ProductID) ([]commerce.Listing, error) {
	if err := r.loadListings(ctx, products, true); err != nil {
		return nil, err
	}
	var listings []commerce.Listing
	for _, p := range products {
		if l, ok := r.listings[port.ListingIDOf(r.target.ID, p)]; ok && l.Remote != "" {
			listings = append(listings, l)
		}
	}
	return listings, nil
}

// checked stores what was seen and decides where to look again.
func (r *run) checked(ctx context.Context, marks []port.Mark, products []commerce.ProductID, seen map[commerce.ListingID]channel.Result) error {
	byID, err := r.products(ctx, products)
	if err != nil {
		return err
	}
	deeds := make([]deed, 0, len(marks))
	var free []commerce.ProductID
	for _, m := range marks {
		l, ok := r.listings[port.ListingIDOf(r.target.ID, m.Product)]
		if !ok || l.Remote == "" {
			deeds = append(deeds, deed{drop: []port.Mark{m}})
			continue
		}
		var d deed
		next, waiting := r.looked(l, byID[m.Product], seen)
		if !reflect.DeepEqual(l, next) {
			d.listing = &next
		}
		if underReview(l) && !underReview(next) {
			free = append(free, m.Product)
		}
		if waiting {
			m.Attempts++
			m.NotBefore = r.Now().Add(backoff(m.Attempts))
			d.park = []port.Mark{m}
		} else {
			d.drop = []port.Mark{m}
		}
		deeds = append(deeds, d)
	}
	if _, err := r.store(ctx, deeds, false); err != nil {
		return err
	}
	return r.letGo(ctx, free)
}

// looked is a listing after it was looked at, and whether its review goes on.
func (r *run) looked(l commerce.Listing, p commerce.Product, seen map[commerce.ListingID]channel.Result) (next commerce.Listing, waiting bool) {
	res, found := seen[l.ID]
	if !found {
		// It is gone at the marketplace. A seller who deleted it there does
		// not want it back by itself.
		res = channel.Result{Views: map[commerce.Channel]channel.View{}}
		for c := range l.Views {
			res.Views[c] = channel.View{State: commerce.ListingEnded}
		}
	}
	waits := maps.Clone(l.Views)
	next = r.merge(l, res)
	for c, v := range next.Views {
		if _, told := res.Views[c]; !told {
			v.Waiting = waits[c].Waiting
			next.Views[c] = v
		}
	}
	// A listing on sale may have an edit under review: then CheckAt says so.
	waiting = underReview(next) || res.CheckAt.After(r.Now())
	if found {
		next = r.refused(next, r.refusals(p, wishes(r.target, p, l)))
	}
	return next, waiting
}

// backoff is how long to wait before another look.
func backoff(attempts int) time.Duration {
	return min(2*time.Second<<min(attempts, 10), slowestCheck)
}

func (r *run) checkLater(ctx context.Context, marks []port.Mark, cause error) error {
	f := fault.Of(cause)
	r.Log.InfoContext(ctx, "listings not read back", "channel", r.writer.Channel, "account", r.writer.ID, "kind", f.Kind, "err", cause.Error())
	switch f.Kind {
	case fault.AuthExpired:
		return r.expired(ctx, f)
	case fault.RateLimited, fault.Denied:
		return r.parkLanes(ctx, marks, waitOf(f), f.Message)
	}
	for i := range marks {
		marks[i].Attempts++
		marks[i].NotBefore = r.Now().Add(max(f.RetryAfter, backoff(marks[i].Attempts)))
	}
	return r.conclude(ctx, marks, nil)
}
