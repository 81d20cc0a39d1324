package etsysim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
)

func orderOf(sku string, quantity int) simkit.Order {
	return simkit.Order{SKU: sku, Quantity: quantity}
}

// variation writes one product of a test inventory.
func (b *stall) variation(sku string, quantity int, price string, values ...string) string {
	return fmt.Sprintf(`{"sku":%q,"property_values":[%s],"offerings":[{"price":%s,"quantity":%d,"is_enabled":true,"readiness_state_id":%d}]}`,
		sku, strings.Join(values, ","), price, quantity, b.readiness())
}

func colored(id int64, name string) string {
	return fmt.Sprintf(`{"property_id":200,"value_ids":[%d],"values":[%q]}`, id, name)
}

func own(property int64, name, value string) string {
	return fmt.Sprintf(`{"property_id":%d,"property_name":%q,"value_ids":[],"values":[%q]}`, property, name, value)
}

func products(on string, all ...string) string {
	if on != "" {
		on = "," + on
	}
	return `{"products":[` + strings.Join(all, ",") + `]` + on + `}`
}

func TestInventoryRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	path := fmt.Sprintf("/listings/%d/inventory", id)
	red, blue := b.variation("R", 1, "5", colored(9, "Red")), b.variation("B", 1, "5", colored(2, "Blue"))
	skuOn := `"sku_on_property":[200]`
	swap := func(old, fresh string) string { return strings.Replace(b.single("A", 1), old, fresh, 1) }
	ready := fmt.Sprint(b.readiness())
	for name, tc := range map[string]struct{ body, want string }{
		"not json":              {`{`, "Invalid request body"},
		"two values":            {b.single("A", 1) + `{}`, "more than one JSON value"},
		"null":                  {`null`, "at least one product"},
		"array":                 {`[]`, "Invalid request body"},
		"no products":           {`{}`, "at least one product"},
		"empty products":        {`{"products":[]}`, "at least one product"},
		"no readiness":          {swap(`,"readiness_state_id":`+ready, ``), "'readiness_state_id'"},
		"readiness null":        {swap(ready, `null`), "processing profile is required"},
		"readiness unknown":     {swap(ready, `5`), "no processing profile 5"},
		"readiness text":        {swap(ready, `"5"`), "Invalid request body"},
		"no price":              {swap(`"price":12.5,`, ``), "'price'"},
		"price zero":            {swap(`12.5`, `0`), "price"},
		"price negative":        {swap(`12.5`, `-1`), "price"},
		"price text":            {swap(`12.5`, `"12.5"`), "price"},
		"price as read":         {swap(`12.5`, `{"amount":1250,"divisor":100,"currency_code":"USD"}`), "price"},
		"price exponent":        {swap(`12.5`, `1e999999999`), "price"},
		"no quantity":           {swap(`"quantity":1,`, ``), "'quantity'"},
		"quantity 1000":         {swap(`"quantity":1,`, `"quantity":1000,`), "between 0 and 999"},
		"quantity negative":     {swap(`"quantity":1,`, `"quantity":-1,`), "between 0 and 999"},
		"quantity fraction":     {swap(`"quantity":1,`, `"quantity":1.5,`), "Invalid request body"},
		"all zero":              {swap(`"quantity":1,`, `"quantity":0,`), "greater than 0"},
		"disabled":              {swap(`true`, `false`), "greater than 0"},
		"no is_enabled":         {swap(`"is_enabled":true,`, ``), "'is_enabled'"},
		"no offerings":          {`{"products":[{"sku":"A","property_values":[]}]}`, "exactly one offering"},
		"product_id":            {swap(`"sku":`, `"product_id":1,"sku":`), "product_id"},
		"is_deleted":            {swap(`"price":`, `"is_deleted":false,"price":`), "is_deleted"},
		"offering_id":           {swap(`"price":`, `"offering_id":1,"price":`), "offering_id"},
		"scale_name":            {products(skuOn, b.variation("R", 1, "5", `{"property_id":200,"value_ids":[9],"values":["Red"],"scale_name":null}`)), "scale_name"},
		"control in sku":        {swap(`"A"`, `"A\u0000B"`), "sku"},
		"long sku":              {swap(`"A"`, `"`+strings.Repeat("x", 256)+`"`), "sku"},
		"two without values":    {products("", b.variation("A", 1, "5"), b.variation("B", 1, "5")), "tell them apart"},
		"unknown property":      {products("", b.variation("A", 1, "5", `{"property_id":7,"value_ids":[],"values":["x"]}`)), "property 7"},
		"size on a mug":         {products("", b.variation("A", 1, "5", `{"property_id":100,"value_ids":[],"values":["S"]}`)), "property 100"},
		"three properties":      {products("", b.variation("A", 1, "5", colored(9, "Red"), own(513, "Fit", "x"), own(514, "Cut", "y"))), "at most 2"},
		"property twice":        {products("", b.variation("A", 1, "5", colored(9, "Red"), colored(2, "Blue"))), "used twice"},
		"different properties":  {products("", red, b.variation("B", 1, "5", own(513, "Fit", "x"))), "same properties"},
		"combination twice":     {products(skuOn, red, red), "combination"},
		"no value":              {products("", b.variation("A", 1, "5", `{"property_id":200,"value_ids":[],"values":[]}`)), "exactly one value"},
		"value of another name": {products("", b.variation("A", 1, "5", colored(9, "Blue"))), "is 'Red'"},
		"foreign value id":      {products("", b.variation("A", 1, "5", colored(4711, "Sunset"))), "4711"},
		"id without a name":     {products("", b.variation("A", 1, "5", `{"property_id":200,"value_ids":[4711],"values":[]}`)), "4711"},
		"parentheses":           {products("", b.variation("A", 1, "5", own(513, "Fit", "S (slim)"))), "parentheses"},
		"custom without name":   {products("", b.variation("A", 1, "5", `{"property_id":513,"value_ids":[],"values":["x"]}`)), "property_name"},
		"two custom names":      {products(skuOn, b.variation("A", 1, "5", own(513, "Fit", "x")), b.variation("A", 1, "5", own(513, "Cut", "y"))), "more than one property_name"},
		"foreign scale":         {products("", b.variation("A", 1, "5", `{"property_id":200,"scale_id":17,"value_ids":[9],"values":["Red"]}`)), "scale_id 17"},
		"value_ids missing":     {products("", b.variation("A", 1, "5", `{"property_id":200,"values":["Red"]}`)), "required"},
		"sku differs":           {products("", red, blue), "sku_on_property"},
		"price differs":         {products(skuOn, red, b.variation("B", 1, "6", colored(2, "Blue"))), "price_on_property"},
		"quantity differs":      {products(skuOn, red, b.variation("B", 2, "5", colored(2, "Blue"))), "quantity_on_property"},
		"on without property":   {strings.TrimSuffix(b.single("A", 1), "}") + `,"price_on_property":[200]}`, "not used by the products"},
		"on twice":              {products(`"sku_on_property":[200,200]`, red, blue), "once and in the order"},
		"on in wrong order": {products(`"sku_on_property":[513,200]`, b.variation("A", 1, "5", colored(9, "Red"), own(513, "Fit", "x")),
			b.variation("B", 1, "5", colored(2, "Blue"), own(513, "Fit", "x"))), "in the order of the products"},
	} {
		if a := b.json(http.MethodPut, path, tc.body); a.status != 400 || !strings.Contains(a.error(), tc.want) {
			t.Errorf("%s: %d %s, want %q", name, a.status, a.raw, tc.want)
		}
	}
	b.want(b.get(path), 200, `"quantity":5`) // nothing was changed
	b.want(b.json(http.MethodPut, "/listings/1/inventory", b.single("A", 1)), 404, "")
	b.want(b.json(http.MethodPut, path+"?max_variations_supported=4", b.single("A", 1)), 400, "max_variations_supported")
}

func TestTooManyValues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all []string
	for i := range maxValues + 1 {
		all = append(all, b.variation("", 1, "5", own(513, "Number", fmt.Sprint(i))))
	}
	path := fmt.Sprintf("/listings/%d/inventory", b.draft())
	b.want(b.json(http.MethodPut, path, products("", all...)), 400, "more than 70 values")
	b.want(b.json(http.MethodPut, path, products("", all[1:]...)), 200, "")
}

func TestInventoryReplacesEverything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("OLD", 4)
	path := fmt.Sprintf("/listings/%d/inventory", id)
	before := productIDs(b.get(path))
	body := products(`"sku_on_property":[200,513],"price_on_property":[200],"quantity_on_property":[200,513]`,
		b.variation("RS", 2, "5", colored(9, "Red"), own(513, "Fit", "slim")), b.variation("RW", 3, "5.00", colored(9, "Red"), own(513, "Fit", "wide")),
		b.variation("BS", 0, "7.25", `{"property_id":200,"value_ids":[],"values":["Blue"]}`, own(513, "Fit", "slim")),
		b.variation("XS", 1, "8", `{"property_id":200,"value_ids":[],"values":["Sunset"]}`, own(513, "Fit", "slim")))
	a := b.want(b.json(http.MethodPut, path, body), 200, `"value_ids":[2],"values":["Blue"]`)
	after := productIDs(a)
	if len(after) != 4 || strings.Contains(fmt.Sprint(after), before[0]) {
		t.Errorf("product ids %v after %v", after, before)
	}
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"quantity":6,`)
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"price":{"amount":500,`)
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"skus":["RS","RW","BS","XS"]`)
	if all := productIDs(b.get(path + "?show_deleted=true")); len(all) != 5 {
		t.Errorf("with deleted: %v", all)
	}
	// What a read returns goes back in once the read's own fields are gone.
	b.want(b.json(http.MethodPut, path, asWritten(t, b.get(path))), 200, "Sunset")
	if _, err := b.sim.PlaceOrder(t.Context(), orderOf("OLD", 1)); err == nil {
		t.Error("a product left out sells")
	}
}

func productIDs(a answer) (ids []string) {
	for _, p := range a.json["products"].([]any) {
		ids = append(ids, fmt.Sprint(p.(map[string]any)["product_id"]))
	}
	return ids
}

// asWritten turns a read inventory into the body that writes it.
func asWritten(t *testing.T, a answer) string {
	t.Helper()
	for _, p := range a.json["products"].([]any) {
		p := p.(map[string]any)
		delete(p, "product_id")
		delete(p, "is_deleted")
		for _, v := range p["property_values"].([]any) {
			delete(v.(map[string]any), "scale_name")
		}
		for _, o := range p["offerings"].([]any) {
			o := o.(map[string]any)
			delete(o, "offering_id")
			delete(o, "is_deleted")
			amount, err := o["price"].(map[string]any)["amount"].(json.Number).Int64()
			if err != nil {
				t.Fatal(err)
			}
			o["price"] = json.Number(formatPrice(amount))
		}
	}
	raw, err := json.Marshal(a.json)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestProductsWithoutOwnQuantityShareStock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("X", 1)
	path := fmt.Sprintf("/listings/%d/inventory", id)
	b.want(b.json(http.MethodPut, path, products(`"sku_on_property":[200]`,
		b.variation("R", 3, "5", colored(9, "Red")), b.variation("B", 3, "5", colored(2, "Blue")))), 200, "")
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"quantity":3,`)
	b.order("R", 2, "")
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"quantity":1,`)
	b.want(b.json(http.MethodPut, path, asWritten(t, b.get(path))), 200, `"quantity":1,`)
	b.order("B", 1, "")
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"sold_out"`)
	b.want(b.setState(id, stateActive), 200, `"quantity":1,`)
}

func TestSizesHaveScales(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fields := b.complete(draftFields())
	fields.Set("taxonomy_id", "482")
	id := b.want(b.form("POST", b.shop("/listings"), fields), 201, "").id("listing_id")
	size := `{"property_id":100,"property_name":"Size","scale_id":17,"value_ids":[],"values":["M"]}`
	a := b.json(http.MethodPut, fmt.Sprintf("/listings/%d/inventory", id), products("", b.variation("M", 1, "5", size)))
	b.want(a, 200, `"scale_name":"Alpha","value_ids":[2019],"values":["M"]`)
}
