package etsysim

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestNewWantsCredentials(t *testing.T) {
	t.Parallel()
	good := setup(t).env
	for _, tc := range []struct{ name, value string }{
		{"ETSY_KEYSTRING", ""}, {"ETSY_SHARED_SECRET", ""}, {"ETSY_WEBHOOK_SECRET", ""},
		{"ETSY_WEBHOOK_SECRET", "whsec_?"}, {"ETSY_WEBHOOK_SECRET", "aG9vaw=="},
	} {
		env := good
		env.App = map[string]string{}
		for name, value := range good.App {
			env.App[name] = value
		}
		env.App[tc.name] = tc.value
		if _, err := New(env); err == nil || !strings.Contains(err.Error(), tc.name[:8]) {
			t.Errorf("%s=%q: %v", tc.name, tc.value, err)
		}
	}
	good.Webhooks, good.App = nil, map[string]string{"ETSY_KEYSTRING": "a", "ETSY_SHARED_SECRET": "b"}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

// TestRestart opens the same store again without closing anything first, as
// after a kill.
func TestRestart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("MUG", 9)
	receipt := b.order("MUG", 2, "Hi")
	before, err := b.sim.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shop := b.sim.ShopID()
	if b.sim, err = New(b.env); err != nil {
		t.Fatal(err)
	}
	after, err := b.sim.Snapshot(t.Context())
	if err != nil || !reflect.DeepEqual(before, after) || b.sim.ShopID() != shop {
		t.Errorf("before %+v\nafter %+v %v", before, after, err)
	}
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, "")
	b.want(b.get(b.shop("/receipts/%s", receipt)), 200, "Hi")
	if b.tick(); len(b.hooks) != 1 {
		t.Errorf("%d webhooks after the restart", len(b.hooks))
	}
}

func TestIDsRepeatForASeed(t *testing.T) {
	t.Parallel()
	one, two := setup(t), setup(t)
	if a, b := one.active("MUG", 1), two.active("MUG", 1); a != b || one.token != two.token || one.order("MUG", 1, "") != two.order("MUG", 1, "") {
		t.Error("ids differ for the same seed")
	}
	store, err := simkit.OpenStore(filepath.Join(t.TempDir(), "other.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	env := one.env
	env.Seed, env.Store = 8, store
	if other, err := New(env); err != nil || other.ShopID() == one.sim.ShopID() {
		t.Errorf("the same shop for another seed: %v", err)
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("MUG", 9)
	b.draft()
	receipt := b.order("MUG", 2, "")
	b.want(b.json("POST", b.shop("/receipts/%s/tracking", receipt), `{"tracking_code":"1Z","carrier_name":"UPS"}`), 200, "")
	b.want(b.get("/listings/1"), 404, "")
	s, err := b.sim.Snapshot(t.Context())
	if err != nil || len(s.Items) != 2 || len(s.Orders) != 1 || s.Threads == nil || len(s.Threads) != 0 {
		t.Fatalf("%+v %v", s, err)
	}
	item := s.Items[0]
	item.ID = ""
	if want := (simkit.Item{Listing: fmt.Sprint(id), SKU: "MUG", Title: "Red mug", Price: "12.50 USD", Quantity: 7, State: "active",
		Images: 1, Visible: []string{"etsy"}}); !reflect.DeepEqual(item, want) {
		t.Errorf("item %+v", item)
	}
	if len(s.Items[1].Visible) != 0 || s.Items[1].State != "draft" {
		t.Errorf("draft %+v", s.Items[1])
	}
	if o := s.Orders[0]; o.ID != receipt || o.State != "completed" || o.Tracking[0] != "UPS 1Z" || o.Lines[0] != (simkit.Line{SKU: "MUG", Quantity: 2}) || !o.Placed.Equal(b.now) {
		t.Errorf("order %+v", o)
	}
	want := map[string]int{"createDraftListing": 2, "updateListingInventory": 1, "uploadListingImage": 1, "updateListing": 1,
		"createReceiptShipment": 1, "getListing": 1, "oauthToken": 1}
	if !reflect.DeepEqual(s.Calls, want) || s.Writes != 6 {
		t.Errorf("calls %v, %d writes", s.Calls, s.Writes)
	}
}

// TestLastPieceSellsOnce lets many buyers want the same last pieces.
func TestLastPieceSellsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("MUG", 5)
	var wg sync.WaitGroup
	var mu sync.Mutex
	sold := 0
	for range 20 {
		wg.Go(func() {
			_, err := b.sim.PlaceOrder(t.Context(), orderOf("MUG", 1))
			r := httptest.NewRequest("GET", fmt.Sprintf("/v3/application/listings/%d", id), nil)
			r.Header.Set("X-Api-Key", testKeystring+":"+testSecret)
			b.serve(r)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				sold++
			}
		})
	}
	if wg.Wait(); sold != 5 {
		t.Errorf("%d sold of 5", sold)
	}
}
