package vault

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// KeyFile is a Keeper whose master key lies in a file: 64 hexadecimal digits,
// readable by its owner only. It is safe for concurrent use.
type KeyFile struct{ master cipher.AEAD }

var _ Keeper = (*KeyFile)(nil)

// OpenKeyFile reads the file, or makes it with a random key when there is
// none. A file that others can read is refused. Whoever loses the file loses
// what was sealed.
func OpenKeyFile(path string) (*KeyFile, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path); err == nil {
			key, err = readKey(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	master, err := newAEAD(key)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return &KeyFile{master}, nil
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if filepath.Separator == '/' && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read it (mode %04o); run: chmod 600 %s", info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keyBytes {
		return nil, errors.New("it does not hold 64 hexadecimal digits; put the right file back")
	}
	return key, nil
}

// makeKey writes beside the place and links, so that no half-written key is
// ever found and of two makers one wins.
func makeKey(path string) error {
	draft, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }() // it has its name by then, or is of no use
	key := make([]byte, keyBytes)
	rand.Read(key) //nolint:errcheck // crypto/rand never fails since Go 1.24
	_, err = fmt.Fprintln(draft, hex.EncodeToString(key))
	if err == nil {
		err = draft.Sync()
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrInvalid) {
		err = nil // a file system that can't sync folders
	}
	return errors.Join(err, f.Close())
}

// NewKey implements Keeper.
func (k *KeyFile) NewKey(_ context.Context, w commerce.WorkspaceID) (plain, wrapped []byte, err error) {
	plain = make([]byte, keyBytes)
	rand.Read(plain) //nolint:errcheck // crypto/rand never fails since Go 1.24
	nonce := make([]byte, k.master.NonceSize())
	rand.Read(nonce) //nolint:errcheck // as above
	return plain, k.master.Seal(nonce, nonce, plain, bound(w, "data key")), nil
}

// Unwrap implements Keeper.
func (k *KeyFile) Unwrap(_ context.Context, w commerce.WorkspaceID, wrapped []byte) ([]byte, error) {
	size := k.master.NonceSize()
	if len(wrapped) < size {
		return nil, wrongKey(w, errors.New("too short"))
	}
	plain, err := k.master.Open(nil, wrapped[:size], wrapped[size:], bound(w, "data key"))
	if err != nil {
		return nil, wrongKey(w, err)
	}
	return plain, nil
}

func wrongKey(w commerce.WorkspaceID, cause error) error {
	return fault.Wrap(cause, fault.Permanent, "data_key_broken",
		"The data key of workspace %s was wrapped with another key; put the right key back.", w)
}
