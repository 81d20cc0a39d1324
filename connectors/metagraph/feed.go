package metagraph

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// Feed writes the catalog as a CSV file Meta can fetch. Its columns are the
// fields of an item, with image_link instead of image. It is a spare way that
// costs no quota: a catalog is filled by a feed or by Apply, never by both. Not
// safe for concurrent use.
type Feed struct {
	out   *csv.Writer
	brand string
}

// feedColumns are the names of the first line.
func feedColumns() []string {
	return []string{
		"id", "title", "description", "availability", "condition", "price", "link", "image_link", "additional_image_link", "brand",
		"item_group_id", "color", "size", "pattern", "material", "gender", "age_group", "additional_variant_attribute",
		"quantity_to_sell_on_facebook", "google_product_category", "gtin", "shipping_weight",
	}
}

// Brand is the brand of an account's items where neither the product nor the
// defaults name one: the name of its Page, as Apply has it.
func Brand(settings json.RawMessage) string {
	var s Settings
	if json.Unmarshal(settings, &s) != nil {
		return ""
	}
	return s.PageName
}

// NewFeed begins a file with its first line. brand is used where neither the
// product nor the defaults name one.
func NewFeed(w io.Writer, brand string) (*Feed, error) {
	f := &Feed{out: csv.NewWriter(w), brand: brand}
	if err := f.out.Write(feedColumns()); err != nil {
		return nil, fmt.Errorf("begin feed: %w", err)
	}
	return f, nil
}

// ContinueFeed goes on with a file that was begun elsewhere: it writes no first
// line.
func ContinueFeed(w io.Writer, brand string) *Feed { return &Feed{out: csv.NewWriter(w), brand: brand} }

// Add writes one line per variant of what is wanted. What is not wanted on any
// surface, and what lacks a field Meta needs, is left out.
func (f *Feed) Add(c channel.Change) error {
	if len(wantedOn(c)) == 0 {
		return nil
	}
	m, s := recall(c.Listing), newSheet(c, f.brand)
	for i, v := range s.product.Variants {
		pictures := s.pictures(v)
		if unfit(i, v, s) != nil || len(pictures) == 0 {
			continue
		}
		data := s.all(v)
		data["id"] = itemID(m, v)
		data["image_link"], data["additional_image_link"] = pictures[0], strings.Join(pictures[1:], ",")
		line := make([]string, 0, len(feedColumns()))
		for _, name := range feedColumns() {
			value := ""
			if data[name] != nil {
				value = fmt.Sprint(data[name])
			}
			line = append(line, value)
		}
		if err := f.out.Write(line); err != nil {
			return fmt.Errorf("write item %s to the feed: %w", v.SKU, err)
		}
	}
	return nil
}

// Close writes what is still held back.
func (f *Feed) Close() error {
	f.out.Flush()
	if err := f.out.Error(); err != nil {
		return fmt.Errorf("end feed: %w", err)
	}
	return nil
}

// waitsForFetch is what listings of a catalog wait for that a feed fills.
const waitsForFetch = "In the product feed: Meta shows it once it has fetched the file."

// InFeed implements channel.FeedLister. The ids under which the file names items
// are kept, like those of calls; what Meta was told by calls is forgotten.
func (s *Shop) InFeed(changes []channel.Change) []channel.Result {
	results := make([]channel.Result, 0, len(changes))
	for i, c := range changes {
		results = append(results, s.inFeed(i, c))
	}
	return results
}

func (s *Shop) inFeed(index int, c channel.Change) channel.Result {
	res := channel.Result{Listing: c.Listing.ID, Outcome: channel.Done, Items: map[commerce.VariantID]commerce.RemoteID{}, Views: hidden(c)}
	m, sheet := recall(c.Listing), newSheet(c, s.set.PageName)
	m.told = nil
	for _, v := range m.alive() {
		m.gone[v] = true
	}
	if len(wantedOn(c)) > 0 {
		for n, v := range sheet.product.Variants {
			if problem := unfit(n, v, sheet); problem != nil {
				p := plan{index: index, change: c}
				p.refuse(*problem)
				return *p.result
			}
			res.Items[v.ID] = commerce.RemoteID(itemID(m, v))
			delete(m.gone, v.ID)
		}
	}
	if c.Listing.Remote == "" && len(res.Items) > 0 {
		res.Remote = commerce.RemoteID(sheet.grouped)
		if res.Remote == "" {
			res.Remote = res.Items[sheet.product.Variants[0].ID]
		}
	}
	for _, on := range wantedOn(c) {
		was := c.Listing.Views[on]
		view := channel.View{State: commerce.ListingQueued, Waiting: waitsForFetch}
		if was.State == commerce.ListingLive || was.State == commerce.ListingSoldOut || was.State == commerce.ListingInReview {
			view.State, view.Review = was.State, was.Review
		}
		res.Views[on] = view
	}
	res.Extra = m.extra(c.Listing)
	return res
}
