package channeltest

import (
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

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
