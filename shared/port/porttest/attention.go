package porttest

import (
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func orderAttention(t *testing.T, b StoreBench) {
	ctx := t.Context()
	counts := func() [2]int {
		t.Helper()
		short := need(b.Store.CountAttention(ctx, mine, commerce.AttentionShort, 2))(t)
		return [2]int{short, need(b.Store.CountAttention(ctx, mine, commerce.AttentionUnknown, 2))(t)}
	}
	list := func(f port.OrderFilter) (ids []commerce.OrderID) {
		t.Helper()
		f.Attention = commerce.AttentionShort
		for _, o := range need(b.Store.ListOrders(ctx, mine, f, page(5, "")))(t).Items {
			ids = append(ids, o.ID)
		}
		return ids
	}
	put := map[string]commerce.Order{}
	for i, id := range []string{"1", "2", "3"} {
		write := port.OrderWrite{Order: order(id, []commerce.Channel{commerce.Etsy, commerce.TikTok}[i%2], commerce.OrderPaid, i)}
		same(t, []bool{write.Attend(commerce.AttentionShort, true), write.Attend(commerce.AttentionShort, true), write.Attend(commerce.AttentionUnknown, i == 1)}, []bool{true, false, i == 1})
		put[id] = need(b.Store.PutOrder(ctx, mine, write))(t)
	}
	same(t, counts(), [2]int{2, 1})
	same(t, need(b.Store.CountAttention(ctx, theirs, commerce.AttentionShort, 2))(t), 0)
	same(t, list(port.OrderFilter{}), []commerce.OrderID{"3", "2", "1"})
	same(t, list(port.OrderFilter{Channels: []commerce.Channel{commerce.TikTok}}), []commerce.OrderID{"2"})
	same(t, len(list(port.OrderFilter{State: commerce.OrderShipped})), 0)
	first := need(b.Store.ListOrders(ctx, mine, port.OrderFilter{Attention: commerce.AttentionShort}, page(2, "")))(t)
	same(t, len(need(b.Store.ListOrders(ctx, mine, port.OrderFilter{Attention: commerce.AttentionShort}, page(2, first.Next)))(t).Items), 1)
	_, err := b.Store.ListOrders(ctx, mine, port.OrderFilter{Attention: commerce.AttentionUnknown}, page(2, first.Next))
	refused(t, err, fault.Invalid, "")

	write := port.OrderWrite{Order: put["2"]}
	same(t, []bool{write.Attend(commerce.AttentionShort, false), write.Attend(commerce.AttentionShort, false)}, []bool{true, false})
	after := need(b.Store.PutOrder(ctx, mine, write))(t)
	same(t, after.Attention, []commerce.Attention{commerce.AttentionUnknown})
	same(t, list(port.OrderFilter{}), []commerce.OrderID{"3", "1"})
	write = port.OrderWrite{Order: put["3"]} // all or nothing
	write.Order.Version = 9
	write.Attend(commerce.AttentionShort, false)
	_, err = b.Store.PutOrder(ctx, mine, write)
	refused(t, err, fault.Conflict, "order_moved")
	same(t, counts(), [2]int{2, 1})
}

func orderWants(t *testing.T, b StoreBench) {
	ctx := t.Context()
	mug, item := port.Want{SKU: "MUG#1"}, port.Want{Target: "t1", Item: "77"}
	waiting := func(w commerce.WorkspaceID, want port.Want) []commerce.OrderID {
		t.Helper()
		return need(b.Store.Waiting(ctx, w, want, 2))(t)
	}
	ok(t, b.Store.PutWants(ctx, mine, "1", nil))
	same(t, need(b.Store.AnyWants(ctx, mine))(t), false)
	for range 2 {
		ok(t, b.Store.PutWants(ctx, mine, "1", []port.Want{mug, item, mug}))
		ok(t, b.Store.PutWants(ctx, mine, "2", []port.Want{mug}))
	}
	same(t, []bool{need(b.Store.AnyWants(ctx, mine))(t), need(b.Store.AnyWants(ctx, theirs))(t)}, []bool{true, false})
	same(t, waiting(mine, mug), []commerce.OrderID{"1", "2"})
	same(t, waiting(mine, item), []commerce.OrderID{"1"})
	same(t, len(waiting(mine, port.Want{Target: "t2", Item: "77"}))+len(waiting(mine, port.Want{SKU: "MUG"}))+len(waiting(theirs, mug)), 0)
	ok(t, b.Store.DropWants(ctx, mine, "1", []port.Want{mug}))
	ok(t, b.Store.DropWants(ctx, mine, "1", []port.Want{mug}))
	same(t, waiting(mine, mug), []commerce.OrderID{"2"})
	same(t, waiting(mine, item), []commerce.OrderID{"1"})
}
