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

// settleAtOnce is how many listings of a call are settled before it is stored
// how far that is.
const settleAtOnce = 1000

// settle asks for the outcome of the oldest open call whose time has come. A
// call without a token was cut off by a crash: its time is now.
func (r *run) settle(ctx context.Context) (did bool, err error) {
	for _, id := range r.openIDs() {
		if r.calls[id].CheckAt.After(r.Now()) {
			continue
		}
		runs, err := r.watch(ctx, r.calls[id])
		if runs || err != nil {
			return true, err
		}
		c, found, err := r.whole(ctx, id)
		if !found || err != nil {
			return true, err
		}
		return true, r.settleSome(ctx, c)
	}
	return false, nil
}

// watch asks whether a call still runs, where that needs none of its listings.
func (r *run) watch(ctx context.Context, c port.Call) (runs bool, err error) {
	w, ok := r.conn.(channel.CallWatcher)
	if !ok || c.Token == "" || c.Settled > 0 {
		return false, nil
	}
	call, cancel := r.remote(ctx)
	defer cancel()
	at, err := w.Watch(call, c)
	if err != nil {
		return true, r.lookLater(ctx, c, err)
	}
	if at.IsZero() {
		return false, nil
	}
	c.CheckAt = latest(at, r.Now().Add(time.Second))
	return true, r.keepCall(ctx, c)
}

// settleSome settles the next listings of a call.
func (r *run) settleSome(ctx context.Context, c port.Call) error {
	some := c.Listings[min(c.Settled, len(c.Listings)):min(c.Settled+settleAtOnce, len(c.Listings))]
	jobs, err := r.openJobs(ctx, c, some)
	if err != nil {
		return err
	}
	open := channel.OpenCall{Call: c}
	for _, j := range jobs {
		open.Changes = append(open.Changes, j.change)
	}
	call, cancel := r.remote(ctx)
	defer cancel()
	results, err := r.conn.Settle(call, []channel.OpenCall{open}, r.saver(jobs))
	if err != nil {
		return r.lookLater(ctx, c, err)
	}
	return r.settled(ctx, c, jobs, results)
}

// openJobs are the jobs of listings of a call: what is wanted now, with what
// went out then.
func (r *run) openJobs(ctx context.Context, c port.Call, ids []commerce.ListingID) ([]*job, error) {
	products := make([]commerce.ProductID, 0, len(ids))
	for _, id := range ids {
		products = append(products, c.Items[id].Product)
	}
	if err := r.loadListings(ctx, products, true); err != nil {
		return nil, err
	}
	jobs, err := r.jobs(ctx, products, nil)
	if err != nil {
		return nil, err
	}
	for i, j := range jobs {
		item := c.Items[ids[i]]
		stock := j.shown[commerce.GroupStock]
		j.open, j.marks, j.change.Groups, j.shown = true, item.Marks, item.Groups, item.Shown
		j.moved = j.shown[commerce.GroupStock] != stock
	}
	return jobs, nil
}

// lookLater keeps a call open whose outcome can't be had now.
func (r *run) lookLater(ctx context.Context, c port.Call, cause error) error {
	f := fault.Of(cause)
	r.Log.InfoContext(ctx, "open call not settled", "channel", r.writer.Channel, "kind", f.Kind, "err", cause.Error())
	if f.Kind == fault.AuthExpired {
		return r.expired(ctx, f)
	}
	c.CheckAt = r.Now().Add(min(max(waitOf(f), 10*time.Second), longest))
	if err := r.keepCall(ctx, c); err != nil {
		return fmt.Errorf("postpone call %s: %w", c.ID, err)
	}
	return nil
}

// settled stores outcomes of a call and how far it is; what the slice leaves no
// time for is settled in the next. The call is forgotten once every listing of
// it has its outcome.
func (r *run) settled(ctx context.Context, c port.Call, jobs []*job, results []channel.Result) error {
	if kept, ok := r.calls[c.ID]; ok {
		c = kept // the connector may have stored a token meanwhile
	}
	byListing := resultsOf(results, c.ID)
	deeds := make([]deed, 0, len(jobs))
	var next time.Time
	for _, j := range jobs {
		res, ok := byListing[j.change.Listing.ID]
		if !ok { // nothing said means that it did not happen
			res = channel.Result{Listing: j.change.Listing.ID, Outcome: channel.More}
		}
		if res.Outcome == channel.Pending {
			next = latest(next, res.CheckAt, r.Now().Add(time.Second))
		}
		d, err := r.outcome(ctx, j, res)
		if err != nil {
			return err
		}
		deeds = append(deeds, d)
	}
	done, err := r.store(ctx, deeds, true)
	if err != nil {
		return err
	}
	if !next.IsZero() {
		c.CheckAt = next
		return r.keepCall(ctx, c)
	}
	if c.Settled += done; c.Settled < len(c.Listings) {
		return r.keepCall(ctx, c)
	}
	return r.endCall(ctx, c.ID)
}

// resultsOf finds what was said about the listings of a call.
func resultsOf(results []channel.Result, call string) map[commerce.ListingID]channel.Result {
	of := make(map[commerce.ListingID]channel.Result, len(results))
	for _, res := range results {
		if res.Call == "" || res.Call == call {
			of[res.Listing] = res
		}
	}
	return of
}
