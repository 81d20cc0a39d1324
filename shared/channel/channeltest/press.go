package channeltest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// ware is one product the seller lists, with what is left to be written.
type ware struct {
	product commerce.Product
	stock   map[commerce.VariantID]int64
	wanted  map[commerce.Channel]bool
	listing commerce.ListingID
	// todo are the groups that changed; notBefore is when they may be written.
	todo      []commerce.Group
	notBefore time.Time
	checkAt   time.Time
	// tries counts failed attempts; gaveUp is the refusal that ended them.
	tries  int
	gaveUp error
	errs   []error
}

const (
	maxRounds = 400
	maxTries  = 6
)

// publish brings wares to the marketplace the way the product does: it writes,
// settles what is open, looks at what is reviewed, and waits by the clock of
// the world until nothing is left to do.
func (s *seller) publish(wares ...*ware) {
	s.Helper()
	for range maxRounds {
		switch {
		case s.settle(wares), s.write(wares), s.look(wares):
		case s.idle(wares):
			return
		default:
			s.w.Advance(s.nextWake(wares).Sub(s.now()))
		}
		if s.w.Dead() {
			return
		}
	}
	for _, w := range wares {
		s.Errorf("listing %s is never done: todo %v, views %v, open calls %v, errors %v", w.listing, w.todo, s.books.listing(w.listing).Views, s.books.open(), w.errs)
	}
	s.FailNow()
}

func (s *seller) idle(wares []*ware) bool {
	if len(s.books.open()) > 0 {
		return false
	}
	for _, w := range wares {
		if len(w.todo) > 0 || !w.checkAt.IsZero() {
			return false
		}
	}
	return true
}

// nextWake is when the next thing is due, a second from now at the earliest.
func (s *seller) nextWake(wares []*ware) time.Time {
	var at []time.Time
	for _, c := range s.books.open() {
		at = append(at, c.CheckAt)
	}
	for _, w := range wares {
		if len(w.todo) > 0 && !s.books.busy(w.listing) {
			at = append(at, s.dueAt(w))
		}
		if !w.checkAt.IsZero() {
			at = append(at, w.checkAt)
		}
	}
	wake := s.now().Add(time.Second)
	if len(at) > 0 {
		if first := slices.MinFunc(at, time.Time.Compare); first.After(wake) {
			return first
		}
	}
	return wake
}

// dueAt is when a ware may be written: not sooner than the gather window of
// the channel allows.
func (s *seller) dueAt(w *ware) time.Time {
	at := w.notBefore
	if pushed := s.books.listing(w.listing).PushedAt; !pushed.IsZero() && pushed.Add(s.h.Driver.Rules.Gather).After(at) {
		at = pushed.Add(s.h.Driver.Rules.Gather)
	}
	return at
}

func (s *seller) change(w *ware) channel.Change {
	l := s.books.listing(w.listing)
	groups := w.todo
	if l.Remote == "" {
		groups = commerce.Groups()
	}
	for c, on := range w.wanted {
		v := l.Views[c]
		v.Channel, v.Wanted = c, on
		if l.Views == nil {
			l.Views = map[commerce.Channel]commerce.View{}
		}
		l.Views[c] = v
	}
	s.books.put(l)
	raw, err := json.Marshal([]any{w.product, w.stock, w.wanted})
	s.must("encode product", err)
	return channel.Change{
		Listing: l, Product: w.product, Stock: w.stock, Defaults: s.defaults(), Wanted: w.wanted, Groups: slices.Clone(groups),
		Key: commerce.Derive("rev", string(w.listing), string(raw)),
	}
}

// write sends one batch of what is due and says whether there was any.
func (s *seller) write(wares []*ware) bool {
	s.Helper()
	var batch []*ware
	var changes []channel.Change
	for _, w := range wares {
		if len(w.todo) == 0 || s.books.busy(w.listing) || s.dueAt(w).After(s.now()) || len(batch) == s.h.Driver.Rules.Batch {
			continue
		}
		c := s.change(w)
		s.books.writing(w.listing, c.Groups)
		batch, changes = append(batch, w), append(changes, c)
	}
	if len(batch) == 0 {
		return false
	}
	results, err := s.conn.(channel.ListingWriter).Apply(s.ctx, changes, s.books)
	if s.w.Dead() {
		return true
	}
	if err == nil && len(results) != len(changes) {
		s.Fatalf("Apply answers %d results for %d changes", len(results), len(changes))
	}
	for i, w := range batch {
		if err != nil {
			s.failed(w, err)
			continue
		}
		if results[i].Listing != w.listing {
			s.Fatalf("result %d is for listing %q, want %q: results must be in the order of the changes", i, results[i].Listing, w.listing)
		}
		s.result(w, results[i])
	}
	return true
}

func (s *seller) result(w *ware, r channel.Result) {
	s.Helper()
	l := s.books.merge(r)
	l.PushedAt = s.now()
	s.books.put(l)
	switch r.Outcome {
	case channel.Done, channel.Pending:
		w.todo, w.tries = nil, 0
	case channel.Refused:
		w.todo = nil
		w.gaveUp = fault.Refused(fault.Rejected, problemsOf(r)...)
	case channel.More:
		w.todo = without(w.todo, r.Done)
		w.tries++
	case channel.Failed:
		w.todo = without(w.todo, r.Done)
		s.failed(w, r.Err)
	default:
		s.later(w, r)
	}
	if r.Outcome == channel.Pending && len(s.books.open()) == 0 {
		s.Fatalf("Apply answers pending, but no call is open")
	}
	if r.Outcome != channel.Pending && !r.CheckAt.IsZero() && len(w.todo) == 0 {
		w.checkAt = r.CheckAt
	}
}

// later handles an outcome that waits by itself.
func (s *seller) later(w *ware, r channel.Result) {
	s.Helper()
	if r.CheckAt.IsZero() || r.Outcome == "" {
		s.Fatalf("unknown outcome %q", r.Outcome)
	}
	w.todo = without(w.todo, r.Done)
	w.notBefore = r.CheckAt
}

func problemsOf(r channel.Result) []commerce.Problem {
	var all []commerce.Problem
	for _, v := range r.Views {
		all = append(all, v.Problems...)
	}
	return all
}

// failed decides whether and when a failed change is tried again.
func (s *seller) failed(w *ware, err error) {
	s.Helper()
	w.errs = append(w.errs, err)
	w.tries++
	f := fault.Of(err)
	switch {
	case f == nil:
		s.Fatal("a failed result has no error")
	case f.Kind == fault.RateLimited && w.tries < maxTries:
		w.notBefore = s.now().Add(max(f.RetryAfter, time.Second))
	case (f.Kind == fault.Temporary || f.Kind == fault.Unknown) && w.tries < maxTries:
		w.notBefore = s.now().Add(time.Second << w.tries)
	default:
		w.todo, w.gaveUp = nil, err
	}
}

func without(list, gone []commerce.Group) []commerce.Group {
	return slices.DeleteFunc(slices.Clone(list), func(g commerce.Group) bool { return slices.Contains(gone, g) })
}

// settle asks for the outcome of the open calls whose time has come.
func (s *seller) settle(wares []*ware) bool {
	s.Helper()
	var due []channel.OpenCall
	for _, c := range s.books.open() {
		if c.CheckAt.After(s.now()) {
			continue
		}
		open := channel.OpenCall{Call: c}
		for _, w := range wares {
			if slices.Contains(c.Listings, w.listing) {
				change := s.change(w)
				change.Groups = c.Items[w.listing].Groups
				open.Changes = append(open.Changes, change)
			}
		}
		due = append(due, open)
	}
	if len(due) == 0 {
		return false
	}
	results, err := s.conn.(channel.ListingWriter).Settle(s.ctx, due, s.books)
	if s.w.Dead() {
		return true
	}
	if err != nil {
		for _, c := range due {
			s.books.postpone(c.Call, s.now().Add(max(fault.Of(err).RetryAfter, 10*time.Second)))
		}
		return true
	}
	for _, c := range due {
		s.settled(c, wares, results)
	}
	return true
}

func (s *seller) settled(c channel.OpenCall, wares []*ware, results []channel.Result) {
	s.Helper()
	var next time.Time
	for _, w := range wares {
		if !slices.Contains(c.Listings, w.listing) {
			continue
		}
		r := channel.Result{Listing: w.listing, Outcome: channel.More}
		if i := slices.IndexFunc(results, func(r channel.Result) bool { return r.Listing == w.listing }); i >= 0 {
			r = results[i]
		}
		s.books.merge(r)
		switch r.Outcome {
		case channel.Pending:
			next = r.CheckAt
		case channel.Refused:
			w.gaveUp = fault.Refused(fault.Rejected, problemsOf(r)...)
		case channel.More, channel.Failed:
			w.errs = append(w.errs, fmt.Errorf("settle %s: %s: %w", c.Kind, r.Outcome, r.Err))
			w.todo = union(w.todo, c.Items[w.listing].Groups)
		case channel.Done:
			if !r.CheckAt.IsZero() {
				w.checkAt = r.CheckAt
			}
		}
	}
	if next.IsZero() {
		s.books.forget(c.ID)
		return
	}
	s.books.postpone(c.Call, next)
}

func union(a, b []commerce.Group) []commerce.Group {
	if len(b) == 0 {
		b = commerce.Groups()
	}
	for _, g := range b {
		if !slices.Contains(a, g) {
			a = append(a, g)
		}
	}
	return a
}

// look reads back the wares whose review goes on.
func (s *seller) look(wares []*ware) bool {
	s.Helper()
	var due []*ware
	var listings []commerce.Listing
	for _, w := range wares {
		if !w.checkAt.IsZero() && !w.checkAt.After(s.now()) {
			due, listings = append(due, w), append(listings, s.books.listing(w.listing))
		}
	}
	if len(due) == 0 {
		return false
	}
	results, err := s.conn.(channel.ListingReader).Listings(s.ctx, listings)
	for _, w := range due {
		w.tries++
		w.checkAt = s.now().Add(min(2*time.Second<<min(w.tries, 6), time.Minute))
		if err != nil {
			w.errs = append(w.errs, err)
			continue
		}
		i := slices.IndexFunc(results, func(r channel.Result) bool { return r.Listing == w.listing })
		if i < 0 {
			s.Errorf("listing %s is not found again", w.listing)
			w.checkAt = time.Time{}
			continue
		}
		if l := s.books.merge(results[i]); !inReview(l) {
			w.checkAt, w.tries = time.Time{}, 0
		}
	}
	return true
}

func inReview(l commerce.Listing) bool {
	for _, v := range l.Views {
		if v.Wanted && v.State == commerce.ListingInReview {
			return true
		}
	}
	return false
}
