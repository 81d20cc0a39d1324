package publish

import (
	"slices"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// Wanted says for each channel of a target whether a product is to be shown.
func Wanted(t port.Target, p commerce.Product) map[commerce.Channel]bool {
	wanted := make(map[commerce.Channel]bool, len(t.Accounts))
	for c := range t.Accounts {
		wanted[c] = !p.Archived && (len(p.Channels) == 0 || slices.Contains(p.Channels, c))
	}
	return wanted
}

// wishes is Wanted, and no for the views of channels that have left the target.
func wishes(t port.Target, p commerce.Product, l commerce.Listing) map[commerce.Channel]bool {
	wish := Wanted(t, p)
	for c := range l.Views {
		if _, there := wish[c]; !there {
			wish[c] = false
		}
	}
	return wish
}

// NewListing is a product's listing on a target before anything was sent.
func NewListing(t port.Target, p commerce.Product, now time.Time) commerce.Listing {
	l := commerce.Listing{ID: port.ListingIDOf(t.ID, p.ID), Target: t.ID, Product: p.ID, Views: map[commerce.Channel]commerce.View{}, CreatedAt: now, UpdatedAt: now}
	for c, on := range Wanted(t, p) {
		state := commerce.ListingQueued
		if !on {
			state = commerce.ListingPaused
		}
		l.Views[c] = commerce.View{Channel: c, Wanted: on, State: state, Since: now}
	}
	return l
}
