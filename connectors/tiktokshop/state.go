package tiktokshop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// ruleReview is the rule of problems that a review found.
const ruleReview = "review_failed"

// observe takes over how a product was read to stand.
func (j *job) observe(p api.Product) {
	j.m[keyStatus], j.m[keyAudit] = p.Status, p.Audit.Status
	if p.Status != statusOff {
		delete(j.m, keyOff)
	}
	j.problems = append(slices.DeleteFunc(j.problems, isReview), reviewProblems(p)...)
	if j.ch.Stock == nil {
		j.ch.Stock = stockOf(p, j.ch.Listing)
	}
}

func isReview(p commerce.Problem) bool { return p.Rule == ruleReview }

// reviewProblems are the reasons of a failed review, also of an edit of a
// product that stays on sale as it was.
func reviewProblems(p api.Product) []commerce.Problem {
	if p.Audit.Status != auditFailed && p.Status != statusFailed {
		return nil
	}
	var found []commerce.Problem
	for _, r := range p.Refused {
		fix := strings.Join(r.Suggestions, " ")
		if fix == "" {
			fix = "Correct the product: TikTok's reason is below."
		}
		found = append(found, commerce.Problem{
			Channel: commerce.TikTok, Rule: ruleReview, Field: reviewField(r.Position), Fix: channel.Cut(fix), Raw: channel.Cut(r.Position + ": " + strings.Join(r.Reasons, " ")),
		})
	}
	if len(found) == 0 {
		found = append(found, commerce.Problem{Channel: commerce.TikTok, Rule: ruleReview, Fix: "TikTok's review refused the product. See Seller Center for the reason."})
	}
	return found
}

// reviewField is our name for the part of a product a review speaks of.
func reviewField(position string) string {
	switch p := strings.ToLower(position); {
	case strings.Contains(p, "title"), strings.Contains(p, "name"):
		return "title"
	case strings.Contains(p, "description"):
		return "description"
	case strings.Contains(p, "image"), strings.Contains(p, "picture"):
		return "images"
	case strings.Contains(p, "category"):
		return "category"
	case strings.Contains(p, "brand"):
		return "brand"
	}
	return ""
}

// view is the listing as a seller sees it here.
func (j *job) view() channel.View {
	old := j.ch.Listing.Views[commerce.TikTok]
	v := stateOf(j.m, j.total())
	v.Problems = append(v.Problems, j.problems...)
	if j.left && v.State == commerce.ListingInReview {
		v.Waiting = waitsWithout
	}
	if wanted, asked := j.ch.Wanted[commerce.TikTok]; asked && !wanted && v.State != commerce.ListingEnded {
		if old.Wanted && len(old.Problems) > 0 {
			// It is off because of what is wrong with it: that stays visible.
			return channel.View{State: commerce.ListingRejected, Review: v.Review, Problems: old.Problems}
		}
		if j.m[keyStatus] != statusActive && j.m[keyStatus] != statusPending {
			v.State, v.Waiting = commerce.ListingPaused, ""
		}
		return v
	}
	if !j.edited && !slices.ContainsFunc(v.Problems, isReview) && j.m[keyAudit] == auditFailed {
		for _, p := range old.Problems {
			if isReview(p) {
				v.Problems = append(v.Problems, p)
			}
		}
	}
	return v
}

// stateOf turns TikTok's words into ours.
func stateOf(m memory, total int64) channel.View {
	v := channel.View{Review: strings.TrimSuffix(m[keyStatus]+" / "+m[keyAudit], " / ")}
	switch m[keyStatus] {
	case statusDraft:
		v.State = commerce.ListingDraft
	case statusPending:
		v.State = commerce.ListingInReview
		if m[keyAudit] == auditWaitSeller {
			v.Waiting = "TikTok approved the product and waits for the shop: finish its verification in Seller Center."
		}
	case statusFailed:
		v.State = commerce.ListingRejected
	case statusActive:
		v.State = commerce.ListingLive
		if total == 0 {
			v.State = commerce.ListingSoldOut
		}
	case statusOff:
		v.State = commerce.ListingPaused
		switch m[keyOff] {
		case offZero:
			v.State = commerce.ListingSoldOut
		case offPart:
			v.Waiting = waitsWithout
		case "":
			v.Waiting = "It was switched off in Seller Center. Switch it on there, or try again here."
		}
	case statusBlocked:
		v.State = commerce.ListingRejected
		v.Problems = []commerce.Problem{{Channel: commerce.TikTok, Rule: "taken_off_by_tiktok", Fix: "TikTok took the product off sale. Edit it: it is reviewed again."}}
	case statusFrozen:
		v.State = commerce.ListingRejected
		v.Problems = []commerce.Problem{{Channel: commerce.TikTok, Rule: "frozen", Fix: "TikTok has frozen this product for a breach of its policies. Appeal in Seller Center."}}
	case statusDeleted:
		v.State = commerce.ListingEnded
	default:
		v.State = commerce.ListingError
		v.Problems = []commerce.Problem{{Channel: commerce.TikTok, Rule: "unknown_state", Value: channel.Cut(m[keyStatus]), Fix: "TikTok uses a state that is new to us. Look at the product in Seller Center."}}
	}
	return v
}

// stockOf are the quantities TikTok shows, by our variants; nil when it shows
// none, so that a product without that field is not taken for sold out.
func stockOf(p api.Product, l commerce.Listing) map[commerce.VariantID]int64 {
	levels := map[commerce.VariantID]int64{}
	for id, item := range l.Items {
		for _, s := range p.SKUs {
			if commerce.RemoteID(s.ID) != item || len(s.Inventory) == 0 {
				continue
			}
			for _, at := range s.Inventory {
				levels[id] += int64(at.Quantity)
			}
		}
	}
	if len(levels) == 0 {
		return nil
	}
	return levels
}

// Listings reads back how products stand: ten with one search, and one by one
// those whose review failed, for its reasons. A product that the search does
// not show is asked for by its id before it is said to be gone.
func (c *Connector) Listings(ctx context.Context, listings []commerce.Listing) ([]channel.Result, error) {
	var results []channel.Result
	for part := range slices.Chunk(listings, api.MaxSearch) {
		found, err := c.search(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, l := range part {
			if l.Remote == "" {
				continue
			}
			p, ok := found[l.Remote]
			if !ok || p.Audit.Status == auditFailed || p.Status == statusFailed {
				if p, ok, err = c.one(ctx, l.Remote, p); err != nil {
					return nil, err
				}
			}
			if ok {
				results = append(results, c.readBack(l, p))
			}
		}
	}
	return results, nil
}

func (c *Connector) search(ctx context.Context, part []commerce.Listing) (map[commerce.RemoteID]api.Product, error) {
	found := map[commerce.RemoteID]api.Product{}
	var items []string
	for _, l := range part {
		for _, item := range l.Items {
			items = append(items, string(item))
			break
		}
	}
	if len(items) == 0 {
		return found, nil
	}
	products, err := c.api.SearchProducts(ctx, api.ProductSearch{SKUs: items})
	if err != nil {
		return nil, fmt.Errorf("search products: %w", err)
	}
	for _, p := range products {
		found[commerce.RemoteID(p.ID)] = p
	}
	return found, nil
}

// one reads a product by its id. What can't be read by id (frozen, deleted) is
// as the search showed it.
func (c *Connector) one(ctx context.Context, id commerce.RemoteID, searched api.Product) (api.Product, bool, error) {
	p, err := c.api.Product(ctx, string(id))
	f := fault.Of(err)
	switch {
	case err == nil:
		return p, true, nil
	case f.Code == api.CodeWrongState && searched.ID == "":
		return api.Product{ID: api.ID(id), Status: statusFrozen}, true, nil
	case f.Code == api.CodeGone, f.Code == api.CodeWrongState:
		return searched, searched.ID != "", nil
	}
	return p, false, fmt.Errorf("read product %s: %w", id, err)
}

func (c *Connector) readBack(l commerce.Listing, p api.Product) channel.Result {
	j := c.job(channel.Change{Listing: l}, nil)
	j.observe(p)
	v := stateOf(j.m, j.shownTotal())
	v.Problems = append(v.Problems, j.problems...)
	if old, ok := l.Views[commerce.TikTok]; ok && !old.Wanted && v.State != commerce.ListingEnded && p.Status != statusActive && p.Status != statusPending {
		v.State, v.Problems, v.Waiting = commerce.ListingPaused, nil, ""
	}
	r := channel.Result{Listing: l.ID, Remote: l.Remote, Extra: j.m, Views: map[commerce.Channel]channel.View{commerce.TikTok: v}}
	if p.Audit.Status == auditRunning {
		r.CheckAt = j.env.Now().Add(firstLook)
	}
	return r
}

// shownTotal is what TikTok shows in all; unknown counts as something.
func (j *job) shownTotal() int64 {
	if j.ch.Stock == nil {
		return 1
	}
	sum := int64(0)
	for _, n := range j.ch.Stock {
		sum += n
	}
	return sum
}
