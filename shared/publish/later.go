package publish

import (
	"context"
	"fmt"
	"math"
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

// postponed are marks of one listing that wait. Nothing failed: no attempt
// counts.
func (r *run) postponed(marks []port.Mark, until time.Time) []port.Mark {
	for i := range marks {
		marks[i].NotBefore, marks[i].Reason = latest(until, r.Now().Add(time.Second)), reasonLater
	}
	return marks
}

// letGo ends the waiting of listings whose review is over.
func (r *run) letGo(ctx context.Context, products []commerce.ProductID) error {
	if len(products) == 0 {
		return nil
	}
	var waiting []port.Mark
	for _, g := range commerce.Groups() {
		lane := port.LaneOf(g)
		if _, looked := r.seen[lane]; !looked { // it is parked as a whole
			if _, err := r.look(ctx, lane, math.MaxInt, func(port.Mark) bool { return true }); err != nil {
				return err
			}
		}
		for _, m := range r.seen[lane] {
			if slices.Contains(products, m.Product) && m.Reason == reasonLater {
				m.NotBefore, m.Reason = time.Time{}, ""
				waiting = append(waiting, m)
			}
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	if err := r.Store.ParkMarks(ctx, waiting); err != nil {
		return fmt.Errorf("let reviewed listings of %s go: %w", r.target.ID, err)
	}
	return nil
}
