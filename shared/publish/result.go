package publish

import (
	"context"
	"maps"
	"slices"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// outcome is what has to be stored of a change's result. What is pending
// stores nothing but what it has told: its marks stay until its call is
// settled.
func (r *run) outcome(ctx context.Context, j *job, res channel.Result) (deed, error) {
	if res.Outcome == channel.Pending {
		if untold(res) {
			return deed{}, nil
		}
		l := r.merge(j.change.Listing, res)
		return deed{listing: &l}, nil
	}
	l := r.overlay(r.merge(j.change.Listing, res), j, res)
	l.PushedAt = r.Now()
	d := deed{listing: &l, drop: j.marks}
	undone := left(j.change.Groups, res.Done)
	switch res.Outcome {
	case channel.Done:
		l.Shown = with(l.Shown, j.shown, j.change.Groups)
		if j.shown[commerce.GroupStock] == gone {
			l.Shown = j.shown
		}
	case channel.Refused:
		l.Shown = holdAll(with(l.Shown, j.shown, res.Done), undone)
	case channel.More, channel.Failed, channel.Later:
		l.Shown = with(l.Shown, j.shown, res.Done)
		if j.open { // nobody knows what of it is shown
			l.Shown = without(l.Shown, undone)
		}
		d.drop = marksOf(j.marks, res.Done)
		if err := r.undone(ctx, j, res, &d); err != nil {
			return deed{}, err
		}
	default:
		return deed{}, fault.New(fault.Internal, "unknown_outcome", "The connector of %s answered outcome %q.", r.writer.Channel, res.Outcome)
	}
	l.Shown = holdAll(l.Shown, j.held)
	if j.change.Has(commerce.GroupStock) {
		d.wrote = j
	}
	if lookAgain(j.change.Listing, res) {
		d.again = append(d.again, r.markLook(j.product.ID, res))
	}
	return d, nil
}

// undone decides about the marks of what is not shown yet.
func (r *run) undone(ctx context.Context, j *job, res channel.Result, d *deed) error {
	remaining := left(j.marks, d.drop)
	switch res.Outcome {
	case channel.Failed:
		f := fault.Of(res.Err)
		if f == nil {
			f = fault.New(fault.Internal, "no_reason", "The connector of %s gave no reason.", r.writer.Channel)
		}
		r.Log.InfoContext(ctx, "listing not written", "channel", r.writer.Channel, "account", r.writer.ID, "listing", d.listing.ID, "kind", f.Kind, "err", f.Error())
		if err := r.failed(ctx, d, remaining, f); err != nil {
			return err
		}
		if j.open && len(d.drop) > 0 { // given up
			d.listing.Shown = holdAll(d.listing.Shown, j.change.Groups)
		}
	case channel.Later:
		d.park = r.postponed(remaining, res.CheckAt)
	}
	return nil
}

// untold says that a result tells nothing about its listing.
func untold(res channel.Result) bool {
	return len(res.Done) == 0 && res.Remote == "" && res.Items == nil && res.Extra == nil && res.Views == nil
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
