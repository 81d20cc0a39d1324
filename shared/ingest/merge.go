package ingest

import (
	"cmp"
	"reflect"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// merge lays what was told over what is stored and says whether anything
// changed. The newer version wins; of equal versions the one whose fetch began
// later. Absent or masked values never replace known ones.
func merge(stored, told commerce.Order, now time.Time) (commerce.Order, bool) {
	if stored.Version == 0 {
		told.FirstSeen = now
		told.PlacedAt = cmp.Or(told.PlacedAt, now)
		return told, true
	}
	if told.RemoteVersion < stored.RemoteVersion || (told.RemoteVersion == stored.RemoteVersion && !told.FetchedAt.After(stored.FetchedAt)) {
		return stored, false
	}
	next := told
	next.FirstSeen, next.Version = stored.FirstSeen, stored.Version
	next.PlacedAt = cmp.Or(told.PlacedAt, stored.PlacedAt)
	next.Channel = sharper(stored.Channel, told.Channel)
	next.Source = cmp.Or(told.Source, stored.Source)
	next.Number = cmp.Or(told.Number, stored.Number)
	next.Note = cmp.Or(told.Note, stored.Note)
	next.Cart = cmp.Or(told.Cart, stored.Cart)
	next.Conv = cmp.Or(stored.Conv, told.Conv)
	next.ShipBy = cmp.Or(told.ShipBy, stored.ShipBy)
	next.Total, next.Subtotal = known(told.Total, stored.Total), known(told.Subtotal, stored.Subtotal)
	next.Shipping, next.Tax, next.Discount = known(told.Shipping, stored.Shipping), known(told.Tax, stored.Tax), known(told.Discount, stored.Discount)
	if next.Attribution == nil {
		next.Attribution = stored.Attribution
	}
	next.Buyer = mergeBuyer(stored.Buyer, told.Buyer)
	next.Lines = mergeLines(stored.Lines, told.Lines)
	next.Shipments = mergeShipments(stored.Shipments, told.Shipments)
	return next, !sameOrder(stored, next)
}

// sameOrder compares everything but how we came to know it.
func sameOrder(a, b commerce.Order) bool {
	a.FetchedAt, a.RemoteVersion, a.UpdatedAt = b.FetchedAt, b.RemoteVersion, b.UpdatedAt
	return reflect.DeepEqual(normal(a), normal(b))
}

// normal makes orders comparable that went through JSON or did not.
func normal(o commerce.Order) commerce.Order {
	utc := func(t time.Time) time.Time { return t.UTC().Round(0) }
	o.PlacedAt, o.UpdatedAt, o.FirstSeen, o.FetchedAt, o.ShipBy = utc(o.PlacedAt), utc(o.UpdatedAt), utc(o.FirstSeen), utc(o.FetchedAt), utc(o.ShipBy)
	shipments := make([]commerce.Shipment, 0, len(o.Shipments))
	for _, s := range o.Shipments {
		s.At = utc(s.At)
		if len(s.Lines) == 0 {
			s.Lines = nil
		}
		shipments = append(shipments, s)
	}
	o.Shipments = shipments
	lines := make([]commerce.OrderLine, 0, len(o.Lines))
	for _, l := range o.Lines {
		if len(l.Units) == 0 {
			l.Units = nil
		}
		l.Allocated = 0
		lines = append(lines, l)
	}
	o.Lines = lines
	return o
}

// sharper is the channel with more evidence: a surface beats the Meta shop,
// and that beats nothing but the seller's own shop.
func sharper(stored, told commerce.Channel) commerce.Channel {
	rank := func(c commerce.Channel) int {
		switch c {
		case "":
			return 0
		case commerce.Own:
			return 1
		case commerce.Meta:
			return 2
		default:
			return 3
		}
	}
	if rank(told) > rank(stored) {
		return told
	}
	return stored
}

func known(told, stored commerce.Money) commerce.Money {
	if told.Currency == "" {
		return stored
	}
	return told
}

// fact is told unless it is absent or masked and something better is stored.
func fact(stored, told string) string {
	if told == "" || (strings.Contains(told, "*") && stored != "") {
		return stored
	}
	return told
}

func mergeBuyer(stored, told commerce.Buyer) commerce.Buyer {
	b := commerce.Buyer{
		Name:    fact(stored.Name, told.Name),
		Email:   fact(stored.Email, told.Email),
		Phone:   fact(stored.Phone, told.Phone),
		Remote:  commerce.RemoteID(fact(string(stored.Remote), string(told.Remote))),
		Address: stored.Address,
		Masked:  told.Masked && (stored.Masked || stored.Address == nil),
	}
	if a := told.Address; a != nil && (stored.Address == nil || !masked(*a)) {
		b.Address = a
	}
	return b
}

func masked(a commerce.Address) bool {
	return len(a.Lines) == 0 || strings.Contains(a.Name+strings.Join(a.Lines, "")+a.Postal, "*")
}

// mergeLines keeps what we found out about a line and lines the marketplace
// no longer names.
func mergeLines(stored, told []commerce.OrderLine) []commerce.OrderLine {
	byID := make(map[string]commerce.OrderLine, len(stored))
	for _, l := range stored {
		byID[l.ID] = l
	}
	lines := make([]commerce.OrderLine, 0, max(len(stored), len(told)))
	for _, l := range told {
		old := byID[l.ID]
		delete(byID, l.ID)
		l.Variant = cmp.Or(old.Variant, l.Variant)
		l.SKU = cmp.Or(l.SKU, old.SKU)
		l.Short = old.Short
		lines = append(lines, l)
	}
	for _, l := range stored {
		if _, left := byID[l.ID]; left {
			lines = append(lines, l)
		}
	}
	return lines
}

// mergeShipments joins the marketplace's parcels with ours by their tracking
// number; ours that are still on their way stay.
func mergeShipments(stored, told []commerce.Shipment) []commerce.Shipment {
	merged := append([]commerce.Shipment(nil), stored...)
	for _, t := range told {
		found := false
		for i, s := range merged {
			if s.Tracking == t.Tracking && (t.Tracking != "" || s.Remote == t.Remote) {
				merged[i].Remote, merged[i].State, merged[i].Problem = cmp.Or(t.Remote, s.Remote), commerce.SendDone, ""
				found = true
			}
		}
		if !found {
			merged = append(merged, t)
		}
	}
	return merged
}
