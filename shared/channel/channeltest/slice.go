package channeltest

import (
	"context"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
)

// sliceOver gives Apply less time than any marketplace needs: it must stop by
// itself, and what it left must be done later, once.
func sliceOver(s *seller) {
	w := s.ware("slice", 2)
	c := s.change(w)
	s.books.writing(w.listing, c.Groups)
	ctx, cancel := context.WithTimeout(s.ctx, 1500*time.Millisecond)
	defer cancel()
	results, err := s.writer().Apply(ctx, []channel.Change{c}, s.books)
	if err == nil {
		if len(results) != 1 {
			s.Fatalf("Apply answers %d results for 1 change", len(results))
		}
		s.result(w, results[0])
	}
	s.publish(w)
	s.wantOnce(w, "after a slice that was over")
}

// stopped cancels the context before the first call.
func stopped(s *seller) {
	w := s.ware("stop", 1)
	c := s.change(w)
	s.books.writing(w.listing, c.Groups)
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	results, err := s.writer().Apply(ctx, []channel.Change{c}, s.books)
	if err == nil && len(results) == 1 && results[0].Outcome != channel.Done {
		s.books.merge(results[0])
	}
	s.publish(w)
	s.wantOnce(w, "after the product was stopped")
}

func expiredWhileWriting(s *seller) {
	w := s.ware("token", 2)
	s.w.Fault(Fault{Kind: TokenExpired, Count: 1, Writes: true, Skip: 1})
	s.publish(w)
	if s.grant.Tokens.Refresh == "" {
		return
	}
	s.wantLive(w)
	if asked, renewed := s.tokens.counts(); asked > 1 || renewed > 1 {
		s.Errorf("%d times said to be refused, %d times renewed; want once at most", asked, renewed)
	}
	if strings.TrimSpace(string(s.books.listing(w.listing).Remote)) == "" {
		s.Error("no remote id")
	}
}
