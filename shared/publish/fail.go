package publish

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// renewFirst is what a view waits for whose connection has ended.
const renewFirst = "The connection has to be renewed."

// mostNoted is how many listings of one batch are told what they wait for; the
// target's lane tells it for all.
const mostNoted = 100

// stopped handles an error of a whole batch: nothing of it was tried.
func (r *run) stopped(ctx context.Context, jobs []*job, cause error) error {
	f := fault.Of(cause)
	r.Log.InfoContext(ctx, "listings not written", "channel", r.writer.Channel, "account", r.writer.ID, "listings", len(jobs), "kind", f.Kind, "err", f.Error())
	deeds := make([]deed, 0, len(jobs))
	for i, j := range jobs {
		l := j.change.Listing
		l.Views = maps.Clone(l.Views)
		d := deed{listing: &l}
		if err := r.failed(ctx, &d, j.marks, f); err != nil {
			return err
		}
		if len(d.drop) == 0 && i >= mostNoted {
			d.listing = nil
		}
		deeds = append(deeds, d)
	}
	_, err := r.store(ctx, deeds, true)
	return err
}

// failed decides what becomes of marks that could not be written, and shows
// why on the views. Marks stay, except where only an edit can help.
func (r *run) failed(ctx context.Context, d *deed, marks []port.Mark, f *fault.Error) error {
	switch f.Kind {
	case fault.RateLimited, fault.Denied:
		// What is denied becomes possible by something only the seller can do
		// elsewhere: trying more often brings nothing, giving up loses work.
		r.wait(d.listing, f.Message)
		return r.parkLanes(ctx, marks, waitOf(f), f.Message)
	case fault.AuthExpired:
		r.wait(d.listing, renewFirst)
		return r.expired(ctx, f)
	case fault.Rejected, fault.Invalid, fault.Permanent, fault.Unsupported:
		d.drop = append(d.drop, marks...)
		r.showError(d, commerce.ListingRejected, f)
		return nil
	}
	attempts := 0
	for i := range marks {
		marks[i].Attempts++
		marks[i].Reason = string(f.Kind)
		attempts = max(attempts, marks[i].Attempts)
	}
	if attempts >= maxAttempts {
		d.drop = append(d.drop, marks...)
		r.showError(d, commerce.ListingError, f)
		return nil
	}
	for i := range marks {
		marks[i].NotBefore = r.Now().Add(max(f.RetryAfter, time.Second<<attempts))
	}
	d.park = marks
	return nil
}

// deniedFor is how long work waits that a marketplace does not allow, unless
// somebody connects again before.
const deniedFor = time.Hour

func waitOf(f *fault.Error) time.Duration {
	if f.Kind == fault.Denied && f.RetryAfter == 0 {
		return deniedFor
	}
	return max(f.RetryAfter, time.Second)
}

// expired flags the writer's account; its work waits for a new consent.
func (r *run) expired(ctx context.Context, f *fault.Error) error {
	if r.over {
		return nil
	}
	r.over = true
	return r.Expired(ctx, r.space, r.writer.ID, f.Message)
}

// wait says on the views of a listing what it waits for.
func (r *run) wait(l *commerce.Listing, reason string) {
	l.Views = maps.Clone(l.Views)
	for c, v := range l.Views {
		if v.Wanted && v.Waiting == "" {
			v.Waiting = reason
			l.Views[c] = v
		}
	}
}

// showError gives a listing up until somebody edits it or asks again.
func (r *run) showError(d *deed, state commerce.ListingState, f *fault.Error) {
	problems := f.Problems
	if len(problems) == 0 {
		problems = []commerce.Problem{{Rule: f.Code, Field: f.Field, Fix: f.Message}}
	}
	l := d.listing
	for c, v := range l.Views {
		if v.Wanted {
			l.Views = setView(l.Views, c, channel.View{State: state, Problems: problems}, r.Now())
		}
	}
	if state == commerce.ListingError || f.Kind == fault.Permanent {
		d.failure = &port.Failure{ID: r.NewID(), Space: r.space, Queue: port.NudgeQueue, Kind: string(f.Kind), Code: f.Code, Account: r.writer.ID, Message: f.Message, Count: maxAttempts, At: r.Now()}
	}
}

// parkLanes lets the lanes of these marks wait as a whole: thousands of marks
// cost nothing while they wait, and other lanes go on.
func (r *run) parkLanes(ctx context.Context, marks []port.Mark, wait time.Duration, reason string) error {
	now := r.Now()
	fresh := map[port.Lane]port.Parked{}
	for _, m := range marks {
		// What the rest of the batch says about the same moment adds nothing.
		if r.target.Lanes[m.Lane].Until.Before(now.Add(wait * 9 / 10)) {
			fresh[m.Lane] = port.Parked{Until: now.Add(wait), Reason: reason}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	err := r.editTarget(ctx, func(t *port.Target) {
		lanes := maps.Clone(fresh)
		for lane, p := range t.Lanes {
			if _, again := lanes[lane]; !again && p.Until.After(now) {
				lanes[lane] = p
			}
		}
		t.Lanes = lanes
	})
	if err != nil {
		return fmt.Errorf("park lanes of %s: %w", r.target.ID, err)
	}
	return nil
}
