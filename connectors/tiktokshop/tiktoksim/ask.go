package tiktoksim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

var _ simkit.Asker = (*Sim)(nil)

// Ask is the buyer asking to cancel an order that is not shipped, or to be
// refunded for what was delivered.
func (s *Sim) Ask(ctx context.Context, a simkit.Ask) (string, error) {
	switch a.Kind {
	case simkit.AskCancel:
		return s.RequestCancel(ctx, a.Order, a.Units...)
	case simkit.AskRefund:
		return s.RequestReturn(ctx, a.Order, typeRefund, a.Units...)
	case simkit.AskReturn:
		return s.RequestReturn(ctx, a.Order, typeReturn, a.Units...)
	case simkit.AskReplacement:
		return s.RequestReturn(ctx, a.Order, typeReplace, a.Units...)
	}
	return "", fmt.Errorf("nobody can ask for %q", a.Kind)
}

// RequestReturn is the buyer asking for a REFUND, a RETURN_AND_REFUND or a
// REPLACEMENT of delivered lines (all when none is named); it returns the id.
func (s *Sim) RequestReturn(_ context.Context, orderID, kind string, lineIDs ...string) (string, error) {
	var id string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		o, err := loadOrder(tx, orderID)
		if err != nil {
			return err
		}
		r := sentBack{Order: o.ID, Type: kind, Created: s.now().Unix()}
		for _, l := range o.Lines {
			if len(lineIDs) > 0 && !slices.Contains(lineIDs, l.ID) {
				continue
			}
			if l.Status != delivered && l.Status != completed {
				return fmt.Errorf("line %s is %s, not delivered", l.ID, l.Status)
			}
			r.Lines = append(r.Lines, l.ID)
		}
		if len(r.Lines) == 0 {
			return errors.New("no line is meant")
		}
		if r.ID, err = s.newID(tx, "return"); err != nil {
			return err
		}
		id = r.ID
		if kind == typeReplace {
			return s.putReturn(tx, r, replacePending)
		}
		return s.putReturn(tx, r, returnPending)
	})
	if err != nil {
		return "", fmt.Errorf("return of order %s: %w", orderID, err)
	}
	return id, nil
}

// Withdraw is the buyer taking a request back that nobody has decided.
func (s *Sim) Withdraw(_ context.Context, id string) error {
	return s.withRequest(id, func(tx *simkit.Tx, n *cancellation, r *sentBack) error {
		switch {
		case n != nil && n.Status == cancelPending:
			return s.closeCancel(tx, *n)
		case r != nil && r.Status == replacePending:
			return s.putReturn(tx, *r, replaceGone)
		case r != nil && slices.Contains([]string{returnPending, awaitingShip, awaitingBuyer}, r.Status):
			return s.putReturn(tx, *r, returnWithdrawn)
		}
		return errors.New("it is decided")
	})
}

// SendBack is the buyer sending the goods of an approved return.
func (s *Sim) SendBack(_ context.Context, id, tracking string) error {
	return s.withRequest(id, func(tx *simkit.Tx, _ *cancellation, r *sentBack) error {
		if r == nil || r.Status != awaitingShip {
			return errors.New("no return waits for its parcel")
		}
		r.Tracking = tracking
		return s.putReturn(tx, *r, itemShipped)
	})
}

// Deliver lets the carrier deliver an order that was sent.
func (s *Sim) Deliver(ctx context.Context, orderID string) error {
	return s.Advance(ctx, orderID, delivered)
}

func (s *Sim) withRequest(id string, do func(*simkit.Tx, *cancellation, *sentBack) error) error {
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		var n cancellation
		if known, err := tx.Find("cancel", id, &n); err != nil || known {
			return errors.Join(err, do(tx, &n, nil))
		}
		var r sentBack
		if known, err := tx.Find("return", id, &r); err != nil || !known {
			return errors.Join(err, errors.New("there is no such request"))
		}
		return do(tx, nil, &r)
	})
	if err != nil {
		return fmt.Errorf("request %s: %w", id, err)
	}
	return nil
}

// awaitVerdict notes when the platform goes on with a request by itself: it
// decides for the buyer when the seller does not answer in time, and pays a
// minute after it was granted.
func (s *Sim) awaitVerdict(tx *simkit.Tx, id, status string) error {
	wait := map[string]time.Duration{
		cancelPending: cancelDays * 24 * time.Hour, returnPending: returnDays * 24 * time.Hour, replacePending: returnDays * 24 * time.Hour,
		itemShipped: returnDays * 24 * time.Hour, awaitingShip: shipDays * 24 * time.Hour, awaitingBuyer: returnDays * 24 * time.Hour,
		cancelSuccess: time.Minute, returnSuccess: time.Minute,
	}[status]
	if wait == 0 {
		return tx.Delete("verdict-due", id)
	}
	return tx.Put("verdict-due", id, s.now().Add(wait))
}

// overrule goes on with every request whose time has come.
func (s *Sim) overrule(tx *simkit.Tx) error {
	var due []string
	err := simkit.Each(tx, "verdict-due", "", func(id string, at time.Time) bool {
		if !at.After(s.now()) {
			due = append(due, id)
		}
		return true
	})
	for _, id := range due {
		if err == nil {
			err = s.goOn(tx, id)
		}
	}
	return err
}

func (s *Sim) goOn(tx *simkit.Tx, id string) error {
	var n cancellation
	if known, err := tx.Find("cancel", id, &n); err != nil || known {
		switch {
		case err != nil:
			return err
		case n.Status == cancelPending:
			return s.grantCancel(tx, n)
		}
		n.Status, n.Updated = cancelComplete, s.now().Unix()
		return s.putCancel(tx, n)
	}
	var r sentBack
	if known, err := tx.Find("return", id, &r); err != nil || !known {
		return err
	}
	next := map[string]string{
		returnPending: returnSuccess, itemShipped: returnSuccess, returnSuccess: returnComplete, replacePending: replaceDone,
		awaitingShip: returnWithdrawn, awaitingBuyer: returnWithdrawn,
	}[r.Status]
	if r.Status == returnPending && r.Type == typeReturn {
		next = awaitingShip
	}
	return s.putReturn(tx, r, next)
}
