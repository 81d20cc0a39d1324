package store

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// many fills a file with items of 300 bytes, each also in an index.
func many(b *testing.B, path string, items int) *Table {
	b.Helper()
	d, err := Open(path, Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	table := &Table{Name: "things", Key: Key{Hash: "p", Range: "s"}, Types: map[string]string{"p": "S", "s": "S"},
		Indexes: []Index{{Name: "bys", Key: Key{Hash: "s", Range: "p"}, Projection: "KEYS_ONLY"}}}
	ctx := context.Background()
	if err := d.Update(ctx, func(tx *Tx) error { return tx.CreateTable(table) }); err != nil {
		b.Fatal(err)
	}
	const step = 10_000
	for at := 0; at < items; at += step {
		err := d.Update(ctx, func(tx *Tx) error {
			for i := at; i < at+step; i++ {
				it := thing(fmt.Sprintf("p%09d", i/10), fmt.Sprint("s", i%10))
				it["text"] = attr.String(strings.Repeat("x", 250))
				if _, err := tx.Write(table, nil, it, false); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	return table
}

// BenchmarkOpen opens a file, reads one item and closes it. heap-MB is what
// is on the heap while it is open: it must not grow with the items.
func BenchmarkOpen(b *testing.B) {
	for _, items := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(items), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "dynamodb.db")
			table := many(b, path, items)
			var heap runtime.MemStats
			for b.Loop() {
				d, err := Open(path, Options{})
				if err != nil {
					b.Fatal(err)
				}
				err = d.View(func(tx *Tx) error {
					_, found, err := tx.Item(table, thing("p000000001", "s1"))
					if err == nil && !found {
						b.Error("not found")
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&heap)
				b.StartTimer()
				if err := d.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(heap.HeapAlloc)/1e6, "heap-MB")
		})
	}
}
