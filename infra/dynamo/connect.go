package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// claim says who holds an account or a target of a marketplace.
type claim struct {
	Space commerce.WorkspaceID `json:"workspace"`
	ID    string               `json:"id"`
}

// attrOwner is the holder of a claim, for conditions.
const attrOwner = "own"

// elsewhere names nobody: who holds the claim is none of the asker's business.
func elsewhere(field string) error {
	e := fault.New(fault.Conflict, "connected_elsewhere", "This %s is already connected to Manystall by someone else; it must be disconnected there first.", field)
	e.Field = field
	return e
}

func claimPut(k key, w commerce.WorkspaceID, id, field string) op {
	r := row{key: k, entity: "claim", record: claim{w, id}, extra: item{attrOwner: text(string(w))}}
	return put(r).when("attribute_not_exists(#pk) OR #own = :own", elsewhere(field)).
		name("#pk", attrPK).name("#own", attrOwner).value(":own", text(string(w)))
}

// claimDrop frees a claim that is ours; another's stays untouched.
func claimDrop(k key, w commerce.WorkspaceID) op {
	return remove(k).when("attribute_not_exists(#pk) OR #own = :own", nil).
		name("#pk", attrPK).name("#own", attrOwner).value(":own", text(string(w))).orElse()
}

// Connect implements port.Accounts. Which claim is held elsewhere is told by
// the fault's Field: account or target.
func (s *Store) Connect(ctx context.Context, a port.Account, t *port.Target) (port.Account, error) {
	stored, next := accountPut(a)
	ops := []op{claimPut(accountClaimKey(a.Channel, a.Remote), a.Space, string(a.ID), "account"), stored}
	if t != nil {
		if t.Space != a.Space {
			return a, fault.New(fault.Invalid, "workspace_mixed", "An account and its target belong to one workspace.")
		}
		target, _ := targetPut(*t)
		ops = append(ops, claimPut(targetClaimKey(t.Kind, t.Remote), t.Space, string(t.ID), "target"), target)
	}
	if err := s.write(ctx, ops...); err != nil {
		return a, err
	}
	return next, nil
}

// Disconnect implements port.Accounts.
func (s *Store) Disconnect(ctx context.Context, a port.Account, t *port.Target) error {
	stored, _ := accountPut(a)
	ops := []op{stored, claimDrop(accountClaimKey(a.Channel, a.Remote), a.Space)}
	if t != nil {
		if t.Space != a.Space {
			return fault.New(fault.Invalid, "workspace_mixed", "An account and its target belong to one workspace.")
		}
		target, _ := targetPut(*t)
		ops = append(ops, target)
		if len(t.Accounts) == 0 {
			ops = append(ops, claimDrop(targetClaimKey(t.Kind, t.Remote), t.Space))
		}
	}
	return s.write(ctx, ops...)
}
