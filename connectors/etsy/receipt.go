package etsy

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// orderOf turns a receipt into an order. Whatever Etsy withholds stays empty.
func orderOf(r api.Receipt) commerce.Order {
	updated := updatedOf(r)
	o := commerce.Order{
		Channel: commerce.Etsy, Source: commerce.FromMarketplace, Remote: remote(r.ID), Number: string(remote(r.ID)),
		State: orderState(r), RawState: r.Status,
		Total: moneyOf(r.GrandTotal), Subtotal: moneyOf(r.Subtotal), Shipping: moneyOf(r.Shipping), Tax: taxOf(r), Discount: moneyOf(r.Discount),
		Buyer: buyerOf(r), Note: noteOf(r),
		PlacedAt: unix(cmp.Or(r.Created, r.CreatedOld)), UpdatedAt: unix(updated), RemoteVersion: updated,
	}
	perLine := pricedPerLine(r)
	for _, t := range r.Transactions {
		o.Lines = append(o.Lines, lineOf(t, perLine))
		if at := t.ExpectedShip; at != nil && t.Shipped == nil && (o.ShipBy.IsZero() || unix(*at).Before(o.ShipBy)) {
			o.ShipBy = unix(*at)
		}
	}
	for i, s := range r.Shipments {
		o.Shipments = append(o.Shipments, shipmentOf(s, i))
	}
	return o
}

func updatedOf(r api.Receipt) int64 { return cmp.Or(r.Updated, r.UpdatedOld, r.Created, r.CreatedOld) }

// orderState trusts the two booleans more than the word; values with capitals
// have been reported. Etsy shows no delivery in a receipt.
func orderState(r api.Receipt) commerce.OrderState {
	status := strings.ToLower(strings.TrimSpace(r.Status))
	switch status {
	case "canceled", "cancelled":
		return commerce.OrderCancelled
	case "fully refunded":
		return commerce.OrderRefunded
	}
	switch {
	case r.IsShipped:
		return commerce.OrderShipped
	case status == "completed":
		return commerce.OrderCompleted
	case r.IsPaid || status == "paid":
		return commerce.OrderPaid
	case status == "open" || status == "payment processing" || status == "unpaid":
		return commerce.OrderUnpaid
	default:
		return commerce.OrderOther
	}
}

// taxOf is sales tax and VAT together.
func taxOf(r api.Receipt) commerce.Money {
	tax, vat := moneyOf(r.Tax), moneyOf(r.VAT)
	if sum, err := tax.Add(vat); err == nil {
		return sum
	}
	return tax
}

// pricedPerLine says that the prices of the lines are for all their pieces.
// Etsy does not say which they are; the sum of the items shows it.
func pricedPerLine(r api.Receipt) bool {
	want := moneyOf(r.TotalPrice)
	if want.Currency == "" {
		return false
	}
	var units, lines commerce.Money
	for _, t := range r.Transactions {
		price := moneyOf(t.Price)
		times, err := price.Times(t.Quantity)
		if err != nil {
			return false
		}
		var errUnits, errLines error
		units, errUnits = units.Add(times)
		lines, errLines = lines.Add(price)
		if errUnits != nil || errLines != nil {
			return false
		}
	}
	return units != want && lines == want
}

// lineOf has the id of the transaction, which never changes.
func lineOf(t api.Transaction, perLine bool) commerce.OrderLine {
	l := commerce.OrderLine{
		ID: string(remote(t.ID)), SKU: commerce.SKU(text(t.SKU)), Title: titleOf(t), Quantity: max(t.Quantity, 0), Price: moneyOf(t.Price),
	}
	if perLine && t.Quantity > 1 && l.Price.Amount%t.Quantity == 0 {
		l.Price.Amount /= t.Quantity
	}
	if t.ListingID != nil {
		l.RemoteListing = remote(*t.ListingID)
		if l.SKU != "" {
			l.RemoteItem = itemOf(*t.ListingID, string(l.SKU))
		}
	}
	return l
}

// titleOf adds what was chosen: "Mug (Color: Blue)".
func titleOf(t api.Transaction) string {
	var chosen []string
	for _, v := range t.Variations {
		if v.Question == nil && v.Value != "" {
			chosen = append(chosen, v.Name+": "+v.Value)
		}
	}
	if len(chosen) == 0 {
		return text(t.Title)
	}
	return fmt.Sprintf("%s (%s)", text(t.Title), strings.Join(chosen, ", "))
}

// noteOf is everything the buyer wrote: the note, the gift message, and the
// answers to questions of personalization.
func noteOf(r api.Receipt) string {
	var parts []string
	if note := strings.TrimSpace(text(r.FromBuyer)); note != "" {
		parts = append(parts, note)
	}
	if gift := strings.TrimSpace(text(r.GiftMessage)); gift != "" {
		parts = append(parts, "Gift message: "+gift)
	}
	for _, t := range r.Transactions {
		for _, v := range t.Variations {
			if v.Question != nil && strings.TrimSpace(v.Value) != "" {
				parts = append(parts, fmt.Sprintf("%s (%s): %s", cmp.Or(v.Name, "Personalization"), text(t.Title), v.Value))
			}
		}
	}
	return strings.Join(parts, "\n\n")
}

// buyerOf may be little more than a name: addresses and e-mail are withheld
// from many applications.
func buyerOf(r api.Receipt) commerce.Buyer {
	b := commerce.Buyer{Name: text(r.Name), Email: text(r.BuyerEmail)}
	if r.BuyerID != 0 {
		b.Remote = remote(r.BuyerID)
	}
	var lines []string
	for _, l := range []string{text(r.FirstLine), text(r.SecondLine)} {
		if strings.TrimSpace(l) != "" {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		b.Masked = true
		if r.Country != nil && *r.Country != "" {
			b.Address = &commerce.Address{Country: *r.Country}
		}
		return b
	}
	b.Address = &commerce.Address{Name: b.Name, Lines: lines, City: text(r.City), Region: text(r.Region), Postal: text(r.Zip), Country: text(r.Country)}
	return b
}

func shipmentOf(s api.Shipment, place int) commerce.Shipment {
	out := commerce.Shipment{
		ID: fmt.Sprintf("etsy-%d", place), Carrier: text(s.Carrier), Tracking: text(s.Code), State: commerce.SendDone, At: unix(s.Notified),
	}
	if s.ID != nil {
		out.Remote = remote(*s.ID)
		out.ID = "etsy-" + string(out.Remote)
	}
	return out
}

// placedAt is when an order was made, or when it changed.
func placedAt(o commerce.Order) time.Time {
	if o.PlacedAt.IsZero() {
		return o.UpdatedAt
	}
	return o.PlacedAt
}
