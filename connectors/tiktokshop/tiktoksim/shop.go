package tiktoksim

import (
	"fmt"
	"math/rand/v2"

	"github.com/manystall/manystall/connectors/simkit"
)

// shop is the seller and the one shop of the seller.
type shop struct {
	ID         string      `json:"id"`
	Cipher     string      `json:"cipher"`
	Code       string      `json:"code"`
	Name       string      `json:"name"`
	Region     string      `json:"region"`
	Currency   string      `json:"currency"`
	Seller     string      `json:"seller"`
	OpenID     string      `json:"open_id"`
	IMUser     string      `json:"im_user"`
	Warehouses []warehouse `json:"warehouses"`
	Delivery   string      `json:"delivery"` // id of the delivery option
	Accepts    bool        `json:"accepts"`  // the agent takes chats
}

type warehouse struct {
	ID      string `json:"id"`
	Entity  string `json:"entity"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Default bool   `json:"default"`
}

const (
	salesWarehouse  = "SALES_WAREHOUSE"
	returnWarehouse = "RETURN_WAREHOUSE"
)

// found writes the shop at the first start.
func (s *Sim) found(tx *simkit.Tx) error {
	var sh shop
	if known, err := tx.Find("shop", "shop", &sh); err != nil || known {
		return err
	}
	r := rand.New(rand.NewPCG(s.env.Seed, 7))
	id := func(first uint64) string { return fmt.Sprint(first + r.Uint64N(1_000_000_000)) }
	sh = shop{
		ID: id(7_494_049_000_000_000_000), Cipher: fmt.Sprintf("ROW_%x-%x_Aw", r.Uint64(), r.Uint64()), Code: fmt.Sprintf("USLC%06d", r.Uint64N(1_000_000)),
		Name: "Marigold Lane", Region: "US", Currency: "USD", Seller: "Marigold Lane LLC",
		OpenID: fmt.Sprintf("7ymDpQAAAA%x", r.Uint64()), IMUser: id(7_494_560_000_000_000_000), Delivery: id(7_091_146_000_000_000_000),
		Accepts: true,
	}
	sh.Warehouses = []warehouse{
		{ID: id(7_068_517_000_000_000_000), Entity: id(7_395_366_000_000_000_000), Name: "Main warehouse", Type: salesWarehouse, Default: true},
		{ID: id(7_068_518_000_000_000_000), Entity: id(7_395_367_000_000_000_000), Name: "Returns desk", Type: returnWarehouse},
	}
	return tx.Put("shop", "shop", sh)
}

// AddWarehouse gives the shop one more sales warehouse and returns its id.
func (s *Sim) AddWarehouse(name string) (string, error) {
	var id string
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		sh, err := loadShop(tx)
		if err != nil {
			return err
		}
		if id, err = s.newID(tx, "warehouse"); err != nil {
			return err
		}
		sh.Warehouses = append(sh.Warehouses, warehouse{ID: id, Entity: id, Name: name, Type: salesWarehouse})
		return tx.Put("shop", "shop", sh)
	})
	return id, err
}

func loadShop(tx *simkit.Tx) (shop, error) {
	var sh shop
	_, err := tx.Find("shop", "shop", &sh)
	return sh, err
}

// Shop is the id and the cipher of the shop: what webhooks and what API calls
// name it by.
func (s *Sim) Shop() (id, cipher string, err error) {
	sh, _, err := s.consentFacts()
	return sh.ID, sh.Cipher, err
}

func (s *Sim) consentFacts() (sh shop, scopes []string, err error) {
	err = s.env.Store.View(func(tx *simkit.Tx) error {
		if sh, err = loadShop(tx); err != nil {
			return err
		}
		scopes, err = s.grantedScopes(tx)
		return err
	})
	return sh, scopes, err
}

func (sh shop) warehouse(id string) (warehouse, bool) {
	for _, w := range sh.Warehouses {
		if w.ID == id {
			return w, true
		}
	}
	return warehouse{}, false
}

func authorizedShops(c *call) (any, error) {
	return object{"shops": []object{{
		"id": c.shop.ID, "name": c.shop.Name, "region": c.shop.Region, "seller_type": "LOCAL", "cipher": c.shop.Cipher, "code": c.shop.Code,
	}}}, nil
}

func activeShops(c *call) (any, error) {
	return object{"shops": []object{{"id": c.shop.ID, "region": c.shop.Region}}}, nil
}

// listWarehouses spells the district the way the wire does.
func listWarehouses(c *call) (any, error) {
	list := []object{}
	for _, w := range c.shop.Warehouses {
		list = append(list, object{
			"id": w.ID, "entity_id": w.Entity, "name": w.Name, "effect_status": "ENABLED", "type": w.Type,
			"sub_type": "DOMESTIC_WAREHOUSE", "is_default": w.Default,
			"address": object{
				"region": "United States", "region_code": "US", "state": "Oregon", "city": "Portland", "distict": "Multnomah", "town": "",
				"contact_person": "Warehouse desk", "postal_code": "97201", "full_address": "12 Foundry Way, Portland, Oregon 97201",
				"phone_number": "(+1)503*****10", "address_line1": "12 Foundry Way", "address_line2": "",
				"geolocation": object{"latitude": "45.5152", "longitude": "-122.6784"},
			},
		})
	}
	return object{"warehouses": list}, nil
}

func listDeliveryOptions(c *call) (any, error) {
	if _, ok := c.shop.warehouse(c.req.PathValue("warehouse_id")); !ok {
		return nil, invalid("param warehouse_id is invalid")
	}
	return object{"delivery_options": []object{{
		"id": c.shop.Delivery, "name": deliveryName, "type": "STANDARD", "description": "Shipped by the seller",
		"dimension_limit": object{"max_height": 108, "max_length": 108, "max_width": 108, "unit": "INCH"},
		"weight_limit":    object{"max_weight": 150, "min_weight": 0, "unit": "POUND"}, "platform": []string{"TIKTOK_SHOP"},
	}}}, nil
}

const deliveryName = "Standard shipping"

type provider struct{ id, name string }

func providers() []provider {
	return []provider{
		{"7117858858072016686", "USPS"}, {"7117858858072016687", "UPS"}, {"7117858858072016688", "FedEx"},
		{"7117858858072016689", "DHL eCommerce"}, {"7117858858072016690", "OnTrac"},
	}
}

func providerName(id string) (string, bool) {
	for _, p := range providers() {
		if p.id == id {
			return p.name, true
		}
	}
	return "", false
}

func listProviders(c *call) (any, error) {
	if c.req.PathValue("delivery_option_id") != c.shop.Delivery {
		return nil, reject(21008116, "The shop has no such delivery option.")
	}
	list := []object{}
	for _, p := range providers() {
		list = append(list, object{"id": p.id, "name": p.name})
	}
	return object{"shipping_providers": list}, nil
}

// prerequisites: a founded shop has everything it needs.
func prerequisites(*call) (any, error) {
	list := []object{}
	for _, item := range []string{"SHOP_STATUS", "SHOP_TAX", "PICKUP_WAREHOUSE", "RETURN_WAREHOUSE", "DELIVERY_OPTION", "SHIPPING_TEMPLATE", "PRODUCT_QUANTITY_LIMIT", "CONTACT_INFO"} {
		list = append(list, object{"check_item": item, "is_failed": false, "fail_reasons": []string{}})
	}
	return object{"check_results": list}, nil
}
