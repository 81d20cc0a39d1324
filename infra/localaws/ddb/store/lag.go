package store

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxLag is how far back a lagging read can look.
const MaxLag = 2 * time.Second

// history remembers what rows held before their latest changes, so that a read
// can see a state of the recent past, as an eventually consistent read of the
// real service may. It is kept only while lag is on.
type history struct {
	mu      sync.Mutex
	on      bool
	changes map[string][]pastRow // by bucket, oldest first
}

// pastRow is what a row held until a change. A nil value is no row.
type pastRow struct {
	at    time.Time
	key   string
	value []byte
}

// SetLag turns the memory for lagging reads on or off.
func (d *DB) SetLag(on bool) {
	d.past.mu.Lock()
	defer d.past.mu.Unlock()
	d.past.on, d.past.changes = on, map[string][]pastRow{}
}

func (h *history) active() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.on
}

// forget notes what a row of a bucket holds before it is changed.
func (tx *Tx) forget(bucket, key []byte) {
	if tx.past == nil {
		return
	}
	value := bytes.Clone(tx.bucket(bucket).Get(key))
	tx.past[string(bucket)] = append(tx.past[string(bucket)], pastRow{at: tx.Now, key: string(key), value: value})
}

// add takes over what a committed transaction noted.
func (h *history) add(rows map[string][]pastRow, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.on {
		return
	}
	for bucket, more := range rows {
		list := append(h.changes[bucket], more...)
		old := 0
		for old < len(list) && now.Sub(list[old].at) > MaxLag {
			old++
		}
		h.changes[bucket] = slices.Clone(list[old:])
	}
}

// asOf is what the rows that changed after a time held at that time.
func (h *history) asOf(bucket []byte, at time.Time) map[string][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string][]byte{}
	for _, row := range h.changes[string(bucket)] {
		if _, seen := out[row.key]; !seen && row.at.After(at) {
			out[row.key] = row.value
		}
	}
	return out
}

// lagging lists the rows of a walk that a lagging read sees differently, in
// the order of the walk.
func (tx *Tx) lagging(bucket []byte, w Walk) []pastRow {
	if w.Lag <= 0 {
		return nil
	}
	var out []pastRow
	for key, value := range tx.db.past.asOf(bucket, tx.Now.Add(-w.Lag)) {
		k := []byte(key)
		behind := w.After == nil || bytes.Compare(k, w.After) > 0
		if w.Reverse {
			behind = w.After == nil || bytes.Compare(k, w.After) < 0
		}
		if w.Span.Contains(k) && behind {
			out = append(out, pastRow{key: key, value: value})
		}
	}
	slices.SortFunc(out, func(a, b pastRow) int {
		if w.Reverse {
			a, b = b, a
		}
		return strings.Compare(a.key, b.key)
	})
	return out
}

// merge puts the rows of the past into the rows of the present: before
// visiting key it visits what comes earlier, and it replaces key itself. The
// last call has a nil key.
func merge(past *[]pastRow, key []byte, reverse bool, visit func(value []byte) (bool, error)) (replaced, more bool, err error) {
	for len(*past) > 0 {
		row := (*past)[0]
		order := -1
		if key != nil {
			order = strings.Compare(row.key, string(key))
			if reverse {
				order = -order
			}
		}
		if order > 0 {
			break
		}
		*past = (*past)[1:]
		if row.value != nil {
			if more, err := visit(row.value); !more || err != nil {
				return true, false, err
			}
		}
		if order == 0 {
			return true, true, nil
		}
	}
	return false, true, nil
}

// drop forgets a bucket, because another one takes its name.
func (h *history) drop(bucket []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.changes, string(bucket))
}
