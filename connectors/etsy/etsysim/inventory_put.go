package etsysim

import (
	"encoding/json"
	"fmt"
)

// inventoryBody is the body of updateListingInventory. Pointers tell absent
// fields from zero ones.
type inventoryBody struct {
	Products    *[]productBody `json:"products"`
	PriceOn     []int64        `json:"price_on_property"`
	QuantityOn  []int64        `json:"quantity_on_property"`
	SKUOn       []int64        `json:"sku_on_property"`
	ReadinessOn []int64        `json:"readiness_state_on_property"`
}

type productBody struct {
	SKU       *string         `json:"sku"`
	Values    []valueBody     `json:"property_values"`
	Offerings *[]offeringBody `json:"offerings"`
}

type valueBody struct {
	PropertyID *int64    `json:"property_id"`
	Name       *string   `json:"property_name"`
	ScaleID    *int64    `json:"scale_id"`
	ValueIDs   *[]int64  `json:"value_ids"`
	Values     *[]string `json:"values"`
}

type offeringBody struct {
	Price     *decimal   `json:"price"`
	Quantity  *int64     `json:"quantity"`
	Enabled   *bool      `json:"is_enabled"`
	Readiness nullableID `json:"readiness_state_id"`
}

// decimal is a JSON number as it was written. A Money object, which is what
// reads return, is not taken.
type decimal string

func (d *decimal) UnmarshalJSON(raw []byte) error {
	if len(raw) == 0 || raw[0] < '0' || raw[0] > '9' {
		return fmt.Errorf("price must be a positive number")
	}
	*d = decimal(raw)
	return nil
}

// nullableID tells null from absent.
type nullableID struct {
	set bool
	id  *int64
}

func (n *nullableID) UnmarshalJSON(raw []byte) error {
	n.set = true
	return json.Unmarshal(raw, &n.id)
}

// putInventory replaces everything that can be bought: products left out are
// gone and all ids are new.
func putInventory(c *call) (reply, error) {
	old, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	c.query.oneOf("max_variations_supported", "2", []string{"2", "3"})
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	var body inventoryBody
	if err := c.decode(&body, true); err != nil {
		return reply{}, err
	}
	l := old
	if l.Inventory, err = c.readInventory(&old, body); err == nil {
		err = c.sim.Doubts.custom(l.Inventory)
	}
	if err != nil {
		return reply{}, err
	}
	// Etsy unlinks variation images on a write (issues 200 and 384 of
	// etsy/open-api): a client has to write them back.
	l.VariationImages = nil
	l.Modified = c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	return ok(c.sim.Doubts.inventory(l.Inventory.view(true)))
}

func (c *call) readInventory(l *listing, body inventoryBody) (inventory, error) {
	v := inventory{PriceOn: body.PriceOn, QuantityOn: body.QuantityOn, SKUOn: body.SKUOn, ReadinessOn: body.ReadinessOn}
	if body.Products == nil || len(*body.Products) == 0 {
		return v, invalid("products: at least one product is required")
	}
	kinds := l.properties()
	for i, b := range *body.Products {
		p, err := readProduct(b, kinds)
		if err == nil {
			err = c.checkReadiness(l, p.Readiness)
		}
		if err != nil {
			return v, at(fmt.Sprintf("products[%d]", i), err)
		}
		v.Products = append(v.Products, p)
	}
	if err := v.check(); err != nil {
		return v, err
	}
	v.Gone = l.Inventory.Products
	return v, c.numberProducts(v.Products)
}

func (c *call) numberProducts(products []product) (err error) {
	for i := range products {
		if products[i].ID, err = c.sim.newID(c.tx, tableProduct); err != nil {
			return err
		}
		if products[i].Offering, err = c.sim.newID(c.tx, tableOffering); err != nil {
			return err
		}
	}
	return nil
}

// properties are the ones the listing's category offers, by id.
func (l *listing) properties() map[int64]property {
	out := map[int64]property{}
	if n, known := findNode(taxonomy(), l.Taxonomy); known {
		for _, p := range propertiesOf(n) {
			out[p.ID] = p
		}
	}
	return out
}

// checkReadiness wants a processing profile on physical listings and none on
// digital ones. A listing that uses one cannot go back, a draft may lack it.
func (c *call) checkReadiness(l *listing, id *int64) error {
	if id == nil {
		inUse := len(l.Inventory.Products) > 0 && l.Inventory.Products[0].Readiness != nil
		if l.physical() && (inUse || l.State != stateDraft) {
			return invalid("readiness_state_id: a processing profile is required for physical listings")
		}
		return nil
	}
	if !l.physical() {
		return invalid("readiness_state_id: a processing profile is not allowed for digital listings")
	}
	var d readiness
	known, err := c.tx.Find(tableReadiness, key(*id), &d)
	if err == nil && !known {
		err = invalid("readiness_state_id: there is no processing profile %d in this shop", *id)
	}
	return err
}
