package ingest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// OrderIDOf is the id of an order: the same for the same account and remote id.
func OrderIDOf(a commerce.AccountID, remote commerce.RemoteID) commerce.OrderID {
	return commerce.OrderID(commerce.Derive("ord", string(a), string(remote)))
}

// Order stores an order as an account's marketplace or checkout told it, with
// the time its fetch began. What is older than what is stored changes nothing.
// It answers the order as it is stored now.
func (in *Ingester) Order(ctx context.Context, a port.Account, told commerce.Order, fetchedAt time.Time) (commerce.Order, error) {
	o, err := in.order(ctx, a, told, fetchedAt)
	if err != nil {
		return o, err
	}
	// Also when nothing has changed: the last attempt may have ended in between.
	return o, in.became(ctx, a.Space, o)
}

func (in *Ingester) order(ctx context.Context, a port.Account, told commerce.Order, fetchedAt time.Time) (commerce.Order, error) {
	told.ID, told.Account, told.Target, told.FetchedAt = OrderIDOf(a.ID, told.Remote), a.ID, a.Target, fetchedAt
	for i := range told.Requests {
		told.Requests[i].FetchedAt = fetchedAt
	}
	if told.Channel == "" {
		told.Channel = a.Channel
	}
	for range attempts {
		stored, err := in.Store.Order(ctx, a.Space, told.ID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return commerce.Order{}, fmt.Errorf("read order %s: %w", told.ID, err)
		}
		next, changed := merge(stored, told, in.Now())
		if !changed {
			return stored, nil
		}
		if _, err := resolve(ctx, in.Store, a.Space, &next); err != nil {
			return commerce.Order{}, fmt.Errorf("resolve lines of order %s: %w", told.ID, err)
		}
		if err := in.remember(ctx, a, &next); err != nil {
			return commerce.Order{}, err
		}
		write, err := in.orderWrite(ctx, a.Space, stored, next)
		if err != nil {
			return commerce.Order{}, err
		}
		put, err := in.Store.PutOrder(ctx, a.Space, write)
		if err == nil || !fault.Is(err, fault.Conflict) {
			return put, err
		}
	}
	return commerce.Order{}, fault.New(fault.Temporary, "order_contended", "Order %s changes too fast to be stored now.", told.Number)
}

func (in *Ingester) orderWrite(ctx context.Context, w commerce.WorkspaceID, old, next commerce.Order) (port.OrderWrite, error) {
	write := port.OrderWrite{Order: next}
	event := func(kind, text string) {
		write.Events = append(write.Events, commerce.OrderEvent{ID: in.NewID(), At: in.Now(), Kind: kind, Text: text, By: string(next.Channel)})
	}
	if old.Version == 0 {
		event("placed", fmt.Sprintf("Order %s came in", next.Number))
	} else if old.State != next.State {
		event("state", fmt.Sprintf("%s → %s", old.State, next.State))
	}
	for _, text := range requestEvents(old, next) {
		event("request", text)
	}
	before, err := in.lookups(ctx, w, old)
	if err != nil {
		return write, err
	}
	after, err := in.lookups(ctx, w, next)
	if err != nil {
		return write, err
	}
	known := make(map[port.Lookup]bool, len(before))
	for _, l := range before {
		known[l] = true
	}
	for _, l := range after {
		if !known[l] {
			known[l] = true
			write.Lookups = append(write.Lookups, l)
		}
	}
	return write, nil
}

// lookups are the exact values an order can be found by. Personal ones are
// digests. A transaction holds a hundred items: of very long orders the first
// SKUs are kept.
func (in *Ingester) lookups(ctx context.Context, w commerce.WorkspaceID, o commerce.Order) ([]port.Lookup, error) {
	if o.Remote == "" {
		return nil, nil
	}
	found := []port.Lookup{{Kind: "number", Value: strings.ToLower(string(o.Remote))}}
	if number := strings.ToLower(o.Number); number != "" && number != found[0].Value {
		found = append(found, port.Lookup{Kind: "number", Value: number})
	}
	for _, s := range o.Shipments {
		if s.Tracking != "" {
			found = append(found, port.Lookup{Kind: "tracking", Value: strings.ToLower(s.Tracking)})
		}
	}
	if o.Buyer.Email != "" && !strings.Contains(o.Buyer.Email, "*") {
		digest, err := in.Digest(ctx, w, strings.ToLower(o.Buyer.Email))
		if err != nil {
			return nil, fmt.Errorf("digest of an address: %w", err)
		}
		found = append(found, port.Lookup{Kind: "email", Value: digest})
	}
	for _, l := range o.Lines {
		if l.SKU != "" && len(found) < 60 {
			found = append(found, port.Lookup{Kind: "sku", Value: strings.ToLower(string(l.SKU))})
		}
	}
	return found, nil
}
