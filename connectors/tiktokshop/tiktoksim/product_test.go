package tiktoksim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

type doc = map[string]any

func sale(name, v string) doc { return doc{"name": name, "value_name": v} }

type spoiled struct {
	code  int
	spoil func(*stall, doc)
}

func spoiledTexts() map[string]spoiled {
	return map[string]spoiled{
		"good":                  {0, func(*stall, doc) {}},
		"unknown field":         {0, func(_ *stall, d doc) { d["search_terms"] = []any{"tea"} }},
		"no title":              {12052261, func(_ *stall, d doc) { d["title"] = "" }},
		"longest title":         {0, func(_ *stall, d doc) { d["title"] = strings.Repeat("añ ", 85) }},
		"long title":            {12052051, func(_ *stall, d doc) { d["title"] = strings.Repeat("ab", 128) }},
		"title entity":          {12052931, func(_ *stall, d doc) { d["title"] = "Cup &amp; saucer" }},
		"title emoji":           {12052931, func(_ *stall, d doc) { d["title"] = "Cup 🍵" }},
		"title control":         {12052931, func(_ *stall, d doc) { d["title"] = "Cup\u007f" }},
		"title symbols":         {12052931, func(_ *stall, d doc) { d["title"] = "//// !!" }},
		"9 equal characters":    {0, func(_ *stall, d doc) { d["title"] = "Cup aaaaaaaaa" }},
		"10 equal characters":   {12052931, func(_ *stall, d doc) { d["title"] = "Cup aaaaaaaaaa" }},
		"no description":        {12052015, func(_ *stall, d doc) { d["description"] = " " }},
		"long description":      {12052013, func(_ *stall, d doc) { d["description"] = strings.Repeat("ab", 5001) }},
		"many images in text":   {12052056, func(_ *stall, d doc) { d["description"] = strings.Repeat(`<img src="x">`, 31) }},
		"foreign image in text": {12052340, func(_ *stall, d doc) { d["description"] = `<img src="https://elsewhere.example/a.png">` }},
		"image without src":     {12052348, func(_ *stall, d doc) { d["description"] = `<img alt="x">` }},
		"hosted image in text":  {0, func(s *stall, d doc) { d["description"] = `<img src="` + s.sim.pictureURL(s.image()) + `">` }},
		"no category":           {codeInvalid, func(_ *stall, d doc) { delete(d, "category_id") }},
		"tree v1":               {12052217, func(_ *stall, d doc) { d["category_version"] = "v1" }},
		"no tree":               {12052217, func(_ *stall, d doc) { delete(d, "category_version") }},
		"unknown category":      {12052023, func(_ *stall, d doc) { d["category_id"] = "1" }},
		"branch":                {12052024, func(_ *stall, d doc) { d["category_id"] = "600001" }},
		"prohibited":            {12052220, func(_ *stall, d doc) { d["category_id"] = "601991" }},
		"invite only":           {12052223, func(_ *stall, d doc) { d["category_id"] = "601990" }},
		"no image":              {12052028, func(_ *stall, d doc) { d["main_images"] = []any{} }},
		"foreign image":         {12052300, func(_ *stall, d doc) { d["main_images"] = []any{doc{"uri": "https://elsewhere.example/a.png"}} }},
		"unknown image":         {12052300, func(_ *stall, d doc) { d["main_images"] = []any{doc{"uri": uriPrefix + "0"}} }},
		"images as strings":     {codeInvalid, func(_ *stall, d doc) { d["main_images"] = []any{"x"} }},
		"10 images":             {12052306, func(_ *stall, d doc) { d["main_images"] = slices.Repeat(d["main_images"].([]any), 10) }},
		"small main image":      {12052301, func(s *stall, d doc) { d["main_images"] = []any{doc{"uri": s.small()}} }},
	}
}

func spoiledSKUs() map[string]spoiled {
	sku := func(d doc) doc { return d["skus"].([]any)[0].(doc) }
	return map[string]spoiled{
		"no SKU":                {codeInvalid, func(_ *stall, d doc) { d["skus"] = []any{} }},
		"301 SKUs":              {12052050, func(_ *stall, d doc) { d["skus"] = slices.Repeat(d["skus"].([]any), 301) }},
		"seller SKU with space": {12019059, func(_ *stall, d doc) { sku(d)["seller_sku"] = "A B" }},
		"long seller SKU":       {12052054, func(_ *stall, d doc) { sku(d)["seller_sku"] = strings.Repeat("x", 51) }},
		"no price":              {codeInvalid, func(_ *stall, d doc) { delete(sku(d), "price") }},
		"price as a number":     {codeInvalid, func(_ *stall, d doc) { sku(d)["price"] = doc{"amount": 12.5, "currency": "USD"} }},
		"other currency":        {12052084, func(_ *stall, d doc) { sku(d)["price"] = doc{"amount": "12.50", "currency": "EUR"} }},
		"three decimals":        {12052012, func(_ *stall, d doc) { sku(d)["price"] = doc{"amount": "12.505", "currency": "USD"} }},
		"price of nothing":      {12052570, func(_ *stall, d doc) { sku(d)["price"] = doc{"amount": "0", "currency": "USD"} }},
		"highest price":         {0, func(_ *stall, d doc) { sku(d)["price"] = doc{"amount": "7600", "currency": "USD"} }},
		"too high a price":      {12052570, func(_ *stall, d doc) { sku(d)["price"] = doc{"amount": "7600.01", "currency": "USD"} }},
		"no inventory":          {12019022, func(_ *stall, d doc) { delete(sku(d), "inventory") }},
		"unknown warehouse":     {12052097, func(_ *stall, d doc) { sku(d)["inventory"] = []any{doc{"warehouse_id": "1", "quantity": 1}} }},
		"no quantity":           {12052055, func(s *stall, d doc) { sku(d)["inventory"] = []any{doc{"warehouse_id": s.warehouse()}} }},
		"too large a quantity": {12052055, func(s *stall, d doc) {
			sku(d)["inventory"] = []any{doc{"warehouse_id": s.warehouse(), "quantity": 100000}}
		}},
		"negative quantity": {12052055, func(s *stall, d doc) { sku(d)["inventory"] = []any{doc{"warehouse_id": s.warehouse(), "quantity": -1}} }},
		"UPC of 11 digits":  {12052591, func(_ *stall, d doc) { sku(d)["identifier_code"] = doc{"code": "12345678901", "type": "UPC"} }},
		"code without type": {12052600, func(_ *stall, d doc) { sku(d)["identifier_code"] = doc{"code": "123456789012"} }},
		"ISBN with X":       {0, func(_ *stall, d doc) { sku(d)["identifier_code"] = doc{"code": "123456789X", "type": "ISBN"} }},
	}
}

func spoiledRest() map[string]spoiled {
	return map[string]spoiled{
		"no weight":              {codeInvalid, func(_ *stall, d doc) { delete(d, "package_weight") }},
		"weight in grams":        {12019011, func(_ *stall, d doc) { d["package_weight"] = doc{"value": "5", "unit": "GRAM"} }},
		"zero weight":            {12052181, func(_ *stall, d doc) { d["package_weight"] = doc{"value": "0.00", "unit": "POUND"} }},
		"pounds, three decimals": {12052006, func(_ *stall, d doc) { d["package_weight"] = doc{"value": "1.234", "unit": "POUND"} }},
		"kilos, three decimals":  {0, func(_ *stall, d doc) { d["package_weight"] = doc{"value": "1.234", "unit": "KILOGRAM"} }},
		"box of other units":     {12052915, func(_ *stall, d doc) { d["package_dimensions"] = cube("5", "CENTIMETER") }},
		"box":                    {0, func(_ *stall, d doc) { d["package_dimensions"] = cube("5", "INCH") }},
		"flat box":               {12052003, func(_ *stall, d doc) { d["package_dimensions"] = cube("0", "INCH") }},
		"box required":           {12052116, func(_ *stall, d doc) { d["category_id"] = "600052" }},
		"attribute required":     {12052104, func(_ *stall, d doc) { d["category_id"] = "601455" }},
		"size chart required":    {12052673, func(_ *stall, d doc) { d["category_id"] = "601540" }},
		"size chart of another use": {12052670, func(s *stall, d doc) {
			d["category_id"], d["size_chart"] = "601540", doc{"image": d["main_images"].([]any)[0]}
		}},
		"size chart": {0, func(s *stall, d doc) {
			d["category_id"], d["size_chart"] = "601540", doc{"image": s.document("SIZE_CHART_IMAGE")}
		}},
		"certificate required": {12052105, func(_ *stall, d doc) { d["category_id"] = "601525" }},
		"certificate": {0, func(s *stall, d doc) {
			d["category_id"], d["certifications"] = "601525", []any{s.certificate("602362", 1)}
		}},
		"certificate that is over": {12052385, func(s *stall, d doc) {
			d["category_id"], d["certifications"] = "601525", []any{s.certificate("602362", -1)}
		}},
		"certificate twice": {12052656, func(s *stall, d doc) {
			d["category_id"], d["certifications"] = "601525", []any{s.certificate("602362", 1), s.certificate("602362", 1)}
		}},
		"certificate of nobody": {12052655, func(s *stall, d doc) {
			d["category_id"], d["certifications"] = "601525", []any{s.certificate("1", 1)}
		}},
		"certificate of another use": {12052650, func(s *stall, d doc) {
			one := s.certificate("602362", 1)
			one["images"] = d["main_images"]
			d["category_id"], d["certifications"] = "601525", []any{one}
		}},
		"certificate by an attribute": {12052105, func(s *stall, d doc) {
			d["category_id"], d["certifications"] = "601525", []any{s.certificate("602362", 1)}
			d["product_attributes"] = []any{doc{"id": "101610", "values": []any{doc{"id": "1024358"}}}}
		}},
		"T1 brand":             {12052201, func(_ *stall, d doc) { d["brand_id"] = "7082427311584347908" }},
		"long idempotency key": {codeBadParameters, func(_ *stall, d doc) { d["idempotency_key"] = strings.Repeat("k", 129) }},
	}
}

func TestCreateRules(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	image := s.image()
	for _, tests := range []map[string]spoiled{spoiledTexts(), spoiledSKUs(), spoiledRest()} {
		for name, tt := range tests {
			d := s.sheetWith(image)
			tt.spoil(s, d)
			if r := s.do(s.prepare(http.MethodPost, "/product/202309/products", encode(t, d))); r.Code != tt.code {
				t.Errorf("%s: code %d, want %d: %s", name, r.Code, tt.code, r.Msg)
			}
			check := as[struct {
				Result string `json:"check_result"`
			}](t, checked(s, d))
			dryRunKnows := name != "no tree" && name != "long idempotency key"
			if (check.Result == "PASS") != (tt.code == 0) && dryRunKnows {
				t.Errorf("%s: listing_check says %s", name, check.Result)
			}
		}
	}
}

func checked(s *stall, d doc) []byte {
	r := s.do(s.prepare(http.MethodPost, "/product/202309/products/listing_check", encode(s.t, d)))
	if r.Code != 0 {
		return []byte(`{"check_result":"FAILED"}`)
	}
	return r.Data
}

func cube(side, unit string) doc {
	return doc{"length": side, "width": side, "height": side, "unit": unit}
}

func (s *stall) small() string {
	return field[string](s.t, s.upload(200, 200, "DESCRIPTION_IMAGE").Data, "uri")
}

func (s *stall) sheetWith(image string) doc {
	return doc{
		"title": "Stoneware mug", "description": "<p>Holds tea.</p>", "category_id": "600024", "category_version": "v2",
		"main_images": []any{doc{"uri": image}}, "package_weight": doc{"value": "1.32", "unit": "POUND"},
		"skus": []any{s.variant("MUG-1", "12.50", 5)},
	}
}

func TestVariantRules(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	image := s.image()
	red := sale("Glaze", "Red")
	withImage := func(v string) doc { d := sale("Glaze", v); d["sku_img"] = doc{"uri": image}; return d }
	tests := map[string]struct {
		code int
		skus [][]any
	}{
		"one without attributes":  {0, [][]any{{}}},
		"two without attributes":  {12052550, [][]any{{}, {}}},
		"two":                     {0, [][]any{{red}, {sale("Glaze", "Blue")}}},
		"same values":             {12052560, [][]any{{red}, {sale("glaze", "red")}}},
		"other sets":              {12052550, [][]any{{red}, {sale("Size", "S")}}},
		"four attributes":         {12052525, [][]any{{sale("A", "1"), sale("B", "1"), sale("C", "1"), sale("D", "1")}}},
		"named twice":             {12052244, [][]any{{sale("A", "1"), sale("A", "2")}}},
		"no name":                 {12052241, [][]any{{doc{"value_name": "x"}}}},
		"no value":                {12052248, [][]any{{doc{"name": "x"}}}},
		"long name":               {12052242, [][]any{{sale(strings.Repeat("n", 21), "x")}}},
		"long value":              {12052249, [][]any{{sale("n", strings.Repeat("v", 51))}}},
		"value with entity":       {12052934, [][]any{{sale("n", "a&amp;b")}}},
		"built in":                {0, [][]any{{doc{"id": "100000", "value_id": "1000003"}}, {doc{"id": "100000", "value_name": "Teal"}}}},
		"unknown attribute id":    {12052527, [][]any{{doc{"id": "1", "value_name": "x"}}}},
		"product attribute id":    {12052527, [][]any{{doc{"id": "100149", "value_name": "x"}}}},
		"unknown value id":        {12052529, [][]any{{doc{"id": "100000", "value_id": "1"}}}},
		"images on all values":    {0, [][]any{{withImage("Red")}, {withImage("Blue")}}},
		"an image missing":        {12052522, [][]any{{withImage("Red")}, {sale("Glaze", "Blue")}}},
		"images on two":           {12052528, [][]any{{withImage("Red"), doc{"name": "Size", "value_name": "S", "sku_img": doc{"uri": image}}}}},
		"unknown image":           {12052520, [][]any{{doc{"name": "Glaze", "value_name": "Red", "sku_img": doc{"uri": "x"}}}}},
		"images shared by values": {0, [][]any{{withImage("Red"), sale("Size", "S")}, {sale("Size", "L"), red}}},
	}
	for name, tt := range tests {
		d := s.sheetWith(image)
		var skus []any
		for i, sales := range tt.skus {
			skus = append(skus, s.variant(fmt.Sprintf("V-%d", i), "5.00", 1, sales...))
		}
		d["skus"] = skus
		if r := s.do(s.prepare(http.MethodPost, "/product/202309/products", encode(t, d))); r.Code != tt.code {
			t.Errorf("%s: code %d, want %d: %s", name, r.Code, tt.code, r.Msg)
		}
	}
}

func TestPropertyRules(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	image := s.image()
	one := func(id string, values ...any) doc { return doc{"id": id, "values": values} }
	is, says := func(id string) doc { return doc{"id": id} }, func(name string) doc { return doc{"name": name} }
	tests := map[string]struct {
		code     int
		category string
		list     []any
	}{
		"required given":        {0, "601455", []any{one("100157", is("1001573"), says("Pearl"))}},
		"unknown":               {12052240, "600024", []any{one("1", says("x"))}},
		"sales property":        {12052240, "600024", []any{one("100000", says("x"))}},
		"given twice":           {12052254, "600024", []any{one("100149", says("x")), one("100149", says("y"))}},
		"value twice":           {12052251, "600024", []any{one("100149", says("x"), says("X"))}},
		"unknown value":         {12052529, "600024", []any{one("100149", is("1"))}},
		"empty value":           {12052248, "600024", []any{one("100149", says(""))}},
		"own value not allowed": {12052247, "600024", []any{one("100392", says("Easter"))}},
		"long value":            {12052249, "600024", []any{one("100149", says(strings.Repeat("x", 51)))}},
		"emoji":                 {12052935, "600024", []any{one("100149", says("☕"))}},
		"one value only":        {12052246, "600044", []any{one("101610", is("1024357"), is("1024358"))}},
		"condition not met":     {0, "600044", []any{one("101610", is("1024357"))}},
		"condition met":         {12052182, "600044", []any{one("101610", is("1024358"))}},
		"condition answered":    {0, "600044", []any{one("101610", is("1024358")), one("101611", is("1024361"))}},
		"not a number":          {12052256, "601530", []any{one("101300", says("heavy"))}},
		"a number":              {0, "601530", []any{one("101300", says("120.5"))}},
	}
	for name, tt := range tests {
		d := s.sheetWith(image)
		d["category_id"], d["product_attributes"] = tt.category, tt.list
		if r := s.do(s.prepare(http.MethodPost, "/product/202309/products", encode(t, d))); r.Code != tt.code {
			t.Errorf("%s: code %d, want %d: %s", name, r.Code, tt.code, r.Msg)
		}
	}
}

func TestCreateWarnsAboutBrands(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	for _, id := range []string{"1", "7082427311584347907"} {
		d := s.sheet()
		d["brand_id"] = id
		if m := s.create(d); len(m.Warnings) != 1 {
			t.Errorf("brand %s: warnings %v", id, m.Warnings)
		}
	}
	d := s.sheet()
	d["brand_id"] = "7082427311584347905"
	if m := s.create(d); len(m.Warnings) != 0 {
		t.Errorf("authorized brand: warnings %v", m.Warnings)
	}
}

func TestExternalIDIsUnique(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	d := s.sheet()
	d["external_product_id"] = "ours-1"
	m := s.create(d)
	s.call(12052996, http.MethodPost, "/product/202309/products", encode(t, d))
	s.call(0, http.MethodDelete, "/product/202309/products", ids(m.ID))
	s.create(d)
}

func TestDailyLimit(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.sim.DailyListings = 2
	s.live(s.sheet())
	s.create(s.sheet())
	s.call(12052093, http.MethodPost, "/product/202309/products", encode(t, s.sheet()))
	d := s.sheet()
	d["save_mode"] = "AS_DRAFT"
	s.create(d)
	*s.clock = s.clock.Add(15 * time.Hour)
	s.create(s.sheet())
}

func TestAudit(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.create(s.sheet())
	if p := s.product(m.ID); p.Status != pending || p.Audit.Status != auditing {
		t.Errorf("new product: %s %s", p.Status, p.Audit.Status)
	}
	s.pass(time.Second)
	if p := s.product(m.ID); p.Status != activate || p.Audit.Status != auditApproved {
		t.Errorf("after the review: %s %s", p.Status, p.Audit.Status)
	}
	bad := s.sheet()
	bad["title"] = "A Miracle Cure in a mug"
	b := s.create(bad)
	s.pass(time.Second)
	p := s.product(b.ID)
	if p.Status != failed || p.Audit.Status != auditFailed || len(p.Reasons) != 1 || p.Reasons[0].Position != "Title" {
		t.Errorf("forbidden title: %s %s %v", p.Status, p.Audit.Status, p.Reasons)
	}
	s.call(0, http.MethodPost, "/product/202509/products/"+b.ID+"/partial_edit", `{"title":"A mug"}`)
	s.pass(time.Second)
	if p := s.product(b.ID); p.Status != activate || p.Title != "A mug" || p.Reasons != nil {
		t.Errorf("corrected: %+v", p)
	}
}

// An edit that fails its review leaves the live product as it was.
func TestFailedEditStaysLive(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.live(s.sheet())
	s.call(0, http.MethodPost, "/product/202509/products/"+m.ID+"/partial_edit", `{"description":"a miracle cure"}`)
	if p := s.product(m.ID, "return_under_review_version", "true"); p.Audit.Status != auditing {
		t.Errorf("under review: %+v", p)
	}
	s.pass(time.Second)
	p := s.product(m.ID)
	if p.Status != activate || p.Audit.Status != auditFailed || len(p.Reasons) != 1 {
		t.Errorf("after the review: %+v", p)
	}
	s.call(12052547, http.MethodGet, "/product/202309/products/"+m.ID, "", "return_under_review_version", "true")
	s.order("MUG-1", 1, "")
}

func TestFullEditReplacesAllButNumbers(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	d := s.sheet()
	d["brand_id"] = "7082427311584347905"
	m := s.live(d)
	delete(d, "brand_id")
	d["title"] = "Another mug"
	d["skus"] = []any{doc{"id": m.SKUs[0].ID, "seller_sku": "MUG-2"}}
	s.call(0, http.MethodPut, "/product/202509/products/"+m.ID, encode(t, d))
	s.order("MUG-1", 2, "") // the old content is still on sale
	s.pass(time.Second)
	p := s.product(m.ID)
	if p.Title != "Another mug" || p.SKUs[0].Price.Sale != "12.50" || p.SKUs[0].Inventory[0].Quantity != 3 || p.SKUs[0].ID != m.SKUs[0].ID {
		t.Errorf("after the edit: %+v", p)
	}
	shot, err := s.sim.Snapshot(t.Context())
	if err != nil || len(shot.Items) != 1 || shot.Items[0].SKU != "MUG-2" {
		t.Errorf("items %+v, %v", shot.Items, err)
	}
	if _, err := s.sim.PlaceOrder(t.Context(), simkit.Order{SKU: "MUG-1", Quantity: 1}); err == nil {
		t.Error("the SKU that was replaced can still be bought")
	}
	d["skus"] = []any{doc{"id": "1"}}
	s.call(12052556, http.MethodPut, "/product/202509/products/"+m.ID, encode(t, d))
	delete(d, "skus")
	s.call(codeInvalid, http.MethodPut, "/product/202509/products/"+m.ID, encode(t, d))
	delete(d, "description")
	s.call(12052015, http.MethodPut, "/product/202309/products/"+m.ID, encode(t, d))
}

func TestPartialEditOfNumbersNeedsNoReview(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	m := s.live(s.sheet())
	body := encode(t, doc{"skus": []any{doc{"id": m.SKUs[0].ID, "seller_sku": "MUG-1", "price": doc{"amount": "9.99", "currency": "USD"}}}})
	r := s.call(0, http.MethodPost, "/product/202509/products/"+m.ID+"/partial_edit", body)
	if got := field[struct{ Status string }](t, r.Data, "audit").Status; got != auditApproved {
		t.Errorf("audit %s", got)
	}
	if p := s.product(m.ID); p.SKUs[0].Price.Sale != "9.99" || p.Audit.Status != auditApproved {
		t.Errorf("product %+v", p)
	}
	s.call(codeBadParameters, http.MethodPost, "/product/202509/products/"+m.ID+"/partial_edit", `{}`)
	s.call(12052048, http.MethodPost, "/product/202509/products/1/partial_edit", `{"title":"x"}`)
}
