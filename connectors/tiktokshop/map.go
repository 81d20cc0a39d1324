package tiktokshop

import (
	"cmp"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// mapOrder turns an order into ours. TikTok has one line per unit: units of one
// SKU at one price are one line of ours. Subtotal is what the pieces cost after
// discounts, so that subtotal + shipping + tax (+ fees of some markets) is the
// total; Discount says what was taken off before.
func mapOrder(o api.Order) commerce.Order {
	money := func(text string) commerce.Money { return moneyOf(text, o.Payment.Currency) }
	order := commerce.Order{
		Channel: commerce.TikTok, Source: commerce.FromMarketplace, Remote: commerce.RemoteID(o.ID), Number: string(o.ID),
		State: orderState(o.Status), RawState: o.Status, Lines: mapLines(o), Total: money(o.Payment.Total),
		Subtotal: money(o.Payment.Subtotal), Shipping: money(o.Payment.Shipping), Tax: money(o.Payment.Tax),
		Buyer: mapBuyer(o), Note: o.Message, ShipBy: at(cmp.Or(o.ReadyBy, o.HandOverBy, o.DueBy)),
		PlacedAt: at(o.Created), UpdatedAt: at(o.Updated), RemoteVersion: int64(o.Updated),
	}
	if off, err := money(o.Payment.SellerDiscount).Add(money(o.Payment.PlatformDiscount)); err == nil {
		order.Discount = off
	}
	order.Shipments = mapShipments(o, order.Lines)
	return order
}

// moneyOf reads an amount. One that can't be read is unknown: a single odd
// field must not stop a page of orders.
func moneyOf(text, currency string) commerce.Money {
	m, err := commerce.ParseMoney(strings.TrimSpace(text), strings.TrimSpace(currency))
	if err != nil {
		return commerce.Money{}
	}
	return m
}

// orderState knows both spellings of cancelled: the API says CANCELLED, the
// webhook CANCEL.
func orderState(status string) commerce.OrderState {
	switch status {
	case "UNPAID":
		return commerce.OrderUnpaid
	case "ON_HOLD":
		return commerce.OrderHeld
	case "AWAITING_SHIPMENT":
		return commerce.OrderPaid
	case "PARTIALLY_SHIPPING":
		return commerce.OrderPartly
	case "AWAITING_COLLECTION", "IN_TRANSIT":
		return commerce.OrderShipped
	case "DELIVERED":
		return commerce.OrderDelivered
	case "COMPLETED":
		return commerce.OrderCompleted
	case "CANCELLED", "CANCEL":
		return commerce.OrderCancelled
	}
	return commerce.OrderOther
}

func isCancelled(status string) bool { return status == "CANCELLED" || status == "CANCEL" }

func isShipped(status string) bool {
	return slices.Contains([]string{"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"}, status)
}

// lineID is the same for the same SKU and price of an order, whatever the order
// of its units.
func lineID(l api.Line) string { return string(l.SKU) + "@" + l.Price }

func mapLines(o api.Order) []commerce.OrderLine {
	lines := []commerce.OrderLine{}
	for _, l := range o.Lines {
		id := lineID(l)
		i := slices.IndexFunc(lines, func(have commerce.OrderLine) bool { return have.ID == id })
		if i < 0 {
			i = len(lines)
			lines = append(lines, commerce.OrderLine{
				ID: id, SKU: commerce.SKU(l.SellerSKU), Title: title(l), Price: moneyOf(l.Price, cmp.Or(l.Currency, o.Payment.Currency)),
				RemoteItem: commerce.RemoteID(l.SKU), RemoteListing: commerce.RemoteID(l.Product),
			})
		}
		unit := commerce.OrderUnit{Remote: commerce.RemoteID(l.ID), State: l.Status, Cancelled: isCancelled(l.Status), Shipped: isShipped(l.Status)}
		lines[i].Quantity++
		lines[i].Units = append(lines[i].Units, unit)
		if unit.Cancelled {
			lines[i].Cancelled++
		}
	}
	for i := range lines {
		slices.SortFunc(lines[i].Units, func(a, b commerce.OrderUnit) int { return cmp.Compare(a.Remote, b.Remote) })
	}
	return lines
}

func title(l api.Line) string {
	if l.Variant == "" || l.Variant == "Default" {
		return l.Name
	}
	return l.Name + ", " + l.Variant
}

// mapShipments are the packages that have a tracking number.
func mapShipments(o api.Order, lines []commerce.OrderLine) []commerce.Shipment {
	var list []commerce.Shipment
	for _, l := range o.Lines {
		if l.Tracking == "" || isCancelled(l.Status) {
			continue
		}
		i := slices.IndexFunc(list, func(s commerce.Shipment) bool { return s.Tracking == l.Tracking })
		if i < 0 {
			i = len(list)
			list = append(list, commerce.Shipment{
				ID: "tiktok-" + string(cmp.Or(l.Package, api.ID(l.Tracking))), Carrier: cmp.Or(l.ProviderName, string(l.ProviderID)), Tracking: l.Tracking,
				State: commerce.SendDone, Remote: commerce.RemoteID(l.Package), At: at(l.Shipped),
			})
		}
		if id := lineID(l); !slices.Contains(list[i].Lines, id) {
			list[i].Lines = append(list[i].Lines, id)
		}
	}
	for i := range list {
		if len(list[i].Lines) == len(lines) {
			list[i].Lines = nil
		}
	}
	return list
}

// mapBuyer keeps what is masked as it is and says so; what is stored in full
// is never replaced by it.
func mapBuyer(o api.Order) commerce.Buyer {
	b := commerce.Buyer{Email: o.Email, Remote: commerce.RemoteID(o.User)}
	r := o.Recipient
	if r == nil {
		return b
	}
	b.Name, b.Phone = cmp.Or(r.Name, strings.TrimSpace(r.First+" "+r.Last)), r.Phone
	a := commerce.Address{Name: b.Name, Postal: r.Postal, Country: r.Region, City: r.PostTown}
	for _, line := range []string{r.Line1, r.Line2, r.Line3, r.Line4} {
		if strings.TrimSpace(line) != "" {
			a.Lines = append(a.Lines, line)
		}
	}
	if len(a.Lines) == 0 && r.Detail != "" {
		a.Lines = []string{r.Detail}
	}
	for _, d := range r.Districts {
		switch kind := strings.ToLower(d.Kind); {
		case d.Level == "L1" || kind == "state" || kind == "province":
			a.Region = cmp.Or(a.Region, d.Name)
		case kind == "city" || d.Level == "L3":
			a.City = cmp.Or(a.City, d.Name)
		}
	}
	b.Address = &a
	b.Masked = strings.Contains(b.Name+b.Phone+a.Postal+a.City+strings.Join(a.Lines, ""), "*")
	return b
}
