package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func TestOfSeveralShopsTheSellerChooses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	blind := shop("3", "c3")
	blind.CannotList = "No rights on the catalog."
	grant, connected, err := b.consent(mine, commerce.Etsy, shop("1", "c1"), shop("2", "c2"), blind)
	b.ok(err)
	if len(connected) != 0 {
		t.Fatalf("connected %v", connected)
	}
	if _, err := b.desk.Choose(t.Context(), mine, grant.ID, []commerce.RemoteID{"9"}); code(err) != "unknown_candidate" {
		t.Errorf("%v", err)
	}
	if _, err := b.desk.Choose(t.Context(), theirs, grant.ID, []commerce.RemoteID{"1"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another workspace chose: %v", err)
	}
	connected, err = b.desk.Choose(t.Context(), mine, grant.ID, []commerce.RemoteID{"1", "3"})
	b.ok(err)
	if len(connected) != 2 || connected[0].Grant != grant.ID || connected[1].Target != "" || connected[1].NoTarget != blind.CannotList {
		t.Errorf("connected %+v", connected)
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, connected[0].ID))
	if !b.hasGrant(mine, grant.ID) {
		t.Error("a consent that is still used is gone")
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, connected[1].ID))
	if b.hasGrant(mine, grant.ID) {
		t.Error("a consent nobody uses is kept")
	}
}

func TestConnectedElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	held := b.connect(mine, commerce.Facebook, "page1", "catalog")
	grant, _, err := b.consent(theirs, commerce.Facebook, shop("page1", "other"))
	if code(err) != "connected_elsewhere" || !fault.Is(err, fault.Conflict) || strings.Contains(err.Error(), string(mine)) {
		t.Errorf("%v", err)
	}
	if b.hasGrant(theirs, grant.ID) {
		t.Error("the loser's consent is kept")
	}
	// Another page over the same catalog gets its messages, and no listings.
	page2 := b.connect(theirs, commerce.Facebook, "page2", "catalog")
	if page2.Target != "" || page2.NoTarget == "" || page2.State != port.AccountActive {
		t.Errorf("account %+v", page2)
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, held.ID))
	if again := b.connect(theirs, commerce.Facebook, "page1", "catalog"); again.Target == "" {
		t.Errorf("what was freed can't be connected: %+v", again)
	}
}

func TestATargetOfTwoChannelsHasOneWriter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fb := b.connect(mine, commerce.Facebook, "page", "catalog")
	ig := b.connect(mine, commerce.Instagram, "profile", "catalog")
	if fb.Target != ig.Target {
		t.Fatalf("targets %s and %s", fb.Target, ig.Target)
	}
	if tgt := b.target(fb); tgt.Writer != fb.ID || tgt.Accounts[commerce.Instagram] != ig.ID || len(tgt.Accounts) != 2 {
		t.Errorf("target %+v", tgt)
	}
	// The writer's consent ends: the other one writes on.
	b.ok(b.desk.Expired(t.Context(), mine, fb.ID, "ended"))
	if tgt := b.target(fb); tgt.Writer != ig.ID || !tgt.WakeAt.Equal(b.clock.Now()) {
		t.Errorf("target %+v", tgt)
	}
	b.ok(b.desk.Expired(t.Context(), mine, ig.ID, "ended"))
	if tgt := b.target(fb); tgt.Writer != ig.ID {
		t.Errorf("nobody can write, and the writer became %s", tgt.Writer)
	}
	b.connect(mine, commerce.Facebook, "page", "catalog")
	if tgt := b.target(fb); tgt.Writer != fb.ID {
		t.Errorf("the one that can write does not: %+v", tgt)
	}
	b.spread = nil
	b.ok(b.desk.Disconnect(t.Context(), mine, fb.ID))
	tgt := b.target(ig)
	if _, there := tgt.Accounts[commerce.Facebook]; there || tgt.Writer != ig.ID || len(b.spread) != 1 {
		t.Errorf("target %+v, spread %v", tgt, b.spread)
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, ig.ID))
	if tgt := b.target(ig); len(tgt.Accounts) != 0 || tgt.Writer != "" {
		t.Errorf("target %+v", tgt)
	}
	if a := b.connect(theirs, commerce.Instagram, "profile", "catalog"); a.Target == "" {
		t.Error("the catalog's claim was not freed")
	}
}

func TestConnectingAgainIsTheSameAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.connect(mine, commerce.Facebook, "page", "catalog")
	b.ok(b.desk.Expired(t.Context(), mine, first.ID, "ended"))
	if a := b.account(first); a.State != port.AccountNeedsConsent || a.Reason != "ended" || !a.NextPoll.IsZero() {
		t.Errorf("account %+v", a)
	}
	tgt := b.target(first)
	tgt.Lanes = map[port.Lane]port.Parked{port.LaneText: {Until: b.clock.Now().Add(time.Hour)}}
	_, err := b.store.PutTarget(t.Context(), tgt)
	b.ok(err)
	b.clock.Advance(time.Hour)
	second := b.connect(mine, commerce.Facebook, "page", "catalog")
	if second.ID != first.ID || second.Key != first.Key || second.State != port.AccountActive || second.Reason != "" || !second.ClaimedAt.Equal(first.ClaimedAt) || second.Grant == first.Grant {
		t.Errorf("first %+v\nsecond %+v", first, second)
	}
	if b.hasGrant(mine, first.Grant) {
		t.Error("the old consent is kept")
	}
	if tgt := b.target(first); len(tgt.Lanes) != 0 || !tgt.WakeAt.Equal(b.clock.Now()) {
		t.Errorf("target %+v", tgt)
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, first.ID))
	if a := b.account(first); a.State != port.AccountGone || a.Key != "" || a.Grant != "" || a.Target != "" {
		t.Errorf("disconnected %+v", a)
	}
	if _, err := b.desk.ByKey(t.Context(), "checkout", first.Key); !fault.Is(err, fault.NotFound) {
		t.Errorf("its checkout is still there: %v", err)
	}
	b.clock.Advance(time.Hour)
	third := b.connect(mine, commerce.Facebook, "page", "catalog")
	if third.ID != first.ID || !third.ClaimedAt.Equal(b.clock.Now()) || third.Key == first.Key {
		t.Errorf("third %+v", third)
	}
	if a, err := b.desk.ByKey(t.Context(), "checkout", third.Key); err != nil || a.ID != third.ID {
		t.Errorf("by key: %v, %v", a.ID, err)
	}
	if _, err := b.desk.ByKey(t.Context(), "feed", third.Key); !fault.Is(err, fault.NotFound) {
		t.Errorf("a key of another kind: %v", err)
	}
	b.ok(b.desk.Disconnect(t.Context(), mine, third.ID))
	b.ok(b.desk.Disconnect(t.Context(), mine, third.ID))
}

func TestAShopThatMovesToAnotherCatalogLeavesTheOld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Facebook, "page", "old")
	moved := b.connect(mine, commerce.Facebook, "page", "new")
	if moved.ID != a.ID || moved.Target == a.Target || len(b.target(a).Accounts) != 0 {
		t.Errorf("account %+v, old target %+v", moved, b.target(a))
	}
	if other := b.connect(theirs, commerce.Facebook, "page2", "old"); other.Target == "" {
		t.Error("the old catalog is still claimed")
	}
}

func TestUpdateAndPause(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect(mine, commerce.Etsy, "1", "c1")
	b.spread = nil
	next := a
	next.State = port.AccountPaused
	paused, err := b.desk.Update(t.Context(), next)
	b.ok(err)
	if paused.State != port.AccountPaused || !paused.NextPoll.IsZero() || len(b.spread) != 0 {
		t.Errorf("paused %+v, spread %v", paused, b.spread)
	}
	if _, err := b.desk.Update(t.Context(), next); code(err) != "account_moved" {
		t.Errorf("%v", err)
	}
	paused.State, paused.Defaults = port.AccountActive, commerce.Defaults{Renew: "auto"}
	active, err := b.desk.Update(t.Context(), paused)
	b.ok(err)
	if active.Defaults.Renew != "auto" || len(b.spread) != 1 || active.NextPoll.IsZero() {
		t.Errorf("active %+v, spread %v", active, b.spread)
	}
	active.State = port.AccountGone
	if _, err := b.desk.Update(t.Context(), active); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestRevoked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	grant, _, err := b.consent(mine, commerce.Etsy, shop("1", "c1"), shop("2", "c2"))
	b.ok(err)
	both, err := b.desk.Choose(t.Context(), mine, grant.ID, []commerce.RemoteID{"1", "2"})
	b.ok(err)
	other := b.connect(theirs, commerce.Etsy, "3", "c3")
	b.ok(b.desk.Revoked(t.Context(), mine, both[0].ID, "withdrawn"))
	for _, a := range both {
		if now := b.account(a); now.State != port.AccountNeedsConsent || now.Reason != "withdrawn" {
			t.Errorf("account %+v", now)
		}
	}
	if b.hasGrant(mine, grant.ID) || b.account(other).State != port.AccountActive {
		t.Error("the tokens are kept, or another's consent ended too")
	}
	again := b.connect(mine, commerce.Etsy, "1", "c1")
	b.ok(b.desk.RevokedBy(t.Context(), commerce.Facebook, "user1"))
	if b.account(again).State != port.AccountActive {
		t.Error("the same user of another channel ended this consent")
	}
	b.ok(b.desk.RevokedBy(t.Context(), commerce.Etsy, "user1"))
	for _, a := range []port.Account{again, other} {
		if now := b.account(a); now.State != port.AccountNeedsConsent || b.hasGrant(a.Space, a.Grant) {
			t.Errorf("account %+v", now)
		}
	}
	b.ok(b.desk.RevokedBy(t.Context(), commerce.Etsy, "user1"))
}
