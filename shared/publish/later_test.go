package publish

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// shelf is the storage of one target in memory: what a worker needs of it.
type shelf struct {
	Store               // what is not here is not called
	mu       sync.Mutex // listings are put side by side
	target   port.Target
	products map[commerce.ProductID]commerce.Product
	listings map[commerce.ListingID]commerce.Listing
	marks    map[string]port.Mark
	onHand   int64
}

func markKey(m port.Mark) string { return fmt.Sprint(m.Lane, "#", m.Product) }

func (s *shelf) Lock(context.Context, string, time.Duration) (string, error) { return "t", nil }
func (s *shelf) Unlock(context.Context, string, string) error                { return nil }
func (s *shelf) Arrange(context.Context, string, time.Time) (bool, error)    { return true, nil }

func (s *shelf) Workspace(context.Context, commerce.WorkspaceID) (port.Workspace, error) {
	return port.Workspace{}, nil
}

func (s *shelf) Account(context.Context, commerce.WorkspaceID, commerce.AccountID) (port.Account, error) {
	return port.Account{ID: "acc", Channel: "stall", State: port.AccountActive}, nil
}

func (s *shelf) Target(context.Context, commerce.WorkspaceID, commerce.TargetID) (port.Target, error) {
	return s.target, nil
}

func (s *shelf) PutTarget(_ context.Context, t port.Target) (port.Target, error) {
	s.target = t
	return t, nil
}

func (s *shelf) ListCalls(context.Context, commerce.WorkspaceID, commerce.TargetID) ([]port.Call, error) {
	return nil, nil
}

func (s *shelf) ListMarks(_ context.Context, _ commerce.WorkspaceID, _ commerce.TargetID, lane port.Lane, _ int) ([]port.Mark, error) {
	var found []port.Mark
	for _, m := range s.marks {
		if m.Lane == lane {
			found = append(found, m)
		}
	}
	return found, nil
}

func (s *shelf) PutMarks(_ context.Context, marks []port.Mark) error {
	for _, m := range marks {
		s.marks[markKey(m)] = m
	}
	return nil
}

func (s *shelf) ParkMarks(_ context.Context, marks []port.Mark) error {
	for _, m := range marks {
		if s.marks[markKey(m)].Version == m.Version {
			s.marks[markKey(m)] = m
		}
	}
	return nil
}

func (s *shelf) DropMarks(_ context.Context, marks []port.Mark) error {
	for _, m := range marks {
		if s.marks[markKey(m)].Version == m.Version {
			delete(s.marks, markKey(m))
		}
	}
	return nil
}

func (s *shelf) Products(_ context.Context, _ commerce.WorkspaceID, ids []commerce.ProductID) ([]commerce.Product, error) {
	var found []commerce.Product
	for _, id := range ids {
		found = append(found, s.products[id])
	}
	return found, nil
}

func (s *shelf) Levels(_ context.Context, _ commerce.WorkspaceID, ids []commerce.VariantID) (map[commerce.VariantID]commerce.StockLevel, error) {
	levels := map[commerce.VariantID]commerce.StockLevel{}
	for _, id := range ids {
		levels[id] = commerce.StockLevel{Variant: id, OnHand: s.onHand}
	}
	return levels, nil
}

func (s *shelf) Listings(_ context.Context, _ commerce.WorkspaceID, ids []commerce.ListingID) ([]commerce.Listing, error) {
	var found []commerce.Listing
	for _, id := range ids {
		if l, ok := s.listings[id]; ok {
			found = append(found, l)
		}
	}
	return found, nil
}

func (s *shelf) PutListing(ctx context.Context, _ commerce.WorkspaceID, w port.ListingWrite) (commerce.Listing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listings[w.Listing.ID] = w.Listing
	return w.Listing, s.DropMarks(ctx, w.Drop)
}

// gatekeeper reviews products: it takes stock of those on sale only.
type gatekeeper struct {
	channel.ListingWriter
	now    func() time.Time
	review map[commerce.ProductID]bool
	writes []commerce.ProductID
	wait   time.Duration
}

func (g *gatekeeper) Channel() commerce.Channel                           { return "stall" }
func (g *gatekeeper) Check(context.Context) (h channel.Health, err error) { return h, nil }

func (g *gatekeeper) state(p commerce.ProductID) map[commerce.Channel]channel.View {
	if g.review[p] {
		return map[commerce.Channel]channel.View{"stall": {State: commerce.ListingInReview, Waiting: "a review"}}
	}
	return map[commerce.Channel]channel.View{"stall": {State: commerce.ListingLive}}
}

func (g *gatekeeper) Apply(_ context.Context, changes []channel.Change, _ channel.Saver) ([]channel.Result, error) {
	var results []channel.Result
	for _, c := range changes {
		g.writes = append(g.writes, c.Product.ID)
		r := channel.Result{Listing: c.Listing.ID, Outcome: channel.Done, Views: g.state(c.Product.ID)}
		if g.review[c.Product.ID] {
			r.Outcome, r.CheckAt = channel.Later, g.now().Add(g.wait)
		}
		results = append(results, r)
	}
	return results, nil
}

func (g *gatekeeper) Listings(_ context.Context, listings []commerce.Listing) ([]channel.Result, error) {
	var results []channel.Result
	for _, l := range listings {
		results = append(results, channel.Result{Listing: l.ID, Views: g.state(l.Product)})
	}
	return results, nil
}

// mailbox takes nudges.
type mailbox struct{ delays []time.Duration }

func (b *mailbox) Send(_ context.Context, _ string, messages ...port.Outgoing) error {
	for _, m := range messages {
		b.delays = append(b.delays, m.Delay)
	}
	return nil
}

type stallTest struct {
	*testing.T
	mu     sync.Mutex
	at     time.Time
	ids    int
	shelf  *shelf
	keeper *gatekeeper
	box    *mailbox
	worker *Worker
}

func newStall(t *testing.T, products ...commerce.ProductID) *stallTest {
	s := &stallTest{T: t, at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), box: &mailbox{}}
	now := func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.at = s.at.Add(time.Millisecond) // work takes time
		return s.at
	}
	s.shelf = &shelf{
		target:   port.Target{ID: "tgt", Space: "w", Writer: "acc", Accounts: map[commerce.Channel]commerce.AccountID{"stall": "acc"}},
		products: map[commerce.ProductID]commerce.Product{}, listings: map[commerce.ListingID]commerce.Listing{}, marks: map[string]port.Mark{},
	}
	s.keeper = &gatekeeper{now: now, review: map[commerce.ProductID]bool{}, wait: 15 * time.Minute}
	s.worker = &Worker{
		Store: s.shelf, Queue: s.box, Now: now, Log: slog.New(slog.DiscardHandler),
		Open: func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
			return s.keeper, nil
		},
		Rules: func(commerce.Channel) channel.Rules { return channel.Rules{Batch: 5} },
		NewID: func() string { s.ids++; return fmt.Sprintf("%06d", s.ids) },
		Expired: func(context.Context, commerce.WorkspaceID, commerce.AccountID, string) error {
			return fault.New(fault.Internal, "no", "no")
		},
	}
	for _, id := range products {
		p := commerce.Product{ID: id, Title: "Thing " + string(id), Version: 1, Variants: []commerce.Variant{{ID: "var_" + commerce.VariantID(id), Price: commerce.Money{Amount: 5, Currency: "USD"}}}}
		s.shelf.products[id] = p
		l := NewListing(s.shelf.target, p, s.at)
		l.Remote = "remote_" + commerce.RemoteID(id)
		s.shelf.listings[l.ID] = l
	}
	return s
}

func (s *stallTest) mark(p commerce.ProductID) {
	s.ids++
	m := port.Mark{Space: "w", Target: "tgt", Lane: port.LaneStock, Product: p, Version: fmt.Sprintf("%06d", s.ids)}
	s.shelf.marks[markKey(m)] = m
}

func (s *stallTest) run() {
	s.Helper()
	s.keeper.writes = nil
	if err := s.worker.Run(s.Context(), port.Nudge{Space: "w", Key: "tgt"}); err != nil {
		s.Fatal(err)
	}
}

func (s *stallTest) view(p commerce.ProductID) commerce.View {
	return s.shelf.listings[port.ListingIDOf("tgt", p)].Views["stall"]
}

func TestLaterHoldsUpOneListingOnly(t *testing.T) {
	t.Parallel()
	s := newStall(t, "a", "b")
	s.keeper.review["a"] = true
	s.mark("a")
	s.mark("b")
	s.run()
	if len(s.keeper.writes) != 2 {
		t.Fatalf("wrote %v: what waits must not be tried again at once", s.keeper.writes)
	}
	m, waits := s.shelf.marks["1#a"]
	if !waits || m.Attempts != 0 || m.NotBefore.Before(s.at.Add(14*time.Minute)) {
		t.Errorf("mark %+v: it waits until CheckAt, uncounted", m)
	}
	if _, left := s.shelf.marks["1#b"]; left || len(s.shelf.target.Lanes) > 0 {
		t.Errorf("marks %v, lanes %v: another listing is held up", s.shelf.marks, s.shelf.target.Lanes)
	}
	if v := s.view("a"); v.Waiting != "a review" || v.State != commerce.ListingInReview {
		t.Errorf("view %+v", v)
	}
	s.run()
	if len(s.keeper.writes) > 0 {
		t.Errorf("wrote %v before the time", s.keeper.writes)
	}
	s.shelf.onHand = 7
	s.mark("b")
	s.run()
	if len(s.keeper.writes) != 1 || s.keeper.writes[0] != "b" {
		t.Errorf("wrote %v, want b", s.keeper.writes)
	}
}

func TestLaterEndsWithTheReview(t *testing.T) {
	t.Parallel()
	s := newStall(t, "a")
	s.keeper.review["a"] = true
	s.mark("a")
	s.run()
	if _, looks := s.shelf.marks["8#a"]; !looks {
		t.Fatalf("marks %v: nobody looks after the review", s.shelf.marks)
	}
	s.keeper.review["a"] = false
	look := s.shelf.marks["8#a"]
	look.NotBefore, look.Version = time.Time{}, "told by the marketplace"
	s.shelf.marks["8#a"] = look
	s.run()
	if len(s.keeper.writes) != 1 || len(s.shelf.marks) > 0 {
		t.Errorf("wrote %v, marks left %v: the stock follows the review at once", s.keeper.writes, s.shelf.marks)
	}
	if v := s.view("a"); v.State != commerce.ListingLive || v.Waiting != "" {
		t.Errorf("view %+v", v)
	}
}

func TestLaterDoesNotPutOffALookThatIsDue(t *testing.T) {
	t.Parallel()
	s := newStall(t, "a")
	s.keeper.review["a"] = true
	s.mark("a")
	s.run()
	due := s.shelf.marks["8#a"]
	due.NotBefore = s.at.Add(time.Second)
	s.shelf.marks["8#a"] = due
	s.mark("a")
	s.run()
	if got := s.shelf.marks["8#a"]; !got.NotBefore.Equal(due.NotBefore) {
		t.Errorf("the look was put off from %s to %s", due.NotBefore, got.NotBefore)
	}
}
