package tiktoksim

import (
	"errors"

	"github.com/manystall/manystall/connectors/simkit"
)

type numbersBody struct {
	SKUs []skuNumbers `json:"skus"`
}

type skuNumbers struct {
	ID        string  `json:"id"`
	Price     *price  `json:"price"`
	Inventory []stock `json:"inventory"`
}

// numbered loads a live product and the body of a price or inventory update.
func (c *call) numbered() (*product, numbersBody, error) {
	in, err := decode[numbersBody](c)
	if err != nil {
		return nil, in, err
	}
	p, err := loadProduct(c.tx, c.req.PathValue("product_id"))
	if err != nil {
		return nil, in, err
	}
	if p.Status != activate {
		return nil, in, wrongState(p)
	}
	if len(in.SKUs) == 0 {
		return nil, in, reject(12052902, "The SKU list is empty.")
	}
	seen := map[string]bool{}
	for _, v := range in.SKUs {
		if v.ID == "" {
			return nil, in, reject(12052036, "The SKU id is necessary.")
		}
		if seen[v.ID] {
			return nil, in, reject(12052553, "The SKU id %s is given twice.", v.ID)
		}
		seen[v.ID] = true
	}
	return p, in, nil
}

// updatePrices changes all of the named prices or none.
func updatePrices(c *call) (any, error) {
	p, in, err := c.numbered()
	if err != nil {
		return nil, err
	}
	for _, v := range in.SKUs {
		if v.Price == nil {
			return nil, invalid("param body.skus.price is missing")
		}
		if _, err := checkPrice(*v.Price); err != nil {
			return nil, err
		}
		old := p.Live.sku(v.ID)
		if old == nil {
			return nil, reject(12052557, "The SKU id %s does not belong to the product.", v.ID)
		}
		old.Price = v.Price
		if next := p.Next.sku(v.ID); next != nil {
			next.Price = v.Price
		}
	}
	return object{}, c.save(p)
}

// updateInventory sets absolute quantities SKU by SKU; those that are refused
// are listed in data.errors while the call as a whole succeeds.
func updateInventory(c *call) (any, error) {
	p, in, err := c.numbered()
	if err != nil {
		return nil, err
	}
	problems := []object{}
	for _, v := range in.SKUs {
		extra, err := c.checkLevels(p, v)
		if err != nil {
			return nil, err
		}
		if extra != nil {
			problems = append(problems, object{"code": 12052990, "message": "Check failed", "detail": object{"sku_id": v.ID, "extra_errors": []object{extra}}})
			continue
		}
		p.setStock(v.ID, v.Inventory)
	}
	if err := c.save(p); err != nil || len(problems) == 0 {
		return object{}, err
	}
	return object{"errors": problems}, nil
}

// checkLevels says in the words of extra_errors what is wrong with a SKU.
func (c *call) checkLevels(p *product, v skuNumbers) (object, error) {
	err := c.checkInventory(v.Inventory)
	if p.Live.sku(v.ID) == nil {
		err = reject(12052556, "The SKU id %s does not exist.", v.ID)
	}
	missing := ""
	for id := range p.Stock[v.ID] {
		if err == nil && !names(v.Inventory, id) {
			missing, err = id, reject(12019028, "Several warehouses hold this SKU: name all of them.")
		}
	}
	var r *refusal
	if !errors.As(err, &r) {
		return nil, err
	}
	extra := object{"code": r.code, "message": r.message}
	if missing == "" && len(v.Inventory) > 0 {
		missing = v.Inventory[0].Warehouse
	}
	if missing != "" {
		extra["warehouse_id"] = missing
	}
	return extra, nil
}

func names(list []stock, warehouse string) bool {
	for _, one := range list {
		if one.Warehouse == warehouse {
			return true
		}
	}
	return false
}

type inventoryFilter struct {
	Products []string `json:"product_ids"`
	SKUs     []string `json:"sku_ids"`
}

// searchInventory: when both lists are given, the SKUs win.
func searchInventory(c *call) (any, error) {
	in, err := decode[inventoryFilter](c)
	if err != nil {
		return nil, err
	}
	if len(in.Products) > 100 || len(in.SKUs) > 600 {
		return nil, invalid("param body is invalid: at most 100 product_ids or 600 sku_ids are accepted")
	}
	if len(in.Products)+len(in.SKUs) == 0 {
		return nil, invalid("param body.product_ids or body.sku_ids is missing")
	}
	wantSKU, wantProduct := set(in.SKUs), set(in.Products)
	list := []object{}
	err = simkit.Each(c.tx, "product", "", func(_ string, p product) bool {
		if len(wantSKU) == 0 && !wantProduct[p.ID] || p.Status == deleted {
			return true
		}
		if skus := c.inventoryViews(&p, wantSKU); len(skus) > 0 {
			list = append(list, object{"product_id": p.ID, "skus": skus})
		}
		return true
	})
	return object{"inventory": list}, err
}

func (c *call) inventoryViews(p *product, want map[string]bool) []object {
	skus := []object{}
	for _, v := range p.base().SKUs {
		if len(want) > 0 && !want[v.ID] {
			continue
		}
		places, quantity, committed := []object{}, 0, 0
		for _, w := range c.shop.Warehouses {
			if l, ok := p.Stock[v.ID][w.ID]; ok {
				places = append(places, object{"warehouse_id": w.ID, "available_quantity": l.Quantity, "committed_quantity": l.Committed})
				quantity, committed = quantity+l.Quantity, committed+l.Committed
			}
		}
		skus = append(skus, object{
			"id": v.ID, "seller_sku": v.SellerSKU, "total_available_quantity": quantity, "total_committed_quantity": committed,
			"warehouse_inventory": places, "total_available_inventory_distribution": object{"in_shop_inventory": object{"quantity": quantity}},
		})
	}
	return skus
}

func set(ids []string) map[string]bool {
	m := map[string]bool{}
	for _, id := range ids {
		m[id] = true
	}
	return m
}
