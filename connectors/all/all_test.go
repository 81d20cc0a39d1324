package all_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/connectors/all/sims"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func TestEveryDriverStandsOnce(t *testing.T) {
	t.Parallel()
	seen := map[commerce.Channel]bool{}
	for _, d := range all.Drivers() {
		if seen[d.Name] {
			t.Errorf("%s stands twice", d.Name)
		}
		seen[d.Name] = true
	}
	for _, s := range sims.Stands() {
		for _, c := range s.Channels {
			if !seen[commerce.Channel(c)] {
				t.Errorf("simulator %s serves %s, which has no driver", s.Name, c)
			}
			delete(seen, commerce.Channel(c))
		}
	}
	for name := range seen {
		t.Errorf("driver %s has no simulator", name)
	}
}

// TestWebhooksOfSimulatorsHaveHooks wants a hook behind every address that a
// simulator posts to.
func TestWebhooksOfSimulatorsHaveHooks(t *testing.T) {
	t.Parallel()
	for _, s := range sims.Stands() {
		for topic, path := range s.Webhooks {
			if topic != "oauth" && !hooked(path) {
				t.Errorf("simulator %s posts %s to %s, where no hook is", s.Name, topic, path)
			}
		}
	}
}

func hooked(path string) bool {
	for _, h := range all.Hooks() {
		fixed, _, open := strings.Cut(h.Path, "{")
		if h.Method == "POST" && (h.Path == path || open && strings.HasPrefix(path, fixed)) {
			return true
		}
	}
	return false
}

func TestFeedInPiecesIsOneFile(t *testing.T) {
	t.Parallel()
	change := func(sku commerce.SKU) channel.Change {
		p := commerce.Product{
			ID: "p", Handle: "mug", Title: "Mug", Description: "Blue.", Brand: "Corner Stall", Images: []commerce.Image{{URL: "https://shop.example/1.png"}},
			Variants: []commerce.Variant{{ID: "v", SKU: sku, Price: commerce.Money{Amount: 1250, Currency: "USD"}}},
		}
		return channel.Change{
			Product: p, Stock: map[commerce.VariantID]int64{"v": 3}, Wanted: map[commerce.Channel]bool{commerce.Facebook: true},
			Defaults: commerce.Defaults{Condition: "new", ProductURL: "https://shop.example/p/{handle}"},
		}
	}
	var out bytes.Buffer
	for i, sku := range []commerce.SKU{"A-1", "B-2"} {
		if err := all.Feed(&out, nil, []channel.Change{change(sku)}, i == 0); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "id,") || !strings.HasPrefix(lines[1], "A-1,") || !strings.HasPrefix(lines[2], "B-2,") {
		t.Errorf("the feed is %q", lines)
	}
}

func TestParseCheckout(t *testing.T) {
	t.Parallel()
	cart, err := all.ParseCheckout(url.Values{"products": {"A-1:2,B-2:1"}, "cart_origin": {"instagram"}})
	if err != nil || len(cart.Items) != 2 || cart.Channel != commerce.Instagram {
		t.Errorf("cart %+v, %v", cart, err)
	}
}
