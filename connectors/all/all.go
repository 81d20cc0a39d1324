// Package all is the list of connectors. A new marketplace is one line in
// Drivers, and one in Hooks where it calls us.
package all

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/facebook"
	"github.com/manystall/manystall/connectors/instagram"
	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/connectors/tiktokshop"
	"github.com/manystall/manystall/shared/channel"
)

// Drivers are the marketplaces the product knows, in the order in which they
// are shown.
func Drivers() []channel.Driver {
	return []channel.Driver{
		instagram.Driver(),
		facebook.Driver(),
		tiktokshop.Driver(),
		etsy.Driver(),
	}
}

// Hooks are the addresses that marketplaces call.
func Hooks() []channel.Hook {
	return slices.Concat(
		metagraph.Hooks(),
		tiktokshop.Hooks(),
		etsy.Hooks(),
	)
}

// ParseCheckout reads the query with which a buyer comes from a Meta shop to
// the seller's checkout. It is a fault of kind Invalid when there is no cart in
// it that makes sense.
func ParseCheckout(q url.Values) (channel.Cart, error) { return metagraph.ParseCheckout(q) }

// Feed writes products as the file Meta fetches for an account with these
// settings. A file may be written in pieces: first begins it.
func Feed(w io.Writer, settings json.RawMessage, changes []channel.Change, first bool) error {
	brand := metagraph.Brand(settings)
	feed := metagraph.ContinueFeed(w, brand)
	if first {
		var err error
		if feed, err = metagraph.NewFeed(w, brand); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if err := feed.Add(c); err != nil {
			return fmt.Errorf("feed of product %s: %w", c.Product.ID, err)
		}
	}
	return feed.Close()
}
