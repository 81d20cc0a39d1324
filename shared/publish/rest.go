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
	if at := r.feedAt(); !at.IsZero() {
		sooner(at)
	}
	busy, err := r.busy(ctx)
	if err != nil {
		return wake, err
	}
	for _, lane := range lanes() {
		if lane == port.LaneCheck && (r.reader == nil || r.target.Feed) {
			continue
		}
		until := r.target.Lanes[lane].Until
		if lane != port.LaneCheck {
			until = latest(until, r.gatheredTarget())
		}
		if _, looked := r.seen[lane]; !looked || until.After(r.Now()) {
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
// write, where each listing gathers by itself.
func (r *run) gathered(p commerce.ProductID) time.Time {
	pushed := r.listings[port.ListingIDOf(r.target.ID, p)].PushedAt
	if r.rules.GatherTarget || pushed.IsZero() {
		return time.Time{}
	}
	return pushed.Add(r.rules.Gather)
}

// gatheredTarget is until when changes are gathered where the target as a whole
// does.
func (r *run) gatheredTarget() time.Time {
	if !r.rules.GatherTarget || r.target.PushedAt.IsZero() {
		return time.Time{}
	}
	return r.target.PushedAt.Add(r.rules.Gather)
}
