package etsysim

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// PlaceOrder lets a buyer buy and pay at once. It is ErrUnknownItem when no
// active listing offers the SKU, and another error when there are too few.
func (s *Sim) PlaceOrder(_ context.Context, o simkit.Order) (remoteID string, err error) {
	if o.SKU == "" || o.Quantity < 1 {
		return "", fmt.Errorf("order %q: a sku and a quantity of at least 1 are needed", o.SKU)
	}
	err = s.env.Store.Update(func(tx *simkit.Tx) error {
		l, p, err := findOffer(tx, o.SKU)
		if err != nil {
			return err
		}
		if p.Quantity < int64(o.Quantity) {
			return fmt.Errorf("%d wanted, %d left", o.Quantity, p.Quantity)
		}
		r, err := s.newReceipt(tx, &l, p, o)
		if err != nil {
			return err
		}
		remoteID = strconv.FormatInt(r.ID, 10)
		if err := s.takeStock(tx, &l, p, int64(o.Quantity)); err != nil {
			return err
		}
		if err := saveReceipt(tx, &r, r.Created); err != nil {
			return err
		}
		return s.announce(tx, "order.paid", r.ID)
	})
	if err != nil {
		return "", fmt.Errorf("order %s: %w", o.SKU, err)
	}
	return remoteID, nil
}

// findOffer looks for an enabled product with the SKU on an active listing.
func findOffer(tx *simkit.Tx, sku string) (l listing, p product, err error) {
	var ids []int64
	err = simkit.Each(tx, tableSKU, sku+"\x00", func(_ string, id int64) bool {
		ids = append(ids, id)
		return true
	})
	for _, id := range ids {
		if err != nil {
			return l, p, err
		}
		if l, err = findListing(tx, id); err != nil || l.State != stateActive {
			continue
		}
		for _, p := range l.Inventory.Products {
			if p.SKU == sku && p.Enabled {
				return l, p, nil
			}
		}
	}
	if err == nil {
		err = simkit.ErrUnknownItem
	}
	return l, p, err
}

func (s *Sim) newReceipt(tx *simkit.Tx, l *listing, p product, o simkit.Order) (r receipt, err error) {
	now := s.env.Now().Unix()
	sold := line{
		ListingID: l.ID, ProductID: p.ID, SKU: p.SKU, Title: l.Title, About: l.Description,
		Quantity: int64(o.Quantity), Price: p.Price, Values: p.Values, Profile: l.ShippingProfile,
	}
	if len(l.Images) > 0 {
		sold.ImageID = ptr(l.Images[0].ID)
	}
	if p.Readiness != nil {
		var d readiness
		if _, err := tx.Find(tableReadiness, key(*p.Readiness), &d); err != nil {
			return r, err
		}
		sold.MinDays, sold.MaxDays = d.Min, d.Max
	}
	if sold.ID, err = s.newID(tx, tableLine); err != nil {
		return r, err
	}
	r = receipt{Buyer: o.Buyer, Note: o.Note, Status: statusPaid, Paid: true, Created: now, Lines: []line{sold}}
	if r.ID, err = s.newID(tx, tableReceipt); err != nil {
		return r, err
	}
	if r.Buyer == "" {
		r.Buyer = someBuyer(s.env.Seed, r.ID)
	}
	r.BuyerID = 700_000_000 + int64(spread(s.env.Seed, "buyer/"+r.Buyer)%90_000_000)
	return r, nil
}

// takeStock lowers what is left; a sale of the last piece sells a listing out.
func (s *Sim) takeStock(tx *simkit.Tx, l *listing, p product, quantity int64) error {
	now := s.env.Now().Unix()
	l.Inventory.sell(p, quantity)
	if l.Inventory.total() == 0 {
		l.setState(stateSoldOut, now)
	}
	l.Modified = now
	if err := saveListing(tx, l, l); err != nil {
		return err
	}
	var sh shop
	if _, err := tx.Find(tableShop, "shop", &sh); err != nil {
		return err
	}
	sh.Sold++
	return tx.Put(tableShop, "shop", sh)
}

// SendMessage adds to the note that a buyer left with an order. Etsy shares no
// other message with applications, so without an order it is ErrNotOffered.
func (s *Sim) SendMessage(_ context.Context, m simkit.Message) (remoteID string, err error) {
	if m.Order == "" {
		return "", simkit.ErrNotOffered
	}
	err = s.changeReceipt(m.Order, func(_ *simkit.Tx, r *receipt, _ time.Time) error {
		r.Note = strings.TrimPrefix(r.Note+"\n"+m.Text, "\n")
		return nil
	})
	return m.Order, err
}

// CancelOrder cancels and refunds a receipt, as the seller does in Etsy's own
// pages. Stock is not put back: Etsy leaves that to the seller.
func (s *Sim) CancelOrder(_ context.Context, receiptID string) error {
	return s.changeReceipt(receiptID, func(tx *simkit.Tx, r *receipt, now time.Time) error {
		if r.Canceled != 0 {
			return fmt.Errorf("it is canceled already")
		}
		r.Canceled, r.Status = now.Unix(), statusCanceled
		r.Refunded = append(r.Refunded, payback{Amount: r.subtotal() + shippingCost - r.paidBack(), At: now.Unix(), Reason: "Order canceled"})
		return s.announce(tx, "order.canceled", r.ID)
	})
}

// RefundOrder gives some of the money of a receipt back, in cents, or all that
// is left for 0, as the seller does in Etsy's own pages. Nothing announces it.
func (s *Sim) RefundOrder(_ context.Context, receiptID string, cents int64) error {
	return s.changeReceipt(receiptID, func(_ *simkit.Tx, r *receipt, now time.Time) error {
		left := r.subtotal() + shippingCost - r.paidBack()
		if cents == 0 {
			cents = left
		}
		if r.Canceled != 0 || cents < 1 || cents > left {
			return fmt.Errorf("%d can't be given back of %d", cents, left)
		}
		r.Refunded = append(r.Refunded, payback{Amount: cents, At: now.Unix(), Reason: "Something was wrong"})
		if r.Status = statusPartly; cents == left {
			r.Status = statusRefunded
		}
		return nil
	})
}

// Wish adds what a buyer can say beside a note: a message to whom it is a gift
// for, and the answer to the first question of personalization.
func (s *Sim) Wish(_ context.Context, receiptID, gift, answer string) error {
	return s.changeReceipt(receiptID, func(tx *simkit.Tx, r *receipt, _ time.Time) error {
		r.Gift = gift
		if answer == "" {
			return nil
		}
		l, err := findListing(tx, r.Lines[0].ListingID)
		if err != nil {
			return err
		}
		if len(l.Questions) == 0 {
			return fmt.Errorf("listing %d asks nothing", l.ID)
		}
		q := l.Questions[0]
		r.Lines[0].Answers = []personal{{Question: q.ID, Name: q.Text, Value: answer}}
		return nil
	})
}

// DeliverOrder hands the parcel to the buyer.
func (s *Sim) DeliverOrder(_ context.Context, receiptID string) error {
	return s.changeReceipt(receiptID, func(tx *simkit.Tx, r *receipt, _ time.Time) error {
		if !r.Shipped || r.Delivered || r.Canceled != 0 {
			return fmt.Errorf("it is not on its way")
		}
		r.Delivered = true
		return s.announce(tx, "order.delivered", r.ID)
	})
}

func (s *Sim) changeReceipt(receiptID string, change func(*simkit.Tx, *receipt, time.Time) error) error {
	id, err := strconv.ParseInt(receiptID, 10, 64)
	if err != nil {
		return fmt.Errorf("receipt %q: not a number", receiptID)
	}
	err = s.env.Store.Update(func(tx *simkit.Tx) error {
		r, err := findReceipt(tx, id)
		if err != nil {
			return err
		}
		now := s.env.Now()
		if err := change(tx, &r, now); err != nil {
			return err
		}
		return saveReceipt(tx, &r, now.Unix())
	})
	if err != nil {
		return fmt.Errorf("receipt %s: %w", receiptID, err)
	}
	return nil
}
