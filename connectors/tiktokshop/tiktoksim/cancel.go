package tiktoksim

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// The states of a cancellation.
const (
	cancelPending  = "CANCELLATION_REQUEST_PENDING"
	cancelSuccess  = "CANCELLATION_REQUEST_SUCCESS"
	cancelRejected = "CANCELLATION_REQUEST_CANCEL"
	cancelComplete = "CANCELLATION_REQUEST_COMPLETE"
)

type cancellation struct {
	ID      string   `json:"id"`
	Order   string   `json:"order"`
	Lines   []string `json:"lines"`
	Role    string   `json:"role"`
	Status  string   `json:"status"`
	Reason  string   `json:"reason"`
	Created int64    `json:"created"`
	Updated int64    `json:"updated"`
}

type cancelBody struct {
	Order  string   `json:"order_id"`
	Reason string   `json:"cancel_reason"`
	Lines  []string `json:"order_line_item_ids"`
	SKUs   []struct {
		ID       string `json:"sku_id"`
		Quantity int    `json:"quantity"`
	} `json:"skus"`
}

// cancelOrder is the seller's cancellation, done at once. In the US it is
// possible until the carrier has the package.
func cancelOrder(c *call) (any, error) {
	in, err := decode[cancelBody](c)
	if err != nil {
		return nil, err
	}
	if in.Order == "" {
		return nil, invalid("param body.order_id is missing")
	}
	o, err := c.orderOfSale(in.Order)
	if err != nil {
		return nil, err
	}
	if err := o.cancellable(); err != nil {
		return nil, err
	}
	if err := checkReason(in.Reason, o.Status); err != nil {
		return nil, err
	}
	ids, err := in.lines(o)
	if err != nil {
		return nil, err
	}
	n := cancellation{Order: o.ID, Lines: ids, Role: "SELLER", Status: cancelSuccess, Reason: in.Reason}
	if err := c.sim.openCancel(c.tx, &n); err != nil {
		return nil, err
	}
	return object{"cancel_id": n.ID, "cancel_status": n.Status}, c.sim.applyCancel(c.tx, o, n)
}

func (c *call) orderOfSale(id string) (*order, error) {
	o, err := loadOrder(c.tx, id)
	var r *refusal
	if errors.As(err, &r) {
		return nil, reject(25020005, "No permission to process the order %s.", id)
	}
	return o, err
}

func (o *order) cancellable() error {
	switch o.Status {
	case unpaid, onHold, awaitingShipment, partiallyShipping, awaitingCollection:
		if o.Request {
			return reject(25001011, "A request is already in process for this order.")
		}
		return nil
	case cancelled:
		return reject(25001011, "The order has already been cancelled.")
	case completed:
		return reject(25001051, "The order is completed.")
	}
	return reject(25001045, "The order has already been shipped.")
}

var reasonForm = regexp.MustCompile(`^[a-z][a-z_]{5,150}$`)

// checkReason knows the families of reasons by their names; the full lists
// depend on market and state and are not in the reference copy.
func checkReason(reason, status string) error {
	switch {
	case reason == "":
		return invalid("param body.cancel_reason is missing")
	case !reasonForm.MatchString(reason) || !strings.HasPrefix(reason, "seller_cancel_") && !strings.HasPrefix(reason, "ecom_order_"):
		return reject(25001014, "The reason is unknown.")
	case strings.Contains(reason, "_delivered_"),
		strings.Contains(reason, "_unpaid_") && status != unpaid,
		strings.Contains(reason, "_paid_") && status == unpaid:
		return reject(25001021, "The reason does not match the order status %s.", status)
	}
	return nil
}

// lines gives the line ids to cancel: those named, as many of a SKU as named,
// or all that are left.
func (b cancelBody) lines(o *order) ([]string, error) {
	var ids []string
	open := func(l line) bool { return l.Status != cancelled }
	for _, id := range b.Lines {
		i := slices.IndexFunc(o.Lines, func(l line) bool { return l.ID == id })
		if i < 0 || !open(o.Lines[i]) || slices.Contains(ids, id) {
			return nil, reject(25005011, "The line %s cannot be cancelled.", id)
		}
		ids = append(ids, id)
	}
	if len(b.Lines) > 0 {
		return ids, nil
	}
	for _, want := range b.SKUs {
		n := want.Quantity
		for _, l := range o.Lines {
			if l.SKU == want.ID && open(l) && n > 0 && !slices.Contains(ids, l.ID) {
				ids = append(ids, l.ID)
				n--
			}
		}
		if n > 0 || want.Quantity < 1 {
			return nil, reject(25005011, "The SKU %s cannot be cancelled %d times.", want.ID, want.Quantity)
		}
	}
	if len(b.SKUs) > 0 {
		return ids, nil
	}
	for _, l := range o.Lines {
		if open(l) {
			ids = append(ids, l.ID)
		}
	}
	return ids, nil
}

func (s *Sim) openCancel(tx *simkit.Tx, n *cancellation) error {
	id, err := s.newID(tx, "cancel")
	if err != nil {
		return err
	}
	n.ID, n.Created, n.Updated = id, s.now().Unix(), s.now().Unix()
	return s.putCancel(tx, *n)
}

func (s *Sim) putCancel(tx *simkit.Tx, n cancellation) error {
	if err := tx.Put("cancel", n.ID, n); err != nil {
		return err
	}
	if err := s.awaitVerdict(tx, n.ID, n.Status); err != nil {
		return err
	}
	return s.emit(tx, "CANCELLATION_STATUS_CHANGE", object{
		"order_id": n.Order, "cancellations_role": n.Role, "cancel_status": n.Status, "cancel_id": n.ID, "create_time": n.Created,
	})
}

// applyCancel gives the units back to the stock. The order is CANCELLED only
// when every line is.
func (s *Sim) applyCancel(tx *simkit.Tx, o *order, n cancellation) error {
	for i := range o.Lines {
		l := &o.Lines[i]
		if !slices.Contains(n.Lines, l.ID) || l.Status == cancelled {
			continue
		}
		if err := restock(tx, *l, true); err != nil {
			return err
		}
		l.Status, l.Canceller, l.Reason = cancelled, n.Role, n.Reason
	}
	moved := o.settle()
	o.Request = false
	o.Updated = s.now().Unix()
	if o.Status == cancelled {
		o.stamp(o.Updated)
		o.Initiator, o.Reason = n.Role, n.Reason
		if err := s.cancelParcels(tx, o); err != nil {
			return err
		}
	}
	return s.putOrder(tx, o, moved)
}

func (s *Sim) cancelParcels(tx *simkit.Tx, o *order) error {
	for _, l := range o.Lines {
		var p parcel
		if known, err := tx.Find("package", l.Package, &p); err != nil || !known {
			if err != nil {
				return err
			}
			continue
		}
		p.Status, p.Updated = "CANCELLED", o.Updated
		if err := tx.Put("package", p.ID, p); err != nil {
			return err
		}
	}
	return nil
}

// CancelOrder is the buyer cancelling lines at once, as in the remorse window;
// no line ids means the whole order.
func (s *Sim) CancelOrder(_ context.Context, orderID string, lineIDs ...string) error {
	_, err := s.buyerCancel(orderID, lineIDs, cancelSuccess)
	return err
}

// RequestCancel is the buyer asking the seller to cancel; it returns the id of
// the request, which waits for approve or reject.
func (s *Sim) RequestCancel(_ context.Context, orderID string, lineIDs ...string) (string, error) {
	return s.buyerCancel(orderID, lineIDs, cancelPending)
}

func (s *Sim) buyerCancel(orderID string, lineIDs []string, status string) (string, error) {
	var made string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		o, err := loadOrder(tx, orderID)
		if err != nil {
			return err
		}
		if err := o.cancellable(); err != nil {
			return err
		}
		ids, err := cancelBody{Lines: lineIDs}.lines(o)
		if err != nil {
			return err
		}
		n := cancellation{Order: o.ID, Lines: ids, Role: "BUYER", Status: status, Reason: "ecom_order_to_ship_canceled_reason_created_by_mistakes"}
		if err := s.openCancel(tx, &n); err != nil {
			return err
		}
		made = n.ID
		if status == cancelSuccess {
			return s.applyCancel(tx, o, n)
		}
		o.Request, o.Updated = true, s.now().Unix()
		return s.putOrder(tx, o, false)
	})
	if err != nil {
		return "", fmt.Errorf("cancel order %s for the buyer: %w", orderID, err)
	}
	return made, nil
}
