package etsy

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// otherCarrier is Etsy's name for a carrier it does not know.
const otherCarrier = "other"

// Ship implements channel.Shipper. Etsy marks the whole order as shipped and
// mails the buyer each time it is told; parts of an order have no parcel of
// their own there.
func (c *Connector) Ship(ctx context.Context, s channel.Shipping) (channel.Sent, error) {
	id := numeric(s.Order.Remote)
	if id == 0 {
		return channel.Sent{}, fault.New(fault.Invalid, "no_receipt", "Order %s is not an Etsy order.", s.Order.Number)
	}
	body := api.ShipmentBody{Note: s.Shipment.Note, Code: strings.TrimSpace(s.Shipment.Tracking)}
	if body.Code != "" { // code and carrier go together
		name, err := c.carrier(ctx, s.Shipment.Carrier)
		if err != nil {
			return channel.Sent{}, fmt.Errorf("find carrier: %w", err)
		}
		body.Carrier = name
	}
	r, err := c.in(port.LaneShipment).CreateShipment(ctx, id, body)
	if err != nil {
		return channel.Sent{}, fmt.Errorf("tell Etsy of a parcel of receipt %d: %w", id, err)
	}
	sent, found := parcelOf(r, s.Shipment)
	if !found {
		sent.At = c.env.Now()
	}
	return sent, nil
}

// FindShipment implements channel.Shipper: it looks for the parcel on the
// receipt.
func (c *Connector) FindShipment(ctx context.Context, s channel.Shipping) (channel.Sent, bool, error) {
	id := numeric(s.Order.Remote)
	if id == 0 {
		return channel.Sent{}, false, nil
	}
	r, err := c.in(port.LaneShipment).Receipt(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return channel.Sent{}, false, nil
	}
	if err != nil {
		return channel.Sent{}, false, fmt.Errorf("look for a parcel on receipt %d: %w", id, err)
	}
	sent, found := parcelOf(r, s.Shipment)
	return sent, found, nil
}

// parcelOf finds a parcel by its tracking number. Without one the receipt is
// only marked as shipped.
func parcelOf(r api.Receipt, want commerce.Shipment) (channel.Sent, bool) {
	code := compact(want.Tracking)
	if code == "" {
		return channel.Sent{At: unix(updatedOf(r))}, r.IsShipped
	}
	for _, p := range r.Shipments {
		if compact(text(p.Code)) != code {
			continue
		}
		sent := channel.Sent{At: unix(cmp.Or(p.Notified, updatedOf(r)))}
		if p.ID != nil {
			sent.Remote = remote(*p.ID)
		}
		return sent, true
	}
	return channel.Sent{}, false
}

// compact makes tracking numbers comparable.
func compact(code string) string {
	return strings.ToUpper(strings.Join(strings.Fields(code), ""))
}

// carrier is Etsy's name of a carrier, "other" if it has none.
func (c *Connector) carrier(ctx context.Context, name string) (string, error) {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(" -_.", r) {
				return -1
			}
			return r
		}, strings.ToLower(s))
	}
	if plain(name) == "" || plain(name) == otherCarrier {
		return otherCarrier, nil
	}
	known, err := keep(c, func(s *shelf) *[]api.Carrier { return &s.carriers }, func(all []api.Carrier) bool { return all == nil },
		func() ([]api.Carrier, error) { return c.readCarriers(ctx) })
	if err != nil {
		return "", err
	}
	for _, k := range known {
		if plain(k.Name) == plain(name) {
			return k.Name, nil
		}
	}
	return otherCarrier, nil
}

func (c *Connector) readCarriers(ctx context.Context) ([]api.Carrier, error) {
	country := c.settings.Country
	if country == "" {
		shop, err := c.in(port.LaneShipment).ThisShop(ctx)
		if err != nil {
			return nil, err
		}
		country = shop.Country
	}
	if country == "" {
		return []api.Carrier{}, nil
	}
	return c.in(port.LaneShipment).Carriers(ctx, strings.ToUpper(country))
}
