package channeltest

import (
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

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
