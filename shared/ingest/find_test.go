package ingest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

func (b *bench) finder() *ingest.Finder {
	return &ingest.Finder{Store: b.Store, Now: b.clock.Now, NewID: (&localtest.IDs{}).Next}
}

// sold stores an order of a SKU and an item nobody knows yet.
func (b *bench) sold(t tester, remote commerce.RemoteID, lines ...commerce.OrderLine) commerce.OrderID {
	t.Helper()
	o := order(remote, 1)
	o.Lines = lines
	b.handle(t, update(o), at(1))
	return ingest.OrderIDOf(b.account.ID, remote)
}

// sell puts a product with a SKU into the catalog.
func (b *bench) sell(t tester, id commerce.ProductID, v commerce.Variant) {
	t.Helper()
	_, err := b.PutProduct(bg(), "w1", port.ProductWrite{Product: commerce.Product{ID: id, Handle: string(id), Variants: []commerce.Variant{v}}, Claims: []commerce.SKU{v.SKU},
		Listings: []commerce.Listing{{ID: commerce.ListingID("lst_" + id), Target: "tgt", Product: id}}})
	must(t, err)
}

func TestUnknownItemsAreFoundLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.finder()
	id := b.sold(t, "1", commerce.OrderLine{ID: "a", SKU: "MUG", Quantity: 1}, commerce.OrderLine{ID: "b", RemoteItem: "77", Quantity: 1}, commerce.OrderLine{ID: "c", Title: "A gift", Quantity: 1})
	for range 2 {
		must(t, f.Find(bg(), "w1", id))
	}
	got := b.order(t, "1")
	if got.Version != 2 || len(got.Attention) != 1 || got.Attention[0] != commerce.AttentionUnknown {
		t.Errorf("after looking: %+v", got)
	}
	must(t, f.Appeared(bg(), "w1", port.Want{SKU: "MUG"})) // it has not
	b.sell(t, "mug", commerce.Variant{ID: "v1", SKU: "MUG"})
	b.sell(t, "cup", commerce.Variant{ID: "v2", SKU: "CUP"})
	for range 2 {
		must(t, f.Appeared(bg(), "w1", port.Want{SKU: "MUG"}))
	}
	if got = b.order(t, "1"); got.Lines[0].Variant != "v1" || got.Lines[1].Variant != "" || len(got.Attention) != 1 {
		t.Errorf("after the SKU: %+v", got)
	}
	l, err := b.Listing(bg(), "w1", "lst_cup")
	must(t, err)
	l.Items = map[commerce.VariantID]commerce.RemoteID{"v2": "77"}
	_, err = b.PutListing(bg(), "w1", port.ListingWrite{Listing: l})
	must(t, err)
	must(t, f.Appeared(bg(), "w1", port.Want{Target: "tgt", Item: "77"}))
	got = b.order(t, "1")
	got.Allocate()
	if got.Lines[1].Variant != "v2" || got.Lines[1].Problem != nil || got.Lines[2].Problem == nil || len(got.Attention) != 1 {
		t.Errorf("after the item: %+v", got)
	}
	// What will never be known asks for attention as long as it can be shipped.
	got.State = commerce.OrderShipped
	_, err = b.PutOrder(bg(), "w1", port.OrderWrite{Order: got})
	must(t, err)
	must(t, f.Find(bg(), "w1", id))
	if got = b.order(t, "1"); len(got.Attention) != 0 {
		t.Errorf("shipped, and asks for %v", got.Attention)
	}
	if waiting, err := b.Waiting(bg(), "w1", port.Want{SKU: "MUG"}, 9); err != nil || len(waiting) != 0 {
		t.Errorf("still waiting: %v, %v", waiting, err)
	}
}

// More orders than are looked at together, some of them gone.
func TestManyOrdersWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.finder()
	for i := range 120 {
		must(t, f.Find(bg(), "w1", b.sold(t, commerce.RemoteID(fmt.Sprint(i)), commerce.OrderLine{ID: "a", SKU: "MUG", Quantity: 1})))
	}
	must(t, b.PutWants(bg(), "w1", "gone", []port.Want{{SKU: "MUG"}}))
	b.sell(t, "mug", commerce.Variant{ID: "v1", SKU: "MUG"})
	must(t, f.Appeared(bg(), "w1", port.Want{SKU: "MUG"}))
	for i := range 120 {
		if o := b.order(t, commerce.RemoteID(fmt.Sprint(i))); o.Lines[0].Variant != "v1" || len(o.Attention) != 0 {
			t.Fatalf("order %d: %+v", i, o)
		}
	}
	if n, err := b.CountAttention(bg(), "w1", commerce.AttentionUnknown, 9); n != 0 || err != nil {
		t.Errorf("%d ask for attention, %v", n, err)
	}
}

// A product comes at any moment of the look for it, and the process dies at any
// moment: what the stream tells then finds the product for the order.
func TestNothingIsMissedInBetween(t *testing.T) {
	t.Parallel()
	for comes := 1; comes <= 6; comes++ {
		for dies := comes; dies <= 7; dies++ {
			b := newBench(t)
			id := b.sold(t, "1", commerce.OrderLine{ID: "a", SKU: "MUG", Quantity: 1})
			come := sync.OnceFunc(func() { b.sell(t, "mug", commerce.Variant{ID: "v1", SKU: "MUG"}) })
			f := b.finder()
			f.Store = &between{Store: b.Store, comes: comes, dies: dies, come: come}
			err := f.Find(bg(), "w1", id)
			come()
			must(t, b.finder().Appeared(bg(), "w1", port.Want{SKU: "MUG"})) // the product's record
			if err != nil || b.order(t, "1").Version > 1 {
				must(t, b.finder().Find(bg(), "w1", id)) // the order's first record again, or its second
			}
			if o := b.order(t, "1"); o.Lines[0].Variant != "v1" || len(o.Attention) != 0 {
				t.Errorf("it comes at step %d, death at %d: %+v", comes, dies, o)
			}
		}
	}
}

// between lets something come before a call of the store, and dies at one.
type between struct {
	*dynamo.Store
	step, comes, dies int
	come              func()
}

func (s *between) next() error {
	if s.step++; s.step == s.comes {
		s.come()
	}
	if s.step >= s.dies {
		return fault.New(fault.Internal, "dead", "The process is dead.")
	}
	return nil
}

func (s *between) Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error) {
	if err := s.next(); err != nil {
		return commerce.Order{}, err
	}
	return s.Store.Order(ctx, w, id)
}

func (s *between) PutWants(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, wants []port.Want) error {
	if err := s.next(); err != nil {
		return err
	}
	return s.Store.PutWants(ctx, w, id, wants)
}

func (s *between) ProductBySKU(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (port.SKURef, error) {
	if err := s.next(); err != nil {
		return port.SKURef{}, err
	}
	return s.Store.ProductBySKU(ctx, w, sku)
}

func (s *between) PutOrder(ctx context.Context, w commerce.WorkspaceID, o port.OrderWrite) (commerce.Order, error) {
	if err := s.next(); err != nil {
		return o.Order, err
	}
	return s.Store.PutOrder(ctx, w, o)
}

func (s *between) DropWants(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, wants []port.Want) error {
	if err := s.next(); err != nil {
		return err
	}
	return s.Store.DropWants(ctx, w, id, wants)
}
