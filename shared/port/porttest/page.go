package porttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func pageTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"paging shows each once":         pageOnce,
		"paging goes on below new ones":  pageWhileWriting,
		"cursors fit their list only":    cursorForged,
		"limits are checked":             pageLimits,
		"a page of long keys has cursor": pageLongKeys,
	}
}

// walk reads a list to its end and answers the ids in order.
func walk(t *testing.T, limit int, read func(port.Page) ([]string, string, error)) []string {
	t.Helper()
	var ids []string
	cursor := ""
	for n := 0; ; n++ {
		found, next, err := read(page(limit, cursor))
		ok(t, err)
		if len(found) > limit || (next != "" && len(found) == 0) || n > 1000 {
			t.Fatalf("page %d has %d of at most %d, next %q", n, len(found), limit, next)
		}
		ids = append(ids, found...)
		if next == "" {
			return ids
		}
		cursor = next
	}
}

func each[T any](list port.List[T], err error, id func(T) string) ([]string, string, error) {
	ids := make([]string, len(list.Items))
	for i, one := range list.Items {
		ids[i] = id(one)
	}
	return ids, list.Next, err
}

// orderIDs reads orders, whose id tells which is older at the same time.
func orderIDs(t *testing.T, b StoreBench, f port.OrderFilter) func(port.Page) ([]string, string, error) {
	return func(p port.Page) ([]string, string, error) {
		list, err := b.Store.ListOrders(t.Context(), mine, f, p)
		return each(list, err, func(o port.OrderItem) string { return string(o.ID) })
	}
}

// someOrders stores n orders over channels and states; three each have the
// same time. It answers their ids newest first.
func someOrders(t *testing.T, b StoreBench, n int) []string {
	t.Helper()
	channels := []commerce.Channel{commerce.Etsy, commerce.TikTok, commerce.Own, commerce.Facebook}
	states := []commerce.OrderState{commerce.OrderPaid, commerce.OrderHeld, commerce.OrderPartly}
	ids := make([]string, n)
	for i := range n {
		id := fmt.Sprintf("%03d", i)
		need(b.Store.PutOrder(t.Context(), mine, port.OrderWrite{Order: order(id, channels[i%4], states[(i/2)%3], i/3)}))(t)
		ids[n-1-i] = id
	}
	b.Settle(t)
	return ids
}

func pageOnce(t *testing.T, b StoreBench) {
	ids := someOrders(t, b, 47)
	for _, limit := range []int{1, 4, 10, 46, 47, 48, 100} {
		same(t, walk(t, limit, orderIDs(t, b, port.OrderFilter{})), ids)
		same(t, walk(t, limit, orderIDs(t, b, port.OrderFilter{State: "open"})), ids)
	}
	var etsy []string
	for _, id := range ids {
		var n int
		if _, err := fmt.Sscan(strings.TrimLeft(id, "0")+" ", &n); err == nil && n%4 == 0 || id == "000" {
			etsy = append(etsy, id)
		}
	}
	same(t, walk(t, 3, orderIDs(t, b, port.OrderFilter{Channels: []commerce.Channel{commerce.Etsy}})), etsy)
}

func pageWhileWriting(t *testing.T, b StoreBench) {
	ids := someOrders(t, b, 20)
	n := 100
	got := walk(t, 3, func(p port.Page) ([]string, string, error) {
		n++
		need(b.Store.PutOrder(t.Context(), mine, port.OrderWrite{Order: order(fmt.Sprint(n), commerce.Etsy, commerce.OrderPaid, n)}))(t)
		b.Settle(t)
		return orderIDs(t, b, port.OrderFilter{})(p)
	})
	same(t, got, append([]string{"101"}, ids...))
}

func cursorForged(t *testing.T, b StoreBench) {
	ctx := t.Context()
	someOrders(t, b, 6)
	need(b.Store.PutOrder(ctx, theirs, port.OrderWrite{Order: order("x", commerce.Etsy, commerce.OrderPaid, 1)}))(t)
	good := need(b.Store.ListOrders(ctx, mine, port.OrderFilter{}, page(2, "")))(t).Next
	if good == "" {
		t.Fatal("no cursor for the second page")
	}
	bad := []string{"x", "!", "AAAA", "eyJhIjoxfQ", good + "A", good[:len(good)-4], "A" + good[1:], strings.ToLower(good), strings.Repeat("A", 4000), good + "\n", "\x00"}
	for _, cursor := range bad {
		if cursor == good {
			continue
		}
		_, err := b.Store.ListOrders(ctx, mine, port.OrderFilter{}, page(2, cursor))
		refused(t, err, fault.Invalid, "")
	}
	_, err := b.Store.ListOrders(ctx, theirs, port.OrderFilter{}, page(2, good))
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.ListOrders(ctx, mine, port.OrderFilter{State: commerce.OrderPaid}, page(2, good))
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.ListOrders(ctx, mine, port.OrderFilter{Channels: []commerce.Channel{commerce.Etsy}}, page(2, good))
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.ListConversations(ctx, mine, port.ConversationFilter{}, page(2, good))
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.ListMoves(ctx, mine, "v", page(2, good))
	refused(t, err, fault.Invalid, "")
	same(t, fault.Of(err).Field, "cursor")
}

func pageLimits(t *testing.T, b StoreBench) {
	for _, limit := range []int{-1, 0, 101} {
		_, err := b.Store.ListProducts(t.Context(), mine, page(limit, ""))
		refused(t, err, fault.Invalid, "")
		same(t, fault.Of(err).Field, "limit")
	}
	same(t, need(b.Store.ListProducts(t.Context(), mine, page(100, "")))(t), port.List[port.ProductItem]{})
}

func pageLongKeys(t *testing.T, b StoreBench) {
	var want []string
	for i := range 5 {
		id := strings.Repeat("#", 300) + fmt.Sprint(i)
		p := product(id, 1)
		p.Variants[0].SKU = commerce.SKU(fmt.Sprint(i))
		p.CreatedAt = at(-i)
		want = append(want, id)
		need(b.Store.PutProduct(t.Context(), mine, port.ProductWrite{Product: p, Claims: skus(p)}))(t)
	}
	b.Settle(t)
	same(t, walk(t, 2, func(p port.Page) ([]string, string, error) {
		list, err := b.Store.ListProducts(t.Context(), mine, p)
		return each(list, err, func(i port.ProductItem) string { return string(i.ID) })
	}), want)
}
