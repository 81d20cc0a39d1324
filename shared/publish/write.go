package publish

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// write sends one batch and stores what came of it.
func (r *run) write(ctx context.Context, jobs []*job) error {
	changes := make([]channel.Change, 0, len(jobs))
	sent := make([]*job, 0, len(jobs))
	for _, j := range jobs {
		ready, err := r.ready(ctx, j)
		if err != nil {
			return err
		}
		if ready {
			changes, sent = append(changes, j.change), append(sent, j)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	saver := &saver{run: r, jobs: sent}
	call, cancel := context.WithDeadline(ctx, time.Now().Add(r.until.Sub(r.Now())))
	defer cancel()
	results, err := r.conn.Apply(call, changes, saver)
	if err != nil {
		return r.stopped(ctx, sent, err)
	}
	if len(results) != len(changes) {
		return fault.New(fault.Internal, "results_missing", "The connector of %s answered %d results for %d changes.", r.writer.Channel, len(results), len(changes))
	}
	var stop error
	for i, result := range results {
		if err := r.result(ctx, sent[i], result); err != nil {
			stop = errors.Join(stop, err)
		}
	}
	return errors.Join(stop, r.pushed(ctx))
}

// ready decides what needs no call: content that is refused before it is sent,
// and content the marketplace already shows.
func (r *run) ready(ctx context.Context, j *job) (bool, error) {
	l := j.change.Listing
	anyWanted := slices.Contains(slices.Collect(maps.Values(j.change.Wanted)), true)
	for c, problems := range j.problems {
		l.Views = setView(l.Views, c, channel.View{State: commerce.ListingRejected, Problems: problems}, r.Now())
	}
	for c := range j.change.Wanted {
		v := l.Views[c]
		v.Channel, v.Wanted = c, j.change.Wanted[c] || len(j.problems[c]) > 0
		if !v.Wanted && v.State != commerce.ListingEnded && v.State != commerce.ListingPaused && l.Remote == "" {
			v.State, v.Since = commerce.ListingPaused, r.Now()
		}
		l.Views[c] = v
	}
	j.change.Listing = l
	if len(j.change.Groups) > 0 && (anyWanted || l.Remote != "") {
		return true, nil
	}
	return false, r.put(ctx, l, j.marks, "")
}

// pushed notes the time of a write where the target as a whole gathers.
func (r *run) pushed(ctx context.Context) error {
	if !r.rules.GatherTarget {
		return nil
	}
	r.target.PushedAt = r.Now()
	put, err := r.Store.PutTarget(ctx, r.target)
	if fault.Is(err, fault.Conflict) {
		if r.target, err = r.Store.Target(ctx, r.space, r.target.ID); err != nil {
			return err
		}
		r.target.PushedAt = r.Now()
		put, err = r.Store.PutTarget(ctx, r.target)
	}
	if err == nil {
		r.target = put
	}
	return err
}

// result stores the outcome of one change and removes the marks it fulfilled.
func (r *run) result(ctx context.Context, j *job, res channel.Result) error {
	l := r.merge(j.change.Listing.ID, j.change.Listing, res)
	l.PushedAt = r.Now()
	done := j.marks
	switch res.Outcome {
	case channel.Done, channel.Pending, channel.Refused:
		l.Shown = j.shown
		if res.Outcome == channel.Refused {
			l.Shown = without(l.Shown, j.change.Groups, res.Done)
		}
	case channel.More:
		done = marksOf(j.marks, res.Done)
		l.Shown = with(l.Shown, j.shown, res.Done)
	case channel.Failed:
		done = marksOf(j.marks, res.Done)
		l.Shown = with(l.Shown, j.shown, res.Done)
		if err := r.failed(ctx, &l, left(j.marks, done), res.Err); err != nil {
			return err
		}
	case channel.Later:
		done = marksOf(j.marks, res.Done)
		l.Shown = with(l.Shown, j.shown, res.Done)
		if err := r.postpone(ctx, left(j.marks, done), res.CheckAt); err != nil {
			return err
		}
	default:
		return fault.New(fault.Internal, "unknown_outcome", "The connector of %s answered outcome %q.", r.writer.Channel, res.Outcome)
	}
	if err := r.put(ctx, l, done, ""); err != nil {
		return err
	}
	if lookAgain(j.change.Listing, res) {
		if err := r.Store.PutMarks(ctx, []port.Mark{r.mark(port.LaneCheck, j.product.ID, res.CheckAt)}); err != nil {
			return fmt.Errorf("mark %s to be read back: %w", l.ID, err)
		}
	}
	return r.soldMeanwhile(ctx, j)
}

// soldMeanwhile marks the stock again when the target's own sales moved it
// while it was being written: that write may have hidden the sale.
func (r *run) soldMeanwhile(ctx context.Context, j *job) error {
	if !j.change.Has(commerce.GroupStock) {
		return nil
	}
	now, err := r.Store.Levels(ctx, r.space, slices.Collect(maps.Keys(j.levels)))
	if err != nil {
		return fmt.Errorf("read stock again: %w", err)
	}
	for id, was := range j.levels {
		if now[id].Version != was.Version && now[id].LastTarget == r.target.ID {
			return r.Store.PutMarks(ctx, []port.Mark{r.mark(port.LaneStock, j.product.ID, time.Time{})})
		}
	}
	return nil
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

func without(have map[commerce.Group]string, groups, except []commerce.Group) map[commerce.Group]string {
	left := maps.Clone(have)
	for _, g := range groups {
		if !slices.Contains(except, g) {
			delete(left, g)
		}
	}
	return left
}

// merge lays a result over the listing as it is stored now.
func (r *run) merge(id commerce.ListingID, fallback commerce.Listing, res channel.Result) commerce.Listing {
	l, known := r.listings[id]
	if !known {
		l = fallback
	}
	l.Views = maps.Clone(fallback.Views)
	if res.Remote != "" {
		l.Remote = res.Remote
	}
	if len(res.Items) > 0 {
		items := maps.Clone(l.Items)
		if items == nil {
			items = map[commerce.VariantID]commerce.RemoteID{}
		}
		maps.Copy(items, res.Items)
		l.Items = items
	}
	if res.Extra != nil {
		l.Extra = res.Extra
	}
	for c, v := range res.Views {
		l.Views = setView(l.Views, c, v, r.Now())
	}
	return l
}

func setView(views map[commerce.Channel]commerce.View, c commerce.Channel, v channel.View, now time.Time) map[commerce.Channel]commerce.View {
	next := maps.Clone(views)
	if next == nil {
		next = map[commerce.Channel]commerce.View{}
	}
	old := next[c]
	view := commerce.View{Channel: c, Wanted: old.Wanted, State: v.State, Review: v.Review, Problems: v.Problems, URL: v.URL, Waiting: v.Waiting, Since: old.Since}
	if view.URL == "" {
		view.URL = old.URL
	}
	if view.State == "" {
		view.State = old.State
	}
	if view.State != old.State || view.Since.IsZero() {
		view.Since = now
	}
	next[c] = view
	return next
}

// put stores a listing and removes marks; the listing first, so that a crash
// in between repeats a write that changes nothing.
func (r *run) put(ctx context.Context, l commerce.Listing, drop []port.Mark, endCall string) error {
	l.UpdatedAt = r.Now()
	for range 3 {
		put, err := r.Store.PutListing(ctx, r.space, port.ListingWrite{Listing: l, Title: r.titles[l.Product], Drop: drop, EndCall: endCall})
		if err == nil {
			r.listings[l.ID] = put
			delete(r.calls, endCall)
			return nil
		}
		if !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("put listing %s: %w", l.ID, err)
		}
		// Only this worker writes what was sent; others add views or wishes.
		stored, err := r.Store.Listing(ctx, r.space, l.ID)
		if err != nil {
			return fmt.Errorf("read listing %s: %w", l.ID, err)
		}
		l.Version = stored.Version
	}
	return fault.New(fault.Temporary, "listing_contended", "Listing %s changes too fast to be written now.", l.ID)
}
