package etsy

import (
	"cmp"
	"context"
	"strings"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// fallbackBranch is where products without a category go: the first leaf below
// it, in Etsy's order.
const fallbackBranch = "home & living"

// taxonomy finds the Etsy category of a product: what the account's defaults
// say for its category, what was found before, a category of the same name, and
// at last the fallback leaf.
func (c *Connector) taxonomy(ctx context.Context, p commerce.Product, d commerce.Defaults, m memo) (key string, id int64, err error) {
	key = cmp.Or(p.Category, d.Category)
	if id := numeric(commerce.RemoteID(d.Categories[key])); id != 0 {
		return key, id, nil
	}
	if m.Taxonomy != 0 && m.Category == key {
		return key, m.Taxonomy, nil
	}
	tree, err := c.tree(ctx)
	if err != nil {
		return key, 0, err
	}
	if id := named(tree, key); id != 0 {
		return key, id, nil
	}
	if id := fallbackLeaf(tree); id != 0 {
		return key, id, nil
	}
	return key, 0, fault.New(fault.Temporary, "no_categories", "Etsy's list of categories is empty just now.")
}

// named looks for a category with the name of the last part of a path such as
// "Home & Living > Mugs", or with the number that key is. Leaves win.
func named(tree []api.TaxonomyNode, key string) int64 {
	parts := strings.FieldsFunc(key, func(r rune) bool { return r == '>' || r == '/' })
	if len(parts) == 0 {
		return 0
	}
	wanted := simple(parts[len(parts)-1])
	number := numeric(commerce.RemoteID(strings.TrimSpace(key)))
	var leaf, branch int64
	walk(tree, func(n api.TaxonomyNode) bool {
		if (number == 0 || n.ID != number) && simple(n.Name) != wanted {
			return true
		}
		if len(n.Children) > 0 {
			branch = cmp.Or(branch, n.ID)
			return true
		}
		leaf = n.ID
		return false
	})
	return cmp.Or(leaf, branch)
}

// simple makes names comparable: "T-Shirts" and "t shirts" are the same.
func simple(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '-' }), " ")
}

func fallbackLeaf(tree []api.TaxonomyNode) (id int64) {
	leaf := func(n api.TaxonomyNode) bool {
		if len(n.Children) == 0 {
			id = n.ID
		}
		return id == 0
	}
	for _, root := range tree {
		if strings.ToLower(root.Name) == fallbackBranch {
			walk([]api.TaxonomyNode{root}, leaf)
		}
	}
	if id == 0 {
		walk(tree, leaf)
	}
	return id
}

// walk visits nodes from the top down until visit says stop.
func walk(nodes []api.TaxonomyNode, visit func(api.TaxonomyNode) bool) bool {
	for _, n := range nodes {
		if !visit(n) || !walk(n.Children, visit) {
			return false
		}
	}
	return true
}
