package ingest_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

// event gives an event to the ingester as the queue does.
func (b *bench) event(t tester, account commerce.RemoteID, received time.Time, updates ...channel.Update) error {
	t.Helper()
	b.shop.maps = func(channel.Event) ([]channel.Update, error) { return updates, nil }
	body, err := json.Marshal(channel.Event{Channel: commerce.TikTok, Account: account, Topic: "1", ReceivedAt: received})
	must(t, err)
	return b.in.Handle(bg(), port.Inbound{V: 1, Kind: "event", Channel: commerce.TikTok, Remote: account, Body: body, FetchedAt: received})
}

func fetch(orders ...commerce.RemoteID) channel.Update {
	return channel.Update{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Orders: orders, Threads: []commerce.RemoteID{"t1"}}}
}

// An event that only points at an order lets it be read, as old as the start
// of the reading.
func TestThinEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop.orders = map[commerce.RemoteID]commerce.Order{"1": order("1", 1)}
	b.shop.threads = map[commerce.RemoteID][]channel.Update{"t1": {message("m1", commerce.ByBuyer, 1, "hello")}}
	b.clock.Advance(time.Hour)
	for range 2 {
		must(t, b.event(t, "shop-1", at(1), fetch("1", "gone")))
	}
	if o := b.order(t, "1"); !o.FetchedAt.Equal(at(60)) || o.Version != 1 {
		t.Errorf("stored as %+v", o)
	}
	if conv := b.conversation(t); conv.Messages != 1 {
		t.Errorf("the thread has %d messages", conv.Messages)
	}
	b.shop.fails = fault.New(fault.Temporary, "busy", "Busy.")
	if err := b.event(t, "shop-1", at(1), fetch("1")); !fault.Is(err, fault.Temporary) {
		t.Errorf("a shop that can't be opened: %v", err)
	}
}

func TestEventsOfNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var log bytes.Buffer
	b.in.Log = slog.New(slog.NewTextHandler(&log, nil))
	o := update(order("1", 1))
	polled := func(read time.Time) {
		t.Helper()
		body, err := json.Marshal(o)
		must(t, err)
		must(t, b.in.Handle(bg(), port.Inbound{V: 1, Kind: "update", Space: "w1", Account: b.account.ID, Body: body, FetchedAt: read}))
	}
	must(t, b.event(t, "stranger", at(1), o))
	must(t, b.event(t, "shop-1", start().Add(-time.Second), o)) // from before the connection
	polled(start().Add(-time.Second))
	gone := b.account
	gone.State = port.AccountGone
	_, err := b.PutAccount(bg(), gone)
	must(t, err)
	must(t, b.event(t, "shop-1", at(1), o))
	polled(at(1))
	if lines := log.String(); strings.Count(lines, "event dropped") != 5 || strings.Count(lines, "why=unconnected") != 1 || strings.Count(lines, "why=before_connection") != 4 {
		t.Errorf("what is dropped can't be counted: %s", lines)
	}
	if _, err := b.Order(bg(), "w1", ingest.OrderIDOf(b.account.ID, "1")); !fault.Is(err, fault.NotFound) {
		t.Errorf("an event that is none of ours was applied: %v", err)
	}
}

// A shop that is connected by two logins tells everything twice, under another
// id of the buyer each: what the account does not live by is dropped, from the
// moment it changed.
func TestEventsOfAnotherLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	deliver := func(login string, received time.Time, remote commerce.RemoteID) {
		t.Helper()
		b.shop.maps = func(channel.Event) ([]channel.Update, error) { return []channel.Update{update(order(remote, 1))}, nil }
		body, err := json.Marshal(channel.Event{Channel: commerce.TikTok, Account: "shop-1", Login: login, ReceivedAt: received})
		must(t, err)
		must(t, b.in.Handle(bg(), port.Inbound{V: 1, Kind: "event", Channel: commerce.TikTok, Remote: "shop-1", Body: body, FetchedAt: received}))
	}
	known := func(remote commerce.RemoteID) bool {
		_, err := b.Order(bg(), "w1", ingest.OrderIDOf(b.account.ID, remote))
		return err == nil
	}
	deliver("", at(1), "usual")
	deliver("short", at(1), "other")
	changed := b.account
	changed.Login, changed.LoginAt = "short", at(10)
	_, err := b.PutAccount(bg(), changed)
	must(t, err)
	deliver("", at(9), "under way") // when the login changed
	deliver("", at(10), "too late")
	deliver("short", at(11), "new")
	for remote, want := range map[commerce.RemoteID]bool{"usual": true, "other": false, "under way": true, "too late": false, "new": true} {
		if known(remote) != want {
			t.Errorf("%s: taken %v, want %v", remote, !want, want)
		}
	}
}

// What is delivered to one workspace does not show in another.
func TestEventsStayInTheirWorkspace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := b.connect(t, "w2", "shop-2")
	must(t, b.event(t, "shop-2", at(1), update(order("1", 1))))
	if _, err := b.Order(bg(), "w2", ingest.OrderIDOf(other.ID, "1")); err != nil {
		t.Error(err)
	}
	if list, err := b.ListOrders(bg(), "w1", port.OrderFilter{}, port.Page{Limit: 10}); err != nil || len(list.Items) != 0 {
		t.Errorf("another's order shows: %+v, %v", list.Items, err)
	}
}

func TestWhatConcernsOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must(t, b.event(t, "shop-1", at(1),
		channel.Update{Kind: channel.UpdateListing, Listing: "900"},
		channel.Update{Kind: channel.UpdateAccount, Account: &channel.AccountUpdate{EndsAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}},
		channel.Update{Kind: channel.UpdateAccount, Account: &channel.AccountUpdate{Revoked: true, Message: "withdrawn"}}))
	want := []string{"changed tgt 900", "ends acc_shop-1 2027", "revoked acc_shop-1 withdrawn"}
	if !slices.Equal(b.told.log, want) {
		t.Errorf("told %q, want %q", b.told.log, want)
	}
}

func TestReviewsOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := commerce.Review{Remote: "r1", Rating: 4, Text: "nice", At: at(0)}
	for range 3 {
		b.handle(t, channel.Update{Kind: channel.UpdateReview, Review: &r}, at(1))
	}
	r.Rating = 5 // the buyer thought again
	b.handle(t, channel.Update{Kind: channel.UpdateReview, Review: &r}, at(2))
	list, err := b.ListReviews(bg(), "w1", nil, port.Page{Limit: 10})
	must(t, err)
	if len(list.Items) != 1 || list.Items[0].Rating != 5 || list.Items[0].Account != b.account.ID || list.Items[0].Channel != commerce.TikTok {
		t.Errorf("%+v", list.Items)
	}
}
