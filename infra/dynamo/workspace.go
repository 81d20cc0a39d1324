package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Workspace implements port.Accounts.
func (s *Store) Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error) {
	return load[port.Workspace](ctx, s, workspaceKey(id), "workspace", string(id))
}

// PutWorkspace implements port.Accounts.
func (s *Store) PutWorkspace(ctx context.Context, w port.Workspace) (port.Workspace, error) {
	if _, ok := whole(part(string(w.ID))); !ok {
		return w, fault.New(fault.Invalid, "workspace_invalid", "A workspace id has 1 to %d bytes.", partMax)
	}
	read := w.Version
	w.Version++
	o := put(row{key: workspaceKey(w.ID), entity: "workspace", version: w.Version, record: w})
	return w, s.write(ctx, o.ifVersion(read, moved("workspace", string(w.ID))))
}
