// Package stock decides what an order takes and keeps the ledger that explains
// every level. A level never goes below zero: what is sold but not there is
// short, visible on the order, never hidden.
package stock

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// attempts is how often a change is tried against a level others move too. 64
// writers on one variant need no more in practice; beyond it the queue tries.
const attempts = 40

// Store is what this room needs of storage.
type Store interface {
	port.Stock
	Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error)
	PutOrder(ctx context.Context, w commerce.WorkspaceID, o port.OrderWrite) (commerce.Order, error)
	Product(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID) (commerce.Product, error)
}

// Keeper changes stock. Safe for concurrent use.
type Keeper struct {
	Store Store
	Now   func() time.Time
	NewID func() string
	// SellsDown says whether a channel lowers its own quantity at a sale.
	SellsDown func(commerce.Channel) bool
}

// Settle makes the moves of an order equal to its demand: what is newly wanted
// is taken or is short, what was cancelled is given back, short pieces first.
// It may be called any number of times, by several workers at once.
func (k *Keeper) Settle(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
	order, err := k.Store.Order(ctx, w, id)
	if err != nil {
		return fmt.Errorf("settle stock of order %s: %w", id, err)
	}
	shorts := make(map[string]int64, len(order.Lines))
	for _, line := range order.Lines {
		if line.Variant == "" {
			continue
		}
		short, err := k.settleLine(ctx, w, order, line)
		if err != nil {
			return fmt.Errorf("settle stock of order %s line %s: %w", id, line.ID, err)
		}
		shorts[line.ID] = short
	}
	return k.noteShort(ctx, w, order, shorts)
}

func (k *Keeper) settleLine(ctx context.Context, w commerce.WorkspaceID, order commerce.Order, line commerce.OrderLine) (short int64, err error) {
	for range attempts {
		moves, err := k.Store.OrderMoves(ctx, w, line.Variant, order.FirstSeen, order.ID, line.ID)
		if err != nil {
			return 0, err
		}
		var taken, short int64
		for _, m := range moves {
			taken, short = taken-m.Quantity, short+m.Short
		}
		missing := line.Demand(order.State) - taken - short
		if missing == 0 {
			return short, nil
		}
		level, err := k.level(ctx, w, line)
		if err != nil {
			return 0, err
		}
		move := k.orderMove(order, line, len(moves)+1)
		if missing > 0 {
			got := min(missing, level.OnHand)
			move.Quantity, move.Short, move.Reason = -got, missing-got, commerce.MoveSale
		} else {
			fewer := min(-missing, short)
			move.Quantity, move.Short, move.Reason = -missing-fewer, -fewer, commerce.MoveReturn
		}
		level.LastTarget = ""
		if missing > 0 && move.Short == 0 && k.SellsDown(order.Channel) {
			level.LastTarget, level.LastSale = order.Target, order.PlacedAt
		}
		err = k.apply(ctx, w, level, move)
		if err != nil && !fault.Is(err, fault.Conflict) {
			return 0, err
		}
		// Read again, also after success: another worker may have settled an
		// older or newer sight of the order meanwhile.
	}
	return 0, fault.New(fault.Temporary, "stock_contended", "The stock of %s changes too fast to be settled now.", line.SKU)
}

func (k *Keeper) orderMove(order commerce.Order, line commerce.OrderLine, n int) commerce.StockMove {
	return commerce.StockMove{
		ID:        fmt.Sprintf("%s/%s/%06d", order.ID, line.ID, n),
		Variant:   line.Variant,
		Location:  commerce.LocationDefault,
		Source:    string(order.ID),
		OrderLine: line.ID,
		Channel:   order.Channel,
		Anchor:    order.FirstSeen,
	}
}

// level reads the level of a line's variant; one that does not exist yet
// begins empty.
func (k *Keeper) level(ctx context.Context, w commerce.WorkspaceID, line commerce.OrderLine) (commerce.StockLevel, error) {
	level, err := k.Store.Level(ctx, w, line.Variant, commerce.LocationDefault)
	if fault.Is(err, fault.NotFound) {
		return commerce.StockLevel{Variant: line.Variant, SKU: line.SKU, Location: commerce.LocationDefault}, nil
	}
	return level, err
}

func (k *Keeper) apply(ctx context.Context, w commerce.WorkspaceID, level commerce.StockLevel, move commerce.StockMove) error {
	level.OnHand += move.Quantity
	if level.OnHand < 0 {
		return fault.New(fault.Internal, "negative_stock", "The stock of %s would fall below zero.", level.SKU)
	}
	move.OnHand, move.At = level.OnHand, k.Now()
	level.UpdatedAt = move.At
	return k.Store.Move(ctx, w, port.LevelMove{Level: level, Move: move})
}

// noteShort writes what is short on the order's row, only where it changed.
func (k *Keeper) noteShort(ctx context.Context, w commerce.WorkspaceID, order commerce.Order, shorts map[string]int64) error {
	for range attempts {
		changed := false
		var total int64
		for i, line := range order.Lines {
			short, known := shorts[line.ID]
			if known && line.Short != short {
				order.Lines[i].Short, changed = short, true
				total += short
			}
		}
		if !changed {
			return nil
		}
		event := commerce.OrderEvent{ID: k.NewID(), At: k.Now(), Kind: "stock", By: "manystall", Text: fmt.Sprintf("%d sold but not in stock", total)}
		_, err := k.Store.PutOrder(ctx, w, port.OrderWrite{Order: order, Events: []commerce.OrderEvent{event}})
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
		if order, err = k.Store.Order(ctx, w, order.ID); err != nil {
			return err
		}
	}
	return fault.New(fault.Temporary, "order_contended", "Order %s changes too fast to be written now.", order.Number)
}
