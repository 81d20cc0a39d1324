package etsysim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestShopReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string]string{
		b.shop(""): `"currency_code":"USD"`,
		fmt.Sprintf("/users/%d/shops", b.sim.UserID()):           `"shop_name":"Manystall Demo"`,
		"/seller-taxonomy/nodes":                                 `"name":"T-shirts"`,
		"/seller-taxonomy/nodes/482/properties":                  `"property_id":200`,
		"/shipping-carriers?origin_country_iso=US":               `"name":"USPS"`,
		b.shop("/shipping-profiles"):                             `"profile_type":"manual"`,
		b.shop("/policies/return"):                               `"accepts_returns":true`,
		b.shop("/readiness-state-definitions"):                   `"ready_to_ship"`,
		b.shop("/readiness-state-definitions/%d", b.readiness()): `"ready_to_ship"`,
		b.shop("/reviews"):                                       `"count":0`,
	} {
		b.want(b.get(path), http.StatusOK, want)
	}
	b.want(b.get("/shipping-carriers"), http.StatusBadRequest, "origin_country_iso")
	b.want(b.get("/shipping-carriers?origin_country_iso=usa"), http.StatusBadRequest, "ISO 3166")
	b.want(b.get("/seller-taxonomy/nodes/5/properties"), http.StatusNotFound, "taxonomy")
	b.want(b.get("/users/5/shops"), http.StatusNotFound, "")
	b.want(b.get(b.shop("/readiness-state-definitions/5")), http.StatusNotFound, "")
}

func TestTaxonomyHasADozenLeaves(t *testing.T) {
	t.Parallel()
	seen, leaves := map[int64]bool{}, 0
	var walk func([]node)
	walk = func(all []node) {
		for _, n := range all {
			if seen[n.ID] || n.Path[len(n.Path)-1] != n.ID || n.Level != len(n.Path)-1 {
				t.Errorf("node %+v", n)
			}
			if seen[n.ID] = true; len(n.Children) == 0 {
				leaves++
			}
			walk(n.Children)
		}
	}
	if walk(taxonomy()); leaves < 12 {
		t.Errorf("%d leaves", leaves)
	}
}

func TestCreateReadiness(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fields := func(state, low, high, unit string) url.Values {
		return url.Values{"readiness_state": {state}, "min_processing_time": {low}, "max_processing_time": {high}, "processing_time_unit": {unit}}
	}
	path := b.shop("/readiness-state-definitions")
	a := b.want(b.form("POST", path, fields("ready_to_ship", "1", "3", "days")), http.StatusConflict, "exists")
	where, _ := strings.CutPrefix(a.header.Get("Content-Location"), "/v3/application")
	b.want(b.get(where), http.StatusOK, "ready_to_ship")
	b.want(b.form("POST", path, fields("made_to_order", "1", "2", "weeks")), http.StatusCreated, `"max_processing_days":14`)
	for _, wrong := range []url.Values{fields("soon", "1", "3", "days"), fields("ready_to_ship", "0", "3", "days"),
		fields("ready_to_ship", "4", "3", "days"), fields("ready_to_ship", "1", "11", "days"), fields("ready_to_ship", "1", "2", "months")} {
		b.want(b.form("POST", path, wrong), http.StatusBadRequest, "")
	}
}

func TestCreateDraftRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct{ field, value, want string }{
		{"quantity", "", "'quantity'"}, {"quantity", "0", "between 1 and 999"}, {"quantity", "1000", "between"}, {"quantity", "1.5", "Expected int"},
		{"title", "", "'title'"}, {"title", strings.Repeat("x", 141), "140"}, {"title", "50% off 20%", "'%'"}, {"title", "a & b & c", "'&'"},
		{"title", "a: b: c", "':'"}, {"title", "1+1+1", "'+'"}, {"title", "mug 😀", "invalid character"}, {"title", "5$ mug", "invalid character"},
		{"title", "a\nb", "invalid character"}, {"description", " ", "description"},
		{"price", "0", "price"}, {"price", "-1", "price"}, {"price", "1e3", "price"}, {"price", "1,5", "price"}, {"price", "", "'price'"},
		{"price", "99999999", "price"}, {"price", "12.", "price"},
		{"who_made", "me", "who_made"}, {"when_made", "2020_2025", "when_made"}, {"when_made", "", "'when_made'"},
		{"taxonomy_id", "4", "no category"}, {"taxonomy_id", "x", "Expected int"},
		{"tags", "a,a", "more than once"}, {"tags", "Mug,mug", "more than once"}, {"tags", "a,,b", "1 to 20"}, {"tags", strings.Repeat("x", 21), "1 to 20"},
		{"tags", "a!b", "invalid characters"}, {"tags", "1,2,3,4,5,6,7,8,9,10,11,12,13,14", "at most 13"},
		{"materials", "clay-glaze", "invalid characters"}, {"styles", "a,b,c", "at most 2"}, {"styles", strings.Repeat("x", 46), "1 to 45"},
		{"shipping_profile_id", "7", "no such record"}, {"return_policy_id", "7", "no such record"}, {"readiness_state_id", "7", "no processing profile"},
		{"shop_section_id", "7", "no such record"}, {"production_partner_ids", "7", "no production partners"},
		{"image_ids", "7", "no image"}, {"image_ids", "x", "list of ids"}, {"type", "digital", "'type'"},
		{"is_supply", "yes", "Expected bool"}, {"item_weight", "0", "greater than 0"}, {"item_weight", "1e5", "Expected float"}, {"item_weight_unit", "stone", "item_weight_unit"},
		{"tags[]", "a", "joined by commas"},
	} {
		fields := draftFields()
		fields.Set(tc.field, tc.value)
		if a := b.form("POST", b.shop("/listings"), fields); a.status != 400 || !strings.Contains(a.error(), tc.want) {
			t.Errorf("%s=%q: %d %s", tc.field, tc.value, a.status, a.raw)
		}
	}
	digital := draftFields()
	digital.Set("type", "download")
	digital.Set("readiness_state_id", fmt.Sprint(b.readiness()))
	b.want(b.form("POST", b.shop("/listings"), digital), http.StatusBadRequest, "not allowed for digital")
	if a := b.get(b.shop("/listings?state=draft")); a.id("count") != 0 {
		t.Errorf("a refused draft was kept: %s", a.raw)
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, op := range operations() {
		if op.body == noBody {
			continue
		}
		path := strings.NewReplacer("{shop_id}", fmt.Sprint(b.sim.ShopID()), "{listing_id}", "1", "{receipt_id}", "1").Replace(op.path)
		for _, kind := range []bodyKind{"", formBody, jsonBody, multipartBody, "text/plain"} {
			if kind == op.body {
				continue
			}
			r := httptest.NewRequest(op.method, "/v3/application"+path, strings.NewReader("{}"))
			r.Header.Set("Content-Type", string(kind))
			b.want(b.send(r), http.StatusBadRequest, "this operation takes "+string(op.body))
		}
	}
}

func TestDraft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fields := b.complete(draftFields())
	fields.Set("item_weight", "1.250")
	fields.Set("item_weight_unit", "lb")
	fields["tags"] = []string{"lost", "red mug, gift"} // the last of repeated keys counts
	a := b.want(b.form("POST", b.shop("/listings"), fields), http.StatusCreated, `"price":{"amount":1250,"divisor":100,"currency_code":"USD"}`)
	for _, want := range []string{`"state":"draft"`, `"tags":["red mug","gift"]`, `"item_weight":1.250`, `"readiness_state_id":null`, `"quantity":5`} {
		b.want(a, http.StatusCreated, want)
	}
	id := a.id("listing_id")
	inv := b.want(b.get(fmt.Sprintf("/listings/%d/inventory?includes=Listing", id)), http.StatusOK, fmt.Sprintf(`"readiness_state_id":%d`, b.readiness()))
	b.want(inv, http.StatusOK, `"property_values":[]`)
	token := b.token
	b.token = ""
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), http.StatusNotFound, "")
	b.want(b.get(fmt.Sprintf("/listings/batch?listing_ids=%d", id)), http.StatusOK, `"count":0`)
	b.token = token
	b.want(b.get(fmt.Sprintf("/listings/%d?includes=Images,Shop,User,Videos", id)), http.StatusOK, `"images":[]`)
	b.want(b.get(fmt.Sprintf("/listings/%d?includes=Inventory", id)), http.StatusBadRequest, "includes")
}

func TestUpdateListing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	path := b.shop("/listings/%d", id)
	b.wait(time.Minute)
	a := b.want(b.form("PATCH", path, url.Values{"title": {"Blue mug"}, "tags": {""}, "price": {"99"}, "quantity": {"50"}}), 200, `"Blue mug"`)
	for _, want := range []string{`"tags":[]`, `"amount":1250`, `"quantity":5`, `"description":"A mug."`, fmt.Sprintf(`"updated_timestamp":%d`, b.clock().Unix())} {
		b.want(a, 200, want)
	}
	b.want(b.form("PATCH", path, url.Values{"who_made": {"collective"}}), 400, "sent together")
	b.want(b.form("PATCH", path, url.Values{"who_made": {"collective"}, "when_made": {"1990s"}, "is_supply": {"1"}}), 200, `"is_supply":true`)
	b.want(b.form("PATCH", path, url.Values{"title": {""}}), 400, "must not be empty")
	b.want(b.form("PATCH", path, url.Values{"type": {"download"}}), 400, "cannot become a download")
	b.want(b.form("PATCH", path, url.Values{"state": {"sold_out"}}), 400, "'state'")
	b.want(b.form("PUT", path, url.Values{"title": {"x"}}), 404, "")
	b.want(b.form("PATCH", b.shop("/listings/1"), url.Values{"title": {"x"}}), 404, "")
}

func TestActivationNeedsEverything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.want(b.form("POST", b.shop("/listings"), draftFields()), 201, "").id("listing_id")
	path := b.shop("/listings/%d", id)
	b.want(b.setState(id, stateActive), 400, "image")
	b.want(b.upload(id, testPicture(t), nil), 201, "")
	b.want(b.setState(id, stateActive), 400, "shipping_profile_id")
	b.want(b.form("PATCH", path, url.Values{"shipping_profile_id": {fmt.Sprint(b.sim.shop.ShippingProfile)}}), 200, "")
	b.want(b.setState(id, stateActive), 400, "return_policy_id")
	b.want(b.form("PATCH", path, url.Values{"return_policy_id": {fmt.Sprint(b.sim.shop.ReturnPolicy)}}), 200, "")
	b.want(b.setState(id, stateActive), 400, "readiness_state_id")
	b.want(b.json("PUT", fmt.Sprintf("/listings/%d/inventory", id), b.single("MUG", 3)), 200, "")
	b.want(b.setState(id, stateInactive), 400, "draft")
	b.want(b.setState(id, stateActive), 200, fmt.Sprintf(`"readiness_state_id":%d`, b.readiness()))
	b.want(b.form("PATCH", path, url.Values{"shipping_profile_id": {""}}), 400, "shipping_profile_id")
	b.want(b.form("PATCH", path, url.Values{"image_ids": {""}}), 400, "image")
	b.want(b.setState(id, stateInactive), 200, `"inactive"`)
	b.want(b.setState(id, stateActive), 200, `"active"`)

	digital := draftFields()
	digital.Set("type", "download")
	other := b.want(b.form("POST", b.shop("/listings"), digital), 201, "").id("listing_id")
	b.want(b.upload(other, testPicture(t), nil), 201, "")
	b.want(b.setState(other, stateActive), 400, "file")
}

func TestSoldOutComesBackWithOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("MUG", 2)
	b.order("MUG", 2, "")
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"state":"sold_out"`)
	b.want(b.json("PUT", fmt.Sprintf("/listings/%d/inventory", id), b.single("MUG", 9)), 200, `"quantity":9`)
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"state":"sold_out"`)
	b.want(b.setState(id, stateActive), 200, `"quantity":1,`)
	b.want(b.json("PUT", fmt.Sprintf("/listings/%d/inventory", id), b.single("MUG", 9)), 200, `"quantity":9`)
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"state":"active"`)
}

func TestListingsEndAfterFourMonths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ends, renews := b.active("ENDS", 2), b.active("RENEWS", 2)
	b.want(b.form("PATCH", b.shop("/listings/%d", renews), url.Values{"should_auto_renew": {"true"}}), 200, "")
	b.tick()
	b.wait(4 * 31 * 24 * time.Hour)
	b.tick()
	b.connect(allScopes)
	b.want(b.get(fmt.Sprintf("/listings/%d", ends)), 200, `"expired"`)
	b.want(b.get(fmt.Sprintf("/listings/%d", renews)), 200, `"active"`)
	b.want(b.setState(ends, stateActive), 200, `"active"`)
}

func TestListingLists(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ids []int64
	for i := range 3 {
		ids = append(ids, b.active(fmt.Sprintf("S%d", i), 3))
		b.wait(time.Second)
	}
	draft := b.draft()
	listed := func(query string) (got []int64) {
		b.Helper()
		a := b.want(b.get(b.shop("/listings%s", query)), 200, "")
		for _, row := range a.json["results"].([]any) {
			got = append(got, answer{json: row.(map[string]any)}.id("listing_id"))
		}
		return got
	}
	for query, want := range map[string][]int64{
		"":                               {ids[2], ids[1], ids[0]},
		"?sort_order=asc":                ids,
		"?sort_on=updated&sort_order=up": ids,
		"?sort_on=price&sort_order=asc":  ids,
		"?limit=1&offset=1":              {ids[1]},
		"?offset=12000":                  nil,
		"?state=draft":                   {draft},
		"?state=sold_out":                nil,
		"/active":                        {ids[2], ids[1], ids[0]},
		"?includes=Inventory,Images,Shop,User,Shipping,Videos&limit=1": {ids[2]},
	} {
		if got := listed(query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"?limit=101", "?limit=0", "?offset=12001", "?offset=-1", "?state=removed", "?sort_on=title", "?sort_order=x", "?includes=Reviews"} {
		b.want(b.get(b.shop("/listings%s", query)), 400, "")
	}
}

func TestBatchReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.active("ONE", 1), b.draft()
	ids := fmt.Sprintf("%d,%d", one, two)
	b.want(b.get("/listings/batch?listing_ids="+ids+"&includes=Images"), 200, `"count":2`)
	b.want(b.get("/listings/batch?listing_ids="+ids+",1"), 200, `"count":2`)
	b.want(b.get("/listings/batch/inventory?listing_ids="+ids), 200, `"sku":"ONE"`)
	b.want(b.get("/listings/batch/inventory?listing_ids="+ids+",1"), 404, "")
	many := strings.TrimSuffix(strings.Repeat("1,", 101), ",")
	for _, path := range []string{"/listings/batch", "/listings/batch/inventory"} {
		b.want(b.get(path), 400, "listing_ids")
		b.want(b.get(path+"?listing_ids=x"), 400, "listing_ids")
		b.want(b.get(path+"?listing_ids="+many), 400, "at most 100")
		b.want(b.get(path+"?listing_ids[]=1"), 400, "joined by commas")
	}
}

func TestDeleteListing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("GONE", 1)
	b.want(b.del(fmt.Sprintf("/listings/%d", id)), http.StatusNoContent, "")
	b.want(b.del(fmt.Sprintf("/listings/%d", id)), http.StatusNotFound, "")
	if _, err := b.sim.PlaceOrder(t.Context(), orderOf("GONE", 1)); err == nil {
		t.Error("a deleted listing sells")
	}
	if snap, _ := b.sim.Snapshot(t.Context()); len(snap.Items) != 0 {
		t.Errorf("items %+v", snap.Items)
	}
}

func TestWhenMadeRolls(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]string{
		2024: "made_to_order 2020_2024 2010_2019 2005_2009 before_2005 2000_2004 1990s",
		2026: "made_to_order 2020_2026 2010_2019 2007_2009 before_2007 2000_2006 1990s",
		2027: "made_to_order 2020_2027 2010_2019 2008_2009 before_2008 2000_2007 1990s",
		2029: "made_to_order 2020_2029 2010_2019 before_2010 2000_2009 1990s",
	} {
		got := whenMade(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
		if joined := strings.Join(got, " "); !strings.HasPrefix(joined, want) || !strings.HasSuffix(joined, "1900s 1800s 1700s before_1700") {
			t.Errorf("%d: %s", year, joined)
		}
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1": 100, "0.2": 20, "19.99": 1999, "19.990000000000002": 1999, "0.005": 1, "19.995": 2000, "50000": 5_000_000,
		"": 0, "0": 0, ".5": 0, "5.": 0, "1e2": 0, "-1": 0, "+1": 0, "50000.01": 0, "NaN": 0, "1.2.3": 0, "0x10": 0, "٣": 0,
	} {
		got, err := parsePrice(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("%q: %d %v", text, got, err)
		}
	}
}
