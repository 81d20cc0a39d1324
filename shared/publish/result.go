package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// result stores the outcome of one change and removes the marks it fulfilled.
// The listing is stored first and the marks go last: a crash in between
// repeats what changes nothing, and loses nothing.
func (r *run) result(ctx context.Context, j *job, res channel.Result) error {
	l := r.overlay(r.merge(j.change.Listing, res), j, res)
	l.PushedAt = r.Now()
	done, rest := j.marks, verdict{}
	switch res.Outcome {
	case channel.Done, channel.Pending:
		l.Shown = with(l.Shown, j.shown, j.change.Groups)
		if !someWanted(j.change.Wanted) {
			l.Shown = j.shown
		}
	case channel.Refused:
		l.Shown = with(l.Shown, j.shown, res.Done)
		l.Shown = holdAll(l.Shown, left(j.change.Groups, res.Done))
	case channel.More, channel.Failed, channel.Later:
		done = marksOf(j.marks, res.Done)
		l.Shown = with(l.Shown, j.shown, res.Done)
		remaining := left(j.marks, done)
		switch res.Outcome {
		case channel.Failed:
			var err error
			if rest, err = r.failed(ctx, &l, remaining, res.Err); err != nil {
				return err
			}
		case channel.Later:
			rest.park = r.postponed(remaining, res.CheckAt)
		}
	default:
		return fault.New(fault.Internal, "unknown_outcome", "The connector of %s answered outcome %q.", r.writer.Channel, res.Outcome)
	}
	l.Shown = holdAll(l.Shown, j.held)
	if err := r.put(ctx, l); err != nil {
		return err
	}
	more, err := r.soldMeanwhile(ctx, j)
	if err != nil {
		return err
	}
	if lookAgain(j.change.Listing, res) {
		more = append(more, r.mark(port.LaneCheck, j.product.ID, res.CheckAt))
	}
	if err := r.Store.PutMarks(ctx, more); err != nil {
		return fmt.Errorf("mark %s again: %w", l.ID, err)
	}
	rest.drop = append(rest.drop, done...)
	return r.conclude(ctx, rest)
}

// verdict is what happens to marks.
type verdict struct{ drop, park []port.Mark }

func (r *run) conclude(ctx context.Context, v verdict) error {
	if len(v.park) > 0 {
		if err := r.Store.ParkMarks(ctx, v.park); err != nil {
			return fmt.Errorf("park marks of %s: %w", r.target.ID, err)
		}
	}
	if len(v.drop) == 0 {
		return nil
	}
	if err := r.Store.DropMarks(ctx, v.drop); err != nil {
		return fmt.Errorf("drop marks of %s: %w", r.target.ID, err)
	}
	return nil
}

// soldMeanwhile marks the stock again when the target's own sales moved it
// while it was being written: that write may have hidden the sale. It looks
// after the time of the write is stored: a sale that is settled later sees it.
func (r *run) soldMeanwhile(ctx context.Context, j *job) ([]port.Mark, error) {
	if !j.change.Has(commerce.GroupStock) {
		return nil, nil
	}
	now, err := r.Store.Levels(ctx, r.space, slices.Collect(maps.Keys(j.levels)))
	if err != nil {
		return nil, fmt.Errorf("read stock again: %w", err)
	}
	for id, was := range j.levels {
		if now[id].Version != was.Version && now[id].LastTarget == r.target.ID {
			return []port.Mark{r.mark(port.LaneStock, j.product.ID, time.Time{})}, nil
		}
	}
	return nil, nil
}

func (r *run) mark(lane port.Lane, p commerce.ProductID, notBefore time.Time) port.Mark {
	return port.Mark{Space: r.space, Target: r.target.ID, Lane: lane, Product: p, Version: r.NewID(), NotBefore: notBefore}
}

func marksOf(marks []port.Mark, groups []commerce.Group) []port.Mark {
	var of []port.Mark
	for _, m := range marks {
		if slices.Contains(groups, m.Lane.Group()) {
			of = append(of, m)
		}
	}
	return of
}

func with(have, next map[commerce.Group]string, groups []commerce.Group) map[commerce.Group]string {
	merged := maps.Clone(have)
	if merged == nil {
		merged = map[commerce.Group]string{}
	}
	for _, g := range groups {
		merged[g] = next[g]
	}
	return merged
}

func holdAll(have map[commerce.Group]string, groups []commerce.Group) map[commerce.Group]string {
	if len(groups) == 0 {
		return have
	}
	next := make(map[commerce.Group]string, len(groups))
	for _, g := range groups {
		next[g] = held
	}
	return with(have, next, groups)
}

func without(have map[commerce.Group]string, groups []commerce.Group) map[commerce.Group]string {
	left := maps.Clone(have)
	for _, g := range groups {
		delete(left, g)
	}
	return left
}

func left[T comparable](all, done []T) []T {
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return slices.Contains(done, v) })
}
