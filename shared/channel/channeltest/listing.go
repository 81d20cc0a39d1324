package channeltest

import (
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func listingTests() []test {
	const write = channel.CanWriteListings
	return []test{
		{"listing/one variant goes live", write, func(s *seller) { s.live("one", 1) }},
		{"listing/variants of one option go live", write, func(s *seller) { s.live("three", 3) }},
		{"listing/variants of two options go live", write, func(s *seller) { s.live("four", 4) }},
		{"listing/thirty variants go live", write, func(s *seller) { s.live("thirty", 30) }},
		{"listing/a live listing can be read back", write, readBack},
		{"listing/stock", write, editStock},
		{"listing/price", write, editPrice},
		{"listing/text", write, editText},
		{"listing/images", write, editImages},
		{"listing/everything at once", write, editAll},
		{"listing/a new variant, and one less", write, editVariants},
		{"listing/nothing changed", write, editNothing},
		{"listing/sold out and back", write, soldOut},
		{"listing/one variant sold out and back", write, oneSoldOut},
		{"listing/taken down and back", write, takenDown},
		{"listing/many at once", write, manyAtOnce},
		{"listing/two channels over one target", write, together},
		{"listing/an expired token in the middle", write, expiredWhileWriting},
		{"listing/a renamed SKU is still the same variant", write, renamedSKU},
		{"listing/hundreds can be read back", write, readHundreds},
		{"listing/a slice that is over", write, sliceOver},
		{"listing/a stopped product", write, stopped},
	}
}

func readBack(s *seller) {
	w := s.live("read", 3)
	l := s.books.listing(w.listing)
	unknown := l
	unknown.ID, unknown.Remote = "lst_unknown", "999999999999"
	unknown.Items = nil
	results, err := s.conn.(channel.ListingReader).Listings(s.ctx, []commerce.Listing{unknown, l})
	s.must("read listings", err)
	found := false
	for _, r := range results {
		switch r.Listing {
		case l.ID:
			found = true
			if r.Outcome != "" || r.Views[s.h.Driver.Name].State != commerce.ListingLive {
				s.Errorf("read back as %+v", r)
			}
		default:
			s.Errorf("a listing that is not there is answered: %+v", r)
		}
	}
	if !found {
		s.Error("a live listing is not found")
	}
	none, err := s.conn.(channel.ListingReader).Listings(s.ctx, nil)
	if err != nil || len(none) > 0 {
		s.Errorf("reading no listings answers %v, %v", none, err)
	}
}

func manyAtOnce(s *seller) {
	var wares []*ware
	for i := range 7 {
		wares = append(wares, s.ware(fmt.Sprintf("many%d", i), 1+i%3))
	}
	s.publish(wares...)
	for _, w := range wares {
		s.wantLive(w)
	}
	if s.Failed() {
		return
	}
	s.w.Advance(time.Minute)
	before, calls := s.w.Writes(), total(s.w.Calls())
	for i, w := range wares {
		s.edit(w, []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) {
			for id := range stock {
				stock[id] = int64(20 + i)
			}
		})
	}
	s.publish(wares...)
	most := 0
	for _, w := range wares {
		s.wantLive(w)
		most += s.cost(commerce.GroupStock)
	}
	if s.h.Driver.Rules.GatherTarget {
		most = 1 // one call carries them all
	}
	if n := s.w.Writes() - before; n > most {
		s.Errorf("the stock of %d listings cost %d writes, want at most %d", len(wares), n, most)
	}
	// One batch read per Apply, or looks at what became of one batch.
	reads := 1 + (len(wares)-1)/s.h.Driver.Rules.Batch + 1
	if n := total(s.w.Calls()) - calls; n > most+reads {
		s.Errorf("the stock of %d listings cost %d calls, want at most %d", len(wares), n, most+reads)
	}
}

func together(s *seller) {
	if len(s.h.Together) == 0 {
		s.Skip("this channel has its target for itself")
	}
	w := s.ware("both", 2)
	for _, c := range s.h.Together {
		w.wanted[c] = true
	}
	s.publish(w)
	s.wantLive(w)
	for _, c := range s.h.Together {
		if v := s.books.listing(w.listing).Views[c]; v.State != commerce.ListingLive {
			s.Errorf("on %s it is %q: %v", c, v.State, v.Problems)
		}
	}
	s.w.Advance(time.Minute)
	s.edit(w, commerce.Groups(), func(*commerce.Product, map[commerce.VariantID]int64) {})
	for _, c := range s.h.Together {
		w.wanted[c] = false
	}
	s.publish(w)
	s.wantLive(w)
	for _, c := range s.h.Together {
		if v := s.books.listing(w.listing).Views[c]; v.State == commerce.ListingLive {
			s.Errorf("on %s it is still %q", c, v.State)
		}
	}
}

// readHundreds reads more listings than one call of any marketplace takes,
// most of which are not there any more.
func readHundreds(s *seller) {
	wares := []*ware{s.ware("among0", 1), s.ware("among1", 1), s.ware("among2", 1)}
	s.publish(wares...)
	var asked []commerce.Listing
	for i := range 230 {
		l := commerce.Listing{ID: commerce.ListingID(fmt.Sprintf("lst_gone%d", i)), Target: "tgt_test", Remote: commerce.RemoteID(fmt.Sprintf("17299%06d", i))}
		l.Items = map[commerce.VariantID]commerce.RemoteID{"var_gone": commerce.RemoteID(fmt.Sprintf("GONE-%d", i))}
		asked = append(asked, l)
		if i%100 == 50 {
			asked = append(asked, s.books.listing(wares[i/100].listing))
		}
	}
	asked = append(asked, s.books.listing(wares[2].listing))
	results, err := s.conn.(channel.ListingReader).Listings(s.ctx, asked)
	s.must("read hundreds of listings", err)
	found := map[commerce.ListingID]bool{}
	for _, r := range results {
		found[r.Listing] = true
	}
	for _, w := range wares {
		if !found[w.listing] {
			s.Errorf("listing %s is not found among hundreds that are gone", w.listing)
		}
		delete(found, w.listing)
	}
	if len(found) > 0 {
		s.Errorf("%d listings are answered that are not there", len(found))
	}
}
