package recorder_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// sample is a good exchange with Etsy, and what of its body must be there.
type sample struct {
	method, path, query string
	form                string // or
	json                string
	need                []string // required fields; of JSON with their path, such as products.0.offerings
	numbers             []string // fields and parameters that are no text
	open                bool     // no token is needed
	status              int
	answer              string
}

const etsyHost = "https://openapi.etsy.com/v3/application"

// samples are one exchange for each kind of operation the connector uses.
func samples() map[string]sample {
	const listing = `{"listing_id":5,"shop_id":1,"title":"Mug","state":"active","quantity":3,"tags":["a"],"price":{"amount":1250,"divisor":100,"currency_code":"USD"}}`
	return map[string]sample{
		"createDraftListing": {
			method: "POST", path: "/shops/1/listings", status: 201, answer: listing,
			form:    "quantity=3&title=Mug&description=Blue&price=12.50&who_made=i_did&when_made=made_to_order&is_supply=false&taxonomy_id=1633&tags=a,b&shipping_profile_id=7&readiness_state_id=8&type=physical",
			need:    []string{"quantity", "title", "description", "price", "who_made", "when_made", "taxonomy_id"},
			numbers: []string{"quantity", "price", "who_made", "when_made", "is_supply", "taxonomy_id", "shipping_profile_id", "readiness_state_id", "type"},
		},
		"updateListing": {
			method: "PATCH", path: "/shops/1/listings/5", status: 200, answer: listing,
			form: "state=active&image_ids=1,2&should_auto_renew=false", numbers: []string{"state", "image_ids", "should_auto_renew"},
		},
		"updateListingInventory": {
			method: "PUT", path: "/listings/5/inventory", status: 200,
			json: `{"products":[{"sku":"a","property_values":[{"property_id":513,"property_name":"Size","value_ids":[],"values":["S"]}],"offerings":[{"price":1.5,"quantity":1,"is_enabled":true,"readiness_state_id":7}]}],"sku_on_property":[513]}`,
			need: []string{
				"products", "products.0.offerings", "products.0.offerings.0.price", "products.0.offerings.0.quantity", "products.0.offerings.0.is_enabled",
				"products.0.offerings.0.readiness_state_id", "products.0.property_values.0.property_id", "products.0.property_values.0.value_ids", "products.0.property_values.0.values",
			},
			answer: `{"products":[{"product_id":1,"sku":"a","is_deleted":false,"offerings":[{"offering_id":2,"quantity":1,"is_enabled":true,"is_deleted":false,"price":{"amount":150,"divisor":100,"currency_code":"USD"},"readiness_state_id":7}],"property_values":[]}],"price_on_property":[],"quantity_on_property":[],"sku_on_property":[513]}`,
		},
		"updateVariationImages": {
			method: "POST", path: "/shops/1/listings/5/variation-images", status: 200,
			json: `{"variation_images":[{"property_id":200,"value_id":9,"image_id":4}]}`,
			need: []string{"variation_images", "variation_images.0.property_id", "variation_images.0.value_id", "variation_images.0.image_id"}, answer: `{"count":1,"results":[{"property_id":200,"value_id":9,"value":"Red","image_id":4}]}`,
		},
		"updateListingPersonalization": {
			method: "POST", path: "/shops/1/listings/5/personalization", status: 201,
			json:   `{"personalization_questions":[{"question_text":"Name","question_type":"text_input","required":true,"max_allowed_characters":20}]}`,
			need:   []string{"personalization_questions", "personalization_questions.0.question_text", "personalization_questions.0.question_type", "personalization_questions.0.required"},
			answer: `{"personalization_questions":[{"question_id":3,"question_text":"Name","question_type":"text_input","required":true}]}`,
		},
		"updateListingProperty": {
			method: "PUT", path: "/shops/1/listings/5/properties/200", form: "value_ids=9,2&values=Red,Blue&scale_id=3", status: 200,
			need: []string{"value_ids", "values"}, numbers: []string{"value_ids", "scale_id"}, answer: `{"property_id":200,"value_ids":[9,2],"values":["Red","Blue"]}`,
		},
		"createReceiptShipment": {
			method: "POST", path: "/shops/1/receipts/9/tracking", json: `{"tracking_code":"X","carrier_name":"usps"}`, status: 200,
			answer: `{"receipt_id":9,"status":"completed","is_shipped":true,"shipments":[{"receipt_shipping_id":1,"tracking_code":"X"}]}`,
		},
		"getShopReceipts": {
			method: "GET", path: "/shops/1/receipts", query: "min_last_modified=1795348800&sort_on=updated&sort_order=asc&limit=100&offset=0&was_canceled=true", status: 200,
			numbers: []string{"min_last_modified", "sort_on", "sort_order", "limit", "offset", "was_canceled"},
			answer:  `{"count":1,"results":[{"receipt_id":9,"status":"paid","transactions":[{"transaction_id":1,"quantity":2,"price":{"amount":1,"divisor":100,"currency_code":"USD"}}]}]}`,
		},
		"getListingsByListingIds": {
			method: "GET", path: "/listings/batch", query: "listing_ids=5,6", status: 200, open: true, numbers: []string{"listing_ids"}, answer: `{"count":1,"results":[` + listing + `]}`,
		},
		"getReviewsByShop": {
			method: "GET", path: "/shops/1/reviews", query: "limit=100&min_created=1795348800", status: 200, open: true, numbers: []string{"limit", "min_created"},
			answer: `{"count":1,"results":[{"shop_id":1,"listing_id":5,"transaction_id":2,"rating":5,"review":"Good"}]}`,
		},
	}
}

func (s sample) call() call {
	c := call{method: s.method, url: etsyHost + s.path, header: etsyKeys(), answer: canned{s.status, s.answer}}
	if s.query != "" {
		c.url += "?" + s.query
	}
	switch {
	case s.form != "":
		c.kind, c.body = form, s.form
	case s.json != "":
		c.kind, c.body = "application/json", s.json
	}
	return c
}

// TestMutations: each good exchange passes, and whatever is done to it is seen.
func TestMutations(t *testing.T) {
	t.Parallel()
	seen := 0
	for op, s := range samples() {
		if found := violations(t, s.call()); len(found) > 0 {
			t.Errorf("%s: a good exchange has violations %q", op, found)
		}
		for what, c := range s.mutants(t) {
			seen++
			if found := violations(t, c); len(found) == 0 {
				t.Errorf("%s: %s is not seen", op, what)
			}
		}
	}
	if seen < 150 {
		t.Errorf("only %d mutants", seen)
	}
	t.Logf("%d mutants", seen)
}

func (s sample) mutants(t *testing.T) map[string]call {
	t.Helper()
	all := map[string]call{}
	add := func(what string, change func(c *call)) {
		c := s.call()
		c.header = maps.Clone(c.header)
		change(&c)
		all[what] = c
	}
	add("no key", func(c *call) { delete(c.header, "X-Api-Key") })
	add("a bare keystring", func(c *call) { c.header["X-Api-Key"] = "key" })
	if !s.open {
		add("no token", func(c *call) { delete(c.header, "Authorization") })
		add("a token that is no bearer's", func(c *call) { c.header["Authorization"] = "1.abc" })
	}
	add("another method", func(c *call) { c.method = "OPTIONS" })
	add("a longer path", func(c *call) { c.url = strings.Replace(c.url, s.path, s.path+"/x", 1) })
	if strings.ContainsAny(s.path, "0123456789") {
		add("a word for an id", func(c *call) {
			c.url = strings.Replace(c.url, s.path, strings.NewReplacer("1", "x", "5", "x", "9", "x").Replace(s.path), 1)
		})
	}
	s.queries(add)
	s.forms(add)
	s.documents(t, add)
	s.answers(t, add)
	return all
}

func (s sample) queries(add func(string, func(*call))) {
	add("an unknown parameter", func(c *call) {
		c.url = etsyHost + s.path + "?" + strings.TrimPrefix(s.query+"&pretty=true", "&")
	})
	if s.query == "" {
		return
	}
	q, _ := url.ParseQuery(s.query)
	for name := range q {
		add("repeated parameter "+name, func(c *call) { c.url += "&" + name + "=" + q.Get(name) })
		if slices.Contains(s.numbers, name) {
			add("nonsense in parameter "+name, func(c *call) { c.url = etsyHost + s.path + "?" + with(q, name, "nonsense") })
		}
	}
	if q.Has("listing_ids") {
		add("a missing parameter", func(c *call) { c.url = etsyHost + s.path })
	}
	if q.Has("limit") {
		add("a limit above 100", func(c *call) { c.url = etsyHost + s.path + "?" + with(q, "limit", "101") })
	}
}

func (s sample) forms(add func(string, func(*call))) {
	if s.form == "" {
		return
	}
	f, _ := url.ParseQuery(s.form)
	add("JSON in place of a form", func(c *call) { c.kind, c.body = "application/json", "{}" })
	add("no content type", func(c *call) { c.kind = "" })
	add("an unknown field", func(c *call) { c.body += "&sku=a" })
	add("brackets", func(c *call) { c.body += "&tags[]=a" })
	for name := range f {
		add("repeated field "+name, func(c *call) { c.body += "&" + name + "=" + f.Get(name) })
		if slices.Contains(s.numbers, name) {
			add("nonsense in field "+name, func(c *call) { c.body = with(f, name, "nonsense") })
		}
		if slices.Contains(s.need, name) {
			add("no field "+name, func(c *call) { c.body = with(f, name, "") })
		}
	}
}

// with is a form with another value; an empty one leaves it out.
func with(f url.Values, name, value string) string {
	out := maps.Clone(f)
	if out.Del(name); value != "" {
		out.Set(name, value)
	}
	return out.Encode()
}

func (s sample) documents(t *testing.T, add func(string, func(*call))) {
	t.Helper()
	if s.json == "" {
		return
	}
	add("a form in place of JSON", func(c *call) { c.kind, c.body = form, "a=b" })
	add("no JSON", func(c *call) { c.body = "{" })
	add("no body of an object", func(c *call) { c.body = "[]" })
	spoil(t, s.json, func(path, what, body string) {
		if what == "left out" && !slices.Contains(s.need, path) {
			return
		}
		add(path+" "+what, func(c *call) { c.body = body })
	})
}

func (s sample) answers(t *testing.T, add func(string, func(*call))) {
	t.Helper()
	add("an answer that is no JSON", func(c *call) { c.answer.body = "<html>" })
	add("a status nobody knows", func(c *call) { c.answer.status = 299 })
	add("a refusal without words", func(c *call) { c.answer = canned{400, `{"error":7}`} })
	spoil(t, s.answer, func(path, what, body string) {
		if what != "left out" { // Etsy's file requires no field of an answer
			add("answer "+path+" "+what, func(c *call) { c.answer.body = body })
		}
	})
}

// spoil makes all documents that differ from one in one place: a field left
// out, a field of another type, a field that nobody knows.
func spoil(t *testing.T, document string, each func(path, what, body string)) {
	t.Helper()
	var root any
	if err := json.Unmarshal([]byte(document), &root); err != nil {
		t.Fatal(err)
	}
	body := func() string {
		raw, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch v := value.(type) {
		case map[string]any:
			v["strange"] = 1
			each(path+".strange", "added", body())
			delete(v, "strange")
			for name, inner := range maps.Clone(v) {
				at := strings.TrimPrefix(path+"."+name, ".")
				v[name] = map[string]any{"of": "another type"}
				each(at, "of another type", body())
				delete(v, name)
				each(at, "left out", body())
				v[name] = inner
				walk(at, inner)
			}
		case []any:
			for i := range v {
				walk(fmt.Sprintf("%s.%d", path, i), v[i])
			}
		}
	}
	walk("", root)
}
