package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// job is what is to be done for one product now.
type job struct {
	product commerce.Product
	marks   []port.Mark
	change  channel.Change
	// shown are the hashes of what the marketplace will show afterwards.
	shown  map[commerce.Group]string
	levels map[commerce.VariantID]commerce.StockLevel
	// problems found before any call, per channel.
	problems map[commerce.Channel][]commerce.Problem
}

// pick chooses the next batch: the most urgent products that are due, each with
// all its due marks.
func (r *run) pick(ctx context.Context) ([]*job, error) {
	due, order, err := r.due(ctx)
	if err != nil || len(order) == 0 {
		return nil, err
	}
	if err := r.loadListings(ctx, order); err != nil {
		return nil, err
	}
	now := r.Now()
	chosen := make([]commerce.ProductID, 0, r.rules.Batch)
	for _, p := range order {
		if !r.gathered(p).After(now) && len(chosen) < max(1, r.rules.Batch) {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) == 0 {
		return nil, nil
	}
	return r.jobs(ctx, chosen, due)
}

// due reads the marks of all open lanes that may be worked now, and their
// products by urgency.
func (r *run) due(ctx context.Context) (map[commerce.ProductID][]port.Mark, []commerce.ProductID, error) {
	now := r.Now()
	busy := map[commerce.ProductID]bool{}
	for _, c := range r.calls {
		for _, p := range c.Products {
			busy[p] = true
		}
	}
	byProduct := map[commerce.ProductID][]port.Mark{}
	var order []commerce.ProductID
	for _, g := range commerce.Groups() {
		lane := port.LaneOf(g)
		if r.target.Lanes[lane].Until.After(now) {
			continue
		}
		marks, err := r.Store.ListMarks(ctx, r.space, r.target.ID, lane, readMarks)
		if err != nil {
			return nil, nil, fmt.Errorf("read marks of %s: %w", r.target.ID, err)
		}
		for _, m := range marks {
			if m.NotBefore.After(now) || busy[m.Product] {
				continue
			}
			if len(byProduct[m.Product]) == 0 {
				order = append(order, m.Product)
			}
			byProduct[m.Product] = append(byProduct[m.Product], m)
		}
	}
	return byProduct, order, nil
}

func (r *run) loadListings(ctx context.Context, products []commerce.ProductID) error {
	var ids []commerce.ListingID
	for _, p := range products {
		id := port.ListingIDOf(r.target.ID, p)
		if _, known := r.listings[id]; !known {
			ids = append(ids, id)
		}
	}
	found, err := r.Store.Listings(ctx, r.space, ids)
	if err != nil {
		return fmt.Errorf("read listings of %s: %w", r.target.ID, err)
	}
	for _, l := range found {
		r.listings[l.ID] = l
	}
	return nil
}

func (r *run) jobs(ctx context.Context, chosen []commerce.ProductID, due map[commerce.ProductID][]port.Mark) ([]*job, error) {
	products, err := r.Store.Products(ctx, r.space, chosen)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	var variants []commerce.VariantID
	byID := make(map[commerce.ProductID]commerce.Product, len(products))
	for _, p := range products {
		byID[p.ID] = p
		r.titles[p.ID] = p.Title
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
			// The product was deleted: nothing is left to show.
			p = commerce.Product{ID: id, Archived: true}
		}
		jobs = append(jobs, r.job(p, due[id], levels))
	}
	return jobs, nil
}

func (r *run) job(p commerce.Product, marks []port.Mark, levels map[commerce.VariantID]commerce.StockLevel) *job {
	l, ok := r.listings[port.ListingIDOf(r.target.ID, p.ID)]
	if !ok {
		l = NewListing(r.target, p, r.Now())
	}
	j := &job{product: p, marks: marks, shown: map[commerce.Group]string{}, levels: map[commerce.VariantID]commerce.StockLevel{}, problems: map[commerce.Channel][]commerce.Problem{}}
	stock := make(map[commerce.VariantID]int64, len(p.Variants))
	for _, v := range p.Variants {
		j.levels[v.ID], stock[v.ID] = levels[v.ID], levels[v.ID].OnHand
	}
	wanted := Wanted(r.target, p)
	for c, on := range wanted {
		if !on {
			continue
		}
		if found := channel.Validate(r.Rules(c), p.On(c), r.defaults, r.Now()); len(found) > 0 {
			for i := range found {
				found[i].Channel = c
			}
			j.problems[c], wanted[c] = found, false
		}
	}
	j.change = channel.Change{Listing: l, Product: p, Stock: stock, Defaults: r.defaults, Wanted: wanted}
	j.groups(r.target)
	return j
}

// groups finds what has really changed: a group the marketplace already shows
// as wanted costs no call.
func (j *job) groups(t port.Target) {
	l := j.change.Listing
	key := []string{string(l.ID)}
	for _, g := range commerce.Groups() {
		hash := j.hash(g, t)
		marked := slices.ContainsFunc(j.marks, func(m port.Mark) bool { return m.Lane == port.LaneOf(g) })
		if l.Remote == "" || (marked && l.Shown[g] != hash) {
			j.change.Groups = append(j.change.Groups, g)
		}
		j.shown[g] = hash
		key = append(key, hash)
	}
	j.change.Key = commerce.Derive("rev", strings.Join(key, "/"))
}

// hash is a digest of everything that decides what a group looks like.
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
	raw, err := json.Marshal(about)
	if err != nil { // plain data: it can't happen
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}
