package tiktokshop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// writeStock sets all quantities of a product on sale in one call. Refused
// SKUs are named in a successful answer.
func (j *job) writeStock(ctx context.Context) error {
	for learnt := false; ; learnt = true {
		if len(j.m.places()) == 0 {
			if err := j.place(ctx, j.ch.Defaults, j.m); err != nil {
				return err
			}
		}
		levels := j.levels()
		if len(levels) == 0 {
			return nil
		}
		parts, err := j.api.UpdateInventory(ctx, string(j.ch.Listing.Remote), levels)
		codes, problems, err := j.stockProblems(parts, err)
		switch {
		case err != nil:
			return fmt.Errorf("write stock of product %s: %w", j.ch.Listing.Remote, err)
		case slices.Contains(codes, api.CodeWarehouses) && !learnt:
			if err := j.learnPlaces(ctx); err != nil {
				return err
			}
			continue
		case slices.Contains(codes, api.CodeZero) && j.total() == 0:
			return j.switchOff(ctx, offZero)
		case slices.Contains(codes, api.CodeZero):
			return j.leaveOut(ctx)
		}
		j.problems = append(j.problems, problems...)
		return nil
	}
}

// levels are the wanted quantities of the variants TikTok has. Of variants that
// were taken out nothing is left: they can be bought until the edit that
// removes them is reviewed.
func (j *job) levels() []api.Levels {
	var levels []api.Levels
	for _, v := range j.product.Variants {
		if id := j.item(v.ID); id != "" {
			levels = append(levels, api.Levels{ID: id, Inventory: stock(j.ch.Stock[v.ID], j.m.places())})
		}
	}
	for _, v := range j.removed() {
		levels = append(levels, api.Levels{ID: j.item(v), Inventory: stock(0, j.m.places())})
	}
	return levels
}

// isRemoved says whether a SKU is of a variant that was taken out: what TikTok
// has to say about it does not matter any more.
func (j *job) isRemoved(sku api.ID) bool {
	return slices.ContainsFunc(j.removed(), func(v commerce.VariantID) bool { return j.item(v) == string(sku) })
}

// stockProblems gathers what was refused: as parts of a success, or as the
// whole call, which comes to the same.
func (j *job) stockProblems(parts []api.PartError, err error) (codes []string, problems []commerce.Problem, other error) {
	if f := fault.Of(err); f != nil {
		if f.Code == api.CodeZero || f.Code == api.CodeWarehouses {
			return []string{f.Code}, problemsOf(f), nil
		}
		return nil, nil, err
	}
	for _, part := range parts {
		f := api.Part(api.Context{Op: "UpdateInventory", Repeatable: true}, part, j.env.Now())
		if j.isRemoved(part.Detail.SKU) && f.Code != api.CodeWarehouses {
			if f.Code == api.CodeZero {
				codes = append(codes, f.Code) // it can still be bought
			}
			continue
		}
		if f.Kind != fault.Rejected {
			return nil, nil, f
		}
		codes = append(codes, f.Code)
		for _, p := range problemsOf(f) {
			p.Field, p.Value = j.fieldOf(part.Detail.SKU, "stock"), j.wantedOf(part.Detail.SKU)
			problems = append(problems, p)
		}
	}
	return codes, problems, nil
}

// fieldOf is our path of a SKU.
func (j *job) fieldOf(sku api.ID, field string) string {
	for i, v := range j.product.Variants {
		if j.item(v.ID) == string(sku) {
			return fmt.Sprintf("variants[%d].%s", i, field)
		}
	}
	return "variants." + field
}

func (j *job) wantedOf(sku api.ID) string {
	for _, v := range j.product.Variants {
		if j.item(v.ID) == string(sku) {
			return fmt.Sprint(j.ch.Stock[v.ID])
		}
	}
	return ""
}

// learnPlaces reads in which warehouses the product lies: someone added one in
// Seller Center. Ours stays the first.
func (j *job) learnPlaces(ctx context.Context) error {
	p, err := j.api.Product(ctx, string(j.ch.Listing.Remote))
	if err != nil {
		return err
	}
	j.observe(p)
	places := j.m.places()
	for _, s := range p.SKUs {
		for _, at := range s.Inventory {
			if !slices.Contains(places, string(at.Warehouse)) {
				places = append(places, string(at.Warehouse))
			}
		}
	}
	j.m[keyWarehouses] = strings.Join(places, ",")
	return nil
}

// writePrices sets all prices of a product on sale in one call.
func (j *job) writePrices(ctx context.Context) error {
	if found := j.checkCurrency(j.product); len(found) > 0 {
		return fault.Refused(fault.Rejected, found...)
	}
	var prices []api.Pricing
	for _, v := range j.product.Variants {
		if id := j.item(v.ID); id != "" {
			prices = append(prices, api.Pricing{ID: id, Price: api.Price{Amount: amount(v.Price), Currency: v.Price.Currency}})
		}
	}
	if len(prices) == 0 {
		return nil
	}
	if err := j.api.UpdatePrices(ctx, string(j.ch.Listing.Remote), prices); err != nil {
		return fmt.Errorf("write prices of product %s: %w", j.ch.Listing.Remote, err)
	}
	return nil
}
