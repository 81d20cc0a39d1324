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

// settle asks for the outcome of open calls whose time has come. A call
// without a token was cut off by a crash: its time is now.
func (r *run) settle(ctx context.Context) (did bool, err error) {
	var open []channel.OpenCall
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
	slices.SortFunc(open, func(a, b channel.OpenCall) int { return a.BeganAt.Compare(b.BeganAt) })
	results, err := r.conn.Settle(ctx, open, &saver{run: r})
	if err != nil {
		return true, r.lookLater(ctx, open, err)
	}
	byListing := make(map[commerce.ListingID]channel.Result, len(results))
	for _, res := range results {
		byListing[res.Listing] = res
	}
	for _, c := range open {
		if err := r.settled(ctx, c, byListing); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (r *run) openCall(ctx context.Context, c port.Call) (channel.OpenCall, error) {
	due := make(map[commerce.ProductID][]port.Mark, len(c.Products))
	if err := r.loadListings(ctx, c.Products); err != nil {
		return channel.OpenCall{}, err
	}
	jobs, err := r.jobs(ctx, c.Products, due)
	if err != nil {
		return channel.OpenCall{}, err
	}
	open := channel.OpenCall{Call: c}
	for _, j := range jobs {
		j.change.Groups = c.Groups[j.change.Listing.ID]
		open.Changes = append(open.Changes, j.change)
	}
	return open, nil
}

// lookLater keeps calls open whose outcome can't be had now.
func (r *run) lookLater(ctx context.Context, open []channel.OpenCall, cause error) error {
	f := fault.Of(cause)
	r.Log.InfoContext(ctx, "open calls not settled", "channel", r.writer.Channel, "kind", f.Kind, "err", cause.Error())
	if f.Kind == fault.AuthExpired {
		if err := r.Expired(ctx, r.space, r.writer.ID, f.Message); err != nil {
			return err
		}
	}
	for _, c := range open {
		c.CheckAt = r.Now().Add(max(f.RetryAfter, 10*time.Second))
		if err := r.Store.PutCall(ctx, r.space, r.target.ID, c.Call); err != nil {
			return fmt.Errorf("postpone call %s: %w", c.ID, err)
		}
		r.calls[c.ID] = c.Call
	}
	return nil
}

// settled stores the outcomes of one call. The call is forgotten once every
// listing of it has one.
func (r *run) settled(ctx context.Context, c channel.OpenCall, results map[commerce.ListingID]channel.Result) error {
	var next time.Time
	for _, change := range c.Changes {
		res, ok := results[change.Listing.ID]
		if !ok {
			res = channel.Result{Listing: change.Listing.ID, Outcome: channel.More}
		}
		l := r.merge(change.Listing.ID, change.Listing, res)
		switch res.Outcome {
		case channel.Pending:
			next = latest(next, res.CheckAt)
			continue
		case channel.More, channel.Failed:
			// It did not happen: what it carried is to be done again.
			if err := r.Store.PutMarks(ctx, r.again(change.Product.ID, c.Groups[change.Listing.ID])); err != nil {
				return fmt.Errorf("mark %s again: %w", change.Listing.ID, err)
			}
			l.Shown = without(l.Shown, c.Groups[change.Listing.ID], nil)
		case channel.Refused:
			l.Shown = without(l.Shown, c.Groups[change.Listing.ID], res.Done)
		}
		if err := r.put(ctx, l, nil, ""); err != nil {
			return err
		}
		if !res.CheckAt.IsZero() {
			if err := r.Store.PutMarks(ctx, []port.Mark{r.mark(port.LaneCheck, change.Product.ID, res.CheckAt)}); err != nil {
				return err
			}
		}
	}
	if next.IsZero() {
		delete(r.calls, c.ID)
		return r.Store.DeleteCall(ctx, r.space, r.target.ID, c.ID)
	}
	c.CheckAt = next
	r.calls[c.ID] = c.Call
	return r.Store.PutCall(ctx, r.space, r.target.ID, c.Call)
}

func (r *run) again(p commerce.ProductID, groups []commerce.Group) []port.Mark {
	if len(groups) == 0 {
		groups = commerce.Groups()
	}
	marks := make([]port.Mark, 0, len(groups))
	for _, g := range groups {
		marks = append(marks, r.mark(port.LaneOf(g), p, time.Time{}))
	}
	return marks
}

// saver stores what must survive a crash in the middle of a write.
type saver struct {
	*run
	jobs []*job
}

// Begin stores a call before it goes out.
func (s *saver) Begin(ctx context.Context, c channel.Call) error {
	c.BeganAt = s.Now()
	c.Groups = map[commerce.ListingID][]commerce.Group{}
	for _, j := range s.jobs {
		if slices.Contains(c.Listings, j.change.Listing.ID) {
			c.Products = append(c.Products, j.product.ID)
			c.Groups[j.change.Listing.ID] = j.change.Groups
		}
	}
	if err := s.Store.PutCall(ctx, s.space, s.target.ID, c); err != nil {
		return fmt.Errorf("store call %s before it goes out: %w", c.Kind, err)
	}
	s.calls[c.ID] = c
	return nil
}

// Sent stores the token of an asynchronous call.
func (s *saver) Sent(ctx context.Context, id, token string, checkAt time.Time) error {
	c, ok := s.calls[id]
	if !ok {
		return fault.New(fault.Internal, "unknown_call", "A connector named a call it never began.")
	}
	c.Token, c.CheckAt = token, checkAt
	s.calls[id] = c
	return s.Store.PutCall(ctx, s.space, s.target.ID, c)
}

// Created stores remote ids as soon as they exist.
func (s *saver) Created(ctx context.Context, res channel.Result) error {
	for _, j := range s.jobs {
		if j.change.Listing.ID == res.Listing {
			return s.put(ctx, s.merge(res.Listing, j.change.Listing, res), nil, "")
		}
	}
	l, ok := s.listings[res.Listing]
	if !ok {
		return fault.New(fault.Internal, "unknown_listing", "A connector named a listing it was not given.")
	}
	return s.put(ctx, s.merge(res.Listing, l, res), nil, "")
}

// End forgets a call.
func (s *saver) End(ctx context.Context, id string) error {
	delete(s.calls, id)
	return s.Store.DeleteCall(ctx, s.space, s.target.ID, id)
}
