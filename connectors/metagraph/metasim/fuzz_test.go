package metasim

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/manystall/manystall/connectors/simkit"
)

func FuzzRecords(f *testing.F) {
	f.Add(`[{"method":"CREATE","data":{"id":"a","title":"x","price":"9.99 USD","image":[{"url":"https://x.example/1.png"}]}}]`)
	f.Add(`[{"method":"DELETE","data":{"id":7}},{"data":null},null]`)
	f.Add(`[{"method":"UPDATE","data":{"id":"a","sale_price_effective_date":"2026-11-01T12:00-0300/2026-12-01T00:00-0300","additional_variant_attribute":"a:b,","expiration_date":"2026"}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		records, err := decodeRecords(text)
		if err != nil {
			return
		}
		accepted, lines, remarks := inspect(records)
		if len(accepted) != len(lines) || len(accepted) > len(records) {
			t.Fatalf("%d accepted of %d, %d lines", len(accepted), len(records), len(lines))
		}
		seen := map[string]bool{}
		for _, r := range accepted {
			if id := r.id(); id == "" || seen[id] || strings.ContainsAny(id, ",:") {
				t.Fatalf("accepted the id %q", id)
			}
			seen[r.id()] = true
			it := item{Data: r.Data}
			it.pictures()
			it.visible()
			localPrice(it.text("price"))
		}
		if !json.Valid(encode(remarks)) {
			t.Fatal("the answer is no JSON")
		}
	})
}

func FuzzBatchParts(f *testing.F) {
	f.Add(`[{"method":"GET","relative_url":"v26.0/me?fields=id"}]`)
	f.Add(`[{"method":"POST","relative_url":"%zz","body":"a=%"},null]`)
	f.Fuzz(func(t *testing.T, text string) {
		parts, err := decodeParts(text)
		if err != nil {
			return
		}
		for _, p := range parts {
			if req, err := p.request(request{host: Facebook, token: "t"}); err == nil && (req.path == "" || req.p == nil) {
				t.Fatalf("%+v became %+v", p, req)
			}
		}
	})
}

func FuzzBodies(f *testing.F) {
	f.Add("application/json", `{"a":1,"b":"x"}`)
	f.Add("application/x-www-form-urlencoded", "a=1&b=%7B%7D")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--")
	f.Fuzz(func(_ *testing.T, kind, body string) {
		p := params{}
		if p.addBody(kind, []byte(body)) == nil {
			_, _ = p.flag("a", true)
			_, _ = p.words("a")
			_, _ = p.object("b")
		}
	})
}

func FuzzFields(f *testing.F) {
	f.Add("id,name,messages.limit(5){id,from{id}}")
	f.Add("a{b{c{d")
	f.Fuzz(func(t *testing.T, text string) {
		fields, err := parseFields(text)
		if err == nil && len(fields) == 0 {
			t.Fatal("no fields and no error")
		}
	})
}

func FuzzFilter(f *testing.F) {
	f.Add(`{"retailer_id":{"is_any":["a"]}}`)
	f.Add(`{"name":{"contains":"x"},"availability":{"neq":null}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		if match, _, err := parseFilter(text); err == nil {
			match(item{RetailerID: "a"})
		}
	})
}

func FuzzEscape(f *testing.F) {
	f.Add("café 😀 a/b <&> \\u003c \u2028")
	f.Fuzz(func(t *testing.T, text string) {
		raw := encode(text)
		var back string
		if err := json.Unmarshal(raw, &back); err != nil || utf8.ValidString(text) && back != text {
			t.Fatalf("%q became %s: %v", text, raw, err)
		}
		for _, c := range raw {
			if c >= utf8.RuneSelf {
				t.Fatalf("%s is not ASCII", raw)
			}
		}
	})
}

func FuzzCheckoutQuery(f *testing.F) {
	f.Add(Facebook, "a", 2, "TEN")
	f.Add("meta_shops", "a:1,b", -1, "x&y=1")
	b := newFuzzBench(f)
	f.Fuzz(func(t *testing.T, channel, sku string, quantity int, coupon string) {
		query, err := b.CheckoutQuery(channel, []simkit.Line{{SKU: sku, Quantity: quantity}}, coupon)
		if err != nil {
			return
		}
		back, err := url.ParseQuery(query.Encode())
		if err != nil || back.Get("coupon") != coupon || strings.Count(back.Get("products"), ":") != 1 {
			t.Fatalf("query %s: %v", query.Encode(), err)
		}
	})
}
