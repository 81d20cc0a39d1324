package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Grant implements port.Accounts.
func (s *Store) Grant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) (port.Grant, error) {
	return load[port.Grant](ctx, s, grantKey(w, id), "grant", string(id))
}

// grantRef is what the row of a principal points to.
type grantRef struct {
	Space commerce.WorkspaceID `json:"workspace"`
	ID    commerce.GrantID     `json:"id"`
}

// PutGrant implements port.Accounts. The principal of a grant never changes.
func (s *Store) PutGrant(ctx context.Context, g port.Grant) (port.Grant, error) {
	read := g.Version
	g.Version++
	r := row{key: grantKey(g.Space, g.ID), entity: "grant", version: g.Version, quiet: true, record: g}
	if !g.ExpiresAt.IsZero() {
		r = r.due(port.Due{Kind: port.DueToken, Space: g.Space, ID: string(g.ID), At: g.ExpiresAt})
	}
	ops := []op{put(r).ifVersion(read, moved("grant", string(g.ID)))}
	if read == 0 {
		ops = append(ops, put(row{key: principalKey(g.Channel, g.Principal, g.Space, g.ID), entity: "principal", record: grantRef{g.Space, g.ID}}))
	}
	return g, s.write(ctx, ops...)
}

// DeleteGrant implements port.Accounts; deleting again is no error.
func (s *Store) DeleteGrant(ctx context.Context, w commerce.WorkspaceID, id commerce.GrantID) error {
	g, err := s.Grant(ctx, w, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.write(ctx, remove(grantKey(w, id)), remove(principalKey(g.Channel, g.Principal, w, id)))
}

// GrantsOf implements port.Accounts.
func (s *Store) GrantsOf(ctx context.Context, c commerce.Channel, principal commerce.RemoteID) ([]port.Grant, error) {
	items, err := s.query(ctx, span{pk: principalPartition(c, principal), forward: true})
	if err != nil {
		return nil, err
	}
	refs, err := decodeAll[grantRef](items)
	if err != nil {
		return nil, err
	}
	keys := make([]key, len(refs))
	for i, r := range refs {
		keys[i] = grantKey(r.Space, r.ID)
	}
	return loadAll[port.Grant](ctx, s, keys, true)
}
