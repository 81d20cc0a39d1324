package dashboard

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

func (h *Handler) listingRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/listings", Status: http.StatusOK}, h.listListings),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/listings/{id}", Status: http.StatusOK}, h.oneListing),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/listings/{id}/retry", Status: http.StatusAccepted}, h.retryListing),
	}
}

type listingList struct {
	httpapi.Call
	httpapi.Paging
	Channel commerce.Channel      `query:"channel" validate:"omitempty,oneof=etsy tiktok facebook instagram meta own"`
	State   commerce.ListingState `query:"state" validate:"omitempty,oneof=draft queued in_review live sold_out rejected paused ended error"`
	Product commerce.ProductID    `query:"product" validate:"omitempty,id"`
}

// listingItem is one product on one channel.
type listingItem struct {
	ID       string                `json:"id"`
	Product  commerce.ProductID    `json:"product"`
	Channel  commerce.Channel      `json:"channel"`
	State    commerce.ListingState `json:"state"`
	Problems []commerce.Problem    `json:"problems"`
	URL      string                `json:"url"`
	Title    string                `json:"title"`
	Waiting  string                `json:"waiting"`
	Since    time.Time             `json:"since"`
}

type listingDetail struct {
	listingItem
	Wanted   bool              `json:"wanted"`
	Review   string            `json:"review"`
	Target   commerce.TargetID `json:"target"`
	Remote   commerce.RemoteID `json:"remote_id,omitempty"`
	Items    []remoteItem      `json:"items"`
	PushedAt time.Time         `json:"pushed_at,omitzero"`
	Version  int64             `json:"version"`
}

type remoteItem struct {
	Variant commerce.VariantID `json:"variant"`
	Remote  commerce.RemoteID  `json:"remote_id"`
}

// viewID names a view: a listing's id has no dot, and neither has a channel.
func viewID(id commerce.ListingID, c commerce.Channel) string { return string(id) + "." + string(c) }

func (h *Handler) listListings(ctx context.Context, req *listingList) (*httpapi.List[listingItem], error) {
	if req.Product != "" {
		return h.listingsOf(ctx, req)
	}
	items, err := h.Store.ListListings(ctx, req.Space, port.ListingFilter{Channel: req.Channel, State: req.State}, req.Page())
	return httpapi.Listed(items, func(i port.ListingItem) listingItem {
		return listingItem{
			ID: viewID(i.Listing, i.Channel), Product: i.Product, Channel: i.Channel, State: i.State, Problems: some(i.Problems),
			URL: i.URL, Title: i.Title, Waiting: i.Waiting, Since: i.Since.UTC(),
		}
	}), err
}

// listingsOf finds a product's listings by its targets: there is at most one on
// each, and its id follows from both.
func (h *Handler) listingsOf(ctx context.Context, req *listingList) (*httpapi.List[listingItem], error) {
	p, err := h.Store.Product(ctx, req.Space, req.Product)
	if err != nil {
		return nil, err
	}
	targets, err := h.Store.ListTargets(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	ids := make([]commerce.ListingID, 0, len(targets))
	for _, t := range targets {
		ids = append(ids, port.ListingIDOf(t.ID, p.ID))
	}
	listings, err := h.Store.Listings(ctx, req.Space, ids)
	if err != nil {
		return nil, err
	}
	items := []listingItem{}
	for _, l := range listings {
		for c, v := range l.Views {
			if (req.Channel == "" || req.Channel == c) && (req.State == "" || req.State == v.State) {
				items = append(items, item(l, c, p.Title))
			}
		}
	}
	slices.SortFunc(items, func(a, b listingItem) int { return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.ID, b.ID)) })
	return httpapi.All(items), nil
}

func item(l commerce.Listing, c commerce.Channel, title string) listingItem {
	v := l.Views[c]
	return listingItem{
		ID: viewID(l.ID, c), Product: l.Product, Channel: c, State: v.State, Problems: some(v.Problems),
		URL: v.URL, Title: title, Waiting: v.Waiting, Since: v.Since.UTC(),
	}
}

// some is a list that is never null.
func some[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

type listingRequest struct {
	httpapi.Call
	ID string `path:"id" validate:"id"`
}

// view splits the id of a view.
func (r *listingRequest) view() (commerce.ListingID, commerce.Channel) {
	id, c, _ := strings.Cut(r.ID, ".")
	return commerce.ListingID(id), commerce.Channel(c)
}

func (h *Handler) oneListing(ctx context.Context, req *listingRequest) (*listingDetail, error) {
	id, c := req.view()
	l, err := h.Store.Listing(ctx, req.Space, id)
	if err != nil {
		return nil, err
	}
	v, ok := l.Views[c]
	if !ok {
		return nil, fault.New(fault.NotFound, "not_found", "There is no listing %s.", req.ID)
	}
	title := ""
	p, err := h.Store.Product(ctx, req.Space, l.Product)
	if err == nil {
		title = p.Title
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	d := &listingDetail{listingItem: item(l, c, title), Wanted: v.Wanted, Review: v.Review, Target: l.Target, Remote: l.Remote, Items: []remoteItem{}, PushedAt: l.PushedAt.UTC(), Version: l.Version}
	for variant, remote := range l.Items {
		d.Items = append(d.Items, remoteItem{Variant: variant, Remote: remote})
	}
	slices.SortFunc(d.Items, func(a, b remoteItem) int { return cmp.Compare(a.Variant, b.Variant) })
	return d, nil
}

func (h *Handler) retryListing(ctx context.Context, req *listingRequest) (*listingDetail, error) {
	if _, err := h.oneListing(ctx, req); err != nil {
		return nil, err
	}
	id, c := req.view()
	if err := h.Listings.Retry(ctx, req.Space, id, c); err != nil {
		return nil, err
	}
	return h.oneListing(ctx, req)
}
