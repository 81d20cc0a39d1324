package metasim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

func (c *call) catalogs() (any, error) {
	return c.list(kindCatalog, []entry{{key: c.w.Catalog, make: c.catalogObject}}, "id,name")
}

func (c *call) noCatalogs() (any, error) { return c.list(kindCatalog, nil, "id,name") }

func (c *call) catalog() (any, error) {
	o, err := c.catalogObject()
	if err != nil {
		return nil, err
	}
	return c.show(kindCatalog, o, "id,name")
}

func (c *call) catalogObject() (object, error) {
	return object{
		"id": c.w.Catalog, "name": catalogName, "vertical": "commerce", "feed_count": 0, "is_catalog_segment": false,
		"business": object{"id": c.w.Business, "name": businessName}, "owner_business": object{"id": c.w.Business, "name": businessName},
		"product_count": func(field) (any, error) { return c.countItems() },
	}, nil
}

func (c *call) countItems() (int, error) {
	n := 0
	err := simkit.Each(c.tx, tableItem, c.w.Catalog+"#", func(string, struct{}) bool {
		n++
		return true
	})
	return n, err
}

// products lists the items of the catalog, or those of a filter.
func (c *call) products() (any, error) {
	match, ids, err := parseFilter(c.req.p["filter"])
	if err != nil {
		return nil, err
	}
	approved, err := c.req.p.flag("return_only_approved_products", false)
	if err != nil {
		return nil, err
	}
	items, err := c.items(ids)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, it := range items {
		if match(it) && (!approved || it.Review == reviewApproved) {
			entries = append(entries, entry{key: it.RetailerID, make: func() (object, error) { return it.object(c), nil }})
		}
	}
	return c.list(kindItem, entries, "id,name,retailer_id")
}

// items reads the named items, or all when ids is nil, in the order of their
// retailer ids.
func (c *call) items(ids []string) ([]item, error) {
	var out []item
	if ids == nil {
		err := simkit.Each(c.tx, tableItem, c.w.Catalog+"#", func(_ string, it item) bool {
			out = append(out, it)
			return true
		})
		return out, err
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		var it item
		found, err := c.tx.Find(tableItem, itemKey(c.w.Catalog, id), &it)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, it)
		}
	}
	return out, nil
}

// parseFilter reads {"field":{"operator":value}}, all of which must hold. ids
// is the list of retailer ids when the filter names them, nil otherwise.
func parseFilter(text string) (match func(item) bool, ids []string, err error) {
	if text == "" {
		return func(item) bool { return true }, nil, nil
	}
	var filter map[string]map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &filter); err != nil {
		return nil, nil, badParameter("Param filter must be a JSON object of rules")
	}
	var rules []func(item) bool
	for name, operators := range filter {
		for operator, raw := range operators {
			rule, values, err := parseRule(name, operator, raw)
			if err != nil {
				return nil, nil, err
			}
			rules = append(rules, rule)
			if name == "retailer_id" && (operator == "eq" || operator == "is_any") {
				ids = values
			}
		}
	}
	return func(it item) bool {
		return !slices.ContainsFunc(rules, func(rule func(item) bool) bool { return !rule(it) })
	}, ids, nil
}

func parseRule(name, operator string, raw json.RawMessage) (func(item) bool, []string, error) {
	read := map[string]func(item) string{
		"retailer_id":               func(it item) string { return it.RetailerID },
		"product_item_id":           func(it item) string { return it.ID },
		"availability":              func(it item) string { return it.text("availability") },
		"name":                      func(it item) string { return it.text("title") },
		"brand":                     func(it item) string { return it.text("brand") },
		"review_status":             func(it item) string { return it.Review },
		"retailer_product_group_id": func(it item) string { return it.text("item_group_id") },
	}[name]
	if read == nil {
		return nil, nil, badParameter("Unknown field %q in filter", name)
	}
	values := []string{}
	switch operator {
	case "is_any", "is_not_any":
		if err := json.Unmarshal(raw, &values); err != nil {
			return nil, nil, badParameter("Operator %s of filter needs an array of strings", operator)
		}
	case "eq", "neq", "contains", "i_contains":
		values = append(values, text(raw))
	default:
		return nil, nil, badParameter("Unknown operator %q in filter", operator)
	}
	return func(it item) bool {
		switch value := read(it); operator {
		case "is_not_any", "neq":
			return !slices.Contains(values, value)
		case "contains":
			return strings.Contains(value, values[0])
		case "i_contains":
			return strings.Contains(strings.ToLower(value), strings.ToLower(values[0]))
		default:
			return slices.Contains(values, value)
		}
	}, values, nil
}

func (c *call) product() (any, error) {
	var it item
	found, err := c.tx.Find(tableItem, c.node.Ref, &it)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, missing(c.req.method, c.id)
	}
	return c.show(kindItem, it.object(c), "id,name,retailer_id")
}

// integrity names the surfaces an item is refused on.
func (c *call) integrity() (any, error) {
	var it item
	found, err := c.tx.Find(tableItem, c.node.Ref, &it)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, missing(c.req.method, c.id)
	}
	data := []object{}
	if it.Review == reviewRejected {
		for _, surface := range []string{"shops", "ig_product_tagging"} {
			data = append(data, object{"channels": []string{surface}, "rejection_information": []object{{"surface": surface, "reasons": it.Reasons}}})
		}
	}
	return object{"data": data}, nil
}

// diagnostics groups what is wrong with items.
func (c *call) diagnostics() (any, error) {
	severities, err := c.req.p.words("severities")
	if err != nil {
		return nil, err
	}
	items, err := c.items(nil)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, it := range items {
		for _, e := range it.Errors {
			counts[e.Type]++
		}
	}
	var entries []entry
	for kind, group := range problemGroups() {
		if n := counts[kind]; n > 0 && (len(severities) == 0 || slices.Contains(severities, "MUST_FIX")) {
			entries = append(entries, entry{key: kind, make: func() (object, error) {
				return object{
					"affected_channels": []string{"shops", "ig_product_tagging"}, "affected_entity": "product_item", "affected_features": []string{},
					"diagnostics": []object{}, "number_of_affected_entities": n, "number_of_affected_items": n,
					"severity": "MUST_FIX", "title": group[1], "subtitle": strconv.Itoa(n) + " items", "type": group[0],
				}, nil
			}})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return c.list("diagnostic", entries, "affected_channels,affected_entity,affected_features,diagnostics,number_of_affected_entities,number_of_affected_items,severity,title,subtitle,type")
}

// problemGroups maps an item's error type to a diagnostic's type and title.
func problemGroups() map[string][2]string {
	return map[string][2]string{
		errorImage:  {"IMAGE_QUALITY", "Images could not be used"},
		errorPolicy: {"POLICY_VIOLATION", "Items go against the commerce policies"},
	}
}

// availableCatalogs lists the one catalog of the account's shop.
func (c *call) availableCatalogs() (any, error) {
	return c.list("available_catalog", []entry{{key: c.w.Catalog, make: func() (object, error) {
		n, err := c.countItems()
		return object{"catalog_id": c.w.Catalog, "catalog_name": catalogName, "shop_name": pageName, "product_count": n}, err
	}}}, "catalog_id,catalog_name,shop_name,product_count")
}

// productSearch finds items for product tags; rejected ones come, too. Ids are
// numbers here.
func (c *call) productSearch() (any, error) {
	if c.req.p["catalog_id"] != c.w.Catalog {
		return nil, badParameter("The catalog_id is not connected to this account")
	}
	items, err := c.items(nil)
	if err != nil {
		return nil, err
	}
	q := strings.ToLower(c.req.p["q"])
	var entries []entry
	for _, it := range items {
		if !strings.Contains(strings.ToLower(it.text("title")+" "+it.RetailerID), q) {
			continue
		}
		entries = append(entries, entry{key: it.RetailerID, make: func() (object, error) {
			return object{
				"product_id": json.Number(it.ID), "merchant_id": json.Number(c.w.Business), "product_name": it.text("title"), "retailer_id": it.RetailerID,
				"image_url": it.picture(), "is_checkout_flow": false, "review_status": it.Review, "product_variants": []object{},
			}, nil
		}})
	}
	return c.list("product_search", entries, "product_id,merchant_id,product_name,retailer_id,image_url,is_checkout_flow,review_status,product_variants")
}
