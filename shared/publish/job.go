package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// job is what is to be done for one product now.
type job struct {
	product commerce.Product
	// missing says that no such product is stored.
	missing bool
	marks   []port.Mark
	change  channel.Change
	was     commerce.Listing // as stored
	// open says that the job is part of an open call: its marks, groups and
	// hashes are those that went out. moved says that the stock is another now.
	open, moved bool
	// wish says per channel whether the seller wants a view, whatever is wrong
	// with its content.
	wish map[commerce.Channel]bool
	// stale says that the content is refused by rules we know: what is shown
	// stays as it is, and only its stock goes on.
	stale bool
	// shown are the hashes of what the marketplace will show afterwards.
	shown map[commerce.Group]string
	// held are groups that changed but are not sent with the next change.
	held   []commerce.Group
	levels map[commerce.VariantID]commerce.StockLevel
	// problems found before any call, per channel.
	problems map[commerce.Channel][]commerce.Problem
}

func (r *run) jobs(ctx context.Context, chosen []commerce.ProductID, due map[commerce.ProductID][]port.Mark) ([]*job, error) {
	byID, err := r.products(ctx, chosen)
	if err != nil {
		return nil, err
	}
	var variants []commerce.VariantID
	for _, p := range byID {
		for _, v := range p.Variants {
			variants = append(variants, v.ID)
		}
	}
	levels, err := r.Store.Levels(ctx, r.space, variants)
	if err != nil {
		return nil, fmt.Errorf("read stock: %w", err)
	}
	jobs := make([]*job, 0, len(chosen))
	for _, id := range chosen {
		p, ok := byID[id]
		if !ok {
			p = commerce.Product{ID: id, Archived: true} // nothing is left to show
		}
		j := r.job(p, due[id], levels)
		j.missing = !ok
		jobs = append(jobs, j)
	}
	return jobs, nil
}

func (r *run) job(p commerce.Product, marks []port.Mark, levels map[commerce.VariantID]commerce.StockLevel) *job {
	l, ok := r.listings[port.ListingIDOf(r.target.ID, p.ID)]
	if !ok {
		l = NewListing(r.target, p, r.Now())
	}
	j := &job{product: p, marks: marks, wish: wishes(r.target, p, l), shown: map[commerce.Group]string{}, levels: map[commerce.VariantID]commerce.StockLevel{}}
	stock := make(map[commerce.VariantID]int64, len(p.Variants))
	for _, v := range p.Variants {
		j.levels[v.ID], stock[v.ID] = levels[v.ID], levels[v.ID].OnHand
	}
	j.problems = r.refusals(p, j.wish)
	wanted := make(map[commerce.Channel]bool, len(j.wish))
	for c, on := range j.wish {
		wanted[c] = on && len(j.problems[c]) == 0
	}
	j.change = channel.Change{Listing: l, Product: p, Stock: stock, Defaults: r.defaults, Wanted: wanted, Anew: asksAnew(l)}
	if !someWanted(wanted) && len(j.problems) > 0 && isShown(l) {
		j.keep()
	}
	j.groups(r.target)
	r.adopt(j)
	return j
}

// refusals are what the rules of each channel that is wished for refuse.
func (r *run) refusals(p commerce.Product, wish map[commerce.Channel]bool) map[commerce.Channel][]commerce.Problem {
	problems := map[commerce.Channel][]commerce.Problem{}
	for c, on := range wish {
		if !on {
			continue
		}
		if found := channel.Validate(r.Rules(c), p.On(c), r.defaults, r.Now()); len(found) > 0 {
			for i := range found {
				found[i].Channel = c
			}
			problems[c] = found
		}
	}
	return problems
}

// keep leaves what is shown as it is, but for its stock: an edit that can't be
// shown must not take a listing off sale, nor let it oversell.
func (j *job) keep() {
	j.stale = true
	for c := range j.problems {
		j.change.Wanted[c] = true
	}
	j.change.Product.Variants = slices.DeleteFunc(slices.Clone(j.product.Variants), func(v commerce.Variant) bool {
		return len(j.change.Listing.Items) > 0 && j.change.Listing.Items[v.ID] == ""
	})
}

const (
	// gone stands for the stock of a listing that was taken away.
	gone = "gone"
	// held stands for a group whose content was refused: it is sent with the
	// next edit, whatever that changes, and not with a change of stock.
	held = "held"
	// anew stands for every group of a listing that somebody asked to be
	// written again.
	anew = "anew"
)

func showAnew() map[commerce.Group]string {
	shown := map[commerce.Group]string{}
	for _, g := range commerce.Groups() {
		shown[g] = anew
	}
	return shown
}

// asksAnew says that a listing is not written whole yet since somebody asked.
func asksAnew(l commerce.Listing) bool {
	return slices.Contains(slices.Collect(maps.Values(l.Shown)), anew)
}

// isShown says that a listing is at the marketplace and was not taken away.
func isShown(l commerce.Listing) bool { return l.Remote != "" && l.Shown[commerce.GroupStock] != gone }

func someWanted(wanted map[commerce.Channel]bool) bool {
	for _, on := range wanted {
		if on {
			return true
		}
	}
	return false
}

// groups finds what has really changed: a group the marketplace already shows
// as wanted costs no call.
func (j *job) groups(t port.Target) {
	l := j.change.Listing
	key := []string{string(l.ID)}
	var changed []commerce.Group
	for _, g := range commerce.Groups() {
		hash := j.hash(g, t)
		switch differs := l.Shown[g] != hash && (j.marked(g) || (l.Shown[g] == held && j.edited())); {
		case differs && j.stale && g != commerce.GroupStock:
			j.held = append(j.held, g)
		case differs:
			changed = append(changed, g)
		}
		j.shown[g] = hash
		key = append(key, hash)
	}
	switch {
	case !someWanted(j.change.Wanted):
		j.shown, changed = map[commerce.Group]string{commerce.GroupStock: gone}, nil
		if isShown(l) {
			changed = []commerce.Group{commerce.GroupStock}
		}
	case !isShown(l):
		changed = commerce.Groups()
	}
	j.change.Groups, j.change.Key = changed, commerce.Derive("rev", strings.Join(key, "/"))
}

func (j *job) marked(g commerce.Group) bool {
	return slices.ContainsFunc(j.marks, func(m port.Mark) bool { return m.Lane == port.LaneOf(g) })
}

// edited says that more than the stock has to be looked at.
func (j *job) edited() bool {
	return slices.ContainsFunc(j.marks, func(m port.Mark) bool { return m.Lane != port.LaneStock })
}

// hash is a digest of everything that decides what a group looks like. Stock
// counts by its version: a marketplace that lowers itself may show less than
// it was told.
func (j *job) hash(g commerce.Group, t port.Target) string {
	p, d := j.product, j.change.Defaults
	var about any
	switch g {
	case commerce.GroupStock:
		versions := make(map[commerce.VariantID][2]int64, len(j.levels))
		for id, level := range j.levels {
			versions[id] = [2]int64{level.OnHand, level.Version}
		}
		about = []any{versions, j.change.Wanted, p.Archived}
	case commerce.GroupPrice:
		prices := make(map[commerce.VariantID]commerce.Money, len(p.Variants))
		for _, v := range p.Variants {
			prices[v.ID] = v.Price
		}
		about = prices
	case commerce.GroupImages:
		about = p.Images
	default:
		text := p
		text.Version, text.Images, text.UpdatedAt = 0, nil, text.CreatedAt
		text.Variants = slices.Clone(p.Variants)
		for i := range text.Variants {
			text.Variants[i].Price, text.Variants[i].Stated = commerce.Money{}, nil
		}
		about = []any{text, d, j.change.Wanted, t.Kind}
	}
	if t.Feed { // it was told in another way
		about = []any{about, "feed"}
	}
	raw, err := json.Marshal(about)
	if err != nil { // plain data: it can't happen
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}
