package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// rest stores on the target when the next thing is due, so that maintain wakes
// it even if the nudge is lost. It answers when to send that nudge: zero when
// nothing waits, or when the run that stored the same time has sent it.
func (r *run) rest(ctx context.Context) (time.Time, error) {
	wake, err := r.wake(ctx)
	if err != nil {
		return wake, err
	}
	if wake.Equal(r.target.WakeAt) {
		if wake.After(r.Now()) {
			return time.Time{}, nil
		}
		return wake, nil
	}
	r.target.WakeAt = wake
	put, err := r.Store.PutTarget(ctx, r.target)
	if fault.Is(err, fault.Conflict) {
		return r.Now().Add(time.Second), nil // somebody edited the target: look again soon
	}
	if err != nil {
		return wake, fmt.Errorf("store when target %s wakes: %w", r.target.ID, err)
	}
	r.target = put
	return wake, nil
}

// wake is when the next thing is due, not before now; zero is never.
func (r *run) wake(ctx context.Context) (time.Time, error) {
	var wake time.Time
	sooner := func(at time.Time) {
		if at = latest(at, r.Now()); wake.IsZero() || at.Before(wake) {
			wake = at
		}
	}
	for _, c := range r.calls {
		sooner(c.CheckAt)
	}
	busy := r.busy()
	for _, lane := range lanes() {
		if lane == port.LaneCheck && r.reader == nil {
			continue
		}
		if until := r.target.Lanes[lane].Until; until.After(r.Now()) {
			// One mark is enough to know that the lane has to be looked at.
			marks, err := r.Store.ListMarks(ctx, r.space, r.target.ID, lane, 1)
			if err != nil {
				return wake, fmt.Errorf("look at lane %d of %s: %w", lane, r.target.ID, err)
			}
			if len(marks) > 0 {
				sooner(until)
			}
			continue
		}
		// Marks that came after the last look have a nudge of their own.
		for _, m := range r.seen[lane] {
			switch {
			case lane == port.LaneCheck:
				sooner(m.NotBefore)
			case !busy[m.Product]: // else its call is waited for
				sooner(latest(m.NotBefore, r.gathered(m.Product)))
			}
		}
	}
	return wake, nil
}

// busy are the products in open calls: an item is never in two at a time.
func (r *run) busy() map[commerce.ProductID]bool {
	busy := map[commerce.ProductID]bool{}
	for _, c := range r.calls {
		for _, p := range c.Products {
			busy[p] = true
		}
	}
	return busy
}

func lanes() []port.Lane {
	return []port.Lane{port.LaneStock, port.LanePrice, port.LaneText, port.LaneImages, port.LaneCheck}
}

func latest(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// gathered is until when changes of a product are gathered before the next
// write.
func (r *run) gathered(p commerce.ProductID) time.Time {
	pushed := r.target.PushedAt
	if !r.rules.GatherTarget {
		pushed = r.listings[port.ListingIDOf(r.target.ID, p)].PushedAt
	}
	if pushed.IsZero() {
		return pushed
	}
	return pushed.Add(r.rules.Gather)
}
