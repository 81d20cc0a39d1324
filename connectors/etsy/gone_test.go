package etsy_test

import (
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// again queues a listing anew, as a seller's wish to try again does.
func (b *stall) again(g *good) {
	id := commerce.ListingID("lst_" + string(g.p.ID))
	l := b.listings[id]
	l.Views = map[commerce.Channel]commerce.View{commerce.Etsy: {Channel: commerce.Etsy, Wanted: true, State: commerce.ListingQueued}}
	b.listings[id] = l
}

// TestDeletedListingComesBackOnlyWhenAsked: an edit does not recreate what the
// seller deleted on Etsy; trying again does, once, whole.
func TestDeletedListingComesBackOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := rich()
	b.push(g, commerce.ListingLive)
	first := b.id(g)
	b.must(b.sim.DeleteListing(t.Context(), first))
	g.p.Title = "Edited"
	spent := b.cost(func() { b.push(g, commerce.ListingEnded) })
	if spent["createDraftListing"] > 0 {
		t.Errorf("an edit recreates it: %v", spent)
	}
	b.again(g)
	b.push(g, commerce.ListingLive)
	if b.id(g) == first {
		t.Error("it has its old number")
	}
	b.whole(g)
	spent = b.cost(func() { b.push(g, commerce.ListingLive) })
	b.wantCost("everything again", spent, map[string]int{"getListingsInventoryByListingIds": 1, "getListingImages": 1})
}

// TestRecreationSurvivesALostAnswer: the lost draft is found, though the listing
// has a number already.
func TestRecreationSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{killedBefore, killedAfter, lostBefore, lostAfter} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b, f := frail(t, 0, mode)
			g := rich()
			f.drive(g)
			b.must(b.sim.DeleteListing(t.Context(), b.id(g)))
			f.w.Advance(time.Hour - time.Minute)
			b.again(g)
			calm := len(f.reaper.steps)
			// A batch read, one by itself, which knows nothing of it either, the
			// intent, the draft.
			f.reaper.at = calm + 5
			f.drive(g)
			if step := f.reaper.steps[calm+4]; step[:4] != "POST" {
				t.Fatalf("step %q was struck, want the draft: %q", step, f.reaper.steps[calm:])
			}
			b.whole(g)
		})
	}
}

func TestUnfinishedListingThatIsMissingIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("half")
	id := commerce.ListingID("lst_half")
	b.listings[id] = commerce.Listing{ID: id, Product: g.p.ID, Remote: "1999999999"}
	b.again(g)
	b.push(g, commerce.ListingEnded)
	b.again(g) // now the seller has seen that it is gone
	b.push(g, commerce.ListingLive)
}

// TestSuspendedListing: states that Etsy's own description does not have are
// shown as they are, and nothing is written against them.
func TestSuspendedListing(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"edit", "removed"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			b := settle(t, world.New(t, world.Config{Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: 3}))
			g := mug("bad")
			b.push(g, commerce.ListingLive)
			b.must(b.sim.Suspend(t.Context(), b.id(g), state))
			before := b.w.Writes()
			r := b.push(g.fill(7), commerce.ListingEnded)
			if v := r.Views[commerce.Etsy]; v.Review != state || v.Waiting == "" || b.w.Writes() != before {
				t.Errorf("view %+v, %d writes", v, b.w.Writes()-before)
			}
			read, err := b.conn.Listings(t.Context(), []commerce.Listing{b.listings["lst_bad"]})
			b.must(err)
			if v := read[0].Views[commerce.Etsy]; v.State != commerce.ListingEnded || v.Review != state || v.Waiting == "" {
				t.Errorf("read back as %+v", v)
			}
		})
	}
}

func TestUnfinishedShop(t *testing.T) {
	t.Parallel()
	b := settle(t, world.New(t, world.Config{Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: 3}))
	b.sim.Unfinished = true
	r := b.apply(t.Context(), b.change(mug("early")))[0]
	if p := r.Views[commerce.Etsy].Problems; r.Outcome != channel.Refused || len(p) != 1 || p[0].Rule != "shop_not_ready" || len(b.calls) > 0 {
		t.Errorf("outcome %q, problems %+v, open calls %v", r.Outcome, p, b.calls)
	}
}
