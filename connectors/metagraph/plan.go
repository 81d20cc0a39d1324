package metagraph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// The methods of a record.
const (
	create = "CREATE"
	update = "UPDATE"
	remove = "DELETE"
)

// plan is what one change needs: the records of its items, ready to be sent,
// or at once a result.
type plan struct {
	index   int // of the change
	change  channel.Change
	ids     []string
	records []json.RawMessage
	bytes   int
	intent  intent
	// stale says that the content is refused by our own rules, so that only
	// the stock of what is already shown is brought up to date.
	stale  bool
	result *channel.Result
}

// planOf works out the records of a change.
func planOf(index int, c channel.Change, brand string) plan {
	p := plan{index: index, change: c, intent: intent{made: map[commerce.VariantID]string{}, removed: map[commerce.VariantID]string{}}}
	m := recall(c.Listing)
	var err error
	switch wanted := wantedOn(c); {
	case len(wanted) == 0 && refusedHere(c):
		err = p.onlyStock(m, newSheet(c, brand))
	case len(wanted) == 0:
		err = p.takeDown(m)
	default:
		err = p.show(m, newSheet(c, brand))
	}
	if err != nil {
		p.refuse(commerce.Problem{Rule: "not_encodable", Field: "product", Allowed: "text in Unicode", Fix: "Remove unusual characters from the product."})
	}
	return p
}

// refusedHere says that a view is wanted by the seller but its content broke a
// rule before it was sent.
func refusedHere(c channel.Change) bool {
	for name := range c.Wanted {
		if c.Listing.Views[name].Wanted {
			return true
		}
	}
	return false
}

// onlyStock keeps what is shown from overselling while its new content waits
// for the seller.
func (p *plan) onlyStock(m memory, s sheet) error {
	p.stale = true
	if p.change.Has(commerce.GroupStock) {
		for _, v := range s.product.Variants {
			if !m.there(v.ID) {
				continue
			}
			data := map[string]any{}
			s.group(commerce.GroupStock, v, data)
			if err := p.add(update, string(m.items[v.ID]), data); err != nil {
				return err
			}
		}
	}
	if len(p.records) == 0 {
		p.result = &channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Refused}
	}
	return nil
}

// takeDown deletes all items: no view wants them.
func (p *plan) takeDown(m memory) error {
	for _, v := range m.alive() {
		if err := p.delete(v, string(m.items[v])); err != nil {
			return err
		}
	}
	if len(p.records) == 0 {
		p.result = &channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Done, Done: commerce.Groups(), Views: hidden(p.change)}
	}
	return nil
}

// show creates what is new, updates the changed groups of what is there, and
// deletes what the product no longer has.
func (p *plan) show(m memory, s sheet) error {
	groups := pending(p.change)
	for i, v := range s.product.Variants {
		if problem := unfit(i, v, s); problem != nil {
			p.refuse(*problem)
			return nil
		}
		if m.there(v.ID) {
			data := map[string]any{}
			for _, g := range groups {
				s.group(g, v, data)
			}
			if err := p.add(update, string(m.items[v.ID]), data); err != nil {
				return err
			}
			continue
		}
		id := itemID(m, v)
		if err := p.add(create, id, s.all(v)); err != nil {
			return err
		}
		p.intent.made[v.ID] = id
	}
	for _, v := range m.alive() {
		if _, still := s.product.Variant(v); !still {
			if err := p.delete(v, string(m.items[v])); err != nil {
				return err
			}
		}
	}
	p.intent.remote = s.grouped
	if p.intent.remote == "" && len(p.ids) > 0 {
		p.intent.remote = p.ids[0]
	}
	if len(p.records) == 0 {
		p.refuse(commerce.Problem{Rule: "no_variants", Field: "variants", Value: "0", Allowed: "at least 1", Fix: "Give the product a variant."})
	}
	return nil
}

// pending are the groups to send: the changed ones, and those a refusal kept
// from being shown earlier.
func pending(c channel.Change) []commerce.Group {
	var groups []commerce.Group
	for _, g := range commerce.Groups() {
		if c.Has(g) || (len(c.Listing.Shown) > 0 && c.Listing.Shown[g] == "") {
			groups = append(groups, g)
		}
	}
	return groups
}

// unfit finds what can't be sent at all.
func unfit(i int, v commerce.Variant, s sheet) *commerce.Problem {
	switch sku := string(v.SKU); {
	case sku == "" || strings.ContainsAny(sku, ",:"):
		return &commerce.Problem{Rule: "sku_character", Field: fmt.Sprintf("variants[%d].sku", i), Value: channel.Cut(sku), Allowed: "a SKU without comma and colon", Fix: "Remove the comma or colon from the SKU: Meta's checkout addresses can't carry it."}
	case s.link(v) == "":
		return noProductURL(s.defaults.ProductURL)
	}
	return nil
}

func noProductURL(found string) *commerce.Problem {
	return &commerce.Problem{Rule: "product_url_missing", Field: "defaults.product_url", Value: channel.Cut(found), Allowed: "an address such as https://shop.example/products/{handle}?sku={sku}",
		Fix: "Enter the address of your product pages in the connection's settings: Meta sends buyers there."}
}

// itemID is the id of a new item, for ever: the variant's SKU, or its old id
// when it had one. A SKU another item of the product was created with gets an
// ending.
func itemID(m memory, v commerce.Variant) string {
	if old := m.items[v.ID]; old != "" {
		return string(old)
	}
	id := string(v.SKU)
	for other, taken := range m.items {
		if other != v.ID && string(taken) == id {
			tail := string(v.ID)
			ending := "-" + tail[max(0, len(tail)-6):]
			return cutRunes(id, 100-len(ending)) + ending
		}
	}
	return id
}

func (p *plan) delete(v commerce.VariantID, id string) error {
	p.intent.removed[v] = id
	return p.add(remove, id, map[string]any{})
}

func (p *plan) add(method, id string, data map[string]any) error {
	if slices.Contains(p.ids, id) {
		return fmt.Errorf("item %s occurs twice", id) // itemID sees to it
	}
	data["id"] = id
	raw, err := json.Marshal(map[string]any{"method": method, "data": data})
	if err != nil {
		return err
	}
	p.ids, p.records, p.bytes = append(p.ids, id), append(p.records, raw), p.bytes+len(raw)+1
	return nil
}

func (p *plan) refuse(problems ...commerce.Problem) {
	p.records, p.ids = nil, nil
	p.result = &channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Refused, Views: rejected(p.change, problems)}
}

// rejected shows problems on every wanted view.
func rejected(c channel.Change, problems []commerce.Problem) map[commerce.Channel]channel.View {
	views := map[commerce.Channel]channel.View{}
	for _, on := range wantedOn(c) {
		own := slices.Clone(problems)
		for i := range own {
			own[i].Channel = on
		}
		views[on] = channel.View{State: commerce.ListingRejected, Problems: own}
	}
	return views
}

// hidden are the views nobody wants: ended when the product is gone, paused
// while it can come back.
func hidden(c channel.Change) map[commerce.Channel]channel.View {
	state := commerce.ListingPaused
	if len(c.Product.Variants) == 0 {
		state = commerce.ListingEnded
	}
	views := map[commerce.Channel]channel.View{}
	for on, wanted := range c.Wanted {
		if !wanted {
			views[on] = channel.View{State: state}
		}
	}
	return views
}
