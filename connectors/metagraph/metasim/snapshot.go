package metasim

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/manystall/manystall/connectors/simkit"
)

// Snapshot is what visitors see: every item of the catalog with the surfaces it
// is visible on, and the threads of both channels. Calls are named like
// "POST /{catalog}/items_batch" or "GET /me/accounts", on the Instagram host
// with "IG " in front.
func (s *Sim) Snapshot(context.Context) (simkit.Snapshot, error) {
	out := simkit.Snapshot{Items: []simkit.Item{}, Orders: []simkit.PlacedOrder{}, Threads: []simkit.Thread{}, Calls: map[string]int{}}
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		err := simkit.Each(tx, tableItem, "", func(_ string, it item) bool {
			out.Items = append(out.Items, it.shown())
			return true
		})
		if err != nil {
			return err
		}
		err = simkit.Each(tx, tableCalls, "", func(name string, n int) bool {
			if name == writesKey {
				out.Writes = n
			} else {
				out.Calls[name] = n
			}
			return true
		})
		if err != nil {
			return err
		}
		return s.threads(tx, &out)
	})
	if err != nil {
		return out, fmt.Errorf("read Meta simulator: %w", err)
	}
	slices.SortFunc(out.Items, func(a, b simkit.Item) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// shown prints an item for visitors. An item without a group is its own
// listing.
func (it item) shown() simkit.Item {
	quantity, _ := strconv.Atoi(it.text("quantity_to_sell_on_facebook")) // absent: 0
	return simkit.Item{
		Listing: cmp.Or(it.text("item_group_id"), it.RetailerID), ID: it.ID, SKU: it.RetailerID, Title: it.text("title"),
		Price: localPrice(it.text("price")), Quantity: quantity, State: it.Review, Images: it.Fetched, Visible: it.visible(),
	}
}

func (s *Sim) threads(tx *simkit.Tx, out *simkit.Snapshot) error {
	var all []thread
	err := simkit.Each(tx, tableThread, "", func(_ string, t thread) bool {
		all = append(all, t)
		return true
	})
	if err != nil {
		return err
	}
	for _, t := range all {
		list, err := s.messages(tx, t.ID)
		if err != nil {
			return err
		}
		shown := simkit.Thread{ID: t.ID, Channel: t.Channel, Buyer: t.Buyer, Said: []simkit.Said{}}
		for _, m := range list {
			if m.Deleted {
				continue
			}
			from := "buyer"
			if m.Shop {
				from = "shop"
			}
			shown.Said = append(shown.Said, simkit.Said{ID: m.Mid, From: from, Text: m.Text, At: m.At})
		}
		out.Threads = append(out.Threads, shown)
	}
	return nil
}

// Assets are the ids of the seeded shop, for tests and for the log.
type Assets struct {
	User, SystemUser, Business, Catalog, Page, IG, IGScoped string
}

// Assets names what the first start made up.
func (s *Sim) Assets() (Assets, error) {
	var w world
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		var err error
		w, err = s.world(tx)
		return err
	})
	return Assets(w), err
}
