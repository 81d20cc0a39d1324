package metagraph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// publish brings a change live and answers it as stored afterwards.
func (s *shop) publish(c channel.Change) channel.Change {
	s.t.Helper()
	r := s.apply(c)[0]
	if r.Outcome != channel.Done {
		s.t.Fatalf("outcome %s %+v, err %v", r.Outcome, r.Views, r.Err)
	}
	c = after(c, r)
	s.pass(8 * time.Second)
	return s.read(c)
}

// read lays what is read back over a change.
func (s *shop) read(c channel.Change) channel.Change {
	s.t.Helper()
	found, err := s.Listings(s.t.Context(), []commerce.Listing{c.Listing})
	must(s.t, err)
	if len(found) != 1 {
		s.t.Fatalf("%d listings read back", len(found))
	}
	return after(c, found[0])
}

func state(c channel.Change, on commerce.Channel) commerce.ListingState {
	return c.Listing.Views[on].State
}

func TestPublishEditAndTakeDown(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	c := s.publish(mug("a"))
	if state(c, commerce.Facebook) != commerce.ListingLive || state(c, commerce.Instagram) != commerce.ListingLive {
		t.Fatalf("views %+v", c.Listing.Views)
	}
	if len(c.Listing.Items) != 2 || c.Listing.Remote != "prd_a" || c.Listing.Items["var_a0"] != "MUG-a-S" {
		t.Errorf("remote %s, items %v", c.Listing.Remote, c.Listing.Items)
	}
	item, _ := s.shown("MUG-a-S")
	if item.Price != "$12.99" || item.Quantity != 5 || item.Images != 2 || !slices.Equal(item.Visible, []string{"facebook", "instagram"}) {
		t.Errorf("shown %+v", item)
	}
	if !slices.Equal(s.events, []string{"begin", "sent"}) {
		t.Errorf("saved %v", s.events)
	}

	c.Stock = map[commerce.VariantID]int64{}
	c.Groups = []commerce.Group{commerce.GroupStock}
	c = after(c, s.apply(c)[0])
	if item, _ = s.shown("MUG-a-L"); item.Quantity != 0 || state(c, commerce.Facebook) != commerce.ListingSoldOut {
		t.Errorf("sold out: %+v, %s", item, state(c, commerce.Facebook))
	}
	if state(s.read(c), commerce.Instagram) != commerce.ListingSoldOut {
		t.Error("the read-back does not say sold out")
	}
	c.Stock = map[commerce.VariantID]int64{"var_a0": 2}
	c.Product.Variants[0].Price.Amount = 1500
	c.Product.Variants[0].SKU = "RENAMED"
	c.Groups = []commerce.Group{commerce.GroupStock, commerce.GroupPrice, commerce.GroupText}
	c.Product.Title = strings.Repeat("é", 120)
	c = s.publish(c)
	item, ok := s.shown("MUG-a-S")
	if !ok || item.Price != "$15.00" || item.Quantity != 2 || item.Title != strings.Repeat("é", 100) {
		t.Errorf("edited: %+v", item)
	}
	if _, twice := s.shown("RENAMED"); twice {
		t.Error("a renamed SKU made a second item")
	}

	c.Wanted = map[commerce.Channel]bool{commerce.Facebook: true, commerce.Instagram: false}
	c.Groups = []commerce.Group{commerce.GroupStock, commerce.GroupText}
	c = after(c, s.apply(c)[0])
	if item, _ = s.shown("MUG-a-S"); !slices.Equal(item.Visible, []string{"facebook"}) || state(c, commerce.Instagram) != commerce.ListingPaused {
		t.Errorf("one surface off: %v, %s", item.Visible, state(c, commerce.Instagram))
	}
	for on, v := range c.Listing.Views {
		v.Wanted = false
		c.Listing.Views[on] = v
	}
	c.Wanted = map[commerce.Channel]bool{commerce.Facebook: false, commerce.Instagram: false}
	c = after(c, s.apply(c)[0])
	if _, still := s.shown("MUG-a-S"); still || state(c, commerce.Facebook) != commerce.ListingPaused {
		t.Errorf("taken down: %t, %s", still, state(c, commerce.Facebook))
	}
	if got := s.apply(c)[0]; got.Outcome != channel.Done || got.Call != "" {
		t.Errorf("taken down again: %+v", got)
	}
	c.Wanted = map[commerce.Channel]bool{commerce.Facebook: true, commerce.Instagram: true}
	c = s.publish(c)
	if item, ok = s.shown("MUG-a-S"); !ok || len(item.Visible) != 2 || item.Price != "$15.00" {
		t.Errorf("back again: %+v", item)
	}
	if c.Listing.Extra["gone"] != "" {
		t.Errorf("remembered as gone: %q", c.Listing.Extra["gone"])
	}
}

func TestVariantsComeAndGo(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Instagram)
	c := s.publish(mug("a"))
	// The first variant goes, and a new one takes its SKU.
	c.Product.Variants = append(slices.Clone(c.Product.Variants[1:]), commerce.Variant{ID: "var_new123456", SKU: "MUG-a-S", Price: commerce.Money{Amount: 999, Currency: "USD"}})
	c.Stock["var_new123456"] = 3
	c.Groups = []commerce.Group{commerce.GroupStock, commerce.GroupPrice, commerce.GroupText}
	c = s.publish(c)
	if c.Listing.Items["var_new123456"] != "MUG-a-S-123456" || c.Listing.Extra["gone"] != "var_a0" {
		t.Errorf("items %v, gone %q", c.Listing.Items, c.Listing.Extra["gone"])
	}
	if _, still := s.shown("MUG-a-S"); still {
		t.Error("the removed variant is still shown")
	}
	if item, ok := s.shown("MUG-a-S-123456"); !ok || item.Quantity != 3 {
		t.Errorf("the new variant: %+v", item)
	}
}

func TestOneCallForManyListings(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	var changes []channel.Change
	for i := range 60 {
		changes = append(changes, mug(fmt.Sprint(i)))
	}
	for i, r := range s.apply(changes...) {
		if r.Outcome != channel.Done {
			t.Fatalf("listing %d: %s", i, r.Outcome)
		}
	}
	if n := s.bench.calls("POST /{catalog}/items_batch"); n != 1 {
		t.Errorf("%d items_batch calls", n)
	}
	if s.budget.taken["meta:catalog_batch:"+s.ids.Catalog] != 1 {
		t.Errorf("paid %v", s.budget.taken)
	}
}

func TestMoreThanOneCallHolds(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	var changes []channel.Change
	for i := range 4 {
		c := mug(fmt.Sprint(i))
		for n := range 1664 {
			c.Product.Variants = append(c.Product.Variants, commerce.Variant{ID: commerce.VariantID(fmt.Sprintf("v%d_%d", i, n)), SKU: commerce.SKU(fmt.Sprintf("S%d-%d", i, n)), Price: commerce.Money{Amount: 100, Currency: "USD"}})
		}
		changes = append(changes, c)
	}
	// 6,664 items are two calls: the last product is in both.
	results := s.apply(changes...)
	for i, want := range []channel.Outcome{channel.Done, channel.Done, channel.Done, channel.More} {
		if results[i].Outcome != want {
			t.Errorf("listing %d: %s, want %s", i, results[i].Outcome, want)
		}
	}
	last := after(changes[3], results[3])
	if n := len(last.Listing.Items); n != 2 || last.Listing.Remote == "" {
		t.Errorf("%d items of the last listing made, remote %q", n, last.Listing.Remote)
	}
	last = after(last, s.apply(last)[0])
	if n := len(last.Listing.Items); n != 1666 || s.bench.calls("POST /{catalog}/items_batch") != 2 || len(s.lastBatch()) != 1664 {
		t.Errorf("%d items, %d calls, %d in the last", n, s.bench.calls("POST /{catalog}/items_batch"), len(s.lastBatch()))
	}
	if r := s.apply(last)[0]; r.Outcome != channel.Done || s.bench.calls("POST /{catalog}/items_batch") != 2 {
		t.Errorf("again: %+v", r)
	}
}

// body of the last items_batch call.
func (b *bench) lastBatch() []map[string]any {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range slices.Backward(b.seen) {
		if !strings.HasSuffix(r.URL.Path, "/items_batch") {
			continue
		}
		body, err := r.GetBody()
		must(b.t, err)
		raw, err := io.ReadAll(body)
		must(b.t, err)
		var out struct {
			Requests []struct {
				Method string
				Data   map[string]any
			}
		}
		must(b.t, json.Unmarshal(raw, &out))
		var list []map[string]any
		for _, q := range out.Requests {
			q.Data["method"] = q.Method
			list = append(list, q.Data)
		}
		return list
	}
	b.t.Fatal("no batch was sent")
	return nil
}

func TestOnlyWhatChangedIsSent(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	c := s.publish(mug("a"))
	first := s.lastBatch()[0]
	for name, want := range map[string]any{
		"method": "CREATE", "id": "MUG-a-S", "price": "12.99 USD", "availability": "in stock", "condition": "new", "brand": "Corner Stall", "item_group_id": "prd_a",
		"size": "Small", "additional_variant_attribute": "Glaze:Sea green matt", "link": "https://shop.example/p/mug-a?sku=MUG-a-S",
	} {
		if first[name] != want {
			t.Errorf("%s is %v, want %v", name, first[name], want)
		}
	}
	must(t, s.nothingUnrecognised())
	c.Product.Variants = slices.Clone(c.Product.Variants)
	c.Product.Variants[1].Price.Amount = 1500
	c.Groups = []commerce.Group{commerce.GroupPrice}
	c = s.sends(c, `[{"id":"MUG-a-L","method":"UPDATE","price":"15.00 USD"}]`)
	c.Product.Brand, c.Groups = "Kiln", []commerce.Group{commerce.GroupText}
	c = s.sends(c, `[{"brand":"Kiln","id":"MUG-a-S","method":"UPDATE"},{"brand":"Kiln","id":"MUG-a-L","method":"UPDATE"}]`)
	// What is taken away here is taken away there.
	c.Product.Options = []string{"Size"}
	for i := range c.Product.Variants {
		c.Product.Variants[i].Options = map[string]string{"Size": c.Product.Variants[i].Options["Size"]}
	}
	c = s.sends(c, `[{"additional_variant_attribute":"","id":"MUG-a-S","method":"UPDATE"},{"additional_variant_attribute":"","id":"MUG-a-L","method":"UPDATE"}]`)
	calls := s.bench.calls("POST /{catalog}/items_batch")
	c.Product.Tags, c.Groups = []string{"no field at Meta"}, commerce.Groups()
	if r := s.apply(c)[0]; r.Outcome != channel.Done || s.bench.calls("POST /{catalog}/items_batch") != calls {
		t.Errorf("nothing Meta could show has changed: %+v", r)
	}
	c.Anew = true
	if c = s.publish(c); len(s.lastBatch()) != 2 || len(s.lastBatch()[0]) < 12 {
		t.Errorf("asked for anew, sent %v", s.lastBatch())
	}
}

// sends publishes a change and wants exactly these records sent.
func (s *shop) sends(c channel.Change, want string) channel.Change {
	s.t.Helper()
	c = after(c, s.apply(c)[0])
	raw, err := json.Marshal(s.lastBatch())
	must(s.t, err)
	if string(raw) != want {
		s.t.Errorf("sent %s, want %s", raw, want)
	}
	return c
}

func (s *shop) nothingUnrecognised() error {
	for _, data := range s.lastBatch() {
		if _, ok := data["retailer_id"]; ok {
			return fmt.Errorf("retailer_id inside data")
		}
	}
	return nil
}

func TestBrokenImageIsAProblem(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	c := mug("a")
	c.Product.Images = []commerce.Image{{URL: "https://img.example/broken.png"}}
	c = s.publish(c)
	v := c.Listing.Views[commerce.Instagram]
	if v.State != commerce.ListingRejected || len(v.Problems) == 0 {
		t.Fatalf("view %+v", v)
	}
	if p := v.Problems[0]; p.Rule != "image_unreachable" || p.Field != "images" || p.Value != "https://img.example/broken.png" || p.Fix == "" || p.Raw == "" {
		t.Errorf("problem %+v", p)
	}
}

func TestReviewRefusal(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	c := mug("a")
	c.Product.Description = "A counterfeit mug."
	c = s.publish(c)
	v := c.Listing.Views[commerce.Facebook]
	if v.State != commerce.ListingRejected || v.Review != "" && v.Review != "rejected" || len(v.Problems) == 0 || v.Problems[0].Field == "" || v.Problems[0].Fix == "" {
		t.Errorf("view %+v", v)
	}
	c.Product.Description = "An honest mug."
	c.Groups = []commerce.Group{commerce.GroupText}
	if c = s.publish(c); state(c, commerce.Facebook) != commerce.ListingLive || len(c.Listing.Views[commerce.Facebook].Problems) != 0 {
		t.Errorf("after the edit %+v", c.Listing.Views)
	}
}

func TestRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	must(t, s.sim.Faults().Add(simkit.FaultRejected, 1))
	results, err := s.Apply(t.Context(), []channel.Change{mug("a")}, s)
	must(t, err)
	p := results[0].Views[commerce.Facebook].Problems
	if results[0].Outcome != channel.Refused || len(p) == 0 || p[0].Field == "" || p[0].Fix == "" || p[0].Raw == "" || len(s.calls) != 0 {
		t.Errorf("result %+v, open %v", results[0], s.calls)
	}
	bad := mug("b")
	bad.Product.Description = "" // Meta needs one
	results = s.apply(mug("c"), bad)
	if results[0].Outcome != channel.Done || results[1].Outcome != channel.Refused {
		t.Fatalf("outcomes %s, %s", results[0].Outcome, results[1].Outcome)
	}
	if p := results[1].Views[commerce.Instagram].Problems[0]; p.Rule != "meta_description_missing" || p.Field != "description" || p.Channel != commerce.Instagram {
		t.Errorf("problem %+v", p)
	}
	c := mug("d")
	c.Defaults.ProductURL = ""
	if r := s.apply(c)[0]; r.Outcome != channel.Refused || r.Views[commerce.Facebook].Problems[0].Rule != "product_url_missing" {
		t.Errorf("without a product page: %+v", r)
	}
	if r := s.apply(mug("e"), mug("e"))[1]; r.Outcome != channel.Refused {
		t.Errorf("the same item twice in a call: %+v", r)
	}
}

func TestItemDeletedAtMeta(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	c := mug("a")
	c.Listing.Remote, c.Listing.Items = "prd_a", map[commerce.VariantID]commerce.RemoteID{"var_a0": "MUG-a-S", "var_a1": "MUG-a-L"}
	found, err := s.Listings(t.Context(), []commerce.Listing{c.Listing})
	must(t, err)
	if len(found) != 0 {
		t.Errorf("found %+v", found)
	}
	c.Groups = []commerce.Group{commerce.GroupPrice}
	r := s.apply(c)[0]
	if r.Outcome != channel.Refused || r.Views[commerce.Facebook].Problems[0].Rule != "listing_gone" {
		t.Fatalf("result %+v", r)
	}
	c.Groups = commerce.Groups()
	s.publish(c)
	if _, ok := s.shown("MUG-a-S"); !ok {
		t.Error("a retry did not bring it back")
	}
}

func TestLostAnswerCreatesNothingTwice(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	must(t, s.sim.Faults().Add(simkit.FaultTimeoutAfterApply, 1))
	c := mug("a")
	r, err := s.Apply(t.Context(), []channel.Change{c}, s)
	must(t, err)
	if r[0].Outcome != channel.Pending || len(s.calls) != 1 {
		t.Fatalf("result %+v", r[0])
	}
	if got := s.settle([]channel.Change{c}); got[0].Outcome != channel.Pending || !got[0].CheckAt.After(s.clock()) {
		t.Errorf("before Meta is done: %+v", got[0])
	}
	s.pass(2 * time.Second)
	got := s.settle([]channel.Change{c})
	if got[0].Outcome != channel.Done || len(got[0].Items) != 2 || len(s.calls) != 0 {
		t.Fatalf("after: %+v", got[0])
	}
	if n := s.bench.calls("POST /{catalog}/items_batch"); n != 1 {
		t.Errorf("%d batches", n)
	}
}

func TestCrashBeforeTheCall(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	c := mug("a")
	open := channel.OpenCall{Call: channel.Call{ID: "x", Kind: "items_batch", Listings: []commerce.ListingID{c.Listing.ID}, BeganAt: s.clock(), Intent: map[string]string{string(c.Listing.ID): "+var_a0:MUG-a-S:t?????,+var_a1:MUG-a-L:t?????,=prd_a"}}, Changes: []channel.Change{c}}
	for range 3 {
		got, err := s.Settle(t.Context(), []channel.OpenCall{open}, s)
		must(t, err)
		if got[0].Outcome != channel.Pending || got[0].CheckAt.After(open.BeganAt.Add(15*time.Minute)) {
			t.Fatalf("%s: %+v", s.clock(), got[0])
		}
		s.pass(4 * time.Minute)
	}
	s.pass(4 * time.Minute)
	got, err := s.Settle(t.Context(), []channel.OpenCall{open}, s)
	must(t, err)
	if got[0].Outcome != channel.More {
		t.Errorf("after 15 minutes: %+v", got[0])
	}
}

func TestFaultsOfApply(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]fault.Kind{simkit.FaultRateLimited: fault.RateLimited, simkit.FaultServerError: fault.Temporary} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newBench(t).connect(commerce.Facebook)
			must(t, s.sim.Faults().Add(kind, 1))
			results, err := s.Apply(t.Context(), []channel.Change{mug("a")}, s)
			kindOf(t, err, want)
			if results != nil || len(s.calls) != 0 {
				t.Errorf("results %v, open %v", results, s.calls)
			}
			if want == fault.RateLimited {
				if f := fault.Of(err); f.RetryAfter != time.Minute || f.Scope != "meta:catalog_batch:"+s.ids.Catalog || !slices.Contains(s.budget.learned, f.Scope) {
					t.Errorf("fault %+v, learned %v", f, s.budget.learned)
				}
			}
		})
	}
}

func TestExpiredTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	must(t, s.sim.Faults().Add(simkit.FaultTokenExpired, 1))
	s.publish(mug("a"))
	if s.tokens.refreshed != 1 || s.bench.calls("POST /{catalog}/items_batch") != 2 {
		t.Errorf("%d renewals, %d calls", s.tokens.refreshed, s.bench.calls("POST /{catalog}/items_batch"))
	}
	must(t, s.sim.InvalidateTokens(t.Context(), 460))
	_, err := s.Apply(t.Context(), []channel.Change{mug("b")}, s)
	kindOf(t, err, fault.AuthExpired)
	if s.tokens.refreshed != 2 || len(s.calls) != 0 {
		t.Errorf("%d renewals, open %v", s.tokens.refreshed, s.calls)
	}
}

func TestHeaderCarriesTheToken(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	s.publish(mug("a"))
	for _, r := range s.seen {
		if strings.Contains(r.URL.Path, "oauth/access_token") {
			continue
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") || r.Method != http.MethodGet && r.URL.Query().Get("appsecret_proof") == "" {
			t.Errorf("%s %s is not signed", r.Method, r.URL.Path)
		}
	}
}
