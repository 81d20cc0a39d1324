package poll_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/poll"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

const (
	// bucket is the budget all shops of an application share, and perDay what it
	// holds.
	bucket = "etsy:app:k"
	perDay = 10_000
)

// street is some shops on one application, polled by virtual time.
type street struct {
	clock  *porttest.Clock
	shops  map[commerce.AccountID]*stall
	poller *poll.Poller
	calls  []time.Time
	most   int // calls of polls in any 24 h
	booked port.Booked
}

// stall is one shop: its orders, and those we know of.
type stall struct {
	channel.Connector
	street  *street
	account port.Account
	orders  []time.Time       // when each was placed
	known   map[int]time.Time // since when
	seen    map[int]time.Duration
	deaf    func(time.Time) bool // no notifications arrive
}

func (s *stall) pay(ctx context.Context) {
	port.Metered(ctx, bucket)
	now, all := s.street.clock.Now(), s.street.calls
	for len(all) > 0 && !all[0].After(now.Add(-24*time.Hour)) {
		all = all[1:]
	}
	s.street.calls = append(all, now)
	s.street.most = max(s.street.most, len(s.street.calls))
}

func (s *stall) ListOrders(ctx context.Context, q channel.Poll) (channel.Page, error) {
	s.pay(ctx)
	s.pay(ctx) // Etsy is asked for open and for cancelled receipts
	var told int
	_, _ = fmt.Sscan(q.Cursor, &told)
	page := channel.Page{Cursor: fmt.Sprint(len(s.orders))}
	for i := max(0, told-2); i < len(s.orders); i++ { // the last two again: an overlap
		page.Updates = append(page.Updates, channel.Update{Kind: channel.UpdateOrder, Order: &commerce.Order{Remote: commerce.RemoteID(fmt.Sprint(i)), UpdatedAt: s.orders[i]}})
	}
	return page, nil
}

func (s *stall) Orders(context.Context, []commerce.RemoteID) ([]commerce.Order, error) {
	return nil, nil
}

func (s *stall) ListReviews(ctx context.Context, _ channel.Poll) (channel.Page, error) {
	s.pay(ctx)
	return channel.Page{Cursor: "r"}, nil
}

// learn notes an order the first time it is told.
func (s *stall) learn(i int, since time.Time) {
	if _, known := s.known[i]; !known {
		s.known[i], s.seen[i] = since, s.street.clock.Now().Sub(s.orders[i])
	}
}

func index(u channel.Update) (i int) {
	_, _ = fmt.Sscan(string(u.Order.Remote), &i)
	return i
}

// The street is storage, queue, opener and budget of its poller.
func (s *street) Lock(context.Context, string, time.Duration) (string, error) { return "t", nil }
func (s *street) Unlock(context.Context, string, string) error                { return nil }

func (s *street) Account(_ context.Context, _ commerce.WorkspaceID, id commerce.AccountID) (port.Account, error) {
	return s.shops[id].account, nil
}

func (s *street) PutAccount(_ context.Context, a port.Account) (port.Account, error) {
	s.shops[a.ID].account = a
	return a, nil
}

func (s *street) Open(_ context.Context, _ commerce.WorkspaceID, id commerce.AccountID) (channel.Connector, error) {
	return s.shops[id], nil
}

func (s *street) Has(_ context.Context, a port.Account, u channel.Update) (time.Time, bool, error) {
	since, has := s.shops[a.ID].known[index(u)]
	return since, has, nil
}

func (s *street) Send(_ context.Context, _ string, messages ...port.Outgoing) error {
	for _, m := range messages {
		in := m.Body.(port.Inbound)
		var u struct {
			Order struct {
				Remote string `json:"remote_id"`
			}
		}
		if err := json.Unmarshal(in.Body, &u); err != nil {
			return err
		}
		s.shops[in.Account].learn(index(channel.Update{Order: &commerce.Order{Remote: commerce.RemoteID(u.Order.Remote)}}), in.FetchedAt)
	}
	return nil
}

func (s *street) Forecasts(context.Context, string) ([]port.Forecast, error) {
	return []port.Forecast{{Window: 24 * time.Hour, Limit: perDay, Left: perDay}}, nil
}

func (s *street) Booked(context.Context, string) (port.Booked, error) { return s.booked, nil }

func (s *street) PutBooked(_ context.Context, _ string, b port.Booked) (port.Booked, error) {
	s.booked = b
	return b, nil
}

func newStreet(t *testing.T, deaf ...func(time.Time) bool) *street {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	s := &street{clock: clock, shops: map[commerce.AccountID]*stall{}}
	s.poller = &poll.Poller{
		Store: s, Open: s.Open, Every: func(commerce.Channel) time.Duration { return time.Minute }, Longest: 15 * time.Minute, Pace: &poll.Pacer{Budgets: s, Store: s, Now: clock.Now}, Has: s.Has, Queue: s,
		Now: clock.Now, NewID: (&localtest.IDs{}).Next, Log: localtest.Quiet(),
	}
	for i, deaf := range deaf {
		id := commerce.AccountID(fmt.Sprint("shop", i))
		s.shops[id] = &stall{street: s, known: map[int]time.Time{}, seen: map[int]time.Duration{}, deaf: deaf,
			account: port.Account{ID: id, Space: "w", Kind: "marketplace", State: port.AccountActive, ClaimedAt: clock.Now(), NextPoll: clock.Now()}}
	}
	return s
}

// live lets a time pass minute by minute, as the schedule does.
func (s *street) live(t *testing.T, d time.Duration, r *rand.Rand) {
	t.Helper()
	for end := s.clock.Now().Add(d); s.clock.Now().Before(end); s.clock.Advance(time.Minute) {
		for i := range len(s.shops) {
			shop := s.shops[commerce.AccountID(fmt.Sprint("shop", i))]
			if r.IntN(72) == 0 { // twenty orders a day
				shop.orders = append(shop.orders, s.clock.Now())
				if !shop.deaf(s.clock.Now()) {
					shop.learn(len(shop.orders)-1, s.clock.Now().Add(time.Second))
				}
			}
			if !s.clock.Now().Before(shop.account.NextPoll) {
				must(t, s.poller.Poll(t.Context(), "w", shop.account.ID))
			}
		}
	}
}

// slowest is how long an order waited that no notification told of: the first
// one after they had ended, and any behind it.
func (s *stall) slowest() (first, later time.Duration) {
	quiet := time.Time{}
	for i, at := range s.orders {
		if !s.deaf(at) {
			quiet = time.Time{}
			continue
		}
		wait, seen := s.seen[i]
		if !seen {
			wait = s.street.clock.Now().Sub(at)
		}
		if quiet.IsZero() || at.Before(quiet) {
			first = max(first, wait)
			if quiet.IsZero() {
				quiet = at.Add(wait)
			}
			continue
		}
		later = max(later, wait)
	}
	return first, later
}

// A month of five shops on one application. One never has notifications, one
// loses them for two days, and for a day all do.
func TestAMonthOfPolls(t *testing.T) {
	t.Parallel()
	day := func(at time.Time) int { return at.Day() }
	all := func(at time.Time) bool { return day(at) == 20 }
	s := newStreet(t, all, all, all,
		func(at time.Time) bool { return all(at) || day(at) == 10 || day(at) == 11 },
		func(time.Time) bool { return true })
	s.live(t, 30*24*time.Hour, rand.New(rand.NewPCG(1, 2)))
	for id, shop := range s.shops {
		first, later := shop.slowest()
		t.Logf("%s: %d orders; untold, the first waited %s, one behind it at most %s", id, len(shop.orders), first, later)
		if first > 17*time.Minute || later > 10*time.Minute {
			t.Errorf("%s: an order nothing told of waited %s, one behind it %s", id, first, later)
		}
	}
	t.Logf("at most %d calls in 24 h", s.most)
	if s.most > perDay/5 {
		t.Errorf("polls made %d calls in 24 h, more than a fifth of %d", s.most, perDay)
	}
}

// Where every notification arrives, looking for lost ones takes half of what it
// may; where none does, all of it, and no shop is worse off than another.
func TestPollsByWhatIsHeard(t *testing.T) {
	t.Parallel()
	for _, deaf := range []bool{false, true} {
		s := newStreet(t, make([]func(time.Time) bool, 5)...)
		for _, shop := range s.shops {
			shop.deaf = func(time.Time) bool { return deaf }
		}
		r := rand.New(rand.NewPCG(3, 4))
		s.live(t, 24*time.Hour, r)
		s.calls, s.most = nil, 0
		s.live(t, 6*24*time.Hour, r)
		least, most := perDay*18/100, perDay/5
		if !deaf {
			least, most = perDay*9/100, perDay*11/100
		}
		if s.most < least || s.most > most {
			t.Errorf("deaf %t: %d calls in 24 h, want %d to %d", deaf, s.most, least, most)
		}
		for id, shop := range s.shops {
			if _, later := shop.slowest(); later > 11*time.Minute {
				t.Errorf("%s: an order waited %s", id, later)
			}
		}
	}
}
