package tiktoksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestPrices(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.live(s.sheet())
	path := "/product/202309/products/" + m.ID + "/prices/update"
	body := func(id, amount, currency string) string {
		return fmt.Sprintf(`{"skus":[{"id":"%s","price":{"amount":"%s","currency":"%s"}}]}`, id, amount, currency)
	}
	good := m.SKUs[0].ID
	if r := s.call(0, http.MethodPost, path, body(good, "7", "USD")); string(r.Data) != "{}" {
		t.Errorf("data %s", r.Data)
	}
	if got := s.product(m.ID).SKUs[0].Price.Sale; got != "7.00" {
		t.Errorf("price %s", got)
	}
	for want, b := range map[int]string{
		12052557: body("1", "7", "USD"), 12052084: body(good, "7", "EUR"), 12052012: body(good, "-7", "USD"), 12052570: body(good, "7601", "USD"),
		12052902: `{"skus":[]}`, 12052036: body("", "7", "USD"), codeInvalid: fmt.Sprintf(`{"skus":[{"id":"%s"}]}`, good),
		12052553: fmt.Sprintf(`{"skus":[{"id":"%[1]s"},{"id":"%[1]s"}]}`, good),
	} {
		s.call(want, http.MethodPost, path, b)
	}
	s.call(0, http.MethodPost, "/product/202309/products/deactivate", ids(m.ID))
	s.call(12052901, http.MethodPost, path, body(good, "8", "USD"))
	s.call(12052048, http.MethodPost, "/product/202309/products/1/prices/update", body(good, "8", "USD"))
}

func TestInventory(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	second, err := s.sim.AddWarehouse("Annex")
	if err != nil {
		t.Fatal(err)
	}
	d := s.sheet()
	both := []any{doc{"warehouse_id": s.warehouse(), "quantity": 2}, doc{"warehouse_id": second, "quantity": 3}}
	a, b := s.variant("A", "5.00", 1, sale("Glaze", "Red")), s.variant("B", "5.00", 1, sale("Glaze", "Blue"))
	a["inventory"] = both
	d["skus"] = []any{a, b}
	m := s.live(d)
	path := "/product/202309/products/" + m.ID + "/inventory/update"
	level := func(id string, list ...any) doc { return doc{"id": id, "inventory": list} }
	at := func(w string, n int) doc { return doc{"warehouse_id": w, "quantity": n} }

	r := s.call(0, http.MethodPost, path, encode(t, doc{"skus": []any{level(m.SKUs[0].ID, at(s.warehouse(), 7)), level(m.SKUs[1].ID, at(s.warehouse(), 8))}}))
	problems := field[[]struct {
		Code   int
		Detail struct {
			SKU   string `json:"sku_id"`
			Extra []struct {
				Code      int
				Warehouse string `json:"warehouse_id"`
			} `json:"extra_errors"`
		}
	}](t, r.Data, "errors")
	if len(problems) != 1 || problems[0].Detail.SKU != m.SKUs[0].ID || problems[0].Detail.Extra[0].Code != 12019028 || problems[0].Detail.Extra[0].Warehouse != second {
		t.Errorf("a warehouse left out: %s", r.Data)
	}
	p := s.product(m.ID)
	if p.SKUs[0].Inventory[0].Quantity != 2 || p.SKUs[1].Inventory[0].Quantity != 8 {
		t.Errorf("quantities %+v", p.SKUs)
	}
	for name, list := range map[string]doc{
		"unknown SKU": level("1", at(s.warehouse(), 1)), "unknown warehouse": level(m.SKUs[1].ID, at("1", 1)), "nothing": level(m.SKUs[1].ID),
		"too many": level(m.SKUs[1].ID, at(s.warehouse(), 100_000)), "twice": level(m.SKUs[1].ID, at(s.warehouse(), 1), at(s.warehouse(), 1)),
	} {
		r := s.call(0, http.MethodPost, path, encode(t, doc{"skus": []any{list}}))
		if len(field[[]json.RawMessage](t, r.Data, "errors")) != 1 {
			t.Errorf("%s: %s", name, r.Data)
		}
	}
	s.call(0, http.MethodPost, path, encode(t, doc{"skus": []any{level(m.SKUs[1].ID, at(s.warehouse(), 0))}}))
	if got := s.product(m.ID).SKUs[1].Inventory[0].Quantity; got != 0 {
		t.Errorf("quantity %d, want 0", got)
	}
	s.sim.RefuseZeroStock = true
	r = s.call(0, http.MethodPost, path, encode(t, doc{"skus": []any{level(m.SKUs[1].ID, at(s.warehouse(), 0))}}))
	if len(field[[]json.RawMessage](t, r.Data, "errors")) != 1 {
		t.Errorf("zero in strict mode: %s", r.Data)
	}
	s.call(0, http.MethodPost, "/product/202309/products/deactivate", ids(m.ID))
	s.call(12052901, http.MethodPost, path, encode(t, doc{"skus": []any{level(m.SKUs[1].ID, at(s.warehouse(), 1))}}))
}

func TestStates(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.live(s.sheet())
	step := func(method, what, want string, refused int) {
		t.Helper()
		r := s.call(0, method, "/product/202309/products"+what, ids(m.ID))
		out := as[struct{ Errors []struct{ Code int } }](t, r.Data)
		if len(out.Errors) != refused {
			t.Errorf("%s %s: %s", method, what, r.Data)
		}
		if want != "" {
			if got := s.product(m.ID).Status; got != want {
				t.Errorf("after %s %s: %s, want %s", method, what, got, want)
			}
		}
	}
	step(http.MethodPost, "/activate", activate, 1)
	step(http.MethodPost, "/deactivate", deactivated, 0)
	step(http.MethodPost, "/deactivate", deactivated, 1)
	step(http.MethodPost, "/activate", pending, 0)
	s.pass(time.Second)
	step(http.MethodPost, "/recover", activate, 1)
	step(http.MethodDelete, "", "", 0)
	s.call(12052901, http.MethodGet, "/product/202309/products/"+m.ID, "")
	step(http.MethodDelete, "", "", 1)
	step(http.MethodPost, "/recover", deactivated, 0)
	if err := s.sim.SetStatus(m.ID, frozen); err != nil {
		t.Fatal(err)
	}
	step(http.MethodDelete, "", "", 1)
	s.call(12052901, http.MethodPost, "/product/202509/products/"+m.ID+"/partial_edit", `{"title":"x"}`)
	if err := s.sim.SetStatus(m.ID, blocked); err != nil {
		t.Fatal(err)
	}
	step(http.MethodPost, "/activate", pending, 0)
	if err := s.sim.SetStatus(m.ID, pending); err == nil {
		t.Error("the platform set a status that is not its own")
	}
	var many []string
	for range 21 {
		many = append(many, m.ID)
	}
	s.call(codeInvalid, http.MethodPost, "/product/202309/products/activate", ids(many...))
	s.call(codeInvalid, http.MethodPost, "/product/202309/products/activate", `{"product_ids":[]}`)
}

func TestSearchProducts(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	const path = "/product/202502/products/search"
	var made []string
	for i := range 5 {
		d := s.sheet()
		d["skus"] = []any{s.variant(fmt.Sprintf("S-%d", i), "5.00", 1)}
		made = append(made, s.create(d).ID)
		s.pass(time.Second)
	}
	s.call(0, http.MethodPost, "/product/202309/products/deactivate", ids(made[0]))
	type found struct {
		Total    int    `json:"total_count"`
		Next     string `json:"next_page_token"`
		Products []struct{ ID, Status string }
	}
	search := func(body string, params ...string) found {
		t.Helper()
		return as[found](t, s.call(0, http.MethodPost, path, body, params...).Data)
	}
	var walked []string
	token := ""
	for range 4 {
		params := []string{"page_size", "2"}
		if token != "" {
			params = append(params, "page_token", token)
		}
		f := search(`{}`, params...)
		for _, p := range f.Products {
			walked = append(walked, p.ID)
		}
		if token = f.Next; token == "" {
			break
		}
	}
	if len(walked) != 5 || walked[0] != made[4] || walked[4] != made[0] {
		t.Errorf("walked %v, made %v", walked, made)
	}
	if f := search(`{"status":"SELLER_DEACTIVATED"}`, "page_size", "10"); f.Total != 1 || f.Products[0].ID != made[0] {
		t.Errorf("deactivated: %+v", f)
	}
	if f := search(`{"seller_skus":["S-3","none"]}`, "page_size", "10"); f.Total != 1 || f.Products[0].ID != made[3] {
		t.Errorf("by SKU: %+v", f)
	}
	if f := search(fmt.Sprintf(`{"create_time_le":%d}`, s.clock.Unix()-5), "page_size", "10"); f.Total != 1 {
		t.Errorf("by time: %+v", f)
	}
	s.call(codeInvalid, http.MethodPost, path, `{"status":"LIVE"}`, "page_size", "10")
	s.call(codeInvalid, http.MethodPost, path, `{}`, "page_size", "101")
	s.call(codeInvalid, http.MethodPost, path, `{}`)
	s.call(codeInvalid, http.MethodPost, path, `{}`, "page_size", "1", "page_token", "!")
	s.call(codeInvalid, http.MethodPost, path, `{"seller_skus":["1","2","3","4","5","6","7","8","9","10","11"]}`, "page_size", "10")
}
