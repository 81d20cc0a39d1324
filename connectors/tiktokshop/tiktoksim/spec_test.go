package tiktoksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/manystall/manystall/connectors/simkit"
)

// notInSpec are served beside the newest versions that the reference copy holds.
var notInSpec = []string{"GetOrderDetail_202309", "EditProduct_202309"}

// TestSpec calls every operation and holds the bodies of both directions
// against the reference copy of the API: types, required fields, and no field
// that the reference does not know.
func TestSpec(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("../../../../shared/specs/tiktok-shop-openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("the reference copy of the API is not beside the repository: ../shared/specs/tiktok-shop-openapi.json")
	}
	spec, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := newStall(t)
	called := map[string]bool{}
	s.seen = func(method, path string, q url.Values, body string, r reply) {
		o := operationOf(t, s, method, path)
		called[o.id] = true
		item := spec.Paths.Value(o.path)
		if item == nil || item.GetOperation(method) == nil {
			return
		}
		so := item.GetOperation(method)
		checkQuery(t, o.id, so, q)
		if body != "" && !o.upload {
			checkBody(t, o.id+" request", so.RequestBody.Value.Content["application/json"].Schema, []byte(body))
		}
		checkBody(t, o.id, so.Responses.Status(http.StatusOK).Value.Content["application/json"].Schema, r.raw)
	}
	walkAll(t, s)
	for _, o := range operations() {
		if !called[o.id] {
			t.Errorf("%s was not called", o.id)
		}
		if item := spec.Paths.Value(o.path); item == nil || item.GetOperation(o.method) == nil || item.GetOperation(o.method).OperationID != o.id {
			if !strings.Contains(strings.Join(notInSpec, " "), o.id) {
				t.Errorf("%s %s is not operation %s of the reference", o.method, o.path, o.id)
			}
			continue
		}
		checkDeclaration(t, o, spec.Paths.Value(o.path).GetOperation(o.method))
	}
}

// operationOf asks the router which operation a path belongs to.
func operationOf(t *testing.T, s *stall, method, path string) operation {
	t.Helper()
	r, err := http.NewRequest(method, "http://sim.test"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, pattern := s.sim.mux.Handler(r)
	for _, o := range operations() {
		if o.path == pattern && o.method == method {
			return o
		}
	}
	t.Fatalf("no operation for %s %s", method, path)
	return operation{}
}

func checkDeclaration(t *testing.T, o operation, so *openapi3.Operation) {
	t.Helper()
	if flag, ok := so.Extensions["x-shop-cipher"].(bool); ok && flag == (o.cipher == cipherForbidden) {
		t.Errorf("%s: shop_cipher rule differs from the reference", o.id)
	}
	scopes := fmt.Sprint(so.Extensions["x-scopes"])
	for _, scope := range o.scopes {
		if !strings.Contains(scopes, scope) {
			t.Errorf("%s: scope %s, the reference says %s", o.id, scope, scopes)
		}
	}
}

func checkQuery(t *testing.T, id string, so *openapi3.Operation, q url.Values) {
	t.Helper()
	for _, p := range so.Parameters {
		if p.Value.In == "query" && p.Value.Required && !q.Has(p.Value.Name) {
			t.Errorf("%s: the reference requires query parameter %s", id, p.Value.Name)
		}
	}
}

func checkBody(t *testing.T, what string, schema *openapi3.SchemaRef, raw []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if err := schema.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	for _, name := range unknown(schema.Value, v, "") {
		t.Errorf("%s: the reference has no field %s", what, name)
	}
}

func unknown(schema *openapi3.Schema, v any, at string) (names []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if p := schema.Properties[name]; p != nil {
				names = append(names, unknown(p.Value, inner, at+"."+name)...)
			} else {
				names = append(names, at+"."+name)
			}
		}
	case []any:
		for _, inner := range v {
			if schema.Items != nil {
				names = append(names, unknown(schema.Items.Value, inner, at+"[]")...)
			}
		}
	}
	return names
}

// walkAll calls every operation once at least, with full data.
func walkAll(t *testing.T, s *stall) {
	t.Helper()
	const base = "/product/202309/"
	v2 := []string{"category_version", "v2"}
	s.call(0, "GET", "/authorization/202309/shops", "")
	s.call(0, "GET", "/seller/202309/shops", "")
	s.call(0, "PUT", "/event/202309/webhooks", `{"address":"https://a.example/x","event_type":"NEW_MESSAGE"}`)
	s.call(0, "GET", "/event/202309/webhooks", "")
	s.call(0, "DELETE", "/event/202309/webhooks", `{"event_type":"NEW_MESSAGE"}`)
	s.call(0, "GET", "/logistics/202309/warehouses", "")
	r := s.call(0, "GET", "/logistics/202309/warehouses/"+s.warehouse()+"/delivery_options", "")
	option := field[[]struct{ ID string }](t, r.Data, "delivery_options")[0].ID
	s.call(0, "GET", "/logistics/202309/delivery_options/"+option+"/shipping_providers", "")
	s.call(0, "GET", "/product/202312/prerequisites", "")
	s.call(0, "GET", base+"categories", "", v2...)
	s.call(0, "POST", base+"categories/recommend", `{"product_title":"Red mug","category_version":"v2"}`)
	s.call(0, "GET", base+"categories/600044/rules", "", v2...)
	s.call(0, "GET", base+"categories/600044/attributes", "", v2...)
	s.call(0, "GET", base+"brands", "", "page_size", "100", "category_id", "600044", "category_version", "v2")
	walkProducts(t, s)
	walkOrders(t, s)
	walkChat(t, s)
}

// fullSheet has every field the simulator keeps.
func fullSheet(s *stall) doc {
	d := s.sheet()
	image := d["main_images"].([]any)[0]
	red, blue := sale("Glaze", "Red"), sale("Glaze", "Blue")
	red["sku_img"], blue["sku_img"] = image, image
	a, b := s.variant("MUG-1", "12.50", 50, red), s.variant("MUG-2", "13.00", 0, blue)
	a["identifier_code"] = doc{"code": "123456789012", "type": "UPC"}
	a["external_sku_id"] = "ours-a"
	d["skus"] = []any{a, b}
	d["brand_id"], d["external_product_id"], d["idempotency_key"] = "7082427311584347905", "ours-1", "k-1"
	d["package_dimensions"] = cube("5", "INCH")
	d["size_chart"] = doc{"image": s.document("SIZE_CHART_IMAGE")}
	d["product_attributes"] = []any{doc{"id": "100149", "values": []any{doc{"id": "1001491"}, doc{"name": "Rustic"}}}}
	return d
}

func walkProducts(t *testing.T, s *stall) {
	t.Helper()
	const base = "/product/202309/products"
	d := fullSheet(s)
	m := s.live(d)
	delete(d, "idempotency_key")
	delete(d, "category_version")
	s.call(0, "POST", base+"/listing_check", encode(t, d))
	d["category_version"] = "v2"
	one := base + "/" + m.ID
	s.call(0, "POST", one+"/prices/update", fmt.Sprintf(`{"skus":[{"id":"%s","price":{"amount":"11","currency":"USD"}}]}`, m.SKUs[0].ID))
	level := `{"skus":[{"id":"%s","inventory":[{"warehouse_id":"%s","quantity":%d}]}]}`
	s.call(0, "POST", one+"/inventory/update", fmt.Sprintf(level, m.SKUs[0].ID, s.warehouse(), 40))
	s.call(0, "POST", one+"/inventory/update", fmt.Sprintf(level, "1", "1", 40))
	s.call(0, "POST", "/product/202502/products/search", `{"status":"ACTIVATE"}`, "page_size", "10")
	s.call(0, "POST", "/product/202309/inventory/search", ids(m.ID))
	d["title"], d["brand_id"] = "A miracle cure", "1"
	s.call(0, "PUT", one, encode(t, d))
	s.call(0, "PUT", "/product/202509/products/"+m.ID, encode(t, d))
	s.pass(time.Second)
	s.product(m.ID) // with audit_failed_reasons
	s.call(0, "POST", "/product/202509/products/"+m.ID+"/partial_edit", `{"title":"Better mug"}`)
	s.product(m.ID, "return_under_review_version", "true")
	s.pass(time.Second)
	extra := s.sheet()
	extra["skus"] = []any{s.variant("OTHER", "1", 1)}
	gone := s.live(extra)
	for _, what := range []string{"/deactivate", "/activate", "/recover"} {
		s.call(0, "POST", base+what, ids(gone.ID, "1"))
	}
	s.call(0, "DELETE", base, ids(gone.ID, "1"))
}

func walkOrders(t *testing.T, s *stall) {
	t.Helper()
	id, other := s.order("MUG-1", 3, "Ada Example"), s.order("MUG-1", 1, "Ben Example")
	lines := s.see(id).Lines
	s.call(0, "GET", "/order/202309/orders", "", "ids", id)
	const cancels, parcels = "/return_refund/202309/cancellations", "/fulfillment/202309/"
	s.call(0, "POST", cancels, fmt.Sprintf(`{"order_id":"%s","cancel_reason":"seller_cancel_reason_out_of_stock","order_line_item_ids":["%s"]}`, id, lines[2].ID))
	ship := fmt.Sprintf(`"tracking_number":"9400","shipping_provider_id":"%s"`, providers()[0].id)
	p := field[string](t, s.call(0, "POST", parcels+"orders/"+id+"/packages", "{"+ship+"}").Data, "package_id")
	s.call(0, "POST", parcels+"orders/"+id+"/shipping_info/update", "{"+ship+"}")
	s.call(0, "POST", parcels+"packages/search", `{"package_status":"PROCESSING"}`, "page_size", "10")
	s.call(0, "GET", parcels+"packages/"+p, "")
	for range 2 {
		n, err := s.sim.RequestCancel(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		s.call(0, "POST", cancels+"/search", `{"cancel_status":["CANCELLATION_REQUEST_PENDING"]}`)
		if r := s.do(s.prepare("POST", cancels+"/"+n+"/reject", `{"reject_reason":"seller_reject_apply_product_has_been_packed"}`)); r.Code != 0 {
			t.Errorf("reject: %s", r.raw)
		}
	}
	n, err := s.sim.RequestCancel(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	s.call(0, "POST", cancels+"/"+n+"/approve", "")
	if err := s.sim.Advance(t.Context(), id, delivered); err != nil {
		t.Fatal(err)
	}
	s.call(0, "GET", parcels+"orders/"+id+"/tracking", "")
	walkReturns(t, s, id, lines[0].ID)
	s.sim.ShippedByTikTok = true
	third := s.see(s.order("MUG-1", 1, ""))
	s.sim.ShippedByTikTok = false
	s.call(0, "POST", parcels+"packages/"+third.Lines[0].Package+"/ship", `{"handover_method":"PICKUP"}`)
	s.call(0, "GET", parcels+"packages/"+third.Lines[0].Package, "")
	s.call(0, "POST", "/order/202309/orders/search", `{"create_time_ge":1}`, "page_size", "100")
}

func walkReturns(t *testing.T, s *stall, order, unit string) {
	t.Helper()
	const base = "/return_refund/202309/"
	for _, decisions := range [][2]string{{"approve", `{"decision":"APPROVE_RETURN"}`}, {"reject", `{"decision":"REJECT_RETURN","reject_reason":"seller_reject_apply_the_product_is_as_described","comment":"See the photo"}`}} {
		r, err := s.sim.RequestReturn(t.Context(), order, typeReturn, unit)
		if err != nil {
			t.Fatal(err)
		}
		s.call(0, "GET", base+"reject_reasons", "", "return_or_cancel_id", r)
		s.call(0, "POST", base+"returns/search", fmt.Sprintf(`{"order_ids":["%s"],"return_types":["RETURN_AND_REFUND"]}`, order), "sort_field", "update_time")
		s.call(0, "POST", base+"returns/"+r+"/"+decisions[0], decisions[1], "idempotency_key", r)
	}
}

func walkChat(t *testing.T, s *stall) {
	t.Helper()
	const base = "/customer_service/202309/"
	user := s.see(s.order("MUG-1", 1, "Cy Example")).User
	s.call(0, "POST", base+"conversations", fmt.Sprintf(`{"buyer_user_id":"%s"}`, user))
	s.write(t, simkit.Message{Text: "Hi", Buyer: "Cy Example"})
	one := base + "conversations/" + s.threads(t)[0].ID + "/messages"
	s.call(0, "POST", one, text("Hello"))
	s.call(0, "GET", one, "", "page_size", "10")
	s.call(0, "POST", one+"/read", "")
	s.call(0, "GET", base+"agents/settings", "")
	s.call(0, "PUT", base+"agents/settings", `{"can_accept_chat":true}`)
	body, kind := form(t, "", pngOf(t, 50, 50))
	r := s.prepare("POST", base+"images/upload", body)
	r.kind = kind
	if got := s.do(r); got.Code != 0 {
		t.Errorf("chat image: %s", got.raw)
	}
}
