package etsy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
)

// shopList is a list of receipts as Etsy keeps it.
type shopList struct {
	updated  map[int64]int64
	canceled map[int64]bool
}

func (l shopList) page(c orderCursor, limit int) []api.Receipt {
	q := c.query(limit)
	from, _ := strconv.ParseInt(q.Get("min_last_modified"), 10, 64)
	offset, _ := strconv.Atoi(q.Get("offset"))
	limit, _ = strconv.Atoi(q.Get("limit"))
	var all []api.Receipt
	for id, at := range l.updated {
		if at >= from && l.canceled[id] == (q.Get("was_canceled") == "true") {
			all = append(all, api.Receipt{ID: id, Updated: at})
		}
	}
	slices.SortFunc(all, func(a, b api.Receipt) int { return cmp.Or(cmp.Compare(a.Updated, b.Updated), cmp.Compare(a.ID, b.ID)) })
	return all[min(offset, len(all)):min(offset+limit, len(all))]
}

// TestOrderCursor: whatever is placed, changed or cancelled between two polls,
// the last version of every receipt is read in the end.
func TestOrderCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { followOrders(t, 0) })
}

// TestOrderCursorMoving: the same while receipts change between two pages, each
// in a second of its own.
func TestOrderCursorMoving(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { followOrders(t, 1) })
}

func followOrders(t *rapid.T, between int64) {
	now := int64(1795348800)
	l := shopList{updated: map[int64]int64{}, canceled: map[int64]bool{}}
	touch := func() {
		id := rapid.Int64Range(1, 12).Draw(t, "id")
		now += between
		l.updated[id] = now
		l.canceled[id] = l.canceled[id] || rapid.IntRange(0, 5).Draw(t, "cancel") == 0
	}
	seen := map[int64]string{}
	c, limit := orderCursor{Open: now, Canceled: now}, rapid.IntRange(1, 4).Draw(t, "limit")
	poll := func(touches int) {
		for c.start(now); c.Pass != ""; {
			page := l.page(c, limit)
			for _, r := range page {
				seen[r.ID] = fmt.Sprint(r.Updated, l.canceled[r.ID])
			}
			if !c.advance(page, limit) {
				c.start(now)
			}
			if back, err := decodeOrderCursor(channel.Poll{Cursor: c.String()}); err != nil || back != c {
				t.Fatalf("cursor %+v comes back as %+v, %v", c, back, err)
			}
			if touches--; touches >= 0 {
				touch()
			}
		}
	}
	for range rapid.IntRange(1, 5).Draw(t, "rounds") {
		for range rapid.IntRange(0, 6).Draw(t, "changes") {
			touch()
			now += rapid.Int64Range(0, 90).Draw(t, "pause")
		}
		poll(int(between) * rapid.IntRange(0, 9).Draw(t, "meanwhile"))
		now += rapid.Int64Range(0, 400).Draw(t, "later")
	}
	poll(0)
	for id, at := range l.updated {
		if want := fmt.Sprint(at, l.canceled[id]); seen[id] != want {
			t.Fatalf("receipt %d was last read as %q, want %q", id, seen[id], want)
		}
	}
}

// TestOrderCursorSameSecond: thousands of receipts changed in one second end.
func TestOrderCursorSameSecond(t *testing.T) {
	t.Parallel()
	l := shopList{updated: map[int64]int64{}, canceled: map[int64]bool{}}
	for i := range int64(950) {
		l.updated[i+1] = 1795348800
	}
	c := orderCursor{Open: 1795348800, Canceled: 1795348800}
	seen := map[int64]bool{}
	for c.start(1795348801); c.Pass != ""; {
		page := l.page(c, 100)
		for _, r := range page {
			seen[r.ID] = true
		}
		if c.Offset+100 > api.MaxOffset {
			t.Fatalf("offset %d", c.Offset)
		}
		if !c.advance(page, 100) {
			c.start(1795348801)
		}
	}
	if len(seen) != 950 {
		t.Errorf("%d receipts were read, want 950", len(seen))
	}
}

// sortedList answers pages of many receipts, of which each changed in a second
// that many others changed in too. It is sorted once, unlike shopList.
type sortedList []api.Receipt

func (l sortedList) page(t *testing.T, c orderCursor) []api.Receipt {
	t.Helper()
	q := c.query(api.PageLimit)
	from, err := strconv.ParseInt(q.Get("min_last_modified"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	offset, err := strconv.Atoi(q.Get("offset"))
	if err != nil || offset > api.MaxOffset {
		t.Fatalf("offset %q: Etsy refuses more than %d", q.Get("offset"), api.MaxOffset)
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit > api.PageLimit || q.Get("sort_on") != "updated" || q.Get("sort_order") != "asc" {
		t.Fatalf("query %v", q)
	}
	if c.Pass == passCanceled {
		return nil
	}
	first, _ := slices.BinarySearchFunc(l, from, func(r api.Receipt, at int64) int { return cmp.Compare(r.Updated, at) })
	all := l[first:]
	return all[min(offset, len(all)):min(offset+limit, len(all))]
}

// read follows the cursor to its end and answers how many different receipts it
// met, in how many calls.
func (l sortedList) read(t *testing.T, since int64) (met, calls int) {
	t.Helper()
	seen := map[int64]bool{}
	c := orderCursor{Open: since, Canceled: since}
	for c.start(since + 1000); c.Pass != ""; calls++ {
		page := l.page(t, c)
		for _, r := range page {
			seen[r.ID] = true
		}
		if !c.advance(page, api.PageLimit) {
			c.start(since + 1000)
		}
		if calls > 10*len(l) {
			t.Fatal("it does not end")
		}
	}
	return len(seen), calls
}

// TestOrdersPastTheCap: three times as many receipts as offsets reach are read
// by windows of time, though thousands share a second; and one call a page is
// all it takes.
func TestOrdersPastTheCap(t *testing.T) {
	t.Parallel()
	const since, count = int64(1795348800), 3*api.MaxOffset + 77
	for name, perSecond := range map[string]int{"one a second": 1, "a page a second": 100, "4,000 a second": 4000, "11,900 a second": 11_900} {
		var l sortedList
		for i := range count {
			l = append(l, api.Receipt{ID: int64(i + 1), Updated: since + int64(i/perSecond)})
		}
		met, calls := l.read(t, since)
		if most := count*12/1000 + 2*count/perSecond + 2; met != count || calls > most && perSecond > 1 {
			t.Errorf("%s: %d of %d receipts in %d calls, want at most %d", name, met, count, calls, most)
		}
	}
}

// TestSecondBeyondTheCap: more receipts in one second than offsets reach can't
// all be had; those before and after are, and it ends.
func TestSecondBeyondTheCap(t *testing.T) {
	t.Parallel()
	const since = int64(1795348800)
	var l sortedList
	for i := range 2 * api.MaxOffset {
		at := since + 10
		switch {
		case i < 50:
			at = since
		case i >= 2*api.MaxOffset-50:
			at = since + 20
		}
		l = append(l, api.Receipt{ID: int64(i + 1), Updated: at})
	}
	if met, _ := l.read(t, since); met < api.MaxOffset+50 {
		t.Errorf("%d receipts were read", met)
	}
}

func TestBadCursors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "[]", `{"offset":-1}`, `{"offset":99999}`} {
		if _, err := decodeOrderCursor(channel.Poll{Cursor: text}); err == nil {
			t.Errorf("order cursor %q is taken", text)
		}
		if _, err := decodeReviewCursor(channel.Poll{Cursor: text}); err == nil {
			t.Errorf("review cursor %q is taken", text)
		}
	}
}

func TestReviewCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now, next := int64(1795348800), int64(0)
		made := map[int64]int64{}
		seen := map[int64]bool{}
		c := reviewCursor{Known: now}
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		write := func() {
			next++
			made[next] = now
		}
		list := func() []api.Review {
			q := c.query(limit)
			from, _ := strconv.ParseInt(q.Get("min_created"), 10, 64)
			to, err := strconv.ParseInt(q.Get("max_created"), 10, 64)
			offset, _ := strconv.Atoi(q.Get("offset"))
			var all []api.Review
			for id, at := range made {
				if at >= from && (err != nil || at <= to) {
					all = append(all, api.Review{TransactionID: id, Created: at})
				}
			}
			slices.SortFunc(all, func(a, b api.Review) int {
				return -cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.TransactionID, b.TransactionID))
			})
			return all[min(offset, len(all)):min(offset+limit, len(all))]
		}
		for range rapid.IntRange(1, 5).Draw(t, "rounds") {
			for range rapid.IntRange(0, 6).Draw(t, "reviews") {
				write()
				now += rapid.Int64Range(0, 90).Draw(t, "pause")
			}
			for more := true; more; {
				page := list()
				for _, r := range page {
					seen[r.TransactionID] = true
				}
				more = c.advance(page, limit, now)
				if back, err := decodeReviewCursor(channel.Poll{Cursor: c.String()}); err != nil || back != c {
					t.Fatalf("cursor %+v comes back as %+v, %v", c, back, err)
				}
			}
			now += rapid.Int64Range(0, 400).Draw(t, "later")
		}
		if len(seen) != len(made) {
			t.Fatalf("%d of %d reviews were read", len(seen), len(made))
		}
	})
}
