package dynamo

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// dueView is what a due list tells of a row; the time is in its sort key.
type dueView struct {
	Space commerce.WorkspaceID `json:"w"`
	ID    string               `json:"i"`
}

// due puts a row on a due list.
func (r row) due(d port.Due) row {
	r.g1, r.view = dueEntry(d), dueView{d.Space, d.ID}
	return r
}

// ListDue implements port.Accounts. What came onto the list within the last
// moments may be missing until the index has it.
func (s *Store) ListDue(ctx context.Context, kind port.DueKind, now time.Time, limit int) ([]port.Due, error) {
	if limit < 1 {
		return nil, invalidField("limit", "limit_invalid", "The limit is %d; it must be at least 1.", limit)
	}
	parts := make([][]item, shards)
	err := each(ctx, numbers(shards), func(ctx context.Context, shard int) (err error) {
		parts[shard], err = s.query(ctx, span{index: indexG1, pk: duePartition(kind, shard), to: stamp(now) + "#" + last, forward: true, limit: limit})
		return err
	})
	if err != nil {
		return nil, err
	}
	items := slices.Concat(parts...)
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(textOf(a, attrG1SK), textOf(b, attrG1SK)) })
	items = items[:min(limit, len(items))]
	found := make([]port.Due, len(items))
	for i, it := range items {
		if found[i], err = dueOf(kind, it); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func dueOf(kind port.DueKind, it item) (port.Due, error) {
	who, err := decodeView[dueView](it)
	if err != nil {
		return port.Due{}, err
	}
	when, _, _ := strings.Cut(textOf(it, attrG1SK), "#")
	at, err := time.Parse(time.RFC3339Nano, when)
	return port.Due{Kind: kind, Space: who.Space, ID: who.ID, At: at}, err
}
