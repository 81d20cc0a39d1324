package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func listingTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"listing round trip":              listingRoundTrip,
		"listing drops only still marks":  listingDrops,
		"listing write is all or nothing": listingAllOrNothing,
		"listing views follow":            listingViews,
		"remote ids resolve":              remoteResolve,
		"300 remote items resolve":        remoteMany,
	}
}

func listing(target commerce.TargetID, id commerce.ProductID, channels ...commerce.Channel) commerce.Listing {
	l := commerce.Listing{ID: port.ListingIDOf(target, id), Target: target, Product: id, CreatedAt: epoch(), UpdatedAt: epoch(),
		Views: map[commerce.Channel]commerce.View{}}
	for _, c := range channels {
		l.Views[c] = commerce.View{Channel: c, Wanted: true, State: commerce.ListingQueued, Since: epoch()}
	}
	return l
}

func listingRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	l := listing("t1", "p", commerce.Etsy)
	l.Extra, l.Shown = map[string]string{"k": "v"}, map[commerce.Group]string{commerce.GroupStock: "h"}
	put := need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l, Title: "P"}))(t)
	same(t, put.Version, int64(1))
	same(t, need(b.Store.Listing(ctx, mine, l.ID))(t), put)
	_, err := b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l})
	refused(t, err, fault.Conflict, "listing_moved")
	ahead := listing("t2", "p", commerce.Etsy)
	ahead.Version = 3
	_, err = b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: ahead})
	refused(t, err, fault.Conflict, "listing_moved")
	same(t, need(b.Store.Listings(ctx, mine, []commerce.ListingID{"none", l.ID, l.ID}))(t), []commerce.Listing{put})
	same(t, len(need(b.Store.Listings(ctx, theirs, []commerce.ListingID{l.ID}))(t)), 0)
}

func listingDrops(t *testing.T, b StoreBench) {
	ctx := t.Context()
	still, movedOn := mark("p", "1", port.LaneStock), mark("p", "1", port.LaneText)
	now := movedOn
	now.Version = "2"
	ok(t, b.Store.PutMarks(ctx, []port.Mark{still, now}))
	ok(t, b.Store.PutCall(ctx, mine, "t1", port.Call{ID: "c1"}))
	write := port.ListingWrite{Listing: listing("t1", "p", commerce.Etsy), Title: "P", Drop: []port.Mark{still, movedOn, still, mark("p", "9", port.LaneImages)}, EndCall: "c1"}
	need(b.Store.PutListing(ctx, mine, write))(t)
	same(t, need(b.Store.ListMarks(ctx, mine, "t1", 0, 10))(t), []port.Mark{now})
	same(t, len(need(b.Store.ListCalls(ctx, mine, "t1"))(t)), 0)
}

func listingAllOrNothing(t *testing.T, b StoreBench) {
	ctx := t.Context()
	l := listing("t1", "p", commerce.Etsy)
	need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l, Title: "P"}))(t)
	m := mark("p", "1", port.LaneStock)
	ok(t, b.Store.PutMarks(ctx, []port.Mark{m}))
	ok(t, b.Store.PutCall(ctx, mine, "t1", port.Call{ID: "c1"}))
	_, err := b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l, Drop: []port.Mark{m}, EndCall: "c1"})
	refused(t, err, fault.Conflict, "listing_moved")
	same(t, len(need(b.Store.ListMarks(ctx, mine, "t1", 0, 10))(t)), 1)
	same(t, len(need(b.Store.ListCalls(ctx, mine, "t1"))(t)), 1)
}

func listingViews(t *testing.T, b StoreBench) {
	ctx := t.Context()
	l := listing("t1", "p", commerce.Facebook, commerce.Instagram)
	l = need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l, Title: "Old"}))(t)
	l.Views[commerce.Facebook] = commerce.View{Channel: commerce.Facebook, Wanted: true, State: commerce.ListingLive, Since: at(5), URL: "https://fb.example/1"}
	delete(l.Views, commerce.Instagram)
	l = need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l, Title: "New"}))(t)
	b.Settle(t)
	find := func(f port.ListingFilter) []port.ListingItem {
		return need(b.Store.ListListings(ctx, mine, f, page(10, "")))(t).Items
	}
	want := []port.ListingItem{{Listing: l.ID, Product: "p", Title: "New", Channel: commerce.Facebook, State: commerce.ListingLive, URL: "https://fb.example/1", Since: at(5)}}
	same(t, find(port.ListingFilter{}), want)
	same(t, find(port.ListingFilter{State: commerce.ListingLive}), want)
	same(t, find(port.ListingFilter{Channel: commerce.Facebook, State: commerce.ListingLive}), want)
	same(t, len(find(port.ListingFilter{Channel: commerce.Instagram})), 0)
	same(t, len(find(port.ListingFilter{State: commerce.ListingQueued})), 0)
	same(t, need(b.Store.Views(ctx, mine, []port.ViewID{{Listing: "none", Channel: commerce.Etsy}, {Listing: l.ID, Channel: commerce.Facebook}, {Listing: l.ID, Channel: commerce.Instagram}, {Listing: l.ID, Channel: commerce.Facebook}}))(t), want)
	same(t, len(need(b.Store.Views(ctx, theirs, []port.ViewID{{Listing: l.ID, Channel: commerce.Facebook}}))(t)), 0)
	// A title alone changes what lists show.
	need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l, Title: "Newer"}))(t)
	b.Settle(t)
	same(t, find(port.ListingFilter{})[0].Title, "Newer")
}

func remoteResolve(t *testing.T, b StoreBench) {
	ctx := t.Context()
	l := listing("t1", "p", commerce.Etsy)
	l.Remote, l.Items = "100", map[commerce.VariantID]commerce.RemoteID{"v1": "200", "v2": "201"}
	l = need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l}))(t)
	delete(l.Items, "v2")
	l.Items["v1"] = "300"
	need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l}))(t)
	ref := port.RemoteRef{Listing: l.ID, Product: "p"}
	got := need(b.Store.Resolve(ctx, mine, "t1", port.RemoteListing, []commerce.RemoteID{"100", "200", "unknown"}))(t)
	same(t, got, map[commerce.RemoteID]port.RemoteRef{"100": ref})
	v1, v2 := ref, ref
	v1.Variant, v2.Variant = "v1", "v2"
	got = need(b.Store.Resolve(ctx, mine, "t1", port.RemoteItem, []commerce.RemoteID{"200", "201", "300", "200", ""}))(t)
	same(t, got, map[commerce.RemoteID]port.RemoteRef{"200": v1, "201": v2, "300": v1})
	same(t, len(need(b.Store.Resolve(ctx, mine, "t2", port.RemoteItem, []commerce.RemoteID{"200"}))(t)), 0)
	same(t, len(need(b.Store.Resolve(ctx, theirs, "t1", port.RemoteItem, []commerce.RemoteID{"200"}))(t)), 0)
}

func remoteMany(t *testing.T, b StoreBench) {
	ctx := t.Context()
	l := listing("t1", "p", commerce.TikTok)
	l.Items = map[commerce.VariantID]commerce.RemoteID{}
	var ids []commerce.RemoteID
	for i := range 300 {
		id := commerce.RemoteID(fmt.Sprintf("17293%015d", i))
		ids, l.Items[commerce.VariantID(fmt.Sprintf("v%d", i))] = append(ids, id), id
	}
	l.UpdatedAt = epoch().Add(time.Second)
	need(b.Store.PutListing(ctx, mine, port.ListingWrite{Listing: l}))(t)
	got := need(b.Store.Resolve(ctx, mine, "t1", port.RemoteItem, ids))(t)
	same(t, len(got), 300)
	same(t, got[ids[299]].Variant, commerce.VariantID("v299"))
}
