package tiktokshop_test

import (
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop/tiktoksim"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func TestStockWaitsForTheReview(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.AuditDelay = time.Hour }).mug("slow")
	m.apply(channel.Done)
	m.stock[m.variant(0)] = 2
	calls := m.w.Writes()
	r := m.apply(channel.Later, commerce.GroupStock)
	if !r.CheckAt.After(m.w.Env().Now()) || m.w.Writes() != calls {
		t.Errorf("waits until %s, after %d writes", r.CheckAt, m.w.Writes()-calls)
	}
	if m.listing.Views[commerce.TikTok].Waiting == "" {
		t.Error("nobody is told why it waits")
	}
	m.wantState(commerce.ListingInReview)
	m.product.Title = "Stoneware mug, tall"
	if r = m.apply(channel.Later, commerce.GroupStock, commerce.GroupText); len(r.Done) != 1 || r.Done[0] != commerce.GroupText {
		t.Errorf("done %v: a text can be edited during the review", r.Done)
	}
	m.w.Advance(time.Hour)
	m.apply(channel.Done, commerce.GroupStock)
	m.wantState(commerce.ListingLive)
	if n := m.onSale(0); n != 2 {
		t.Errorf("%d on sale, want 2", n)
	}
}

func TestZeroStockWhereZeroIsRefused(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.RefuseZeroStock = true }).mug("zero").live()
	m.stock[m.variant(0)] = 0
	m.apply(channel.Done, commerce.GroupStock)
	m.wantState(commerce.ListingSoldOut)
	if n := m.onSale(0); n != -1 {
		t.Errorf("%d can still be bought", n)
	}
	m.apply(channel.Done, commerce.GroupStock, commerce.GroupText)
	m.look()
	m.wantState(commerce.ListingSoldOut)
	m.stock[m.variant(0)] = 4
	m.apply(channel.Done, commerce.GroupStock)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	if n := m.onSale(0); n != 4 {
		t.Errorf("%d on sale, want 4", n)
	}
}

func TestVariantsOutOfStockWhereZeroIsRefused(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.RefuseZeroStock = true }).mug("part", "S", "M")
	m.stock[m.variant(1)] = 0
	m.live()
	if n := m.onSale(1); n != -1 {
		t.Errorf("%d on sale of what is not there", n)
	}
	m.stock[m.variant(1)] = 3
	m.apply(channel.Done, commerce.GroupStock)
	m.w.Advance(2 * time.Second)
	if m.onSale(0) != 5 || m.onSale(1) != 3 || m.listing.Items[m.variant(1)] == "" {
		t.Errorf("%d and %d on sale, items %v", m.onSale(0), m.onSale(1), m.listing.Items)
	}
}

// TestSoldOutVariantWhereZeroIsRefused: what sells out can't be bought from the
// moment on in which it is written, the rest comes back after the review.
func TestSoldOutVariantWhereZeroIsRefused(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.RefuseZeroStock, s.EditsStayOff, s.AuditDelay = true, true, time.Minute }).mug("part", "S", "M", "L")
	m.apply(channel.Done)
	m.w.Advance(2 * time.Minute)
	m.look()
	m.wantState(commerce.ListingLive)
	m.stock[m.variant(1)], m.stock[m.variant(2)] = 0, 2
	r := m.apply(channel.Done, commerce.GroupStock)
	if v := r.Views[commerce.TikTok]; v.State != commerce.ListingInReview || !strings.Contains(v.Waiting, "zero") {
		t.Errorf("view %+v", v)
	}
	for i := range 3 {
		if n := m.onSale(i); n > 0 {
			t.Errorf("%d of variant %d on sale before the review", n, i)
		}
	}
	m.w.Advance(2 * time.Minute)
	m.look()
	m.wantState(commerce.ListingLive)
	if a, b, c := m.onSale(0), m.onSale(1), m.onSale(2); a != 5 || b != -1 || c != 2 {
		t.Errorf("%d, %d and %d on sale, want 5, none and 2", a, b, c)
	}
	m.stock[m.variant(0)] = 4
	before := m.w.Writes()
	m.apply(channel.Done, commerce.GroupStock)
	if n := m.w.Writes() - before; n != 1 || m.onSale(0) != 4 || m.onSale(1) != -1 {
		t.Errorf("%d writes; %d and %d on sale, want 4 and none", n, m.onSale(0), m.onSale(1))
	}
	m.stock[m.variant(1)] = 7
	m.apply(channel.Done, commerce.GroupStock)
	m.w.Advance(2 * time.Minute)
	m.look()
	if n := m.onSale(1); n != 7 {
		t.Errorf("%d on sale after the stock came back, want 7", n)
	}
}

// TestBackWithoutStockWhereZeroIsRefused: what is wanted again while there is
// nothing of it does not come back with its old quantities.
func TestBackWithoutStockWhereZeroIsRefused(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.RefuseZeroStock = true }).mug("again", "S", "M").live()
	m.wanted = false
	m.apply(channel.Done, commerce.GroupStock)
	m.wanted = true
	m.stock[m.variant(0)], m.stock[m.variant(1)] = 0, 0
	m.apply(channel.Done)
	m.w.Advance(10 * time.Second)
	m.look()
	m.wantState(commerce.ListingSoldOut)
	if a, b := m.onSale(0), m.onSale(1); a > 0 || b > 0 {
		t.Errorf("%d and %d can be bought", a, b)
	}
	m.stock[m.variant(1)] = 2
	m.apply(channel.Done, commerce.GroupStock)
	m.w.Advance(10 * time.Second)
	m.look()
	if a, b := m.onSale(0), m.onSale(1); a != -1 || b != 2 {
		t.Errorf("%d and %d on sale, want none and 2", a, b)
	}
}

// TestSoldOutVariantAfterACrash: a process that dies between taking the product
// off sale and bringing it back does not leave it off for ever.
func TestSoldOutVariantAfterACrash(t *testing.T) {
	t.Parallel()
	for after := range 5 {
		m := newShop(t, func(s *tiktoksim.Sim) { s.RefuseZeroStock = true }).mug("crash", "S", "M").live()
		m.stock[m.variant(1)] = 0
		m.w.Cut(after)
		if r, err := m.conn.Apply(m.Context(), []channel.Change{m.change(commerce.GroupStock)}, m.save); err == nil && !m.w.Dead() {
			m.keep(r[0])
		}
		m.w.Mend()
		for _, r := range m.save.created {
			if r.Extra != nil {
				m.listing.Extra = r.Extra
			}
		}
		for range 3 {
			m.w.Advance(10 * time.Second)
			m.look()
			results, err := m.conn.Apply(m.Context(), []channel.Change{m.change(commerce.GroupStock)}, m.save)
			m.must(err)
			m.keep(results[0])
		}
		m.w.Advance(10 * time.Second)
		m.look()
		if a, b := m.onSale(0), m.onSale(1); a != 5 || b != -1 {
			t.Errorf("dead after %d calls: %d and %d on sale in the end, want 5 and none; %v", after, a, b, m.listing.Extra)
		}
	}
}

func TestNothingInStockIsNotListed(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.RefuseZeroStock = true }).mug("none")
	m.stock[m.variant(0)] = 0
	m.apply(channel.Done)
	m.wantState(commerce.ListingSoldOut)
	if m.listing.Remote != "" || len(m.save.calls) > 0 {
		t.Errorf("remote %q, open calls %v", m.listing.Remote, m.save.calls)
	}
	m.stock[m.variant(0)] = 1
	m.live()
}

func TestTakenOffAndBack(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("off").live()
	m.wanted = false
	m.apply(channel.Done, commerce.GroupStock, commerce.GroupText)
	m.wantState(commerce.ListingPaused)
	if n := m.onSale(0); n != -1 {
		t.Errorf("%d on sale", n)
	}
	m.wanted = true
	m.stock[m.variant(0)] = 9
	m.apply(channel.Done, commerce.GroupText)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	if n := m.onSale(0); n != 9 {
		t.Errorf("%d on sale, want 9", n)
	}
}

func TestTakenOffDuringTheReview(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.AuditDelay = time.Minute }).mug("early")
	m.apply(channel.Done)
	m.wanted = false
	m.apply(channel.Later, commerce.GroupStock)
	m.w.Advance(time.Minute)
	m.apply(channel.Done, commerce.GroupStock)
	m.wantState(commerce.ListingPaused)
}

func TestEditThatFailsItsReview(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("claim").live()
	m.product.Title = "A miracle cure in a mug"
	if r := m.apply(channel.Done, commerce.GroupText); r.CheckAt.IsZero() {
		t.Error("nobody looks after the review of the edit")
	}
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	problems := m.listing.Views[commerce.TikTok].Problems
	if len(problems) != 1 || problems[0].Field != "title" || problems[0].Fix == "" || !strings.Contains(problems[0].Raw, "not allowed") {
		t.Fatalf("problems %+v", problems)
	}
	m.stock[m.variant(0)] = 1
	m.apply(channel.Done, commerce.GroupStock)
	if len(m.listing.Views[commerce.TikTok].Problems) != 1 {
		t.Error("writing the stock hides what the review found")
	}
	m.product.Title = "A mug"
	m.apply(channel.Done, commerce.GroupText)
	m.w.Advance(2 * time.Second)
	m.look()
	if v := m.listing.Views[commerce.TikTok]; len(v.Problems) > 0 || v.State != commerce.ListingLive {
		t.Errorf("view %+v", v)
	}
}

func TestRefusedProductIsCorrected(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("cure")
	m.product.Description = "100% guaranteed results"
	m.apply(channel.Done)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingRejected)
	if p := m.listing.Views[commerce.TikTok].Problems; len(p) != 1 || p[0].Field != "description" {
		t.Fatalf("problems %+v", p)
	}
	m.stock[m.variant(0)] = 8
	writes := m.w.Writes()
	m.apply(channel.Done, commerce.GroupStock)
	if m.w.Writes() != writes {
		t.Error("the stock of a refused product is written")
	}
	m.product.Description = "A mug."
	m.apply(channel.Done, commerce.GroupText)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	if n := m.onSale(0); n != 8 {
		t.Errorf("%d on sale, want 8", n)
	}
}

func TestDailyLimit(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(s *tiktoksim.Sim) { s.DailyListings = 1 })
	first, second, third := s.mug("one"), s.mug("two"), s.mug("three")
	results, err := s.conn.Apply(t.Context(), []channel.Change{first.change(), second.change(), third.change()}, s.save)
	s.must(err)
	for i, want := range []channel.Outcome{channel.Done, channel.Later, channel.Later} {
		if results[i].Outcome != want {
			t.Errorf("result %d is %q (%v), want %q", i, results[i].Outcome, results[i].Err, want)
		}
	}
	if wait := results[1].CheckAt.Sub(s.w.Env().Now()); wait < 12*time.Hour || wait > 13*time.Hour {
		t.Errorf("waits %s, want until tomorrow", wait)
	}
	if results[1].Views[commerce.TikTok].Waiting == "" || len(s.save.calls) > 0 {
		t.Errorf("view %+v, open calls %v", results[1].Views, s.save.calls)
	}
	if n := s.w.Calls()["CreateProduct_202309"]; n != 2 {
		t.Errorf("%d creations were tried, want 2", n)
	}
	s.w.Advance(13 * time.Hour)
	second.live()
}

func TestDraft(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("draft")
	m.defaults.Publish = "draft"
	m.apply(channel.Done)
	m.wantState(commerce.ListingDraft)
	m.stock[m.variant(0)] = 3
	m.apply(channel.Done, commerce.GroupStock)
	m.wantState(commerce.ListingDraft)
	m.defaults.Publish = "live"
	m.apply(channel.Done, commerce.GroupText)
	m.wantState(commerce.ListingInReview)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	if n := m.onSale(0); n != 3 {
		t.Errorf("%d on sale, want 3", n)
	}
}

func TestStatesOfThePlatform(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("frozen").live()
	s := m.shop
	s.must(s.sim.SetStatus(string(m.listing.Remote), "PLATFORM_DEACTIVATED"))
	m.stock[m.variant(0)] = 1
	m.apply(channel.Done, commerce.GroupStock)
	m.wantState(commerce.ListingRejected)
	s.must(s.sim.SetStatus(string(m.listing.Remote), "FREEZE"))
	m.look()
	m.wantState(commerce.ListingRejected)
	r := m.apply(channel.Refused, commerce.GroupStock, commerce.GroupText)
	if p := r.Views[commerce.TikTok].Problems; len(p) == 0 || p[0].Rule != "frozen" {
		t.Errorf("problems %+v", p)
	}
}

func TestTwinIsAdopted(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("twin", "S", "M").live()
	remote, items := m.listing.Remote, m.listing.Items
	m.listing.Remote, m.listing.Items, m.listing.Extra = "", nil, nil // our records were lost
	m.apply(channel.More)
	if m.listing.Remote != remote || len(m.listing.Items) != 2 || m.listing.Items[m.variant(1)] != items[m.variant(1)] {
		t.Errorf("remote %q items %v, want %q %v", m.listing.Remote, m.listing.Items, remote, items)
	}
	if _, err := m.conn.Listings(t.Context(), []commerce.Listing{m.listing}); err != nil {
		t.Fatal(err)
	}
	if n := len(m.w.Shown()); n != 2 {
		t.Errorf("%d items are listed, want 2", n)
	}
}

func TestPicturesAreUploadedOnce(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("pic", "S", "M")
	m.product.Images = append(m.product.Images, commerce.Image{URL: "https://shop.example/b.png"})
	m.product.Variants[0].Image, m.product.Variants[1].Image = m.product.Images[0].URL, m.product.Images[1].URL
	m.live()
	if n := m.w.Calls()["UploadProductImage_202309"]; n != 2 {
		t.Fatalf("%d uploads, want 2", n)
	}
	m.reopen()
	m.product.Images[0], m.product.Images[1] = m.product.Images[1], m.product.Images[0]
	m.apply(channel.Done, commerce.GroupImages)
	m.product.Title += "!"
	m.apply(channel.Done, commerce.GroupText)
	if n := m.w.Calls()["UploadProductImage_202309"]; n != 2 {
		t.Errorf("%d uploads, want still 2", n)
	}
	edits := m.w.Calls()["PartialEditProduct_202509"]
	m.apply(channel.Done, commerce.GroupText, commerce.GroupImages)
	if n := m.w.Calls()["PartialEditProduct_202509"]; n != edits {
		t.Error("an edit that changes nothing is sent")
	}
}

func TestNewWarehouse(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("place").live()
	second, err := m.sim.AddWarehouse("Attic")
	m.must(err)
	m.spread(second)
	m.stock[m.variant(0)] = 6
	m.apply(channel.Done, commerce.GroupStock)
	if n := m.onSale(0); n != 6 {
		t.Errorf("%d on sale in all warehouses, want 6", n)
	}
	calls := m.w.Calls()["UpdateInventory_202309"]
	m.stock[m.variant(0)] = 7
	m.apply(channel.Done, commerce.GroupStock)
	if n := m.w.Calls()["UpdateInventory_202309"] - calls; n != 1 || m.onSale(0) != 7 {
		t.Errorf("%d calls, %d on sale: the warehouses are known by now", n, m.onSale(0))
	}
}

func TestVariantTakenOutAndBack(t *testing.T) {
	t.Parallel()
	m := newShop(t, func(s *tiktoksim.Sim) { s.AuditDelay = time.Minute }).mug("vary", "S", "M")
	m.apply(channel.Done)
	m.w.Advance(time.Minute)
	m.look()
	both := m.product.Variants
	m.product.Variants = both[:1]
	m.apply(channel.Done, commerce.GroupStock, commerce.GroupText)
	m.product.Variants = both
	if n := m.onSale(1); n != 0 {
		t.Errorf("%d of the variant that was taken out can be bought until the review ends", n)
	}
	m.product.Variants = both[:1]
	m.w.Advance(time.Minute)
	m.stock[both[0].ID] = 2
	m.apply(channel.Done, commerce.GroupStock)
	m.product.Variants = both
	if m.onSale(0) != 2 || m.onSale(1) != -1 {
		t.Errorf("%d and %d on sale, want 2 and none", m.onSale(0), m.onSale(1))
	}
	old := m.listing.Items[both[1].ID]
	m.apply(channel.Done, commerce.GroupStock, commerce.GroupText)
	m.w.Advance(time.Minute)
	if id := m.listing.Items[both[1].ID]; m.onSale(1) != 6 || id == old {
		t.Errorf("%d on sale as %s, want 6 under a new id", m.onSale(1), id)
	}
}

func TestMissingAttributeNamesItsValues(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("lamp")
	m.product.Title = "Brass lamp"
	r := m.apply(channel.Refused)
	p := r.Views[commerce.TikTok].Problems
	if len(p) != 1 || p[0].Field != "attributes.Contains Batteries or Cells?" || p[0].Allowed != "None, Batteries" || p[0].Fix == "" {
		t.Fatalf("problems %+v", p)
	}
	if n := m.w.Calls()["UploadProductImage_202309"]; n != 0 {
		t.Error("pictures are uploaded for a product that can't be listed")
	}
	m.product.Attributes = map[string]string{"contains batteries or cells": "batteries"}
	p = m.apply(channel.Refused).Views[commerce.TikTok].Problems
	if len(p) != 1 || p[0].Field != "attributes.Battery Type" {
		t.Fatalf("problems %+v", p)
	}
	m.product.Attributes["Battery type"] = "Alkaline"
	m.live()
}

func TestRefusalsBeforeAnyWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(m *mug)
		field  string
	}{
		"currency": {func(m *mug) { m.product.Variants[0].Price.Currency = "EUR" }, "variants[0].price"},
		"category": {func(m *mug) { m.product.Title = "Qwertz" }, "category"},
		"picture":  {func(m *mug) { m.product.Images[0].URL = "https://shop.example/404" }, "images"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newShop(t, nil).mug("bad")
			c.change(m)
			p := m.apply(channel.Refused).Views[commerce.TikTok].Problems
			if len(p) == 0 || !strings.HasPrefix(p[0].Field, c.field) || p[0].Fix == "" {
				t.Errorf("problems %+v, want one of %s", p, c.field)
			}
			m.wantState(commerce.ListingRejected)
			if m.w.Calls()["CreateProduct_202309"] > 0 {
				t.Error("it was sent all the same")
			}
		})
	}
}

func TestLittleTimeLeft(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("hurry")
	ctx, cancel := contextWithin(t, time.Second)
	defer cancel()
	results, err := m.conn.Apply(ctx, []channel.Change{m.change()}, m.save)
	m.must(err)
	if results[0].Outcome != channel.More || len(m.w.Calls()) > 2 {
		t.Errorf("outcome %q after %v", results[0].Outcome, m.w.Calls())
	}
}

// One SKU that is refused inside a successful answer is a problem of its
// variant; the others are written.
func TestOnePartIsRefused(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("part", "S", "M").live()
	m.listing.Items[m.variant(1)] = "1729600000000000999"
	m.stock[m.variant(0)], m.stock[m.variant(1)] = 3, 4
	r := m.apply(channel.Refused, commerce.GroupStock)
	problems := r.Views[commerce.TikTok].Problems
	if len(problems) != 1 || problems[0].Field != "variants[1].stock" || problems[0].Value != "4" || problems[0].Fix == "" || !strings.Contains(problems[0].Raw, "1729600000000000999") {
		t.Errorf("%+v", problems)
	}
	if n := m.onSale(0); n != 3 {
		t.Errorf("%d of the other are on sale, want 3", n)
	}
	m.wantState(commerce.ListingLive)
}
