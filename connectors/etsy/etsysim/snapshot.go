package etsysim

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// Snapshot shows every product, also of listings a buyer does not see, and
// every receipt. Etsy has no threads.
func (s *Sim) Snapshot(context.Context) (simkit.Snapshot, error) {
	snap := simkit.Snapshot{
		Items: []simkit.Item{}, Orders: []simkit.PlacedOrder{}, Threads: []simkit.Thread{}, Calls: map[string]int{},
	}
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		err := simkit.Each(tx, tableListing, "", func(_ string, l listing) bool {
			snap.Items = append(snap.Items, l.items()...)
			return true
		})
		if err != nil {
			return err
		}
		err = simkit.Each(tx, tableReceipt, "", func(_ string, r receipt) bool {
			snap.Orders = append(snap.Orders, r.placed())
			return true
		})
		if err != nil {
			return err
		}
		if _, err := tx.Find(tableMeter, "writes", &snap.Writes); err != nil {
			return err
		}
		return simkit.Each(tx, tableMeter, "call/", func(k string, n int) bool {
			snap.Calls[strings.TrimPrefix(k, "call/")] = n
			return true
		})
	})
	if err != nil {
		return snap, fmt.Errorf("snapshot of etsy: %w", err)
	}
	return snap, nil
}

func (l *listing) items() (out []simkit.Item) {
	for _, p := range l.Inventory.Products {
		item := simkit.Item{
			Listing: strconv.FormatInt(l.ID, 10), ID: strconv.FormatInt(p.ID, 10), SKU: p.SKU, Title: l.Title,
			Price: formatPrice(p.Price) + " " + currency, Quantity: int(p.Quantity), State: l.State,
			Images: len(l.Images), Visible: []string{},
		}
		if l.State == stateActive && p.Enabled {
			item.Visible = []string{"etsy"}
		}
		out = append(out, item)
	}
	return out
}

func (r *receipt) placed() simkit.PlacedOrder {
	o := simkit.PlacedOrder{
		ID: strconv.FormatInt(r.ID, 10), State: r.Status, Buyer: r.Buyer,
		Lines: []simkit.Line{}, Tracking: []string{}, Placed: time.Unix(r.Created, 0).UTC(),
	}
	for _, l := range r.Lines {
		o.Lines = append(o.Lines, simkit.Line{SKU: l.SKU, Quantity: int(l.Quantity)})
	}
	for _, p := range r.Parcels {
		o.Tracking = append(o.Tracking, p.Carrier+" "+p.Code)
	}
	return o
}
