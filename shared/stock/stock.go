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
	ProductBySKU(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (port.SKURef, error)
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
// It may be called any number of times, by several workers at once: who has
// moved anything looks at the order again, since it may have changed meanwhile
// and whoever settled that change may have been faster.
func (k *Keeper) Settle(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
	for range attempts {
		order, err := k.Store.Order(ctx, w, id)
		if err != nil {
			return fmt.Errorf("settle stock of order %s: %w", id, err)
		}
		shorts, moved := make(map[string]int64, len(order.Lines)), false
		for _, line := range order.Lines {
			if line.Variant == "" {
				continue
			}
			short, some, err := k.settleLine(ctx, w, order, line)
			if err != nil {
				return fmt.Errorf("settle stock of order %s line %s: %w", id, line.ID, err)
			}
			shorts[line.ID], moved = short, moved || some
		}
		stale, err := k.noteShort(ctx, w, order, shorts)
		if err != nil {
			return fmt.Errorf("note what is short on order %s: %w", id, err)
		}
		if !moved && !stale {
			return nil
		}
	}
	return fault.New(fault.Temporary, "order_contended", "Order %s changes too fast to be settled now.", id)
}

// settleLine moves what is missing and says what of the line is short, and
// whether it moved anything.
func (k *Keeper) settleLine(ctx context.Context, w commerce.WorkspaceID, order commerce.Order, line commerce.OrderLine) (short int64, moved bool, err error) {
	for range attempts {
		moves, err := k.Store.OrderMoves(ctx, w, line.Variant, order.FirstSeen, order.ID, line.ID)
		if err != nil {
			return 0, moved, err
		}
		var taken, short int64
		for _, m := range moves {
			taken, short = taken-m.Quantity, short+m.Short
		}
		missing := line.Demand(order.State) - taken - short
		if missing == 0 {
			return short, moved, nil
		}
		level, err := k.level(ctx, w, line)
		if err != nil {
			return 0, moved, err
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
			return 0, moved, err
		}
		// The moves are read again, also after success: another worker may have
		// settled an older or newer sight of the order meanwhile.
		moved = moved || err == nil
	}
	return 0, moved, fault.New(fault.Temporary, "stock_contended", "The stock of %s changes too fast to be settled now.", line.SKU)
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

// level reads the level of a line's variant. One that does not exist yet begins
// empty; it names the product where the SKU leads to it, so that whoever fills
// it later reaches the listings.
func (k *Keeper) level(ctx context.Context, w commerce.WorkspaceID, line commerce.OrderLine) (commerce.StockLevel, error) {
	level, err := k.Store.Level(ctx, w, line.Variant, commerce.LocationDefault)
	if !fault.Is(err, fault.NotFound) {
		return level, err
	}
	level = commerce.StockLevel{Variant: line.Variant, SKU: line.SKU, Location: commerce.LocationDefault}
	if line.SKU == "" {
		return level, nil
	}
	ref, err := k.Store.ProductBySKU(ctx, w, line.SKU)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return level, err
	}
	if ref.Variant == line.Variant {
		level.Product = ref.Product
	}
	return level, nil
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

// noteShort writes what is short on the order's row, only where it changed; an
// open order with something short asks for attention. It answers true when the
// order has moved meanwhile and is to be settled anew.
func (k *Keeper) noteShort(ctx context.Context, w commerce.WorkspaceID, order commerce.Order, shorts map[string]int64) (stale bool, err error) {
	changed := false
	var total int64
	for i, line := range order.Lines {
		short, known := shorts[line.ID]
		if known && line.Short != short {
			order.Lines[i].Short, changed = short, true
		}
		total += order.Lines[i].Short
	}
	write := port.OrderWrite{Order: order}
	if changed {
		text := fmt.Sprintf("%d sold but not in stock", total)
		if total == 0 {
			text = "Nothing is short any more"
		}
		write.Events = []commerce.OrderEvent{{ID: k.NewID(), At: k.Now(), Kind: "stock", By: "manystall", Text: text}}
	}
	if !write.Attend(commerce.AttentionShort, total > 0 && order.Open()) && !changed {
		return false, nil
	}
	_, err = k.Store.PutOrder(ctx, w, write)
	if fault.Is(err, fault.Conflict) {
		return true, nil
	}
	return false, err
}
