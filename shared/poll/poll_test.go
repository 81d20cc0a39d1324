package poll_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/poll"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// shop has orders 1..n, told by two a page; its cursor is the last one told.
type shop struct {
	channel.Connector
	clock   *porttest.Clock
	orders  int
	takes   time.Duration // a page
	fails   error
	stuck   bool
	since   time.Time
	note    string // of each order
	reviews error
	looks   int
	updated time.Time // each order
}

func (s *shop) ListOrders(ctx context.Context, q channel.Poll) (channel.Page, error) {
	s.clock.Advance(s.takes)
	s.since = q.Since
	if s.fails != nil {
		return channel.Page{}, s.fails
	}
	s.looks++
	port.Metered(ctx, "b")
	last, _ := strconv.Atoi(q.Cursor)
	page := channel.Page{Cursor: q.Cursor}
	for i := last + 1; i <= min(last+2, s.orders); i++ {
		page.Updates = append(page.Updates, channel.Update{Kind: channel.UpdateOrder, Order: &commerce.Order{Remote: commerce.RemoteID(strconv.Itoa(i)), Note: s.note, UpdatedAt: s.updated}})
		if !s.stuck {
			page.Cursor = strconv.Itoa(i)
		}
	}
	page.More = last+2 < s.orders
	return page, nil
}

func (s *shop) Orders(context.Context, []commerce.RemoteID) ([]commerce.Order, error) {
	return nil, nil
}

func (s *shop) ListReviews(context.Context, channel.Poll) (channel.Page, error) {
	return channel.Page{Cursor: "r", Updates: []channel.Update{{Kind: channel.UpdateReview, Review: &commerce.Review{Remote: "rev"}}}}, s.reviews
}

type bench struct {
	*dynamo.Store
	clock   *porttest.Clock
	shop    *shop
	poller  *poll.Poller
	queued  []string
	refuse  int // the next sends
	blobs   map[string][]byte
	expired string
	dies    bool
	budgets *dynamo.Budgets
	known   map[commerce.RemoteID]time.Time // since when
}

func (b *bench) Send(_ context.Context, queue string, messages ...port.Outgoing) error {
	if b.refuse--; b.refuse >= 0 {
		return fault.New(fault.Temporary, "queue", "The queue is away.")
	}
	for _, m := range messages {
		in := m.Body.(port.Inbound)
		body := in.Body
		if in.Blob != "" {
			body = b.blobs[in.Blob]
		}
		var u channel.Update
		if err := json.Unmarshal(body, &u); err != nil {
			return err
		}
		if u.Order != nil {
			b.queued = append(b.queued, string(u.Order.Remote))
		}
		if queue != port.InboundQueue || in.Kind != "update" || in.Account != "acc" || in.Space != "w1" || in.FetchedAt.IsZero() {
			return fmt.Errorf("queued as %+v", in)
		}
	}
	return nil
}

func (b *bench) PutBlob(_ context.Context, key, _ string, data []byte) error {
	b.blobs[key] = data
	return nil
}

// PutAccount dies where it is told to: after the queue accepted, before the
// cursor moved.
func (b *bench) PutAccount(ctx context.Context, a port.Account) (port.Account, error) {
	if b.dies {
		return a, errors.New("dead")
	}
	return b.Store.PutAccount(ctx, a)
}

type blobs struct {
	port.Blobs
	b *bench
}

func (x blobs) PutBlob(ctx context.Context, key, kind string, data []byte) error {
	return x.b.PutBlob(ctx, key, kind, data)
}

func newBench(t *testing.T, orders int) *bench {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	b := &bench{Store: localtest.Open(t, clock.Now).Store, clock: clock, shop: &shop{clock: clock, orders: orders, takes: time.Second}, blobs: map[string][]byte{}}
	b.budgets = dynamo.NewBudgets(b.Store)
	b.poller = &poll.Poller{
		Store: b, Queue: b, Blobs: blobs{b: b}, Now: clock.Now, NewID: (&localtest.IDs{}).Next, Log: localtest.Quiet(),
		Open: func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
			return b.shop, nil
		},
		Every: func(commerce.Channel) time.Duration { return 5 * time.Minute }, Longest: 15 * time.Minute, Pace: &poll.Pacer{Budgets: b.budgets, Store: b.Store, Now: clock.Now},
		Has: func(_ context.Context, _ port.Account, u channel.Update) (time.Time, bool, error) {
			since, has := b.known[u.Order.Remote]
			return since, has, nil
		},
		Expired: func(_ context.Context, _ commerce.WorkspaceID, _ commerce.AccountID, reason string) error {
			b.expired = reason
			return nil
		},
	}
	_, err := b.Connect(t.Context(), port.Account{ID: "acc", Space: "w1", Channel: commerce.Etsy, Kind: "marketplace", Remote: "1", State: port.AccountActive, ClaimedAt: clock.Now(), NextPoll: clock.Now()}, nil)
	must(t, err)
	return b
}

func (b *bench) account(t *testing.T) port.Account {
	t.Helper()
	a, err := b.Account(t.Context(), "w1", "acc")
	must(t, err)
	return a
}

// poll lets the time of the next poll come, and polls.
func (b *bench) poll(t *testing.T) error {
	t.Helper()
	if wait := b.account(t).NextPoll.Sub(b.clock.Now()); wait > 0 {
		b.clock.Advance(wait)
	}
	return b.poller.Poll(t.Context(), "w1", "acc")
}

func TestPollReadsEverythingReady(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5)
	must(t, b.poll(t))
	a := b.account(t)
	if !slices.Equal(b.queued, []string{"1", "2", "3", "4", "5"}) || a.Cursors["orders"] != "5" || a.Cursors["reviews"] != "r" {
		t.Errorf("queued %q, cursors %v", b.queued, a.Cursors)
	}
	if !a.NextPoll.Equal(b.clock.Now().Add(5*time.Minute)) || !b.shop.since.Equal(a.ClaimedAt) {
		t.Errorf("next at %s, since %s", a.NextPoll, b.shop.since)
	}
	must(t, b.poll(t))
	if len(b.queued) != 5 {
		t.Errorf("read again: %q", b.queued)
	}
}

// The cursor moves only over what the queue has accepted.
func TestTheCursorWaitsForTheQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.refuse = 1
	must(t, b.poll(t))
	if a := b.account(t); a.Cursors["orders"] != "" || len(b.queued) != 0 {
		t.Errorf("the queue refused, the cursor is %q", a.Cursors["orders"])
	}
	must(t, b.poll(t))
	if a := b.account(t); a.Cursors["orders"] != "2" || !slices.Equal(b.queued, []string{"1", "2"}) {
		t.Errorf("cursor %q, queued %q", a.Cursors["orders"], b.queued)
	}
}

// Killed between the queue and the cursor: told again, nothing lost.
func TestAKillRepeats(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.dies = true
	if err := b.poll(t); err == nil {
		t.Fatal("the process did not die")
	}
	b.dies = false
	must(t, b.poll(t))
	if a := b.account(t); a.Cursors["orders"] != "2" || !slices.Equal(b.queued, []string{"1", "2", "1", "2"}) {
		t.Errorf("cursor %q, queued %q", a.Cursors["orders"], b.queued)
	}
}

// More than a slice holds goes on at once, where it was.
func TestASliceEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, 100)
	must(t, b.poll(t))
	a := b.account(t)
	if a.Cursors["orders"] != "40" || !a.NextPoll.Equal(b.clock.Now().Add(time.Second)) {
		t.Errorf("after 20 s at %q, next in %s", a.Cursors["orders"], a.NextPoll.Sub(b.clock.Now()))
	}
	for range 2 {
		must(t, b.poll(t))
	}
	if len(b.queued) != 100 || b.account(t).Cursors["orders"] != "100" {
		t.Errorf("%d orders", len(b.queued))
	}
}

func TestWhatStopsAPoll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		orders, reviews error
		wait            time.Duration // until the next
		expired, goes   bool          // the account is flagged; the message goes back
	}{
		"rate limit":                      {&fault.Error{Kind: fault.RateLimited, RetryAfter: time.Hour}, nil, time.Hour, false, false},
		"a short rate limit":              {&fault.Error{Kind: fault.RateLimited, RetryAfter: time.Second}, nil, 5 * time.Minute, false, false},
		"out of order":                    {fault.New(fault.Temporary, "x", "Words."), nil, 5 * time.Minute, false, false},
		"the consent ended":               {fault.New(fault.AuthExpired, "x", "Words."), nil, 0, true, false},
		"the consent ended behind others": {fault.New(fault.Temporary, "x", "Words."), fault.New(fault.AuthExpired, "x", "Words."), 0, true, false},
		"the longer of two waits":         {&fault.Error{Kind: fault.RateLimited, RetryAfter: time.Hour}, &fault.Error{Kind: fault.RateLimited, RetryAfter: 2 * time.Hour}, 2 * time.Hour, false, false},
		"our own mistake":                 {errors.New("nil map"), fault.New(fault.Temporary, "x", "Words."), 5 * time.Minute, false, true},
	} {
		b := newBench(t, 2)
		before := b.account(t).NextPoll
		b.shop.fails, b.shop.reviews = c.orders, c.reviews
		err := b.poll(t)
		a := b.account(t)
		want := b.clock.Now().Add(c.wait)
		if c.expired {
			want = before
		}
		if (err != nil) != c.goes || (b.expired == "Words.") != c.expired || !a.NextPoll.Equal(want) {
			t.Errorf("%s: %v, flagged %q, next in %s", name, err, b.expired, a.NextPoll.Sub(b.clock.Now()))
		}
		if (a.Cursors["reviews"] == "r") != (c.reviews == nil) {
			t.Errorf("%s: one stream held the other back", name)
		}
	}
}

// The interval doubles while notifications bring the news first, up to a
// quarter of an hour; one that did not come, and it is the shortest again.
func TestNotificationsStretchTheInterval(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	b.known = map[commerce.RemoteID]time.Time{}
	every := 5 * time.Minute
	tell := func(by time.Duration) { // an order, told before the next poll or not
		b.shop.orders++
		b.clock.Advance(time.Second)
		b.shop.updated = b.clock.Now()
		if by >= 0 {
			b.known[commerce.RemoteID(strconv.Itoa(b.shop.orders))] = b.clock.Now().Add(by)
		}
	}
	wait := func() time.Duration {
		t.Helper()
		must(t, b.poll(t))
		return b.account(t).NextPoll.Sub(b.clock.Now())
	}
	if got := wait(); got != every {
		t.Errorf("at first %s", got)
	}
	for i, want := range []time.Duration{2 * every, 15 * time.Minute, 15 * time.Minute} {
		tell(0)
		if got := wait(); got != want {
			t.Errorf("notified %d times: %s, want %s", i+1, got, want)
		}
	}
	if got := wait(); got != 15*time.Minute {
		t.Errorf("without news %s", got)
	}
	tell(-1)
	if got := wait(); got != every {
		t.Errorf("one was missed: %s", got)
	}
	tell(0)
	if got := wait(); got != 2*every {
		t.Errorf("notified again: %s", got)
	}
	b.clock.Advance(25 * time.Hour)
	if got := wait(); got != every {
		t.Errorf("nothing to tell by for a day: %s", got)
	}
}

// A second message of the same minute costs no call; one that comes again
// after a fault of ours is worked.
func TestPolledOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	must(t, b.poll(t))
	looks := b.shop.looks
	must(t, b.poller.Poll(t.Context(), "w1", "acc"))
	if b.shop.looks != looks {
		t.Error("polled before its time")
	}
	b.shop.fails = errors.New("nil map")
	for range 2 {
		if b.clock.Advance(time.Second); b.poll(t) == nil {
			t.Error("a fault of ours is not told")
		}
	}
	b.shop.fails = nil
	looks = b.shop.looks
	must(t, b.poller.Poll(t.Context(), "w1", "acc"))
	if b.shop.looks != looks+1 || b.account(t).Polled.Failed {
		t.Errorf("%d looks after a fault", b.shop.looks-looks)
	}
}

// Reviews are read by the hour, and a look that the budget has no room for
// waits.
func TestWhatAPollMayCost(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	must(t, b.budgets.Learn(t.Context(), port.Quota{Bucket: "b", Window: 24 * time.Hour, Limit: 1000, Left: 1000}))
	must(t, b.poll(t))
	first := b.account(t)
	if want := 86400 * time.Second / 190; first.NextPoll.Sub(b.clock.Now()).Round(time.Second) < want-3*time.Second {
		t.Errorf("one call of 190 a day, next in %s", first.NextPoll.Sub(b.clock.Now()))
	}
	must(t, b.poll(t))
	if again := b.account(t); !again.Polled.Reviews.Equal(first.Polled.Reviews) {
		t.Error("reviews were read again within the hour")
	}
	b.clock.Advance(time.Hour)
	must(t, b.poll(t))
	if again := b.account(t); again.Polled.Reviews.Equal(first.Polled.Reviews) {
		t.Error("reviews were not read after an hour")
	}
}

func TestACursorThatDoesNotMove(t *testing.T) {
	t.Parallel()
	b := newBench(t, 100)
	b.shop.stuck = true
	if err := b.poll(t); !fault.Is(err, fault.Internal) || len(b.queued) != 2 {
		t.Errorf("%v after %d", err, len(b.queued))
	}
}

func TestLargeUpdatesLieInBlobs(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.shop.note = strings.Repeat("x", 100<<10)
	must(t, b.poll(t))
	if len(b.blobs) != 2 || !slices.Equal(b.queued, []string{"1", "2"}) {
		t.Errorf("%d blobs, queued %q", len(b.blobs), b.queued)
	}
}

// An account that is polled elsewhere is left alone; one that is not active
// leaves the due list.
func TestWhoIsNotPolled(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	token, err := b.Lock(t.Context(), "poll#w1#acc", time.Minute)
	must(t, err)
	must(t, b.poll(t))
	must(t, b.Unlock(t.Context(), "poll#w1#acc", token))
	a := b.account(t)
	a.State = port.AccountNeedsConsent
	_, err = b.Store.PutAccount(t.Context(), a)
	must(t, err)
	must(t, b.poll(t))
	must(t, b.poller.Poll(t.Context(), "w1", "none"))
	due, err := b.ListDue(t.Context(), port.DuePoll, b.clock.Now().Add(time.Hour), 10)
	if err != nil || len(due) != 0 || len(b.queued) != 0 {
		t.Errorf("due %+v, queued %q, %v", due, b.queued, err)
	}
}

// A connection that began anew while the old one was read keeps its cursors.
func TestANewClaimKeepsItsCursors(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	open := b.poller.Open
	b.poller.Open = func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (channel.Connector, error) {
		a := b.account(t)
		a.ClaimedAt, a.Cursors = a.ClaimedAt.Add(time.Minute), map[string]string{"orders": "new"}
		_, err := b.Store.PutAccount(ctx, a)
		must(t, err)
		return open(ctx, w, id)
	}
	must(t, b.poll(t))
	if a := b.account(t); a.Cursors["orders"] != "new" {
		t.Errorf("cursor %q", a.Cursors["orders"])
	}
}

// What connecting or disconnecting left undone is done before anything is
// read, and a disconnected account is not read.
func TestUnsettledAccountsAreSettled(t *testing.T) {
	t.Parallel()
	for state, reads := range map[port.AccountState]bool{port.AccountActive: true, port.AccountGone: false} {
		b := newBench(t, 1)
		a, err := b.Account(t.Context(), "w1", "acc")
		must(t, err)
		a.State, a.Unsettled = state, &port.Unsettled{Grant: "old"}
		_, err = b.PutAccount(t.Context(), a)
		must(t, err)
		settled := 0
		b.poller.Settle = func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
			settled++
			if len(b.queued) != 0 {
				t.Error("it was read first")
			}
			a, err := b.Account(ctx, w, id)
			must(t, err)
			a.Unsettled = nil
			_, err = b.PutAccount(ctx, a)
			return err
		}
		must(t, b.poller.Poll(t.Context(), "w1", "acc"))
		a, err = b.Account(t.Context(), "w1", "acc")
		must(t, err)
		if settled != 1 || (len(b.queued) > 0) != reads || a.NextPoll.IsZero() == reads {
			t.Errorf("%s: settled %d times, read %v, next poll %v", state, settled, b.queued, a.NextPoll)
		}
	}
}
