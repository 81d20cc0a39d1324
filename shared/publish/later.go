package publish

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// lookAgain says whether a listing is to be read back at CheckAt. One that was
// under review before and only waits is being read back already.
func lookAgain(was commerce.Listing, res channel.Result) bool {
	switch {
	case res.CheckAt.IsZero(), res.Outcome == channel.Pending:
		return false
	case res.Outcome == channel.Later:
		return reviewed(res.Views) && !underReview(was)
	}
	return true
}

func reviewed(views map[commerce.Channel]channel.View) bool {
	for _, v := range views {
		if v.State == commerce.ListingInReview {
			return true
		}
	}
	return false
}

func underReview(l commerce.Listing) bool {
	for _, v := range l.Views {
		if v.State == commerce.ListingInReview {
			return true
		}
	}
	return false
}

// reasonLater marks what waits for its own listing, so that it can be let go
// early.
const reasonLater = "later"

// postpone lets marks of one listing wait. Nothing failed: no attempt counts.
func (r *run) postpone(ctx context.Context, marks []port.Mark, until time.Time) error {
	for i := range marks {
		marks[i].NotBefore, marks[i].Reason = latest(until, r.Now().Add(time.Second)), reasonLater
	}
	return r.Store.ParkMarks(ctx, marks)
}

// letGo ends the waiting of a listing whose review is over.
func (r *run) letGo(ctx context.Context, p commerce.ProductID) error {
	var waiting []port.Mark
	for _, g := range commerce.Groups() {
		marks, err := r.Store.ListMarks(ctx, r.space, r.target.ID, port.LaneOf(g), readMarks)
		if err != nil {
			return fmt.Errorf("read what waits for product %s: %w", p, err)
		}
		for _, m := range marks {
			if m.Product == p && m.Reason == reasonLater {
				m.NotBefore, m.Reason = time.Time{}, ""
				waiting = append(waiting, m)
			}
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return r.Store.ParkMarks(ctx, waiting)
}

func left(marks, done []port.Mark) []port.Mark {
	return slices.DeleteFunc(slices.Clone(marks), func(m port.Mark) bool { return slices.Contains(done, m) })
}
