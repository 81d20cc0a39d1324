package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Disconnected is what a view waits for whose shop nobody is connected to any
// more.
const Disconnected = "Disconnected: what is on sale there is not looked after from here any more. Connect the shop again to go on."

// leaveBatch is how many marks of a target that was left are worked at a time.
const leaveBatch = 200

// leave works the marks of a target that has no account any more. Nothing is
// asked of the marketplace: the views say that they have ended and why, and
// what was shown is forgotten, so that another connection writes all of it
// again, over the same remote ids. It stops when somebody connects.
func (r *run) leave(ctx context.Context) (time.Time, error) {
	if err := r.forgetCalls(ctx); err != nil {
		return time.Time{}, err
	}
	for r.Now().Before(r.until) {
		marks, err := r.Store.ListMarks(ctx, r.space, r.target.ID, 0, leaveBatch)
		if err != nil {
			return time.Time{}, fmt.Errorf("marks of %s: %w", r.target.ID, err)
		}
		if len(marks) == 0 {
			return r.sleep(ctx)
		}
		// A connection stores its target before its marks. Marks that were read
		// before this look at the target are from before it.
		now, err := r.Store.Target(ctx, r.space, r.target.ID)
		if err != nil {
			return time.Time{}, fmt.Errorf("target %s: %w", r.target.ID, err)
		}
		if len(now.Accounts) > 0 {
			break
		}
		if err := r.part(ctx, marks); err != nil {
			return time.Time{}, err
		}
	}
	return r.Now().Add(time.Second), nil
}

// part ends the views of the products of some marks, and the marks.
func (r *run) part(ctx context.Context, marks []port.Mark) error {
	byProduct := map[commerce.ProductID][]port.Mark{}
	for _, m := range marks {
		byProduct[m.Product] = append(byProduct[m.Product], m)
	}
	products := slices.Sorted(maps.Keys(byProduct))
	if _, err := r.products(ctx, products); err != nil {
		return err
	}
	if err := r.loadListings(ctx, products, true); err != nil {
		return err
	}
	deeds := make([]deed, 0, len(products))
	for _, p := range products {
		d := deed{drop: byProduct[p]}
		if l, ok := r.listings[port.ListingIDOf(r.target.ID, p)]; ok && !(asksAnew(l) && allParted(l)) {
			l.Shown = showAnew()
			d.listing = &l
		}
		deeds = append(deeds, d)
	}
	return r.storeSome(ctx, deeds)
}

func allParted(l commerce.Listing) bool {
	for _, v := range l.Views {
		if v.State != commerce.ListingEnded || v.Waiting != Disconnected || v.Wanted {
			return false
		}
	}
	return true
}

// parted ends the views of channels that have left the target.
func (r *run) parted(l commerce.Listing) commerce.Listing {
	for c, v := range l.Views {
		if _, there := r.target.Accounts[c]; there {
			continue
		}
		v.Wanted = false
		l.Views = maps.Clone(l.Views)
		l.Views[c] = v
		l.Views = setView(l.Views, c, channel.View{State: commerce.ListingEnded, Waiting: Disconnected}, r.Now())
	}
	return l
}

// forgetCalls ends the open calls of a target that was left. One that may have
// created something nobody wrote down stays: it is looked up, and not made
// twice, when the shop is connected again.
func (r *run) forgetCalls(ctx context.Context) error {
	if err := r.loadCalls(ctx); err != nil {
		return err
	}
	for _, id := range r.openIDs() {
		keep, err := r.mayHaveCreated(ctx, id)
		if err != nil {
			return err
		}
		if keep {
			continue
		}
		if err := r.endCall(ctx, id); err != nil {
			return fmt.Errorf("forget call %s: %w", id, err)
		}
	}
	return nil
}

func (r *run) mayHaveCreated(ctx context.Context, id string) (bool, error) {
	c, open, err := r.whole(ctx, id)
	if err != nil || !open || c.Token != "" {
		return false, err
	}
	found, err := r.Store.Listings(ctx, r.space, c.Listings)
	if err != nil {
		return false, fmt.Errorf("listings of call %s: %w", id, err)
	}
	for _, l := range found {
		if l.Remote == "" {
			return true, nil
		}
	}
	return len(found) < len(c.Listings), nil
}

// sleep takes the target off the list of those that are due.
func (r *run) sleep(ctx context.Context) (time.Time, error) {
	if r.target.WakeAt.IsZero() {
		return time.Time{}, nil
	}
	r.target.WakeAt = time.Time{}
	_, err := r.Store.PutTarget(ctx, r.target)
	if fault.Is(err, fault.Conflict) {
		return r.Now().Add(time.Second), nil // somebody connects: look again soon
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("let target %s rest: %w", r.target.ID, err)
	}
	return time.Time{}, nil
}
