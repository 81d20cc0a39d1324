// Package publish makes targets match the catalog. What is to do lies in marks;
// a nudge only says which target to look at. A worker locks the target, works
// its marks with the fewest calls the marketplace allows, and removes a mark
// only if it has not moved meanwhile.
package publish

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
	// readMarks bounds one look at a lane.
	readMarks = 1000
	// maxAttempts is how often a mark is tried against faults of ours or of
	// the network before the listing is shown as in error.
	maxAttempts = 8
	// longest is how far a queue can delay a message; maintain wakes later ones.
	longest = 15 * time.Minute
	// heldFor is how often in a row a nudge meets a held lock before the queue
	// counts it: more than two minutes.
	heldFor = 60
)

// Store is what this room needs of storage.
type Store interface {
	port.Catalog
	port.Locks
	port.Wakes
	Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error)
	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
	Target(ctx context.Context, w commerce.WorkspaceID, id commerce.TargetID) (port.Target, error)
	ListTargets(ctx context.Context, w commerce.WorkspaceID) ([]port.Target, error)
	PutTarget(ctx context.Context, t port.Target) (port.Target, error)
	Levels(ctx context.Context, w commerce.WorkspaceID, ids []commerce.VariantID) (map[commerce.VariantID]commerce.StockLevel, error)
	PutFailure(ctx context.Context, f port.Failure) error
}

// Worker writes to targets. Safe for concurrent use.
type Worker struct {
	Store Store
	Open  func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (channel.Connector, error)
	Rules func(commerce.Channel) channel.Rules
	Queue port.Sender
	Blobs port.Blobs // for calls too large for a row
	// Feed begins to write the file of a target that is fetched.
	Feed func(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) error
	// Expired flags the account whose consent has ended.
	Expired func(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, reason string) error
	Now     func() time.Time
	NewID   func() string
	Log     *slog.Logger
}

// Run works a target until nothing is due or the slice is over, and arranges
// for what has to wait. A nudge that meets another worker comes again later,
// unless another one does: an import makes thousands for one target.
func (k *Worker) Run(ctx context.Context, n port.Nudge) error {
	name := "tgt#" + string(n.Space) + "#" + n.Key
	token, err := k.Store.Lock(ctx, name, lockFor)
	if fault.Is(err, fault.Conflict) {
		if n.Hops >= heldFor {
			return fault.New(fault.Temporary, "target_busy", "The target %s has been worked on by others for too long.", n.Key)
		}
		n.Hops++
		return k.nudge(ctx, n, name, 2*time.Second)
	}
	if err != nil {
		return fmt.Errorf("lock target %s: %w", n.Key, err)
	}
	wake, err := k.work(ctx, n.Space, commerce.TargetID(n.Key))
	if unlock := k.Store.Unlock(context.WithoutCancel(ctx), name, token); unlock != nil {
		err = errors.Join(err, fmt.Errorf("unlock target %s: %w", n.Key, unlock))
	}
	if err != nil || wake.IsZero() {
		return err
	}
	n.Hops = 0 // a new wait
	if wait := wake.Sub(k.Now()); wait <= longest {
		return k.nudge(ctx, n, name, max(wait, time.Second))
	}
	return nil
}

// nudge sends a nudge again, unless one is on its way that comes by then.
func (k *Worker) nudge(ctx context.Context, n port.Nudge, name string, after time.Duration) error {
	first, err := k.Store.Arrange(ctx, name, k.Now().Add(after))
	if err != nil || !first {
		return err
	}
	n.V = port.MessageVersion
	return k.Queue.Send(ctx, port.NudgeQueue, port.Outgoing{Body: n, Delay: after})
}

// run is one worker's hold of one target.
type run struct {
	*Worker
	space    commerce.WorkspaceID
	target   port.Target
	writer   port.Account
	defaults commerce.Defaults
	rules    channel.Rules
	conn     channel.ListingWriter
	reader   channel.ListingReader
	until    time.Time
	// over says that the writer's consent has ended: nothing more can be done.
	over bool
	// listings are as stored when they were last read or written.
	listings map[commerce.ListingID]commerce.Listing
	titles   map[commerce.ProductID]string
	calls    map[string]port.Call
	// seen are the marks of the last look at each lane.
	seen map[port.Lane][]port.Mark
}

// work answers when a nudge has to be sent for the target; zero is not at all.
func (k *Worker) work(ctx context.Context, w commerce.WorkspaceID, id commerce.TargetID) (time.Time, error) {
	r := &run{
		Worker: k, space: w, until: k.Now().Add(slice), listings: map[commerce.ListingID]commerce.Listing{},
		titles: map[commerce.ProductID]string{}, calls: map[string]port.Call{}, seen: map[port.Lane][]port.Mark{},
	}
	ok, err := r.begin(ctx, id)
	if err == nil && r.target.ID != "" && len(r.target.Accounts) == 0 {
		return r.leave(ctx)
	}
	if !ok {
		return time.Time{}, err
	}
	for k.Now().Before(r.until) {
		again, err := r.round(ctx)
		if err != nil || r.over {
			return time.Time{}, err
		}
		if !again {
			return r.rest(ctx)
		}
	}
	return k.Now().Add(time.Second), nil
}

// begin reads the target and opens its writer; false means that there is
// nothing to work with, and the marks wait for a connection.
func (r *run) begin(ctx context.Context, id commerce.TargetID) (bool, error) {
	var err error
	if r.target, err = r.Store.Target(ctx, r.space, id); err != nil {
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		return false, fmt.Errorf("target %s: %w", id, err)
	}
	if len(r.target.Accounts) == 0 {
		return false, nil
	}
	if ok, err := r.findWriter(ctx); !ok {
		return false, err
	}
	space, err := r.Store.Workspace(ctx, r.space)
	if err != nil {
		return false, fmt.Errorf("workspace %s: %w", r.space, err)
	}
	r.defaults = r.writer.Defaults.Over(space.Defaults)
	r.rules = r.Rules(r.writer.Channel)
	conn, err := r.Open(ctx, r.space, r.writer.ID)
	if err != nil {
		return false, fmt.Errorf("open account %s: %w", r.writer.ID, err)
	}
	var ok bool
	if r.conn, ok = conn.(channel.ListingWriter); !ok {
		return false, fault.New(fault.Permanent, "cannot_list", "The connector of %s can't write listings.", r.writer.Channel)
	}
	r.reader, _ = conn.(channel.ListingReader)
	if err := r.loadCalls(ctx); err != nil {
		return false, err
	}
	return true, nil
}

// loadCalls reads the open calls of the target.
func (r *run) loadCalls(ctx context.Context) error {
	calls, err := r.Store.ListCalls(ctx, r.space, r.target.ID)
	if err != nil {
		return fmt.Errorf("open calls of %s: %w", r.target.ID, err)
	}
	for _, c := range calls {
		r.calls[c.ID] = c
	}
	return nil
}

// findWriter reads the account that writes. Without an active one nothing
// wakes the target until somebody connects.
func (r *run) findWriter(ctx context.Context) (bool, error) {
	var err error
	if r.target.Writer != "" {
		r.writer, err = r.Store.Account(ctx, r.space, r.target.Writer)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, fmt.Errorf("writer of target %s: %w", r.target.ID, err)
	}
	if err == nil && r.writer.State == port.AccountActive {
		return true, nil
	}
	if r.target.WakeAt.IsZero() {
		return false, nil
	}
	r.target.WakeAt = time.Time{}
	if _, err := r.Store.PutTarget(ctx, r.target); err != nil && !fault.Is(err, fault.Conflict) {
		return false, fmt.Errorf("let target %s rest: %w", r.target.ID, err)
	}
	return false, nil
}

// round does one thing: settles open calls, writes one batch, or reads back.
// It says whether there may be more to do now.
func (r *run) round(ctx context.Context) (again bool, err error) {
	if did, err := r.settle(ctx); did || err != nil {
		return true, err
	}
	work, err := r.pick(ctx)
	if err != nil {
		return false, err
	}
	if len(work) > 0 {
		return true, r.write(ctx, work)
	}
	if did, err := r.feed(ctx); did || err != nil {
		return true, err
	}
	return r.readBack(ctx)
}

// remote bounds what is asked of the marketplace by the slice: no call is on
// its way when the lock of the target ends.
func (r *run) remote(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, r.until.Sub(r.Now()))
}
