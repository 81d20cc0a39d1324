// Package trade is what a seller does with orders: ship them, cancel them, make
// one by hand, and take in those of the seller's own checkout.
package trade

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const attempts = 10

// Store is what this room needs of storage.
type Store interface {
	port.Orders
	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
	Conversation(ctx context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error)
	Products(ctx context.Context, w commerce.WorkspaceID, ids []commerce.ProductID) ([]commerce.Product, error)
	ProductBySKU(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (port.SKURef, error)
	Resolve(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, kind port.RemoteKind, ids []commerce.RemoteID) (map[commerce.RemoteID]port.RemoteRef, error)
	Levels(ctx context.Context, w commerce.WorkspaceID, ids []commerce.VariantID) (map[commerce.VariantID]commerce.StockLevel, error)
}

// Taker stores an order as it was told; ingest.Ingester is one.
type Taker interface {
	Order(ctx context.Context, a port.Account, told commerce.Order, fetchedAt time.Time) (commerce.Order, error)
}

// Desk handles orders. Safe for concurrent use.
type Desk struct {
	Store Store
	Take  Taker
	// CanShip and CanCancel say whether a channel can be told.
	CanShip, CanCancel func(commerce.Channel) bool
	// Send asks for the outbound key to be worked on now.
	Send  func(ctx context.Context, w commerce.WorkspaceID, key string) error
	Now   func() time.Time
	NewID func() string
}

// Parcel is a shipment a person wants to tell.
type Parcel struct {
	Carrier  string
	Tracking string
	Note     string   // to the buyer
	Lines    []string // line ids; empty means all
	By       string
	Key      string // of the request; the tracking number alone makes it repeatable
}

var trackingForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._/-]{2,63}$`)

// Ship notes a shipment and sends it to the order's marketplace, or only notes
// it where the marketplace can't be told. The same tracking number on the same
// order is the same shipment.
func (d *Desk) Ship(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, p Parcel) (commerce.Order, error) {
	p.Carrier, p.Tracking = strings.TrimSpace(p.Carrier), strings.TrimSpace(p.Tracking)
	if p.Carrier == "" || len(p.Carrier) > 100 {
		return commerce.Order{}, &fault.Error{Kind: fault.Invalid, Code: "carrier", Field: "carrier", Message: "Name the carrier, in at most 100 characters."}
	}
	if !trackingForm.MatchString(p.Tracking) {
		return commerce.Order{}, &fault.Error{Kind: fault.Invalid, Code: "tracking", Field: "tracking", Message: "A tracking number has 3 to 64 letters, digits, spaces, dots, dashes or slashes."}
	}
	return d.change(ctx, w, id, func(o *commerce.Order) (port.OrderWrite, error) { return d.shipment(w, o, p) })
}

func (d *Desk) shipment(w commerce.WorkspaceID, o *commerce.Order, p Parcel) (port.OrderWrite, error) {
	for _, s := range o.Shipments { // also a repeated request: it names the same parcel
		if strings.EqualFold(s.Tracking, p.Tracking) && s.State != commerce.SendFailed {
			return port.OrderWrite{}, errNothingToDo
		}
	}
	switch o.State {
	case commerce.OrderPaid, commerce.OrderPartly, commerce.OrderShipped, commerce.OrderOther:
	default:
		return port.OrderWrite{}, fault.New(fault.Invalid, "not_shippable", "Order %s is %s: only a paid order can be shipped.", o.Number, o.State)
	}
	if err := knownLines(*o, p.Lines); err != nil {
		return port.OrderWrite{}, err
	}
	out := commerce.OutboundID(d.NewID())
	s := commerce.Shipment{ID: "shp_" + string(out), Carrier: p.Carrier, Tracking: p.Tracking, Note: p.Note, Lines: p.Lines, State: commerce.SendPending, At: d.Now()}
	o.Shipments = slices.DeleteFunc(o.Shipments, func(old commerce.Shipment) bool { return strings.EqualFold(old.Tracking, p.Tracking) })
	write := port.OrderWrite{Lookups: []port.Lookup{{Kind: "tracking", Value: strings.ToLower(p.Tracking)}}}
	if o.Source == commerce.FromMarketplace && d.CanShip(o.Channel) {
		write.Out = []port.Outbound{{ID: out, Space: w, Key: string(o.ID), Kind: "shipment", Account: o.Account, Ref: s.ID, State: commerce.SendPending}}
	} else {
		s.State = commerce.SendDone
	}
	o.Shipments = append(o.Shipments, s)
	if s.State == commerce.SendDone {
		o.State = o.Sent()
	}
	write.Events = []commerce.OrderEvent{{ID: d.NewID(), At: d.Now(), Kind: "shipment", By: p.By, Text: fmt.Sprintf("Shipped with %s, %s", p.Carrier, p.Tracking)}}
	return write, nil
}

func knownLines(o commerce.Order, ids []string) error {
	for _, id := range ids {
		if !slices.ContainsFunc(o.Lines, func(l commerce.OrderLine) bool { return l.ID == id }) {
			return &fault.Error{Kind: fault.Invalid, Code: "unknown_line", Field: "lines", Message: fmt.Sprintf("Order %s has no line %q.", o.Number, id)}
		}
	}
	return nil
}

var errNothingToDo = fault.New(fault.Conflict, "nothing_to_do", "This has been done already.")

// change reads an order, applies f and writes it, again when it moved.
func (d *Desk) change(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, f func(*commerce.Order) (port.OrderWrite, error)) (commerce.Order, error) {
	for range attempts {
		o, err := d.Store.Order(ctx, w, id)
		if err != nil {
			return o, err
		}
		write, err := f(&o)
		if errors.Is(err, errNothingToDo) {
			return o, nil
		}
		if err != nil {
			return o, err
		}
		write.Order = o
		put, err := d.Store.PutOrder(ctx, w, write)
		if err == nil && len(write.Out) > 0 {
			// What is stored goes out: the stream nudges too, and a nudge that is
			// lost here costs a second. It must not look like a refusal.
			_ = d.Send(ctx, w, string(id))
		}
		if err == nil || !fault.Is(err, fault.Conflict) {
			return put, err
		}
	}
	return commerce.Order{}, fault.New(fault.Conflict, "order_contended", "The order changes too fast just now. Try again.")
}
