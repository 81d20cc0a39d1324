package accounts

import (
	"context"
	"fmt"
	"reflect"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// Spaces changes workspaces. Safe for concurrent use.
type Spaces struct {
	Store Store
	// Spread gives all products to a target anew.
	Spread func(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) error
}

// Update stores a workspace over its version. New defaults change what
// listings look like, so everything is looked at again; what does not differ
// costs no call.
func (s *Spaces) Update(ctx context.Context, next port.Workspace) (port.Workspace, error) {
	old, err := s.Store.Workspace(ctx, next.ID)
	if err != nil {
		return old, err
	}
	next.DataKey = old.DataKey
	put, err := s.Store.PutWorkspace(ctx, next)
	if err != nil || reflect.DeepEqual(old.Defaults, next.Defaults) {
		return put, err
	}
	targets, err := s.Store.ListTargets(ctx, next.ID)
	if err != nil {
		return put, fmt.Errorf("targets of %s: %w", next.ID, err)
	}
	for _, t := range targets {
		if err := s.Spread(ctx, next.ID, t.ID); err != nil {
			return put, err
		}
	}
	return put, nil
}
