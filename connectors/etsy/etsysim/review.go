package etsysim

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// review is one row.
type review struct {
	ID          int64  `json:"id"`
	Listing     int64  `json:"listing"`
	Transaction int64  `json:"transaction"`
	Buyer       int64  `json:"buyer"`
	Rating      int    `json:"rating"`
	Text        string `json:"text"`
	Created     int64  `json:"created"`
}

// reviewView is Etsy's TransactionReview.
type reviewView struct {
	ShopID           int64   `json:"shop_id"`
	ListingID        int64   `json:"listing_id"`
	TransactionID    int64   `json:"transaction_id"`
	BuyerUserID      int64   `json:"buyer_user_id"`
	Rating           int     `json:"rating"`
	Review           string  `json:"review"`
	Language         string  `json:"language"`
	Image            *string `json:"image_url_fullxfull"`
	CreateTimestamp  int64   `json:"create_timestamp"`
	CreatedTimestamp int64   `json:"created_timestamp"`
	UpdateTimestamp  int64   `json:"update_timestamp"`
	UpdatedTimestamp int64   `json:"updated_timestamp"`
}

func shopReviews(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	return c.reviewPage(func(review) bool { return true })
}

func listingReviews(c *call) (reply, error) {
	l, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	return c.reviewPage(func(r review) bool { return r.Listing == l.ID })
}

// reviewPage lists reviews, newest first.
func (c *call) reviewPage(keep func(review) bool) (reply, error) {
	limit, offset := c.window()
	from, to := c.span("min_created", "max_created")
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	all := []reviewView{}
	err := simkit.Each(c.tx, tableReview, "", func(_ string, r review) bool {
		if keep(r) && r.Created >= from && r.Created <= to {
			all = append(all, reviewView{
				ShopID: c.sim.shop.ID, ListingID: r.Listing, TransactionID: r.Transaction, BuyerUserID: r.Buyer,
				Rating: r.Rating, Review: r.Text, Language: "en", CreateTimestamp: r.Created, CreatedTimestamp: r.Created,
				UpdateTimestamp: r.Created, UpdatedTimestamp: r.Created,
			})
		}
		return true
	})
	if err != nil {
		return reply{}, err
	}
	slices.SortStableFunc(all, func(a, b reviewView) int {
		return -cmp.Or(cmp.Compare(a.CreatedTimestamp, b.CreatedTimestamp), cmp.Compare(a.TransactionID, b.TransactionID))
	})
	return ok(page{len(all), cutPage(all, limit, offset)})
}

// rating counts and averages the reviews of the past year.
func (c *call) rating() (count int, average *float64, err error) {
	since, sum := c.now.AddDate(-1, 0, 0).Unix(), 0
	err = simkit.Each(c.tx, tableReview, "", func(_ string, r review) bool {
		if r.Created >= since {
			count++
			sum += r.Rating
		}
		return true
	})
	if count > 0 {
		average = ptr(float64(sum) / float64(count))
	}
	return count, average, err
}

// LeaveReview lets the buyer of a receipt rate its first line that has no
// review yet, with 1 to 5 stars. The returned id is that of the transaction.
func (s *Sim) LeaveReview(_ context.Context, receiptID string, rating int, text string) (remoteID string, err error) {
	if rating < 1 || rating > 5 {
		return "", fmt.Errorf("review receipt %s: rating %d is not in 1..5", receiptID, rating)
	}
	err = s.changeReceipt(receiptID, func(tx *simkit.Tx, r *receipt, now time.Time) error {
		i := slices.IndexFunc(r.Lines, func(l line) bool { return !l.Reviewed })
		if i < 0 {
			return fmt.Errorf("every line has a review")
		}
		l := &r.Lines[i]
		l.Reviewed = true
		remoteID = strconv.FormatInt(l.ID, 10)
		return tx.Put(tableReview, key(l.ID), review{
			ID: l.ID, Listing: l.ListingID, Transaction: l.ID, Buyer: r.BuyerID, Rating: rating, Text: text, Created: now.Unix(),
		})
	})
	return remoteID, err
}
