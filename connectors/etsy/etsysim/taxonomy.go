package etsysim

import "slices"

// node is one category of the seller taxonomy.
type node struct {
	ID       int64   `json:"id"`
	Level    int     `json:"level"`
	Name     string  `json:"name"`
	Parent   *int64  `json:"parent_id"`
	Children []node  `json:"children"`
	Path     []int64 `json:"full_path_taxonomy_ids"`
}

func branch(id int64, name string, children ...node) node {
	return node{ID: id, Name: name, Children: append([]node{}, children...)}
}

// taxonomy is a small part of Etsy's tree of about 3,000 categories. The ids
// are of the kind Etsy uses; a client has to read them, not know them.
func taxonomy() []node {
	roots := []node{
		branch(1, "Accessories",
			branch(37, "Hats & Caps", branch(38, "Beanies")),
			branch(127, "Scarves & Wraps", branch(131, "Scarves"))),
		branch(132, "Bags & Purses", branch(148, "Totes")),
		branch(374, "Clothing",
			branch(445, "Gender-Neutral Adult Clothing", branch(454, "Tops & Tees", branch(482, "T-shirts"), branch(2202, "Hoodies & Sweatshirts")))),
		branch(891, "Home & Living",
			branch(1011, "Kitchen & Dining", branch(1060, "Drink & Barware", branch(1062, "Mugs")), branch(1040, "Cutting Boards")),
			branch(895, "Bedding", branch(931, "Throw Pillows")),
			branch(929, "Home Decor", branch(970, "Candles"), branch(1025, "Vases"))),
		branch(1179, "Jewelry",
			branch(1203, "Earrings", branch(1212, "Stud Earrings")),
			branch(1223, "Necklaces", branch(1229, "Pendants"))),
		branch(1351, "Paper & Party Supplies", branch(1352, "Stationery", branch(1361, "Notebooks"))),
		branch(562, "Craft Supplies & Tools", branch(564, "Patterns & How To", branch(6592, "Knitting Kits"))),
	}
	for i := range roots {
		settle(&roots[i], nil)
	}
	return roots
}

// settle fills in what follows from a node's place.
func settle(n *node, path []int64) {
	n.Level = len(path)
	n.Path = append(slices.Clone(path), n.ID)
	if len(path) > 0 {
		n.Parent = ptr(path[len(path)-1])
	}
	for i := range n.Children {
		settle(&n.Children[i], n.Path)
	}
}

// findNode looks for a category among nodes and everything below them.
func findNode(nodes []node, id int64) (node, bool) {
	for _, n := range nodes {
		if n.ID == id {
			return n, true
		}
		if found, here := findNode(n.Children, id); here {
			return found, true
		}
	}
	return node{}, false
}

func taxonomyNodes(*call) (reply, error) {
	roots := taxonomy()
	return ok(page{len(roots), roots})
}

func taxonomyProperties(c *call) (reply, error) {
	id, err := c.id("taxonomy_id")
	if err != nil {
		return reply{}, err
	}
	n, known := findNode(taxonomy(), id)
	if !known {
		return reply{}, notFound("taxonomy node", id)
	}
	all := propertiesOf(n)
	return ok(page{len(all), all})
}
