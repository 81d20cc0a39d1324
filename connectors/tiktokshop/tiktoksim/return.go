package tiktoksim

import (
	"slices"

	"github.com/manystall/manystall/connectors/simkit"
)

// The states of a return.
const (
	returnPending   = "RETURN_OR_REFUND_REQUEST_PENDING"
	returnRejected  = "REFUND_OR_RETURN_REQUEST_REJECT"
	awaitingShip    = "AWAITING_BUYER_SHIP"
	itemShipped     = "BUYER_SHIPPED_ITEM"
	packageRejected = "REJECT_RECEIVE_PACKAGE"
	returnSuccess   = "RETURN_OR_REFUND_REQUEST_SUCCESS"
	returnWithdrawn = "RETURN_OR_REFUND_REQUEST_CANCEL"
	returnComplete  = "RETURN_OR_REFUND_REQUEST_COMPLETE"
	awaitingBuyer   = "AWAITING_BUYER_RESPONSE"
	replacePending  = "REPLACEMENT_REQUEST_PENDING"
	replaceRejected = "REPLACEMENT_REQUEST_REJECT"
	replaceRefunded = "REPLACEMENT_REQUEST_REFUND_SUCCESS"
	replaceGone     = "REPLACEMENT_REQUEST_CANCEL"
	replaceDone     = "REPLACEMENT_REQUEST_COMPLETE"
)

// The types of returns.
const (
	typeRefund  = "REFUND"
	typeReturn  = "RETURN_AND_REFUND"
	typeReplace = "REPLACEMENT"
)

// sentBack is a request for a refund, a return or a replacement.
type sentBack struct {
	ID       string   `json:"id"`
	Order    string   `json:"order"`
	Type     string   `json:"type"`
	Status   string   `json:"status"`
	Lines    []string `json:"lines"`
	Partial  string   `json:"partial"` // offered
	Tracking string   `json:"tracking"`
	Created  int64    `json:"created"`
	Updated  int64    `json:"updated"`
}

// action is what the seller has to do, and until when.
func (r sentBack) action() (string, int64) {
	switch {
	case r.Status == itemShipped:
		return "SELLER_RESPOND_RECEIVE_PACKAGE", r.Updated + returnDays*86400
	case r.Status == replacePending:
		return "SELLER_RESPOND_REPLACEMENT", r.Created + returnDays*86400
	case r.Status == returnPending && r.Type == typeRefund:
		return "SELLER_RESPOND_REFUND", r.Created + returnDays*86400
	case r.Status == returnPending:
		return "SELLER_RESPOND_RETURN", r.Created + returnDays*86400
	}
	return "", 0
}

func (s *Sim) putReturn(tx *simkit.Tx, r sentBack, status string) error {
	r.Status, r.Updated = status, s.now().Unix()
	if err := tx.Put("return", r.ID, r); err != nil {
		return err
	}
	if err := s.awaitVerdict(tx, r.ID, r.Status); err != nil {
		return err
	}
	return s.emit(tx, "RETURN_STATUS_CHANGE", object{
		"order_id": r.Order, "return_id": r.ID, "return_role": "BUYER", "return_type": r.Type, "return_status": r.Status,
		"create_time": r.Created, "update_time": r.Updated,
	})
}

type returnFilter struct {
	cancelFilter
	IDs      []string `json:"return_ids"`
	Types    []string `json:"return_types"`
	Statuses []string `json:"return_status"`
}

func (f returnFilter) match(r sentBack) bool {
	filter := f.cancelFilter
	filter.IDs, filter.Statuses = f.IDs, f.Statuses
	return filter.match(r.ID, r.Order, r.Status, r.Created, r.Updated) && (f.Types == nil || slices.Contains(f.Types, r.Type))
}

func searchReturns(c *call) (any, error) {
	size, err := pageSize(c, 10, 50, 10)
	if err != nil {
		return nil, err
	}
	field, down, err := sorting(c, false, "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	in, err := decode[returnFilter](c)
	if err != nil {
		return nil, err
	}
	found := []sentBack{}
	err = simkit.Each(c.tx, "return", "", func(_ string, r sentBack) bool {
		if in.match(r) {
			found = append(found, r)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, found, size, down, func(r sentBack) string {
		if field == "update_time" {
			return timeKey(r.Updated, r.ID)
		}
		return timeKey(r.Created, r.ID)
	})
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, r := range rows {
		view, err := c.returnView(r)
		if err != nil {
			return nil, err
		}
		list = append(list, view)
	}
	return object{"return_orders": list, "total_count": len(found), "next_page_token": next}, nil
}

func (c *call) returnView(r sentBack) (object, error) {
	o, err := loadOrder(c.tx, r.Order)
	if err != nil {
		return nil, err
	}
	lines, total := []object{}, int64(0)
	for _, l := range o.Lines {
		if !slices.Contains(r.Lines, l.ID) {
			continue
		}
		total += l.Cents
		lines = append(lines, object{
			"return_line_item_id": l.ID, "order_line_item_id": l.ID, "sku_id": l.SKU, "sku_name": l.Variant,
			"product_name": l.Title, "seller_sku": l.SellerSKU, "refund_amount": refund(l.Cents),
		})
	}
	actions := []object{}
	if name, deadline := r.action(); name != "" {
		actions = append(actions, object{"action": name, "deadline": deadline})
	}
	view := object{
		"order_id": r.Order, "return_id": r.ID, "return_type": r.Type, "return_status": r.Status, "role": "BUYER",
		"return_reason": "ecom_order_delivered_refund_and_return_reason_no_longer_needed", "return_reason_text": "No longer needed",
		"create_time": r.Created, "update_time": r.Updated, "can_buyer_keep_item": r.Type == typeReturn,
		"seller_next_action_response": actions, "refund_amount": refund(total), "return_line_items": lines,
	}
	if r.Tracking != "" {
		view["return_tracking_number"], view["return_provider_name"] = r.Tracking, "USPS"
	}
	if r.Partial != "" {
		view["seller_proposed_return_type"], view["partial_refund"] = "PARTIAL_REFUND", object{"currency": "USD", "amount": r.Partial}
	}
	return view, nil
}

// step is what a decision makes of a return of a type in a state.
type step struct{ decision, kind, from, to string }

func steps() []step {
	return []step{
		{"APPROVE_REFUND", typeRefund, returnPending, returnSuccess},
		{"APPROVE_RETURN", typeReturn, returnPending, awaitingShip},
		{"APPROVE_RECEIVED_PACKAGE", typeReturn, itemShipped, returnSuccess},
		{"APPROVE_REPLACEMENT", typeReplace, replacePending, replaceDone},
		{"ISSUE_REPLACEMENT_REFUND", typeReplace, replacePending, replaceRefunded},
		{"OFFER_PARTIAL_REFUND", typeRefund, returnPending, awaitingBuyer},
		{"OFFER_PARTIAL_REFUND", typeReturn, returnPending, awaitingBuyer},
		{"REJECT_REFUND", typeRefund, returnPending, returnRejected},
		{"REJECT_RETURN", typeReturn, returnPending, returnRejected},
		{"REJECT_RECEIVED_PACKAGE", typeReturn, itemShipped, packageRejected},
		{"REJECT_REPLACEMENT", typeReplace, replacePending, replaceRejected},
	}
}

func approveReturn(c *call) (any, error) { return c.decideReturn("approve") }

func rejectReturn(c *call) (any, error) { return c.decideReturn("reject") }

func (c *call) decideReturn(way string) (any, error) {
	in, err := decode[asked](c)
	switch {
	case err != nil:
		return nil, err
	case in.Decision == "":
		return nil, invalid("param body.decision is missing")
	case in.rejects() != (way == "reject"):
		return nil, reject(25001001, "The decision %s is not valid here.", in.Decision)
	}
	id := c.req.PathValue("return_id")
	if again, err := c.repeated(id + in.Decision); err != nil || again {
		return object{}, err
	}
	var r sentBack
	if known, err := c.tx.Find("return", id, &r); err != nil || !known {
		return nil, orRefusal(err, reject(25007006, "The return does not exist."))
	}
	to, err := in.leads(r)
	if err != nil {
		return nil, err
	}
	if in.rejects() {
		if err := in.checkReason(returnReasons(r.Status)); err != nil {
			return nil, err
		}
	} else if err := c.checkApproval(in, &r); err != nil {
		return nil, err
	}
	if in.Keep {
		to = returnSuccess
	}
	return object{}, c.sim.putReturn(c.tx, r, to)
}

func (in asked) rejects() bool {
	return slices.Contains([]string{"REJECT_REFUND", "REJECT_RETURN", "REJECT_RECEIVED_PACKAGE", "REJECT_REPLACEMENT"}, in.Decision)
}

// leads is the state a decision leads to, or why it does not.
func (in asked) leads(r sentBack) (string, error) {
	known, fits := false, false
	for _, s := range steps() {
		known = known || s.decision == in.Decision
		if s.decision != in.Decision || s.kind != r.Type {
			continue
		}
		fits = true
		if s.from == r.Status {
			return s.to, nil
		}
	}
	switch {
	case !known:
		return "", reject(25001001, "The decision %s is unknown.", in.Decision)
	case !fits:
		return "", reject(25020004, "The decision does not match the type %s.", r.Type)
	case r.Status == returnWithdrawn || r.Status == replaceGone:
		return "", reject(25020009, "The request has been taken back.")
	case in.rejects():
		return "", reject(25020010, "The request cannot be rejected in the status %s.", r.Status)
	}
	return "", reject(25011012, "The request cannot be approved in the status %s.", r.Status)
}

func (c *call) checkApproval(in asked, r *sentBack) error {
	if in.Keep && in.Decision != "APPROVE_RETURN" {
		return reject(25001001, "buyer_keep_item goes with APPROVE_RETURN.")
	}
	if in.Decision != "OFFER_PARTIAL_REFUND" {
		return nil
	}
	if in.Partial == nil || in.Partial.Currency != "USD" {
		return reject(25001001, "partial_refund needs an amount in the order's currency.")
	}
	amount, ok := cents(in.Partial.Amount)
	o, err := loadOrder(c.tx, r.Order)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, l := range o.Lines {
		if slices.Contains(r.Lines, l.ID) {
			total += l.Cents
		}
	}
	if !ok || amount <= 0 || amount >= total {
		return reject(25005005, "The amount is larger than what can be refunded.")
	}
	r.Partial = in.Partial.Amount
	return nil
}
