package etsy

import (
	"testing"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	type want struct {
		send  string
		stock bool
		first bool
		off   string
		view  commerce.ListingState
	}
	past, future := november.Unix()-1, november.Unix()+1
	for _, c := range []struct {
		name string
		in   asked
		want want
	}{
		{"a draft stays one", asked{seen: api.Listing{State: "draft"}, wanted: true, total: 2}, want{"", true, false, "", commerce.ListingDraft}},
		{"a draft goes live", asked{seen: api.Listing{State: "draft"}, wanted: true, total: 2, live: true}, want{"active", true, false, "", commerce.ListingLive}},
		{"a draft without stock", asked{seen: api.Listing{State: "draft"}, wanted: true, live: true}, want{"", false, false, "", commerce.ListingDraft}},
		{"a draft nobody wants", asked{seen: api.Listing{State: "draft"}}, want{"", false, false, offUnwanted, commerce.ListingPaused}},
		{"live", asked{seen: api.Listing{State: "active"}, wanted: true, total: 1}, want{"", true, false, "", commerce.ListingLive}},
		{"out of stock", asked{seen: api.Listing{State: "active"}, wanted: true}, want{"inactive", false, false, offStock, commerce.ListingSoldOut}},
		{"not wanted", asked{seen: api.Listing{State: "active"}, total: 1}, want{"inactive", false, false, offUnwanted, commerce.ListingPaused}},
		{"stock is back", asked{seen: api.Listing{State: "inactive", Ending: future}, wanted: true, total: 1, memo: memo{Off: offStock}}, want{"active", true, false, "", commerce.ListingLive}},
		{"stock is back, the memo is lost", asked{seen: api.Listing{State: "inactive"}, wanted: true, total: 1, was: commerce.ListingSoldOut}, want{"active", true, false, "", commerce.ListingLive}},
		{"wanted again", asked{seen: api.Listing{State: "inactive"}, wanted: true, total: 1, memo: memo{Off: offUnwanted}}, want{"active", true, false, "", commerce.ListingLive}},
		{"wanted again without stock", asked{seen: api.Listing{State: "inactive"}, wanted: true, memo: memo{Off: offUnwanted}}, want{"", false, false, offStock, commerce.ListingSoldOut}},
		{"back after its time", asked{seen: api.Listing{State: "inactive", Ending: past}, wanted: true, total: 1, memo: memo{Off: offStock}}, want{"", true, false, offStock, commerce.ListingEnded}},
		{"back after its time, paid", asked{seen: api.Listing{State: "inactive", Ending: past}, wanted: true, total: 1, renew: true, memo: memo{Off: offStock}}, want{"active", true, false, "", commerce.ListingLive}},
		{"paused by the seller", asked{seen: api.Listing{State: "inactive"}, wanted: true, total: 1, live: true}, want{"", true, false, "", commerce.ListingPaused}},
		{"sold out", asked{seen: api.Listing{State: "sold_out"}, wanted: true}, want{"", false, false, "", commerce.ListingSoldOut}},
		{"sold out, stock, no fee", asked{seen: api.Listing{State: "sold_out"}, wanted: true, total: 1, live: true}, want{"", false, false, "", commerce.ListingSoldOut}},
		{"sold out, stock, fee", asked{seen: api.Listing{State: "sold_out"}, wanted: true, total: 1, renew: true}, want{"active", true, true, "", commerce.ListingLive}},
		{"expired, no fee", asked{seen: api.Listing{State: "expired"}, wanted: true, total: 1}, want{"", false, false, "", commerce.ListingEnded}},
		{"expired, fee", asked{seen: api.Listing{State: "expired"}, wanted: true, total: 1, renew: true}, want{"active", true, false, "", commerce.ListingLive}},
		{"sold out, not wanted", asked{seen: api.Listing{State: "sold_out"}, total: 1, renew: true}, want{"", false, false, offUnwanted, commerce.ListingPaused}},
		{"a state nobody knows", asked{seen: api.Listing{State: "removed"}, wanted: true, total: 1}, want{"", false, false, "", commerce.ListingEnded}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.in.now = november
			p := planOf(c.in)
			if got := (want{p.state, p.stock, p.first, p.off, p.view.State}); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestStateOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state, off string
		want       commerce.ListingState
	}{
		{"draft", "", commerce.ListingDraft}, {"active", "", commerce.ListingLive}, {"inactive", "", commerce.ListingPaused},
		{"inactive", offStock, commerce.ListingSoldOut}, {"inactive", offUnwanted, commerce.ListingPaused},
		{"sold_out", "", commerce.ListingSoldOut}, {"expired", "", commerce.ListingEnded}, {"removed", "", commerce.ListingEnded},
	} {
		if got := stateOf(c.state, memo{Off: c.off}); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.state, c.off, got, c.want)
		}
	}
}
