package ingest

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// merge lays what was told over what is stored and says whether there is
// anything to write. The newer version wins; of equal versions the one whose
// fetch began later. Absent or masked values never replace known ones. Equal
// content is nothing to write, except under a newer version: that one has to be
// remembered, or a version between the two that comes late would win.
func merge(stored, told commerce.Order, now time.Time) (commerce.Order, bool) {
	requests, asked := mergeRequests(stored.Requests, told.Requests)
	if stored.Version == 0 {
		told.FirstSeen, told.Requests = now, requests
		told.PlacedAt = cmp.Or(told.PlacedAt, now)
		return told, true
	}
	if told.RemoteVersion < stored.RemoteVersion || (told.RemoteVersion == stored.RemoteVersion && !told.FetchedAt.After(stored.FetchedAt)) {
		stored.Requests = requests // they have versions of their own
		return stored, asked
	}
	next := told
	next.Requests = requests
	next.FirstSeen, next.Version = stored.FirstSeen, stored.Version
	next.PlacedAt = cmp.Or(told.PlacedAt, stored.PlacedAt)
	next.Channel = sharper(stored.Channel, told.Channel)
	next.Source = cmp.Or(told.Source, stored.Source)
	next.Number = cmp.Or(told.Number, stored.Number)
	next.Note = cmp.Or(told.Note, stored.Note)
	next.Attention = stored.Attention
	next.Cart = cmp.Or(told.Cart, stored.Cart)
	next.Conv, next.Became = cmp.Or(stored.Conv, told.Conv), stored.Became
	next.ShipBy = cmp.Or(told.ShipBy, stored.ShipBy)
	next.Total, next.Subtotal = known(told.Total, stored.Total), known(told.Subtotal, stored.Subtotal)
	next.Shipping, next.Tax, next.Discount = known(told.Shipping, stored.Shipping), known(told.Tax, stored.Tax), known(told.Discount, stored.Discount)
	if next.Attribution == nil || (stored.Attribution != nil && rank(told.Channel) < rank(stored.Channel)) {
		next.Attribution = stored.Attribution // the evidence stays with the channel it proves
	}
	next.Buyer = mergeBuyer(stored.Buyer, told.Buyer)
	next.Lines = mergeLines(stored.Lines, told.Lines)
	next.Shipments = mergeShipments(stored.Shipments, told.Shipments)
	if next.Source != commerce.FromMarketplace {
		next.State = stateHere(next)
	}
	return next, asked || next.RemoteVersion > stored.RemoteVersion || !sameOrder(stored, next)
}

// stateHere is the state of an order whose shop is not told what is done here:
// what was shipped or cancelled in our pages stays so.
func stateHere(o commerce.Order) commerce.OrderState {
	var left, cancelledHere int64
	for _, l := range o.Lines {
		left += l.Quantity - l.Cancelled
		cancelledHere += l.CancelledHere
	}
	switch o.State {
	case commerce.OrderUnpaid, commerce.OrderHeld, commerce.OrderPaid, commerce.OrderPartly:
		if left == 0 && cancelledHere > 0 {
			return commerce.OrderCancelled
		}
		return cmp.Or(o.Sent(), o.State)
	}
	return o.State
}

// sameOrder compares everything but how we came to know it.
func sameOrder(a, b commerce.Order) bool {
	a.FetchedAt, a.RemoteVersion, a.UpdatedAt = b.FetchedAt, b.RemoteVersion, b.UpdatedAt
	a.Requests, b.Requests = nil, nil
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
	if rank(told) > rank(stored) {
		return told
	}
	return stored
}

func rank(c commerce.Channel) int {
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
		l.Title = cmp.Or(l.Title, old.Title)
		l.Short = old.Short
		l.CancelledHere = min(old.CancelledHere, l.Quantity)
		l.Cancelled = max(l.Cancelled, l.CancelledHere)
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
// number, or by the id the marketplace gave; ours that are still on their way
// stay.
func mergeShipments(stored, told []commerce.Shipment) []commerce.Shipment {
	merged := slices.Clone(stored)
	for _, t := range told {
		i := slices.IndexFunc(merged, func(s commerce.Shipment) bool {
			if t.Remote != "" && s.Remote == t.Remote {
				return true
			}
			return strings.EqualFold(s.Tracking, t.Tracking) && (t.Tracking != "" || s.Remote == t.Remote)
		})
		if i < 0 {
			merged = append(merged, t)
			continue
		}
		s := &merged[i]
		s.Remote, s.Carrier = cmp.Or(t.Remote, s.Remote), cmp.Or(s.Carrier, t.Carrier)
		if !strings.EqualFold(s.Tracking, t.Tracking) {
			s.Tracking = cmp.Or(t.Tracking, s.Tracking)
		}
		s.State, s.Problem = commerce.SendDone, ""
	}
	return merged
}
