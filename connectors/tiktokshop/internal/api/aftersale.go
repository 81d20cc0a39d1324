package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/manystall/manystall/shared/port"
)

// afterSalePage is how many cancellations or returns a page holds (2025-12).
const afterSalePage = 50

// Cancel is the seller's cancellation; no lines mean the whole order.
type Cancel struct {
	Order  string   `json:"order_id"`
	Reason string   `json:"cancel_reason"`
	Lines  []string `json:"order_line_item_ids,omitempty"`
}

// AfterSale is what cancellations and returns have in common: a request, what
// became of it, and what the seller has to do about it until when.
type AfterSale struct {
	Order   ID     `json:"order_id"`
	Role    string `json:"role"` // BUYER, SELLER, OPERATOR, SYSTEM
	Created Int    `json:"create_time"`
	Updated Int    `json:"update_time"`
	Actions []struct {
		Action   string `json:"action"`
		Deadline Int    `json:"deadline"`
	} `json:"seller_next_action_response"`
	Refund struct {
		Currency string `json:"currency"`
		Total    string `json:"refund_total"`
	} `json:"refund_amount"`
}

// AfterSaleLine is one unit of an order that is meant.
type AfterSaleLine struct {
	Line ID `json:"order_line_item_id"`
}

// Cancellation is a request to cancel and what became of it.
type Cancellation struct {
	AfterSale
	ID     ID              `json:"cancel_id"`
	Status string          `json:"cancel_status"`
	Reason string          `json:"cancel_reason"`
	Text   string          `json:"cancel_reason_text"`
	Lines  []AfterSaleLine `json:"cancel_line_items"`
}

// Return is a request for a refund, a return or a replacement.
type Return struct {
	AfterSale
	ID       ID              `json:"return_id"`
	Type     string          `json:"return_type"` // REFUND, RETURN_AND_REFUND, REPLACEMENT
	Status   string          `json:"return_status"`
	Reason   string          `json:"return_reason"`
	Text     string          `json:"return_reason_text"`
	Tracking string          `json:"return_tracking_number"`
	CanKeep  bool            `json:"can_buyer_keep_item"`
	Lines    []AfterSaleLine `json:"return_line_items"`
}

// AfterSaleSearch is the filter of cancellations and returns; times are Unix
// seconds.
type AfterSaleSearch struct {
	Orders    []string `json:"order_ids,omitempty"`
	UpdatedGE int64    `json:"update_time_ge,omitempty"`
	UpdatedLT int64    `json:"update_time_lt,omitempty"`
}

// Rejection says no. Decision is of returns only.
type Rejection struct {
	Decision string `json:"decision,omitempty"`
	Reason   string `json:"reject_reason"`
	Comment  string `json:"comment,omitempty"`
}

// Approval says yes to a return.
type Approval struct {
	Decision string  `json:"decision"`
	Keep     bool    `json:"buyer_keep_item,omitempty"`
	Partial  *Amount `json:"partial_refund,omitempty"`
}

// Amount is money as after-sale calls take it.
type Amount struct {
	Currency string `json:"currency"`
	Amount   string `json:"amount"`
}

// RejectReason is one reason TikTok takes for a rejection.
type RejectReason struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Cancel cancels for the seller.
func (c *Client) Cancel(ctx context.Context, body Cancel) (id string, err error) {
	r, err := post("CancelOrder", "/return_refund/202309/cancellations", port.LaneShipment, body)
	if err != nil {
		return "", err
	}
	r.guarded = true
	var data struct {
		ID ID `json:"cancel_id"`
	}
	err = c.do(ctx, r, &data)
	return string(data.ID), err
}

// SearchCancellations reads a page of cancellations by update time, oldest
// first. The next token is empty after the last page.
func (c *Client) SearchCancellations(ctx context.Context, s AfterSaleSearch, token string) (list []Cancellation, next string, err error) {
	var data struct {
		List []Cancellation `json:"cancellations"`
		Next string         `json:"next_page_token"`
	}
	err = c.searchAfterSale(ctx, "SearchCancellations", "/return_refund/202309/cancellations/search", s, token, &data)
	return data.List, data.Next, err
}

// SearchReturns reads a page of returns like SearchCancellations.
func (c *Client) SearchReturns(ctx context.Context, s AfterSaleSearch, token string) (list []Return, next string, err error) {
	var data struct {
		List []Return `json:"return_orders"`
		Next string   `json:"next_page_token"`
	}
	err = c.searchAfterSale(ctx, "SearchReturns", "/return_refund/202309/returns/search", s, token, &data)
	return data.List, data.Next, err
}

func (c *Client) searchAfterSale(ctx context.Context, op, path string, s AfterSaleSearch, token string, into any) error {
	r, err := post(op, path, port.LaneOrders, s)
	if err != nil {
		return err
	}
	r.safe = true
	r.query = url.Values{"page_size": {strconv.Itoa(afterSalePage)}, "sort_field": {"update_time"}, "sort_order": {"ASC"}}
	if token != "" {
		r.query.Set("page_token", token)
	}
	return c.do(ctx, r, into)
}

// ListRejectReasons reads what a rejection of a request may say.
func (c *Client) ListRejectReasons(ctx context.Context, request string) ([]RejectReason, error) {
	var data struct {
		Reasons []RejectReason `json:"reasons"`
	}
	err := c.do(ctx, get("GetRejectReasons", "/return_refund/202309/reject_reasons", port.LaneOrders, url.Values{"return_or_cancel_id": {request}}), &data)
	return data.Reasons, err
}

// ApproveCancellation grants what the buyer asked for. The key (at most 255
// characters) makes it, and the other verdicts, repeatable.
func (c *Client) ApproveCancellation(ctx context.Context, id, key string) error {
	return c.decide(ctx, verdict{"ApproveCancellation", "cancellations", id, "approve", key}, nil)
}

// RejectCancellation refuses it.
func (c *Client) RejectCancellation(ctx context.Context, id, key string, body Rejection) error {
	return c.decide(ctx, verdict{"RejectCancellation", "cancellations", id, "reject", key}, body)
}

// ApproveReturn takes the next step of a return.
func (c *Client) ApproveReturn(ctx context.Context, id, key string, body Approval) error {
	return c.decide(ctx, verdict{"ApproveReturn", "returns", id, "approve", key}, body)
}

// RejectReturn refuses it.
func (c *Client) RejectReturn(ctx context.Context, id, key string, body Rejection) error {
	return c.decide(ctx, verdict{"RejectReturn", "returns", id, "reject", key}, body)
}

type verdict struct{ op, of, id, verb, key string }

func (c *Client) decide(ctx context.Context, v verdict, body any) error {
	id, err := segment(v.id)
	if err != nil {
		return err
	}
	path := "/return_refund/202309/" + v.of + "/" + id + "/" + v.verb
	r := request{op: v.op, method: http.MethodPost, path: path, lane: port.LaneShipment}
	if body != nil {
		if r, err = post(v.op, path, port.LaneShipment, body); err != nil {
			return err
		}
	}
	r.query, r.safe = url.Values{"idempotency_key": {v.key}}, true
	return c.do(ctx, r, nil)
}
