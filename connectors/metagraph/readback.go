package metagraph

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// Listings reads back how listings stand on both surfaces. A listing none of
// whose items is in the catalog is missing in the answer.
func (s *Shop) Listings(ctx context.Context, listings []commerce.Listing) ([]channel.Result, error) {
	var ids []string
	for _, l := range listings {
		ids = append(ids, aliveIDs(l)...)
	}
	items, err := s.items(ctx, ids)
	if err != nil {
		return nil, denied(err)
	}
	var results []channel.Result
	for _, l := range listings {
		var found []api.Item
		lost := 0
		for _, id := range aliveIDs(l) {
			if i, ok := items[id]; ok {
				found = append(found, i)
			} else {
				lost++
			}
		}
		if len(found) == 0 {
			continue
		}
		res := channel.Result{Listing: l.ID, Views: map[commerce.Channel]channel.View{}}
		for on, v := range l.Views {
			if v.Wanted {
				res.Views[on] = viewOf(on, found, lost)
			}
		}
		results = append(results, res)
	}
	return results, nil
}

// viewOf folds the items of a listing into its view on a channel: it is live
// when all of them are approved there, and sold out when none can be had.
func viewOf(on commerce.Channel, items []api.Item, lost int) channel.View {
	view := channel.View{State: commerce.ListingSoldOut, Review: "approved", URL: items[0].URL}
	waiting, refused, buyable := false, false, false
	for _, i := range items {
		review := reviewOn(on, i)
		view.Review = worst(view.Review, review)
		view.Problems = append(view.Problems, itemProblems(on, i, review)...)
		switch {
		case i.ImageStatus == "FETCH_FAILED" || review == "rejected":
			refused = true
		case review != "approved":
			waiting = true
		}
		buyable = buyable || i.Availability != "out of stock" && i.Availability != "discontinued"
	}
	if lost > 0 {
		view.Problems = append(view.Problems, commerce.Problem{Channel: on, Rule: "listing_gone", Field: "variants", Value: fmt.Sprint(lost), Allowed: "all variants in the catalog",
			Fix: "Some variants were deleted at Meta. Use “retry” to list them again."})
	}
	switch {
	case refused:
		view.State = commerce.ListingRejected
	case waiting:
		view.State = commerce.ListingInReview
	case buyable:
		view.State = commerce.ListingLive
	}
	view.Problems = few(view.Problems)
	return view
}

// reviewOn is the review of an item on a channel, in lower case: the one of the
// channel's capability where there is one, else that of the item. Empty is a
// legal answer and means that it is not known yet.
func reviewOn(on commerce.Channel, i api.Item) string {
	for _, c := range i.Capabilities {
		word := strings.ToLower(c.Value)
		if strings.EqualFold(c.Key, capability(on)) && word != "" && word != "no_review" {
			return word
		}
	}
	return strings.ToLower(i.Review)
}

// worst is the word that decides about several items. A word we do not know
// yet counts as a review that goes on.
func worst(a, b string) string {
	rank := func(word string) int {
		if i := slices.Index([]string{"approved", "", "outdated", "pending", "rejected"}, word); i >= 0 {
			return i
		}
		return 3
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// itemProblems are what a seller has to act on.
func itemProblems(on commerce.Channel, i api.Item, review string) []commerce.Problem {
	var found []commerce.Problem
	failed := i.ImageStatus == "FETCH_FAILED" || i.ImageStatus == "PARTIAL_FETCH"
	for _, e := range i.Errors {
		if !strings.EqualFold(e.Priority, "HIGH") && review != "rejected" {
			continue
		}
		if strings.Contains(strings.ToUpper(e.Type), "IMAGE") {
			failed = failed || strings.EqualFold(e.Priority, "HIGH")
			continue
		}
		found = append(found, commerce.Problem{Channel: on, Rule: "meta_" + strings.ToLower(cutRunes(e.Type, 60)), Field: fieldOf(e.Type), Value: channel.Cut(i.RetailerID), Allowed: "what Meta's commerce policies allow",
			Fix: "Meta has rejected this item. Change what its message names, or ask for another review in Commerce Manager.", Raw: cutRunes(e.Title+": "+e.Description, 500)})
	}
	if failed {
		found = append(found, imageProblem(on, i))
	}
	if review == "rejected" && len(found) == 0 {
		found = append(found, commerce.Problem{Channel: on, Rule: "rejected_by_review", Field: "description", Value: channel.Cut(i.RetailerID), Allowed: "what Meta's commerce policies allow",
			Fix: "Meta has rejected this item. Change its text or pictures, or ask for another review in Commerce Manager.", Raw: cutRunes(strings.Join(i.Reasons, ", "), 500)})
	}
	return found
}

func imageProblem(on commerce.Channel, i api.Item) commerce.Problem {
	p := commerce.Problem{Channel: on, Rule: "image_unreachable", Field: "images", Value: channel.Cut(i.Image), Allowed: "a JPEG, PNG or GIF of at least 500 × 500 pixels anyone can fetch",
		Fix: "Meta can't fetch this picture. Put it at a public address without hot-link protection, as JPEG or PNG of at least 500 × 500 pixels, and save the product."}
	for _, e := range i.Errors {
		if strings.Contains(strings.ToUpper(e.Type), "IMAGE") {
			p.Raw = cutRunes(e.Title+": "+e.Description, 500)
			// Of several pictures the message names the one that failed.
			for word := range strings.FieldsSeq(e.Description) {
				if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://") {
					p.Value = channel.Cut(word)
				}
			}
			break
		}
	}
	return p
}

// fieldOf guesses the field an error type is about.
func fieldOf(kind string) string {
	kind = strings.ToUpper(kind)
	for _, f := range []struct{ word, field string }{{"PRICE", "variants.price"}, {"TITLE", "title"}, {"DESCRIPTION", "description"}, {"AVAILABILITY", "stock"}, {"LINK", "defaults.product_url"}, {"URL", "defaults.product_url"}, {"BRAND", "brand"}, {"CATEGORY", "category"}} {
		if strings.Contains(kind, f.word) {
			return f.field
		}
	}
	return "description"
}
