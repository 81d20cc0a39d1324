package api

import (
	"context"
	"net/http"
	"net/url"
)

// PutProperty says what a listing is on one property of its category. Value ids
// and values belong together; both are those of TaxonomyProperties.
func (c *Client) PutProperty(ctx context.Context, listing, property int64, form url.Values) error {
	return c.do(ctx, c.form("updateListingProperty", http.MethodPut, c.propertyPath(listing, property), form), nil)
}

// DeleteProperty takes a property off a listing; NotFound if it has none.
func (c *Client) DeleteProperty(ctx context.Context, listing, property int64) error {
	return c.do(ctx, call{op: "deleteListingProperty", method: http.MethodDelete, path: c.propertyPath(listing, property)}, nil)
}

func (c *Client) propertyPath(listing, property int64) string {
	return c.shopPath(listingPath(listing, "/properties/"+number(property)))
}

// PutQuestion asks buyers of a listing one thing, in place of what they were
// asked before. Where they are asked several things Etsy answers with a
// conflict, since this would delete what the seller wrote there.
func (c *Client) PutQuestion(ctx context.Context, listing int64, q Question) error {
	body := struct {
		All []Question `json:"personalization_questions"`
	}{[]Question{q}}
	r, err := c.json("updateListingPersonalization", http.MethodPost, c.shopPath(listingPath(listing, "/personalization")), body)
	if err != nil {
		return err
	}
	return c.do(ctx, r, nil)
}

// DeleteQuestions stops asking buyers; NotFound if they are asked nothing.
func (c *Client) DeleteQuestions(ctx context.Context, listing int64) error {
	return c.do(ctx, call{op: "deleteListingPersonalization", method: http.MethodDelete, path: c.shopPath(listingPath(listing, "/personalization"))}, nil)
}
