package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// stopped handles an error of a whole batch: nothing of it was tried.
func (r *run) stopped(ctx context.Context, jobs []*job, err error) error {
	for _, j := range jobs {
		l := j.change.Listing
		if err := r.failed(ctx, &l, j.marks, err); err != nil {
			return err
		}
		if err := r.put(ctx, l, nil, ""); err != nil {
			return err
		}
	}
	return nil
}

// failed makes what could not be written wait for the right time, and shows
// why on its views. The marks stay, except where only an edit can help.
func (r *run) failed(ctx context.Context, l *commerce.Listing, marks []port.Mark, err error) error {
	f := fault.Of(err)
	r.Log.InfoContext(ctx, "listing not written", "channel", r.writer.Channel, "account", r.writer.ID, "listing", l.ID, "kind", f.Kind, "err", err.Error())
	switch f.Kind {
	case fault.RateLimited:
		return r.parkLanes(ctx, l, marks, max(f.RetryAfter, time.Second), f.Message)
	case fault.AuthExpired:
		for c := range l.Views {
			l.Views = setView(l.Views, c, channel.View{State: l.Views[c].State, Waiting: "The connection has to be renewed."}, r.Now())
		}
		if err := r.Expired(ctx, r.space, r.writer.ID, f.Message); err != nil {
			return err
		}
		return r.parkLanes(ctx, l, marks, 15*time.Minute, "The connection has to be renewed.")
	case fault.Rejected, fault.Invalid, fault.Permanent, fault.Unsupported:
		return r.showError(ctx, l, marks, commerce.ListingRejected, f)
	}
	attempts := 0
	for i := range marks {
		marks[i].Attempts++
		marks[i].Reason = string(f.Kind)
		attempts = max(attempts, marks[i].Attempts)
	}
	if attempts >= maxAttempts {
		return r.showError(ctx, l, marks, commerce.ListingError, f)
	}
	for i := range marks {
		marks[i].NotBefore = r.Now().Add(time.Second << attempts)
	}
	return r.Store.ParkMarks(ctx, marks)
}

// showError gives a listing up until somebody edits it or asks again.
func (r *run) showError(ctx context.Context, l *commerce.Listing, marks []port.Mark, state commerce.ListingState, f *fault.Error) error {
	problems := f.Problems
	if len(problems) == 0 {
		problems = []commerce.Problem{{Rule: f.Code, Field: f.Field, Fix: f.Message}}
	}
	for c, v := range l.Views {
		if v.Wanted {
			l.Views = setView(l.Views, c, channel.View{State: state, Problems: problems}, r.Now())
		}
	}
	if state == commerce.ListingError || f.Kind == fault.Permanent {
		record := port.Failure{ID: r.NewID(), Space: r.space, Queue: port.NudgeQueue, Kind: string(f.Kind), Code: f.Code, Account: r.writer.ID, Message: f.Message, Count: maxAttempts, At: r.Now()}
		if err := r.Store.PutFailure(ctx, record); err != nil {
			return fmt.Errorf("record failure of listing %s: %w", l.ID, err)
		}
	}
	return r.Store.DropMarks(ctx, marks)
}

// parkLanes lets the lanes of these marks wait as a whole: thousands of marks
// cost nothing while they wait, and other lanes go on.
func (r *run) parkLanes(ctx context.Context, l *commerce.Listing, marks []port.Mark, wait time.Duration, reason string) error {
	until := r.Now().Add(wait)
	lanes := map[port.Lane]port.Parked{}
	for lane, p := range r.target.Lanes {
		if p.Until.After(r.Now()) {
			lanes[lane] = p
		}
	}
	for _, m := range marks {
		lanes[m.Lane] = port.Parked{Until: until, Reason: reason}
	}
	for c, v := range l.Views {
		if v.Wanted && v.Waiting == "" {
			v.Waiting = reason
			l.Views[c] = v
		}
	}
	r.target.Lanes = lanes
	put, err := r.Store.PutTarget(ctx, r.target)
	if fault.Is(err, fault.Conflict) {
		if r.target, err = r.Store.Target(ctx, r.space, r.target.ID); err != nil {
			return err
		}
		r.target.Lanes = lanes
		put, err = r.Store.PutTarget(ctx, r.target)
	}
	if err != nil {
		return fmt.Errorf("park lanes of %s: %w", r.target.ID, err)
	}
	r.target = put
	return nil
}
