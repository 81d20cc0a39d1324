// Package project is the function behind the table's stream: what was stored
// has its consequences here, in stock, totals, marks and nudges. Everything it
// does may be done again, in another order and by several at once: it reads the
// rows themselves and never trusts the change it was told.
package project

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// gather is how long bulk work waits for its neighbours before the first
// nudge; stock and prices do not wait.
const gather = time.Second

// Deps is what the function stands on.
type Deps struct {
	Decode func(r events.DynamoDBEventRecord) (port.Changed, bool, error)
	// Find looks for the products of an order's lines that have none.
	Find func(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error
	// Appeared looks again at the orders that wait for a thing.
	Appeared func(ctx context.Context, w commerce.WorkspaceID, want port.Want) error
	// Waits says whether any order of a workspace ever waited for something.
	Waits func(ctx context.Context, w commerce.WorkspaceID) (bool, error)
	// Settle makes the stock moves of an order equal to its demand.
	Settle func(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error
	// Fold makes an order's share of the totals what the order says.
	Fold func(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error
	// LevelChanged marks the targets that show a level.
	LevelChanged func(ctx context.Context, w commerce.WorkspaceID, l commerce.StockLevel) error
	Failures     interface {
		PutFailure(ctx context.Context, f port.Failure) error
	}
	Queue port.Sender
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger
}

// Handler works batches of the stream.
type Handler struct{ deps Deps }

// New makes a Handler.
func New(d Deps) *Handler { return &Handler{d} }

// batch is one run over one batch.
type batch struct {
	Deps
	done   map[string]bool
	waits  map[commerce.WorkspaceID]bool
	nudges map[nudge]time.Duration
}

type nudge struct {
	queue string
	space commerce.WorkspaceID
	key   string
}

// Handle works a batch in order. At the first record that can't be worked now
// it stops and says so: the stream comes again from there.
func (h *Handler) Handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	b := batch{Deps: h.deps, done: map[string]bool{}, waits: map[commerce.WorkspaceID]bool{}, nudges: map[nudge]time.Duration{}}
	failed := ""
	for _, r := range e.Records {
		if err := b.record(ctx, r); err != nil {
			h.deps.Log.WarnContext(ctx, "stream comes again", "kind", fault.KindOf(err), "err", err.Error())
			failed = r.Change.SequenceNumber
			break
		}
	}
	if err := b.send(ctx); err != nil {
		h.deps.Log.WarnContext(ctx, "nudges not sent", "err", err.Error())
		if len(e.Records) > 0 {
			failed = e.Records[0].Change.SequenceNumber
		}
	}
	var out events.DynamoDBEventResponse
	if failed != "" {
		out.BatchItemFailures = []events.DynamoDBBatchItemFailure{{ItemIdentifier: failed}}
	}
	return out, nil
}

func (b *batch) record(ctx context.Context, r events.DynamoDBEventRecord) error {
	c, known, err := b.Decode(r)
	if err != nil {
		b.Log.ErrorContext(ctx, "stream record can't be read", "entity", c.Entity, "err", err.Error())
		return b.repairLater(ctx, r, c, fault.Of(err))
	}
	if !known || c.New == nil {
		return nil
	}
	err = b.changed(ctx, c)
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Temporary || f.Kind == fault.Internal || f.Kind == fault.Conflict {
		return err
	}
	// Another try would end the same: it goes on the list for people, and the
	// records behind it go on.
	b.Log.ErrorContext(ctx, "change not projected", "entity", c.Entity, "kind", f.Kind, "err", err.Error())
	return b.repairLater(ctx, r, c, f)
}

// repairLater puts a change on the list for people and for repairs, under an id
// of its own: told again it is the same entry. What names no workspace is none
// of ours.
func (b *batch) repairLater(ctx context.Context, r events.DynamoDBEventRecord, c port.Changed, f *fault.Error) error {
	if c.Space == "" {
		return nil
	}
	at := r.Change.ApproximateCreationDateTime.Time
	if at.IsZero() {
		at = b.Now()
	}
	id := commerce.Derive("fail", r.EventID, r.Change.SequenceNumber)
	return b.Failures.PutFailure(ctx, port.Failure{ID: id, Space: c.Space, Queue: port.ProjectQueue, Kind: string(f.Kind), Code: f.Code, Entity: c.Entity, Ref: c.Ref, Message: f.Message, Count: 1, At: at})
}

func (b *batch) changed(ctx context.Context, c port.Changed) error {
	switch c.Entity {
	case port.EntityOrder:
		return b.order(ctx, c)
	case port.EntityLevel:
		var l commerce.StockLevel
		if err := json.Unmarshal(c.New, &l); err != nil {
			return unreadable(c, err)
		}
		return b.LevelChanged(ctx, c.Space, l)
	case port.EntityMark:
		var m port.Mark
		if err := json.Unmarshal(c.New, &m); err != nil {
			return unreadable(c, err)
		}
		b.mark(m)
	case port.EntityProduct:
		return b.product(ctx, c)
	case port.EntityRemote:
		var r port.RemoteName
		if err := json.Unmarshal(c.New, &r); err != nil {
			return unreadable(c, err)
		}
		if r.Kind == port.RemoteItem && r.Target != "" {
			return b.appeared(ctx, c.Space, port.Want{Target: r.Target, Item: r.ID})
		}
	case port.EntityOutbound:
		var o port.Outbound
		if err := json.Unmarshal(c.New, &o); err != nil {
			return unreadable(c, err)
		}
		if !o.NotBefore.After(b.Now()) && o.Attempts == 0 {
			b.nudges[nudge{port.OutboundQueue, o.Space, o.Key}] = 0
		}
	}
	return nil
}

func unreadable(c port.Changed, err error) error {
	return fault.Wrap(err, fault.Permanent, "unreadable_record", "A stored %s can't be read.", c.Entity)
}

// order settles an order once a batch: it is read as it is now, so one look
// serves all its changes.
func (b *batch) order(ctx context.Context, c port.Changed) error {
	var o commerce.Order
	if err := json.Unmarshal(c.New, &o); err != nil {
		return unreadable(c, err)
	}
	key := string(c.Space) + "#" + string(o.ID)
	if b.done[key] {
		return nil
	}
	// Each version of an order comes by: one that has lines to find, or had some
	// and asks for attention, is enough to look.
	if slices.ContainsFunc(o.Lines, func(l commerce.OrderLine) bool { return l.Variant == "" }) || slices.Contains(o.Attention, commerce.AttentionUnknown) {
		if err := b.Find(ctx, c.Space, o.ID); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if err := b.Settle(ctx, c.Space, o.ID); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := b.Fold(ctx, c.Space, o.ID); err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("fold totals: %w", err)
	}
	b.done[key] = true
	return nil
}

// product looks for orders that wait for the SKUs a product has now and had
// not before.
func (b *batch) product(ctx context.Context, c port.Changed) error {
	var old, next commerce.Product
	if err := json.Unmarshal(c.New, &next); err != nil {
		return unreadable(c, err)
	}
	if c.Old != nil {
		if err := json.Unmarshal(c.Old, &old); err != nil {
			return unreadable(c, err)
		}
	}
	had := make(map[commerce.SKU]bool, len(old.Variants))
	for _, v := range old.Variants {
		had[v.SKU] = true
	}
	for _, v := range next.Variants {
		if v.SKU == "" || had[v.SKU] {
			continue
		}
		if err := b.appeared(ctx, c.Space, port.Want{SKU: v.SKU}); err != nil {
			return err
		}
	}
	return nil
}

// appeared costs one look a batch where no order ever waited, which is nearly
// always so. An order that begins to wait after that look was noted first and looked
// up then, when what has appeared was there.
func (b *batch) appeared(ctx context.Context, w commerce.WorkspaceID, want port.Want) error {
	if _, known := b.waits[w]; !known {
		some, err := b.Waits(ctx, w)
		if err != nil {
			return err
		}
		b.waits[w] = some
	}
	if !b.waits[w] {
		return nil
	}
	return b.Appeared(ctx, w, want)
}

func (b *batch) mark(m port.Mark) {
	if m.NotBefore.After(b.Now()) || m.Attempts > 0 {
		return // whoever parked it has arranged for its time
	}
	n := nudge{port.NudgeQueue, m.Space, string(m.Target)}
	wait := time.Duration(0)
	if m.Lane > port.LanePrice {
		wait = gather
	}
	if have, ok := b.nudges[n]; !ok || wait < have {
		b.nudges[n] = wait
	}
}

func (b *batch) send(ctx context.Context) error {
	byQueue := map[string][]port.Outgoing{}
	for n, wait := range b.nudges {
		byQueue[n.queue] = append(byQueue[n.queue], port.Outgoing{Body: port.Nudge{V: port.MessageVersion, Space: n.space, Key: n.key}, Delay: wait})
	}
	for queue, out := range byQueue {
		if err := b.Queue.Send(ctx, queue, out...); err != nil {
			return fmt.Errorf("send %d nudges to %s: %w", len(out), queue, err)
		}
	}
	return nil
}
