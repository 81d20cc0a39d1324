package etsysim

import (
	"fmt"
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

// shop is the seeded shop with what a seller sets up before the first listing.
type shop struct {
	ID              int64  `json:"id"`
	UserID          int64  `json:"user_id"`
	Name            string `json:"name"`
	ShippingProfile int64  `json:"shipping_profile"`
	ReturnPolicy    int64  `json:"return_policy"`
	Created         int64  `json:"created"`
	Sold            int64  `json:"sold"` // transactions
}

// openShop reads the shop, and makes it the first time.
func openShop(env simkit.Env) (sh shop, err error) {
	err = env.Store.Update(func(tx *simkit.Tx) error {
		known, err := tx.Find(tableShop, "shop", &sh)
		if err != nil || known {
			return err
		}
		sh = newShop(env)
		if err := tx.Put(tableShop, "shop", sh); err != nil {
			return err
		}
		for _, d := range newReadiness(env.Seed) {
			if err := tx.Put(tableReadiness, key(d.ID), d); err != nil {
				return err
			}
		}
		return nil
	})
	return sh, err
}

func newShop(env simkit.Env) shop {
	id := func(what string, first int64) int64 { return first + int64(spread(env.Seed, what)%9_000_000) }
	return shop{
		ID: id("shop", 41_000_000), UserID: id("user", 610_000_000), Name: "Manystall Demo",
		ShippingProfile: id("shipping", 170_000_000_000), ReturnPolicy: id("returns", 1_100_000_000),
		Created: env.Now().Unix(),
	}
}

func ping(c *call) (reply, error) {
	return ok(map[string]int64{"application_id": 1_000_000 + int64(spread(c.sim.env.Seed, "application")%1_000_000)})
}

func me(c *call) (reply, error) {
	return ok(map[string]int64{"user_id": c.sim.shop.UserID, "shop_id": c.sim.shop.ID})
}

func oneShop(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	return c.shopView()
}

func shopOfUser(c *call) (reply, error) {
	id, err := c.id("user_id")
	if err != nil {
		return reply{}, err
	}
	if id != c.sim.shop.UserID {
		return reply{}, refuse(http.StatusNotFound, "Could not find a Shop for the user %d", id)
	}
	return c.shopView()
}

// shopView is Etsy's Shop. A map, because most of its fields never vary here.
func (c *call) shopView() (reply, error) {
	var sh shop
	if _, err := c.tx.Find(tableShop, "shop", &sh); err != nil {
		return reply{}, err
	}
	active := 0
	err := simkit.Each(c.tx, tableFace, "", func(_ string, f face) bool {
		if f.State == stateActive {
			active++
		}
		return true
	})
	if err != nil {
		return reply{}, err
	}
	reviews, average, err := c.rating()
	if err != nil {
		return reply{}, err
	}
	v := shopConstants()
	for name, value := range map[string]any{
		"shop_id": sh.ID, "user_id": sh.UserID, "shop_name": sh.Name, "title": sh.Name,
		"create_date": sh.Created, "created_timestamp": sh.Created,
		"update_date": sh.Created, "updated_timestamp": sh.Created, "policy_update_date": sh.Created,
		"listing_active_count": active, "login_name": fmt.Sprintf("demo%d", sh.UserID),
		"url":                    c.sim.env.URL + "/shop/ManystallDemo",
		"transaction_sold_count": sh.Sold, "review_count": reviews, "review_average": average,
	} {
		v[name] = value
	}
	return ok(v)
}

func shopConstants() map[string]any {
	v := map[string]any{
		"currency_code": currency, "is_vacation": false, "digital_listing_count": 0, "num_favorers": 0,
		"accepts_custom_requests": false, "policy_has_private_receipt_info": false,
		"has_unstructured_policies": false, "languages": []string{"en-US"},
		"is_using_structured_policies": true, "has_onboarded_structured_policies": true,
		"include_dispute_form_link": false, "is_direct_checkout_onboarded": true,
		"is_etsy_payments_onboarded": true, "is_calculated_eligible": true,
		"is_opted_in_to_buyer_promise": false, "is_shop_us_based": true,
		"shipping_from_country_iso": "US", "shop_location_country_iso": "US",
	}
	for _, empty := range []string{
		"announcement", "vacation_message", "sale_message", "digital_sale_message", "policy_welcome",
		"policy_payment", "policy_shipping", "policy_refunds", "policy_additional", "policy_seller_info",
		"policy_privacy", "vacation_autoreply", "image_url_760x100", "icon_url_fullxfull",
	} {
		v[empty] = nil
	}
	return v
}

func shippingProfiles(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	return ok(page{1, []any{c.shippingProfile()}})
}

// shippingProfile ships from the US to the US, complete as activation wants it.
func (c *call) shippingProfile() map[string]any {
	sh := c.sim.shop
	destination := map[string]any{
		"shipping_profile_destination_id": sh.ShippingProfile + 1, "shipping_profile_id": sh.ShippingProfile,
		"origin_country_iso": "US", "destination_country_iso": "US", "destination_region": "none",
		"primary_cost": usd(shippingCost), "secondary_cost": usd(0), "shipping_carrier_id": 1,
		"mail_class": "USPS_GROUND_ADVANTAGE", "min_delivery_days": 2, "max_delivery_days": 5,
	}
	return map[string]any{
		"shipping_profile_id": sh.ShippingProfile, "title": "Standard", "user_id": sh.UserID,
		"origin_country_iso": "US", "is_deleted": false, "origin_postal_code": "11201",
		"profile_type": "manual", "domestic_handling_fee": 0, "international_handling_fee": 0,
		"shipping_profile_destinations": []any{destination}, "shipping_profile_upgrades": []any{},
	}
}

func returnPolicies(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	return ok(page{1, []any{map[string]any{
		"return_policy_id": c.sim.shop.ReturnPolicy, "shop_id": c.sim.shop.ID,
		"accepts_returns": true, "accepts_exchanges": false, "return_deadline": 30,
	}}})
}
