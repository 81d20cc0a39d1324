package publish_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/publish"
)

type blind struct {
	*market
	err error
}

func (m blind) Listings(context.Context, []commerce.Listing) ([]channel.Result, error) {
	return nil, m.err
}

func brokenReader(b *bench, err error) func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
	return func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
		return blind{b.market, err}, nil
	}
}

func TestOneViewGoesTheOtherStays(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Facebook, commerce.Instagram)
	p := b.product("mug", 5)
	b.run()
	l := b.listing(p)
	if l.Views[commerce.Facebook].State != commerce.ListingLive || l.Views[commerce.Instagram].State != commerce.ListingLive {
		t.Fatalf("views %+v", l.Views)
	}
	b.clock.Advance(time.Minute)
	fewer := p
	fewer.Channels = []commerce.Channel{commerce.Facebook}
	fewer = b.put(p, fewer)
	b.run()
	l = b.listing(p)
	if ig, fb := l.Views[commerce.Instagram], l.Views[commerce.Facebook]; ig.Wanted || ig.State != commerce.ListingPaused || !fb.Wanted || fb.State != commerce.ListingLive || b.market.items[l.Remote].gone {
		t.Errorf("views %+v", l.Views)
	}
	b.clock.Advance(time.Minute)
	none := fewer
	none.Archived = true
	none = b.put(fewer, none)
	b.run()
	if l = b.listing(p); !b.market.items[l.Remote].gone || l.Views[commerce.Facebook].Wanted {
		t.Errorf("not taken down: %+v", l.Views)
	}
	// What is off sale is left alone, however its stock and price move.
	b.clock.Advance(time.Minute)
	calls := b.market.calls
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(p, 3, "")))
	dearer := none
	dearer.Variants = []commerce.Variant{none.Variants[0]}
	dearer.Variants[0].Price.Amount = 2000
	dearer = b.put(none, dearer)
	b.run()
	if b.market.calls != calls {
		t.Errorf("%d calls for what is off sale", b.market.calls-calls)
	}
	b.clock.Advance(time.Minute)
	again := dearer
	again.Archived, again.Channels = false, nil
	b.put(dearer, again)
	b.run()
	if it := b.market.items[l.Remote]; it.gone || it.stock != 8 || it.price != 2000 {
		t.Errorf("back on sale the market shows %+v", it)
	}
}

func TestAChannelThatLeavesTheTargetLosesItsView(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Facebook, commerce.Instagram)
	p := b.product("mug", 5)
	b.run()
	b.clock.Advance(time.Minute)
	tgt := b.target()
	delete(tgt.Accounts, commerce.Instagram)
	_, err := b.store.PutTarget(t.Context(), tgt)
	b.ok(err)
	b.ok(b.store.PutMarks(t.Context(), b.marker.All(space, target, p.ID)))
	b.run()
	if on, told := b.market.lastOn[commerce.Instagram]; on || !told {
		t.Errorf("the connector was told %v", b.market.lastOn)
	}
	if v := b.listing(p).Views[commerce.Instagram]; v.Wanted || v.State != commerce.ListingEnded || v.Waiting != publish.Disconnected {
		t.Errorf("view %+v", v)
	}
	if v := b.listing(p).Views[commerce.Facebook]; !v.Wanted || v.State != commerce.ListingLive || v.Waiting != "" {
		t.Errorf("the view of who stays is %+v", v)
	}
}

func TestMarksOfNothingLeaveNoListing(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	ghost := commerce.Product{ID: "prd_ghost", Variants: []commerce.Variant{{ID: "var_ghost", SKU: "G"}}}
	b.ok(b.marker.LevelChanged(t.Context(), space, b.move(ghost, 5, "")))
	b.run()
	if _, err := b.store.Listing(t.Context(), space, port.ListingIDOf(target, ghost.ID)); err == nil || len(b.marks(0)) != 0 || b.market.calls != 0 {
		t.Errorf("a product that is not stored yet has a listing (%v), marks %v", err, b.marks(0))
	}
}

func TestDifferencesNameTheLanes(t *testing.T) {
	t.Parallel()
	b := newBench(t, commerce.Etsy)
	base := b.product("mug", 1)
	for want, edit := range map[string]func(p *commerce.Product){
		"[]":           func(p *commerce.Product) { p.UpdatedAt = p.UpdatedAt.Add(time.Hour); p.Version++ },
		"[price]":      func(p *commerce.Product) { p.Variants[0].Price.Amount++ },
		"[text]":       func(p *commerce.Product) { p.Tags = []string{"new"} },
		"[images]":     func(p *commerce.Product) { p.Images = []commerce.Image{{URL: "https://x.example/a.png"}} },
		"[stock text]": func(p *commerce.Product) { p.Archived = true },
		"[stock price text]": func(p *commerce.Product) {
			p.Variants = append(p.Variants, commerce.Variant{ID: "v2", SKU: "S2"})
		},
	} {
		next := base
		next.Variants = append([]commerce.Variant(nil), base.Variants...)
		edit(&next)
		var got []commerce.Group
		for _, m := range b.marker.Edited(space, []port.Target{b.target()}, base, next) {
			got = append(got, m.Lane.Group())
		}
		if fmt.Sprint(got) != want {
			t.Errorf("marks for %v, not %s", got, want)
		}
	}
	if marks := b.marker.Edited(space, []port.Target{{ID: "empty"}}, commerce.Product{}, base); len(marks) != 0 {
		t.Errorf("a target nobody is connected to gets %v", marks)
	}
}
