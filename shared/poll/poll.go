// Package poll reads what changed at one account: the backstop behind webhooks.
// A cursor moves only after the inbound queue has accepted what lies before it.
package poll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// lockFor is longer than the function may run (120 s: Meta's reads take up
	// to 90 s).
	lockFor = 130 * time.Second
	// slice is how long new pages are begun.
	slice = 20 * time.Second
	// pageSize is how many updates a page is asked for.
	pageSize = 100
	attempts = 12
)

// Store is what this room needs of storage.
type Store interface {
	port.Locks
	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
	PutAccount(ctx context.Context, a port.Account) (port.Account, error)
}

// Poller polls accounts. Safe for concurrent use.
type Poller struct {
	Store Store
	Open  func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (channel.Connector, error)
	// Settle ends what connecting or disconnecting an account left undone.
	Settle func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error
	// Every is the shortest time between two polls of a channel.
	Every func(commerce.Channel) time.Duration
	// Longest is how far notifications that arrive stretch it: so long may pass
	// until it shows that they have stopped.
	Longest time.Duration
	// Pace spreads the calls of all polls over the day.
	Pace *Pacer
	// Has says since when what an update tells is stored; false when it is not.
	Has     func(ctx context.Context, a port.Account, u channel.Update) (since time.Time, has bool, err error)
	Expired func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, reason string) error
	Queue   port.Sender
	Blobs   port.Blobs
	Now     func() time.Time
	NewID   func() string
	Log     *slog.Logger
}

// Poll reads everything that is ready at an account and says when the next
// poll is due. An account that is polled elsewhere, or is not active, is left
// alone. A marketplace that can't be read now is tried again at the next poll.
func (p *Poller) Poll(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
	name := "poll#" + string(w) + "#" + string(id)
	token, err := p.Store.Lock(ctx, name, lockFor)
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock account %s: %w", id, err)
	}
	err = p.locked(ctx, w, id)
	return errors.Join(err, p.Store.Unlock(context.WithoutCancel(ctx), name, token))
}

func (p *Poller) locked(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error {
	a, err := p.Store.Account(ctx, w, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("account %s: %w", id, err)
	}
	if a.Unsettled != nil {
		if err := p.Settle(ctx, w, id); err != nil {
			return fmt.Errorf("settle account %s: %w", id, err)
		}
		if a, err = p.Store.Account(ctx, w, id); err != nil {
			return fmt.Errorf("account %s: %w", id, err)
		}
	}
	if a.State != port.AccountActive || a.Kind != "marketplace" {
		return p.change(ctx, a, func(a *port.Account) { a.NextPoll = time.Time{} })
	}
	if p.Now().Before(a.NextPoll) && !a.Polled.Failed {
		return nil // told twice; polling is paid for
	}
	read, err := p.read(ctx, a)
	slot, paceErr := p.book(ctx, read.calls)
	if paceErr != nil {
		return errors.Join(err, paceErr)
	}
	return p.after(ctx, a, read, slot, err)
}

// after says when the next poll is due: a stretched interval on, and not before
// its calls fit into the budget.
func (p *Poller) after(ctx context.Context, a port.Account, read reading, slot time.Time, err error) error {
	wait, polled := p.Every(a.Channel), a.Polled
	polled.Failed = false
	f := worst(err)
	switch {
	case f == nil:
		polled = read.judge(a.Polled, p.Now())
		wait = stretched(wait, polled.Doubled, p.Longest)
	case f.Kind == fault.AuthExpired:
		return p.Expired(ctx, a.Space, a.ID, f.Message)
	case f.Kind == fault.RateLimited:
		wait = max(wait, f.RetryAfter)
	case f.Kind == fault.Internal:
		polled.Failed = true
	default:
		p.Log.WarnContext(ctx, "account not polled", "channel", a.Channel, "account", a.ID, "kind", f.Kind, "err", err.Error())
	}
	next := later(p.Now().Add(wait), slot)
	if f == nil && read.more {
		next = p.Now().Add(time.Second)
	}
	if !polled.Failed {
		err = nil
	}
	return errors.Join(err, p.change(ctx, a, func(a *port.Account) { a.NextPoll, a.Polled = next, polled }))
}

// stream is one thing that is polled.
type stream struct {
	name string
	list func(ctx context.Context, q channel.Poll) (channel.Page, error)
}

// reviews is the stream that is read at most every reviewEvery.
const reviews = "reviews"

func streams(conn channel.Connector) []stream {
	var all []stream
	if r, ok := conn.(channel.OrderReader); ok {
		all = append(all, stream{"orders", r.ListOrders})
	}
	if r, ok := conn.(channel.ConversationReader); ok {
		all = append(all, stream{"messages", r.ListMessages})
	}
	if r, ok := conn.(channel.ReviewReader); ok {
		all = append(all, stream{reviews, r.ListReviews})
	}
	return all
}

// read reads all streams of an account. One that fails does not hold the
// others back.
func (p *Poller) read(ctx context.Context, a port.Account) (reading, error) {
	r := reading{calls: &port.Meter{}, reviews: a.Polled.Reviews}
	conn, err := p.Open(ctx, a.Space, a.ID)
	if err != nil {
		return r, fmt.Errorf("open account %s: %w", a.ID, err)
	}
	var errs failures
	for _, s := range streams(conn) {
		if s.name == reviews && p.Now().Before(a.Polled.Reviews.Add(reviewEvery)) {
			continue
		}
		left, err := p.drain(ctx, a, s, &r)
		r.more = r.more || left
		if err != nil {
			errs = append(errs, fmt.Errorf("poll %s of account %s: %w", s.name, a.ID, err))
		} else if s.name == reviews && !left {
			r.reviews = p.Now()
		}
	}
	if len(errs) == 0 {
		return r, nil
	}
	return r, errs
}

// failures are the errors of several streams of one account.
type failures []error

func (f failures) Error() string { return errors.Join(f...).Error() }

func (f failures) Unwrap() []error { return f }

// worst is the fault that decides about the account: a consent that has ended
// first, then what only we can mend, then the longest wait.
func worst(err error) *fault.Error {
	all, several := errors.AsType[failures](err)
	if !several {
		return fault.Of(err)
	}
	rank := func(f *fault.Error) time.Duration {
		switch f.Kind {
		case fault.AuthExpired:
			return 1 << 62
		case fault.Internal:
			return 1 << 61
		case fault.RateLimited:
			return 1 + f.RetryAfter
		}
		return 0
	}
	found := fault.Of(all[0])
	for _, e := range all[1:] {
		if f := fault.Of(e); rank(f) > rank(found) {
			found = f
		}
	}
	return found
}

func (p *Poller) drain(ctx context.Context, a port.Account, s stream, r *reading) (more bool, err error) {
	until := p.Now().Add(slice)
	cursor := a.Cursors[s.name]
	// The first page is the price of looking; those behind it bring what there
	// is, whenever one looks.
	asking := port.WithMeter(ctx, r.calls)
	for p.Now().Before(until) {
		began := p.Now()
		page, err := s.list(asking, channel.Poll{Cursor: cursor, Since: since(a), Limit: pageSize})
		if err != nil {
			return false, err
		}
		if asking != ctx {
			if err := p.compare(ctx, a, page.Updates, r); err != nil {
				return false, err
			}
		}
		asking = ctx
		if err := p.queue(ctx, a, page.Updates, began); err != nil {
			return false, err
		}
		moved := page.Cursor != cursor
		if moved {
			cursor = page.Cursor
			if err := p.change(ctx, a, func(a *port.Account) {
				if a.Cursors == nil {
					a.Cursors = map[string]string{}
				}
				a.Cursors[s.name] = cursor
			}); err != nil {
				return false, err
			}
		}
		if !page.More {
			return false, nil
		}
		if !moved {
			return false, fault.New(fault.Internal, "cursor_stuck", "%s says that there is more, but its cursor does not move.", a.Channel)
		}
	}
	return true, nil
}

// since is where an account's streams begin: with the connection, or with the
// login it lives by now.
func since(a port.Account) time.Time {
	if a.LoginAt.After(a.ClaimedAt) {
		return a.LoginAt
	}
	return a.ClaimedAt
}

func (p *Poller) queue(ctx context.Context, a port.Account, updates []channel.Update, began time.Time) error {
	out := make([]port.Outgoing, 0, len(updates))
	for _, u := range updates {
		m, err := port.Inbound{V: port.MessageVersion, Kind: "update", Channel: a.Channel, Space: a.Space, Account: a.ID, FetchedAt: began}.Carry(ctx, p.Blobs, p.NewID, u)
		if err != nil {
			return err
		}
		out = append(out, port.Outgoing{Body: m})
	}
	if len(out) == 0 {
		return nil
	}
	return p.Queue.Send(ctx, port.InboundQueue, out...)
}

// change edits the account as it is now. A claim that began anew meanwhile
// keeps its own cursors.
func (p *Poller) change(ctx context.Context, was port.Account, f func(*port.Account)) error {
	for range attempts {
		a, err := p.Store.Account(ctx, was.Space, was.ID)
		if err != nil {
			return err
		}
		if !a.ClaimedAt.Equal(was.ClaimedAt) {
			return nil
		}
		f(&a)
		if _, err = p.Store.PutAccount(ctx, a); err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "account_contended", "Account %s changes too fast to be written now.", was.ID)
}
