package poll

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// grace is how long a notification may take before a poll that was faster
	// counts it as missing.
	grace = 2 * time.Minute
	// trust is how long notifications are believed to arrive when there is no
	// news to tell by.
	trust = 24 * time.Hour
	// reviewEvery is the shortest time between two reads of reviews, which
	// nothing depends on within the hour.
	reviewEvery = time.Hour
)

// reading is what one poll has met.
type reading struct {
	more    bool
	calls   *port.Meter // of the first pages
	reviews time.Time   // when reviews were last read
	// heard counts news that were stored before they were read here, missed news
	// that should have been.
	heard, missed int
}

// compare looks which news of a page notifications have brought before it.
func (p *Poller) compare(ctx context.Context, a port.Account, updates []channel.Update, r *reading) error {
	if a.Polled.At.IsZero() {
		return nil // what is read first is from before the connection, too
	}
	for _, u := range updates {
		at, tells := said(u)
		if !tells {
			continue
		}
		since, has, err := p.Has(ctx, a, u)
		switch {
		case err != nil:
			return fmt.Errorf("look for what a poll of account %s told: %w", a.ID, err)
		case has && since.After(a.Polled.At):
			r.heard++
		case !has && !at.After(p.Now().Add(-grace)):
			r.missed++
		}
	}
	return nil
}

// said is when the marketplace learned of what an update tells; false for
// updates there are no notifications of.
func said(u channel.Update) (time.Time, bool) {
	switch u.Kind {
	case channel.UpdateOrder:
		return u.Order.UpdatedAt, true
	case channel.UpdateMessage:
		// Ours is stored before it goes out.
		return u.Message.Message.At, u.Message.Message.By == commerce.ByBuyer
	}
	return time.Time{}, false
}

// judge decides about the interval: one missed notification ends all trust.
func (r reading) judge(last port.Polled, now time.Time) port.Polled {
	next := port.Polled{At: now, Reviews: r.reviews, Heard: last.Heard, Doubled: last.Doubled}
	switch {
	case r.missed > 0:
		next.Doubled = 0
	case r.heard > 0:
		next.Heard, next.Doubled = now, min(last.Doubled+1, 10)
	case now.Sub(last.Heard) > trust:
		next.Doubled = 0
	}
	return next
}

// stretched is the interval while notifications arrive.
func stretched(every time.Duration, doubled int, longest time.Duration) time.Duration {
	return min(every<<doubled, max(every, longest))
}

// book pays for what was read and answers from when on all budgets allow to
// read as much again.
func (p *Poller) book(ctx context.Context, calls *port.Meter) (time.Time, error) {
	var slot time.Time
	for bucket, n := range calls.Calls() {
		at, err := p.Pace.book(ctx, bucket, n)
		if err != nil {
			return slot, fmt.Errorf("pace of %s: %w", bucket, err)
		}
		slot = later(slot, at)
	}
	return slot, nil
}

// percent is how much of a day's budget polls take: a fifth, less what those
// under way at once take before they are booked.
const percent = 19

// Pacer spreads polls over the day of each budget, for all accounts that share
// it: each poll is given the time its calls take of the polls' part, behind
// those booked before it, and the next poll of the account is due when that is
// over. Accounts that poll seldom so leave their part to the others. Safe for
// concurrent use.
type Pacer struct {
	Budgets port.Forecaster
	Store   port.Bookings
	Now     func() time.Time
}

func (p *Pacer) book(ctx context.Context, bucket string, calls int64) (time.Time, error) {
	each, err := p.each(ctx, bucket)
	if err != nil || each == 0 {
		return time.Time{}, err
	}
	for range attempts {
		b, err := p.Store.Booked(ctx, bucket)
		if err != nil {
			return time.Time{}, err
		}
		b.Until = later(b.Until, p.Now()).Add(time.Duration(calls) * each)
		if b, err = p.Store.PutBooked(ctx, bucket, b); !fault.Is(err, fault.Conflict) {
			return b.Until, err
		}
	}
	return time.Time{}, fault.New(fault.Temporary, "pace_contended", "Too many polls are booked of %s at once.", bucket)
}

// each is how long polls wait for each call; 0 when no limit of a day or longer
// is known.
func (p *Pacer) each(ctx context.Context, bucket string) (time.Duration, error) {
	windows, err := p.Budgets.Forecasts(ctx, bucket)
	longest := time.Duration(0)
	for _, w := range windows {
		if w.Limit > 0 {
			longest = max(longest, w.Window*100/time.Duration(w.Limit*percent))
		}
	}
	return longest, err
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
