// Package vault seals secrets at rest: AES-256-GCM under a data key of the
// workspace, which is kept wrapped by KMS or by a key file.
package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// format is the first byte of all that is sealed: version 1 is the byte,
	// a nonce of 12 bytes, the ciphertext and a tag of 16.
	format   = 1
	keyBytes = 32
	// maxCached bounds how many workspaces' keys stay in memory.
	maxCached = 1000
	// storeTries is how often a first data key is offered before giving up.
	storeTries = 5
	// fetchTimeout bounds reading, unwrapping and storing one data key.
	fetchTimeout = 10 * time.Second
)

// Keeper makes and unwraps data keys of 32 bytes. What it wraps for one
// workspace it unwraps for the same only.
type Keeper interface {
	NewKey(ctx context.Context, w commerce.WorkspaceID) (plain, wrapped []byte, err error)
	Unwrap(ctx context.Context, w commerce.WorkspaceID, wrapped []byte) (plain []byte, err error)
}

// Workspaces keeps the wrapped data keys; port.Accounts is one.
type Workspaces interface {
	Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error)
	PutWorkspace(ctx context.Context, w port.Workspace) (port.Workspace, error)
}

// Vault implements port.Vault. It unwraps a workspace's key once and keeps it
// in memory. It is safe for concurrent use.
type Vault struct {
	keeper     Keeper
	workspaces Workspaces
	flight     singleflight.Group

	mu   sync.Mutex
	keys map[commerce.WorkspaceID]*keys
}

var _ port.Vault = (*Vault)(nil)

// keys are what a data key is used for, one purpose each.
type keys struct {
	seal   cipher.AEAD
	digest []byte
}

// New seals with data keys of the keeper, kept in workspaces. A workspace gets
// its data key when it is first needed.
func New(keeper Keeper, workspaces Workspaces) *Vault {
	return &Vault{keeper: keeper, workspaces: workspaces, keys: map[commerce.WorkspaceID]*keys{}}
}

// Seal implements port.Vault. The result is 29 bytes longer than plain.
func (v *Vault) Seal(ctx context.Context, w commerce.WorkspaceID, purpose string, plain []byte) ([]byte, error) {
	k, err := v.key(ctx, w)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1+k.seal.NonceSize(), 1+k.seal.NonceSize()+len(plain)+k.seal.Overhead())
	out[0] = format
	nonce := out[1:]
	rand.Read(nonce) //nolint:errcheck // crypto/rand never fails since Go 1.24
	return k.seal.Seal(out, nonce, plain, bound(w, purpose)), nil
}

// Open implements port.Vault. What was sealed for another workspace or purpose,
// or was changed, is a fault of kind Permanent.
func (v *Vault) Open(ctx context.Context, w commerce.WorkspaceID, purpose string, sealed []byte) ([]byte, error) {
	k, err := v.key(ctx, w)
	if err != nil {
		return nil, err
	}
	head := 1 + k.seal.NonceSize()
	if len(sealed) < head || sealed[0] != format {
		return nil, broken(purpose, errors.New("unknown format"))
	}
	plain, err := k.seal.Open(nil, sealed[1:head], sealed[head:], bound(w, purpose))
	if err != nil {
		return nil, broken(purpose, err)
	}
	return plain, nil
}

func broken(purpose string, cause error) error {
	return fault.Wrap(cause, fault.Permanent, "seal_broken",
		"The stored secret for %s can't be opened; connect the account again.", purpose)
}

// Digest implements port.Vault: 64 hexadecimal digits.
func (v *Vault) Digest(ctx context.Context, w commerce.WorkspaceID, value string) (string, error) {
	k, err := v.key(ctx, w)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, k.digest)
	_, _ = h.Write([]byte(value)) // a hash never fails
	return hex.EncodeToString(h.Sum(nil)), nil
}

// bound is the additional data of a seal. The length before the workspace
// keeps two pairs from reading alike.
func bound(w commerce.WorkspaceID, purpose string) []byte {
	data := binary.BigEndian.AppendUint32([]byte{format}, uint32(len(w)))
	return append(append(data, w...), purpose...)
}

// key returns the workspace's keys, from memory when they were used before.
func (v *Vault) key(ctx context.Context, w commerce.WorkspaceID) (*keys, error) {
	v.mu.Lock()
	k, ok := v.keys[w]
	v.mu.Unlock()
	if ok {
		return k, nil
	}
	// Those who wait share the work of one; each gives up by its own context.
	waiting := v.flight.DoChan(string(w), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		return v.fetch(ctx, w)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("data key of workspace %s: %w", w, ctx.Err())
	case r := <-waiting:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*keys), nil
	}
}

func (v *Vault) fetch(ctx context.Context, w commerce.WorkspaceID) (*keys, error) {
	plain, err := v.dataKey(ctx, w)
	if err != nil {
		return nil, err
	}
	k, err := derive(plain)
	clear(plain)
	if err != nil {
		return nil, fmt.Errorf("data key of workspace %s: %w", w, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for old := range v.keys {
		if len(v.keys) < maxCached {
			break
		}
		delete(v.keys, old) // any will do: it can be unwrapped again
	}
	v.keys[w] = k
	return k, nil
}

// dataKey unwraps the workspace's data key, or gives it a first one. When two
// do that at once, the table's version check lets one win.
func (v *Vault) dataKey(ctx context.Context, w commerce.WorkspaceID) ([]byte, error) {
	for range storeTries {
		space, err := v.workspaces.Workspace(ctx, w)
		if err != nil {
			return nil, err
		}
		if len(space.DataKey) > 0 {
			return v.keeper.Unwrap(ctx, w, space.DataKey)
		}
		plain, wrapped, err := v.keeper.NewKey(ctx, w)
		if err != nil {
			return nil, err
		}
		space.DataKey = wrapped
		if _, err = v.workspaces.PutWorkspace(ctx, space); err == nil {
			return plain, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return nil, err
		}
	}
	return nil, fault.New(fault.Temporary, "workspace_busy", "The workspace %s is being changed by too many at once; try again.", w)
}

// derive makes a key per use, so that no key serves two algorithms.
func derive(plain []byte) (*keys, error) {
	if len(plain) != keyBytes {
		return nil, fmt.Errorf("%d bytes where %d belong", len(plain), keyBytes)
	}
	sealKey, err := hkdf.Expand(sha256.New, plain, "manystall/vault/seal/1", keyBytes)
	if err != nil {
		return nil, err
	}
	digest, err := hkdf.Expand(sha256.New, plain, "manystall/vault/digest/1", keyBytes)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(sealKey)
	if err != nil {
		return nil, err
	}
	return &keys{seal: aead, digest: digest}, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
