// Package bolt opens the files in which the local services keep their data,
// and finds out at that moment whether they are whole.
package bolt

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// ErrDamaged is in every error about a file that is torn or corrupt. Such a
// file is not served and not changed.
var ErrDamaged = errors.New("the file is damaged: put a copy of it in its place, or take it away to begin anew")

// wait is how long another process has to leave the file.
const wait = time.Second

// Open opens a file, and makes it if there is none. It checks that the file is
// as long as its header says and that every page of it is where and what it
// should be; what is inside a row, its reader has to check. noSync leaves out
// fsync, for tests only.
func Open(path string, noSync bool) (*bbolt.DB, error) {
	if err := checkLength(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	var db *bbolt.DB
	err := guarded(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: wait, FreelistType: bbolt.FreelistMapType, NoSync: noSync, NoGrowSync: noSync})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open %s (is another process using it?): %w", path, err)
	}
	if err := guarded(func() error { return db.View(walk) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

// guarded turns a panic, also that of reading outside of the file, into an
// error: that is how bbolt meets a damaged page.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, p)
		}
	}()
	return do()
}

// walk touches every page that is in use.
func walk(tx *bbolt.Tx) error {
	return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		b.Stats() // counts, and panics about a page that is not what it should be
		return nil
	})
}

// checkLength compares a file with the length in its header, because what is
// missing at the end can only be found by a fault.
func checkLength(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	want, err := length(f)
	if err != nil {
		return err
	}
	if info.Size() < want {
		return fmt.Errorf("%w (%d bytes long, %d are in use)", ErrDamaged, info.Size(), want)
	}
	return nil
}
