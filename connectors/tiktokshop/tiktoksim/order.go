package tiktoksim

import (
	"github.com/manystall/manystall/connectors/simkit"
)

// The states of an order in the words of the order API. The webhook says
// CANCEL where the API says CANCELLED.
const (
	unpaid             = "UNPAID"
	onHold             = "ON_HOLD"
	awaitingShipment   = "AWAITING_SHIPMENT"
	partiallyShipping  = "PARTIALLY_SHIPPING"
	awaitingCollection = "AWAITING_COLLECTION"
	inTransit          = "IN_TRANSIT"
	delivered          = "DELIVERED"
	completed          = "COMPLETED"
	cancelled          = "CANCELLED"
)

// order is what the platform knows; the view leaves out or masks what a seller
// may not see.
type order struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Buyer     buyer  `json:"buyer"`
	Note      string `json:"note"`
	Lines     []line `json:"lines"`
	Shipping  string `json:"shipping"` // SELLER or TIKTOK
	Held      bool   `json:"held"`     // went through ON_HOLD
	Request   bool   `json:"request"`  // the buyer asks to cancel
	Warehouse string `json:"warehouse"`
	Created   int64  `json:"created"`
	Updated   int64  `json:"updated"`
	Paid      int64  `json:"paid"`
	Shipped   int64  `json:"shipped"`
	Collected int64  `json:"collected"`
	Delivered int64  `json:"delivered"`
	Completed int64  `json:"completed"`
	Cancelled int64  `json:"cancelled"`
	Initiator string `json:"initiator"`
	Reason    string `json:"reason"`
}

// line is one unit: the wire knows no quantity.
type line struct {
	ID        string `json:"id"`
	Product   string `json:"product"`
	SKU       string `json:"sku"`
	SellerSKU string `json:"seller_sku"`
	Title     string `json:"title"`
	Variant   string `json:"variant"`
	Image     string `json:"image"`
	Cents     int64  `json:"cents"`
	Warehouse string `json:"warehouse"`
	Status    string `json:"status"`
	Package   string `json:"package"`
	Tracking  string `json:"tracking"`
	Provider  string `json:"provider"`
	Shipped   int64  `json:"shipped"`
	Canceller string `json:"canceller"`
	Reason    string `json:"reason"`
}

// parcel is a package.
type parcel struct {
	ID       string   `json:"id"`
	Order    string   `json:"order"`
	Lines    []string `json:"lines"`
	Status   string   `json:"status"`
	Tracking string   `json:"tracking"`
	Provider string   `json:"provider"`
	Shipping string   `json:"shipping"`
	Handover string   `json:"handover"`
	Created  int64    `json:"created"`
	Updated  int64    `json:"updated"`
}

func loadOrder(tx *simkit.Tx, id string) (*order, error) {
	var o order
	known, err := tx.Find("order", id, &o)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, reject(21008111, "The order %s does not belong to the current seller.", id)
	}
	return &o, nil
}

// settle derives the status of an order from those of its lines, which never
// leads back, and tells whether it moved.
func (o *order) settle() bool {
	rank := map[string]int{unpaid: 0, onHold: 1, awaitingShipment: 2, awaitingCollection: 3, inTransit: 4, delivered: 5, completed: 6}
	low, high, name := 99, -1, map[int]string{}
	for _, l := range o.Lines {
		if l.Status == cancelled {
			continue
		}
		n := rank[l.Status]
		low, high, name[n] = min(low, n), max(high, n), l.Status
	}
	next := name[low]
	switch {
	case high < 0:
		next = cancelled
	case next == awaitingShipment && high > low:
		next = partiallyShipping
	}
	moved := next != o.Status
	o.Status = next
	return moved
}

// put stores an order and tells the seller about a new status.
func (s *Sim) putOrder(tx *simkit.Tx, o *order, moved bool) error {
	if moved {
		o.Updated = s.now().Unix()
	}
	if err := tx.Put("order", o.ID, o); err != nil || !moved {
		return err
	}
	status := o.Status
	if status == cancelled {
		status = "CANCEL"
	}
	return s.emit(tx, "ORDER_STATUS_CHANGE", object{
		"order_id": o.ID, "order_status": status, "is_on_hold_order": o.Held, "update_time": o.Updated,
	})
}

// restock releases the unit that a line holds of a SKU; back is whether it can
// be bought again. Only a line that is not shipped yet counts as committed.
func restock(tx *simkit.Tx, l line, back bool) error {
	p, err := loadProduct(tx, l.Product)
	if err != nil {
		return err
	}
	levels, ok := p.Stock[l.SKU]
	if !ok {
		return nil
	}
	at := levels[l.Warehouse]
	if l.Status == unpaid || l.Status == onHold || l.Status == awaitingShipment {
		at.Committed = max(0, at.Committed-1)
	}
	if back {
		at.Quantity++
	}
	levels[l.Warehouse] = at
	return saveProduct(tx, p)
}
