package publish

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// clockSkew is how far a marketplace's clock may be from ours.
const clockSkew = 5 * time.Second

// Marker notes what has to be written. Safe for concurrent use.
type Marker struct {
	Store Store
	Now   func() time.Time
	NewID func() string
}

// LevelChanged marks the stock of a variant's product on every target that
// shows it. The target whose own sale caused the change has lowered itself; it
// is left out, unless something was written there after the sale was made:
// that write may have hidden it.
func (k *Marker) LevelChanged(ctx context.Context, w commerce.WorkspaceID, level commerce.StockLevel) error {
	if level.Product == "" {
		return nil
	}
	targets, err := k.Store.ListTargets(ctx, w)
	if err != nil {
		return fmt.Errorf("targets of %s: %w", w, err)
	}
	var marks []port.Mark
	for _, t := range targets {
		if len(t.Accounts) == 0 {
			continue
		}
		if t.ID == level.LastTarget {
			hidden, err := k.writtenSince(ctx, w, t.ID, level)
			if err != nil {
				return err
			}
			if !hidden {
				continue
			}
		}
		marks = append(marks, k.mark(w, t.ID, port.LaneStock, level.Product))
	}
	if len(marks) == 0 {
		return nil
	}
	return k.Store.PutMarks(ctx, marks)
}

func (k *Marker) writtenSince(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, level commerce.StockLevel) (bool, error) {
	l, err := k.Store.Listing(ctx, w, port.ListingIDOf(t, level.Product))
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("listing of %s: %w", level.SKU, err)
	}
	return l.PushedAt.After(level.LastSale.Add(-clockSkew)), nil
}

// Changed asks for a listing to be read back: its marketplace said that
// something happened to it. A listing that is not ours is nobody's business.
func (k *Marker) Changed(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, remote commerce.RemoteID) error {
	if t == "" || remote == "" {
		return nil
	}
	refs, err := k.Store.Resolve(ctx, w, t, port.RemoteListing, []commerce.RemoteID{remote})
	if err != nil {
		return fmt.Errorf("resolve listing %s: %w", remote, err)
	}
	ref, ok := refs[remote]
	if !ok {
		return nil
	}
	return k.Store.PutMarks(ctx, []port.Mark{k.mark(w, t, port.LaneCheck, ref.Product)})
}

// Retry writes a listing anew, whatever it was said to show.
func (k *Marker) Retry(ctx context.Context, w commerce.WorkspaceID, id commerce.ListingID, c commerce.Channel) error {
	l, err := k.Store.Listing(ctx, w, id)
	if err != nil {
		return err
	}
	products, err := k.Store.Products(ctx, w, []commerce.ProductID{l.Product})
	if err != nil {
		return err
	}
	if len(products) == 0 {
		return fault.New(fault.NotFound, "no_product", "The product of this listing is gone.")
	}
	for range 5 {
		err := k.queue(ctx, w, l, c, products[0].Title)
		if err == nil {
			return k.Store.PutMarks(ctx, k.All(w, l.Target, l.Product))
		}
		if !fault.Is(err, fault.Conflict) {
			return err
		}
		if l, err = k.Store.Listing(ctx, w, id); err != nil { // a worker has just written it
			return err
		}
	}
	return fault.New(fault.Conflict, "listing_contended", "This listing is being written just now. Try again.")
}

// queue shows a view as waiting and forgets what the marketplace was told.
func (k *Marker) queue(ctx context.Context, w commerce.WorkspaceID, l commerce.Listing, c commerce.Channel, title string) error {
	v, ok := l.Views[c]
	if !ok {
		return fault.New(fault.NotFound, "no_view", "This listing is not on %s.", c)
	}
	v.State, v.Problems, v.Waiting, v.Since = commerce.ListingQueued, nil, "", k.Now()
	l.Views[c], l.Shown = v, showAnew()
	_, err := k.Store.PutListing(ctx, w, port.ListingWrite{Listing: l, Title: title})
	return err
}

// All is a mark for every group of a product on a target.
func (k *Marker) All(w commerce.WorkspaceID, t commerce.TargetID, p commerce.ProductID) []port.Mark {
	marks := make([]port.Mark, 0, 4)
	for _, g := range commerce.Groups() {
		marks = append(marks, k.mark(w, t, port.LaneOf(g), p))
	}
	return marks
}

// Edited are the marks of an edit, by what differs between two versions of a
// product. A new product needs one mark: everything of it is new.
func (k *Marker) Edited(w commerce.WorkspaceID, targets []port.Target, old, next commerce.Product) []port.Mark {
	groups := Differences(old, next)
	var marks []port.Mark
	for _, t := range targets {
		if len(t.Accounts) == 0 {
			continue
		}
		for _, g := range groups {
			marks = append(marks, k.mark(w, t.ID, port.LaneOf(g), next.ID))
		}
	}
	return marks
}

// Differences are the groups in which two versions of a product differ.
func Differences(old, next commerce.Product) []commerce.Group {
	if old.Version == 0 {
		return []commerce.Group{commerce.GroupText}
	}
	a, b := &job{product: old}, &job{product: next}
	var groups []commerce.Group
	for _, g := range []commerce.Group{commerce.GroupPrice, commerce.GroupText, commerce.GroupImages} {
		if a.hash(g, port.Target{}) != b.hash(g, port.Target{}) {
			groups = append(groups, g)
		}
	}
	ids := func(p commerce.Product) []commerce.VariantID {
		list := make([]commerce.VariantID, 0, len(p.Variants))
		for _, v := range p.Variants {
			list = append(list, v.ID)
		}
		slices.Sort(list)
		return list
	}
	if old.Archived != next.Archived || !slices.Equal(old.Channels, next.Channels) || !slices.Equal(ids(old), ids(next)) {
		// What is to be taken away, or has new variants, can't wait for texts.
		groups = append([]commerce.Group{commerce.GroupStock}, groups...)
	}
	return groups
}

func (k *Marker) mark(w commerce.WorkspaceID, t commerce.TargetID, lane port.Lane, p commerce.ProductID) port.Mark {
	return port.Mark{Space: w, Target: t, Lane: lane, Product: p, Version: k.NewID()}
}
