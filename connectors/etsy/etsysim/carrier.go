package etsysim

import (
	"slices"
	"strings"
)

type carrier struct {
	ID            int64       `json:"shipping_carrier_id"`
	Name          string      `json:"name"`
	Domestic      []mailClass `json:"domestic_classes"`
	International []mailClass `json:"international_classes"`
}

type mailClass struct {
	Key  string `json:"mail_class_key"`
	Name string `json:"name"`
}

// otherCarrier is the name for a carrier that Etsy does not know.
const otherCarrier = "other"

func carriers() []carrier {
	return []carrier{
		{1, "USPS",
			[]mailClass{{"USPS_GROUND_ADVANTAGE", "USPS Ground Advantage"}, {"USPS_PRIORITY_MAIL", "USPS Priority Mail"}},
			[]mailClass{{"USPS_FIRST_CLASS_INTERNATIONAL", "USPS First-Class Package International"}}},
		{2, "FedEx", []mailClass{{"FEDEX_GROUND", "FedEx Ground"}}, []mailClass{{"FEDEX_INTERNATIONAL_PRIORITY", "FedEx International Priority"}}},
		{3, "UPS", []mailClass{{"UPS_GROUND", "UPS Ground"}}, []mailClass{{"UPS_WORLDWIDE_EXPEDITED", "UPS Worldwide Expedited"}}},
		{4, "DHL", []mailClass{}, []mailClass{{"DHL_EXPRESS_WORLDWIDE", "DHL Express Worldwide"}}},
		{5, "Royal Mail", []mailClass{}, []mailClass{{"ROYAL_MAIL_TRACKED", "Royal Mail International Tracked"}}},
	}
}

func shippingCarriers(c *call) (reply, error) {
	c.query.need("origin_country_iso")
	country := c.query.text("origin_country_iso")
	if len(country) != 2 || strings.ToUpper(country) != country {
		c.query.fail("origin_country_iso must be an ISO 3166-1 alpha-2 code")
	}
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	all := carriers()
	return ok(page{len(all), all})
}

// knownCarrier compares without regard to case, and takes spaces for hyphens
// as the seller pages write them.
func knownCarrier(name string) bool {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", " ") }
	return plain(name) == otherCarrier || slices.ContainsFunc(carriers(), func(c carrier) bool { return plain(c.Name) == plain(name) })
}
