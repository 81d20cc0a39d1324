package metasim

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.stock("a")
	page := b.messenger()
	b.say(Facebook, "Ada", "hi")
	b.need(b.write(token, request1("CREATE", mug("b"))))
	before, err := b.sim.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := b.ids
	b.reopen()
	after, err := b.sim.Snapshot(t.Context())
	if err != nil || !reflect.DeepEqual(before, after) || ids != b.ids {
		t.Fatalf("after a restart: %v\n%+v\n%+v", err, before, after)
	}
	if n := len(b.delivered()); n != 1 {
		t.Errorf("%d webhooks after a restart", n)
	}
	b.settle()
	if it, _ := b.listed("b"); len(it.Visible) != 2 {
		t.Errorf("the batch was forgotten: %+v", it)
	}
	b.need(b.get("/v26.0/me", page))
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.stock("a", "b")
	b.need(b.get("/v26.0/me", token))
	b.need(b.call(Instagram, http.MethodGet, "/me", b.instagramToken()))
	b.refused(b.get("/v26.0/1/commerce_orders", token), 12, 0)
	b.say(Instagram, "Bo", "hi")
	snap, err := b.sim.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{
		"POST /{catalog}/items_batch": 1, "GET /me": 1, "IG GET /me": 1, "GET /{unknown}/commerce_orders": 1, "IG POST /oauth/access_token": 1,
	} {
		if snap.Calls[name] != want {
			t.Errorf("%s: %d calls in %v", name, snap.Calls[name], snap.Calls)
		}
	}
	if snap.Writes != 1 || len(snap.Items) != 2 || snap.Items[0].ID > snap.Items[1].ID || len(snap.Orders) != 0 {
		t.Errorf("snapshot %+v", snap)
	}
	if th := snap.Threads; len(th) != 1 || th[0].Channel != Instagram || th[0].Buyer != "Bo" || th[0].Said[0].From != "buyer" {
		t.Errorf("threads %+v", th)
	}
}

func TestIdsRepeat(t *testing.T) {
	t.Parallel()
	one, two := newBench(t), newBench(t)
	if one.ids != two.ids {
		t.Error("the same seed gives other ids")
	}
	for _, id := range []string{one.ids.User, one.ids.Business, one.ids.Catalog, one.ids.Page, one.ids.IG, one.ids.IGScoped} {
		if len(id) < 15 || len(id) > 20 || id[0] == '0' {
			t.Errorf("id %s", id)
		}
	}
	if _, err := New(simkit.Env{}); err == nil {
		t.Error("a simulator without a store was opened")
	}
}
