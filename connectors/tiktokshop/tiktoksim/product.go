package tiktoksim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// The states of a product and of its review, in the words of the wire.
const (
	draft       = "DRAFT"
	pending     = "PENDING"
	failed      = "FAILED"
	activate    = "ACTIVATE"
	deactivated = "SELLER_DEACTIVATED"
	blocked     = "PLATFORM_DEACTIVATED"
	frozen      = "FREEZE"
	deleted     = "DELETED"

	auditNone     = "NONE"
	auditing      = "AUDITING"
	auditFailed   = "FAILED"
	auditApproved = "APPROVED"
)

// product keeps what buyers see apart from what waits for review.
type product struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Audit  string `json:"audit"`
	// Live is what buyers see, or saw last.
	Live *content `json:"live,omitempty"`
	// Next is a draft, a revision under review, or a first revision that failed.
	Next    *content      `json:"next,omitempty"`
	Reasons []auditReason `json:"reasons,omitempty"`
	// Stock is per SKU id and warehouse; it belongs to no revision.
	Stock   map[string]map[string]level `json:"stock"`
	Created int64                       `json:"created"`
	Updated int64                       `json:"updated"`
}

// level is what can still be bought and what is sold but not yet shipped.
type level struct {
	Quantity  int `json:"quantity"`
	Committed int `json:"committed"`
}

type auditReason struct {
	Position    string   `json:"position"`
	Reasons     []string `json:"reasons"`
	Suggestions []string `json:"suggestions"`
	Platform    string   `json:"listing_platform"`
}

// base is the content a reader gets by default.
func (p *product) base() *content {
	if p.Live != nil {
		return p.Live
	}
	return p.Next
}

// latest is the content a partial edit starts from.
func (p *product) latest() *content {
	if p.Next != nil {
		return p.Next
	}
	return p.Live
}

func (p *product) onSale() bool { return p.Status == activate }

func (p *content) sku(id string) *sku {
	if p == nil {
		return nil
	}
	for i := range p.SKUs {
		if p.SKUs[i].ID == id {
			return &p.SKUs[i]
		}
	}
	return nil
}

// loadProduct finds a product that can be touched: 12052048 is the answer for
// one of another shop or of nobody.
func loadProduct(tx *simkit.Tx, id string) (*product, error) {
	var p product
	known, err := tx.Find("product", id, &p)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, reject(12052048, "The product %s is not listed in your shop.", id)
	}
	if p.Stock == nil {
		p.Stock = map[string]map[string]level{}
	}
	return &p, nil
}

// save stores a product and keeps the lookup by seller SKU in step.
func (c *call) save(p *product) error {
	p.Updated = c.unix()
	return saveProduct(c.tx, p)
}

func saveProduct(tx *simkit.Tx, p *product) error {
	var old product
	if _, err := tx.Find("product", p.ID, &old); err != nil {
		return err
	}
	before, after := old.sellerSKUs(), p.sellerSKUs()
	for _, code := range before {
		if !slices.Contains(after, code) {
			if err := tx.Delete("by-sku", code+"\x00"+p.ID); err != nil {
				return err
			}
		}
	}
	for _, code := range after {
		if err := tx.Put("by-sku", code+"\x00"+p.ID, p.ID); err != nil {
			return err
		}
	}
	return tx.Put("product", p.ID, p)
}

func (p *product) sellerSKUs() []string {
	var codes []string
	for _, revision := range []*content{p.Live, p.Next} {
		if revision == nil {
			continue
		}
		for _, v := range revision.SKUs {
			if !slices.Contains(codes, v.SellerSKU) {
				codes = append(codes, v.SellerSKU)
			}
		}
	}
	return codes
}

// productsWith lists the products that carry a seller SKU, oldest first.
func productsWith(tx *simkit.Tx, code string) ([]string, error) {
	var ids []string
	err := simkit.Each(tx, "by-sku", code+"\x00", func(_ string, id string) bool {
		ids = append(ids, id)
		return true
	})
	return ids, err
}

// settleSKUs gives ids to SKUs and to the attributes and values of the
// seller's own, and moves the quantities out of the revision into the stock.
// A SKU that names its id keeps price and stock where they are left out.
func (c *call) settleSKUs(p *product, next *content, k category) error {
	for i := range next.SKUs {
		v := &next.SKUs[i]
		if v.ID == "" {
			id, err := c.sim.newID(c.tx, "sku")
			if err != nil {
				return err
			}
			v.ID = id
		}
		for j := range v.Sales {
			v.Sales[j] = k.settle(v.Sales[j])
		}
		p.setStock(v.ID, v.Inventory)
		v.Inventory = nil
	}
	for id := range p.Stock {
		if next.sku(id) == nil && p.Live.sku(id) == nil {
			delete(p.Stock, id)
		}
	}
	return nil
}

// setStock replaces the quantities of a SKU; what is committed stays.
func (p *product) setStock(id string, list []stock) {
	if len(list) == 0 {
		return
	}
	levels := map[string]level{}
	for _, one := range list {
		levels[one.Warehouse] = level{Quantity: *one.Quantity, Committed: p.Stock[id][one.Warehouse].Committed}
	}
	p.Stock[id] = levels
}

func (c category) settle(a saleAttr) saleAttr {
	known, ok := c.attribute(a.ID)
	out := saleAttr{ID: a.key(), Name: a.Name, ValueID: a.valueKey(), ValueName: a.ValueName, Image: a.Image}
	if ok {
		out.Name = known.name
	}
	if v, ok := known.value(a.ValueID); ok {
		out.ValueName = v.name
	}
	return out
}

// inventory is the stock of a SKU in the order of the shop's warehouses.
func (p *product) inventory(sh shop, id string) []object {
	list := []object{}
	for _, w := range sh.Warehouses {
		if l, ok := p.Stock[id][w.ID]; ok {
			list = append(list, object{"warehouse_id": w.ID, "quantity": l.Quantity})
		}
	}
	return list
}

func (p *product) available(id string) (n int) {
	for _, l := range p.Stock[id] {
		n += l.Quantity
	}
	return n
}

// forbiddenPhrase is the first phrase of the list that the revision contains.
func (s *Sim) forbiddenPhrase(c *content) (position, phrase string) {
	for _, phrase := range s.ForbiddenPhrases {
		for _, part := range []struct{ position, text string }{{"Title", c.Title}, {"Description", c.Description}} {
			if strings.Contains(strings.ToLower(part.text), strings.ToLower(phrase)) {
				return part.position, phrase
			}
		}
	}
	return "", ""
}

// skuName joins the sales attribute values, as orders print them.
func (v *sku) name() string {
	var parts []string
	for _, a := range v.Sales {
		parts = append(parts, a.ValueName)
	}
	if len(parts) == 0 {
		return "Default"
	}
	return strings.Join(parts, ", ")
}

// cloneContent copies what an edit may change in place.
func cloneContent(c *content) *content {
	if c == nil {
		return nil
	}
	out := *c
	out.SKUs = slices.Clone(c.SKUs)
	return &out
}

func productKey(created int64, id string) string { return fmt.Sprintf("%020d/%s", created, id) }
