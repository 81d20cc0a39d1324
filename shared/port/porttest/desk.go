package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func deskTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"failures are newest first":   failureList,
		"a request is claimed once":   claimOnce,
		"a claimed request is over":   claimExpires,
		"a lock has one holder":       lockOne,
		"one arranges for a time":     arrangeOne,
		"a lock ends":                 lockEnds,
		"a lock is released by token": lockToken,
	}
}

func failureList(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i := range 3 {
		ok(t, b.Store.PutFailure(ctx, port.Failure{ID: fmt.Sprint(i), Space: mine, Queue: port.InboundQueue, Kind: "permanent", Code: "x", Count: 1, At: at(i)}))
	}
	ok(t, b.Store.PutFailure(ctx, port.Failure{ID: "2", Space: mine, Count: 7, At: at(2)}))
	list := need(b.Store.ListFailures(ctx, mine, page(2, "")))(t)
	same(t, []any{len(list.Items), list.Items[0].ID, list.Items[0].Count, list.Items[1].ID}, []any{2, "2", 7, "1"})
	same(t, need(b.Store.ListFailures(ctx, mine, page(2, list.Next)))(t).Items[0].ID, "0")
	same(t, len(need(b.Store.ListFailures(ctx, theirs, page(2, "")))(t).Items), 0)
}

func claimOnce(t *testing.T, b StoreBench) {
	ctx := t.Context()
	r := port.Remembered{Key: "k#1", Hash: "h", ExpiresAt: b.Clock.Now().UTC().Add(time.Hour)}
	won := make([]bool, 16)
	inParallel(len(won), func(i int) {
		stored, mineNow, err := b.Store.Claim(ctx, mine, r)
		if err != nil || stored.Hash != "h" {
			t.Errorf("claim: %+v, %v", stored, err)
		}
		won[i] = mineNow
	})
	same(t, count(won), 1)
	r.Status, r.Body = 201, []byte{0, 1, 2}
	ok(t, b.Store.Remember(ctx, mine, r))
	stored, again, err := b.Store.Claim(ctx, mine, port.Remembered{Key: "k#1", Hash: "other", ExpiresAt: r.ExpiresAt})
	ok(t, err)
	same(t, []any{again, stored}, []any{false, r})
	_, free, err := b.Store.Claim(ctx, theirs, r)
	ok(t, err)
	same(t, free, true)
	ok(t, b.Store.Forget(ctx, mine, "k#1"))
	ok(t, b.Store.Forget(ctx, mine, "k#1"))
	_, free, err = b.Store.Claim(ctx, mine, r)
	ok(t, err)
	same(t, free, true)
}

func claimExpires(t *testing.T, b StoreBench) {
	r := port.Remembered{Key: "k", Hash: "h", ExpiresAt: b.Clock.Now().Add(time.Hour)}
	_, free, err := b.Store.Claim(t.Context(), mine, r)
	ok(t, err)
	same(t, free, true)
	b.Clock.Advance(time.Hour)
	r.ExpiresAt = b.Clock.Now().Add(time.Hour)
	_, free, err = b.Store.Claim(t.Context(), mine, r)
	ok(t, err)
	same(t, free, true)
}

func lockOne(t *testing.T, b StoreBench) {
	won := make([]bool, 16)
	inParallel(len(won), func(i int) {
		token, err := b.Store.Lock(t.Context(), "mine/t1", time.Minute)
		won[i] = err == nil && token != ""
		if err != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("lock: %v", err)
		}
	})
	same(t, count(won), 1)
	_, err := b.Store.Lock(t.Context(), "mine/t1", time.Minute)
	refused(t, err, fault.Conflict, "locked")
	if d := fault.Of(err).RetryAfter; d <= 0 || d > time.Minute {
		t.Fatalf("retry after %s, want up to a minute", d)
	}
	need(b.Store.Lock(t.Context(), "mine/t2", time.Minute))(t)
}

func lockEnds(t *testing.T, b StoreBench) {
	ctx := t.Context()
	old := need(b.Store.Lock(ctx, "k", time.Minute))(t)
	b.Clock.Advance(time.Minute)
	next := need(b.Store.Lock(ctx, "k", time.Minute))(t)
	ok(t, b.Store.Unlock(ctx, "k", old)) // not its any more
	_, err := b.Store.Lock(ctx, "k", time.Minute)
	refused(t, err, fault.Conflict, "locked")
	ok(t, b.Store.Unlock(ctx, "k", next))
	need(b.Store.Lock(ctx, "k", time.Minute))(t)
	_, err = b.Store.Lock(ctx, "k2", 0)
	refused(t, err, fault.Invalid, "")
}

func lockToken(t *testing.T, b StoreBench) {
	ctx := t.Context()
	token := need(b.Store.Lock(ctx, "k", time.Minute))(t)
	ok(t, b.Store.Unlock(ctx, "k", "guess"))
	_, err := b.Store.Lock(ctx, "k", time.Minute)
	refused(t, err, fault.Conflict, "locked")
	ok(t, b.Store.Unlock(ctx, "k", token))
	ok(t, b.Store.Unlock(ctx, "k", token))
	need(b.Store.Lock(ctx, "k", time.Minute))(t)
}

func arrangeOne(t *testing.T, b StoreBench) {
	ctx, at := t.Context(), b.Clock.Now().Add(time.Minute)
	won := make([]bool, 16)
	inParallel(len(won), func(i int) {
		first, err := b.Store.Arrange(ctx, "k", at)
		if err != nil {
			t.Errorf("arrange: %v", err)
		}
		won[i] = first
	})
	same(t, count(won), 1)
	same(t, need(b.Store.Arrange(ctx, "k", at.Add(time.Second)))(t), false)
	same(t, need(b.Store.Arrange(ctx, "k", at.Add(-time.Second)))(t), true) // sooner
	same(t, need(b.Store.Arrange(ctx, "other", at))(t), true)
	b.Clock.Advance(time.Minute)
	same(t, need(b.Store.Arrange(ctx, "k", at.Add(time.Minute)))(t), true) // that time has come
}
