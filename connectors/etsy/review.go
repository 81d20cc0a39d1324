package etsy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// reviewCursor is how far reviews are read. Etsy lists them newest first, so a
// poll goes down from the newest to where the last one began; only then does
// Known move.
type reviewCursor struct {
	Known  int64 `json:"known"`            // reviews made before are known
	Next   int64 `json:"next,omitempty"`   // what Known becomes
	To     int64 `json:"to,omitempty"`     // upper end of the window, 0 at first
	Offset int   `json:"offset,omitempty"` // within one second only
}

func decodeReviewCursor(p channel.Poll) (reviewCursor, error) {
	if p.Cursor == "" {
		return reviewCursor{Known: max(p.Since.Unix(), api.FirstStamp)}, nil
	}
	var c reviewCursor
	if err := json.Unmarshal([]byte(p.Cursor), &c); err != nil || c.Offset < 0 || c.Offset > api.MaxOffset {
		return c, fault.New(fault.Invalid, "bad_cursor", "The cursor of an Etsy shop's reviews can't be read.")
	}
	return c, nil
}

func (c reviewCursor) String() string {
	raw, err := json.Marshal(c)
	if err != nil { // plain data: it can't happen
		return ""
	}
	return string(raw)
}

func (c reviewCursor) query(limit int) url.Values {
	q := url.Values{"min_created": {strconv.FormatInt(floor(c.Known), 10)}, "limit": {strconv.Itoa(limit)}, "offset": {strconv.Itoa(c.Offset)}}
	if c.To != 0 {
		q.Set("max_created", strconv.FormatInt(c.To, 10))
	}
	return q
}

// advance moves the window below a page; false means that all are read.
func (c *reviewCursor) advance(page []api.Review, limit int, now int64) bool {
	if c.Next == 0 {
		c.Next = max(c.Known, now)
	}
	least := c.To
	for _, r := range page {
		c.Next = max(c.Next, r.Created)
		if least == 0 || r.Created < least {
			least = r.Created
		}
	}
	if len(page) < limit {
		*c = reviewCursor{Known: c.Next}
		return false
	}
	switch {
	case c.To == 0 || least < c.To:
		c.To, c.Offset = least, 0
	case c.Offset+limit+limit > api.MaxOffset:
		c.To, c.Offset = c.To-1, 0
	default:
		c.Offset += limit
	}
	return true
}

// ListReviews implements channel.ReviewReader. Etsy filters by when a review
// was made: one that is edited later is not seen again.
func (c *Connector) ListReviews(ctx context.Context, p channel.Poll) (channel.Page, error) {
	cursor, err := decodeReviewCursor(p)
	if err != nil {
		return channel.Page{}, err
	}
	limit := pageSize(p.Limit)
	reviews, err := c.in(port.LaneOrders).Reviews(ctx, cursor.query(limit))
	if err != nil {
		return channel.Page{}, fmt.Errorf("read reviews of shop %s: %w", c.settings.Shop, err)
	}
	page := channel.Page{More: cursor.advance(reviews, limit, c.env.Now().Unix())}
	page.Cursor = cursor.String()
	slices.Reverse(reviews) // oldest first
	for _, r := range reviews {
		page.Updates = append(page.Updates, channel.Update{Kind: channel.UpdateReview, Review: reviewOf(r)})
	}
	return page, nil
}

// reviewOf has the id of the transaction it is about: there is one each.
func reviewOf(r api.Review) *commerce.Review {
	review := &commerce.Review{Channel: commerce.Etsy, Remote: remote(r.TransactionID), Rating: min(max(r.Rating, 1), 5), Text: r.Text, At: unix(r.Created)}
	if r.ListingID != 0 {
		review.Listing = remote(r.ListingID)
	}
	return review
}
