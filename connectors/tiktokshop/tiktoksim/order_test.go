package tiktoksim

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

func (s *stall) left(t *testing.T, sku string) int {
	t.Helper()
	shot, err := s.sim.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range shot.Items {
		if item.SKU == sku {
			return item.Quantity
		}
	}
	t.Fatalf("no item %s", sku)
	return 0
}

func TestPlaceOrder(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.create(s.sheet())
	if _, err := s.sim.PlaceOrder(t.Context(), simkit.Order{SKU: "MUG-1", Quantity: 1}); !errors.Is(err, simkit.ErrUnknownItem) {
		t.Errorf("product in review: %v", err)
	}
	s.pass(time.Second)
	id := s.order("MUG-1", 3, "Ada Example")
	o := s.see(id)
	if o.Status != awaitingShipment || len(o.Lines) != 3 || o.Lines[0].SKU != "MUG-1" || o.Lines[0].ID == o.Lines[1].ID {
		t.Errorf("order %+v", o)
	}
	if o.Recipient == nil || o.Recipient.Name != "Ada Example" || strings.Contains(o.Recipient.Address, "*") {
		t.Errorf("recipient %+v", o.Recipient)
	}
	if got := s.left(t, "MUG-1"); got != 2 {
		t.Errorf("%d left, want 2", got)
	}
	if _, err := s.sim.PlaceOrder(t.Context(), simkit.Order{SKU: "MUG-1", Quantity: 3}); err == nil || errors.Is(err, simkit.ErrUnknownItem) {
		t.Errorf("more than is left: %v", err)
	}
	for _, bad := range []simkit.Order{{SKU: "NONE", Quantity: 1}, {SKU: "MUG-1", Quantity: -1}, {SKU: "MUG-1", Quantity: maxUnits + 1}} {
		if _, err := s.sim.PlaceOrder(t.Context(), bad); err == nil {
			t.Errorf("order %+v was taken", bad)
		}
	}
	inv := s.call(0, http.MethodPost, "/product/202309/inventory/search", ids(m.ID))
	if !strings.Contains(string(inv.Data), `"total_available_quantity":2`) || !strings.Contains(string(inv.Data), `"total_committed_quantity":3`) {
		t.Errorf("inventory %s", inv.Data)
	}
	s.call(0, http.MethodPost, "/product/202309/products/deactivate", ids(m.ID))
	if _, err := s.sim.PlaceOrder(t.Context(), simkit.Order{SKU: "MUG-1", Quantity: 1}); !errors.Is(err, simkit.ErrUnknownItem) {
		t.Errorf("deactivated product: %v", err)
	}
}

// Many buyers at once never buy more than there is.
func TestOrdersNeverOversell(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	var wait sync.WaitGroup
	var sold atomic.Int64
	for range 20 {
		wait.Go(func() {
			if _, err := s.sim.PlaceOrder(t.Context(), simkit.Order{SKU: "MUG-1", Quantity: 2}); err == nil {
				sold.Add(2)
			}
		})
	}
	wait.Wait()
	if sold.Load() != 4 || s.left(t, "MUG-1") != 1 {
		t.Errorf("%d sold, %d left of 5", sold.Load(), s.left(t, "MUG-1"))
	}
}

func TestOrderLife(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	id, err := s.sim.PlaceOrderIn(t.Context(), simkit.Order{SKU: "MUG-1", Quantity: 2}, unpaid)
	if err != nil {
		t.Fatal(err)
	}
	ship := fmt.Sprintf(`{"tracking_number":"9400-1","shipping_provider_id":"%s"}`, providers()[0].id)
	for _, step := range []string{unpaid, onHold} {
		if step != unpaid {
			if err := s.sim.Advance(t.Context(), id, step); err != nil {
				t.Fatal(err)
			}
		}
		if o := s.see(id); o.Status != step || o.Recipient != nil {
			t.Errorf("%s: %+v", step, o)
		}
		s.call(21011044, http.MethodPost, "/fulfillment/202309/orders/"+id+"/packages", ship)
	}
	for _, step := range []string{awaitingShipment, awaitingCollection, inTransit, delivered, completed} {
		if err := s.sim.Advance(t.Context(), id, step); err != nil {
			t.Fatal(err)
		}
		if o := s.see(id); o.Status != step || o.Recipient == nil || strings.Contains(o.Recipient.Address, "*") {
			t.Errorf("%s: %+v", step, o)
		}
	}
	if err := s.sim.Advance(t.Context(), id, delivered); err == nil {
		t.Error("the order went back")
	}
	*s.clock = s.clock.Add(30 * 24 * time.Hour)
	s.consent()
	if o := s.see(id); !strings.Contains(o.Recipient.Name, "*") || !strings.Contains(o.Recipient.Address, "*") {
		t.Errorf("30 days after completion: %+v", o.Recipient)
	}
	if _, err := s.sim.PlaceOrderIn(t.Context(), simkit.Order{SKU: "MUG-1", Quantity: 1}, delivered); err == nil {
		t.Error("an order began as delivered")
	}
}

func TestShip(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	id := s.order("MUG-1", 2, "")
	lines := s.see(id).Lines
	path := "/fulfillment/202309/orders/" + id + "/packages"
	body := func(number, provider string, lineIDs ...string) string {
		return encode(t, doc{"tracking_number": number, "shipping_provider_id": provider, "order_line_item_ids": lineIDs})
	}
	usps := providers()[0].id
	for want, b := range map[int]string{
		codeInvalid: body("", usps), 21011022: body("9400", "1"), 21004012: body("94 00!", usps), 21011029: body("9400", usps, "1"),
	} {
		s.call(want, http.MethodPost, path, b)
	}
	first := s.call(0, http.MethodPost, path, body("9400-A", usps, lines[0].ID))
	if o := s.see(id); o.Status != partiallyShipping || o.Lines[0].Status != awaitingCollection || o.Lines[1].Status != awaitingShipment {
		t.Errorf("half shipped: %+v", o)
	}
	s.call(21011006, http.MethodPost, path, body("9400-A", usps, lines[0].ID))
	s.call(0, http.MethodPost, path, body("9400-B", usps))
	if o := s.see(id); o.Status != awaitingCollection || o.Lines[0].Package == o.Lines[1].Package {
		t.Errorf("shipped: %+v", o)
	}
	s.call(21011006, http.MethodPost, path, body("9400-C", usps))
	other := s.order("MUG-1", 1, "")
	s.call(21011025, http.MethodPost, "/fulfillment/202309/orders/"+other+"/packages", body("9400-a", usps))
	s.call(21008111, http.MethodPost, "/fulfillment/202309/orders/1/packages", body("9400-Z", usps))
	parcel := field[string](t, first.Data, "package_id")
	s.call(0, http.MethodGet, "/fulfillment/202309/packages/"+parcel, "")
	s.call(21011028, http.MethodGet, "/fulfillment/202309/packages/1", "")
	s.call(21008099, http.MethodPost, "/fulfillment/202309/packages/"+parcel+"/ship", `{"handover_method":"PICKUP"}`)
	shot, err := s.sim.Snapshot(t.Context())
	if err != nil || len(shot.Orders) != 2 || strings.Join(shot.Orders[0].Tracking, ",") != "USPS 9400-A,USPS 9400-B" {
		t.Errorf("orders %+v, %v", shot.Orders, err)
	}
	s.call(21011049, http.MethodPost, "/fulfillment/202309/orders/"+id+"/shipping_info/update", body("9400-D", usps))
	s.call(21011043, http.MethodPost, "/fulfillment/202309/orders/"+other+"/shipping_info/update", body("9400-D", usps))
	s.call(0, http.MethodPost, "/fulfillment/202309/orders/"+other+"/packages", body("9400-D", usps))
	s.call(0, http.MethodPost, "/fulfillment/202309/orders/"+other+"/shipping_info/update", body("9400-E", providers()[1].id))
	*s.clock = s.clock.Add(73 * time.Hour)
	s.call(21011050, http.MethodPost, "/fulfillment/202309/orders/"+other+"/shipping_info/update", body("9400-F", usps))
}

func TestPlatformShipped(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.sim.ShippedByTikTok = true
	s.live(s.sheet())
	id := s.order("MUG-1", 2, "Ada Example")
	o := s.see(id)
	if o.Lines[0].Package == "" || !strings.Contains(o.Recipient.Name, "*") || !strings.Contains(o.Recipient.Address, "*") {
		t.Fatalf("order %+v", o)
	}
	s.call(21011004, http.MethodPost, "/fulfillment/202309/orders/"+id+"/packages", fmt.Sprintf(`{"tracking_number":"9400","shipping_provider_id":"%s"}`, providers()[0].id))
	path := "/fulfillment/202309/packages/" + o.Lines[0].Package + "/ship"
	s.call(21001001, http.MethodPost, path, `{}`)
	s.call(0, http.MethodPost, path, `{"handover_method":"DROP_OFF"}`)
	if got := s.see(id); got.Status != awaitingCollection {
		t.Errorf("shipped: %+v", got)
	}
}

func TestSearchOrders(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	const path = "/order/202309/orders/search"
	var placed []string
	for range 5 {
		placed = append(placed, s.order("MUG-1", 1, ""))
		s.pass(time.Minute)
	}
	from := s.clock.Unix()
	if err := s.sim.CancelOrder(t.Context(), placed[0]); err != nil {
		t.Fatal(err)
	}
	walk := func(body string, params ...string) (list []string) {
		t.Helper()
		for token := ""; ; {
			all := append([]string{"page_size", "2"}, params...)
			if token != "" {
				all = append(all, "page_token", token)
			}
			r := s.call(0, http.MethodPost, path, body, all...)
			for _, o := range field[[]seenOrder](t, r.Data, "orders") {
				list = append(list, o.ID)
			}
			if token = field[string](t, r.Data, "next_page_token"); token == "" {
				return list
			}
		}
	}
	want := func(name string, got []string, ids ...string) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(ids) {
			t.Errorf("%s: %v, want %v", name, got, ids)
		}
	}
	want("newest first", walk(`{}`), placed[4], placed[3], placed[2], placed[1], placed[0])
	want("by update", walk(`{}`, "sort_field", "update_time", "sort_order", "ASC"), placed[1], placed[2], placed[3], placed[4], placed[0])
	want("by status", walk(`{"order_status":"CANCELLED"}`), placed[0])
	want("updated since", walk(fmt.Sprintf(`{"update_time_ge":%d}`, from)), placed[0])
	want("updated before", walk(fmt.Sprintf(`{"update_time_lt":%d}`, from), "sort_order", "ASC"), placed[1:]...)
	s.call(codeInvalid, http.MethodPost, path, `{}`, "page_size", "101")
	s.call(codeInvalid, http.MethodPost, path, `{}`, "sort_field", "price")
	s.call(codeInvalid, http.MethodPost, path, `{}`, "sort_order", "up")
	s.call(codeInvalid, http.MethodPost, path, `{"order_status":"CANCEL"}`)
	var many []string
	for i := range 51 {
		many = append(many, fmt.Sprint(i))
	}
	s.call(codeInvalid, http.MethodGet, "/order/202507/orders", "", "ids", strings.Join(many, ","))
	s.call(codeInvalid, http.MethodGet, "/order/202507/orders", "")
	s.call(21008111, http.MethodGet, "/order/202507/orders", "", "ids", "1")
	r := s.call(0, http.MethodGet, "/order/202309/orders", "", "ids", placed[1]+","+placed[2]+",1")
	if got := field[[]seenOrder](t, r.Data, "orders"); len(got) != 2 {
		t.Errorf("detail of two: %d", len(got))
	}
}

func TestCancelBySeller(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	const path, reason = "/return_refund/202309/cancellations", "seller_cancel_reason_out_of_stock"
	id := s.order("MUG-1", 3, "")
	o := s.see(id)
	body := func(id, reason, rest string) string {
		return fmt.Sprintf(`{"order_id":"%s","cancel_reason":"%s"%s}`, id, reason, rest)
	}
	for name, tt := range map[string]struct {
		code int
		body string
	}{
		"no order": {codeInvalid, body("", reason, "")}, "unknown order": {25020005, body("1", reason, "")}, "no reason": {codeInvalid, body(id, "", "")},
		"unknown reason": {25001014, body(id, "because", "")}, "reason of another state": {25001021, body(id, "ecom_order_delivered_refund_and_return_reason_wrong_product_seller", "")},
		"reason for unpaid": {25001021, body(id, "seller_cancel_unpaid_reason_out_of_stock", "")},
		"unknown line":      {25005011, body(id, reason, `,"order_line_item_ids":["1"]`)}, "too many": {25005011, body(id, reason, `,"skus":[{"sku_id":"1","quantity":1}]`)},
	} {
		if r := s.do(s.prepare(http.MethodPost, path, tt.body)); r.Code != tt.code {
			t.Errorf("%s: code %d, want %d", name, r.Code, tt.code)
		}
	}
	r := s.call(0, http.MethodPost, path, body(id, reason, fmt.Sprintf(`,"order_line_item_ids":["%s"]`, o.Lines[1].ID)))
	if got := field[string](t, r.Data, "cancel_status"); got != cancelSuccess {
		t.Errorf("status %s", got)
	}
	if got := s.see(id); got.Status != awaitingShipment || got.Lines[1].Status != cancelled || got.Lines[0].Status != awaitingShipment {
		t.Errorf("one line cancelled: %+v", got)
	}
	if got := s.left(t, "MUG-1"); got != 3 {
		t.Errorf("%d left, want 3", got)
	}
	s.call(0, http.MethodPost, path, body(id, reason, ""))
	if got := s.see(id); got.Status != cancelled || !strings.Contains(got.Recipient.Name, "*") {
		t.Errorf("cancelled: %+v", got)
	}
	if got := s.left(t, "MUG-1"); got != 5 {
		t.Errorf("%d left, want 5", got)
	}
	s.call(25001011, http.MethodPost, path, body(id, reason, ""))
	s.call(21011041, http.MethodPost, "/fulfillment/202309/orders/"+id+"/packages", fmt.Sprintf(`{"tracking_number":"9400","shipping_provider_id":"%s"}`, providers()[0].id))
	gone := s.order("MUG-1", 1, "")
	if err := s.sim.Advance(t.Context(), gone, inTransit); err != nil {
		t.Fatal(err)
	}
	s.call(25001045, http.MethodPost, path, body(gone, reason, ""))
}

func TestCancelAskedByBuyer(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	id := s.order("MUG-1", 2, "")
	n, err := s.sim.RequestCancel(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if o := s.see(id); !o.Request || o.Status != awaitingShipment {
		t.Errorf("asked: %+v", o)
	}
	const base = "/return_refund/202309/cancellations/"
	s.call(21011007, http.MethodPost, "/fulfillment/202309/orders/"+id+"/packages", fmt.Sprintf(`{"tracking_number":"9400","shipping_provider_id":"%s"}`, providers()[0].id))
	s.call(codeInvalid, http.MethodPost, base+n+"/reject", `{}`)
	s.call(25001014, http.MethodPost, base+n+"/reject", `{"reject_reason":"no"}`)
	s.call(0, http.MethodPost, base+n+"/reject", `{"reject_reason":"seller_reject_apply_product_has_been_packed"}`, "idempotency_key", "k1")
	s.call(0, http.MethodPost, base+n+"/reject", `{"reject_reason":"seller_reject_apply_product_has_been_packed"}`, "idempotency_key", "k1")
	s.call(25020003, http.MethodPost, base+n+"/approve", "")
	s.call(25007006, http.MethodPost, base+"1/approve", "")
	if o := s.see(id); o.Request {
		t.Errorf("rejected: %+v", o)
	}
	if n, err = s.sim.RequestCancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.call(0, http.MethodPost, base+n+"/approve", "", "idempotency_key", "k2")
	s.call(0, http.MethodPost, base+n+"/approve", "", "idempotency_key", "k2")
	if o := s.see(id); o.Status != cancelled || s.left(t, "MUG-1") != 5 {
		t.Errorf("approved: %+v, %d left", o, s.left(t, "MUG-1"))
	}
	r := s.call(0, http.MethodPost, base+"search", fmt.Sprintf(`{"order_ids":["%s"]}`, id), "page_size", "1")
	if field[int](t, r.Data, "total_count") != 2 || field[string](t, r.Data, "next_page_token") == "" {
		t.Errorf("search: %s", r.Data)
	}
}
