package channeltest

import (
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// defaults are what an account of a small shop would have set.
func (s *seller) defaults() commerce.Defaults {
	return commerce.Defaults{
		Currency: "USD", Grams: 420, LengthMM: 120, WidthMM: 100, HeightMM: 100, WhoMade: "i_did", WhenMade: "recent",
		Condition: "new", Brand: "Corner Stall", ProductURL: "https://shop.example/p/{handle}?sku={sku}", Publish: "live", Renew: "auto",
	}
}

// ware makes a product that is wanted on the channel, nothing written yet. Two
// variants and more come in sizes, four and more (30 at most) in colours and
// sizes.
func (s *seller) ware(name string, variants int) *ware {
	p := commerce.Product{
		ID: commerce.ProductID("prd_" + name), Handle: name, Title: "Stoneware mug " + name,
		Description: "Thrown by hand, glazed in sea green. Holds a quarter of a litre.", Brand: "Corner Stall", Tags: []string{"mug", "stoneware"},
		Images: []commerce.Image{
			{URL: "https://shop.example/img/" + name + "-1.png", Alt: "The mug from the front"},
			{URL: "https://shop.example/img/" + name + "-2.png", Alt: "The mug from above"},
		},
		Version: 1, CreatedAt: s.now(), UpdatedAt: s.now(),
	}
	w := &ware{stock: map[commerce.VariantID]int64{}, wanted: map[commerce.Channel]bool{s.h.Driver.Name: true}, todo: commerce.Groups()}
	for i := range variants {
		v := commerce.Variant{
			ID: commerce.VariantID(fmt.Sprintf("var_%s_%d", name, i)), SKU: commerce.SKU(fmt.Sprintf("MUG-%s-%d", name, i)),
			Price: commerce.Money{Amount: 1250 + int64(i)*75, Currency: "USD"},
		}
		v.Options, p.Options = options(i, variants)
		p.Variants = append(p.Variants, v)
		w.stock[v.ID] = int64(3 + i)
	}
	w.product = p
	w.listing = commerce.ListingID("lst_" + name)
	s.books.put(commerce.Listing{ID: w.listing, Target: "tgt_test", Product: p.ID, Views: map[commerce.Channel]commerce.View{}, CreatedAt: s.now(), UpdatedAt: s.now()})
	return w
}

func options(i, variants int) (map[string]string, []string) {
	colours, sizes := []string{"Blue", "Green", "Red", "Black", "White", "Sand"}, []string{"S", "M", "L", "XL", "XXL"}
	switch {
	case variants == 1:
		return nil, nil
	case variants < 4:
		return map[string]string{"Size": sizes[i]}, []string{"Size"}
	case variants == 4:
		return map[string]string{"Color": colours[i/2], "Size": sizes[i%2]}, []string{"Color", "Size"}
	default:
		return map[string]string{"Color": colours[i/5], "Size": sizes[i%5]}, []string{"Color", "Size"}
	}
}

// live publishes a new ware and wants a buyer to see it.
func (s *seller) live(name string, variants int) *ware {
	s.Helper()
	w := s.ware(name, variants)
	s.publish(w)
	s.wantLive(w)
	if s.Failed() {
		s.FailNow()
	}
	return w
}

// edit changes a product as a seller does, and notes what is to be written.
func (s *seller) edit(w *ware, groups []commerce.Group, change func(p *commerce.Product, stock map[commerce.VariantID]int64)) {
	change(&w.product, w.stock)
	w.product.Version++
	w.product.UpdatedAt = s.now()
	w.todo = groups
}

// view is what the product shows of a ware on the channel.
func (s *seller) view(w *ware) commerce.View {
	return s.books.listing(w.listing).Views[s.h.Driver.Name]
}

func (s *seller) wantState(w *ware, states ...commerce.ListingState) {
	s.Helper()
	v := s.view(w)
	for _, want := range states {
		if v.State == want {
			return
		}
	}
	s.Errorf("listing %s is %q (review %q, waiting %q, problems %v, gave up %v, errors %v), want %v", w.listing, v.State, v.Review, v.Waiting, v.Problems, w.gaveUp, w.errs, states)
}

// wantLive compares what buyers see with what the seller wants, to the last
// number.
func (s *seller) wantLive(w *ware) {
	s.Helper()
	s.wantState(w, commerce.ListingLive)
	s.w.Advance(2 * time.Second) // pictures of a live listing come a little later
	l := s.books.listing(w.listing)
	if l.Remote == "" {
		s.Errorf("listing %s has no remote id", w.listing)
	}
	seen := map[commerce.RemoteID]bool{}
	for _, v := range w.product.Variants {
		if id := l.Items[v.ID]; id == "" || seen[id] {
			s.Errorf("variant %s has the remote id %q: each needs one of its own", v.ID, id)
		} else {
			seen[id] = true
		}
		s.wantItem(w, v)
	}
	if v := s.view(w); len(v.Problems) > 0 {
		s.Errorf("a live listing has problems: %v", v.Problems)
	}
}

func (s *seller) wantItem(w *ware, v commerce.Variant) {
	s.Helper()
	item, n := s.item(v.SKU)
	if n != 1 {
		s.Errorf("%s is listed %d times", v.SKU, n)
		return
	}
	p := w.product.On(s.h.Driver.Name)
	if item.Title != p.Title {
		s.Errorf("%s is called %q, want %q", v.SKU, item.Title, p.Title)
	}
	if item.Quantity != w.stock[v.ID] {
		s.Errorf("%s: %d on sale, want %d", v.SKU, item.Quantity, w.stock[v.ID])
	}
	if item.Images != len(p.Images) {
		s.Errorf("%s: %d images, want %d", v.SKU, item.Images, len(p.Images))
	}
	if !sameAmount(item.Price, v.Price) {
		s.Errorf("%s costs %q, want %s", v.SKU, item.Price, v.Price)
	}
	for c, on := range w.wanted {
		if on && !visible(item, c) {
			s.Errorf("%s is not visible on %s", v.SKU, c)
		}
	}
}

func visible(item Item, c commerce.Channel) bool {
	for _, on := range item.Visible {
		if on == c {
			return true
		}
	}
	return false
}

// item finds what is listed under a SKU, and how often.
func (s *seller) item(sku commerce.SKU) (found Item, n int) {
	for _, item := range s.w.Shown() {
		if item.SKU == sku {
			found = item
			n++
		}
	}
	return found, n
}

// sameAmount reads a printed price: whatever stands around the digits.
func sameAmount(printed string, want commerce.Money) bool {
	var digits []rune
	for _, c := range printed {
		if c == '.' || c >= '0' && c <= '9' {
			digits = append(digits, c)
		}
	}
	got, err := commerce.ParseMoney(string(digits), want.Currency)
	return err == nil && got == want
}

// writer is the connector's power to list.
func (s *seller) writer() channel.ListingWriter { return s.conn.(channel.ListingWriter) }
