package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// waitingAtOnce is how many orders that wait for a thing are looked at before
// what is left is looked up again.
const waitingAtOnce = 100

// Catalog is what is needed to find what the line of an order is of.
type Catalog interface {
	Resolve(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, kind port.RemoteKind, ids []commerce.RemoteID) (map[commerce.RemoteID]port.RemoteRef, error)
	ProductBySKU(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (port.SKURef, error)
}

// Finder finds the variants of order lines, also of those that were sold before
// their product was in the catalog. Safe for concurrent use.
type Finder struct {
	Store interface {
		Catalog
		port.Orders
	}
	Now   func() time.Time
	NewID func() string
}

// Find looks for the variants of an order's lines that have none. What is not
// found is noted before it is looked for, so that whatever appears afterwards
// finds the order (see Appeared); meanwhile the order asks for attention. It
// may be called any number of times and by several workers at once.
func (f *Finder) Find(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
	for range attempts {
		o, err := f.Store.Order(ctx, w, id)
		if err != nil {
			return fmt.Errorf("find lines of order %s: %w", id, err)
		}
		before := wants(o)
		if err := f.Store.PutWants(ctx, w, id, before); err != nil {
			return fmt.Errorf("note what order %s waits for: %w", id, err)
		}
		write := port.OrderWrite{Order: o}
		found, err := resolve(ctx, f.Store, w, &write.Order)
		if err != nil {
			return fmt.Errorf("find lines of order %s: %w", id, err)
		}
		lost := unknown(write.Order)
		if !write.Attend(commerce.AttentionUnknown, lost > 0 && o.Open()) && found == 0 {
			return nil
		}
		text := fmt.Sprintf("%d of its lines are of no product in the catalog and take no stock", lost)
		if lost == 0 {
			text = "Every line is of a product now"
		}
		write.Events = []commerce.OrderEvent{{ID: f.NewID(), At: f.Now(), Kind: "stock", By: "manystall", Text: text}}
		_, err = f.Store.PutOrder(ctx, w, write)
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("store lines of order %s: %w", id, err)
		}
		return f.Store.DropWants(ctx, w, id, without(before, wants(write.Order)))
	}
	return fault.New(fault.Temporary, "order_contended", "Order %s changes too fast to be looked at now.", id)
}

// Appeared looks again at the orders that wait for a SKU or an item. A thing
// that does not count yet (a SKU claimed for a product that is not stored)
// leaves them waiting.
func (f *Finder) Appeared(ctx context.Context, w commerce.WorkspaceID, want port.Want) error {
	for last := commerce.OrderID(""); ; {
		waiting, err := f.Store.Waiting(ctx, w, want, waitingAtOnce)
		if err != nil {
			return fmt.Errorf("orders that wait: %w", err)
		}
		for _, id := range waiting {
			err := f.Find(ctx, w, id)
			if fault.Is(err, fault.NotFound) {
				err = f.Store.DropWants(ctx, w, id, []port.Want{want})
			}
			if err != nil {
				return err
			}
		}
		if len(waiting) < waitingAtOnce || waiting[0] == last {
			return nil
		}
		last = waiting[0]
	}
}

// wants are what the lines without a variant name.
func wants(o commerce.Order) []port.Want {
	var all []port.Want
	for _, l := range o.Lines {
		if l.Variant != "" {
			continue
		}
		if l.SKU != "" {
			all = append(all, port.Want{SKU: l.SKU})
		}
		if l.RemoteItem != "" && o.Target != "" {
			all = append(all, port.Want{Target: o.Target, Item: l.RemoteItem})
		}
	}
	return all
}

func without(all, some []port.Want) []port.Want {
	keep := make(map[port.Want]bool, len(some))
	for _, want := range some {
		keep[want] = true
	}
	var rest []port.Want
	for _, want := range all {
		if !keep[want] {
			rest = append(rest, want)
		}
	}
	return rest
}

// unknown counts the lines that would take stock if they were of a product.
func unknown(o commerce.Order) int {
	n := 0
	for _, l := range o.Lines {
		if l.Variant == "" && l.Demand(o.State) > 0 {
			n++
		}
	}
	return n
}

// resolve finds the variants of lines that have none yet: by the marketplace's
// item id, which survives a change of SKU, and by SKU second. It answers how
// many it found.
func resolve(ctx context.Context, c Catalog, w commerce.WorkspaceID, o *commerce.Order) (found int, err error) {
	var items []commerce.RemoteID
	for _, l := range o.Lines {
		if l.Variant == "" && l.RemoteItem != "" {
			items = append(items, l.RemoteItem)
		}
	}
	refs := map[commerce.RemoteID]port.RemoteRef{}
	if len(items) > 0 && o.Target != "" {
		if refs, err = c.Resolve(ctx, w, o.Target, port.RemoteItem, items); err != nil {
			return 0, err
		}
	}
	lines := make([]commerce.OrderLine, len(o.Lines))
	for i, l := range o.Lines {
		if l.Variant == "" {
			if l.Variant, err = variant(ctx, c, w, l, refs); err != nil {
				return 0, err
			}
			if l.Variant != "" {
				found++
			}
		}
		lines[i] = l
	}
	o.Lines = lines
	return found, nil
}

func variant(ctx context.Context, c Catalog, w commerce.WorkspaceID, l commerce.OrderLine, refs map[commerce.RemoteID]port.RemoteRef) (commerce.VariantID, error) {
	if ref, ok := refs[l.RemoteItem]; ok && ref.Variant != "" {
		return ref.Variant, nil
	}
	if l.SKU == "" {
		return "", nil
	}
	ref, err := c.ProductBySKU(ctx, w, l.SKU)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return ref.Variant, err
}
