package etsy

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func FuzzOrder(f *testing.F) {
	raw, err := os.ReadFile("testdata/receipt.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"receipt_id":1,"transactions":[{"quantity":-3,"price":{"amount":9223372036854775807,"divisor":1,"currency_code":"JPY"}}],"shipments":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r api.Receipt
		if json.Unmarshal(raw, &r) != nil {
			return
		}
		o := orderOf(r)
		if o.State == "" || len(o.Lines) != len(r.Transactions) || len(o.Shipments) != len(r.Shipments) {
			t.Fatalf("order %+v", o)
		}
		for _, l := range o.Lines {
			if l.ID == "" || l.Quantity < 0 {
				t.Fatalf("line %+v", l)
			}
		}
		for _, u := range (&Connector{}).Notes(o) {
			if u.Message == nil || u.Message.Message.Text == "" {
				t.Fatalf("note %+v", u)
			}
		}
	})
}

func FuzzHook(f *testing.F) {
	f.Add("m", "1795338000", "v1,AAAA", []byte(hookBody))
	f.Add("", "-9223372036854775808", " , v1, v1,", []byte(`{"resource_url":"%zz"}`))
	app := map[commerce.Channel]any{commerce.Etsy: &App{Webhook: secretOf("one")}}
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte) {
		h := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {signature}}
		if resp, events, err := handleHook(app, channel.HookRequest{Header: h, Body: body, Now: november}); err != nil || resp.Status != http.StatusUnauthorized || len(events) > 0 {
			t.Fatalf("an unsigned delivery is answered %d, %v", resp.Status, err)
		}
		r := signed("one", "m", november, string(body))
		resp, events, err := handleHook(app, r)
		if err != nil || (resp.Status != http.StatusOK && len(body) <= hookMax) {
			t.Fatalf("a signed delivery is answered %d, %v", resp.Status, err)
		}
		for _, e := range events {
			updates, err := mapEvent(nil, e)
			if err != nil || len(updates) != 1 || numeric(updates[0].Fetch.Orders[0]) == 0 || numeric(e.Account) == 0 {
				t.Fatalf("event %+v is mapped to %+v, %v", e, updates, err)
			}
		}
	})
}

func FuzzMap(f *testing.F) {
	f.Add([]byte(hookBody))
	f.Add([]byte(`{"resource_url":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		updates, err := mapEvent(nil, channel.Event{Body: body})
		if (err == nil) == (len(updates) == 0) {
			t.Fatalf("%q: %+v, %v", body, updates, err)
		}
	})
}

// FuzzInventory: what Etsy shows of our own body is recognised, and nothing it
// may answer ends in a panic.
func FuzzInventory(f *testing.F) {
	f.Add([]byte(`{"products":[{"sku":"MUG-S","property_values":[{"property_id":513,"property_name":"Size","value_ids":[7],"values":["S"]}],"offerings":[{"quantity":3,"is_enabled":true,"price":{"amount":1000,"divisor":100,"currency_code":"USD"}}]}]}`), "200")
	f.Add([]byte(`{"products":[{"offerings":[]},{"is_deleted":true}]}`), "1e9")
	f.Add([]byte(`{}`), "")
	f.Fuzz(func(t *testing.T, raw []byte, weight string) {
		var have api.Inventory
		if json.Unmarshal(raw, &have) != nil {
			return
		}
		p := product()
		options := []option{{Name: "Size", ID: 513, Label: "Size"}}
		words := vocabulary{}
		words.learnFrom(&have)
		body := bodyOf(p, map[commerce.VariantID]int64{"a": 3, "b": 5000}, options, words, func(string) int64 { return 9 })
		_ = shows(&have, body)
		_ = linksOf(p, options, have, memo{})
		_ = alike("item_weight", "200", weight)
	})
}

func FuzzMemo(f *testing.F) {
	f.Add(`{"pictures":[{"key":"a","id":1}],"off":"stock"}`)
	f.Add(strings.Repeat("[", 100))
	f.Fuzz(func(t *testing.T, text string) {
		m := memoOf(commerce.Listing{Extra: map[string]string{memoKey: text}})
		again := memoOf(commerce.Listing{Extra: m.extra()})
		if again.Off != m.Off || len(again.Pictures) != len(m.Pictures) || again.Taxonomy != m.Taxonomy {
			t.Fatalf("%+v comes back as %+v", m, again)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(`{"open":1,"canceled":2,"pass":"open","from":3,"offset":4}`)
	f.Add(`{"known":-1}`)
	f.Fuzz(func(_ *testing.T, text string) {
		if c, err := decodeOrderCursor(channel.Poll{Cursor: text}); err == nil {
			c.start(1)
			c.advance([]api.Receipt{{Updated: 5}}, 1)
		}
		if c, err := decodeReviewCursor(channel.Poll{Cursor: text}); err == nil {
			c.advance([]api.Review{{Created: 5}}, 1, 1)
		}
	})
}
