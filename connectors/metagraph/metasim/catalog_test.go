package metasim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// remarks flattens a batch answer: "id: message" for errors and warnings.
func remarks(t *testing.T, a answer) (handles int, errs, warnings []string) {
	t.Helper()
	var out struct {
		Handles []string `json:"handles"`
		Status  []struct {
			ID       string   `json:"retailer_id"`
			Errors   []remark `json:"errors"`
			Warnings []remark `json:"warnings"`
		} `json:"validation_status"`
	}
	if err := json.Unmarshal([]byte(a.raw), &out); err != nil {
		t.Fatal(err)
	}
	for _, s := range out.Status {
		for _, e := range s.Errors {
			errs = append(errs, s.ID+": "+e.Message)
		}
		for _, w := range s.Warnings {
			warnings = append(warnings, s.ID+": "+w.Message)
		}
	}
	return len(out.Handles), errs, warnings
}

func TestBatchChecks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	long := strings.Repeat("é", 101)
	cases := []struct {
		name    string
		records []map[string]any
		handles int
		err     string
		warning string
	}{
		{"complete", []map[string]any{request1("CREATE", mug("a"))}, 1, "", ""},
		{"duplicate id", []map[string]any{request1("UPDATE", map[string]any{"id": "a"}), request1("DELETE", map[string]any{"id": "a"})}, 0, "Duplicate retailer_id in batch api call", ""},
		{"one bad, one good", []map[string]any{request1("CREATE", mug("a")), request1("CREATE", mug("b", "price", ""))}, 1, "A required field is missing: price", ""},
		{"no title", []map[string]any{request1("CREATE", mug("a", "title", ""))}, 0, "missing: title", ""},
		{"no picture", []map[string]any{request1("CREATE", mug("a", "image_link", ""))}, 0, "missing: image_link", ""},
		{"no brand", []map[string]any{request1("CREATE", mug("a", "brand", ""))}, 0, "missing: brand", ""},
		{"blank title on update", []map[string]any{request1("UPDATE", map[string]any{"id": "a", "title": " "})}, 0, "may not be empty: title", ""},
		{"partial update", []map[string]any{request1("UPDATE", map[string]any{"id": "a", "price": "8.00 USD"})}, 1, "", ""},
		{"comma in id", []map[string]any{request1("CREATE", mug("a,b"))}, 0, "comma or a colon", ""},
		{"colon in id", []map[string]any{request1("CREATE", mug("a:b"))}, 0, "comma or a colon", ""},
		{"no id", []map[string]any{request1("UPDATE", map[string]any{"retailer_id": "a"})}, 0, "missing: id", "Unrecognised field: retailer_id"},
		{"id too long", []map[string]any{request1("DELETE", map[string]any{"id": long})}, 0, "at most 100", ""},
		{"title too long", []map[string]any{request1("CREATE", mug("a", "title", long))}, 0, "at most 100", ""},
		{"title of 100 runes", []map[string]any{request1("CREATE", mug("a", "title", long[2:]))}, 1, "", ""},
		{"unknown field", []map[string]any{request1("CREATE", mug("a", "image_url", "https://x.example/1.png"))}, 1, "", "Unrecognised field: image_url"},
		{"delete with more", []map[string]any{request1("DELETE", mug("a"))}, 1, "", "ignored: title"},
		{"unknown method", []map[string]any{request1("UPSERT", mug("a"))}, 0, "Invalid method", ""},
		{"price as number", []map[string]any{request1("UPDATE", map[string]any{"id": "a", "price": 999})}, 0, "price must be a string", ""},
		{"price without currency", []map[string]any{request1("CREATE", mug("a", "price", "9.99"))}, 0, "must look like", ""},
		{"price with thousands", []map[string]any{request1("CREATE", mug("a", "price", "1,999.00 USD"))}, 0, "must look like", ""},
		{"price with two spaces", []map[string]any{request1("CREATE", mug("a", "price", "9.99  USD"))}, 0, "must look like", ""},
		{"yen with decimals", []map[string]any{request1("CREATE", mug("a", "price", "1200.00 JPY"))}, 0, "more decimals", ""},
		{"yen", []map[string]any{request1("CREATE", mug("a", "price", "1200 JPY"))}, 1, "", ""},
		{"dinar", []map[string]any{request1("CREATE", mug("a", "price", "1.250 KWD"))}, 1, "", ""},
		{"availability", []map[string]any{request1("CREATE", mug("a", "availability", "in_stock"))}, 0, "availability must be one of", ""},
		{"condition", []map[string]any{request1("CREATE", mug("a", "condition", "mint"))}, 0, "condition must be one of", ""},
		{"link", []map[string]any{request1("CREATE", mug("a", "link", "/p/a"))}, 0, "link must be an http", ""},
		{"gender", []map[string]any{request1("CREATE", mug("a", "gender", "any"))}, 0, "gender must be one of", ""},
		{"attributes", []map[string]any{request1("CREATE", mug("a", "additional_variant_attribute", "Scent:Fruity:Sweet"))}, 0, "must look like", ""},
		{"good attributes", []map[string]any{request1("CREATE", mug("a", "additional_variant_attribute", "Scent:Fruity,Flavor:Apple"))}, 1, "", ""},
		{"sale period", []map[string]any{request1("CREATE", mug("a", "sale_price", "5.00 USD", "sale_price_effective_date", "2026-11-01T12:00-0300/2026-12-01T00:00-0300"))}, 1, "", ""},
		{"sale period backwards", []map[string]any{request1("CREATE", mug("a", "sale_price_effective_date", "2026-12-01T12:00-0300/2026-11-01T00:00-0300"))}, 0, "must be start/end", ""},
		{"visibility", []map[string]any{request1("CREATE", mug("a", "visibility", "hidden"))}, 0, "visibility must be one of", ""},
		{"more pictures", []map[string]any{request1("CREATE", mug("a", "additional_image_link", "https://x.example/1.png,https://x.example/2.png"))}, 1, "", ""},
		{"more pictures, one bad", []map[string]any{request1("CREATE", mug("a", "additional_image_link", "https://x.example/1.png,x"))}, 0, "at most 50", ""},
		{"image as text", []map[string]any{request1("CREATE", mug("a", "image", "https://x.example/1.png"))}, 0, "image must be an array", ""},
		{"no image in the list", []map[string]any{request1("UPDATE", map[string]any{"id": "a", "image": []any{}})}, 0, "1 to 21", ""},
		{"negative stock", []map[string]any{request1("UPDATE", map[string]any{"id": "a", "quantity_to_sell_on_facebook": -1})}, 0, "whole number", ""},
		{"expiration", []map[string]any{request1("CREATE", mug("a", "expiration_date", "soon"))}, 0, "must be a date", ""},
	}
	for _, c := range cases {
		handles, errs, warnings := remarks(t, b.need(b.write(token, c.records...)))
		if handles != c.handles || !mentions(errs, c.err) || !mentions(warnings, c.warning) {
			t.Errorf("%s: %d handles, errors %v, warnings %v", c.name, handles, errs, warnings)
		}
	}
}

// mentions says whether the wanted text is there, and nothing when none is
// wanted.
func mentions(list []string, want string) bool {
	if want == "" {
		return len(list) == 0
	}
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, want) })
}

func TestBatchAsAWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	path := "/v26.0/" + b.ids.Catalog + "/items_batch"
	for _, pairs := range [][]string{
		{"requests", "[]"},
		{"item_type", "PRODUCT_ITEM"},
		{"item_type", "HOTEL", "requests", `[{"method":"DELETE","data":{"id":"a"}}]`},
		{"item_type", "PRODUCT_ITEM", "requests", "{}"},
		{"item_type", "PRODUCT_ITEM", "requests", "[]"},
		{"item_type", "PRODUCT_ITEM", "requests", "[" + strings.Repeat(`{},`, 5000) + "{}]"},
		{"item_type", "PRODUCT_ITEM", "requests", `[{"method":"DELETE","data":{"id":"a"}}]`, "allow_upsert", "maybe"},
		{"item_type", "PRODUCT_ITEM", "requests", `[{"method":"DELETE","data":{"id":"a"}}]`, "version", "-1"},
	} {
		b.refused(b.post(path, token, pairs...), 100, 0)
	}
	large := mustRequest(t, http.MethodPost, path, "x="+strings.Repeat("y", maxBody))
	b.refused(b.do(b.sim, large), 1, 0)
}

// status asks for a batch.
func (b *bench) status(token, handle string, pairs ...string) map[string]any {
	b.t.Helper()
	a := b.need(b.get("/v26.0/"+b.ids.Catalog+"/check_batch_request_status", token, append([]string{"handle", handle}, pairs...)...))
	return a.data()[0]
}

func handleOfBatch(a answer) string { return a.body["handles"].([]any)[0].(string) }

func TestBatchLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	handle := handleOfBatch(b.need(b.write(token, request1("CREATE", mug("a")), request1("UPDATE", map[string]any{"id": "new", "price": "1.00 USD"}))))
	b.tick()
	if s := b.status(token, handle); s["status"] != "in_progress" {
		t.Fatalf("at once: %v", s)
	}
	if _, found := b.listed("a"); found {
		t.Fatal("listed before the batch finished")
	}
	b.pass(b.sim.HandleDelay)
	if err := b.sim.finishHandles(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := b.status(token, handle)
	if s["status"] != "finished" || fmt.Sprint(s["errors_total_count"]) == "0" || len(s["ids_of_invalid_requests"].([]any)) != 0 || len(s["errors"].([]any)) != 0 {
		t.Errorf("finished: %v", s)
	}
	s = b.status(token, handle, "load_ids_of_invalid_requests", "true", "fields", "handle,status,warnings,ids_of_invalid_requests")
	ids := s["ids_of_invalid_requests"].([]any)
	if len(ids) < 2 || ids[0] != "new" || !strings.Contains(fmt.Sprint(s["warnings"]), "A required field is missing") {
		t.Errorf("with ids: %v", s)
	}
	if it, _ := b.listed("a"); len(it.Visible) != 0 {
		t.Error("finished is not visible: pictures and review come after")
	}
	b.settle()
	it, _ := b.listed("a")
	if !slices.Equal(it.Visible, []string{Facebook, Instagram}) || it.State != "approved" || it.Price != "$9.99" || it.Quantity != 5 || it.Images != 1 {
		t.Errorf("listed: %+v", it)
	}
	b.pass(handleLife + time.Hour)
	b.refused(b.get("/v26.0/"+b.ids.Catalog+"/check_batch_request_status", token, "handle", handle), 100, 0)
	b.refused(b.get("/v26.0/"+b.ids.Catalog+"/check_batch_request_status", token), 100, 0)
}

func TestUpsertRules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.stock("a")
	send := func(method, upsert string, data map[string]any) map[string]any {
		raw, _ := json.Marshal([]any{request1(method, data)})
		a := b.need(b.post("/v26.0/"+b.ids.Catalog+"/items_batch", token, "item_type", "PRODUCT_ITEM", "requests", string(raw), "allow_upsert", upsert))
		b.settle()
		return b.status(token, handleOfBatch(a), "load_ids_of_invalid_requests", "true")
	}
	count := func(s map[string]any) string { return fmt.Sprint(s["errors_total_count"]) }
	if s := send("UPDATE", "false", map[string]any{"id": "b", "price": "1.00 USD"}); count(s) != "1" {
		t.Errorf("update of nothing: %v", s)
	}
	if s := send("CREATE", "false", mug("a")); count(s) != "1" {
		t.Errorf("create twice: %v", s)
	}
	if s := send("UPDATE", "true", mug("b")); count(s) != "0" {
		t.Errorf("upsert: %v", s)
	}
	if s := send("CREATE", "true", mug("a", "price", "7.00 USD")); count(s) != "0" {
		t.Errorf("create over an item: %v", s)
	}
	if it, _ := b.listed("a"); it.Price != "$7.00" || len(it.Visible) != 2 {
		t.Errorf("after the update: %+v", it)
	}
	before, _ := b.listed("b")
	if s := send("DELETE", "true", map[string]any{"id": "b"}); count(s) != "0" {
		t.Errorf("delete: %v", s)
	}
	if _, found := b.listed("b"); found {
		t.Error("still there after DELETE")
	}
	b.refused(b.get("/v26.0/"+before.ID, token), 100, 33)
	if s := send("DELETE", "true", map[string]any{"id": "b"}); count(s) != "0" || fmt.Sprint(s["warnings_total_count"]) != "1" {
		t.Errorf("delete twice: %v", s)
	}
}

func TestReorderedHandles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.ReorderHandles = true
	token := b.system()
	first := handleOfBatch(b.need(b.write(token, request1("CREATE", mug("a")))))
	second := handleOfBatch(b.need(b.write(token, request1("CREATE", mug("b")))))
	b.pass(b.sim.HandleDelay)
	b.tick()
	if b.status(token, first)["status"] == "finished" || b.status(token, second)["status"] != "finished" {
		t.Error("the second batch should be first")
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	images := func(id string, urls ...string) map[string]any {
		data := mug(id)
		var list []map[string]any
		for _, u := range urls {
			list = append(list, map[string]any{"url": u})
		}
		data["image"] = list
		return data
	}
	b.need(b.write(token,
		request1("CREATE", mug("lost", "image_link", "https://img.example/404")),
		request1("CREATE", images("part", "https://img.example/1.png", "https://img.example/2/404")),
		request1("CREATE", images("full", "https://img.example/1.png", "https://img.example/2.png")),
	))
	b.settle()
	read := func(id string) map[string]any {
		return b.need(b.get("/v26.0/"+b.ids.Catalog+"/products", token, "filter", `{"retailer_id":{"eq":"`+id+`"}}`,
			"fields", "image_fetch_status,errors,review_status,additional_image_urls")).data()[0]
	}
	for id, want := range map[string]struct {
		status  string
		visible int
		errors  int
	}{"lost": {imageFailed, 0, 1}, "part": {imagePartial, 2, 1}, "full": {imageFetched, 2, 0}} {
		it, _ := b.listed(id)
		got := read(id)
		if got["image_fetch_status"] != want.status || len(it.Visible) != want.visible || len(got["errors"].([]any)) != want.errors {
			t.Errorf("%s: %v, visible on %v", id, got, it.Visible)
		}
	}
	b.need(b.write(token, request1("UPDATE", map[string]any{"id": "lost", "image_link": "https://img.example/found.png"})))
	b.settle()
	if it, _ := b.listed("lost"); len(it.Visible) != 2 || read("lost")["image_fetch_status"] != imageFetched {
		t.Errorf("after a better picture: %+v %v", it, read("lost"))
	}
	b.need(b.write(token, request1("UPDATE", map[string]any{"id": "lost", "image_link": "https://img.example/x/404"})))
	b.settle()
	group := b.need(b.get("/v26.0/"+b.ids.Catalog+"/diagnostics", token, "severities", `["MUST_FIX"]`)).data()
	if len(group) != 1 || group[0]["type"] != "IMAGE_QUALITY" {
		t.Errorf("diagnostics: %v", group)
	}
	if all := b.need(b.get("/v26.0/"+b.ids.Catalog+"/diagnostics", token, "severities", `["OPPORTUNITY"]`)).data(); len(all) != 0 {
		t.Errorf("opportunities: %v", all)
	}
}

func TestCrawlerRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.env.Fetch = func(_ context.Context, address string) (*http.Response, error) {
		if strings.Contains(address, "unreachable") {
			return nil, errors.New("no route")
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}
	for _, address := range []string{"https://img.example/unreachable.png", "https://img.example/empty.webp"} {
		if b.sim.fetch(t.Context(), address) == "" {
			t.Errorf("%s is good", address)
		}
	}
}

func TestReview(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.stock("a", "b")
	b.need(b.write(token, request1("UPDATE", map[string]any{"id": "a", "title": "A COUNTERFEIT mug"})))
	b.pass(b.sim.HandleDelay)
	b.tick()
	if it, _ := b.listed("a"); it.State != "pending" || len(it.Visible) != 2 {
		t.Errorf("while a change is reviewed: %+v", it)
	}
	b.settle()
	it, _ := b.listed("a")
	if it.State != "rejected" || len(it.Visible) != 0 {
		t.Fatalf("after the review: %+v", it)
	}
	got := b.need(b.get("/v26.0/"+it.ID, token, "fields", "review_status,review_rejection_reasons,capability_to_review_status,errors"))
	if !strings.Contains(got.raw, `"REJECTED"`) || !strings.Contains(got.raw, "PROHIBITED_CONTENT") || !strings.Contains(got.raw, errorPolicy) {
		t.Errorf("read back: %s", got.raw)
	}
	if a := b.need(b.get("/v26.0/"+it.ID+"/channels_to_integrity_status", token)); len(a.data()) != 2 {
		t.Errorf("integrity: %s", a.raw)
	}
	b.need(b.write(token, request1("UPDATE", map[string]any{"id": "a", "title": "An honest mug"})))
	b.settle()
	if it, _ := b.listed("a"); it.State != "approved" || len(it.Visible) != 2 {
		t.Errorf("after a better title: %+v", it)
	}
	if b.need(b.get("/v26.0/"+it.ID, token, "fields", "errors")).body["errors"].([]any) == nil {
		t.Error("errors is a list")
	}
	b.need(b.write(token, request1("UPDATE", map[string]any{"id": "b", "title": "Salt & <pepper>", "google_product_category": 536})))
	b.settle()
	b.need(b.write(token, request1("UPDATE", map[string]any{"id": "b", "title": "Salt & <pepper>", "price": "1.00 USD"})))
	b.pass(b.sim.HandleDelay)
	b.tick()
	if it, _ := b.listed("b"); it.State != "approved" {
		t.Errorf("a price and the same title need no review: %+v", it)
	}
}

func TestSurfaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.stock("a")
	for _, c := range []struct {
		field string
		value any
		want  []string
	}{
		{"disabled_capabilities", []string{"ig_product_tagging"}, []string{Facebook}},
		{"disabled_capabilities", []string{"shops"}, []string{Instagram}},
		{"disabled_capabilities", []string{"shops", "ig_product_tagging"}, []string{}},
		{"disabled_capabilities", []string{}, []string{Facebook, Instagram}},
		{"visibility", "staging", []string{}},
		{"visibility", "published", []string{Facebook, Instagram}},
		{"availability", "discontinued", []string{}},
		{"availability", "out of stock", []string{Facebook, Instagram}},
	} {
		b.need(b.write(token, request1("UPDATE", map[string]any{"id": "a", c.field: c.value})))
		b.settle()
		if it, _ := b.listed("a"); !slices.Equal(it.Visible, c.want) {
			t.Errorf("%s=%v: visible on %v, want %v", c.field, c.value, it.Visible, c.want)
		}
	}
	if n, _, _ := remarks(t, b.write(token, request1("UPDATE", map[string]any{"id": "a", "disabled_capabilities": []string{"teleport"}}))); n != 0 {
		t.Error("an unknown capability was taken")
	}
}

func TestProductsPaging(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprintf("sku-%02d", i))
	}
	token := b.stock(ids...)
	path := "/v26.0/" + b.ids.Catalog + "/products"
	var got []string
	after := ""
	for range 10 {
		pairs := []string{"limit", "7", "fields", "retailer_id"}
		if after != "" {
			pairs = append(pairs, "after", after)
		}
		a := b.need(b.get(path, token, pairs...))
		for _, one := range a.data() {
			got = append(got, one["retailer_id"].(string))
		}
		paging, _ := a.body["paging"].(map[string]any)
		if paging["next"] == nil {
			break
		}
		after = paging["cursors"].(map[string]any)["after"].(string)
		if len(got) == 14 { // a row vanishes between two pages
			b.need(b.write(token, request1("DELETE", map[string]any{"id": "sku-13"})))
			b.settle()
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("walked %v", got)
	}
	back := b.need(b.get(path, token, "limit", "2", "before", cursor("sku-05"), "fields", "retailer_id")).data()
	if len(back) != 2 || back[0]["retailer_id"] != "sku-03" {
		t.Errorf("before: %v", back)
	}
	if n := len(b.need(b.get(path, token)).data()); n != pageSize {
		t.Errorf("%d by default", n)
	}
	for _, bad := range [][]string{{"after", "%%"}, {"before", "%%"}, {"limit", "0"}, {"filter", "["}, {"filter", `{"color":{"eq":"x"}}`}, {"filter", `{"name":{"like":"x"}}`}, {"filter", `{"retailer_id":{"is_any":"x"}}`}} {
		b.refused(b.get(path, token, bad...), 100, 0)
	}
	for filter, want := range map[string]int{
		`{"retailer_id":{"is_any":["sku-01","sku-02","nope","sku-01"]}}`: 2, `{"retailer_id":{"eq":"sku-01"}}`: 1,
		`{"name":{"i_contains":"CAFÉ MUG SKU-0"}}`: 10, `{"review_status":{"neq":"approved"}}`: 0, `{"retailer_id":{"is_not_any":["sku-01"]}}`: 28,
	} {
		if n := len(b.need(b.get(path, token, "filter", filter, "limit", "100")).data()); n != want {
			t.Errorf("%s: %d items, want %d", filter, n, want)
		}
	}
	if a := b.need(b.get("/v26.0/"+b.ids.Catalog, token, "fields", "product_count")); !strings.Contains(a.raw, `"product_count":29`) {
		t.Errorf("catalog: %s", a.raw)
	}
}

func TestShoppingOfTheAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.stock("a")
	account := "/v26.0/" + b.ids.IG
	me := b.need(b.get(account, token, "fields", "username,shopping_product_tag_eligibility,shopping_review_status"))
	if me.body["shopping_product_tag_eligibility"] != true || me.body["shopping_review_status"].(map[string]any)["status"] != "approved" {
		t.Errorf("account: %s", me.raw)
	}
	if c := b.need(b.get(account+"/available_catalogs", token)).data(); len(c) != 1 || c[0]["catalog_id"] != b.ids.Catalog {
		t.Errorf("catalogs: %v", c)
	}
	found := b.need(b.get(account+"/catalog_product_search", token, "catalog_id", b.ids.Catalog, "q", "mug"))
	it, _ := b.listed("a")
	if !strings.Contains(found.raw, `"product_id":`+it.ID) {
		t.Errorf("search: %s", found.raw)
	}
	b.refused(b.get(account+"/catalog_product_search", token, "catalog_id", "1"), 100, 0)
}

func TestLocalPrices(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"9.99 USD": "$9.99", "1234.5 USD": "$1,234.50", "1200 JPY": "¥1,200", "460000 IDR": "Rp460.000",
		"1999.00 BRL": "R$1.999,00", "3 PLN": "PLN 3.00", "1.250 KWD": "KWD 1.250", "": "",
	} {
		if got := localPrice(sent); got != want {
			t.Errorf("%q reads %q, want %q", sent, got, want)
		}
	}
}

func TestCheckoutQuery(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.stock("a", "b", "gone", "tags")
	b.need(b.write(token,
		request1("UPDATE", map[string]any{"id": "gone", "availability": "out of stock"}),
		request1("UPDATE", map[string]any{"id": "b", "quantity_to_sell_on_facebook": 0}),
		request1("UPDATE", map[string]any{"id": "tags", "disabled_capabilities": []string{"shops"}})))
	b.settle()
	q, err := b.sim.CheckoutQuery("meta_shops", []simkit.Line{{SKU: "a", Quantity: 2}, {SKU: "tags", Quantity: 1}}, "TEN")
	if err != nil {
		t.Fatal(err)
	}
	if q.Get("products") != "a:2,tags:1" || q.Get("cart_origin") != "meta_shops" || q.Get("coupon") != "TEN" || q.Get("fbclid") == "" ||
		!strings.Contains(q.Encode(), "products=a%3A2%2Ctags%3A1") {
		t.Errorf("query %s", q.Encode())
	}
	for _, c := range []struct {
		channel string
		line    simkit.Line
		unknown bool
	}{
		{Facebook, simkit.Line{SKU: "tags", Quantity: 1}, true}, {Facebook, simkit.Line{SKU: "gone", Quantity: 1}, true},
		{Facebook, simkit.Line{SKU: "b", Quantity: 1}, true}, {Instagram, simkit.Line{SKU: "nope", Quantity: 1}, true},
		{Facebook, simkit.Line{SKU: "a", Quantity: 0}, false}, {"tiktok", simkit.Line{SKU: "a", Quantity: 1}, false},
	} {
		if _, err := b.sim.CheckoutQuery(c.channel, []simkit.Line{c.line}, ""); err == nil || errors.Is(err, simkit.ErrUnknownItem) != c.unknown {
			t.Errorf("%s %+v: %v", c.channel, c.line, err)
		}
	}
	if _, err := b.sim.CheckoutQuery(Facebook, nil, ""); err == nil {
		t.Error("an empty cart was taken")
	}
	if _, err := b.sim.PlaceOrder(t.Context(), simkit.Order{SKU: "a"}); !errors.Is(err, simkit.ErrNotOffered) {
		t.Errorf("an order: %v", err)
	}
}
