package etsy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func TestCreationCosts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.push(mug("first"), commerce.ListingLive) // reads what all listings fall back to
	spent := b.cost(func() { b.push(mug("second"), commerce.ListingLive) })
	b.wantCost("a second listing", spent, map[string]int{"createDraftListing": 1, "uploadListingImage": 1, "updateListingInventory": 1, "updateListing": 1})
	draft := mug("third")
	draft.defaults.Publish = "draft"
	spent = b.cost(func() { b.push(draft, commerce.ListingDraft) })
	b.wantCost("a draft", spent, map[string]int{"createDraftListing": 1, "uploadListingImage": 1, "updateListingInventory": 1})
	if len(b.calls) != 0 {
		t.Errorf("calls are left open: %v", b.calls)
	}
}

// TestQuota: the stock of n listings costs n writes and one read per fifty.
func TestQuota(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 100
	rules := etsy.Driver().Rules
	var goods []*good
	for i := range n {
		goods = append(goods, mug(fmt.Sprintf("bulk%d", i)))
		b.push(goods[i], commerce.ListingLive)
		b.w.Advance(time.Second) // Etsy's limit per second
	}
	spent := b.cost(func() {
		for part := range slices.Chunk(goods, rules.Batch) {
			var changes []channel.Change
			for _, g := range part {
				changes = append(changes, b.change(g.fill(9), commerce.GroupStock))
			}
			b.apply(t.Context(), changes...)
		}
	})
	total := 0
	for _, calls := range spent {
		total += calls
	}
	if most := float64(n+1) * 1.02; float64(total) > most || spent["updateListingInventory"] != n {
		t.Errorf("%d changes cost %v, want at most %.1f calls", n, spent, most)
	}
}
