package ingest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

func (s *shop) Cancel(context.Context, channel.Cancellation) (channel.Sent, error) {
	return channel.Sent{}, nil
}

func (s *shop) FindCancellation(context.Context, channel.Cancellation) (channel.Sent, bool, error) {
	return channel.Sent{}, false, nil
}

func (s *shop) Answer(context.Context, channel.Decision) (channel.Sent, error) {
	return channel.Sent{}, nil
}

func (s *shop) FindAnswer(context.Context, channel.Decision) (channel.Sent, bool, error) {
	return channel.Sent{}, false, nil
}

func (s *shop) ListRequests(_ context.Context, orders []commerce.Order) error {
	for i := range orders {
		orders[i].Requests = s.asked[orders[i].Remote]
	}
	return s.fails
}

func request(remote commerce.RemoteID, state commerce.RequestState, n int) commerce.Request {
	return commerce.Request{Remote: remote, Kind: commerce.RequestReturn, By: commerce.ByBuyer, State: state, RawState: strings.ToUpper(string(state)), Reason: "It is broken", AnswerBy: at(600), UpdatedAt: at(n)}
}

func fetchAsked(orders ...commerce.RemoteID) channel.Update {
	return channel.Update{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Requests: orders}}
}

// What a buyer asks for stands on the order and in its timeline, once however
// often it is told, and a later word replaces it.
func TestRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop.orders = map[commerce.RemoteID]commerce.Order{"1": order("1", 1)}
	b.shop.asked = map[commerce.RemoteID][]commerce.Request{"1": {request("4035", commerce.RequestOpen, 1)}}
	for range 3 {
		b.clock.Advance(time.Minute)
		must(t, b.event(t, "shop-1", b.clock.Now(), fetchAsked("1")))
	}
	o := b.order(t, "1")
	if len(o.Requests) != 1 || o.Requests[0].ID == "" || !o.Requests[0].Asks() || o.Version != 1 {
		t.Fatalf("stored as %+v, version %d", o.Requests, o.Version)
	}
	id := o.Requests[0].ID
	o.Requests[0].Answer = &commerce.Answer{ID: "out", Verdict: commerce.VerdictApprove, To: "OPEN", State: commerce.SendDone}
	_, err := b.PutOrder(bg(), "w1", port.OrderWrite{Order: o})
	must(t, err)
	b.shop.asked["1"][0] = request("4035", commerce.RequestDone, 2)
	must(t, b.event(t, "shop-1", b.clock.Now(), fetchAsked("1")))
	o = b.order(t, "1")
	if r := o.Requests[0]; len(o.Requests) != 1 || r.State != commerce.RequestDone || r.ID != id || r.Answer == nil {
		t.Errorf("then it is %+v", o.Requests)
	}
	events, err := b.OrderEvents(bg(), "w1", o.ID)
	must(t, err)
	var told []string
	for _, e := range events {
		if e.Kind == "request" {
			told = append(told, e.Text)
		}
	}
	if len(told) != 2 || !strings.HasPrefix(told[0], "The buyer asks to send it back: It is broken. Answer by 2026-11-01 18:00:00 UTC") || told[1] != "Request (return): open → done" {
		t.Errorf("the timeline says %q", told)
	}
}

// An order that is read without its requests keeps them, and a request that
// comes with an older order is no older for it.
func TestRequestsHaveTheirOwnVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop.orders = map[commerce.RemoteID]commerce.Order{"1": order("1", 5)}
	must(t, b.event(t, "shop-1", at(1), fetch("1")))
	b.shop.orders["1"] = order("1", 4)
	b.shop.asked = map[commerce.RemoteID][]commerce.Request{"1": {request("4035", commerce.RequestOpen, 1)}}
	must(t, b.event(t, "shop-1", at(1), fetchAsked("1")))
	b.clock.Advance(time.Minute)
	b.shop.orders["1"] = order("1", 6)
	must(t, b.event(t, "shop-1", at(1), fetch("1")))
	if o := b.order(t, "1"); o.RemoteVersion != 6 || len(o.Requests) != 1 || !o.Requests[0].Asks() {
		t.Errorf("version %d, requests %+v", o.RemoteVersion, o.Requests)
	}
}

// The seller's own wish and what the marketplace tells of it are one.
func TestTheSellersOwnWish(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must(t, b.event(t, "shop-1", at(1), update(order("1", 1))))
	o := b.order(t, "1")
	o.Requests = []commerce.Request{{ID: "req_mine", Kind: commerce.RequestCancel, By: commerce.BySeller, State: commerce.RequestWaiting, Answer: &commerce.Answer{ID: "out", Verdict: commerce.VerdictCancel, State: commerce.SendPending}}}
	_, err := b.PutOrder(bg(), "w1", port.OrderWrite{Order: o})
	must(t, err)
	mine, other := request("7", commerce.RequestDone, 2), request("8", commerce.RequestDone, 2)
	mine.By, other.By, mine.Kind, other.Kind = commerce.BySeller, commerce.BySeller, commerce.RequestCancel, commerce.RequestCancel
	b.shop.orders = map[commerce.RemoteID]commerce.Order{"1": order("1", 2)}
	b.shop.asked = map[commerce.RemoteID][]commerce.Request{"1": {mine, other}}
	must(t, b.event(t, "shop-1", b.clock.Now(), fetchAsked("1")))
	o = b.order(t, "1")
	if len(o.Requests) != 2 || o.Requests[0].ID != "req_mine" || o.Requests[0].Remote != "7" || o.Requests[0].Answer == nil || o.Requests[1].Remote != "8" {
		t.Errorf("%+v", o.Requests)
	}
}

// In whatever order versions of requests come in, the newest of each stands.
func TestRequestsInAnyOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop.orders = map[commerce.RemoteID]commerce.Order{}
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		id := commerce.RemoteID("p" + strings.Repeat("x", n))
		b.shop.orders[id] = order(id, 1)
		newest := map[commerce.RemoteID]int{}
		for range rapid.IntRange(1, 6).Draw(r, "words") {
			remote := rapid.SampledFrom([]commerce.RemoteID{"1", "2"}).Draw(r, "request")
			v := rapid.IntRange(1, 9).Draw(r, "version")
			b.shop.asked = map[commerce.RemoteID][]commerce.Request{id: {request(remote, []commerce.RequestState{commerce.RequestOpen, commerce.RequestDone}[v%2], v)}}
			must(r, b.event(r, "shop-1", b.clock.Now(), fetchAsked(id)))
			newest[remote] = max(newest[remote], v)
		}
		o := b.order(r, id)
		for _, q := range o.Requests {
			if !q.UpdatedAt.Equal(at(newest[q.Remote])) {
				r.Fatalf("request %s is of %s, want %s", q.Remote, q.UpdatedAt, at(newest[q.Remote]))
			}
		}
		if len(o.Requests) != len(newest) {
			r.Fatalf("%d requests, want %d", len(o.Requests), len(newest))
		}
	})
}
