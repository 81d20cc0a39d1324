package outbound

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// calls are how a decision goes out and how it is looked up.
type calls func(c channel.Canceller, d channel.Decision, p *parcel)

// answers tells what the seller decided about a buyer's request.
func answers(c channel.Canceller, d channel.Decision, p *parcel) {
	p.send = func(ctx context.Context) (channel.Sent, error) { return c.Answer(ctx, d) }
	p.find = func(ctx context.Context) (channel.Sent, bool, error) { return c.FindAnswer(ctx, d) }
}

// cancels tells the seller's own wish to cancel.
func cancels(c channel.Canceller, d channel.Decision, p *parcel) {
	wish := channel.Cancellation{Order: d.Order, Reason: d.Request.Reason, Key: d.Key}
	for _, l := range d.Request.Lines {
		wish.Lines = append(wish.Lines, l.Line)
	}
	p.send = func(ctx context.Context) (channel.Sent, error) { return c.Cancel(ctx, wish) }
	p.find = func(ctx context.Context) (channel.Sent, bool, error) { return c.FindCancellation(ctx, wish) }
}

func (k *Worker) answer(ctx context.Context, o port.Outbound, how calls) (parcel, error) {
	order, err := k.Store.Order(ctx, o.Space, commerce.OrderID(o.Key))
	if err != nil {
		return parcel{}, err
	}
	r := order.Request(o.Ref)
	if r == nil || r.Answer == nil || r.Answer.ID != o.ID {
		return parcel{}, fault.New(fault.NotFound, "answer_not_found", "The answer to request %s is not on the order any more.", o.Ref)
	}
	p := parcel{
		done: r.Answer.State == commerce.SendDone,
		settle: func(ctx context.Context, o port.Outbound, end ending) error {
			return k.settleOrder(ctx, o, func(order *commerce.Order) string { return settleAnswer(order, o, end) })
		},
	}
	if p.done {
		return p, nil
	}
	canceller, err := ability[channel.Canceller](ctx, k, o)
	how(canceller, channel.Decision{Order: order, Request: *r, Key: string(o.ID)}, &p)
	return p, err
}

func settleAnswer(order *commerce.Order, o port.Outbound, end ending) string {
	r := order.Request(o.Ref)
	if r == nil || r.Answer == nil || r.Answer.ID != o.ID {
		return ""
	}
	r.Answer.State, r.Answer.Problem = end.state, end.problem
	what := fmt.Sprintf("Answer (%s)", r.Answer.Verdict)
	if r.Answer.Verdict == commerce.VerdictCancel {
		what = "Cancellation"
		settleWish(r, end)
	}
	if end.state == commerce.SendDone {
		return fmt.Sprintf("%s told to %s", what, order.Channel)
	}
	return fmt.Sprintf("%s did not take it (%s): %s", order.Channel, what, end.problem)
}

// settleWish ends the seller's own wish, unless the marketplace has told of it.
func settleWish(r *commerce.Request, end ending) {
	if r.Remote == "" {
		r.Remote = end.remote
	}
	if r.RawState != "" {
		return
	}
	r.State = commerce.RequestApproved
	if end.state != commerce.SendDone {
		r.State = commerce.RequestClosed
	}
}
