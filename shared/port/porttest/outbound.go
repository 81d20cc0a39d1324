package porttest

import (
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func outboundTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"outbound is in order":      outboundOrder,
		"outbound has versions":     outboundVersions,
		"outbound waits on a list":  outboundDue,
		"a key's outbound may wait": outboundSameTime,
	}
}

func outboundOrder(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for _, id := range []string{"3", "1", "2"} {
		need(b.Store.PutOutbound(ctx, outboundOf(id, "c1")))(t)
	}
	need(b.Store.PutOutbound(ctx, outboundOf("0", "c10")))(t)
	var ids []string
	for _, o := range need(b.Store.ListOutbound(ctx, mine, "c1"))(t) {
		ids = append(ids, string(o.ID))
	}
	same(t, ids, []string{"1", "2", "3"})
	same(t, len(need(b.Store.ListOutbound(ctx, theirs, "c1"))(t)), 0)
}

func outboundVersions(t *testing.T, b StoreBench) {
	ctx := t.Context()
	o := need(b.Store.PutOutbound(ctx, outboundOf("1", "c1")))(t)
	_, err := b.Store.PutOutbound(ctx, outboundOf("1", "c1"))
	refused(t, err, fault.Conflict, "outbound_moved")
	tried := o
	tried.State, tried.TriedAt, tried.Attempts = commerce.SendUnknown, at(1), 1
	tried = need(b.Store.PutOutbound(ctx, tried))(t)
	same(t, need(b.Store.ListOutbound(ctx, mine, "c1"))(t), []port.Outbound{tried})
	refused(t, b.Store.DeleteOutbound(ctx, o), fault.Conflict, "outbound_moved")
	ok(t, b.Store.DeleteOutbound(ctx, tried))
	ok(t, b.Store.DeleteOutbound(ctx, tried))
	same(t, len(need(b.Store.ListOutbound(ctx, mine, "c1"))(t)), 0)
}

func outboundDue(t *testing.T, b StoreBench) {
	ctx := t.Context()
	o := outboundOf("1", "c1")
	o.NotBefore = at(5)
	o = need(b.Store.PutOutbound(ctx, o))(t)
	b.Settle(t)
	same(t, len(need(b.Store.ListDue(ctx, port.DueOutbound, at(4), 10))(t)), 0)
	same(t, need(b.Store.ListDue(ctx, port.DueOutbound, at(5), 10))(t), []port.Due{{Kind: port.DueOutbound, Space: mine, ID: "c1", At: at(5)}})
	o.State = commerce.SendFailed // a person decides
	o = need(b.Store.PutOutbound(ctx, o))(t)
	b.Settle(t)
	same(t, len(need(b.Store.ListDue(ctx, port.DueOutbound, at(9), 10))(t)), 0)
	o.State, o.NotBefore = commerce.SendPending, time.Time{}
	o = need(b.Store.PutOutbound(ctx, o))(t)
	b.Settle(t)
	same(t, len(need(b.Store.ListDue(ctx, port.DueOutbound, at(0), 10))(t)), 1)
	ok(t, b.Store.DeleteOutbound(ctx, o))
	b.Settle(t)
	same(t, len(need(b.Store.ListDue(ctx, port.DueOutbound, at(9), 10))(t)), 0)
}

func outboundSameTime(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for _, id := range []string{"1", "2"} {
		o := outboundOf(id, "c1")
		o.NotBefore = at(5)
		need(b.Store.PutOutbound(ctx, o))(t)
	}
	b.Settle(t)
	due := need(b.Store.ListDue(ctx, port.DueOutbound, at(5), 10))(t)
	if len(due) == 0 || due[0].ID != "c1" {
		t.Fatalf("due is %+v, want the key", due)
	}
}
