package dynamo

import (
	"context"
	"time"

	"github.com/manystall/manystall/shared/port"
)

// Credential implements port.Accounts. One that has expired is not there, also
// before DynamoDB has removed it.
func (s *Store) Credential(ctx context.Context, hash string) (port.Credential, error) {
	c, err := load[port.Credential](ctx, s, credentialKey(hash), "credential", "with this hash")
	if err == nil && s.expired(c.ExpiresAt) {
		return port.Credential{}, missing("credential", "with this hash")
	}
	return c, err
}

// PutCredential implements port.Accounts.
func (s *Store) PutCredential(ctx context.Context, c port.Credential) error {
	return s.write(ctx, put(row{key: credentialKey(c.Hash), entity: "credential", record: c, ttl: c.ExpiresAt}))
}

// DeleteCredential implements port.Accounts; deleting again is no error.
func (s *Store) DeleteCredential(ctx context.Context, hash string) error {
	return s.write(ctx, remove(credentialKey(hash)))
}

// PublicKey implements port.Accounts.
func (s *Store) PublicKey(ctx context.Context, k string) (port.PublicKey, error) {
	found, err := load[port.PublicKey](ctx, s, publicKeyKey(k), "key", "of this name")
	if err == nil && s.expired(found.ExpiresAt) {
		return port.PublicKey{}, missing("key", "of this name")
	}
	return found, err
}

// PutPublicKey implements port.Accounts.
func (s *Store) PutPublicKey(ctx context.Context, k port.PublicKey) error {
	return s.write(ctx, put(row{key: publicKeyKey(k.Key), entity: "key", record: k, ttl: k.ExpiresAt}))
}

// TakePublicKey implements port.Accounts: of several takers one gets it.
func (s *Store) TakePublicKey(ctx context.Context, k string) (port.PublicKey, error) {
	gone := missing("key", "of this name")
	if publicKeyKey(k).valid() != nil {
		return port.PublicKey{}, gone
	}
	old, err := s.single(ctx, remove(publicKeyKey(k)).when("attribute_exists(#pk)", gone).name("#pk", attrPK), true)
	if err != nil {
		return port.PublicKey{}, err
	}
	taken, err := decode[port.PublicKey](old)
	if err == nil && s.expired(taken.ExpiresAt) {
		return port.PublicKey{}, gone
	}
	return taken, err
}

// DeletePublicKey implements port.Accounts; deleting again is no error.
func (s *Store) DeletePublicKey(ctx context.Context, k string) error {
	return s.write(ctx, remove(publicKeyKey(k)))
}

// expired: DynamoDB removes expired rows within days, not at once.
func (s *Store) expired(at time.Time) bool { return !at.IsZero() && !s.now().Before(at) }
