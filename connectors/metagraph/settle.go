package metagraph

import (
	"context"
	"slices"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// giveUp is when a batch that is still running is read back instead.
const giveUp = time.Hour

// Watch implements channel.CallWatcher.
func (s *Shop) Watch(ctx context.Context, c channel.Call) (time.Time, error) {
	age := s.env.Now().Sub(c.BeganAt)
	status, err := s.status(ctx, decodeTicket(c.Token).Handle)
	switch {
	case err != nil || status.Finished() || age >= giveUp:
		return time.Time{}, denied(unlessForgotten(err))
	}
	return s.env.Now().Add(pace(age)), nil
}

// unlessForgotten drops the refusal of a handle Meta does not know any more.
func unlessForgotten(err error) error {
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Rejected) {
		return nil
	}
	return err
}

// status asks how far a batch is. A finished one is remembered: Settle asks for
// it again, for thousands of items more than once.
func (s *Shop) status(ctx context.Context, handle string) (api.BatchStatus, error) {
	if last := s.finishedBatch.Load(); last != nil && last.handle == handle {
		return last.status, nil
	}
	var status api.BatchStatus
	err := s.asUser(ctx, func(token string) (err error) {
		status, err = s.graph.BatchStatus(ctx, token, s.set.Catalog, handle)
		return err
	})
	if err == nil && status.Finished() {
		s.finishedBatch.Store(&finishedBatch{handle, status})
	}
	return status, err
}

type finishedBatch struct {
	handle string
	status api.BatchStatus
}

// Settle asks how far open batches are. One whose answer was lost is read back
// and sent again after 15 minutes at the earliest: two open handles with the
// same item could finish in the wrong order.
func (s *Shop) Settle(ctx context.Context, calls []channel.OpenCall, _ channel.Saver) ([]channel.Result, error) {
	var results []channel.Result
	for _, c := range calls {
		if !enough(ctx) {
			results = append(results, s.later(c, s.env.Now().Add(time.Second))...)
			continue
		}
		found, err := s.settle(ctx, c)
		if err != nil {
			return nil, denied(err)
		}
		results = append(results, found...)
	}
	return results, nil
}

func (s *Shop) settle(ctx context.Context, c channel.OpenCall) ([]channel.Result, error) {
	t := decodeTicket(c.Token)
	age := s.env.Now().Sub(c.BeganAt)
	if t.Handle == "" {
		return s.verify(ctx, c, age >= resendAfter)
	}
	status, err := s.status(ctx, t.Handle)
	switch {
	case err != nil && unlessForgotten(err) == nil:
		return s.verify(ctx, c, age >= resendAfter) // handles do not live for ever
	case err != nil:
		return nil, err
	case !status.Finished() && age >= giveUp:
		return s.verify(ctx, c, true)
	case !status.Finished():
		return s.later(c, s.env.Now().Add(pace(age))), nil
	}
	return s.finished(ctx, c, t, status)
}

// pace is how long to wait between two looks at a batch.
func pace(age time.Duration) time.Duration {
	if age < 20*time.Second {
		return firstLook
	}
	return min(max(age/4, 5*time.Second), time.Minute)
}

func (s *Shop) later(c channel.OpenCall, at time.Time) []channel.Result {
	results := make([]channel.Result, 0, len(c.Changes))
	for _, change := range c.Changes {
		results = append(results, channel.Result{Listing: change.Listing.ID, Outcome: channel.Pending, Call: c.ID, CheckAt: at})
	}
	return results
}

// finished reads the outcome of every listing off a batch's status.
func (s *Shop) finished(ctx context.Context, c channel.OpenCall, t ticket, status api.BatchStatus) ([]channel.Result, error) {
	bad, refused := invalid(status), setOf(t.Refused)
	results := make([]channel.Result, 0, len(c.Changes))
	doubt := channel.OpenCall{Call: c.Call}
	for _, change := range c.Changes {
		i := decodeIntent(c.Intent[string(change.Listing.ID)])
		clean := !slices.ContainsFunc(i.steps, func(s step) bool { return bad[s.id] != nil || refused[s.id] })
		if clean && status.ErrorsTotal > 0 && len(status.Invalid) == 0 {
			// Something failed and Meta does not say what.
			doubt.Changes = append(doubt.Changes, change)
			continue
		}
		results = append(results, s.outcome(change, i, bad, refused))
	}
	if len(doubt.Changes) == 0 {
		return results, nil
	}
	more, err := s.verify(ctx, doubt, true)
	return append(results, more...), err
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// invalid are the messages about items that were not carried out. Meta's own
// sample tells fatal texts under warnings, so both lists are read; warnings
// about items that went through are left out.
func invalid(s api.BatchStatus) map[string][]string {
	bad := map[string][]string{}
	for _, id := range s.Invalid {
		bad[id] = nil
	}
	for _, e := range s.Errors {
		bad[e.ID] = append(bad[e.ID], e.Message)
	}
	for _, w := range s.Warnings {
		_, named := bad[w.ID]
		if named || (s.ErrorsTotal > 0 && len(s.Invalid) == 0) {
			bad[w.ID] = append(bad[w.ID], w.Message)
		}
	}
	for id, said := range bad {
		if len(said) == 0 {
			bad[id] = []string{"The item was not carried out."}
		}
	}
	return bad
}

// outcome is what became of one listing of a finished batch. Items that were
// refused at once have told their problems already.
func (s *Shop) outcome(c channel.Change, i intent, bad map[string][]string, refused map[string]bool) channel.Result {
	res := channel.Result{Listing: c.Listing.ID, Outcome: channel.Done}
	m := recall(c.Listing)
	var problems []commerce.Problem
	for _, step := range i.steps {
		succeeded := bad[step.id] == nil && !refused[step.id]
		m.take(step, succeeded)
		switch {
		case succeeded && step.method == made:
			if res.Items == nil {
				res.Items = map[commerce.VariantID]commerce.RemoteID{}
			}
			res.Items[step.variant] = commerce.RemoteID(step.id)
		case refused[step.id]:
			res.Outcome = channel.Refused
		case !succeeded:
			for _, message := range bad[step.id] {
				problems = append(problems, problemOf(c, step, message))
			}
		}
	}
	res.Extra = m.extra(c.Listing)
	if len(res.Items) > 0 && c.Listing.Remote == "" {
		res.Remote = commerce.RemoteID(i.remote)
	}
	switch {
	case res.Outcome == channel.Refused:
	case len(problems) > 0:
		res.Outcome, res.Views = channel.Refused, rejected(c, few(problems))
	case i.part:
		res.Outcome = channel.More
	default:
		res.Views, res.CheckAt = viewsAfter(c, i, s.env.Now().Add(firstLook))
	}
	return res
}

// unclear is the result of a listing of which nobody knows what Meta has taken
// over: it is sent again.
func unclear(c channel.Change, i intent) channel.Result {
	m := recall(c.Listing)
	for _, step := range i.steps {
		m.take(step, false)
	}
	return channel.Result{Listing: c.Listing.ID, Outcome: channel.More, Extra: m.extra(c.Listing)}
}

// viewsAfter is how a listing stands once Meta has taken over what an intent
// says, and when to look at it. Pictures are fetched and texts reviewed only
// then.
func viewsAfter(c channel.Change, i intent, look time.Time) (map[commerce.Channel]channel.View, time.Time) {
	views := hidden(c)
	var checkAt time.Time
	quiet := !i.has(made) && !i.touches(commerce.GroupText, commerce.GroupImages)
	for _, on := range wantedOn(c) {
		was := c.Listing.Views[on]
		if quiet && (was.State == commerce.ListingLive || was.State == commerce.ListingSoldOut) {
			views[on] = channel.View{State: onSale(inStock(c)), Review: was.Review, URL: was.URL, Problems: was.Problems}
			continue
		}
		views[on] = channel.View{State: commerce.ListingInReview, Review: "pending"}
		checkAt = look
	}
	return views, checkAt
}

func onSale(available bool) commerce.ListingState {
	if available {
		return commerce.ListingLive
	}
	return commerce.ListingSoldOut
}

func inStock(c channel.Change) bool {
	return slices.ContainsFunc(c.Product.Variants, func(v commerce.Variant) bool { return c.Stock[v.ID] > 0 })
}
