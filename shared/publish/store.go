package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// storeAtOnce is how many outcomes are stored before the clock is looked at.
	storeAtOnce = 100
	// sideBySide is how many listings are put at a time.
	sideBySide = 16
)

// deed is what is to be stored of one listing's outcome.
type deed struct {
	listing *commerce.Listing // nil leaves it as it is
	// wrote is the job whose stock went out: sales of the target itself that
	// moved it meanwhile are looked for.
	wrote   *job
	failure *port.Failure
	again   []port.Mark // to be put
	park    []port.Mark
	drop    []port.Mark
}

// store stores deeds: listings first, marks last, so that a crash in between
// repeats what changes nothing and loses nothing. With sliced it stops when the
// slice is over and answers how many it stored.
func (r *run) store(ctx context.Context, deeds []deed, sliced bool) (int, error) {
	done := 0
	for some := range slices.Chunk(deeds, storeAtOnce) {
		if sliced && done > 0 && !r.Now().Before(r.until) {
			return done, nil
		}
		if err := r.storeSome(ctx, some); err != nil {
			return done, err
		}
		done += len(some)
	}
	return done, nil
}

// storeSome stores all it can. What of one listing fails keeps its marks.
func (r *run) storeSome(ctx context.Context, deeds []deed) error {
	stored, failed := r.putAll(ctx, deeds)
	again, err := r.soldMeanwhile(ctx, stored)
	if err != nil {
		return errors.Join(failed, err)
	}
	var park, drop []port.Mark
	for _, d := range stored {
		again, park, drop = append(again, d.again...), append(park, d.park...), append(drop, d.drop...)
	}
	if err := r.Store.PutMarks(ctx, again); err != nil {
		return errors.Join(failed, fmt.Errorf("mark listings of %s again: %w", r.target.ID, err))
	}
	return errors.Join(failed, r.conclude(ctx, park, drop))
}

func (r *run) conclude(ctx context.Context, park, drop []port.Mark) error {
	if len(park) > 0 {
		if err := r.Store.ParkMarks(ctx, park); err != nil {
			return fmt.Errorf("park marks of %s: %w", r.target.ID, err)
		}
	}
	if len(drop) > 0 {
		if err := r.Store.DropMarks(ctx, drop); err != nil {
			return fmt.Errorf("drop marks of %s: %w", r.target.ID, err)
		}
	}
	return nil
}

// putAll puts the listings of deeds, several at a time, and answers the deeds
// whose marks may follow.
func (r *run) putAll(ctx context.Context, deeds []deed) ([]deed, error) {
	errs := make([]error, len(deeds))
	var group errgroup.Group
	group.SetLimit(sideBySide)
	for i := range deeds {
		if deeds[i].listing != nil || deeds[i].failure != nil {
			group.Go(func() error {
				errs[i] = r.putOne(ctx, &deeds[i])
				return nil
			})
		}
	}
	_ = group.Wait() // each has its own error
	stored := make([]deed, 0, len(deeds))
	for i, d := range deeds {
		if errs[i] != nil {
			continue
		}
		if d.listing != nil {
			r.listings[d.listing.ID] = *d.listing
		}
		stored = append(stored, d)
	}
	return stored, errors.Join(errs...)
}

func (r *run) putOne(ctx context.Context, d *deed) error {
	if d.failure != nil {
		if err := r.Store.PutFailure(ctx, *d.failure); err != nil {
			return fmt.Errorf("record a failure of %s: %w", r.target.ID, err)
		}
	}
	if d.listing == nil {
		return nil
	}
	put, err := r.put(ctx, *d.listing)
	d.listing = &put
	return err
}

// put stores a listing.
func (r *run) put(ctx context.Context, l commerce.Listing) (commerce.Listing, error) {
	l = r.parted(l)
	l.UpdatedAt = r.Now()
	for range 3 {
		put, err := r.Store.PutListing(ctx, r.space, port.ListingWrite{Listing: l, Title: r.titles[l.Product]})
		if err == nil {
			return put, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return l, fmt.Errorf("put listing %s: %w", l.ID, err)
		}
		// Only this worker writes what was sent. What others do is to ask for
		// all of it anew.
		stored, err := r.Store.Listing(ctx, r.space, l.ID)
		if err != nil {
			return l, fmt.Errorf("read listing %s: %w", l.ID, err)
		}
		if l.Version = stored.Version; asksAnew(stored) {
			l.Shown = stored.Shown
		}
	}
	return l, fault.New(fault.Temporary, "listing_contended", "Listing %s changes too fast to be written now.", l.ID)
}

// soldMeanwhile marks the stock again of what the target's own sales moved
// while it was being written: that write may have hidden the sale. It looks
// after the time of the write is stored: a sale that is settled later sees it.
func (r *run) soldMeanwhile(ctx context.Context, stored []deed) ([]port.Mark, error) {
	var variants []commerce.VariantID
	for _, d := range stored {
		if d.wrote != nil {
			for id := range d.wrote.levels {
				variants = append(variants, id)
			}
		}
	}
	if len(variants) == 0 {
		return nil, nil
	}
	now, err := r.Store.Levels(ctx, r.space, variants)
	if err != nil {
		return nil, fmt.Errorf("read stock again: %w", err)
	}
	var again []port.Mark
	for _, d := range stored {
		if d.wrote != nil && d.wrote.hides(now, r.target.ID) {
			again = append(again, r.mark(port.LaneStock, d.wrote.product.ID))
		}
	}
	return again, nil
}

// hides says whether a sale of the target moved the stock since it was sent.
func (j *job) hides(now map[commerce.VariantID]commerce.StockLevel, t commerce.TargetID) bool {
	for id, was := range j.levels {
		if now[id].LastTarget == t && (j.moved || now[id].Version != was.Version) {
			return true
		}
	}
	return false
}

func (r *run) mark(lane port.Lane, p commerce.ProductID) port.Mark {
	return port.Mark{Space: r.space, Target: r.target.ID, Lane: lane, Product: p, Version: r.NewID()}
}

// markLook asks for a listing to be read back.
func (r *run) markLook(p commerce.ProductID, res channel.Result) port.Mark {
	m := r.mark(port.LaneCheck, p)
	m.NotBefore = res.CheckAt
	return m
}
