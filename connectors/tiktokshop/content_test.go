package tiktokshop

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func TestDescriptionHTML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "",
		"One line":                   "<p>One line</p>",
		"One\r\ntwo\n\n\n\nThree":    "<p>One<br>two</p><p>Three</p>",
		"Salt & pepper, R&B, 5 < 6":  "<p>Salt & pepper, R&B, 5 &lt; 6</p>",
		"<script>alert(1)</script>":  "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
		"&lt; is written so, &copy":  "<p>&amp;lt; is written so, &amp;copy</p>",
		"a\tb\u0007c":                "<p>a bc</p>",
		"café, 日本, “quotes” ünïcode": "<p>café, 日本, “quotes” ünïcode</p>",
	} {
		if got := descriptionHTML(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A browser shows exactly what the seller wrote, and no tag of the seller's.
func TestDescriptionHTMLShowsTheText(t *testing.T) {
	t.Parallel()
	tag := regexp.MustCompile(`<[^>]*>`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~é日&<>;#a-z]{0,60}`).Draw(t, "text")
		out := descriptionHTML(text)
		if left := strings.NewReplacer("<p>", "", "</p>", "", "<br>", "").Replace(out); strings.ContainsAny(left, "<>") {
			t.Fatalf("%q becomes %q", text, out)
		}
		if shown := html.UnescapeString(tag.ReplaceAllString(out, "")); shown != strings.TrimSpace(text) {
			t.Fatalf("%q is shown as %q by %q", text, shown, out)
		}
	})
}

func TestWeightAndBox(t *testing.T) {
	t.Parallel()
	for grams, want := range map[int64]string{1: "0.001", 420: "0.420", 1000: "1.000", 12345: "12.345"} {
		if w := weight(grams); w.Value != want || w.Unit != "KILOGRAM" {
			t.Errorf("%d g is %+v, want %s", grams, w, want)
		}
	}
	p := commerce.Product{Variants: []commerce.Variant{{Grams: 300}, {}, {Grams: 900}}}
	if got := grams(p, commerce.Defaults{Grams: 1200}); got != 1200 {
		t.Errorf("the package weighs %d", got)
	}
	if b := box(commerce.Defaults{LengthMM: 101, WidthMM: 100, HeightMM: 9}); *b != (api.Box{Length: "11", Width: "10", Height: "1", Unit: "CENTIMETER"}) {
		t.Errorf("box %+v", b)
	}
	if b := box(commerce.Defaults{LengthMM: 100, WidthMM: 100}); b != nil {
		t.Errorf("a box without a height: %+v", b)
	}
}

func TestBarcode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"4006381333931": "EAN", "036000291452": "UPC", "96385074": "EAN", "10012345678902": "GTIN",
		"4006381333932": "", "12345": "", "40063813339ab": "", "": "", "00000000": "",
	} {
		got := ""
		if c := barcode(code); c != nil {
			got = c.Type
		}
		if got != want {
			t.Errorf("%q is %q, want %q", code, got, want)
		}
	}
}

func TestAmount(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]commerce.Money{
		"12.50": {Amount: 1250, Currency: "USD"}, "0.05": {Amount: 5, Currency: "GBP"}, "1200": {Amount: 1200, Currency: "JPY"}, "15000": {Amount: 1500000, Currency: "IDR"},
	} {
		if got := amount(m); got != want {
			t.Errorf("%s is written %s, want %s", m, got, want)
		}
	}
}

func TestPicturedOption(t *testing.T) {
	t.Parallel()
	v := func(color, size, image string) commerce.Variant {
		return commerce.Variant{Options: map[string]string{"Size": size, "Color": color}, Image: image}
	}
	p := commerce.Product{Options: []string{"Size", "Color"}, Variants: []commerce.Variant{v("Red", "S", "r"), v("Red", "M", "r"), v("Blue", "S", "b"), v("Blue", "M", "b")}}
	if got := picturedOption(p); got != "Color" {
		t.Errorf("pictures hang on %q, want Color", got)
	}
	p.Variants[3].Image = ""
	if got := picturedOption(p); got != "" {
		t.Errorf("pictures hang on %q although one is missing", got)
	}
}

func TestSalesUseBuiltInIDs(t *testing.T) {
	t.Parallel()
	p := commerce.Product{Options: []string{"color", "Glaze"}, Variants: make([]commerce.Variant, 2)}
	attributes := []api.Attribute{{ID: "100000", Name: "Color", Type: "SALES_PROPERTY", Values: []api.Value{{ID: "1000003", Name: "Red"}}}}
	got := sales(p, commerce.Variant{Options: map[string]string{"color": "red", "Glaze": "matt"}}, attributes, "", nil)
	if len(got) != 2 || got[0].ID != "100000" || got[0].ValueID != "1000003" || got[1].ID != "" || got[1].Name != "Glaze" || got[1].ValueName != "matt" {
		t.Errorf("%+v", got)
	}
	if one := sales(commerce.Product{Variants: make([]commerce.Variant, 1)}, commerce.Variant{}, nil, "", nil); one != nil {
		t.Errorf("a single SKU has sales attributes %+v", one)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := func() commerce.Product {
		return commerce.Product{
			Title: "A good mug", Description: "It is good.", Images: []commerce.Image{{URL: "https://x/1"}}, Options: []string{"Size"},
			Variants: []commerce.Variant{
				{SKU: "A", Price: commerce.Money{Amount: 100, Currency: "USD"}, Options: map[string]string{"Size": "S"}},
				{SKU: "B", Price: commerce.Money{Amount: 100, Currency: "USD"}, Options: map[string]string{"Size": "M"}},
			},
		}
	}
	for name, c := range map[string]struct {
		change func(*commerce.Product)
		rule   string
		field  string
	}{
		"good":              {func(*commerce.Product) {}, "", ""},
		"nine equal":        {func(p *commerce.Product) { p.Title = "Hm" + strings.Repeat("m", 8) }, "", ""},
		"ten equal":         {func(p *commerce.Product) { p.Title = "H" + strings.Repeat("m", 10) }, "title_character", "title"},
		"emoji":             {func(p *commerce.Product) { p.Title = "Mug ☕️" }, "title_character", "title"},
		"control":           {func(p *commerce.Product) { p.Title = "Mug\u007f" }, "title_character", "title"},
		"entity":            {func(p *commerce.Product) { p.Title = "Salt &amp; pepper" }, "title_character", "title"},
		"ampersand":         {func(p *commerce.Product) { p.Title = "Salt & pepper; R&B" }, "", ""},
		"only signs":        {func(p *commerce.Product) { p.Title = "////" }, "title_character", "title"},
		"long title":        {func(p *commerce.Product) { p.Title = strings.Repeat("ab", 128) }, "title_too_long", "title"},
		"space in SKU":      {func(p *commerce.Product) { p.Variants[0].SKU = "A 1" }, "sku_character", "variants[0].sku"},
		"price":             {func(p *commerce.Product) { p.Variants[1].Price.Amount = 760_001 }, "price_too_high", "variants[1].price"},
		"no options":        {func(p *commerce.Product) { p.Options = nil }, "options_missing", "options"},
		"option missing":    {func(p *commerce.Product) { p.Variants[1].Options = nil }, "option_missing", "variants[1].options.Size"},
		"same options":      {func(p *commerce.Product) { p.Variants[1].Options["Size"] = "s" }, "variant_twice", "variants[1].options"},
		"ten pictures":      {func(p *commerce.Product) { p.Images = make([]commerce.Image, 10) }, "too_many_images", "images"},
		"grows as HTML":     {func(p *commerce.Product) { p.Description = strings.Repeat("a\n", 4000) }, "description_too_long", "description"},
		"no description":    {func(p *commerce.Product) { p.Description = "" }, "description_missing", "description"},
		"long option value": {func(p *commerce.Product) { p.Variants[0].Options["Size"] = strings.Repeat("x", 51) }, "option_too_long", "variants[0].options.Size"},
	} {
		p := good()
		c.change(&p)
		found := channel.Validate(rules(), p, commerce.Defaults{Grams: 1}, time.Time{})
		switch {
		case c.rule == "" && len(found) > 0:
			t.Errorf("%s: %+v", name, found)
		case c.rule != "" && (len(found) != 1 || found[0].Rule != c.rule || found[0].Field != c.field || found[0].Fix == ""):
			t.Errorf("%s: %+v, want %s at %s", name, found, c.rule, c.field)
		}
	}
	if found := check(good(), commerce.Defaults{}, time.Time{}); len(found) != 1 || found[0].Rule != "weight_missing" {
		t.Errorf("without a weight: %+v", found)
	}
}

func TestLeaf(t *testing.T) {
	t.Parallel()
	d := commerce.Defaults{Categories: map[string]string{"mugs": "600031"}}
	for category, want := range map[string]string{"mugs": "600031", "601226": "601226", "bowls": "", "": ""} {
		if got := leaf(category, d); got != want {
			t.Errorf("%q is the leaf %q, want %q", category, got, want)
		}
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, status, want string }{
		{"seller_cancel_reason_wrong_price", "AWAITING_SHIPMENT", "seller_cancel_reason_wrong_price"},
		{"out of stock", "AWAITING_SHIPMENT", "seller_cancel_reason_out_of_stock"},
		{"out_of_stock", "UNPAID", "seller_cancel_unpaid_reason_out_of_stock"},
		{"The customer asked for it", "AWAITING_SHIPMENT", "seller_cancel_paid_reason_buyer_requested_cancellation"},
		{"Wrong price", "UNPAID", "seller_cancel_unpaid_reason_wrong_price"},
		{"can't deliver there", "AWAITING_COLLECTION", "seller_cancel_paid_reason_address_not_deliver"},
		{"", "AWAITING_SHIPMENT", "seller_cancel_reason_out_of_stock"},
	} {
		if got := reason(c.text, c.status); got != c.want {
			t.Errorf("%q of %s is %s, want %s", c.text, c.status, got, c.want)
		}
	}
}

func TestSameCarrier(t *testing.T) {
	t.Parallel()
	if !sameCarrier("DHL eCommerce", "dhl-ecommerce") || sameCarrier("UPS", "USPS") || sameCarrier("", "—") {
		t.Error("carriers are told apart wrongly")
	}
}
