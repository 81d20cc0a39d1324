package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// fileMark ends the name of every blob's file. No key contains it, so a
	// blob and a folder never want the same name.
	fileMark = "="
	// draftMark ends the name of a file that is still being written.
	draftMark = "~"
	// temporary is the prefix of keys that go after keepTemporary, as the
	// bucket's lifecycle rule has it.
	temporary     = "tmp/"
	keepTemporary = 7 * 24 * time.Hour
)

// Dir implements port.Blobs in a folder. A blob is replaced as a whole, and a
// write that has returned survives a power loss. It is safe for concurrent
// use, also by several processes.
type Dir struct {
	root   *os.Root
	public string
	secret []byte
	now    func() time.Time
}

var _ port.Blobs = (*Dir)(nil)

// DirOptions is what a Dir needs to know.
type DirOptions struct {
	Path string // the folder; made if it is not there
	// Public is the address under which ServeHTTP is reached, without a slash
	// at its end. Upload addresses begin with it.
	Public string
	Secret []byte // signs upload addresses
	Now    func() time.Time
}

// OpenDir opens the folder. Close it after use.
func OpenDir(o DirOptions) (*Dir, error) {
	if err := os.MkdirAll(o.Path, 0o700); err != nil {
		return nil, fmt.Errorf("make blob folder: %w", err)
	}
	root, err := os.OpenRoot(o.Path)
	if err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	return &Dir{root: root, public: strings.TrimSuffix(o.Public, "/"), secret: o.Secret, now: o.Now}, nil
}

// Close lets go of the folder.
func (d *Dir) Close() error { return d.root.Close() }

// PutBlob implements port.Blobs. The content type is not kept: nothing but an
// upload address depends on it.
func (d *Dir) PutBlob(ctx context.Context, key, _ string, data []byte) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("put blob %s: %w", key, err)
	}
	return d.save(key, bytes.NewReader(data))
}

// save writes beside the place, syncs, then renames: a reader or a power loss
// meets the old content or the new one.
func (d *Dir) save(key string, data io.Reader) error {
	folder, name := path.Split(key + fileMark)
	folder = path.Clean(folder)
	if err := d.root.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("put blob %s: %w", key, err)
	}
	draft := path.Join(folder, name+rand.Text()+draftMark)
	err := d.write(draft, data)
	if err == nil {
		err = d.root.Rename(draft, path.Join(folder, name))
	}
	if err != nil {
		_ = d.root.Remove(draft) // what remains goes with the next sweep
		return fmt.Errorf("put blob %s: %w", key, err)
	}
	return d.syncUp(folder)
}

func (d *Dir) write(name string, data io.Reader) error {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncUp makes names durable: that of the file, and those of folders which may
// be new.
func (d *Dir) syncUp(folder string) error {
	for {
		if err := d.syncFolder(folder); err != nil {
			return fmt.Errorf("sync blob folder %s: %w", folder, err)
		}
		if folder == "." {
			return nil
		}
		folder = path.Dir(folder)
	}
}

func (d *Dir) syncFolder(folder string) error {
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrInvalid) {
		err = nil // a file system that can't sync folders
	}
	return errors.Join(err, f.Close())
}

// Blob implements port.Blobs.
func (d *Dir) Blob(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read blob %s: %w", key, err)
	}
	f, err := d.root.Open(key + fileMark)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(key, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", key, err)
	}
	data, err := readLimited(key, f, limit)
	return data, errors.Join(err, f.Close())
}

// readLimited reads at most limit bytes; more is a fault.
func readLimited(key string, from io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Temporary, "blob_unreadable", "The blob %s can't be read now.", key)
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(key, limit)
	}
	return data, nil
}

// DeleteBlob implements port.Blobs; a blob that is not there is fine.
func (d *Dir) DeleteBlob(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("delete blob %s: %w", key, err)
	}
	err := d.root.Remove(key + fileMark)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete blob %s: %w", key, err)
	}
	return nil
}

// Sweep deletes blobs under tmp/ and unfinished writes that are older than a
// week. The local runner calls it at start and once a day.
func (d *Dir) Sweep(ctx context.Context) error {
	limit := d.now().Add(-keepTemporary)
	var failed error // the first file that would not go
	err := fs.WalkDir(d.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || entry.IsDir() || !strings.HasPrefix(name, temporary) && !strings.HasSuffix(name, draftMark) {
			return err
		}
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(limit) {
			return nil // gone meanwhile, or young
		}
		if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) && failed == nil {
			failed = err
		}
		return nil
	})
	if err := errors.Join(failed, err); err != nil {
		return fmt.Errorf("sweep blobs: %w", err)
	}
	return nil
}
