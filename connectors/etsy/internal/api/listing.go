package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/manystall/manystall/shared/fault"
)

// MaxBatch is how many listings one batch read may name (OpenAPI file,
// 2026-08-15).
const MaxBatch = 100

// Join writes an array the way Etsy reads it: one value, joined by commas.
func Join[T any](all []T) string {
	text := make([]string, len(all))
	for i, v := range all {
		text[i] = fmt.Sprint(v)
	}
	return strings.Join(text, ",")
}

func (c *Client) form(op, method, path string, form url.Values) call {
	return call{op: op, method: method, path: path, kind: formType, body: []byte(form.Encode())}
}

func (c *Client) json(op, method, path string, body any) (call, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return call{}, fault.Wrap(err, fault.Internal, "bad_body", "The body of %s could not be written.", op)
	}
	return call{op: op, method: method, path: path, kind: jsonType, body: raw}, nil
}

func listingPath(id int64, rest string) string { return "/listings/" + number(id) + rest }

// CreateDraft makes a draft. Sending it twice makes two.
func (c *Client) CreateDraft(ctx context.Context, form url.Values) (Listing, error) {
	r := c.form("createDraftListing", http.MethodPost, c.shopPath("/listings"), form)
	r.once = true
	return answer[Listing](ctx, c, r)
}

// UpdateListing changes the fields that are sent. Price and quantity are
// ignored here (release notes, 2022-06-06).
func (c *Client) UpdateListing(ctx context.Context, id int64, form url.Values) (Listing, error) {
	return answer[Listing](ctx, c, c.form("updateListing", http.MethodPatch, c.shopPath(listingPath(id, "")), form))
}

// Drafts reads a page of the shop's drafts.
func (c *Client) Drafts(ctx context.Context, offset int) ([]Listing, error) {
	q := url.Values{"state": {StateDraft}, "limit": {"100"}, "offset": {number(int64(offset))}, "sort_on": {"created"}, "sort_order": {"desc"}}
	return readAll[Listing](ctx, c, "getListingsByShop", c.shopPath("/listings"), q)
}

// Listings reads at most MaxBatch listings; unknown ones are missing.
func (c *Client) Listings(ctx context.Context, ids []int64) ([]Listing, error) {
	return readAll[Listing](ctx, c, "getListingsByListingIds", "/listings/batch", url.Values{"listing_ids": {Join(ids)}})
}

// Inventories reads at most MaxBatch listings with their inventories. One
// unknown id makes the whole answer NotFound.
func (c *Client) Inventories(ctx context.Context, ids []int64) ([]Listing, error) {
	return readAll[Listing](ctx, c, "getListingsInventoryByListingIds", "/listings/batch/inventory", url.Values{"listing_ids": {Join(ids)}})
}

// ListingInventory reads one listing with its inventory.
func (c *Client) ListingInventory(ctx context.Context, id int64) (Listing, error) {
	type both struct {
		Inventory
		Listing Listing `json:"listing"`
	}
	a, err := read[both](ctx, c, "getListingInventory", listingPath(id, "/inventory"), url.Values{"includes": {"Listing"}})
	a.Listing.Inventory = &a.Inventory
	return a.Listing, err
}

// PutInventory replaces everything that can be bought of a listing. Product and
// offering ids are new afterwards, and variation images are unlinked.
func (c *Client) PutInventory(ctx context.Context, id int64, body InventoryBody) (Inventory, error) {
	r, err := c.json("updateListingInventory", http.MethodPut, listingPath(id, "/inventory"), body)
	if err != nil {
		return Inventory{}, err
	}
	return answer[Inventory](ctx, c, r)
}

// PutVariationImages replaces all links between values and pictures.
func (c *Client) PutVariationImages(ctx context.Context, id int64, all []VariationImage) error {
	body := struct {
		All []VariationImage `json:"variation_images"`
	}{all}
	r, err := c.json("updateVariationImages", http.MethodPost, c.shopPath(listingPath(id, "/variation-images")), body)
	if err != nil {
		return err
	}
	return c.do(ctx, r, nil)
}
