package wire

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// localSecret signs upload addresses on one machine: made at first use, kept in
// a file only its owner can read.
func localSecret(state string) ([]byte, error) {
	path := filepath.Join(state, "upload.key")
	secret, err := os.ReadFile(path) //nolint:gosec // the operator names the folder
	if err == nil && len(secret) == 32 {
		return secret, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read upload key: %w", err)
	}
	secret = make([]byte, 32)
	if _, err := io.ReadFull(rand.Reader, secret); err != nil {
		return nil, fmt.Errorf("draw upload key: %w", err)
	}
	draft := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(draft, secret, 0o600); err != nil {
		return nil, fmt.Errorf("write upload key: %w", err)
	}
	// Who links first wins, so that processes starting together agree.
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keep upload key: %w", err)
	}
	if err := os.Remove(draft); err != nil {
		return nil, fmt.Errorf("remove draft of upload key: %w", err)
	}
	return os.ReadFile(path) //nolint:gosec // as above
}
