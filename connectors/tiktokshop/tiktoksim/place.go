package tiktoksim

import (
	"context"
	"fmt"
	"slices"

	"github.com/manystall/manystall/connectors/simkit"
)

// maxUnits bounds one order of the simulator: each unit is a line.
const maxUnits = 1000

// PlaceOrder lets a buyer buy and pay: the order is AWAITING_SHIPMENT at once.
// It lowers the stock and refuses with simkit.ErrUnknownItem when nothing of
// that seller SKU is live, and with another error when there is not enough.
func (s *Sim) PlaceOrder(ctx context.Context, want simkit.Order) (string, error) {
	return s.PlaceOrderIn(ctx, want, awaitingShipment)
}

// PlaceOrderIn places an order that stands still at UNPAID, ON_HOLD or
// AWAITING_SHIPMENT; Advance moves it on.
func (s *Sim) PlaceOrderIn(_ context.Context, want simkit.Order, status string) (string, error) {
	if !slices.Contains([]string{unpaid, onHold, awaitingShipment}, status) {
		return "", fmt.Errorf("place order of %s: an order cannot begin as %s", want.SKU, status)
	}
	if want.Quantity == 0 {
		want.Quantity = 1
	}
	if want.Quantity < 1 || want.Quantity > maxUnits {
		return "", fmt.Errorf("place order of %s: quantity %d is not in 1..%d", want.SKU, want.Quantity, maxUnits)
	}
	var id string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		o, err := s.newOrder(tx, want, status)
		if err != nil {
			return err
		}
		id = o.ID
		return s.putOrder(tx, o, true)
	})
	if err != nil {
		return "", fmt.Errorf("place order of %s: %w", want.SKU, err)
	}
	return id, nil
}

func (s *Sim) newOrder(tx *simkit.Tx, want simkit.Order, status string) (*order, error) {
	lines, err := s.take(tx, want, status)
	if err != nil {
		return nil, err
	}
	id, err := s.newID(tx, "order")
	if err != nil {
		return nil, err
	}
	b, err := s.buyer(tx, want.Buyer)
	if err != nil {
		return nil, err
	}
	now := s.now().Unix()
	o := &order{
		ID: id, Status: status, Buyer: b, Note: want.Note, Lines: lines, Shipping: "SELLER",
		Held: status == onHold, Warehouse: lines[0].Warehouse, Created: now, Updated: now,
	}
	if status != unpaid {
		o.Paid = now
	}
	b.Ordered = now
	if err := tx.Put("buyer", b.Name, b); err != nil {
		return nil, err
	}
	if s.ShippedByTikTok {
		o.Shipping = "TIKTOK"
	}
	return o, s.prepare(tx, o)
}

// prepare makes the package of a platform-shipped order once it is paid.
func (s *Sim) prepare(tx *simkit.Tx, o *order) error {
	if o.Shipping != "TIKTOK" || o.Status != awaitingShipment || o.Lines[0].Package != "" {
		return nil
	}
	p, err := s.newParcel(tx, o, "TO_FULFILL")
	if err != nil {
		return err
	}
	for i := range o.Lines {
		o.Lines[i].Package = p.ID
		p.Lines = append(p.Lines, o.Lines[i].ID)
	}
	return tx.Put("package", p.ID, p)
}

// take finds the live SKU and takes the units out of its warehouses.
func (s *Sim) take(tx *simkit.Tx, want simkit.Order, status string) ([]line, error) {
	p, v, err := findLive(tx, want.SKU)
	if err != nil {
		return nil, err
	}
	if have := p.available(v.ID); have < want.Quantity {
		return nil, fmt.Errorf("only %d of %d are left", have, want.Quantity)
	}
	sh, err := loadShop(tx)
	if err != nil {
		return nil, err
	}
	var lines []line
	for _, w := range sh.Warehouses {
		at, ok := p.Stock[v.ID][w.ID]
		for ok && at.Quantity > 0 && len(lines) < want.Quantity {
			at.Quantity--
			at.Committed++
			l, err := s.newLine(tx, p, v)
			if err != nil {
				return nil, err
			}
			l.Warehouse, l.Status = w.ID, status
			lines = append(lines, l)
		}
		if ok {
			p.Stock[v.ID][w.ID] = at
		}
	}
	return lines, saveProduct(tx, p)
}

func findLive(tx *simkit.Tx, code string) (*product, *sku, error) {
	ids, err := productsWith(tx, code)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		p, err := loadProduct(tx, id)
		if err != nil {
			return nil, nil, err
		}
		if !p.onSale() {
			continue
		}
		for i := range p.Live.SKUs {
			if p.Live.SKUs[i].SellerSKU == code {
				return p, &p.Live.SKUs[i], nil
			}
		}
	}
	return nil, nil, simkit.ErrUnknownItem
}

func (s *Sim) newLine(tx *simkit.Tx, p *product, v *sku) (line, error) {
	id, err := s.newID(tx, "line")
	if err != nil {
		return line{}, err
	}
	amount, _ := cents(v.Price.Amount)
	return line{
		ID: id, Product: p.ID, SKU: v.ID, SellerSKU: v.SellerSKU, Title: p.Live.Title, Variant: v.name(),
		Image: s.pictureURL(p.Live.Images[0].URI), Cents: amount,
	}, nil
}

// Advance moves an order one way along UNPAID → ON_HOLD → AWAITING_SHIPMENT →
// AWAITING_COLLECTION → IN_TRANSIT → DELIVERED → COMPLETED. Steps may be
// skipped, none taken back; lines that are cancelled stay so.
func (s *Sim) Advance(_ context.Context, orderID, status string) error {
	steps := []string{unpaid, onHold, awaitingShipment, awaitingCollection, inTransit, delivered, completed}
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		o, err := loadOrder(tx, orderID)
		if err != nil {
			return err
		}
		to := slices.Index(steps, status)
		if to < 0 || o.Status == cancelled {
			return fmt.Errorf("%s cannot become %s", o.Status, status)
		}
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Status != cancelled && slices.Index(steps, l.Status) < to {
				if to > 2 && slices.Index(steps, l.Status) <= 2 {
					if err := restock(tx, *l, false); err != nil {
						return err
					}
				}
				l.Status = status
			}
		}
		moved := o.settle()
		if !moved {
			return fmt.Errorf("%s cannot become %s", o.Status, status)
		}
		o.stamp(s.now().Unix())
		if err := s.prepare(tx, o); err != nil {
			return err
		}
		if err := s.followParcels(tx, o); err != nil {
			return err
		}
		return s.putOrder(tx, o, true)
	})
	if err != nil {
		return fmt.Errorf("advance order %s: %w", orderID, err)
	}
	return nil
}

// stamp notes when a status was reached.
func (o *order) stamp(now int64) {
	switch o.Status {
	case onHold:
		o.Held = true
		o.Paid = max(o.Paid, now)
	case awaitingShipment:
		if o.Paid == 0 {
			o.Paid = now
		}
	case awaitingCollection:
		o.Shipped = now
	case inTransit:
		o.Collected = now
	case delivered:
		o.Delivered = now
	case completed:
		o.Completed = now
	case cancelled:
		o.Cancelled = now
	}
}

// followParcels keeps packages in step with the order they belong to.
func (s *Sim) followParcels(tx *simkit.Tx, o *order) error {
	status := map[string]string{awaitingCollection: "PROCESSING", inTransit: "FULFILLING", delivered: "COMPLETED", completed: "COMPLETED"}[o.Status]
	if status == "" {
		return nil
	}
	for _, l := range o.Lines {
		var p parcel
		known, err := tx.Find("package", l.Package, &p)
		if err != nil {
			return err
		}
		if !known || p.Status == status {
			continue
		}
		p.Status, p.Updated = status, s.now().Unix()
		if err := tx.Put("package", p.ID, p); err != nil {
			return err
		}
	}
	return nil
}
