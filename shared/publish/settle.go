package publish

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// opened is a call whose outcome is open, with the jobs it carried.
type opened struct {
	channel.OpenCall
	jobs []*job
}

// settle asks for the outcome of open calls whose time has come. A call
// without a token was cut off by a crash: its time is now.
func (r *run) settle(ctx context.Context) (did bool, err error) {
	var open []opened
	for _, c := range r.calls {
		if c.CheckAt.After(r.Now()) {
			continue
		}
		call, err := r.openCall(ctx, c)
		if err != nil {
			return false, err
		}
		open = append(open, call)
	}
	if len(open) == 0 {
		return false, nil
	}
	slices.SortFunc(open, func(a, b opened) int { return a.BeganAt.Compare(b.BeganAt) })
	calls := make([]channel.OpenCall, 0, len(open))
	keeper := &saver{run: r}
	for _, o := range open {
		calls, keeper.jobs = append(calls, o.OpenCall), append(keeper.jobs, o.jobs...)
	}
	call, cancel := r.remote(ctx)
	defer cancel()
	results, err := r.conn.Settle(call, calls, keeper)
	if err != nil {
		return true, r.lookLater(ctx, open, err)
	}
	for _, o := range open {
		if err := r.settled(ctx, o, results); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (r *run) openCall(ctx context.Context, c port.Call) (opened, error) {
	if err := r.loadListings(ctx, c.Products, true); err != nil {
		return opened{}, err
	}
	jobs, err := r.jobs(ctx, c.Products, nil)
	if err != nil {
		return opened{}, err
	}
	open := opened{OpenCall: channel.OpenCall{Call: c}, jobs: jobs}
	for _, j := range jobs {
		j.change.Groups = c.Groups[j.change.Listing.ID]
		open.Changes = append(open.Changes, j.change)
	}
	return open, nil
}

// lookLater keeps calls open whose outcome can't be had now.
func (r *run) lookLater(ctx context.Context, open []opened, cause error) error {
	f := fault.Of(cause)
	r.Log.InfoContext(ctx, "open calls not settled", "channel", r.writer.Channel, "kind", f.Kind, "err", cause.Error())
	if f.Kind == fault.AuthExpired {
		return r.expired(ctx, f)
	}
	for _, o := range open {
		o.CheckAt = r.Now().Add(max(f.RetryAfter, 10*time.Second))
		if err := r.keepCall(ctx, o.Call); err != nil {
			return fmt.Errorf("postpone call %s: %w", o.ID, err)
		}
	}
	return nil
}

func (r *run) keepCall(ctx context.Context, c port.Call) error {
	if err := r.Store.PutCall(ctx, r.space, r.target.ID, c); err != nil {
		return err
	}
	r.calls[c.ID] = c
	return nil
}

// settled stores the outcomes of one call. The call is forgotten once every
// listing of it has one.
func (r *run) settled(ctx context.Context, o opened, results []channel.Result) error {
	var next time.Time
	for _, j := range o.jobs {
		res := resultOf(results, o.ID, j.change.Listing.ID)
		if err := r.outcome(ctx, o.Call, j, res); err != nil {
			return err
		}
		if res.Outcome == channel.Pending {
			next = latest(next, res.CheckAt, r.Now().Add(time.Second))
		}
	}
	if !next.IsZero() {
		c := o.Call
		if kept, ok := r.calls[c.ID]; ok {
			c = kept // the connector may have stored a token meanwhile
		}
		c.CheckAt = next
		return r.keepCall(ctx, c)
	}
	delete(r.calls, o.ID)
	return r.Store.DeleteCall(ctx, r.space, r.target.ID, o.ID)
}

// resultOf finds what was said about a listing of a call. Nothing said means
// that it did not happen.
func resultOf(results []channel.Result, call string, id commerce.ListingID) channel.Result {
	found := channel.Result{Listing: id, Outcome: channel.More}
	for _, res := range results {
		if res.Listing == id && (res.Call == "" || res.Call == call) {
			found = res
		}
	}
	return found
}

// outcome stores what became of one listing of an open call. Its marks may be
// gone: what did not happen is marked again, with the attempts it has had.
func (r *run) outcome(ctx context.Context, c port.Call, j *job, res channel.Result) error {
	l := r.overlay(r.merge(j.change.Listing, res), j, res)
	groups := c.Groups[l.ID]
	var again []port.Mark
	rest := verdict{}
	switch res.Outcome {
	case channel.Pending:
		if res.Remote == "" && res.Items == nil && res.Extra == nil && res.Views == nil {
			return nil
		}
		return r.put(ctx, l)
	case channel.Refused:
		l.Shown = holdAll(l.Shown, left(groups, res.Done))
	case channel.More, channel.Failed, channel.Later:
		undone := left(groups, res.Done)
		again, l.Shown = r.again(c, j.product.ID, undone), without(l.Shown, undone)
		switch res.Outcome {
		case channel.Failed:
			var err error
			if rest, err = r.failed(ctx, &l, again, res.Err); err != nil {
				return err
			}
		case channel.Later:
			again = r.postponed(again, res.CheckAt)
		}
	}
	if res.Outcome != channel.Failed && res.Outcome != channel.Later && !res.CheckAt.IsZero() {
		again = append(again, r.mark(port.LaneCheck, j.product.ID, res.CheckAt))
	}
	l.PushedAt = r.Now()
	if len(rest.drop) > 0 {
		l.Shown, again = holdAll(l.Shown, groups), nil
	}
	// The listing goes first: a mark is dropped where it says all is shown.
	if err := r.put(ctx, l); err != nil {
		return err
	}
	if err := r.Store.PutMarks(ctx, again); err != nil {
		return fmt.Errorf("mark %s again: %w", l.ID, err)
	}
	return nil
}

// again are new marks for groups that a call was to write.
func (r *run) again(c port.Call, p commerce.ProductID, groups []commerce.Group) []port.Mark {
	if len(c.Groups) == 0 {
		groups = commerce.Groups()
	}
	marks := make([]port.Mark, 0, len(groups))
	for _, g := range groups {
		m := r.mark(port.LaneOf(g), p, time.Time{})
		m.Attempts = c.Attempts[p]
		marks = append(marks, m)
	}
	return marks
}
