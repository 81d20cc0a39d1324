package porttest

import (
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func claimTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"connect claims account and target": connectClaims,
		"connect is all or nothing":         connectAllOrNothing,
		"one of many connects wins":         connectRace,
		"disconnect frees claims":           disconnectFrees,
		"disconnect frees only its own":     disconnectOwn,
	}
}

func connectClaims(t *testing.T, b StoreBench) {
	ctx := t.Context()
	tg := target(mine, "t1")
	a := need(b.Store.Connect(ctx, account(mine, "a1"), &tg))(t)
	same(t, need(b.Store.Account(ctx, mine, "a1"))(t), a)
	w, id, err := b.Store.AccountByRemote(ctx, commerce.Etsy, "shop-a1")
	ok(t, err)
	same(t, []any{w, id}, []any{mine, commerce.AccountID("a1")})
	same(t, need(b.Store.Target(ctx, mine, "t1"))(t).Version, int64(1))
	_, _, err = b.Store.AccountByRemote(ctx, commerce.TikTok, "shop-a1")
	refused(t, err, fault.NotFound, "")
	// The same workspace again: the same account, a new grant.
	a.Grant = "gr_2"
	same(t, need(b.Store.Connect(ctx, a, nil))(t).Version, int64(2))
}

func connectAllOrNothing(t *testing.T, b StoreBench) {
	ctx := t.Context()
	tg := target(mine, "t1")
	need(b.Store.Connect(ctx, account(mine, "a1"), &tg))(t)
	_, err := b.Store.Connect(ctx, account(theirs, "a1"), nil)
	refused(t, err, fault.Conflict, "connected_elsewhere")
	same(t, fault.Of(err).Field, "account")
	// Another page over the same catalog: the target is the one that is held.
	other, tg2 := account(theirs, "a9"), target(theirs, "t1")
	_, err = b.Store.Connect(ctx, other, &tg2)
	refused(t, err, fault.Conflict, "connected_elsewhere")
	same(t, fault.Of(err).Field, "target")
	for _, id := range []commerce.AccountID{"a1", "a9"} {
		_, err = b.Store.Account(ctx, theirs, id)
		refused(t, err, fault.NotFound, "")
	}
	_, _, err = b.Store.AccountByRemote(ctx, commerce.Etsy, "shop-a9")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.Target(ctx, theirs, "t1")
	refused(t, err, fault.NotFound, "")
	need(b.Store.Connect(ctx, other, nil))(t)
}

func connectRace(t *testing.T, b StoreBench) {
	won := make([]bool, 16)
	inParallel(len(won), func(i int) {
		a := account(commerce.WorkspaceID("ws_"+string(rune('a'+i))), "a1")
		_, err := b.Store.Connect(t.Context(), a, nil)
		won[i] = err == nil
		if err != nil && fault.Of(err).Code != "connected_elsewhere" && !fault.Is(err, fault.Temporary) {
			t.Errorf("connect: %v", err)
		}
	})
	same(t, count(won), 1)
}

func disconnectFrees(t *testing.T, b StoreBench) {
	ctx := t.Context()
	tg := target(mine, "t1")
	a := need(b.Store.Connect(ctx, account(mine, "a1"), &tg))(t)
	stored := need(b.Store.Target(ctx, mine, "t1"))(t)
	a.State = port.AccountGone
	ok(t, b.Store.Disconnect(ctx, a, &stored)) // still an account: the claim stays
	tg2 := target(theirs, "t1")
	_, err := b.Store.Connect(ctx, account(theirs, "a1"), &tg2)
	refused(t, err, fault.Conflict, "connected_elsewhere")
	same(t, fault.Of(err).Field, "target")

	a = need(b.Store.Account(ctx, mine, "a1"))(t)
	same(t, a.State, port.AccountGone)
	stored = need(b.Store.Target(ctx, mine, "t1"))(t)
	stored.Accounts = nil
	ok(t, b.Store.Disconnect(ctx, a, &stored))
	need(b.Store.Connect(ctx, account(theirs, "a1"), &tg2))(t)
	w, _, err := b.Store.AccountByRemote(ctx, commerce.Etsy, "shop-a1")
	ok(t, err)
	same(t, w, theirs)
}

func disconnectOwn(t *testing.T, b StoreBench) {
	ctx := t.Context()
	need(b.Store.Connect(ctx, account(mine, "a1"), nil))(t)
	stray := need(b.Store.PutAccount(ctx, account(theirs, "a1")))(t)
	ok(t, b.Store.Disconnect(ctx, stray, nil))
	w, _, err := b.Store.AccountByRemote(ctx, commerce.Etsy, "shop-a1")
	ok(t, err)
	same(t, w, mine)
	old := account(mine, "a1")
	refused(t, b.Store.Disconnect(ctx, old, nil), fault.Conflict, "account_moved")
}
