package tiktoksim

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// How many days a seller has to answer. The platform decides for the buyer
// then; the real spans differ by market and are given with each request.
const (
	cancelDays = 2
	returnDays = 4
	shipDays   = 7
)

// asked is the answer that a request's seller gives.
type asked struct {
	Decision string `json:"decision"`
	Reason   string `json:"reject_reason"`
	Keep     bool   `json:"buyer_keep_item"`
	Partial  *struct {
		Currency string `json:"currency"`
		Amount   string `json:"amount"`
	} `json:"partial_refund"`
}

func approveCancellation(c *call) (any, error) {
	n, err := c.pendingCancel(cancelSuccess)
	if err != nil || n == nil {
		return object{}, err
	}
	return object{}, c.sim.grantCancel(c.tx, *n)
}

func (s *Sim) grantCancel(tx *simkit.Tx, n cancellation) error {
	o, err := loadOrder(tx, n.Order)
	if err != nil {
		return err
	}
	n.Status, n.Updated = cancelSuccess, s.now().Unix()
	if err := s.putCancel(tx, n); err != nil {
		return err
	}
	return s.applyCancel(tx, o, n)
}

func rejectCancellation(c *call) (any, error) {
	in, err := decode[asked](c)
	if err != nil {
		return nil, err
	}
	if err := in.checkReason(cancelReasons()); err != nil {
		return nil, err
	}
	n, err := c.pendingCancel(cancelRejected)
	if err != nil || n == nil {
		return object{}, err
	}
	return object{}, c.sim.closeCancel(c.tx, *n)
}

// closeCancel ends a request without a cancellation: rejected, or taken back.
func (s *Sim) closeCancel(tx *simkit.Tx, n cancellation) error {
	o, err := loadOrder(tx, n.Order)
	if err != nil {
		return err
	}
	n.Status, n.Updated = cancelRejected, s.now().Unix()
	if err := s.putCancel(tx, n); err != nil {
		return err
	}
	o.Request, o.Updated = false, s.now().Unix()
	return s.putOrder(tx, o, false)
}

// pendingCancel loads the request of the path. The repetition of a verdict
// under its idempotency_key gives nil without an error.
func (c *call) pendingCancel(verdict string) (*cancellation, error) {
	id := c.req.PathValue("cancel_id")
	if again, err := c.repeated(id + verdict); err != nil || again {
		return nil, err
	}
	var n cancellation
	if known, err := c.tx.Find("cancel", id, &n); err != nil || !known {
		return nil, orRefusal(err, reject(25007006, "The cancellation does not exist."))
	}
	if n.Status == cancelSuccess && verdict == cancelRejected {
		return nil, reject(25020010, "The request has been approved and cannot be rejected.")
	}
	if n.Status != cancelPending {
		return nil, reject(25020003, "The decision does not match the status %s.", n.Status)
	}
	return &n, nil
}

// repeated says whether a verdict comes again under its idempotency_key, and
// remembers it. What is refused is forgotten with the call.
func (c *call) repeated(verdict string) (bool, error) {
	key := c.query.Get("idempotency_key")
	if len(key) > 255 {
		return false, invalid("param query.idempotency_key is invalid: at most 255 characters are accepted")
	}
	if key == "" {
		return false, nil
	}
	var done string
	if known, err := c.tx.Find("verdict", key, &done); err != nil || known && done == verdict {
		return known, err
	}
	return false, c.tx.Put("verdict", key, verdict)
}

// reason is one of the platform's reasons for a rejection.
type reason struct{ name, text string }

// The reasons by kind of request, a few of each: the whole lists depend on
// market and step and are read by the call for them.
func cancelReasons() []reason {
	return []reason{
		{"seller_reject_apply_product_has_been_packed", "Product has been packed"},
		{"seller_reject_apply_you_have_reached_an_agreement_with_the_buyer", "You have reached an agreement with the buyer"},
	}
}

func returnReasons(status string) []reason {
	if status == itemShipped {
		return []reason{
			{"seller_reject_apply_the_product_received_is_damaged", "The product received is damaged"},
			{"seller_reject_apply_package_has_not_exceeded_estimated_delivery_time", "Package has not exceeded the estimated delivery time"},
		}
	}
	return []reason{
		{"seller_reject_apply_the_product_is_as_described", "The product is as described"},
		{"seller_reject_apply_you_have_reached_an_agreement_with_the_buyer", "You have reached an agreement with the buyer"},
	}
}

func (in asked) checkReason(allowed []reason) error {
	switch {
	case in.Reason == "":
		return invalid("param body.reject_reason is missing")
	case !reasonForm.MatchString(in.Reason) || !strings.HasPrefix(in.Reason, "seller_reject_apply_"):
		return reject(25001014, "The reason is unknown.")
	case !slices.ContainsFunc(allowed, func(r reason) bool { return r.name == in.Reason }):
		return reject(25001057, "The reason does not match the type of the request.")
	}
	return nil
}

func rejectReasons(c *call) (any, error) {
	id := c.query.Get("return_or_cancel_id")
	if id == "" {
		return nil, invalid("param query.return_or_cancel_id is missing")
	}
	list := cancelReasons()
	var n cancellation
	known, err := c.tx.Find("cancel", id, &n)
	if err == nil && !known {
		var r sentBack
		known, err = c.tx.Find("return", id, &r)
		list = returnReasons(r.Status)
	}
	if err != nil || !known {
		return nil, orRefusal(err, reject(25007006, "The request does not exist."))
	}
	out := []object{}
	for _, r := range list {
		out = append(out, object{"name": r.name, "text": r.text})
	}
	return object{"reasons": out}, nil
}
