package tiktoksim

import (
	"regexp"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

type shipment struct {
	Lines    []string `json:"order_line_item_ids"`
	Tracking string   `json:"tracking_number"`
	Provider string   `json:"shipping_provider_id"`
}

var trackingForm = regexp.MustCompile(`^[0-9A-Za-z-]{4,50}$`)

func (s shipment) check() error {
	switch {
	case s.Tracking == "":
		return invalid("param body.tracking_number is missing")
	case s.Provider == "":
		return invalid("param body.shipping_provider_id is missing")
	case !trackingForm.MatchString(s.Tracking):
		return reject(21004012, "The tracking number has special characters.")
	}
	if _, ok := providerName(s.Provider); !ok {
		return reject(21011022, "Invalid tracking number or provider id.")
	}
	return nil
}

// markShipped is how a seller of the US ships with a carrier of one's own: it
// creates the package.
func markShipped(c *call) (any, error) {
	in, err := decode[shipment](c)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	o, err := loadOrder(c.tx, c.req.PathValue("order_id"))
	if err != nil {
		return nil, err
	}
	if err := o.shippable(); err != nil {
		return nil, err
	}
	if o.Shipping != "SELLER" {
		return nil, reject(21011004, "This order is not shipped by the seller.")
	}
	chosen, err := o.choose(in.Lines)
	if err != nil {
		return nil, err
	}
	if err := c.claimTracking(in, o.ID); err != nil {
		return nil, err
	}
	p, err := c.sim.newParcel(c.tx, o, "PROCESSING")
	if err != nil {
		return nil, err
	}
	p.Tracking, p.Provider = in.Tracking, in.Provider
	for _, i := range chosen {
		p.Lines = append(p.Lines, o.Lines[i].ID)
	}
	if err := c.hand(o, p); err != nil {
		return nil, err
	}
	return object{"order_id": o.ID, "order_line_item_ids": p.Lines, "package_id": p.ID}, nil
}

func (o *order) shippable() error {
	switch o.Status {
	case awaitingShipment, partiallyShipping:
		if o.Request {
			return reject(21011007, "The order has a request of the buyer that must be answered first.")
		}
		return nil
	case unpaid, onHold:
		return reject(21011044, "The order is %s and must not be fulfilled yet.", o.Status)
	case cancelled:
		return reject(21011041, "The order is cancelled.")
	}
	return reject(21011006, "The order is already shipped.")
}

// choose gives the positions of the named lines, or of all that are left.
func (o *order) choose(ids []string) ([]int, error) {
	var chosen []int
	for i, l := range o.Lines {
		named := slices.Contains(ids, l.ID)
		switch {
		case !named && len(ids) > 0, !named && l.Status != awaitingShipment:
		case l.Status == cancelled:
			return nil, reject(21011041, "The line %s is cancelled.", l.ID)
		case l.Status != awaitingShipment:
			return nil, reject(21011006, "The line %s is already shipped.", l.ID)
		default:
			chosen = append(chosen, i)
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(o.Lines, func(l line) bool { return l.ID == id }) {
			return nil, reject(21011029, "The line %s does not belong to the order.", id)
		}
	}
	return chosen, nil
}

// claimTracking refuses a number that another order has with the same carrier.
func (c *call) claimTracking(in shipment, orderID string) error {
	key := in.Provider + "/" + strings.ToUpper(in.Tracking)
	var owner string
	known, err := c.tx.Find("tracking", key, &owner)
	if err != nil {
		return err
	}
	if known && owner != orderID {
		return reject(21011025, "Duplicate tracking number.")
	}
	return c.tx.Put("tracking", key, orderID)
}

func (s *Sim) newParcel(tx *simkit.Tx, o *order, status string) (parcel, error) {
	id, err := s.newID(tx, "package")
	now := s.now().Unix()
	return parcel{ID: id, Order: o.ID, Status: status, Shipping: o.Shipping, Lines: []string{}, Created: now, Updated: now}, err
}

// hand stores a package that was handed over and moves its lines.
func (c *call) hand(o *order, p parcel) error {
	for i := range o.Lines {
		l := &o.Lines[i]
		if !slices.Contains(p.Lines, l.ID) || l.Status == cancelled {
			continue
		}
		if err := restock(c.tx, *l, false); err != nil {
			return err
		}
		l.Status, l.Package, l.Tracking, l.Provider, l.Shipped = awaitingCollection, p.ID, p.Tracking, p.Provider, c.unix()
	}
	if err := c.tx.Put("package", p.ID, p); err != nil {
		return err
	}
	moved := o.settle()
	o.stamp(c.unix())
	return c.sim.putOrder(c.tx, o, moved)
}

type shipBody struct {
	Handover string    `json:"handover_method"`
	Self     *shipment `json:"self_shipment"`
}

// shipPackage ships a package that exists already: platform logistics.
func shipPackage(c *call) (any, error) {
	in, err := decode[shipBody](c)
	if err != nil {
		return nil, err
	}
	p, err := c.loadParcel()
	if err != nil {
		return nil, err
	}
	o, err := loadOrder(c.tx, p.Order)
	if err != nil {
		return nil, err
	}
	if p.Status != "TO_FULFILL" {
		return nil, reject(21008099, "The package has been shipped.")
	}
	if err := o.shippable(); err != nil {
		return nil, err
	}
	if in.Self != nil {
		if err := in.Self.check(); err != nil {
			return nil, err
		}
		p.Tracking, p.Provider = in.Self.Tracking, in.Self.Provider
	} else {
		if in.Handover != "PICKUP" && in.Handover != "DROP_OFF" {
			return nil, reject(21001001, "handover_method must be PICKUP or DROP_OFF.")
		}
		p.Handover, p.Provider, p.Tracking = in.Handover, providers()[0].id, "9400"+p.ID
	}
	p.Status, p.Updated = "PROCESSING", c.unix()
	return object{}, c.hand(o, p)
}

func (c *call) loadParcel() (parcel, error) {
	var p parcel
	known, err := c.tx.Find("package", c.req.PathValue("package_id"), &p)
	if err == nil && !known {
		err = reject(21011028, "The package does not belong to the current shop.")
	}
	return p, err
}

// updateTracking corrects carrier and number within 72 hours, while the order
// has one package.
func updateTracking(c *call) (any, error) {
	in, err := decode[shipment](c)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	o, err := loadOrder(c.tx, c.req.PathValue("order_id"))
	if err != nil {
		return nil, err
	}
	var p parcel
	for _, l := range o.Lines {
		if p.ID != "" && l.Package != "" && l.Package != p.ID {
			return nil, reject(21011049, "The order has several packages: update each of them.")
		}
		if _, err := c.tx.Find("package", l.Package, &p); err != nil {
			return nil, err
		}
	}
	switch {
	case o.Status == cancelled:
		return nil, reject(21011041, "The order is cancelled.")
	case p.ID == "" || p.Status == "TO_FULFILL":
		return nil, reject(21011043, "The package has not been shipped yet.")
	case p.Shipping != "SELLER":
		return nil, reject(21011004, "This package is not shipped by the seller.")
	case p.Status == "COMPLETED":
		return nil, reject(21011030, "The package has already been delivered.")
	case c.unix()-p.Created > 72*3600:
		return nil, reject(21011050, "The tracking number can only be updated within 72 hours.")
	}
	if err := c.claimTracking(in, o.ID); err != nil {
		return nil, err
	}
	p.Tracking, p.Provider, p.Updated = in.Tracking, in.Provider, c.unix()
	for i := range o.Lines {
		if o.Lines[i].Package == p.ID {
			o.Lines[i].Tracking, o.Lines[i].Provider = in.Tracking, in.Provider
		}
	}
	return object{}, putAll(c.tx, row{"package", p.ID, p}, row{"order", o.ID, o})
}
