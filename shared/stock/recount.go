package stock

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Compare answers what a level says and what its ledger comes to; the same when
// the level is right.
func (k *Keeper) Compare(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID) (says, is int64, err error) {
	level, sum, err := k.compare(ctx, w, v)
	return level.OnHand, sum, err
}

// compare reads a level and the ledger of the same moment.
func (k *Keeper) compare(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID) (commerce.StockLevel, int64, error) {
	level, err := k.Store.Level(ctx, w, v, commerce.LocationDefault)
	for range attempts {
		if err != nil {
			return level, 0, fmt.Errorf("level of %s: %w", v, err)
		}
		sum, err := k.ledger(ctx, w, v)
		if err != nil {
			return level, 0, fmt.Errorf("ledger of %s: %w", v, err)
		}
		if sum == level.OnHand {
			return level, sum, nil
		}
		// A move between the two reads looks like a difference.
		after, err := k.Store.Level(ctx, w, v, commerce.LocationDefault)
		if err != nil || after.Version == level.Version {
			return level, sum, err
		}
		level = after
	}
	return level, 0, fault.New(fault.Temporary, "stock_contended", "The stock of %s changes too fast to be compared now.", v)
}

// Recount makes a level what its ledger comes to. A ledger that comes to less
// than nothing is a fault of kind Invalid, and nothing is changed.
func (k *Keeper) Recount(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID) error {
	for range attempts {
		level, sum, err := k.compare(ctx, w, v)
		if err != nil || level.OnHand == sum {
			return err
		}
		if sum < 0 {
			return fault.New(fault.Invalid, "ledger_negative", "The ledger of %s comes to %d. Count it, and set its stock.", level.SKU, sum)
		}
		level.OnHand, level.LastTarget, level.UpdatedAt = sum, "", k.Now()
		if err := k.Store.PutLevel(ctx, w, level); !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "stock_contended", "The stock of %s changes too fast to be recounted now.", v)
}

// ledger adds up all moves of a variant.
func (k *Keeper) ledger(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID) (sum int64, err error) {
	for cursor := ""; ; {
		page, err := k.Store.ListMoves(ctx, w, v, port.Page{Limit: 100, Cursor: cursor})
		if err != nil {
			return 0, err
		}
		for _, m := range page.Items {
			sum += m.Quantity
		}
		if cursor = page.Next; cursor == "" {
			return sum, nil
		}
	}
}
