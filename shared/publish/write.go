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
	call, cancel := r.remote(ctx)
	defer cancel()
	results, err := r.conn.Apply(call, changes, &saver{run: r, jobs: sent})
	if err != nil {
		return r.stopped(ctx, sent, err)
	}
	if len(results) != len(changes) {
		return fault.New(fault.Internal, "results_missing", "The connector of %s answered %d results for %d changes.", r.writer.Channel, len(results), len(changes))
	}
	var stop error
	began := false
	for i, result := range results {
		if untouched(result) {
			continue // its marks stay as they are
		}
		began = true
		if err := r.result(ctx, sent[i], result); err != nil {
			stop = errors.Join(stop, err)
		}
	}
	if !began { // too little is left of the slice to begin anything
		r.until = r.Now()
		return nil
	}
	return errors.Join(stop, r.pushed(ctx))
}

// untouched says that nothing was done for a change, since the slice is over.
func untouched(res channel.Result) bool {
	return res.Outcome == channel.More && len(res.Done) == 0 && res.Remote == "" && res.Items == nil && res.Extra == nil && res.Views == nil
}

// ready decides what needs no call: content that is refused before it is sent,
// and content the marketplace already shows.
func (r *run) ready(ctx context.Context, j *job) (bool, error) {
	was := j.change.Listing
	l := was
	for c, wish := range j.wish {
		v := was.Views[c]
		paused := !wish && v.State != commerce.ListingEnded && l.Remote == ""
		l.Views = setView(l.Views, c, channel.View{State: v.State, Review: v.Review, Problems: v.Problems, Waiting: v.Waiting}, r.Now())
		if paused {
			l.Views = setView(l.Views, c, channel.View{State: commerce.ListingPaused}, r.Now())
		}
		v = l.Views[c]
		v.Wanted = wish
		l.Views[c] = v
	}
	l = r.refused(l, j.problems)
	j.change.Listing = l
	if len(j.change.Groups) > 0 && (someWanted(j.change.Wanted) || l.Remote != "") {
		return true, nil
	}
	l.Shown = holdAll(l.Shown, j.held)
	same := reflect.DeepEqual(was.Views, l.Views) && reflect.DeepEqual(was.Shown, l.Shown)
	if (l.Version == 0 && !someWanted(j.wish)) || (l.Version > 0 && same) {
		return false, r.Store.DropMarks(ctx, j.marks)
	}
	if err := r.put(ctx, l); err != nil {
		return false, err
	}
	return false, r.Store.DropMarks(ctx, j.marks)
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
