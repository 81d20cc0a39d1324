package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// feedEvery is how long changes are gathered for a feed. Meta fetches one once
// an hour at most (scheduled feeds, 2026-11).
const feedEvery = 30 * time.Minute

// apply makes changes show: by calls, or in a feed that the marketplace
// fetches. A target has one of the two, never both.
func (r *run) apply(ctx context.Context, changes []channel.Change, save channel.Saver) ([]channel.Result, error) {
	if !r.target.Feed {
		return r.conn.Apply(ctx, changes, save)
	}
	lister, ok := r.conn.(channel.FeedLister)
	if !ok {
		return nil, fault.New(fault.Unsupported, "no_feed", "The connector of %s has no feed.", r.writer.Channel)
	}
	if err := r.editTarget(ctx, func(t *port.Target) { t.FeedDue = true }); err != nil {
		return nil, err
	}
	return lister.InFeed(changes), nil
}

// feedAt is when the target's file has to be written anew; zero is not at all.
func (r *run) feedAt() time.Time {
	if !r.target.Feed || !r.target.FeedDue {
		return time.Time{}
	}
	return latest(r.target.FeedAt.Add(feedEvery), r.Now())
}

// feed begins to write the target's file when it is due.
func (r *run) feed(ctx context.Context) (bool, error) {
	if at := r.feedAt(); at.IsZero() || at.After(r.Now()) {
		return false, nil
	}
	if err := r.Feed(ctx, r.space, r.target.ID); err != nil {
		return false, fmt.Errorf("feed of %s: %w", r.target.ID, err)
	}
	now := r.Now()
	return true, r.editTarget(ctx, func(t *port.Target) { t.FeedAt, t.FeedDue = now, false })
}
