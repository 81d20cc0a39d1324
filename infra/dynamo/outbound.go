package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// ListOutbound implements port.Inbox.
func (s *Store) ListOutbound(ctx context.Context, w commerce.WorkspaceID, k string) ([]port.Outbound, error) {
	items, err := s.query(ctx, span{pk: outboundPartition(w, k), forward: true})
	if err != nil {
		return nil, err
	}
	return decodeAll[port.Outbound](items)
}

// PutOutbound implements port.Inbox.
func (s *Store) PutOutbound(ctx context.Context, o port.Outbound) (port.Outbound, error) {
	stored, next := outboundPut(o)
	return next, s.write(ctx, stored)
}

// outboundPut stores a record over the version it was read with. What is
// settled or waits for a person is in no due list; what has no NotBefore is
// due at once.
func outboundPut(o port.Outbound) (op, port.Outbound) {
	read := o.Version
	o.Version++
	r := row{key: outboundKey(o), entity: string(port.EntityOutbound), version: o.Version, quiet: true, record: o}
	if o.State == "" || o.State == commerce.SendPending || o.State == commerce.SendUnknown {
		r = r.due(port.Due{Kind: port.DueOutbound, Space: o.Space, ID: o.Key, At: o.NotBefore})
		// Several records of one key must not share an entry's sort key.
		r.g1.sk = join(r.g1.sk, part(string(o.ID)))
	}
	return put(r).ifVersion(read, moved("outbound", string(o.ID))), o
}

// DeleteOutbound implements port.Inbox. One that is gone is no error; one that
// has another version is a fault of kind Conflict.
func (s *Store) DeleteOutbound(ctx context.Context, o port.Outbound) error {
	return s.write(ctx, outboundDrop(o))
}

func outboundDrop(o port.Outbound) op {
	return remove(outboundKey(o)).when("attribute_not_exists(#pk) OR #lv = :lv", moved("outbound", string(o.ID))).
		name("#pk", attrPK).name("#lv", attrQuietVersion).value(":lv", number(o.Version))
}

// outboundOps are the records a write sends on its way and the one it settles.
func outboundOps(w commerce.WorkspaceID, out []port.Outbound, settle *port.Outbound) ([]op, error) {
	var ops []op
	for _, o := range out {
		if o.Space != w {
			return nil, fault.New(fault.Invalid, "workspace_mixed", "The outbound record %s belongs to another workspace.", o.ID)
		}
		stored, _ := outboundPut(o)
		ops = append(ops, stored)
	}
	if settle != nil {
		if settle.Space != w {
			return nil, fault.New(fault.Invalid, "workspace_mixed", "The outbound record %s belongs to another workspace.", settle.ID)
		}
		ops = append(ops, outboundDrop(*settle))
	}
	return ops, nil
}
