package tiktokshop

import (
	"context"
	"fmt"
	"slices"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// Answer tells TikTok what the seller decided. The same key is the same
// decision there; a request that has moved on meanwhile is looked at.
func (c *Connector) Answer(ctx context.Context, d channel.Decision) (channel.Sent, error) {
	err := c.decide(ctx, d)
	if f := fault.Of(err); f != nil && f.Code == api.CodeDecided {
		sent, found, look := c.FindAnswer(ctx, d)
		if look != nil || found {
			return sent, look
		}
		return channel.Sent{}, fault.Wrap(err, fault.Rejected, api.CodeDecided, "TikTok does not take this answer in the request's state.")
	}
	if err != nil {
		return channel.Sent{}, fmt.Errorf("answer request %s: %w", d.Request.Remote, err)
	}
	return channel.Sent{Remote: d.Request.Remote, At: c.env.Now()}, nil
}

func (c *Connector) decide(ctx context.Context, d channel.Decision) error {
	id, a := string(d.Request.Remote), d.Request.Answer
	switch {
	case d.Request.Kind == commerce.RequestCancel && a.Verdict == commerce.VerdictApprove:
		return c.api.ApproveCancellation(ctx, id, d.Key)
	case d.Request.Kind == commerce.RequestCancel && a.Verdict == commerce.VerdictReject:
		return c.api.RejectCancellation(ctx, id, d.Key, api.Rejection{Reason: a.Reason, Comment: a.Comment})
	}
	decision := decisionOf(d.Request)
	switch {
	case decision == "":
		return fault.New(fault.Invalid, "verdict", "TikTok knows no %q for a %s.", a.Verdict, d.Request.Kind)
	case a.Verdict == commerce.VerdictReject:
		return c.api.RejectReturn(ctx, id, d.Key, api.Rejection{Decision: decision, Reason: a.Reason, Comment: a.Comment})
	}
	body := api.Approval{Decision: decision, Keep: a.Verdict == commerce.VerdictKeep}
	if a.Verdict == commerce.VerdictOffer {
		body.Partial = &api.Amount{Currency: a.Amount.Currency, Amount: a.Amount.Decimal()}
	}
	return c.api.ApproveReturn(ctx, id, d.Key, body)
}

// decisionOf is TikTok's word for a verdict, by the kind and the step of the
// request; empty where it has none (decision of Approve and Reject Return,
// 2025-12).
func decisionOf(r commerce.Request) string {
	if r.Answer.To == itemShipped {
		return map[commerce.Verdict]string{commerce.VerdictApprove: "APPROVE_RECEIVED_PACKAGE", commerce.VerdictReject: "REJECT_RECEIVED_PACKAGE"}[r.Answer.Verdict]
	}
	switch r.Kind {
	case commerce.RequestRefund:
		return map[commerce.Verdict]string{commerce.VerdictApprove: "APPROVE_REFUND", commerce.VerdictReject: "REJECT_REFUND", commerce.VerdictOffer: "OFFER_PARTIAL_REFUND"}[r.Answer.Verdict]
	case commerce.RequestReturn:
		return map[commerce.Verdict]string{
			commerce.VerdictApprove: "APPROVE_RETURN", commerce.VerdictReject: "REJECT_RETURN", commerce.VerdictKeep: "APPROVE_RETURN", commerce.VerdictOffer: "OFFER_PARTIAL_REFUND",
		}[r.Answer.Verdict]
	case commerce.RequestReplace:
		return map[commerce.Verdict]string{commerce.VerdictApprove: "APPROVE_REPLACEMENT", commerce.VerdictReject: "REJECT_REPLACEMENT", commerce.VerdictRefund: "ISSUE_REPLACEMENT_REFUND"}[r.Answer.Verdict]
	}
	return ""
}

// FindAnswer looks whether a request has moved on the way that was decided.
func (c *Connector) FindAnswer(ctx context.Context, d channel.Decision) (channel.Sent, bool, error) {
	var now *commerce.Request
	err := c.eachRequest(ctx, api.AfterSaleSearch{Orders: []string{string(d.Order.Remote)}}, func(_ api.ID, r commerce.Request, _ []api.AfterSaleLine) error {
		if r.Remote == d.Request.Remote {
			now = &r
		}
		return nil
	})
	switch {
	case err != nil:
		return channel.Sent{}, false, fmt.Errorf("look for request %s: %w", d.Request.Remote, err)
	case now == nil:
		return channel.Sent{}, false, fault.New(fault.Rejected, "request_gone", "TikTok does not know this request any more.")
	case now.RawState == d.Request.Answer.To:
		return channel.Sent{}, false, nil
	}
	no := slices.Contains([]commerce.RequestState{commerce.RequestRejected, commerce.RequestClosed}, now.State)
	if no != (d.Request.Answer.Verdict == commerce.VerdictReject) || now.State == commerce.RequestWithdrawn {
		return channel.Sent{}, false, fault.New(fault.Rejected, api.CodeDecided, "The request has ended otherwise meanwhile: it is %s.", now.State)
	}
	return channel.Sent{Remote: now.Remote, At: now.UpdatedAt}, true, nil
}
