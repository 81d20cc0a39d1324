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
	// maxHops is how often a key nudges itself; what is left then stands in the
	// due list.
	maxHops = 100
	// whenConnected is how long work waits for its account to be connected again.
	whenConnected = 15 * time.Minute
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
	// Expired flags an account whose consent has ended.
	Expired func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, reason string) error
	Queue   port.Sender
	Now     func() time.Time
	NewID   func() string
	Log     *slog.Logger
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

// nudge asks for the key to be looked at again. What waits longer than a queue
// can, and a key that has nudged itself too often, is left to the due list.
func (k *Worker) nudge(ctx context.Context, n port.Nudge, after time.Duration) error {
	n.V, n.Hops = port.MessageVersion, n.Hops+1
	if after > 15*time.Minute || n.Hops > maxHops {
		return nil
	}
	return k.Queue.Send(ctx, port.OutboundQueue, port.Outgoing{Body: n, Delay: after})
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
	send func(ctx context.Context) (channel.Sent, error)
	find func(ctx context.Context) (channel.Sent, bool, error)
	// settle stores how a record, as it is stored now, has ended.
	settle settler
	// done says that the marketplace told us of it meanwhile.
	done bool
}

type settler func(ctx context.Context, o port.Outbound, end ending) error

// ending is how something has ended: sent or failed.
type ending struct {
	state   commerce.SendState
	remote  commerce.RemoteID
	problem string
}

func sent(s channel.Sent) ending { return ending{state: commerce.SendDone, remote: s.Remote} }

func notSent(problem string) ending { return ending{state: commerce.SendFailed, problem: problem} }

// open says that an attempt went out whose outcome is not known.
func open(o port.Outbound) bool { return o.State == commerce.SendUnknown || !o.TriedAt.IsZero() }

func (k *Worker) send(ctx context.Context, o port.Outbound) error {
	p, err := k.parcel(ctx, o)
	switch {
	case fault.Is(err, fault.NotFound):
		return k.Store.DeleteOutbound(ctx, o) // what it belongs to is gone
	case err != nil:
		return k.unopened(ctx, o, p, err)
	case p.done:
		return k.Store.DeleteOutbound(ctx, o)
	case open(o):
		return k.look(ctx, o, p)
	}
	// The attempt is stored before it goes out: a crash in between is an
	// unknown outcome, not a second attempt.
	o.TriedAt, o.Attempts = k.Now(), o.Attempts+1
	if o, err = k.Store.PutOutbound(ctx, o); err != nil {
		return fmt.Errorf("note attempt of %s: %w", o.ID, err)
	}
	answer, err := p.send(ctx)
	return k.outcome(ctx, o, p, answer, err)
}

// unopened is what becomes of a record whose account can't be worked with.
func (k *Worker) unopened(ctx context.Context, o port.Outbound, p parcel, err error) error {
	switch fault.KindOf(err) {
	case fault.AuthExpired:
		return k.wait(ctx, o, whenConnected)
	case fault.Unsupported, fault.Permanent, fault.Rejected, fault.Invalid:
		return k.failed(ctx, o, p.settle, err)
	}
	return err
}

func (k *Worker) outcome(ctx context.Context, o port.Outbound, p parcel, answer channel.Sent, err error) error {
	f := fault.Of(err)
	switch {
	case f == nil:
		return p.settle(ctx, o, sent(answer))
	case f.Kind == fault.Unknown:
		o.State = commerce.SendUnknown
		return k.wait(ctx, o, lookAfter)
	case f.Kind == fault.RateLimited:
		o.Attempts--
		return k.again(ctx, o, max(f.RetryAfter, time.Second))
	case f.Kind == fault.AuthExpired:
		o.Attempts--
		return errors.Join(k.again(ctx, o, whenConnected), k.expired(ctx, o, f))
	case (f.Kind == fault.Temporary || f.Kind == fault.Internal) && o.Attempts < maxAttempts:
		return k.again(ctx, o, time.Second<<o.Attempts)
	default:
		return k.failed(ctx, o, p.settle, err)
	}
}

func (k *Worker) expired(ctx context.Context, o port.Outbound, f *fault.Error) error {
	if err := k.Expired(ctx, o.Space, o.Account, f.Message); err != nil {
		return fmt.Errorf("flag account %s: %w", o.Account, err)
	}
	return nil
}

// look resolves an attempt whose answer we never saw.
func (k *Worker) look(ctx context.Context, o port.Outbound, p parcel) error {
	if since := k.Now().Sub(o.TriedAt); since < lookAfter {
		return k.wait(ctx, o, lookAfter-since)
	}
	answer, found, err := p.find(ctx)
	f := fault.Of(err)
	switch {
	case f == nil && found:
		return p.settle(ctx, o, sent(answer))
	case f == nil:
		return k.notFound(ctx, o, p)
	case f.Kind == fault.AuthExpired:
		return errors.Join(k.wait(ctx, o, whenConnected), k.expired(ctx, o, f))
	case f.Kind == fault.Temporary, f.Kind == fault.RateLimited, f.Kind == fault.Unknown, f.Kind == fault.Internal, f.Kind == fault.Conflict:
		o.State = commerce.SendUnknown
		return k.wait(ctx, o, max(f.RetryAfter, 2*lookAfter))
	default:
		return k.failed(ctx, o, p.settle, err)
	}
}

func (k *Worker) notFound(ctx context.Context, o port.Outbound, p parcel) error {
	if o.Looked++; o.Looked >= maxLooks {
		return p.settle(ctx, o, notSent("The marketplace never answered and does not show it: it was not sent. Send it again if it is still wanted."))
	}
	o.State = commerce.SendUnknown
	return k.wait(ctx, o, 2*lookAfter)
}

// again closes an attempt that certainly did not arrive: it is made once more
// after a while.
func (k *Worker) again(ctx context.Context, o port.Outbound, after time.Duration) error {
	o.TriedAt, o.State = time.Time{}, commerce.SendPending
	return k.wait(ctx, o, after)
}

// wait lets a record rest. An attempt that is open stays so: it will be looked
// up, not repeated.
func (k *Worker) wait(ctx context.Context, o port.Outbound, d time.Duration) error {
	o.NotBefore = k.Now().Add(min(d, 24*time.Hour))
	_, err := k.Store.PutOutbound(ctx, o)
	return err
}

func (k *Worker) failed(ctx context.Context, o port.Outbound, settle settler, cause error) error {
	f := fault.Of(cause)
	k.Log.WarnContext(ctx, "not sent", "kind", f.Kind, "what", o.Kind, "account", o.Account, "err", cause.Error())
	record := port.Failure{ID: k.NewID(), Space: o.Space, Queue: port.OutboundQueue, Kind: string(f.Kind), Code: f.Code, Account: o.Account, Message: f.Message, Count: o.Attempts, At: k.Now()}
	if err := k.Store.PutFailure(ctx, record); err != nil {
		return fmt.Errorf("record failure of %s: %w", o.ID, err)
	}
	if settle == nil {
		return k.Store.DeleteOutbound(ctx, o)
	}
	return settle(ctx, o, notSent(f.Message))
}
