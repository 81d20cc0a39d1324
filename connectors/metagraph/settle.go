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
			return nil, shut(err)
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
	var status api.BatchStatus
	err := s.asUser(ctx, func(token string) (err error) {
		status, err = s.graph.BatchStatus(ctx, token, s.set.Catalog, t.Handle)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound) || fault.Is(err, fault.Rejected):
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
	bad := invalid(status)
	results := make([]channel.Result, 0, len(c.Changes))
	doubt := channel.OpenCall{Call: c.Call}
	for _, change := range c.Changes {
		i := decodeIntent(c.Intent[string(change.Listing.ID)])
		res := s.outcome(change, i, bad, t.Refused)
		if res.Outcome == channel.Done && status.ErrorsTotal > 0 && len(status.Invalid) == 0 {
			// Something failed and Meta does not say what.
			doubt.Changes = append(doubt.Changes, change)
			continue
		}
		results = append(results, res)
	}
	if len(doubt.Changes) == 0 {
		return results, nil
	}
	more, err := s.verify(ctx, doubt, true)
	return append(results, more...), err
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
func (s *Shop) outcome(c channel.Change, i intent, bad map[string][]string, refused []string) channel.Result {
	res := channel.Result{Listing: c.Listing.ID, Outcome: channel.Done}
	failed := func(id string) bool {
		_, b := bad[id]
		return b || slices.Contains(refused, id)
	}
	var made, removed []commerce.VariantID
	for v, id := range i.made {
		if !failed(id) {
			made = append(made, v)
			if res.Items == nil {
				res.Items = map[commerce.VariantID]commerce.RemoteID{}
			}
			res.Items[v] = commerce.RemoteID(id)
		}
	}
	for v, id := range i.removed {
		if !failed(id) {
			removed = append(removed, v)
		}
	}
	m := recall(c.Listing)
	res.Extra = m.extra(c.Listing, made, removed)
	if len(made) > 0 && c.Listing.Remote == "" {
		res.Remote = commerce.RemoteID(i.remote)
	}
	ids := itemsOf(c, i)
	if slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(refused, id) }) {
		res.Outcome = channel.Refused
		return res
	}
	var problems []commerce.Problem
	for _, id := range ids {
		for _, message := range bad[id] {
			problems = append(problems, problemOf(c, i, id, message))
		}
	}
	if len(problems) > 0 {
		res.Outcome, res.Views = channel.Refused, rejected(c, few(problems))
		return res
	}
	res.Views, res.CheckAt = s.viewsAfter(c, len(made) > 0, len(removed) > 0)
	return res
}

// itemsOf are the ids of a listing's items that a call may have touched,
// sorted.
func itemsOf(c channel.Change, i intent) []string {
	var ids []string
	for _, v := range recall(c.Listing).alive() {
		ids = append(ids, string(c.Listing.Items[v]))
	}
	for _, id := range i.made {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// viewsAfter is how a listing stands once Meta has taken the change in.
// Pictures are fetched and texts reviewed only then.
func (s *Shop) viewsAfter(c channel.Change, made, removed bool) (map[commerce.Channel]channel.View, time.Time) {
	wanted := wantedOn(c)
	if len(wanted) == 0 && !removed {
		return nil, time.Time{} // only the stock of a refused content went out
	}
	views := hidden(c)
	var checkAt time.Time
	for _, on := range wanted {
		was := c.Listing.Views[on]
		settled := was.State == commerce.ListingLive || was.State == commerce.ListingSoldOut
		if settled && !made && !c.Has(commerce.GroupText) && !c.Has(commerce.GroupImages) {
			views[on] = channel.View{State: onSale(inStock(c)), Review: was.Review, URL: was.URL, Problems: was.Problems}
			continue
		}
		views[on] = channel.View{State: commerce.ListingInReview, Review: "pending"}
		checkAt = s.env.Now().Add(firstLook)
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
