package etsysim

import (
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// The states of a receipt in Etsy's words.
const (
	statusPaid      = "paid"
	statusCompleted = "completed"
	statusCanceled  = "canceled"
	statusRefunded  = "fully refunded"
	statusPartly    = "partially refunded"
)

// shippingCost is what the seeded shipping profile charges per order, in cents.
const shippingCost = 499

// receipt is one row: an order with its lines and parcels. Times are unix
// seconds.
type receipt struct {
	ID        int64      `json:"id"`
	BuyerID   int64      `json:"buyer_id"`
	Buyer     string     `json:"buyer"`
	Note      string     `json:"note"` // from the buyer
	Gift      string     `json:"gift"` // message to whom it is for
	Refunded  []payback  `json:"refunded"`
	Status    string     `json:"status"`
	Paid      bool       `json:"paid"`
	Shipped   bool       `json:"shipped"`
	Delivered bool       `json:"delivered"`
	Created   int64      `json:"created"`
	Updated   int64      `json:"updated"`
	Canceled  int64      `json:"canceled"` // when, 0 if not
	Lines     []line     `json:"lines"`
	Parcels   []shipment `json:"parcels"`
}

// payback is money the seller gave back.
type payback struct {
	Amount int64  `json:"amount"` // cents
	At     int64  `json:"at"`
	Reason string `json:"reason"`
}

// personal is a buyer's answer to a question of personalization.
type personal struct {
	Question int64  `json:"question"`
	Name     string `json:"name"`
	Value    string `json:"value"`
}

// line is one bought product.
type line struct {
	ID        int64           `json:"id"`
	ListingID int64           `json:"listing_id"`
	ProductID int64           `json:"product_id"`
	ImageID   *int64          `json:"image_id"`
	SKU       string          `json:"sku"`
	Title     string          `json:"title"`
	About     string          `json:"about"`
	Quantity  int64           `json:"quantity"`
	Price     int64           `json:"price"` // cents per piece
	Values    []propertyValue `json:"values"`
	Profile   *int64          `json:"profile"`
	MinDays   int64           `json:"min_days"`
	MaxDays   int64           `json:"max_days"`
	Shipped   *int64          `json:"shipped"`
	Reviewed  bool            `json:"reviewed"`
	Answers   []personal      `json:"answers"`
}

// shipment is Etsy's ShopReceiptShipment.
type shipment struct {
	ID       int64  `json:"receipt_shipping_id"`
	Notified int64  `json:"shipment_notification_timestamp"`
	Carrier  string `json:"carrier_name"`
	Code     string `json:"tracking_code"`
}

// stub is the part of a receipt that lists sort and filter by.
type stub struct {
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Paid      bool  `json:"paid"`
	Shipped   bool  `json:"shipped"`
	Delivered bool  `json:"delivered"`
	Canceled  bool  `json:"canceled"`
}

func (r *receipt) subtotal() (sum int64) {
	for _, l := range r.Lines {
		sum += l.Price * l.Quantity
	}
	return sum
}

func (r *receipt) paidBack() (sum int64) {
	for _, p := range r.Refunded {
		sum += p.Amount
	}
	return sum
}

// saveReceipt writes a receipt with its index and notes the change.
func saveReceipt(tx *simkit.Tx, r *receipt, now int64) error {
	r.Updated = max(r.Updated, now)
	s := stub{Created: r.Created, Updated: r.Updated, Paid: r.Paid, Shipped: r.Shipped, Delivered: r.Delivered, Canceled: r.Canceled != 0}
	if err := tx.Put(tableStub, key(r.ID), s); err != nil {
		return err
	}
	return tx.Put(tableReceipt, key(r.ID), r)
}

func findReceipt(tx *simkit.Tx, id int64) (r receipt, err error) {
	known, err := tx.Find(tableReceipt, key(id), &r)
	if err == nil && !known {
		err = notFound("Receipt", id)
	}
	return r, err
}

// receipt reads the receipt in the path.
func (c *call) receipt() (receipt, error) {
	if err := c.ownShop(); err != nil {
		return receipt{}, err
	}
	id, err := c.id("receipt_id")
	if err != nil {
		return receipt{}, err
	}
	return findReceipt(c.tx, id)
}

func oneReceipt(c *call) (reply, error) {
	r, err := c.receipt()
	if err != nil {
		return reply{}, err
	}
	return ok(c.sim.receiptView(&r))
}

// shopReceipts lists receipts. Canceled ones are there only when asked for:
// Etsy leaves open what it does without the filter, so a client has to ask.
func shopReceipts(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	limit, offset := c.window()
	direction := c.direction()
	rows, err := c.rankReceipts()
	if err != nil {
		return reply{}, err
	}
	sortRanked(rows, direction)
	out := []receiptView{}
	for _, row := range cutPage(rows, limit, offset) {
		r, err := findReceipt(c.tx, row.id)
		if err != nil {
			return reply{}, err
		}
		out = append(out, c.sim.receiptView(&r))
	}
	return ok(page{len(rows), out})
}

func (c *call) rankReceipts() ([]ranked, error) {
	keep, sortOn := c.receiptFilter(), c.query.oneOf("sort_on", "created", []string{"created", "updated", "receipt_id"})
	if c.query.err != nil {
		return nil, c.query.err
	}
	var rows []ranked
	err := simkit.Each(c.tx, tableStub, "", func(k string, s stub) bool {
		if !keep(s) {
			return true
		}
		row := ranked{id: unkey(k)}
		switch sortOn {
		case "created":
			row.by = s.Created
		case "updated":
			row.by = s.Updated
		}
		rows = append(rows, row)
		return true
	})
	return rows, err
}

// receiptFilter reads the filters of getShopReceipts; bounds are inclusive.
func (c *call) receiptFilter() func(stub) bool {
	q := c.query
	fromCreated, toCreated := c.span("min_created", "max_created")
	fromUpdated, toUpdated := c.span("min_last_modified", "max_last_modified")
	paid, shipped, delivered := q.maybe("was_paid"), q.maybe("was_shipped"), q.maybe("was_delivered")
	canceled := q.flag("was_canceled", false)
	both := c.sim.Doubts.ListsCanceled && !q.has("was_canceled")
	fits := func(wanted *bool, is bool) bool { return wanted == nil || *wanted == is }
	return func(s stub) bool {
		return s.Created >= fromCreated && s.Created <= toCreated &&
			s.Updated >= fromUpdated && s.Updated <= toUpdated &&
			fits(paid, s.Paid) && fits(shipped, s.Shipped) && fits(delivered, s.Delivered) && (both || s.Canceled == canceled)
	}
}

// updateReceipt marks a receipt as paid or shipped.
func updateReceipt(c *call) (reply, error) {
	r, err := c.receipt()
	if err != nil {
		return reply{}, err
	}
	shipped, paid := c.form.maybe("was_shipped"), c.form.maybe("was_paid")
	if c.form.err != nil {
		return reply{}, c.form.err
	}
	if r.Canceled != 0 {
		return reply{}, invalid("The receipt %d is canceled", r.ID)
	}
	if paid != nil {
		r.Paid = *paid
	}
	if shipped != nil {
		if err := c.markShipped(&r, *shipped); err != nil {
			return reply{}, err
		}
	}
	if err := saveReceipt(c.tx, &r, c.unix()); err != nil {
		return reply{}, err
	}
	return ok(c.sim.receiptView(&r))
}

// markShipped completes or reopens a receipt and announces the first time.
func (c *call) markShipped(r *receipt, shipped bool) error {
	news := shipped && !r.Shipped
	switch r.Shipped = shipped; {
	case len(r.Refunded) > 0: // the refund stays the last word
	case shipped:
		r.Status = statusCompleted
	default:
		r.Status = statusPaid
	}
	for i := range r.Lines {
		if r.Lines[i].Shipped = nil; shipped {
			r.Lines[i].Shipped = ptr(c.unix())
		}
	}
	if !news {
		return nil
	}
	return c.sim.announce(c.tx, "order.shipped", r.ID)
}

// someBuyer makes up a name where none is given.
func someBuyer(seed uint64, receipt int64) string {
	first := strings.Fields("Ada Bram Carla Dev Elif Femi Grete Hugo Ines Jun")
	last := strings.Fields("Abel Brook Costa Dale Ekström Frost Gray Holm Ito Jansen")
	n := spread(seed, key(receipt))
	return first[n%10] + " " + last[n/10%10]
}
