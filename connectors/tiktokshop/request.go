package tiktokshop

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// The states in which a request waits for somebody's word.
const (
	cancelPending  = "CANCELLATION_REQUEST_PENDING"
	returnPending  = "RETURN_OR_REFUND_REQUEST_PENDING"
	replacePending = "REPLACEMENT_REQUEST_PENDING"
	itemShipped    = "BUYER_SHIPPED_ITEM"
)

// ListRequests reads cancellations, refunds, returns and replacements of orders,
// and what a rejection may say where an answer is due. Without the permission
// for them there are none; Health says so.
func (c *Connector) ListRequests(ctx context.Context, orders []commerce.Order) error {
	for part := range slices.Chunk(orders, api.MaxOrderIDs) {
		if err := c.requests(ctx, part); err != nil && !isScope(err) {
			return err
		}
	}
	return nil
}

func isScope(err error) bool {
	f := fault.Of(err)
	return f != nil && f.Code == api.CodeScope
}

func (c *Connector) requests(ctx context.Context, orders []commerce.Order) error {
	at := make(map[commerce.RemoteID]*commerce.Order, len(orders))
	search := api.AfterSaleSearch{}
	for i := range orders {
		at[orders[i].Remote] = &orders[i]
		search.Orders = append(search.Orders, string(orders[i].Remote))
	}
	add := func(order api.ID, r commerce.Request, lines []api.AfterSaleLine) error {
		o, ok := at[commerce.RemoteID(order)]
		if !ok {
			return nil
		}
		r.Lines = requestLines(*o, lines)
		if err := c.addReasons(ctx, &r); err != nil {
			return err
		}
		o.Requests = append(o.Requests, r)
		return nil
	}
	return c.eachRequest(ctx, search, add)
}

// eachRequest walks all pages of cancellations and returns.
func (c *Connector) eachRequest(ctx context.Context, search api.AfterSaleSearch, add func(api.ID, commerce.Request, []api.AfterSaleLine) error) error {
	for token, more := "", true; more; more = token != "" {
		list, next, err := c.api.SearchCancellations(ctx, search, token)
		if err != nil {
			return fmt.Errorf("search cancellations: %w", err)
		}
		for _, n := range list {
			if err := add(n.Order, mapCancellation(n), n.Lines); err != nil {
				return err
			}
		}
		token = next
	}
	for token, more := "", true; more; more = token != "" {
		list, next, err := c.api.SearchReturns(ctx, search, token)
		if err != nil {
			return fmt.Errorf("search returns: %w", err)
		}
		for _, n := range list {
			if err := add(n.Order, mapReturn(n), n.Lines); err != nil {
				return err
			}
		}
		token = next
	}
	return nil
}

// addReasons reads TikTok's list of reasons for a rejection. It depends on the
// kind and the step of a request; it is kept by these.
func (c *Connector) addReasons(ctx context.Context, r *commerce.Request) error {
	if !slices.Contains(r.Answers, commerce.VerdictReject) {
		return nil
	}
	list, err := c.reasons.of(string(r.Kind)+" "+r.RawState, func() ([]api.RejectReason, error) { return c.api.ListRejectReasons(ctx, string(r.Remote)) })
	for _, one := range list {
		r.Reasons = append(r.Reasons, commerce.Reason{Code: one.Name, Text: cmp.Or(one.Text, words(one.Name))})
	}
	return err
}

func mapCancellation(n api.Cancellation) commerce.Request {
	r := mapAfterSale(n.AfterSale, n.Status)
	r.Remote, r.Kind, r.Reason = commerce.RemoteID(n.ID), commerce.RequestCancel, cmp.Or(n.Text, words(n.Reason))
	if r.State == commerce.RequestOpen {
		r.Answers = []commerce.Verdict{commerce.VerdictApprove, commerce.VerdictReject}
	}
	return r
}

func mapReturn(n api.Return) commerce.Request {
	r := mapAfterSale(n.AfterSale, n.Status)
	r.Remote, r.Reason, r.Tracking = commerce.RemoteID(n.ID), cmp.Or(n.Text, words(n.Reason)), n.Tracking
	switch n.Type {
	case "REFUND":
		r.Kind = commerce.RequestRefund
	case "REPLACEMENT":
		r.Kind = commerce.RequestReplace
	default:
		r.Kind = commerce.RequestReturn
	}
	if r.State != commerce.RequestOpen {
		return r
	}
	r.Answers = []commerce.Verdict{commerce.VerdictApprove, commerce.VerdictReject}
	switch {
	case n.Status == itemShipped:
	case r.Kind == commerce.RequestReplace:
		r.Answers = append(r.Answers, commerce.VerdictRefund)
	case r.Kind == commerce.RequestReturn && n.CanKeep:
		r.Answers = append(r.Answers, commerce.VerdictKeep, commerce.VerdictOffer)
	default:
		r.Answers = append(r.Answers, commerce.VerdictOffer)
	}
	return r
}

func mapAfterSale(n api.AfterSale, status string) commerce.Request {
	r := commerce.Request{
		By: commerce.BySystem, State: requestState(status), RawState: status, Amount: moneyOf(n.Refund.Total, n.Refund.Currency),
		AskedAt: at(n.Created), UpdatedAt: at(n.Updated),
	}
	switch n.Role {
	case "BUYER":
		r.By = commerce.ByBuyer
	case "SELLER":
		r.By = commerce.BySeller
	}
	if len(n.Actions) == 0 {
		return r
	}
	r.AnswerBy = at(n.Actions[0].Deadline)
	if r.State == commerce.RequestWaiting && status == itemShipped {
		r.State = commerce.RequestOpen // the parcel is back: the seller says whether it is right
	}
	return r
}

// requestState knows the states of both lists, and both spellings of cancelled
// (the pages disagree, 2025-12). A cancellation that ended as cancelled was
// rejected or taken back: TikTok has one word for both.
func requestState(status string) commerce.RequestState {
	switch strings.ReplaceAll(status, "__", "_") {
	case cancelPending, returnPending, replacePending:
		return commerce.RequestOpen
	case "AWAITING_BUYER_SHIP", itemShipped, "AWAITING_BUYER_RESPONSE":
		return commerce.RequestWaiting
	case "CANCELLATION_REQUEST_SUCCESS", "RETURN_OR_REFUND_REQUEST_SUCCESS", "REPLACEMENT_REQUEST_REFUND_SUCCESS":
		return commerce.RequestApproved
	case "REFUND_OR_RETURN_REQUEST_REJECT", "REJECT_RECEIVE_PACKAGE", "REPLACEMENT_REQUEST_REJECT":
		return commerce.RequestRejected
	case "RETURN_OR_REFUND_REQUEST_CANCEL", "RETURN_OR_REFUND_REQUEST_CANCELLED", "REPLACEMENT_REQUEST_CANCEL":
		return commerce.RequestWithdrawn
	case "CANCELLATION_REQUEST_CANCEL", "CANCELLATION_REQUEST_CANCELLED":
		return commerce.RequestClosed
	case "CANCELLATION_REQUEST_COMPLETE", "RETURN_OR_REFUND_REQUEST_COMPLETE", "REPLACEMENT_REQUEST_COMPLETE":
		return commerce.RequestDone
	}
	return commerce.RequestOther
}

// requestLines are the lines of ours that units lie in.
func requestLines(o commerce.Order, units []api.AfterSaleLine) []commerce.RequestLine {
	var lines []commerce.RequestLine
	for _, l := range o.Lines {
		n := int64(0)
		for _, u := range l.Units {
			if slices.ContainsFunc(units, func(one api.AfterSaleLine) bool { return commerce.RemoteID(one.Line) == u.Remote }) {
				n++
			}
		}
		if n > 0 {
			lines = append(lines, commerce.RequestLine{Line: l.ID, Quantity: n})
		}
	}
	return lines
}

// words makes a name of TikTok's readable: what stands behind "reason_".
func words(name string) string {
	if _, after, ok := strings.Cut(name, "_reason_"); ok {
		name = after
	}
	return strings.ReplaceAll(strings.TrimPrefix(name, "seller_reject_apply_"), "_", " ")
}
