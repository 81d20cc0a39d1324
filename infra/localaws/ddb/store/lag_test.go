package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// TestALaggingWalkSeesThePast compares walks of the recent past with copies
// that were made then.
func TestALaggingWalkSeesThePast(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	d := open(t, Options{NoSync: true, Now: c.Now})
	d.SetLag(true)
	tables := 0
	rapid.Check(t, func(rt *rapid.T) {
		tables++
		table := &Table{Name: fmt.Sprint("things", tables), Key: Key{Hash: "p", Range: "s"}, Types: map[string]string{"p": "S", "s": "S"}}
		if err := d.Update(context.Background(), func(tx *Tx) error { return tx.CreateTable(table) }); err != nil {
			rt.Fatal(err)
		}
		rows := map[string]bool{}
		type moment struct {
			at   time.Time
			rows []string
		}
		past := []moment{{at: c.Now()}}
		for range rapid.IntRange(1, 12).Draw(rt, "writes") {
			c.add(time.Duration(rapid.IntRange(1, 400).Draw(rt, "ms")) * time.Millisecond)
			s := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "row")
			before, after := attr.Item(nil), thing("p", s)
			if rows[s] {
				before, after = thing("p", s), nil
			}
			err := d.Update(context.Background(), func(tx *Tx) error { _, err := tx.Write(table, before, after, false); return err })
			if err != nil {
				rt.Fatal(err)
			}
			if rows[s] {
				delete(rows, s)
			} else {
				rows[s] = true
			}
			past = append(past, moment{c.Now(), slices.Sorted(maps.Keys(rows))})
		}
		then := rapid.SampledFrom(past).Draw(rt, "moment")
		lag := c.Now().Sub(then.at)
		if lag >= MaxLag {
			rt.Skip("too long ago")
		}
		reverse := rapid.Bool().Draw(rt, "reverse")
		var got []string
		err := d.View(func(tx *Tx) error {
			return tx.Walk(table, nil, Walk{Span: Partition(attr.String("p")), Reverse: reverse, Lag: lag}, func(it attr.Item) bool {
				got = append(got, it["s"].Text)
				return true
			})
		})
		if reverse {
			slices.Reverse(got)
		}
		if err != nil || !slices.Equal(got, then.rows) {
			rt.Fatalf("%v ago the table held %v, a walk sees %v, %v", lag, then.rows, got, err)
		}
	})
}

func TestTokensAreForgottenInTime(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	d := open(t, Options{NoSync: true, Now: c.Now})
	remember := func(name string, life time.Duration) {
		t.Helper()
		err := d.Update(context.Background(), func(tx *Tx) error { return tx.PutToken(name, Token{Fingerprint: name, Until: tx.Now.Add(life)}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	forget := func() (n int) {
		t.Helper()
		err := d.Update(context.Background(), func(tx *Tx) (err error) { n, err = tx.ForgetTokens(10); return err })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	known := func(name string) (ok bool) {
		t.Helper()
		if err := d.View(func(tx *Tx) error { _, ok = tx.Token(name); return nil }); err != nil {
			t.Fatal(err)
		}
		return ok
	}
	remember("short", time.Minute)
	remember("long", time.Hour)
	remember("renewed", time.Minute)
	remember("renewed", time.Hour)
	c.add(time.Minute)
	if known("short") || !known("long") || !known("renewed") {
		t.Error("a token ends with its time, before it is swept")
	}
	if n := forget(); n != 2 || !known("renewed") || !known("long") {
		t.Errorf("%d forgotten", n)
	}
	if n := forget(); n != 0 {
		t.Errorf("%d forgotten again", n)
	}
}

func TestSpansCoverTheirRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.IntRange(1, 20).Draw(rt, "total")
		table := &Table{Key: Key{Hash: "p"}}
		row := table.Row(nil, attr.Item{"p": attr.String(rapid.String().Draw(rt, "p"))})
		covered := 0
		for segment := range total {
			if Everything(segment, total).Contains(row) {
				covered++
			}
		}
		if covered != 1 {
			rt.Fatalf("a row lies in %d of %d segments", covered, total)
		}
	})
}
