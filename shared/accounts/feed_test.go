package accounts_test

import (
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// The choice between a feed and calls belongs to the catalog: whoever connects
// it finds it, and it is made only where there is one.
func TestAFeedIsChosenForACatalog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		d := b.desk.Drivers[c]
		d.Rules = channel.Rules{Feed: true}
		b.desk.Drivers[c] = d
	}
	_, page, err := b.consent(mine, commerce.Facebook, shop("page", "catalog"))
	b.ok(err)
	_, gram, err := b.consent(mine, commerce.Instagram, shop("gram", "catalog"))
	b.ok(err)
	_, other, err := b.consent(mine, commerce.Etsy, shop("1", "c1"))
	b.ok(err)
	target := func() port.Target {
		tgt, err := b.store.Target(t.Context(), mine, page[0].Target)
		b.ok(err)
		return tgt
	}
	spread := len(b.spread)
	_, err = b.desk.SetFeed(t.Context(), mine, gram[0].ID, true)
	b.ok(err)
	if got := target(); gram[0].Target != page[0].Target || !got.Feed || !got.FeedDue || got.WakeAt.IsZero() || len(b.spread) != spread+1 {
		t.Errorf("chosen: %+v, spread %v", got, b.spread)
	}
	_, err = b.desk.SetFeed(t.Context(), mine, page[0].ID, true)
	b.ok(err)
	if len(b.spread) != spread+1 {
		t.Error("the same choice again spread everything")
	}
	tgt := target()
	tgt.FeedFile = port.FeedFile{Blob: "feeds/x.csv", Tag: "x", At: time.Unix(1, 0).UTC()}
	_, err = b.store.PutTarget(t.Context(), tgt)
	b.ok(err)
	_, err = b.desk.SetFeed(t.Context(), mine, page[0].ID, false)
	b.ok(err)
	if got := target(); got.Feed || got.FeedDue || got.FeedFile.Blob != "" || len(b.spread) != spread+2 {
		t.Errorf("back: %+v", got)
	}
	if _, err := b.desk.SetFeed(t.Context(), mine, other[0].ID, true); !fault.Is(err, fault.Invalid) {
		t.Errorf("a shop without a feed: %v", err)
	}
	if _, err := b.desk.SetFeed(t.Context(), theirs, page[0].ID, true); !fault.Is(err, fault.NotFound) {
		t.Errorf("another workspace: %v", err)
	}
}
