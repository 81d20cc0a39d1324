// Package outbound brings replies, shipments and cancellations to their
// marketplace, in order per conversation or order, each of them once. An
// attempt whose answer was lost is looked up, never blindly repeated, and
// nothing overtakes it; not found twice means that it was not sent, and a
// person decides.
package outbound

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
	// lockFor is longer than a worker may live: a slice of 20 s in a function
	// with a timeout of 30 s.
	lockFor = 40 * time.Second
	slice   = 20 * time.Second
	// lookAfter is when a lost answer is looked up: the echo of a message may
	// take that long.
	lookAfter   = 15 * time.Second
	maxAttempts = 8
	maxLooks    = 2
)

// Store is what this room needs of storage.
type Store interface {
	port.Inbox
	port.Locks
	Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error)
	PutOrder(ctx context.Context, w commerce.WorkspaceID, o port.OrderWrite) (commerce.Order, error)
	PutFailure(ctx context.Context, f port.Failure) error
}

// Worker sends what waits. Safe for concurrent use.
type Worker struct {
	Store Store
	Open  func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (channel.Connector, error)
	Queue port.Sender
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger
}

// Run sends everything that waits under a key. When the key is being worked on
// elsewhere, or something has to wait, it leaves a delayed nudge.
func (k *Worker) Run(ctx context.Context, n port.Nudge) error {
	name := "out#" + string(n.Space) + "#" + n.Key
	token, err := k.Store.Lock(ctx, name, lockFor)
	if fault.Is(err, fault.Conflict) {
		return k.nudge(ctx, n, 2*time.Second)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", n.Key, err)
	}
	wait, err := k.drain(ctx, n)
	if unlock := k.Store.Unlock(context.WithoutCancel(ctx), name, token); unlock != nil {
		err = errors.Join(err, fmt.Errorf("unlock %s: %w", n.Key, unlock))
	}
	if err != nil {
		return err
	}
	if wait > 0 {
		return k.nudge(ctx, n, wait)
	}
	// A record written between the last look and the unlock met a held lock.
	left, err := k.Store.ListOutbound(ctx, n.Space, n.Key)
	if err == nil && len(left) > 0 && !left[0].NotBefore.After(k.Now()) {
		return k.nudge(ctx, n, time.Second)
	}
	return err
}

func (k *Worker) nudge(ctx context.Context, n port.Nudge, after time.Duration) error {
	n.V, n.Hops = port.MessageVersion, n.Hops+1
	return k.Queue.Send(ctx, port.OutboundQueue, port.Outgoing{Body: n, Delay: min(after, 15*time.Minute)})
}

// drain works the records in order and says how long the first one left has
// to wait.
func (k *Worker) drain(ctx context.Context, n port.Nudge) (time.Duration, error) {
	until := k.Now().Add(slice)
	for {
		waiting, err := k.Store.ListOutbound(ctx, n.Space, n.Key)
		if err != nil {
			return 0, fmt.Errorf("list what to send for %s: %w", n.Key, err)
		}
		if len(waiting) == 0 {
			return 0, nil
		}
		first := waiting[0]
		if wait := first.NotBefore.Sub(k.Now()); wait > 0 {
			return wait, nil
		}
		if !k.Now().Before(until) {
			return time.Second, nil
		}
		if err := k.send(ctx, first); err != nil {
			return 0, err
		}
	}
}

// parcel is one thing to be sent, seen the same way for all kinds.
type parcel struct {
	send   func(ctx context.Context) (channel.Sent, error)
	find   func(ctx context.Context) (channel.Sent, bool, error)
	settle func(ctx context.Context, s channel.Sent, state commerce.SendState, problem string) error
	// done says that the marketplace told us of it meanwhile.
	done bool
}

func (k *Worker) send(ctx context.Context, o port.Outbound) error {
	p, err := k.parcel(ctx, o)
	switch {
	case fault.Is(err, fault.NotFound):
		return k.Store.DeleteOutbound(ctx, o) // what it belongs to is gone
	case fault.Is(err, fault.AuthExpired):
		return k.park(ctx, o, 15*time.Minute)
	case fault.Is(err, fault.Unsupported):
		return k.failed(ctx, o, nil, err)
	case err != nil:
		return err
	case p.done:
		return k.Store.DeleteOutbound(ctx, o)
	}
	if o.State == commerce.SendUnknown || !o.TriedAt.IsZero() {
		return k.look(ctx, o, p)
	}
	// The attempt is stored before it goes out: a crash in between is an
	// unknown outcome, not a second attempt.
	o.TriedAt, o.Attempts = k.Now(), o.Attempts+1
	if o, err = k.Store.PutOutbound(ctx, o); err != nil {
		return fmt.Errorf("note attempt of %s: %w", o.ID, err)
	}
	sent, err := p.send(ctx)
	return k.outcome(ctx, o, p, sent, err)
}

func (k *Worker) outcome(ctx context.Context, o port.Outbound, p parcel, sent channel.Sent, err error) error {
	f := fault.Of(err)
	switch {
	case f == nil:
		return p.settle(ctx, sent, commerce.SendDone, "")
	case f.Kind == fault.Unknown:
		o.State, o.NotBefore = commerce.SendUnknown, k.Now().Add(lookAfter)
		_, err := k.Store.PutOutbound(ctx, o)
		return err
	case f.Kind == fault.RateLimited:
		o.Attempts--
		return k.park(ctx, o, max(f.RetryAfter, time.Second))
	case f.Kind == fault.AuthExpired:
		return k.park(ctx, o, 15*time.Minute)
	case (f.Kind == fault.Temporary || f.Kind == fault.Internal) && o.Attempts < maxAttempts:
		return k.park(ctx, o, time.Second<<o.Attempts)
	default:
		return k.failed(ctx, o, p.settle, err)
	}
}

// look resolves an attempt whose answer we never saw.
func (k *Worker) look(ctx context.Context, o port.Outbound, p parcel) error {
	if since := k.Now().Sub(o.TriedAt); since < lookAfter {
		return k.park(ctx, o, lookAfter-since, keepTried)
	}
	sent, found, err := p.find(ctx)
	switch {
	case err != nil && (fault.Is(err, fault.Temporary) || fault.Is(err, fault.RateLimited) || fault.Is(err, fault.Unknown)):
		return k.park(ctx, o, max(fault.Of(err).RetryAfter, lookAfter), keepTried)
	case err != nil:
		return k.failed(ctx, o, p.settle, err)
	case found:
		return p.settle(ctx, sent, commerce.SendDone, "")
	}
	if o.Looked++; o.Looked >= maxLooks {
		return p.settle(ctx, channel.Sent{}, commerce.SendFailed, "The marketplace never answered and does not show it: it was not sent. Send it again if it is still wanted.")
	}
	o.State = commerce.SendUnknown
	return k.park(ctx, o, 2*lookAfter, keepTried)
}

type parkOption func(*port.Outbound)

// keepTried keeps the attempt open: it has to be looked up, not repeated.
func keepTried(*port.Outbound) {}

func (k *Worker) park(ctx context.Context, o port.Outbound, wait time.Duration, opts ...parkOption) error {
	if len(opts) == 0 {
		o.TriedAt = time.Time{}
	}
	o.NotBefore = k.Now().Add(min(wait, 24*time.Hour))
	_, err := k.Store.PutOutbound(ctx, o)
	return err
}

func (k *Worker) failed(ctx context.Context, o port.Outbound, settle func(context.Context, channel.Sent, commerce.SendState, string) error, cause error) error {
	f := fault.Of(cause)
	k.Log.WarnContext(ctx, "not sent", "kind", f.Kind, "what", o.Kind, "account", o.Account, "err", cause.Error())
	record := port.Failure{ID: k.NewID(), Space: o.Space, Queue: port.OutboundQueue, Kind: string(f.Kind), Code: f.Code, Account: o.Account, Message: f.Message, Count: o.Attempts, At: k.Now()}
	if err := k.Store.PutFailure(ctx, record); err != nil {
		return fmt.Errorf("record failure of %s: %w", o.ID, err)
	}
	if settle == nil {
		return k.Store.DeleteOutbound(ctx, o)
	}
	return settle(ctx, channel.Sent{}, commerce.SendFailed, f.Message)
}
