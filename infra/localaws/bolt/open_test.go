package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// filled is the path of a closed file with some hundred pages in use.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	db, err := Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		err = db.Update(func(tx *bbolt.Tx) error {
			outer, err := tx.CreateBucketIfNotExists([]byte("outer"))
			if err != nil {
				return err
			}
			inner, err := outer.CreateBucketIfNotExists([]byte("inner"))
			if err != nil {
				return err
			}
			for i := range 2000 {
				if err := errors.Join(outer.Put(fmt.Appendf(nil, "key%d", i), make([]byte, 200)), inner.Put(fmt.Appendf(nil, "%d/%d", round, i), make([]byte, 100))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func reopen(path string) error {
	db, err := Open(path, true)
	if err != nil {
		return err
	}
	return db.Close()
}

func wantDamage(t *testing.T, path string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := reopen(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("opened with %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed, %v", err)
	}
}

func TestAWholeFileOpens(t *testing.T) {
	t.Parallel()
	path := filled(t)
	for range 2 {
		if err := reopen(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestATornFileIsNamed(t *testing.T) {
	t.Parallel()
	path := filled(t)
	if err := os.Truncate(path, 40*int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, path)
}

func TestAFileOfSomethingElseIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 10_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, path)
}

// TestOneTornHeaderIsNoDamage: a kill in the middle of writing one leaves the
// other, which is the state before that commit.
func TestOneTornHeaderIsNoDamage(t *testing.T) {
	t.Parallel()
	for which := range 2 {
		path := filled(t)
		write(t, path, int64(which*os.Getpagesize())+pageHeader+40, make([]byte, 30))
		if err := reopen(path); err != nil {
			t.Errorf("header %d: %v", which, err)
		}
	}
}

func write(t *testing.T, path string, at int64, bytes []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes, at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// inUse lists the pages that hold data.
func inUse(t *testing.T, path string) []int {
	t.Helper()
	db, err := Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	var pages []int
	err = db.View(func(tx *bbolt.Tx) error {
		for id := 2; ; id++ {
			info, err := tx.Page(id)
			if err != nil || info == nil {
				return err
			}
			if info.Type == "leaf" || info.Type == "branch" {
				pages = append(pages, id)
			}
			id += info.OverflowCount
		}
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return pages
}

// TestEveryOverwrittenPageIsNamed writes over one page after the other, with
// zeros, with noise and with another page.
func TestEveryOverwrittenPageIsNamed(t *testing.T) {
	t.Parallel()
	size := os.Getpagesize()
	noise := make([]byte, size)
	for i := range size / 4 {
		binary.NativeEndian.PutUint32(noise[4*i:], uint32(i)*2654435761)
	}
	path := filled(t)
	pages := inUse(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) < 50 {
		t.Fatalf("%d pages in use", len(pages))
	}
	for i := 0; i < len(pages); i += 7 {
		other := pages[(i+1)%len(pages)]
		for _, bad := range [][]byte{make([]byte, size), noise, whole[other*size : (other+1)*size]} {
			write(t, path, int64(pages[i]*size), bad)
			wantDamage(t, path)
		}
		write(t, path, int64(pages[i]*size), whole[pages[i]*size:(pages[i]+1)*size])
	}
	if err := reopen(path); err != nil {
		t.Error(err)
	}
}
