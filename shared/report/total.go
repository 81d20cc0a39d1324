// Package report folds orders into totals: exactly once, whatever is told
// twice, late or in another order.
package report

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const attempts = 20

// Store is what this room needs of storage.
type Store interface {
	Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error)
	Contribution(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (port.Contribution, error)
	Fold(ctx context.Context, w commerce.WorkspaceID, f port.FoldWrite) error
	Generations(ctx context.Context, w commerce.WorkspaceID) (port.Generations, error)
	Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error)
}

// Folder keeps the totals equal to the sum of all orders.
type Folder struct{ Store Store }

// Fold makes an order's share of the totals what the order says now. It reads
// the order itself, so an old change told late does no harm.
func (f *Folder) Fold(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
	space, err := f.Store.Workspace(ctx, w)
	if err != nil {
		return fmt.Errorf("workspace %s: %w", w, err)
	}
	zone, err := time.LoadLocation(space.TimeZone)
	if err != nil {
		return fault.Wrap(err, fault.Permanent, "time_zone", "The workspace has an unknown time zone %q.", space.TimeZone)
	}
	for range attempts {
		// The generations are read anew each time: a rebuild that has begun counts
		// on every fold that comes after the one it met to know of it.
		gens, err := f.Store.Generations(ctx, w)
		if err != nil {
			return fmt.Errorf("generations of totals: %w", err)
		}
		// The contribution first: the order is then at least as new as what made
		// it, and an older sight of the order can't replace a newer one's share.
		old, err := f.Store.Contribution(ctx, w, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("contribution of order %s: %w", id, err)
		}
		order, err := f.Store.Order(ctx, w, id)
		if err != nil {
			return fmt.Errorf("fold order %s: %w", id, err)
		}
		next := Contribution(order, zone)
		if old.Version > 0 {
			// An order stays on the day it was first counted, whatever the
			// workspace's time zone becomes.
			next.Date, next.Quarter = old.Date, old.Quarter
		}
		next.Version, next.Gen = old.Version, gens.Newest()
		if next == old || (old.Version == 0 && next.Orders == 0) {
			return nil
		}
		if err = f.Store.Fold(ctx, w, port.FoldWrite{Order: id, Old: old, Next: next, Into: gens}); err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "totals_contended", "The totals of order %s change too fast to be written now.", id)
}

// Contribution is what an order adds to the totals: drafts and cancelled
// orders nothing, a partly cancelled one the pieces that are left and its
// whole amount. Its quarter is the one the seller's clock shows: the hour that
// comes twice when the clocks go back is one hour of the day.
func Contribution(o commerce.Order, zone *time.Location) port.Contribution {
	at := o.PlacedAt.In(zone)
	c := port.Contribution{Date: at.Format(time.DateOnly), Quarter: (at.Hour()*60 + at.Minute()) / 15, Channel: o.Channel, Currency: o.Total.Currency}
	switch o.State {
	case commerce.OrderDraft, commerce.OrderCancelled:
		return c
	}
	c.Orders, c.Amount = 1, o.Total.Amount
	for _, l := range o.Lines {
		c.Items += l.Demand(o.State)
	}
	return c
}
