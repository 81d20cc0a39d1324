package metagraph

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// tea is a listing of two items, made under other SKUs than they have now.
func tea() channel.Change {
	p := commerce.Product{ID: "prd_t", Handle: "tea", Title: "Tea", Description: "Green.", Images: []commerce.Image{{URL: "https://i.example/t.png"}}, Variants: []commerce.Variant{
		{ID: "v1", SKU: "T-ONE", Price: commerce.Money{Amount: 500, Currency: "USD"}}, {ID: "v2", SKU: "T-TWO", Price: commerce.Money{Amount: 46_000_000, Currency: "IDR"}},
	}}
	return channel.Change{
		Listing: commerce.Listing{ID: "lst_t", Remote: "prd_t", Items: map[commerce.VariantID]commerce.RemoteID{"v1": "T1", "v2": "T2"}}, Product: p,
		Stock: map[commerce.VariantID]int64{"v1": 1}, Defaults: commerce.Defaults{ProductURL: "https://s.example/{handle}"},
		Wanted: map[commerce.Channel]bool{commerce.Facebook: true}, Groups: []commerce.Group{commerce.GroupStock},
	}
}

// all is what a call does to both items of tea, with the fields of some groups.
func all(method byte, groups ...commerce.Group) intent {
	sent := traits{}
	for _, f := range fields() {
		if len(groups) == 0 || slices.Contains(groups, f.group) {
			sent[f.letter] = "abcde"
		}
	}
	return intent{steps: []step{{method, "v1", "T1", sent}, {method, "v2", "T2", sent}}}
}

func testShop() *Shop {
	return &Shop{&Inbox{env: channel.Env{Now: func() time.Time { return time.Unix(1767225600, 0).UTC() }}, set: Settings{Page: "1", PageName: "Stall"}}}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	s := testShop()
	for name, c := range map[string]struct {
		status  api.BatchStatus
		refused []string
		want    channel.Outcome
		rule    string
	}{
		"fine":                     {api.BatchStatus{Status: "finished"}, nil, channel.Done, ""},
		"a warning about one":      {api.BatchStatus{Warnings: []api.LineRemark{{ID: "T1", Message: "Unrecognised field: x"}}}, nil, channel.Done, ""},
		"error listed":             {api.BatchStatus{ErrorsTotal: 1, Errors: []api.LineRemark{{ID: "T1", Message: "price has more decimals"}}, Invalid: []string{"T1", "T1"}}, nil, channel.Refused, "meta_price"},
		"told as a warning":        {api.BatchStatus{ErrorsTotal: 1, Warnings: []api.LineRemark{{ID: "T2", Message: "A required field is missing: link"}}, Invalid: []string{"T2"}}, nil, channel.Refused, "listing_gone"},
		"warning only, ids absent": {api.BatchStatus{ErrorsTotal: 1, Warnings: []api.LineRemark{{ID: "T2", Message: "title is odd"}}}, nil, channel.Refused, "meta_title"},
		"id without a message":     {api.BatchStatus{ErrorsTotal: 12, Invalid: []string{"T2"}}, nil, channel.Refused, "refused_by_meta"},
		"another item":             {api.BatchStatus{ErrorsTotal: 1, Invalid: []string{"X"}, Errors: []api.LineRemark{{ID: "X", Message: "bad"}}}, nil, channel.Done, ""},
		"refused at once":          {api.BatchStatus{}, []string{"T1"}, channel.Refused, ""},
	} {
		res := s.outcome(tea(), all(updated), invalid(c.status), setOf(c.refused))
		problems := res.Views[commerce.Facebook].Problems
		if res.Outcome != c.want || c.rule == "" != (len(problems) == 0) || c.rule != "" && (problems[0].Rule != c.rule || problems[0].Field == "" || problems[0].Fix == "") {
			t.Errorf("%s: %s %+v", name, res.Outcome, problems)
		}
	}
}

func TestOutcomeKeepsWhatWasMade(t *testing.T) {
	t.Parallel()
	c := tea()
	c.Listing.Remote, c.Listing.Items = "", nil
	i := intent{remote: "prd_t", steps: []step{{method: made, variant: "v1", id: "T-ONE"}, {method: made, variant: "v2", id: "T-TWO"}}}
	res := testShop().outcome(c, i, map[string][]string{"T-TWO": {"brand is empty"}}, nil)
	if res.Outcome != channel.Refused || res.Remote != "prd_t" || len(res.Items) != 1 || res.Items["v1"] != "T-ONE" {
		t.Errorf("outcome %+v", res)
	}
	if p := res.Views[commerce.Facebook].Problems; len(p) != 1 || p[0].Rule != "meta_brand_missing" || p[0].Field != "brand" {
		t.Errorf("problems %+v", p)
	}
}

func TestShows(t *testing.T) {
	t.Parallel()
	items := map[string]api.Item{
		"T1": {Name: "Tea", Description: "Green. ", URL: "https://s.example/tea", Image: "https://i.example/t.png", Price: "$5.00", Availability: "in stock"},
		"T2": {Name: "Tea", Description: "Green.", URL: "https://s.example/tea", Image: "https://i.example/t.png", Price: "Rp460.000,00", Availability: "out of stock"},
	}
	c := tea()
	for _, g := range commerce.Groups() {
		if !shows(c, all(updated, g), items, "") {
			t.Errorf("%s is not recognised", g)
		}
	}
	for name, edit := range map[string]func(*channel.Change, *api.Item){
		"stock": func(c *channel.Change, _ *api.Item) { c.Stock = nil },
		"count": func(_ *channel.Change, i *api.Item) { n := int64(3); i.Quantity = &n },
		"price": func(_ *channel.Change, i *api.Item) { i.Price = "$5" },
		"text":  func(_ *channel.Change, i *api.Item) { i.Name = "Coffee" },
		"image": func(_ *channel.Change, i *api.Item) { i.Image = "" },
	} {
		other, item := c, items["T1"]
		edit(&other, &item)
		if shows(other, all(updated), map[string]api.Item{"T1": item, "T2": items["T2"]}, "") {
			t.Errorf("%s differs and was not seen", name)
		}
	}
	if shows(c, all(updated), map[string]api.Item{"T1": items["T1"]}, "") || shows(c, all(gone), items, "") {
		t.Error("a missing or a deleted item was not noticed")
	}
	c.Wanted = nil
	if !shows(c, all(gone), nil, "") {
		t.Error("what was taken down is not recognised")
	}
}

func TestViewOf(t *testing.T) {
	t.Parallel()
	ok := api.Item{Review: "approved", ImageStatus: "FETCHED", Availability: "in stock", URL: "u", Capabilities: []api.KeyValue{{Key: "SHOPS", Value: "APPROVED"}, {Key: "ig_product_tagging", Value: "PENDING"}}}
	with := func(edit func(*api.Item)) api.Item {
		i := ok
		i.Capabilities = slices.Clone(ok.Capabilities)
		edit(&i)
		return i
	}
	for name, c := range map[string]struct {
		on     commerce.Channel
		items  []api.Item
		state  commerce.ListingState
		review string
		rule   string
	}{
		"live":                  {commerce.Facebook, []api.Item{ok, ok}, commerce.ListingLive, "approved", ""},
		"by capability":         {commerce.Instagram, []api.Item{ok}, commerce.ListingInReview, "pending", ""},
		"no review":             {commerce.Facebook, []api.Item{with(func(i *api.Item) { i.Capabilities = []api.KeyValue{{Key: "shops", Value: "NO_REVIEW"}} })}, commerce.ListingLive, "approved", ""},
		"empty is not approved": {commerce.Facebook, []api.Item{ok, with(func(i *api.Item) { i.Capabilities, i.Review = nil, "" })}, commerce.ListingInReview, "", ""},
		"outdated":              {commerce.Facebook, []api.Item{with(func(i *api.Item) { i.Capabilities[0].Value = "OUTDATED" })}, commerce.ListingInReview, "outdated", ""},
		"a new word":            {commerce.Facebook, []api.Item{with(func(i *api.Item) { i.Capabilities, i.Review = nil, "escalated" })}, commerce.ListingInReview, "escalated", ""},
		"sold out":              {commerce.Facebook, []api.Item{with(func(i *api.Item) { i.Availability = "out of stock" })}, commerce.ListingSoldOut, "approved", ""},
		"one left":              {commerce.Facebook, []api.Item{with(func(i *api.Item) { i.Availability = "out of stock" }), ok}, commerce.ListingLive, "approved", ""},
		"rejected":              {commerce.Facebook, []api.Item{ok, with(func(i *api.Item) { i.Capabilities, i.Review, i.Reasons = nil, "rejected", []string{"X"} })}, commerce.ListingRejected, "rejected", "rejected_by_review"},
		"image": {commerce.Facebook, []api.Item{with(func(i *api.Item) {
			i.Capabilities, i.Review, i.ImageStatus, i.Image = nil, "", "FETCH_FAILED", "https://i.example/x"
		})}, commerce.ListingRejected, "", "image_unreachable"},
		"second image": {commerce.Facebook, []api.Item{with(func(i *api.Item) {
			i.ImageStatus, i.Errors = "PARTIAL_FETCH", []api.ItemError{{Type: "IMAGE_FETCH_FAILED", Priority: "HIGH", Description: "https://i.example/2 answered 404"}}
		})}, commerce.ListingLive, "approved", "image_unreachable"},
		"low": {commerce.Facebook, []api.Item{with(func(i *api.Item) { i.Errors = []api.ItemError{{Type: "MISSING_CATEGORY", Priority: "LOW"}} })}, commerce.ListingLive, "approved", ""},
	} {
		v := viewOf(c.on, c.items, 0)
		if v.State != c.state || v.Review != c.review || c.rule == "" != (len(v.Problems) == 0) || c.rule != "" && (v.Problems[0].Rule != c.rule || v.Problems[0].Fix == "" || v.Problems[0].Channel != c.on) {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if v := viewOf(commerce.Facebook, []api.Item{ok}, 1); len(v.Problems) != 1 || v.Problems[0].Rule != "listing_gone" {
		t.Errorf("a lost variant: %+v", v)
	}
}

func TestIntentIsRemembered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) step {
			s := step{
				method: rapid.SampledFrom([]byte{made, updated, gone}).Draw(t, "method"), sent: traits{},
				variant: commerce.VariantID(rapid.StringMatching(`[a-z_0-9]{1,30}`).Draw(t, "variant")), id: rapid.StringMatching(`[^,:\x00]{1,20}`).Draw(t, "id"),
			}
			for _, f := range fields() {
				if s.method != gone && rapid.Bool().Draw(t, f.name) {
					s.sent[f.letter] = rapid.SampledFrom([]string{doubtful, cleared, digestOf(f.name)}).Draw(t, "digest")
				}
			}
			return s
		})
		i := intent{steps: rapid.SliceOfN(draw, 1, 5).Draw(t, "steps"), remote: rapid.StringMatching(`[^,:]{0,10}`).Draw(t, "remote"), part: rapid.Bool().Draw(t, "part")}
		if got := decodeIntent(i.encode()); !reflect.DeepEqual(got, i) {
			t.Fatalf("%+v came back as %+v", i, got)
		}
		told := map[commerce.VariantID]traits{}
		for _, s := range i.steps {
			told[s.variant] = s.sent
		}
		for v, sent := range told {
			told[v] = traits{}.told(sent)
		}
		if got := decodeTold(encodeTold(told)); !reflect.DeepEqual(got, told) {
			t.Fatalf("%v came back as %v", told, got)
		}
	})
}

func TestProductURL(t *testing.T) {
	t.Parallel()
	for _, c := range [][4]string{
		{"https://s.example/p/{handle}?v={sku}", "a b/c", "x&y", "https://s.example/p/a%20b%2Fc?v=x%26y"},
		{"https://s.example/{sku}", "h", "S 1", "https://s.example/S%201"},
		{"https://s.example/all", "h", "s", "https://s.example/all"},
		{"", "h", "s", ""}, {"/p/{handle}", "h", "s", ""}, {"javascript:alert({sku})", "h", "s", ""}, {"https://{handle}", "", "", ""},
	} {
		if got := productURL(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%s: %s, want %s", c[0], got, c[3])
		}
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	c := tea()
	c.Product.Options = []string{"Colour", "Gender", "Age group", "Fit"}
	c.Product.Materials, c.Product.Category = []string{"wool", "silk"}, "hats"
	c.Product.Overrides = map[commerce.Channel]commerce.Override{commerce.Instagram: {Title: "Only there"}, commerce.Facebook: {Title: "Tea here"}}
	c.Defaults.Categories, c.Defaults.Grams, c.Defaults.Condition = map[string]string{"hats": "173"}, 250, "used"
	c.Wanted = map[commerce.Channel]bool{commerce.Facebook: true, commerce.Instagram: false}
	v := commerce.Variant{ID: "v1", SKU: "T-ONE", Price: commerce.Money{Amount: 1200, Currency: "JPY"}, Barcode: "4006381333931", Image: "https://i.example/own.png",
		Options: map[string]string{"Colour": "Red", "Gender": "Dogs", "Age group": "Adult", "Fit": "a:b,c", "Extra": "1"}}
	data := newSheet(c, "Stall").all(v)
	for name, want := range map[string]any{
		"title": "Tea here", "brand": "Stall", "condition": "used", "price": "1200 JPY", "color": "Red", "age_group": "adult", "google_product_category": "173",
		"additional_variant_attribute": "Gender:Dogs,Fit:a b c,Extra:1", "material": "wool/silk", "gtin": "4006381333931", "shipping_weight": "250 g", "availability": "in stock", "quantity_to_sell_on_facebook": int64(1),
	} {
		if data[name] != want {
			t.Errorf("%s is %v, want %v", name, data[name], want)
		}
	}
	if off, ok := data["disabled_capabilities"].([]string); !ok || !slices.Equal(off, []string{"ig_product_tagging"}) {
		t.Errorf("switched off %v", data["disabled_capabilities"])
	}
	if p := data["image"].([]picture); len(p) != 2 || p[0].URL != "https://i.example/own.png" {
		t.Errorf("pictures %v", p)
	}
	if got := cutRunes(strings.Repeat("😀", 101), 100); got != strings.Repeat("😀", 100) {
		t.Errorf("cut to %d bytes", len(got))
	}
}

func TestPaceAndVersions(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]time.Duration{0: 2 * time.Second, 19 * time.Second: 2 * time.Second, 20 * time.Second: 5 * time.Second, time.Minute: 15 * time.Second, time.Hour: time.Minute} {
		if got := pace(age); got != want {
			t.Errorf("after %s every %s, want %s", age, got, want)
		}
	}
	if _, limited := versionEnds("v26.0"); limited {
		t.Error("the newest version has an end")
	}
}
