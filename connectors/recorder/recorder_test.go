package recorder_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/recorder"
)

// canned answers every request with one body.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

type call struct {
	method, url, kind, body string
	header                  map[string]string
	answer                  canned
}

func etsyKeys() map[string]string {
	return map[string]string{"X-Api-Key": "key:secret", "Authorization": "Bearer 1.abc"}
}

// violations records one call.
func violations(t *testing.T, c call) []string {
	t.Helper()
	r, absent, err := recorder.New()
	if err != nil {
		t.Fatal(err)
	}
	if absent {
		t.Skip("no API descriptions beside the repository: ../shared/specs")
	}
	r.Know("11", "ProductCatalog")
	r.Know("22", "Page")
	req, err := http.NewRequest(c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	if c.kind != "" {
		req.Header.Set("Content-Type", c.kind)
	}
	if c.answer.status == 0 {
		c.answer.status, c.answer.body = 500, `{"error":"Server Error"}`
	}
	resp, err := r.Wrap(c.answer).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil || string(raw) != c.answer.body {
		t.Fatalf("the answer was changed to %q, %v", raw, err)
	}
	return r.Violations()
}

const form = "application/x-www-form-urlencoded"

func TestEtsy(t *testing.T) {
	t.Parallel()
	const draft = "quantity=3&title=Mug&description=Blue&price=12.50&who_made=i_did&when_made=made_to_order&taxonomy_id=1633&tags=a,b"
	const inventory = `{"products":[{"sku":"a","property_values":[],"offerings":[{"price":1.5,"quantity":1,"is_enabled":true%s}]}]}`
	tests := map[string]struct {
		call call
		want string // part of the only violation; empty: none
	}{
		"a good draft":         {call{method: "POST", url: "https://sim.test/sim/etsy/v3/application/shops/1/listings", kind: form, body: draft, header: etsyKeys()}, ""},
		"a repeated tag":       {call{method: "POST", url: "https://openapi.etsy.com/v3/application/shops/1/listings", kind: form, body: draft + "&tags=c", header: etsyKeys()}, "tags is repeated"},
		"a draft without text": {call{method: "POST", url: "https://sim.test/sim/etsy/v3/application/shops/1/listings", kind: form, body: strings.Replace(draft, "description", "about", 1), header: etsyKeys()}, "description"},
		"an enum":              {call{method: "POST", url: "https://sim.test/sim/etsy/v3/application/shops/1/listings", kind: form, body: strings.Replace(draft, "i_did", "me", 1), header: etsyKeys()}, "who_made"},
		"JSON to a form":       {call{method: "POST", url: "https://sim.test/sim/etsy/v3/application/shops/1/listings", kind: "application/json", body: "{}", header: etsyKeys()}, "content type"},
		"a bare key":           {call{method: "GET", url: "https://sim.test/sim/etsy/v3/application/listings/5", header: map[string]string{"X-Api-Key": "key"}}, "x-api-key"},
		"a batch read":         {call{method: "GET", url: "https://sim.test/sim/etsy/v3/application/listings/batch?listing_ids=1,2", header: etsyKeys()}, ""},
		"a word for an id":     {call{method: "GET", url: "https://sim.test/sim/etsy/v3/application/listings/abc", header: etsyKeys()}, "listing_id"},
		"a query nobody knows": {call{method: "GET", url: "https://sim.test/sim/etsy/v3/application/listings/5?legacy=true", header: etsyKeys()}, "legacy"},
		"a path nobody knows":  {call{method: "GET", url: "https://sim.test/sim/etsy/v3/application/conversations", header: etsyKeys()}, "no such operation"},
		"an offering without readiness": {call{method: "PUT", url: "https://sim.test/sim/etsy/v3/application/listings/5/inventory", kind: "application/json",
			body: strings.Replace(inventory, "%s", "", 1), header: etsyKeys()}, "readiness_state_id"},
		"an inventory": {call{method: "PUT", url: "https://sim.test/sim/etsy/v3/application/listings/5/inventory", kind: "application/json",
			body: strings.Replace(inventory, "%s", `,"readiness_state_id":7`, 1), header: etsyKeys()}, ""},
		"an inventory as it was read": {call{method: "PUT", url: "https://sim.test/sim/etsy/v3/application/listings/5/inventory", kind: "application/json",
			body: strings.Replace(inventory, "%s", `,"readiness_state_id":7,"offering_id":3`, 1), header: etsyKeys()}, "offering_id"},
		"an answer of the wrong type": {call{method: "GET", url: "https://sim.test/sim/etsy/v3/application/listings/5", header: etsyKeys(), answer: canned{200, `{"listing_id":"5"}`}}, "answer 200"},
		"a token":                     {call{method: "POST", url: "https://sim.test/sim/etsy/v3/public/oauth/token", kind: form, body: "grant_type=refresh_token&client_id=k&refresh_token=r"}, ""},
		"a token with a secret":       {call{method: "POST", url: "https://sim.test/sim/etsy/v3/public/oauth/token", kind: form, body: "grant_type=refresh_token&client_id=k&refresh_token=r&client_secret=s"}, "client_secret"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, violations(t, tt.call), tt.want)
		})
	}
}

func compare(t *testing.T, got []string, want string) {
	t.Helper()
	if want == "" && len(got) > 0 {
		t.Errorf("violations %q, want none", got)
	}
	if want != "" && !strings.Contains(strings.Join(got, "\n"), want) {
		t.Errorf("violations %q, want one about %s", got, want)
	}
}

func TestTikTok(t *testing.T) {
	t.Parallel()
	token := map[string]string{"X-Tts-Access-Token": "t"}
	const signed = "app_key=k&timestamp=1767225600&sign=s&shop_cipher=c"
	ok := canned{200, `{"code":0,"message":"Success","request_id":"1","data":{}}`}
	tests := map[string]struct {
		call call
		want string
	}{
		"a search":                        {call{method: "POST", url: "https://sim.test/sim/tiktok/order/202309/orders/search?page_size=50&" + signed, kind: "application/json", body: `{"update_time_ge":1}`, header: token, answer: ok}, ""},
		"no page size":                    {call{method: "POST", url: "https://sim.test/sim/tiktok/order/202309/orders/search?" + signed, kind: "application/json", body: `{}`, header: token, answer: ok}, "page_size"},
		"a time as text":                  {call{method: "POST", url: "https://sim.test/sim/tiktok/order/202309/orders/search?page_size=50&" + signed, kind: "application/json", body: `{"update_time_ge":"1"}`, header: token, answer: ok}, "update_time_ge"},
		"a field nobody knows":            {call{method: "POST", url: "https://sim.test/sim/tiktok/order/202309/orders/search?page_size=50&" + signed, kind: "application/json", body: `{"since":1}`, header: token, answer: ok}, "since"},
		"the token in the query":          {call{method: "POST", url: "https://open-api.tiktokglobalshop.com/order/202309/orders/search?access_token=t&page_size=50&" + signed, kind: "application/json", body: `{}`, answer: ok}, "access_token"},
		"a version that is served beside": {call{method: "GET", url: "https://sim.test/sim/tiktok/order/202309/orders?ids=1&" + signed, header: token, answer: ok}, ""},
		"a refusal with status 200":       {call{method: "GET", url: "https://sim.test/sim/tiktok/order/202507/orders?ids=1&" + signed, header: token, answer: canned{200, `{"code":36009004,"message":"x","request_id":"1","data":null}`}}, ""},
		"an answer of the wrong type":     {call{method: "GET", url: "https://sim.test/sim/tiktok/order/202507/orders?ids=1&" + signed, header: token, answer: canned{200, `{"code":0,"message":"x","request_id":"1","data":{"orders":{}}}`}}, "answer 200"},
		"a token call":                    {call{method: "GET", url: "https://sim.test/sim/tiktok/api/v2/token/refresh?app_key=k&app_secret=s&refresh_token=r&grant_type=refresh_token"}, ""},
		"a path nobody knows":             {call{method: "GET", url: "https://sim.test/sim/tiktok/order/202101/orders?" + signed, header: token}, "no such operation"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, violations(t, tt.call), tt.want)
		})
	}
}

func TestMeta(t *testing.T) {
	t.Parallel()
	const graph, batch = "https://sim.test/sim/meta/v26.0/", `[{"method":"%m","data":{"id":"a"%d}}]`
	items := func(method, data string) call {
		requests := strings.NewReplacer("%m", method, "%d", data).Replace(batch)
		return call{method: "POST", url: graph + "11/items_batch", kind: "application/json", body: `{"item_type":"PRODUCT_ITEM","requests":` + requests + `}`}
	}
	tests := map[string]struct {
		call call
		want string
	}{
		"an update":             {items("UPDATE", `,"price":"9.99 USD","availability":"in stock","quantity_to_sell_on_facebook":3`), ""},
		"a price in cents":      {items("UPDATE", `,"price":999`), "price"},
		"a retailer id":         {items("UPDATE", `,"retailer_id":"a"`), "retailer_id"},
		"a field nobody knows":  {items("UPDATE", `,"name":"x"`), "name"},
		"a creation with holes": {items("CREATE", `,"title":"x"`), "CREATE lacks brand"},
		"a deletion":            {items("DELETE", ""), ""},
		"a deletion with data":  {items("DELETE", `,"title":"x"`), "DELETE"},
		"no item type":          {call{method: "POST", url: graph + "11/items_batch", kind: form, body: "requests=[]"}, "item_type"},
		"a status":              {call{method: "GET", url: graph + "11/check_batch_request_status?handle=h&load_ids_of_invalid_requests=true&fields=handle,status,errors"}, ""},
		"a status of nothing":   {call{method: "GET", url: graph + "11/check_batch_request_status"}, "handle is missing"},
		"a boolean":             {call{method: "GET", url: graph + "11/check_batch_request_status?handle=h&load_ids_of_invalid_requests=yes"}, "load_ids_of_invalid_requests"},
		"a field of the node":   {call{method: "GET", url: graph + "11/products?fields=id,retailer_id,review_status&limit=10&filter=%7B%7D"}, ""},
		"a field of no node":    {call{method: "GET", url: graph + "11/products?fields=id,stock"}, "field stock"},
		"orders":                {call{method: "GET", url: graph + "22/commerce_orders"}, "removed"},
		"a removed parameter":   {call{method: "GET", url: graph + "22?fields=name&pretty=1"}, "pretty was removed"},
		"a token in the query":  {call{method: "GET", url: graph + "22?access_token=t"}, "belongs into the header"},
		"a message":             {call{method: "POST", url: graph + "22/messages", kind: "application/json", body: `{"recipient":{"id":"5"},"messaging_type":"RESPONSE","message":{"text":"hi"}}`}, ""},
		"a message to nobody":   {call{method: "POST", url: graph + "22/messages", kind: "application/json", body: `{"messaging_type":"REPLY","message":{"text":"hi"}}`}, "messaging_type"},
		"an edge nobody knows":  {call{method: "GET", url: graph + "22/inbox"}, "no such operation"},
		"an id nobody knows":    {call{method: "GET", url: graph + "99/products"}, "kind nobody knows"},
		"who am I":              {call{method: "GET", url: graph + "me/accounts?fields=id,name,access_token,tasks"}, ""},
		"a token call":          {call{method: "GET", url: graph + "oauth/access_token?client_id=1&client_secret=2&redirect_uri=3&code=4"}, ""},
		"a token call with more": {call{method: "GET", url: graph + "oauth/access_token?client_id=1&client_secret=2&redirect_uri=3&code=4&scope=x"},
			"documented forms"},
		"another host": {call{method: "GET", url: "https://elsewhere.example/x"}, "no API description"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, violations(t, tt.call), tt.want)
		})
	}
}
