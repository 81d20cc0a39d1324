package publish

import (
	"context"
	"errors"
	"reflect"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// write sends one batch and stores what came of it.
func (r *run) write(ctx context.Context, jobs []*job) error {
	changes := make([]channel.Change, 0, len(jobs))
	sent := make([]*job, 0, len(jobs))
	var idle []deed
	for _, j := range jobs {
		if j.needsCall() {
			changes, sent = append(changes, j.change), append(sent, j)
		} else {
			idle = append(idle, j.withoutCall())
		}
	}
	if _, err := r.store(ctx, idle, true); err != nil || len(changes) == 0 {
		return err
	}
	call, cancel := r.remote(ctx)
	defer cancel()
	results, err := r.apply(call, changes, r.saver(sent))
	if err != nil {
		return r.stopped(ctx, sent, err)
	}
	if len(results) != len(changes) {
		return fault.New(fault.Internal, "results_missing", "The connector of %s answered %d results for %d changes.", r.writer.Channel, len(results), len(changes))
	}
	return r.written(ctx, sent, results)
}

// written stores the results of one batch.
func (r *run) written(ctx context.Context, sent []*job, results []channel.Result) error {
	var stop error
	var deeds []deed
	began := false
	for i, res := range results {
		if res.Outcome == channel.More && untold(res) {
			continue // its marks stay as they are
		}
		began = true
		d, err := r.outcome(ctx, sent[i], res)
		if err != nil {
			stop = errors.Join(stop, err)
			continue
		}
		deeds = append(deeds, d)
	}
	if !began { // too little is left of the slice to begin anything
		r.until = r.Now()
		return nil
	}
	_, err := r.store(ctx, deeds, false)
	return errors.Join(stop, err, r.pushed(ctx))
}

// adopt shows on the views what the seller wants and what our own rules
// refuse.
func (r *run) adopt(j *job) {
	l := j.change.Listing
	j.was = l
	for c, wish := range j.wish {
		v := l.Views[c]
		next := channel.View{State: v.State, Review: v.Review, Problems: v.Problems, Waiting: v.Waiting}
		if !wish && v.State != commerce.ListingEnded && l.Remote == "" {
			next = channel.View{State: commerce.ListingPaused}
		}
		l.Views = setView(l.Views, c, next, r.Now())
		v = l.Views[c]
		v.Wanted = wish
		l.Views[c] = v
	}
	j.change.Listing = r.refused(l, j.problems)
}

// needsCall is false for content that is refused before it is sent, and for
// content the marketplace already shows.
func (j *job) needsCall() bool {
	return len(j.change.Groups) > 0 && (someWanted(j.change.Wanted) || j.change.Listing.Remote != "")
}

// withoutCall is what is stored of a job that needs no call.
func (j *job) withoutCall() deed {
	l := j.change.Listing
	l.Shown = holdAll(l.Shown, j.held)
	d := deed{listing: &l, drop: j.marks}
	same := reflect.DeepEqual(j.was.Views, l.Views) && reflect.DeepEqual(j.was.Shown, l.Shown)
	if (l.Version == 0 && !someWanted(j.wish)) || (l.Version > 0 && same) {
		d.listing = nil
	}
	return d
}

// refused shows what the rules of a channel refuse on its view. What is on sale
// there stays on sale with its old content.
func (r *run) refused(l commerce.Listing, problems map[commerce.Channel][]commerce.Problem) commerce.Listing {
	for c, found := range problems {
		l.Views = setView(l.Views, c, channel.View{State: commerce.ListingRejected, Review: l.Views[c].Review, Problems: found}, r.Now())
	}
	return l
}

// pushed notes the time of a write where the target as a whole gathers.
func (r *run) pushed(ctx context.Context) error {
	if !r.rules.GatherTarget {
		return nil
	}
	at := r.Now()
	return r.editTarget(ctx, func(t *port.Target) { t.PushedAt = at })
}

// editTarget changes the target's row, once more when it has moved.
func (r *run) editTarget(ctx context.Context, edit func(*port.Target)) error {
	for range 3 {
		edit(&r.target)
		put, err := r.Store.PutTarget(ctx, r.target)
		if err == nil {
			r.target = put
			return nil
		}
		if !fault.Is(err, fault.Conflict) {
			return err
		}
		if r.target, err = r.Store.Target(ctx, r.space, r.target.ID); err != nil {
			return err
		}
	}
	return fault.New(fault.Temporary, "target_contended", "The target %s changes too fast to be written now.", r.target.ID)
}
