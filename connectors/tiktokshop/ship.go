package tiktokshop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// Ship tells TikTok of a parcel that the seller sent with a carrier of their
// own. Orders that TikTok ships itself are refused with the reason.
func (c *Connector) Ship(ctx context.Context, s channel.Shipping) (channel.Sent, error) {
	o, err := c.detail(ctx, s.Order.Remote)
	if err != nil {
		return channel.Sent{}, err
	}
	if o.ShippingType == "TIKTOK" {
		return channel.Sent{}, fault.Refused(fault.Rejected, commerce.Problem{
			Channel: commerce.TikTok, Rule: "shipped_by_tiktok", Field: "carrier", Value: channel.Cut(s.Shipment.Carrier),
			Fix: "TikTok ships this order itself: print its label in Seller Center.",
		})
	}
	carrier, err := c.carrier(ctx, o, s.Shipment.Carrier)
	if err != nil {
		return channel.Sent{}, err
	}
	units := openUnits(o, s.Shipment.Lines, isShipped)
	if len(units) == 0 {
		return c.shippedBefore(ctx, s, fault.New(fault.Rejected, api.CodeShipped, "TikTok has nothing left to ship of these lines."))
	}
	pkg, err := c.api.Ship(ctx, string(o.ID), api.Parcel{Lines: units, Tracking: s.Shipment.Tracking, Provider: carrier})
	if f := fault.Of(err); f != nil && f.Code == api.CodeShipped {
		return c.shippedBefore(ctx, s, fault.New(fault.Rejected, api.CodeShipped, "TikTok says that these pieces are shipped already, with another tracking number."))
	}
	if err != nil {
		return channel.Sent{}, fmt.Errorf("ship order %s: %w", o.ID, err)
	}
	return channel.Sent{Remote: commerce.RemoteID(pkg), At: c.env.Now()}, nil
}

// shippedBefore is success when the parcel is there already, else refusal.
func (c *Connector) shippedBefore(ctx context.Context, s channel.Shipping, refusal error) (channel.Sent, error) {
	sent, found, err := c.FindShipment(ctx, s)
	if err != nil {
		return channel.Sent{}, err
	}
	if !found {
		return channel.Sent{}, refusal
	}
	return sent, nil
}

// FindShipment looks for the tracking number on the order.
func (c *Connector) FindShipment(ctx context.Context, s channel.Shipping) (channel.Sent, bool, error) {
	o, err := c.detail(ctx, s.Order.Remote)
	if err != nil {
		return channel.Sent{}, false, err
	}
	for _, l := range o.Lines {
		if l.Tracking != "" && strings.EqualFold(l.Tracking, s.Shipment.Tracking) {
			return channel.Sent{Remote: commerce.RemoteID(l.Package), At: at(l.Shipped)}, true, nil
		}
	}
	return channel.Sent{}, false, nil
}

// openUnits are the units of lines (all when none is named) that are neither
// cancelled nor done.
func openUnits(o api.Order, lines []string, done func(status string) bool) []string {
	var units []string
	for _, l := range o.Lines {
		if isCancelled(l.Status) || done(l.Status) || (len(lines) > 0 && !slices.Contains(lines, lineID(l))) {
			continue
		}
		units = append(units, string(l.ID))
	}
	return units
}

// carrier finds TikTok's id of a carrier by its name.
func (c *Connector) carrier(ctx context.Context, o api.Order, name string) (string, error) {
	all, err := c.carriers.of(string(o.Delivery), func() ([]api.Provider, error) { return c.api.ListProviders(ctx, string(o.Delivery)) })
	if err != nil {
		return "", err
	}
	var known []string
	for _, p := range all {
		if sameCarrier(p.Name, name) || string(p.ID) == name {
			return string(p.ID), nil
		}
		known = append(known, p.Name)
	}
	return "", fault.Refused(fault.Rejected, commerce.Problem{
		Channel: commerce.TikTok, Rule: "carrier_unknown", Field: "carrier", Value: channel.Cut(name), Allowed: channel.Cut(strings.Join(known, ", ")),
		Fix: "Choose one of the carriers TikTok knows for this order.",
	})
}

// sameCarrier ignores case, spaces and signs: "DHL eCommerce" is "dhl-ecommerce".
func sameCarrier(a, b string) bool {
	return plainCarrier(a) != "" && plainCarrier(a) == plainCarrier(b)
}

func plainCarrier(name string) string {
	return strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, strings.ToLower(name))
}
