package metagraph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

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
	records []record
	remote  string // of the listing, once it is made
	part    bool   // the rest follows in another call
	result  *channel.Result
}

// record is one entry of items_batch.
type record struct {
	step
	raw json.RawMessage
}

// planOf works out the records of a change. look is when a review is looked at
// first.
func planOf(index int, c channel.Change, brand string, look time.Time) plan {
	p := plan{index: index, change: c}
	m := recall(c.Listing)
	if c.Anew {
		m.told = nil
	}
	var err error
	if len(wantedOn(c)) == 0 {
		err = p.takeDown(m)
	} else {
		err = p.show(m, newSheet(c, brand))
	}
	large := slices.IndexFunc(p.records, func(r record) bool { return len(r.raw) >= bytesMax })
	switch {
	case err == nil && large >= 0:
		p.refuse(tooLarge(len(p.records[large].raw)))
	case err != nil:
		p.refuse(commerce.Problem{Rule: "not_encodable", Field: "product", Allowed: "text in Unicode", Fix: "Remove unusual characters from the product."})
	case p.result == nil && len(p.records) == 0:
		res := channel.Result{Listing: c.Listing.ID, Outcome: channel.Done, Done: commerce.Groups()}
		res.Views, res.CheckAt = viewsAfter(c, intent{}, look)
		p.result = &res
	}
	return p
}

// takeDown deletes all items: no view wants them.
func (p *plan) takeDown(m memory) error {
	for _, v := range m.alive() {
		if err := p.add(step{method: gone, variant: v, id: string(m.items[v])}, map[string]any{}); err != nil {
			return err
		}
	}
	return nil
}

// show creates what is new, updates what differs from what Meta was told, and
// deletes what the product no longer has.
func (p *plan) show(m memory, s sheet) error {
	if len(s.product.Variants) == 0 {
		p.refuse(commerce.Problem{Rule: "no_variants", Field: "variants", Value: "0", Allowed: "at least 1", Fix: "Give the product a variant."})
		return nil
	}
	groups := pending(p.change)
	for i, v := range s.product.Variants {
		if problem := unfit(i, v, s); problem != nil {
			p.refuse(*problem)
			return nil
		}
		next := step{method: made, variant: v.ID, id: itemID(m, v)}
		data := s.all(v)
		if m.there(v.ID) {
			next.method = updated
			data, next.sent = diff(data, m.told[v.ID], groups)
		} else {
			next.sent = traitsOf(data)
		}
		if len(data) > 0 {
			if err := p.add(next, data); err != nil {
				return err
			}
		}
	}
	for _, v := range m.alive() {
		if _, still := s.product.Variant(v); !still {
			if err := p.add(step{method: gone, variant: v, id: string(m.items[v])}, map[string]any{}); err != nil {
				return err
			}
		}
	}
	p.remote = s.grouped
	if p.remote == "" && len(p.records) > 0 {
		p.remote = p.records[0].id
	}
	return nil
}

// pending are the groups to send: the changed ones, and those a refusal kept
// from being shown earlier.
func pending(c channel.Change) map[commerce.Group]bool {
	groups := map[commerce.Group]bool{}
	for _, g := range commerce.Groups() {
		groups[g] = c.Has(g) || (len(c.Listing.Shown) > 0 && c.Listing.Shown[g] == "")
	}
	return groups
}

// first takes as many records as fit into the room that is left in a call.
func (p plan) first(records, size int) plan {
	n := 0
	for n < len(p.records) && n < records && size >= len(p.records[n].raw)+1 {
		size -= len(p.records[n].raw) + 1
		n++
	}
	p.part = p.part || n < len(p.records)
	p.records = p.records[:n]
	return p
}

func (p plan) bytes() int {
	n := 0
	for _, r := range p.records {
		n += len(r.raw) + 1
	}
	return n
}

func (p plan) intent() intent {
	i := intent{remote: p.remote, part: p.part, steps: make([]step, 0, len(p.records))}
	for _, r := range p.records {
		i.steps = append(i.steps, r.step)
	}
	return i
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

func (p *plan) add(s step, data map[string]any) error {
	if slices.ContainsFunc(p.records, func(r record) bool { return r.id == s.id }) {
		return fmt.Errorf("item %s occurs twice", s.id) // itemID sees to it
	}
	data["id"] = s.id
	method := map[byte]string{made: create, updated: update, gone: remove}[s.method]
	raw, err := json.Marshal(map[string]any{"method": method, "data": data})
	if err != nil {
		return err
	}
	p.records = append(p.records, record{s, raw})
	return nil
}

func (p *plan) refuse(problems ...commerce.Problem) {
	p.records = nil
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
