package porttest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func accountTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"workspace has versions":          workspaceVersions,
		"credential expires":              credentialExpires,
		"public key is taken once":        publicKeyTaken,
		"account round trip":              accountRoundTrip,
		"grants are found by principal":   grantsOfPrincipal,
		"target round trip":               targetRoundTrip,
		"due lists are in order of time":  dueOrder,
		"due lists forget what is done":   dueForgets,
		"many workspaces share due lists": dueShared,
	}
}

func workspaceVersions(t *testing.T, b StoreBench) {
	ctx := t.Context()
	_, err := b.Store.Workspace(ctx, mine)
	refused(t, err, fault.NotFound, "")
	w := port.Workspace{ID: mine, Name: "Tees", TimeZone: "Europe/Tallinn", Currency: "EUR", DataKey: []byte{0, 1, 255},
		Defaults: commerce.Defaults{Category: "shirts", Categories: map[string]string{"shirts": "482"}}, CreatedAt: epoch()}
	first := need(b.Store.PutWorkspace(ctx, w))(t)
	if first.Version != 1 {
		t.Fatalf("version %d after the first put, want 1", first.Version)
	}
	same(t, need(b.Store.Workspace(ctx, mine))(t), first)
	_, err = b.Store.PutWorkspace(ctx, w)
	refused(t, err, fault.Conflict, "")
	second := need(b.Store.PutWorkspace(ctx, first))(t)
	_, err = b.Store.PutWorkspace(ctx, first)
	refused(t, err, fault.Conflict, "")
	if second.Version != 2 {
		t.Fatalf("version %d after the second put, want 2", second.Version)
	}
	ahead := second
	ahead.ID, ahead.Version = "ws_none", 7
	_, err = b.Store.PutWorkspace(ctx, ahead)
	refused(t, err, fault.Conflict, "")
}

func credentialExpires(t *testing.T, b StoreBench) {
	ctx := t.Context()
	c := port.Credential{Hash: "ab12", Space: mine, Kind: "session", Parent: "ff", CSRF: "x", CreatedAt: b.Clock.Now().UTC(), ExpiresAt: b.Clock.Now().UTC().Add(time.Hour)}
	ok(t, b.Store.PutCredential(ctx, c))
	same(t, need(b.Store.Credential(ctx, "ab12"))(t), c)
	b.Clock.Advance(time.Hour)
	_, err := b.Store.Credential(ctx, "ab12")
	refused(t, err, fault.NotFound, "")
	c.ExpiresAt = time.Time{}
	ok(t, b.Store.PutCredential(ctx, c))
	b.Clock.Advance(1000 * time.Hour)
	same(t, need(b.Store.Credential(ctx, "ab12"))(t), c)
	ok(t, b.Store.DeleteCredential(ctx, "ab12"))
	ok(t, b.Store.DeleteCredential(ctx, "ab12"))
	_, err = b.Store.Credential(ctx, "ab12")
	refused(t, err, fault.NotFound, "")
}

func publicKeyTaken(t *testing.T, b StoreBench) {
	ctx := t.Context()
	k := port.PublicKey{Key: "k1", Kind: "oauth", Space: mine, Data: map[string]string{"to": "/"}, Sealed: []byte("s"), CreatedAt: epoch(), ExpiresAt: b.Clock.Now().UTC().Add(time.Minute)}
	ok(t, b.Store.PutPublicKey(ctx, k))
	same(t, need(b.Store.PublicKey(ctx, "k1"))(t), k)
	won := make([]bool, 16)
	inParallel(len(won), func(i int) {
		got, err := b.Store.TakePublicKey(ctx, "k1")
		won[i] = err == nil && got.Key == "k1"
		if err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("take: %v", err)
		}
	})
	if n := count(won); n != 1 {
		t.Fatalf("%d takers got the key, want 1", n)
	}
	ok(t, b.Store.PutPublicKey(ctx, k))
	b.Clock.Advance(time.Hour)
	_, err := b.Store.PublicKey(ctx, "k1")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.TakePublicKey(ctx, "k1")
	refused(t, err, fault.NotFound, "")
	ok(t, b.Store.DeletePublicKey(ctx, "k1"))
}

func count(marks []bool) int {
	n := 0
	for _, m := range marks {
		if m {
			n++
		}
	}
	return n
}

func account(w commerce.WorkspaceID, id string) port.Account {
	return port.Account{
		ID: commerce.AccountID(id), Space: w, Channel: commerce.Etsy, Kind: "marketplace", Remote: commerce.RemoteID("shop-" + id), Name: "Shop " + id,
		Grant: "gr_1", State: port.AccountActive, Settings: json.RawMessage(`{"shop":1}`), Cursors: map[string]string{"orders": "c1"},
		ClaimedAt: epoch(), CreatedAt: epoch(),
	}
}

func accountRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	a := need(b.Store.PutAccount(ctx, account(mine, "a1")))(t)
	same(t, need(b.Store.Account(ctx, mine, "a1"))(t), a)
	_, err := b.Store.PutAccount(ctx, account(mine, "a1"))
	refused(t, err, fault.Conflict, "")
	need(b.Store.PutAccount(ctx, account(mine, "a2")))(t)
	need(b.Store.PutAccount(ctx, account(theirs, "a1")))(t)
	list := need(b.Store.ListAccounts(ctx, mine))(t)
	if len(list) != 2 || list[0].Space != mine || list[1].Space != mine {
		t.Fatalf("accounts of the workspace are %+v, want a1 and a2", list)
	}
	_, err = b.Store.Account(ctx, mine, "a3")
	refused(t, err, fault.NotFound, "")
}

func grantsOfPrincipal(t *testing.T, b StoreBench) {
	ctx := t.Context()
	g := port.Grant{ID: "g1", Space: mine, Channel: commerce.TikTok, Principal: "u1", Sealed: []byte{1, 2}, Scopes: []string{"a"},
		Candidates: json.RawMessage(`[]`), ExpiresAt: epoch(), CreatedAt: epoch()}
	g = need(b.Store.PutGrant(ctx, g))(t)
	same(t, need(b.Store.Grant(ctx, mine, "g1"))(t), g)
	other := g
	other.Space, other.Version = theirs, 0
	need(b.Store.PutGrant(ctx, other))(t)
	same(t, len(need(b.Store.GrantsOf(ctx, commerce.TikTok, "u1"))(t)), 2)
	same(t, len(need(b.Store.GrantsOf(ctx, commerce.Facebook, "u1"))(t)), 0)
	g.Sealed = []byte{3}
	g = need(b.Store.PutGrant(ctx, g))(t)
	ok(t, b.Store.DeleteGrant(ctx, mine, "g1"))
	ok(t, b.Store.DeleteGrant(ctx, mine, "g1"))
	left := need(b.Store.GrantsOf(ctx, commerce.TikTok, "u1"))(t)
	if len(left) != 1 || left[0].Space != theirs {
		t.Fatalf("grants left are %+v, want the other workspace's", left)
	}
	_, err := b.Store.PutGrant(ctx, g)
	refused(t, err, fault.Conflict, "")
}

func target(w commerce.WorkspaceID, id string) port.Target {
	return port.Target{ID: commerce.TargetID(id), Space: w, Kind: "meta", Remote: commerce.RemoteID("cat-" + id), Writer: "a1",
		Accounts: map[commerce.Channel]commerce.AccountID{commerce.Facebook: "a1"}}
}

func targetRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	in := target(mine, "t1")
	in.Lanes = map[port.Lane]port.Parked{port.LaneText: {Until: at(3), Reason: "daily limit"}}
	in.WakeAt = at(3)
	put := need(b.Store.PutTarget(ctx, in))(t)
	same(t, need(b.Store.Target(ctx, mine, "t1"))(t), put)
	same(t, need(b.Store.ListTargets(ctx, mine))(t), []port.Target{put})
	same(t, len(need(b.Store.ListTargets(ctx, theirs))(t)), 0)
	_, err := b.Store.PutTarget(ctx, in)
	refused(t, err, fault.Conflict, "")
}

func dueOrder(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i := range 20 {
		a := account(mine, fmt.Sprintf("a%02d", i))
		a.NextPoll = at((i * 7) % 20)
		need(b.Store.PutAccount(ctx, a))(t)
	}
	b.Settle(t)
	due := need(b.Store.ListDue(ctx, port.DuePoll, at(9), 100))(t)
	same(t, len(due), 10)
	for i, d := range due {
		if !d.At.Equal(at(i)) || d.Space != mine || d.Kind != port.DuePoll {
			t.Fatalf("due %d is %+v, want that of minute %d", i, d, i)
		}
	}
	same(t, need(b.Store.ListDue(ctx, port.DuePoll, at(9), 3))(t), due[:3])
	same(t, len(need(b.Store.ListDue(ctx, port.DuePoll, at(0).Add(-1), 3))(t)), 0)
	same(t, len(need(b.Store.ListDue(ctx, port.DueToken, at(100), 3))(t)), 0)
	_, err := b.Store.ListDue(ctx, port.DuePoll, at(9), 0)
	refused(t, err, fault.Invalid, "")
}

func dueForgets(t *testing.T, b StoreBench) {
	ctx := t.Context()
	a := account(mine, "a1")
	a.NextPoll = at(1)
	a = need(b.Store.PutAccount(ctx, a))(t)
	a.NextPoll = at(50)
	a = need(b.Store.PutAccount(ctx, a))(t)
	b.Settle(t)
	same(t, len(need(b.Store.ListDue(ctx, port.DuePoll, at(10), 5))(t)), 0)
	same(t, len(need(b.Store.ListDue(ctx, port.DuePoll, at(50), 5))(t)), 1)
	a.State, a.NextPoll = port.AccountGone, time.Time{}
	need(b.Store.PutAccount(ctx, a))(t)
	tg := target(mine, "t1")
	tg.WakeAt = at(1)
	tg = need(b.Store.PutTarget(ctx, tg))(t)
	g := need(b.Store.PutGrant(ctx, port.Grant{ID: "g1", Space: mine, Channel: commerce.Etsy, Principal: "p", ExpiresAt: at(1)}))(t)
	b.Settle(t)
	same(t, len(need(b.Store.ListDue(ctx, port.DuePoll, at(100), 5))(t)), 0)
	same(t, need(b.Store.ListDue(ctx, port.DueTarget, at(100), 5))(t), []port.Due{{Kind: port.DueTarget, Space: mine, ID: "t1", At: at(1)}})
	same(t, need(b.Store.ListDue(ctx, port.DueToken, at(100), 5))(t), []port.Due{{Kind: port.DueToken, Space: mine, ID: "g1", At: at(1)}})
	tg.WakeAt = time.Time{}
	need(b.Store.PutTarget(ctx, tg))(t)
	ok(t, b.Store.DeleteGrant(ctx, mine, g.ID))
	b.Settle(t)
	same(t, len(need(b.Store.ListDue(ctx, port.DueTarget, at(100), 5))(t)), 0)
	same(t, len(need(b.Store.ListDue(ctx, port.DueToken, at(100), 5))(t)), 0)
}

func dueShared(t *testing.T, b StoreBench) {
	ctx := t.Context()
	for i := range 12 {
		a := account(commerce.WorkspaceID(fmt.Sprintf("ws_%d", i)), "same")
		a.NextPoll = at(1)
		need(b.Store.PutAccount(ctx, a))(t)
	}
	b.Settle(t)
	spaces := map[commerce.WorkspaceID]bool{}
	for _, d := range need(b.Store.ListDue(ctx, port.DuePoll, at(1), 100))(t) {
		spaces[d.Space] = true
	}
	same(t, len(spaces), 12)
}
