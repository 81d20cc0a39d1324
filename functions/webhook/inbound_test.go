package webhook

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

const inboundOrder = `{"id":"1001","number":"#1001","status":"paid","placed_at":"2026-11-01T07:59:00Z","updated_at":"2026-11-01T08:00:00Z",
"lines":[{"id":"7","sku":"MUG","title":"Mug","quantity":2,"price":{"amount":1250,"currency":"EUR"}},{"sku":"CUP","quantity":1,"price":{"amount":500,"currency":"EUR"}}],
"total":{"amount":3000,"currency":"EUR"},"buyer":{"name":"Ada Secret","email":"ada@example.com"},"attribution":{"cart_origin":"instagram","utm":{"utm_source":"x"}}}`

func TestInboundOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 2 {
		out := b.order(t, inboundOrder)
		want := fmt.Sprintf("{\"id\":%q,\"remote_id\":\"1001\"}\n", ingest.OrderIDOf(b.account.ID, "1001"))
		if out.StatusCode != 202 || out.Body != want || out.Headers["content-type"] != "application/json" {
			t.Fatalf("%d %s", out.StatusCode, out.Body)
		}
	}
	m := b.queued[0]
	var u channel.Update
	must(t, json.Unmarshal(m.Body, &u))
	if m.Kind != "update" || m.Space != w || m.Account != b.account.ID || m.Channel != commerce.Instagram || len(b.queued) != 2 {
		t.Errorf("queued %+v", m)
	}
	o := u.Order
	if o.Remote != "1001" || o.State != commerce.OrderPaid || len(o.Lines) != 2 || o.Lines[1].ID != "2" || o.Buyer.Email != "ada@example.com" || o.RemoteVersion != time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC).Unix() {
		t.Errorf("queued order %+v", o)
	}
}

func TestInboundSignatures(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	now := b.clock.Now()
	good := b.signature(inboundOrder, now)
	for name, c := range map[string]struct {
		key, sign, body string
		status          int
	}{
		"good":             {b.id, good, inboundOrder, 202},
		"two signatures":   {b.id, strings.Replace(good, "v1=", "v1=00,v1=", 1), inboundOrder, 202},
		"unsigned":         {b.id, "", inboundOrder, 401},
		"altered":          {b.id, good, inboundOrder + " ", 401},
		"old":              {b.id, b.signature(inboundOrder, now.Add(-301*time.Second)), inboundOrder, 401},
		"young":            {b.id, b.signature(inboundOrder, now.Add(301*time.Second)), inboundOrder, 401},
		"just old enough":  {b.id, b.signature(inboundOrder, now.Add(-300*time.Second)), inboundOrder, 202},
		"another time":     {b.id, strings.Replace(good, fmt.Sprint(now.Unix()), fmt.Sprint(now.Unix()+1), 1), inboundOrder, 401},
		"no time":          {b.id, good[strings.Index(good, "v1="):], inboundOrder, 401},
		"no key":           {"", good, inboundOrder, 401},
		"an unknown key":   {"mk_none", good, inboundOrder, 401},
		"a checkout's key": {bridgeKey, good, inboundOrder, 401},
		"nonsense":         {b.id, "t=x,v1=y,=,,", inboundOrder, 401},
		"a very long time": {b.id, "t=99999999999999999999,v1=00", inboundOrder, 401},
	} {
		out := b.call(t, "POST", "/v1/inbound/orders", c.body, "manystall-key", c.key, "manystall-signature", c.sign)
		if out.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, out.StatusCode, out.Body)
		}
		if c.status == 401 && (!strings.Contains(out.Body, `"bad_signature"`) || out.Headers["content-type"] != "application/problem+json") {
			t.Errorf("%s: a refusal says more than others: %s", name, out.Body)
		}
	}
	gone := b.account
	gone.State = port.AccountGone
	_, err := b.store.PutAccount(t.Context(), gone)
	must(t, err)
	if out := b.order(t, inboundOrder); out.StatusCode != 401 {
		t.Errorf("a key that was switched off: %d", out.StatusCode)
	}
}

// What a shop may not say, and the field that is to blame.
func TestInboundRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	line := `{"sku":"MUG","quantity":1,"price":{"amount":1,"currency":"EUR"}}`
	with := func(field, value string) string {
		var o map[string]json.RawMessage
		must(t, json.Unmarshal([]byte(inboundOrder), &o))
		o[field] = json.RawMessage(value)
		raw, err := json.Marshal(o)
		must(t, err)
		return string(raw)
	}
	lines := func(all ...string) string { return with("lines", "["+strings.Join(all, ",")+"]") }
	for name, c := range map[string]struct{ body, code, field string }{
		"no JSON":            {`{"id":`, "bad_json", ""},
		"a list":             {`[]`, "bad_json", ""},
		"nothing":            {``, "bad_json", ""},
		"two orders":         {inboundOrder + inboundOrder, "bad_json", ""},
		"garbage behind":     {inboundOrder + "x", "bad_json", ""},
		"unknown field":      {with("totl", `1`), "bad_json", ""},
		"a float":            {with("total", `{"amount":12.5,"currency":"EUR"}`), "bad_json", ""},
		"no id":              {with("id", `""`), "id", "id"},
		"a number for an id": {with("id", `7`), "bad_json", ""},
		"a long id":          {with("id", `"`+strings.Repeat("x", 201)+`"`), "id", "id"},
		"status":             {with("status", `"draft"`), "status", "status"},
		"no lines":           {with("lines", `[]`), "lines", "lines"},
		"too many lines":     {lines(strings.Split(strings.Repeat(line+";", 501), ";")[:501]...), "lines", "lines"},
		"no pieces":          {lines(strings.Replace(line, `"quantity":1`, `"quantity":0`, 1)), "quantity", "lines[0].quantity"},
		"too many pieces":    {lines(strings.Replace(line, `"quantity":1`, `"quantity":100001`, 1)), "quantity", "lines[0].quantity"},
		"over-cancelled":     {lines(line, strings.Replace(line, `"quantity":1`, `"quantity":1,"cancelled":2`, 1)), "cancelled", "lines[1].cancelled"},
		"nothing named":      {lines(strings.Replace(line, "MUG", "", 1)), "sku", "lines[0].sku"},
		"a long SKU":         {lines(strings.Replace(line, "MUG", strings.Repeat("M", 501), 1)), "too_long", "lines[0].title"},
		"a price below zero": {lines(strings.Replace(line, `"amount":1`, `"amount":-1`, 1)), "amount", "lines[0].price.amount"},
		"another currency":   {lines(strings.Replace(line, "EUR", "USD", 1)), "currency", "lines[0].price.currency"},
		"two of an id":       {lines(`{"id":"2",`+line[1:], line), "duplicate_line", "lines[1].id"},
		"unknown currency":   {with("total", `{"amount":1,"currency":"XXX"}`), "currency", "total.currency"},
		"a total below zero": {with("total", `{"amount":-1,"currency":"EUR"}`), "amount", "total.amount"},
		"a foreign tax":      {with("tax", `{"amount":1,"currency":"USD"}`), "currency", "tax.currency"},
		"far ahead":          {with("updated_at", `"2026-11-03T08:00:00Z"`), "time", "updated_at"},
		"long ago":           {with("placed_at", `"0001-01-02T00:00:00Z"`), "time", "placed_at"},
		"a long note":        {with("note", `"`+strings.Repeat("x", 10_001)+`"`), "too_long", ""},
	} {
		out := b.order(t, c.body)
		var got struct {
			Code   string
			Errors []struct{ Field string }
		}
		must(t, json.Unmarshal([]byte(out.Body), &got))
		field := ""
		if len(got.Errors) > 0 {
			field = got.Errors[0].Field
		}
		if out.StatusCode != 422 || got.Code != c.code || field != c.field {
			t.Errorf("%s: %d %s", name, out.StatusCode, out.Body)
		}
		if strings.Contains(out.Body, "Ada") {
			t.Errorf("%s: a buyer's name in an answer: %s", name, out.Body)
		}
	}
	if out := b.order(t, with("note", `"`+strings.Repeat("x", maxOrder)+`"`)); out.StatusCode != 413 {
		t.Errorf("too large: %d", out.StatusCode)
	}
	if len(b.queued) != 0 {
		t.Errorf("%d refused orders were queued", len(b.queued))
	}
}

func FuzzDecodeOrder(f *testing.F) {
	f.Add([]byte(inboundOrder))
	for _, s := range []string{`{}`, `{"id":"1","lines":[{}]}`, `null`, `{"id":"1","lines":[{"sku":"a","quantity":1,"price":{"amount":1,"currency":"EUR"}}],"total":{"amount":1,"currency":"EUR"}}`} {
		f.Add([]byte(s))
	}
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := decodeOrder(body, now)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, l := range in.Lines {
			if l.Quantity < 1 || l.Cancelled > l.Quantity || seen[l.ID] || l.ID == "" || l.Price.Currency != in.Total.Currency {
				t.Fatalf("accepted the line %+v", l)
			}
			seen[l.ID] = true
		}
		if in.ID == "" || len(in.Lines) == 0 || in.UpdatedAt.After(now.Add(ahead)) || in.PlacedAt.IsZero() {
			t.Fatalf("accepted %+v", in)
		}
	})
}

// The order in the documentation is one that is taken.
func TestDocumentedOrder(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/own-shop.md")
	must(t, err)
	_, example, _ := strings.Cut(string(raw), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	if out := newBench(t).order(t, example); out.StatusCode != 202 {
		t.Errorf("%d %s", out.StatusCode, out.Body)
	}
}
