package channeltest

import (
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func reviewTests() []test {
	return []test{{"review/read by poll", channel.CanReadReviews, reviewsRead}}
}

func (s *seller) pollReviews(cursor string) (map[commerce.RemoteID]commerce.Review, string) {
	s.Helper()
	updates, next := s.poll(func(p channel.Poll) (channel.Page, error) {
		return s.conn.(channel.ReviewReader).ListReviews(s.ctx, p)
	}, channel.Poll{Cursor: cursor, Since: s.now().Add(-24 * time.Hour), Limit: 50})
	found := map[commerce.RemoteID]commerce.Review{}
	for _, u := range updates {
		if u.Kind != channel.UpdateReview || u.Review == nil || u.Review.Remote == "" {
			s.Errorf("update %+v is no review", u)
			continue
		}
		found[u.Review.Remote] = *u.Review
	}
	return found, next
}

func reviewsRead(s *seller) {
	w := s.live("rate", 1)
	order := s.buy(Purchase{SKU: "MUG-rate-0", Quantity: 1, Buyer: "Ada Example"})
	s.w.Advance(time.Hour)
	s.must("leave a review", s.w.Rate(order, 4, "Lovely, a bit small."))
	s.w.Advance(time.Minute)
	found, cursor := s.pollReviews("")
	if len(found) != 1 {
		s.Fatalf("%d reviews, want 1", len(found))
	}
	for _, r := range found {
		if r.Rating != 4 || r.Text != "Lovely, a bit small." || r.At.IsZero() || r.Listing != s.books.listing(w.listing).Remote {
			s.Errorf("review %+v of listing %s", r, s.books.listing(w.listing).Remote)
		}
	}
	second := s.buy(Purchase{SKU: "MUG-rate-0", Quantity: 1, Buyer: "Ben Example"})
	s.w.Advance(time.Hour)
	s.must("leave a review", s.w.Rate(second, 5, ""))
	s.w.Advance(time.Minute)
	found, _ = s.pollReviews(cursor)
	best := 0
	for _, r := range found {
		best = max(best, r.Rating)
	}
	if best != 5 {
		s.Errorf("the second review is not found after the cursor: %v", found)
	}
}
