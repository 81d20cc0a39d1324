package etsy_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// kit is a product of a category that wants to know something.
func kit(name string, attributes map[string]string) *good {
	g := mug(name)
	g.p.Category, g.p.Attributes = "knitting kits", attributes
	return g
}

// said is what Etsy holds about a listing beside its variations.
func (b *stall) said(g *good) map[string]string {
	b.Helper()
	all := map[string]string{}
	properties, err := b.sim.Said(b.Context(), b.id(g))
	b.must(err)
	maps.Copy(all, properties)
	return all
}

func TestPropertiesOfTheCategory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := kit("wool", map[string]string{"craft_type": "knitting, Crochet", "needle size": "6", "needle size_scale": "metric", "length": "12", "unheard of": "x"})
	spent := b.cost(func() { b.push(g, commerce.ListingLive) })
	if spent["updateListingProperty"] != 2 || spent["getPropertiesByTaxonomyId"] != 1 {
		t.Errorf("two properties cost %v", spent)
	}
	want := map[string]string{"Craft type": "Knitting,Crochet", "Needle size": "6 Metric"}
	if got := b.said(g); !maps.Equal(got, want) {
		t.Errorf("Etsy says %v, want %v", got, want)
	}
	g.p.Title = "Another kit"
	spent = b.cost(func() { b.push(g, commerce.ListingLive, commerce.GroupText) })
	b.wantCost("another title", spent, map[string]int{"getListingsInventoryByListingIds": 1, "updateListing": 1})
	g.p.Attributes = map[string]string{"craftType": "Weaving"}
	spent = b.cost(func() { b.push(g, commerce.ListingLive, commerce.GroupText) })
	b.wantCost("another property, one less", spent, map[string]int{"getListingsInventoryByListingIds": 1, "updateListingProperty": 1, "deleteListingProperty": 1})
	if got := b.said(g); !maps.Equal(got, map[string]string{"Craft type": "Weaving"}) {
		t.Errorf("Etsy says %v", got)
	}
	g.p.Category, g.p.Attributes = "mugs", map[string]string{"Primary colour": "blue"}
	b.push(g, commerce.ListingLive, commerce.GroupText)
	if got := b.said(g); got["Primary color"] != "Blue" {
		t.Errorf("in another category Etsy says %v", got)
	}
}

// TestPropertiesAreCheckedFirst: what Etsy has no word for is refused before a
// draft exists, and before anything of a listing is touched.
func TestPropertiesAreCheckedFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attributes map[string]string
		rule       string
		allowed    string
	}{
		"missing":       {nil, "property_missing", "Knitting, Crochet"},
		"empty":         {map[string]string{"craft type": " "}, "property_missing", "Knitting, Crochet"},
		"unknown":       {map[string]string{"craft type": "Macrame"}, "property_value_not_allowed", "Weaving"},
		"one unknown":   {map[string]string{"craft type": "Knitting, Macrame"}, "property_value_not_allowed", "Weaving"},
		"too many":      {map[string]string{"craft type": "Knitting, Crochet, Weaving"}, "property_too_many_values", "Weaving"},
		"unknown scale": {map[string]string{"craft type": "Knitting", "needle size": "6", "needle size_scale": "Elvish"}, "property_value_not_allowed", "4, 6, 8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			g := kit("odd", c.attributes)
			var r channel.Result
			spent := b.cost(func() { r = b.apply(t.Context(), b.change(g))[0] })
			p := r.Views[commerce.Etsy].Problems
			if r.Outcome != channel.Refused || len(p) != 1 || p[0].Rule != c.rule || !strings.Contains(p[0].Allowed, c.allowed) || p[0].Fix == "" || !strings.HasPrefix(p[0].Field, "attributes.") {
				t.Fatalf("outcome %q, problems %+v", r.Outcome, p)
			}
			if spent["createDraftListing"] > 0 {
				t.Errorf("a draft was made: %v", spent)
			}
			good := kit("good", map[string]string{"craft type": "Felting"})
			b.push(good, commerce.ListingLive)
			good.p.Attributes, good.p.Title = c.attributes, "Never shown"
			r = b.apply(t.Context(), b.change(good.fill(8), commerce.GroupText, commerce.GroupStock))[0]
			if r.Outcome != channel.Refused || b.shown(good).Title == "Never shown" || b.quantities(good)["good-0"] != 8 {
				t.Errorf("an edit that is refused: outcome %q, title %q, %v pieces", r.Outcome, b.shown(good).Title, b.quantities(good))
			}
		})
	}
}

func TestPropertyOfAVariationIsSaidOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("tinted", "Blue", "Red")
	g.p.Options = []string{"Color"}
	for i, v := range g.p.Variants {
		g.p.Variants[i].Options = map[string]string{"Color": v.Options["Size"]}
	}
	g.p.Attributes = map[string]string{"color": "Green"}
	b.push(g, commerce.ListingLive)
	if got := b.said(g); len(got) != 0 {
		t.Errorf("Etsy says %v beside the variations", got)
	}
	g.p.Variants = append(g.p.Variants, commerce.Variant{ID: "tinted_2", SKU: "tinted-2", Options: map[string]string{"Color": "yellow"}, Price: g.p.Variants[0].Price})
	g.stock["tinted_2"] = 1
	b.push(g, commerce.ListingLive)
	for _, p := range b.shown(g).Inventory.Products {
		if p.SKU == "tinted-2" && p.Values[0].Values[0] != "Yellow" {
			t.Errorf("a variant that came later is %q, want Etsy's own word", p.Values[0].Values[0])
		}
	}
}

func TestPersonalization(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("name")
	g.p.Attributes = map[string]string{"personalization": "required", "personalization_instructions": "Which name?", "personalization_characters": "20"}
	spent := b.cost(func() { b.push(g, commerce.ListingLive) })
	if spent["updateListingPersonalization"] != 1 {
		t.Errorf("it cost %v", spent)
	}
	asked := func(want string) {
		t.Helper()
		got, err := b.sim.Asked(t.Context(), b.id(g))
		b.must(err)
		if strings.Join(got, "; ") != want {
			t.Errorf("buyers are asked %q, want %q", got, want)
		}
	}
	asked("Personalization: Which name? (text_input, 20, required)")
	step := func(what string, cost map[string]int) {
		t.Helper()
		cost["getListingsInventoryByListingIds"] = 1
		spent := b.cost(func() { b.push(g, commerce.ListingLive, commerce.GroupText) })
		b.wantCost(what, spent, cost)
	}
	step("the same again", map[string]int{})
	g.p.Attributes = map[string]string{"personalization": "optional", "personalization_question": "Engraving"}
	step("another question", map[string]int{"updateListingPersonalization": 1})
	asked("Engraving:  (text_input, 256, optional)")
	g.p.Attributes = map[string]string{"personalization": "none"}
	step("nothing", map[string]int{"deleteListingPersonalization": 1})
	asked("")
	g.p.Attributes = nil
	step("no word about it", map[string]int{})
	b.must(b.sim.Ask(t.Context(), b.id(g), "Name", "Date"))
	step("still no word about it", map[string]int{})
	asked("Name:  (text_input, 0, optional); Date:  (text_input, 0, optional)")
	// What a seller asks on Etsy in several questions is not overwritten.
	g.p.Attributes = map[string]string{"personalization": "optional"}
	r := b.apply(t.Context(), b.change(g, commerce.GroupText))[0]
	if p := r.Views[commerce.Etsy].Problems; r.Outcome != channel.Refused || len(p) != 1 || p[0].Rule != "personalization_refused" || p[0].Field != "attributes.personalization" {
		t.Errorf("outcome %q, problems %+v", r.Outcome, p)
	}
	asked("Name:  (text_input, 0, optional); Date:  (text_input, 0, optional)")
}

func TestPersonalizationIsTakenBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("once")
	g.p.Attributes = map[string]string{"personalization": "optional"}
	b.push(g, commerce.ListingLive)
	g.p.Attributes = nil
	b.push(g, commerce.ListingLive, commerce.GroupText)
	if got, err := b.sim.Asked(t.Context(), b.id(g)); err != nil || len(got) > 0 {
		t.Errorf("buyers are still asked %q, %v", got, err)
	}
}

func TestProfilesOfAProduct(t *testing.T) {
	t.Parallel()
	b := setup(t)
	profiles, err := b.seller.ReadinessStates(t.Context())
	b.must(err)
	g := mug("slow")
	g.p.Attributes = map[string]string{"processing_profile": fmt.Sprint(profiles[1].ID), "shipping_profile": "4711"}
	r := b.apply(t.Context(), b.change(g))[0]
	if p := r.Views[commerce.Etsy].Problems; r.Outcome != channel.Refused || len(p) != 1 || p[0].Rule != "shipping_profile" {
		t.Fatalf("a profile of nobody: outcome %q, problems %+v", r.Outcome, p)
	}
	delete(g.p.Attributes, "shipping_profile")
	b.push(g, commerce.ListingLive)
	if got := b.shown(g).Inventory.Products[0].Offerings[0].Readiness; got == nil || *got != profiles[1].ID {
		t.Errorf("processing profile %v, want %d", got, profiles[1].ID)
	}
}

func TestMeasuresAreKeptInStep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := mug("box")
	g.defaults.Grams, g.defaults.LengthMM, g.defaults.WidthMM, g.defaults.HeightMM = 300, 120, 100, 90
	b.push(g, commerce.ListingLive)
	g.defaults.HeightMM = 95
	spent := b.cost(func() { b.push(g, commerce.ListingLive, commerce.GroupText) })
	b.wantCost("another height", spent, map[string]int{"getListingsInventoryByListingIds": 1, "updateListing": 1})
	if l := b.shown(g); l.Height.String() != "95" || l.Length.String() != "120" || *l.SizeUnit != "mm" {
		t.Errorf("%s × %s × %s %s", l.Length, l.Width, l.Height, *l.SizeUnit)
	}
	spent = b.cost(func() { b.push(g, commerce.ListingLive, commerce.GroupText) })
	b.wantCost("the same again", spent, map[string]int{"getListingsInventoryByListingIds": 1})
}
