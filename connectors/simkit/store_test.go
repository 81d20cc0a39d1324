package simkit_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
)

type row struct {
	N    int64
	Text string
}

func open(t *testing.T, path string) *simkit.Store {
	t.Helper()
	s, err := simkit.OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStoreKeepsRows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.db")
	s := open(t, path)
	want := row{N: 1<<62 + 1, Text: "é\x00"}
	must(t, s.Update(func(tx *simkit.Tx) error {
		if err := tx.Put("a", "2", want); err != nil {
			return err
		}
		return tx.Put("b", "2", row{N: 5})
	}))
	must(t, s.Close())
	s = open(t, path)
	must(t, s.View(func(tx *simkit.Tx) error {
		var got row
		if found, err := tx.Find("a", "2", &got); !found || err != nil || got != want {
			t.Errorf("found %v %+v %v", found, got, err)
		}
		for _, miss := range [][2]string{{"a", "1"}, {"none", "2"}} {
			if found, err := tx.Find(miss[0], miss[1], &got); found || err != nil {
				t.Errorf("%v: %v %v", miss, found, err)
			}
		}
		return nil
	}))
}

func TestStoreUndoesOnError(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "sim.db"))
	var first, second uint64
	broken := errors.New("no")
	err := s.Update(func(tx *simkit.Tx) (err error) {
		if first, err = tx.Next("a"); err != nil {
			return err
		}
		must(t, tx.Put("a", "1", row{}))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	must(t, s.Update(func(tx *simkit.Tx) (err error) {
		if found, err := tx.Find("a", "1", &row{}); found || err != nil {
			t.Errorf("the row is there: %v", err)
		}
		second, err = tx.Next("a")
		return err
	}))
	if first != 1 || second != 1 {
		t.Errorf("numbers %d and %d", first, second)
	}
}

func TestStoreEach(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "sim.db"))
	must(t, s.Update(func(tx *simkit.Tx) error {
		for _, key := range []string{"x/2", "y", "x/1", "w", "x/3"} {
			must(t, tx.Put("a", key, row{Text: key}))
		}
		must(t, tx.Delete("a", "x/3"))
		must(t, tx.Delete("a", "gone"))
		return tx.Delete("none", "gone")
	}))
	visited := func(table, prefix string, limit int) (keys []string) {
		must(t, s.View(func(tx *simkit.Tx) error {
			return simkit.Each(tx, table, prefix, func(key string, r row) bool {
				if key != r.Text {
					t.Errorf("row %q under %q", r.Text, key)
				}
				keys = append(keys, key)
				return len(keys) < limit
			})
		}))
		return keys
	}
	for _, tc := range []struct {
		table, prefix string
		limit         int
		want          []string
	}{
		{"a", "", 9, []string{"w", "x/1", "x/2", "y"}},
		{"a", "x/", 9, []string{"x/1", "x/2"}},
		{"a", "x/", 1, []string{"x/1"}},
		{"a", "z", 9, nil},
		{"none", "", 9, nil},
	} {
		if got := visited(tc.table, tc.prefix, tc.limit); !slices.Equal(got, tc.want) {
			t.Errorf("%s %q: %v, want %v", tc.table, tc.prefix, got, tc.want)
		}
	}
}

func TestStoreSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "sim.db"))
	err := s.Update(func(tx *simkit.Tx) error { return tx.Put("a", "1", func() {}) })
	if err == nil || !strings.Contains(err.Error(), "encode a 1") {
		t.Errorf("a row that is no JSON: %v", err)
	}
	must(t, s.Update(func(tx *simkit.Tx) error { return tx.Put("a", "1", "text") }))
	must(t, s.View(func(tx *simkit.Tx) error {
		if _, err := tx.Find("a", "1", &row{}); err == nil || !strings.Contains(err.Error(), "decode a 1") {
			t.Errorf("a row of another type: %v", err)
		}
		if err := simkit.Each(tx, "a", "", func(string, row) bool { return true }); err == nil {
			t.Error("a row of another type is visited")
		}
		return nil
	}))
	if _, err := simkit.OpenStore(dir); err == nil {
		t.Error("a folder opens as a store")
	}
}
