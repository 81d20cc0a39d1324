package metasim

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// newFuzzBench is a simulator with one item "a" on sale.
func newFuzzBench(f *testing.F) *Sim {
	f.Helper()
	store, err := simkit.OpenStore(filepath.Join(f.TempDir(), "meta.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.Close() })
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	sim, err := New(simkit.Env{Now: func() time.Time { return now }, Store: store})
	if err != nil {
		f.Fatal(err)
	}
	err = store.Update(func(tx *simkit.Tx) error {
		w, err := sim.world(tx)
		if err != nil {
			return err
		}
		data := map[string]json.RawMessage{"availability": json.RawMessage(`"in stock"`)}
		return tx.Put(tableItem, itemKey(w.Catalog, "a"), item{ID: "1", RetailerID: "a", Data: data, Passed: true})
	})
	if err != nil {
		f.Fatal(err)
	}
	return sim
}
