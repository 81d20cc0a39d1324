package sims_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// TestMetaNewCatalog: a new catalog may be written to about 8 times a minute,
// and other programs share that. However few calls are left, the first change
// goes out at once; the others wait as data, with a reason, and all arrive.
func TestMetaNewCatalog(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []int{8, 2, 1} {
		t.Run(fmt.Sprint(perMinute, " a minute"), func(t *testing.T) {
			t.Parallel()
			newCatalog(t, perMinute)
		})
	}
}

func newCatalog(t *testing.T, perMinute int) {
	const edits = 8
	m := openMarket(t, metasim.Stand(), func(s simkit.Simulator) { s.(*metasim.Sim).CatalogBatchPerMinute = perMinute }, commerce.Facebook, commerce.Instagram)
	for i := range edits {
		m.good(i, 1, 1)
	}
	m.cost(func() {})
	m.wantLive()
	m.w.Advance(2 * time.Minute)

	before := m.w.Calls()[itemsBatch]
	waited, reasons := 0, 0
	for i := range edits {
		m.edit(i, func(p *commerce.Product) { p.Title += " again" })
		m.nudges = append(m.nudges, nudge{port.Nudge{V: port.MessageVersion, Space: space, Key: string(target)}, m.now()})
		if i == 0 {
			m.deliver(m.now())
			if n := m.w.Calls()[itemsBatch] - before; n != 1 {
				t.Fatalf("%d calls at once for the first change, want 1", n)
			}
		}
		m.deliver(m.now().Add(15 * time.Second))
		m.w.Advance(15 * time.Second)
		w, r := m.waiting()
		waited, reasons = waited+w, reasons+r
	}
	if perMinute < 4 && (waited == 0 || reasons == 0) {
		t.Errorf("%d changes seen waiting, %d with a reason", waited, reasons)
	}
	m.drain()
	m.wantLive()
	// 8 edits in two minutes: one call a gather window, or as many as there may be.
	if n := m.w.Calls()[itemsBatch] - before; n > edits {
		t.Errorf("%d calls for %d edits", n, edits)
	}
}

// waiting counts the changes that wait, and the lanes that say why.
func (m *market) waiting() (marks, reasons int) {
	m.Helper()
	for _, g := range commerce.Groups() {
		waiting, err := m.store.ListMarks(m.Context(), space, target, port.LaneOf(g), 100)
		m.must(err)
		marks += len(waiting)
	}
	for _, tgt := range m.targets() {
		for _, lane := range tgt.Lanes {
			if lane.Reason != "" && lane.Until.After(m.now()) {
				reasons++
			}
		}
	}
	return marks, reasons
}
