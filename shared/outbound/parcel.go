package outbound

import (
	"context"
	"fmt"
	"slices"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const attempts = 10

// parcel reads what a record refers to and opens its account. NotFound means
// that what it belongs to is gone. With any other error the parcel can still be
// settled, unless nobody knows its kind.
func (k *Worker) parcel(ctx context.Context, o port.Outbound) (parcel, error) {
	switch o.Kind {
	case "reply":
		return k.reply(ctx, o)
	case "shipment":
		return k.shipment(ctx, o)
	case "cancellation":
		return k.answer(ctx, o, cancels)
	case "answer":
		return k.answer(ctx, o, answers)
	default:
		return parcel{}, fault.New(fault.Permanent, "unknown_outbound", "Nothing of kind %q can be sent.", o.Kind)
	}
}

// ability opens a record's account and finds the power that is needed.
func ability[T any](ctx context.Context, k *Worker, o port.Outbound) (T, error) {
	var none T
	conn, err := k.Open(ctx, o.Space, o.Account)
	if fault.Is(err, fault.NotFound) {
		return none, fault.Wrap(err, fault.Permanent, "no_account", "The account this was meant for is gone.")
	}
	if err != nil {
		return none, fmt.Errorf("open account %s: %w", o.Account, err)
	}
	power, ok := conn.(T)
	if !ok {
		return none, fault.New(fault.Unsupported, "unsupported", "%s can't take a %s.", conn.Channel(), o.Kind)
	}
	return power, nil
}

func (k *Worker) reply(ctx context.Context, o port.Outbound) (parcel, error) {
	id := commerce.ConversationID(o.Key)
	conv, err := k.Store.Conversation(ctx, o.Space, id)
	if err != nil {
		return parcel{}, err
	}
	m, err := k.Store.Message(ctx, o.Space, id, commerce.MessageID(o.Ref))
	if err != nil {
		return parcel{}, err
	}
	p := parcel{
		done:   m.State == commerce.SendDone,
		settle: k.settleReply,
	}
	if p.done {
		return p, nil
	}
	replier, err := ability[channel.Replier](ctx, k, o)
	r := channel.Reply{Conversation: conv, Message: m, TriedAt: o.TriedAt}
	p.send = func(ctx context.Context) (channel.Sent, error) { return replier.Reply(ctx, r) }
	p.find = func(ctx context.Context) (channel.Sent, bool, error) { return replier.FindReply(ctx, r) }
	return p, err
}

func (k *Worker) settleReply(ctx context.Context, o port.Outbound, end ending) error {
	id := commerce.ConversationID(o.Key)
	for range attempts {
		conv, err := k.Store.Conversation(ctx, o.Space, id)
		if err != nil {
			return err
		}
		m, err := k.Store.Message(ctx, o.Space, id, commerce.MessageID(o.Ref))
		if err != nil {
			return err
		}
		if m.State == commerce.SendDone && (end.remote == "" || end.remote == m.Remote) {
			return k.Store.DeleteOutbound(ctx, o) // its echo was faster
		}
		if m.State != commerce.SendDone {
			m.State, m.Problem, m.Remote = end.state, end.problem, end.remote
		}
		write := port.MessageWrite{Conversation: conv, Message: &m, Replace: true, Settle: &o}
		if end.remote != "" {
			write.Aliases = []commerce.RemoteID{end.remote}
		}
		_, err = k.Store.PutMessage(ctx, o.Space, write)
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "conversation_contended", "Conversation %s changes too fast to be written now.", id)
}

func (k *Worker) shipment(ctx context.Context, o port.Outbound) (parcel, error) {
	order, err := k.Store.Order(ctx, o.Space, commerce.OrderID(o.Key))
	if err != nil {
		return parcel{}, err
	}
	i := slices.IndexFunc(order.Shipments, func(s commerce.Shipment) bool { return s.ID == o.Ref })
	if i < 0 {
		return parcel{}, fault.New(fault.NotFound, "shipment_not_found", "Shipment %s is not on the order any more.", o.Ref)
	}
	ship := channel.Shipping{Order: order, Shipment: order.Shipments[i]}
	p := parcel{
		done: ship.Shipment.State == commerce.SendDone,
		settle: func(ctx context.Context, o port.Outbound, end ending) error {
			return k.settleOrder(ctx, o, func(order *commerce.Order) string { return k.settleShipment(order, o.Ref, end) })
		},
	}
	if p.done {
		return p, nil
	}
	shipper, err := ability[channel.Shipper](ctx, k, o)
	p.send = func(ctx context.Context) (channel.Sent, error) { return shipper.Ship(ctx, ship) }
	p.find = func(ctx context.Context) (channel.Sent, bool, error) { return shipper.FindShipment(ctx, ship) }
	return p, err
}

func (k *Worker) settleShipment(order *commerce.Order, id string, end ending) string {
	i := slices.IndexFunc(order.Shipments, func(s commerce.Shipment) bool { return s.ID == id })
	if i < 0 {
		return ""
	}
	s := &order.Shipments[i]
	s.State, s.Problem = end.state, end.problem
	if end.remote != "" {
		s.Remote = end.remote
	}
	if end.state != commerce.SendDone {
		return fmt.Sprintf("%s did not take %s %s: %s", order.Channel, s.Carrier, s.Tracking, end.problem)
	}
	switch order.State {
	case commerce.OrderPaid, commerce.OrderPartly:
		// A read of the order that began before this answer is older than it.
		order.State, order.FetchedAt = order.Sent(), k.Now()
	}
	return fmt.Sprintf("%s %s told to %s", s.Carrier, s.Tracking, order.Channel)
}

// settleOrder applies an outcome to an order with an entry in its timeline and
// takes the record away, in one write.
func (k *Worker) settleOrder(ctx context.Context, o port.Outbound, apply func(*commerce.Order) string) error {
	for range attempts {
		order, err := k.Store.Order(ctx, o.Space, commerce.OrderID(o.Key))
		if err != nil {
			return err
		}
		write := port.OrderWrite{Settle: &o}
		if text := apply(&order); text != "" {
			write.Events = []commerce.OrderEvent{{ID: k.NewID(), At: k.Now(), Kind: o.Kind, Text: text, By: string(order.Channel)}}
		}
		write.Order = order
		_, err = k.Store.PutOrder(ctx, o.Space, write)
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "order_contended", "Order %s changes too fast to be written now.", o.Key)
}
