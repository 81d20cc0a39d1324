package publish

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// saver stores what must survive a crash in the middle of a write. What is
// already a fact is stored even if the slice is over by now.
type saver struct {
	*run
	jobs []*job
}

// Begin stores a call before it goes out.
func (s *saver) Begin(ctx context.Context, c channel.Call) error {
	c.BeganAt = s.Now()
	c.Groups = map[commerce.ListingID][]commerce.Group{}
	for _, j := range s.jobs {
		if !slices.Contains(c.Listings, j.change.Listing.ID) {
			continue
		}
		c.Products = append(c.Products, j.product.ID)
		c.Groups[j.change.Listing.ID] = j.change.Groups
		for _, m := range j.marks {
			if m.Attempts > c.Attempts[j.product.ID] { // a call that ends badly counts on
				if c.Attempts == nil {
					c.Attempts = map[commerce.ProductID]int{}
				}
				c.Attempts[j.product.ID] = m.Attempts
			}
		}
	}
	if err := s.keepCall(ctx, c); err != nil {
		return fmt.Errorf("store call %s before it goes out: %w", c.Kind, err)
	}
	return nil
}

// Sent stores the token of an asynchronous call.
func (s *saver) Sent(ctx context.Context, id, token string, checkAt time.Time) error {
	c, ok := s.calls[id]
	if !ok {
		return fault.New(fault.Internal, "unknown_call", "A connector named a call it never began.")
	}
	c.Token, c.CheckAt = token, checkAt
	return s.keepCall(context.WithoutCancel(ctx), c)
}

// Created stores remote ids as soon as they exist.
func (s *saver) Created(ctx context.Context, res channel.Result) error {
	for _, j := range s.jobs {
		if j.change.Listing.ID != res.Listing {
			continue
		}
		if err := s.put(context.WithoutCancel(ctx), s.merge(j.change.Listing, res)); err != nil {
			return err
		}
		j.change.Listing = s.listings[res.Listing]
		return nil
	}
	return fault.New(fault.Internal, "unknown_listing", "A connector named a listing it was not given.")
}

// End forgets a call.
func (s *saver) End(ctx context.Context, id string) error {
	delete(s.calls, id)
	return s.Store.DeleteCall(context.WithoutCancel(ctx), s.space, s.target.ID, id)
}
