package etsy_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func TestNoStockAtFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("later").fill(0)
	spent := b.cost(func() {
		if r := b.push(g, commerce.ListingQueued); !strings.Contains(r.Views[commerce.Etsy].Waiting, "No stock") {
			t.Errorf("it waits for %q, want a word about the stock", r.Views[commerce.Etsy].Waiting)
		}
	})
	b.wantCost("a listing without stock", spent, map[string]int{})
	b.push(g.fill(2), commerce.ListingLive)
}

func TestDraftWaitsForStock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("slow", "S", "M")
	g.defaults.Publish = "draft"
	b.push(g, commerce.ListingDraft)
	g.defaults.Publish = "live"
	if r := b.push(g.fill(0), commerce.ListingDraft); r.Views[commerce.Etsy].Waiting == "" {
		t.Error("nobody is told what the draft waits for")
	}
	b.push(g.fill(4), commerce.ListingLive)
}

func TestSoldOutIsRenewedOnlyWhenAllowed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("rare").fill(1)
	b.push(g, commerce.ListingLive)
	_, err := b.w.Place(channeltest.Purchase{SKU: "rare-0", Quantity: 1})
	b.must(err)
	spent := b.cost(func() {
		r := b.push(g.fill(5), commerce.ListingSoldOut, commerce.GroupStock)
		if !strings.Contains(r.Views[commerce.Etsy].Waiting, "fee") {
			t.Errorf("waits for %q, want a word about the fee", r.Views[commerce.Etsy].Waiting)
		}
	})
	b.wantCost("a renewal that is not allowed", spent, map[string]int{"getListingsInventoryByListingIds": 1})
	g.defaults.Renew = "auto"
	b.push(g, commerce.ListingLive, commerce.GroupText)
	if got := b.quantities(g)["rare-0"]; got != 5 {
		t.Errorf("after the renewal %d pieces are there, want 5: renewing sets 1", got)
	}
}

func TestExpiredIsRenewedOnlyWhenAllowed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("old")
	g.defaults.WhenMade = "made_to_order" // the ranges move in January
	b.push(g, commerce.ListingLive)
	b.w.Advance(130 * 24 * time.Hour)
	b.renew()
	b.push(g.fill(4), commerce.ListingEnded, commerce.GroupStock)
	g.defaults.Renew = "auto"
	b.push(g, commerce.ListingLive, commerce.GroupText, commerce.GroupStock)
	if l := b.shown(g); !l.AutoRenew || l.State != "active" {
		t.Errorf("state %q, renews by itself: %v", l.State, l.AutoRenew)
	}
}

// renew consents anew, after the refresh token's life.
func (b *stall) renew() {
	b.Helper()
	auth, redirect := etsy.Driver().Auth(b.w.App(), b.w.Env()), b.w.PublicURL()+"/v1/oauth/etsy/callback"
	address, err := auth.Consent("again", redirect, verifier)
	b.must(err)
	back, err := b.w.Consent(b.Context(), address, true)
	b.must(err)
	grant, err := auth.Exchange(b.Context(), back, redirect, verifier)
	b.must(err)
	b.tokens = grant.Tokens
}

func TestSellersPauseIsRespected(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("rest")
	b.push(g, commerce.ListingLive)
	_, err := b.seller.UpdateListing(t.Context(), b.id(g), url.Values{"state": {"inactive"}})
	b.must(err)
	r := b.push(g.fill(8), commerce.ListingPaused, commerce.GroupStock)
	if r.Views[commerce.Etsy].Waiting == "" || b.shown(g).State != "inactive" {
		t.Errorf("view %+v, state %q", r.Views[commerce.Etsy], b.shown(g).State)
	}
	if got := b.quantities(g)["rest-0"]; got != 8 {
		t.Errorf("%d pieces, want 8: the stock is kept in step", got)
	}
}

func TestDeletedOnEtsy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	gone, here := mug("gone"), mug("here")
	b.push(gone, commerce.ListingLive)
	b.push(here, commerce.ListingLive)
	b.must(b.sim.DeleteListing(t.Context(), b.id(gone)))
	results := b.apply(t.Context(), b.change(gone.fill(7), commerce.GroupStock), b.change(here.fill(7), commerce.GroupStock))
	if v := results[0].Views[commerce.Etsy]; results[0].Outcome != channel.Done || v.State != commerce.ListingEnded || !strings.Contains(v.Waiting, "deleted") {
		t.Errorf("outcome %q, view %+v; want done, ended and a word about it", results[0].Outcome, v)
	}
	if got := b.quantities(here)["here-0"]; got != 7 {
		t.Errorf("the other listing has %d pieces, want 7", got)
	}
}

func TestUnwantedKeepsItsProblems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("odd")
	b.push(g, commerce.ListingLive)
	id := commerce.ListingID("lst_odd")
	l := b.listings[id]
	l.Views = map[commerce.Channel]commerce.View{commerce.Etsy: {Wanted: true, State: commerce.ListingRejected, Problems: []commerce.Problem{{Rule: "title_character", Fix: "x"}}}}
	b.listings[id], g.unwanted = l, true
	r := b.push(g, commerce.ListingRejected)
	if len(r.Views[commerce.Etsy].Problems) != 1 || b.shown(g).State != "inactive" {
		t.Errorf("view %+v, state %q", r.Views[commerce.Etsy], b.shown(g).State)
	}
}

func TestVariationPictures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("tint", "Small", "Large")
	g.p.Images = append(g.p.Images, commerce.Image{URL: "https://shop.example/tint-2.png"})
	g.p.Variants[0].Image, g.p.Variants[1].Image = g.p.Images[0].URL, g.p.Images[1].URL
	b.push(g, commerce.ListingLive)
	spent := b.cost(func() { b.push(g.fill(6), commerce.ListingLive, commerce.GroupStock) })
	b.wantCost("stock with pictures of variants", spent, map[string]int{"getListingsInventoryByListingIds": 1, "updateListingInventory": 1, "updateVariationImages": 1})
	spent = b.cost(func() { b.push(g, commerce.ListingLive, commerce.GroupStock) })
	b.wantCost("the same stock again", spent, map[string]int{"getListingsInventoryByListingIds": 1})
}

func TestPicturesAreArranged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("view")
	image := func(n int, alt string) commerce.Image {
		return commerce.Image{URL: fmt.Sprintf("https://shop.example/view-%d.png", n), Alt: alt}
	}
	g.p.Images = []commerce.Image{image(1, "one"), image(2, "two"), image(3, "three")}
	b.push(g, commerce.ListingLive)
	for _, c := range []struct {
		name   string
		images []commerce.Image
		cost   map[string]int
	}{
		{"another order", []commerce.Image{image(3, "three"), image(1, "one"), image(2, "two")}, map[string]int{"updateListing": 1}},
		{"one less", []commerce.Image{image(3, "three"), image(2, "two")}, map[string]int{"updateListing": 1}},
		{"another text", []commerce.Image{image(3, "three"), image(2, "zwei")}, map[string]int{"uploadListingImage": 1}},
		{"one replaced", []commerce.Image{image(3, "three"), image(4, "four")}, map[string]int{"uploadListingImage": 1}},
		{"one more", []commerce.Image{image(3, "three"), image(4, "four"), image(5, "")}, map[string]int{"uploadListingImage": 1}},
		{"one in front", []commerce.Image{image(6, ""), image(3, "three"), image(4, "four"), image(5, "")}, map[string]int{"uploadListingImage": 1, "updateListing": 1}},
		{"all new", []commerce.Image{image(7, ""), image(8, "eight"), image(9, ""), image(10, "")}, map[string]int{"uploadListingImage": 4}},
	} {
		b.w.Advance(time.Minute)
		g.p.Images = c.images
		spent := b.cost(func() { b.push(g, commerce.ListingLive, commerce.GroupImages) })
		c.cost["getListingsInventoryByListingIds"], c.cost["getListingImages"] = 1, 1
		b.wantCost(c.name, spent, c.cost)
		have, err := b.seller.Images(t.Context(), b.id(g))
		b.must(err)
		var alts, want []string
		for i := range max(len(have), len(c.images)) {
			if i < len(have) {
				alts = append(alts, have[i].Alt)
			}
			if i < len(c.images) {
				want = append(want, c.images[i].Alt)
			}
		}
		if !slices.Equal(alts, want) {
			t.Errorf("%s: pictures %q, want %q", c.name, alts, want)
		}
	}
}

func TestStockIsWrittenBeforeABadPicture(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("safe")
	b.push(g, commerce.ListingLive)
	g.p.Images[0].URL = "https://shop.example/404"
	r := b.apply(t.Context(), b.change(g.fill(1)))[0]
	if r.Outcome != channel.Refused || !slices.Contains(r.Done, commerce.GroupStock) || b.quantities(g)["safe-0"] != 1 {
		t.Errorf("outcome %q, done %v, pieces %v", r.Outcome, r.Done, b.quantities(g))
	}
	if p := r.Views[commerce.Etsy].Problems; len(p) != 1 || p[0].Field != "images[0]" {
		t.Errorf("problems %+v, want one for images[0]", p)
	}
	g.p.Images[0].URL = "https://shop.example/404/404"
	r = b.apply(t.Context(), b.change(g.fill(0)))[0]
	if r.Outcome != channel.Refused || b.shown(g).State != "inactive" {
		t.Errorf("outcome %q, state %q; want refused and inactive", r.Outcome, b.shown(g).State)
	}
}

func TestOtherCurrency(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("euro")
	g.p.Variants[0].Price.Currency = "EUR"
	r := b.apply(t.Context(), b.change(g))[0]
	if p := r.Views[commerce.Etsy].Problems; r.Outcome != channel.Refused || len(p) != 1 || p[0].Rule != "price_currency" {
		t.Errorf("outcome %q, problems %+v", r.Outcome, p)
	}
}

func TestDeadlineLeavesMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for _, r := range b.apply(ctx, b.change(mug("a")), b.change(mug("b"))) {
		if r.Outcome != channel.More {
			t.Errorf("outcome %q, want more", r.Outcome)
		}
	}
}

func TestLimitStopsTheBatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.w.Fault(channeltest.Fault{Kind: channeltest.RateLimited, Count: 50, Writes: true})
	spent := b.cost(func() {
		for _, r := range b.apply(t.Context(), b.change(mug("a")), b.change(mug("b")), b.change(mug("c"))) {
			if r.Outcome != channel.Failed || !fault.Is(r.Err, fault.RateLimited) {
				t.Errorf("outcome %q, err %v; want a limit", r.Outcome, r.Err)
			}
		}
	})
	if spent["createDraftListing"] > 1 {
		t.Errorf("%d calls against a limit", spent["createDraftListing"])
	}
}

func TestBackToDraftCategoryAndWeight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("heavy", "S", "M")
	g.p.Options, g.p.Variants[0].Options, g.p.Variants[1].Options = []string{"Colour"}, map[string]string{"Colour": "blue"}, map[string]string{"Colour": "Sea green"}
	g.p.Variants[1].Grams = 900
	b.push(g, commerce.ListingLive)
	l := b.shown(g)
	if *l.Taxonomy != 1062 || l.Weight.String() != "900" || l.Inventory.Products[0].Values[0].PropertyID != 200 || l.Inventory.Products[0].Values[0].Values[0] != "Blue" {
		t.Errorf("category %v, weight %s, values %+v", *l.Taxonomy, l.Weight, l.Inventory.Products[0].Values)
	}
	spent := b.cost(func() { b.push(g, commerce.ListingLive) })
	b.wantCost("everything again", spent, map[string]int{"getListingsInventoryByListingIds": 1, "getListingImages": 1})
	g.p.Category, g.defaults.Categories = "throws", map[string]string{"throws": "482"}
	g.p.Options, g.p.Variants[0].Options, g.p.Variants[1].Options = []string{"Size"}, map[string]string{"Size": "S"}, map[string]string{"Size": "m"}
	b.push(g, commerce.ListingLive, commerce.GroupText)
	l = b.shown(g)
	if v := l.Inventory.Products[1].Values[0]; *l.Taxonomy != 482 || v.PropertyID != 100 || v.ScaleID == nil || v.Values[0] != "M" {
		t.Errorf("category %d, value %+v", *l.Taxonomy, v)
	}
}

// TestStockInSpiteOfRefusals: what can't be shown must not let the shop sell
// what is not there.
func TestStockInSpiteOfRefusals(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(b *stall, g *good){
		"another currency": func(_ *stall, g *good) { g.p.Variants[0].Price.Currency = "EUR" },
		"refused by Etsy": func(b *stall, g *good) {
			g.p.Variants[0].Price.Amount++
			b.w.Fault(channeltest.Fault{Kind: channeltest.Rejected, Count: 1, Writes: true})
		},
		"a category Etsy does not know": func(_ *stall, g *good) {
			g.p.Category, g.defaults.Categories = "new", map[string]string{"new": "4711"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			g := mug("spite", "S", "M")
			b.push(g, commerce.ListingLive)
			spoil(b, g)
			r := b.apply(t.Context(), b.change(g.fill(1)))[0]
			if r.Outcome != channel.Refused || !slices.Equal(r.Done, []commerce.Group{commerce.GroupStock}) || len(r.Views[commerce.Etsy].Problems) != 1 {
				t.Errorf("outcome %q, done %v, view %+v", r.Outcome, r.Done, r.Views)
			}
			if got := b.quantities(g); got["spite-0"] != 1 || got["spite-1"] != 1 {
				t.Errorf("pieces %v, want 1 of each", got)
			}
		})
	}
}

// TestStockLeavesTheRest: a change of stock touches nothing but quantities.
func TestStockLeavesTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("rest", "S", "M")
	b.push(g, commerce.ListingLive)
	seen := b.shown(g)
	body := api.InventoryBody{PriceOn: []int64{513}, QuantityOn: []int64{513}, SKUOn: []int64{513}, ReadinessOn: []int64{}}
	for i, p := range append(seen.Inventory.Products, seen.Inventory.Products[0]) {
		v := p.Values[0]
		out := api.ProductBody{SKU: p.SKU, Offerings: []api.OfferingBody{{Price: "21.50", Quantity: 3, Enabled: i != 1, Readiness: p.Offerings[0].Readiness}}}
		out.Values = []api.ValueBody{{PropertyID: v.PropertyID, Name: v.Name, ValueIDs: v.ValueIDs, Values: v.Values}}
		if i == 2 {
			out.SKU, out.Values[0].ValueIDs, out.Values[0].Values, out.Offerings[0].Price = "by-hand", []int64{}, []string{"XL"}, "30.00"
		}
		body.Products = append(body.Products, out)
	}
	_, err := b.seller.PutInventory(t.Context(), b.id(g), body)
	b.must(err)
	g.p.Variants[0].SKU, g.p.Variants[0].Options = "renamed", map[string]string{"Size": "(bad)"} // an edit that is not shown yet
	b.push(g.fill(2), commerce.ListingLive, commerce.GroupStock)
	want := map[string]string{"rest-0": "2 2150 true S", "rest-1": "2 2150 false M", "by-hand": "3 3000 true XL"}
	for _, p := range b.shown(g).Inventory.Products {
		o := p.Offerings[0]
		if got := fmt.Sprint(o.Quantity, " ", o.Price.Amount, " ", o.Enabled, " ", p.Values[0].Values[0]); got != want[p.SKU] {
			t.Errorf("%s is %q, want %q", p.SKU, got, want[p.SKU])
		}
	}
	g.p.Variants = g.p.Variants[1:]
	delete(g.stock, "rest_0")
	b.push(g.fill(5), commerce.ListingLive, commerce.GroupStock)
	if got := b.quantities(g); got["rest-0"] != 0 || got["rest-1"] != 5 || got["by-hand"] != 3 {
		t.Errorf("after a variant was taken out: %v", got)
	}
}

func TestOnlyWhatIsHiddenIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("veil", "S", "M")
	b.push(g, commerce.ListingLive)
	hide := api.InventoryBody{PriceOn: []int64{}, QuantityOn: []int64{513}, SKUOn: []int64{513}, ReadinessOn: []int64{}}
	for i, p := range b.shown(g).Inventory.Products {
		v := p.Values[0]
		hide.Products = append(hide.Products, api.ProductBody{
			SKU: p.SKU, Values: []api.ValueBody{{PropertyID: v.PropertyID, Name: v.Name, ValueIDs: v.ValueIDs, Values: v.Values}},
			Offerings: []api.OfferingBody{{Price: "19.90", Quantity: 3, Enabled: i == 0, Readiness: p.Offerings[0].Readiness}},
		})
	}
	_, err := b.seller.PutInventory(t.Context(), b.id(g), hide)
	b.must(err)
	g.stock["veil_0"] = 0
	b.push(g, commerce.ListingSoldOut, commerce.GroupStock)
	if state := b.shown(g).State; state != "inactive" {
		t.Errorf("state %q, want inactive: nothing a buyer sees is left", state)
	}
}
