package metagraph

import (
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// Rules are the limits of an item of the catalog, the same on both surfaces
// (items_batch reference, 2026-09-12). A longer title is cut, not refused.
func Rules(reply channel.ReplyRules) channel.Rules {
	return channel.Rules{
		DescriptionMin: 1, DescriptionMax: 5000,
		ImagesMin: 1, ImagesMax: imagesMax,
		VariantsMax: 3000, // what Meta recommends for one call
		SKUMax:      100, SKUForbidden: ",:",
		Values:       map[string][]string{"condition": conditions()},
		Gather:       15 * time.Second,
		Feed:         true,
		GatherTarget: true,
		Batch:        recordsMax, BatchVariants: variantsMax,
		Poll:  10 * time.Minute,
		Reply: reply,
		Check: check,
	}
}

// variantsMax is how many variants are held in memory for one call: of a
// catalog of 100,000 items any 5,000 changes fit into one.
const variantsMax = 100_000

// check finds what plain limits can't say.
func check(p commerce.Product, d commerce.Defaults, _ time.Time) []commerce.Problem {
	sku := ""
	if len(p.Variants) > 0 {
		sku = string(p.Variants[0].SKU)
	}
	if productURL(d.ProductURL, p.Handle, sku) == "" {
		return []commerce.Problem{*noProductURL(d.ProductURL)}
	}
	return nil
}
