package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// Target implements port.Accounts.
func (s *Store) Target(ctx context.Context, w commerce.WorkspaceID, id commerce.TargetID) (port.Target, error) {
	return load[port.Target](ctx, s, targetKey(w, id), "target", string(id))
}

// ListTargets implements port.Accounts.
func (s *Store) ListTargets(ctx context.Context, w commerce.WorkspaceID) ([]port.Target, error) {
	items, err := s.query(ctx, span{pk: targetPartition(w), forward: true})
	if err != nil {
		return nil, err
	}
	return decodeAll[port.Target](items)
}

// PutTarget implements port.Accounts.
func (s *Store) PutTarget(ctx context.Context, t port.Target) (port.Target, error) {
	o, next := targetPut(t)
	return next, s.write(ctx, o)
}

// targetPut stores a target over the version it was read with. One without a
// wake-up is in no due list; one without accounts may have marks to clear.
func targetPut(t port.Target) (op, port.Target) {
	read := t.Version
	t.Version++
	r := row{key: targetKey(t.Space, t.ID), entity: "target", version: t.Version, quiet: true, record: t}
	if !t.WakeAt.IsZero() {
		r = r.due(port.Due{Kind: port.DueTarget, Space: t.Space, ID: string(t.ID), At: t.WakeAt})
	}
	return put(r).ifVersion(read, moved("target", string(t.ID))), t
}
