package catalog_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func number(n int64) *int64 { return &n }

func draft(title string) commerce.Product {
	return commerce.Product{Title: title, Variants: []commerce.Variant{{Price: commerce.Money{Amount: 500, Currency: "USD"}, Stated: number(4)}}}
}

func TestCreateReplaceRemove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, err := b.im.Create(t.Context(), space, draft("Blue Mug"))
	b.ok(err)
	if p.Handle != "blue-mug" || p.Version != 1 || p.Variants[0].SKU == "" || b.onHand(p.Variants[0]) != 4 || len(b.marks()) != 1 {
		t.Errorf("created %+v, marks %v", p, b.marks())
	}
	if _, err := b.im.Create(t.Context(), space, draft("Blue Mug")); fault.Of(err).Code != "handle_taken" || !fault.Is(err, fault.Conflict) {
		t.Errorf("the same handle: %v", err)
	}
	stale := p
	p.Title, p.Variants[0].Stated = "Green Mug", number(6)
	b.sell(p.Variants[0], 1)
	p, err = b.im.Replace(t.Context(), space, p)
	b.ok(err)
	if p.Version != 2 || p.Handle != "blue-mug" || b.onHand(p.Variants[0]) != 5 {
		t.Errorf("replaced %+v, on hand %d", p, b.onHand(p.Variants[0]))
	}
	if _, err := b.im.Replace(t.Context(), space, stale); fault.Of(err).Code != "product_moved" {
		t.Errorf("an old version: %v", err)
	}
	if err := b.im.Remove(t.Context(), space, p.ID, 1); fault.Of(err).Code != "product_moved" {
		t.Errorf("an old version: %v", err)
	}
	b.ok(b.im.Remove(t.Context(), space, p.ID, 2))
	if gone := b.product("blue-mug"); !gone.Archived || gone.Version != 3 || b.onHand(gone.Variants[0]) != 5 {
		t.Errorf("removed %+v", gone)
	}
	b.ok(b.im.Remove(t.Context(), space, p.ID, 3))
	if again := b.product("blue-mug"); again.Version != 3 {
		t.Errorf("removed again: version %d", again.Version)
	}
}

func TestAnEditThatIsSentTwiceMovesStockOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, err := b.im.Create(t.Context(), space, draft("Mug"))
	b.ok(err)
	p.Variants[0].Stated = number(9)
	for _, kill := range []int{2, 0} {
		b.store.steps, b.store.killAt = 0, kill
		func() {
			defer func() { _ = recover() }()
			_, _ = b.im.Replace(t.Context(), space, p)
		}()
	}
	if n := b.onHand(p.Variants[0]); n != 9 || b.product("mug").Version != 2 {
		t.Errorf("on hand %d", n)
	}
}

func TestAVariantCannotBeAnothers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mug, err := b.im.Create(t.Context(), space, draft("Mug"))
	b.ok(err)
	thief := draft("Cup")
	thief.Variants[0].ID = mug.Variants[0].ID
	cup, err := b.im.Create(t.Context(), space, thief)
	b.ok(err)
	if cup.Variants[0].ID == mug.Variants[0].ID {
		t.Error("two products share a variant and its stock")
	}
}

func TestEditsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for want, spoil := range map[string]func(p *commerce.Product){
		"title_missing":    func(p *commerce.Product) { p.Title = "  " },
		"title_too_long":   func(p *commerce.Product) { p.Title = strings.Repeat("x", catalog.MaxTitle+1) },
		"no_variants":      func(p *commerce.Product) { p.Variants = nil },
		"price_negative":   func(p *commerce.Product) { p.Variants[0].Price.Amount = -1 },
		"currency":         func(p *commerce.Product) { p.Variants[0].Price.Currency = "DOGE" },
		"sku_character":    func(p *commerce.Product) { p.Variants[0].SKU = " A" },
		"sku_too_long":     func(p *commerce.Product) { p.Variants[0].SKU = commerce.SKU(strings.Repeat("A", 101)) },
		"image_address":    func(p *commerce.Product) { p.Images = []commerce.Image{{URL: "javascript:alert(1)"}} },
		"unknown_option":   func(p *commerce.Product) { p.Variants[0].Options = map[string]string{"Size": "S"} },
		"weight":           func(p *commerce.Product) { p.Variants[0].Grams = -1 },
		"too_many_options": func(p *commerce.Product) { p.Options = []string{"a", "b", "c", "d"} },
		"duplicate_sku": func(p *commerce.Product) {
			v := p.Variants[0]
			v.SKU = "X"
			w := v
			w.Options = map[string]string{"Size": "S"}
			p.Options, p.Variants = []string{"Size"}, []commerce.Variant{v, w}
		},
	} {
		p := draft("Mug")
		spoil(&p)
		_, err := b.im.Create(t.Context(), space, p)
		if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || f.Code != want || f.Field == "" {
			t.Errorf("%s: %v", want, err)
		}
	}
}

var (
	tag    = regexp.MustCompile(`(?is)<[/!?]?[a-z][^>]*|<!--`)
	skuSet = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,39}$`)
)

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"<p>One</p><p>Two</p>", "<<b>b>", "&lt;script&gt;x&lt;/script&gt;", "&amp;lt;b&amp;gt;", "a < b & c > d", "<!-- x --><style>y</style>", "<", "</<p>b>", "I <3 you"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if text := catalog.PlainText(s); tag.MatchString(text) {
			t.Errorf("%q became %q", s, text)
		}
	})
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<p>One</p>\n<p>Two<br>Three</p>":       "One\n\nTwo\nThree",
		"<ul><li>a</li><li>b</li></ul>":         "a\nb",
		"Fish &amp; chips &lt;3":                "Fish & chips <3",
		"<SCRIPT>alert(1)</SCRIPT>x":            "x",
		"5 < 6 and 7 > 6":                       "5 < 6 and 7 > 6",
		"&lt;b&gt;bold&lt;/b&gt;":               "bold",
		"<p>a</p><p></p><p></p><p></p><p>b</p>": "a\n\nb",
	} {
		if got := catalog.PlainText(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte(table("mug,Mug,,,M,1,10")))
	f.Add([]byte("Handle,Title,Variant Price\n\"a\nb\",c,1\n,,\nx,\"y,1\n"))
	f.Add([]byte("\xef\xbb\xbfHandle,Title,Currency\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tab, err := catalog.ReadTable(data, "auto")
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%v", err)
			}
			return
		}
		rows := 0
		for _, g := range tab.Groups {
			rows += len(g.Rows) + len(g.Broken)
		}
		if rows != tab.Rows {
			t.Errorf("%d rows in groups, %d in the file", rows, tab.Rows)
		}
	})
}

func TestGeneratedSKUs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		handle := rapid.String().Draw(t, "handle")
		names := []string{"Color", "Size"}
		options := map[string]string{"Color": rapid.String().Draw(t, "color"), "Size": rapid.StringN(0, 80, -1).Draw(t, "size")}
		sku := catalog.GeneratedSKU(space, handle, names, options)
		if !skuSet.MatchString(string(sku)) {
			t.Fatalf("%q", sku)
		}
		if again := catalog.GeneratedSKU(space, handle, names, options); again != sku {
			t.Fatalf("%q and %q", sku, again)
		}
	})
	seen := map[commerce.SKU]string{}
	for _, handle := range []string{"mug", "mug-a", "MUG", "кружка", "чашка"} {
		for _, color := range []string{"", "Red", "Redwood", "赤", "青"} {
			sku := catalog.GeneratedSKU(space, handle, []string{"Color"}, map[string]string{"Color": color})
			if other, twice := seen[sku]; twice {
				t.Errorf("%s/%s and %s have the SKU %s", handle, color, other, sku)
			}
			seen[sku] = handle + "/" + color
		}
	}
}
