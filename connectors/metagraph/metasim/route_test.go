package metasim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		path, want string
		at         time.Time
	}{
		{"/v26.0/me", "v26.0", now},
		{"/v21.0/me", "v21.0", now},
		{"/v20.0/me", "v21.0", now},
		{"/v3.0/me", "v21.0", now},
		{"/v21.0/me", "v22.0", now.AddDate(0, 2, 0)},
		{"/me", "v26.0", now},
		{"/v27.0/me", "", now},
		{"/v100.0/me", "", now},
	} {
		if got, rest := version(c.path, c.at); got != c.want || strings.Join(rest, "/") != "me" {
			t.Errorf("%s: %q %v, want %q", c.path, got, rest, c.want)
		}
	}
	if _, rest := version("/very/long", now); len(rest) != 2 {
		t.Errorf("a word with v is no version: %v", rest)
	}
}

func TestRemovedThings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	for _, edge := range strings.Fields(`commerce_orders commerce_returns commerce_payouts commerce_transactions acknowledge_orders
		order_management_apps items payments payment_transaction_details refunds shipments cancellations returns tax_details
		captured_tax_details gifting_details status tax payment payment_details buyer_details shipping_option`) {
		for _, version := range []string{"/v21.0/", "/v26.0/", "/"} {
			b.refused(b.get(version+b.ids.Page+"/"+edge, token), 12, 0)
			b.refused(b.post(version+b.ids.Page+"/"+edge, token), 12, 0)
		}
	}
	for _, name := range []string{"pretty", "debug", "date_format"} {
		b.refused(b.get("/v26.0/me", token, name, "1"), 100, 0)
	}
	b.refused(b.get("/v26.0/", token, "ids", b.ids.Page+","+b.ids.Catalog), 100, 0)
	b.refused(b.get("/v27.0/me", token), 2500, 0)
	b.refused(b.get("/v26.0/a/b/c", token), 2500, 0)
	r := mustRequest(t, http.MethodGet, "/v26.0/me", "")
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("If-None-Match", "*")
	if a := b.do(b.sim, r); a.status != http.StatusOK || a.header.Get("ETag") != "" {
		t.Errorf("there are no entity tags: %d", a.status)
	}
}

func TestUsageHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	for _, a := range []answer{
		b.get("/v26.0/me", token), b.get("/v26.0/me", "EAAbad"), b.get("/v26.0/nothing", token),
		b.do(b.sim, mustRequest(t, http.MethodPost, "/v26.0/me", "%zz")), b.get("/v26.0/debug_token", token),
		b.get("/v26.0/"+b.ids.Catalog+"/products", token), b.get("/v26.0/"+b.ids.Page+"/commerce_orders", token),
	} {
		var app map[string]int
		if err := json.Unmarshal([]byte(a.header.Get("X-App-Usage")), &app); err != nil || len(app) != 3 {
			t.Errorf("X-App-Usage %q", a.header.Get("X-App-Usage"))
		}
		var use map[string][]usage
		if err := json.Unmarshal([]byte(a.header.Get("X-Business-Use-Case-Usage")), &use); err != nil || len(use) != 1 {
			t.Errorf("X-Business-Use-Case-Usage %q", a.header.Get("X-Business-Use-Case-Usage"))
		}
	}
}

func TestRateBuckets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	b.sim.CatalogBatchPerMinute, b.sim.CatalogCallsPerHour, b.sim.AppCallsPerHour = 8, 3, 1000
	for i := range 8 {
		a := b.need(b.write(token, request1("DELETE", map[string]any{"id": "x"})))
		if i == 7 && !strings.Contains(a.header.Get("X-Business-Use-Case-Usage"), `"call_count":100`) {
			t.Errorf("after 8 calls: %s", a.header.Get("X-Business-Use-Case-Usage"))
		}
	}
	over := b.write(token, request1("DELETE", map[string]any{"id": "x"}))
	b.refused(over, 80014, 0)
	var use map[string][]usage
	if err := json.Unmarshal([]byte(over.header.Get("X-Business-Use-Case-Usage")), &use); err != nil || use[b.ids.Catalog][0].Wait != 1 {
		t.Errorf("wait: %s", over.header.Get("X-Business-Use-Case-Usage"))
	}
	b.pass(time.Minute)
	b.need(b.write(token, request1("DELETE", map[string]any{"id": "x"})))
	for range 3 {
		b.need(b.get("/v26.0/"+b.ids.Catalog, token))
	}
	b.refused(b.get("/v26.0/"+b.ids.Catalog+"/products", token), 80009, 0)
	b.sim.ConversationCallsPerSecond = 2
	page := b.pageToken()
	for range 2 {
		b.need(b.get("/v26.0/"+b.ids.Page+"/conversations", page))
	}
	b.refused(b.get("/v26.0/"+b.ids.Page+"/conversations", page), 80006, 0)
	b.pass(time.Second)
	b.need(b.get("/v26.0/"+b.ids.Page+"/conversations", page))
	b.sim.AppCallsPerHour = 1
	b.refused(b.get("/v26.0/me", token), 4, 0)
}

func TestGraphBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	a := b.post("/v26.0/", token, "batch", `[{"method":"GET","relative_url":"v26.0/me"},{"method":"GET","relative_url":"me?pretty=1"},
		{"method":"POST","relative_url":"v26.0/`+b.ids.Catalog+`/items_batch","body":"item_type=PRODUCT_ITEM&requests=%5B%5D"},
		{"method":"GET","relative_url":"{result=x:$.id}"},{"method":"GET","relative_url":"me","access_token":"EAAother"}]`)
	var parts []struct {
		Code    int    `json:"code"`
		Body    string `json:"body"`
		Headers []struct{ Name, Value string }
	}
	if err := json.Unmarshal([]byte(a.raw), &parts); err != nil || len(parts) != 5 {
		t.Fatalf("%v: %s", err, a.raw)
	}
	for i, want := range []int{200, 400, 400, 400, 401} {
		if parts[i].Code != want || !json.Valid([]byte(parts[i].Body)) {
			t.Errorf("part %d: %d %s", i, parts[i].Code, parts[i].Body)
		}
	}
	if len(parts[0].Headers) < 2 {
		t.Errorf("headers of a part: %v", parts[0].Headers)
	}
	b.refused(b.post("/v26.0/", token, "batch", "{}"), 100, 0)
	b.refused(b.post("/v26.0/", token, "batch", "["+strings.Repeat(`{"method":"GET","relative_url":"me"},`, 50)+`{"method":"GET","relative_url":"me"}]`), 100, 0)
	b.sim.RequireProof = true
	b.refused(b.post("/v26.0/", token, "batch", `[{"method":"GET","relative_url":"me"}]`), 100, 0)
}

func TestFields(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	page := "/v26.0/" + b.ids.Page
	a := b.need(b.get(page, token, "fields", "name, instagram_business_account{username},about"))
	if account := a.body["instagram_business_account"].(map[string]any); account["id"] != b.ids.IG || account["name"] != nil || a.body["id"] != b.ids.Page {
		t.Errorf("answered %s", a.raw)
	}
	for _, bad := range []string{"nonsense", "name,", "name{", "name.limit(", "name}", "name.limit", strings.Repeat("name{", 12)} {
		b.refused(b.get(page, token, "fields", bad), 100, 0)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	for _, c := range []struct {
		kind string
		code int
		sub  int
	}{
		{simkit.FaultServerError, 2, 0}, {simkit.FaultRateLimited, 80014, 0}, {simkit.FaultTokenExpired, 190, 463},
	} {
		if err := b.sim.Faults().Add(c.kind, 1); err != nil {
			t.Fatal(err)
		}
		b.refused(b.write(token, request1("CREATE", mug("a"))), c.code, c.sub)
	}
	if err := b.sim.Faults().Add(simkit.FaultRejected, 2); err != nil {
		t.Fatal(err)
	}
	a := b.need(b.write(token, request1("CREATE", mug("a"))))
	if len(a.body["handles"].([]any)) != 0 || !strings.Contains(a.raw, "not accepted") {
		t.Errorf("rejected batch: %s", a.raw)
	}
	b.refused(b.get("/v26.0/me", token), 100, 0)
	if err := b.sim.Faults().Add(simkit.FaultTimeoutAfterApply, 1); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the connection was not cut")
			}
		}()
		b.write(token, request1("CREATE", mug("cut")))
	}()
	b.settle()
	if _, found := b.listed("cut"); !found {
		t.Error("a call whose answer is lost was not carried out")
	}
	if err := b.sim.Faults().Add(simkit.FaultServerError, 1); err != nil {
		t.Fatal(err)
	}
	b.user("email") // logins are not disturbed
}

func TestBodiesInThreeForms(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.system()
	path := "/v26.0/" + b.ids.Catalog + "/items_batch"
	record := `{"method":"DELETE","data":{"id":"a"}}`
	multi := "--x\r\nContent-Disposition: form-data; name=\"item_type\"\r\n\r\nPRODUCT_ITEM\r\n--x\r\nContent-Disposition: form-data; name=\"requests\"\r\n\r\n[" + record + "]\r\n--x--\r\n"
	for kind, body := range map[string]string{
		"application/json":                `{"item_type":"PRODUCT_ITEM","allow_upsert":false,"requests":[` + record + `]}`,
		"application/json; charset=utf-8": `{"item_type":"PRODUCT_ITEM","requests":"[` + strings.ReplaceAll(record, `"`, `\"`) + `]"}`,
		"multipart/form-data; boundary=x": multi,
	} {
		r := mustRequest(t, http.MethodPost, path+"?access_token="+token, body)
		r.Header.Set("Content-Type", kind)
		if a := b.do(b.sim, r); a.status != http.StatusOK || !strings.Contains(a.raw, `"handles":["Ac`) {
			t.Errorf("%s: %d %s", kind, a.status, a.raw)
		}
	}
	for kind, body := range map[string]string{"application/json": "[", "multipart/form-data; boundary=x": "--y", "application/x-www-form-urlencoded": "%zz"} {
		r := mustRequest(t, http.MethodPost, path, body)
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer "+token)
		b.refused(b.do(b.sim, r), 100, 0)
	}
}
