package tiktoksim

// catalogue is the part of the category tree (version v2, the only one a US
// shop may use) that this shop sees, with its attributes and the brands.
type catalogue struct {
	categories map[string]category
	order      []string // ids, parents first
	brands     []brand
}

type category struct {
	id, parent, name string
	leaf             bool
	permission       string
	words            []string // what a title contains to land here
	attributes       []attribute
	dimensions       bool // package dimensions are required
	sizeChart        bool // a size chart is required
	certificates     []certificate
}

type attribute struct {
	id, name       string
	sale           bool
	required       bool
	values         []value
	custom, many   bool
	format         string
	whenID, whenIs string // required when attribute whenID has value whenIs
}

type value struct{ id, name string }

type brand struct {
	id, name         string
	authorized, tier bool // tier: a T1 brand needs an authorization
}

const (
	available  = "AVAILABLE"
	inviteOnly = "INVITE_ONLY"
	prohibited = "PROHIBITED"
)

func newCatalogue() catalogue {
	g := catalogue{categories: map[string]category{}, brands: []brand{
		{id: "7082427311584347905", name: "Marigold Lane", authorized: true},
		{id: "7082427311584347906", name: "Harbor & Pine", authorized: true},
		{id: "7082427311584347907", name: "Tallow House", authorized: false},
		{id: "7082427311584347908", name: "Aurelion", authorized: false, tier: true},
	}}
	g.branch("601152", "0", "Womenswear & Underwear")
	g.branch("842248", "601152", "Women's Tops")
	g.leaf("601226", "842248", "Women's T-shirts & Blouses", apparel(), "women", "top", "blouse", "tank")
	g.leaf("601284", "601152", "Dresses", withMaterial(apparel()), "dress", "gown")
	g.leaf("601290", "601152", "Skirts", apparel(), "skirt")
	g.branch("601153", "0", "Menswear & Underwear")
	g.leaf("601213", "601153", "T-shirts & Shirts", apparel(), "shirt", "tee", "polo", "tuxedo")
	g.leaf("601221", "601153", "Jackets & Jumpers", apparel(), "jacket", "jumper", "hoodie", "sweater", "coat", "cardigan")
	g.branch("601352", "0", "Shoes & Bags")
	g.leaf("601354", "601352", "Sneakers", apparel(), "sneaker", "shoe", "high tops", "boot", "sandal")
	g.leaf("601360", "601352", "Bags", plain(), "bag", "tote", "backpack", "wallet", "purse")
	g.branch("600001", "0", "Home Supplies")
	g.leaf("600024", "600001", "Mugs & Cups", plain(), "mug", "cup", "tumbler", "bowl", "plate")
	g.leaf("600031", "600001", "Candles & Home Fragrance", plain(), "candle", "wax", "diffuser", "incense")
	g.leaf("600044", "600001", "Lamps & Lights", lamps(), "lamp", "light", "lantern")
	g.leaf("600052", "600001", "Posters & Wall Art", plain(), "poster", "print", "wall art", "painting", "frame")
	g.branch("601450", "0", "Jewelry & Accessories")
	g.leaf("601455", "601450", "Necklaces", withMaterial(plain()), "necklace", "pendant")
	g.leaf("601456", "601450", "Earrings & Rings", plain(), "earring", "ring", "bracelet", "jewelry")
	g.leaf("601500", "0", "Stationery & Crafts", plain(), "notebook", "card", "sticker", "pen", "craft", "kit")
	g.leaf("601520", "0", "Toys", plain(), "toy", "plush", "puzzle", "doll", "game")
	g.leaf("601530", "0", "Soap & Bath", soaps(), "soap", "bath", "lotion", "balm")
	g.leaf("601540", "601153", "Tailored Suits", apparel(), "made to measure")
	g.leaf("601990", "0", "Collectible Coins", plain(), "coin")
	g.leaf("601991", "0", "Weapons", plain(), "sword", "dagger")
	g.leaf("601525", "0", "Baby Carriers", append(plain(), attribute{id: "101610", name: "Contains Batteries or Cells?", values: []value{{"1024357", "None"}, {"1024358", "Batteries"}}}), "baby carrier")
	g.change("601525", func(c *category) {
		c.certificates = []certificate{{id: "602362", name: "Children's Product Certificate", required: true, expires: true}, {id: "602363", name: "Battery Safety Report", whenID: "101610", whenIs: "1024358"}}
	})
	g.change("601540", func(c *category) { c.sizeChart = true })
	g.change("600052", func(c *category) { c.dimensions = true })
	g.change("601990", func(c *category) { c.permission = inviteOnly })
	g.change("601991", func(c *category) { c.permission = prohibited })
	return g
}

func (g *catalogue) branch(id, parent, name string) {
	g.put(category{id: id, parent: parent, name: name, permission: available})
}

func (g *catalogue) leaf(id, parent, name string, attributes []attribute, words ...string) {
	g.put(category{id: id, parent: parent, name: name, leaf: true, permission: available, words: words, attributes: attributes})
}

func (g *catalogue) put(c category) {
	g.categories[c.id] = c
	g.order = append(g.order, c.id)
}

func (g *catalogue) change(id string, f func(*category)) {
	c := g.categories[id]
	f(&c)
	g.categories[id] = c
}

// path is the category with its parents, root first.
func (g *catalogue) path(id string) []category {
	var up []category
	for c, ok := g.categories[id]; ok; c, ok = g.categories[c.parent] {
		up = append([]category{c}, up...)
	}
	return up
}

func (c category) attribute(id string) (attribute, bool) {
	for _, a := range c.attributes {
		if a.id == id {
			return a, true
		}
	}
	return attribute{}, false
}

func (a attribute) value(id string) (value, bool) {
	for _, v := range a.values {
		if v.id == id {
			return v, true
		}
	}
	return value{}, false
}

func plain() []attribute {
	return []attribute{
		{id: "100000", name: "Color", sale: true, custom: true, values: []value{{"1000001", "Black"}, {"1000002", "White"}, {"1000003", "Red"}, {"1000004", "Blue"}, {"1000005", "Green"}}},
		{id: "100089", name: "Specification", sale: true, custom: true},
		{id: "100149", name: "Style", custom: true, many: true, values: []value{{"1001491", "Modern"}, {"1001492", "Vintage"}}},
		{id: "100392", name: "Occasion", many: true, values: []value{{"1001533", "Birthday"}, {"1001534", "Wedding"}}},
	}
}

func apparel() []attribute {
	return append(plain(),
		attribute{id: "100007", name: "Size", sale: true, custom: true, values: []value{{"1000071", "S"}, {"1000072", "M"}, {"1000073", "L"}, {"1000074", "XL"}}},
		attribute{id: "100397", name: "Season", many: true, values: []value{{"1003971", "Summer"}, {"1003972", "Winter"}, {"1003973", "All seasons"}}})
}

func withMaterial(list []attribute) []attribute {
	return append(list, attribute{id: "100157", name: "Materials", required: true, custom: true, many: true,
		values: []value{{"1001571", "Cotton"}, {"1001572", "Silk"}, {"1001573", "Silver"}, {"1001574", "Gold"}, {"1001575", "Wool"}}})
}

func lamps() []attribute {
	return append(plain(),
		attribute{id: "101610", name: "Contains Batteries or Cells?", required: true, values: []value{{"1024357", "None"}, {"1024358", "Batteries"}}},
		attribute{id: "101611", name: "Battery Type", whenID: "101610", whenIs: "1024358", values: []value{{"1024361", "Alkaline"}, {"1024362", "Lithium-ion"}}})
}

func soaps() []attribute {
	return append(plain(), attribute{id: "101300", name: "Net Weight (g)", custom: true, format: "POSITIVE_INT_OR_DECIMAL"})
}
