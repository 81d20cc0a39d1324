package tiktokshop

import (
	"context"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	// enough is the time that must be left to begin another step.
	enough = 3 * time.Second
	// firstLook is when a submitted product is read back first; webhooks 5 and
	// 37 are usually sooner.
	firstLook = 2 * time.Second
	longLook  = 15 * time.Minute
)

// job is one change on its way.
type job struct {
	*Connector
	ch      channel.Change
	product commerce.Product // as it is to appear on TikTok
	m       memory
	save    channel.Saver
	// done are the groups TikTok has taken over.
	done []commerce.Group
	// problems are refusals of parts that did not stop the rest.
	problems []commerce.Problem
	// edited says that a revision went to review now.
	edited bool
	// noZeros says that TikTok refuses a quantity of zero here, left that the
	// product is reviewed without variants for that reason.
	noZeros, left bool
	// created ids, to be stored.
	remote commerce.RemoteID
	items  map[commerce.VariantID]commerce.RemoteID
}

func (c *Connector) job(ch channel.Change, save channel.Saver) *job {
	return &job{Connector: c, ch: ch, product: ch.Product.On(commerce.TikTok), m: remember(ch.Listing), save: save}
}

// Apply makes listings of the shop match what is wanted, one after the other.
func (c *Connector) Apply(ctx context.Context, changes []channel.Change, save channel.Saver) ([]channel.Result, error) {
	results := make([]channel.Result, 0, len(changes))
	for _, ch := range changes {
		j := c.job(ch, save)
		if short(ctx) {
			results = append(results, j.result(channel.More))
			continue
		}
		results = append(results, j.run(ctx))
	}
	return results, nil
}

// short says that too little time is left to begin another step.
func short(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() != nil || (ok && time.Until(end) < enough)
}

func (j *job) run(ctx context.Context) channel.Result {
	switch {
	case j.ch.Listing.Remote != "":
		return j.change(ctx)
	case j.ch.Wanted[commerce.TikTok]:
		return j.create(ctx)
	}
	return j.result(channel.Done)
}

// result is the outcome with what is known now.
func (j *job) result(o channel.Outcome) channel.Result {
	r := channel.Result{Listing: j.ch.Listing.ID, Outcome: o, Done: j.done, Remote: j.remote, Items: j.items, Extra: j.m}
	if o == channel.Done {
		r.Done = j.ch.Groups
	}
	if j.edited || j.m[keyStatus] == statusPending {
		r.CheckAt = j.env.Now().Add(firstLook)
	}
	if j.m[keyStatus] != "" {
		r.Views = map[commerce.Channel]channel.View{commerce.TikTok: j.view()}
	}
	return r
}

// failed is the outcome of a step that went wrong.
func (j *job) failed(err error) channel.Result {
	f := fault.Of(err)
	switch {
	case f.Code == api.CodeDailyLimit:
		j.full(f.RetryAfter)
		return j.later(f.RetryAfter, f.Message)
	case f.Kind == fault.Rejected || f.Kind == fault.Invalid:
		j.problems = append(j.problems, problemsOf(f)...)
		r := j.result(channel.Refused)
		if j.m[keyStatus] == "" {
			r.Views = map[commerce.Channel]channel.View{commerce.TikTok: {State: commerce.ListingRejected, Problems: j.problems}}
		}
		r.Err = err
		return r
	}
	r := j.result(channel.Failed)
	r.Err = err
	return r
}

// later lets this listing alone wait.
func (j *job) later(wait time.Duration, why string) channel.Result {
	r := j.result(channel.Later)
	r.CheckAt = j.env.Now().Add(wait)
	v, ok := r.Views[commerce.TikTok]
	if !ok {
		v.State = commerce.ListingQueued
	}
	v.Waiting = why
	r.Views = map[commerce.Channel]channel.View{commerce.TikTok: v}
	return r
}

// full notes that TikTok takes no listings for a while.
func (c *Connector) full(wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fullUntil = c.env.Now().Add(wait)
}

// fullFor is how long TikTok takes no listings from now; 0 is open.
func (c *Connector) fullFor() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(0, c.fullUntil.Sub(c.env.Now()))
}

func problemsOf(f *fault.Error) []commerce.Problem {
	if len(f.Problems) > 0 {
		return f.Problems
	}
	return []commerce.Problem{{Channel: commerce.TikTok, Rule: f.Code, Field: f.Field, Fix: f.Message}}
}

// reviewWait grows with the age of a review: from seconds to a quarter of an
// hour.
func (j *job) reviewWait() time.Duration {
	age := j.env.Now().Sub(j.ch.Listing.Views[commerce.TikTok].Since)
	return min(max(age/2, firstLook), longLook)
}
