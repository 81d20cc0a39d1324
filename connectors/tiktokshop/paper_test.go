package tiktokshop_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop"
	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

// atTikTok is the product as Seller Center shows it.
func (m *mug) atTikTok() map[string]any {
	m.Helper()
	app, _ := m.w.App().(*tiktokshop.App)
	path := "/product/202309/products/" + string(m.listing.Remote)
	q := url.Values{"app_key": {app.Key}, "shop_cipher": {m.set.Cipher}, "timestamp": {strconv.FormatInt(m.w.Env().Now().Unix(), 10)}}
	q.Set("sign", api.Sign(app.Secret.Reveal(), path, q, "application/json", nil))
	resp, err := m.w.Env().HTTP.Do(m.Context(), httpclient.Request{
		Op: "look", Method: http.MethodGet, URL: m.w.Env().Hosts("TIKTOK_URL") + path + "?" + q.Encode(),
		Header: http.Header{"Content-Type": {"application/json"}, "X-Tts-Access-Token": {m.src.now.Access}},
	})
	m.must(err)
	var e struct {
		Data map[string]any `json:"data"`
	}
	m.must(json.Unmarshal(resp.Body, &e))
	if e.Data == nil {
		m.Fatalf("product %s: %s", m.listing.Remote, resp.Body)
	}
	return e.Data
}

// client is the seller at work in Seller Center.
func (m *mug) client() *api.Client {
	app, _ := m.w.App().(*tiktokshop.App)
	return api.New(api.Config{
		HTTP: m.w.Env().HTTP, Base: m.w.Env().Hosts("TIKTOK_URL"), AppKey: app.Key, Secret: app.Secret.Reveal(), Shop: m.set.Shop, Cipher: m.set.Cipher,
		Tokens: m.src, Now: m.w.Env().Now,
	})
}

const (
	suits, carriers = "601540", "601525"
	childCert       = "Children's Product Certificate"
)

// What a category asks for is a problem that names the attribute to fill; what
// the product has is uploaded once and sent.
func TestPapers(t *testing.T) {
	t.Parallel()
	type want map[string]string // field -> rule
	for name, c := range map[string]struct {
		category   string
		attributes map[string]string
		problems   want
		shows      string // property at TikTok
	}{
		"no size chart":               {suits, nil, want{"attributes.Size chart": "size_chart_missing"}, ""},
		"a size chart":                {suits, map[string]string{"Size chart": "https://shop.example/chart.png"}, nil, "size_chart"},
		"no address":                  {suits, map[string]string{"size-chart": "S 10, M 20"}, want{"attributes.Size chart": "size_chart_missing"}, ""},
		"a picture too small for it":  {suits, map[string]string{"Size chart": "https://shop.example/small.png"}, want{"attributes.Size chart": "image_size"}, ""},
		"no certificate":              {carriers, nil, want{"attributes." + childCert: "certificate_missing", "attributes." + childCert + " expires": "certificate_date"}, ""},
		"a certificate without a day": {carriers, map[string]string{childCert: "https://shop.example/c.png"}, want{"attributes." + childCert + " expires": "certificate_date"}, ""},
		"a certificate":               {carriers, map[string]string{childCert: "https://shop.example/c.png, https://shop.example/d.png", childCert + " expires": "2028-12-31"}, nil, ""},
		"a certificate by its battery": {
			carriers, map[string]string{childCert: "https://shop.example/c.png", childCert + " expires": "2028-12-31", "Contains Batteries or Cells?": "Batteries"},
			want{"attributes.Battery Safety Report": "certificate_missing"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newShop(t, nil).mug("paper")
			m.product.Category, m.product.Attributes = c.category, c.attributes
			if c.problems == nil {
				m.live()
				if c.shows != "" && m.atTikTok()[c.shows] == nil {
					t.Errorf("TikTok shows no %s: %v", c.shows, m.atTikTok())
				}
				writes := m.w.Writes()
				m.apply(channel.Done)
				if n := m.w.Writes() - writes; n > 2 { // stock and prices; no picture again
					t.Errorf("%d calls for nothing new", n)
				}
				return
			}
			found := want{}
			for _, p := range fault.Of(m.apply(channel.Refused).Err).Problems {
				if found[p.Field] = p.Rule; p.Fix == "" {
					t.Errorf("no fix for %s", p.Rule)
				}
			}
			for field, rule := range c.problems {
				if found[field] != rule {
					t.Errorf("problems %v, want %v", found, c.problems)
				}
			}
		})
	}
}

func TestBrand(t *testing.T) {
	t.Parallel()
	for brand, want := range map[string]string{
		"Marigold Lane": "7082427311584347905", "marigold lane ": "7082427311584347905", "Tallow House": "7082427311584347907", "Nobody's Own": "", "": "",
	} {
		m := newShop(t, nil).mug("brand")
		m.product.Brand = brand
		m.live()
		shown, _ := m.atTikTok()["brand"].(map[string]any)
		if got, _ := shown["id"].(string); got != want {
			t.Errorf("%q is shown as %q, want %q", brand, got, want)
		}
	}
	m := newShop(t, nil).mug("guarded")
	m.defaults.Brand = "Aurelion"
	problems := fault.Of(m.apply(channel.Refused).Err).Problems
	if len(problems) != 1 || problems[0].Rule != "brand_not_authorized" || problems[0].Value != "Aurelion" {
		t.Errorf("%+v", problems)
	}
	m.product.Brand = "Harbor & Pine" // the product's own wins
	m.apply(channel.Done)
}

// What the seller set by hand in Seller Center outlives our edits, however many
// properties they bring.
func TestAnEditWipesNothing(t *testing.T) {
	t.Parallel()
	m := newShop(t, nil).mug("kept", "S", "M").live()
	_, err := m.client().EditProduct(t.Context(), string(m.listing.Remote), api.Content{
		Brand: "7082427311584347906", Attributes: []api.Property{{ID: "100149", Values: []api.Value{{ID: "1001492"}}}},
		Box: &api.Box{Length: "7", Width: "8", Height: "9", Unit: "CENTIMETER"}, Weight: &api.Weight{Value: "0.420", Unit: "KILOGRAM"},
	}, port.LaneText)
	m.must(err)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	before := m.atTikTok()
	m.product.Title, m.product.Description = "A mug by another name", "Other words."
	m.product.Images = append(m.product.Images, commerce.Image{URL: "https://shop.example/new.png"})
	m.product.Variants[0].Price.Amount, m.stock[m.variant(1)] = 2500, 9
	m.apply(channel.Done)
	m.w.Advance(2 * time.Second)
	m.look()
	m.wantState(commerce.ListingLive)
	after := m.atTikTok()
	for _, name := range []string{"brand", "product_attributes", "package_dimensions", "package_weight", "external_product_id", "category_chains"} {
		was, _ := json.Marshal(before[name])
		is, _ := json.Marshal(after[name])
		if string(was) != string(is) || before[name] == nil {
			t.Errorf("%s was %s and is %s", name, was, is)
		}
	}
	images, _ := after["main_images"].([]any)
	if after["title"] != m.product.Title || len(images) != 2 || m.onSale(1) != 9 {
		t.Errorf("the edit shows %v, %d pictures, %d pieces", after["title"], len(images), m.onSale(1))
	}
}

// A category's rules and brands are read once, however many products it has.
func TestRulesAreReadOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, name := range []string{"one", "two", "three"} {
		m := s.mug(name)
		m.product.Brand = "Marigold Lane"
		m.apply(channel.Done)
	}
	calls := s.w.Calls()
	for _, op := range []string{"GetCategoryRules_202309", "GetAttributes_202309", "GetBrands_202309", "GetWarehouseList_202309"} {
		if calls[op] != 1 {
			t.Errorf("%s is asked %d times", op, calls[op])
		}
	}
	if !slices.Contains([]int{3, 6}, calls["RecommendCategory_202309"]) {
		t.Errorf("%d recommendations for three products", calls["RecommendCategory_202309"])
	}
}
