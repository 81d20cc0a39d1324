package dynamo

import (
	"context"
	"strconv"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// attrMark is the version of a mark.
const attrMark = "mv"

func markRow(m port.Mark) row {
	return row{key: markKey(m), entity: string(port.EntityMark), record: m, extra: item{attrMark: text(m.Version)}}
}

// uniqueMarks keeps the last of marks for one thing: a transaction touches each
// row once.
func uniqueMarks(marks []port.Mark) []port.Mark {
	at := make(map[key]int, len(marks))
	var unique []port.Mark
	for _, m := range marks {
		if i, again := at[markKey(m)]; again {
			unique[i] = m
			continue
		}
		at[markKey(m)] = len(unique)
		unique = append(unique, m)
	}
	return unique
}

// ListMarks implements port.Catalog. Lane 0 is all lanes.
func (s *Store) ListMarks(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, lane port.Lane, limit int) ([]port.Mark, error) {
	if limit < 1 {
		return nil, invalidField("limit", "limit_invalid", "The limit is %d; it must be at least 1.", limit)
	}
	p := span{pk: markPartition(w, t), forward: true, limit: limit}
	if lane != 0 {
		p = prefixed(p.pk, strconv.Itoa(int(lane))+"#")
		p.limit = limit
	}
	items, err := s.query(ctx, p)
	if err != nil {
		return nil, err
	}
	return decodeAll[port.Mark](items)
}

// PutMarks implements port.Catalog: a mark replaces the one before it.
func (s *Store) PutMarks(ctx context.Context, marks []port.Mark) error {
	ops := make([]op, len(marks))
	for i, m := range marks {
		ops[i] = put(markRow(m))
	}
	return s.batchWrite(ctx, ops)
}

// DropMarks implements port.Catalog.
func (s *Store) DropMarks(ctx context.Context, marks []port.Mark) error {
	return each(ctx, marks, func(ctx context.Context, m port.Mark) error {
		return s.write(ctx, markDrop(m))
	})
}

// markDrop removes a mark that has not moved.
func markDrop(m port.Mark) op {
	return remove(markKey(m)).when("attribute_not_exists(#pk) OR #mv = :mv", nil).
		name("#pk", attrPK).name("#mv", attrMark).value(":mv", text(m.Version)).orElse()
}

// ParkMarks implements port.Catalog.
func (s *Store) ParkMarks(ctx context.Context, marks []port.Mark) error {
	return each(ctx, marks, func(ctx context.Context, m port.Mark) error {
		return s.write(ctx, put(markRow(m)).when("#mv = :mv", nil).name("#mv", attrMark).value(":mv", text(m.Version)).orElse())
	})
}

// ListCalls implements port.Catalog: consistently, by id.
func (s *Store) ListCalls(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) ([]port.Call, error) {
	items, err := s.query(ctx, span{pk: callPartition(w, t), forward: true})
	if err != nil {
		return nil, err
	}
	return decodeAll[port.Call](items)
}

// PutCall implements port.Catalog: it creates or replaces. A call beyond the
// size of a record is a fault of kind TooLarge.
func (s *Store) PutCall(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, c port.Call) error {
	return s.write(ctx, put(row{key: callKey(w, t, c.ID), entity: "call", record: c}))
}

// DeleteCall implements port.Catalog; deleting again is no error.
func (s *Store) DeleteCall(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, id string) error {
	return s.write(ctx, remove(callKey(w, t, id)))
}
