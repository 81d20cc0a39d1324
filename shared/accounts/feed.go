package accounts

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// SetFeed chooses how the catalog behind an account is filled: by a file the
// marketplace fetches, or by calls. The choice holds for the catalog, whoever
// connects it. Everything is told anew in the new way; a call that is still
// open is settled first.
func (d *Desk) SetFeed(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, on bool) (port.Account, error) {
	a, err := d.Store.Account(ctx, w, id)
	if err != nil {
		return a, err
	}
	if !d.Drivers[a.Channel].Rules.Feed || a.Target == "" || a.State == port.AccountGone {
		return a, &fault.Error{Kind: fault.Invalid, Code: "no_feed", Field: "catalog", Message: "This connection has no catalog that a feed could fill."}
	}
	for range attempts {
		t, err := d.Store.Target(ctx, w, a.Target)
		if err != nil || t.Feed == on {
			return a, err
		}
		t.Feed, t.FeedDue, t.WakeAt = on, on, d.Now()
		if !on {
			t.FeedFile = port.FeedFile{} // an old file must not be fetched any more
		}
		_, err = d.Store.PutTarget(ctx, t)
		if err == nil {
			return a, d.Spread(ctx, w, a.Target)
		}
		if !fault.Is(err, fault.Conflict) {
			return a, err
		}
	}
	return a, fault.New(fault.Conflict, "target_contended", "The catalog changes too fast just now. Try again.")
}
