package tiktokshop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// Cancel cancels for the seller. Where the buyer has asked for it already, that
// request is granted instead, since TikTok takes no second one.
func (c *Connector) Cancel(ctx context.Context, x channel.Cancellation) (channel.Sent, error) {
	o, err := c.detail(ctx, x.Order.Remote)
	if err != nil {
		return channel.Sent{}, err
	}
	units := openUnits(o, x.Lines, func(string) bool { return false })
	if len(units) == 0 {
		return channel.Sent{At: c.env.Now()}, nil // nothing is left to cancel
	}
	if o.CancelAsked {
		return c.grant(ctx, x)
	}
	body := api.Cancel{Order: string(o.ID), Reason: reason(x.Reason, o.Status)}
	if len(x.Lines) > 0 && len(units) < openCount(o) {
		body.Lines = units
	}
	id, err := c.api.Cancel(ctx, body)
	if f := fault.Of(err); f != nil && f.Code == api.CodeReason {
		body.Reason = lastReason(o.Status)
		id, err = c.api.Cancel(ctx, body)
	}
	if f := fault.Of(err); f != nil && f.Code == api.CodeCancelled {
		return c.cancelledBefore(ctx, x, err)
	}
	if err != nil {
		return channel.Sent{}, fmt.Errorf("cancel order %s: %w", o.ID, err)
	}
	return channel.Sent{Remote: commerce.RemoteID(id), At: c.env.Now()}, nil
}

// grant approves the buyer's own request.
func (c *Connector) grant(ctx context.Context, x channel.Cancellation) (channel.Sent, error) {
	list, _, err := c.api.SearchCancellations(ctx, api.AfterSaleSearch{Orders: []string{string(x.Order.Remote)}}, "")
	if err != nil {
		return channel.Sent{}, fmt.Errorf("read cancellations of order %s: %w", x.Order.Remote, err)
	}
	for _, n := range list {
		if n.Role != "BUYER" || n.Status != cancelPending {
			continue
		}
		if err := c.api.ApproveCancellation(ctx, string(n.ID), x.Key); err != nil {
			return channel.Sent{}, fmt.Errorf("grant cancellation %s: %w", n.ID, err)
		}
		return channel.Sent{Remote: commerce.RemoteID(n.ID), At: c.env.Now()}, nil
	}
	return channel.Sent{}, fault.New(fault.Temporary, "request_open", "The buyer's request to cancel is being worked on by TikTok.")
}

func (c *Connector) cancelledBefore(ctx context.Context, x channel.Cancellation, cause error) (channel.Sent, error) {
	sent, found, err := c.FindCancellation(ctx, x)
	if err != nil {
		return channel.Sent{}, err
	}
	if !found {
		return channel.Sent{}, fault.Wrap(cause, fault.Rejected, api.CodeCancelled, "TikTok takes no cancellation of this order any more, or another request is open.")
	}
	return sent, nil
}

// FindCancellation looks whether all the pieces meant are cancelled.
func (c *Connector) FindCancellation(ctx context.Context, x channel.Cancellation) (channel.Sent, bool, error) {
	o, err := c.detail(ctx, x.Order.Remote)
	if err != nil {
		return channel.Sent{}, false, err
	}
	if len(openUnits(o, x.Lines, func(string) bool { return false })) > 0 {
		return channel.Sent{}, false, nil
	}
	return channel.Sent{At: c.env.Now()}, true, nil
}

func openCount(o api.Order) int {
	return len(slices.DeleteFunc(slices.Clone(o.Lines), func(l api.Line) bool { return isCancelled(l.Status) }))
}

// reason is TikTok's word for why: a name of its own is passed on, words of a
// person are matched. The names depend on whether the order is paid; the full
// lists per market are not published with the reference.
func reason(text, status string) string {
	if strings.HasPrefix(text, "seller_cancel_") || strings.HasPrefix(text, "ecom_order_") {
		return text
	}
	words := strings.ToLower(text)
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return strings.Contains(words, w) })
	}
	family := "seller_cancel_paid_reason_"
	if status == "UNPAID" {
		family = "seller_cancel_unpaid_reason_"
	}
	switch {
	case has("address", "undeliverable", "deliver") && status != "UNPAID":
		return family + "address_not_deliver"
	case has("buyer", "customer", "request", "asked"):
		return family + "buyer_requested_cancellation"
	case has("price", "pricing"):
		return wide(status) + "wrong_price"
	}
	return wide(status) + "out_of_stock"
}

// wide is the family of reasons that paid orders share with others.
func wide(status string) string {
	if status == "UNPAID" {
		return "seller_cancel_unpaid_reason_"
	}
	return "seller_cancel_reason_"
}

// lastReason is what is said when TikTok refused the exact one.
func lastReason(status string) string { return wide(status) + "out_of_stock" }
