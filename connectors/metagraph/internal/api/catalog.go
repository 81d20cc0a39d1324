package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Catalog reads a catalog.
func (c *Client) Catalog(ctx context.Context, token, id string) (Catalog, error) {
	var out Catalog
	in := call{op: "read_catalog", method: http.MethodGet, path: segment(id), query: url.Values{"fields": {"id,name,vertical,product_count"}}, token: token, bucket: catalogBucket(id), lane: port.LaneCheck, safe: true}
	return out, c.do(ctx, in, &out)
}

// ItemsBatch sends the records of one batch: body is the whole JSON object,
// at most 28 MB. Not safe to repeat while its handle may be open: several
// handles finish in any order (items_batch reference, 2026-09-12).
func (c *Client) ItemsBatch(ctx context.Context, token, catalog string, body json.RawMessage, lane port.Lane) (Batch, error) {
	var out Batch
	in := call{op: "items_batch", method: http.MethodPost, path: segment(catalog) + "/items_batch", body: body, token: token, bucket: batchBucket(catalog), lane: lane}
	return out, c.do(ctx, in, &out)
}

// BatchStatus asks how far a batch is, with the ids of all refused requests.
func (c *Client) BatchStatus(ctx context.Context, token, catalog, handle string) (BatchStatus, error) {
	var out page[BatchStatus]
	q := url.Values{
		"handle": {handle}, "load_ids_of_invalid_requests": {"true"},
		"fields": {words("handle", "status", "errors", "errors_total_count", "warnings", "warnings_total_count", "ids_of_invalid_requests")},
	}
	in := call{op: "check_batch_request_status", method: http.MethodGet, path: segment(catalog) + "/check_batch_request_status", query: q, token: token, bucket: catalogBucket(catalog), lane: port.LaneStock, safe: true}
	if err := c.do(ctx, in, &out); err != nil {
		return BatchStatus{}, err
	}
	if len(out.Data) == 0 {
		return BatchStatus{}, fault.New(fault.Temporary, "no_status", "Meta answered no status of a batch.")
	}
	return out.Data[0], nil
}

// Products reads items by their retailer ids; unknown ones are missing.
func (c *Client) Products(ctx context.Context, token, catalog string, ids []string) ([]Item, error) {
	filter, err := encode(map[string]any{"retailer_id": map[string]any{"is_any": ids}})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "bad_filter", "The filter for items could not be built.")
	}
	q := url.Values{
		"filter": {string(filter)}, "limit": {strconv.Itoa(max(1, len(ids)))},
		"fields": {words("id", "retailer_id", "name", "description", "brand", "url", "image_url", "price", "availability", "quantity_to_sell_on_facebook",
			"review_status", "review_rejection_reasons", "capability_to_review_status", "image_fetch_status", "errors")},
	}
	return all[Item](ctx, c, call{op: "list_products", method: http.MethodGet, path: segment(catalog) + "/products", query: q, token: token, bucket: catalogBucket(catalog), lane: port.LaneCheck, safe: true})
}
