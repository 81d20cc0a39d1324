package tiktoksim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

type cancelFilter struct {
	IDs       []string `json:"cancel_ids"`
	Orders    []string `json:"order_ids"`
	Statuses  []string `json:"cancel_status"`
	CreatedGE int64    `json:"create_time_ge"`
	CreatedLT int64    `json:"create_time_lt"`
	UpdatedGE int64    `json:"update_time_ge"`
	UpdatedLT int64    `json:"update_time_lt"`
}

func (f cancelFilter) match(id, order, status string, created, updated int64) bool {
	return (f.IDs == nil || slices.Contains(f.IDs, id)) && (f.Orders == nil || slices.Contains(f.Orders, order)) &&
		(f.Statuses == nil || slices.Contains(f.Statuses, status)) &&
		within(created, f.CreatedGE, f.CreatedLT) && within(updated, f.UpdatedGE, f.UpdatedLT)
}

func searchCancellations(c *call) (any, error) {
	size, err := pageSize(c, 1, 50, 10)
	if err != nil {
		return nil, err
	}
	field, down, err := sorting(c, false, "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	in, err := decode[cancelFilter](c)
	if err != nil {
		return nil, err
	}
	found := []cancellation{}
	err = simkit.Each(c.tx, "cancel", "", func(_ string, n cancellation) bool {
		if in.match(n.ID, n.Order, n.Status, n.Created, n.Updated) {
			found = append(found, n)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, found, size, down, func(n cancellation) string {
		if field == "update_time" {
			return timeKey(n.Updated, n.ID)
		}
		return timeKey(n.Created, n.ID)
	})
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, n := range rows {
		view, err := c.cancelView(n)
		if err != nil {
			return nil, err
		}
		list = append(list, view)
	}
	return object{"cancellations": list, "total_count": len(found), "next_page_token": next}, nil
}

func (c *call) cancelView(n cancellation) (object, error) {
	o, err := loadOrder(c.tx, n.Order)
	if err != nil {
		return nil, err
	}
	lines, total := []object{}, int64(0)
	for _, l := range o.Lines {
		if !slices.Contains(n.Lines, l.ID) {
			continue
		}
		total += l.Cents
		lines = append(lines, object{
			"cancel_line_item_id": l.ID, "order_line_item_id": l.ID, "sku_id": l.SKU, "sku_name": l.Variant, "product_name": l.Title,
			"seller_sku": l.SellerSKU, "refund_amount": refund(l.Cents),
		})
	}
	kind := "CANCEL"
	actions := []object{}
	if n.Role == "BUYER" {
		kind = "BUYER_CANCEL"
	}
	if n.Status == cancelPending {
		actions = append(actions, object{"action": "SELLER_RESPOND_CANCEL", "deadline": n.Created + 2*86400})
	}
	return object{
		"cancel_id": n.ID, "order_id": n.Order, "cancel_type": kind, "cancel_status": n.Status, "role": n.Role, "cancel_reason": n.Reason,
		"cancel_reason_text": strings.ReplaceAll(n.Reason, "_", " "), "create_time": n.Created, "update_time": n.Updated,
		"seller_next_action_response": actions, "refund_amount": refund(total), "cancel_line_items": lines,
	}, nil
}

func refund(total int64) object {
	sum := printCents(total)
	return object{"currency": "USD", "refund_total": sum, "refund_subtotal": sum, "refund_shipping_fee": "0.00", "refund_tax": "0.00"}
}

func approveCancellation(c *call) (any, error) {
	n, o, err := c.pendingCancel(cancelSuccess)
	if err != nil || n == nil {
		return object{}, err
	}
	n.Status, n.Updated = cancelSuccess, c.unix()
	if err := c.sim.putCancel(c.tx, *n); err != nil {
		return nil, err
	}
	return object{}, c.sim.applyCancel(c.tx, o, *n)
}

func rejectCancellation(c *call) (any, error) {
	in, err := decode[struct {
		Reason string `json:"reject_reason"`
	}](c)
	if err != nil {
		return nil, err
	}
	if in.Reason == "" {
		return nil, invalid("param body.reject_reason is missing")
	}
	if !reasonForm.MatchString(in.Reason) || !strings.HasPrefix(in.Reason, "seller_reject_apply_") {
		return nil, reject(25001014, "The reason is unknown.")
	}
	n, o, err := c.pendingCancel(cancelRejected)
	if err != nil || n == nil {
		return object{}, err
	}
	n.Status, n.Updated = cancelRejected, c.unix()
	if err := c.sim.putCancel(c.tx, *n); err != nil {
		return nil, err
	}
	o.Request, o.Updated = false, c.unix()
	return object{}, c.sim.putOrder(c.tx, o, false)
}

// pendingCancel loads the request of the path. The repetition of a verdict
// under its idempotency_key gives nil without an error.
func (c *call) pendingCancel(verdict string) (*cancellation, *order, error) {
	key := c.query.Get("idempotency_key")
	if len(key) > 255 {
		return nil, nil, invalid("param query.idempotency_key is invalid: at most 255 characters are accepted")
	}
	id := c.req.PathValue("cancel_id")
	var done string
	if known, err := c.tx.Find("verdict", key, &done); err != nil || known && done == id+verdict {
		return nil, nil, err
	}
	var n cancellation
	if known, err := c.tx.Find("cancel", id, &n); err != nil || !known {
		return nil, nil, orRefusal(err, reject(25007006, "The cancellation does not exist."))
	}
	if n.Status != cancelPending {
		return nil, nil, reject(25020003, "The decision does not match the status %s.", n.Status)
	}
	if key != "" {
		if err := c.tx.Put("verdict", key, id+verdict); err != nil {
			return nil, nil, err
		}
	}
	o, err := loadOrder(c.tx, n.Order)
	return &n, o, err
}

type sentBack struct {
	ID      string `json:"id"`
	Order   string `json:"order"`
	Line    line   `json:"line"`
	Created int64  `json:"created"`
}

// RequestReturn is the buyer asking to send one delivered line back; it
// returns the id of the return.
func (s *Sim) RequestReturn(_ context.Context, orderID, lineID string) (string, error) {
	var id string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		o, err := loadOrder(tx, orderID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(o.Lines, func(l line) bool { return l.ID == lineID && (l.Status == delivered || l.Status == completed) })
		if i < 0 {
			return fmt.Errorf("line %s is not delivered", lineID)
		}
		if id, err = s.newID(tx, "return"); err != nil {
			return err
		}
		now := s.now().Unix()
		if err := tx.Put("return", id, sentBack{ID: id, Order: o.ID, Line: o.Lines[i], Created: now}); err != nil {
			return err
		}
		return s.emit(tx, "RETURN_STATUS_CHANGE", object{
			"order_id": o.ID, "return_id": id, "return_role": "BUYER", "return_type": "RETURN_AND_REFUND",
			"return_status": returnPending, "create_time": now, "update_time": now,
		})
	})
	if err != nil {
		return "", fmt.Errorf("return of order %s: %w", orderID, err)
	}
	return id, nil
}

const returnPending = "RETURN_OR_REFUND_REQUEST_PENDING"

func searchReturns(c *call) (any, error) {
	size, err := pageSize(c, 10, 50, 10)
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
		cancelFilter
		IDs      []string `json:"return_ids"`
		Statuses []string `json:"return_status"`
	}](c)
	if err != nil {
		return nil, err
	}
	filter := in.cancelFilter
	filter.IDs, filter.Statuses = in.IDs, in.Statuses
	found := []sentBack{}
	err = simkit.Each(c.tx, "return", "", func(_ string, r sentBack) bool {
		if filter.match(r.ID, r.Order, returnPending, r.Created, r.Created) {
			found = append(found, r)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	_, down, err := sorting(c, false, "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, found, size, down, func(r sentBack) string { return timeKey(r.Created, r.ID) })
	list := []object{}
	for _, r := range rows {
		list = append(list, r.view())
	}
	return object{"return_orders": list, "total_count": len(found), "next_page_token": next}, err
}

func (r sentBack) view() object {
	return object{
		"order_id": r.Order, "return_id": r.ID, "return_type": "RETURN_AND_REFUND", "return_status": returnPending, "role": "BUYER",
		"return_reason": "ecom_order_delivered_refund_and_return_reason_no_longer_needed", "create_time": r.Created, "update_time": r.Created,
		"seller_next_action_response": []object{{"action": "SELLER_RESPOND_RETURN", "deadline": r.Created + 4*86400}},
		"refund_amount":               refund(r.Line.Cents),
		"return_line_items": []object{{
			"return_line_item_id": r.Line.ID, "order_line_item_id": r.Line.ID, "sku_id": r.Line.SKU, "sku_name": r.Line.Variant,
			"product_name": r.Line.Title, "seller_sku": r.Line.SellerSKU, "refund_amount": refund(r.Line.Cents),
		}},
	}
}
