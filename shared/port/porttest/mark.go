package porttest

import (
	"fmt"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func markTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"marks come by lane":            markLanes,
		"a mark that moved is not lost": markMoved,
		"marks are parked":              markParked,
		"many marks at once":            markMany,
		"calls are kept until settled":  callKept,
	}
}

func markLanes(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i, lane := range []port.Lane{port.LaneText, port.LaneStock, port.LaneImages, port.LanePrice, port.LaneCheck} {
		ok(t, b.Store.PutMarks(ctx, []port.Mark{mark(fmt.Sprintf("p%d", i), "1", lane)}))
	}
	var lanes []port.Lane
	for _, m := range need(b.Store.ListMarks(ctx, mine, "t1", 0, 10))(t) {
		lanes = append(lanes, m.Lane)
	}
	same(t, lanes, []port.Lane{port.LaneStock, port.LanePrice, port.LaneText, port.LaneImages, port.LaneCheck})
	same(t, need(b.Store.ListMarks(ctx, mine, "t1", port.LanePrice, 10))(t), []port.Mark{mark("p3", "1", port.LanePrice)})
	same(t, len(need(b.Store.ListMarks(ctx, mine, "t1", 0, 2))(t)), 2)
	same(t, len(need(b.Store.ListMarks(ctx, mine, "t2", 0, 2))(t)), 0)
	same(t, len(need(b.Store.ListMarks(ctx, theirs, "t1", 0, 2))(t)), 0)
	_, err := b.Store.ListMarks(ctx, mine, "t1", 0, 0)
	refused(t, err, fault.Invalid, "")
}

func markMoved(t *testing.T, b StoreBench) {
	ctx := t.Context()
	old, next := mark("p", "1", port.LaneText), mark("p", "2", port.LaneText)
	ok(t, b.Store.PutMarks(ctx, []port.Mark{old}))
	ok(t, b.Store.PutMarks(ctx, []port.Mark{next, next}))
	ok(t, b.Store.DropMarks(ctx, []port.Mark{old, mark("never", "1", port.LaneText)}))
	same(t, need(b.Store.ListMarks(ctx, mine, "t1", 0, 10))(t), []port.Mark{next})
	ok(t, b.Store.DropMarks(ctx, []port.Mark{next}))
	ok(t, b.Store.DropMarks(ctx, []port.Mark{next}))
	ok(t, b.Store.DropMarks(ctx, nil))
	same(t, len(need(b.Store.ListMarks(ctx, mine, "t1", 0, 10))(t)), 0)
}

func markParked(t *testing.T, b StoreBench) {
	ctx := t.Context()
	m := mark("p", "1", port.LaneText)
	ok(t, b.Store.PutMarks(ctx, []port.Mark{m, mark("q", "2", port.LaneText)}))
	m.NotBefore, m.Reason, m.Attempts = at(9), "busy", 2
	moved, gone := mark("q", "1", port.LaneText), mark("gone", "1", port.LaneText)
	moved.Reason = "never stored"
	ok(t, b.Store.ParkMarks(ctx, []port.Mark{m, moved, gone}))
	same(t, need(b.Store.ListMarks(ctx, mine, "t1", 0, 10))(t), []port.Mark{m, mark("q", "2", port.LaneText)})
}

func markMany(t *testing.T, b StoreBench) {
	ctx := t.Context()
	marks := make([]port.Mark, 260)
	for i := range marks {
		marks[i] = mark(fmt.Sprintf("p%04d", i), "1", port.LaneImages)
	}
	ok(t, b.Store.PutMarks(ctx, marks))
	ok(t, b.Store.PutMarks(ctx, []port.Mark{mark("late", "1", port.LaneStock)}))
	same(t, need(b.Store.ListMarks(ctx, mine, "t1", 0, 1))(t)[0].Lane, port.LaneStock)
	same(t, len(need(b.Store.ListMarks(ctx, mine, "t1", port.LaneImages, 1000))(t)), 260)
	ok(t, b.Store.DropMarks(ctx, marks))
	same(t, len(need(b.Store.ListMarks(ctx, mine, "t1", port.LaneImages, 1000))(t)), 0)
}

func callKept(t *testing.T, b StoreBench) {
	ctx := t.Context()
	c := port.Call{ID: "2", Kind: "items_batch", Listings: []commerce.ListingID{"l1"}, Intent: map[string]string{"title": "x"},
		Items: map[commerce.ListingID]port.CallItem{"l1": {Product: "p1", Groups: []commerce.Group{commerce.GroupStock}, Marks: []port.Mark{{Product: "p1", Version: "1", Attempts: 2}}}}, BeganAt: epoch()}
	early := c
	early.ID = "1"
	ok(t, b.Store.PutCall(ctx, mine, "t1", c))
	ok(t, b.Store.PutCall(ctx, mine, "t1", early))
	c.Token, c.CheckAt = "handle", at(5)
	ok(t, b.Store.PutCall(ctx, mine, "t1", c))
	same(t, need(b.Store.ListCalls(ctx, mine, "t1"))(t), []port.Call{early, c})
	ok(t, b.Store.DeleteCall(ctx, mine, "t1", "1"))
	ok(t, b.Store.DeleteCall(ctx, mine, "t1", "1"))
	same(t, need(b.Store.ListCalls(ctx, mine, "t1"))(t), []port.Call{c})
	same(t, len(need(b.Store.ListCalls(ctx, theirs, "t1"))(t)), 0)
}
