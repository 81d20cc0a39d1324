package metagraph_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func TestParseCheckout(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]channel.Cart{
		"products=A-1%3A2%2CB%3A1&cart_origin=facebook&fbclid=IwAR": {Channel: commerce.Facebook, Items: []channel.CartItem{{ID: "A-1", Quantity: 2}, {ID: "B", Quantity: 1}}},
		"products=A:1&cart_origin=Instagram&coupon=TEN":             {Channel: commerce.Instagram, Items: []channel.CartItem{{ID: "A", Quantity: 1}}, Coupon: "TEN"},
		"products=A:1,A:3&cart_origin=meta_shops":                   {Channel: commerce.Meta, Items: []channel.CartItem{{ID: "A", Quantity: 4}}},
		"products=A&utm_source=IGShopping&utm_medium=Social":        {Channel: commerce.Meta, Items: []channel.CartItem{{ID: "A", Quantity: 1}}},
		"products=A:99999999":                                       {Channel: commerce.Meta, Items: []channel.CartItem{{ID: "A", Quantity: 10_000}}},
	} {
		q, err := url.ParseQuery(query)
		must(t, err)
		got, err := metagraph.ParseCheckout(q)
		if err != nil || got.Channel != want.Channel || !slices.Equal(got.Items, want.Items) || got.Coupon != want.Coupon {
			t.Errorf("%s: %+v, %v", query, got, err)
		}
	}
	q, _ := url.ParseQuery("products=A:1&utm_source=IGShopping&fbclid=x")
	if got, _ := metagraph.ParseCheckout(q); got.Attribution.UTM["utm_source"] != "IGShopping" || got.Attribution.ClickID != "x" || !strings.Contains(got.Attribution.Evidence, "IGShopping") {
		t.Errorf("attribution %+v", got.Attribution)
	}
	many := make([]string, 0, 101)
	for i := range 101 {
		many = append(many, fmt.Sprintf("S%d:1", i))
	}
	for _, products := range []string{"", ",", ":1", "A:0", "A:-1", "A:x", "A:1:2", strings.Repeat("x", 101) + ":1", strings.Join(many, ","), strings.Repeat("A:1,", 50_000), "\xff:1"} {
		if _, err := metagraph.ParseCheckout(url.Values{"products": {products}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.40q: %v", products, err)
		}
	}
}

func TestCheckoutOfTheSimulator(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	s.publish(mug("a"))
	q, err := s.sim.CheckoutQuery("instagram", []simkit.Line{{SKU: "MUG-a-S", Quantity: 2}}, "TEN")
	must(t, err)
	got, err := metagraph.ParseCheckout(q)
	if err != nil || got.Channel != commerce.Instagram || len(got.Items) != 1 || got.Items[0].ID != "MUG-a-S" || got.Attribution.ClickID == "" {
		t.Errorf("cart %+v, %v", got, err)
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	f, err := metagraph.NewFeed(&out, "Corner Stall")
	must(t, err)
	c := mug("a")
	c.Product.Description = "Two lines,\nand a \"quote\"."
	must(t, f.Add(c))
	off := mug("b")
	off.Wanted = map[commerce.Channel]bool{}
	must(t, f.Add(off))
	bare := mug("c")
	bare.Product.Images = nil
	must(t, f.Add(bare))
	must(t, f.Close())
	text := out.String()
	if strings.Count(text, "MUG-") != 4 || !strings.HasPrefix(text, "id,title,description,availability,") || strings.Contains(text, "<nil>") {
		t.Fatalf("feed %s", text)
	}
	if want := `MUG-a-S,Mug a,"Two lines,` + "\n" + `and a ""quote"".",in stock,new,12.99 USD,https://shop.example/p/mug-a?sku=MUG-a-S,https://img.example/a-1.png,https://img.example/a-2.png,Corner Stall,prd_a,,Small,`; !strings.Contains(text, want) {
		t.Errorf("feed %s", text)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	d := driver(commerce.Facebook)
	problems := func(edit func(*commerce.Product, *commerce.Defaults)) []string {
		c := mug("a")
		edit(&c.Product, &c.Defaults)
		var rules []string
		for _, p := range channel.Validate(d.Rules, c.Product, c.Defaults, newBench(t).clock()) {
			if p.Fix == "" || p.Field == "" {
				t.Errorf("problem %+v", p)
			}
			rules = append(rules, p.Rule)
		}
		return rules
	}
	for want, edit := range map[string]func(*commerce.Product, *commerce.Defaults){
		"":                     func(p *commerce.Product, _ *commerce.Defaults) { p.Title = strings.Repeat("x", 500) },
		"description_missing":  func(p *commerce.Product, _ *commerce.Defaults) { p.Description = "" },
		"description_too_long": func(p *commerce.Product, _ *commerce.Defaults) { p.Description = strings.Repeat("x", 5001) },
		"images_missing":       func(p *commerce.Product, _ *commerce.Defaults) { p.Images = nil },
		"too_many_images":      func(p *commerce.Product, _ *commerce.Defaults) { p.Images = make([]commerce.Image, 21) },
		"sku_character":        func(p *commerce.Product, _ *commerce.Defaults) { p.Variants[0].SKU = "a:b" },
		"sku_too_long": func(p *commerce.Product, _ *commerce.Defaults) {
			p.Variants[0].SKU = commerce.SKU(strings.Repeat("x", 101))
		},
		"condition_not_allowed": func(p *commerce.Product, _ *commerce.Defaults) { p.Attributes = map[string]string{"condition": "worn"} },
		"product_url_missing":   func(_ *commerce.Product, d *commerce.Defaults) { d.ProductURL = "shop.example/{handle}" },
	} {
		got := problems(edit)
		if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", want, got)
		}
	}
	ig := driver(commerce.Instagram).Rules
	if d.Rules.Reply.MaxRunes != 2000 || ig.Reply.MaxBytes != 1000 || ig.SellsDown || !ig.GatherTarget || ig.Batch != 5000 {
		t.Errorf("rules %+v", ig)
	}
}
