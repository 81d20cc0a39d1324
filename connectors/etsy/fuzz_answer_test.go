package etsy

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

// oracle answers every call with the same thing.
type oracle struct {
	status int
	body   []byte
	calls  *int
}

// Do implements channel.Doer.
func (o oracle) Do(_ context.Context, r httpclient.Request) (httpclient.Response, error) {
	*o.calls++
	resp := httpclient.Response{Status: o.status, Header: http.Header{"X-Remaining-Today": {string(o.body)}, "Retry-After": {string(o.body)}}, Body: o.body}
	if r.Observe != nil {
		for _, q := range r.Observe(resp) {
			if q.Left < -1 || q.Limit < 0 {
				return resp, fault.New(fault.Internal, "quota", "quota %+v", q)
			}
		}
	}
	return resp, nil
}

// Image implements channel.Images.
func (o oracle) Image(context.Context, string) (channel.Picture, error) {
	return channel.Picture{Type: "image/png", Data: []byte("x")}, nil
}

// forgetful stores nothing.
type forgetful struct{}

func (forgetful) Begin(context.Context, channel.Call) error             { return nil }
func (forgetful) Sent(context.Context, string, string, time.Time) error { return nil }
func (forgetful) Created(context.Context, channel.Result) error         { return nil }
func (forgetful) End(context.Context, string) error                     { return nil }

func answerSeeds() []string {
	const product = `{"product_id":1,"sku":"MUG-S","is_deleted":false,"offerings":[{"offering_id":1,"quantity":3,"is_enabled":true,"is_deleted":false,"price":{"amount":1000,"divisor":100,"currency_code":"USD"},"readiness_state_id":5}],"property_values":[{"property_id":513,"property_name":"Size","scale_id":null,"value_ids":[7],"values":["S"]}]}`
	const listing = `{"listing_id":7,"title":"Mug","state":"draft","created_timestamp":1795338000,"ending_timestamp":1805338000,"price":{"amount":1000,"divisor":100,"currency_code":"USD"},"taxonomy_id":3,"item_weight":1.5,"tags":["a"],"skus":[],"inventory":{"products":[` + product + `]}}`
	return []string{
		listing, `{"count":1,"results":[` + listing + `]}`, `{"products":[` + product + `],"listing":` + listing + `}`,
		`{"count":1,"results":[{"id":3,"name":"Mugs","children":[{"id":4,"name":"Big mugs","children":[]}]}]}`,
		`{"count":1,"results":[{"property_id":200,"name":"color","display_name":"Primary color","scales":[{"scale_id":1,"display_name":"US"}],"is_required":true,"supports_attributes":true,"supports_variations":true,"is_multivalued":true,"max_values_allowed":-1,"possible_values":[{"value_id":1,"name":"Red","scale_id":1},{"value_id":null,"name":"Blue","scale_id":null}]}]}`,
		`{"count":1,"results":[{"shipping_profile_id":1},{"return_policy_id":2},{"readiness_state_id":3}]}`,
		`{"count":1,"results":[{"receipt_id":1,"status":"Paid","transactions":[{"transaction_id":2,"quantity":1}],"shipments":[{"tracking_code":"X"}]}]}`,
		`{"receipt_id":1,"is_shipped":true,"grandtotal":{"amount":1,"divisor":0}}`,
		`{"count":1,"results":[{"transaction_id":5,"rating":9,"created_timestamp":-1}]}`,
		`{"count":1,"results":[{"listing_image_id":1,"rank":-5,"alt_text":"x"}]}`,
		`{"count":1,"results":[{"shipping_carrier_id":1,"name":"USPS"}]}`,
		`{"access_token":"1.a","refresh_token":"1.b","expires_in":-9223372036854775808,"scopes":["shops_r"],"user_id":1,"shop_id":2,"shop_name":"X","currency_code":"USD"}`,
		`{"error":"invalid_client"}`, `[]`, `null`, `7`, `"x"`, `{"results":null}`, `{"results":[null]}`, strings.Repeat("[", 9000), `{"listing_id":1e400}`, `{"listing_id":-1,"results":[{"listing_id":-1}]}`,
	}
}

// FuzzAnswers: whatever Etsy answers to whatever is asked, nothing panics, and
// nothing goes on for ever.
func FuzzAnswers(f *testing.F) {
	for _, seed := range answerSeeds() {
		for _, status := range []int{200, 400, 403, 404, 409} {
			f.Add(status, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 || status == http.StatusUnauthorized {
			return
		}
		calls := 0
		o := oracle{status: status, body: body, calls: &calls}
		env := channel.Env{HTTP: o, Now: func() time.Time { return november }, NewID: func() string { return "1" }, Images: o}
		app := &App{Keystring: "k", Secret: "s"}
		tokens := fixed(channel.Tokens{Access: "1.a"})
		conn, err := open(channel.OpenParams{Env: env, App: app, Settings: &Settings{Shop: "42", Currency: "USD"}, Tokens: tokens})
		if err != nil {
			t.Fatal(err)
		}
		exercise(t, conn.(*Connector), newAuth(app, env))
		if calls > 1000 {
			t.Fatalf("%d calls", calls)
		}
	})
}

// exercise uses everything the connector can do.
func exercise(t *testing.T, c *Connector, a channel.Auth) {
	t.Helper()
	ctx := t.Context()
	_, _ = a.Exchange(ctx, url.Values{"code": {"x"}}, "https://shop.example/", "v")
	_, _ = a.Refresh(ctx, channel.Tokens{Refresh: "1.r"})
	_, _ = c.Check(ctx)
	_, _ = c.ListOrders(ctx, channel.Poll{Since: november})
	_, _ = c.ListReviews(ctx, channel.Poll{Since: november})
	_, _ = c.Orders(ctx, []commerce.RemoteID{"7"})
	shipping := channel.Shipping{Order: commerce.Order{Remote: "7"}, Shipment: commerce.Shipment{Carrier: "UPS", Tracking: "X"}}
	_, _ = c.Ship(ctx, shipping)
	_, _, _ = c.FindShipment(ctx, shipping)
	p := product()
	p.Attributes = map[string]string{"color": "Red", "personalization": "optional"}
	wanted := map[commerce.Channel]bool{commerce.Etsy: true}
	for _, remoteID := range []commerce.RemoteID{"", "7"} {
		l := commerce.Listing{ID: "lst", Remote: remoteID, Extra: map[string]string{memoKey: `{"pictures":[{"key":"https://shop.example/1.png","id":1}],"off":"stock"}`}}
		change := channel.Change{Listing: l, Product: p, Stock: map[commerce.VariantID]int64{"a": 1, "b": 2}, Defaults: commerce.Defaults{Publish: "live", Renew: "auto"}, Wanted: wanted, Groups: commerce.Groups()}
		results, err := c.Apply(ctx, []channel.Change{change}, forgetful{})
		for _, r := range results {
			if r.Outcome == "" || (r.Outcome == channel.Failed) != (r.Err != nil) {
				t.Fatalf("result %+v, %v", r, err)
			}
		}
		_, _ = c.Settle(ctx, []channel.OpenCall{{Call: channel.Call{ID: "1", Kind: callDraft, BeganAt: november, Intent: map[string]string{"title": "Mug"}}, Changes: []channel.Change{change}}}, forgetful{})
		_, _ = c.Listings(ctx, []commerce.Listing{l})
	}
}

// FuzzProperties: what a category may offer, however odd, gives forms that hold
// as many ids as values, or problems.
func FuzzProperties(f *testing.F) {
	f.Add("Primary color", "Red", "Red, red", "", int64(2), true)
	f.Add("", ",", "", "US", int64(-1), false)
	f.Fuzz(func(t *testing.T, name, listedName, said, unit string, most int64, multi bool) {
		one, scale := int64(1), int64(9)
		kind := api.TaxonomyProperty{
			ID: 200, Name: name, Display: name, Attributes: true, Required: true, Multi: multi, Most: &most,
			Scales: []api.TaxonomyScale{{ID: 9, Name: unit}}, Possible: []api.TaxonomyValue{{ID: &one, Name: listedName, Scale: &scale}, {Name: said}},
		}
		p := commerce.Product{Attributes: map[string]string{name: said, name + scaleSuffix: unit}}
		want, found := propertiesOf(p, []api.TaxonomyProperty{kind}, nil)
		if len(want)+len(found) != 1 {
			t.Fatalf("%+v, %+v", want, found)
		}
		for _, w := range want {
			form, err := url.ParseQuery(w.Form)
			if err != nil || strings.Count(form.Get("value_ids"), ",") != strings.Count(form.Get("values"), ",") || form.Get("scale_id") != "9" {
				t.Fatalf("form %q, %v", w.Form, err)
			}
		}
		for _, p := range found {
			if p.Rule == "" || p.Fix == "" || len([]rune(p.Value)) > 200 || len([]rune(p.Allowed)) > 200 {
				t.Fatalf("problem %+v", p)
			}
		}
	})
}
