package api

import (
	"context"
	"net/http"
	"net/url"
)

// Limits of paging (OpenAPI file, 2026-08-15; etsy/open-api#344).
const (
	PageLimit = 100
	// MaxOffset is the highest offset Etsy takes.
	MaxOffset = 12_000
	// FirstStamp is the earliest time Etsy takes, 2000-01-01.
	FirstStamp = 946_684_800
)

// Receipts reads a page of receipts. Query names are Etsy's.
func (c *Client) Receipts(ctx context.Context, q url.Values) ([]Receipt, error) {
	return readAll[Receipt](ctx, c, "getShopReceipts", c.shopPath("/receipts"), q)
}

// Receipt reads one receipt; NotFound may also mean that it is not the shop's.
func (c *Client) Receipt(ctx context.Context, id int64) (Receipt, error) {
	return read[Receipt](ctx, c, "getShopReceipt", c.shopPath("/receipts/"+number(id)), nil)
}

// CreateShipment tells Etsy of a parcel and mails the buyer, each time anew.
func (c *Client) CreateShipment(ctx context.Context, receipt int64, body ShipmentBody) (Receipt, error) {
	r, err := c.json("createReceiptShipment", http.MethodPost, c.shopPath("/receipts/"+number(receipt)+"/tracking"), body)
	if err != nil {
		return Receipt{}, err
	}
	r.once = true
	return answer[Receipt](ctx, c, r)
}

// Reviews reads a page of the shop's reviews, newest first.
func (c *Client) Reviews(ctx context.Context, q url.Values) ([]Review, error) {
	return readAll[Review](ctx, c, "getReviewsByShop", c.shopPath("/reviews"), q)
}
