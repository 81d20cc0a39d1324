package etsysim

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// shipmentBody is the body of createReceiptShipment. What this simulator has no
// use for is checked for its type alone.
type shipmentBody struct {
	Code             *string      `json:"tracking_code"`
	Carrier          *string      `json:"carrier_name"`
	BCC              *bool        `json:"send_bcc"`
	Note             *string      `json:"note_to_buyer"`
	MailClass        *string      `json:"mail_class"`
	Weight           *json.Number `json:"weight"`
	WeightUnits      *string      `json:"weight_units"`
	Length           *json.Number `json:"length"`
	Width            *json.Number `json:"width"`
	Height           *json.Number `json:"height"`
	DimensionUnits   *string      `json:"dimension_units"`
	LabelCost        *json.Number `json:"shipping_label_cost"`
	LabelCurrency    *string      `json:"shipping_label_currency"`
	RevenueEligible  *string      `json:"revenue_eligibility"`
	ShipFromCountry  *string      `json:"ship_from_country"`
	ShipToCountry    *string      `json:"ship_to_country"`
	Incoterm         *string      `json:"incoterm"`
	DutyAmount       *json.Number `json:"duty_amount"`
	DutyCurrency     *string      `json:"duty_currency"`
	ShipDate         *string      `json:"ship_date"`
	CustomsData      []customs    `json:"customs_data"`
	trimmedCode      string
	trimmedCarrier   string
	hasCode, hasName bool
}

type customs struct {
	Country *string      `json:"country_of_origin"`
	Value   *json.Number `json:"declared_value"`
	HSCode  *string      `json:"HS_code"`
}

// Mail is a message Etsy sent to a buyer about a parcel.
type Mail struct {
	Receipt int64  `json:"receipt"`
	Buyer   string `json:"buyer"`
	Carrier string `json:"carrier"`
	Code    string `json:"code"`
	Note    string `json:"note"`
	BCC     bool   `json:"bcc"` // a copy went to the seller
}

// trackedFrom is the order value in cents above which an order inside the
// United States needs a tracking code [spec].
const trackedFrom = 1000

// createShipment stores a parcel and mails the buyer, each time anew.
func createShipment(c *call) (reply, error) {
	if c.sim.Restricted {
		return reply{}, refuse(http.StatusForbidden, "This application does not have access to this resource")
	}
	r, err := c.receipt()
	if err != nil {
		return reply{}, err
	}
	var body shipmentBody
	if err := c.decode(&body, false); err != nil {
		return reply{}, err
	}
	if err := body.check(&r); err != nil {
		return reply{}, err
	}
	if body.hasCode {
		id, err := c.sim.newID(c.tx, tableShipment)
		if err != nil {
			return reply{}, err
		}
		r.Parcels = append(r.Parcels, shipment{ID: id, Notified: c.unix(), Carrier: body.trimmedCarrier, Code: body.trimmedCode})
	}
	if err := c.markShipped(&r, true); err != nil {
		return reply{}, err
	}
	if err := saveReceipt(c.tx, &r, c.unix()); err != nil {
		return reply{}, err
	}
	if err := c.mail(&r, &body); err != nil {
		return reply{}, err
	}
	return ok(c.sim.receiptView(&r))
}

func (b *shipmentBody) check(r *receipt) error {
	b.trimmedCode, b.hasCode = trimmed(b.Code)
	b.trimmedCarrier, b.hasName = trimmed(b.Carrier)
	switch {
	case r.Canceled != 0:
		return conflict("The receipt %d is canceled", r.ID)
	case b.hasCode != b.hasName:
		return invalid("tracking_code and carrier_name must be sent together")
	case !b.hasCode && r.subtotal()+shippingCost > trackedFrom:
		return invalid("tracking_code and carrier_name are required for orders over $10 within the United States")
	case b.hasName && !knownCarrier(b.trimmedCarrier):
		return invalid("carrier_name: '%s' is not a known carrier, use '%s'", cut(b.trimmedCarrier, 40), otherCarrier)
	case len(b.trimmedCode) > 100:
		return invalid("tracking_code: the code is too long")
	}
	return nil
}

func trimmed(s *string) (string, bool) {
	if s == nil {
		return "", false
	}
	t := strings.TrimSpace(*s)
	return t, t != ""
}

func (c *call) mail(r *receipt, b *shipmentBody) error {
	n, err := c.tx.Next(tableMail)
	if err != nil {
		return err
	}
	note, _ := trimmed(b.Note)
	return c.tx.Put(tableMail, key(int64(n)), Mail{
		Receipt: r.ID, Buyer: r.Buyer, Carrier: b.trimmedCarrier, Code: b.trimmedCode, Note: note, BCC: b.BCC != nil && *b.BCC,
	})
}

// Mails are the shipping mails sent so far, oldest first.
func (s *Sim) Mails(context.Context) (all []Mail, err error) {
	err = s.env.Store.View(func(tx *simkit.Tx) error {
		return simkit.Each(tx, tableMail, "", func(_ string, m Mail) bool {
			all = append(all, m)
			return true
		})
	})
	return all, err
}
