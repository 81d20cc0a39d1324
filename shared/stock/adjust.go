package stock

import (
	"context"
	"fmt"
	"strconv"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Most is the largest quantity of a variant at a location.
const Most = 1_000_000_000

// Adjustment is a change a person makes: by a difference, or to a quantity.
// Exactly one of By and To is set.
type Adjustment struct {
	By     *int64
	To     *int64
	Reason commerce.MoveReason // manual or count
	Note   string
	Who    string
	// Key makes the change repeatable: the same key is the same move, as long
	// as it is among the newest of the ledger.
	Key string
}

// keyed is how many moves of the ledger are looked through for a key.
const keyed = 100

// Adjust changes the level of a variant of a product. A change below zero or
// above Most is refused as Invalid and nothing happens.
func (k *Keeper) Adjust(ctx context.Context, w commerce.WorkspaceID, id commerce.VariantID, a Adjustment) (commerce.StockMove, error) {
	if (a.By == nil) == (a.To == nil) {
		return commerce.StockMove{}, &fault.Error{Kind: fault.Invalid, Code: "ambiguous", Field: "quantity", Message: "Give either a difference or a new quantity."}
	}
	move := commerce.StockMove{ID: k.NewID(), Variant: id, Location: commerce.LocationDefault, Reason: a.Reason, Source: a.Who, Note: a.Note}
	if a.Key != "" {
		move.ID = commerce.Derive("mov", string(id), a.Key)
		if done, ok, err := k.moved(ctx, w, move); ok || err != nil {
			return done, err
		}
	}
	move.Anchor = k.Now()
	for range attempts {
		level, err := k.Store.Level(ctx, w, id, commerce.LocationDefault)
		if err != nil {
			return commerce.StockMove{}, fmt.Errorf("adjust stock of %s: %w", id, err)
		}
		if a.By != nil {
			move.Quantity = *a.By
		} else {
			move.Quantity = *a.To - level.OnHand
		}
		if want := level.OnHand + move.Quantity; want < 0 || want > Most || move.Quantity > Most || move.Quantity < -Most {
			return commerce.StockMove{}, &fault.Error{Kind: fault.Invalid, Code: "out_of_range", Field: "quantity",
				Message: fmt.Sprintf("There are %d of %s; the result must lie between 0 and %d.", level.OnHand, level.SKU, Most)}
		}
		level.LastTarget = ""
		err = k.apply(ctx, w, level, move)
		if err == nil || fault.Of(err).Code == "move_exists" { // our own: its answer was lost
			move.OnHand, move.At = level.OnHand+move.Quantity, k.Now()
			return move, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return commerce.StockMove{}, fmt.Errorf("adjust stock of %s: %w", id, err)
		}
	}
	return commerce.StockMove{}, fault.New(fault.Conflict, "stock_contended", "The stock changes too fast just now. Try again.")
}

// moved finds a move by its id among the newest ones.
func (k *Keeper) moved(ctx context.Context, w commerce.WorkspaceID, m commerce.StockMove) (commerce.StockMove, bool, error) {
	newest, err := k.Store.ListMoves(ctx, w, m.Variant, port.Page{Limit: keyed})
	if err != nil {
		return m, false, fmt.Errorf("ledger of %s: %w", m.Variant, err)
	}
	for _, done := range newest.Items {
		if done.ID == m.ID {
			return done, true, nil
		}
	}
	return m, false, nil
}

// Stated is what an import says about a variant.
type Stated struct {
	Product  commerce.ProductID
	Variant  commerce.Variant // Stated is what the previous import said
	Quantity int64
	Import   commerce.JobID
}

// State applies the quantity an import states: it opens a variant that has no
// level yet, else it moves the level by the difference to what the previous
// import stated, so that what was sold in between stays sold. The first
// statement about a level that something else began (an order that was faster,
// a product made without a quantity) is a count. Stating the same again has no
// effect.
func (k *Keeper) State(ctx context.Context, w commerce.WorkspaceID, s Stated) error {
	for range attempts {
		level, err := k.Store.Level(ctx, w, s.Variant.ID, commerce.LocationDefault)
		opening := fault.Is(err, fault.NotFound)
		if err != nil && !opening {
			return fmt.Errorf("stock of %s: %w", s.Variant.SKU, err)
		}
		// The level knows best: of two imports at once, one may have stated its
		// quantity and not yet stored its product.
		base := level.Stated
		if base == nil {
			base = s.Variant.Stated
		}
		move := commerce.StockMove{Variant: s.Variant.ID, Location: commerce.LocationDefault, Source: string(s.Import), Reason: commerce.MoveCount, Anchor: k.Now()}
		switch {
		case opening:
			level = commerce.StockLevel{Variant: s.Variant.ID, Product: s.Product, SKU: s.Variant.SKU, Location: commerce.LocationDefault}
			move.Quantity, move.Reason = s.Quantity, commerce.MoveOpening
		case base == nil:
			// Zero is also what an edit says that says nothing.
			if move.Quantity = s.Quantity - level.OnHand; move.Quantity == 0 || s.Quantity == 0 {
				return nil
			}
		case *base == s.Quantity:
			return nil
		default:
			move.Quantity = max(s.Quantity-*base, -level.OnHand)
		}
		move.ID = commerce.Derive("mov", string(s.Import), string(s.Variant.ID), strconv.FormatInt(level.Version, 10))
		level.Import, level.LastTarget, level.Product = s.Import, "", s.Product
		if s.Quantity != 0 || base != nil {
			level.Stated = &s.Quantity
		}
		if err := k.apply(ctx, w, level, move); err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "stock_contended", "The stock of %s changes too fast just now.", s.Variant.SKU)
}

var _ Store = (port.Store)(nil)
