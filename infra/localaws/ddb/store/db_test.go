package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

func open(t testing.TB, o Options) *DB {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "dynamodb.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func makeTable(t testing.TB, d *DB) *Table {
	t.Helper()
	table := &Table{Name: "things", Key: Key{Hash: "p", Range: "s"}, Types: map[string]string{"p": "S", "s": "S"},
		Stream: "label", View: "NEW_AND_OLD_IMAGES"}
	err := d.Update(context.Background(), func(tx *Tx) error {
		return errors.Join(tx.CreateStream(table), tx.CreateTable(table))
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func thing(p, s string) attr.Item { return attr.Item{"p": attr.String(p), "s": attr.String(s)} }

func put(d *DB, table *Table, it attr.Item) error {
	return d.Update(context.Background(), func(tx *Tx) error {
		_, err := tx.Write(table, nil, it, false)
		return err
	})
}

func TestAFailedWriteUndoesItselfOnly(t *testing.T) {
	t.Parallel()
	d := open(t, Options{NoSync: true})
	table := makeTable(t, d)
	refused := errors.New("refused")
	held, done := make(chan struct{}), make(chan error)
	go func() { // keeps the writer busy, so that the others share a commit
		done <- d.Update(context.Background(), func(tx *Tx) error { <-held; return nil })
	}()
	results := make(chan error, 3)
	for i, fail := range []bool{false, true, false} {
		go func() {
			results <- d.Update(context.Background(), func(tx *Tx) error {
				if _, err := tx.Write(table, nil, thing("p", string(rune('a'+i))), false); err != nil {
					return err
				}
				if fail {
					return refused
				}
				return nil
			})
		}()
	}
	close(held)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	failed := 0
	for range 3 {
		if err := <-results; errors.Is(err, refused) {
			failed++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	count := 0
	err := d.View(func(tx *Tx) error {
		return tx.Walk(table, nil, Walk{}, func(attr.Item) bool { count++; return true })
	})
	if err != nil || failed != 1 || count != 2 {
		t.Errorf("%d failed, %d items, %v; want 1, 2", failed, count, err)
	}
}

func TestAPanicIsAnErrorOfItsOwnWrite(t *testing.T) {
	t.Parallel()
	d := open(t, Options{NoSync: true})
	table := makeTable(t, d)
	err := d.Update(context.Background(), func(tx *Tx) error { panic("oh") })
	if err == nil {
		t.Fatal("want an error")
	}
	if err := put(d, table, thing("p", "s")); err != nil {
		t.Fatal(err)
	}
}

func TestAfterClose(t *testing.T) {
	t.Parallel()
	d, err := Open(filepath.Join(t.TempDir(), "x.db"), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context.Background(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("update: %v", err)
	}
	if err := d.View(func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("view: %v", err)
	}
}

func TestChangesWakes(t *testing.T) {
	t.Parallel()
	d := open(t, Options{NoSync: true})
	table := makeTable(t, d)
	changed := d.Changes()
	if err := put(d, table, thing("p", "s")); err != nil {
		t.Fatal(err)
	}
	<-changed
	quiet := d.Changes()
	if err := d.Update(context.Background(), func(tx *Tx) error { return tx.PutToken("t", Token{}) }); err != nil {
		t.Fatal(err)
	}
	select {
	case <-quiet:
		t.Error("a write without stream records should wake nobody")
	default:
	}
}

func BenchmarkPut(b *testing.B) {
	d := open(b, Options{})
	table := makeTable(b, d)
	i := 0
	for b.Loop() {
		i++
		if err := put(d, table, thing("p", string(rune(i)))); err != nil {
			b.Fatal(err)
		}
	}
}
