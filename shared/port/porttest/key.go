package porttest

import (
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func keyTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"odd ids stay apart":               keysApart,
		"a workspace can't forge another":  keysForged,
		"ids that are missing are refused": keysMissing,
		"records too large are refused":    recordTooLarge,
	}
}

// oddIDs are ids that would meet if keys were put together carelessly.
func oddIDs() []string {
	long := strings.Repeat("x", 1500)
	return []string{
		"a", "A", "a ", " a", "a#", "#a", "a#b", "a%23b", "a%b", "%", "%2", "a\x00", "a\x00b", "a\nb", "ä", "a\u0308", "日本語", "😀", "\u202e", "'; DROP--",
		"\xff", "\xfe", "\xff\xfe", "~", "\U0010FFFF", "a/b", "a\\b", "p", "c", "o", "tot", "meta", "l", "v#etsy",
		long, long + "y", long + "z", strings.Repeat("#", 500), strings.Repeat("#", 501), strings.Repeat("日", 400), strings.Repeat("日", 401),
	}
}

func keysApart(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i, id := range oddIDs() {
		l := level(id)
		l.SKU = commerce.SKU(id)
		ok(t, b.Store.Move(ctx, mine, move(l, id, int64(i))))
		_, err := b.Store.PutJob(ctx, port.Job{ID: commerce.JobID(id), Space: mine, Rows: i})
		ok(t, err)
		_, err = b.Store.Lock(ctx, id, 1e9)
		ok(t, err)
	}
	for i, id := range oddIDs() {
		same(t, need(b.Store.Level(ctx, mine, commerce.VariantID(id), commerce.LocationDefault))(t).OnHand, int64(i))
		same(t, need(b.Store.Job(ctx, mine, commerce.JobID(id)))(t).Rows, i)
		same(t, len(need(b.Store.ListMoves(ctx, mine, commerce.VariantID(id), page(5, "")))(t).Items), 1)
	}
	b.Settle(t)
	seen := 0
	for cursor, first := "", true; first || cursor != ""; first = false {
		list := need(b.Store.ListLevels(ctx, mine, "", page(7, cursor)))(t)
		seen, cursor = seen+len(list.Items), list.Next
	}
	same(t, seen, len(oddIDs()))
	found := need(b.Store.ListLevels(ctx, mine, strings.Repeat("x", 1200), page(10, "")))(t).Items
	same(t, len(found), 3)
}

func keysForged(t *testing.T, b StoreBench) {
	ctx := t.Context()
	need(b.Store.PutWorkspace(ctx, port.Workspace{ID: "a"}))(t)
	need(b.Store.PutJob(ctx, port.Job{ID: "b", Space: "a", Rows: 1}))(t)
	need(b.Store.PutAccount(ctx, account("a", "x")))(t)
	for _, w := range []commerce.WorkspaceID{"a#job", "a#job#b", "a%23job", "a#", "#a", "w#a"} {
		_, err := b.Store.Workspace(ctx, w)
		refused(t, err, fault.NotFound, "")
		for _, id := range []commerce.JobID{"b", "a#b", "#b", "", "j"} {
			_, err = b.Store.Job(ctx, w, id)
			refused(t, err, fault.NotFound, "")
		}
		same(t, len(need(b.Store.ListAccounts(ctx, w))(t)), 0)
	}
}

func keysMissing(t *testing.T, b StoreBench) {
	ctx := t.Context()
	_, err := b.Store.PutJob(ctx, port.Job{ID: "", Space: mine})
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.PutJob(ctx, port.Job{ID: "j", Space: ""})
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.PutWorkspace(ctx, port.Workspace{})
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.PutAccount(ctx, account("", "a"))
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.PutOrder(ctx, "", port.OrderWrite{Order: order("1", commerce.Etsy, commerce.OrderPaid, 1)})
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.Job(ctx, mine, "")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.Job(ctx, "", "j")
	refused(t, err, fault.NotFound, "")
	same(t, len(need(b.Store.ListAccounts(ctx, ""))(t)), 0)
	same(t, len(need(b.Store.ListJobs(ctx, "", page(5, "")))(t).Items), 0)
}

func recordTooLarge(t *testing.T, b StoreBench) {
	noise := make([]byte, 600<<10)
	seed := uint32(7)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = byte(seed >> 24)
	}
	refused(t, b.Store.PutCall(t.Context(), mine, "t", port.Call{ID: "1", Key: string(noise)}), fault.TooLarge, "")
	// What is long and dull fits.
	ok(t, b.Store.PutCall(t.Context(), mine, "t", port.Call{ID: "1", Key: strings.Repeat("dull ", 200_000)}))
	same(t, len(need(b.Store.ListCalls(t.Context(), mine, "t"))(t)[0].Key), 1_000_000)
}
