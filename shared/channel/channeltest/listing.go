package channeltest

import (
	"context"
	"fmt"
	"strings"
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

// cost is what an edit of one group may cost in calls that write.
func (s *seller) cost(g commerce.Group) int {
	if n, ok := s.h.Writes[g]; ok {
		return n
	}
	return 1
}

// rewrite publishes an edit, wants it to be visible, and no more writes than
// the marketplace makes necessary.
func (s *seller) rewrite(w *ware, most int, groups []commerce.Group, change func(*commerce.Product, map[commerce.VariantID]int64)) {
	s.Helper()
	s.w.Advance(time.Minute)
	before := s.w.Writes()
	s.edit(w, groups, change)
	s.publish(w)
	s.wantLive(w)
	if n := s.w.Writes() - before; n > most {
		s.Errorf("%v cost %d writes, want at most %d", groups, n, most)
	}
}

func editStock(s *seller) {
	w := s.live("stock", 3)
	s.rewrite(w, s.cost(commerce.GroupStock), []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) {
		stock["var_stock_0"], stock["var_stock_2"] = 40, 1
	})
}

func editPrice(s *seller) {
	w := s.live("price", 3)
	s.rewrite(w, s.cost(commerce.GroupPrice), []commerce.Group{commerce.GroupPrice}, func(p *commerce.Product, _ map[commerce.VariantID]int64) {
		for i := range p.Variants {
			p.Variants[i].Price.Amount += 110 + int64(i)
		}
	})
}

func editText(s *seller) {
	w := s.live("text", 2)
	s.rewrite(w, s.cost(commerce.GroupText), []commerce.Group{commerce.GroupText}, func(p *commerce.Product, _ map[commerce.VariantID]int64) {
		p.Title = "Käffchen-Becher with a handle, 3rd series"
		p.Description = "Now a little taller.\n\nStill thrown by hand: 100 % clay, < 300 g, “très léger” — ñ, ß, ж."
	})
}

func editImages(s *seller) {
	w := s.live("images", 1)
	s.rewrite(w, s.cost(commerce.GroupImages), []commerce.Group{commerce.GroupImages}, func(p *commerce.Product, _ map[commerce.VariantID]int64) {
		p.Images = append(p.Images, commerce.Image{URL: "https://shop.example/img/images-3.png", Alt: "In use"})
	})
}

func editAll(s *seller) {
	w := s.live("all", 2)
	most := 1 // for the picture, where pictures are sent by themselves
	for _, g := range commerce.Groups() {
		most += s.cost(g)
	}
	s.rewrite(w, most, commerce.Groups(), func(p *commerce.Product, stock map[commerce.VariantID]int64) {
		p.Title = "Stoneware mug, second edition"
		p.Images[1] = commerce.Image{URL: "https://shop.example/img/all-9.png"}
		for i, v := range p.Variants {
			p.Variants[i].Price.Amount += 500
			stock[v.ID] += 7
		}
	})
}

func editVariants(s *seller) {
	w := s.live("grow", 2)
	s.w.Advance(time.Minute)
	s.edit(w, commerce.Groups(), func(p *commerce.Product, stock map[commerce.VariantID]int64) {
		v := commerce.Variant{ID: "var_grow_9", SKU: "MUG-grow-9", Options: map[string]string{"Size": "L"}, Price: commerce.Money{Amount: 1999, Currency: "USD"}}
		p.Variants, stock[v.ID] = append(p.Variants, v), 5
	})
	s.publish(w)
	s.wantLive(w)
	s.w.Advance(time.Minute)
	gone := w.product.Variants[0]
	s.edit(w, commerce.Groups(), func(p *commerce.Product, stock map[commerce.VariantID]int64) {
		p.Variants = p.Variants[1:]
		delete(stock, gone.ID)
	})
	s.publish(w)
	s.wantLive(w)
	if item, n := s.item(gone.SKU); n > 0 && len(item.Visible) > 0 && item.Quantity > 0 {
		s.Errorf("a variant that was taken out can still be bought: %+v", item)
	}
}

func editNothing(s *seller) {
	if !s.h.Thrifty {
		s.Skip("what has not changed is left out before the connector is asked")
	}
	w := s.live("same", 3)
	s.rewrite(w, 0, []commerce.Group{commerce.GroupStock, commerce.GroupPrice}, func(*commerce.Product, map[commerce.VariantID]int64) {})
}

func soldOut(s *seller) {
	w := s.live("empty", 2)
	s.w.Advance(time.Minute)
	s.edit(w, []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) {
		for id := range stock {
			stock[id] = 0
		}
	})
	s.publish(w)
	s.wantState(w, commerce.ListingSoldOut)
	s.wantUnbuyable(w, "MUG-empty-0")
	s.rewrite(w, s.cost(commerce.GroupStock)+1, []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) {
		stock["var_empty_0"], stock["var_empty_1"] = 6, 7
	})
}

// wantUnbuyable wants that no buyer can buy a SKU.
func (s *seller) wantUnbuyable(w *ware, sku commerce.SKU) {
	s.Helper()
	item, n := s.item(sku)
	for c := range w.wanted {
		if n > 0 && visible(item, c) && item.Quantity > 0 {
			s.Errorf("%s can still be bought on %s: %+v", sku, c, item)
		}
	}
	if id, err := s.w.Place(Purchase{SKU: sku, Quantity: 1}); err == nil {
		s.Errorf("%s was bought: order %s", sku, id)
	}
}

func oneSoldOut(s *seller) {
	w := s.live("part", 2)
	s.w.Advance(time.Minute)
	s.edit(w, []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) { stock["var_part_0"] = 0 })
	s.publish(w)
	s.wantState(w, commerce.ListingLive)
	s.wantUnbuyable(w, "MUG-part-0")
	if item, _ := s.item("MUG-part-1"); !visible(item, s.h.Driver.Name) || item.Quantity != w.stock["var_part_1"] {
		s.Errorf("the other variant is %+v", item)
	}
	s.rewrite(w, s.cost(commerce.GroupStock)+1, []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) { stock["var_part_0"] = 2 })
}

func takenDown(s *seller) {
	w := s.live("down", 2)
	s.w.Advance(time.Minute)
	s.edit(w, []commerce.Group{commerce.GroupStock}, func(p *commerce.Product, _ map[commerce.VariantID]int64) { p.Archived = true })
	w.wanted[s.h.Driver.Name] = false
	s.publish(w)
	s.wantState(w, commerce.ListingPaused, commerce.ListingEnded)
	for _, v := range w.product.Variants {
		if item, _ := s.item(v.SKU); visible(item, s.h.Driver.Name) {
			s.Errorf("%s is still visible", v.SKU)
		}
	}
	s.w.Advance(time.Minute)
	s.edit(w, commerce.Groups(), func(p *commerce.Product, _ map[commerce.VariantID]int64) { p.Archived = false })
	w.wanted[s.h.Driver.Name] = true
	s.publish(w)
	s.wantLive(w)
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

// renamedSKU changes a SKU after the listing went live: sales must still be
// resolved to the variant, and no second item may appear.
func renamedSKU(s *seller) {
	w := s.live("rename", 2)
	s.w.Advance(time.Minute)
	items := len(s.w.Shown())
	s.edit(w, commerce.Groups(), func(p *commerce.Product, _ map[commerce.VariantID]int64) { p.Variants[1].SKU = "CUP-rename-1" })
	s.publish(w)
	s.wantState(w, commerce.ListingLive)
	if n := len(s.w.Shown()); n != items {
		s.Errorf("after a SKU was renamed %d items are listed, before %d", n, items)
	}
	reader, sells := s.conn.(channel.OrderReader)
	if !sells {
		return
	}
	id := s.buy(Purchase{SKU: "CUP-rename-1", Quantity: 1, Buyer: "Ada Example"})
	s.w.Advance(time.Second)
	orders, err := reader.Orders(s.ctx, []commerce.RemoteID{id})
	s.must("read the order", err)
	for _, o := range orders {
		for _, line := range o.Lines {
			if got := resolve(s.books.listing(w.listing), w.product, line); got != w.product.Variants[1].ID {
				s.Errorf("line %+v is of variant %q, want %q", line, got, w.product.Variants[1].ID)
			}
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
