package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// PutFailure implements port.Desk.
func (s *Store) PutFailure(ctx context.Context, f port.Failure) error {
	return s.write(ctx, put(row{key: failureKey(f), entity: "failure", record: f}))
}

// ListFailures implements port.Desk: newest first.
func (s *Store) ListFailures(ctx context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.Failure], error) {
	l := list{name: "failures", space: w, sources: []source{{pk: failurePartition(w)}}}
	items, next, err := s.page(ctx, l, p)
	if err != nil {
		return port.List[port.Failure]{}, err
	}
	failures, err := decodeAll[port.Failure](items)
	return port.List[port.Failure]{Items: failures, Next: next}, err
}

// DeleteFailure implements port.Desk.
func (s *Store) DeleteFailure(ctx context.Context, f port.Failure) error {
	return s.write(ctx, remove(failureKey(f)))
}

// attrToken is who holds a lock or has claimed a key; attrExpires is until
// when, in unix milliseconds.
const attrToken, attrExpires = "tok", "exp"

// Claim implements port.Desk. A key whose time is over is free.
func (s *Store) Claim(ctx context.Context, w commerce.WorkspaceID, r port.Remembered) (port.Remembered, bool, error) {
	held := fault.New(fault.Conflict, "key_held", "The idempotency key is in use.")
	token := s.newID()
	o := put(rememberedRow(w, r, token)).when("attribute_not_exists(#pk) OR #exp <= :now OR #tok = :tok", held).
		name("#pk", attrPK).name("#exp", attrExpires).value(":now", number(s.now().UnixMilli())).
		// A repetition after a lost answer meets its own claim.
		name("#tok", attrToken).value(":tok", text(token))
	met, err := s.single(ctx, o, true)
	if !fault.Is(err, fault.Conflict) {
		return r, err == nil, err
	}
	stored, err := decode[port.Remembered](met)
	return stored, false, err
}

func rememberedRow(w commerce.WorkspaceID, r port.Remembered, token string) row {
	return row{key: idempotencyKey(w, r.Key), entity: "idem", record: r, ttl: r.ExpiresAt,
		extra: item{attrExpires: number(r.ExpiresAt.UnixMilli()), attrToken: text(token)}}
}

// Remember implements port.Desk.
func (s *Store) Remember(ctx context.Context, w commerce.WorkspaceID, r port.Remembered) error {
	return s.write(ctx, put(rememberedRow(w, r, s.newID())))
}

// Forget implements port.Desk; forgetting again is no error.
func (s *Store) Forget(ctx context.Context, w commerce.WorkspaceID, k string) error {
	return s.write(ctx, remove(idempotencyKey(w, k)))
}

// PutCart implements port.Orders: it creates or replaces.
func (s *Store) PutCart(ctx context.Context, w commerce.WorkspaceID, c port.CartSession) error {
	return s.write(ctx, put(row{key: cartKey(w, c.ID), entity: "cart", record: c, ttl: c.ExpiresAt}))
}

// Cart implements port.Orders. One that has expired is not there.
func (s *Store) Cart(ctx context.Context, w commerce.WorkspaceID, id string) (port.CartSession, error) {
	c, err := load[port.CartSession](ctx, s, cartKey(w, id), "cart", id)
	if err == nil && s.expired(c.ExpiresAt) {
		return port.CartSession{}, missing("cart", id)
	}
	return c, err
}
