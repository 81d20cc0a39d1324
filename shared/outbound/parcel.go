package outbound

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const attempts = 10

// parcel reads what a record refers to. NotFound means that it is gone,
// Unsupported that its channel can't do this.
func (k *Worker) parcel(ctx context.Context, o port.Outbound) (parcel, error) {
	conn, err := k.Open(ctx, o.Space, o.Account)
	if err != nil {
		return parcel{}, fmt.Errorf("open account %s: %w", o.Account, err)
	}
	switch o.Kind {
	case "reply":
		return k.reply(ctx, o, conn)
	case "shipment":
		return k.shipment(ctx, o, conn)
	case "cancellation":
		return k.cancellation(ctx, o, conn)
	default:
		return parcel{}, fault.New(fault.Permanent, "unknown_outbound", "Nothing of kind %q can be sent.", o.Kind)
	}
}

func unsupported(conn channel.Connector, what string) error {
	return fault.New(fault.Unsupported, "unsupported", "%s can't take %s.", conn.Channel(), what)
}

func (k *Worker) reply(ctx context.Context, o port.Outbound, conn channel.Connector) (parcel, error) {
	id := commerce.ConversationID(o.Key)
	conv, err := k.Store.Conversation(ctx, o.Space, id)
	if err != nil {
		return parcel{}, err
	}
	m, err := k.Store.Message(ctx, o.Space, id, commerce.MessageID(o.Ref))
	if err != nil {
		return parcel{}, err
	}
	replier, ok := conn.(channel.Replier)
	if !ok {
		return parcel{}, unsupported(conn, "replies")
	}
	r := channel.Reply{Conversation: conv, Message: m, TriedAt: o.TriedAt}
	return parcel{
		done: m.State == commerce.SendDone,
		send: func(ctx context.Context) (channel.Sent, error) { return replier.Reply(ctx, r) },
		find: func(ctx context.Context) (channel.Sent, bool, error) { return replier.FindReply(ctx, r) },
		settle: func(ctx context.Context, s channel.Sent, state commerce.SendState, problem string) error {
			return k.settleReply(ctx, o, s, state, problem)
		},
	}, nil
}

func (k *Worker) settleReply(ctx context.Context, o port.Outbound, s channel.Sent, state commerce.SendState, problem string) error {
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
		if m.State == commerce.SendDone {
			return k.Store.DeleteOutbound(ctx, o)
		}
		m.State, m.Problem, m.Remote = state, problem, s.Remote
		write := port.MessageWrite{Conversation: conv, Message: &m, Replace: true, Settle: &o}
		if s.Remote != "" {
			write.Aliases = []commerce.RemoteID{s.Remote}
		}
		_, err = k.Store.PutMessage(ctx, o.Space, write)
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "conversation_contended", "Conversation %s changes too fast to be written now.", id)
}

func (k *Worker) shipment(ctx context.Context, o port.Outbound, conn channel.Connector) (parcel, error) {
	order, err := k.Store.Order(ctx, o.Space, commerce.OrderID(o.Key))
	if err != nil {
		return parcel{}, err
	}
	shipper, ok := conn.(channel.Shipper)
	if !ok {
		return parcel{}, unsupported(conn, "shipments")
	}
	for _, s := range order.Shipments {
		if s.ID != o.Ref {
			continue
		}
		ship := channel.Shipping{Order: order, Shipment: s}
		return parcel{
			done: s.State == commerce.SendDone,
			send: func(ctx context.Context) (channel.Sent, error) { return shipper.Ship(ctx, ship) },
			find: func(ctx context.Context) (channel.Sent, bool, error) { return shipper.FindShipment(ctx, ship) },
			settle: func(ctx context.Context, sent channel.Sent, state commerce.SendState, problem string) error {
				return k.settleOrder(ctx, o, func(order *commerce.Order) string {
					return settleShipment(order, o.Ref, sent, state, problem)
				})
			},
		}, nil
	}
	return parcel{}, fault.New(fault.NotFound, "shipment_not_found", "Shipment %s is not on the order any more.", o.Ref)
}

func settleShipment(order *commerce.Order, id string, sent channel.Sent, state commerce.SendState, problem string) string {
	for i, s := range order.Shipments {
		if s.ID != id {
			continue
		}
		order.Shipments[i].State, order.Shipments[i].Problem = state, problem
		if sent.Remote != "" {
			order.Shipments[i].Remote = sent.Remote
		}
		if state == commerce.SendDone {
			if order.State == commerce.OrderPaid {
				order.State = commerce.OrderShipped
			}
			return fmt.Sprintf("%s %s told to %s", s.Carrier, s.Tracking, order.Channel)
		}
		return fmt.Sprintf("%s refused %s %s: %s", order.Channel, s.Carrier, s.Tracking, problem)
	}
	return ""
}

func (k *Worker) cancellation(ctx context.Context, o port.Outbound, conn channel.Connector) (parcel, error) {
	order, err := k.Store.Order(ctx, o.Space, commerce.OrderID(o.Key))
	if err != nil {
		return parcel{}, err
	}
	canceller, ok := conn.(channel.Canceller)
	if !ok {
		return parcel{}, unsupported(conn, "cancellations")
	}
	c := channel.Cancellation{Order: order, Lines: o.Lines, Reason: o.Reason, Key: string(o.ID)}
	return parcel{
		done: order.State == commerce.OrderCancelled,
		send: func(ctx context.Context) (channel.Sent, error) { return canceller.Cancel(ctx, c) },
		find: func(ctx context.Context) (channel.Sent, bool, error) { return canceller.FindCancellation(ctx, c) },
		settle: func(ctx context.Context, _ channel.Sent, state commerce.SendState, problem string) error {
			return k.settleOrder(ctx, o, func(order *commerce.Order) string {
				if state == commerce.SendDone {
					return fmt.Sprintf("Cancellation told to %s", order.Channel)
				}
				return fmt.Sprintf("%s refused the cancellation: %s", order.Channel, problem)
			})
		},
	}, nil
}

// settleOrder applies an outcome to an order with an entry in its timeline and
// takes the record away, in one write.
func (k *Worker) settleOrder(ctx context.Context, o port.Outbound, apply func(*commerce.Order) string) error {
	for range attempts {
		order, err := k.Store.Order(ctx, o.Space, commerce.OrderID(o.Key))
		if err != nil {
			return err
		}
		text := apply(&order)
		event := commerce.OrderEvent{ID: k.NewID(), At: k.Now(), Kind: o.Kind, Text: text, By: string(order.Channel)}
		_, err = k.Store.PutOrder(ctx, o.Space, port.OrderWrite{Order: order, Events: []commerce.OrderEvent{event}, Settle: &o})
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "order_contended", "Order %s changes too fast to be written now.", o.Key)
}
