package dynamo

import (
	"context"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Level implements port.Stock.
func (s *Store) Level(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, location string) (commerce.StockLevel, error) {
	return load[commerce.StockLevel](ctx, s, levelKey(w, v, location), "level", string(v))
}

// Levels implements port.Stock.
func (s *Store) Levels(ctx context.Context, w commerce.WorkspaceID, ids []commerce.VariantID) (map[commerce.VariantID]commerce.StockLevel, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = levelKey(w, id, commerce.LocationDefault)
	}
	levels, err := loadAll[commerce.StockLevel](ctx, s, keys, true)
	if err != nil {
		return nil, err
	}
	found := make(map[commerce.VariantID]commerce.StockLevel, len(levels))
	for _, l := range levels {
		found[l.Variant] = l
	}
	return found, nil
}

// ListLevels implements port.Stock. SKUs are compared byte by byte.
func (s *Store) ListLevels(ctx context.Context, w commerce.WorkspaceID, prefix string, p port.Page) (port.List[commerce.StockLevel], error) {
	l := list{name: join("levels", part(prefix)), space: w, index: indexG1, forward: true,
		sources: []source{{pk: in(w, "stk"), prefix: prefixPart(prefix)}}}
	return recordPage[commerce.StockLevel](ctx, s, l, p)
}

// Move implements port.Stock.
func (s *Store) Move(ctx context.Context, w commerce.WorkspaceID, m port.LevelMove) error {
	if err := moveInvalid(m); err != nil {
		return err
	}
	exists := fault.New(fault.Conflict, "move_exists", "The move %s of %s is there already.", m.Move.ID, m.Move.Variant)
	return s.write(ctx, put(row{key: moveKey(w, m.Move), entity: "move", record: m.Move}).ifAbsent(exists), levelPut(w, m.Level))
}

// PutLevel implements port.Stock.
func (s *Store) PutLevel(ctx context.Context, w commerce.WorkspaceID, l commerce.StockLevel) error {
	if l.OnHand < 0 {
		return fault.New(fault.Invalid, "level_negative", "The level of %s would become %d; it is never below zero.", l.Variant, l.OnHand)
	}
	return s.write(ctx, levelPut(w, l))
}

// levelPut stores a level over the version that was read.
func levelPut(w commerce.WorkspaceID, l commerce.StockLevel) op {
	read := l.Version
	l.Version++
	r := row{key: levelKey(w, l.Variant, l.Location), entity: string(port.EntityLevel), version: l.Version, quiet: true, record: l, g1: levelEntry(w, l)}
	return put(r).ifVersion(read, moved("level", string(l.Variant)))
}

// moveInvalid refuses what would break the ledger.
func moveInvalid(m port.LevelMove) error {
	switch {
	case m.Level.Variant != m.Move.Variant || m.Level.Location != m.Move.Location:
		return fault.New(fault.Invalid, "move_mixed", "A move of %s was given with the level of %s.", m.Move.Variant, m.Level.Variant)
	case m.Level.OnHand < 0:
		return fault.New(fault.Invalid, "level_negative", "The level of %s would become %d; it is never below zero.", m.Level.Variant, m.Level.OnHand)
	case m.Move.Anchor.IsZero():
		return fault.New(fault.Invalid, "move_anchor", "The move %s has no anchor.", m.Move.ID)
	}
	return nil
}

// ListMoves implements port.Stock.
func (s *Store) ListMoves(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, p port.Page) (port.List[commerce.StockMove], error) {
	l := list{name: join("moves", part(string(v))), space: w, sources: []source{{stockPartition(w, v), "mv#"}}}
	items, next, err := s.page(ctx, l, p)
	if err != nil {
		return port.List[commerce.StockMove]{}, err
	}
	moves, err := decodeAll[commerce.StockMove](items)
	return port.List[commerce.StockMove]{Items: moves, Next: next}, err
}

// OrderMoves implements port.Stock.
func (s *Store) OrderMoves(ctx context.Context, w commerce.WorkspaceID, v commerce.VariantID, firstSeen time.Time, order commerce.OrderID, line string) ([]commerce.StockMove, error) {
	items, err := s.query(ctx, prefixed(stockPartition(w, v), orderMovePrefix(firstSeen, order, line)))
	if err != nil {
		return nil, err
	}
	return decodeAll[commerce.StockMove](items)
}
